//! What a person asks for.

use serde::{Deserialize, Serialize};

/// A change a person asks for. Each arrives with an id of the shell's choosing: done twice under one id, it happens once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Makes the account of this device. The rest happens once connected.
    SignUp {
        username: String,
        /// Its URL.
        server: String,
        /// What `treehouse invite` printed, if the server asks for it.
        invite: Option<String>,
        display_name: Option<String>,
    },
    /// Makes a link that lets `uses` people ask to be a contact.
    MakeLink {
        label: String,
        uses: u32,
        days: u32,
    },
    /// Asks the owner of a link to be a contact.
    AddContact {
        link: String,
    },
    AcceptRequest {
        id: i64,
    },
    DeclineRequest {
        id: i64,
    },
    JoinGroup {
        invitation: i64,
    },
    DeclineGroup {
        invitation: i64,
    },
    Send {
        chat: i64,
        what: Outgoing,
        reply: Option<i64>,
    },
    React {
        chat: i64,
        message: i64,
        emoji: String,
    },
    Edit {
        chat: i64,
        message: i64,
        text: String,
    },
    /// Deletes for everyone what this account sent.
    Delete {
        chat: i64,
        message: i64,
    },
    MarkRead {
        chat: i64,
        up_to: i64,
    },
    CreateGroup {
        name: String,
        members: Vec<String>,
    },
    AddMembers {
        chat: i64,
        members: Vec<String>,
    },
    RemoveMember {
        chat: i64,
        member: String,
    },
    Leave {
        chat: i64,
    },
    Rename {
        chat: i64,
        name: String,
    },
    Promote {
        chat: i64,
        member: String,
    },
    /// New messages of the chat vanish this long after they were sent; 0 keeps them.
    Expire {
        chat: i64,
        seconds: u64,
    },
    Block {
        user: String,
    },
    /// Hears somebody again who was blocked. What they said in between stays away.
    Unblock {
        user: String,
    },
    /// How this account wants to be called; empty: by its username.
    SetName {
        name: String,
    },
    /// Sends again what could not be sent.
    Retry {
        message: i64,
    },
    /// Takes back what has not left yet, or could not be sent.
    Discard {
        message: i64,
    },
    /// Stops a file that is under way; its message is gone.
    CancelUpload {
        message: i64,
    },
    MarkUnread {
        chat: i64,
    },
    PinChat {
        chat: i64,
    },
    UnpinChat {
        chat: i64,
    },
    Archive {
        chat: i64,
    },
    Unarchive {
        chat: i64,
    },
    /// Nothing of the chat makes itself heard until then; none: it does.
    Mute {
        chat: i64,
        until_ms: Option<u64>,
    },
    /// What stands in the composer; nothing at all: there is no draft.
    SaveDraft {
        chat: i64,
        draft: Draft,
    },
    /// Where the server may knock for this device while it is closed; none: nowhere.
    Notify {
        endpoint: Option<String>,
    },
    /// What the person does in the composer just now: forgotten as soon as it is told, and kept nowhere.
    Typing {
        chat: i64,
        typing: Typing,
    },
    /// The device covered a picture of somebody else because it may be private: noted here alone, for when it is kept or reported.
    Covered {
        chat: i64,
        message: i64,
        position: u32,
    },
    /// Says again in other chats what was said here, as one's own words.
    Forward {
        chat: i64,
        messages: Vec<i64>,
        to: Vec<i64>,
    },
    /// Takes one's own reaction back.
    Unreact {
        chat: i64,
        message: i64,
        emoji: String,
    },
    SendPoll {
        chat: i64,
        poll: NewPoll,
    },
    /// Chooses answers of a poll, counted from 0; none takes the vote back.
    Vote {
        chat: i64,
        message: i64,
        choices: Vec<u8>,
    },
    /// Ends one's own poll.
    ClosePoll {
        chat: i64,
        message: i64,
    },
    PinMessage {
        chat: i64,
        message: i64,
    },
    UnpinMessage {
        chat: i64,
        message: i64,
    },
    /// Sends a card with a new link to oneself: for one person, for seven days.
    SendContact {
        chat: i64,
    },
    /// What a group is about; empty removes it.
    Describe {
        chat: i64,
        text: String,
    },
    RevokeLink {
        link: i64,
    },
    /// Takes messages away on this device only.
    DeleteForMe {
        chat: i64,
        messages: Vec<i64>,
    },
    /// Takes all messages of a chat away on this device only.
    ClearChat {
        chat: i64,
    },
    /// Takes a chat out of the list, with all that was said; it comes back with the next message.
    DeleteChat {
        chat: i64,
    },
    ChangeSettings(Settings),
    Demote {
        chat: i64,
        member: String,
    },
    /// Keeping the account safe, and coming back.
    Vault(crate::VaultCommand),
    /// Says how one knows the other of a chat of two. It stays on this device.
    Know {
        chat: i64,
        how: Knows,
    },
    /// Keeping what was said.
    Keep(crate::KeepCommand),
    /// When the owner of this device was born; none: they would rather not say. It stays on this device.
    Born {
        born: Option<crate::Born>,
    },
    /// Says whether both saw the same digits of an account and one's own. It stays on this device.
    Compare {
        account: String,
        same: Switch,
    },
    /// Says that the pictures of a message are private: from then on this device shows, copies and passes on none of them.
    Private {
        chat: i64,
        message: i64,
        whose: crate::Whose,
    },
    /// Names the contact whom this person trusts, by their account; none: nobody. It stays on this device.
    Trust {
        account: Option<String>,
    },
    /// Tells the contact whom this person trusts that they need to talk, in words that are the same for everybody and hold nothing of any chat.
    NeedToTalk,
}

