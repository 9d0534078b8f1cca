//! Why something a person asked for did not happen: a fact, and in `Display` one plain sentence with what to do next.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A command that changed nothing.
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
    NotReady {
        what: String,
    },
    WrongServer {
        url: String,
    },
    ServerRefused {
        why: String,
    },
    /// The device failed in a way that has no name below.
    Device {
        why: String,
    },
    DiskFull,
    DiskReadOnly,
    DataDamaged,
    EmptyName,
    Vault(crate::VaultRefusal),
    FileTooLarge {
        name: String,
        limit: u64,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Refusal::*;
        match self {
            NotSignedUp => write!(f, "There is no account here yet: make one with `treehouse signup USERNAME --server URL`."),
            AlreadySignedUp { username } => {
                write!(f, "This home already belongs to {username}: choose another with --home DIR for a second account.")
            }
            UsernameShape => {
                write!(f, "A username has 3 to 32 letters, digits, dots, dashes or underscores and begins with a letter: choose another.")
            }
            UsernameTaken { username } => write!(f, "The username {username} is taken on this server: choose another."),
            InviteNeeded => {
                write!(f, "This server takes invited people only: ask its operator for an invitation link and give it as --server.")
            }
            InviteSpent => write!(f, "This invitation is unknown, used or expired: ask for a new one."),
            LinkShape => write!(f, "This is not a contact link: copy the whole line that `treehouse link` printed."),
            LinkElsewhere { server, home } => {
                write!(f, "This link belongs to the server {server}, but your account is on {home}: contacts are on one server for now.")
            }
            LinkIsYours => write!(f, "This is your own link: send it to the person you want to chat with."),
            LinkSpent => write!(f, "This link was used up or has expired: ask for a new one."),
            AlreadyContact { name } => write!(f, "{name} is your contact already: write with `treehouse send`."),
            NoSuchChat { name } => write!(f, "There is no chat called {name}: `treehouse chats` lists them."),
            NoSuchUser { name } if name.is_empty() => {
                write!(f, "Somebody who was to be invited is no contact of yours any more: `treehouse chats` lists them.")
            }
            NoSuchUser { name } => write!(f, "You have no contact called {name}: `treehouse chats` lists them."),
            Ambiguous { name, matches } => write!(f, "{name} means more than one: {}. Use the id instead.", matches.join(", ")),
            NoSuchMessage { id } => write!(f, "There is no message {id} in this chat: `treehouse read` shows the ids."),
            NoSuchRequest { id } => write!(f, "There is no open request {id}: `treehouse requests` lists them."),
            NoSuchInvitation { id } => write!(f, "There is no open invitation {id}: `treehouse invitations` lists them."),
            NotYours => {
                write!(f, "This message is not yours: only what you sent can be changed, so answer it with `treehouse send --reply`.")
            }
            NotAdmin => write!(f, "Only an admin of the group can do this: ask one of them."),
            NotAMember { name } => write!(f, "{name} is not a member of this group: `treehouse group members` lists them."),
            LastAdmin => write!(f, "You are the last admin: promote somebody first with `treehouse group promote`."),
            OnlyInGroups => write!(f, "This works in groups only: make one with `treehouse group create`."),
            ChatEnded => write!(
                f,
                "You are no longer part of this chat: what was said is kept, but nothing can be sent. Ask somebody in it to invite you."
            ),
            Blocked { name } => write!(f, "You blocked {name}, so nothing can be sent: choose somebody else."),
            GroupFull { limit } => write!(f, "A group has at most {limit} members: take somebody out first, or make a second group."),
            NameTaken { name } => write!(f, "You already have a chat called {name}: choose another name."),
            Vault(why) => why.fmt(f),
            EmptyName => write!(f, "A name has one letter at least: choose one."),
            FileTooLarge { name, limit } => {
                write!(f, "The file {name} is too large: at most {} GiB can be sent at once. Send it in parts.", limit >> 30)
            }
            EmptyText => write!(f, "There is nothing to send: write some text or choose a file with --file."),
            NotEmoji => write!(f, "A reaction is one emoji, such as 👍."),
            TooLong { limit } => write!(f, "This is too long: at most {limit} bytes fit in one message. Send it as a file instead."),
            FileUnreadable { name, why } => {
                write!(f, "The file {name} cannot be read: {why}. Look at its name and its permissions, then send it again.")
            }
            FileChanged { name } => write!(f, "The file {name} changed while it was sent: send it again."),
            CannotClean { name } => {
                write!(
                    f,
                    "{name} is of a kind whose hidden details (place, camera) cannot be removed: send it with --original to keep every byte, or convert it to JPEG first."
                )
            }
            CannotBeDone => write!(
                f,
                "This cannot be done in this chat: what another member brought into it stands in the way. Try to remove that member, or make a new group without."
            ),
            NotReady { what } => write!(f, "{what} needs a connection to the server: try again when you are connected."),
            WrongServer { url } => write!(
                f,
                "The server at {url} is not the one this account was made on: nothing was sent to it. Ask its operator what has happened."
            ),
            ServerRefused { why } => write!(f, "The server refused: {why}."),
            Device { why } => write!(f, "This device could not do it: {why}. Nothing was changed: try again."),
            DiskFull => write!(f, "The disk of this device is full: make room and try again. Nothing was changed."),
            DiskReadOnly => {
                write!(f, "Your messages here cannot be written, the disk or the folder is read-only: change that and try again.")
            }
            DataDamaged => {
                write!(f, "What is stored here is damaged: bring the folder back from a backup, or choose another with --home DIR.")
            }
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each.
    fn all() -> Vec<Refusal> {
        use crate::VaultRefusal as V;
        use Refusal::*;
        let name = || "bob".to_owned();
        vec![
            NotSignedUp,
            CannotBeDone,
            AlreadySignedUp { username: name() },
            UsernameShape,
            UsernameTaken { username: name() },
            InviteNeeded,
            InviteSpent,
            LinkShape,
            LinkElsewhere { server: name(), home: name() },
            LinkIsYours,
            LinkSpent,
            AlreadyContact { name: name() },
            NoSuchChat { name: name() },
            NoSuchUser { name: name() },
            NoSuchUser { name: String::new() },
            Ambiguous { name: name(), matches: vec![name()] },
            NoSuchMessage { id: 1 },
            NoSuchRequest { id: 1 },
            NoSuchInvitation { id: 1 },
            NotYours,
            NotAdmin,
            NotAMember { name: name() },
            LastAdmin,
            OnlyInGroups,
            ChatEnded,
            Blocked { name: name() },
            GroupFull { limit: 256 },
            NameTaken { name: name() },
            EmptyText,
            NotEmoji,
            TooLong { limit: 1 },
            FileUnreadable { name: name(), why: name() },
            FileChanged { name: name() },
            CannotClean { name: name() },
            NotReady { what: name() },
            WrongServer { url: name() },
            ServerRefused { why: "it cannot. Try again".into() },
            Device { why: name() },
            DiskFull,
            DiskReadOnly,
            DataDamaged,
            EmptyName,
            Vault(V::Count { found: 11 }),
            Vault(V::Unknown { number: 3 }),
            Vault(V::Mistyped),
            Vault(V::NotTheWords),
            Vault(V::NotAFile),
            Vault(V::NotKept),
            Vault(V::NothingThere { server: name() }),
            Vault(V::Damaged),
            Vault(V::TooNew),
            Vault(V::OtherHistory),
            Vault(V::Replaced),
            FileTooLarge { name: name(), limit: 4 << 30 },
        ]
    }

    #[test]
    fn every_refusal_says_what_happened_and_what_to_do() {
        const WAYS_ON: [&str; 26] = [
            "make ",
            "choose ",
            "Choose ",
            "ask ",
            "Ask ",
            "write ",
            "Use ",
            "try ",
            "Try ",
            "change ",
            "bring ",
            "take ",
            "promote ",
            "send ",
            "Send ",
            "copy ",
            "convert ",
            "lists them",
            "shows the ids",
            "such as",
            "Look ",
            "Make ",
            "one server for now",
            "answer ",
            "Update ",
            "accept ",
        ];
        for refusal in all() {
            let text = refusal.to_string();
            assert!(text.ends_with('.') && !text.contains('\n') && !text.contains(".."), "{text}");
            assert!(WAYS_ON.iter().any(|way| text.contains(way)), "nothing to do next: {text}");
        }
    }
}
