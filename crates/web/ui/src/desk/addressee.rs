//! To whom a report can go, as the list of them writes it.

use view::{ReportTo, Words};

/// The safety team, among those to whom a report can go.
pub const DESK: &str = "desk";
pub const FILE: &str = "file";
/// Somebody outside the team. No username has a blank.
pub const OUTSIDE: &str = "outside team";
/// The safeguarding lead.
pub const LEAD: &str = "the lead";

/// For whom it is, as the list has it.
pub fn to(chosen: &str) -> ReportTo {
    match chosen {
        DESK => ReportTo::Desk,
        OUTSIDE => ReportTo::Outside,
        LEAD => ReportTo::Lead,
        FILE => ReportTo::Passphrase(Words::new(String::new())),
        name => ReportTo::Contact(name.to_owned()),
    }
}
