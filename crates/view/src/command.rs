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
    /// Keeping the account safe, and coming back.
    Vault(crate::VaultCommand),
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outgoing {
    Text(String),
    File(OutgoingFile),
}

/// A file that the shell can open again by `source`, also after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingFile {
    /// Where the shell finds the bytes: a path.
    pub source: String,
    pub name: String,
    pub caption: Option<String>,
    pub alt: Option<String>,
    /// Every byte as it is, with all that a camera wrote into it.
    pub original: bool,
}
