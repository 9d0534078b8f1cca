//! The kinds of content: a stable number for each, what it does, and which of them a version knows.

use super::cbor::Reader;
use super::mimi::{Disposition, Form, Message, Part, Semantics};
use super::{MARKDOWN, PLAIN, STATUS_REPORT, STREAM_ALG, keys};

/// What a message is. The number is committed to in the context of a message and never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// MIMI content of another system, of a form that is none of ours.
    Foreign,
    Text,
    Edit,
    Delete,
    Reaction,
    Unreact,
    Attachments,
    Status,
    Sticker,
    Poll,
    Vote,
    PollClose,
    Pin,
    Unpin,
    ContactCard,
    GroupName,
    GroupDescription,
    GroupPicture,
    Profile,
    ExpirySetting,
    RepairRequest,
    Left,
    /// A kind of a later version.
    Later(u16),
}

/// What a kind does to what a person sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is a line of the chat by itself.
    Shown,
    /// It changes another message and shows nothing without it.
    Change,
    /// It sets something of the group or of the sender.
    Setting,
    /// It is between clients and shows nothing.
    Control,
}

impl Kind {
    /// Every kind this version knows, with its number and role: the one table.
    pub const TABLE: [(Self, u16, Role); 22] = [
        (Self::Foreign, 0, Role::Shown),
        (Self::Text, 1, Role::Shown),
        (Self::Edit, 2, Role::Change),
        (Self::Delete, 3, Role::Change),
        (Self::Reaction, 4, Role::Change),
        (Self::Unreact, 5, Role::Change),
        (Self::Attachments, 6, Role::Shown),
        (Self::Status, 7, Role::Control),
        (Self::Sticker, 8, Role::Shown),
        (Self::Poll, 9, Role::Shown),
        (Self::Vote, 10, Role::Change),
        (Self::PollClose, 11, Role::Change),
        (Self::Pin, 12, Role::Change),
        (Self::Unpin, 13, Role::Change),
        (Self::ContactCard, 14, Role::Shown),
        (Self::GroupName, 15, Role::Setting),
        (Self::GroupDescription, 16, Role::Setting),
        (Self::GroupPicture, 17, Role::Setting),
        (Self::Profile, 18, Role::Setting),
        (Self::ExpirySetting, 19, Role::Setting),
        (Self::RepairRequest, 20, Role::Control),
        (Self::Left, 21, Role::Shown),
    ];

    pub fn number(self) -> u16 {
        match self {
            Self::Later(number) => number,
            known => Self::TABLE.iter().find(|row| row.0 == known).map_or(0, |row| row.1),
        }
    }

    pub fn from_number(number: u16) -> Self {
        Self::TABLE.iter().find(|row| row.1 == number).map_or(Self::Later(number), |row| row.0)
    }

    /// A kind of a later version is shown, by its fallback.
    pub fn role(self) -> Role {
        Self::TABLE.iter().find(|row| row.0 == self).map_or(Role::Shown, |row| row.2)
    }

    /// Whether MIMI itself can say it, so that it carries no kind number and no private data decides its kind.
    pub(super) fn is_native(self) -> bool {
        self.number() <= Self::Status.number()
    }

    /// The kind of any message, known or not, well made or not.
    ///
    /// This rule is frozen: all versions must agree on the kind of all content, for the context of a message commits to it. A kind that is
    /// new says its number; the forms that MIMI has for itself are told by their shape.
    pub fn of(message: &Message) -> Self {
        if let Some(item) = message.extensions.get(&keys::KIND) {
            let number = Reader::new(item.as_bytes()).uint().ok().and_then(|number| u16::try_from(number).ok());
            return number.map_or(Self::Foreign, Self::from_number);
        }
        let root = &message.part;
        let reaction = root.disposition == Disposition::REACTION;
        match (&root.form, message.replaces, message.in_reply_to) {
            (Form::Null, Some(_), _) if reaction => Self::Unreact,
            (Form::Null, Some(_), _) => Self::Delete,
            (Form::Null, None, _) => Self::Foreign,
            (_, Some(_), _) => Self::Edit,
            (Form::Single { .. }, None, Some(_)) if reaction => Self::Reaction,
            _ if reaction => Self::Foreign,
            (Form::Single { content_type, .. }, ..) if content_type == STATUS_REPORT => Self::Status,
            (Form::External(external), ..) if external.enc_alg == STREAM_ALG => Self::Attachments,
            (Form::Multi { semantics: Semantics::ProcessAll, parts }, ..) => Self::of_parts(parts),
            _ if is_text(root) => Self::Text,
            _ => Self::Foreign,
        }
    }

    fn of_parts(parts: &[Part]) -> Self {
        let attached = |part: &Part| matches!(&part.form, Form::External(external) if external.enc_alg == STREAM_ALG);
        match parts.first() {
            _ if parts.iter().any(attached) => Self::Attachments,
            Some(first) if is_text(first) => Self::Text,
            _ => Self::Foreign,
        }
    }
}

fn is_text(part: &Part) -> bool {
    matches!(&part.form, Form::Single { content_type, .. } if content_type == PLAIN || content_type == MARKDOWN)
}

/// The kinds a reader knows, as a value: an older version is this one with fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u64);

impl Kinds {
    /// All this version knows.
    pub const ALL: Self = Self(u64::MAX);

    /// These without one.
    pub fn without(self, kind: Kind) -> Self {
        Self(self.0 & !Self::bit(kind))
    }

    pub fn knows(self, kind: Kind) -> bool {
        self.0 & Self::bit(kind) != 0
    }

    /// Kinds of later versions have no bit: nobody knows them.
    fn bit(kind: Kind) -> u64 {
        match kind {
            Kind::Foreign | Kind::Later(_) => 0,
            known => 1u64.checked_shl(known.number().into()).unwrap_or(0),
        }
    }
}
