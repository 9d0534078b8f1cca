//! What the server keeps, behind one trait: reads, and one write, [`Store::commit`], durable when it returns.
//!
//! Decisions that depend on what is kept (passes, `after`, quotas of rows) are made inside the commit, in the order of the batch, so that every
//! implementation passes the same contract suite (`contract`).

#[cfg(test)]
pub mod contract;
mod rule;
pub mod sqlite;

use crate::record::Entry;
use bytes::Bytes;
use franking::Stamp;
use std::sync::Arc;
use wire::call::{Flag, NewPass, PassChange, Refusal, Role, TakenKeyPackage, UploadId};
use wire::limits::DAY;
use wire::{AccountId, BlobId, ClientId, Commitment, Hash32, LogId, Millis, PassHash, Seq, TakeHash, VaultId};

/// A calendar day, counted from 1970-01-01: as fine as rows of accounts and blobs are dated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub u32);

impl Day {
    pub fn of(now: Millis) -> Self {
        Self(u32::try_from(now.0 / DAY).unwrap_or(u32::MAX))
    }
    pub fn start(self) -> Millis {
        Millis(u64::from(self.0) * DAY)
    }
    /// The first day on which something of this day is at least `ms` old.
    pub fn after(self, ms: u64) -> Self {
        Self(self.0.saturating_add(u32::try_from(ms.div_ceil(DAY)).unwrap_or(u32::MAX)))
    }
}

/// The first eight bytes of a log's id, by which rows and memory are keyed. Two logs that share them cannot exist in one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogKey(pub(crate) i64);

impl LogKey {
    pub fn of(log: &LogId) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = log.0;
        Self(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// A username as stored: an HMAC under the server's pepper of what the client derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredHandle(pub [u8; 32]);

/// The hash of an invitation's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InviteHash(pub [u8; 32]);

/// An append whose session was checked: what is left is a matter of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    pub log: LogId,
    pub by: PassHash,
    pub flag: Flag,
    pub after: Seq,
    pub c: Commitment,
    /// SHA-256 of `record`.
    pub h: Hash32,
    pub record: Bytes,
    pub changes: Vec<PassChange>,
}

/// An account that wants to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    pub account: AccountId,
    pub handle: StoredHandle,
    /// The first AccountState, verified.
    pub state: Bytes,
    pub invite: Option<InviteHash>,
    pub invite_only: bool,
}

/// An AccountState that follows the one with the hash `follows`, verified against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewState {
    pub account: AccountId,
    pub seq: u64,
    /// SHA-256 of the state it was verified against.
    pub follows: Hash32,
    pub state: Bytes,
    /// Clients named by it; KeyPackages of others go.
    pub clients: Vec<ClientId>,
}

/// How far a pass has acknowledged a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub log: LogKey,
    pub pass: PassHash,
    pub seq: Seq,
}

/// A sealed vault that is to take the place of the version `after`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVault {
    pub vault: VaultId,
    /// Hash of the token that whoever made the vault chose.
    pub write: Hash32,
    pub after: u64,
    pub sealed: Bytes,
}

/// Where to knock for a pass, sealed for the server alone; none: nowhere any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWake {
    pub log: LogKey,
    pub pass: PassHash,
    pub sealed: Option<Bytes>,
}

/// A pass that is to be knocked for, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sleeper {
    pub pass: PassHash,
    pub sealed: Bytes,
}

