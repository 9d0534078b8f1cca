//! One person: a real client over a real database file, a clock of its own, and power cuts.

use crate::fingerprint::Fingerprint;
use client::audit::Misdeed;
use client::{Client, Config, Effect, Fault, FetchJob, Input, Step, StoreJob, store};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use view::{Command, Event, Refusal, Reply, Settings, Switch};
use wire::BlobId;
use wire::Millis;
use wire::call::{Frame, HandleCost};
use wire::content::{Body, Kinds};
use zeroize::Zeroizing;

/// KeyPackages are costly to make and few are taken.
const KEY_PACKAGES: usize = 4;

pub struct Person {
    pub name: String,
    /// How far the device's clock is from the world's.
    pub clock_skew: i64,
    pub client: Option<Client>,
    pub events: Vec<Event>,
    /// Every frame from this person's devices and to them.
    pub frames: Fingerprint,
    /// Blobs that were to be deleted from the device.
    pub forgotten: Vec<BlobId>,
    pub conn: Option<u64>,
    /// Lost, or left behind: it is not connected any more, and what it holds counts as what was said.
    pub retired: bool,
    pub wake: Option<Millis>,
    /// When the world will wake the device.
    pub alarm: Option<Millis>,
    /// What its program understands.
    pub kinds: Kinds,
    path: PathBuf,
    /// So many COMMITs from now one fails, as a power cut before it would. 0: none.
    cut: Arc<AtomicU64>,
}

thread_local! {
    static STRETCHED: Cell<u64> = const { Cell::new(0) };
}

/// How often devices of this thread's worlds stretched a word.
pub fn stretched() -> u64 {
    STRETCHED.get()
}

fn counted(word: &[u8], salt: &[u8], cost: HandleCost) -> Option<Zeroizing<[u8; 32]>> {
    STRETCHED.set(STRETCHED.get() + 1);
    client::stretch(word, salt, cost)
}

/// A blob to be stored or fetched.
#[derive(Debug)]
pub enum Blob {
    Store(StoreJob),
    Fetch(FetchJob),
}

/// What handling an input led to, for the world to carry out.
pub struct Done {
    pub frames: Vec<Frame>,
    /// What goes beside the connection: blobs.
    pub blobs: Vec<Blob>,
    pub close: bool,
    pub reply: Option<Result<Reply, Refusal>>,
    /// The power went out before the commit.
    pub cut: bool,
}

impl Person {
    pub fn new(name: &str, path: PathBuf, clock_skew: i64) -> Self {
        let mut person = Self {
            name: name.to_owned(),
            clock_skew,
            client: None,
            events: vec![],
            frames: Fingerprint::default(),
            forgotten: vec![],
            conn: None,
            retired: false,
            wake: None,
            alarm: None,
            kinds: Kinds::ALL,
            path,
            cut: Arc::default(),
        };
        person.start();
        person
    }

    /// Opens the client over what the disk holds.
    pub fn start(&mut self) {
        let mut db = store::open(&self.path, &[7; 32]).expect("the database of a person opens");
        let cut = Arc::clone(&self.cut);
        let count_down = move || cut.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) == Ok(1);
        db.commit_hook(Some(count_down)).expect("a commit hook");
        self.client =
            Some(Client::new(db, Config { key_packages: KEY_PACKAGES, kinds: self.kinds, stretch: counted, ..Config::default() }));
    }

    /// The power goes: memory is lost, what was committed stays.
    pub fn crash(&mut self) {
        self.client = None;
        self.conn = None;
        self.wake = None;
        self.alarm = None;
    }

    /// Where the disk of the device lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Of the next input this commit will not happen, counted from 1. An input has one: a second is a rule that was broken.
    pub fn cut_before_commit(&self, number: u64) {
        self.cut.store(number, Ordering::Relaxed);
    }

    pub fn clock(&self, now: Millis) -> Millis {
        Millis(now.0.saturating_add_signed(self.clock_skew))
    }

    pub fn handle(&mut self, now: Millis, seed: [u8; 32], input: Input) -> Done {
        let clock = self.clock(now);
        self.act(|client| client.handle(clock, seed, input))
    }

    /// Lets others see what is read and written here. Nothing leaves.
    pub fn talks(&mut self, now: Millis) {
        let settings = Settings { receipts: Switch::On, typing: Switch::On, ..Settings::default() };
        let done = self.handle(now, [0; 32], Input::Command { id: [0xff; 16], command: Command::ChangeSettings(settings) });
        done.reply.expect("switched on").expect("and not refused");
    }

    pub fn misbehave(&mut self, now: Millis, seed: [u8; 32], chat: i64, misdeed: Misdeed) -> Done {
        let clock = self.clock(now);
        self.act(|client| client.misbehave(clock, seed, chat, misdeed))
    }

    pub fn say_body(&mut self, now: Millis, seed: [u8; 32], chat: i64, body: Body) -> Done {
        let clock = self.clock(now);
        self.act(|client| client.say_body(clock, seed, chat, body))
    }

    fn act(&mut self, act: impl FnOnce(&mut Client) -> Result<Step, Fault>) -> Done {
        let mut done = Done { frames: vec![], blobs: vec![], close: false, reply: None, cut: false };
        let Some(client) = self.client.as_mut() else { return done };
        let armed = self.cut.load(Ordering::Relaxed);
        let acted = act(client);
        let left = self.cut.swap(0, Ordering::Relaxed);
        match acted {
            Ok(step) => {
                done.reply = step.reply;
                self.wake = step.deadline.map(|at| Millis(at.0.saturating_add_signed(-self.clock_skew)));
                for effect in step.effects {
                    match effect {
                        Effect::Send(frame) => done.frames.push(frame),
                        Effect::Close => done.close = true,
                        Effect::Event(event) => self.events.push(event),
                        // Files are the business of real shells.
                        Effect::Upload(_) | Effect::StopUpload { .. } => {}
                        Effect::Forget(blob) => self.forgotten.push(blob),
                        Effect::Store(job) => done.blobs.push(Blob::Store(*job)),
                        Effect::Fetch(job) => done.blobs.push(Blob::Fetch(*job)),
                    }
                }
            }
            Err(fault) => {
                // Nothing that comes from outside is a failure of the device.
                assert!(armed > 0 && left == 0, "{}: {fault}", self.name);
                done.cut = true;
            }
        }
        done
    }

    pub fn command_input(seed: [u8; 32], command: Command) -> Input {
        let mut id = [0; 16];
        id.copy_from_slice(&seed[..16]);
        Input::Command { id, command }
    }

    pub fn client(&self) -> &Client {
        self.client.as_ref().expect("the device is on")
    }
}
