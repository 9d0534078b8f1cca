//! The server as a function: requests in, answers and pushes out. No socket, no clock, no randomness of its own.
//!
//! The shell ([`crate::shell`]) takes the same steps with many connections at once; this form takes them one after the other, for the world
//! in a process and for tests.

use crate::blobs::{Blobs, Stored};
use crate::gate::{Config, Door, Entropy, Gate, Refusal, Step, Task, Then, Way, Worked, blob};
use crate::hub::Hub;
use crate::hub::conn::{Conn, Next, Pushed, Sub};
use crate::keys::{ServerKeys, StampSigner};
use crate::store::{Cursor, LogKey, Op, Outcome, PassView, Reach, Store, StoreError};
use crate::wake::{Alarm, Knock};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use wire::call::{Frame, Push, Request, Response, Signal, UploadId};
use wire::{Bearer, BlobId, Millis, PassHash, Seq};

/// Names a connection for as long as it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// A server over a store and blobs.
pub struct Server<S, B> {
    store: S,
    blobs: B,
    gate: Gate,
    hub: Hub<ConnId>,
    conns: BTreeMap<ConnId, Conn>,
    acks: Acks,
    alarm: Alarm,
    failed: Option<StoreError>,
}

/// Cursors that moved and are not stored yet: losing them costs a client nothing but seeing records again.
#[derive(Default)]
pub struct Acks(HashMap<(LogKey, PassHash), Seq>);

impl Acks {
    pub fn add(&mut self, moved: Vec<Cursor>) {
        for cursor in moved {
            let seq = self.0.entry((cursor.log, cursor.pass)).or_default();
            *seq = cursor.seq.max(*seq);
        }
    }

    /// How far a pass has acknowledged, as far as that waits here.
    pub fn of(&self, log: LogKey, pass: &PassHash) -> Seq {
        self.0.get(&(log, *pass)).copied().unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order of keys: a seed gives the same run twice.
    pub fn take(&mut self) -> Vec<Cursor> {
        let mut moved: Vec<_> = std::mem::take(&mut self.0).into_iter().map(|((log, pass), seq)| Cursor { log, pass, seq }).collect();
        moved.sort_unstable_by_key(|cursor| (cursor.log, cursor.pass));
        moved
    }
}

/// What a tick of the clock brought.
#[derive(Debug, Default, PartialEq)]
pub struct Tick {
    pub pushes: Vec<(ConnId, Frame)>,
    /// Connections that are over: their account was closed, or they acknowledge nothing.
    pub closed: Vec<ConnId>,
    /// Devices that are away and for which something waits.
    pub knocks: Vec<Knock>,
}

/// Logs that one tick visits.
const LOGS_A_TICK: usize = 256;
/// Records that die in one tick.
const RECORDS_A_TICK: usize = 1024;

impl<S: Store, B: Blobs> Server<S, B> {
    pub fn open(store: S, blobs: B, keys: ServerKeys, config: Config) -> Self {
        Self {
            store,
            blobs,
            gate: Gate::new(keys, config),
            hub: Hub::default(),
            conns: BTreeMap::new(),
            acks: Acks::default(),
            alarm: Alarm::default(),
            failed: None,
        }
    }

    /// The store and the blobs, as a power cut would leave them.
    pub fn into_parts(self) -> (S, B) {
        (self.store, self.blobs)
    }

    /// Takes over the desk that an operator set up, or that there is none any more.
    pub fn set_desk(&self, door: Option<Door>) {
        self.gate.set_desk(door);
    }

    pub fn store(&mut self) -> &mut S {
        &mut self.store
    }

    /// Why the server does nothing any more: its disk failed, and only a restart knows what is kept.
    pub fn failed(&self) -> Option<StoreError> {
        self.failed
    }

    pub fn connect(&mut self, conn: ConnId, binding: [u8; 32]) {
        self.disconnect(conn);
        self.conns.insert(conn, Conn::new(binding));
    }

    pub fn disconnect(&mut self, conn: ConnId) {
        if let Some(mut gone) = self.conns.remove(&conn) {
            gone.leave(&mut self.hub, &conn);
        }
    }

