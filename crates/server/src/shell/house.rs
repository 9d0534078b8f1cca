//! What all connections share.

use super::committer::{self, Queue, Ticket};
use super::data_dir::DataDir;
use super::mailbox::{Listener, Mailbox};
use super::metrics::{Gauges, Metrics};
use super::pusher::{PushOptions, Pusher, Whom};
use super::readers::ReaderPool;
use super::shares::{Share, Shares};
use super::{Clock, ServeError, entropy};
use crate::blobs::{BlobError, Blobs, FileBlobs, Stored};
use crate::function::Acks;
use crate::gate::{Config, Door, Gate, Refusal, Task, Then, Worked};
use crate::hub::Hub;
use crate::hub::conn::Wanted;
use crate::record::Entry;
use crate::store::{Cursor, LogKey, Op, Outcome, Page, Reach, Reads, StoreError, Swept};
use crate::wake::{Alarm, Knock};
use std::fs::File;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use wire::call::Response;
use wire::{Millis, PassHash};

/// Connections at once.
const CONNECTIONS: usize = 65_536;
/// Bytes of bodies and of answers that calls by POST hold at once. A socket asks one thing after the other; POSTs are as many as somebody likes.
const BODIES: usize = 64 * 1024 * 1024;
/// Addresses are told apart by so many bits of a keyed hash: two that are connected at once are hardly ever taken for one.
const ADDRESSES: usize = u32::MAX as usize;
/// Bytes on disk without a row are looked for this often: what a power cut left behind is no hurry.
const ORPHANS: u64 = 6 * 3600 * 1000;

/// A server's one house: every connection has a key to it.
pub struct House {
    pub gate: Gate,
    pub blobs: FileBlobs,
    pub metrics: Metrics,
    pub tasks: TaskTracker,
    places: Arc<Shares>,
    bodies: Arc<Shares>,
    hub: Mutex<Hub<Listener>>,
    acks: Mutex<Acks>,
    alarm: Mutex<Alarm>,
    /// Something was dropped at the desk since it was last looked who is to be knocked for.
    dropped: AtomicBool,
    pub pusher: Pusher,
    mailboxes: Mutex<Vec<Weak<Mailbox>>>,
    readers: ReaderPool,
    queue: Queue,
    clock: Clock,
    runtime: Handle,
    over: Notify,
    closing: AtomicBool,
    failed: AtomicBool,
    cleared: AtomicU64,
    _lock: File,
    desk: PathBuf,
}

/// A place for one connection, from when it was taken until its last byte: a socket keeps the place of the connection that it came on.
pub struct Place {
    house: Arc<House>,
    _share: Share,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.house.metrics.connections.less();
    }
}

/// What came of a request. Who asked may be gone by then: what was begun for them is given up, and may be asked for anew.
pub struct Done {
    worked: Option<Worked>,
    house: Arc<House>,
}

impl Done {
    pub fn take(mut self) -> Worked {
        self.worked.take().unwrap_or(Worked::Answer(Response::Refused(Refusal::Busy)))
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(Worked::Commit(_, then)) = &self.worked {
            self.house.gate.tidy(then, &Outcome::Refused(Refusal::Busy), &self.house.blobs);
        }
    }
}

