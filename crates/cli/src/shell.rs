//! The world around the client function: a clock, entropy, and one connection that is made anew when it breaks.

use crate::home::Home;
use crate::net::{Address, Connection, NetError};
use crate::transfer::http::Http;
use crate::transfer::upload::{self, Around, Report};
use client::{Effect, FetchJob, Input, StoreJob, UploadJob, UploadStep, device_failed};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::time::Instant;
use transfer::parcel;
use view::{Command, Event, Refusal, Reply};
use wire::call::Frame;
use wire::{Bearer, Millis};

/// Between two attempts to connect.
const RECONNECT: Duration = Duration::from_secs(1);
const SHOW_PROGRESS: Duration = Duration::from_millis(200);

/// Drives one client.
pub struct Shell {
    pub home: Home,
    address: Option<Address>,
    connection: Option<Connection>,
    /// What the client wants sent next.
    outgoing: Vec<Frame>,
    uploads: Vec<UploadJob>,
    /// Uploads under way.
    uploading: BTreeSet<i64>,
    stores: Vec<StoreJob>,
    fetches: Vec<FetchJob>,
    /// What the client is to hear of its small blobs.
    heard: mpsc::UnboundedReceiver<Input>,
    hear: mpsc::UnboundedSender<Input>,
    reports: mpsc::UnboundedReceiver<Report>,
    reporter: mpsc::UnboundedSender<Report>,
    /// Of the upload under way: bytes that have left, and all there are.
    pub progress: (Arc<AtomicU64>, Arc<AtomicU64>),
    close: bool,
    /// Not before this is a connection made again that the client gave up.
    pause: Option<Instant>,
    deadline: Option<Millis>,
    events: VecDeque<Event>,
    /// On this connection everything that the server had was read.
    pub caught_up: bool,
    /// Why the last attempt to connect failed.
    pub offline: Option<NetError>,
}

/// How a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Waited {
    Met,
    TimedOut,
}

impl Shell {
    pub fn new(home: Home) -> Self {
        let (reporter, reports) = mpsc::unbounded_channel();
        let (hear, heard) = mpsc::unbounded_channel();
        Self {
            home,
            address: None,
            connection: None,
            outgoing: vec![],
            uploads: vec![],
            uploading: BTreeSet::new(),
            stores: vec![],
            fetches: vec![],
            heard,
            hear,
            reports,
            reporter,
            progress: Default::default(),
            close: false,
            pause: None,
            deadline: None,
            events: VecDeque::new(),
            caught_up: false,
            offline: None,
        }
    }

    /// Carries out a command on this device.
    pub fn command(&mut self, command: Command) -> Result<Reply, Refusal> {
        let id = entropy::<16>()?;
        let step = self.handle(Input::Command { id, command })?;
        step.unwrap_or(Err(Refusal::Device { why: "the command got no answer".into() }))
    }

    fn handle(&mut self, input: Input) -> Result<Option<Result<Reply, Refusal>>, Refusal> {
        let seed = entropy::<32>()?;
        let step = match self.home.client.handle(now(), seed, input) {
            Ok(step) => step,
            Err(fault) => {
                self.connection = None;
                self.caught_up = false;
                self.outgoing.clear();
                return Err(device_failed(&fault));
            }
        };
        self.deadline = step.deadline;
        for effect in step.effects {
            match effect {
                Effect::Send(frame) => self.outgoing.push(frame),
                Effect::Close => self.close = true,
                Effect::Event(event) => {
                    self.caught_up |= event == Event::CaughtUp;
                    self.events.push_back(event);
                }
                Effect::Upload(job) => self.uploads.push(*job),
                // One that has begun goes on; what it reports is heard by nobody.
                Effect::StopUpload { id } => self.uploads.retain(|job| job.id != id),
                // The command line never says that it holds any.
                Effect::Forget(_) => {}
                Effect::Store(job) => self.stores.push(*job),
                Effect::Fetch(job) => self.fetches.push(*job),
            }
        }
        Ok(step.reply)
    }

    /// Keeps the connection going until `met` says so, or `limit` has passed. `met` sees each event once.
    ///
    /// # Errors
    /// The device failed.
    pub async fn run(&mut self, limit: Duration, mut met: impl FnMut(&mut Self, Option<&Event>) -> bool) -> Result<Waited, Refusal> {
        let end = Instant::now() + limit;
        loop {
            while let Some(event) = self.events.pop_front() {
                if met(self, Some(&event)) {
                    return Ok(Waited::Met);
                }
            }
            if met(self, None) {
                return Ok(Waited::Met);
            }
            if Instant::now() >= end {
                return Ok(Waited::TimedOut);
            }
            self.turn(end).await?;
        }
    }

