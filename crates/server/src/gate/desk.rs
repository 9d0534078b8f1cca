//! The way into the safety desk's log: without a session, so that a report is tied to no account (docs/spec/report.md, "The desk").

use super::Gate;
use crate::bucket::Rate;
use crate::hub::conn::Conn;
use crate::store::{NewRecord, Op};
use bytes::Bytes;
use std::sync::PoisonError;
use wire::call::{Append, Flag, Refusal};
use wire::desk::{Desk, work_holds};
use wire::{Hash32, LogId, Millis, PassHash, limits};

const OF_THE_SERVER: Rate = Rate { burst: limits::REPORT_BURST, every: limits::REPORT_EVERY };

/// Where reports go, and what everybody is told of it.
#[derive(Debug, Clone)]
pub struct Door {
    log: LogId,
    drop: PassHash,
    record: Bytes,
}

impl Door {
    /// Of what an operator set up; nothing when it does not parse.
    pub fn of(record: Bytes) -> Option<Self> {
        let (desk, _) = Desk::decode(&record).ok()?;
        Some(Self { log: desk.reports, drop: desk.drop.hash(), record })
    }
}

impl Gate {
    /// Takes over the desk that an operator set up, or that there is none any more.
    pub fn set_desk(&self, door: Option<Door>) {
        *self.desk.write().unwrap_or_else(PoisonError::into_inner) = door;
    }

    /// What everybody may know of the desk.
    pub fn desk(&self) -> Option<Bytes> {
        self.desk.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|door| door.record.clone())
    }

    /// Whether an append is a report: it is then taken without a session, whoever says it, and one that comes with a session is refused.
    pub(super) fn is_report(&self, append: &Append) -> bool {
        let door = self.desk.read().unwrap_or_else(PoisonError::into_inner);
        door.as_ref().is_some_and(|door| door.log == append.log && door.drop == append.pass.hash())
    }

    /// Takes a report from who has no session.
    ///
    /// # Errors
    /// It is no report, its sender did no work for it, or there are too many at the moment.
    pub(super) fn drop_report(&self, now: Millis, conn: &Conn, append: Append) -> Result<Op, Refusal> {
        // On a connection that says whose it is, the server would know who reports.
        if conn.session.is_some() {
            return Err(Refusal::RoleForbids);
        }
        let h = Hash32::of(&append.record);
        if append.flag != Flag::Content || !append.changes.is_empty() || !work_holds(&append.c, &h) {
            return Err(Refusal::Malformed);
        }
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let wait_ms = reports.wait(OF_THE_SERVER, now);
        if wait_ms > 0 {
            return Err(Refusal::RateLimited { wait_ms });
        }
        reports.take(OF_THE_SERVER, now);
        let (log, by, after, c) = (append.log, append.pass.hash(), append.after, append.c);
        Ok(Op::Append(NewRecord { log, by, flag: Flag::Content, after, c, h, record: append.record, changes: Vec::new() }))
    }
}
