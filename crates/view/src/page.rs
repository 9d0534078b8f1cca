//! What the tabs of a page and the core in its worker say to each other.

use crate::{
    BoxFile, Command, DeskDo, DeskDone, DeskRow, Event, ExhibitPart, KeptRow, NewReport, NewTold, OriginalFile, OwnDo, OwnReport, Query,
    Refusal, Reply, Reported, View, Words,
};
use serde::{Deserialize, Serialize};

/// From a tab to the core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToCore {
    /// A tab is there, and asks how things stand.
    Hello,
    Ask {
        /// Of the tab's own choosing: the answer bears it.
        n: u32,
        query: Query,
    },
    /// A command; asked again under the same id, it happens once.
    Do { n: u32, id: [u8; 16], command: Command },
    /// A command that makes an account or brings one back, and where it is to live. Answered like any other.
    Begin { n: u32, id: [u8; 16], command: Command, keeping: Keeping },
    /// Keep the file that comes with this until it is sent.
    Keep { n: u32 },
    /// A kept file is not to be sent after all.
    Drop { source: String },
    /// The passphrase that opens what is kept here.
    Unlock { n: u32, passphrase: String },
    /// From now on what is kept here opens with a passphrase only; none: without.
    SetLock { n: u32, passphrase: Option<String> },
    /// Deletes everything that is kept here. All tabs hear [`Core::LoggedOut`] when it is done.
    LogOut,
    /// The passphrase of what this person keeps: answered with all of it.
    OpenBox { n: u32, passphrase: Words },
    /// Makes a report and brings it where it is to go. `opens`: the passphrase of what is kept, if something of it is to be in the report. Asked
    /// again under the same id, it is made once.
    Report { n: u32, id: [u8; 16], new: NewReport, opens: Option<Words> },
    /// Asks the server for its safety team. Answered without an account as well.
    Team { n: u32 },
    /// Tells the safety team something without an account; answered by [`ToPage::Reported`]. Nothing is kept of it. Its number and code come from
    /// the id, which is secret therefore: asked again under the same one, it is told under the same number, and counts once.
    Tell { n: u32, id: [u8; 16], new: NewTold },
    /// What a member of the safety team does. Asked again under the same id, what is noted and answered is so once.
    Desk { n: u32, id: [u8; 16], what: DeskDo },
    /// What somebody asks about reports of their own. With a code it is answered without an account as well.
    Own { n: u32, what: OwnDo },
    /// The files of a picture of oneself, to be written once.
    Originals { n: u32, chat: i64, message: i64 },
    /// Opens a report that somebody shared in a message.
    ReadReport { n: u32, message: i64 },
    /// Whether the file that comes with this is the one of a message of which its sender stated the hash: asked before it is saved.
    Check { n: u32, message: i64, position: u32 },
    /// Forget now what opens what is kept here, where a passphrase does. All tabs hear [`Core::Locking`].
    LockNow,
    /// Whether a picture of a message, which the browser shows, goes on after what one sees first. Nothing is fetched for the answer.
    Moves { n: u32, message: i64, position: u32 },
    /// Takes files of what is kept out of the box; answered by [`ToPage::Originals`].
    BoxFiles { n: u32, passphrase: Words, kept: i64, what: BoxFile },
}

/// From the core to one tab or all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToPage {
    /// How the core stands: told to all whenever it changes.
    Core(Core),
    Answer {
        n: u32,
        answer: Result<View, Refusal>,
    },
    Done {
        n: u32,
        reply: Result<Reply, Refusal>,
    },
    /// Where the kept file is found: a source for [`crate::OutgoingFile`].
    Kept {
        n: u32,
        source: Result<String, Refusal>,
    },
    /// The lock was opened, set or taken away; or it was not.
    Lock {
        n: u32,
        done: Result<(), Refusal>,
    },
    Event(Event),
    /// What is kept.
    Box {
        n: u32,
        kept: Result<Vec<KeptRow>, Refusal>,
    },
    Reported {
        n: u32,
        made: Result<Reported, Refusal>,
    },
    /// The safety team; none: the server has none.
    Team {
        n: u32,
        team: Result<Option<DeskRow>, Refusal>,
    },
    Desk {
        n: u32,
        done: Result<DeskDone, Refusal>,
    },
    Own {
        n: u32,
        found: Result<Vec<OwnReport>, Refusal>,
    },
    Originals {
        n: u32,
        files: Result<Vec<OriginalFile>, Refusal>,
    },
    ReportRead {
        n: u32,
        parts: Result<Vec<ExhibitPart>, Refusal>,
    },
    /// It is; or why it is not to be saved.
    Checked {
        n: u32,
        done: Result<(), Refusal>,
    },
    /// It does or does not; none: this core has shown nothing of it.
    Moves {
        n: u32,
        moves: Option<bool>,
    },
}

/// How the core stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Core {
    /// It waits for the passphrase.
    Locked,
    /// It answers.
    Ready {
        /// Another one for each start: what was asked of an earlier core and not answered must be asked again.
        start: u64,
        line: Line,
        /// A passphrase is asked for at each start.
        lock: bool,
        keeping: Keeping,
    },
    /// What is kept here cannot be used.
    Broken(Broken),
    /// Everything was deleted: whoever hears it leaves.
    LoggedOut,
    /// It ends, and the next one waits for the passphrase: whoever hears it forgets what it was told.
    Locking,
}

/// Where the account of this browser lives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keeping {
    /// There is none, and nothing was written.
    #[default]
    Undecided,
    /// In the browser's private files.
    Here,
    /// On a shared computer: in the memory of the tab that has the core, and nowhere else.
    Nothing,
}

/// Why there is no core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Broken {
    /// Somebody else has the store open.
    OpenElsewhere,
    /// No private files, no WebCrypto, or a page that did not come by a secure way.
    Unsupported,
    /// The store is there, its key is not.
    KeyLost,
    TooNew,
    Full,
    Damaged,
    Other,
}

/// The connection to the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line {
    /// There is none, and another try follows.
    #[default]
    Down,
    Connecting,
    Up,
}