    /// One thing that happens: a connection, a frame, or the passing of time.
    async fn turn(&mut self, end: Instant) -> Result<(), Refusal> {
        if self.connection.is_none() {
            return self.connect(end).await;
        }
        let Some(connection) = self.connection.as_mut() else { return Ok(()) };
        let frames = std::mem::take(&mut self.outgoing);
        if !frames.is_empty() && connection.send(frames).await.is_err() {
            return self.disconnected();
        }
        if self.close {
            self.close = false;
            self.pause = Some(Instant::now() + RECONNECT);
            return self.disconnected();
        }
        self.start_uploads();
        self.start_parcels();
        let Some(connection) = self.connection.as_mut() else { return Ok(()) };
        let wake = self.deadline.map_or(end, |at| Instant::now() + Duration::from_millis(at.since(now())));
        tokio::select! {
            frame = connection.next() => match frame {
                Ok(frame) => self.handle(Input::Frame(frame)).map(|_| ()),
                Err(_) => self.disconnected(),
            },
            Some(report) = self.reports.recv() => {
                if !matches!(report.step, UploadStep::Began { .. } | UploadStep::Checkpoint(_)) {
                    self.uploading.remove(&report.id);
                }
                self.handle(Input::Upload { id: report.id, step: report.step })?;
                // The upload waits for this: what it does next must be stored first.
                let _ = report.stored.send(());
                Ok(())
            }
            Some(input) = self.heard.recv() => self.handle(input).map(|_| ()),
            () = tokio::time::sleep(SHOW_PROGRESS), if !self.uploading.is_empty() => Ok(()),
            () = tokio::time::sleep_until(wake.min(end)) => self.handle(Input::Tick).map(|_| ()),
        }
    }

    fn start_uploads(&mut self) {
        let Some(address) = &self.address else { return };
        for job in self.uploads.drain(..) {
            // An upload that outlived its connection goes on by itself.
            if !self.uploading.insert(job.id) {
                continue;
            }
            let around = Around {
                address: address.clone(),
                folder: self.home.folder.clone(),
                reports: self.reporter.clone(),
                sent: Arc::clone(&self.progress.0),
                total: Arc::clone(&self.progress.1),
            };
            tokio::task::spawn_local(upload::run(job, around));
        }
    }

    fn start_parcels(&mut self) {
        let Some(address) = &self.address else { return };
        for job in self.stores.drain(..) {
            let (address, hear) = (address.clone(), self.hear.clone());
            // Nobody hears when the program ends first: the next one asks again.
            tokio::task::spawn_local(async move {
                hear.send(match Http::connect(&address, job.bearer.clone(), Arc::default()).await {
                    Ok(mut http) => parcel::store(job, &mut http).await,
                    Err(_) => parcel::unstored(&job),
                })
            });
        }
        for job in self.fetches.drain(..) {
            let (address, hear) = (address.clone(), self.hear.clone());
            tokio::task::spawn_local(async move {
                hear.send(match Http::connect(&address, job.bearer.clone(), Arc::default()).await {
                    Ok(mut http) => parcel::fetch(job, &mut http).await,
                    Err(_) => parcel::unfetched(&job),
                })
            });
        }
    }

    /// The server and the session, for requests beside the socket.
    pub fn beside(&self) -> Option<(Address, Bearer)> {
        Some((self.address.clone()?, self.home.client.bearer()?))
    }

    async fn connect(&mut self, end: Instant) -> Result<(), Refusal> {
        if let Some(pause) = self.pause.take() {
            tokio::time::sleep_until(pause.min(end)).await;
            return Ok(());
        }
        let address = match &self.address {
            Some(address) => address.clone(),
            None => {
                let url = self.home.client.server_url().map_err(|fault| device_failed(&fault))?.ok_or(Refusal::NotSignedUp)?;
                Address::parse(&url).map_err(|error| Refusal::Device { why: error.to_string() })?
            }
        };
        self.address = Some(address.clone());
        match Connection::open(&address).await {
            Ok(connection) => {
                let binding = connection.binding;
                self.connection = Some(connection);
                self.offline = None;
                self.handle(Input::Connected { binding }).map(|_| ())
            }
            Err(error) => {
                self.offline = Some(error);
                tokio::time::sleep_until((Instant::now() + RECONNECT).min(end)).await;
                Ok(())
            }
        }
    }

    fn disconnected(&mut self) -> Result<(), Refusal> {
        self.connection = None;
        self.caught_up = false;
        self.outgoing.clear();
        self.handle(Input::Disconnected).map(|_| ())
    }

    /// Says what was to be said and closes.
    pub async fn finish(mut self) {
        if let Some(mut connection) = self.connection.take() {
            let frames = std::mem::take(&mut self.outgoing);
            if connection.send(frames).await.is_ok() {
                connection.close().await;
            }
        }
    }
}

pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

pub fn entropy<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut out = [0; N];
    getrandom::fill(&mut out).map_err(|error| Refusal::Device { why: error.to_string() })?;
    Ok(out)
}
