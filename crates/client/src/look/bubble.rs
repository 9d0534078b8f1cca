//! Messages with all that is shown of them: windows into a chat, and what was sent in it by its kind.

use super::{file_kind, file_row};
use crate::account::Account;
use crate::client::{Client, Fault};
use crate::message::{fits, mentions};
use rusqlite::{OptionalExtension as _, params};
use view::{
    Bubble, Card, Choice, Delivery, FileItem, FileRow, Held, Mention, MessageKind, MessageRow, MessageState, Page, PollOption, PollRow,
    Quote, ReactionSum, Refusal, Shelf, Window,
};
use wire::AccountId;
use wire::content::{Body, Class, Content, Poll};

/// Letters of a message that is quoted.
const QUOTED: usize = 200;
/// Names told of an answer of a poll.
const VOTERS_NAMED: usize = 50;

/// What the store says of a message beside its row.
struct Beside {
    account: AccountId,
    message_id: [u8; 32],
    pinned: bool,
}

impl Client {
    /// A part of a chat, oldest first.
    pub(super) fn bubbles(&self, chat: i64, window: Window, limit: u32) -> Result<Page, Fault> {
        let ids = match window {
            Window::Newest => self.before(chat, i64::MAX, limit)?,
            Window::Before(id) => self.before(chat, id, limit)?,
            Window::After(id) => self.after(chat, id, limit)?,
            Window::Around(id) => self.around(chat, id, limit)?,
            Window::Unread => {
                let first: Option<i64> = self
                    .db
                    .prepare_cached("SELECT min(id) FROM message WHERE chat = ?1 AND unread = 1")?
                    .query_row([chat], |row| row.get(0))?;
                match first {
                    Some(first) => self.around(chat, first, limit)?,
                    None => self.before(chat, i64::MAX, limit)?,
                }
            }
            Window::From(ms) => {
                let first: Option<i64> = self
                    .db
                    .prepare_cached("SELECT min(id) FROM message WHERE chat = ?1 AND shown = 1 AND sent >= ?2")?
                    .query_row(params![chat, i64::try_from(ms).unwrap_or(i64::MAX)], |row| row.get(0))?;
                match first {
                    Some(first) => self.after(chat, first.saturating_sub(1), limit)?,
                    // Nothing was said since: what was said last stands nearest.
                    None => self.before(chat, i64::MAX, limit)?,
                }
            }
        };
        let (first, last) = (ids.first().copied(), ids.last().copied());
        let own = Account::load(&self.db)?;
        let mut messages = Vec::with_capacity(ids.len());
        for id in ids {
            messages.extend(self.bubble(id, own.as_ref())?);
        }
        // Of an empty part nothing is known but what was asked for.
        let (before, after) = match window {
            Window::After(id) if first.is_none() => (id.saturating_add(1), i64::MAX),
            Window::Before(id) if first.is_none() => (0, id.saturating_sub(1)),
            _ => (first.unwrap_or(i64::MAX), last.unwrap_or(i64::MAX)),
        };
        Ok(Page {
            messages,
            earlier: !self.before(chat, before, 1)?.is_empty(),
            later: after < i64::MAX && !self.after(chat, after, 1)?.is_empty(),
        })
    }

    fn before(&self, chat: i64, id: i64, limit: u32) -> Result<Vec<i64>, Fault> {
        let query = "SELECT id FROM message WHERE chat = ?1 AND shown = 1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
        let mut ids: Vec<i64> =
            self.db.prepare_cached(query)?.query_map(params![chat, id, limit], |row| row.get(0))?.collect::<Result<_, _>>()?;
        ids.reverse();
        Ok(ids)
    }

