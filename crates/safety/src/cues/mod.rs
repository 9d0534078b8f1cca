//! What stands out in a conversation: which words, why, and what can be done. Shown to the person alone; never a score, never a verdict.
//!
//! A cue is a family of wordings, not a phrase: a small grammar over classes of words (`data/cues.txt`). Most say little alone. What several
//! families weigh together over a conversation counts, so that stages raise what no line says by itself.
//! No sign found does not mean that a chat is safe, and whoever shows this says so.

mod book;
mod measure;
mod normal;
mod pattern;
mod words;

use alloc::vec;
use alloc::vec::Vec;
use book::{Book, Cue};
pub use book::{Strength, Unreadable};
use core::ops::Range;
pub use measure::{Case, Counts, Measured, cases, measure};
use normal::Token;
use pattern::Pattern;

/// The cues of this release, as text. Its version stands in it; whoever wants to tell two of them apart hashes it.
pub const DATA: &str = include_str!("../../data/cues.txt");

/// Messages that are one conversation, counted from the newest: what was said before them is another, and neither adds to what is found in it nor
/// speaks against it.
pub const CONVERSATION: usize = 120;

/// What all that was found must weigh together before a chat that somebody asks about gets a note.
const ENOUGH: i32 = 9;
/// The same, where one of them is firm: a school or a shop that is spoken of does not speak against it, an adult who is let in does.
const ENOUGH_IF_FIRM: i32 = 5;
/// What is firm apart and hard together, in one conversation or in several: a meeting that adults are not to know of.
const TOGETHER: [&str; 2] = ["secrecy", "meet"];

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    Other,
    /// The owner of this device.
    Own,
}

/// How the owner of this device says they know the other. Never whether keys were compared: verifying somebody must not switch the noticing off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knows {
    /// From real life, or a roster, or a guardian said yes.
    InLife,
    /// Only online, or not sure.
    Online,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'t> {
    pub who: Speaker,
    pub text: &'t str,
}

/// One thing that stands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<'b> {
    pub cue: &'b str,
    pub family: &'b str,
    /// Why it stands out, and what can be done, in plain words.
    pub why: &'b str,
    pub what: &'b str,
    /// Which line, and where in it, in bytes: what to quote.
    pub line: usize,
    pub quote: Range<usize>,
    pub strength: Strength,
    weight: i32,
}

/// What stands out in what was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noticed<'b> {
    knows: Option<Knows>,
    /// One conversation each, oldest first.
    parts: Vec<Part<'b>>,
    /// Secrecy and a meeting are both there.
    together: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Part<'b> {
    findings: Vec<Finding<'b>>,
    weight: i32,
}

/// The cues, ready to look with.
#[derive(Debug)]
pub struct Cues {
    book: Book,
}

impl Cues {
    /// # Errors
    /// The first line of the data that cannot be read.
    pub fn read(data: &str) -> Result<Self, Unreadable> {
        Book::read(data).map(|book| Self { book })
    }

    /// Of the data.
    pub fn version(&self) -> u32 {
        self.book.version
    }

    /// How many cues, and how many wordings of them.
    pub fn count(&self) -> (usize, usize) {
        (self.book.cues.len(), self.book.cues.iter().map(|cue| cue.any.len()).sum())
    }

