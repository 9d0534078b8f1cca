//! The server's handler: whatever is said in whatever order, each request is answered once, and what is refused has changed nothing.

use crate::bytes::wire_request_seeds;
use crate::steps::{step, steps};
use bytes::Bytes;
use franking::{AccountState, Class, ClientCert, ClientKey, FrankingKey, IdentityKey, InboxKey, Validity};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use server::blobs::MemoryBlobs;
use server::function::{ConnId, Server};
use server::gate::Config;
use server::keys::{Seed, ServerKeys};
use server::store::sqlite::SqliteStore;
use wire::call::{Append, Flag, Frame, NewPass, Refusal, Request, Response, Role, Subscription, UploadId};
use wire::limits::{DAY, FRAME_MAX};
use wire::{AccountId, Bearer, BlobId, ClientId, Commitment, DeleteToken, Hash32, LogId, Millis, PassToken, Seq, TakePass};

const NOW: Millis = Millis(1_760_000_040_000);
const BINDING: [u8; 32] = [0; 32];
const INSIDER: ConnId = ConnId(1);
const STRANGER: ConnId = ConnId(2);
/// Steps of one input: more would only take longer.
const STEPS: usize = 24;

/// A server on which something is kept, with somebody signed in and somebody who is not.
struct World {
    server: Server<SqliteStore, MemoryBlobs>,
    now: Millis,
    bearer: Bearer,
    seed: u64,
}

fn log(n: u8) -> LogId {
    LogId([n; 32])
}

fn token(n: u8) -> PassToken {
    PassToken::new([n; 32])
}

fn append(pass: u8, flag: Flag, after: u64, text: &str) -> Append {
    let record = Bytes::copy_from_slice(text.as_bytes());
    let c = if flag == Flag::Commit { Commitment::NONE } else { Commitment(Hash32::of(&record).0) };
    Append { log: log(1), pass: token(pass), flag, after: Seq(after), c, record, changes: vec![] }
}

impl World {
    fn new() -> Self {
        let store = SqliteStore::in_memory().expect("memory");
        let keys = ServerKeys::new(&Seed([1; 32]), &Seed([2; 32]), Seed([3; 32]));
        let server = Server::open(store, MemoryBlobs::default(), keys, Config::default());
        let mut world = Self { server, now: NOW, bearer: Bearer::new([0; 32]), seed: 0 };
        world.server.connect(INSIDER, BINDING);
        world.server.connect(STRANGER, BINDING);
        world.sign_in();
        for request in settled() {
            let response = world.ask(INSIDER, request.clone());
            assert!(!matches!(response, Response::Refused(_)), "{request:?} became {response:?}");
        }
        world.upload();
        world
    }

    fn seed(&mut self) -> [u8; 32] {
        self.seed += 1;
        Hash32::of(&self.seed.to_be_bytes()).0
    }

    fn sign_in(&mut self) {
        let identity = IdentityKey::from_seed(&[1; 32]);
        let (client, key) = (ClientId([1; 16]), ClientKey::from_seed(&[1; 32]));
        let validity = Validity { not_before: Millis(0), not_after: Millis(u64::MAX) };
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        let cert = ClientCert::issue(&identity, client, &key, &FrankingKey::from_seed(&[8; 32]), Class::Native, validity, &mut rng);
        let inbox = InboxKey::try_from([1; InboxKey::LEN].as_slice()).expect("a key");
        let state =
            AccountState::first(identity.account(), inbox, vec![cert.expect("a certificate")], NOW).sign(&identity).expect("a state");
        let sign_up = Request::SignUp { handle: Hash32([1; 32]), state: state.to_bytes().into(), invite: None };
        assert!(matches!(self.ask(INSIDER, sign_up), Response::SignedUp { .. }));
        let Response::Welcome(welcome) = self.ask(INSIDER, Request::Hello { versions: vec![1], features: vec![] }) else {
            panic!("no welcome")
        };
        let account = identity.account();
        let signature = key.sign_session(&welcome.server, &welcome.nonce, &account, &client, &BINDING);
        let open = Request::OpenSession { account, client, nonce: welcome.nonce, signature };
        let Response::Session { bearer, .. } = self.ask(INSIDER, open) else { panic!("no session") };
        self.bearer = bearer;
    }

    /// A blob, and an upload that is half way.
    fn upload(&mut self) {
        for (bytes, whole) in [(b"a blob".as_slice(), true), (b"half", false)] {
            let length = if whole { bytes.len() as u64 } else { 2 * bytes.len() as u64 };
            let create = Request::CreateBlob { length, delete_hash: DeleteToken::new([7; 32]).hash() };
            let Response::Upload { upload, .. } = self.ask(INSIDER, create) else { panic!("no upload") };
            let (now, bearer) = (self.now, Bearer::new(*self.bearer.expose()));
            self.server.upload(now, &bearer, &upload, 0, bytes).expect("a part");
            if whole {
                let stored = self.ask(INSIDER, Request::CompleteBlob { upload, blob: BlobId::of(bytes) });
                assert!(matches!(stored, Response::Stored { .. }));
            }
        }
    }

    /// The one answer to a request. What is pushed on the way fits into frames.
    fn ask(&mut self, conn: ConnId, request: Request) -> Response {
        let seed = self.seed();
        let mut answer = None;
        for (to, frame) in self.server.handle(self.now, seed, conn, Frame::Request { id: 77, request }) {
            fits(&frame);
            match frame {
                Frame::Response { id: 77, response } => {
                    assert!(to == conn && answer.is_none(), "one answer, to who asked");
                    answer = Some(response);
                }
                Frame::Push(_) => assert_eq!(to, INSIDER, "a stranger is told nothing"),
                other => panic!("a server does not say {other:?}"),
            }
        }
        answer.expect("an answer")
    }

