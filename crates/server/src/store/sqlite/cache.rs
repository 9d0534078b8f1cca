//! Logs in use, bounded in number and memory. A cache, never the truth: after any error it is dropped.

use super::marks::Marks;
use crate::store::LogKey;
use crate::store::rule::{Head, Pass};
use franking::Stamp;
use std::collections::{HashMap, VecDeque};
use wire::{Hash32, LogId, PassHash};

/// What the committer knows of one log.
pub struct LogState {
    pub id: LogId,
    pub head: Head,
    pub marks: Marks,
    pub passes: HashMap<PassHash, PassState>,
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
const BYTES: usize = 24 * 1024 * 1024;
/// A log with its passes but without its marks.
const LOG_WEIGHT: usize = 512;

/// Two generations: what was not used while the younger one filled up is forgotten.
#[derive(Default)]
pub struct LogCache {
    young: HashMap<LogKey, LogState>,
    old: HashMap<LogKey, LogState>,
    weight: usize,
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
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += LOG_WEIGHT + state.marks.weight() + state.passes.len() * 96;
        self.young.insert(key, state);
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
