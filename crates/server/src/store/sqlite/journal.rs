//! Where records are durable before they have a place of their own: one row a batch, written in a row on the disk.
//!
//! A record's place in the table `record` is a random page of 8 KiB, so placing it at once would write five times its bytes. Batches are placed
//! a moment later, sorted, and by then most records of people who are online are acknowledged by everyone: those never take a place. Until
//! then they are also in memory, shared with the readers. After a power cut in the middle of a round some records are both here and in their
//! place, and some that had died are here again; the next round makes it good. Inboxes do not pass here: their records stand in no order
//! with any other.

use crate::record::{Entry, Stamped};
use crate::store::sqlite::log::{flag_code, flag_of};
use crate::store::sqlite::read;
use crate::store::{Backlog, LogKey};
use bytes::Bytes;
use franking::Stamp;
use rusqlite::{Connection, Result, params};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use wire::{Chain, Commitment, Hash32, Millis, PassHash, Route, Seq};

type Records = HashMap<LogKey, VecDeque<Arc<Entry>>>;

/// Committed records without a place, by log and in order: the newest of a log, without a gap.
#[derive(Default)]
pub struct Fresh(RwLock<Records>);

impl Fresh {
    fn records(&self) -> RwLockReadGuard<'_, Records> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn records_mut(&self) -> RwLockWriteGuard<'_, Records> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first sequence of a log that is here, and the records from a sequence on, at most so many.
    pub fn after(&self, log: LogKey, after: Seq, most: usize) -> (Option<Seq>, Vec<Arc<Entry>>) {
        let records = self.records();
        let Some(held) = records.get(&log) else { return (None, Vec::new()) };
        let first = held.front().map(|entry| entry.seq());
        let skip = first.map_or(0, |first| after.0.saturating_add(1).saturating_sub(first.0));
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        (first, held.iter().skip(skip).take(most).cloned().collect())
    }

    pub fn first(&self, log: LogKey) -> Option<Seq> {
        self.records().get(&log)?.front().map(|entry| entry.seq())
    }

    pub fn last(&self, log: LogKey) -> Option<Arc<Entry>> {
        self.records().get(&log)?.back().cloned()
    }

    fn find(&self, log: LogKey, at: Seq) -> Option<Arc<Entry>> {
        let records = self.records();
        let held = records.get(&log)?;
        let place = at.0.checked_sub(held.front()?.seq().0)?;
        held.get(usize::try_from(place).ok()?).cloned()
    }

    fn add(&self, entries: &[Arc<Entry>]) {
        let mut records = self.records_mut();
        for entry in entries {
            records.entry(entry.stamped().log).or_default().push_back(entry.clone());
        }
    }

    fn remove(&self, entries: &[Arc<Entry>]) {
        let mut records = self.records_mut();
        for entry in entries {
            let log = entry.stamped().log;
            let Some(held) = records.get_mut(&log) else { continue };
            if held.front().is_some_and(|first| first.seq() == entry.seq()) {
                held.pop_front();
            }
            if held.is_empty() {
                records.remove(&log);
            }
        }
    }
}

/// One committed batch.
struct Batch {
    id: i64,
    bytes: usize,
    entries: Vec<Arc<Entry>>,
}

/// The batches whose records have no place yet, and what the running transaction does to them.
#[derive(Default)]
pub struct Journal {
    fresh: Arc<Fresh>,
    batches: VecDeque<Batch>,
    bytes: usize,
    last: i64,
    /// What was last when the last round began: old enough to be placed by the next one.
    ripe: i64,
    round: Option<Round>,
    running: Vec<Arc<Entry>>,
    written: Option<Batch>,
}

/// Records of one log, in order.
type OfLog = (LogKey, Vec<Arc<Entry>>);

/// Records on their way to their places, log by log, so that those of one log are written together.
struct Round {
    /// The last batch whose records are among them.
    to: i64,
    logs: VecDeque<OfLog>,
    /// By the running transaction.
    taken: Vec<OfLog>,
}

/// Bytes that may wait for a place before it presses: enough that several records of one busy log are placed together.
const PRESSING: usize = 8 * 1024 * 1024;

