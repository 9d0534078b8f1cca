//! What goes: at its time, taken back by its sender, or put away on this device only.

use crate::client::{Fault, Turn};
use rusqlite::{OptionalExtension as _, params};
use view::{ChatState, Event, KeptChange, Refusal, Reply};
use wire::content::Kind;
use wire::limits::{DELETED_KEPT, EVIDENCE_KEPT};

impl Turn<'_> {
    /// What time takes away: messages at their end, originals of deleted ones, spent links.
    pub fn expire(&mut self) -> Result<(), Fault> {
        let now = self.time()?.0 as i64;
        let mut gone: Vec<(i64, i64)> = Vec::new();
        {
            let mut statement = self.db.prepare_cached("SELECT id, chat FROM message WHERE expires IS NOT NULL AND expires <= ?1")?;
            for row in statement.query_map([now], |row| Ok((row.get(0)?, row.get(1)?)))? {
                gone.push(row?);
            }
        }
        for (message, chat) in gone {
            self.note_if_kept(message, KeptChange::Expired)?;
            self.forget_message(message)?;
            self.event(Event::MessageChanged { chat, message });
        }
        let next: Option<i64> =
            self.db.prepare_cached("SELECT min(expires) FROM message WHERE expires IS NOT NULL")?.query_row([], |row| row.get(0))?;
        if let Some(next) = next {
            self.wake(self.now.plus((next - now).max(0) as u64));
        }
        self.forget_deleted(now)?;
        self.forget_old_evidence(now)?;
        self.expire_links()
    }

    /// A week after a message was deleted nothing is left of it but that it was there.
    fn forget_deleted(&mut self, now: i64) -> Result<(), Fault> {
        let before = now.saturating_sub(DELETED_KEPT as i64);
        let due: Vec<i64> = self
            .db
            .prepare_cached("SELECT id FROM message WHERE deleted IS NOT NULL AND deleted <= ?1 AND length(content) > 0")?
            .query_map([before], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for message in due {
            self.forget_changes(message)?;
            self.db.prepare_cached("DELETE FROM evidence WHERE message = ?1")?.execute([message])?;
            self.db.prepare_cached("UPDATE message SET content = x'', text = '' WHERE id = ?1")?.execute([message])?;
        }
        Ok(())
    }

    /// Evidence is kept for a year: the oldest is looked at, a few at a time.
    fn forget_old_evidence(&mut self, now: i64) -> Result<(), Fault> {
        let before = now.saturating_sub(EVIDENCE_KEPT as i64);
        let oldest: Vec<(i64, i64)> = self
            .db
            .prepare_cached(
                "SELECT e.message, COALESCE(m.stamped, m.sent) FROM evidence e JOIN message m ON m.id = e.message ORDER BY e.message LIMIT 8",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (message, _) in oldest.iter().filter(|(_, at)| *at <= before) {
            self.db.prepare_cached("DELETE FROM evidence WHERE message = ?1")?.execute([message])?;
        }
        Ok(())
    }

    /// Other words that the sender gave a message: they go with it.
    fn forget_changes(&self, message: i64) -> Result<(), Fault> {
        let changes: Vec<i64> = self
            .db
            .prepare_cached(
                "SELECT c.id FROM message m JOIN message c ON c.chat = m.chat AND c.target = m.message_id AND c.account = m.account
                 WHERE m.id = ?1 AND c.kind = ?2",
            )?
            .query_map(params![message, Kind::Edit.number()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        changes.into_iter().try_for_each(|change| self.forget_message(change))
    }

    pub fn forget_message(&self, message: i64) -> Result<(), Fault> {
        self.forget_changes(message)?;
        self.forget_around(message)?;
        self.db.prepare_cached("DELETE FROM discarded WHERE outbox IN (SELECT id FROM outbox WHERE message = ?1)")?.execute([message])?;
        self.db.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([message])?;
        self.db.prepare_cached("DELETE FROM evidence WHERE message = ?1")?.execute([message])?;
        self.db.prepare_cached("DELETE FROM outbox WHERE message = ?1")?.execute([message])?;
        self.db.prepare_cached("DELETE FROM upload WHERE message = ?1")?.execute([message])?;
        self.db.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([message])?;
        Ok(())
    }

    /// Takes messages away on this device only. That they were here stays known: should somebody have them said again, they do not come back.
    pub fn delete_for_me(&mut self, chat: i64, messages: &[i64]) -> Result<Result<Reply, Refusal>, Fault> {
        let mut unsent = Vec::new();
        for message in messages {
            let state: Option<String> = self
                .db
                .prepare_cached("SELECT state FROM message WHERE id = ?1 AND chat = ?2 AND shown = 1")?
                .query_row(params![message, chat], |row| row.get(0))
                .optional()?;
            let Some(state) = state else { return Ok(Err(Refusal::NoSuchMessage { id: *message })) };
            if matches!(state.as_str(), "queued" | "uploading" | "failed") {
                if let Some(refusal) = self.cannot_discard(*message)? {
                    return Ok(Err(refusal));
                }
                unsent.push(*message);
            }
        }
        for message in messages {
            if unsent.contains(message) {
                self.discard_message(*message)?.ok();
                continue;
            }
            self.put_away(*message)?;
            self.event(Event::MessageChanged { chat, message: *message });
        }
        self.event(Event::ChatChanged { chat });
        Ok(Ok(Reply::Done))
    }

    /// Takes everything away that was said in a chat, on this device only. What has not left yet stays.
    pub fn clear_chat(&mut self, chat: i64) -> Result<Result<Reply, Refusal>, Fault> {
        if self.chat(chat)?.is_none() {
            return Ok(Err(Refusal::NoSuchChat { name: chat.to_string() }));
        }
        let all: Vec<(i64, bool)> = self
            .db
            .prepare_cached(
                "SELECT id, state = 'failed' FROM message WHERE chat = ?1 AND shown = 1 AND state NOT IN ('queued', 'uploading')",
            )?
            .query_map([chat], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (message, failed) in all {
            if failed {
                self.discard_message(message)?.ok();
            } else {
                self.put_away(message)?;
            }
        }
        self.db.prepare_cached("UPDATE chat SET pinned_message = NULL, marked_unread = 0 WHERE id = ?1")?.execute([chat])?;
        self.event(Event::ChatChanged { chat });
        Ok(Ok(Reply::Done))
    }

    /// Takes a chat out of the list, with all that was said in it. A group of which one is still part has to be left first.
    pub fn delete_chat(&mut self, chat: i64) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(row) = self.chat(chat)? else { return Ok(Err(Refusal::NoSuchChat { name: chat.to_string() })) };
        let member = matches!(ChatState::named(&row.state), Some(ChatState::Active | ChatState::Broken | ChatState::Leaving));
        if row.kind == "group" && member {
            return Ok(Err(Refusal::StillMember));
        }
        self.db.prepare_cached("DELETE FROM draft WHERE chat = ?1")?.execute([chat])?;
        self.db.prepare_cached("UPDATE chat SET hidden = 1, pinned = NULL, archived = 0 WHERE id = ?1")?.execute([chat])?;
        self.clear_chat(chat)
    }

    /// Leaves of a message that it was here.
    fn put_away(&self, message: i64) -> Result<(), Fault> {
        self.note_if_kept(message, KeptChange::PutAway)?;
        self.forget_changes(message)?;
        self.db.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([message])?;
        self.db.prepare_cached("DELETE FROM evidence WHERE message = ?1")?.execute([message])?;
        self.forget_around(message)?;
        self.db
            .prepare_cached(
                "UPDATE message SET shown = 0, content = x'', text = '', unread = 0, strange = 0, mentioned = 0, linked = 0, failure = NULL WHERE id = ?1",
            )?
            .execute([message])?;
        Ok(())
    }

    /// What others said about a message, and its files.
    fn forget_around(&self, message: i64) -> Result<(), Fault> {
        for forgotten in [
            "DELETE FROM reaction WHERE (chat, target) IN (SELECT chat, message_id FROM message WHERE id = ?1)",
            "DELETE FROM receipt WHERE (chat, message_id) IN (SELECT chat, message_id FROM message WHERE id = ?1)",
            "DELETE FROM vote WHERE (chat, poll) IN (SELECT chat, message_id FROM message WHERE id = ?1)",
            "DELETE FROM poll_close WHERE (chat, poll) IN (SELECT chat, message_id FROM message WHERE id = ?1)",
            "DELETE FROM file WHERE message = ?1",
        ] {
            self.db.prepare_cached(forgotten)?.execute([message])?;
        }
        Ok(())
    }
}
