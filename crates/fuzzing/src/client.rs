//! The client's handler: a hostile server, a hostile member and a hostile stranger find somebody who has not read everything yet. Nothing they
//! say is a fault of the device, shows words that nobody said, or hides for good what was said.

use crate::bytes::wire_frame_seeds;
use crate::steps::{step, steps};
use bytes::Bytes;
use client::{Client, Config, Effect, Input, Link, store};
use franking::{SignedStamp, Stamp, StampKey};
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::XWing};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use server::function::ConnId;
use sim::world::{Weather, World};
use std::sync::{LazyLock, Mutex, PoisonError};
use view::{Command, Outgoing, Reply};
use wire::call::{Flag, Frame, News, Push, Record, Response, WireStamp};
use wire::limits::FRAME_MAX;
use wire::{AccountId, Chain, Commitment, Hash32, Millis, PassHash, Route, Seq};

const HONEST: &str = "honest words";
const WAITING: &str = "words that wait";
/// What a hostile server says in one input.
const STEPS: usize = 8;
/// The stamp key of the simulated world.
const STAMP_SEED: [u8; 32] = [2; 32];
const INBOX_INFO: &[u8] = b"treehouse/1 inbox";
const ENCAPSULATED: usize = 1120;

/// Where somebody has read a log.
#[derive(Clone, Copy)]
struct Place {
    number: u32,
    route: Route,
    cursor: Seq,
    chain: Chain,
    ms: Millis,
}

/// Somebody whose device was off while a friend spoke, and who has something to say as well.
struct Scene {
    /// Their database, without encryption, to be copied for each input.
    db: Mutex<Connection>,
    now: Millis,
    account: AccountId,
    inbox_key: [u8; 32],
    /// What an honest server says to this client when it connects, the friend's words at the end.
    script: Vec<Frame>,
    chat: Place,
    inbox: Place,
    honest: Record,
    /// The pass of a link that nobody used yet, and the one that the friend has.
    doors: [PassHash; 2],
    /// Letters that arrived in this inbox.
    letters: Vec<Vec<u8>>,
}

static SCENE: LazyLock<Scene> = LazyLock::new(Scene::new);

impl Scene {
    fn new() -> Self {
        let mut world = World::new(11, Weather::FAIR);
        let (alice, bob) = (world.person("alice"), world.person("bob"));
        let (hers, his) = world.befriend(alice, bob);
        let made = world.command(alice, Command::MakeLink { label: "more".into(), uses: 1000, days: 1 });
        let Ok(Reply::Link { url, .. }) = made else { panic!("no link") };
        world.run(5000);
        let speak = |chat, text: &str| Command::Send { chat, what: Outgoing::Text(text.into()), reply: None };
        world.people[alice].crash();
        world.command(bob, speak(his, HONEST)).expect("said");
        world.run(5000);
        world.people[alice].start();
        world.command(alice, speak(hers, WAITING)).expect("queued");
        world.people[alice].crash();

        let db = plain_copy(world.people[alice].path());
        let link = Link::parse(&url).expect("our own link").drop.hash();
        let contact = db.query_row("SELECT hash FROM inbox_pass WHERE id = (SELECT max(inbox_pass) FROM contact)", [], |row| row.get(0));
        let account =
            Client::new(copy(&db), Config { key_packages: 0, ..Config::default() }).account_id().expect("readable").expect("an account");
        let inbox_key = db.query_row("SELECT inbox_key FROM account", [], |row| row.get(0)).expect("an inbox key");
        let (chat, inbox) = (place(&db, "inbox = 0"), place(&db, "inbox = 1"));
        let mut scene = Self {
            db: Mutex::new(db),
            now: world.now,
            account,
            inbox_key,
            script: vec![],
            chat,
            inbox,
            honest: Record { stamp: stamp_of(&StampKey::from_seed(&STAMP_SEED), empty(chat)), record: Bytes::new() },
            doors: [link, PassHash(contact.expect("a friend's pass"))],
            letters: vec![],
        };
        scene.script = scene.honest_script(&mut world);
        let pushes = scene.script.iter().filter_map(|frame| if let Frame::Push(push) = frame { Some(push) } else { None });
        scene.honest =
            pushes.filter(|push| push.number == chat.number).flat_map(|push| push.records.clone()).next().expect("the friend's words");
        scene.letters = scene.letters_of(&mut world);
        scene
    }

