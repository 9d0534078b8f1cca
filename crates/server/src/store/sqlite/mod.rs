//! The store in one SQLite file: WAL, `synchronous=FULL`, one writer, one transaction a batch.

mod account;
mod blob;
mod cache;
mod dump;
mod journal;
mod log;
mod marks;
mod read;
mod schema;
mod sweep;
mod vault;
mod wake;

use super::*;
use cache::LogCache;
use journal::Journal;
pub use read::{Readers, SqliteReader};
use rusqlite::{Connection, OpenFlags, ffi};
use std::path::{Path, PathBuf};
use std::time::Duration;
use sweep::Walk;
use wire::desk::Erased;

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// On the disk.
    Full,
    /// In the operating system's memory: for worlds in a process, whose power cuts are their own.
    Volatile,
}

/// The writer. There is one in a process; operators' commands may write beside it.
pub struct SqliteStore {
    conn: Connection,
    path: Option<PathBuf>,
    durability: Durability,
    /// Whether the last commit was of chores alone.
    relaxed: bool,
    logs: LogCache,
    journal: Journal,
    walk: Walk,
    version: i64,
}

/// How long to wait for another program's transaction.
const PATIENCE: Duration = Duration::from_secs(10);

impl SqliteStore {
    /// Opens the database, or makes it.
    ///
    /// # Errors
    /// The file cannot be written or belongs to something else.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        let conn = Connection::open(path).map_err(fault)?;
        Self::prepare(conn, Some(path.to_owned()), durability)
    }

    /// A store that ends with the process.
    ///
    /// # Errors
    /// The world failed.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory().map_err(fault)?, None, Durability::Volatile)
    }

    fn prepare(conn: Connection, path: Option<PathBuf>, durability: Durability) -> Result<Self, StoreError> {
        conn.busy_timeout(PATIENCE).map_err(fault)?;
        conn.set_prepared_statement_cache_capacity(96);
        conn.execute_batch(schema::BEFORE).map_err(fault)?;
        let synchronous = match durability {
            Durability::Full => "PRAGMA synchronous = FULL",
            Durability::Volatile => "PRAGMA synchronous = OFF",
        };
        conn.execute_batch(synchronous).map_err(fault)?;
        make_tables(&conn)?;
        let mut journal = Journal::default();
        journal.load(&conn).map_err(fault)?;
        let mut store =
            Self { conn, path, durability, relaxed: false, logs: LogCache::default(), journal, walk: Walk::default(), version: 0 };
        store.changed_outside()?;
        Ok(store)
    }

    /// Opens connections that only read. `None` if the store is in memory.
    pub fn readers(&self) -> Option<Readers> {
        self.path.clone().map(|path| Readers::new(path, self.journal.fresh().clone()))
    }

    /// Forgets everything that is not in the database, as a restart would.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn forget(&mut self) -> Result<(), StoreError> {
        self.logs.clear();
        self.walk = Walk::default();
        self.journal.load(&self.conn).map_err(fault)
    }

    /// Copies what is kept into a new file, while others read and write.
    ///
    /// # Errors
    /// The file exists or cannot be written.
    pub fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        let target = target.to_str().ok_or(StoreError::ReadOnly)?;
        self.conn.execute("VACUUM INTO ?1", [target]).map_err(fault)?;
        Ok(())
    }

    /// Moves what the log-ahead file holds into the database and empties it.
    ///
    /// # Errors
    /// The world failed.
    pub fn truncate_wal(&mut self) -> Result<(), StoreError> {
        self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(fault)
    }

    /// Chores need not be on the disk when they return: whoever is told something waits for a later commit, which takes them along.
    fn lasting(&mut self, chores: bool) -> rusqlite::Result<()> {
        if self.durability == Durability::Volatile || std::mem::replace(&mut self.relaxed, chores) == chores {
            return Ok(());
        }
        let synchronous = if chores { "PRAGMA synchronous = NORMAL" } else { "PRAGMA synchronous = FULL" };
        self.conn.execute_batch(synchronous)
    }

    fn run(&mut self, now: Millis, batch: Vec<Op>) -> rusqlite::Result<Vec<Outcome>> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let outcomes = batch.into_iter().map(|op| self.apply(now, op)).collect::<rusqlite::Result<_>>()?;
        self.journal.write(&self.conn)?;
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        self.journal.committed();
        Ok(outcomes)
    }

    fn apply(&mut self, now: Millis, op: Op) -> rusqlite::Result<Outcome> {
        let today = Day::of(now);
        let conn = &self.conn;
        Ok(match op {
            Op::Append(new) => log::append(conn, &mut self.journal, &mut self.logs, now, new)?,
            Op::CreateLog { log, passes, inbox } => log::create(conn, &log, &passes, inbox)?.into(),
            Op::Acknowledge(cursors) => {
                for cursor in &cursors {
                    if log::acknowledge(self.journal.view(conn), &mut self.logs, cursor)? {
                        self.walk.ripe(cursor.log);
                    }
                }
                Outcome::Done
            }
            Op::SignUp(new) => account::sign_up(conn, today, &new)?,
            Op::PublishState(new) => account::publish_state(conn, &new)?.into(),
            Op::PublishKeyPackages { account, client, one_time, last_resort } => {
                account::publish_key_packages(conn, today, &account, &client, &one_time, last_resort.as_ref())?;
                Outcome::Done
            }
            Op::TakeKeyPackages { account, pass } => account::take_key_packages(conn, &account, &pass)?,
            Op::ChangeTakePasses { account, add, drop } => account::change_take_passes(conn, &account, &add, &drop)?.into(),
            Op::CreateUpload { upload, length, delete_hash } => blob::create(conn, today, &upload, length, &delete_hash)?.into(),
            Op::TouchUpload { upload } => blob::touch(conn, today, &upload)?.into(),
            Op::StoreBlob { upload, blob } => blob::store(conn, today, &upload, &blob)?.into(),
            Op::DeleteBlob { blob, token } => blob::delete(conn, today, &blob, &token)?.into(),
            Op::HoldBlob { blob, until } => blob::hold(conn, until, &blob)?.into(),
            Op::ReleaseBlob { blob } => blob::release(conn, today, &blob)?.into(),
            Op::Erase { log, seq, by } => match sweep::erase(self.journal.view(conn), &mut self.logs, log, seq)? {
                Ok(Some(stamp)) => {
                    let note = Erased { seq, h: stamp.h, by }.encode().into();
                    log::note(conn, &mut self.journal, &mut self.logs, now, (log, note))?
                }
                Ok(None) => Outcome::Done,
                Err(refusal) => {
                    // What has no place yet gets one soon: then it can go.
                    if refusal == Refusal::Busy {
                        self.journal.ripen();
                    }
                    Outcome::Refused(refusal)
                }
            },
            Op::Restrict { account, ban } => account::restrict(conn, &account, ban)?.into(),
            Op::PutVault(new) => vault::put(conn, today, &new)?.into(),
            Op::SetWakes(wakes) => {
                wake::set(conn, &wakes)?;
                Outcome::Done
            }
            Op::Invite { invites, role, expires } => {
                account::invite(conn, &invites, &role, expires)?;
                Outcome::Done
            }
            Op::CloseAccount { account } => account::close(conn, &account)?.into(),
            Op::ReopenAccount { account } => account::reopen(conn, &account)?.into(),
            Op::SetQuota { account, bytes_per_day } => account::set_quota(conn, &account, bytes_per_day)?.into(),
            Op::Ripen => {
                self.journal.ripen();
                Outcome::Done
            }
            Op::Settle { records } => {
                let died = sweep::settle(conn, &mut self.journal, &mut self.logs, now, records)?;
                Outcome::Settled { died }
            }
            Op::Sweep { logs, records } => {
                let view = self.journal.view(conn);
                Outcome::Swept(sweep::sweep(view, &mut self.logs, &mut self.walk, now, sweep::Limits { logs, records })?)
            }
        })
    }
}

