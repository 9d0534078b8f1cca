//! The commands by which a person says something.

use super::say::Around;
use crate::client::{Fault, Turn};
use rusqlite::{OptionalExtension as _, params};
use view::{Outgoing, Refusal, Reply};
use wire::MessageId;
use wire::content::{Body, Emoji, MessageStatus, Status, Text};
use wire::limits::{CONTENT_MAX, RECEIPT_MEMBERS_MAX};

/// What a command needs to know of a message it names.
struct Target {
    id: MessageId,
    mine: bool,
    deleted: bool,
}

/// Receipts in one report.
const RECEIPTS_PER_REPORT: usize = 100;

impl Turn<'_> {
    pub fn send(&mut self, chat: i64, what: Outgoing, reply: Option<i64>) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        let reply_to = match reply {
            Some(message) => match self.target(chat, message)? {
                Some(target) => Some(target.id),
                None => return Ok(Err(Refusal::NoSuchMessage { id: message })),
            },
            None => None,
        };
        match what {
            Outgoing::Text(text) if text.trim().is_empty() => Ok(Err(Refusal::EmptyText)),
            Outgoing::Text(text) => self.say_or_refuse(chat, Body::Text(Text::markdown(text)), Around { reply_to, ..Around::default() }),
            Outgoing::File(file) => self.send_file(chat, file, reply_to),
        }
    }

    pub fn react(&mut self, chat: i64, message: i64, emoji: &str) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        let Some(target) = self.target(chat, message)?.filter(|target| !target.deleted) else {
            return Ok(Err(Refusal::NoSuchMessage { id: message }));
        };
        let Ok(emoji) = Emoji::new(emoji) else { return Ok(Err(Refusal::NotEmoji)) };
        self.say_or_refuse(chat, Body::Reaction { to: target.id, emoji }, Around::default())
    }

    pub fn edit(&mut self, chat: i64, message: i64, text: &str) -> Result<Result<Reply, Refusal>, Fault> {
        if text.trim().is_empty() {
            return Ok(Err(Refusal::EmptyText));
        }
        match self.own_message(chat, message)? {
            Ok(of) => self.say_or_refuse(chat, Body::Edit { of, text: Text::markdown(text) }, Around::default()),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    pub fn delete(&mut self, chat: i64, message: i64) -> Result<Result<Reply, Refusal>, Fault> {
        match self.own_message(chat, message)? {
            Ok(of) => self.say_or_refuse(chat, Body::Delete { of }, Around::default()),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    fn own_message(&mut self, chat: i64, message: i64) -> Result<Result<MessageId, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        Ok(match self.target(chat, message)? {
            Some(Target { deleted: false, mine: true, id }) => Ok(id),
            Some(Target { deleted: false, .. }) => Err(Refusal::NotYours),
            _ => Err(Refusal::NoSuchMessage { id: message }),
        })
    }

    /// Everything up to a message has been seen; the others learn it, unless the chat is too large for that.
    pub fn mark_read(&mut self, chat: i64, up_to: i64) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(row) = self.chat(chat)? else { return Ok(Err(Refusal::NoSuchChat { name: chat.to_string() })) };
        let unread: Vec<[u8; 32]> = self
            .db
            .prepare_cached("SELECT message_id FROM message WHERE chat = ?1 AND unread = 1 AND id <= ?2 ORDER BY id")?
            .query_map(params![chat, up_to], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if unread.is_empty() {
            return Ok(Ok(Reply::Done));
        }
        self.db
            .prepare_cached("UPDATE message SET unread = 0 WHERE chat = ?1 AND unread = 1 AND id <= ?2")?
            .execute(params![chat, up_to])?;
        let told = row.state == "active" && self.member_count(chat)? <= RECEIPT_MEMBERS_MAX as u64;
        if told {
            for batch in unread.chunks(RECEIPTS_PER_REPORT) {
                let statuses = batch.iter().map(|id| MessageStatus { message: MessageId(*id), status: Status::Read }).collect();
                self.say(chat, Body::Status(statuses), Around::default())?;
            }
        }
        self.event(view::Event::ChatChanged { chat });
        Ok(Ok(Reply::Done))
    }

    pub fn set_expiry(&mut self, chat: i64, seconds: u64) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        self.say_or_refuse(chat, Body::ExpirySetting((seconds > 0).then_some(seconds)), Around::default())
    }

    /// Why nothing can be said in a chat, if nothing can.
    pub fn cannot_write(&mut self, chat: i64) -> Result<Option<Refusal>, Fault> {
        let Some(row) = self.chat(chat)? else { return Ok(Some(Refusal::NoSuchChat { name: chat.to_string() })) };
        // In a broken chat, and in one that this account comes back to, it waits until this client is in it.
        if !matches!(row.state.as_str(), "active" | "broken" | "returning") {
            return Ok(Some(Refusal::ChatEnded));
        }
        let Some(peer) = row.peer else { return Ok(None) };
        if self.is_blocked(&peer)? {
            let name = self.contact(&peer)?.map(|contact| contact.name()).unwrap_or_default();
            return Ok(Some(Refusal::Blocked { name }));
        }
        Ok(None)
    }

    fn target(&self, chat: i64, message: i64) -> Result<Option<Target>, Fault> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT message_id, mine, deleted IS NOT NULL FROM message WHERE chat = ?1 AND id = ?2 AND shown = 1 AND state != 'notice'",
            )?
            .query_row(params![chat, message], |row| Ok(Target { id: MessageId(row.get(0)?), mine: row.get(1)?, deleted: row.get(2)? }))
            .optional()?)
    }

    fn say_or_refuse(&mut self, chat: i64, body: Body, around: Around) -> Result<Result<Reply, Refusal>, Fault> {
        // In a large group a member says who it is with its first words.
        let introduced: bool = self.db.prepare_cached("SELECT introduced FROM chat WHERE id = ?1")?.query_row([chat], |row| row.get(0))?;
        if !introduced {
            self.introduce(chat)?;
        }
        Ok(self.say(chat, body, around)?.map(Reply::Id).ok_or(Refusal::TooLong { limit: CONTENT_MAX }))
    }
}
