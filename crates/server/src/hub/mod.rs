//! Who listens to which log right now, and the newest records of the logs that someone listens to. Nothing here is stored.

pub mod conn;
mod signal;
mod window;

use crate::record::Entry;
use crate::store::LogKey;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use wire::{Seq, limits};

/// Records remembered of one log: what a connection in good health has not been sent yet.
const RING_RECORDS: usize = limits::WINDOW_RECORDS;
/// Bytes remembered over all logs; older ones are read from the store again.
const RECENT_BYTES: usize = 16 * 1024 * 1024;

/// Listeners by log. `H` is how a connection is told: its id in a world of one process, its mailbox in the shell.
pub struct Hub<H> {
    topics: HashMap<LogKey, Topic<H>>,
    /// Logs in the order in which records came, for forgetting the oldest first.
    recent: VecDeque<LogKey>,
    bytes: usize,
}

struct Topic<H> {
    newest: Seq,
    ring: VecDeque<Arc<Entry>>,
    listeners: Vec<(H, u32)>,
}

/// What the hub has for a listener.
#[derive(Debug, PartialEq)]
pub enum Recent {
    Records(Vec<Arc<Entry>>),
    /// Nothing was published since someone listens, or it is forgotten: only the store has it.
    Forgotten,
}

/// How much a listener takes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub records: usize,
    pub bytes: usize,
}

impl<H> Default for Hub<H> {
    fn default() -> Self {
        Self { topics: HashMap::new(), recent: VecDeque::new(), bytes: 0 }
    }
}

impl<H: PartialEq> Hub<H> {
    /// Listens to a log under a number of the listener's choosing. One more than a log has listeners is told of nothing.
    pub fn join(&mut self, log: LogKey, listener: H, number: u32) {
        let topic = self.topics.entry(log).or_insert_with(|| Topic { newest: Seq::START, ring: VecDeque::new(), listeners: Vec::new() });
        // Most chats are of two: room for more than two is made when a third comes.
        if topic.listeners.capacity() == 0 {
            topic.listeners.reserve_exact(2);
        }
        if topic.listeners.len() < limits::LISTENERS_MAX {
            topic.listeners.push((listener, number));
        }
    }

    /// Ends what a listener has of a log under these numbers, which are in order. They are looked through once, however many it has.
    pub fn leave(&mut self, log: LogKey, listener: &H, numbers: &[u32]) {
        let Some(topic) = self.topics.get_mut(&log) else { return };
        topic.listeners.retain(|(other, name)| other != listener || numbers.binary_search(name).is_err());
        if topic.listeners.is_empty() {
            self.bytes -= topic.ring.iter().map(|entry| entry.weight()).sum::<usize>();
            self.topics.remove(&log);
        }
    }

    /// Takes in a record that was committed and tells whoever listens to its log.
    pub fn publish(&mut self, entry: &Arc<Entry>, mut tell: impl FnMut(&H, u32)) {
        let log = entry.stamped().log;
        let Some(topic) = self.topics.get_mut(&log) else { return };
        topic.newest = entry.stamped().stamp.seq;
        topic.ring.push_back(entry.clone());
        self.bytes += entry.weight();
        self.recent.push_back(log);
        if topic.ring.len() > RING_RECORDS {
            self.bytes -= topic.ring.pop_front().map_or(0, |oldest| oldest.weight());
        }
        for (listener, number) in &topic.listeners {
            tell(listener, *number);
        }
        self.forget();
    }

    fn forget(&mut self) {
        // Names of logs whose records went another way pile up only as far as this.
        while self.bytes > RECENT_BYTES || self.recent.len() > 4 * RECENT_BYTES / 1024 {
            let Some(log) = self.recent.pop_front() else { return };
            let oldest = self.topics.get_mut(&log).and_then(|topic| topic.ring.pop_front());
            self.bytes -= oldest.map_or(0, |entry| entry.weight());
        }
    }

    /// Tells whoever listens to a log, but the one who speaks.
    pub fn signal(&self, log: LogKey, speaker: &H, mut tell: impl FnMut(&H, u32)) {
        let Some(topic) = self.topics.get(&log).filter(|topic| topic.listeners.len() <= limits::SIGNAL_LISTENERS_MAX) else { return };
        topic.listeners.iter().filter(|(listener, _)| listener != speaker).for_each(|(listener, number)| tell(listener, *number));
    }

    /// The newest sequence published since someone listens.
    pub fn newest(&self, log: LogKey) -> Seq {
        self.topics.get(&log).map_or(Seq::START, |topic| topic.newest)
    }

    /// The records right after a sequence.
    pub fn recent(&self, log: LogKey, after: Seq, room: Room) -> Recent {
        let ring = self.topics.get(&log).map(|topic| &topic.ring);
        let first = ring.and_then(|ring| ring.front()).map(|entry| entry.stamped().stamp.seq.0);
        let skip = first.and_then(|first| after.0.checked_add(1)?.checked_sub(first)).and_then(|skip| usize::try_from(skip).ok());
        let Some((ring, skip)) = ring.zip(skip).filter(|(ring, skip)| *skip < ring.len()) else { return Recent::Forgotten };
        let mut bytes = 0;
        let fits = ring.iter().skip(skip).take(room.records).take_while(|entry| {
            let first = bytes == 0;
            bytes += entry.weight();
            first || bytes <= room.bytes
        });
        Recent::Records(fits.cloned().collect())
    }