    fn dump(&mut self) -> Vec<(String, Vec<rusqlite::types::Value>)> {
        self.server.store().dump().expect("memory")
    }
}

fn fits(frame: &Frame) {
    let bytes = frame.encode();
    assert!(bytes.len() <= FRAME_MAX, "a frame of {} bytes", bytes.len());
    assert_eq!(Frame::decode(bytes).as_ref(), Ok(frame));
}

/// What has happened before.
fn settled() -> Vec<Request> {
    let pass = |n, role| NewPass { hash: token(n).hash(), role };
    vec![
        Request::CreateLog { log: log(1), passes: vec![pass(1, Role::Owner), pass(2, Role::Member)], inbox: false },
        Request::CreateLog { log: log(3), passes: vec![pass(3, Role::Owner), pass(4, Role::Drop)], inbox: true },
        Request::Append(append(2, Flag::Content, 0, "a")),
        Request::Append(append(1, Flag::Commit, 0, "b")),
        Request::PublishKeyPackages { one_time: vec![Bytes::from_static(b"x")], last_resort: Some(Bytes::from_static(b"y")) },
        Request::ChangeTakePasses { add: vec![TakePass::new([5; 32]).hash()], drop: vec![] },
        Request::Subscribe { entries: vec![Subscription { number: 1, log: log(1), pass: token(1), cursor: Seq(0) }] },
    ]
}

/// Steps: what is done, two bytes of length, and the bytes it is done with.
pub fn server(data: &[u8]) {
    let mut world = World::new();
    let mut before = world.dump();
    for (act, bytes) in steps(data, STEPS) {
        let response = match act % 6 {
            0 | 1 => {
                let conn = if act % 6 == 0 { INSIDER } else { STRANGER };
                match Frame::decode(Bytes::copy_from_slice(bytes)) {
                    Ok(Frame::Request { request, .. }) => Some(world.ask(conn, request)),
                    Ok(other) => {
                        let seed = world.seed();
                        let said = world.server.handle(world.now, seed, conn, other);
                        assert!(said.iter().all(|(to, frame)| *to == INSIDER && matches!(frame, Frame::Push(_))));
                        None
                    }
                    Err(_) => None,
                }
            }
            2 => Request::decode(Bytes::copy_from_slice(bytes)).ok().map(|request| {
                let (seed, bearer) = (world.seed(), Bearer::new(*world.bearer.expose()));
                world.server.call(world.now, seed, Some(&bearer), BINDING, request)
            }),
            3 => part(&mut world, bytes).err().map(Response::Refused),
            4 => {
                let later = bytes.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
                world.now = world.now.plus(later % (200 * DAY));
                None
            }
            _ => {
                let tick = world.server.tick(world.now);
                tick.pushes.iter().for_each(|(_, frame)| fits(frame));
                tick.closed.iter().for_each(|conn| world.server.connect(*conn, BINDING));
                None
            }
        };
        let after = world.dump();
        match &response {
            Some(Response::Refused(_)) => assert!(after == before, "{response:?} changed what is kept"),
            Some(Response::Appended(_) | Response::Page { .. }) => assert_ne!(act % 6, 1, "a stranger was served"),
            _ => {}
        }
        if let Some(response) = response {
            fits(&Frame::Response { id: 1, response });
        }
        before = after;
    }
    assert_eq!(world.server.failed(), None);
}

/// PATCH and GET: the id of an upload or blob, a place, and bytes.
fn part(world: &mut World, bytes: &[u8]) -> Result<(), Refusal> {
    let Some((id, rest)) = bytes.split_first_chunk::<16>() else { return Ok(()) };
    let (at, bytes) = rest.split_first_chunk::<8>().map_or((0, rest), |(at, bytes)| (u64::from_be_bytes(*at), bytes));
    let bearer = Bearer::new(*world.bearer.expose());
    let blob = BlobId::of(b"a blob");
    if let Ok((read, length)) = world.server.download(world.now, &bearer, &blob, at..at.saturating_add(bytes.len() as u64)) {
        assert!(length == 6 && b"a blob"[..].windows(read.len().max(1)).any(|window| window == read) || read.is_empty());
    }
    world.server.upload(world.now, &bearer, &UploadId(*id), at, bytes).map(drop)
}

pub fn seeds() -> Vec<Vec<u8>> {
    let framed = |request: Request| Frame::Request { id: 5, request }.encode();
    let real: Vec<Request> = settled()
        .into_iter()
        .chain([
            Request::Append(append(2, Flag::Content, 2, "c")),
            Request::Append(append(2, Flag::Content, 0, "stale")),
            Request::Append(append(9, Flag::Content, 2, "no pass")),
            Request::ReadLog { log: log(1), pass: token(2), after: Seq(0), limit: 64 },
            Request::TakeKeyPackages { account: AccountId([1; 32]), pass: TakePass::new([5; 32]) },
            Request::FetchStates { account: IdentityKey::from_seed(&[1; 32]).account(), from_seq: 0 },
            Request::DeleteBlob { blob: BlobId::of(b"a blob"), token: DeleteToken::new([7; 32]) },
        ])
        .collect();
    let mut all: Vec<Vec<u8>> = real.iter().flat_map(|request| [0, 1].map(|act| step(act, &framed(request.clone())))).collect();
    all.push(real.iter().flat_map(|request| step(0, &framed(request.clone()))).collect());
    all.push(real.iter().flat_map(|request| step(2, &request.encode())).collect());
    all.extend(wire_request_seeds().iter().map(|request| step(2, request)));
    all.push([step(4, &[0x1d, 0xcd, 0x65, 0x00]), step(5, &[]), step(3, &[9; 40]), step(4, &[2, 0, 0, 0, 0]), step(5, &[])].concat());
    all
}
