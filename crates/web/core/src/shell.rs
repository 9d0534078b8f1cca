//! The world around the client function in a browser: a clock, entropy, one connection that is made anew when it breaks, and the tabs that ask.

mod desk;
mod keeping;
mod outgoing;
mod own;
mod reporting;
mod whole;

use crate::files::{Ahead, Kept, Outgoing};
use crate::http::Http;
use crate::js::{self, Lost, Timer};
use crate::keyring::{Sealed, StoreKey, WrongPassphrase};
use crate::media::Media;
use crate::pieces;
use crate::sealing::Sealing;
use crate::socket::{Said, Socket};
use crate::store::{self, Held};
use crate::tabs::{Asked, Tabs};
use client::{Client, Effect, FetchJob, Input, StoreJob, UploadJob, UploadStep, device_failed};
use media::stream::{SealError, Sealer, Step};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io::{Cursor, ErrorKind, Read};
use std::rc::{Rc, Weak};
use transfer::parcel;
use transfer::upload::{self, NotStored, Opened, Outside};
use view::page::{Broken, Core, Keeping, Line, ToCore, ToPage};
use view::{Command, Event, KeepCommand, Refusal, Reply};
use wasm_bindgen_futures::spawn_local;
use wire::auth::origin_binding;
use wire::{BlobId, Millis};

/// Between two attempts to connect: at first, and at most.
const PAUSE_MIN: u64 = 1_000;
const PAUSE_MAX: u64 = 30_000;
/// A connection that does not stand by then is given up.
const CONNECT_TIMEOUT: u64 = 10_000;
/// Between two attempts of one upload.
const UPLOAD_PAUSE: i32 = 1_000;
/// Of a file, read and sealed at once: in between others are answered.
const AT_ONCE: usize = 512 * 1024;

/// Drives one client.
pub struct Shell {
    me: Weak<Self>,
    tabs: Rc<Tabs>,
    client: RefCell<Option<Client>>,
    /// What waits for its passphrase.
    sealed: RefCell<Option<Sealed>>,
    key: RefCell<Option<StoreKey>>,
    held: RefCell<Option<Held>>,
    keeping: Cell<Keeping>,
    /// It is being settled where an account is to live.
    making: Cell<bool>,
    /// Everything was deleted.
    left: Cell<bool>,
    /// The device failed, and has not done anything since.
    failed: Cell<bool>,
    broken: Cell<Option<Broken>>,
    lock: Cell<bool>,
    start: u64,
    origin: String,
    connection: RefCell<Connection>,
    wake: RefCell<Option<Timer>>,
    uploading: RefCell<BTreeSet<i64>>,
    media: Media,
    outgoing: RefCell<Option<Rc<Outgoing>>>,
}

#[derive(Default)]
struct Connection {
    line: Line,
    socket: Option<Socket>,
    /// Counts connections: what an old one still says is not heard.
    number: u64,
    pause: u64,
    timer: Option<Timer>,
}

impl Shell {
    /// Starts with what is kept here.
    ///
    /// # Errors
    /// The browser lacks what there is no way without.
    pub async fn start() -> Result<Rc<Self>, Lost> {
        let shell = Rc::new_cyclic(|me: &Weak<Self>| {
            let hear = me.clone();
            let tabs = Tabs::open(move |asked| {
                if let Some(shell) = hear.upgrade() {
                    shell.asked(asked);
                }
            });
            tabs.map(|tabs| Self::new(me.clone(), tabs)).unwrap_or_else(|Lost(why)| unreachable!("a worker has channels: {why}"))
        });
        pieces::serve(&shell)?;
        shell.load().await;
        Ok(shell)
    }

    fn new(me: Weak<Self>, tabs: Rc<Tabs>) -> Self {
        Self {
            me,
            tabs,
            client: RefCell::default(),
            sealed: RefCell::default(),
            key: RefCell::default(),
            broken: Cell::new(None),
            held: RefCell::default(),
            keeping: Cell::default(),
            making: Cell::default(),
            left: Cell::default(),
            failed: Cell::default(),
            lock: Cell::new(false),
            start: u64::from_le_bytes(js::entropy()),
            origin: js::scope().origin(),
            connection: RefCell::default(),
            wake: RefCell::default(),
            uploading: RefCell::default(),
            media: Media::default(),
            outgoing: RefCell::default(),
        }
    }