    /// Logs with listeners, and listeners over all logs.
    pub fn counts(&self) -> (usize, usize) {
        (self.topics.len(), self.topics.values().map(|topic| topic.listeners.len()).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Stamped;
    use bytes::Bytes;
    use franking::Stamp;
    use wire::call::Flag;
    use wire::*;

    fn entry(log: u8, seq: u64, len: usize) -> Arc<Entry> {
        let id = LogId([log; 32]);
        let stamp = Stamp {
            route: id.route(),
            seq: Seq(seq),
            ms: Millis(1),
            flag: Flag::Content,
            by: PassHash([1; 32]),
            c: Commitment::NONE,
            h: Hash32([2; 32]),
            prev: Chain([3; 32]),
        };
        let stamped = Stamped { log: LogKey::of(&id), stamp, chain: stamp.chain(), record: Bytes::from(vec![1; len]), ended: vec![] };
        Arc::new(Entry::new(stamped))
    }

    const ROOM: Room = Room { records: 64, bytes: 1 << 20 };

    fn seqs(recent: Recent) -> Vec<u64> {
        let Recent::Records(entries) = recent else { panic!("forgotten") };
        entries.iter().map(|entry| entry.stamped().stamp.seq.0).collect()
    }

    #[test]
    fn listeners_of_a_log_are_told_and_others_are_not() {
        let mut hub = Hub::default();
        let key = LogKey::of(&LogId([1; 32]));
        hub.join(key, 'a', 1);
        hub.join(key, 'b', 7);
        hub.join(LogKey::of(&LogId([2; 32])), 'c', 1);
        let mut told = Vec::new();
        hub.publish(&entry(1, 5, 10), |who, number| told.push((*who, number)));
        assert_eq!(told, [('a', 1), ('b', 7)]);
        hub.leave(key, &'a', &[1]);
        told.clear();
        hub.publish(&entry(1, 6, 10), |who, number| told.push((*who, number)));
        assert_eq!(told, [('b', 7)]);
        assert_eq!(seqs(hub.recent(key, Seq(4), ROOM)), [5, 6]);
        assert_eq!(hub.newest(key), Seq(6));
        assert_eq!(hub.recent(key, Seq(3), ROOM), Recent::Forgotten);
        assert_eq!(hub.recent(key, Seq(6), ROOM), Recent::Forgotten, "the store may know of more than was published");
    }

    #[test]
    fn a_page_ends_at_its_room_but_never_before_its_first_record() {
        let mut hub = Hub::default();
        let key = LogKey::of(&LogId([1; 32]));
        hub.join(key, (), 1);
        for seq in 1..=5 {
            hub.publish(&entry(1, seq, 100), |(), _| ());
        }
        assert_eq!(seqs(hub.recent(key, Seq(0), Room { records: 2, bytes: 1000 })), [1, 2]);
        assert_eq!(seqs(hub.recent(key, Seq(1), Room { records: 9, bytes: 250 })), [2, 3]);
        assert_eq!(seqs(hub.recent(key, Seq(1), Room { records: 9, bytes: 1 })), [2]);
    }

    #[test]
    fn a_log_tells_so_many_and_who_leaves_makes_room() {
        let mut hub = Hub::default();
        let key = LogKey::of(&LogId([1; 32]));
        for number in 0..=limits::LISTENERS_MAX as u32 {
            hub.join(key, 'a', number);
        }
        let told = |hub: &mut Hub<char>, seq| {
            let mut told = Vec::new();
            hub.publish(&entry(1, seq, 10), |who, number| told.push((*who, number)));
            told
        };
        assert_eq!(told(&mut hub, 1).len(), limits::LISTENERS_MAX);
        hub.leave(key, &'a', &[3, 5, limits::LISTENERS_MAX as u32]);
        hub.join(key, 'b', 3);
        let heard = told(&mut hub, 2);
        assert_eq!(heard.len(), limits::LISTENERS_MAX - 1);
        assert!(heard.contains(&('b', 3)) && !heard.contains(&('a', 3)) && heard.contains(&('a', 4)));
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let mut hub = Hub::default();
        for log in 0..100u8 {
            hub.join(LogKey::of(&LogId([log; 32])), (), 1);
        }
        for seq in 1..=1000 {
            hub.publish(&entry((seq % 100) as u8, seq, limits::RECORD_MAX), |(), _| ());
        }
        assert!(hub.bytes <= RECENT_BYTES);
        for log in 0..100u8 {
            hub.leave(LogKey::of(&LogId([log; 32])), &(), &[1]);
        }
        assert_eq!((hub.bytes, hub.topics.len()), (0, 0));
        hub.publish(&entry(1, 1, 1), |(), _| panic!("nobody listens"));
    }
}