/// One change of the store. A batch of them is one transaction; a refused one changes nothing and does not disturb the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    Append(NewRecord),
    CreateLog {
        log: LogId,
        passes: Vec<NewPass>,
        inbox: bool,
    },
    Acknowledge(Vec<Cursor>),
    SignUp(NewAccount),
    PublishState(NewState),
    PublishKeyPackages {
        account: AccountId,
        client: ClientId,
        one_time: Vec<Bytes>,
        last_resort: Option<Bytes>,
    },
    TakeKeyPackages {
        account: AccountId,
        pass: TakeHash,
    },
    ChangeTakePasses {
        account: AccountId,
        add: Vec<TakeHash>,
        drop: Vec<TakeHash>,
    },
    CreateUpload {
        upload: UploadId,
        length: u64,
        delete_hash: Hash32,
    },
    TouchUpload {
        upload: UploadId,
    },
    StoreBlob {
        upload: UploadId,
        blob: BlobId,
    },
    DeleteBlob {
        blob: BlobId,
        token: Hash32,
    },
    /// Keeps a blob up to a day, or longer if it is held longer already.
    HoldBlob {
        blob: BlobId,
        until: Day,
    },
    ReleaseBlob {
        blob: BlobId,
    },
    /// Takes one record away, before its time, and notes in the log who had it done.
    Erase {
        log: LogKey,
        seq: Seq,
        by: AccountId,
    },
    Restrict {
        account: AccountId,
        ban: Ban,
    },
    PutVault(NewVault),
    SetWakes(Vec<NewWake>),
    Invite {
        invites: Vec<InviteHash>,
        role: String,
        expires: Day,
    },
    CloseAccount {
        account: AccountId,
    },
    /// Opens a closed account again.
    ReopenAccount {
        account: AccountId,
    },
    SetQuota {
        account: AccountId,
        bytes_per_day: u64,
    },
    /// Says that records which waited since the last time are to be given their place, unless some still are.
    Ripen,
    /// Gives such records their place, about so many, and lets those die that need none any more.
    Settle {
        records: usize,
    },
    /// A piece of the work of time: lets passes, blobs, uploads and invitations die whose time has come, and records, at most so many, of the
    /// logs visited.
    Sweep {
        logs: usize,
        records: usize,
    },
}

/// What became of an [`Op`].
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Done,
    Refused(Refusal),
    /// The record stands in its log from now on.
    Appended(Arc<Entry>),
    /// The same bytes by the same pass stand there already: the stamp of then.
    Again(Box<Stamp>),
    SignedUp {
        day: Day,
        role: String,
    },
    Taken(Vec<TakenKeyPackage>),
    /// So many records died without ever having had a place.
    Settled {
        died: usize,
    },
    Swept(Swept),
}

/// What a sweep did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    pub records: usize,
    /// Rows that died; their files are the caller's to remove.
    pub blobs: Vec<BlobId>,
    pub uploads: Vec<UploadId>,
    /// Whether records whose time has come are left for another sweep.
    pub more: bool,
}

/// Why the store did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full")]
    Full,
    #[error("the directory cannot be written")]
    ReadOnly,
    #[error("another program holds the database")]
    Locked,
    /// What was written may or may not be there: only a restart knows.
    #[error("the disk failed")]
    Broken,
    #[error("the database is not one of this server")]
    Foreign,
}

/// An account as the server sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub closed: bool,
    pub ban: Ban,
    pub seq: u64,
    /// The current AccountState.
    pub state: Bytes,
    pub bytes_per_day: Option<u64>,
}

/// How one pass sees its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassView {
    pub role: Role,
    pub cursor: Seq,
    /// The record that ended the pass: it reads no further.
    pub ended: Option<Seq>,
    /// The newest sequence that the pass may read.
    pub head: Seq,
    /// The oldest sequence held after `cursor`, `head + 1` if none is.
    pub first: Seq,
    /// When the newest record came.
    pub newest: Millis,
}

/// What of a log is wanted: records after one sequence and up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub log: LogKey,
    pub after: Seq,
    pub to: Seq,
    pub records: usize,
    /// Ends the page once reached, but never before its first record.
    pub bytes: usize,
}

/// Records in order.
#[derive(Debug, Default, PartialEq)]
pub struct Page {
    pub records: Vec<Arc<Entry>>,
    /// The span holds more than fits the page.
    pub more: bool,
}

