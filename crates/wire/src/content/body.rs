//! What can be said.

use super::attachment::Attachment;
use super::kind::Kind;
use super::text::{Emoji, Text};
use crate::ids::{AccountId, ClientId, LogId, MessageId, PassToken, TakePass};
use std::ops::RangeInclusive;

/// What one message says. Target ids name the first version of a message.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    Text(Text),
    /// New words for a message of the same sender; for attachments, their caption.
    Edit {
        of: MessageId,
        text: Text,
    },
    /// The sender takes a message back, for all.
    Delete {
        of: MessageId,
    },
    Reaction {
        to: MessageId,
        emoji: Emoji,
    },
    /// Takes a reaction back, by the id of the reaction.
    Unreact {
        reaction: MessageId,
    },
    Attachments(Attachments),
    /// What became of messages here: delivered, read. Batched.
    Status(Vec<MessageStatus>),
    Sticker(Box<Sticker>),
    Poll(Poll),
    /// The choices of a poll, from 0, sorted. Replaces the sender's earlier vote; empty takes it back.
    Vote {
        poll: MessageId,
        choices: Vec<u8>,
    },
    PollClose {
        poll: MessageId,
    },
    Pin {
        message: MessageId,
    },
    Unpin {
        message: MessageId,
    },
    ContactCard(ContactCard),
    GroupName(String),
    /// Empty removes it.
    GroupDescription(String),
    /// `None` removes it.
    GroupPicture(Option<Box<Attachment>>),
    Profile(Box<Profile>),
    /// After how many seconds new messages vanish once read; `None`: they stay.
    ExpirySetting(Option<u32>),
    RepairRequest(RepairRequest),
    /// The sender has left the chat.
    Left,
    Unknown(Unknown),
}

/// Pictures, films, voice notes and files that belong together.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachments {
    /// Without a preview.
    pub caption: Option<Text>,
    /// 1 to [`super::limits::ATTACHMENTS_MAX`], none of them a sticker.
    pub items: Vec<Attachment>,
}

/// The status of one message at the sender of the report (draft-mahy-mimi-message-status).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageStatus {
    pub message: MessageId,
    pub status: Status,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Unread,
    Delivered,
    Read,
    Expired,
    Deleted,
    Hidden,
    Error,
    /// One this version does not know, from 7.
    Other(u8),
}

/// A picture that stands for words.
#[derive(Clone, PartialEq, Eq)]
pub struct Sticker {
    /// Of class [`super::Class::Sticker`].
    pub picture: Attachment,
    pub emoji: Option<Emoji>,
}

/// A question with answers to choose from.
#[derive(Clone, PartialEq, Eq)]
pub struct Poll {
    pub question: String,
    /// [`super::limits::POLL_OPTIONS_MIN`] to [`super::limits::POLL_OPTIONS_MAX`].
    pub options: Vec<String>,
    pub choice: Choice,
}

/// How many answers one person may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    One,
    Several,
}

/// Someone to get to know. The link is a capability: who reads the message may use it.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactCard {
    pub name: String,
    pub link: String,
}

/// How the sender wants to be seen in this conversation.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile {
    pub display_name: String,
    /// Empty: none.
    pub username: String,
    /// An encoded [`crate::auth::HandleCert`], unchecked; empty: none.
    pub handle_cert: Vec<u8>,
    pub picture: Option<Attachment>,
    /// Given to the other of a chat of two in the place of what was taken back.
    pub reach: Option<Box<Reach>>,
}

/// How to reach an account: where its inbox is, a drop pass to it, a pass to take its KeyPackages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub inbox: LogId,
    pub drop: PassToken,
    pub take: TakePass,
}

/// Asks the sender of messages that never came to send them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairRequest {
    pub account: AccountId,
    pub client: ClientId,
    /// Counters of that client in this conversation: ascending, apart from each other.
    pub counters: Vec<RangeInclusive<u64>>,
}

/// Content that this version cannot read: of a later version, of another system, or not of the shape of its kind.
#[derive(Clone, PartialEq, Eq)]
pub struct Unknown {
    pub kind: Kind,
    /// What to show in its place; empty if the sender gave nothing that can be shown.
    pub fallback: String,
    /// The content whole, so that it appears properly after an update.
    pub raw: Vec<u8>,
}

impl Body {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Edit { .. } => Kind::Edit,
            Self::Delete { .. } => Kind::Delete,
            Self::Reaction { .. } => Kind::Reaction,
            Self::Unreact { .. } => Kind::Unreact,
            Self::Attachments(_) => Kind::Attachments,
            Self::Status(_) => Kind::Status,
            Self::Sticker(_) => Kind::Sticker,
            Self::Poll(_) => Kind::Poll,
            Self::Vote { .. } => Kind::Vote,
            Self::PollClose { .. } => Kind::PollClose,
            Self::Pin { .. } => Kind::Pin,
            Self::Unpin { .. } => Kind::Unpin,
            Self::ContactCard(_) => Kind::ContactCard,
            Self::GroupName(_) => Kind::GroupName,
            Self::GroupDescription(_) => Kind::GroupDescription,
            Self::GroupPicture(_) => Kind::GroupPicture,
            Self::Profile(_) => Kind::Profile,
            Self::ExpirySetting(_) => Kind::ExpirySetting,
            Self::RepairRequest(_) => Kind::RepairRequest,
            Self::Left => Kind::Left,
            Self::Unknown(unknown) => unknown.kind,
        }
    }

    /// The message that this one changes.
    pub fn target(&self) -> Option<MessageId> {
        match self {
            Self::Edit { of, .. } | Self::Delete { of } => Some(*of),
            Self::Reaction { to, .. } => Some(*to),
            Self::Unreact { reaction } => Some(*reaction),
            Self::Vote { poll, .. } | Self::PollClose { poll } => Some(*poll),
            Self::Pin { message } | Self::Unpin { message } => Some(*message),
            _ => None,
        }
    }

    /// Every attachment, pictures of profiles and groups included.
    pub fn attachments(&self) -> Vec<&Attachment> {
        match self {
            Self::Attachments(attachments) => attachments.items.iter().collect(),
            Self::Sticker(sticker) => vec![&sticker.picture],
            Self::GroupPicture(picture) => picture.as_deref().into_iter().collect(),
            Self::Profile(profile) => profile.picture.iter().collect(),
            _ => Vec::new(),
        }
    }
}

impl Status {
    const KNOWN: [Self; 7] = [Self::Unread, Self::Delivered, Self::Read, Self::Expired, Self::Deleted, Self::Hidden, Self::Error];

    pub fn from_number(number: u8) -> Self {
        Self::KNOWN.get(usize::from(number)).copied().unwrap_or(Self::Other(number))
    }

    pub fn number(self) -> u8 {
        match self {
            Self::Other(number) => number,
            known => Self::KNOWN.iter().position(|other| *other == known).unwrap_or_default() as u8,
        }
    }
}
