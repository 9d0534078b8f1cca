//! The command line.

mod desk;

use crate::{evaluate, help_lines, serve, verify};
use clap::{Args, Parser, Subcommand};
pub use desk::{Desk, Stands, State};
use safety::help::Region;
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
    Safety(evaluate::Args),
    Verify(verify::Args),
    HelpLines(help_lines::Args),
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
        /// How you want to be called: contacts see it beside your username
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Make a link by which somebody can ask to be your contact
    Link {
        /// For whom it is: a note for yourself, shown when it is used
        #[arg(long = "for", value_name = "LABEL", default_value = "")]
        label: String,
        /// How many people may use it, at most 100
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
        uses: u32,
        /// How many days it works, at most 90
        #[arg(long, value_name = "DAYS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=90))]
        expires: u32,
    },
    /// Ask the owner of a link to be your contact
    Add {
        /// The whole line that `treehouse link` printed for you
        link: String,
    },
    /// Who can see this? Line by line, as the chat stands now
    Who {
        /// A username, a group's name, or an id
        chat: String,
        /// In which words: else by your age, as far as you said it
        #[arg(long = "words")]
        words: Option<Words>,
        #[command(flatten)]
        format: Format,
    },
    /// Say how you know somebody: it stays on this device, and decides what is told and hidden here
    Know {
        /// A username or an id
        chat: String,
        /// From where
        how: How,
    },
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
    /// What others learn of you, and what stays here: when you were born, whom you trust
    Settings {
        /// Whether others see when you have read what they sent
        #[arg(long, value_name = "on|off")]
        receipts: Option<OnOff>,
        /// When you were born, or no: it stays on this device, and decides which rules hold here
        #[arg(long, value_name = "YEAR-MONTH|no")]
        born: Option<String>,
        /// Whom you trust, a contact, or no: it stays on this device
        #[arg(long, value_name = "USER|no")]
        trust: Option<String>,
        /// Where you are, for help and the number to call in danger, or no: it stays on this device
        #[arg(long, value_name = "GB|IE|EU|US|CA|AU|NZ|no", value_parser = region)]
        region: Option<Chosen>,
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
        /// Show this message alone, as it was said: with the links and names that are hidden from who is under 16
        #[arg(long, value_name = "ID", conflicts_with_all = ["follow", "save", "last"])]
        show: Option<i64>,
        /// How many messages to show
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
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
        // Of what cannot be given together, clap asks for neither: that they need a file is not enough.
        #[arg(long, value_name = "TEXT", requires = "file", conflicts_with = "text")]
        caption: Option<String>,
        /// What is to be seen, for who cannot see it
        #[arg(long, value_name = "TEXT", requires = "file", conflicts_with = "text")]
        alt: Option<String>,
        /// Keep every byte of the file, with all that a camera wrote into it
        #[arg(long, requires = "file", conflicts_with = "text")]
        original: bool,
        /// The message this answers
        #[arg(long, value_name = "ID")]
        reply: Option<i64>,
    },
    /// React to a message with an emoji
    React {
        /// A username, a group's name, or an id
        chat: String,
        /// The message, by the id that `treehouse read` shows
        id: i64,
        /// One emoji, such as 👍
        emoji: String,
    },
    /// Give a message of yours new words
    Edit {
        /// A username, a group's name, or an id
        chat: String,
        /// The message, by the id that `treehouse read` shows
        id: i64,
        /// What it is to say instead
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// Delete a message of yours for everyone; one that has not left yet never leaves
    Delete {
        /// A username, a group's name, or an id
        chat: String,
        /// The message, by the id that `treehouse read` shows
        id: i64,
        /// Do not ask whether to keep something first
        #[arg(long)]
        anyway: bool,
    },
    /// Groups
    Group {
        #[command(subcommand)]
        what: Group,
    },
    /// Let new messages of a chat vanish after a while
    Expire {
        /// A username, a group's name, or an id
        chat: String,
        /// For example 1h, 7d or 4w, at most a year; off to keep them
        duration: String,
    },
    /// Stop hearing from somebody. Nothing is deleted, and they are not told
    Block {
        /// As `treehouse chats` shows the name
        user: String,
        /// First keep what was said with them, with its proofs
        #[arg(long)]
        keep: bool,
        /// Block at once: do not ask whether to keep something first
        #[arg(long, conflicts_with = "keep")]
        no_keep: bool,
        /// Read the passphrase of the box from the first line of this file, if the box is yet to be made
        #[arg(long, value_name = "FILE", conflicts_with = "no_keep")]
        passphrase_file: Option<PathBuf>,
    },
    /// Hear from somebody again. What they said in between stays away
    Unblock {
        /// As `treehouse chats` shows the name
        user: String,
    },
    /// Find messages by their words
    Search {
        /// All of these must stand in it; the last may be the beginning of a word
        #[arg(required = true)]
        words: Vec<String>,
        #[command(flatten)]
        format: Format,
    },
    /// Everything about one message
    Info {
        /// A username, a group's name, or an id
        chat: String,
        /// The message, by the id that `treehouse read` shows
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
    /// Keep messages with their proofs, whatever becomes of them in the chat
    Keep {
        /// A username, a group's name, or an id
        #[arg(required_unless_present = "screenshot")]
        chat: Option<String>,
        /// The messages, by the ids that `treehouse read` shows
        #[arg(required_unless_present = "screenshot")]
        ids: Vec<i64>,
        /// Add a picture of another app's screen, not proved: a JPEG of at most 64 KiB. Never add one of somebody without clothes on: keep or report the
        /// message, or say in words what it shows
        #[arg(long, value_name = "FILE", conflicts_with_all = ["chat", "ids"])]
        screenshot: Option<PathBuf>,
        /// Read the passphrase of the box from the first line of this file, if the box is yet to be made
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// What you keep: opens with its own passphrase
    Kept {
        /// Read the passphrase from the first line of this file
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
        /// Take this one out of the box for good, a message or a screenshot, by the id that the list shows
        #[arg(long, value_name = "ID")]
        discard: Option<i64>,
        /// Write the sound of this voice message into --out, by the id that the list shows
        #[arg(long, value_name = "ID", requires = "out")]
        voice: Option<i64>,
        /// The file for it
        #[arg(long, value_name = "FILE", requires = "voice")]
        out: Option<PathBuf>,
        #[command(flatten)]
        format: Format,
    },
    /// Report messages to somebody who can check that they are real. In danger now? Call your emergency number first
    Report {
        /// A username, a group's name, or an id
        #[arg(required_unless_present = "again")]
        chat: Option<String>,
        /// Bring the sealed file of a report to the desk that did not arrive, or was lost there: the same one, under the same number
        #[arg(long, value_name = "FILE", conflicts_with_all = ["chat", "last", "messages", "kept", "to", "reason", "note", "name", "out"])]
        again: Option<PathBuf>,
        /// The newest messages of the chat
        #[arg(long, value_name = "N", required_unless_present_any = ["messages", "kept", "again"], conflicts_with = "messages", value_parser = clap::value_parser!(u32).range(1..=2000))]
        last: Option<u32>,
        /// These messages, by the ids that `treehouse read` shows; four before them and your own in between come with them
        #[arg(long, value_name = "ID", num_args = 1..)]
        messages: Vec<i64>,
        /// Only the messages named
        #[arg(long, requires = "messages")]
        only: bool,
        /// Messages that you kept, by the ids that `treehouse kept` shows
        #[arg(long, value_name = "ID", num_args = 1..)]
        kept: Vec<i64>,
        /// desk: your server's safety team. outside: somebody outside it, for what is about a member of staff. lead: the safeguarding lead alone, whom the operator
        /// named. A contact's name: somebody you trust. file: an officer, by a passphrase
        #[arg(long, value_name = "desk|outside|lead|CONTACT|file", required_unless_present = "again")]
        to: Option<String>,
        /// What happened
        #[arg(long, required_unless_present = "again")]
        reason: Option<Reason>,
        /// What you want to add. It is your word: nothing proves it
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Whether they see who you are: yes for the lead, a contact and a file, no for the desk and outside, unless you say so
        #[arg(long)]
        name: Option<Named>,
        /// Where to write the sealed file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The passphrase of the file: its first line, or a new one is made and written there
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
        /// Read the passphrase of what you keep from the first line of this file
        #[arg(long, value_name = "FILE", requires = "kept")]
        box_passphrase_file: Option<PathBuf>,
        /// Do not ask before it goes
        #[arg(long)]
        yes: bool,
    },
    /// Your reports to the safety team, and what it answered
    Reports {
        #[command(subcommand)]
        what: Option<Own>,
        #[command(flatten)]
        format: Format,
    },
    /// The reports of your server's safety team, if you are in it
    Desk {
        #[command(subcommand)]
        what: Option<Desk>,
        #[command(flatten)]
        format: Format,
    },
    /// Tell the contact whom you trust that you need to talk, and nothing else
    Talk,
    /// Send what waits and fetch what is new
    Sync,
    /// Which account this home belongs to
    Whoami {
        #[command(flatten)]
        format: Format,
    },
}

/// A region, or that none is chosen.
#[derive(Clone, Copy)]
pub struct Chosen(pub Option<Region>);

fn region(text: &str) -> Result<Chosen, String> {
    if text == "no" { Ok(Chosen(None)) } else { help_lines::parse(text).map(|region| Chosen(Some(region))) }
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OnOff {
    On,
    Off,
}

/// For whom it is written.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Words {
    Plain,
    Detail,
}

/// How somebody is known.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum How {
    RealLife,
    /// A game or another app
    Online,
    Unsure,
}

/// What happened, in plain words.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Reason {
    /// Someone is being mean or threatening
    Mean,
    /// Private pictures
    Pictures,
    /// Someone older, or pretending to be someone else
    Pretending,
    /// I am worried about a friend
    Friend,
    /// Something else
    Else,
}

