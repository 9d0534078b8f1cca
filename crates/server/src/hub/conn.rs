//! One connection: who it is, what it listens to, and what to send it next. It queues numbers of subscriptions, never records.

use super::window::Window;
use super::{Hub, Recent, Room};
use crate::bucket::Bucket;
use crate::gate::Session;
use crate::record::Entry;
use crate::store::{Cursor, LogKey, Page, Reach, Span};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use wire::call::{Ack, Subscription};
use wire::{Millis, PassHash, Seq, limits};

/// One connection, or one POST.
pub struct Conn {
    /// TLS exporter (RFC 9266), zero on plain loopback.
    pub binding: [u8; 32],
    /// The network address it comes from, where there is a network.
    pub from: Option<IpAddr>,
    /// The challenge that was sent and until when it may be answered.
    pub challenge: Option<([u8; 32], Millis)>,
    pub session: Option<Arc<Session>>,
    /// Lookups without a session.
    pub lookups: Bucket,
    /// Signals said.
    pub signals: Bucket,
    /// Whether this client knows what a signal is.
    pub hears: Hears,
    /// By number.
    subs: Vec<Sub>,
    /// Joined to the hub while the store is asked whether their passes open anything.
    joining: Vec<(u32, LogKey)>,
    /// Numbers of subscriptions that may have news, next first.
    ready: VecDeque<u32>,
    window: Window,
}

/// What a client said that it understands beside records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hears {
    Nothing,
    Signals,
}

/// One subscription: a pass that was shown to open a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sub {
    number: u32,
    log: LogKey,
    pass: PassHash,
    /// The last sequence that was sent, or that the client said it holds.
    sent: Seq,
    acknowledged: Seq,
    /// The newest sequence that the store named.
    head: Seq,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// Stands in the queue.
    Queued,
    /// The pass reads no further; kept until what was sent is acknowledged.
    Ended,
}

impl Sub {
    pub fn pass(&self) -> PassHash {
        self.pass
    }

    pub fn new(number: u32, log: LogKey, pass: PassHash, cursor: Seq, head: Seq) -> Self {
        Self { number, log, pass, sent: cursor, acknowledged: cursor, head, state: State::Idle }
    }
}

/// Records to be pushed.
#[derive(Debug, Clone, PartialEq)]
pub struct Pushed {
    pub number: u32,
    pub records: Vec<Arc<Entry>>,
    /// The pass reads no further.
    pub ended: bool,
}

/// What a connection wants to do next.
#[derive(Debug, PartialEq)]
pub enum Next {
    Nothing,
    Push(Pushed),
    /// Records that only the store has: to be given to [`Conn::feed`].
    Read(Wanted),
}

/// A page that a subscription wants from the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    number: u32,
    pub pass: PassHash,
    /// Up to the end of the log: to be cut to what the pass reads.
    pub span: Span,
    /// Records up to here were committed before the store is asked.
    known: Seq,
}

impl Conn {
    pub fn new(binding: [u8; 32]) -> Self {
        Self {
            binding,
            from: None,
            challenge: None,
            session: None,
            lookups: Bucket::default(),
            signals: Bucket::default(),
            hears: Hears::Nothing,
            subs: Vec::new(),
            joining: Vec::new(),
            ready: VecDeque::new(),
            window: Window::default(),
        }
    }

    pub fn over_network(binding: [u8; 32], from: IpAddr) -> Self {
        let mut conn = Self::new(binding);
        conn.from = Some(from);
        conn
    }

    pub fn subscriptions(&self) -> usize {
        self.subs.len()
    }