/// The committer's thread.
pub type Committing = std::thread::JoinHandle<Result<(), StoreError>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl House {
    pub fn open(data: DataDir, config: Config, push: PushOptions, clock: Clock) -> Result<(Arc<Self>, Committing), ServeError> {
        let DataDir { keys, store, blobs, lock, desk } = data;
        let (queue, waiting) = Queue::new();
        let open_reader = store.readers().ok_or(ServeError::DiskFailed)?;
        let house = Arc::new(Self {
            gate: Gate::new(keys, config),
            blobs,
            metrics: Metrics::default(),
            tasks: TaskTracker::new(),
            places: Shares::new(CONNECTIONS),
            bodies: Shares::new(BODIES),
            hub: Mutex::default(),
            acks: Mutex::default(),
            alarm: Mutex::default(),
            dropped: AtomicBool::new(false),
            pusher: Pusher::new(push),
            mailboxes: Mutex::default(),
            readers: ReaderPool::new(open_reader),
            queue,
            clock,
            runtime: Handle::current(),
            over: Notify::new(),
            closing: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            cleared: AtomicU64::new(0),
            _lock: lock,
            desk,
        });
        house.look_for_desk();
        let committing = committer::start(store, waiting, house.clone()).map_err(|_| ServeError::DiskFailed)?;
        Ok((house, committing))
    }

    /// Reads what an operator set up of a safety desk. What does not parse is none.
    pub fn look_for_desk(&self) {
        let record = std::fs::read(&self.desk).ok();
        self.gate.set_desk(record.and_then(|record| Door::of(record.into())));
    }

    pub fn now(&self) -> Millis {
        (self.clock)()
    }

    pub fn hub(&self) -> MutexGuard<'_, Hub<Listener>> {
        lock(&self.hub)
    }

    /// A place for a connection from this address.
    pub fn place(self: &Arc<Self>, from: IpAddr) -> Option<Place> {
        let mut share = self.places.begin(self.gate.keys.place_outside(from, ADDRESSES));
        if share.add(1).is_err() {
            self.metrics.turned_away.add(1);
            return None;
        }
        self.metrics.connections.add(1);
        Some(Place { house: self.clone(), _share: share })
    }

    /// Room for what a call from this address brings or is answered; empty as yet.
    pub fn room(&self, from: IpAddr) -> Share {
        self.bodies.begin(self.gate.keys.place_outside(from, ADDRESSES))
    }

    /// Adds a connection to those that hear the clock.
    pub fn move_in(&self, mailbox: &Arc<Mailbox>) {
        lock(&self.mailboxes).push(Arc::downgrade(mailbox));
    }

    /// Sends an operation to the committer. Its outcome comes by mail.
    pub fn commit(&self, op: Op, id: u64, then: Then, from: &Arc<Mailbox>) -> Result<(), Refusal> {
        if matches!(op, Op::PutVault(_)) {
            self.metrics.vault_writes.add(1);
        }
        self.queue.push(Ticket { op, id, then: then.clone(), from: from.clone() }).map_err(|_| {
            self.gate.tidy(&then, &Outcome::Refused(Refusal::Busy), &self.blobs);
            Refusal::Busy
        })
    }

    pub fn acknowledge(&self, moved: Vec<Cursor>) {
        lock(&self.acks).add(moved);
    }

    pub fn take_acks(&self) -> Vec<Cursor> {
        lock(&self.acks).take()
    }

    /// Tells everyone who listens.
    pub fn publish(&self, landed: &[Arc<Entry>]) {
        self.metrics.appended.add(landed.len() as u64);
        if landed.iter().any(|entry| self.gate.is_dropped(entry)) {
            self.dropped.store(true, Ordering::Release);
        }
        let mut hub = self.hub();
        for entry in landed {
            hub.publish(entry, |listener, number| listener.0.ready(number));
        }
    }

    /// Runs something that waits for the disk where it disturbs no connection.
    pub async fn blocking<T: Send + 'static>(self: &Arc<Self>, work: impl FnOnce(&Self) -> T + Send + 'static) -> Option<T> {
        let house = self.clone();
        self.runtime.spawn_blocking(move || work(&house)).await.ok()
    }

    /// Asks the store. To be called where blocking is allowed.
    pub fn read<T>(&self, read: impl FnOnce(&mut dyn Reads) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.readers.with(|reads| Ok(read(reads)))?
    }

    /// Works on a request beside everything else.
    pub fn begin(self: &Arc<Self>, task: Task) -> JoinHandle<Done> {
        let house = self.clone();
        self.runtime.spawn_blocking(move || Done { worked: Some(house.work(task)), house })
    }

    /// Works on a request. To be called where blocking is allowed.
    fn work(&self, task: Task) -> Worked {
        let now = self.now();
        // Completing a blob hashes all of it: whoever asks something short does not wait for that.
        let long = matches!(task, Task::CompleteBlob { .. });
        if matches!(task, Task::FetchVault { .. } | Task::Recover(_)) {
            self.metrics.lookups.add(1);
        }
        self.is_back(task.shows().into_iter());
        let work = |reads: &mut dyn Reads| Ok(self.gate.work(now, &mut entropy, reads, &self.blobs, task));
        let worked = if long { self.readers.beside(work) } else { self.readers.with(work) };
        worked.unwrap_or_else(|error| Worked::Answer(Response::Refused(error.into())))
    }

    /// Reads a page for a subscription. To be called where blocking is allowed.
    pub fn page(&self, wanted: &Wanted) -> Result<(Page, Reach), StoreError> {
        self.readers.with(|reads| {
            let reach = reads.reads_to(wanted.span.log, &wanted.pass)?;
            Ok((reads.page(wanted.span.cut(reach))?, reach))
        })
    }

    /// Takes in devices for which something waits.
    pub fn wake(&self, knocks: Vec<Knock>) {
        if !knocks.is_empty() {
            lock(&self.alarm).add(self.now(), knocks);
        }
    }

    /// A device shows its passes.
    pub fn is_back(&self, passes: impl Iterator<Item = PassHash>) {
        lock(&self.alarm).back(passes);
    }

    /// Knocks for those whose moment is over and who have not been here in between. To be called where blocking is allowed.
    fn knock(self: &Arc<Self>) {
        if self.dropped.swap(false, Ordering::AcqRel) {
            let knocks = self.readers.with(|reads| Ok(self.gate.wake_desk(reads))).unwrap_or_default();
            lock(&self.alarm).add_for_desk(self.now(), knocks);
        }
        let now = self.now();
        let due = lock(&self.alarm).due(now);
        for knock in due {
            let whom = if self.gate.is_desk(&knock.log) { Whom::Desk } else { Whom::Others };
            let Some(turn) = self.pusher.turn(whom, &knock.endpoint) else {
                lock(&self.alarm).put_off(now, knock);
                continue;
            };
            let acknowledged = lock(&self.acks).of(LogKey::of(&knock.log), &knock.pass);
            let stored = self.readers.with(|reads| reads.pass(&knock.log, &knock.pass, None));
            let away = stored.is_ok_and(|view| view.is_some_and(|view| view.cursor.max(acknowledged) < knock.head));
            if away && lock(&self.alarm).ring(now, &knock) {
                Pusher::knock(self, knock, turn);
            }
        }
    }

    /// No push service took a knock: the device does not count as knocked for.
    pub fn knock_was_lost(&self, knock: &Knock) {
        lock(&self.alarm).lost(knock);
    }

    /// The work of a second: the clock for all who wait for it.
    pub async fn tick(self: &Arc<Self>) {
        self.gate.expire(self.now());
        let _ = self.blocking(Self::look_around).await;
        let house = self.clone();
        let _ = self.runtime.spawn_blocking(move || house.knock()).await;
        lock(&self.mailboxes).retain(|mailbox| match mailbox.upgrade() {
            Some(mailbox) => {
                mailbox.tick();
                true
            }
            None => false,
        });
    }

    fn look_around(&self) {
        let now = self.now().0;
        if now.saturating_sub(self.cleared.load(Ordering::Relaxed)) >= ORPHANS {
            self.cleared.store(now, Ordering::Relaxed);
            self.clear_orphans();
        }
    }

    fn clear_orphans(&self) {
        for stored in self.blobs.stored() {
            match stored {
                Stored::Upload(upload) => {
                    if self.readers.with(|reads| reads.upload(&upload)) == Ok(None) {
                        self.blobs.discard(&upload);
                    }
                }
                Stored::Blob(blob) => self.blobs.remove(&blob, &mut || self.readers.with(|reads| reads.has_blob(&blob)) != Ok(false)),
            }
        }
    }

    /// Removes the bytes of rows that died, without keeping the committer: a large file takes its time.
    pub fn clear_away(self: &Arc<Self>, swept: Swept) {
        if swept.uploads.is_empty() && swept.blobs.is_empty() {
            return;
        }
        let house = self.clone();
        self.runtime.spawn_blocking(move || {
            swept.uploads.iter().for_each(|upload| house.gate.give_up(upload, &house.blobs));
            for blob in &swept.blobs {
                house.blobs.remove(blob, &mut || house.readers.with(|reads| reads.has_blob(blob)) != Ok(false));
            }
        });
    }

    pub fn gauges(&self) -> Gauges {
        let (listened_logs, subscriptions) = self.hub().counts();
        Gauges { sessions: self.gate.session_count(), listened_logs, subscriptions }
    }

    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    pub fn is_well(&self) -> bool {
        !self.failed.load(Ordering::Relaxed) && !self.is_closing()
    }

    /// The disk failed: nothing is answered any more, and the server ends.
    pub fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
        self.over.notify_one();
    }

    /// Waits for the end that nobody wanted.
    pub async fn over(&self) {
        self.over.notified().await;
    }

    /// Says goodbye to every connection and waits for them, but not for ever.
    pub async fn close(&self, patience: Duration) {
        self.tasks.close();
        for mailbox in lock(&self.mailboxes).iter().filter_map(Weak::upgrade) {
            mailbox.goodbye();
        }
        if tokio::time::timeout(patience, self.tasks.wait()).await.is_err() {
            tracing::warn!("some connections did not say goodbye");
        }
        self.closing.store(true, Ordering::Relaxed);
    }
}

impl From<BlobError> for Response {
    fn from(error: BlobError) -> Self {
        Self::Refused(error.into())
    }
}

#[cfg(test)]
mod tests;