/// Work whose loss in a power cut changes nothing that anyone was told: it is done again.
fn is_chore(op: &Op) -> bool {
    matches!(op, Op::Acknowledge(_) | Op::Ripen | Op::Settle { .. } | Op::Sweep { .. })
}

impl From<Result<(), Refusal>> for Outcome {
    fn from(result: Result<(), Refusal>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(refusal) => Self::Refused(refusal),
        }
    }
}

impl Store for SqliteStore {
    fn commit(&mut self, now: Millis, batch: Vec<Op>) -> Result<Vec<Outcome>, StoreError> {
        let chores = batch.iter().all(is_chore);
        let committed = self.lasting(chores).and_then(|()| self.run(now, batch));
        committed.map_err(|error| {
            self.logs.clear();
            self.journal.undone();
            let error = fault(error);
            if !self.conn.is_autocommit() && self.conn.execute_batch("ROLLBACK").is_err() {
                return StoreError::Broken;
            }
            error
        })
    }

    fn backlog(&self) -> Backlog {
        self.journal.backlog()
    }

    fn changed_outside(&mut self) -> Result<bool, StoreError> {
        let version =
            self.conn.prepare_cached("PRAGMA data_version").and_then(|mut query| query.query_row([], |row| row.get(0))).map_err(fault)?;
        Ok(std::mem::replace(&mut self.version, version) != version)
    }
}

