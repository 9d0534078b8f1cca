//! Which report each record of the desk's log is of, as this device read it. What is taken from the server cannot be read again: whoever has it taken
//! could say that it was of another report.

use report::Number;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use wire::limits::RECORD_RETENTION;
use wire::{Hash32, LogId, Millis, Seq};

/// Records that a device knows: more than any team has in half a year, in some megabytes. Of what comes behind them it believes
/// what a mark says.
const KEPT_MAX: usize = 64 * 1024;
/// A record can be taken away for as long as records live, and that it was stands in the log for as long again.
const KEPT_FOR: u64 = 2 * RECORD_RETENTION;

/// What a record is.
#[derive(Clone, Copy)]
pub enum Of {
    /// The report of this number, and what it is known by ([`super::case::key`]).
    Report(Number, Hash32),
    /// A member's words about it: they go with it.
    Words(Number),
    /// What a member did, or what takes a report back: that stays.
    Nothing,
}

/// What this device knows of the records of one log.
pub struct Records {
    log: LogId,
    of: BTreeMap<Seq, Of>,
    /// What the first report of each number is known by.
    keys: BTreeMap<Number, Hash32>,
    /// What is yet to be kept.
    new: Vec<(Seq, Of, Millis)>,
}

impl Records {
    /// None yet.
    pub fn of_log(log: LogId) -> Self {
        Self { log, of: BTreeMap::new(), keys: BTreeMap::new(), new: vec![] }
    }

    /// Takes in what was kept, before anything is read.
    pub fn load(&mut self, db: &Connection) -> Result<(), rusqlite::Error> {
        let mut statement = db.prepare_cached("SELECT seq, number, report FROM desk_record WHERE log = ?1 ORDER BY seq")?;
        let mut rows = statement.query([self.log.0])?;
        while let Some(row) = rows.next()? {
            let seq = Seq(row.get::<_, i64>(0)? as u64);
            let number = row.get::<_, Option<[u8; 10]>>(1)?.and_then(|number| Number::from_bytes(&number));
            let key = row.get::<_, Option<[u8; 32]>>(2)?.map(Hash32);
            let of = match (number, key) {
                (Some(number), Some(key)) => Of::Report(number, key),
                (Some(number), None) => Of::Words(number),
                (None, _) => Of::Nothing,
            };
            self.take(seq, of);
        }
        Ok(())
    }

    /// Takes in what a record is. What stood in its place first stands.
    pub fn note(&mut self, seq: Seq, of: Of, at: Millis) {
        if !self.of.contains_key(&seq) {
            self.take(seq, of);
            self.new.push((seq, of, at));
        }
    }

    fn take(&mut self, seq: Seq, of: Of) {
        self.of.insert(seq, of);
        if let Of::Report(number, key) = of {
            self.keys.entry(number).or_insert(key);
        }
    }

    /// Whether a record goes when that report goes. One that this device never read may go with any.
    pub fn goes_with(&self, seq: Seq, number: Number) -> bool {
        match self.of.get(&seq) {
            Some(Of::Report(of, _) | Of::Words(of)) => *of == number,
            Some(Of::Nothing) => false,
            None => true,
        }
    }

    /// What a report is known by, also when it is on the server no more.
    pub fn key_of(&self, number: Number) -> Option<Hash32> {
        self.keys.get(&number).copied()
    }

