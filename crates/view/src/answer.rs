//! What a screen sees: the answers to queries.

use crate::{
    ChatRow, Choice, Draft, FileRow, InfoRow, InvitationRow, Keepsake, Knows, MemberRow, MessageKind, MessageRow, Refusal, RequestRow,
    SearchRow, Settings, VaultRow,
};
use serde::{Deserialize, Serialize};

/// The answer to a [`crate::Query`]: of the same name. None where there is no such thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum View {
    Me(Me),
    Chats(Vec<ChatLine>),
    Chat(Option<Box<ChatDetail>>),
    /// Oldest first.
    Messages(Page),
    Message(Option<Box<Bubble>>),
    Info(Option<Box<InfoRow>>),
    Requests(Vec<RequestRow>),
    Invitations(Vec<InvitationRow>),
    Links(Vec<LinkRow>),
    Contacts(Vec<ContactRow>),
    Search(Found),
    Shelf(Vec<Bubble>),
    Storage(Vec<StorageRow>),
    Settings(Settings),
    Notify(Notify),
    Unsent(Unsent),
    Days(Vec<DayRow>),
    ChatLine(Option<Box<ChatLine>>),
    Vault(VaultRow),
    /// None: they are not made.
    Words(Option<Keepsake>),
    Preselected(crate::Preselected),
    TeamReaders(u32),
    KeepHint(crate::KeepHint),
    Safety(crate::SafetyRow),
    Age(crate::AgeRow),
    Who(Option<Box<crate::WhoRow>>),
    Notice(crate::Noticed),
    Bare(Option<Box<Bubble>>),
}

/// How this device is woken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// By whom push services are asked to knock: a P-256 point. None: not connected, or this server wakes nobody.
    pub key: Option<Vec<u8>>,
    /// Where the server was told to knock.
    pub endpoint: Option<String>,
}

/// Whose device this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Me {
    Nobody {
        /// Why the server did not make the account that was asked for last.
        refused: Option<Refusal>,
    },
    Account(Own),
}

/// The account of this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    pub username: String,
    pub display_name: Option<String>,
    pub server: String,
    pub account: String,
    /// The server has made it.
    pub signed_up: bool,
}

/// A chat in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatLine {
    pub row: ChatRow,
    /// Of a chat of two: how the other wants to be called. Anyone may say anything: it stands beside the name, never in its place.
    pub display_name: Option<String>,
    /// Of a chat of two.
    pub peer: Option<String>,
    pub blocked: bool,
    pub pinned: bool,
    pub archived: bool,
    pub muted_until_ms: Option<u64>,
    pub marked_unread: bool,
    /// Somebody mentioned this account in what is unread.
    pub mentioned: bool,
    pub draft: Option<Draft>,
    pub last: Option<Last>,
}

/// What was said last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    pub message: i64,
    pub kind: MessageKind,
    pub sender: Sender,
    pub text: String,
    /// Of a line that nobody said.
    pub happened: Option<crate::Happened>,
    pub sent_ms: u64,
    /// None: it is not mine.
    pub delivery: Option<Delivery>,
    /// Something is to be read before it: until then nothing of it is said.
    pub care: Option<crate::Care>,
}

/// Who said something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub account: String,
    /// The name this device knows it by.
    pub name: String,
    pub display_name: Option<String>,
    pub me: bool,
}

/// What became of a message of mine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    Queued,
    Uploading {
        files_done: u32,
        files: u32,
        /// Bytes of the file under way, as far as the shell has told.
        done: u64,
        total: u64,
    },
    Sent,
    /// By how many others, of how many there are now.
    Read {
        by: u32,
        others: u32,
    },
    /// None: why is not known any more.
    Failed(Option<Refusal>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatDetail {
    pub line: ChatLine,
    pub members: Vec<MemberLine>,
    pub role: Role,
    pub pinned: Option<Bubble>,
    /// Of a chat of two.
    pub met: Option<Met>,
    pub made_ms: u64,
    /// Of a chat of two: how one says that one knows the other; none: not asked yet.
    pub knows: Option<Knows>,
    pub pause: Pause,
}

/// Before which pictures that one sends there is a pause in which one can say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pause {
    Never,
    /// Those that this device takes for private ones.
    Private,
    /// All: it would be the first one to this person.
    All,
}

