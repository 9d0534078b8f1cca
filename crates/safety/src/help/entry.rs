//! One entry, and the text it is read from.
//!
//! ```text
//! [gb-childline]                      a name for us
//! category talk                       danger | talk | report | image | adult
//! region GB IE                        where it helps
//! ages up to 18                       for whom, if not for everybody
//! name Childline
//! about Talk about any worry.         one or two plain sentences
//! limits Not for …                    what it does not do
//! phone 0800 1111                     as dialled
//! text 85258 SHOUT                    a number, and the word to send if there is one
//! chat https://…
//! web https://…
//! verified phone 2026-11-26 https://… when somebody read this field in that page
//! ```

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// For what one needs help. The order is that of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    Danger,
    Talk,
    Report,
    Image,
    Adult,
}

/// Where one is, by one's own choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    Gb,
    Ie,
    Eu,
    Us,
    Ca,
    Au,
    Nz,
}

/// A way to reach somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Phone,
    Text,
    Chat,
    Web,
}

/// A field as it may be shown: somebody has read it in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub way: Way,
    /// A number as dialled, or an address.
    pub value: String,
    /// Of a text: the word to send.
    pub word: Option<String>,
    /// The day it was read, `2026-11-26`, and where.
    pub date: String,
    pub source: String,
}

/// An entry with what may be shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub category: Category,
    pub name: String,
    pub about: String,
    pub ages: Option<String>,
    pub limits: Option<String>,
    /// At least one.
    pub fields: Vec<Field>,
}

/// An entry as it stands in the data, verified or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    pub id: String,
    pub category: Category,
    pub regions: Vec<Region>,
    name: String,
    about: String,
    ages: Option<String>,
    limits: Option<String>,
    ways: Vec<(Way, String)>,
    /// What was read: the field's name, the day, the page.
    verified: Vec<(String, String, String)>,
}

/// What is wrong with a text, and in which line, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong {
    pub line: usize,
    pub what: Misfit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// A line stands before the first `[name]`.
    NoEntry,
    UnknownField,
    Category,
    Region,
    /// A name, a category, a region or every way to reach them is missing.
    Incomplete,
    Twice,
    Phone,
    Address,
    Date,
    /// It verifies a field that is not there.
    VerifiesNothing,
    /// Opening hours change.
    Hours,
    TooLong,
    TooMany,
    Role,
}

const LINE_MAX: usize = 300;

/// Countries of the European Union and the European Economic Area that have no entries of their own: there 112 is the number for danger.
const EUROPE: [&str; 29] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL",
    "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];
/// Languages that are spoken there by nearly all who speak them, where a browser names no country.
const OF_EUROPE: [&str; 20] =
    ["bg", "cs", "da", "de", "el", "et", "fi", "hr", "hu", "is", "it", "lt", "lv", "mt", "nb", "nl", "pl", "sk", "sl", "sv"];

impl Category {
    pub const ALL: [Self; 5] = [Self::Danger, Self::Talk, Self::Report, Self::Image, Self::Adult];

    /// As the data and JSON have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Talk => "talk",
            Self::Report => "report",
            Self::Image => "image",
            Self::Adult => "adult",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

impl Region {
    pub const ALL: [Self; 7] = [Self::Gb, Self::Ie, Self::Eu, Self::Us, Self::Ca, Self::Au, Self::Nz];

    pub fn code(self) -> &'static str {
        match self {
            Self::Gb => "GB",
            Self::Ie => "IE",
            Self::Eu => "EU",
            Self::Us => "US",
            Self::Ca => "CA",
            Self::Au => "AU",
            Self::Nz => "NZ",
        }
    }

    /// Where somebody may be by the language of their browser, such as `de-DE` (RFC 5646 section 2.1). None: it does not tell, and nobody is to be sent to
    /// the number of another country.
    pub fn of_language(tag: &str) -> Option<Self> {
        let mut parts = tag.split('-');
        let language = parts.next()?.to_ascii_lowercase();
        // Two letters after the first part are a country; four are a script.
        match parts.find(|part| part.len() == 2).map(str::to_ascii_uppercase) {
            Some(country) if EUROPE.contains(&country.as_str()) => Some(Self::Eu),
            Some(country) => Self::named(&country).filter(|region| *region != Self::Eu),
            None => OF_EUROPE.contains(&language.as_str()).then_some(Self::Eu),
        }
    }

    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|region| region.code() == code)
    }
}