    async fn open(&self, key: StoreKey) -> Result<(), Broken> {
        let client = store::open(&key)?;
        let wanted = client.outgoing_sources().map_err(|_| Broken::Damaged)?.into_iter().collect();
        let outgoing = Rc::new(Outgoing::Sealed(key.clone()));
        // What is left of files that are sent only takes room. Before anybody is heard: whoever finds a client finds it on its way to the server,
        // and no file that is kept meanwhile is taken for one that is left.
        let _ = outgoing.drop_all_but(&wanted).await;
        self.client.replace(Some(client));
        self.key.replace(Some(key));
        self.outgoing.replace(Some(outgoing));
        self.take(Input::Tick);
        Ok(())
    }

    fn tell_state(&self) {
        self.tell_state_to("");
    }

    /// To one tab; an empty name: to all.
    fn tell_state_to(&self, tab: &str) {
        if let Some(core) = self.state() {
            self.tabs.tell(tab, &ToPage::Core(core));
        }
    }

    fn state(&self) -> Option<Core> {
        if self.left.get() {
            return Some(Core::LoggedOut);
        }
        if let Some(why) = self.broken.get() {
            return Some(Core::Broken(why));
        }
        if self.sealed.borrow().is_some() {
            return Some(Core::Locked);
        }
        self.client.borrow().as_ref()?;
        let line = self.connection.borrow().line;
        Some(Core::Ready { start: self.start, line, lock: self.lock.get(), keeping: self.keeping.get() })
    }

    fn asked(&self, asked: Asked) {
        let Asked { tab, what, start, file } = asked;
        match what {
            ToCore::Hello => self.tell_state_to(&tab),
            ToCore::Ask { n, query } => {
                // Before there is a client nobody is answered: whoever asked asks again when it is there.
                let Some(answer) = self.client.borrow().as_ref().map(|client| client.ask(js::now(), query)) else { return };
                self.tabs.tell(&tab, &ToPage::Answer { n, answer: answer.map_err(|fault| device_failed(&fault)) });
            }
            ToCore::Begin { n, id, command, keeping } => self.begin(tab, n, id, command, keeping),
            ToCore::LogOut => self.log_out(),
            ToCore::LockNow => self.lock_now(),
            ToCore::Do { n, id, command } => {
                if self.keeping.get() == Keeping::Undecided && keeping::begins(&command) {
                    self.begin(tab, n, id, command, Keeping::Here);
                } else if self.client.borrow().is_some() {
                    if start != Some(self.start) {
                        // What it said to the core before comes first: once it hears of this one it says all of it again, in its order.
                        return self.tell_state_to(&tab);
                    }
                    let keeps = matches!(command, Command::Keep(KeepCommand::Keep { .. }));
                    let reply = self.command(id, command);
                    if keeps && reply.is_ok() {
                        self.keep_sealed_files();
                    }
                    self.tabs.tell(&tab, &ToPage::Done { n, reply });
                }
            }
            ToCore::Keep { n } => self.keep_outgoing(tab, n, file),
            ToCore::Drop { source } => self.drop_source(source),
            ToCore::Unlock { n, passphrase } => self.unlock(tab, n, passphrase),
            ToCore::SetLock { n, passphrase } => self.set_lock(tab, n, passphrase),
            ToCore::OpenBox { n, passphrase } => self.open_box(&tab, n, &passphrase),
            ToCore::Report { n, id, new, opens } => self.report(tab, n, id, new, opens),
            ToCore::Team { n } => self.team(tab, n),
            ToCore::Tell { n, id, new } => self.tell(tab, n, id, new),
            ToCore::Desk { n, id, what } => self.desk(tab, n, id, what),
            ToCore::Own { n, what } => self.own(tab, n, what),
            ToCore::Originals { n, chat, message } => self.originals(tab, n, chat, message),
            ToCore::ReadReport { n, message } => self.read_report(tab, n, message),
            ToCore::BoxFiles { n, passphrase, kept, what } => self.box_files(&tab, n, &passphrase, (kept, what)),
            ToCore::Check { n, message, position } => self.check(tab, n, message, position, file),
            ToCore::Moves { n, message, position } => self.moves(&tab, n, message, position),
        }
    }

    fn command(&self, id: [u8; 16], command: Command) -> Result<Reply, Refusal> {
        self.handle(Input::Command { id, command })?.unwrap_or(Ok(Reply::Done))
    }