/// How far a pass reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It does not read, or the log does not know it.
    Nothing,
    Everything,
    /// Up to the record that ended it.
    To(Seq),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload {
    pub length: u64,
    pub delete_hash: Hash32,
    /// When it was begun or last touched.
    pub day: Day,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPackageCount {
    pub one_time: u32,
    pub last_resort: Option<Day>,
}

/// A vault as it lies here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    /// From 1; each write counts.
    pub version: u64,
    pub sealed: Bytes,
}

/// One line of `treehouse admin list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    pub account: AccountId,
    pub since: Day,
    pub role: String,
    pub closed: bool,
    pub ban: Ban,
    pub bytes_per_day: Option<u64>,
}

/// Whether an account may begin something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ban {
    #[default]
    None,
    /// It goes on with what it has.
    Restricted,
}

/// What can be asked of a store. Answers show everything committed before the question.
pub trait Reads {
    fn account(&mut self, account: &AccountId) -> Result<Option<Account>, StoreError>;
    /// AccountStates from a sequence on, oldest first, at most `limit`, cut to fit one frame.
    fn states(&mut self, account: &AccountId, from: u64, limit: usize) -> Result<Vec<Bytes>, StoreError>;
    fn key_packages(&mut self, account: &AccountId, client: &ClientId) -> Result<KeyPackageCount, StoreError>;
    /// `cursor` is where the asking client stands, if it says so; [`PassView::first`] counts from there.
    fn pass(&mut self, log: &LogId, pass: &PassHash, cursor: Option<Seq>) -> Result<Option<PassView>, StoreError>;
    fn reads_to(&mut self, log: LogKey, pass: &PassHash) -> Result<Reach, StoreError>;
    fn page(&mut self, span: Span) -> Result<Page, StoreError>;
    fn upload(&mut self, upload: &UploadId) -> Result<Option<Upload>, StoreError>;
    /// The length of a blob that is given to who asks for it: its sender has not deleted it and its time is not over. A hold changes nothing of that: who
    /// asks must not find out whether there is one.
    fn blob(&mut self, blob: &BlobId, today: Day) -> Result<Option<u64>, StoreError>;
    /// Whether the bytes of a blob belong to a row, also one that is given to nobody any more.
    fn has_blob(&mut self, blob: &BlobId) -> Result<bool, StoreError>;
    fn vault(&mut self, vault: &VaultId) -> Result<Option<Vault>, StoreError>;
    /// Living passes of a log that have not acknowledged up to a sequence and are to be knocked for.
    fn sleepers(&mut self, log: LogKey, head: Seq) -> Result<Vec<Sleeper>, StoreError>;
    fn accounts(&mut self) -> Result<Vec<AccountRow>, StoreError>;
}

/// What waits to be given its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backlog {
    Nothing,
    /// So much that it is time for [`Op::Ripen`].
    Full,
    /// Something that is ripe, for an idle moment.
    Ripe,
    /// The same, and so much that it should not wait for one.
    Pressing,
}

impl Backlog {
    pub fn is_ripe(self) -> bool {
        matches!(self, Self::Ripe | Self::Pressing)
    }
}

/// A store. Everything it keeps changes through [`Store::commit`].
pub trait Store: Reads {
    /// Decides every operation in order and keeps what was accepted: durable when this returns, all of it or nothing.
    ///
    /// # Errors
    /// Nothing was kept. After [`StoreError::Broken`] the process must end: the disk's state is unknown.
    fn commit(&mut self, now: Millis, batch: Vec<Op>) -> Result<Vec<Outcome>, StoreError>;

    /// What waits for [`Op::Settle`].
    fn backlog(&self) -> Backlog {
        Backlog::Nothing
    }

    /// Whether another program changed the store since the last call (an operator's command, for example).
    ///
    /// # Errors
    /// The world failed.
    fn changed_outside(&mut self) -> Result<bool, StoreError>;
}
