//! What came of checking a report, kept apart by who says it: the server, the sender's device, the reporter; and what is missing.

use crate::body::Reason;
use crate::number::Number;
use crate::screens::Screen;
use crate::trust::{Fetched, Home, Source};
use franking::{Class, Expiry};
use wire::call::Flag;
use wire::content::Content;
use wire::{AccountId, ClientId, Hash32, MessageId, Millis, PassHash, Route, Seq};

/// Everything that can be said of a report. Made by [`crate::verify`] alone.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Who could have made the proofs besides the senders.
    pub authority: Holder,
    pub stamp_key: StampKeyLine,
    pub route: Route,
    /// In the order of the log.
    pub lines: Vec<Line>,
    pub accounts: Vec<AccountLine>,
    pub missing: Missing,
    pub reporter: ReporterSays,
    /// SHA-256 of compartment A as it was sealed.
    pub body: Hash32,
    /// What does not hold, by its place among the entries of the file where it has one.
    pub faults: Vec<Fault>,
}

impl Verdict {
    /// Whether every check was made and none failed, and something is proved. It says nothing of where keys are known from: see [`Verdict::stamp_key`].
    pub fn holds(&self) -> bool {
        self.faults.is_empty() && self.proved().next().is_some()
    }

    /// Whether it is stamped by another server than the one where whoever checks has their account: then it may hold, and still be made up as a whole
    /// by whoever has that other key.
    pub fn is_of_another_server(&self) -> bool {
        self.stamp_key.home == Home::Another
    }

    /// The messages whose proofs hold.
    pub fn proved(&self) -> impl Iterator<Item = &Proved> {
        self.lines.iter().filter_map(|line| match line {
            Line::Proved(proved) => Some(proved.as_ref()),
            _ => None,
        })
    }

    /// The first line of every rendering, before anything else: no verdict is a bare tick.
    pub fn first_line(&self) -> String {
        const CONVINCING: &str =
            "Made with this account's key, or by the Safety Authority. Convincing only to someone who knows the Authority did not make it.";
        if !self.holds() {
            return format!("Something in this report does not hold. Do not rely on it. What holds of it is at most: {CONVINCING}");
        }
        if self.is_of_another_server() {
            return format!(
                "Not stamped by your server: whoever has the key that stamped it can make up its times, its order and whole accounts. Do not rely on them. {CONVINCING}"
            );
        }
        match &self.authority {
            Holder::Operator { name, .. } => format!("Could also have been made by {name}, who runs the server. {CONVINCING}"),
            Holder::Nobody | Holder::Named { .. } | Holder::Unknown => CONVINCING.to_owned(),
        }
    }
}

/// Whose secret could have made the proofs instead of a sender's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A point whose secret nobody knows: the proofs are plain signatures.
    Nobody,
    Named {
        name: String,
        source: Source,
    },
    /// Whoever runs the server.
    Operator {
        name: String,
        source: Source,
    },
    /// Only the file names it: no proof for it counts.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampKeyLine {
    pub key: Hash32,
    /// As the reporter's device has it.
    pub server: String,
    pub source: Source,
    /// The host under which the key is known, if it is known.
    pub known_as: Option<String>,
    /// What the server itself said when it was asked now, if it has this key.
    pub fetched: Option<Fetched>,
    /// Whether it is the key of the server where whoever checks has their account.
    pub home: Home,
}

/// One place of the log.
#[derive(Debug, Clone)]
pub enum Line {
    Proved(Box<Proved>),
    /// A message whose proof does not hold: nothing of it is shown.
    Failed {
        place: usize,
    },
    Undisclosed {
        seq: Seq,
        at: Millis,
        flag: Flag,
        by: PassHash,
    },
    /// The server had a record here; what it said is the reporter's word alone.
    Quoted {
        seq: Seq,
        at: Millis,
        by: PassHash,
        text: String,
    },
    /// Records between two numbers are not shown to be there or not.
    Break {
        after: Seq,
        before: Seq,
    },
}