    /// Looks at what was said, oldest line first, however long it is: a conversation at a time.
    pub fn look(&self, knows: Knows, lines: &[Line<'_>]) -> Noticed<'_> {
        let mut end = lines.len();
        let part = |lines: &[Line<'_>]| {
            end -= lines.len();
            self.part(knows, lines, end)
        };
        let mut parts: Vec<Part<'_>> = lines.rchunks(CONVERSATION).map(part).collect();
        parts.reverse();
        let together = together(&parts);
        Noticed { knows: Some(knows), parts, together }
    }

    /// Looks at one conversation. `from`: the place of its first line among all.
    fn part(&self, knows: Knows, lines: &[Line<'_>], from: usize) -> Part<'_> {
        let book = &self.book;
        let read: Vec<Vec<Token>> = lines.iter().map(|line| normal::tokens(line.text, &book.words)).collect();
        // By family: where it was found first.
        let mut first: Vec<Option<usize>> = vec![None; book.families.len()];
        let mut findings: Vec<Finding<'_>> = Vec::new();
        for (at, (line, tokens)) in lines.iter().zip(&read).enumerate() {
            for places in book.candidates(tokens).chunk_by(|one, other| one.0 == other.0) {
                let cue = &book.cues[usize::from(places[0].0)];
                let weight = if knows == Knows::Online { cue.new } else { cue.known };
                let due = cue.after.is_none_or(|family| first[family].is_some_and(|before| before < at));
                if !due || cue.own != (line.who == Speaker::Own) {
                    continue;
                }
                let find = |place: &(u16, u16)| cue.any[usize::from(place.1)].find(tokens, &book.words);
                let Some(found) = places.iter().find_map(find) else { continue };
                if self.spoken_against(cue, knows, tokens, &read) {
                    continue;
                }
                first[cue.family].get_or_insert(at);
                if weight == 0 {
                    continue;
                }
                let family = &book.families[cue.family];
                let quote = tokens[found.start].start..tokens[found.end - 1].end;
                let (why, what) = (family.why.as_str(), family.what.as_str());
                let (name, line) = (cue.name.as_str(), from + at);
                findings.push(Finding { cue: name, family: &family.name, why, what, line, quote, strength: cue.strength, weight });
            }
        }
        let weight = book.families.iter().map(|family| of_family(&findings, &family.name)).sum();
        Part { findings, weight }
    }

    /// Whether something in the message, or in the chat, says that a cue means nothing here.
    fn spoken_against(&self, cue: &Cue, knows: Knows, tokens: &[Token], all: &[Vec<Token>]) -> bool {
        let words = &self.book.words;
        let here = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.find(tokens, words).is_some());
        let anywhere = |pattern: &Pattern| all.iter().any(|tokens| pattern.find(tokens, words).is_some());
        here(&cue.none) || (knows == Knows::InLife && here(&cue.none_known)) || cue.nowhere.iter().any(anywhere)
    }
}

/// A family counts by its heaviest line, half of the next and a quarter of a third: asking again weighs more than asking once.
fn of_family(findings: &[Finding<'_>], family: &str) -> i32 {
    let mut lines: Vec<(usize, i32)> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.family == family) {
        match lines.iter_mut().find(|(line, _)| *line == finding.line) {
            Some((_, weight)) if finding.weight.abs() > weight.abs() => *weight = finding.weight,
            Some(_) => {}
            None => lines.push((finding.line, finding.weight)),
        }
    }
    lines.sort_by_key(|(_, weight)| -weight.abs());
    lines.iter().take(3).zip([1, 2, 4]).map(|((_, weight), share)| weight / share).sum()
}

/// Whether both halves are there, and nothing in the conversations that they stand in speaks against them.
fn together(parts: &[Part<'_>]) -> bool {
    let halves = |part: &Part<'_>| part.findings.iter().any(Finding::is_half);
    let weight: i32 = parts.iter().filter(|part| halves(part)).map(|part| part.weight).sum();
    let there = |family: &&str| parts.iter().flat_map(|part| &part.findings).any(|finding| finding.is_half() && finding.family == *family);
    weight >= ENOUGH_IF_FIRM && TOGETHER.iter().all(there)
}

impl Finding<'_> {
    /// What it weighs: for whoever measures, never for a screen.
    pub fn weight(&self) -> i32 {
        self.weight
    }

    /// One half of what is hard together.
    fn is_half(&self) -> bool {
        self.strength == Strength::Firm && self.weight > 0 && TOGETHER.contains(&self.family)
    }
}

impl<'b> Noticed<'b> {
    /// Everything, what weighs nothing alone too: for whoever measures, never for a screen.
    pub fn all(&self) -> impl Iterator<Item = &Finding<'b>> {
        self.parts.iter().flat_map(|part| &part.findings)
    }

    /// What is shown without being asked, to somebody under 18.
    pub fn unasked(&self) -> impl Iterator<Item = &Finding<'b>> {
        self.parts.iter().flat_map(move |part| part.findings.iter().filter(move |finding| self.shows(part, finding)))
    }

    /// What is shown when somebody asks for this chat to be checked. Nothing found does not mean that it is safe.
    pub fn asked(&self) -> impl Iterator<Item = &Finding<'b>> {
        let parts = self.parts.iter().filter(move |part| self.is_enough(part));
        parts.flat_map(|part| part.findings.iter().filter(|finding| finding.weight > 0 && !finding.why.is_empty()))
    }

    /// Whether it is shown unasked in every chat and however much was shown that day: a hard cue, and secrecy from adults beside a meeting.
    pub fn is_hard(&self, finding: &Finding<'_>) -> bool {
        finding.strength == Strength::Hard || self.together && finding.is_half()
    }

    fn is_enough(&self, part: &Part<'b>) -> bool {
        part.weight >= ENOUGH || part.findings.iter().any(|finding| self.shows(part, finding))
    }

    fn shows(&self, part: &Part<'b>, finding: &Finding<'b>) -> bool {
        let firm = self.knows == Some(Knows::Online) && finding.strength == Strength::Firm && part.weight >= ENOUGH_IF_FIRM;
        firm || self.is_hard(finding)
    }
}

#[cfg(test)]
mod tests;
