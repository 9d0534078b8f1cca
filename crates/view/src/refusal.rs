//! Why something a person asked for did not happen: facts. The words are each shell's own.

use serde::{Deserialize, Serialize};

/// A command that changed nothing. Kept with what failed, as postcard: variants and fields are only ever added at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    NotSignedUp,
    AlreadySignedUp {
        username: String,
    },
    UsernameShape,
    UsernameTaken {
        username: String,
    },
    InviteNeeded,
    InviteSpent,
    LinkShape,
    /// Something of another member stands in the way of a change.
    CannotBeDone,
    LinkElsewhere {
        server: String,
        home: String,
    },
    LinkIsYours,
    LinkSpent,
    AlreadyContact {
        name: String,
    },
    NoSuchChat {
        name: String,
    },
    NoSuchUser {
        name: String,
    },
    Ambiguous {
        name: String,
        matches: Vec<String>,
    },
    NoSuchMessage {
        id: i64,
    },
    NoSuchRequest {
        id: i64,
    },
    NoSuchInvitation {
        id: i64,
    },
    NotYours,
    NotAdmin,
    NotAMember {
        name: String,
    },
    LastAdmin,
    OnlyInGroups,
    ChatEnded,
    Blocked {
        name: String,
    },
    GroupFull {
        limit: usize,
    },
    NameTaken {
        name: String,
    },
    EmptyText,
    NotEmoji,
    TooLong {
        limit: usize,
    },
    FileUnreadable {
        name: String,
        why: String,
    },
    FileChanged {
        name: String,
    },
    CannotClean {
        name: String,
    },
    /// It needs a connection to the server.
    NotReady {
        what: Needing,
    },
    WrongServer {
        url: String,
    },
    ServerRefused {
        why: Why,
    },
    /// The device failed in a way that has no name below.
    Device {
        why: String,
    },
    DiskFull,
    DiskReadOnly,
    DataDamaged,
    EmptyName,
    FileTooLarge {
        name: String,
        limit: u64,
    },
    /// More than may be given at once.
    TooMany {
        limit: usize,
    },
    /// What is under way cannot be taken back: delete it for everyone.
    AlreadySent,
    /// There is nothing to send again.
    NotFailed,
    /// Something of this kind cannot be passed on.
    CannotForward,
    /// Only words can be changed.
    CannotEdit,
    NotAPoll,
    PollShape,
    PollClosed,
    NoSuchChoice,
    NoSuchLink {
        id: i64,
    },
    /// One is still part of the group.
    StillMember,
    /// The server does not show a chat as it was: nothing is sent or read there until it does.
    RecordsLost {
        name: String,
    },
    /// What is named has not been sent, so nobody could be told of a change of it.
    NotSentYet,
    /// A name of digits alone would be taken for an id.
    NameIsNumber,
    NameTooLong {
        limit: usize,
    },
    ExpiryTooLong {
        days: u64,
    },
    /// What is kept here does not open with it.
    WrongPassphrase,
    Vault(crate::VaultRefusal),
    Report(crate::ReportRefusal),
    /// Nobody is given a report about themselves.
    AboutThem {
        name: String,
    },
    /// A year has twelve months.
    NoSuchMonth,
    /// With somebody known only online, who is under 16 keeps messages at least so long.
    ExpiryTooShort {
        days: u64,
    },
    /// A private picture is neither shown nor passed on by this device.
    PrivatePicture,
    /// There is no picture in it.
    NoPicture,
    /// Its file was written out before.
    TakenBefore,
    /// Nobody was named whom this person trusts.
    NobodyTrusted,
    /// A file is another than the one of which its sender stated the hash.
    NotAsSaid {
        name: String,
    },
}

/// What needs a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Needing {
    Link,
    Files,
}

/// Why a server refuses something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// One of the two programs is too old for the other.
    Misunderstood,
    /// It cannot at the moment.
    NotNow,
    /// It could not check who asks.
    BadProof,
    AccountClosed,
    HandleTaken,
    InviteNeeded,
    /// It does not have that any more.
    Gone,
    NotAllowed,
    TooFast {
        wait_ms: u64,
    },
    Quota,
    TooLarge {
        limit: u64,
    },
    /// Something else came first.
    Overtaken,
    /// It asks for more work than a client gives.
    TooMuchWork,
    /// The safety team restricted the account: it begins nothing new.
    Restricted,
}
