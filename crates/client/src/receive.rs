//! Records of a log, in order: the server's part is checked first (stamp, chain, place), then the record goes to the inbox or to its chat.
//!
//! One page is one transaction, a savepoint a record. Only "they misbehaved" moves the cursor past a record; a fault of ours rolls back the page.

use crate::client::{Fault, Turn};
use crate::outbox::LogState;
use crate::session::Waiting;
use franking::{Head, Line, SignedStamp, StampError, StampPublic, VerifiedStamp};
use rusqlite::params;
use view::Event;
use wire::call::{Flag, Push, Record, Request};
use wire::{Chain, Hash32, Millis, Seq};

/// A record whose place in its log is proved.
pub(crate) struct Stamped<'r> {
    pub stamp: VerifiedStamp,
    pub record: &'r [u8],
}

impl Stamped<'_> {
    pub fn seq(&self) -> Seq {
        self.stamp.stamp().seq
    }
    pub fn ms(&self) -> Millis {
        self.stamp.stamp().ms
    }
    pub fn chain(&self) -> Chain {
        self.stamp.chain()
    }
}

/// What a server did that no honest one does, as stored; the log stands still until the server shows what it should have shown.
fn fault_name(error: StampError) -> &'static str {
    match error {
        StampError::Gap | StampError::NotNext => "gap",
        StampError::OtherHistory | StampError::OtherRoute => "fork",
        StampError::OtherKey | StampError::Signature => "signature",
        StampError::TimeWentBack => "time",
    }
}

/// The name of a small value: the next record of this log may come after a gap.
pub(crate) fn gap_allowed(log: i64) -> String {
    format!("gap/{log}")
}

/// Its value where the chain at the place read to is not known either.
pub(crate) const PLACE_UNKNOWN: i64 = 2;

/// How long a log stands still before the server is asked for it again.
const FAULT_RETRY: u64 = 60_000;