/// A message all of whose checks hold. Made by [`crate::verify`] alone.
#[derive(Debug, Clone)]
pub struct Proved {
    /// Its place among the entries of the file.
    pub place: usize,
    // The server proves:
    pub seq: Seq,
    pub at: Millis,
    pub by: PassHash,
    pub record: Hash32,
    // The sender's device says, committed to by its key:
    pub account: AccountId,
    pub client: ClientId,
    pub class: Class,
    pub message: MessageId,
    pub counter: u64,
    /// The last record it had seen when it wrote.
    pub seen: Seq,
    pub sent: Millis,
    pub expiry: Expiry,
    pub kind: u16,
    /// Its words, and of pictures the description alone.
    pub content: Content,
    /// Leaves that stay closed here: keys and small pictures.
    pub closed: usize,
    /// The commitment of the whole message.
    pub commitment: Hash32,
}

/// An account that sent something in the report, or made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLine {
    pub account: AccountId,
    /// What the reporter's device has it called. Nothing here proves it.
    pub called: Option<String>,
    pub states: States,
    /// A key is the account: that it is somebody's is known only from here.
    pub source: Source,
}

/// What an account said of its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum States {
    None,
    /// Signed and unbroken from one number to another, and every client that sent is in one of them.
    Chain {
        first: u64,
        last: u64,
    },
    /// The same, but a client that sent is in none of those shown.
    WithoutClient {
        first: u64,
        last: u64,
    },
}

/// What a report leaves out, as far as it shows that itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Messages and other records that are there and not opened.
    pub undisclosed: u64,
    /// Of these, records that changed the group and say nothing.
    pub commits: u64,
    /// Times that the line of records is interrupted.
    pub breaks: u64,
    /// Records in these interruptions, as the server counts.
    pub in_breaks: u64,
    /// Keys and small pictures that stay closed.
    pub closed: u64,
    /// Messages that somebody sent between two that are shown, by their own counters.
    pub skipped: Vec<(AccountId, u64)>,
}

impl Missing {
    /// Whether every record from the first to the last is there, opened or not.
    pub fn contiguous(&self) -> bool {
        self.breaks == 0
    }
}

/// What is the reporter's word alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReporterSays {
    pub number: Number,
    pub made: Millis,
    pub reason: Reason,
    pub note: String,
    /// Screenshots that they add: nothing of them is proved.
    pub screens: Vec<Screen>,
    pub who: Who,
    /// Whether they can be answered without knowing who they are.
    pub answerable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// They left their certificate out.
    Withheld,
    /// Their client, or the Authority, made the report.
    Proved { account: AccountId, client: ClientId },
    /// They name a certificate, and the proof does not hold.
    Failed,
}

/// Something that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub place: Option<usize>,
    pub wrong: Wrong,
}

/// What does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("the stamp key is no key")]
    StampKey,
    #[error("another stamp key is known for this server")]
    OtherStampKey,
    #[error("the server at this address was asked now and has another stamp key: it did not stamp this, or it is another server by now")]
    FetchedAnother,
    #[error("the proofs are for an Authority that is in no trust bundle")]
    Authority,
    #[error("the server's signature on this record does not hold: time, place or words are not those it stamped")]
    Stamp,
    #[error("a record of another conversation")]
    OtherConversation,
    #[error("out of order: records do not follow one another as the server chained them")]
    Order,
    #[error("a record between two others is missing and the report does not say so")]
    MissingGap,
    #[error("the server's times go back")]
    TimeWentBack,
    #[error("a record stamped as no message")]
    NotContent,
    #[error("words that were not committed to: altered, added or left out")]
    Altered,
    #[error("the message was written for another conversation")]
    WrittenElsewhere,
    #[error("another certificate than the one the message was sealed under")]
    OtherSender,
    #[error("a certificate that its account did not sign, or that was not valid then")]
    Certificate,
    #[error("the sender says it had seen another history")]
    SeenOther,
    #[error("written more than 15 minutes after it was stamped")]
    FromTheFuture,
    #[error("neither this sender nor the Authority proved this message")]
    Proof,
    #[error("the same message twice")]
    Replayed,
    #[error("the sender's own count of messages does not go up")]
    Counter,
    #[error("what is opened is no content, or not of the kind committed to")]
    Content,
    #[error("an attachment's key is opened where only its description may be")]
    KeyInCompartmentA,
    #[error("what an account said of its clients is broken")]
    States,
    #[error("the reporter's proof does not hold")]
    Reporter,
}
