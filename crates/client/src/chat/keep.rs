//! What a person keeps about a chat for this device alone: on top, put away, silent, marked, what is not finished.

use crate::client::{Fault, Turn};
use rusqlite::params;
use view::{Draft, Event, Refusal, Reply};
use wire::limits::CONTENT_MAX;

/// Something kept about a chat.
pub(crate) enum Keep {
    OnTop,
    NotOnTop,
    Archived,
    NotArchived,
    /// Until then on the server's clock; none: not at all.
    Muted(Option<u64>),
    MarkedUnread,
}

impl Turn<'_> {
    pub fn keep(&mut self, chat: i64, what: Keep) -> Result<Result<Reply, Refusal>, Fault> {
        let now = self.time()?.0 as i64;
        let changed = match what {
            Keep::OnTop => {
                self.db.prepare_cached("UPDATE chat SET pinned = COALESCE(pinned, ?2), archived = 0 WHERE id = ?1")?.execute([chat, now])?
            }
            Keep::NotOnTop => self.db.prepare_cached("UPDATE chat SET pinned = NULL WHERE id = ?1")?.execute([chat])?,
            Keep::Archived => self.db.prepare_cached("UPDATE chat SET archived = 1, pinned = NULL WHERE id = ?1")?.execute([chat])?,
            Keep::NotArchived => self.db.prepare_cached("UPDATE chat SET archived = 0 WHERE id = ?1")?.execute([chat])?,
            Keep::Muted(until) => {
                self.session.wakes_due = true;
                let until = until.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
                self.db.prepare_cached("UPDATE chat SET muted_until = ?2 WHERE id = ?1")?.execute(params![chat, until])?
            }
            Keep::MarkedUnread => self.db.prepare_cached("UPDATE chat SET marked_unread = 1 WHERE id = ?1")?.execute([chat])?,
        };
        if changed == 0 {
            return Ok(Err(Refusal::NoSuchChat { name: chat.to_string() }));
        }
        self.event(Event::ChatChanged { chat });
        Ok(Ok(Reply::Done))
    }

    pub fn save_draft(&mut self, chat: i64, draft: &Draft) -> Result<Result<Reply, Refusal>, Fault> {
        if self.chat(chat)?.is_none() {
            return Ok(Err(Refusal::NoSuchChat { name: chat.to_string() }));
        }
        if draft.text.len() > CONTENT_MAX {
            return Ok(Err(Refusal::TooLong { limit: CONTENT_MAX }));
        }
        if *draft == Draft::default() {
            self.db.prepare_cached("DELETE FROM draft WHERE chat = ?1")?.execute([chat])?;
        } else {
            self.db.prepare_cached("INSERT OR REPLACE INTO draft (chat, text, reply, edit) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
                chat,
                draft.text,
                draft.reply,
                draft.edit
            ])?;
        }
        self.event(Event::ChatChanged { chat });
        Ok(Ok(Reply::Done))
    }
}
