//! The function, one frame after the other.

mod accounts;
mod blobs;
mod desks;
mod hostile;
mod logs;
mod pushes;
mod signals;
mod vaults;
mod wakes;

use super::*;
use crate::blobs::MemoryBlobs;
use crate::keys::Seed;
use crate::store::sqlite::SqliteStore;
use crate::wake::Knock;
use franking::{AccountState, Class, ClientCert, ClientKey, FrankingKey, IdentityKey, InboxKey, SignedState, Validity};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use wire::call::{Append, Flag, NewPass, Role, SIGNALS, Subscription, WireStamp};
use wire::{AccountId, ClientId, Commitment, Hash32, LogId, PassToken};

pub const NOW: Millis = Millis(1_760_000_040_000);
pub const BINDING: [u8; 32] = [0; 32];

/// A server with a clock and whoever is connected to it.
pub struct World {
    pub server: Server<SqliteStore, MemoryBlobs>,
    pub now: Millis,
    pub config: Config,
    seed: u64,
    pub pushed: Vec<(ConnId, Push)>,
    pub signalled: Vec<(ConnId, Signal)>,
    pub knocked: Vec<Knock>,
}

/// A person with one client.
pub struct Person {
    pub identity: IdentityKey,
    pub client: ClientId,
    pub key: ClientKey,
    pub state: SignedState,
    n: u8,
}

fn keys() -> ServerKeys {
    ServerKeys::new(&Seed([1; 32]), &Seed([2; 32]), Seed([3; 32]))
}

impl Person {
    pub fn new(n: u8) -> Self {
        let identity = IdentityKey::from_seed(&[n; 32]);
        let (client, key) = (ClientId([n; 16]), ClientKey::from_seed(&[n; 32]));
        let cert = cert(&identity, client, &key);
        let inbox = InboxKey::try_from([n; InboxKey::LEN].as_slice()).unwrap();
        let state = AccountState::first(identity.account(), inbox, vec![cert], NOW).sign(&identity).unwrap();
        Self { identity, client, key, state, n }
    }

    pub fn account(&self) -> AccountId {
        self.identity.account()
    }

    pub fn handle(&self) -> Hash32 {
        Hash32([self.n; 32])
    }

    pub fn sign_up(&self, invite: Option<[u8; 16]>) -> Request {
        Request::SignUp { handle: self.handle(), state: self.state.to_bytes().into(), invite }
    }
}

pub fn cert(identity: &IdentityKey, client: ClientId, key: &ClientKey) -> ClientCert {
    let validity = Validity { not_before: Millis(0), not_after: Millis(u64::MAX) };
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    ClientCert::issue(identity, client, key, &FrankingKey::from_seed(&[8; 32]), Class::Native, validity, &mut rng).unwrap()
}

