//! The safety team: what somebody tells it who has no account, and what its members see and do.

use crate::ReportReason;
use serde::{Deserialize, Serialize};

/// What somebody tells who gives no account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTold {
    pub to: ToldTo,
    pub reason: ReportReason,
    pub words: String,
    /// How they can be reached; empty: they do not say.
    pub reach: String,
    /// JPEGs, at most [`crate::TOLD_PICTURES_MAX`] and each at most [`crate::TOLD_PICTURE_BYTES_MAX`].
    pub pictures: Vec<Vec<u8>>,
}

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToldTo {
    Desk,
    /// Somebody outside the team: it is about a member of staff.
    Outside,
}

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
    /// Says to who reported how it stands, in a few words.
    Answer {
        number: String,
        stands: AnswerStands,
        words: String,
    },
    /// Has the server do something because of a report.
    Act {
        number: String,
        act: DeskAct,
    },
}

/// What a member of the team has done because of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeskAct {
    /// Keeps a file of it on the server for so many days, whatever its sender does.
    Hold {
        blob: String,
        days: u32,
    },
    Release {
        blob: String,
    },
    /// The account begins nothing new. Its owner sees that.
    Restrict {
        account: String,
    },
    Lift {
        account: String,
    },
    Close {
        account: String,
    },
}

/// Days that a file is held, unless somebody says otherwise.
pub const HOLD_DAYS: u32 = 180;

/// How a report stands, for who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerStands {
    Seen,
    Looking,
    Closed,
    /// The words say why.
    Refused,
    /// Something was done because of it.
    Acted,
    TakenBack,
    /// Something had been done before it was taken back.
    TakenBackLate,
}

impl AnswerStands {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Looking => "looking",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Acted => "acted",
            Self::TakenBack => "taken_back",
            Self::TakenBackLate => "taken_back_late",
        }
    }
}

/// What the team answered. It is proved to be a member's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRow {
    pub made_ms: u64,
    pub stands: AnswerStands,
    pub words: String,
}

/// What somebody asks about a report of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnDo {
    /// All that were made with this account and sent to the team.
    List,
    /// Sends one that did not arrive: the same file under the same number.
    SendAgain {
        number: String,
    },
    TakeBack {
        number: String,
    },
    /// The one that a code stands for: without an account.
    Code {
        code: crate::Words,
    },
    TakeBackCode {
        code: crate::Words,
    },
}

/// A report to the team, for who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnReport {
    pub number: String,
    /// By this device; unknown of one that a code stands for.
    pub made_ms: Option<u64>,
    pub taken_back: bool,
    /// The server has not said that it has it: it lies here, sealed, and can be sent again.
    pub unsent: bool,
    /// The newest last.
    pub answers: Vec<AnswerRow>,
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
    /// To who reported.
    Answered,
    /// A file: the note says which and until when.
    Held,
    Released,
    /// An account: the note says which.
    Restricted,
    Lifted,
    AccountClosed,
    /// The report was taken from the server.
    Deleted,
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
    /// Who made it took it back: its words are gone.
    TakenBack,
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
            Self::TakenBack => "taken_back",
        }
    }
}

/// What came of checking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseVerdict {
    Holds,
    DoesNotHold,
    /// Every check holds, but for the key of another server than the team's own: whoever has that key can make all of it up.
    OtherServer,
    /// There is nothing to check: somebody wrote it who gave no account.
    Unprovable,
    /// There is nothing left: it was taken back.
    Gone,
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
    /// SHA-256 of the sealed file; empty once the server has it no longer.
    pub file_sha256: String,
}

/// Members whose clients work, at least: with fewer, a device that breaks takes the desk with it.
pub const WORKING_MIN: u32 = 2;
/// A member's client works if it read the team's reports within this time: a week's holiday is noticed, a weekend is not.
pub const WORKING_FOR: u64 = 7 * 24 * 60 * 60 * 1000;

/// Everything about the team's reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskInbox {
    pub cases: Vec<CaseRow>,
    /// Members whose clients have read the team's reports within [`WORKING_FOR`].
    pub working: u32,
    pub members: u32,
    /// Records that somebody had taken from the server though nobody said with which report they went, or it was another's than they said.
    pub erased: Vec<DeskErased>,
    pub counts: DeskCounts,
    /// The server shows the team's log otherwise than it stamped it, or than it showed it to this device before, or more of it than is read at once.
    pub other_log: bool,
}

/// What somebody of the team had taken from the server, as the server notes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskErased {
    pub account: String,
    pub records: u32,
    /// The last time.
    pub at_ms: u64,
}

/// What can be told to everybody: numbers alone, over the last 90 days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskCounts {
    pub reports: u32,
    /// Written without an account.
    pub told: u32,
    pub closed: u32,
    pub refused: u32,
    pub taken_back: u32,
    pub answered: u32,
    pub restricted: u32,
    pub accounts_closed: u32,
    pub held: u32,
    pub deleted: u32,
}

/// One report: what holds, then the words, never a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskCase {
    pub row: CaseRow,
    pub exhibit: Vec<ExhibitPart>,
    /// Whether who reported hears an answer.
    pub answerable: bool,
    /// Whether it was given to this account alone, which is named beside the team, and to nobody in it.
    pub given_alone: bool,
    /// Those it is about.
    pub accounts: Vec<CaseAccount>,
    /// Files in it, which can be held.
    pub files: Vec<CaseFile>,
    /// In the server's order.
    pub marks: Vec<CaseMark>,
    /// Still sealed, as it came.
    pub file: Vec<u8>,
}

/// Somebody a report is about, as far as this team acted because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseAccount {
    pub account: String,
    pub restricted: bool,
    pub closed: bool,
    /// It is in the team: what is done about it the operator does.
    pub of_team: bool,
}

/// A file that is named in a report. It is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFile {
    pub blob: String,
    pub bytes: u64,
    /// None: it is not held.
    pub held_until_ms: Option<u64>,
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
    /// How many records went, as [`DeskSays::Deleted`] has it; any other names none.
    pub records: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeskDone {
    Inbox(DeskInbox),
    Case(Box<DeskCase>),
}
