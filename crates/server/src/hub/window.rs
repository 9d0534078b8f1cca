//! What a connection was sent and has not acknowledged.

use std::collections::VecDeque;
use wire::{Millis, Seq, limits};

/// The window of one connection, over all its logs.
#[derive(Debug, Default)]
pub struct Window {
    sent: VecDeque<Sent>,
    bytes: usize,
    stalled: Option<Millis>,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    number: u32,
    bytes: u32,
    seq: Seq,
}

impl Window {
    /// Records and bytes that may still be sent. A record larger than what is left waits, unless nothing is out.
    pub fn room(&self) -> (usize, usize) {
        (limits::WINDOW_RECORDS.saturating_sub(self.sent.len()), limits::WINDOW_BYTES.saturating_sub(self.bytes))
    }

    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    pub fn push(&mut self, number: u32, seq: Seq, bytes: usize) {
        self.bytes += bytes;
        self.sent.push_back(Sent { number, bytes: bytes as u32, seq });
    }

    /// An acknowledgement of everything of one subscription up to a sequence.
    pub fn release(&mut self, number: u32, to: Seq) {
        let before = self.sent.len();
        let bytes = &mut self.bytes;
        self.sent.retain(|sent| {
            let out = sent.number != number || sent.seq > to;
            if !out {
                *bytes -= sent.bytes as usize;
            }
            out
        });
        if self.sent.len() != before {
            self.stalled = None;
        }
        if self.sent.is_empty() && self.sent.capacity() > 16 {
            // An idle connection keeps nothing.
            self.sent = VecDeque::new();
        }
    }

    /// Notes that there is something to send and no room for it.
    pub fn stall(&mut self, now: Millis) {
        self.stalled.get_or_insert(now);
    }

    /// When a connection that acknowledges nothing is to be closed.
    pub fn deadline(&self) -> Option<Millis> {
        self.stalled.map(|since| since.plus(limits::WINDOW_STALL))
    }
}
