//! What a person is shown about a chat so that they can judge it themselves. Computed when it is asked for; none of it is stored or sent.

use crate::{ChatKind, ChatState, Knows, Switch};
use serde::{Deserialize, Serialize};

/// A month of a year; January is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Born {
    pub year: u16,
    pub month: u8,
}

/// Which rules hold for the owner of this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ages {
    /// No answer: the rules for everybody under 18.
    Unsaid,
    Under13,
    From13,
    From16,
    Adult,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeRow {
    pub born: Option<Born>,
    pub ages: Ages,
}

/// Why somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Looking {
    /// Nobody asked: only what is shown by itself.
    Unasked,
    /// "Check this chat with me".
    Asked,
}

/// What stands out in a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// As things are, whatever was said. Nothing among people who know each other in life.
    pub structure: Vec<Structure>,
    /// Newest first.
    pub notes: Vec<Note>,
    /// Of the cues that were looked for.
    pub version: u32,
    /// How many messages were looked at.
    pub messages: u32,
    pub ages: Ages,
}

/// What is so, and can be judged without a word that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Structure {
    OnlyOnline,
    NotSure,
    /// It was not said yet how one knows them.
    NotSaid,
    /// They used this person's link.
    ByMyLink,
    ByTheirLink,
    NoSharedGroups,
    /// Their account says so, and signed it.
    AccountThisWeek,
}

/// Something that was said and stands out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub message: i64,
    /// What was said.
    pub quote: String,
    pub why: String,
    pub what: String,
}

/// Who can see a chat, and what is known about that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoRow {
    pub chat: i64,
    pub name: String,
    pub kind: ChatKind,
    pub state: ChatState,
    /// Those who can read, this account among them.
    pub people: Vec<WhoPerson>,
    /// None: there is no group to encrypt to (yet, or any more).
    pub lock: Option<WhoLock>,
    pub expire_seconds: u64,
    pub receipts: Switch,
    pub typing: Switch,
    /// The server knocks for this device at the push service of its browser.
    pub woken: bool,
    pub server: String,
    /// The 12 words were made.
    pub vault: bool,
    pub ages: Ages,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoPerson {
    pub account: String,
    pub name: String,
    pub me: bool,
    pub devices: u32,
    /// This person said that both saw the same digits.
    pub compared: bool,
    /// What both compare: 60 digits. None: it is this account.
    pub digits: Option<String>,
}

/// With what a chat is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoLock {
    /// As RFC 9420 writes it.
    pub suite: String,
    pub post_quantum: bool,
    pub epoch: u64,
}

impl Ages {
    pub fn is_under_18(self) -> bool {
        self != Self::Adult
    }
}

/// Whether somebody was said, or has to be taken, to be known only online.
pub fn is_only_online(knows: Option<Knows>) -> bool {
    knows != Some(Knows::InLife)
}