impl Way {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "phone" => Self::Phone,
            "text" => Self::Text,
            "chat" => Self::Chat,
            "web" => Self::Web,
            _ => return None,
        })
    }

    /// As the data and JSON have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Text => "text",
            Self::Chat => "chat",
            Self::Web => "web",
        }
    }
}

impl Field {
    /// What a tap opens.
    pub fn link(&self) -> String {
        link(self.way, &self.value, self.word.as_deref())
    }
}

pub fn link(way: Way, value: &str, word: Option<&str>) -> String {
    let digits = || value.chars().filter(|c| c.is_ascii_digit() || *c == '+');
    match way {
        Way::Phone => "tel:".chars().chain(digits()).collect(),
        Way::Text => {
            let mut link: String = "sms:".chars().chain(digits()).collect();
            if let Some(word) = word {
                link.push_str("?body=");
                link.push_str(word);
            }
            link
        }
        Way::Chat | Way::Web => value.to_owned(),
    }
}

impl Raw {
    /// What may be shown of it; none where nobody has verified a way to reach them.
    pub fn shown(self) -> Option<Entry> {
        let seen = |name: &str| self.verified.iter().find(|(field, _, _)| field == name);
        let fields: Vec<Field> = self
            .ways
            .iter()
            .filter_map(|(way, value)| {
                let (_, date, source) = seen(way.name())?;
                let (value, word) = value_and_word(*way, value);
                Some(Field { way: *way, value, word, date: date.clone(), source: source.clone() })
            })
            .collect();
        let limits = self.limits.clone().filter(|_| seen("limits").is_some());
        let Self { id, category, name, about, ages, .. } = self;
        (!fields.is_empty()).then_some(Entry { id, category, name, about, ages, limits, fields })
    }

    /// Fields that wait for somebody who reads them.
    pub fn unverified(&self) -> impl Iterator<Item = &'static str> {
        self.ways.iter().map(|(way, _)| way.name()).filter(|name| !self.verified.iter().any(|(field, _, _)| field == name))
    }

    fn is_complete(&self) -> bool {
        !self.name.is_empty() && !self.about.is_empty() && !self.regions.is_empty() && !self.ways.is_empty()
    }
}

/// `85258 SHOUT`: the number, and what to send. A word has letters only.
fn value_and_word(way: Way, value: &str) -> (String, Option<String>) {
    match value.rsplit_once(' ') {
        Some((number, word)) if way == Way::Text && word.chars().all(|c| c.is_ascii_alphabetic()) => (number.into(), Some(word.into())),
        _ => (value.into(), None),
    }
}

/// Reads entries.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(data: &str) -> Result<Vec<Raw>, Wrong> {
    let mut entries: Vec<Raw> = Vec::new();
    let mut begun = None;
    for (index, line) in data.lines().enumerate() {
        let at = |what| Wrong { line: index + 1, what };
        let line = line.trim();
        if line.len() > LINE_MAX {
            return Err(at(Misfit::TooLong));
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(id) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            finish(&mut entries, begun.take())?;
            if entries.iter().any(|entry| entry.id == id) {
                return Err(at(Misfit::Twice));
            }
            begun = Some((index + 1, Draft { id: id.into(), ..Draft::default() }));
            continue;
        }
        let Some((_, draft)) = begun.as_mut() else { return Err(at(Misfit::NoEntry)) };
        let (name, value) = line.split_once(' ').ok_or_else(|| at(Misfit::UnknownField))?;
        draft.take(name, value.trim()).map_err(at)?;
    }
    finish(&mut entries, begun)?;
    Ok(entries)
}

#[derive(Default)]
struct Draft {
    id: String,
    category: Option<Category>,
    regions: Vec<Region>,
    name: String,
    about: String,
    ages: Option<String>,
    limits: Option<String>,
    ways: Vec<(Way, String)>,
    verified: Vec<(String, String, String)>,
}

