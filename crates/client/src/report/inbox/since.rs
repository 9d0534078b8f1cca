//! What came for a member since they last read the list.

use super::{Case, CaseState, HOUR, Inbox};
use std::fmt;
use wire::{Millis, Seq};

impl Inbox {
    /// Whether the list shows this member something that it did not when the log was seen up to `seen`, at that time. Marks are no news.
    pub fn has_news(&self, seen: Seq, at: Millis) -> bool {
        // What the others did not open in time is the deputy's when its time is over, however long it has lain there.
        let late = |case: &Case| self.deputised(case) && self.due(case) > at && self.now >= self.due(case);
        let came = |case: &Case| case.records.first().is_some_and(|seq| *seq > seen);
        let back = self.withdrawals.values().flatten().any(|back| back.seq > seen);
        back || self.shown().any(|case| came(case) || late(case))
    }

    /// From where the log is to be read the next time: what may yet become this member's is read again until it is known.
    pub fn settled(&self) -> Seq {
        let open = |case: &&Case| self.deputised(case) && !self.is_mine(case) && self.now < self.due(case);
        let first = self.cases.iter().filter(open).filter_map(|case| case.records.first()).min();
        first.map_or(self.last, |seq| Seq(seq.0.saturating_sub(1)))
    }

    /// Up to where it was read, and when.
    pub fn read(&self) -> (Seq, Millis) {
        (self.last, self.now)
    }

    /// Whether it is for this member only if nobody else opens it.
    fn deputised(&self, case: &Case) -> bool {
        self.rules.deputy == Some(self.own) && self.state(case.number) == CaseState::Unopened
    }

    fn due(&self, case: &Case) -> Millis {
        case.at.plus(u64::from(self.rules.hours) * HOUR)
    }
}

/// Nothing of what it holds is for a log.
impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inbox")
    }
}
