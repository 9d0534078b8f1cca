//! The one thread that writes: takes everything that waits, commits it as one transaction, tells who waits for it. No artificial delay.

use super::house::{Committing, House};
use super::mailbox::{Delivered, Mailbox};
use crate::gate::Then;
use crate::record::Entry;
use crate::store::sqlite::SqliteStore;
use crate::store::{Backlog, Op, Outcome, Reads as _, Store as _, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use wire::limits;

/// An operation and who waits for it.
pub struct Ticket {
    pub op: Op,
    pub id: u64,
    pub then: Then,
    pub from: Arc<Mailbox>,
}

/// The way to the committer.
pub struct Queue {
    tickets: Sender<Ticket>,
    bytes: Arc<AtomicUsize>,
}

/// Bytes that may wait for the committer: beyond it the server says so instead of growing.
const WAITING: usize = 128 * 1024 * 1024;
/// An operation without its record.
const OP_WEIGHT: usize = 512;
/// Without work for this long, the dead are cleared away.
const IDLE: Duration = Duration::from_millis(20);
/// Even under load, cursors are stored and a few logs visited this often.
const CHORES: Duration = Duration::from_secs(1);
/// Logs visited by one sweep.
const LOGS: usize = 64;
/// What is done at a time when nobody waits: a few milliseconds.
const SETTLE: Op = Op::Settle { records: 256 };
const SWEEP: Op = Op::Sweep { logs: LOGS, records: 256 };
/// A batch smaller than this has time to bury as many records as it brings, twice.
const SMALL: usize = 64;
/// The log-ahead file is emptied this often, so that deleted bytes are gone from it too.
const TRUNCATE: Duration = Duration::from_secs(3600);

/// The committer does not take more at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much waits to be written")]
pub struct Overloaded;

impl Queue {
    pub fn new() -> (Self, Waiting) {
        let (sender, tickets) = channel();
        let bytes = Arc::new(AtomicUsize::new(0));
        (Self { tickets: sender, bytes: bytes.clone() }, Waiting { tickets, bytes })
    }

    /// # Errors
    /// Nothing was queued.
    pub fn push(&self, ticket: Ticket) -> Result<(), Overloaded> {
        let weight = weight(&ticket.op);
        if self.bytes.fetch_add(weight, Ordering::Relaxed) > WAITING {
            self.bytes.fetch_sub(weight, Ordering::Relaxed);
            return Err(Overloaded);
        }
        self.tickets.send(ticket).map_err(|_| Overloaded)
    }
}

fn weight(op: &Op) -> usize {
    match op {
        Op::Append(new) => OP_WEIGHT + new.record.len() + size_of_val(new.changes.as_slice()),
        Op::PublishKeyPackages { one_time, last_resort, .. } => {
            OP_WEIGHT + one_time.iter().chain(last_resort).map(|package| package.len()).sum::<usize>()
        }
        Op::SignUp(new) => OP_WEIGHT + new.state.len(),
        Op::PublishState(new) => OP_WEIGHT + new.state.len(),
        Op::PutVault(new) => OP_WEIGHT + new.sealed.len(),
        Op::SetWakes(wakes) => {
            OP_WEIGHT + wakes.iter().map(|wake| size_of_val(wake) + wake.sealed.as_ref().map_or(0, |sealed| sealed.len())).sum::<usize>()
        }
        Op::CreateLog { passes, .. } => OP_WEIGHT + size_of_val(passes.as_slice()),
        Op::ChangeTakePasses { add, drop, .. } => OP_WEIGHT + size_of_val(add.as_slice()) + size_of_val(drop.as_slice()),
        _ => OP_WEIGHT,
    }
}

/// The other end of the queue.
pub struct Waiting {
    tickets: Receiver<Ticket>,
    bytes: Arc<AtomicUsize>,
}

/// Commits until nobody can ask any more. Ends the server if the disk fails.
pub fn run(store: SqliteStore, waiting: &Waiting, house: &Arc<House>) -> Result<(), StoreError> {
    let mut committer = Committer { store, house, more: false };
    let (mut chores, mut truncated) = (Instant::now(), Instant::now());
    let nobody_waits = || waiting.bytes.load(Ordering::Relaxed) == 0;
    loop {
        let (batch, open) = match waiting.tickets.recv_timeout(IDLE) {
            Ok(first) => (gather(waiting, first), true),
            Err(RecvTimeoutError::Timeout) => (Vec::new(), !house.is_closing()),
            Err(RecvTimeoutError::Disconnected) => (Vec::new(), false),
        };
        let idle = batch.is_empty();
        if !idle {
            committer.commit(batch)?;
        }
        if !open {
            return committer.end();
        }
        if chores.elapsed() >= CHORES {
            chores = Instant::now();
            committer.tidy(vec![Op::Ripen, SWEEP])?;
            committer.look_outside();
        } else if committer.store.backlog() == Backlog::Full {
            committer.tidy(vec![Op::Ripen])?;
        }
        while nobody_waits() && committer.store.backlog().is_ripe() && committer.tidy(vec![SETTLE])? {}
        while nobody_waits() && idle && committer.more && committer.tidy(vec![SWEEP])? {}
        if idle && truncated.elapsed() >= TRUNCATE {
            truncated = Instant::now();
            committer.truncate()?;
        }
    }
}

/// Everything that waits, as one batch.
fn gather(waiting: &Waiting, first: Ticket) -> Vec<Ticket> {
    let mut batch = vec![first];
    batch.extend(waiting.tickets.try_iter().take(limits::BATCH_MAX - 1));
    let bytes = batch.iter().map(|ticket| weight(&ticket.op)).sum();
    waiting.bytes.fetch_sub(bytes, Ordering::Relaxed);
    batch
}

struct Committer<'a> {
    store: SqliteStore,
    house: &'a Arc<House>,
    /// Records whose time has come are left.
    more: bool,
}