    /// Keeps what is new, and forgets of what nothing more can be said. Where nothing is new nothing is written. `now`: server time.
    pub fn keep(&self, db: &Connection, now: Millis) -> Result<(), rusqlite::Error> {
        if self.new.is_empty() {
            return Ok(());
        }
        let forgotten = now.0.saturating_sub(KEPT_FOR) as i64;
        db.prepare_cached("DELETE FROM desk_record WHERE at < ?1 OR log <> ?2")?.execute(params![forgotten, self.log.0])?;
        let kept: i64 = db.prepare_cached("SELECT count(*) FROM desk_record")?.query_row([], |row| row.get(0))?;
        let room = KEPT_MAX.saturating_sub(usize::try_from(kept).unwrap_or(KEPT_MAX));
        let mut insert =
            db.prepare_cached("INSERT OR IGNORE INTO desk_record (log, seq, number, report, at) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for (seq, of, at) in self.new.iter().take(room) {
            let (number, key) = match of {
                Of::Report(number, key) => (Some(*number.as_bytes()), Some(key.0)),
                Of::Words(number) => (Some(*number.as_bytes()), None),
                Of::Nothing => (None, None),
            };
            insert.execute(params![self.log.0, seq.0 as i64, number, key, at.0 as i64])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::open_in_memory;

    const NOW: Millis = Millis(1_800_000_000_000);
    const LOG: LogId = LogId([1; 32]);

    fn numbers() -> (Number, Number) {
        (Number::parse("0123-456-789").unwrap(), Number::parse("9876-543-210").unwrap())
    }

    fn kept(db: &Connection, log: LogId) -> Records {
        let mut records = Records::of_log(log);
        records.load(db).unwrap();
        records
    }

    fn note(db: &Connection, now: Millis, noted: &[(u64, Of)]) {
        let mut records = kept(db, LOG);
        noted.iter().for_each(|(seq, of)| records.note(Seq(*seq), *of, now));
        records.keep(db, now).unwrap();
    }

    fn go_with(db: &Connection, log: LogId, number: Number) -> [bool; 4] {
        let records = kept(db, log);
        [1, 2, 3, 4].map(|seq| records.goes_with(Seq(seq), number))
    }

    #[test]
    fn what_a_record_was_is_known_after_it_went_and_what_stood_there_first_stands() {
        let db = open_in_memory().unwrap();
        let ((one, other), key) = (numbers(), Hash32([7; 32]));
        note(&db, NOW, &[(1, Of::Report(one, key)), (2, Of::Words(one)), (3, Of::Nothing)]);
        let known = |log| (go_with(&db, log, one), go_with(&db, log, other));
        let first = ([true, true, false, true], [false, false, false, true]);
        assert_eq!(known(LOG), first, "of the fourth it knows nothing");
        assert_eq!(known(LogId([2; 32])), ([true; 4], [true; 4]), "another desk has another log");
        note(&db, NOW, &[(1, Of::Report(other, key)), (3, Of::Words(one)), (5, Of::Report(one, Hash32([8; 32])))]);
        assert_eq!(known(LOG), first);
        let records = kept(&db, LOG);
        assert_eq!((records.key_of(one), records.key_of(other)), (Some(key), None));
        // A reading that took in nothing before it began, as when it is looked for news.
        let mut look = Records::of_log(LOG);
        look.note(Seq(1), Of::Report(other, key), NOW);
        look.keep(&db, NOW).unwrap();
        assert_eq!(known(LOG), first);
    }

    #[test]
    fn it_is_forgotten_when_nothing_more_can_be_said_of_it() {
        let db = open_in_memory().unwrap();
        let (one, other) = numbers();
        note(&db, NOW, &[(1, Of::Words(one))]);
        note(&db, NOW.plus(KEPT_FOR), &[(2, Of::Words(one))]);
        assert_eq!(go_with(&db, LOG, other), [false, false, true, true]);
        note(&db, NOW.plus(KEPT_FOR + 1), &[(3, Of::Words(one))]);
        assert_eq!(go_with(&db, LOG, other), [true, false, false, true]);
        // With another desk all of it goes.
        let mut elsewhere = Records::of_log(LogId([2; 32]));
        elsewhere.note(Seq(1), Of::Words(one), NOW);
        elsewhere.keep(&db, NOW).unwrap();
        assert_eq!(go_with(&db, LOG, other), [true; 4]);
    }

    #[test]
    fn more_than_a_team_reads_is_not_kept_and_displaces_nothing() {
        let db = open_in_memory().unwrap();
        let (one, other) = numbers();
        let many: Vec<_> = (1..=KEPT_MAX as u64 + 1).map(|seq| (seq, Of::Words(one))).collect();
        db.execute_batch("BEGIN").unwrap();
        note(&db, NOW, &many);
        note(&db, NOW, &[(KEPT_MAX as u64 + 2, Of::Words(one))]);
        db.execute_batch("COMMIT").unwrap();
        let records = kept(&db, LOG);
        let last = KEPT_MAX as u64;
        let known = [1, last, last + 1, last + 2].map(|seq| !records.goes_with(Seq(seq), other));
        assert_eq!(known, [true, true, false, false]);
    }
}