impl Journal {
    /// Takes over what an earlier life of the process left without a place.
    pub fn load(&mut self, conn: &Connection) -> Result<()> {
        let mut query = conn.prepare("SELECT id, bytes FROM fresh ORDER BY id")?;
        let mut rows = query.query([])?;
        let mut batches = VecDeque::new();
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(1)?.as_blob()?;
            batches.push_back(Batch { id: row.get(0)?, bytes: bytes.len(), entries: decode(conn, bytes)? });
        }
        self.fresh.records_mut().clear();
        batches.iter().for_each(|batch| self.fresh.add(&batch.entries));
        let (bytes, last) = (batches.iter().map(|batch| batch.bytes).sum(), batches.back().map_or(0, |batch| batch.id));
        *self = Self { fresh: self.fresh.clone(), batches, bytes, last, ripe: last, ..Self::default() };
        Ok(())
    }

    pub fn fresh(&self) -> &Arc<Fresh> {
        &self.fresh
    }

    /// What the running transaction sees.
    pub fn view<'a>(&'a self, conn: &'a Connection) -> View<'a> {
        View { conn, fresh: &self.fresh, running: &self.running }
    }

    pub fn backlog(&self) -> Backlog {
        match (&self.round, self.bytes > PRESSING) {
            (None, false) => Backlog::Nothing,
            (None, true) => Backlog::Full,
            (Some(_), false) => Backlog::Ripe,
            (Some(_), true) => Backlog::Pressing,
        }
    }

    /// Adds a record to the running batch.
    pub fn push(&mut self, entry: Arc<Entry>) {
        self.running.push(entry);
    }

    /// Begins a round over what was there when the last one began, unless one is on its way.
    pub fn ripen(&mut self) {
        if self.round.is_some() {
            return;
        }
        let to = std::mem::replace(&mut self.ripe, self.last);
        let mut logs: BTreeMap<LogKey, Vec<Arc<Entry>>> = BTreeMap::new();
        for entry in self.batches.iter().take_while(|batch| batch.id <= to).flat_map(|batch| &batch.entries) {
            logs.entry(entry.stamped().log).or_default().push(entry.clone());
        }
        if !logs.is_empty() {
            self.round = Some(Round { to, logs: logs.into_iter().collect(), taken: Vec::new() });
        }
    }

    /// The next records of the round, about so many. The running transaction places them all, or lets them die.
    pub fn take(&mut self, conn: &Connection, records: usize) -> Result<&[OfLog]> {
        let Some(round) = &mut self.round else { return Ok(&[]) };
        let mut count = 0;
        while count < records
            && let Some(log) = round.logs.pop_front()
        {
            count += log.1.len();
            round.taken.push(log);
        }
        if round.logs.is_empty() {
            conn.prepare_cached("DELETE FROM fresh WHERE id <= ?1")?.execute(params![round.to])?;
        }
        Ok(&round.taken)
    }

    /// Writes the running batch; to be called right before the transaction commits.
    pub fn write(&mut self, conn: &Connection) -> Result<()> {
        let entries = std::mem::take(&mut self.running);
        if !entries.is_empty() {
            let (id, bytes) = (self.last.saturating_add(1), encode(&entries));
            conn.prepare_cached("INSERT INTO fresh(id, bytes) VALUES (?1, ?2)")?.execute(params![id, bytes])?;
            self.written = Some(Batch { id, bytes: bytes.len(), entries });
        }
        Ok(())
    }

    /// The transaction stands: its records are there for everyone, and those that were placed are here no longer.
    pub fn committed(&mut self) {
        if let Some(batch) = self.written.take() {
            self.fresh.add(&batch.entries);
            self.last = batch.id;
            self.bytes += batch.bytes;
            self.batches.push_back(batch);
        }
        let Some(round) = &mut self.round else { return };
        for (_, entries) in std::mem::take(&mut round.taken) {
            self.fresh.remove(&entries);
        }
        if !round.logs.is_empty() {
            return;
        }
        let to = round.to;
        self.round = None;
        while self.batches.front().is_some_and(|batch| batch.id <= to) {
            self.bytes -= self.batches.pop_front().map_or(0, |batch| batch.bytes);
        }
    }

    /// The transaction is undone.
    pub fn undone(&mut self) {
        self.running.clear();
        self.written = None;
        if let Some(round) = &mut self.round {
            round.taken.drain(..).rev().for_each(|log| round.logs.push_front(log));
        }
    }
}