    /// Takes one frame: at most one commit, then answers and pushes to whom they go.
    pub fn handle(&mut self, now: Millis, seed: [u8; 32], conn: ConnId, frame: Frame) -> Vec<(ConnId, Frame)> {
        let mut out = Vec::new();
        let Some(this) = self.conns.get_mut(&conn) else { return out };
        if self.failed.is_some() {
            return out;
        }
        let mut entropy = grow(seed);
        match self.gate.admit(now, &mut entropy, Way::Socket, this, frame) {
            Step::Nothing => {}
            Step::Acknowledge(moved) => self.acks.add(moved),
            Step::Answer(id, response) => out.push((conn, Frame::Response { id, response })),
            Step::Unsubscribe(id, numbers) => {
                this.unsubscribe(&numbers, &mut self.hub, &conn);
                out.push((conn, Frame::Response { id, response: Response::Done }));
            }
            Step::Signal(id, signal) => {
                let response = self.signal(now, conn, &signal, &mut out);
                out.push((conn, Frame::Response { id, response }));
            }
            Step::Commit(id, op, then) => {
                let response = self.commit(now, op, then);
                out.push((conn, Frame::Response { id, response }));
            }
            Step::Work(id, task) => {
                let response = self.work(now, &mut entropy, conn, task);
                out.push((conn, Frame::Response { id, response }));
            }
        }
        if self.failed.is_some() {
            return Vec::new();
        }
        self.pump(now, &mut out);
        out
    }

    /// Takes a request that came by POST.
    pub fn call(&mut self, now: Millis, seed: [u8; 32], bearer: Option<&Bearer>, binding: [u8; 32], request: Request) -> Response {
        let mut entropy = grow(seed);
        let mut conn = Conn::new(binding);
        conn.session = bearer.and_then(|bearer| self.gate.session(bearer, now).ok());
        match self.gate.admit(now, &mut entropy, Way::Post, &mut conn, Frame::Request { id: 0, request }) {
            Step::Answer(_, response) => response,
            Step::Commit(_, op, then) => self.commit(now, op, then),
            Step::Work(_, task) => {
                self.alarm.back(task.shows().into_iter());
                match self.gate.work(now, &mut entropy, &mut self.store, &self.blobs, task) {
                    Worked::Answer(response)
                    | Worked::Session(_, response)
                    | Worked::Subscribed(_, _, response)
                    | Worked::Wake(_, response) => response,
                    Worked::Commit(op, then) => self.commit(now, op, then),
                }
            }
            Step::Nothing | Step::Acknowledge(_) | Step::Unsubscribe(..) | Step::Signal(..) => Response::Refused(Refusal::Unsupported),
        }
    }

    /// Writes a part of an upload (PATCH); gives the new offset.
    ///
    /// # Errors
    /// The refusal.
    pub fn upload(&mut self, now: Millis, bearer: &Bearer, upload: &UploadId, at: u64, part: &[u8]) -> Result<u64, Refusal> {
        self.gate.session(bearer, now)?;
        let touch = blob::admit_part(&mut self.store, &self.blobs, now, upload, at, part.len() as u64)?.touch;
        if touch {
            self.write(now, vec![Op::TouchUpload { upload: *upload }])?;
        }
        Ok(self.blobs.write(upload, at, part)?)
    }

    /// Where an upload stands (HEAD).
    ///
    /// # Errors
    /// The refusal.
    pub fn upload_offset(&mut self, now: Millis, bearer: &Bearer, upload: &UploadId) -> Result<u64, Refusal> {
        self.gate.session(bearer, now)?;
        blob::offset(&mut self.store, &self.blobs, upload)
    }

    /// Bytes of a blob (GET with Range) and its length.
    ///
    /// # Errors
    /// The refusal.
    pub fn download(&mut self, now: Millis, bearer: &Bearer, id: &BlobId, range: Range<u64>) -> Result<(Bytes, u64), Refusal> {
        self.gate.session(bearer, now)?;
        blob::read(&mut self.store, &self.blobs, now, id, range)
    }

