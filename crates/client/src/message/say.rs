//! Saying something: content is made, taken in here at once, and left in the outbox.

use super::Said;
use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::outbox::{Intent, OutContent, Urgency};
use rusqlite::params;
use wire::content::{Body, Content, Expires, Profile, Reach, Role, Salt, message_id};
use wire::limits::CONTENT_MAX;

const SECOND: u64 = 1000;

/// What surrounds a body.
#[derive(Default)]
pub(crate) struct Around {
    pub reply_to: Option<wire::MessageId>,
    pub forwarded: bool,
    /// The row that was kept free for it.
    pub place: Option<i64>,
}

impl Turn<'_> {
    /// Queues content for a chat; gives its message row, or nothing when it is larger than a message may be.
    pub fn say(&mut self, chat: i64, body: Body, around: Around) -> Result<Option<i64>, Fault> {
        let (Some(own), Some(chat)) = (Account::load(self.db)?, self.chat(chat)?) else { return Err(Fault::Stored) };
        let now = self.time()?;
        let mut content = Content::new(Salt(self.random()), body);
        content.reply_to = around.reply_to;
        content.forwarded = around.forwarded;
        if content.role() == Role::Shown && chat.expire_seconds > 0 {
            let end = now.plus(chat.expire_seconds.saturating_mul(SECOND)).0 / SECOND;
            content.expires = u32::try_from(end).ok().map(Expires::At);
        }
        let Ok(encoded) = content.encode() else { return Ok(None) };
        if encoded.len() > CONTENT_MAX {
            return Ok(None);
        }
        let route = self.log_state(chat.log)?.log.route();
        let id = message_id(&own.id(), &route, &encoded).map_err(|_| Fault::Stored)?;
        let said = Said {
            chat: chat.id,
            id,
            sender: own.id(),
            mine: true,
            content: &content,
            encoded: &encoded,
            sent: now,
            place: around.place,
            stamped: None,
        };
        let message = self.take_in(&said)?;
        let out = OutContent { content: encoded, message_id: id.0, kind: content.kind().number() };
        self.intend(Some(chat.log), Some(chat.id), Some(message), Urgency::Ordinary, &Intent::Content(out))?;
        Ok(Some(message))
    }

    /// Says once in a chat who this account is.
    pub fn introduce(&mut self, chat: i64) -> Result<(), Fault> {
        self.introduce_with(chat, None)
    }

    /// The same, with how to reach this account from now on.
    pub fn introduce_with(&mut self, chat: i64, reach: Option<Reach>) -> Result<(), Fault> {
        let Some(own) = Account::load(self.db)? else { return Err(Fault::Stored) };
        let profile = Profile {
            display_name: own.display_name.clone().unwrap_or_else(|| own.username.clone()),
            username: own.username.clone(),
            handle_cert: own.handle_cert.clone().unwrap_or_default(),
            picture: None,
            reach: reach.map(Box::new),
        };
        self.say(chat, Body::Profile(Box::new(profile)), Around::default())?;
        self.db.prepare_cached("UPDATE chat SET introduced = 1 WHERE id = ?1")?.execute(params![chat])?;
        Ok(())
    }

    pub fn say_group_name(&mut self, chat: i64, name: &str) -> Result<(), Fault> {
        self.say(chat, Body::GroupName(name.to_owned()), Around::default())?;
        Ok(())
    }
}
