//! What a screen asks for.

use crate::Looking;
use serde::{Deserialize, Serialize};

/// A question about what this device holds. Each has its [`crate::View`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Query {
    Me,
    /// Every chat: pinned ones first, then by what was said last. Archived ones are among them.
    Chats,
    Chat {
        chat: i64,
    },
    Messages {
        chat: i64,
        window: Window,
        limit: u32,
    },
    Message {
        message: i64,
    },
    Info {
        chat: i64,
        message: i64,
    },
    Requests,
    Invitations,
    /// Own links that still work.
    Links,
    /// Everybody known, blocked ones among them.
    Contacts,
    /// Chats, contacts and messages with these words; in one chat only messages.
    Search {
        words: String,
        chat: Option<i64>,
        limit: u32,
    },
    /// What was sent in a chat, newest first.
    Shelf {
        chat: i64,
        what: Shelf,
        /// Only messages with a smaller id; none: the newest.
        before: Option<i64>,
        limit: u32,
    },
    Storage,
    Settings,
    Notify,
    Unsent,
    /// Days on which something was said, for a clock this many minutes east of UTC.
    Days {
        chat: i64,
        east_minutes: i32,
    },
    /// One chat of the list.
    ChatLine {
        chat: i64,
    },
    /// How safe the account is.
    Vault,
    /// The 12 words, for the one screen that shows them.
    Words,
    /// What a report of these messages would open unless something else is chosen.
    Preselect {
        chat: i64,
        messages: Vec<i64>,
    },
    /// How many of the safety team a report of these messages goes to: nobody gets one with their own words in it.
    TeamReaders {
        chat: i64,
        messages: Vec<i64>,
        /// Who said what is in it of what was kept: accounts, lower-case hex.
        kept: Vec<String>,
    },
    /// Whether to ask "Keep it first?" before something of a chat is deleted or left.
    KeepHint {
        chat: i64,
        /// What goes; empty: all of it.
        going: Vec<i64>,
    },
    /// How keeping and reporting stand here.
    Safety,
    /// What is kept of this person's age, and which rules follow from it.
    Age,
    /// Who can see a chat.
    Who {
        chat: i64,
    },
    /// What stands out in a chat.
    Notice {
        chat: i64,
        looking: Looking,
    },
    /// A message as it was said, where [`Query::Message`] hides links and handles in it.
    Bare {
        message: i64,
    },
}

/// Which part of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Window {
    Newest,
    /// Only messages with a smaller id.
    Before(i64),
    /// Only messages with a greater id.
    After(i64),
    /// This message in the middle.
    Around(i64),
    /// What was sent at this time or later.
    From(u64),
    /// The first unread message in the middle; the newest ones, if all are read.
    Unread,
}

/// What one looks through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shelf {
    /// Photos and films.
    Media,
    Files,
    Voice,
    /// Messages with links.
    Links,
}