/// What an account may do in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    Admin,
    Member,
    /// One has left, was removed, or it has ended.
    Outside,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberLine {
    pub row: MemberRow,
    pub display_name: Option<String>,
    pub me: bool,
    /// There is a chat of two with this account.
    pub contact: bool,
    pub blocked: bool,
}

/// How one got to know somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    pub how: How,
    /// What was written on the link: with [`How::MyLink`].
    pub label: String,
    pub since_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    MyLink,
    TheirLink,
    Group,
}

/// A part of a chat, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub messages: Vec<Bubble>,
    /// There is something before the first of these.
    pub earlier: bool,
    /// There is something after the last of these.
    pub later: bool,
}

/// A message with all that is shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bubble {
    pub row: MessageRow,
    pub sender: Sender,
    /// None: it is not mine.
    pub delivery: Option<Delivery>,
    /// With mentions as links `[label](treehouse:u/ACCOUNT)`, if there are any; else `row.text` is all.
    pub marked_text: Option<String>,
    pub mentions: Vec<Mention>,
    /// What it answers; the row's `reply_to` is none when that is not here any more.
    pub reply: Option<Quote>,
    /// While they are under way, without blob and hash.
    pub files: Vec<FileItem>,
    pub poll: Option<PollRow>,
    pub card: Option<Card>,
    /// Each emoji once.
    pub reactions: Vec<ReactionSum>,
    pub pinned: bool,
    /// The first picture of somebody known only online: a curtain is before it until it is asked for.
    pub curtain: bool,
    /// Its pictures are to be looked at by this device before they are shown, and covered if one of them may be a private one.
    pub look: bool,
    /// Links and handles in it are hidden until they are asked for.
    pub masked: bool,
    /// Its pictures are private: nothing of them is here.
    pub private: Option<crate::Private>,
    /// Something to read before it.
    pub care: Option<crate::Care>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    pub account: String,
    pub name: String,
    pub me: bool,
}

/// A message that another one answers, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub message: i64,
    pub sender: Sender,
    pub kind: MessageKind,
    /// The beginning of it.
    pub text: String,
}

/// One file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileItem {
    /// Its place in the message, from 0.
    pub position: u32,
    pub kind: MessageKind,
    pub row: FileRow,
    /// The blob it lies in, lower-case hex.
    pub blob: String,
    /// A small JPEG.
    pub thumbnail: Option<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollRow {
    pub question: String,
    pub choice: Choice,
    pub options: Vec<PollOption>,
    /// How many have voted.
    pub voters: u32,
    pub closed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollOption {
    pub text: String,
    pub votes: u32,
    pub mine: bool,
    /// Names of those who chose it, as far as they are few.
    pub by: Vec<String>,
}

/// Someone to get to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub name: String,
    pub link: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionSum {
    pub emoji: String,
    pub by: Vec<String>,
    pub mine: bool,
}

/// A link of this account that still works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRow {
    pub id: i64,
    pub url: String,
    pub label: String,
    pub made_ms: u64,
    pub expires_ms: u64,
    pub uses_left: u32,
    /// The server knows it.
    pub live: bool,
}

/// Somebody known to this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRow {
    pub account: String,
    pub name: String,
    /// The server's identity has signed that `name` is this account's username.
    pub confirmed: bool,
    pub display_name: Option<String>,
    pub chat: Option<i64>,
    pub blocked: bool,
    /// Can be invited to groups.
    pub reachable: bool,
    pub met: Met,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub chats: Vec<ChatLine>,
    pub contacts: Vec<ContactRow>,
    /// Newest first.
    pub messages: Vec<SearchRow>,
}

/// What a chat takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageRow {
    pub chat: i64,
    pub name: String,
    pub messages: u64,
    /// Of all files that were sent in it.
    pub file_bytes: u64,
    /// Of those that are on this device.
    pub held_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// Messages that wait.
    pub waiting: u64,
    pub failed: u64,
    /// All that is still to be sent or fetched, messages among it.
    pub unfinished: u64,
}

/// A day on which something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRow {
    /// When it begins, on the clock that was asked for.
    pub start_ms: u64,
    pub messages: u32,
    /// The first of them.
    pub first: i64,
}