impl Reads for SqliteStore {
    fn account(&mut self, account: &AccountId) -> Result<Option<Account>, StoreError> {
        read::account(&self.conn, account).map_err(fault)
    }
    fn states(&mut self, account: &AccountId, from: u64, limit: usize) -> Result<Vec<Bytes>, StoreError> {
        read::states(&self.conn, account, from, limit).map_err(fault)
    }
    fn key_packages(&mut self, account: &AccountId, client: &ClientId) -> Result<KeyPackageCount, StoreError> {
        read::key_packages(&self.conn, account, client).map_err(fault)
    }
    fn pass(&mut self, log: &LogId, pass: &PassHash, cursor: Option<Seq>) -> Result<Option<PassView>, StoreError> {
        read::pass(self.journal.view(&self.conn), log, pass, cursor).map_err(fault)
    }
    fn reads_to(&mut self, log: LogKey, pass: &PassHash) -> Result<Reach, StoreError> {
        read::reads_to(&self.conn, log, pass).map_err(fault)
    }
    fn page(&mut self, span: Span) -> Result<Page, StoreError> {
        read::page(self.journal.view(&self.conn), span).map_err(fault)
    }
    fn upload(&mut self, upload: &UploadId) -> Result<Option<Upload>, StoreError> {
        read::upload(&self.conn, upload).map_err(fault)
    }
    fn blob(&mut self, blob: &BlobId, today: Day) -> Result<Option<u64>, StoreError> {
        read::blob(&self.conn, blob, today).map_err(fault)
    }
    fn has_blob(&mut self, blob: &BlobId) -> Result<bool, StoreError> {
        read::has_blob(&self.conn, blob).map_err(fault)
    }
    fn vault(&mut self, vault: &VaultId) -> Result<Option<Vault>, StoreError> {
        vault::get(&self.conn, vault).map_err(fault)
    }
    fn sleepers(&mut self, log: LogKey, head: Seq) -> Result<Vec<Sleeper>, StoreError> {
        wake::sleepers(&self.conn, log, head).map_err(fault)
    }
    fn accounts(&mut self) -> Result<Vec<AccountRow>, StoreError> {
        read::accounts(&self.conn).map_err(fault)
    }
}

fn make_tables(conn: &Connection) -> Result<(), StoreError> {
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(fault);
    match (pragma("application_id")?, pragma("user_version")?) {
        (schema::APPLICATION_ID, schema::VERSION) => Ok(()),
        (0, 0) => {
            let (id, version) = (schema::APPLICATION_ID, schema::VERSION);
            let (tables, vaults, wakes, bans) = (schema::TABLES, schema::VAULTS, schema::WAKES, schema::BANS);
            let script = format!(
                "BEGIN IMMEDIATE; {tables} {vaults} {wakes} {bans} PRAGMA application_id = {id}; PRAGMA user_version = {version}; COMMIT;"
            );
            conn.execute_batch(&script).map_err(fault)
        }
        (schema::APPLICATION_ID, version @ 1..schema::VERSION) => {
            let steps = [schema::VAULTS, schema::WAKES, schema::BANS];
            let taken = usize::try_from(version - 1).unwrap_or_default();
            let missing = steps.get(taken..).unwrap_or_default().concat();
            let script = format!("BEGIN IMMEDIATE; {missing} PRAGMA user_version = {}; COMMIT;", schema::VERSION);
            conn.execute_batch(&script).map_err(fault)
        }
        _ => Err(StoreError::Foreign),
    }
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(fault)?;
    conn.busy_timeout(PATIENCE).map_err(fault)?;
    // Little of its own: the system holds the pages that are read often, once for all readers.
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -512;").map_err(fault)?;
    Ok(conn)
}

/// What an error of SQLite means for whoever waits for the answer.
fn fault(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode::*;
    let rusqlite::Error::SqliteFailure(ffi::Error { code, extended_code }, _) = error else { return StoreError::Broken };
    match (code, extended_code) {
        (DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => StoreError::Full,
        (ReadOnly | CannotOpen | PermissionDenied, _) => StoreError::ReadOnly,
        (DatabaseBusy | DatabaseLocked, _) => StoreError::Locked,
        (NotADatabase, _) => StoreError::Foreign,
        _ => StoreError::Broken,
    }
}

#[cfg(test)]
mod tests;