/// `log 8 | seq 8 | ms 8 | flag 1 | by 32 | c 32 | prev 32 | length 4 | bytes`, one after the other; integers big-endian.
fn encode(entries: &[Arc<Entry>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.iter().map(|entry| 125 + entry.weight()).sum());
    for entry in entries {
        let Stamped { log, stamp, record, .. } = entry.stamped();
        out.extend_from_slice(&log.0.to_be_bytes());
        out.extend_from_slice(&stamp.seq.0.to_be_bytes());
        out.extend_from_slice(&stamp.ms.0.to_be_bytes());
        out.push(flag_code(stamp.flag) as u8);
        out.extend_from_slice(&stamp.by.0);
        out.extend_from_slice(&stamp.c.0);
        out.extend_from_slice(&stamp.prev.0);
        // A record has at most half a mebibyte.
        out.extend_from_slice(&(record.len() as u32).to_be_bytes());
        out.extend_from_slice(record);
    }
    out
}

fn decode(conn: &Connection, mut bytes: &[u8]) -> Result<Vec<Arc<Entry>>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (log, seq, ms) = (take(&mut bytes)?, take(&mut bytes)?, take(&mut bytes)?);
        let [flag] = take(&mut bytes)?;
        let (by, c, prev, length) = (take(&mut bytes)?, take(&mut bytes)?, take(&mut bytes)?, take(&mut bytes)?);
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let (record, rest) = bytes.split_at_checked(length).ok_or(rusqlite::Error::InvalidQuery)?;
        bytes = rest;
        let log = LogKey(i64::from_be_bytes(log));
        let Some(id) = read::log_id(conn, log)? else { continue };
        let stamp = Stamp {
            route: id.route(),
            seq: Seq(u64::from_be_bytes(seq)),
            ms: Millis(u64::from_be_bytes(ms)),
            flag: flag_of(flag.into()),
            by: PassHash(by),
            c: Commitment(c),
            h: Hash32::of(record),
            prev: Chain(prev),
        };
        let stamped = Stamped { log, stamp, chain: stamp.chain(), record: Bytes::copy_from_slice(record), ended: Vec::new() };
        entries.push(Arc::new(Entry::new(stamped)));
    }
    Ok(entries)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(rusqlite::Error::InvalidQuery)?;
    *bytes = rest;
    Ok(*taken)
}

/// Records of logs, wherever they are: in their place, without one yet, or in the running transaction.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub conn: &'a Connection,
    pub fresh: &'a Fresh,
    /// Empty for readers.
    pub running: &'a [Arc<Entry>],
}

impl View<'_> {
    pub fn record(self, log: LogKey, route: Route, at: Seq) -> Result<Option<Arc<Entry>>> {
        let running = self.running.iter().find(|entry| entry.stamped().log == log && entry.seq() == at).cloned();
        match running.or_else(|| self.fresh.find(log, at)) {
            Some(entry) => Ok(Some(entry)),
            None => read::placed(self.conn, log, route, at),
        }
    }

    /// The newest record of a log, if it is held.
    pub fn last(self, log: LogKey, route: Route) -> Result<Option<Arc<Entry>>> {
        let running = self.running.iter().rev().find(|entry| entry.stamped().log == log).cloned();
        match running.or_else(|| self.fresh.last(log)) {
            Some(entry) => Ok(Some(entry)),
            None => read::last_placed(self.conn, log, route),
        }
    }

    /// Records after a sequence, in order. First those in memory are taken, then the placed ones before them: a record that is placed in
    /// between is among the former.
    pub fn after(self, log: LogKey, route: Route, after: Seq, most: usize) -> Result<Vec<Arc<Entry>>> {
        let (first, fresh) = self.fresh.after(log, after, most);
        let before = first.unwrap_or(Seq(u64::MAX));
        let mut entries = read::placed_between(self.conn, log, route, after, before, most)?;
        let room = most - entries.len();
        entries.extend(fresh.into_iter().take(room));
        let running = self.running.iter().filter(|entry| entry.stamped().log == log && entry.seq() > after).cloned();
        let room = most - entries.len();
        entries.extend(running.take(room));
        Ok(entries)
    }

    /// The oldest record of a log that has no place yet.
    pub fn first_without_place(self, log: LogKey) -> Option<Seq> {
        let running = || self.running.iter().find(|entry| entry.stamped().log == log).map(|entry| entry.seq());
        self.fresh.first(log).or_else(running)
    }

    /// The oldest sequence held after one.
    pub fn first_after(self, log: LogKey, after: Seq) -> Result<Option<Seq>> {
        let fresh = self.fresh.after(log, after, 1).1.first().map(|entry| entry.seq());
        Ok(read::first_placed_after(self.conn, log, after)?.into_iter().chain(fresh).min())
    }
}
