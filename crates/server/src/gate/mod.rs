//! What a request may do before the store is asked, and what its outcome means to whoever sent it.
//!
//! One request takes this way, in the world of one process and in the shell alike: [`Gate::admit`] decides from memory alone; what needs to
//! read goes through [`Gate::work`]; what changes the store becomes an [`Op`] and comes back through [`Gate::settle`].

mod account;
pub mod blob;
mod desk;
mod drops;
mod ledger;
mod log;
mod sessions;
pub mod settle;
mod vault;
mod wake;

use crate::blobs::Blobs;
use crate::hub::conn::{Conn, Hears, Sub};
use crate::keys::ServerKeys;
use crate::store::{AccountRow, Ban, Cursor, Day, LogKey, NewRecord, NewVault, Op, PassView, Reads, StoreError};
use crate::wake::{Knock, PushKey};
use bytes::Bytes;
pub use desk::Door;
use drops::Drops;
use ledger::{Ledger, VaultKind};
use sessions::Sessions;
pub use sessions::{End, Session};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use vault::Lookups;
pub use vault::Recovery;
pub use wire::call::Refusal;
use wire::call::{Frame, HandleCost, Request, Response, SIGNALS, Signal, Subscription, UploadId, Welcome};
use wire::pad::vault_size;
use wire::{AccountId, Bearer, BlobId, ClientId, Hash32, LogId, Millis, PassHash, Seq, TakeHash, VaultId, limits};

/// The protocol version spoken here.
pub const VERSION: u32 = 1;

/// What an operator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Accounts need an invitation.
    pub invite_only: bool,
    /// How costly a username is to hash for a client, and to guess for a thief.
    pub handle_cost: HandleCost,
    /// Whether push services are asked to knock for devices that are away.
    pub pushes: Pushes,
}

/// Whether a server wakes devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushes {
    On,
    Off,
}

impl Default for Config {
    fn default() -> Self {
        Self { invite_only: false, handle_cost: HandleCost { memory_kib: 64 * 1024, passes: 3 }, pushes: Pushes::On }
    }
}

/// Fresh random bytes, from a seed or from the system.
pub type Entropy<'a> = dyn FnMut() -> [u8; 32] + 'a;

/// Sessions and today's accounts, beside the keys. Locks are held for a few instructions.
pub struct Gate {
    pub keys: ServerKeys,
    config: Config,
    proof: [u8; 64],
    sessions: Mutex<Sessions>,
    ledger: Mutex<Ledger>,
    /// Lookups by who has no session.
    lookups: Mutex<Lookups>,
    /// Where reports go.
    desk: RwLock<Option<Door>>,
    /// Reports by who has no session.
    reports: Mutex<Drops>,
}

/// How a client is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Socket,
    /// One request, one answer: nothing can be pushed, and a challenge is answered by another request.
    Post,
}

/// What became of a request that may need a session.
enum Either {
    Done(Step),
    Asked(Request),
}

/// What to do with a frame.
#[derive(Debug, PartialEq)]
pub enum Step {
    Nothing,
    Answer(u64, Response),
    Commit(u64, Op, Then),
    Work(u64, Task),
    Acknowledge(Vec<Cursor>),
    /// The subscriptions to leave.
    Unsubscribe(u64, Vec<u32>),
    /// Something for whoever else listens.
    Signal(u64, Signal),
}

/// A request that needs the store or the blobs to decide.
#[derive(Debug, PartialEq)]
pub enum Task {
    OpenSession { account: AccountId, client: ClientId, nonce: [u8; 32], signature: [u8; 64], binding: [u8; 32], challenged: bool },
    FetchStates { account: AccountId, from: u64 },
    PublishState { account: AccountId, state: Bytes },
    CountKeyPackages { account: AccountId, client: ClientId },
    Subscribe { entries: Vec<Subscription> },
    ReadLog { log: LogId, pass: PassHash, after: Seq, limit: u32 },
    CreateBlob { account: AccountId, upload: UploadId, length: u64, delete_hash: Hash32 },
    UploadStatus { upload: UploadId },
    CompleteBlob { upload: UploadId, blob: BlobId },
    Recover(Box<Recovery>),
    FetchVault { vault: VaultId },
    Wake { log: LogId, pass: PassHash },
    KnockFor { log: LogId, pass: PassHash, endpoint: Option<String> },
}

