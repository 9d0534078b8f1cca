//! The rows of every list, and what happens while one looks.

use crate::{ChatKind, ChatState, Direction, Held, MemberState, MessageKind, MessageState, RequestState, Sender};
use serde::{Deserialize, Serialize};

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Done,
    Link {
        url: String,
        label: String,
        uses: u32,
        expires_ms: u64,
    },
    /// The new message, request or chat.
    Id(i64),
}

/// Something a screen may want to show again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    SignedUp {
        username: String,
    },
    SignUpRefused(crate::Refusal),
    ChatChanged {
        chat: i64,
    },
    MessageChanged {
        chat: i64,
        message: i64,
    },
    RequestsChanged,
    InvitationsChanged,
    /// Something that was begun ended in a refusal.
    Failed {
        what: Doing,
        why: crate::Refusal,
    },
    /// Bytes of a message's files that have left, and all there are.
    Transfer {
        message: i64,
        done: u64,
        total: u64,
    },
    CaughtUp,
    /// Somebody said something new.
    Arrived {
        chat: i64,
        message: i64,
    },
    /// Who is writing in a chat just now, as they are called in a sentence; nobody: nobody.
    Typing {
        chat: i64,
        who: Vec<String>,
    },
    MeChanged,
    LinksChanged,
    ContactsChanged,
    SettingsChanged,
    /// Something came for the safety team that this account is in, or its list was read.
    DeskNews,
    Vault(crate::VaultEvent),
}

/// What was being done when it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    Connect,
    Send,
    Group,
    /// Asking the owner of a link.
    Add,
    Contact,
}

/// What happened in a chat: a line that nobody said, and of which nobody is notified. In a group everybody who is in it has the same, where it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// Invited, and not here before they join.
    Added {
        by: Sender,
        who: Vec<Sender>,
    },
    Joined {
        who: Sender,
    },
    Left {
        who: Vec<Sender>,
    },
    Removed {
        by: Sender,
        who: Vec<Sender>,
    },
    MadeAdmin {
        by: Sender,
        who: Vec<Sender>,
    },
    /// They are admins no more.
    TookAdmin {
        by: Sender,
        who: Vec<Sender>,
    },
    Renamed {
        by: Sender,
        name: String,
    },
    /// New messages vanish after so many seconds; 0: they stay.
    Timer {
        by: Sender,
        seconds: u32,
    },
    /// On a new device.
    NewDevice {
        who: Sender,
    },
    /// A message did not hold what it was checked for.
    NotShown,
    /// The group could not be repaired, and goes on in a new one of the same name.
    GoesOnElsewhere,
    /// The server has lost messages of this chat.
    RecordsLost,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRow {
    pub id: i64,
    pub name: String,
    pub kind: ChatKind,
    pub state: ChatState,
    pub unread: u64,
    pub last_text: Option<String>,
    /// What happened last, if that was no message.
    pub last_happened: Option<Happened>,
    pub last_ms: Option<u64>,
    pub members: u64,
    /// Seconds until new messages vanish; 0 never.
    pub expire_seconds: u64,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRow {
    pub id: i64,
    pub chat: i64,
    /// Username, or `me`.
    pub sender: String,
    pub mine: bool,
    pub kind: MessageKind,
    /// Markdown; whoever is mentioned stands there as `@name`.
    pub text: String,
    /// Of a line that nobody said.
    pub happened: Option<Happened>,
    pub sent_ms: u64,
    pub state: MessageState,
    pub edited: bool,
    pub forwarded: bool,
    pub reply_to: Option<i64>,
    pub reactions: Vec<ReactionRow>,
    pub file: Option<FileRow>,
    pub expires_ms: Option<u64>,
    pub unread: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionRow {
    pub emoji: String,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    pub name: String,
    pub media_type: String,
    pub bytes: u64,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
    pub alt: Option<String>,
    pub original: bool,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    pub held: Held,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRow {
    pub id: i64,
    pub direction: Direction,
    /// The label of the link that was used.
    pub label: String,
    pub link_made_ms: u64,
    pub arrived_ms: u64,
    /// Four emoji to compare by voice.
    pub emoji: String,
    pub state: RequestState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationRow {
    pub id: i64,
    pub from: String,
    pub members: u64,
    pub known: u64,
    pub arrived_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchRow {
    pub id: i64,
    pub chat: i64,
    pub chat_name: String,
    pub sender: String,
    pub text: String,
    pub sent_ms: u64,
}

/// Everything known of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InfoRow {
    pub id: i64,
    pub message: MessageRow,
    pub message_id: String,
    pub seq: Option<u64>,
    pub stamped_ms: Option<u64>,
    pub read_by: Vec<String>,
    /// The proof of who said it was checked before it was shown.
    pub provable: bool,
    pub sender_account: String,
    pub sender_cert: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// The account, as `account` says.
    pub id: String,
    pub name: String,
    pub account: String,
    pub admin: bool,
    pub state: MemberState,
}
