//! The clock, the network, one server and people. Everything that happens is an event in one queue; a seed gives the same world twice.

use crate::dice::Dice;
use crate::disk::Disk;
use crate::evil::Evil;
use crate::fingerprint::Fingerprint;
use crate::person::{Blob, Person};
use bytes::Bytes;
use client::audit::Misdeed;
use client::{BlobTrouble, FetchJob, Input, StoreJob};
use franking::{StampKey, StampPublic};
use server::blobs::MemoryBlobs;
use server::function::{ConnId, Server};
use server::gate::Config;
use server::keys::{Seed, ServerKeys};
use server::store::sqlite::{Durability, SqliteStore};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use view::{Command, Refusal, Reply, VaultCommand, Words};
use wire::call::{Frame, HandleCost, Refusal as Refused, Request, Response, Signal};
use wire::content::Body;
use wire::{BlobId, LogId, Millis, Seq};

pub use crate::weather::Weather;

/// The address everybody's account is on.
pub const SERVER: &str = "http://127.0.0.1:1";
/// When the world begins: 2027-01-01.
const BEGIN: Millis = Millis(1_798_761_600_000);
/// How often the server does the work of time.
const TICK: u64 = 1000;
/// And when nobody has asked anything for a while.
const TICK_QUIET: u64 = 10 * 60 * 1000;
const QUIET: u64 = 60 * 1000;
/// What a server's clock may be set back by when it starts.
const SERVER_BEHIND_MAX: u64 = 20 * 1000;

#[derive(Debug)]
enum Happening {
    ToServer {
        conn: u64,
        frame: Frame,
    },
    ToClient {
        person: usize,
        conn: u64,
        frame: Frame,
    },
    /// The person's end of a connection learns that it is over.
    Broken {
        person: usize,
    },
    /// The server's end does.
    Closed {
        conn: u64,
    },
    Connect {
        person: usize,
    },
    Start {
        person: usize,
    },
    /// A blob reaches the server, or a request for one.
    Blob {
        person: usize,
        blob: Blob,
    },
    /// A device hears what became of a blob.
    BlobDone {
        person: usize,
        input: Input,
    },
    Wake {
        person: usize,
    },
    ServerTick,
}

const STAMP_SEED: [u8; 32] = [2; 32];

fn keys() -> ServerKeys {
    ServerKeys::new(&Seed([1; 32]), &Seed(STAMP_SEED), Seed([3; 32]))
}

fn open(store: SqliteStore, blobs: MemoryBlobs) -> Server<SqliteStore, MemoryBlobs> {
    let keys = keys();
    let config = Config { handle_cost: HandleCost { memory_kib: 8, passes: 1 }, ..Config::default() };
    Server::open(store, blobs, keys, config)
}

pub struct World {
    pub now: Millis,
    pub dice: Dice,
    pub weather: Weather,
    /// What a dishonest server or member does to frames; none: nothing.
    pub evil: Option<Evil>,
    pub people: Vec<Person>,
    /// Vaults that were brought to the server, oldest first.
    pub vaults: Vec<Bytes>,
    /// What a dishonest server shows in the place of every vault.
    pub shown_vault: Option<Bytes>,
    /// Where the server knocked for devices that were away.
    pub knocks: Vec<String>,
    /// Who asked for which log, and from which place on.
    pub readings: Vec<(usize, LogId, Seq)>,
    /// Signals that the server passed on, and to whom: what one that keeps them has.
    pub signals: Vec<(usize, Signal)>,
    server: Option<Server<SqliteStore, MemoryBlobs>>,
    /// A second history, made by a server that lies, and who is shown it.
    other: Option<Server<SqliteStore, MemoryBlobs>>,
    deceived: BTreeSet<usize>,
    /// Connections to the second history.
    astray: BTreeSet<u64>,
    queue: BTreeMap<(Millis, u64), Happening>,
    count: u64,
    conns: u64,
    /// Arrival times on one connection do not overtake each other.
    last_arrival: BTreeMap<(u64, bool), Millis>,
    frames: Fingerprint,
    /// Appends refused because they did not name the last Commit.
    pub stale: u64,
    last_request: Millis,
    /// How far the server's clock is behind the world's: it is set anew when the server starts.
    server_behind: u64,
    /// Prints everything that happens.
    pub trace: bool,
    folder: TempDir,
}