/// What came of a [`Task`].
pub enum Worked {
    Answer(Response),
    Commit(Op, Then),
    /// The connection is signed in.
    Session(Arc<Session>, Response),
    /// What the connection listens to, and cursors that moved by it.
    Subscribed(Vec<Sub>, Vec<Cursor>, Response),
    /// Devices for which something waits.
    Wake(Vec<Knock>, Response),
}

/// What an outcome means to the client that waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    Plain,
    SignUp {
        handle: Hash32,
        account: AccountId,
    },
    PublishState {
        account: AccountId,
        clients: Vec<ClientId>,
    },
    Take {
        pass: TakeHash,
    },
    CreateBlob {
        upload: UploadId,
    },
    CompleteBlob {
        upload: UploadId,
        blob: BlobId,
    },
    /// By the desk: that it was done stands in its log.
    Erase,
    /// By the desk.
    Restrict {
        account: AccountId,
        ban: Ban,
    },
    Close {
        account: AccountId,
    },
}

impl Task {
    /// The pass of who reads without listening: whoever shows one is here.
    pub fn shows(&self) -> Option<PassHash> {
        match self {
            Self::ReadLog { pass, .. } => Some(*pass),
            _ => None,
        }
    }
}

impl Gate {
    pub fn new(keys: ServerKeys, config: Config) -> Self {
        let proof = keys.stamp_key_proof();
        Self {
            keys,
            config,
            proof,
            sessions: Mutex::default(),
            ledger: Mutex::default(),
            lookups: Mutex::default(),
            desk: RwLock::default(),
            reports: Mutex::default(),
        }
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of a bearer.
    ///
    /// # Errors
    /// There is none, or it is over.
    pub fn session(&self, bearer: &Bearer, now: Millis) -> Result<Arc<Session>, Refusal> {
        self.sessions().find(bearer, now)
    }

    /// Decides a frame as far as memory can.
    pub fn admit(&self, now: Millis, entropy: &mut Entropy, way: Way, conn: &mut Conn, frame: Frame) -> Step {
        match frame {
            Frame::Request { id, request } => match self.request(now, entropy, way, conn, id, request) {
                Ok(step) => step,
                Err(refusal) => Step::Answer(id, Response::Refused(refusal)),
            },
            Frame::Acks(acks) => match session_of(conn, now) {
                Ok(_) => Step::Acknowledge(conn.acknowledge(&acks)),
                Err(_) => Step::Nothing,
            },
            // Only servers say these.
            Frame::Response { .. } | Frame::Push(_) | Frame::Heard(_) => Step::Nothing,
        }
    }

    fn request(&self, now: Millis, entropy: &mut Entropy, way: Way, conn: &mut Conn, id: u64, request: Request) -> Result<Step, Refusal> {
        match self.without_session(now, entropy, way, conn, id, request)? {
            Either::Done(step) => Ok(step),
            Either::Asked(request) => self.in_session(now, entropy, way, conn, id, request),
        }
    }

    /// What is answered to who has no session, and to whom it is not asked whether they have.
    fn without_session(
        &self,
        now: Millis,
        entropy: &mut Entropy,
        way: Way,
        conn: &mut Conn,
        id: u64,
        request: Request,
    ) -> Result<Either, Refusal> {
        let work = |task| Ok(Either::Done(Step::Work(id, task)));
        if let Request::Append(append) = request {
            if self.is_report(&append) {
                return self.drop_report(now, conn, append).map(|op| Either::Done(Step::Commit(id, op, Then::Plain)));
            }
            return self.append(now, conn, append).map(|op| Either::Done(Step::Commit(id, op, Then::Plain)));
        }
        if let Request::ReadLog { log, pass, after, limit } = &request
            && self.reads_answers(conn, log, pass)?
        {
            return work(Task::ReadLog { log: *log, pass: pass.hash(), after: *after, limit: *limit });
        }
        match request {
            Request::Hello { versions, features } => {
                conn.hears = if features.iter().any(|feature| feature == SIGNALS) { Hears::Signals } else { Hears::Nothing };
                self.hello(now, entropy, way, conn, &versions).map(|welcome| Either::Done(Step::Answer(id, welcome)))
            }
            Request::OpenSession { account, client, nonce, signature } => {
                let challenged = self.challenged(now, way, conn, &nonce);
                work(Task::OpenSession { account, client, nonce, signature, binding: conn.binding, challenged })
            }
            Request::Recover { account, nonce, signature, from_seq, state } => {
                self.look_up(now, conn)?;
                let challenged = self.challenged(now, way, conn, &nonce);
                let recovery = Recovery { account, nonce, signature, from_seq, state, binding: conn.binding, challenged };
                work(Task::Recover(Box::new(recovery)))
            }
            Request::FetchVault { vault } => {
                self.look_up(now, conn)?;
                work(Task::FetchVault { vault })
            }
            Request::ResumeSession { bearer } => self.resume(now, way, conn, bearer).map(|session| Either::Done(Step::Answer(id, session))),
            Request::SignUp { handle, state, invite } => {
                let (op, then) = self.sign_up(handle, &state, invite)?;
                Ok(Either::Done(Step::Commit(id, op, then)))
            }
            request => Ok(Either::Asked(request)),
        }
    }

    fn in_session(
        &self,
        now: Millis,
        entropy: &mut Entropy,
        way: Way,
        conn: &mut Conn,
        id: u64,
        request: Request,
    ) -> Result<Step, Refusal> {
        let (commit, work) = (|op| Ok(Step::Commit(id, op, Then::Plain)), |task| Ok(Step::Work(id, task)));
        let session = session_of(conn, now)?;
        let (account, client) = (session.account, session.client);
        if session.is_restricted() && begins_something(&request) {
            return Err(Refusal::Restricted);
        }
        match request {
            Request::PublishState { state } => work(Task::PublishState { account, state }),
            Request::FetchStates { account, from_seq } => work(Task::FetchStates { account, from: from_seq }),
            Request::PublishKeyPackages { one_time, last_resort } => {
                commit(Op::PublishKeyPackages { account, client, one_time, last_resort })
            }
            Request::CountKeyPackages => work(Task::CountKeyPackages { account, client }),
            Request::TakeKeyPackages { account, pass } => {
                let pass = pass.hash();
                self.ledger().take(pass, now)?;
                Ok(Step::Commit(id, Op::TakeKeyPackages { account, pass }, Then::Take { pass }))
            }
            Request::ChangeTakePasses { add, drop } => commit(Op::ChangeTakePasses { account, add, drop }),
            Request::CreateLog { log, passes, inbox } => {
                session.meter.charge_log(Day::of(now))?;
                commit(Op::CreateLog { log, passes, inbox })
            }
            Request::Subscribe { entries } => {
                subscribable(way, conn, &entries)?;
                work(Task::Subscribe { entries })
            }
            Request::Unsubscribe { numbers } if way == Way::Socket => Ok(Step::Unsubscribe(id, numbers)),
            Request::Signal(signal) if way == Way::Socket => Ok(Step::Signal(id, signal)),
            Request::SetWakes { numbers, endpoint } if way == Way::Socket => {
                self.count_wake(now, conn)?;
                commit(self.set_wakes(entropy, conn, &numbers, endpoint.as_deref())?)
            }
            Request::Wake { log, pass } if way == Way::Socket => {
                self.count_wake(now, conn)?;
                work(Task::Wake { log, pass: pass.hash() })
            }
            Request::KnockFor { log, pass, endpoint } if way == Way::Socket => {
                self.count_wake(now, conn)?;
                work(Task::KnockFor { log, pass: pass.hash(), endpoint })
            }
            Request::ReadLog { log, pass, after, limit } => work(Task::ReadLog { log, pass: pass.hash(), after, limit }),
            Request::CreateBlob { length, delete_hash } => {
                let upload = new_upload(entropy);
                self.charge_blob(now, session, length, upload)?;
                work(Task::CreateBlob { account, upload, length, delete_hash })
            }
            Request::UploadStatus { upload } => work(Task::UploadStatus { upload }),
            Request::CompleteBlob { upload, blob } => work(Task::CompleteBlob { upload, blob }),
            Request::DeleteBlob { blob, token } => commit(Op::DeleteBlob { blob, token: token.hash() }),
            Request::Desk(act) => self.desk_act(now, session, act).map(|(op, then)| Step::Commit(id, op, then)),
            Request::PutVault { vault, write, after, sealed } => {
                // A length says no more than that it is a vault, and about how many people it names.
                if vault_size(sealed.len()) != Some(sealed.len()) {
                    return Err(Refusal::Malformed);
                }
                let kind = if after == 0 { VaultKind::New } else { VaultKind::Known };
                session.meter.charge_vault(Day::of(now), kind)?;
                session.meter.charge(Day::of(now), sealed.len() as u64)?;
                commit(Op::PutVault(NewVault { vault, write: write.hash(), after, sealed }))
            }
            Request::Unsubscribe { .. } | Request::Signal(_) => Err(Refusal::Unsupported),
            Request::SetWakes { .. } | Request::Wake { .. } | Request::KnockFor { .. } => Err(Refusal::Unsupported),
            // Answered above.
            Request::Hello { .. }
            | Request::OpenSession { .. }
            | Request::ResumeSession { .. }
            | Request::SignUp { .. }
            | Request::Recover { .. }
            | Request::FetchVault { .. }
            | Request::Append(_) => Err(Refusal::Unsupported),
        }
    }

    /// Answers a task, or says what is to be committed for it.
    pub fn work(&self, now: Millis, entropy: &mut Entropy, reads: &mut dyn Reads, blobs: &dyn Blobs, task: Task) -> Worked {
        let worked = match task {
            Task::OpenSession { account, client, nonce, signature, binding, challenged } => {
                let claim = account::Claim { account, client, nonce, signature, binding, challenged };
                self.open_session(now, entropy, reads, &claim)
            }
            Task::FetchStates { account, from } => account::fetch_states(reads, &account, from),
            Task::PublishState { account, state } => {
                account::publish_state(reads, account, state).and_then(|next| self.meter_state(now, reads, next))
            }
            Task::CountKeyPackages { account, client } => account::count_key_packages(reads, &account, &client),
            Task::Subscribe { entries } => log::subscribe(reads, entries),
            Task::ReadLog { log, pass, after, limit } => self.read_log(reads, &log, &pass, after, limit),
            Task::CreateBlob { account, upload, length, delete_hash } => self.create_blob(blobs, account, upload, length, delete_hash),
            Task::UploadStatus { upload } => blob::status(reads, blobs, &upload),
            Task::CompleteBlob { upload, blob } => blob::complete(reads, blobs, now, upload, blob),
            Task::Recover(recovery) => self.recover(reads, &recovery).and_then(|next| self.meter_state(now, reads, next)),
            Task::FetchVault { vault } => vault::fetch(reads, &vault),
            Task::Wake { log, pass } => self.wake(reads, &log, &pass),
            Task::KnockFor { log, pass, endpoint } => self.knock_for(entropy, reads, (&log, pass), endpoint.as_deref()),
        };
        worked.unwrap_or_else(|refusal| Worked::Answer(Response::Refused(refusal)))
    }

    /// Takes over what an operator changed beside the running server.
    pub fn reload(&self, accounts: &[AccountRow]) {
        let known: HashMap<_, _> = accounts.iter().map(|row| (row.account, row)).collect();
        let mut sessions = self.sessions();
        sessions.turn_over();
        sessions.end(|session| known.get(&session.account).is_some_and(|row| row.closed).then_some(End::Closed));
        sessions.each(|session| {
            if let Some(row) = known.get(&session.account) {
                session.restrict(row.ban);
            }
        });
        drop(sessions);
        let ledger = self.ledger();
        accounts.iter().for_each(|row| ledger.set_quota(&row.account, row.bytes_per_day));
    }

    /// Forgets sessions and challenges whose time has come.
    pub fn expire(&self, now: Millis) {
        self.sessions().expire(now);
    }

    /// By whom push services are asked to knock, if this server does that.
    pub fn push_key(&self) -> Option<&PushKey> {
        self.keys.push_key().filter(|_| self.config.pushes == Pushes::On)
    }

    pub fn session_count(&self) -> usize {
        self.sessions().count()
    }

    fn hello(&self, now: Millis, entropy: &mut Entropy, way: Way, conn: &mut Conn, versions: &[u32]) -> Result<Response, Refusal> {
        if !versions.contains(&VERSION) {
            return Err(Refusal::Unsupported);
        }
        let nonce = entropy();
        match way {
            Way::Socket => conn.challenge = Some((nonce, now.plus(limits::CHALLENGE_LIFE))),
            Way::Post => self.sessions().challenge(nonce, now),
        }
        Ok(Response::Welcome(Welcome {
            version: VERSION,
            features: Vec::new(),
            server: self.keys.identity(),
            stamp_key: self.keys.stamp_key(),
            stamp_key_proof: self.proof,
            nonce,
            now,
            handle_cost: self.config.handle_cost,
            invite_only: self.config.invite_only,
            push_key: self.push_key().map(PushKey::public),
        }))
    }

    /// Whether the nonce was sent to this client and not answered before.
    fn challenged(&self, now: Millis, way: Way, conn: &mut Conn, nonce: &[u8; 32]) -> bool {
        match way {
            Way::Socket => conn.challenge.take().is_some_and(|(sent, until)| sent == *nonce && now < until),
            Way::Post => self.sessions().answer(nonce, now),
        }
    }

    fn resume(&self, now: Millis, way: Way, conn: &mut Conn, bearer: Bearer) -> Result<Response, Refusal> {
        if way == Way::Post {
            return Err(Refusal::Unsupported);
        }
        let session = self.session(&bearer, now)?;
        // Beside its connections it is held here and by the list of sessions. Whoever signs in anew ends an older session, and its connections.
        if Arc::strong_count(&session) >= limits::SOCKETS_PER_SESSION + 2 {
            return Err(Refusal::NoSession);
        }
        let expires = session.expires;
        conn.session = Some(session);
        Ok(Response::Session { bearer, expires })
    }

    /// The way of nearly every request: no lock, no read.
    fn append(&self, now: Millis, conn: &Conn, append: wire::call::Append) -> Result<Op, Refusal> {
        let session = session_of(conn, now)?;
        self.may_append(session, &append)?;
        session.meter.charge(Day::of(now), append.record.len() as u64 + limits::RECORD_COST)?;
        Ok(Op::Append(NewRecord {
            log: append.log,
            by: append.pass.hash(),
            flag: append.flag,
            after: append.after,
            c: append.c,
            h: Hash32::of(&append.record),
            record: own(&append.record),
            changes: append.changes,
        }))
    }
}

/// A record without the frame that it came in, whatever else stood there: rings and the journal hold it for long, and count what it says itself.
fn own(record: &Bytes) -> Bytes {
    Bytes::copy_from_slice(record)
}

fn session_of(conn: &Conn, now: Millis) -> Result<&Session, Refusal> {
    let session = conn.session.as_deref().ok_or(Refusal::NoSession)?;
    session.check(now)?;
    Ok(session)
}

/// What a restricted account may not: write to somebody first, make a group, invite, or let others write to it first.
fn begins_something(request: &Request) -> bool {
    match request {
        Request::TakeKeyPackages { .. } | Request::CreateLog { .. } => true,
        Request::ChangeTakePasses { add, .. } => !add.is_empty(),
        _ => false,
    }
}

fn subscribable(way: Way, conn: &Conn, entries: &[Subscription]) -> Result<(), Refusal> {
    if way == Way::Post {
        return Err(Refusal::Unsupported);
    }
    if conn.subscriptions() + entries.len() > limits::SUBSCRIPTIONS_MAX {
        return Err(Refusal::TooLarge { limit: limits::SUBSCRIPTIONS_MAX as u64 });
    }
    let numbers: HashSet<u32> = entries.iter().map(|entry| entry.number).collect();
    if numbers.len() != entries.len() {
        return Err(Refusal::Malformed);
    }
    // Under several names a connection would have itself told of each record as often, and everybody's records wait for that.
    let logs: HashSet<LogKey> = entries.iter().map(|entry| LogKey::of(&entry.log)).collect();
    let held = conn.listening().filter(|(number, log, _)| logs.contains(log) && !numbers.contains(number));
    let mut named: Vec<(LogKey, PassHash)> = held.map(|(_, log, pass)| (log, pass)).collect();
    named.extend(entries.iter().map(|entry| (LogKey::of(&entry.log), entry.pass.hash())));
    named.sort_unstable();
    if named.windows(2).any(|two| matches!(two, [one, other] if one == other)) {
        return Err(Refusal::Malformed);
    }
    if named.chunk_by(|(one, _), (other, _)| one == other).any(|of_log| of_log.len() > limits::SUBSCRIPTIONS_PER_LOG) {
        return Err(Refusal::TooLarge { limit: limits::SUBSCRIPTIONS_PER_LOG as u64 });
    }
    Ok(())
}

fn new_upload(entropy: &mut Entropy) -> UploadId {
    let [front @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = entropy();
    UploadId(front)
}

/// What the world's failure means to a client: nothing was changed, try later.
impl From<StoreError> for Refusal {
    fn from(_: StoreError) -> Self {
        Self::Busy
    }
}

/// A pass that may read.
fn reading(view: Option<PassView>) -> Result<PassView, Refusal> {
    let view = view.ok_or(Refusal::NoPass)?;
    if view.role == wire::call::Role::Drop { Err(Refusal::RoleForbids) } else { Ok(view) }
}