impl Turn<'_> {
    /// Asks again for logs that the server got wrong.
    pub fn retry_faulted(&mut self) -> Result<(), Fault> {
        let due: Vec<i64> = self.session.faulted.iter().filter(|(_, at)| **at <= self.now).map(|(log, _)| *log).collect();
        for log in due {
            self.session.faulted.remove(&log);
            self.subscribe(&[log])?;
        }
        if let Some(next) = self.session.faulted.values().min().copied() {
            self.wake(next);
        }
        Ok(())
    }

    /// Reads a page; gives the new cursor, which is to be acknowledged, or nothing when the log is not read here.
    pub fn receive(&mut self, log: i64, push: &Push) -> Result<Option<Seq>, Fault> {
        if !self.session.is_subscribed(log) {
            return Ok(None);
        }
        let pass = self.log_state(log)?.pass;
        for record in &push.records {
            let state = self.log_state(log)?;
            if record.stamp.seq <= state.cursor {
                continue;
            }
            let state = if state.inbox { self.stand_before(log, state, record)? } else { state };
            match self.check_place(&state, record)? {
                Ok(stamped) => {
                    if state.fault {
                        self.fault_mended(log)?;
                    }
                    self.keep_line(log, &stamped)?;
                    if state.inbox {
                        crate::store::forget_meta(self.db, &gap_allowed(log))?;
                    }
                    self.deliver(log, &state, &stamped)?;
                }
                Err(fault) => {
                    self.db.prepare_cached("UPDATE log SET fault = ?2 WHERE id = ?1")?.execute(params![log, fault_name(fault)])?;
                    self.log_faulted(log)?;
                    return Ok(None);
                }
            }
        }
        if push.ended && self.log_state(log)?.pass != pass {
            // Our own Commit swapped the pass: the subscription goes on under its heir.
            self.session.unsubscribed(log);
            self.subscribe(&[log])?;
        } else if push.ended {
            self.log_gone(log)?;
        }
        Ok(Some(self.log_state(log)?.cursor))
    }

    /// Place, chain and signature of one record against what this client has read so far.
    fn check_place<'r>(&self, state: &LogState, record: &'r Record) -> Result<Result<Stamped<'r>, StampError>, Fault> {
        let Some(key) = self.stamp_key()? else { return Err(Fault::Stored) };
        let route = state.log.route();
        let signed = SignedStamp::from_wire(route, Hash32::of(&record.record), &record.stamp);
        let head = Head { route, seq: state.cursor, ms: state.ms, chain: state.chain };
        let head = if self.may_leave_a_gap(state, record)? {
            Head { seq: Seq(record.stamp.seq.0 - 1), chain: record.stamp.prev, ..head }
        } else {
            head
        };
        let checked = head.follow(&Line::of(signed.stamp)).and_then(|_| signed.verify(&key));
        Ok(checked.map(|stamp| Stamped { stamp, record: &record.record }))
    }

    /// Whether the first record of an inbox on a new device may come after some that died: those that the lost device acknowledged. The very next
    /// one leaves none, unless this device has not read what stands before it.
    fn may_leave_a_gap(&self, state: &LogState, record: &Record) -> Result<bool, Fault> {
        let allowed: Option<i64> = if state.inbox { crate::store::meta(self.db, &gap_allowed(state.id))? } else { None };
        Ok(match allowed {
            None => false,
            Some(PLACE_UNKNOWN) => record.stamp.seq > state.cursor,
            Some(_) => record.stamp.seq > state.cursor.next(),
        })
    }

    pub fn stamp_key(&self) -> Result<Option<StampPublic>, Fault> {
        let key: Option<[u8; 32]> = self.db.prepare_cached("SELECT stamp_key FROM account")?.query_row([], |row| row.get(0))?;
        Ok(key.and_then(|key| StampPublic::from_bytes(&key).ok()))
    }

    fn keep_line(&self, log: i64, stamped: &Stamped<'_>) -> Result<(), Fault> {
        let (stamp, chain) = (stamped.stamp.stamp(), stamped.chain());
        // Of an inbox that went on from an earlier place: what was there is another history.
        self.db.prepare_cached("DELETE FROM line WHERE log = ?1 AND seq >= ?2")?.execute(params![log, stamp.seq.0 as i64])?;
        self.db.prepare_cached("INSERT INTO line (log, seq, stamp, chain) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            log,
            stamp.seq.0 as i64,
            stamp.to_bytes(),
            chain.0
        ])?;
        let last_commit = if stamp.flag == Flag::Commit { "last_commit = ?2," } else { "" };
        self.db
            .prepare_cached(&format!("UPDATE log SET {last_commit} cursor = ?2, chain = ?3, ms = ?4 WHERE id = ?1"))?
            .execute(params![log, stamp.seq.0 as i64, chain.0, stamp.ms.0 as i64])?;
        Ok(())
    }

    fn deliver(&mut self, log: i64, state: &LogState, stamped: &Stamped<'_>) -> Result<(), Fault> {
        let hash = Hash32::of(stamped.record);
        if let Some((row, sealed)) = self.own_attempt(log, &hash)? {
            return self.read_back(row, &sealed, stamped);
        }
        if let Some((row, sealed)) = self.own_discarded(log, &hash)? {
            return self.discarded_turned_up(log, row, &sealed, stamped);
        }
        if state.inbox { self.inbox_record(stamped) } else { self.chat_record(log, stamped) }
    }

    /// The pass opens nothing any more: either our Commit that swapped it was taken and not read back yet, or we are out.
    pub fn log_gone(&mut self, log: i64) -> Result<(), Fault> {
        self.session.unsubscribed(log);
        let swapped = self
            .db
            .prepare_cached("UPDATE log SET pass = next_pass, next_pass = NULL WHERE id = ?1 AND next_pass IS NOT NULL")?
            .execute([log])?;
        if swapped > 0 {
            return self.subscribe(&[log]);
        }
        if self.log_state(log)?.inbox {
            // Nobody but this account takes a pass of its inbox away: the server has lost it or lies. It is asked again.
            return self.log_faulted(log);
        }
        let changed = self
            .db
            .prepare_cached("UPDATE chat SET state = CASE state WHEN 'leaving' THEN 'left' ELSE 'removed' END WHERE log = ?1 AND state IN ('active', 'leaving', 'broken')")?
            .execute([log])?;
        self.db.prepare_cached("UPDATE log SET live = 0 WHERE id = ?1")?.execute([log])?;
        self.drop_waiting(log)?;
        if changed > 0
            && let Some(chat) = self.chat_of_log(log)?
        {
            self.event(Event::ChatChanged { chat });
        }
        Ok(())
    }

    /// Nothing of this log is taken or sent until the server shows the record that follows. It is asked again after a while.
    pub fn log_faulted(&mut self, log: i64) -> Result<(), Fault> {
        self.session.unsubscribed(log);
        self.ask(Request::Unsubscribe { numbers: vec![u32::try_from(log).map_err(|_| Fault::Stored)?] }, Waiting::Unsubscribe);
        let again = self.now.plus(FAULT_RETRY);
        self.session.faulted.insert(log, again);
        self.wake(again);
        if let Some(chat) = self.chat_of_log(log)? {
            self.event(Event::ChatChanged { chat });
        }
        Ok(())
    }
}
