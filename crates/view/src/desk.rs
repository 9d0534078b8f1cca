//! The safety team: what somebody tells it who has no account, and what its members see and do.

use crate::ReportReason;
use serde::{Deserialize, Serialize};

/// What somebody tells who gives no account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTold {
    pub reason: ReportReason,
    pub words: String,
    /// How they can be reached; empty: they do not say.
    pub reach: String,
    /// JPEGs, each at most [`TOLD_PICTURE_BYTES_MAX`].
    pub pictures: Vec<Vec<u8>>,
}

/// Pictures of one.
pub const TOLD_PICTURES_MAX: usize = 3;
pub const TOLD_PICTURE_BYTES_MAX: usize = 64 * 1024;

/// What a member of the team does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeskDo {
    /// Becomes a reader, with the line that the operator gave them.
    Join {
        code: String,
    },
    /// Reads what there is.
    Look,
    /// Opens one report. The others of the team see that.
    Open {
        number: String,
    },
    Mark {
        number: String,
        says: DeskSays,
        note: String,
    },
}

/// What a member says of a report, to the others of the team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskSays {
    Looked,
    Note,
    Open,
    PoliceFirst,
    Closed,
    Refused,
}

/// How a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Nobody has opened it.
    Unopened,
    Open,
    /// The police were told first: nothing is done that the reported person could see.
    PoliceFirst,
    Closed,
    Refused,
}

impl CaseState {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unopened => "unopened",
            Self::Open => "open",
            Self::PoliceFirst => "police_first",
            Self::Closed => "closed",
            Self::Refused => "refused",
        }
    }
}

/// What came of checking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseVerdict {
    Holds,
    DoesNotHold,
    /// There is nothing to check: somebody wrote it who gave no account.
    Unprovable,
}

/// One report in the list, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRow {
    pub number: String,
    /// When the server had it.
    pub at_ms: u64,
    pub reason: ReportReason,
    pub verdict: CaseVerdict,
    pub state: CaseState,
    /// Messages whose proofs hold.
    pub messages: u64,
    pub undisclosed: u64,
    pub notes: u64,
    /// SHA-256 of the sealed file.
    pub file_sha256: String,
}

/// Everything about the team's reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskInbox {
    pub cases: Vec<CaseRow>,
    /// Members whose clients have read the team's reports in the last 90 days.
    pub working: u32,
    pub members: u32,
}

/// One report: what holds, then the words, never a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskCase {
    pub row: CaseRow,
    pub exhibit: Vec<ExhibitPart>,
    /// Accounts that the operator can be asked to close; none while the police were told first.
    pub to_close: Vec<String>,
    /// In the server's order.
    pub marks: Vec<CaseMark>,
    /// Still sealed, as it came.
    pub file: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExhibitPart {
    /// None before the first title.
    pub title: String,
    pub lines: Vec<ExhibitLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExhibitLine {
    Line(String),
    Field {
        name: String,
        value: String,
    },
    /// Words of others.
    Words(String),
}

/// What a member noted or did. It is proved to be theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseMark {
    pub at_ms: u64,
    pub account: String,
    pub says: DeskSays,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeskDone {
    Inbox(DeskInbox),
    Case(Box<DeskCase>),
}
