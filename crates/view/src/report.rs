//! Keeping what was said, and reporting it.

use crate::Words;
use serde::{Deserialize, Serialize};

/// What a person asks for about kept messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeepCommand {
    /// Makes the place where kept messages lie. It opens with its own passphrase: others may know the device's.
    MakeBox { passphrase: Words },
    /// Keeps messages of a chat with their proofs, whatever becomes of them there.
    Keep { chat: i64, messages: Vec<i64> },
    /// Takes one kept message, or screenshot, away.
    Discard { kept: i64 },
    /// Puts a picture of another app's screen into the place: a JPEG of at most [`crate::TOLD_PICTURE_BYTES_MAX`] bytes that says nothing of place or
    /// camera. Nothing of it is proved.
    AddScreenshot { jpeg: Vec<u8> },
}

/// Why somebody reports, in the order of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportReason {
    Mean,
    Pictures,
    Pretending,
    Friend,
    SomethingElse,
}

/// For whom a report is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReportTo {
    /// The safety team of the server.
    Desk,
    /// Somebody who is a contact: a trusted adult, a safeguarding lead.
    Contact(String),
    /// A file that an officer opens with this passphrase.
    Passphrase(Words),
    /// Somebody outside the safety team, whom the operator named: what is about a member of staff.
    Outside,
    /// The safeguarding lead whom the operator named, and nobody of the safety team.
    Lead,
}

impl ReportTo {
    /// Whether it goes into the log of the safety team, in nobody's name.
    pub fn is_dropped(&self) -> bool {
        matches!(self, Self::Desk | Self::Outside | Self::Lead)
    }

    /// Whether whoever reads it learns who made it, unless somebody says otherwise: somebody of their school or whom they know does.
    pub fn usual_name(&self) -> ShowName {
        if matches!(self, Self::Desk | Self::Outside) { ShowName::LeftOut } else { ShowName::Shown }
    }
}

/// Whether whoever reads a report learns who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShowName {
    Shown,
    LeftOut,
}

/// A report to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReport {
    pub chat: i64,
    /// The messages to open. The others between them are counted and stay closed.
    pub messages: Vec<i64>,
    /// Kept messages of the same chat, to be opened as well, and screenshots that are kept.
    pub kept: Vec<i64>,
    pub reason: ReportReason,
    pub note: String,
    pub name: ShowName,
    pub to: ReportTo,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq)]
pub struct MadeReport {
    /// What the report is called.
    pub number: String,
    /// The sealed file.
    pub file: Vec<u8>,
    /// Messages in it.
    pub messages: u64,
    /// Records between them that stay closed.
    pub closed: u64,
    /// Pictures whose keys are sealed to the police.
    pub pictures: u64,
    /// Messages whose deleted pictures did not fit in, by when the server had them.
    pub left_out: Vec<u64>,
    /// The secret of the report: asks after it and takes it back. Named by whoever keeps it, nobody else.
    pub case: Vec<u8>,
    /// Whether it was asked for before, and went where it was to go: then there is no file, and nothing to bring.
    pub brought: bool,
}

impl std::fmt::Debug for MadeReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MadeReport({}, {} messages, [redacted])", self.number, self.messages)
    }
}

/// One kept message, as the box shows it once it is open. A picture is never in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRow {
    pub id: i64,
    pub chat: i64,
    /// The account that said it, lower-case hex.
    pub sender: String,
    pub name: String,
    /// When the server had it.
    pub stamped_ms: u64,
    pub kept_ms: u64,
    /// Words of others.
    pub text: String,
    /// Of each file: name or sort, bytes, SHA-256. Never the file.
    pub files: Vec<KeptFile>,
    /// What became of it in the chat since.
    pub since: Vec<KeptEvent>,
    /// It is no message but a picture of another app's screen, which this person added: in no chat, said by nobody, and not proved.
    pub screenshot: bool,
}

/// What is taken out of the box to be looked at or handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BoxFile {
    /// A screenshot, as it was added.
    Screenshot,
    /// The sealed bytes of the files of a kept message, each under the name of its blob.
    Sealed,
    /// Its voice messages, to be heard.
    Voice,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    pub sealed: KeptSealed,
}

/// What is kept of the file itself: nothing that opens a picture or a film here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptSealed {
    /// It is no picture, film or voice message: what is said of it is kept.
    #[default]
    No,
    /// Its sealed bytes are here, and the police can open them.
    Here,
    /// It is a voice message, and is heard as long as the place is open.
    Voice,
    /// They are not here: they are fetched as long as it is in the chat.
    NotHere,
    /// It has more than [`crate::KEPT_FILE_MAX`] bytes.
    TooLarge,
    /// The server had no key for the police: what opens it was sealed for nobody.
    NoKey,
}

/// What became of a kept message in its chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptEvent {
    pub what: KeptChange,
    pub at_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptChange {
    Edited,
    /// By whoever said it, for everyone.
    Deleted,
    /// Its time was over.
    Expired,
    /// On this device only.
    PutAway,
}

impl KeptChange {
    pub const ALL: [Self; 4] = [Self::Edited, Self::Deleted, Self::Expired, Self::PutAway];