impl World {
    pub fn new(seed: u64, weather: Weather) -> Self {
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() { TempDir::with_prefix_in("treehouse-", memory) } else { TempDir::with_prefix("treehouse-") };
        let folder = folder.expect("a folder for the world");
        let mut world = Self {
            now: BEGIN,
            dice: Dice::new(seed),
            weather,
            evil: None,
            people: vec![],
            vaults: vec![],
            shown_vault: None,
            knocks: vec![],
            readings: vec![],
            signals: vec![],
            server: None,
            other: None,
            deceived: BTreeSet::new(),
            astray: BTreeSet::new(),
            queue: BTreeMap::new(),
            count: 0,
            conns: 0,
            last_arrival: BTreeMap::new(),
            frames: Fingerprint::default(),
            stale: 0,
            last_request: BEGIN,
            server_behind: 0,
            trace: std::env::var_os("TREEHOUSE_TRACE").is_some(),
            folder,
        };
        world.start_server();
        world.later(TICK, Happening::ServerTick);
        world
    }

    fn start_server(&mut self) {
        let store = SqliteStore::open(&self.folder.path().join("server.db"), Durability::Volatile).expect("the server's database opens");
        let blobs = match self.server.take() {
            Some(server) => server.into_parts().1,
            None => MemoryBlobs::default(),
        };
        self.server = Some(open(store, blobs));
    }

    /// A backup of the server.
    pub fn back_up(&mut self, name: &str) {
        self.exchange_server(|folder| (folder.join("server.db"), folder.join(name)));
    }

    /// A backup is brought back in the place of what the server holds.
    pub fn bring_back(&mut self, name: &str) {
        self.exchange_server(|folder| (folder.join(name), folder.join("server.db")));
    }

    /// Copies one file to another while the server is off.
    fn exchange_server(&mut self, files: impl FnOnce(&Path) -> (PathBuf, PathBuf)) {
        let (store, blobs) = self.server.take().expect("the server runs").into_parts();
        drop(store);
        let (from, to) = files(self.folder.path());
        std::fs::copy(from, to).expect("a copy of the server");
        let store = SqliteStore::open(&self.folder.path().join("server.db"), Durability::Volatile).expect("the server's database opens");
        self.server = Some(open(store, blobs));
        (0..self.people.len()).for_each(|person| self.lose_connection(person));
    }

    /// From now on the server shows some people another history than the others.
    pub fn split(&mut self, deceived: &[usize]) {
        let (store, blobs) = self.server.take().expect("the server runs").into_parts();
        drop(store);
        let copy = self.folder.path().join("other.db");
        std::fs::copy(self.folder.path().join("server.db"), &copy).expect("a second history");
        let store = SqliteStore::open(&copy, Durability::Volatile).expect("the second history opens");
        self.other = Some(open(store, MemoryBlobs::default()));
        let store = SqliteStore::open(&self.folder.path().join("server.db"), Durability::Volatile).expect("the first history opens");
        self.server = Some(open(store, blobs));
        self.deceived = deceived.iter().copied().collect();
        (0..self.people.len()).for_each(|person| self.lose_connection(person));
    }

    /// From now on everybody is shown the first history.
    pub fn unite(&mut self) {
        self.deceived.clear();
        (0..self.people.len()).for_each(|person| self.lose_connection(person));
    }

    /// The history that a connection is shown.
    fn server_of(&mut self, conn: u64) -> &mut Server<SqliteStore, MemoryBlobs> {
        let shown = if self.astray.contains(&conn) { &mut self.other } else { &mut self.server };
        shown.as_mut().expect("the server runs")
    }

    /// Somebody says something of a kind that no command makes.
    pub fn say_body(&mut self, person: usize, chat: i64, body: Body) {
        let (now, seed) = (self.now, self.dice.seed());
        let done = self.people[person].say_body(now, seed, chat, body);
        self.carry_out(person, done.frames, done.blobs, done.close);
    }

    /// A member does what no honest client does.
    pub fn misbehave(&mut self, person: usize, chat: i64, misdeed: Misdeed) {
        let (now, seed) = (self.now, self.dice.seed());
        let done = self.people[person].misbehave(now, seed, chat, misdeed);
        self.carry_out(person, done.frames, done.blobs, done.close);
    }

    pub fn server(&mut self) -> &mut Server<SqliteStore, MemoryBlobs> {
        self.server.as_mut().expect("the server runs")
    }

    /// The server's power goes and comes back: sessions are lost, what was committed stays.
    pub fn restart_server(&mut self) {
        self.start_server();
        self.server_behind = self.dice.between(0, SERVER_BEHIND_MAX);
        for person in 0..self.people.len() {
            self.lose_connection(person);
        }
    }

