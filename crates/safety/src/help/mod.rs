//! Where to find help: entries that somebody verified, by region, and those of whoever runs the server.

mod entry;
mod operator;

use alloc::vec::Vec;
pub use entry::{Category, Entry, Field, Misfit, Region, Way, Wrong, parse};
pub use operator::{OWN_BYTES_MAX, OWN_MAX, OwnEntry, Role, own};

/// The entries of this release, as text.
pub const DATA: &str = include_str!("../../data/help.txt");

/// What may be shown in one region, in the order of the data. What nobody has verified is not among it: [`Entry::shown`] is the only way out.
///
/// # Errors
/// The data is wrong, which a test of this crate excludes for [`DATA`].
pub fn entries(data: &str, region: Region) -> Result<Vec<Entry>, Wrong> {
    let all = parse(data)?;
    Ok(all.into_iter().filter(|raw| raw.regions.contains(&region)).filter_map(entry::Raw::shown).collect())
}

/// The number that is known in most countries, and what helps wherever one is.
const ANYWHERE: [&str; 3] = ["eu-112", "ww-takeitdown", "ww-stopncii"];

/// What may be shown while it is not known where somebody is.
///
/// # Errors
/// As [`entries`].
pub fn anywhere(data: &str) -> Result<Vec<Entry>, Wrong> {
    let all = parse(data)?;
    Ok(all.into_iter().filter(|raw| ANYWHERE.contains(&raw.id.as_str())).filter_map(entry::Raw::shown).collect())
}

/// What may be shown there; none: it is not known where somebody is. Of [`DATA`], which a test reads.
pub fn shown_in(region: Option<Region>) -> Vec<Entry> {
    region.map_or_else(|| anywhere(DATA), |region| entries(DATA, region)).unwrap_or_default()
}

/// What to dial in danger: the first that somebody has read in a page.
pub fn danger_number(entries: &[Entry]) -> Option<&str> {
    let mut fields = entries.iter().filter(|entry| entry.category == Category::Danger).flat_map(|entry| &entry.fields);
    fields.find(|field| field.way == Way::Phone).map(|field| field.value.as_str())
}

/// What somebody tells, as far as it decides who else helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// Bullying and threats: for a school, an adult one trusts and a helpline, never for the police unit that looks into sexual abuse.
    Mean,
    /// Private pictures.
    Pictures,
    /// Somebody older, or somebody who pretends.
    Pretending,
    /// A worry about a friend.
    Friend,
    SomethingElse,
}

impl Matter {
    pub const ALL: [Self; 5] = [Self::Mean, Self::Pictures, Self::Pretending, Self::Friend, Self::SomethingElse];

    /// Kinds of help in the order of need.
    const fn kinds(self) -> &'static [Category] {
        match self {
            Self::Mean | Self::Friend | Self::SomethingElse => &[Category::Talk],
            Self::Pictures => &[Category::Talk, Category::Image, Category::Report],
            Self::Pretending => &[Category::Talk, Category::Report],
        }
    }
}

/// Who helps beside whoever was told: the first of each kind, in the order of need.
pub fn beside(matter: Matter, entries: &[Entry]) -> Vec<&Entry> {
    matter.kinds().iter().filter_map(|kind| entries.iter().find(|entry| entry.category == *kind)).collect()
}

/// Who takes worries about somebody who works with children: lines for any worry about a child, an adult's first. Not the police unit for sexual abuse:
/// most of what is said of staff is something else.
const ABOUT_STAFF: [&str; 6] = ["gb-nspcc", "gb-childline", "ie-childline", "eu-116111", "ca-khp", "au-khl"];

/// Who can be told of a member of staff where nobody else is named. What nobody has verified is not among `entries`, and so not here.
pub fn about_staff(entries: &[Entry]) -> Vec<&Entry> {
    ABOUT_STAFF.iter().filter_map(|id| entries.iter().find(|entry| entry.id == *id)).collect()
}

#[cfg(test)]
mod tests;
