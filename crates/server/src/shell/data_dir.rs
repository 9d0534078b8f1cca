//! The data directory: `keys/`, `treehouse.db`, `blobs/`, and a lock that one program holds for its life.

use super::{ServeError, entropy, system_clock};
use crate::blobs::FileBlobs;
use crate::keys::{Seed, ServerKeys, invite_hash};
use crate::store::sqlite::{Durability, SqliteStore};
use crate::store::{AccountRow, Ban, Day, Op, Outcome, Reads as _, Store as _};
use ed25519_dalek::{Signer as _, SigningKey};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use wire::call::{NewPass, Refusal, Role};
use wire::desk::{Desk, More, Named};
use wire::limits::DESK_MEMBERS_MAX;
use wire::{AccountId, LogId, PassToken};

/// A data directory that this program holds.
pub struct DataDir {
    pub keys: ServerKeys,
    pub store: SqliteStore,
    pub blobs: FileBlobs,
    /// Held for the life of the process.
    pub lock: File,
    /// Where what is said of the safety desk lies.
    pub desk: PathBuf,
}

/// The file with what is said of the safety desk.
const DESK: &str = "desk";

const KEYS: [&str; 3] = ["identity", "stamp", "pepper"];

impl DataDir {
    /// Takes the directory, or makes it with keys of its own.
    ///
    /// # Errors
    /// It cannot be written, another program holds it, or something in it is missing or foreign.
    pub fn open(path: &Path) -> Result<Self, ServeError> {
        make_dir(path).map_err(world)?;
        let lock = lock(path)?;
        let database = path.join("treehouse.db");
        make_dir(&path.join("keys")).map_err(world)?;
        let is_new = !database.exists();
        let [identity, stamp, pepper] = KEYS.map(|name| key(&path.join("keys").join(name), is_new));
        let keys = ServerKeys::new(&identity?, &stamp?, pepper?);
        // The keys are durable before anything is signed with them.
        File::open(path.join("keys")).and_then(|dir| dir.sync_all()).map_err(world)?;
        // In a folder that others may enter the database is still for nobody else: SQLite gives the files beside it the same permissions.
        OpenOptions::new().append(true).create(true).mode(0o600).open(&database).map_err(world)?;
        let store = SqliteStore::open(&database, Durability::Full)?;
        let blobs = FileBlobs::open(&path.join("blobs")).map_err(world)?;
        Ok(Self { keys, store, blobs, lock, desk: path.join(DESK) })
    }
}

fn make_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn lock(path: &Path) -> Result<File, ServeError> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path.join("lock")).map_err(world)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServeError::DirectoryInUse),
        Err(TryLockError::Error(error)) => Err(world(error)),
    }
}

/// Reads a key; makes it only beside a database that does not exist yet.
fn key(path: &Path, is_new: bool) -> Result<Seed, ServeError> {
    let mut seed = Seed([0; 32]);
    match File::open(path) {
        Ok(mut file) => {
            let mut rest = [0];
            let whole = file.read_exact(&mut seed.0).is_ok() && matches!(file.read(&mut rest), Ok(0));
            if whole { Ok(seed) } else { Err(ServeError::KeysDamaged) }
        }
        Err(error) if error.kind() == ErrorKind::NotFound && is_new => {
            seed.0 = entropy();
            // Whole or not at all: a disk that is full at the first start leaves no half of a key behind, which no later start would take.
            let draft = path.with_extension("new");
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(world)?;
            file.write_all(&seed.0).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, path)).map_err(world)?;
            Ok(seed)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Err(ServeError::KeysDamaged),
        Err(error) => Err(world(error)),
    }
}

fn world(error: io::Error) -> ServeError {
    ServeError::of_disk(&error)
}

/// What an operator decides of a desk.
pub struct NewDesk<'a> {
    /// The last is the deputy.
    pub members: &'a [AccountId],
    pub police: Option<Vec<u8>>,
    pub hours: u16,
    pub keep_days: u16,
    pub appeal: String,
    /// By name, as is the lead. Neither is of the members.
    pub outside: Option<(String, AccountId)>,
    pub lead: Option<(String, AccountId)>,
}

impl NewDesk<'_> {
    /// Everybody who reads something: the members, who is outside and the lead, in the order of their passes.
    pub fn readers(&self) -> impl Iterator<Item = AccountId> {
        let named = self.outside.iter().chain(&self.lead).map(|(_, account)| *account);
        self.members.iter().copied().chain(named)
    }

    /// Whether there can be such a desk.
    ///
    /// # Errors
    /// [`AdminError::DeskTooLarge`]: no program reads what is said of a larger one, so nothing would reach it and nobody would be woken.
    pub fn check(&self) -> Result<(), AdminError> {
        if self.members.len() > DESK_MEMBERS_MAX { Err(AdminError::DeskTooLarge) } else { Ok(()) }
    }
}

