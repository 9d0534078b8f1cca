//! The command line.

use crate::serve;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Private messages that the server cannot read.
#[derive(Parser)]
#[command(name = "treehouse", version, propagate_version = true)]
pub struct Cli {
    /// Where this account lives: keys, messages, files on their way. One account a home
    #[arg(long, global = true, value_name = "DIR", env = "TREEHOUSE_HOME")]
    pub home: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    #[command(flatten)]
    Chat(Chat),
    Serve(serve::Args),
    Invite(serve::invite::Args),
    Admin(serve::admin::Args),
}

/// What a person does with an account.
#[derive(Subcommand)]
pub enum Chat {
    /// Make an account on a server
    Signup {
        /// 3 to 32 letters, digits, dots, dashes or underscores
        username: String,
        /// The server's address, or the invitation that its operator gave you
        #[arg(long, value_name = "URL")]
        server: String,
        /// The name that contacts see; the username if not given
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Make a link by which somebody can ask to be your contact
    Link {
        /// For whom it is: a note for yourself, shown when it is used
        #[arg(long = "for", value_name = "LABEL", default_value = "")]
        label: String,
        /// How many people may use it
        #[arg(long, value_name = "N", default_value_t = 1)]
        uses: u32,
        /// How long it works
        #[arg(long, value_name = "DAYS", default_value_t = 1)]
        expires: u32,
    },
    /// Ask the owner of a link to be your contact
    Add { link: String },
    /// Who asks to be your contact
    Requests {
        #[command(subcommand)]
        what: Option<Answer>,
        #[command(flatten)]
        format: Format,
    },
    /// Groups you are invited to
    Invitations {
        #[command(subcommand)]
        what: Option<Invitation>,
        #[command(flatten)]
        format: Format,
    },
    /// Your chats, the newest first
    Chats {
        #[command(flatten)]
        format: Format,
    },
    /// Read a chat
    Read {
        /// A username, a group's name, or an id
        chat: String,
        /// Stay and show what arrives
        #[arg(long)]
        follow: bool,
        /// Save the files that were sent into this folder
        #[arg(long, value_name = "DIR")]
        save: Option<PathBuf>,
        /// How many messages to show
        #[arg(long, value_name = "N", default_value_t = 50)]
        last: u32,
        #[command(flatten)]
        format: Format,
    },
    /// Send a message or a file
    Send {
        /// A username, a group's name, or an id
        chat: String,
        /// The words of the message
        #[arg(required_unless_present = "file")]
        text: Vec<String>,
        /// Send a file; photos lose the place and the camera that took them
        #[arg(long, value_name = "PATH", conflicts_with = "text")]
        file: Option<PathBuf>,
        /// Words under the file
        #[arg(long, value_name = "TEXT", requires = "file")]
        caption: Option<String>,
        /// What is to be seen, for who cannot see it
        #[arg(long, value_name = "TEXT", requires = "file")]
        alt: Option<String>,
        /// Keep every byte of the file, with all that a camera wrote into it
        #[arg(long, requires = "file")]
        original: bool,
        /// The message this answers
        #[arg(long, value_name = "ID")]
        reply: Option<i64>,
    },
    /// React to a message with an emoji
    React { chat: String, id: i64, emoji: String },
    /// Give a message of yours new words
    Edit {
        chat: String,
        id: i64,
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// Delete a message of yours for everyone
    Delete { chat: String, id: i64 },
    /// Groups
    Group {
        #[command(subcommand)]
        what: Group,
    },
    /// Let new messages of a chat vanish after a while
    Expire {
        chat: String,
        /// For example 1h, 7d or 4w; off to keep them
        duration: String,
    },
    /// Stop hearing from somebody. Nothing is deleted
    Block { user: String },
    /// Find messages by their words
    Search {
        #[arg(required = true)]
        words: Vec<String>,
        #[command(flatten)]
        format: Format,
    },
    /// Everything about one message
    Info {
        chat: String,
        id: i64,
        #[command(flatten)]
        format: Format,
    },
    /// Make or show the 12 words that bring this account back if the device is lost
    Words {
        /// Write them into a file, too, which says what it is for
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Read the words from the keyboard and say whether they are right
        #[arg(long, conflicts_with = "file")]
        confirm: bool,
    },
    /// Bring an account back on this device: the 12 words are asked for, or read from a file
    Restore {
        /// The address of the server that the account is on
        #[arg(long, value_name = "URL", required_unless_present = "file")]
        server: Option<String>,
        /// What `treehouse words --file` wrote
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Send what waits and fetch what is new
    Sync,
}

#[derive(Subcommand)]
pub enum Answer {
    /// Begin a chat with whoever asked
    Accept { id: i64 },
    /// Say nothing and forget the request
    Decline { id: i64 },
}

#[derive(Subcommand)]
pub enum Invitation {
    /// Become a member
    Join { id: i64 },
    /// Say nothing and forget the invitation
    Decline { id: i64 },
}

#[derive(Subcommand)]
pub enum Group {
    /// Make a group and invite contacts to it
    Create {
        name: String,
        #[arg(value_name = "USER", required = true)]
        members: Vec<String>,
    },
    /// Invite more contacts
    Add {
        group: String,
        #[arg(value_name = "USER", required = true)]
        members: Vec<String>,
    },
    /// Take somebody out
    Remove { group: String, user: String },
    /// Go
    Leave { group: String },
    /// Give the group another name
    Rename { group: String, name: String },
    /// Make a member an admin
    Promote { group: String, user: String },
    /// Who is in it
    Members {
        group: String,
        #[command(flatten)]
        format: Format,
    },
}

#[derive(Args, Clone, Copy)]
pub struct Format {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}
