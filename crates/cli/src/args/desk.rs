//! The command line of the safety team.

use clap::Subcommand;
use std::path::PathBuf;

/// What a member of the safety team does.
#[derive(Subcommand)]
pub enum Desk {
    /// Become a reader of the team's reports
    Join {
        /// The line that the operator gave you
        code: String,
    },
    /// Stay, and say when something came. What it is the list says
    Watch,
    /// Everything about one report: first what holds, then the words, never a picture
    Show {
        /// As `treehouse desk` shows it
        number: String,
    },
    /// Write a note for the others of the team. It cannot be taken back
    Note {
        /// As `treehouse desk` shows it
        number: String,
        /// The words of the note
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// Say how a report stands, for the others of the team
    Mark {
        /// As `treehouse desk` shows it
        number: String,
        /// police-first: nothing is done that the reported person could see, until it is open again
        #[arg(value_enum)]
        state: State,
        /// Why
        text: Vec<String>,
    },
    /// Answer who made a report: how it stands, and a few words
    Answer {
        /// As `treehouse desk` shows it
        number: String,
        /// How it stands, for them
        #[arg(value_enum)]
        stands: Stands,
        /// The words. To refuse without a reason helps nobody
        #[arg(required_if_eq("stands", "refused"))]
        text: Vec<String>,
    },
    /// Keep a file of a report on the server, whatever its sender does. Nobody sees that
    Hold {
        /// As `treehouse desk` shows it
        number: String,
        /// The file, 64 digits as `treehouse desk show` shows them
        blob: String,
        /// For how many days
        #[arg(long, value_name = "DAYS", default_value_t = view::HOLD_DAYS, value_parser = clap::value_parser!(u32).range(1..=365))]
        days: u32,
    },
    /// Let go of a file that is held
    Release {
        /// As `treehouse desk` shows it
        number: String,
        /// The file, 64 digits as `treehouse desk show` shows them
        blob: String,
    },
    /// Let an account begin nothing new: no chat, no group, no link. Its owner sees that, and not who reported
    Restrict {
        /// The report because of which it is done
        number: String,
        /// The account, 64 digits as `treehouse desk show` shows them
        account: String,
        /// Let it begin new things again
        #[arg(long)]
        lift: bool,
    },
    /// Close an account for good. Its owner sees that, and not who reported
    Close {
        /// The report because of which it is done
        number: String,
        /// The account, 64 digits as `treehouse desk show` shows them
        account: String,
    },
    /// How many reports there were, and what was done: numbers alone, to be told to everybody
    Counts,
    /// Put the sealed file of a report where you say, as it came: `treehouse verify` opens it with this account
    Save {
        /// As `treehouse desk` shows it
        number: String,
        /// A file that is not there yet
        file: PathBuf,
    },
}

/// How a report stands.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum State {
    Open,
    PoliceFirst,
    Closed,
    Refused,
}

/// How a report stands, for who made it.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Stands {
    Seen,
    Looking,
    Closed,
    Refused,
    /// Something was done because of it
    Acted,
}
