//! Kinds and states, each with the name that is stored and printed.

use serde::{Deserialize, Serialize};

/// For how many a chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    Two,
    Group,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatState {
    Active,
    Waiting,
    Joining,
    Leaving,
    Left,
    Removed,
    /// It stands still until it is mended.
    Broken,
    /// Another chat goes on in its place.
    Ended,
    /// This account came back with its words, and nobody has let it in yet.
    Returning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    Text,
    Photo,
    Video,
    Voice,
    File,
    Sticker,
    Poll,
    Contact,
    /// A line that nobody said.
    Notice,
    /// Of a later version: its plain words are shown.
    Unknown,
    Deleted,
    Hidden,
}

impl MessageKind {
    /// A picture that stands still, as far as its sender says.
    pub fn is_still(self) -> bool {
        matches!(self, Self::Photo | Self::Sticker)
    }

    /// Whether one sees it in its place.
    pub fn is_seen(self) -> bool {
        self.is_still() || self == Self::Video
    }
}

/// Where a message stands. Mine: queued to failed; others': received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    Queued,
    Uploading,
    Sending,
    Sent,
    Read,
    Failed,
    Received,
    Notice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    In,
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    Open,
    Waiting,
    Accepted,
    Declined,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberState {
    #[serde(rename = "here")]
    Here,
    #[serde(rename = "added, not yet here")]
    Added,
}

/// How much of a file is on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    None,
    Partial,
    Whole,
}

impl ChatKind {
    const ALL: [Self; 2] = [Self::Two, Self::Group];

    /// As it is stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Two => "two",
            Self::Group => "group",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl ChatState {
    const ALL: [Self; 9] =
        [Self::Active, Self::Waiting, Self::Joining, Self::Leaving, Self::Left, Self::Removed, Self::Broken, Self::Ended, Self::Returning];

    /// As it is stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Joining => "joining",
            Self::Leaving => "leaving",
            Self::Left => "left",
            Self::Removed => "removed",
            Self::Broken => "broken",
            Self::Ended => "ended",
            Self::Returning => "returning",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl MessageKind {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Photo => "photo",
            Self::Video => "video",
            Self::Voice => "voice",
            Self::File => "file",
            Self::Sticker => "sticker",
            Self::Poll => "poll",
            Self::Contact => "contact",
            Self::Notice => "notice",
            Self::Unknown => "unknown",
            Self::Deleted => "deleted",
            Self::Hidden => "hidden",
        }
    }
}

impl MessageState {
    const ALL: [Self; 8] =
        [Self::Queued, Self::Uploading, Self::Sending, Self::Sent, Self::Read, Self::Failed, Self::Received, Self::Notice];

    /// As it is stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Uploading => "uploading",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Received => "received",
            Self::Notice => "notice",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl RequestState {
    const ALL: [Self; 5] = [Self::Open, Self::Waiting, Self::Accepted, Self::Declined, Self::Failed];

    /// As it is stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Failed => "failed",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}
