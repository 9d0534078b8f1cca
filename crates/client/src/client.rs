//! The client as a function: one input, one transaction, then effects.

use crate::mls::{Group, LeafSigner, Provider, SeededCrypto};
use crate::session::Session;
use crate::signal::Signals;
use crate::store::meta;
use crate::stretch::Stretch;
use crate::transfer::{BlobTrouble, FetchJob, StoreJob, UploadJob, UploadStep};
use franking::Authority;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use rusqlite::Connection;
use safety::cues::Cues;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use view::{Command, Event, Held, Refusal, Reply};
use wire::call::Frame;
use wire::content::Kinds;
use wire::{BlobId, Millis};

/// Groups kept in memory between inputs. A group of 256 is about 0.5 MiB (measured): 64 of them stay under 32 MiB.
const GROUPS_CACHED: usize = 64;

/// What happens to a client.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Input {
    /// A person asks for something, under an id of the shell's choosing.
    Command {
        id: [u8; 16],
        command: Command,
    },
    /// A connection to the account's server stands. `binding`: TLS exporter, or zeros on plain loopback.
    Connected {
        binding: [u8; 32],
    },
    Disconnected,
    /// A frame from the server.
    Frame(Frame),
    /// What the shell reports of an upload it was given.
    Upload {
        id: i64,
        step: UploadStep,
    },
    /// What became of an [`Effect::Store`].
    Stored {
        id: i64,
        outcome: Result<BlobId, BlobTrouble>,
    },
    /// What became of an [`Effect::Fetch`].
    Fetched {
        id: i64,
        outcome: Result<Vec<u8>, BlobTrouble>,
    },
    /// The shell has a blob on this device: so many bytes of it.
    Held {
        blob: BlobId,
        held: Held,
        bytes: u64,
    },
    /// The server has knocked for this device while it is here.
    Knocked,
    /// Nothing but time has passed.
    Tick,
}

/// What the shell is to do, in this order, once `handle` has returned.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "an effect lives until the shell has taken it, and there are few at a time")]
pub enum Effect {
    Send(Frame),
    /// Give up this connection; connect again after a pause.
    Close,
    Event(Event),
    /// Seal and upload a file, and report each step.
    Upload(Box<UploadJob>),
    /// Store these bytes as a blob.
    Store(Box<StoreJob>),
    /// Fetch a blob.
    Fetch(Box<FetchJob>),
    /// Give up an upload that was begun: nothing is to be reported of it any more.
    StopUpload {
        id: i64,
    },
    /// No message has this blob any more: delete it from this device, and say so with [`Input::Held`].
    Forget(BlobId),
}

/// What one input led to.
#[derive(Debug, Default)]
pub struct Step {
    pub effects: Vec<Effect>,
    /// The answer, when the input was a command.
    pub reply: Option<Result<Reply, Refusal>>,
    /// When to call with [`Input::Tick`] if nothing else happens.
    pub deadline: Option<Millis>,
}

/// The device failed, nothing was changed and nothing may be sent: the input can be given again once the cause is gone.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("MLS state could not be stored: {0}")]
    Mls(#[from] crate::mls::MlsStoreError),
    /// The same, found at the end: what MLS made of it is not told.
    #[error("MLS state could not be read or stored ({0:?})")]
    MlsStore(Cause),
    #[error("stored state does not decode")]
    Stored,
    /// MLS would not make what was meant: something of another member stands in its way. Ends the intention, never the input.
    #[error("MLS cannot make it")]
    Unmade,
}

/// What is the matter with the disk, for whoever must say what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Full,
    ReadOnly,
    /// What is stored is not what was stored.
    Damaged,
    Other,
}

impl Cause {
    pub(crate) fn of(error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, PermissionDenied, ReadOnly};
        // In a browser's private files Chromium gives the number of the failure as the length it wrote: a short write, which means no room.
        const SHORT: Option<i32> = if cfg!(target_arch = "wasm32") { Some(rusqlite::ffi::SQLITE_IOERR_WRITE) } else { None };
        match (error.sqlite_error_code(), error.sqlite_extended_error_code()) {
            (_, code) if code.is_some() && code == SHORT => Self::Full,
            // The memory that several connections share is a file as well, and SQLite reports it in its own way when there is no room for it.
            (Some(DiskFull), _) | (_, Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)) => Self::Full,
            (Some(ReadOnly | CannotOpen | PermissionDenied), _) => Self::ReadOnly,
            (Some(DatabaseCorrupt | NotADatabase), _) => Self::Damaged,
            _ => Self::Other,
        }
    }
}