    /// The work of time: stores cursors, lets die what must, closes who is over.
    pub fn tick(&mut self, now: Millis) -> Tick {
        let mut tick = Tick::default();
        if self.failed.is_some() {
            return tick;
        }
        self.gate.expire(now);
        if self.store.changed_outside().unwrap_or(false)
            && let Ok(accounts) = self.store.accounts()
        {
            self.gate.reload(&accounts);
        }
        let settle = Op::Settle { records: usize::MAX };
        let sweep = Op::Sweep { logs: LOGS_A_TICK, records: RECORDS_A_TICK };
        let batch = vec![Op::Acknowledge(self.acks.take()), Op::Ripen, settle, sweep];
        for outcome in self.write(now, batch).unwrap_or_default() {
            self.clear_away(&outcome);
        }
        tick.knocks = self.knocks(now);
        tick.closed = self.overdue(now);
        tick.closed.iter().for_each(|conn| self.disconnect(*conn));
        self.pump(now, &mut tick.pushes);
        tick
    }

    /// Removes bytes that no row names: uploads and blobs that a power cut left behind.
    pub fn clear_orphans(&mut self) {
        for stored in self.blobs.stored() {
            match stored {
                Stored::Upload(upload) => {
                    if self.store.upload(&upload) == Ok(None) {
                        self.blobs.discard(&upload);
                    }
                }
                Stored::Blob(blob) => self.blobs.remove(&blob, &mut || self.store.has_blob(&blob) != Ok(false)),
            }
        }
    }

    /// Whom to knock for now: cursors were stored a moment ago.
    fn knocks(&mut self, now: Millis) -> Vec<Knock> {
        let mut knocks = self.alarm.due(now);
        knocks.retain(|knock| {
            let view = self.store.pass(&knock.log, &knock.pass, None);
            view.is_ok_and(|view| view.is_some_and(|view| view.cursor < knock.head)) && self.alarm.ring(now, knock)
        });
        knocks
    }

    fn overdue(&self, now: Millis) -> Vec<ConnId> {
        let over = |conn: &Conn| {
            conn.session.as_ref().is_some_and(|session| session.end().is_some()) || conn.deadline().is_some_and(|deadline| now >= deadline)
        };
        self.conns.iter().filter(|(_, conn)| over(conn)).map(|(id, _)| *id).collect()
    }

    fn work(&mut self, now: Millis, entropy: &mut Entropy, conn: ConnId, task: Task) -> Response {
        if let (Task::Subscribe { entries }, Some(this)) = (&task, self.conns.get_mut(&conn)) {
            this.join(entries, &mut self.hub, &conn);
        }
        let subscribing = matches!(task, Task::Subscribe { .. });
        self.alarm.back(task.shows().into_iter());
        let (subs, response) = match self.gate.work(now, entropy, &mut self.store, &self.blobs, task) {
            Worked::Answer(response) => (Vec::new(), response),
            Worked::Commit(op, then) => return self.commit(now, op, then),
            Worked::Session(session, response) => {
                if let Some(this) = self.conns.get_mut(&conn) {
                    this.session = Some(session);
                }
                return response;
            }
            Worked::Wake(knocks, response) => {
                self.alarm.add(now, knocks);
                (Vec::new(), response)
            }
            Worked::Subscribed(subs, moved, response) => {
                self.alarm.back(subs.iter().map(Sub::pass));
                self.acks.add(moved);
                (subs, response)
            }
        };
        if let Some(this) = self.conns.get_mut(&conn).filter(|_| subscribing) {
            this.subscribe(subs, &mut self.hub, &conn);
        }
        response
    }

    fn commit(&mut self, now: Millis, op: Op, then: Then) -> Response {
        let outcome = self.write(now, vec![op]).map(|outcomes| outcomes.into_iter().next().unwrap_or(Outcome::Refused(Refusal::Busy)));
        if let Ok(outcome) = &outcome {
            self.gate.enforce(&then, outcome);
            self.clear_away(outcome);
            self.publish(now, outcome);
        }
        let known = outcome.as_ref().map_or_else(|error| Outcome::Refused((*error).into()), Clone::clone);
        self.gate.tidy(&then, &known, &self.blobs);
        self.gate.settle(then, outcome)
    }