/// How the owner of a device says that they know somebody. Never whether keys were compared: that is another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knows {
    InLife,
    /// From a game or another app.
    Online,
    Unsure,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outgoing {
    /// Markdown. `@username` of a member mentions it.
    Text(String),
    /// Pictures, films and files that belong together, 1 to 10.
    Files { files: Vec<OutgoingFile>, caption: Option<String> },
}

/// A question to a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPoll {
    pub question: String,
    /// 2 to 24.
    pub options: Vec<String>,
    pub choice: Choice,
}

/// How many answers of a poll one person may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    One,
    Several,
}

/// A message that is not finished.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub text: String,
    /// The message that it answers.
    pub reply: Option<i64>,
    /// The own message that it is to replace.
    pub edit: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    On,
    Off,
}

/// What somebody does in a composer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Typing {
    Writing,
    /// The words were sent or taken away, or nothing came for a while.
    Stopped,
}

/// What a notification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notices {
    /// That there is something, and nothing more.
    Bare,
    /// From whom.
    Names,
    /// From whom, and what.
    Words,
}

/// What a person chose for this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether others learn what one has read.
    pub receipts: Switch,
    /// Whether others learn that one is writing, and one that they are.
    pub typing: Switch,
    pub notices: Notices,
    /// Whether pictures of others are looked at by this device before they are shown. Under 18 they always are.
    pub looks: Switch,
}

impl Default for Settings {
    fn default() -> Self {
        // The same for everybody: a default that went by age would tell the others, and the server, who is a child.
        Self { receipts: Switch::Off, typing: Switch::Off, notices: Notices::Bare, looks: Switch::Off }
    }
}

/// A file that the shell can open again by `source`, also after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingFile {
    /// Where the shell finds the bytes: a path.
    pub source: String,
    pub name: String,
    pub alt: Option<String>,
    /// Every byte as it is, with all that a camera wrote into it.
    pub original: bool,
    pub sort: FileSort,
}

/// What a file is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileSort {
    /// As what its bytes are.
    Found,
    /// A recording of one's own voice.
    Voice,
}