    fn client(&self) -> Client {
        Client::new(copy(&self.db.lock().unwrap_or_else(PoisonError::into_inner)), Config { key_packages: 0, ..Config::default() })
    }

    /// Lets the client talk to the world's server until neither has more to say, and keeps what the server said.
    fn honest_script(&self, world: &mut World) -> Vec<Frame> {
        const CONN: ConnId = ConnId(u64::MAX);
        let (mut client, mut script, now) = (self.client(), vec![], self.now);
        world.server().connect(CONN, [0; 32]);
        let mut inputs = std::collections::VecDeque::from([Input::Connected { binding: [0; 32] }]);
        while let Some(input) = inputs.pop_front() {
            let seed = [script.len() as u8; 32];
            for frame in client.handle(now, seed, input).expect("an honest world").effects {
                let Effect::Send(frame) = frame else { continue };
                let said = world.server().handle(now, seed, CONN, frame);
                let mine = said.into_iter().filter(|(to, _)| *to == CONN).map(|(_, frame)| frame);
                for frame in mine {
                    script.push(frame.clone());
                    inputs.push_back(Input::Frame(frame));
                }
            }
        }
        assert_eq!(texts(&client), [HONEST, WAITING], "the honest world works");
        script
    }

    /// What lies in this inbox, opened.
    fn letters_of(&self, world: &mut World) -> Vec<Vec<u8>> {
        const CONN: ConnId = ConnId(u64::MAX - 1);
        let (mut client, now) = (self.client(), self.now);
        world.server().connect(CONN, [0; 32]);
        let mut letters = vec![];
        let mut inputs = vec![Input::Connected { binding: [0; 32] }];
        while let Some(input) = inputs.pop() {
            for effect in client.handle(now, [9; 32], input).expect("an honest world").effects {
                let Effect::Send(mut frame) = effect else { continue };
                // The inbox from its beginning: what was deposited is still there.
                if let Frame::Request { request: wire::call::Request::Subscribe { entries }, .. } = &mut frame {
                    entries.iter_mut().filter(|entry| entry.number == self.inbox.number).for_each(|entry| entry.cursor = Seq(0));
                }
                for (to, frame) in world.server().handle(now, [9; 32], CONN, frame) {
                    match frame {
                        Frame::Push(push) if to == CONN && push.number == self.inbox.number => {
                            letters.extend(push.records.iter().filter_map(|record| self.open(&record.record)));
                        }
                        frame @ Frame::Response { .. } if to == CONN => inputs.push(Input::Frame(frame)),
                        _ => {}
                    }
                }
            }
        }
        letters
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (key, _) = XWing::derive_keypair(&self.inbox_key);
        let (enc, ciphertext) = sealed.split_at_checked(ENCAPSULATED)?;
        let enc = <XWing as hpke::Kem>::EncappedKey::from_bytes(enc).ok()?;
        let padded = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &key,
            &enc,
            INBOX_INFO,
            ciphertext,
            &self.account.0,
        );
        let padded = padded.ok()?;
        let (length, rest) = padded.split_first_chunk::<4>()?;
        rest.get(..u32::from_be_bytes(*length) as usize).map(<[u8]>::to_vec)
    }

    /// As docs/spec/delivery.md says, but for the padding: any length opens.
    fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let (_, key) = XWing::derive_keypair(&self.inbox_key);
        let padded = [&(plain.len() as u32).to_be_bytes()[..], plain].concat();
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let sealed = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &key,
            INBOX_INFO,
            &padded,
            &self.account.0,
            &mut rng,
        );
        let (enc, ciphertext) = sealed.expect("a key of ours");
        [enc.to_bytes().as_slice(), &ciphertext].concat()
    }

    /// A client that is connected and has heard the first frames of the script.
    fn connected(&self, heard: usize) -> Device<'_> {
        let mut device = Device { scene: self, client: self.client(), inputs: 0 };
        device.connect(heard);
        device
    }

    /// All of the script but the last push, which holds the friend's words.
    fn before_the_words(&self) -> usize {
        let words = |frame: &Frame| matches!(frame, Frame::Push(push) if push.number == self.chat.number);
        self.script.iter().position(words).expect("the words are in the script")
    }
}