    fn after(&self, chat: i64, id: i64, limit: u32) -> Result<Vec<i64>, Fault> {
        let query = "SELECT id FROM message WHERE chat = ?1 AND shown = 1 AND id > ?2 ORDER BY id LIMIT ?3";
        Ok(self.db.prepare_cached(query)?.query_map(params![chat, id, limit], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    fn around(&self, chat: i64, id: i64, limit: u32) -> Result<Vec<i64>, Fault> {
        let half = limit / 2;
        let mut ids = self.before(chat, id, half)?;
        ids.extend(self.after(chat, id.saturating_sub(1), limit.saturating_sub(half))?);
        Ok(ids)
    }

    /// What was sent in a chat, newest first.
    pub(super) fn shelf(&self, chat: i64, what: Shelf, before: Option<i64>, limit: u32) -> Result<Vec<Bubble>, Fault> {
        let classes = match what {
            Shelf::Media => [Class::Photo, Class::Video],
            Shelf::Files => [Class::File; 2],
            Shelf::Voice => [Class::Voice; 2],
            Shelf::Links => {
                let query = "SELECT id FROM message WHERE chat = ?1 AND linked = 1 AND shown = 1 AND deleted IS NULL AND id < ?2 ORDER BY id DESC LIMIT ?3";
                let found = params![chat, before.unwrap_or(i64::MAX), limit];
                let ids = self.db.prepare_cached(query)?.query_map(found, |row| row.get(0))?.collect::<Result<_, _>>()?;
                return self.all_bubbles(ids);
            }
        };
        let [one, other] = classes.map(|class| class as i64);
        let query = "SELECT DISTINCT f.message FROM file f JOIN message m ON m.id = f.message
             WHERE f.chat = ?1 AND f.class IN (?4, ?5) AND f.message < ?2
                   AND NOT EXISTS (SELECT 1 FROM private p WHERE p.chat = m.chat AND p.message_id = m.message_id)
                   AND NOT EXISTS (SELECT 1 FROM file g JOIN private_file s ON s.sha256 = g.sha256 OR s.blob = g.blob WHERE g.message = m.id)
             ORDER BY f.message DESC LIMIT ?3";
        let found = params![chat, before.unwrap_or(i64::MAX), limit, one, other];
        let ids = self.db.prepare_cached(query)?.query_map(found, |row| row.get(0))?.collect::<Result<_, _>>()?;
        self.all_bubbles(ids)
    }

    fn all_bubbles(&self, ids: Vec<i64>) -> Result<Vec<Bubble>, Fault> {
        let own = Account::load(&self.db)?;
        let mut bubbles = Vec::with_capacity(ids.len());
        for id in ids {
            bubbles.extend(self.bubble(id, own.as_ref())?);
        }
        Ok(bubbles)
    }

    /// One message, if it is shown.
    pub(super) fn bubble_shown(&self, id: i64) -> Result<Option<Bubble>, Fault> {
        let shown: Option<bool> =
            self.db.prepare_cached("SELECT shown FROM message WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
        if shown != Some(true) {
            return Ok(None);
        }
        self.bubble(id, Account::load(&self.db)?.as_ref())
    }

    fn bubble(&self, id: i64, own: Option<&Account>) -> Result<Option<Bubble>, Fault> {
        let Some((mut row, content)) = self.message_and_content(id)? else { return Ok(None) };
        let beside = self
            .db
            .prepare_cached(
                "SELECT m.account, m.message_id, m.text, m.message_id IS h.pinned_message FROM message m JOIN chat h ON h.id = m.chat WHERE m.id = ?1",
            )?
            .query_row([id], |row| {
                Ok((Beside { account: AccountId(row.get(0)?), message_id: row.get(1)?, pinned: row.get(3)? }, row.get::<_, String>(2)?))
            })
            .optional()?;
        let Some((beside, text)) = beside else { return Ok(None) };
        let delivery = if row.mine && row.state != MessageState::Notice { Some(self.delivery(&row, &beside.message_id)?) } else { None };
        let said = if row.kind == MessageKind::Deleted { None } else { content };
        let mut raw = if said.is_some() { text } else { String::new() };
        let mut files = said.as_ref().map(|content| self.files(content)).transpose()?.unwrap_or_default();
        if said.is_none() && matches!(row.state, MessageState::Uploading | MessageState::Failed) {
            (files, raw) = self.files_under_way(id)?;
            row.text = self.named(&raw)?;
        }
        let (marked_text, mentions) = self.mentioned(&raw, own)?;
        let private = crate::message::private(&self.db, id)?;
        if private.is_some() {
            files.iter_mut().for_each(|file| file.thumbnail = None);
        }
        Ok(Some(Bubble {
            sender: self.sender_or_key(&beside.account, own)?,
            delivery,
            marked_text,
            mentions,
            reply: row.reply_to.map(|to| self.quote(to, own)).transpose()?.flatten(),
            files,
            poll: match said.as_ref().map(|content| &content.body) {
                Some(Body::Poll(poll)) => Some(self.poll_row(row.chat, &beside, poll, own)?),
                _ => None,
            },
            card: match said.as_ref().map(|content| &content.body) {
                Some(Body::ContactCard(card)) => Some(Card { name: card.name.clone(), link: card.link.clone() }),
                _ => None,
            },
            reactions: reactions(&row),
            pinned: beside.pinned && row.kind != MessageKind::Deleted,
            curtain: false,
            look: false,
            masked: false,
            private,
            care: said.as_ref().filter(|_| !row.mine).and_then(|content| crate::trusted::care(&content.body)),
            row,
        }))
    }

    /// What became of a message of this account.
    pub(super) fn delivery(&self, row: &MessageRow, message_id: &[u8; 32]) -> Result<Delivery, Fault> {
        Ok(match row.state {
            MessageState::Queued | MessageState::Sending => Delivery::Queued,
            MessageState::Uploading => self.uploading(row.id)?,
            MessageState::Failed => {
                let why: Option<Vec<u8>> =
                    self.db.prepare_cached("SELECT failure FROM message WHERE id = ?1")?.query_row([row.id], |found| found.get(0))?;
                Delivery::Failed(why.and_then(|bytes| postcard::from_bytes::<Refusal>(&bytes).ok()))
            }
            MessageState::Read => {
                let (by, members): (u32, u32) = self
                    .db
                    .prepare_cached(
                        "SELECT (SELECT count(*) FROM receipt WHERE chat = ?1 AND message_id = ?2), (SELECT count(DISTINCT account) FROM member WHERE chat = ?1)",
                    )?
                    .query_row(params![row.chat, message_id], |found| Ok((found.get(0)?, found.get(1)?)))?;
                Delivery::Read { by, others: members.saturating_sub(1) }
            }
            MessageState::Sent | MessageState::Received | MessageState::Notice => Delivery::Sent,
        })
    }

    fn uploading(&self, message: i64) -> Result<Delivery, Fault> {
        let uploads: Vec<(i64, bool)> = self
            .db
            .prepare_cached("SELECT id, done IS NOT NULL FROM upload WHERE message = ?1")?
            .query_map([message], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let files_done = uploads.iter().filter(|(_, done)| *done).count() as u32;
        let under_way = uploads.iter().find_map(|(id, _)| self.session.progress.get(id)).copied();
        let (done, total) = under_way.unwrap_or_default();
        Ok(Delivery::Uploading { files_done, files: uploads.len() as u32, done, total })
    }

    /// A text as it was sent, if it mentions anybody, and whom.
    fn mentioned(&self, raw: &str, own: Option<&Account>) -> Result<(Option<String>, Vec<Mention>), Fault> {
        let mut named = Vec::new();
        for mention in mentions(raw) {
            let sender = self.sender_or_key(&mention.account, own)?;
            let known = Mention { account: sender.account, name: sender.name, me: sender.me };
            if !named.contains(&known) {
                named.push(known);
            }
        }
        Ok(((!named.is_empty()).then(|| raw.to_owned()), named))
    }

    fn quote(&self, message: i64, own: Option<&Account>) -> Result<Option<Quote>, Fault> {
        let Some(row) = self.message(message)? else { return Ok(None) };
        let account: [u8; 32] =
            self.db.prepare_cached("SELECT account FROM message WHERE id = ?1")?.query_row([message], |found| found.get(0))?;
        let text = if row.text.is_empty() { row.file.map(|file| file.name).unwrap_or_default() } else { row.text };
        let text = text.chars().take(QUOTED).collect();
        Ok(Some(Quote { message, sender: self.sender_or_key(&AccountId(account), own)?, kind: row.kind, text }))
    }

    fn files(&self, content: &Content) -> Result<Vec<FileItem>, Fault> {
        let mut files = Vec::new();
        for (position, attachment) in (0u32..).zip(content.body.attachments()) {
            let mut row = file_row(attachment);
            row.held = self.held(&attachment.blob)?;
            let thumbnail = attachment.thumbnail.as_ref().map(|thumbnail| thumbnail.bytes().to_vec());
            files.push(FileItem { position, kind: file_kind(attachment.class), row, blob: attachment.blob.to_string(), thumbnail });
        }
        Ok(files)
    }

    /// Files whose message is not sealed yet, and their caption.
    fn files_under_way(&self, message: i64) -> Result<(Vec<FileItem>, String), Fault> {
        let mut statement = self.db.prepare_cached(
            "SELECT name, alt, original, voice, COALESCE(source_length, 0), COALESCE(caption, '') FROM upload WHERE message = ?1 ORDER BY id",
        )?;
        let rows: Vec<(FileItem, String)> = statement
            .query_map([message], |row| {
                let kind = if row.get(3)? { MessageKind::Voice } else { MessageKind::File };
                let file = FileRow {
                    name: row.get(0)?,
                    media_type: String::new(),
                    bytes: row.get::<_, i64>(4)?.max(0) as u64,
                    width: None,
                    height: None,
                    duration_ms: None,
                    alt: row.get(1)?,
                    original: row.get(2)?,
                    sha256: String::new(),
                    held: Held::None,
                };
                Ok((FileItem { position: 0, kind, row: file, blob: String::new(), thumbnail: None }, row.get(5)?))
            })?
            .collect::<Result<_, _>>()?;
        let caption = rows.first().map(|(_, caption)| caption.clone()).unwrap_or_default();
        let files = (0u32..).zip(rows).map(|(position, (file, _))| FileItem { position, ..file }).collect();
        Ok((files, caption))
    }

    fn poll_row(&self, chat: i64, of: &Beside, poll: &Poll, own: Option<&Account>) -> Result<PollRow, Fault> {
        let votes: Vec<([u8; 32], Vec<u8>)> = self
            .db
            .prepare_cached("SELECT account, choices FROM vote WHERE chat = ?1 AND poll = ?2 ORDER BY at")?
            .query_map(params![chat, of.message_id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let closed: bool = self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM poll_close WHERE chat = ?1 AND poll = ?2 AND account = ?3)")?
            .query_row(params![chat, of.message_id, of.account.0], |row| row.get(0))?;
        let mut options: Vec<PollOption> =
            poll.options.iter().map(|text| PollOption { text: text.clone(), votes: 0, mine: false, by: vec![] }).collect();
        let mut voters = 0;
        // Votes came before the poll perhaps: only now is it known whether they fit.
        for (account, choices) in votes.iter().filter(|(_, choices)| !choices.is_empty() && fits(poll, choices)) {
            voters += 1;
            let who = self.sender_or_key(&AccountId(*account), own)?;
            for choice in choices {
                let Some(option) = options.get_mut(usize::from(*choice)) else { continue };
                option.votes += 1;
                option.mine |= who.me;
                if option.by.len() < VOTERS_NAMED {
                    option.by.push(who.name.clone());
                }
            }
        }
        let choice = match poll.choice {
            wire::content::Choice::One => Choice::One,
            wire::content::Choice::Several => Choice::Several,
        };
        Ok(PollRow { question: poll.question.clone(), choice, options, voters, closed })
    }
}

/// Each emoji once, in the order in which they stand in the row.
fn reactions(row: &MessageRow) -> Vec<ReactionSum> {
    let mut sums: Vec<ReactionSum> = Vec::new();
    for reaction in &row.reactions {
        match sums.iter_mut().find(|sum| sum.emoji == reaction.emoji) {
            Some(sum) => sum.by.push(reaction.by.clone()),
            None => sums.push(ReactionSum { emoji: reaction.emoji.clone(), by: vec![reaction.by.clone()], mine: false }),
        }
    }
    for sum in &mut sums {
        sum.mine = sum.by.iter().any(|by| by == "me");
    }
    sums
}
