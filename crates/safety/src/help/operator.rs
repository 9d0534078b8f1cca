//! What whoever runs a server adds: the people of the school or the club. They come first under Talk.
//!
//! ```text
//! [lead]
//! role lead                 lead | deputy | head | governor | other
//! name Sam Example
//! about Room 12, beside the library
//! phone 01632 960123
//! ```

use super::entry::{Misfit, Way, Wrong, link, plain, reachable};
use alloc::string::String;
use alloc::vec::Vec;

/// Entries of an operator; more than a school has people for this.
pub const OWN_MAX: usize = 12;
/// Bytes of an operator's file.
pub const OWN_BYTES_MAX: usize = 16 * 1024;
const FIELD_MAX: usize = 160;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Lead,
    Deputy,
    Head,
    Governor,
    Other,
}

/// Somebody whom the operator names. Nobody but the operator vouches for it, and the page says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEntry {
    pub role: Role,
    pub name: String,
    pub about: Option<String>,
    /// At least one, or `about` says where they are found.
    pub ways: Vec<(Way, String)>,
}

impl Role {
    /// Whether they stand above the staff and outside its safety team.
    pub fn is_above_staff(self) -> bool {
        matches!(self, Self::Head | Self::Governor)
    }
}

impl OwnEntry {
    /// What a tap opens.
    pub fn links(&self) -> impl Iterator<Item = (Way, &str, String)> {
        self.ways.iter().map(|(way, value)| (*way, value.as_str(), link(*way, value, None)))
    }
}

/// Reads an operator's file. An empty one has no entries.
///
/// # Errors
/// The first thing that is wrong.
pub fn own(data: &str) -> Result<Vec<OwnEntry>, Wrong> {
    let mut entries: Vec<OwnEntry> = Vec::new();
    let mut begun: Option<(usize, Draft)> = None;
    if data.len() > OWN_BYTES_MAX {
        return Err(Wrong { line: 1, what: Misfit::TooLong });
    }
    for (index, line) in data.lines().enumerate() {
        let at = |what| Wrong { line: index + 1, what };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') && line.ends_with(']') {
            entries.extend(finish(begun.take())?);
            if entries.len() == OWN_MAX {
                return Err(at(Misfit::TooMany));
            }
            begun = Some((index + 1, Draft::default()));
            continue;
        }
        let Some((_, draft)) = begun.as_mut() else { return Err(at(Misfit::NoEntry)) };
        let (name, value) = line.split_once(' ').ok_or_else(|| at(Misfit::UnknownField))?;
        draft.take(name, value.trim()).map_err(at)?;
    }
    entries.extend(finish(begun)?);
    Ok(entries)
}

#[derive(Default)]
struct Draft {
    role: Option<Role>,
    name: String,
    about: Option<String>,
    ways: Vec<(Way, String)>,
}

impl Draft {
    fn take(&mut self, name: &str, value: &str) -> Result<(), Misfit> {
        if value.len() > FIELD_MAX {
            return Err(Misfit::TooLong);
        }
        let way = match name {
            "role" => {
                self.role = Some(match value {
                    "lead" => Role::Lead,
                    "deputy" => Role::Deputy,
                    "head" => Role::Head,
                    "governor" => Role::Governor,
                    "other" => Role::Other,
                    _ => return Err(Misfit::Role),
                });
                return Ok(());
            }
            "name" => {
                self.name = value.into();
                return Ok(());
            }
            "about" => {
                self.about = Some(plain(value)?);
                return Ok(());
            }
            "phone" => Way::Phone,
            "text" => Way::Text,
            "web" => Way::Web,
            _ => return Err(Misfit::UnknownField),
        };
        reachable(way, value)?;
        if self.ways.iter().any(|(other, _)| *other == way) {
            return Err(Misfit::Twice);
        }
        self.ways.push((way, value.into()));
        Ok(())
    }
}

fn finish(begun: Option<(usize, Draft)>) -> Result<Option<OwnEntry>, Wrong> {
    let Some((line, Draft { role, name, about, ways })) = begun else { return Ok(None) };
    match role {
        Some(role) if !name.is_empty() && (!ways.is_empty() || about.is_some()) => Ok(Some(OwnEntry { role, name, about, ways })),
        _ => Err(Wrong { line, what: Misfit::Incomplete }),
    }
}