/// A client under attack.
struct Device<'s> {
    scene: &'s Scene,
    client: Client,
    inputs: u8,
}

impl Device<'_> {
    /// # Panics
    /// The client says that the device failed: whatever comes from outside is no fault of it.
    fn take(&mut self, input: Input) {
        self.inputs = self.inputs.wrapping_add(1);
        let step = self.client.handle(self.scene.now, [self.inputs; 32], input);
        for effect in step.unwrap_or_else(|fault| panic!("the device is said to have failed: {fault}")).effects {
            if let Effect::Send(frame) = effect {
                assert!(frame.encode().len() <= FRAME_MAX);
            }
        }
    }

    fn connect(&mut self, heard: usize) {
        self.take(Input::Disconnected);
        self.inputs = 0;
        self.take(Input::Connected { binding: [0; 32] });
        for frame in &self.scene.script[..heard] {
            self.take(Input::Frame(frame.clone()));
        }
    }

    /// Nothing is shown that nobody said, nothing twice, and what waits still waits or was sent.
    fn shows_only_what_was_said(&self) -> usize {
        let shown = texts(&self.client);
        let count = |text: &str| shown.iter().filter(|shown| *shown == text).count();
        assert_eq!(count(WAITING), 1, "{shown:?}");
        assert!(count(HONEST) <= 1 && shown.len() == count(HONEST) + 1, "{shown:?}");
        count(HONEST)
    }

    /// Whether the client still takes part in the chat.
    fn is_in_the_chat(&self) -> bool {
        let chats = self.client.audit().expect("readable");
        chats.iter().any(|chat| chat.route == self.scene.chat.route && chat.state == "active")
    }
}

/// What is shown, but for lines of the device's own about what happened: those have no words.
fn texts(client: &Client) -> Vec<String> {
    let chats = client.audit().expect("readable");
    let messages = chats.into_iter().flat_map(|chat| chat.messages);
    let said = messages.filter(|message| message.shown && !(message.state == "notice" && message.text.is_empty()));
    let mut texts: Vec<String> = said.map(|message| message.text).collect();
    texts.sort();
    texts
}

/// What a person's device holds, in a database that anybody can copy.
fn plain_copy(path: &std::path::Path) -> Connection {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = folder.path().join("plain.db");
    let db = store::open(path, &[7; 32]).expect("the person's database");
    db.execute("ATTACH DATABASE ?1 AS plain KEY ''", [plain.to_str().expect("a path in UTF-8")]).expect("a second database");
    db.query_row("SELECT sqlcipher_export('plain')", [], |_| Ok(())).expect("a copy");
    db.execute_batch("PRAGMA plain.user_version = 1; DETACH DATABASE plain").expect("a copy");
    copy(&Connection::open(plain).expect("a copy"))
}

fn copy(from: &Connection) -> Connection {
    let mut to = Connection::open_in_memory().expect("memory");
    let pages = Backup::new(from, &mut to).expect("memory");
    pages.step(-1).expect("memory");
    drop(pages);
    to.set_prepared_statement_cache_capacity(256);
    to
}