impl Fault {
    pub fn cause(&self) -> Cause {
        match self {
            Self::Database(error) => Cause::of(error),
            Self::Mls(error) => error.cause(),
            Self::MlsStore(cause) => *cause,
            Self::Stored => Cause::Damaged,
            Self::Unmade => Cause::Other,
        }
    }
}

/// What a shell may choose.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// One-time KeyPackages to keep on the server.
    pub key_packages: usize,
    /// The kinds of messages that are understood: all, but in a world where somebody has an older program.
    pub kinds: Kinds,
    /// Whom proofs are made for and taken for: the one of the trust bundle. It never comes from a server.
    pub authority: Authority,
    /// Does what takes a lot of memory for a moment.
    pub stretch: Stretch,
}

impl Default for Config {
    fn default() -> Self {
        Self { key_packages: wire::limits::KEY_PACKAGES_KEPT, kinds: Kinds::ALL, authority: authority(), stretch: crate::stretch::stretch }
    }
}

/// The Authority of this program's trust bundle.
fn authority() -> Authority {
    report::Bundle::shipped().authorities.first().map_or_else(Authority::none, |named| named.authority)
}

/// One client of one account over its own database.
pub struct Client {
    pub(crate) db: Connection,
    pub(crate) crypto: SeededCrypto,
    pub(crate) session: Session,
    signals: Signals,
    groups: GroupCache,
    pub(crate) config: Config,
    /// What stands out in a chat, read when it is first looked for.
    pub(crate) cues: OnceCell<Option<Cues>>,
    /// What an older program could not read has been looked at again.
    understood: bool,
}

/// Groups in memory: a cache of what the database holds, dropped after any error.
#[derive(Default)]
pub(crate) struct GroupCache {
    groups: HashMap<i64, Group>,
    /// Certificates verified before.
    pub certs: HashMap<wire::Hash32, franking::ValidCert>,
    /// Who signs in a log, for groups that are here.
    pub signers: HashMap<i64, Arc<LeafSigner>>,
    order: BTreeMap<u64, i64>,
    uses: u64,
}

/// One input being handled: everything a capability needs, inside one transaction.
pub(crate) struct Turn<'a> {
    pub db: &'a Connection,
    pub crypto: &'a SeededCrypto,
    pub now: Millis,
    pub session: &'a mut Session,
    pub signals: &'a mut Signals,
    pub groups: &'a mut GroupCache,
    pub config: Config,
    pub effects: Vec<Effect>,
    pub deadline: Option<Millis>,
}

impl Client {
    /// Takes over a database that [`crate::store::open`] made ready.
    pub fn new(db: Connection, config: Config) -> Self {
        let crypto = SeededCrypto::new(ChaCha20Rng::from_seed([0; 32]));
        Self {
            db,
            crypto,
            session: Session::default(),
            signals: Signals::default(),
            groups: GroupCache::default(),
            config,
            cues: OnceCell::new(),
            understood: false,
        }
    }

    /// Handles one input. `now` is this device's clock, `seed` fresh entropy; the same three on the same database give the same effects.
    ///
    /// # Errors
    /// [`Fault`]: rolled back; the connection, if there was one, is forgotten and must be closed.
    pub fn handle(&mut self, now: Millis, seed: [u8; 32], input: Input) -> Result<Step, Fault> {
        self.crypto.reseed(ChaCha20Rng::from_seed(seed));
        match self.transaction(now, input) {
            Ok(step) => Ok(step),
            Err(fault) => {
                self.undo();
                self.session = Session::default();
                Err(fault)
            }
        }
    }

    /// After an error nothing is as it was read meanwhile.
    fn undo(&mut self) {
        if !self.db.is_autocommit() {
            // The first error is the one to tell; a rollback that fails too leaves nothing more to undo.
            let _ = self.db.execute_batch("ROLLBACK");
        }
        self.groups = GroupCache::default();
    }

    fn transaction(&mut self, now: Millis, input: Input) -> Result<Step, Fault> {
        let mut reply = None;
        let step = self.turn(now, |turn| {
            match input {
                Input::Command { id, command } => reply = Some(turn.command_once(&id, command)?),
                Input::Connected { binding } => turn.connected(binding)?,
                Input::Disconnected => turn.disconnected(),
                Input::Frame(frame) => turn.frame(frame)?,
                Input::Upload { id, step } => turn.upload_step(id, step)?,
                Input::Stored { id, outcome } => turn.parcel_stored(id, outcome)?,
                Input::Fetched { id, outcome } => turn.parcel_fetched(id, outcome)?,
                Input::Held { blob, held, bytes } => turn.blob_held(&blob, held, bytes)?,
                Input::Knocked => turn.knocked(),
                Input::Tick => {}
            }
            Ok(())
        })?;
        Ok(Step { reply, ..step })
    }