impl Draft {
    fn take(&mut self, name: &str, value: &str) -> Result<(), Misfit> {
        match name {
            "category" => self.category = Some(Category::named(value).ok_or(Misfit::Category)?),
            "region" => self.regions = value.split(' ').map(|code| Region::named(code).ok_or(Misfit::Region)).collect::<Result<_, _>>()?,
            "name" => self.name = plain(value)?,
            "about" => self.about = plain(value)?,
            "ages" => self.ages = Some(plain(value)?),
            "limits" => self.limits = Some(plain(value)?),
            "verified" => self.verify(value)?,
            name => {
                let way = Way::named(name).ok_or(Misfit::UnknownField)?;
                if self.ways.iter().any(|(other, _)| *other == way) {
                    return Err(Misfit::Twice);
                }
                reachable(way, value)?;
                self.ways.push((way, value.into()));
            }
        }
        Ok(())
    }

    fn verify(&mut self, value: &str) -> Result<(), Misfit> {
        let mut parts = value.split(' ');
        let (Some(field), Some(date), Some(source), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(Misfit::Date);
        };
        let there = self.ways.iter().any(|(way, _)| way.name() == field) || (field == "limits" && self.limits.is_some());
        match (there, is_date(date), is_address(source)) {
            (false, _, _) => Err(Misfit::VerifiesNothing),
            (_, false, _) => Err(Misfit::Date),
            (_, _, false) => Err(Misfit::Address),
            _ => {
                self.verified.push((field.into(), date.into(), source.into()));
                Ok(())
            }
        }
    }
}

fn finish(entries: &mut Vec<Raw>, begun: Option<(usize, Draft)>) -> Result<(), Wrong> {
    let Some((line, draft)) = begun else { return Ok(()) };
    let Draft { id, category, regions, name, about, ages, limits, ways, verified } = draft;
    let category = category.ok_or(Wrong { line, what: Misfit::Incomplete })?;
    let raw = Raw { id, category, regions, name, about, ages, limits, ways, verified };
    if !raw.is_complete() {
        return Err(Wrong { line, what: Misfit::Incomplete });
    }
    entries.push(raw);
    Ok(())
}

/// Words for people: they say nothing about opening hours.
pub fn plain(value: &str) -> Result<String, Misfit> {
    let low = value.to_lowercase();
    let hours = ["24/7", "24 hours", "o'clock", "opening hours", "weekdays", "mon-fri", "monday", "am to", "am-", " pm"];
    if hours.iter().any(|word| low.contains(word)) { Err(Misfit::Hours) } else { Ok(value.to_owned()) }
}

pub fn reachable(way: Way, value: &str) -> Result<(), Misfit> {
    let number = value_and_word(way, value).0;
    let fits = |c: char| c.is_ascii_digit() || c == ' ' || c == '-' || c == '+';
    match way {
        Way::Phone | Way::Text if number.chars().all(fits) && (3..=20).contains(&number.len()) => Ok(()),
        Way::Phone | Way::Text => Err(Misfit::Phone),
        Way::Chat | Way::Web if value.starts_with("https://") && is_address(value) => Ok(()),
        Way::Chat | Way::Web => Err(Misfit::Address),
    }
}

fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.contains('.') && !rest.contains(|c: char| c.is_whitespace() || c == '"' || c == '<'))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    text.len() == 10 && matches!(parts.as_slice(), [Some(2024..), Some(1..=12), Some(1..=31)])
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, what } = self;
        write!(f, "line {line}: {what}")
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoEntry => "an entry begins with its name in brackets, such as [lead]",
            Self::UnknownField => "this field is not known",
            Self::Category => "a category is danger, talk, report, image or adult",
            Self::Region => "a region is one of GB IE EU US CA AU NZ",
            Self::Incomplete => "this entry lacks a name, or every way to reach them",
            Self::Twice => "this stands here twice",
            Self::Phone => "a number has 3 to 20 digits, spaces and dashes, as it is dialled",
            Self::Address => "an address begins with https://",
            Self::Date => "a day is written as 2026-11-26, followed by the page where it was read",
            Self::VerifiesNothing => "it verifies a field that does not stand above it",
            Self::Hours => "opening hours change: leave them out",
            Self::TooLong => "this is too long",
            Self::TooMany => "there are too many entries",
            Self::Role => "a role is lead, deputy, head, governor or other",
        })
    }
}

impl core::error::Error for Wrong {}