fn place(db: &Connection, which: &str) -> Place {
    let query = format!("SELECT id, route, cursor, chain, ms FROM log WHERE {which} AND live = 1");
    db.query_row(&query, [], |row| {
        Ok(Place {
            number: row.get(0)?,
            route: Route(row.get(1)?),
            cursor: Seq(row.get::<_, i64>(2)? as u64),
            chain: Chain(row.get(3)?),
            ms: Millis(row.get::<_, i64>(4)? as u64),
        })
    })
    .expect("a log")
}

/// The next stamp at a place, of nothing.
fn empty(place: Place) -> Stamp {
    let Place { route, cursor, chain, ms, .. } = place;
    let nothing = PassHash([0; 32]);
    Stamp { route, seq: cursor.next(), ms, flag: Flag::Content, by: nothing, c: Commitment::NONE, h: Hash32::of(&[]), prev: chain }
}

fn stamp_of(key: &StampKey, stamp: Stamp) -> WireStamp {
    let SignedStamp { stamp: Stamp { seq, ms, flag, by, c, prev, .. }, key_id, signature } = key.stamp(stamp);
    WireStamp { seq, ms, flag, by, c, prev, key_id, signature }
}

impl Place {
    /// A record as an honest server stamps it, whatever is in it; the place moves behind it.
    fn append(&mut self, flag: Flag, by: PassHash, c: Commitment, ms: Millis, bytes: &[u8]) -> Record {
        let stamp = Stamp { flag, by, c, ms: ms.max(self.ms), h: Hash32::of(bytes), ..empty(*self) };
        (self.cursor, self.chain, self.ms) = (stamp.seq, stamp.chain(), stamp.ms);
        Record { stamp: stamp_of(&StampKey::from_seed(&STAMP_SEED), stamp), record: Bytes::copy_from_slice(bytes) }
    }

    fn push(&self, records: Vec<Record>) -> Input {
        Input::Frame(Frame::Push(Push { number: self.number, records, ended: false }))
    }
}

/// A server without the stamp key: frames of any kind at any point of a connection. When an honest one answers again, nothing is lost.
pub fn frames(data: &[u8]) {
    let scene = &*SCENE;
    let Some((at, data)) = data.split_first() else { return };
    let mut device = scene.connected(usize::from(*at) % (scene.script.len() + 1));
    for (act, bytes) in steps(data, STEPS) {
        match act % 8 {
            0 => device.take(Input::Tick),
            1 => device.connect(usize::from(act / 8) % (scene.script.len() + 1)),
            _ => {
                if let Ok(frame) = Frame::decode(Bytes::copy_from_slice(bytes)) {
                    device.take(Input::Frame(frame));
                }
            }
        }
    }
    device.shows_only_what_was_said();
    if device.is_in_the_chat() {
        device.connect(scene.script.len());
        assert_eq!(device.shows_only_what_was_said(), 1, "an honest server is not heard any more");
    }
}

/// A member: records of any bytes, in their place and truly stamped. What the friend says after them is shown.
pub fn record(data: &[u8]) {
    let scene = &*SCENE;
    let mut device = scene.connected(scene.before_the_words());
    let mut place = scene.chat;
    let mut spoiled = false;
    for (act, bytes) in steps(data, STEPS) {
        let flag = if act & 1 == 0 { Flag::Content } else { Flag::Commit };
        let by = if act & 2 == 0 { scene.honest.stamp.by } else { PassHash([act; 32]) };
        let c = if act & 4 == 0 { scene.honest.stamp.c } else { Commitment::NONE };
        let ms = if act & 8 == 0 { scene.honest.stamp.ms } else { Millis(u64::MAX >> (act >> 4)) };
        // The friend's own words, or their beginning, take the place of the true ones.
        spoiled |= bytes.starts_with(&scene.honest.record[..8]) || act & 8 != 0;
        let record = place.append(flag, by, c, ms, bytes);
        device.take(place.push(vec![record]));
    }
    device.shows_only_what_was_said();
    let WireStamp { by, c, ms, .. } = scene.honest.stamp;
    let honest = place.append(Flag::Content, by, c, ms, &scene.honest.record);
    device.take(place.push(vec![honest]));
    let shown = device.shows_only_what_was_said();
    assert!(shown == 1 || spoiled, "a friend is not heard any more");
}