    /// Its name where it is stored and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Deleted => "deleted",
            Self::Expired => "expired",
            Self::PutAway => "put_away",
        }
    }
}

/// What a person is told of a report that was made and brought where it was to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    pub number: String,
    /// Messages in it.
    pub messages: u64,
    /// Records between them that stay closed.
    pub closed: u64,
    /// Pictures whose keys are sealed to the police.
    pub pictures: u64,
    /// Messages whose deleted pictures did not fit in, by when the server had them.
    pub left_out: Vec<u64>,
    /// Within how many hours somebody at the desk looks at it.
    pub hours: Option<u16>,
    /// Why it did not arrive, if it did not: it lies on this device, sealed, and can be sent again.
    pub unsent: Option<crate::Refusal>,
    /// For an officer.
    pub file: Option<ReportFile>,
    /// What to come back with, for who has no account: shown once.
    pub code: Option<Words>,
}

/// A sealed report, and what opens it: shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportFile {
    pub bytes: Vec<u8>,
    pub passphrase: Words,
}

/// How keeping and reporting stand on this device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafetyRow {
    /// Whether there is a place for what is kept. How much is in it is not told without its passphrase.
    pub has_box: bool,
    /// The safety team of the server, as far as this device knows it.
    pub desk: Option<DeskRow>,
    /// Whether this account reads what goes to it.
    pub in_desk: bool,
    /// Whether something came there since its list was read on this device. What, and how much, the list says.
    pub desk_news: bool,
    /// Whom this person trusts.
    pub trusted: Option<TrustedRow>,
}

/// Who reads what goes to the safety team.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskRow {
    pub members: u32,
    /// Within how many hours somebody looks.
    pub hours: u16,
    /// Whether pictures can be sealed to the police.
    pub pictures: bool,
    /// Whether who reports can come back for an answer.
    pub answers: bool,
    /// Whom somebody can ask against whom the team acted; empty: whoever runs the server.
    pub appeal: String,
    /// Somebody outside the team, for what is about a member of staff.
    pub outside: Option<String>,
    /// The safeguarding lead.
    pub lead: Option<String>,
}

/// What a screen offers before a report is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preselected {
    /// Chosen messages, four before them, and one's own lines in between, in the order of the chat.
    pub messages: Vec<i64>,
}

/// Whether it is time to ask once whether something should be kept before it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepHint {
    /// What happened here within seven days; none: nothing that one would keep something for.
    pub why: Option<KeepWhy>,
    /// Of what goes, the newest that can be kept with its proof and is not kept yet, in the order of the chat.
    pub messages: Vec<i64>,
    /// And how many more there are, older than these: they go unless they are kept by themselves.
    pub older: u64,
}

impl KeepHint {
    /// Whether it is asked.
    pub fn asks(&self) -> bool {
        self.why.is_some() && !self.messages.is_empty()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepWhy {
    /// Somebody here was blocked.
    Blocked,
    /// Something here was reported.
    Reported,
    /// Something stood out, and was shown.
    Noticed,
}

/// Of whom a private picture is, as the person says who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    Mine,
    /// Of a child.
    Child,
    /// Nobody said so: it was covered, and kept or reported by somebody under 18.
    Unsaid,
}

/// A picture that is private: its message is shown without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    pub whose: Whose,
    /// Its file was written out once.
    pub taken: bool,
}

/// What stands before a message of somebody who looks for help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Care {
    /// They need to talk.
    Talk,
    /// They share a report.
    Report,
}

/// The contact whom this person trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedRow {
    pub account: String,
    pub name: String,
    pub chat: i64,
}

/// A file as it was sent, written out once and shown by nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalFile {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for OriginalFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OriginalFile({}, {} bytes)", self.name, self.bytes.len())
    }
}

/// Why nothing was kept or reported. Variants are only ever added at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReportRefusal {
    NoBox,
    BoxExists,
    PassphraseShort {
        min: u32,
    },
    /// A message has no proof here: it is not sent yet, or its time was over.
    NotProvable {
        id: i64,
    },
    NothingChosen,
    TooMuch,
    /// The server has no safety team, or this device does not know its keys yet.
    NoDesk,
    NoSuchKept {
        id: i64,
    },
    /// What is kept here does not hold together.
    Damaged,
    /// Not what an operator gives to the members of a desk.
    DeskCode,
    /// This account is in no safety team.
    NotInDesk,
    NoSuchReport {
        number: String,
    },
    /// A report without an account has no words.
    NothingSaid,
    /// A picture that is none, or nobody here could open it for the police.
    NoPictures,
    /// Not what a report without an account was given to come back with.
    BadCode,
    /// The police were told first: nothing is done that the reported person could see.
    PoliceFirst,
    /// The report is about no such account, and names no such file.
    NotInReport,
    /// What is done about an account of the team the operator does.
    OfTheTeam,
    /// Who made the report left no address to answer to.
    NoReturn,
    /// It is no report, or is sealed to somebody else.
    NotForYou,
    /// The server shows again what it has shown, or more than is read at once.
    NoEnd,
    /// There is a safety team, and of everybody it could go to there are own words in it.
    AboutTheTeam,
    /// There are as many screenshots as there may be.
    ScreenshotsFull {
        limit: u32,
    },
}
