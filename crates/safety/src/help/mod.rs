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

#[cfg(test)]
mod tests;