/// What lets the members of a desk read.
pub struct DeskPasses {
    pub log: LogId,
    /// In the order of [`NewDesk::readers`].
    pub passes: Vec<PassToken>,
}

/// Why an operator's command did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    #[error("there is no server's data in this directory: give the one that `treehouse serve --data` was given")]
    NoData,
    #[error("no account has this key: `treehouse admin list` shows them")]
    NoAccount,
    #[error("the target exists already: choose a new directory")]
    TargetExists,
    /// Nobody could read what would be said of such a desk.
    #[error("a safety team has at most {DESK_MEMBERS_MAX} accounts with its deputy: name fewer")]
    DeskTooLarge,
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// An operator's commands, beside a running server or without one: the server sees what they change within a second.
pub struct Admin {
    store: SqliteStore,
    dir: PathBuf,
}

impl Admin {
    /// # Errors
    /// There is no database in the directory, or it cannot be written.
    pub fn open(dir: &Path) -> Result<Self, AdminError> {
        let database = dir.join("treehouse.db");
        if !database.exists() {
            return Err(AdminError::NoData);
        }
        let store = SqliteStore::open(&database, Durability::Full).map_err(ServeError::from)?;
        Ok(Self { store, dir: dir.to_owned() })
    }

    /// Makes invitations; gives their codes, which are stored hashed.
    ///
    /// # Errors
    /// Nothing was made.
    pub fn invite(&mut self, count: u32, role: String, days: u32) -> Result<Vec<[u8; 16]>, AdminError> {
        let codes: Vec<[u8; 16]> = (0..count).filter_map(|_| entropy().first_chunk().copied()).collect();
        let now = system_clock()();
        let expires = Day(Day::of(now).0.saturating_add(days).saturating_add(1));
        self.commit(Op::Invite { invites: codes.iter().map(invite_hash).collect(), role, expires })?;
        Ok(codes)
    }

    /// # Errors
    /// The world failed.
    pub fn accounts(&mut self) -> Result<Vec<AccountRow>, AdminError> {
        Ok(self.store.accounts().map_err(ServeError::from)?)
    }

    /// Closes an account: its sessions end, nothing of it can be reached.
    ///
    /// # Errors
    /// There is no such account.
    pub fn close(&mut self, account: AccountId) -> Result<(), AdminError> {
        self.commit(Op::CloseAccount { account })
    }

    /// Opens a closed account again.
    ///
    /// # Errors
    /// There is no such account.
    pub fn reopen(&mut self, account: AccountId) -> Result<(), AdminError> {
        self.commit(Op::ReopenAccount { account })
    }

    /// Lets an account begin nothing new, or begin again.
    ///
    /// # Errors
    /// There is no such account.
    pub fn restrict(&mut self, account: AccountId, ban: Ban) -> Result<(), AdminError> {
        self.commit(Op::Restrict { account, ban })
    }

    /// # Errors
    /// There is no such account.
    pub fn set_quota(&mut self, account: AccountId, bytes_per_day: u64) -> Result<(), AdminError> {
        self.commit(Op::SetQuota { account, bytes_per_day })
    }

    fn commit(&mut self, op: Op) -> Result<(), AdminError> {
        let outcomes = self.store.commit(system_clock()(), vec![op]).map_err(ServeError::from)?;
        match outcomes.first() {
            Some(Outcome::Refused(Refusal::NotFound)) => Err(AdminError::NoAccount),
            _ => Ok(()),
        }
    }