    /// The same, and its last commit had not reached the disk: nobody may have heard of it yet.
    pub fn restart_server_without_its_last_commit(&mut self) {
        let disk = Disk::of(&self.folder.path().join("server.db"));
        let (store, blobs) = self.server.take().expect("the server runs").into_parts();
        drop(store);
        disk.without_last_commit();
        let store = SqliteStore::open(&self.folder.path().join("server.db"), Durability::Volatile).expect("the server's database opens");
        self.server = Some(open(store, blobs));
        self.restart_server();
    }

    fn server_now(&self) -> Millis {
        Millis(self.now.0 - self.server_behind)
    }

    fn later(&mut self, delay: u64, happening: Happening) {
        self.at(self.now.plus(delay), happening);
    }

    fn at(&mut self, at: Millis, happening: Happening) {
        self.count += 1;
        self.queue.insert((at, self.count), happening);
    }

    /// A new person, connected and signed up, who lets others see what they read and write.
    pub fn person(&mut self, name: &str) -> usize {
        self.person_with_clock(name, 0)
    }

    /// A device without an account.
    pub fn stranger(&mut self, name: &str) -> usize {
        self.stranger_with_clock(name, 0)
    }

    fn stranger_with_clock(&mut self, name: &str, skew: i64) -> usize {
        let path = self.folder.path().join(format!("{name}.db"));
        self.people.push(Person::new(name, path, skew));
        self.people.len() - 1
    }

    pub fn person_with_clock(&mut self, name: &str, skew: i64) -> usize {
        let index = self.signed_up(name, skew);
        self.people[index].talks(self.now);
        index
    }

    /// A new person who has chosen nothing.
    pub fn signed_up(&mut self, name: &str, skew: i64) -> usize {
        let index = self.stranger_with_clock(name, skew);
        let sign_up = Command::SignUp { username: name.to_owned(), server: SERVER.into(), invite: None, display_name: None };
        self.command(index, sign_up).expect("a new account");
        self.later(1, Happening::Connect { person: index });
        index
    }

    /// Another device of a person, on which the account comes back with its words.
    pub fn restore(&mut self, person: usize, words: &Words) -> usize {
        let name = self.people[person].name.clone();
        let path = self.folder.path().join(format!("{name}-{}.db", self.people.len()));
        self.people.push(Person::new(&name, path, 0));
        let index = self.people.len() - 1;
        let restore = VaultCommand::Restore { words: words.clone(), server: SERVER.into() };
        self.command(index, Command::Vault(restore)).expect("words that hold");
        self.later(1, Happening::Connect { person: index });
        index
    }

    pub fn command(&mut self, person: usize, command: Command) -> Result<Reply, Refusal> {
        let seed = self.dice.seed();
        let input = Person::command_input(self.dice.seed(), command);
        let done = self.people[person].handle(self.now, seed, input);
        let reply = done.reply;
        self.carry_out(person, done.frames, done.blobs, done.close);
        reply.unwrap_or(Err(Refusal::Device { why: "off".into() }))
    }

    /// Something happens to a device.
    pub fn input(&mut self, person: usize, input: Input) {
        let seed = self.dice.seed();
        let fate = if self.dice.per_mille(self.weather.cuts) { self.dice.between(1, 3) } else { 0 };
        if fate == 1 {
            let number = self.dice.between(1, 2);
            self.people[person].cut_before_commit(number);
        }
        let mut done = self.people[person].handle(self.now, seed, input);
        if done.cut || fate == 2 {
            done.frames.clear();
            done.blobs.clear();
        }
        if fate == 3 && !done.frames.is_empty() {
            let kept = self.dice.between(0, done.frames.len() as u64 - 1) as usize;
            done.frames.truncate(kept);
        }
        self.carry_out(person, done.frames, done.blobs, done.close);
        if done.cut || fate != 0 {
            self.power_cut(person);
        }
    }

    /// A device that was switched on again finds its way.
    pub fn reconnect(&mut self, person: usize) {
        self.later(1, Happening::Connect { person });
    }

    /// The device goes off now and comes back after a while.
    pub fn power_cut(&mut self, person: usize) {
        if let Some(conn) = self.people[person].conn {
            self.close(conn);
        }
        self.people[person].crash();
        let off = self.dice.between(1, self.weather.reconnect_max);
        self.later(off, Happening::Start { person });
    }