/// What is done about a report of one's own.
#[derive(Subcommand)]
pub enum Own {
    /// Send a report that did not arrive: the same one, under the same number
    Send {
        /// As `treehouse reports` shows it
        number: String,
    },
    /// Take a report back: its words are deleted. What the team has done already stays
    Withdraw {
        /// As `treehouse reports` shows it
        number: String,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Named {
    Yes,
    No,
}

#[derive(Subcommand)]
pub enum Answer {
    /// Begin a chat with whoever asked
    Accept {
        /// As `treehouse requests` shows it
        id: i64,
    },
    /// Say nothing and forget the request
    Decline {
        /// As `treehouse requests` shows it
        id: i64,
    },
}

#[derive(Subcommand)]
pub enum Invitation {
    /// Become a member
    Join {
        /// As `treehouse invitations` shows it
        id: i64,
    },
    /// Say nothing and forget the invitation
    Decline {
        /// As `treehouse invitations` shows it
        id: i64,
    },
}

#[derive(Subcommand)]
pub enum Group {
    /// Make a group and invite contacts to it
    Create {
        /// What it is called; not a number
        name: String,
        /// Usernames of contacts. Each is in once it has accepted
        #[arg(value_name = "USER", required = true)]
        members: Vec<String>,
    },
    /// Invite more contacts
    Add {
        /// The group's name or id
        group: String,
        /// Usernames of contacts. Each is in once it has accepted
        #[arg(value_name = "USER", required = true)]
        members: Vec<String>,
    },
    /// Take somebody out
    Remove {
        /// The group's name or id
        group: String,
        /// As `treehouse group members` shows the name
        user: String,
    },
    /// Go
    Leave {
        /// The group's name or id
        group: String,
        /// Do not ask whether to keep something first
        #[arg(long)]
        anyway: bool,
    },
    /// Give the group another name
    Rename {
        /// The group's name or id
        group: String,
        /// What it is called from now on; not a number
        name: String,
    },
    /// Make a member an admin
    Promote {
        /// The group's name or id
        group: String,
        /// As `treehouse group members` shows the name
        user: String,
    },
    /// Who is in it
    Members {
        /// The group's name or id
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
