//! Passing on: the forwarder's own words, marked as passed on, without a trace of whose they were.

use super::Around;
use super::mention::plain;
use crate::client::{Fault, Turn};
use rusqlite::{OptionalExtension as _, params};
use view::{Refusal, Reply};
use wire::content::{Attachments, Body, Content, Text};

/// Chats that one thing is passed on to at once: what spreads fast is seldom true.
const CHATS_MAX: usize = 5;
/// Messages passed on at once.
const MESSAGES_MAX: usize = 100;

impl Turn<'_> {
    pub fn forward(&mut self, chat: i64, messages: &[i64], to: &[i64]) -> Result<Result<Reply, Refusal>, Fault> {
        if to.len() > CHATS_MAX {
            return Ok(Err(Refusal::TooMany { limit: CHATS_MAX }));
        }
        if messages.len() > MESSAGES_MAX {
            return Ok(Err(Refusal::TooMany { limit: MESSAGES_MAX }));
        }
        let mut bodies = Vec::new();
        for message in messages {
            match self.passed_on(chat, *message)? {
                Ok(body) => bodies.push(body),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        for to in to {
            if let Some(refusal) = self.cannot_write(*to)? {
                return Ok(Err(refusal));
            }
        }
        self.db.execute_batch("SAVEPOINT forward")?;
        for to in to {
            for body in &bodies {
                let around = Around { forwarded: true, ..Around::default() };
                if let Err(refusal) = self.say_or_refuse(*to, body.clone(), around)? {
                    self.db.execute_batch("ROLLBACK TO forward; RELEASE forward")?;
                    return Ok(Err(refusal));
                }
            }
        }
        self.db.execute_batch("RELEASE forward")?;
        Ok(Ok(Reply::Done))
    }

    /// What a message says now, for people who may not know those it was said to.
    fn passed_on(&self, chat: i64, message: i64) -> Result<Result<Body, Refusal>, Fault> {
        let row: Option<(Vec<u8>, String, bool)> = self
            .db
            .prepare_cached("SELECT content, text, edited FROM message WHERE chat = ?1 AND id = ?2 AND shown = 1 AND deleted IS NULL")?
            .query_row(params![chat, message], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((content, text, edited)) = row else { return Ok(Err(Refusal::NoSuchMessage { id: message })) };
        if let Some(refusal) = self.cannot_pass_on(message)? {
            return Ok(Err(refusal));
        }
        let Ok(content) = Content::decode_with(&content, self.config.kinds) else { return Ok(Err(Refusal::CannotForward)) };
        if content.view_once {
            return Ok(Err(Refusal::CannotForward));
        }
        let edited = edited.then_some(text);
        let said_now = |first: Text| Text { text: plain(edited.as_deref().unwrap_or(&first.text)), ..first };
        Ok(match content.body {
            Body::Text(first) => Ok(Body::Text(said_now(first))),
            Body::Attachments(Attachments { caption, items }) => {
                let caption = match (caption, &edited) {
                    (None, Some(text)) => Some(Text::markdown(plain(text))),
                    (caption, _) => caption.map(said_now),
                };
                Ok(Body::Attachments(Attachments { caption, items }))
            }
            body @ Body::Sticker(_) => Ok(body),
            _ => Err(Refusal::CannotForward),
        })
    }
}