    /// One transaction around what is done, and what follows from it.
    fn turn(&mut self, now: Millis, act: impl FnOnce(&mut Turn<'_>) -> Result<(), Fault>) -> Result<Step, Fault> {
        self.db.execute_batch("BEGIN IMMEDIATE")?;
        let understood = self.understood;
        let mut turn = self.open_turn(now);
        if !understood {
            turn.understand()?;
            turn.close_deleted()?;
        }
        let done = act(&mut turn).and_then(|()| turn.follow());
        let (effects, deadline) = (std::mem::take(&mut turn.effects), turn.deadline);
        self.commit(done)?;
        self.understood = true;
        self.groups.trim();
        Ok(Step { effects, reply: None, deadline })
    }

    fn open_turn(&mut self, now: Millis) -> Turn<'_> {
        Turn {
            db: &self.db,
            crypto: &self.crypto,
            now,
            session: &mut self.session,
            signals: &mut self.signals,
            groups: &mut self.groups,
            config: self.config,
            effects: Vec::new(),
            deadline: None,
        }
    }

    /// What concerns this device alone, in one transaction. Nothing that waits is done meanwhile: nobody would carry out what it leads to.
    pub(crate) fn aside<T>(
        &mut self,
        now: Millis,
        seed: [u8; 32],
        act: impl FnOnce(&mut Turn<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.crypto.reseed(ChaCha20Rng::from_seed(seed));
        self.db.execute_batch("BEGIN IMMEDIATE")?;
        let done = act(&mut self.open_turn(now));
        self.commit(done).inspect_err(|_| self.undo())
    }

    /// Ends a transaction. When the store of MLS state failed in it nothing of it is true, whatever became of it meanwhile.
    fn commit<T>(&self, done: Result<T, Fault>) -> Result<T, Fault> {
        if let Some(cause) = self.crypto.store_failure() {
            return Err(Fault::MlsStore(cause));
        }
        let done = done?;
        self.db.execute_batch("COMMIT")?;
        Ok(done)
    }

    /// An act that no input asks for ([`crate::audit`]), handled as one.
    pub(crate) fn besides(
        &mut self,
        now: Millis,
        seed: [u8; 32],
        act: impl FnOnce(&mut Turn<'_>) -> Result<(), Fault>,
    ) -> Result<Step, Fault> {
        self.crypto.reseed(ChaCha20Rng::from_seed(seed));
        self.turn(now, act)
    }
}

impl Turn<'_> {
    /// What follows from whatever was done.
    fn follow(&mut self) -> Result<(), Fault> {
        self.expire()?;
        self.expire_signals()?;
        self.forget_blobs()?;
        self.drive()
    }

    pub fn provider(&self) -> Provider<'_> {
        Provider::new(self.crypto, self.db)
    }

    /// Server time as far as it is known: what members sign and what limits are measured by.
    pub fn time(&self) -> Result<Millis, Fault> {
        let offset: i64 = meta(self.db, "clock_offset")?.unwrap_or(0);
        Ok(Millis(self.now.0.saturating_add_signed(offset)))
    }

    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.crypto.rng().fill_bytes(&mut out);
        out
    }

    /// A number from `low` to `high`, both included.
    pub fn random_between(&self, low: u64, high: u64) -> u64 {
        low + self.crypto.rng().next_u64() % (high - low + 1)
    }

    pub fn event(&mut self, event: Event) {
        self.effects.push(Effect::Event(event));
    }

    /// Asks to be called again at `at` at the latest (this device's clock).
    pub fn wake(&mut self, at: Millis) {
        self.deadline = Some(self.deadline.map_or(at, |known| known.min(at)));
    }
}

impl GroupCache {
    /// Takes the group of a log out of the cache; put it back with [`GroupCache::put`].
    pub fn take(&mut self, log: i64) -> Option<Group> {
        self.groups.remove(&log)
    }

    pub fn put(&mut self, log: i64, group: Group) {
        self.uses += 1;
        self.order.retain(|_, known| *known != log);
        self.order.insert(self.uses, log);
        self.groups.insert(log, group);
    }

    pub fn forget(&mut self, log: i64) {
        self.groups.remove(&log);
        self.signers.remove(&log);
    }

    fn trim(&mut self) {
        while self.order.len() > GROUPS_CACHED {
            if let Some((_, log)) = self.order.pop_first() {
                self.forget(log);
            }
        }
    }
}
