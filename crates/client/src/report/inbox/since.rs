//! What came for a member since they last looked: told by the records that are new, and by the little that is kept of reports which came before.

use super::case::key;
use super::{Case, CaseState, HOUR, Inbox};
use report::Number;
use serde::{Deserialize, Serialize};
use std::fmt;
use wire::Millis;
use wire::limits::RECORD_RETENTION;

/// Reports that a device remembers: more than any team reads. Of those beyond it is said that they came, and not that they were taken back.
const SEEN_MAX: usize = 1024;

/// A report that this device saw in the log: nothing of what it says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Seen {
    /// [`Case::key`].
    report: [u8; 32],
    number: [u8; 10],
    /// Server time.
    at: u64,
    /// Members whose words are in it: their marks are no marks of it.
    about: Vec<[u8; 32]>,
    stands: Stands,
}

/// How it stands with this member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Stands {
    /// The list shows it.
    Mine,
    /// It is the deputy's, who this member is, if nobody opens it in time.
    Waits,
    /// Taken back, taken away, or opened by another in time.
    Over,
}

impl Inbox {
    /// Whether the records of this reading bring something that the list would show this member and did not before: a report, or that one of those was
    /// taken back. Marks are no news. `seen`: what is known of earlier readings; it is brought up to this one.
    pub fn news(&self, seen: &mut Vec<Seen>) -> bool {
        seen.retain(|report| self.now.since(Millis(report.at)) < RECORD_RETENTION);
        for report in seen.iter_mut().filter(|report| report.stands == Stands::Waits) {
            report.stands = self.after_marks(report);
        }
        let (came, late, back) = (self.came(seen), self.late(seen), self.taken_back(seen));
        came || late || back
    }

    /// What is to be known of this reading, which was of the whole log.
    pub fn all_seen(&self) -> Vec<Seen> {
        let stands = |case: &Case| if self.is_back(case.number) { Stands::Over } else { self.stands(case) };
        self.cases.iter().take(SEEN_MAX).map(|case| self.seen(case, stands(case))).collect()
    }

    /// Takes in reports that were not there before; whether one of them is for this member.
    fn came(&self, seen: &mut Vec<Seen>) -> bool {
        let mut came = false;
        for case in &self.cases {
            let key = case.key();
            if self.gone.contains(&key) || seen.iter().any(|report| report.report == key.0) {
                continue;
            }
            let stands = self.stands(case);
            came |= stands == Stands::Mine;
            if seen.len() < SEEN_MAX {
                seen.push(self.seen(case, stands));
            }
        }
        came
    }

    /// What the others did not open in time is the deputy's when its time is over, however long it has lain there.
    fn late(&self, seen: &mut [Seen]) -> bool {
        let mut late = false;
        for report in seen.iter_mut().filter(|report| report.stands == Stands::Waits) {
            if self.now >= self.due(Millis(report.at)) {
                (report.stands, late) = (Stands::Mine, true);
            }
        }
        late
    }

    /// Only what has the return key of a report takes it back: anybody can make up a number.
    fn taken_back(&self, seen: &mut [Seen]) -> bool {
        let mut news = false;
        for report in seen.iter_mut().filter(|report| report.stands != Stands::Over) {
            let Some(number) = Number::from_bytes(&report.number) else { continue };
            let mut backs = self.withdrawals.get(&number).into_iter().flatten();
            if backs.any(|back| key(number, Some(&back.key)).0 == report.report) {
                news |= report.stands == Stands::Mine;
                report.stands = Stands::Over;
            }
        }
        news
    }

    fn after_marks(&self, report: &Seen) -> Stands {
        let marks = Number::from_bytes(&report.number).and_then(|number| self.marks.get(&number));
        let first = marks.into_iter().flatten().find(|done| !report.about.contains(&done.account.0));
        match first {
            Some(done) if done.account == self.own => Stands::Mine,
            Some(done) if done.at < self.due(Millis(report.at)) => Stands::Over,
            _ => Stands::Waits,
        }
    }

    fn stands(&self, case: &Case) -> Stands {
        match () {
            () if self.is_deleted(case.number) => Stands::Over,
            () if self.is_mine(case) => Stands::Mine,
            () if self.state(case.number) == CaseState::Unopened => Stands::Waits,
            () => Stands::Over,
        }
    }

    fn seen(&self, case: &Case, stands: Stands) -> Seen {
        let about = case.about.intersection(&self.rules.members).map(|account| account.0).collect();
        Seen { report: case.key().0, number: *case.number.as_bytes(), at: case.at.0, about, stands }
    }

    fn due(&self, came: Millis) -> Millis {
        came.plus(u64::from(self.rules.hours) * HOUR)
    }
}

/// Nothing of what it holds is for a log.
impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inbox")
    }
}