    fn unlock(&self, tab: String, n: u32, passphrase: String) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            let opened = shell.sealed.borrow().as_ref().map(|sealed| sealed.open(&passphrase));
            let done = match opened {
                Some(Ok(key)) => {
                    shell.sealed.replace(None);
                    if let Err(why) = shell.open(key).await {
                        shell.broken.set(Some(why));
                    }
                    Ok(())
                }
                Some(Err(WrongPassphrase)) => Err(Refusal::WrongPassphrase),
                None => Ok(()),
            };
            shell.tabs.tell(&tab, &ToPage::Lock { n, done });
            shell.tell_state();
        });
    }

    fn set_lock(&self, tab: String, n: u32, passphrase: Option<String>) {
        let Some(shell) = self.me.upgrade() else { return };
        let (key, held) = (self.key.borrow().clone(), self.held.borrow().clone());
        spawn_local(async move {
            let Some((key, held)) = key.zip(held) else { return };
            let kept = held.keyring.keep(&key, passphrase.as_deref()).await;
            let done = kept.map_err(|error| Refusal::Device { why: error.to_string() });
            if done.is_ok() {
                shell.lock.set(passphrase.is_some());
            }
            shell.tabs.tell(&tab, &ToPage::Lock { n, done });
            shell.tell_state();
        });
    }

    /// Handles one input and carries out what it leads to.
    fn handle(&self, input: Input) -> Result<Option<Result<Reply, Refusal>>, Refusal> {
        let step = match self.client.borrow_mut().as_mut() {
            Some(client) => client.handle(js::now(), js::entropy(), input),
            None => return Ok(None),
        };
        let step = match step {
            Ok(step) => step,
            Err(fault) => {
                self.failed.set(true);
                self.lose_connection(PAUSE_MAX);
                return Err(device_failed(&fault));
            }
        };
        if self.failed.replace(false) {
            // The device is well again: there is nothing more to wait for.
            self.connection.borrow_mut().timer = None;
        }
        let mut close = false;
        for effect in step.effects {
            match effect {
                Effect::Send(frame) => {
                    if let Some(socket) = &self.connection.borrow().socket {
                        socket.send(&frame);
                    }
                }
                Effect::Close => close = true,
                Effect::Event(event) => self.tabs.tell_all(&ToPage::Event(event)),
                Effect::Upload(job) => self.upload(*job),
                Effect::StopUpload { id } => {
                    self.uploading.borrow_mut().remove(&id);
                }
                Effect::Forget(blob) => self.forget(blob),
                Effect::Store(job) => self.store_parcel(*job),
                Effect::Fetch(job) => self.fetch_parcel(*job),
            }
        }
        self.wake_at(step.deadline);
        if close {
            self.lose_connection(PAUSE_MIN);
        }
        self.connect_if_wanted();
        Ok(step.reply)
    }

    /// What the server or time brings: there is nobody to answer, but a failure of the device is told to all.
    fn take(&self, input: Input) {
        // Said by then.
        let _ = self.stored(input);
    }

    /// As [`Shell::take`], for who may go on only when it is stored.
    fn stored(&self, input: Input) -> Result<(), NotStored> {
        match self.handle(input) {
            Ok(_) if self.client.borrow().is_some() => Ok(()),
            Ok(_) => Err(NotStored),
            Err(why) => {
                self.tabs.tell_all(&ToPage::Event(Event::Failed { what: view::Doing::Connect, why }));
                Err(NotStored)
            }
        }
    }

    fn wake_at(&self, deadline: Option<Millis>) {
        let me = self.me.clone();
        let timer = deadline.and_then(|at| {
            Timer::after(at.since(js::now()), move || {
                if let Some(shell) = me.upgrade() {
                    shell.take(Input::Tick);
                }
            })
        });
        self.wake.replace(timer);
    }

    fn set_line(&self, line: Line) {
        let before = std::mem::replace(&mut self.connection.borrow_mut().line, line);
        if before != line {
            self.tell_state();
            // By everybody, at each connection: who reports asks for nothing that others do not ask for.
            if line == Line::Up {
                self.learn_desk();
                self.keep_sealed_files();
            }
        }
    }

    /// Connects unless there is nobody to connect for, or a connection, or a pause.
    fn connect_if_wanted(&self) {
        let idle = {
            let connection = self.connection.borrow();
            connection.socket.is_none() && connection.timer.is_none()
        };
        if idle && self.has_account() {
            self.connect();
        }
    }

    fn connect(&self) {
        let number = {
            let mut connection = self.connection.borrow_mut();
            connection.number += 1;
            connection.timer = None;
            connection.number
        };
        let me = self.me.clone();
        let hear = move |said| {
            if let Some(shell) = me.upgrade() {
                shell.heard(number, said);
            }
        };
        let url = format!("{}/v1/ws", self.origin.replacen("http", "ws", 1));
        match Socket::open(&url, hear) {
            Ok(socket) => {
                let me = self.me.clone();
                let timeout = Timer::after(CONNECT_TIMEOUT, move || {
                    if let Some(shell) = me.upgrade() {
                        shell.heard(number, Said::Closed);
                    }
                });
                let mut connection = self.connection.borrow_mut();
                connection.socket = Some(socket);
                connection.timer = timeout;
                drop(connection);
                self.set_line(Line::Connecting);
            }
            Err(Lost(_)) => self.lose_connection(PAUSE_MAX),
        }
    }

    fn heard(&self, number: u64, said: Said) {
        if self.connection.borrow().number != number {
            return;
        }
        match said {
            Said::Open => {
                {
                    let mut connection = self.connection.borrow_mut();
                    connection.timer = None;
                    connection.pause = 0;
                }
                self.set_line(Line::Up);
                self.take(Input::Connected { binding: origin_binding(&self.origin) });
            }
            Said::Frame(frame) => self.take(Input::Frame(*frame)),
            Said::Closed => {
                self.lose_connection(PAUSE_MIN);
                self.take(Input::Disconnected);
            }
        }
    }

    /// The server has knocked for this device while it is here.
    pub fn knocked(&self) {
        self.take(Input::Knocked);
    }

    /// There is a network again, as far as the browser knows.
    pub fn network_is_back(&self) {
        let waiting = self.connection.borrow().socket.is_none();
        if waiting {
            self.connection.borrow_mut().timer = None;
            self.connect_if_wanted();
        }
    }

    /// Gives up the connection and makes another after a pause, each longer than the one before.
    fn lose_connection(&self, at_least: u64) {
        {
            let mut connection = self.connection.borrow_mut();
            connection.number += 1;
            connection.socket = None;
            connection.pause = (connection.pause * 2).clamp(at_least.min(PAUSE_MAX), PAUSE_MAX);
            // Not everybody at once after a server was restarted.
            let pause = connection.pause + u64::from(js::entropy::<1>()[0]) * connection.pause / 512;
            let me = self.me.clone();
            connection.timer = Timer::after(pause, move || {
                if let Some(shell) = me.upgrade() {
                    shell.connection.borrow_mut().timer = None;
                    shell.connect_if_wanted();
                }
            });
        }
        self.set_line(Line::Down);
    }

    /// Requests beside the socket, while there is a session.
    pub fn http(&self) -> Option<Http> {
        Some(Http::new(self.client.borrow().as_ref()?.bearer()?))
    }

    /// There is a client: before, whoever asks is not answered and asks again.
    pub fn is_open(&self) -> bool {
        self.client.borrow().is_some()
    }

    /// There is no session yet, and soon there may be one.
    pub fn is_joining(&self) -> bool {
        self.connection.borrow().line != Line::Down && self.http().is_none()
    }

    pub fn media(&self) -> &Media {
        &self.media
    }

    /// A file of a message.
    pub fn attachment(&self, message: i64, position: usize) -> Option<wire::content::Attachment> {
        self.client.borrow().as_ref()?.attachments(message).ok()?.into_iter().nth(position)
    }

    /// More of a blob is on this device than before.
    pub fn kept(&self, blob: BlobId, kept: crate::media::Kept) {
        self.take(Input::Held { blob, held: kept.held, bytes: kept.bytes });
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            for blob in shell.media.make_room().await {
                shell.take(Input::Held { blob, held: view::Held::None, bytes: 0 });
            }
        });
    }

    fn forget(&self, blob: BlobId) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            shell.media.forget(blob).await;
            shell.take(Input::Held { blob, held: view::Held::None, bytes: 0 });
        });
    }

    fn upload(&self, job: UploadJob) {
        let Some((shell, outgoing)) = self.me.upgrade().zip(self.outgoing.borrow().clone()) else { return };
        // An upload that outlived its connection goes on by itself.
        if !self.uploading.borrow_mut().insert(job.id) {
            return;
        }
        spawn_local(async move {
            let (id, source) = (job.id, job.source.clone());
            let file = outgoing.open(&source).await.ok();
            let ahead = file.as_ref().map(Kept::ahead).unwrap_or_default();
            let mut http = Http::new(job.bearer.clone());
            let desk = Desk { shell: &shell, name: job.name.clone(), file: Cell::new(file), ahead, sealing: Cell::default() };
            let step = upload::run(job, &desk, &mut http).await;
            if matches!(step, UploadStep::Interrupted) {
                js::sleep(UPLOAD_PAUSE).await;
            }
            let stopped = !shell.uploading.borrow_mut().remove(&id);
            let done = matches!(step, UploadStep::Done(_));
            drop(desk);
            shell.take(Input::Upload { id, step });
            // What failed, by itself or with the rest of its message, can be tried again; what was taken back cannot.
            if done || (stopped && !shell.is_outgoing(&source)) {
                outgoing.drop_one(&source).await;
            }
        });
    }

    /// Whether something is to be sent from a kept file still. Where that cannot be known it stays.
    fn is_outgoing(&self, source: &str) -> bool {
        let sources = self.with_client(|client| client.outgoing_sources().map_err(|fault| device_failed(&fault)));
        sources.map_or(true, |all| all.iter().any(|one| one == source))
    }

    fn store_parcel(&self, job: StoreJob) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            let mut http = Http::new(job.bearer.clone());
            let input = parcel::store(job, &mut http).await;
            shell.take(input);
        });
    }

    fn fetch_parcel(&self, job: FetchJob) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            let mut http = Http::new(job.bearer.clone());
            let input = parcel::fetch(job, &mut http).await;
            shell.take(input);
        });
    }
}