impl World {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        let server = Server::open(SqliteStore::in_memory().unwrap(), MemoryBlobs::default(), keys(), config);
        Self { server, now: NOW, config, seed: 0, pushed: Vec::new(), signalled: Vec::new(), knocked: Vec::new() }
    }

    /// A power cut: what is not in the store is gone, and so are all connections.
    pub fn restart(self) -> Self {
        let (mut store, blobs) = self.server.into_parts();
        store.forget().unwrap();
        Self {
            server: Server::open(store, blobs, keys(), self.config),
            pushed: Vec::new(),
            signalled: Vec::new(),
            knocked: Vec::new(),
            ..self
        }
    }

    pub fn seed(&mut self) -> [u8; 32] {
        self.seed += 1;
        *Hash32::of(&self.seed.to_be_bytes()).as_bytes().first_chunk().unwrap()
    }

    pub fn send(&mut self, conn: ConnId, frame: Frame) -> Vec<(u64, Response)> {
        let seed = self.seed();
        let mut answers = Vec::new();
        for (to, frame) in self.server.handle(self.now, seed, conn, frame) {
            match frame {
                Frame::Response { id, response } => {
                    assert_eq!(to, conn, "answers go to who asked");
                    answers.push((id, response));
                }
                Frame::Push(push) => self.pushed.push((to, push)),
                Frame::Heard(signal) => self.signalled.push((to, signal)),
                Frame::Request { .. } | Frame::Acks(_) => panic!("a server does not ask"),
            }
        }
        answers
    }

    pub fn ask(&mut self, conn: ConnId, request: Request) -> Response {
        let mut answers = self.send(conn, Frame::Request { id: 77, request });
        assert_eq!(answers.len(), 1);
        let (id, response) = answers.remove(0);
        assert_eq!(id, 77);
        response
    }

    pub fn connect(&mut self, n: u64) -> ConnId {
        self.server.connect(ConnId(n), BINDING);
        ConnId(n)
    }

    pub fn hello(&mut self, conn: ConnId) -> wire::call::Welcome {
        match self.ask(conn, Request::Hello { versions: vec![1], features: vec![SIGNALS.into(), "future".into()] }) {
            Response::Welcome(welcome) => welcome,
            other => panic!("{other:?}"),
        }
    }

    pub fn claim(&mut self, conn: ConnId, person: &Person) -> Request {
        let welcome = self.hello(conn);
        let signature = person.key.sign_session(&welcome.server, &welcome.nonce, &person.account(), &person.client, &BINDING);
        Request::OpenSession { account: person.account(), client: person.client, nonce: welcome.nonce, signature }
    }

    /// Signed up, connected, in session.
    pub fn arrive(&mut self, n: u8) -> (Person, ConnId) {
        let person = Person::new(n);
        let conn = self.connect(u64::from(n));
        assert!(matches!(self.ask(conn, person.sign_up(None)), Response::SignedUp { .. }));
        let claim = self.claim(conn, &person);
        assert!(matches!(self.ask(conn, claim), Response::Session { .. }));
        (person, conn)
    }

    pub fn bearer(&mut self, conn: ConnId, person: &Person) -> Bearer {
        let claim = self.claim(conn, person);
        match self.ask(conn, claim) {
            Response::Session { bearer, .. } => bearer,
            other => panic!("{other:?}"),
        }
    }

    /// A log with an owner (1) and a member (2).
    pub fn make_log(&mut self, conn: ConnId, log: LogId) {
        let passes = vec![new_pass(1, Role::Owner), new_pass(2, Role::Member)];
        assert_eq!(self.ask(conn, Request::CreateLog { log, passes, inbox: false }), Response::Done);
    }

    pub fn append(&mut self, conn: ConnId, append: Append) -> Result<WireStamp, Refusal> {
        match self.ask(conn, Request::Append(append)) {
            Response::Appended(stamp) => Ok(stamp),
            Response::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    /// Whether a record that the gate takes lies in the memory of the frame that it came in.
    pub fn shares_its_frame(&mut self, conn: ConnId, append: Append) -> bool {
        let bytes = Frame::Request { id: 1, request: Request::Append(append) }.encode();
        let frame = Frame::decode(bytes.clone()).unwrap();
        let this = self.server.conns.get_mut(&conn).unwrap();
        let step = self.server.gate.admit(self.now, &mut || [0; 32], Way::Socket, this, frame);
        let Step::Commit(_, Op::Append(new), _) = step else { panic!("{step:?}") };
        bytes.as_ptr_range().contains(&new.record.as_ptr())
    }

    pub fn subscribe(&mut self, conn: ConnId, number: u32, log: LogId, pass: u8, cursor: u64) -> Response {
        let entry = Subscription { number, log, pass: token(pass), cursor: Seq(cursor) };
        self.ask(conn, Request::Subscribe { entries: vec![entry] })
    }

    pub fn ack(&mut self, conn: ConnId, number: u32, seq: u64) {
        assert!(self.send(conn, Frame::Acks(vec![wire::call::Ack { number, seq: Seq(seq) }])).is_empty());
    }

    pub fn tick(&mut self) -> Vec<ConnId> {
        let tick = self.server.tick(self.now);
        self.knocked.extend(tick.knocks);
        for (to, frame) in tick.pushes {
            let Frame::Push(push) = frame else { panic!("{frame:?}") };
            self.pushed.push((to, push));
        }
        tick.closed
    }

    /// Sequences pushed to a connection since this was last asked.
    pub fn heard(&mut self, conn: ConnId) -> Vec<u64> {
        let (mine, others): (Vec<_>, Vec<_>) = self.pushed.drain(..).partition(|(to, _)| *to == conn);
        self.pushed = others;
        mine.iter().flat_map(|(_, push)| push.records.iter().map(|record| record.stamp.seq.0)).collect()
    }
}

pub fn log(n: u8) -> LogId {
    LogId([n; 32])
}

pub fn token(n: u8) -> PassToken {
    PassToken::new([n; 32])
}

pub fn new_pass(n: u8, role: Role) -> NewPass {
    NewPass { hash: token(n).hash(), role }
}

/// Content by the member.
pub fn content(id: LogId, text: &str, after: u64) -> Append {
    let record = Bytes::copy_from_slice(text.as_bytes());
    let c = Commitment(Hash32::of(&record).0);
    Append { log: id, pass: token(2), flag: Flag::Content, after: Seq(after), c, record, changes: vec![] }
}

/// A Commit by the owner.
pub fn commit(id: LogId, text: &str, after: u64, changes: Vec<wire::call::PassChange>) -> Append {
    Append { pass: token(1), flag: Flag::Commit, c: Commitment::NONE, changes, ..content(id, text, after) }
}
