//! Logs in use, bounded in number and memory. A cache, never the truth: after any error it is dropped.

use super::marks::Marks;
use crate::store::LogKey;
use crate::store::rule::{Head, Pass};
use franking::Stamp;
use std::collections::{HashMap, VecDeque};
use wire::{Hash32, LogId, PassHash, Seq, limits};

/// What the committer knows of one log.
pub struct LogState {
    pub id: LogId,
    pub head: Head,
    /// No record before this one is held.
    pub held: Seq,
    pub marks: Marks,
    pub passes: HashMap<PassHash, PassState>,
}

/// How many more records a log takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Enough,
    /// Of each pass one now and then.
    Little,
    /// Commits alone.
    Nothing,
}

impl LogState {
    /// How much room what is remembered of this log leaves for another record.
    pub fn room(&self) -> Room {
        match self.head.seq.next().0.saturating_sub(self.held.0) {
            ..limits::RECORDS_CROWDED => Room::Enough,
            limits::RECORDS_CROWDED..limits::RECORDS_HELD_MAX => Room::Little,
            limits::RECORDS_HELD_MAX.. => Room::Nothing,
        }
    }

    fn bury(&mut self, held: Seq) {
        self.held = held;
        self.marks.forget_before(held, self.head.seq);
    }

    /// About how many bytes of memory this takes.
    pub fn weight(&self) -> usize {
        LOG_WEIGHT + self.marks.weight() + self.passes.len() * PASS_WEIGHT
    }
}

/// What the committer knows of one pass.
pub struct PassState {
    pub pass: Pass,
    /// Answers to records that died already.
    pub answers: Vec<Stamp>,
    /// The newest answers of this process, also to a sender that has read its record: on a connection that is over the same bytes may still be
    /// under way, and no longer than this process lives.
    newest: VecDeque<Stamp>,
}

impl PassState {
    pub fn new(pass: Pass, answers: Vec<Stamp>) -> Self {
        Self { pass, answers, newest: VecDeque::new() }
    }

    pub fn answered(&mut self, stamp: Stamp) {
        if self.newest.len() == NEWEST {
            self.newest.pop_front();
        }
        self.newest.push_back(stamp);
    }

    /// What was answered to these bytes, as far as no record has to be looked at.
    pub fn answer(&self, h: &Hash32) -> Option<Stamp> {
        self.newest.iter().chain(&self.answers).find(|stamp| stamp.h == *h).copied()
    }
}

/// A client has one append a log under way at a time, so few can be late.
const NEWEST: usize = 4;

/// Logs of one generation; twice as many are remembered.
const LOGS: usize = 8192;
/// Bytes of one generation.
const BYTES: usize = 64 * 1024 * 1024;
/// What logs grow by before a generation that is too heavy makes room again: one that is large by itself shall not push out all others at each record.
const GROWTH: usize = BYTES / 4;
/// A log without its passes, and of its marks the newest block alone.
const LOG_WEIGHT: usize = 1024;
/// A pass with its newest answers.
const PASS_WEIGHT: usize = 1024;

/// Two generations: what was not used while the younger one filled up is forgotten.
#[derive(Default)]
pub struct LogCache {
    young: HashMap<LogKey, LogState>,
    old: HashMap<LogKey, LogState>,
    /// Of the younger one.
    pub(super) weight: usize,
    /// What logs grew by since the generations last changed.
    grown: usize,
}

impl LogCache {
    pub fn get(&mut self, key: LogKey) -> Option<&mut LogState> {
        if !self.young.contains_key(&key)
            && let Some(state) = self.old.remove(&key)
        {
            self.insert(key, state);
        }
        self.young.get_mut(&key)
    }

    pub fn insert(&mut self, key: LogKey, state: LogState) {
        if self.young.len() >= LOGS || self.weight >= BYTES {
            self.turn();
        }
        self.weight += state.weight();
        self.young.insert(key, state);
    }

    fn turn(&mut self) {
        self.old = std::mem::take(&mut self.young);
        (self.weight, self.grown) = (0, 0);
    }

    /// Notes what a log that was just used weighed and weighs now.
    pub fn weighs(&mut self, before: usize, now: usize) {
        self.weight = (self.weight + now).saturating_sub(before);
        self.grown += now.saturating_sub(before);
        if self.weight >= BYTES && self.grown >= GROWTH {
            self.turn();
        }
    }

    /// Notes that no record of a log before this one is held any more.
    pub fn buried(&mut self, key: LogKey, held: Seq) {
        self.change(key, |log| log.bury(held));
    }

    /// Forgets a pass that is no more.
    pub fn forget_pass(&mut self, key: LogKey, pass: &PassHash) {
        self.change(key, |log| drop(log.passes.remove(pass)));
    }

    /// Changes a log where it is remembered: this is no use of it.
    fn change(&mut self, key: LogKey, change: impl FnOnce(&mut LogState)) {
        if let Some(log) = self.young.get_mut(&key) {
            let before = log.weight();
            change(log);
            self.weight = (self.weight + log.weight()).saturating_sub(before);
        } else if let Some(log) = self.old.get_mut(&key) {
            change(log);
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::Bucket;
    use crate::store::rule::Kind;
    use wire::{Chain, Millis};

    fn state(n: u8) -> LogState {
        let (seq, ms, chain) = (Seq::START, Millis(0), Chain::START);
        let head = Head { seq, ms, chain, last_commit: seq, kind: Kind::Group, commits: Bucket::default() };
        LogState { id: LogId([n; 32]), head, held: Seq(1), marks: Marks::default(), passes: HashMap::new() }
    }

    #[test]
    fn what_a_log_grows_by_makes_those_go_that_nobody_uses() {
        let mut logs = LogCache::default();
        let (unused, large) = (LogKey(1), LogKey(2));
        logs.insert(unused, state(1));
        logs.insert(large, state(2));
        for _ in 0..2 {
            assert!(logs.get(large).is_some());
            logs.weighs(0, BYTES);
        }
        assert!(logs.get(unused).is_none());
        assert!(logs.get(large).is_some());
        logs.weight = BYTES;
        logs.weighs(0, GROWTH / 2);
        assert!(logs.young.contains_key(&large), "a large one alone does not push out the others at each record");
    }

    #[test]
    fn a_log_has_room_again_when_its_oldest_records_have_died() {
        let mut log = state(1);
        let rooms =
            [limits::RECORDS_CROWDED - 1, limits::RECORDS_CROWDED, limits::RECORDS_HELD_MAX - 1, limits::RECORDS_HELD_MAX].map(|seq| {
                log.head.seq = Seq(seq);
                log.room()
            });
        assert_eq!(rooms, [Room::Enough, Room::Little, Room::Little, Room::Nothing]);
        let mut logs = LogCache::default();
        logs.insert(LogKey(1), log);
        logs.buried(LogKey(1), Seq(2));
        assert!(logs.get(LogKey(1)).is_some_and(|log| log.room() == Room::Little));
    }
}
