//! What has not left: taken back.

use crate::client::{Fault, Turn};
use rusqlite::OptionalExtension as _;
use view::{Event, Refusal, Reply};

impl Turn<'_> {
    /// Takes back what has not left: a message that failed, that waits, or whose files are under way.
    pub fn discard_message(&mut self, message: i64) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_discard(message)? {
            return Ok(Err(refusal));
        }
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
        let unsent = "SELECT state FROM message WHERE id = ?1 AND mine = 1 AND shown = 1 AND deleted IS NULL";
        let state: Option<String> = self.db.prepare_cached(unsent)?.query_row([message], |row| row.get(0)).optional()?;
        let Some(state) = state else { return Ok(Some(Refusal::NoSuchMessage { id: message })) };
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
