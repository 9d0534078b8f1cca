//! The commands by which a person says something.

use super::least::LEAST_DAYS;
use super::say::Around;
use crate::client::{Fault, Turn};
use rusqlite::{OptionalExtension as _, params};
use view::{Outgoing, Refusal, Reply, Switch};
use wire::MessageId;
use wire::content::limits::ATTACHMENTS_MAX;
use wire::content::{Body, Emoji, Kind, MessageStatus, Status, Text};
use wire::limits::{CONTENT_MAX, EXPIRY_MAX, RECEIPT_MEMBERS_MAX};

/// What a command needs to know of a message it names.
pub(super) struct Target {
    pub id: MessageId,
    pub mine: bool,
    pub deleted: bool,
    /// Others have it, or will: it did not fail, and it has the id that it is to have.
    pub known: bool,
}

/// In seconds.
const DAY: u32 = 24 * 60 * 60;

/// Receipts in one report.
const RECEIPTS_PER_REPORT: usize = 100;

impl Turn<'_> {
    pub fn send(&mut self, chat: i64, what: Outgoing, reply: Option<i64>) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        let reply_to = match reply {
            Some(message) => match self.target(chat, message)? {
                Some(target) if !target.known => return Ok(Err(Refusal::NotSentYet)),
                Some(target) => Some(target.id),
                None => return Ok(Err(Refusal::NoSuchMessage { id: message })),
            },
            None => None,
        };
        match what {
            Outgoing::Text(text) if text.trim().is_empty() => Ok(Err(Refusal::EmptyText)),
            Outgoing::Text(text) => {
                let text = self.with_mentions(chat, &text)?;
                self.say_or_refuse(chat, Body::Text(Text::markdown(text)), Around { reply_to, ..Around::default() })
            }
            Outgoing::Files { files, .. } if files.is_empty() => Ok(Err(Refusal::EmptyText)),
            Outgoing::Files { files, .. } if files.len() > ATTACHMENTS_MAX => Ok(Err(Refusal::TooMany { limit: ATTACHMENTS_MAX })),
            Outgoing::Files { files, caption } => {
                let caption = caption.map(|caption| self.with_mentions(chat, &caption)).transpose()?;
                self.send_files(chat, files, caption.as_deref(), reply_to)
            }
        }
    }

    pub fn react(&mut self, chat: i64, message: i64, emoji: &str) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        let Some(target) = self.target(chat, message)?.filter(|target| !target.deleted) else {
            return Ok(Err(Refusal::NoSuchMessage { id: message }));
        };
        if !target.known {
            return Ok(Err(Refusal::NotSentYet));
        }
        let Ok(emoji) = Emoji::new(emoji) else { return Ok(Err(Refusal::NotEmoji)) };
        self.say_or_refuse(chat, Body::Reaction { to: target.id, emoji }, Around::default())
    }

    /// Takes one's own reaction back.
    pub fn unreact(&mut self, chat: i64, message: i64, emoji: &str) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        let (Some(target), Some(own)) = (self.target(chat, message)?, self.own_account()?) else {
            return Ok(Err(Refusal::NoSuchMessage { id: message }));
        };
        let reaction: Option<[u8; 32]> = self
            .db
            .prepare_cached("SELECT message_id FROM reaction WHERE chat = ?1 AND target = ?2 AND account = ?3 AND emoji = ?4")?
            .query_row(params![chat, target.id.0, own.0, emoji], |row| row.get(0))
            .optional()?;
        match reaction {
            Some(reaction) => self.say_or_refuse(chat, Body::Unreact { reaction: MessageId(reaction) }, Around::default()),
            // It is as it is to be.
            None => Ok(Ok(Reply::Done)),
        }
    }

    pub fn edit(&mut self, chat: i64, message: i64, text: &str) -> Result<Result<Reply, Refusal>, Fault> {
        if text.trim().is_empty() {
            return Ok(Err(Refusal::EmptyText));
        }
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        match self.own_message(chat, message)? {
            Ok(_) if !self.has_words(message)? => Ok(Err(Refusal::CannotEdit)),
            Ok(of) => {
                let text = Text::markdown(self.with_mentions(chat, text)?);
                self.say_or_refuse(chat, Body::Edit { of, text }, Around::default())
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    pub fn delete(&mut self, chat: i64, message: i64) -> Result<Result<Reply, Refusal>, Fault> {
        // What has not left yet never leaves.
        if self.target(chat, message)?.is_some() && self.cannot_discard(message)?.is_none() {
            return self.discard_message(message);
        }
        // Also from somebody who is blocked one takes back what one said.
        if let Some(refusal) = self.cannot_write(chat)?.filter(|why| !matches!(why, Refusal::Blocked { .. })) {
            return Ok(Err(refusal));
        }
        match self.own_message(chat, message)? {
            Ok(of) => self.say_or_refuse(chat, Body::Delete { of }, Around::default()),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Whether a message has words of its sender that can be others.
    fn has_words(&self, message: i64) -> Result<bool, Fault> {
        let kind: u16 = self.db.prepare_cached("SELECT kind FROM message WHERE id = ?1")?.query_row([message], |row| row.get(0))?;
        Ok(matches!(Kind::from_number(kind), Kind::Text | Kind::Attachments))
    }

    fn own_message(&self, chat: i64, message: i64) -> Result<Result<MessageId, Refusal>, Fault> {
        Ok(match self.target(chat, message)? {
            Some(Target { deleted: false, mine: true, known: false, .. }) => Err(Refusal::NotSentYet),
            Some(Target { deleted: false, mine: true, id, .. }) => Ok(id),
            Some(Target { deleted: false, .. }) => Err(Refusal::NotYours),
            _ => Err(Refusal::NoSuchMessage { id: message }),
        })
    }

    /// Everything up to a message has been seen; the others learn it, unless the chat is too large for that.
    pub fn mark_read(&mut self, chat: i64, up_to: i64) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(row) = self.chat(chat)? else { return Ok(Err(Refusal::NoSuchChat { name: chat.to_string() })) };
        let marked = self.db.prepare_cached("UPDATE chat SET marked_unread = 0 WHERE id = ?1 AND marked_unread = 1")?.execute([chat])?;
        if marked > 0 {
            self.event(view::Event::ChatChanged { chat });
        }
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
        let told =
            self.settings()?.receipts == Switch::On && row.state == "active" && self.member_count(chat)? <= RECEIPT_MEMBERS_MAX as u64;
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
        let Some(seconds) = u32::try_from(seconds).ok().filter(|seconds| *seconds <= EXPIRY_MAX) else {
            return Ok(Err(Refusal::ExpiryTooLong { days: u64::from(EXPIRY_MAX / DAY) }));
        };
        if self.is_too_short(chat, seconds)? {
            return Ok(Err(Refusal::ExpiryTooShort { days: LEAST_DAYS }));
        }
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

    pub(super) fn target(&self, chat: i64, message: i64) -> Result<Option<Target>, Fault> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT message_id, mine, deleted IS NOT NULL, state NOT IN ('failed', 'uploading') FROM message WHERE chat = ?1 AND id = ?2 AND shown = 1 AND state != 'notice'",
            )?
            .query_row(params![chat, message], |row| {
                Ok(Target { id: MessageId(row.get(0)?), mine: row.get(1)?, deleted: row.get(2)?, known: row.get(3)? })
            })
            .optional()?)
    }

    pub fn say_or_refuse(&mut self, chat: i64, body: Body, around: Around) -> Result<Result<Reply, Refusal>, Fault> {
        // In a large group a member says who it is with its first words.
        let introduced: bool = self.db.prepare_cached("SELECT introduced FROM chat WHERE id = ?1")?.query_row([chat], |row| row.get(0))?;
        if !introduced {
            self.introduce(chat)?;
        }
        Ok(self.say(chat, body, around)?.map(Reply::Id).ok_or(Refusal::TooLong { limit: CONTENT_MAX }))
    }
}
