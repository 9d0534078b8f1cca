//! Polls. A vote counts when it is among the poll's answers; the last one of a person counts, and none once the poll's sender has closed it.

use super::{Around, Said};
use crate::client::{Fault, Turn};
use rusqlite::{OptionalExtension as _, params};
use std::collections::BTreeSet;
use view::{NewPoll, Refusal, Reply};
use wire::MessageId;
use wire::content::limits::{POLL_OPTION_MAX, POLL_OPTIONS_MAX, POLL_QUESTION_MAX};
use wire::content::{Body, Choice, Content, Poll};

/// A poll that is here.
struct Held {
    id: MessageId,
    poll: Poll,
    mine: bool,
    closed: bool,
}

/// Whether a poll has these answers, and takes as many.
pub(crate) fn fits(poll: &Poll, choices: &[u8]) -> bool {
    let several = poll.choice == Choice::Several || choices.len() <= 1;
    several && choices.iter().all(|choice| usize::from(*choice) < poll.options.len())
}

impl Turn<'_> {
    pub fn send_poll(&mut self, chat: i64, poll: NewPoll) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        let question = poll.question.trim().to_owned();
        let options: Vec<String> = poll.options.iter().map(|option| option.trim().to_owned()).collect();
        let lengths = (1..=POLL_QUESTION_MAX).contains(&question.len())
            && (2..=POLL_OPTIONS_MAX).contains(&options.len())
            && options.iter().all(|option| (1..=POLL_OPTION_MAX).contains(&option.len()));
        if !lengths || options.iter().collect::<BTreeSet<_>>().len() != options.len() {
            return Ok(Err(Refusal::PollShape));
        }
        let choice = match poll.choice {
            view::Choice::One => Choice::One,
            view::Choice::Several => Choice::Several,
        };
        self.say_or_refuse(chat, Body::Poll(Poll { question, options, choice }), Around::default())
    }

    pub fn vote(&mut self, chat: i64, message: i64, choices: &[u8]) -> Result<Result<Reply, Refusal>, Fault> {
        let held = match self.open_poll(chat, message)? {
            Ok(held) => held,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let choices: Vec<u8> = choices.iter().copied().collect::<BTreeSet<u8>>().into_iter().collect();
        if !fits(&held.poll, &choices) {
            return Ok(Err(Refusal::NoSuchChoice));
        }
        self.say_or_refuse(chat, Body::Vote { poll: held.id, choices }, Around::default())
    }

    pub fn close_poll(&mut self, chat: i64, message: i64) -> Result<Result<Reply, Refusal>, Fault> {
        match self.open_poll(chat, message)? {
            Ok(held) if held.mine => self.say_or_refuse(chat, Body::PollClose { poll: held.id }, Around::default()),
            Ok(_) => Ok(Err(Refusal::NotYours)),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    fn open_poll(&mut self, chat: i64, message: i64) -> Result<Result<Held, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        let id: Option<[u8; 32]> = self
            .db
            .prepare_cached("SELECT message_id FROM message WHERE chat = ?1 AND id = ?2 AND shown = 1 AND deleted IS NULL")?
            .query_row(params![chat, message], |row| row.get(0))
            .optional()?;
        let Some(id) = id.map(MessageId) else { return Ok(Err(Refusal::NoSuchMessage { id: message })) };
        Ok(match self.poll(chat, &id)? {
            None => Err(Refusal::NotAPoll),
            Some(held) if held.closed => Err(Refusal::PollClosed),
            Some(held) => Ok(held),
        })
    }

    fn poll(&self, chat: i64, id: &MessageId) -> Result<Option<Held>, Fault> {
        let row: Option<(Vec<u8>, bool, bool)> = self
            .db
            .prepare_cached(
                "SELECT m.content, m.mine, EXISTS (SELECT 1 FROM poll_close c WHERE c.chat = m.chat AND c.poll = m.message_id AND c.account = m.account)
                 FROM message m WHERE m.chat = ?1 AND m.message_id = ?2 AND m.deleted IS NULL",
            )?
            .query_row(params![chat, id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((content, mine, closed)) = row else { return Ok(None) };
        Ok(match Content::decode_with(&content, self.config.kinds).map(|content| content.body) {
            Ok(Body::Poll(poll)) => Some(Held { id: *id, poll, mine, closed }),
            _ => None,
        })
    }

    /// Kept also when the poll itself is not here yet; what does not fit it is not counted.
    pub(super) fn voted(&mut self, said: &Said<'_>, poll: &MessageId, choices: &[u8]) -> Result<(), Fault> {
        if self.poll(said.chat, poll)?.is_some_and(|held| held.closed) {
            return Ok(());
        }
        self.db
            .prepare_cached(
                "INSERT INTO vote (chat, poll, account, choices, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET choices = excluded.choices, at = excluded.at WHERE excluded.at >= at",
            )?
            .execute(params![said.chat, poll.0, said.sender.0, choices, said.sent.0 as i64])?;
        self.target_changed(said.chat, poll)
    }

    /// Whoever says so: it counts for the poll's sender only, who may not be known yet.
    pub(super) fn poll_closed(&mut self, said: &Said<'_>, poll: &MessageId) -> Result<(), Fault> {
        self.db.prepare_cached("INSERT OR IGNORE INTO poll_close (chat, poll, account) VALUES (?1, ?2, ?3)")?.execute(params![
            said.chat,
            poll.0,
            said.sender.0
        ])?;
        self.target_changed(said.chat, poll)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_fits_when_the_poll_has_its_answers_and_takes_so_many() {
        let poll = |choice| Poll { question: "Lunch?".into(), options: ["a", "b"].map(str::to_owned).to_vec(), choice };
        assert!(fits(&poll(Choice::One), &[]) && fits(&poll(Choice::One), &[1]) && fits(&poll(Choice::Several), &[0, 1]));
        assert!(!fits(&poll(Choice::One), &[0, 1]) && !fits(&poll(Choice::One), &[2]) && !fits(&poll(Choice::Several), &[0, 2]));
    }
}
