//! The pinned message of a chat: one, the last that was pinned. In groups admins pin.

use super::{Around, Said};
use crate::client::{Fault, Turn};
use rusqlite::params;
use view::{Event, Refusal, Reply};
use wire::MessageId;
use wire::content::Body;

impl Turn<'_> {
    pub fn pin_message(&mut self, chat: i64, message: i64) -> Result<Result<Reply, Refusal>, Fault> {
        match self.pinnable(chat, message)? {
            Ok(message) => self.say_or_refuse(chat, Body::Pin { message }, Around::default()),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    pub fn unpin_message(&mut self, chat: i64, message: i64) -> Result<Result<Reply, Refusal>, Fault> {
        match self.pinnable(chat, message)? {
            Ok(message) => self.say_or_refuse(chat, Body::Unpin { message }, Around::default()),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    fn pinnable(&mut self, chat: i64, message: i64) -> Result<Result<MessageId, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        let (Some(row), Some(own)) = (self.chat(chat)?, self.own_account()?) else { return Err(Fault::Stored) };
        // There is no group here yet, and nothing of it that could be pinned.
        if row.state == "returning" {
            return Ok(Err(Refusal::NoSuchMessage { id: message }));
        }
        if row.kind == "group" && !self.room(&row)?.is_admin(&own) {
            return Ok(Err(Refusal::NotAdmin));
        }
        Ok(match self.target(chat, message)? {
            Some(target) if !target.deleted => Ok(target.id),
            _ => Err(Refusal::NoSuchMessage { id: message }),
        })
    }

    pub(super) fn pinned(&mut self, said: &Said<'_>, message: &MessageId) -> Result<(), Fault> {
        if self.may_pin(said)? {
            self.db.prepare_cached("UPDATE chat SET pinned_message = ?2 WHERE id = ?1")?.execute(params![said.chat, message.0])?;
            self.event(Event::ChatChanged { chat: said.chat });
        }
        Ok(())
    }

    pub(super) fn unpinned(&mut self, said: &Said<'_>, message: &MessageId) -> Result<(), Fault> {
        if self.may_pin(said)? {
            self.db
                .prepare_cached("UPDATE chat SET pinned_message = NULL WHERE id = ?1 AND pinned_message = ?2")?
                .execute(params![said.chat, message.0])?;
            self.event(Event::ChatChanged { chat: said.chat });
        }
        Ok(())
    }

    fn may_pin(&mut self, said: &Said<'_>) -> Result<bool, Fault> {
        let two = self.chat(said.chat)?.is_some_and(|chat| chat.kind == "two");
        Ok(two || self.administers(said)?)
    }
}
