//! Whether the server shows the desk's log as it stamped it, and as it showed it before.

use franking::{Head, SignedStamp, StampPublic};
use wire::call::WireStamp;
use wire::limits::RECORD_RETENTION;
use wire::{Chain, Hash32, LogId, Millis, Route, Seq};

/// A reader of the log, at one reading of the whole of it.
pub struct Follow {
    route: Route,
    /// None: of an account from before keys were pinned.
    key: Option<StampPublic>,
    /// Where the reading before ended.
    kept: Option<Head>,
    last: Option<Head>,
    broken: bool,
}

impl Follow {
    pub fn new(log: LogId, key: Option<StampPublic>, kept: Option<Head>) -> Self {
        let route = log.route();
        // Another desk has another log.
        Self { route, key, kept: kept.filter(|kept| kept.route == route), last: None, broken: false }
    }

    /// Whether the server stamped this record. One that comes out of order, or is not what was here before, is noted.
    pub fn take(&mut self, stamp: &WireStamp, record: &[u8]) -> bool {
        let Some(key) = &self.key else { return true };
        let Ok(stamp) = SignedStamp::from_wire(self.route, Hash32::of(record), stamp).verify(key) else {
            self.broken = true;
            return false;
        };
        let (head, prev) = (stamp.line().head(), stamp.stamp().prev);
        // Records go when their time is over or the desk takes them away: what is right behind another names it, and what is not is later.
        let fits = |known: &Head| match head.seq.0.cmp(&known.seq.0.saturating_add(1)) {
            std::cmp::Ordering::Equal => prev == known.chain && head.ms >= known.ms,
            std::cmp::Ordering::Greater => head.ms >= known.ms,
            std::cmp::Ordering::Less => head.seq == known.seq && head.chain == known.chain,
        };
        let goes_on = self.last.is_none_or(|last| head.seq > last.seq && fits(&last));
        let as_before = self.kept.is_none_or(|kept| head.seq < kept.seq || fits(&kept));
        self.broken |= !goes_on || !as_before;
        self.last = Some(head);
        true
    }

    /// Whether it does not follow, once all of it was read. What was there less than 90 days ago and was the last then is not gone alone: where something
    /// is taken away, that it was stands behind it.
    pub fn is_broken(&self, now: Millis) -> bool {
        let shorter = |kept: &Head| self.last.is_none_or(|last| last.seq < kept.seq) && now.since(kept.ms) < RECORD_RETENTION;
        self.broken || self.kept.as_ref().is_some_and(shorter)
    }

    /// What is kept for the next reading; nothing of a log that does not follow.
    pub fn head(&self, now: Millis) -> Option<Vec<u8>> {
        let head = self.last.filter(|_| !self.is_broken(now))?;
        Some([head.route.0.as_slice(), &head.seq.0.to_be_bytes(), &head.ms.0.to_be_bytes(), head.chain.as_bytes()].concat())
    }
}

/// Reads what [`Follow::head`] gave.
pub fn head_of(kept: &[u8]) -> Option<Head> {
    let (route, rest) = kept.split_first_chunk::<32>()?;
    let (seq, rest) = rest.split_first_chunk::<8>()?;
    let (ms, chain) = rest.split_first_chunk::<8>()?;
    let (seq, ms) = (Seq(u64::from_be_bytes(*seq)), Millis(u64::from_be_bytes(*ms)));
    Some(Head { route: Route(*route), seq, ms, chain: Chain(chain.try_into().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use franking::{Stamp, StampKey};
    use wire::call::Flag;
    use wire::{Commitment, PassHash};

    const LOG: LogId = LogId([3; 32]);
    const NOW: Millis = Millis(1_800_000_000_000);

    /// A log as a server stamps it: each record one second after the other.
    fn log(words: &[&str]) -> Vec<(WireStamp, Vec<u8>)> {
        let key = StampKey::from_seed(&[4; 32]);
        let (mut chain, mut out) = (Chain::START, vec![]);
        for (seq, word) in (1..).zip(words) {
            let record = word.as_bytes().to_vec();
            let (ms, by, c) = (NOW.plus(seq * 1000), PassHash([7; 32]), Commitment([8; 32]));
            let stamp = Stamp { route: LOG.route(), seq: Seq(seq), ms, flag: Flag::Content, by, c, h: Hash32::of(&record), prev: chain };
            chain = stamp.chain();
            out.push((key.stamp(stamp).to_wire(), record));
        }
        out
    }

    fn read(records: &[(WireStamp, Vec<u8>)], kept: Option<&[u8]>) -> (Follow, Vec<bool>) {
        let mut follow = Follow::new(LOG, Some(StampKey::from_seed(&[4; 32]).public()), kept.and_then(head_of));
        let taken = records.iter().map(|(stamp, record)| follow.take(stamp, record)).collect();
        (follow, taken)
    }

    fn broken(records: &[(WireStamp, Vec<u8>)], kept: Option<&[u8]>) -> bool {
        read(records, kept).0.is_broken(NOW.plus(60_000))
    }

    #[test]
    fn a_log_as_it_was_stamped_is_followed_and_so_is_one_of_which_something_was_taken() {
        let all = log(&["one", "two", "three", "four"]);
        let (follow, taken) = read(&all, None);
        assert!(!follow.is_broken(NOW) && taken == [true; 4]);
        let kept = read(&all[..3], None).0.head(NOW).unwrap();
        assert!(!broken(&all, Some(&kept)));
        let without = |place: usize| [&all[..place], &all[place + 1..]].concat();
        assert!((0..3).all(|place| !broken(&without(place), Some(&kept))));
        // After 90 days nothing is left, and nothing is wrong with that.
        assert!(!read(&[], Some(&kept)).0.is_broken(NOW.plus(RECORD_RETENTION + 3000)));
        let elsewhere = Follow::new(LogId([9; 32]), None, head_of(&kept));
        assert!(!elsewhere.is_broken(NOW), "another desk has another log");
    }

    #[test]
    fn what_the_server_did_not_stamp_so_is_passed_over_and_what_it_shows_otherwise_is_said() {
        let all = log(&["one", "two", "three", "four"]);
        let kept = read(&all[..3], None).0.head(NOW).unwrap();
        // Other words under a true stamp; a record at another place; in another order; one repeated.
        let mut bent = all.clone();
        bent[1].1 = b"zwo".to_vec();
        assert_eq!(read(&bent, None).1, [true, false, true, true]);
        let mut moved = all.clone();
        moved[3].0.seq = Seq(5);
        assert_eq!(read(&moved, None).1, [true, true, true, false]);
        let turned = [all[1].clone(), all[0].clone(), all[2].clone()];
        let twice = [all[0].clone(), all[0].clone()];
        // Another history, before and after what was read; less than was there before.
        let other = log(&["one", "zwo", "three", "four", "five"]);
        assert!([&bent[..], &moved[..], &turned[..], &twice[..]].into_iter().all(|records| broken(records, None)));
        assert!(!broken(&other, None) && broken(&other, Some(&kept)) && broken(&other[3..], Some(&kept)));
        assert!(broken(&all[..2], Some(&kept)) && broken(&[], Some(&kept)));
        // It goes on being said: what is kept stays.
        assert_eq!(read(&other, Some(&kept)).0.head(NOW), None);
    }
}