    /// Sets up the safety desk: a log for reports and one for answers, a pass for each member, and what everybody is told of it, signed. Gives the
    /// log of reports and the passes.
    ///
    /// # Errors
    /// There are too many members, or one has no account here; nothing was set up.
    pub fn set_up_desk(&mut self, new: NewDesk<'_>) -> Result<DeskPasses, AdminError> {
        new.check()?;
        let members = new.members.iter().map(|member| self.state_of(member)).collect::<Result<Vec<_>, _>>()?;
        let (outside, lead) = (self.named(new.outside.as_ref())?, self.named(new.lead.as_ref())?);
        let readers = new.readers().count();
        let (log, drop) = (LogId(entropy()), PassToken::new(entropy()));
        let (answers, read) = (LogId(entropy()), PassToken::new(entropy()));
        let passes: Vec<PassToken> = (0..readers).map(|_| PassToken::new(entropy())).collect();
        let identity = SigningKey::from_bytes(&key(&self.dir.join("keys").join("identity"), false)?.0);
        let more = More { answers, read: read.clone(), keep_days: new.keep_days, appeal: new.appeal, outside, lead };
        let desk = Desk {
            made: system_clock()(),
            police: new.police,
            reports: log,
            drop: drop.clone(),
            hours: new.hours,
            members,
            more: Some(more),
        };
        let signed = desk.encode(&identity.sign(&desk.message()).to_bytes());
        // The file before the logs: the server looks for it when the database has changed.
        let draft = self.dir.join("desk.new");
        fs::write(&draft, signed).and_then(|()| fs::rename(&draft, self.dir.join(DESK))).map_err(world)?;
        // The owner's passes are nobody's: they acknowledge nothing, so that a record lives as long as its kind does, whoever has read it.
        let owner = || NewPass { hash: PassToken::new(entropy()).hash(), role: Role::Owner };
        let member = |pass: &PassToken| NewPass { hash: pass.hash(), role: Role::Member };
        let mut to_reports = vec![owner(), NewPass { hash: drop.hash(), role: Role::Drop }];
        to_reports.extend(passes.iter().map(member));
        self.commit(Op::CreateLog { log: answers, passes: vec![owner(), member(&read)], inbox: false })?;
        self.commit(Op::CreateLog { log, passes: to_reports, inbox: false })?;
        Ok(DeskPasses { log, passes })
    }

    fn named(&mut self, named: Option<&(String, AccountId)>) -> Result<Option<Named>, AdminError> {
        let Some((name, account)) = named else { return Ok(None) };
        Ok(Some(Named { name: name.clone(), state: self.state_of(account)? }))
    }

    fn state_of(&mut self, account: &AccountId) -> Result<Vec<u8>, AdminError> {
        Ok(self.store.account(account).map_err(ServeError::from)?.ok_or(AdminError::NoAccount)?.state.to_vec())
    }

    /// Copies keys, database and blobs to a new directory, while the server runs.
    ///
    /// # Errors
    /// The target exists or cannot be written.
    pub fn backup(&self, target: &Path) -> Result<(), AdminError> {
        if target.exists() {
            return Err(AdminError::TargetExists);
        }
        make_dir(target).map_err(world)?;
        // Half a copy would be taken for one: what could not be finished is removed.
        self.copy(target).inspect_err(|_| drop(fs::remove_dir_all(target)))
    }

    fn copy(&self, target: &Path) -> Result<(), AdminError> {
        // The database first: every blob that it names is there when the blobs are copied, except those deleted since.
        self.store.copy_to(&target.join("treehouse.db")).map_err(ServeError::from)?;
        copy_dir(&self.dir.join("keys"), &target.join("keys"))?;
        copy_dir(&self.dir.join("blobs"), &target.join("blobs"))?;
        let desk = self.dir.join(DESK);
        if desk.exists() {
            copy_file(&desk, &target.join(DESK))?;
        }
        // Where people reach the server, for invitations that are made before it is served again.
        let url = self.dir.join("url");
        if url.exists() {
            copy_file(&url, &target.join("url"))?;
        }
        File::open(target).and_then(|dir| dir.sync_all()).map_err(world)?;
        Ok(())
    }

    /// Brings a backup back into a directory that does not exist yet.
    ///
    /// # Errors
    /// The backup is none, or the directory exists or cannot be written.
    pub fn restore(backup: &Path, dir: &Path) -> Result<(), AdminError> {
        if !backup.join("treehouse.db").exists() {
            return Err(AdminError::NoData);
        }
        if dir.exists() {
            return Err(AdminError::TargetExists);
        }
        copy_dir(backup, dir).inspect_err(|_| drop(fs::remove_dir_all(dir)))
    }
}

fn copy_dir(from: &Path, to: &Path) -> Result<(), AdminError> {
    make_dir(to).map_err(world)?;
    for entry in fs::read_dir(from).map_err(world)? {
        let entry = entry.map_err(world)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(world)?.is_dir() {
            copy_dir(&source, &target)?;
            continue;
        }
        copy_file(&source, &target)?;
    }
    Ok(())
}

fn copy_file(source: &Path, target: &Path) -> Result<(), AdminError> {
    match fs::copy(source, target) {
        Ok(_) => Ok(File::open(target).and_then(|file| file.sync_all()).map_err(world)?),
        // Deleted while we copied.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(world(error).into()),
    }
}