    fn write(&mut self, now: Millis, batch: Vec<Op>) -> Result<Vec<Outcome>, StoreError> {
        self.store.commit(now, batch).inspect_err(|error| {
            if *error == StoreError::Broken {
                self.failed = Some(*error);
            }
        })
    }

    fn signal(&mut self, now: Millis, from: ConnId, signal: &Signal, out: &mut Vec<(ConnId, Frame)>) -> Response {
        let Some(this) = self.conns.get_mut(&from) else { return Response::Refused(Refusal::NoSession) };
        let log = match this.may_signal(now, signal, &self.hub) {
            Ok(log) => log,
            Err(refusal) => return Response::Refused(refusal),
        };
        self.hub.signal(log, &from, |conn, number| {
            if self.conns.get(conn).is_some_and(|other| other.hears_at(now, number, &self.hub)) {
                out.push((*conn, Frame::Heard(Signal { number, sealed: signal.sealed.clone() })));
            }
        });
        Response::Done
    }

    fn publish(&mut self, now: Millis, outcome: &Outcome) {
        if let Outcome::Appended(entry) = outcome {
            if self.gate.is_dropped(entry) {
                self.alarm.add_for_desk(now, self.gate.wake_desk(&mut self.store));
            }
            let conns = &mut self.conns;
            self.hub.publish(entry, |conn, number| {
                if let Some(conn) = conns.get_mut(conn) {
                    conn.wake(number);
                }
            });
        }
    }

    /// Removes the bytes of rows that died.
    fn clear_away(&mut self, outcome: &Outcome) {
        let Outcome::Swept(swept) = outcome else { return };
        swept.uploads.iter().for_each(|upload| self.gate.give_up(upload, &self.blobs));
        for blob in &swept.blobs {
            self.blobs.remove(blob, &mut || self.store.has_blob(blob) != Ok(false));
        }
    }

    fn pump(&mut self, now: Millis, out: &mut Vec<(ConnId, Frame)>) {
        for (id, conn) in &mut self.conns {
            // Records go to who is signed in, and to nobody else.
            if conn.session.as_ref().is_none_or(|session| session.check(now).is_err()) {
                continue;
            }
            loop {
                let pushed = match conn.next(now, &mut self.hub, id) {
                    Next::Nothing => break,
                    Next::Push(pushed) => Some(pushed),
                    Next::Read(wanted) => {
                        let Ok(reach) = self.store.reads_to(wanted.span.log, &wanted.pass) else { break };
                        let Ok(page) = self.store.page(wanted.span.cut(reach)) else { break };
                        conn.feed(&wanted, page, reach, &mut self.hub, id)
                    }
                };
                out.extend(pushed.map(|pushed| (*id, Frame::Push(push(pushed, self.gate.keys.stamps())))));
            }
        }
    }

    /// How a pass sees its log: for oracles.
    ///
    /// # Errors
    /// The world failed.
    pub fn view(&mut self, log: &wire::LogId, pass: &PassHash) -> Result<Option<PassView>, StoreError> {
        self.store.pass(log, pass, None)
    }
}

impl crate::store::Span {
    /// The part of the span that a pass may read.
    #[must_use]
    pub fn cut(self, reach: Reach) -> Self {
        let to = match reach {
            Reach::Everything => self.to,
            Reach::To(end) => self.to.min(end),
            Reach::Nothing => self.after,
        };
        Self { to, ..self }
    }
}

fn push(pushed: Pushed, stamps: &StampSigner) -> Push {
    let records = pushed.records.iter().map(|entry| entry.record(stamps)).collect();
    Push { number: pushed.number, records, ended: pushed.ended }
}

/// As many random bytes as are asked for, from one seed.
fn grow(seed: [u8; 32]) -> impl FnMut() -> [u8; 32] {
    let mut count = 0u64;
    move || {
        count += 1;
        Sha256::new().chain_update(b"treehouse/1 server entropy").chain_update(seed).chain_update(count.to_be_bytes()).finalize().into()
    }
}

#[cfg(test)]
mod tests;