    /// What is subscribed to and has not ended: number, log and pass.
    pub fn listening(&self) -> impl Iterator<Item = (u32, LogKey, PassHash)> + '_ {
        self.subs.iter().filter(|sub| sub.state != State::Ended).map(|sub| (sub.number, sub.log, sub.pass))
    }

    fn place(&self, number: u32) -> Result<usize, usize> {
        self.subs.binary_search_by_key(&number, |sub| sub.number)
    }

    fn sub(&mut self, number: u32) -> Option<&mut Sub> {
        let at = self.place(number).ok()?;
        self.subs.get_mut(at)
    }

    /// First half of subscribing: listens, so that nothing committed after the store is asked can be missed. A number used again means the
    /// new subscription.
    pub fn join<H: PartialEq + Clone>(&mut self, entries: &[Subscription], hub: &mut Hub<H>, me: &H) {
        let numbers: Vec<u32> = entries.iter().map(|entry| entry.number).collect();
        self.unsubscribe(&numbers, hub, me);
        self.joining = entries.iter().map(|entry| (entry.number, LogKey::of(&entry.log))).collect();
        for (number, log) in &self.joining {
            hub.join(*log, me.clone(), *number);
        }
    }

    /// Second half: takes in the subscriptions that the store allowed, those with news in the order in which they are to be served.
    pub fn subscribe<H: PartialEq + Clone>(&mut self, subs: Vec<Sub>, hub: &mut Hub<H>, me: &H) {
        let mut allowed: Vec<u32> = subs.iter().map(|sub| sub.number).collect();
        allowed.sort_unstable();
        let joined = std::mem::take(&mut self.joining).into_iter().map(|(number, log)| (log, number));
        part(joined.filter(|(_, number)| allowed.binary_search(number).is_err()).collect(), hub, me);
        let news: Vec<u32> = subs.iter().filter(|sub| sub.head > sub.sent).map(|sub| sub.number).collect();
        self.subs.reserve_exact(subs.len());
        self.subs.extend(subs);
        self.subs.sort_by_key(|sub| sub.number);
        news.into_iter().for_each(|number| self.wake(number));
    }

    pub fn unsubscribe<H: PartialEq>(&mut self, numbers: &[u32], hub: &mut Hub<H>, me: &H) {
        let mut gone: Vec<u32> = numbers.iter().copied().filter(|number| self.place(*number).is_ok()).collect();
        gone.sort_unstable();
        gone.dedup();
        if gone.is_empty() {
            return;
        }
        let mut left = Vec::with_capacity(gone.len());
        self.subs.retain(|sub| {
            let over = gone.binary_search(&sub.number).is_ok();
            if over && sub.state != State::Ended {
                left.push((sub.log, sub.number));
            }
            !over
        });
        part(left, hub, me);
        self.ready.retain(|number| gone.binary_search(number).is_err());
        gone.iter().for_each(|number| self.window.release(*number, Seq(u64::MAX)));
    }

    /// Ends everything, for a connection that is closed.
    pub fn leave<H: PartialEq>(&mut self, hub: &mut Hub<H>, me: &H) {
        let subs = std::mem::take(&mut self.subs);
        let live = subs.iter().filter(|sub| sub.state != State::Ended).map(|sub| (sub.log, sub.number));
        let joining = std::mem::take(&mut self.joining).into_iter().map(|(number, log)| (log, number));
        part(live.chain(joining).collect(), hub, me);
        self.ready.clear();
    }

    /// Notes that a subscription may have news.
    pub fn wake(&mut self, number: u32) {
        if let Some(sub) = self.sub(number)
            && sub.state == State::Idle
        {
            sub.state = State::Queued;
            self.ready.push_back(number);
        }
    }

    /// Takes acknowledgements: opens the window and gives the cursors that moved.
    pub fn acknowledge(&mut self, acks: &[Ack]) -> Vec<Cursor> {
        let mut moved = Vec::new();
        for ack in acks {
            let Ok(at) = self.place(ack.number) else { continue };
            let Some(sub) = self.subs.get_mut(at) else { continue };
            let seq = ack.seq.min(sub.sent);
            if seq <= sub.acknowledged {
                continue;
            }
            sub.acknowledged = seq;
            moved.push(Cursor { log: sub.log, pass: sub.pass, seq });
            if sub.state == State::Ended && seq == sub.sent {
                self.subs.remove(at);
            }
            self.window.release(ack.number, seq);
        }
        moved
    }

    /// The log of a subscription whose pass opens it as far as anybody knows: it was sent everything that was published. Whoever is put out is
    /// behind by the record that says so, or has ended.
    pub fn stands_at_the_end<H: PartialEq>(&self, number: u32, hub: &Hub<H>) -> Option<LogKey> {
        let sub = self.subs.get(self.place(number).ok()?)?;
        (sub.state != State::Ended && sub.sent >= hub.newest(sub.log).max(sub.head)).then_some(sub.log)
    }

    /// The log and the pass of a subscription that reads.
    pub fn reads(&self, number: u32) -> Option<(LogKey, PassHash)> {
        let sub = self.subs.get(self.place(number).ok()?)?;
        (sub.state != State::Ended).then_some((sub.log, sub.pass))
    }

    /// When this connection is to be closed unless it acknowledges something.
    pub fn deadline(&self) -> Option<Millis> {
        self.window.deadline()
    }

    /// Whether the window has room for a record.
    pub fn has_room(&self) -> bool {
        self.room().is_some()
    }

    fn room(&self) -> Option<Room> {
        let (records, bytes) = self.window.room();
        // While something is out, no record may overrun the window: one of the largest kind must fit, or the window counts as full.
        let fits = self.window.is_empty() || bytes >= limits::RECORD_MAX;
        (records > 0 && fits).then_some(Room { records: records.min(limits::PAGE_RECORDS), bytes: bytes.min(limits::PAGE_BYTES) })
    }

    /// What to send next, in turn over the subscriptions that have news.
    pub fn next<H: PartialEq>(&mut self, now: Millis, hub: &mut Hub<H>, me: &H) -> Next {
        while let Some(number) = self.ready.front().copied() {
            let Some(sub) = self.sub(number) else {
                self.ready.pop_front();
                continue;
            };
            let known = hub.newest(sub.log).max(sub.head);
            if sub.sent >= known {
                sub.state = State::Idle;
                self.ready.pop_front();
                continue;
            }
            let (log, pass, after) = (sub.log, sub.pass, sub.sent);
            let Some(room) = self.room() else {
                self.window.stall(now);
                return Next::Nothing;
            };
            if let Recent::Records(records) = hub.recent(log, after, room) {
                return Next::Push(self.push(number, records, hub, me));
            }
            let span = Span { log, after, to: Seq(u64::MAX), records: room.records, bytes: room.bytes };
            return Next::Read(Wanted { number, pass, span, known });
        }
        Next::Nothing
    }

    /// Takes the page that was wanted, read after `reach` was asked and cut to it.
    pub fn feed<H: PartialEq>(&mut self, wanted: &Wanted, page: Page, reach: Reach, hub: &mut Hub<H>, me: &H) -> Option<Pushed> {
        let records = page.records;
        match reach {
            Reach::Nothing => return Some(self.end(wanted.number, Vec::new(), hub, me)),
            Reach::To(_) if !page.more => return Some(self.end(wanted.number, records, hub, me)),
            Reach::To(_) | Reach::Everything => {}
        }
        let pushed = if records.is_empty() { None } else { Some(self.push(wanted.number, records, hub, me)) };
        if let Some(sub) = self.sub(wanted.number)
            && !page.more
        {
            // Whatever else was known has died.
            sub.sent = sub.sent.max(wanted.known);
        }
        pushed
    }

    /// Accounts for records that are sent; ends the subscription if its pass ended among them.
    fn push<H: PartialEq>(&mut self, number: u32, mut records: Vec<Arc<Entry>>, hub: &mut Hub<H>, me: &H) -> Pushed {
        let Some(sub) = self.sub(number) else { return Pushed { number, records: Vec::new(), ended: true } };
        let ends = records.iter().position(|entry| entry.stamped().ended.contains(&sub.pass));
        if let Some(at) = ends {
            records.truncate(at + 1);
            return self.end(number, records, hub, me);
        }
        self.sent(number, &records);
        // To the back of the queue: pages of all logs with news follow in turn.
        self.ready.pop_front();
        self.ready.push_back(number);
        Pushed { number, records, ended: false }
    }

    fn end<H: PartialEq>(&mut self, number: u32, records: Vec<Arc<Entry>>, hub: &mut Hub<H>, me: &H) -> Pushed {
        self.sent(number, &records);
        self.ready.retain(|other| *other != number);
        if let Ok(at) = self.place(number)
            && let Some(sub) = self.subs.get_mut(at)
        {
            sub.state = State::Ended;
            hub.leave(sub.log, me, &[number]);
            if sub.acknowledged >= sub.sent {
                self.subs.remove(at);
            }
        }
        Pushed { number, records, ended: true }
    }

    fn sent(&mut self, number: u32, records: &[Arc<Entry>]) {
        for entry in records {
            self.window.push(number, entry.stamped().stamp.seq, entry.weight());
        }
        if let (Some(sub), Some(last)) = (self.sub(number), records.last()) {
            sub.sent = last.stamped().stamp.seq;
        }
    }
}

/// Leaves logs, each at once: everybody's news wait for the hub meanwhile.
fn part<H: PartialEq>(mut gone: Vec<(LogKey, u32)>, hub: &mut Hub<H>, me: &H) {
    gone.sort_unstable();
    for of_log in gone.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((log, _)) = of_log.first() else { continue };
        let numbers: Vec<u32> = of_log.iter().map(|(_, number)| *number).collect();
        hub.leave(*log, me, &numbers);
    }
}