    fn carry_out(&mut self, person: usize, frames: Vec<Frame>, blobs: Vec<Blob>, close: bool) {
        for blob in blobs {
            let delay = self.dice.between(self.weather.delay_min, self.weather.delay_max);
            self.later(delay, Happening::Blob { person, blob });
        }
        let Some(conn) = self.people[person].conn else { return };
        for frame in frames {
            if self.dice.per_mille(self.weather.breaks) {
                self.lose_connection(person);
                return;
            }
            let frame = match &mut self.evil {
                Some(evil) => evil.to_server(&mut self.dice, person, frame),
                None => frame,
            };
            if let Frame::Request { request: Request::PutVault { sealed, .. }, .. } = &frame {
                self.vaults.push(sealed.clone());
            }
            if let Frame::Request { request: Request::ReadLog { log, after, .. }, .. } = &frame {
                self.readings.push((person, *log, *after));
            }
            self.frames.add(&frame);
            self.people[person].frames.add(&frame);
            self.send(conn, true, |_| Happening::ToServer { conn, frame });
        }
        if close {
            self.lose_connection(person);
        }
        if let Some(wake) = self.people[person].wake.take() {
            let at = wake.max(self.now.plus(1));
            // One alarm a person: a later one is set when this one has rung.
            if self.people[person].alarm.is_none_or(|set| set > at) {
                self.people[person].alarm = Some(at);
                self.at(at, Happening::Wake { person });
            }
        }
    }

    /// What the server signs stamps with.
    pub fn stamp_key(&self) -> StampPublic {
        StampPublic::from_bytes(&keys().stamp_key()).expect("a stamp key")
    }

    /// The key itself: what a server has that helps somebody to forge.
    pub fn stamp_secret(&self) -> StampKey {
        StampKey::from_seed(&STAMP_SEED)
    }