impl Committer<'_> {
    fn commit(&mut self, batch: Vec<Ticket>) -> Result<(), StoreError> {
        let (started, house) = (Instant::now(), self.house);
        let mut ops = Vec::with_capacity(batch.len() + 1);
        let mut waiters = Vec::with_capacity(batch.len());
        for Ticket { op, id, then, from } in batch {
            ops.push(op);
            waiters.push((id, then, from));
        }
        // Under load, whatever presses goes along with the batch, which waits for the disk anyway.
        if self.store.backlog() == Backlog::Pressing {
            ops.push(Op::Settle { records: 2 * waiters.len() });
        } else if self.more && waiters.len() < SMALL {
            ops.push(Op::Sweep { logs: LOGS, records: 2 * waiters.len() });
        }
        let committed = self.store.commit(house.now(), ops);
        house.metrics.commit_micros.add(started.elapsed().as_micros() as u64);
        match committed {
            Ok(mut outcomes) => {
                house.metrics.batches.add(1);
                house.metrics.operations.add(waiters.len() as u64);
                self.swept(outcomes.split_off(waiters.len()));
                for outcome in &outcomes {
                    // A blob that was deleted by its token.
                    if let Outcome::Swept(swept) = outcome {
                        house.clear_away(swept.clone());
                    }
                }
                let landed: Vec<_> = outcomes.iter().filter_map(landed).collect();
                for ((id, then, from), outcome) in waiters.into_iter().zip(outcomes) {
                    house.gate.enforce(&then, &outcome);
                    house.gate.tidy(&then, &outcome, &house.blobs);
                    from.deliver(Delivered { id, then, outcome: Ok(outcome) });
                }
                house.publish(&landed);
                Ok(())
            }
            // Nobody is told anything: what was written is not known.
            Err(StoreError::Broken) => Err(self.fail()),
            Err(error) => {
                tracing::warn!(operations = waiters.len(), %error, "a batch was refused");
                house.metrics.failed_batches.add(1);
                for (id, then, from) in waiters {
                    house.gate.tidy(&then, &Outcome::Refused(error.into()), &house.blobs);
                    from.deliver(Delivered { id, then, outcome: Err(error) });
                }
                Ok(())
            }
        }
    }

    /// Stores cursors first, for they decide what dies, and does the work of time. Says whether it could.
    fn tidy(&mut self, mut batch: Vec<Op>) -> Result<bool, StoreError> {
        let cursors = self.house.take_acks();
        if !cursors.is_empty() {
            batch.insert(0, Op::Acknowledge(cursors));
        }
        match self.store.commit(self.house.now(), batch) {
            Ok(outcomes) => {
                self.swept(outcomes);
                Ok(true)
            }
            Err(StoreError::Broken) => Err(self.fail()),
            // A full disk, or an operator's command in between: another time.
            Err(_) => Ok(false),
        }
    }

    /// Every record gets its place: a database at rest holds nothing in the order in which it came.
    fn end(&mut self) -> Result<(), StoreError> {
        for _ in 0..2 {
            self.tidy(vec![Op::Ripen, Op::Settle { records: usize::MAX }])?;
        }
        self.truncate()
    }

    /// Empties the log-ahead file. Where there is no room to bring what it holds into the database it stays until there is: nothing is lost.
    fn truncate(&mut self) -> Result<(), StoreError> {
        match self.store.truncate_wal() {
            Err(StoreError::Broken) => Err(self.fail()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Takes over what an operator's command changed beside us.
    fn look_outside(&mut self) {
        if self.store.changed_outside() == Ok(true)
            && let Ok(accounts) = self.store.accounts()
        {
            self.house.gate.reload(&accounts);
            self.house.look_for_desk();
        }
    }

    fn swept(&mut self, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            match outcome {
                Outcome::Settled { died } => self.house.metrics.records_died.add(died as u64),
                Outcome::Swept(swept) => {
                    self.more = swept.more;
                    self.house.metrics.records_died.add(swept.records as u64);
                    self.house.clear_away(swept);
                }
                _ => {}
            }
        }
    }

    fn fail(&self) -> StoreError {
        tracing::error!("the disk failed: the server ends");
        self.house.fail();
        StoreError::Broken
    }
}

fn landed(outcome: &Outcome) -> Option<Arc<Entry>> {
    if let Outcome::Appended(entry) = outcome { Some(entry.clone()) } else { None }
}

/// Starts the thread.
///
/// # Errors
/// The system has no thread left.
pub fn start(store: SqliteStore, waiting: Waiting, house: Arc<House>) -> std::io::Result<Committing> {
    std::thread::Builder::new().name("committer".into()).spawn(move || run(store, &waiting, &house))
}
