//! What is meant, until it is done: one row an intention, in order a log, sealed only when this client is connected and has read everything.
//!
//! An attempt's bytes are kept and resent as they are while nobody knows what became of them. They are given up only when a definite refusal has
//! come and the log has been read to its end, or when a Commit was read that came first; then the row is sealed again, same message id.

mod intent;

pub(crate) use intent::*;

use crate::client::{Fault, Turn};
use crate::contact::Rest;
use crate::session::{RETRY, Waiting};
use rusqlite::{OptionalExtension as _, params};
use view::{Doing, Event, Refusal};
use wire::call::{Append, Flag, NewPass, Refusal as Refused, Request, Response};
use wire::limits::DEPOSIT_DELAY_MAX;
use wire::{BlobId, Chain, Commitment, DeleteToken, Hash32, LogId, Millis, PassHash, PassToken, Seq, TakeHash};

/// A row of the outbox.
pub(crate) struct Row {
    pub id: i64,
    pub log: Option<i64>,
    pub intent: Intent,
    pub chat: Option<i64>,
    pub message: Option<i64>,
    pub attempt: Option<Vec<u8>>,
    pub attempt_meta: Option<Vec<u8>>,
}

/// Whether a row goes before the others of its log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    Ordinary,
    First,
}

impl Turn<'_> {
    pub fn intend(
        &self,
        log: Option<i64>,
        chat: Option<i64>,
        message: Option<i64>,
        urgency: Urgency,
        intent: &Intent,
    ) -> Result<i64, Fault> {
        let body = postcard::to_allocvec(intent).map_err(|_| Fault::Stored)?;
        self.db.prepare_cached("INSERT INTO outbox (log, chat, message, urgent, body) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            log,
            chat,
            message,
            urgency == Urgency::First,
            body
        ])?;
        Ok(self.db.last_insert_rowid())
    }

    /// Takes back what waits in a log and has not been tried.
    pub fn drop_intent(&self, log: i64, intent: &Intent) -> Result<(), Fault> {
        let body = postcard::to_allocvec(intent).map_err(|_| Fault::Stored)?;
        self.db.prepare_cached("DELETE FROM outbox WHERE log = ?1 AND body = ?2 AND attempt IS NULL")?.execute(params![log, body])?;
        Ok(())
    }

    /// Keeps what was gathered for a row.
    pub fn remember(&self, row: i64, intent: &Intent) -> Result<(), Fault> {
        let body = postcard::to_allocvec(intent).map_err(|_| Fault::Stored)?;
        self.db.prepare_cached("UPDATE outbox SET body = ?2 WHERE id = ?1")?.execute(params![row, body])?;
        Ok(())
    }

    pub fn not_before(&self, row: i64, at: Millis) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE outbox SET not_before = ?2 WHERE id = ?1")?.execute(params![row, at.0 as i64])?;
        Ok(())
    }

    pub fn outbox_done(&mut self, row: i64) -> Result<(), Fault> {
        self.session.busy.remove(&row);
        self.session.refused.remove(&row);
        self.session.later.remove(&row);
        self.session.states_from.remove(&row);
        self.db.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([row])?;
        Ok(())
    }

    pub fn outbox_row(&self, id: i64) -> Result<Option<Row>, Fault> {
        let row = self
            .db
            .prepare_cached("SELECT id, log, body, chat, message, attempt, attempt_meta FROM outbox WHERE id = ?1")?
            .query_row([id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
            })
            .optional()?;
        let Some((id, log, body, chat, message, attempt, attempt_meta)) = row else { return Ok(None) };
        let intent = postcard::from_bytes(&body).map_err(|_| Fault::Stored)?;
        Ok(Some(Row { id, log, intent, chat, message, attempt, attempt_meta }))
    }

    /// Takes every row one step further that can go.
    pub fn drive(&mut self) -> Result<(), Fault> {
        if !self.session.is_open() {
            return Ok(());
        }
        self.retry_faulted()?;
        self.look_for_silent()?;
        let elsewhere: Vec<i64> = self
            .db
            .prepare_cached("SELECT id FROM outbox WHERE log IS NULL ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for row in elsewhere {
            self.drive_row(row)?;
        }
        let logs: Vec<i64> = self
            .db
            .prepare_cached("SELECT DISTINCT log FROM outbox WHERE log IS NOT NULL")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for log in logs {
            self.drive_log(log)?;
        }
        let waiting = "SELECT min(not_before) FROM outbox WHERE log IS NOT NULL AND attempt IS NULL AND not_before > ?1";
        let next: Option<i64> = self.db.prepare_cached(waiting)?.query_row([self.now.0 as i64], |row| row.get(0))?;
        if let Some(next) = next {
            self.wake(Millis(next as u64));
        }
        self.drive_desk()?;
        self.drive_wakes()?;
        self.drive_parcels()?;
        self.drive_vault()?;
        self.drive_uploads()
    }

    /// Drives the first row of a log, and the next one when the first turns out to be done or to have failed.
    fn drive_log(&mut self, log: i64) -> Result<(), Fault> {
        // What is to wait lets the others pass: a hygiene Commit gives way to words.
        let first = "SELECT id FROM outbox WHERE log = ?1 AND (attempt IS NOT NULL OR not_before <= ?2) ORDER BY attempt IS NULL, urgent DESC, id LIMIT 1";
        let mut driven = None;
        loop {
            let row: Option<i64> =
                self.db.prepare_cached(first)?.query_row(params![log, self.now.0 as i64], |row| row.get(0)).optional()?;
            if row == driven {
                return Ok(());
            }
            let Some(id) = row else { return Ok(()) };
            self.drive_row(id)?;
            driven = row;
        }
    }

    fn drive_row(&mut self, id: i64) -> Result<(), Fault> {
        if self.session.busy.contains(&id) {
            return Ok(());
        }
        let not_before = "SELECT not_before, log IS NULL FROM outbox WHERE id = ?1";
        let row = self.db.prepare_cached(not_before)?.query_row([id], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?))).optional()?;
        let Some((not_before, elsewhere)) = row else { return Ok(()) };
        let mut not_before = Millis(not_before as u64);
        // Deposits alone wait elsewhere, and none so long: the clock was set back in between.
        if elsewhere && not_before.since(self.now) > DEPOSIT_DELAY_MAX {
            not_before = self.now;
        }
        let at = self.session.later.get(&id).copied().unwrap_or_default().max(not_before);
        if at > self.now {
            self.wake(at);
            return Ok(());
        }
        let Some(row) = self.outbox_row(id)? else { return Ok(()) };
        match row.intent.clone() {
            Intent::CreateLog { passes, inbox } => {
                let Some(log) = row.log else { return Err(Fault::Stored) };
                let passes = passes.into_iter().map(|(hash, role)| NewPass { hash: PassHash(hash), role: role.into() }).collect();
                let log = self.log_state(log)?.log;
                self.ask(Request::CreateLog { log, passes, inbox }, Waiting::Outbox(id));
                Ok(())
            }
            Intent::TakePasses { add, drop } => {
                let hashes = |list: Vec<[u8; 32]>| list.into_iter().map(TakeHash).collect();
                self.ask(Request::ChangeTakePasses { add: hashes(add), drop: hashes(drop) }, Waiting::Outbox(id));
                Ok(())
            }
            Intent::Deposit { inbox, drop, record, after, .. } => {
                let append = Append {
                    log: LogId(inbox),
                    pass: PassToken::new(drop),
                    flag: Flag::Content,
                    after: Seq(after),
                    c: Commitment::NONE,
                    record: record.into(),
                    changes: vec![],
                };
                self.ask(Request::Append(append), Waiting::Outbox(id));
                Ok(())
            }
            Intent::Ask { request, inbox, drop } => self.drive_ask(&row, request, inbox, drop),
            Intent::Invite { account, welcome } => self.drive_invite(&row, account, welcome),
            Intent::Park { welcome, .. } => self.drive_park(&row, &welcome),
            Intent::RejoinUnanswered => self.rejoin_unanswered(&row),
            Intent::ComeBack => self.ask_to_come_back(&row),
            Intent::DeleteBlob((blob, token)) => {
                self.ask(Request::DeleteBlob { blob: BlobId(blob), token: DeleteToken::new(token) }, Waiting::Outbox(id));
                Ok(())
            }
            Intent::InboxPasses
            | Intent::Content(_)
            | Intent::Change(_)
            | Intent::Leave
            | Intent::Rejoin { .. }
            | Intent::Answer { .. } => self.drive_append(row),
        }
    }

    /// Rows that end as a record of a log this client reads.
    fn drive_append(&mut self, row: Row) -> Result<(), Fault> {
        let Some(log) = row.log else { return Err(Fault::Stored) };
        let state = self.log_state(log)?;
        if !state.live || state.fault || !self.session.caught_up(log, state.cursor) {
            return Ok(());
        }
        if row.attempt.is_some() && self.session.refused.remove(&row.id) {
            self.discard(&row)?;
            return self.drive_row(row.id);
        }
        if let (Some(bytes), Some(meta)) = (&row.attempt, &row.attempt_meta) {
            let how: Sealed = postcard::from_bytes(meta).map_err(|_| Fault::Stored)?;
            return self.append(&row, log, bytes.clone(), &how);
        }
        if !self.knows_the_time() {
            return Ok(());
        }
        // What another member put into the group or into a KeyPackage may make this impossible: then this one thing has failed, and no more.
        self.db.execute_batch("SAVEPOINT seal")?;
        let sealed = match self.seal(&row) {
            Err(Fault::Unmade) => {
                self.db.execute_batch("ROLLBACK TO seal; RELEASE seal")?;
                self.groups.forget(log);
                return self.outbox_failed(row, &Refusal::CannotBeDone);
            }
            sealed => sealed?,
        };
        self.db.execute_batch("RELEASE seal")?;
        let Some((bytes, how)) = sealed else { return Ok(()) };
        let meta = postcard::to_allocvec(&how).map_err(|_| Fault::Stored)?;
        self.db.prepare_cached("UPDATE outbox SET attempt = ?2, attempt_hash = ?3, attempt_meta = ?4 WHERE id = ?1")?.execute(params![
            row.id,
            bytes,
            Hash32::of(&bytes).0,
            meta
        ])?;
        self.append(&row, log, bytes, &how)
    }

    fn seal(&mut self, row: &Row) -> Result<Option<(Vec<u8>, Sealed)>, Fault> {
        match &row.intent {
            Intent::InboxPasses => self.seal_inbox_passes(row),
            Intent::Content(content) => self.seal_content(row, content),
            Intent::Change(change) => self.seal_change(row, change),
            Intent::Leave => self.seal_leave(row),
            Intent::Rejoin { key_package } => self.seal_rejoin(row, key_package),
            Intent::Answer { epoch, welcome } => self.seal_answer(row, *epoch, welcome),
            _ => Ok(None),
        }
    }

    fn append(&mut self, row: &Row, log: i64, record: Vec<u8>, how: &Sealed) -> Result<(), Fault> {
        let state = self.log_state(log)?;
        let changes = how.changes.iter().map(StoredChange::to_change).collect();
        let flag = if how.commit { Flag::Commit } else { Flag::Content };
        let append = Append {
            log: state.log,
            pass: state.pass,
            flag,
            after: state.last_commit,
            c: Commitment(how.c),
            record: record.into(),
            changes,
        };
        self.ask(Request::Append(append), Waiting::Outbox(row.id));
        Ok(())
    }

    /// Gives an attempt up: it was refused, or a Commit came first. It is remembered in case the server lied.
    pub fn discard(&mut self, row: &Row) -> Result<(), Fault> {
        let (Some(bytes), Some(meta)) = (&row.attempt, &row.attempt_meta) else { return Ok(()) };
        self.db.prepare_cached("INSERT OR IGNORE INTO discarded (log, hash, outbox, meta) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            row.log,
            Hash32::of(bytes).0,
            row.id,
            meta
        ])?;
        self.db
            .prepare_cached("UPDATE outbox SET attempt = NULL, attempt_hash = NULL, attempt_meta = NULL WHERE id = ?1")?
            .execute([row.id])?;
        if let (Intent::Change(_), Some(log)) = (&row.intent, row.log) {
            self.with_group(log, |group, provider| group.clear_pending(provider))?;
        }
        Ok(())
    }

    pub fn outbox_answered(&mut self, id: i64, response: Response) -> Result<(), Fault> {
        let Some(row) = self.outbox_row(id)? else { return Ok(()) };
        match response {
            Response::Refused(refusal) => self.outbox_refused(row, refusal),
            // Accepted is a hint: what counts is reading the own record back at its place. Until then nothing more is tried on this connection.
            Response::Appended(_) => {
                self.wake_others(row.log, &row.intent)?;
                if row.log.is_none() {
                    return self.outbox_done(id);
                }
                self.session.busy.insert(id);
                Ok(())
            }
            Response::Done => match (&row.intent, row.log) {
                (Intent::CreateLog { .. }, Some(log)) => {
                    self.db.prepare_cached("UPDATE log SET live = 1 WHERE id = ?1")?.execute([log])?;
                    self.subscribe(&[log])?;
                    self.outbox_done(id)
                }
                _ => self.outbox_done(id),
            },
            Response::States { states, more } => self.ask_states(row, &states, if more { Rest::Follows } else { Rest::Nothing }),
            Response::KeyPackages(packages) => self.packages_taken(row, packages),
            _ => {
                self.session.later.insert(id, self.now.plus(RETRY));
                Ok(())
            }
        }
    }

    fn outbox_refused(&mut self, row: Row, refusal: Refused) -> Result<(), Fault> {
        match (refusal, row.log, &row.intent) {
            (Refused::Stale { last_commit }, None, Intent::Deposit { inbox, drop, record, whom, .. }) => {
                let intent = Intent::Deposit { inbox: *inbox, drop: *drop, record: record.clone(), after: last_commit.0, whom: *whom };
                self.remember(row.id, &intent)?;
                if let Whom::Contact(account) = whom {
                    self.db
                        .prepare_cached("UPDATE contact SET inbox_after = ?2 WHERE account = ?1")?
                        .execute(params![account, last_commit.0 as i64])?;
                }
                Ok(())
            }
            (Refused::Stale { last_commit }, Some(log), _) => {
                // The Commit is on its way: read to it, then seal again.
                self.session.head(log, last_commit);
                self.session.refused.insert(row.id);
                Ok(())
            }
            (Refused::Duplicate, Some(_), _) => {
                self.session.refused.insert(row.id);
                Ok(())
            }
            (Refused::RateLimited { wait_ms }, ..) => {
                self.session.later.insert(row.id, self.now.plus(wait_ms.max(100)));
                self.wake(self.now.plus(wait_ms.max(100)));
                Ok(())
            }
            (Refused::Busy | Refused::Quota | Refused::NoSession, ..) => {
                self.session.later.insert(row.id, self.now.plus(RETRY));
                self.wake(self.now.plus(RETRY));
                Ok(())
            }
            // What is read next says why: removed, or the chat has ended.
            (Refused::NoPass, Some(log), _) if self.session.is_subscribed(log) => {
                self.session.later.insert(row.id, self.now.plus(RETRY));
                Ok(())
            }
            // It is gone already.
            (Refused::NotFound, None, Intent::DeleteBlob(_)) => self.outbox_done(row.id),
            (refusal, ..) => self.outbox_failed(row, &crate::plain::server_refused(refusal)),
        }
    }

    /// An intention that cannot be carried out: said once, and taken out of the way.
    pub fn outbox_failed(&mut self, row: Row, why: &Refusal) -> Result<(), Fault> {
        self.discard(&row)?;
        self.db.prepare_cached("DELETE FROM discarded WHERE outbox = ?1")?.execute([row.id])?;
        let (what, told) = match &row.intent {
            Intent::Ask { request, .. } | Intent::Deposit { whom: Whom::Request(request), .. } => {
                self.db.prepare_cached("UPDATE request SET state = 'failed' WHERE id = ?1")?.execute([request])?;
                (Doing::Add, Refusal::LinkSpent)
            }
            Intent::Content(_) => (Doing::Send, why.clone()),
            Intent::Change(_) | Intent::Leave | Intent::CreateLog { .. } => (Doing::Group, why.clone()),
            _ => (Doing::Contact, why.clone()),
        };
        // First why, then where: who waits for the end of it hears the reason.
        self.event(Event::Failed { what, why: told });
        if let Some(message) = row.message {
            self.message_failed(message, why)?;
        }
        self.outbox_done(row.id)
    }

    /// Nothing can be sent to a log any more: what waits for it has failed.
    pub fn drop_waiting(&mut self, log: i64) -> Result<(), Fault> {
        let waiting: Vec<i64> = self
            .db
            .prepare_cached("SELECT message FROM outbox WHERE log = ?1 AND message IS NOT NULL")?
            .query_map([log], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for message in waiting {
            self.message_failed(message, &Refusal::ChatEnded)?;
        }
        self.db.prepare_cached("DELETE FROM outbox WHERE log = ?1")?.execute([log])?;
        Ok(())
    }

    pub fn log_state(&self, log: i64) -> Result<LogState, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT log, pass, live, fault IS NOT NULL, cursor, chain, ms, last_commit, inbox FROM log WHERE id = ?1")?
            .query_row([log], |row| {
                Ok(LogState {
                    id: log,
                    log: LogId(row.get(0)?),
                    pass: PassToken::new(row.get(1)?),
                    live: row.get(2)?,
                    fault: row.get(3)?,
                    cursor: Seq(row.get::<_, i64>(4)? as u64),
                    chain: Chain(row.get(5)?),
                    ms: Millis(row.get::<_, i64>(6)? as u64),
                    last_commit: Seq(row.get::<_, i64>(7)? as u64),
                    inbox: row.get(8)?,
                })
            })?)
    }
}

/// Where a log stands on this client.
pub(crate) struct LogState {
    pub id: i64,
    pub log: LogId,
    pub pass: PassToken,
    pub live: bool,
    pub fault: bool,
    pub cursor: Seq,
    pub chain: Chain,
    pub ms: Millis,
    pub last_commit: Seq,
    pub inbox: bool,
}
