//! Own records read back at their place: only now are they sent. Recognised by equality of bytes with the outbox, and nothing else.

use crate::client::{Fault, Turn};
use crate::outbox::{Intent, Row, Sealed, Urgency};
use crate::receive::Stamped;
use franking::{Context, Opened};
use rusqlite::{OptionalExtension as _, params};
use view::Event;
use wire::Hash32;
use wire::call::Flag;
use wire::limits::DAY;

/// A leaf is refreshed after this many own messages, and when its last Commit is this old (crypto policy in ARCHITECTURE.md).
const REFRESH_AFTER_TWO: i64 = 50;
const REFRESH_AFTER_GROUP: i64 = 200;
const REFRESH_AGE: u64 = DAY;
/// Send first, heal after: a hygiene Commit waits a random time up to this.
const REFRESH_JITTER: u64 = 60 * 1000;

impl Turn<'_> {
    pub fn own_attempt(&self, log: i64, hash: &Hash32) -> Result<Option<(Row, Sealed)>, Fault> {
        let found: Option<i64> = self
            .db
            .prepare_cached("SELECT id FROM outbox WHERE log = ?1 AND attempt_hash = ?2")?
            .query_row(params![log, hash.0], |row| row.get(0))
            .optional()?;
        let Some(row) = found.map(|id| self.outbox_row(id)).transpose()?.flatten() else { return Ok(None) };
        let sealed = row.attempt_meta.as_deref().map(postcard::from_bytes).transpose().map_err(|_| Fault::Stored)?;
        Ok(sealed.map(|sealed| (row, sealed)))
    }

    /// An attempt that was given up: the row it was for, if that still waits, and how it was sealed.
    pub fn own_discarded(&self, log: i64, hash: &Hash32) -> Result<Option<(Option<Row>, Sealed)>, Fault> {
        let found: Option<(i64, Vec<u8>)> = self
            .db
            .prepare_cached("SELECT outbox, meta FROM discarded WHERE log = ?1 AND hash = ?2")?
            .query_row(params![log, hash.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((row, meta)) = found else { return Ok(None) };
        let sealed = postcard::from_bytes(&meta).map_err(|_| Fault::Stored)?;
        Ok(Some((self.outbox_row(row)?, sealed)))
    }

    pub fn read_back(&mut self, row: Row, sealed: &Sealed, stamped: &Stamped<'_>) -> Result<(), Fault> {
        let stamp = stamped.stamp.stamp();
        if sealed.commit || stamp.flag == Flag::Commit {
            self.attempts_are_dead(row.log.ok_or(Fault::Stored)?, Some(row.id))?;
        }
        // The server put it down as something else than it was sent as: for everybody else it is void.
        let as_sent = (stamp.flag == Flag::Commit) == sealed.commit && stamp.c.0 == sealed.c;
        if !as_sent && !matches!(row.intent, Intent::InboxPasses) {
            return self.discard(&row);
        }
        match &row.intent {
            Intent::InboxPasses => self.inbox_passes_changed(&row, sealed),
            Intent::Change(_) => self.change_read_back(&row, sealed, stamped),
            Intent::Content(_) => self.content_read_back(&row, sealed, stamped),
            Intent::Leave => {
                if let Some(chat) = row.chat {
                    self.set_chat_state(chat, "leaving")?;
                    self.event(Event::ChatChanged { chat });
                }
                self.outbox_done(row.id)
            }
            Intent::Rejoin { .. } => self.rejoin_read_back(&row),
            _ => self.outbox_done(row.id),
        }
    }

    /// The server had said no and took it all the same. Content is simply sent; a Commit given up cannot be followed.
    pub fn discarded_turned_up(&mut self, log: i64, row: Option<Row>, sealed: &Sealed, stamped: &Stamped<'_>) -> Result<(), Fault> {
        match row {
            Some(row) if matches!(row.intent, Intent::Content(_)) => self.content_read_back(&row, sealed, stamped),
            _ if sealed.commit => match self.chat_of_log(log)? {
                Some(chat) => self.chat_broke(chat, log, None),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn content_read_back(&mut self, row: &Row, sealed: &Sealed, stamped: &Stamped<'_>) -> Result<(), Fault> {
        let (Some(log), Some(chat)) = (row.log, row.chat) else { return Err(Fault::Stored) };
        // Of one with files that was deleted meanwhile nothing is kept but its context.
        let opened = Opened::from_bytes(&sealed.keep).ok();
        let context = match &opened {
            Some(opened) => *opened.context(),
            None => Context::from_bytes(&sealed.keep).map_err(|_| Fault::Stored)?,
        };
        self.db
            .prepare_cached("UPDATE chat SET counter = ?2, previous_c = ?3, sent_since = sent_since + 1 WHERE id = ?1")?
            .execute(params![chat, context.counter as i64, sealed.c])?;
        if let Some(message) = row.message {
            self.db
                .prepare_cached("UPDATE message SET state = 'sent', seq = ?2, stamped = ?3, sent = ?4 WHERE id = ?1")?
                .execute(params![message, stamped.seq().0 as i64, stamped.ms().0 as i64, context.sent.0 as i64])?;
            if let Some(opened) = &opened {
                self.keep_evidence(message, opened, stamped)?;
            }
            if self.is_deleted(message)? {
                self.close_files(chat, message)?;
            }
            self.event(Event::MessageChanged { chat, message });
        }
        // Earlier attempts hold the same words: should one turn up after all, it counts for nobody.
        self.db.prepare_cached("DELETE FROM discarded WHERE outbox = ?1")?.execute([row.id])?;
        self.outbox_done(row.id)?;
        self.refresh_if_due(log, chat)
    }

    fn is_deleted(&self, message: i64) -> Result<bool, Fault> {
        let deleted = "SELECT deleted IS NOT NULL FROM message WHERE id = ?1";
        Ok(self.db.prepare_cached(deleted)?.query_row([message], |row| row.get(0)).optional()?.unwrap_or(false))
    }

    fn refresh_if_due(&mut self, log: i64, chat: i64) -> Result<(), Fault> {
        let (since, at, kind): (i64, i64, String) = self
            .db
            .prepare_cached("SELECT sent_since, commits_at, kind FROM chat WHERE id = ?1")?
            .query_row([chat], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let limit = if kind == "two" { REFRESH_AFTER_TWO } else { REFRESH_AFTER_GROUP };
        let old = at > 0 && self.time()?.since(wire::Millis(at as u64)) >= REFRESH_AGE;
        if since < limit && !old {
            return Ok(());
        }
        self.want_refresh(log, chat, Urgency::Ordinary)?;
        let at = self.now.plus(self.random_between(0, REFRESH_JITTER));
        self.db
            .prepare_cached("UPDATE outbox SET not_before = ?2 WHERE log = ?1 AND attempt IS NULL AND not_before = 0 AND urgent = 0 AND message IS NULL")?
            .execute(params![log, at.0 as i64])?;
        Ok(())
    }

    /// A Commit-flagged record was read: what was sealed before it can no longer be accepted.
    pub fn attempts_are_dead(&mut self, log: i64, except: Option<i64>) -> Result<(), Fault> {
        let rows: Vec<i64> = self
            .db
            .prepare_cached("SELECT id FROM outbox WHERE log = ?1 AND attempt IS NOT NULL")?
            .query_map([log], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in rows {
            if Some(id) != except
                && let Some(row) = self.outbox_row(id)?
            {
                self.session.refused.remove(&id);
                self.discard(&row)?;
            }
        }
        Ok(())
    }
}