    /// A hash over every frame sent so far: a seed gives the same one twice.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.frames.get()
    }

    fn send(&mut self, conn: u64, up: bool, happening: impl FnOnce(Millis) -> Happening) {
        let arrival = self.now.plus(self.dice.between(self.weather.delay_min, self.weather.delay_max));
        let last = self.last_arrival.entry((conn, up)).or_default();
        *last = arrival.max(*last);
        let at = *last;
        self.at(at, happening(at));
    }

    /// The server's end learns at once that a connection is over, or when all that is under way has arrived: perhaps after the next connection
    /// was made.
    fn close(&mut self, conn: u64) {
        match self.last_arrival.get(&(conn, true)).copied() {
            Some(last) if self.dice.per_mille(500) => self.at(last.max(self.now.plus(1)), Happening::Closed { conn }),
            _ => self.later(1, Happening::Closed { conn }),
        }
    }

    /// Both ends lose it; what is under way to the server may still arrive, late.
    pub fn lose_connection(&mut self, person: usize) {
        let Some(conn) = self.people[person].conn.take() else { return };
        self.close(conn);
        self.later(1, Happening::Broken { person });
        let pause = self.dice.between(1, self.weather.reconnect_max);
        self.later(pause.max(2), Happening::Connect { person });
    }

    /// Lets time pass.
    pub fn run(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > end {
                break;
            }
            let ((at, _), happening) = entry.remove_entry();
            self.now = at;
            self.happen(happening);
        }
        self.now = end;
    }

    fn happen(&mut self, happening: Happening) {
        if self.trace {
            eprintln!("{} {happening:?}", self.now.since(BEGIN));
        }
        match happening {
            Happening::ToServer { conn, frame } => {
                self.last_request = self.now;
                let (now, seed) = (self.server_now(), self.dice.seed());
                let out = self.server_of(conn).handle(now, seed, ConnId(conn), frame);
                self.deliver(out);
            }
            Happening::ToClient { person, conn, frame } => {
                if self.people[person].conn == Some(conn) {
                    self.input(person, Input::Frame(frame));
                }
            }
            Happening::Closed { conn } => self.server_of(conn).disconnect(ConnId(conn)),
            Happening::Broken { person } => {
                if self.people[person].conn.is_none() && self.people[person].client.is_some() {
                    self.input(person, Input::Disconnected);
                }
            }
            Happening::Connect { person } => {
                let on = self.people[person].client.is_some() && !self.people[person].retired;
                if self.people[person].conn.is_none() && on {
                    self.conns += 1;
                    let conn = self.conns;
                    if self.deceived.contains(&person) {
                        self.astray.insert(conn);
                    }
                    self.server_of(conn).connect(ConnId(conn), [0; 32]);
                    self.people[person].conn = Some(conn);
                    self.input(person, Input::Connected { binding: [0; 32] });
                }
            }
            Happening::Start { person } => {
                if self.people[person].client.is_none() {
                    self.people[person].start();
                    self.later(1, Happening::Connect { person });
                }
            }
            Happening::Blob { person, blob } => {
                let lost = self.dice.per_mille(self.weather.breaks);
                let input = match blob {
                    Blob::Store(job) => {
                        let (id, outcome) = (job.id, self.store_blob(&job));
                        Input::Stored { id, outcome: if lost { Err(BlobTrouble::Interrupted) } else { outcome } }
                    }
                    Blob::Fetch(job) => {
                        let (id, outcome) = (job.id, self.fetch_blob(&job));
                        Input::Fetched { id, outcome: if lost { Err(BlobTrouble::Interrupted) } else { outcome } }
                    }
                };
                let delay = self.dice.between(self.weather.delay_min, self.weather.delay_max);
                self.later(delay, Happening::BlobDone { person, input });
            }
            Happening::BlobDone { person, input } => {
                if self.people[person].client.is_some() {
                    self.input(person, input);
                }
            }
            Happening::Wake { person } => {
                if self.people[person].alarm == Some(self.now) {
                    self.people[person].alarm = None;
                    self.input(person, Input::Tick);
                }
            }
            Happening::ServerTick => {
                let now = self.server_now();
                let mut tick = self.server().tick(now);
                if let Some(other) = &mut self.other {
                    let there = other.tick(now);
                    tick.pushes.extend(there.pushes);
                    tick.closed.extend(there.closed);
                }
                self.knocks.extend(tick.knocks.iter().map(|knock| knock.endpoint.as_str().to_owned()));
                self.deliver(tick.pushes);
                for closed in tick.closed {
                    if let Some(person) = self.people.iter().position(|person| person.conn == Some(closed.0)) {
                        self.lose_connection(person);
                    }
                }
                let busy = self.now.since(self.last_request) < QUIET;
                self.later(if busy { TICK } else { TICK_QUIET }, Happening::ServerTick);
            }
        }
    }

    /// As the real shell does it; a session that is over interrupts.
    fn store_blob(&mut self, job: &StoreJob) -> Result<BlobId, BlobTrouble> {
        let (now, seeds) = (self.server_now(), [self.dice.seed(), self.dice.seed()]);
        let blob = BlobId::of(&job.bytes);
        let server = self.server.as_mut().expect("the server runs");
        let create = Request::CreateBlob { length: job.bytes.len() as u64, delete_hash: job.delete_hash };
        let Response::Upload { upload, .. } = server.call(now, seeds[0], Some(&job.bearer), [0; 32], create) else {
            return Err(BlobTrouble::Interrupted);
        };
        server.upload(now, &job.bearer, &upload, 0, &job.bytes).map_err(|_| BlobTrouble::Interrupted)?;
        match server.call(now, seeds[1], Some(&job.bearer), [0; 32], Request::CompleteBlob { upload, blob }) {
            Response::Stored { blob } => Ok(blob),
            _ => Err(BlobTrouble::Interrupted),
        }
    }

    fn fetch_blob(&mut self, job: &FetchJob) -> Result<Vec<u8>, BlobTrouble> {
        let now = self.server_now();
        match self.server().download(now, &job.bearer, &job.blob, 0..job.length) {
            Ok((bytes, _)) => Ok(bytes.to_vec()),
            Err(Refused::NotFound) => Err(BlobTrouble::Refused),
            Err(_) => Err(BlobTrouble::Interrupted),
        }
    }

    fn deliver(&mut self, out: Vec<(ConnId, Frame)>) {
        for (ConnId(conn), frame) in out {
            self.stale += u64::from(matches!(&frame, Frame::Response { response: Response::Refused(Refused::Stale { .. }), .. }));
            let Some(person) = self.people.iter().position(|person| person.conn == Some(conn)) else { continue };
            if self.dice.per_mille(self.weather.breaks) {
                self.lose_connection(person);
                continue;
            }
            let frame = match &mut self.evil {
                Some(evil) => evil.to_client(&mut self.dice, person, frame),
                None => Some(frame),
            };
            let Some(frame) = frame else { continue };
            let frame = match (frame, &self.shown_vault) {
                (Frame::Response { id, response: Response::Vault { version, .. } }, Some(shown)) => {
                    Frame::Response { id, response: Response::Vault { version, sealed: shown.clone() } }
                }
                (frame, _) => frame,
            };
            if let Frame::Heard(signal) = &frame {
                self.signals.push((person, signal.clone()));
            }
            self.frames.add(&frame);
            self.people[person].frames.add(&frame);
            self.send(conn, false, |_| Happening::ToClient { person, conn, frame });
        }
    }
}
