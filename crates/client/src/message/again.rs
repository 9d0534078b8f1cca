//! What could not be sent: tried again, or taken back.

use crate::client::{Effect, Fault, Turn};
use crate::outbox::{Intent, OutContent, Urgency};
use rusqlite::{OptionalExtension as _, params};
use view::{Event, Refusal, Reply};
use wire::MessageId;
use wire::content::{Content, Kind};

/// Of an own message: chat, state, content, message id.
type Own = (i64, String, Vec<u8>, [u8; 32]);

impl Turn<'_> {
    /// Sends again what has failed, under its old message id: whoever has it already passes over it.
    pub fn retry(&mut self, message: i64) -> Result<Result<Reply, Refusal>, Fault> {
        let Some((chat, state, content, message_id)) = self.unsent(message)? else {
            return Ok(Err(Refusal::NoSuchMessage { id: message }));
        };
        if state != "failed" {
            return Ok(Err(Refusal::NotFailed));
        }
        if let Some(refusal) = self.cannot_pass_on(message)? {
            return Ok(Err(refusal));
        }
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        if content.is_empty() {
            self.upload_again(message)?;
            self.set_unsent(message, "uploading")?;
        } else {
            let kind = Content::decode(&content).map_err(|_| Fault::Stored)?.kind().number();
            let Some(row) = self.chat(chat)? else { return Err(Fault::Stored) };
            let out = OutContent { content, message_id, kind };
            self.intend(Some(row.log), Some(chat), Some(message), Urgency::Ordinary, &Intent::Content(out))?;
            self.set_unsent(message, "queued")?;
        }
        self.event(Event::MessageChanged { chat, message });
        Ok(Ok(Reply::Id(message)))
    }

    /// Takes back what has not left: a message that failed, that waits, or whose files are under way.
    pub fn discard_message(&mut self, message: i64) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_discard(message)? {
            return Ok(Err(refusal));
        }
        self.stop_uploads(message)?;
        let chat: i64 = self.db.prepare_cached("SELECT chat FROM message WHERE id = ?1")?.query_row([message], |row| row.get(0))?;
        self.delete_blobs(message)?;
        self.forget_said_about(message)?;
        self.forget_message(message)?;
        self.event(Event::MessageChanged { chat, message });
        self.event(Event::ChatChanged { chat });
        Ok(Ok(Reply::Done))
    }

    /// Why a message cannot be taken back, if it cannot.
    pub(super) fn cannot_discard(&self, message: i64) -> Result<Option<Refusal>, Fault> {
        let Some((_, state, ..)) = self.unsent(message)? else { return Ok(Some(Refusal::NoSuchMessage { id: message })) };
        // An attempt of which nobody knows what became may be with the others already.
        let tried: bool = self
            .db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM outbox o WHERE o.message = ?1 AND (o.attempt IS NOT NULL
                     OR EXISTS (SELECT 1 FROM discarded d WHERE d.outbox = o.id)))",
            )?
            .query_row([message], |row| row.get(0))?;
        let left = tried || !matches!(state.as_str(), "failed" | "queued" | "uploading");
        Ok(left.then_some(Refusal::AlreadySent))
    }

    /// Stops files that are under way.
    pub fn cancel_upload(&mut self, message: i64) -> Result<Result<Reply, Refusal>, Fault> {
        match self.unsent(message)? {
            None => Ok(Err(Refusal::NoSuchMessage { id: message })),
            Some((_, state, ..)) if state == "uploading" => self.discard_message(message),
            Some(_) => Ok(Err(Refusal::AlreadySent)),
        }
    }

    /// Why a message could not be sent is kept with it. A reaction or a vote that reached nobody is not shown here either.
    pub fn message_failed(&mut self, message: i64, why: &Refusal) -> Result<(), Fault> {
        self.undo(message)?;
        let why = postcard::to_allocvec(why).map_err(|_| Fault::Stored)?;
        let chat: Option<i64> = self
            .db
            .prepare_cached("UPDATE message SET state = 'failed', failure = ?2 WHERE id = ?1 RETURNING chat")?
            .query_row(params![message, why], |row| row.get(0))
            .optional()?;
        if let Some(chat) = chat {
            self.event(Event::MessageChanged { chat, message });
        }
        Ok(())
    }

    fn undo(&mut self, message: i64) -> Result<(), Fault> {
        type Change = (i64, u16, Option<[u8; 32]>, [u8; 32], [u8; 32]);
        let change: Option<Change> = self
            .db
            .prepare_cached("SELECT chat, kind, target, message_id, account FROM message WHERE id = ?1")?
            .query_row([message], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
            .optional()?;
        let Some((chat, kind, Some(target), id, account)) = change else { return Ok(()) };
        match Kind::from_number(kind) {
            Kind::Reaction => {
                let reaction = "DELETE FROM reaction WHERE chat = ?1 AND target = ?2 AND message_id = ?3";
                self.db.prepare_cached(reaction)?.execute(params![chat, target, id])?;
            }
            Kind::Vote => {
                let vote = "DELETE FROM vote WHERE chat = ?1 AND poll = ?2 AND account = ?3";
                self.db.prepare_cached(vote)?.execute(params![chat, target, account])?;
            }
            _ => return Ok(()),
        }
        self.target_changed(chat, &MessageId(target))
    }

    fn set_unsent(&self, message: i64, state: &str) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE message SET state = ?2, failure = NULL WHERE id = ?1")?.execute(params![message, state])?;
        Ok(())
    }

    fn unsent(&self, message: i64) -> Result<Option<Own>, Fault> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT chat, state, content, message_id FROM message WHERE id = ?1 AND mine = 1 AND shown = 1 AND deleted IS NULL",
            )?
            .query_row([message], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?)
    }

    /// Ends the uploads of a message; what has arrived whole goes from the server again.
    fn stop_uploads(&mut self, message: i64) -> Result<(), Fault> {
        let uploads: Vec<(i64, Option<Vec<u8>>)> = self
            .db
            .prepare_cached("SELECT id, done FROM upload WHERE message = ?1")?
            .query_map([message], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (upload, done) in uploads {
            if let Some(content) = done.and_then(|bytes| Content::decode(&bytes).ok()) {
                self.delete_blobs_of(&content)?;
            }
            if self.session.uploading.remove(&upload) {
                self.effects.push(Effect::StopUpload { id: upload });
            }
            self.session.progress.remove(&upload);
        }
        Ok(())
    }

    /// What this account said about a message that nobody else will have, as far as it has not left.
    fn forget_said_about(&self, message: i64) -> Result<(), Fault> {
        let about: Vec<i64> = self
            .db
            .prepare_cached(
                "SELECT c.id FROM message m JOIN message c ON c.chat = m.chat AND c.target = m.message_id AND c.mine = 1
                 JOIN outbox o ON o.message = c.id AND o.attempt IS NULL WHERE m.id = ?1",
            )?
            .query_map([message], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        about.into_iter().try_for_each(|change| self.forget_message(change))
    }
}