/// What one upload needs.
struct Desk<'s> {
    shell: &'s Shell,
    name: String,
    /// Opened before, because that takes waiting.
    file: Cell<Option<Kept>>,
    /// Opens the file ahead of who reads it; gone where a cleaned photo is sent in its place.
    ahead: Weak<Ahead>,
    sealing: Cell<Option<Sealing>>,
}

impl Outside for Desk<'_> {
    type Source = Kept;
    type Draft = Cursor<Vec<u8>>;

    fn open(&self, _: &str) -> Result<Opened<Kept>, Refusal> {
        let gone = || Refusal::FileUnreadable { name: self.name.clone(), why: "it is not kept any more".into() };
        let source = self.file.take().ok_or_else(gone)?;
        Ok(Opened { stamp: source.stamp(), source })
    }

    fn draft(&self) -> Result<Self::Draft, ErrorKind> {
        Ok(Cursor::default())
    }

    async fn tell(&self, upload: i64, step: UploadStep) -> Result<(), NotStored> {
        self.shell.stored(Input::Upload { id: upload, step })
    }

    fn progress(&self, upload: i64, done: u64, total: u64) {
        self.shell.take(Input::Upload { id: upload, step: UploadStep::Progress { done, total } });
    }

    async fn step(&self, sealer: &mut Sealer, source: &mut impl Read, part: &mut Vec<u8>) -> Result<Step, SealError> {
        let failed = |_: Lost| SealError::Source(ErrorKind::Other);
        if let Some(ahead) = self.ahead.upgrade() {
            ahead.ready(AT_ONCE as u64).await.map_err(failed)?;
        }
        if let Some(read) = sealer.read(source, part, AT_ONCE)? {
            let sealing = match self.sealing.take() {
                Some(sealing) => sealing,
                None => Sealing::of(sealer).await.map_err(failed)?,
            };
            sealing.seal(sealer, part, read).await.map_err(failed)?;
            self.sealing.set(Some(sealing));
        }
        sealer.step(source, part, 0)
    }

    async fn rest(&self) {
        js::sleep(0).await;
    }

    fn is_stopped(&self, upload: i64) -> bool {
        !self.shell.uploading.borrow().contains(&upload)
    }
}

/// What the browser's refusal is for a person.
fn refusal(lost: &Lost) -> Refusal {
    if lost.is_full() { Refusal::DiskFull } else { Refusal::Device { why: lost.0.clone() } }
}