/// Whoever holds a link, and a friend: letters of any bytes, sealed as they must be. No chat appears, and none goes.
pub fn inbox(data: &[u8]) {
    let scene = &*SCENE;
    let mut device = scene.connected(scene.before_the_words());
    let mut place = scene.inbox;
    for (act, bytes) in steps(data, STEPS) {
        let sealed = if act & 2 == 0 { scene.seal(bytes) } else { bytes.to_vec() };
        let record = place.append(Flag::Content, scene.doors[usize::from(act & 1)], Commitment::NONE, scene.now, &sealed);
        device.take(place.push(vec![record]));
    }
    assert!(device.is_in_the_chat() && device.client.audit().expect("readable").len() == 1);
    for frame in &scene.script[scene.before_the_words()..] {
        device.take(Input::Frame(frame.clone()));
    }
    assert_eq!(device.shows_only_what_was_said(), 1, "a friend is not heard any more");
}

pub fn frame_seeds() -> Vec<Vec<u8>> {
    let scene = &*SCENE;
    let mut seeds = vec![vec![0], vec![255]];
    for (heard, frame) in scene.script.iter().enumerate() {
        let frame = step(2, &frame.encode());
        // In its place, twice, too early, and after all others.
        seeds.push([&[heard as u8][..], &frame].concat());
        seeds.push([&[heard as u8][..], &frame, &frame].concat());
        seeds.push([&[0][..], &frame, &step(0, &[])].concat());
        seeds.push([&[scene.script.len() as u8][..], &frame, &step(1, &[])].concat());
    }
    for (heard, frame) in scene.script.iter().enumerate() {
        let Frame::Response { id, response: Response::Subscribed { .. } } = frame else { continue };
        let stranger = News { number: 99, head: Seq(5), first: Seq(1) };
        for (news, gone) in
            [(vec![stranger], vec![]), (vec![], vec![99]), (vec![News { head: Seq(u64::MAX), ..stranger }], vec![0, u32::MAX])]
        {
            let lie = Frame::Response { id: *id, response: Response::Subscribed { news, gone } };
            let page = Frame::Push(Push { number: 99, records: vec![scene.honest.clone()], ended: true });
            seeds.push([&[heard as u8][..], &step(2, &lie.encode()), &step(2, &page.encode())].concat());
        }
    }
    seeds.extend(wire_frame_seeds().iter().map(|frame| [&[scene.before_the_words() as u8][..], &step(2, frame)].concat()));
    seeds
}

pub fn record_seeds() -> Vec<Vec<u8>> {
    let honest = &SCENE.honest.record;
    let acts = [0, 1, 2, 4, 8, 15, 0xf8];
    let mut seeds: Vec<Vec<u8>> = acts.iter().map(|act| step(*act, honest)).collect();
    seeds.extend(acts.iter().map(|act| step(*act, b"junk")));
    seeds.push([step(0, &honest[..honest.len() / 2]), step(1, &[]), step(0, &[1, 0, 2, 0, 1])].concat());
    seeds
}

pub fn inbox_seeds() -> Vec<Vec<u8>> {
    let letters = &SCENE.letters;
    assert!(!letters.is_empty(), "no letters to begin with");
    let each = letters.iter().flat_map(|letter| [0, 1].map(|act| step(act, letter)));
    each.chain([step(2, &[7; 4096]), step(0, &[]), step(1, b"\x1a\x00")]).collect()
}
