//! What each kind of content does to the store. Only its sender can change or take back a message.

use super::mention::{mentions, plain};
use super::{Line, Said};
use crate::client::{Fault, Turn};
use crate::receive::Stamped;
use crate::store::keep_files;
use rusqlite::{OptionalExtension as _, params};
use view::Event;
use wire::content::{Attachments, Body, Content, Expires, Kind, Role, Status};
use wire::limits::EXPIRY_MAX;
use wire::{AccountId, MessageId, Millis};

const SECOND: u64 = 1000;

/// What is read of a message.
pub(crate) fn words(content: &Content) -> String {
    match &content.body {
        Body::Text(text) => text.text.clone(),
        Body::Attachments(attachments) => attachments.caption.as_ref().map(|caption| caption.text.clone()).unwrap_or_default(),
        _ => content.fallback(),
    }
}

/// What is searched of a message: its words, and the names and descriptions of its files.
pub(crate) fn searched(words: &str, content: Option<&Content>) -> String {
    let mut words = plain(words);
    for attachment in content.into_iter().flat_map(|content| content.body.attachments()) {
        for part in [attachment.file_name.as_ref().map_or("", |name| name.as_str()), attachment.alt.as_str()] {
            words.push(' ');
            words.push_str(part);
        }
    }
    words
}

impl Turn<'_> {
    /// Stores a message and does what it says. Gives the row.
    pub fn take_in(&mut self, said: &Said<'_>) -> Result<i64, Fault> {
        let message = self.store(said)?;
        self.apply(said)?;
        self.event(Event::MessageChanged { chat: said.chat, message });
        if !said.mine && said.content.role() == Role::Shown {
            self.event(Event::Arrived { chat: said.chat, message });
            self.stopped_writing(said.chat, &said.sender)?;
        }
        Ok(message)
    }

    /// Looks again at what came before this program could read it: it is shown, and does, what it would have then.
    pub fn understand(&mut self) -> Result<(), Fault> {
        type Row = (i64, i64, [u8; 32], [u8; 32], bool, Vec<u8>, i64);
        let strange: Vec<Row> = self
            .db
            .prepare_cached("SELECT id, chat, message_id, account, mine, content, sent FROM message WHERE strange = 1 ORDER BY id")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?)))?
            .collect::<Result<_, _>>()?;
        for (message, chat, id, sender, mine, encoded, sent) in strange {
            let Ok(content) = Content::decode_with(&encoded, self.config.kinds) else { continue };
            if matches!(content.body, Body::Unknown(_)) {
                continue;
            }
            let shown = content.role() == Role::Shown;
            self.db
                .prepare_cached("UPDATE message SET strange = 0, shown = ?2, text = ?3, unread = unread AND ?2 WHERE id = ?1")?
                .execute(params![message, shown, words(&content)])?;
            self.db.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([message])?;
            if shown {
                self.index(message, &content)?;
                self.note(chat, message, &content)?;
            }
            let (id, sender, sent) = (MessageId(id), AccountId(sender), Millis(sent as u64));
            let said = Said { chat, id, sender, mine, content: &content, encoded: &encoded, sent, place: None, stamped: None };
            self.apply(&said)?;
            self.event(Event::MessageChanged { chat, message });
        }
        Ok(())
    }

    /// What a message does beside being shown.
    fn apply(&mut self, said: &Said<'_>) -> Result<(), Fault> {
        match &said.content.body {
            Body::Edit { of, text } => self.edited(said, of, &text.text)?,
            Body::Delete { of } => self.deleted(said, of)?,
            Body::Reaction { to, emoji } => self.reacted(said, to, emoji.as_str())?,
            Body::Unreact { reaction } => self.unreacted(said, reaction)?,
            Body::Status(statuses) => {
                for status in statuses.iter().filter(|status| status.status == Status::Read) {
                    self.was_read(said, &status.message)?;
                }
            }
            Body::GroupName(name) => self.group_named(said, name)?,
            Body::GroupDescription(text) => self.group_described(said, text)?,
            Body::ExpirySetting(seconds) => self.expiry_set(said, seconds.unwrap_or(0))?,
            Body::Vote { poll, choices } => self.voted(said, poll, choices)?,
            Body::PollClose { poll } => self.poll_closed(said, poll)?,
            Body::Pin { message } => self.pinned(said, message)?,
            Body::Unpin { message } => self.unpinned(said, message)?,
            Body::RepairRequest(request) if !said.mine => self.repair_asked(said.chat, &said.sender, request)?,
            Body::Profile(profile) if !said.mine => {
                self.profile_arrived(&said.sender, &profile.username, &profile.display_name, &profile.handle_cert)?;
                if let Some(reach) = &profile.reach {
                    self.new_way_to(said.chat, &said.sender, reach)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn store(&mut self, said: &Said<'_>) -> Result<i64, Fault> {
        let content = said.content;
        let shown = content.role() == Role::Shown;
        let text = words(content);
        let stamped = said.stamped.map(|stamped| (stamped.seq().0 as i64, stamped.ms().0 as i64));
        let expires = match content.expires {
            Some(Expires::At(second)) if said.mine => Some(i64::from(second) * SECOND as i64),
            Some(Expires::At(second)) => {
                let end = Millis(u64::from(second).saturating_mul(SECOND));
                let had = said.stamped.map_or(said.sent, Stamped::ms);
                Some(self.goes_at(said.chat, had, end)?.0 as i64)
            }
            _ => None,
        };
        let state = if said.mine { "queued" } else { "received" };
        // A place that was kept free is filled; else the message goes to the end.
        self.db
            .prepare_cached(
                "INSERT OR REPLACE INTO message (id, chat, seq, message_id, account, mine, kind, content, shown, text, sent, stamped, state, reply_to, forwarded, expires, unread, strange, target)
                 VALUES (?17, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?18, ?19)",
            )?
            .execute(params![
                said.chat,
                stamped.map(|(seq, _)| seq),
                said.id.0,
                said.sender.0,
                said.mine,
                content.kind().number(),
                said.encoded,
                shown,
                text,
                said.sent.0 as i64,
                stamped.map(|(_, ms)| ms),
                state,
                content.reply_to.map(|id| id.0),
                content.forwarded,
                expires,
                shown && !said.mine,
                said.place,
                matches!(content.body, Body::Unknown(_)),
                content.body.target().map(|target| target.0),
            ])?;
        let message = self.db.last_insert_rowid();
        if shown {
            self.index(message, content)?;
            self.note(said.chat, message, content)?;
            self.unhide(said.chat)?;
        }
        Ok(message)
    }

    /// A chat that was deleted here is back with the first word.
    fn unhide(&self, chat: i64) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE chat SET hidden = 0 WHERE id = ?1 AND hidden = 1")?.execute([chat])?;
        Ok(())
    }

    /// Notes what lists look for: files, links, and whether this account is mentioned.
    fn note(&self, chat: i64, message: i64, content: &Content) -> Result<(), Fault> {
        keep_files(self.db, message, chat, content)?;
        match &content.body {
            Body::Text(text) => self.note_words(message, &text.text),
            Body::Attachments(Attachments { caption: Some(caption), .. }) => self.note_words(message, &caption.text),
            _ => Ok(()),
        }
    }

    fn note_words(&self, message: i64, text: &str) -> Result<(), Fault> {
        let linked = text.contains("http://") || text.contains("https://");
        let mentions = mentions(text);
        let mentioned =
            !mentions.is_empty() && self.own_account()?.is_some_and(|own| mentions.iter().any(|mention| mention.account == own));
        self.db
            .prepare_cached("UPDATE message SET linked = ?2, mentioned = ?3 WHERE id = ?1 AND (linked, mentioned) <> (?2, ?3)")?
            .execute(params![message, linked, mentioned])?;
        Ok(())
    }

    /// A row for a message whose content is still on its way.
    pub fn hold_place(&mut self, chat: i64, name: &str, reply_to: Option<MessageId>) -> Result<i64, Fault> {
        let own = self.own_account()?.ok_or(Fault::Stored)?;
        let (id, now): ([u8; 32], Millis) = (self.random(), self.time()?);
        self.db
            .prepare_cached(
                "INSERT INTO message (chat, message_id, account, mine, kind, content, shown, text, sent, state, reply_to)
                 VALUES (?1, ?2, ?3, 1, ?4, x'', 1, ?5, ?6, 'uploading', ?7)",
            )?
            .execute(params![chat, id, own.0, Kind::Attachments.number(), name, now.0 as i64, reply_to.map(|id| id.0)])?;
        let message = self.db.last_insert_rowid();
        self.unhide(chat)?;
        self.event(Event::MessageChanged { chat, message });
        Ok(message)
    }

    /// Puts a message into the search.
    fn index(&self, message: i64, content: &Content) -> Result<(), Fault> {
        self.index_as(message, &words(content), Some(content))
    }

    /// The same under other words: an edit changes the caption, and the files are what they were.
    fn index_as(&self, message: i64, words: &str, content: Option<&Content>) -> Result<(), Fault> {
        let words = searched(words, content);
        self.db.prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?.execute(params![message, words])?;
        Ok(())
    }

    /// A message of the same sender in the same chat: row and when it was deleted, if it was.
    fn own_target(&self, said: &Said<'_>, target: &MessageId) -> Result<Option<(i64, Option<i64>)>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT id, deleted FROM message WHERE chat = ?1 AND message_id = ?2 AND account = ?3")?
            .query_row(params![said.chat, target.0, said.sender.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    }

    fn edited(&mut self, said: &Said<'_>, target: &MessageId, text: &str) -> Result<(), Fault> {
        let Some((message, None)) = self.own_target(said, target)? else { return Ok(()) };
        self.db.prepare_cached("UPDATE message SET text = ?2, edited = 1 WHERE id = ?1")?.execute(params![message, text])?;
        self.db.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([message])?;
        let original: Vec<u8> =
            self.db.prepare_cached("SELECT content FROM message WHERE id = ?1")?.query_row([message], |row| row.get(0))?;
        // Of one that is not kept whole the new words are all there is.
        let original = Content::decode_with(&original, self.config.kinds).ok();
        self.index_as(message, text, original.as_ref())?;
        self.note_words(message, text)?;
        self.event(Event::MessageChanged { chat: said.chat, message });
        Ok(())
    }

    /// Hidden at once; the original stays reportable on this device for a while, and then it is gone. What opens its files goes at once.
    fn deleted(&mut self, said: &Said<'_>, target: &MessageId) -> Result<(), Fault> {
        let Some((message, None)) = self.own_target(said, target)? else { return Ok(()) };
        let now = self.time()?.0 as i64;
        self.db.prepare_cached("UPDATE message SET deleted = ?2, unread = 0 WHERE id = ?1")?.execute(params![message, now])?;
        self.db.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([message])?;
        self.db.prepare_cached("DELETE FROM reaction WHERE chat = ?1 AND target = ?2")?.execute(params![said.chat, target.0])?;
        if said.mine {
            self.delete_blobs(message)?;
        }
        self.close_files(said.chat, message)?;
        self.db.prepare_cached("DELETE FROM file WHERE message = ?1")?.execute([message])?;
        self.event(Event::MessageChanged { chat: said.chat, message });
        Ok(())
    }

    fn reacted(&mut self, said: &Said<'_>, target: &MessageId, emoji: &str) -> Result<(), Fault> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO reaction (chat, target, account, message_id, emoji) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![said.chat, target.0, said.sender.0, said.id.0, emoji])?;
        self.target_changed(said.chat, target)
    }

    fn unreacted(&mut self, said: &Said<'_>, reaction: &MessageId) -> Result<(), Fault> {
        let target: Option<[u8; 32]> = self
            .db
            .prepare_cached("DELETE FROM reaction WHERE chat = ?1 AND message_id = ?2 AND account = ?3 RETURNING target")?
            .query_row(params![said.chat, reaction.0, said.sender.0], |row| row.get(0))
            .optional()?;
        match target {
            Some(target) => self.target_changed(said.chat, &MessageId(target)),
            None => Ok(()),
        }
    }

    fn was_read(&mut self, said: &Said<'_>, target: &MessageId) -> Result<(), Fault> {
        let changed = self
            .db
            .prepare_cached(
                "UPDATE message SET state = 'read' WHERE chat = ?1 AND message_id = ?2 AND mine = 1 AND state IN ('sent', 'read')",
            )?
            .execute(params![said.chat, target.0])?;
        if changed == 0 || said.mine {
            return Ok(());
        }
        self.db
            .prepare_cached("INSERT OR IGNORE INTO receipt (chat, message_id, account, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![said.chat, target.0, said.sender.0, said.sent.0 as i64])?;
        self.target_changed(said.chat, target)
    }

    pub(super) fn target_changed(&mut self, chat: i64, target: &MessageId) -> Result<(), Fault> {
        let message: Option<i64> = self
            .db
            .prepare_cached("SELECT id FROM message WHERE chat = ?1 AND message_id = ?2")?
            .query_row(params![chat, target.0], |row| row.get(0))
            .optional()?;
        if let Some(message) = message {
            self.event(Event::MessageChanged { chat, message });
        }
        Ok(())
    }

    /// Whoever is in the chat is told, for it changes what becomes of their words.
    fn expiry_set(&mut self, said: &Said<'_>, seconds: u32) -> Result<(), Fault> {
        if seconds > EXPIRY_MAX {
            return Ok(());
        }
        let set = "UPDATE chat SET expire_seconds = ?2 WHERE id = ?1 AND expire_seconds <> ?2";
        if self.db.prepare_cached(set)?.execute(params![said.chat, seconds])? == 0 {
            return Ok(());
        }
        let at = self.time()?;
        self.notice(said.chat, &Line::Timer { by: said.sender.0, seconds }, at)?;
        self.event(Event::ChatChanged { chat: said.chat });
        Ok(())
    }

    /// Only admins name a group; a chat of two has the other's name.
    fn group_named(&mut self, said: &Said<'_>, name: &str) -> Result<(), Fault> {
        if self.administers(said)? && !name.trim().is_empty() {
            let name = name.trim();
            let before: Option<String> =
                self.db.prepare_cached("SELECT name FROM chat WHERE id = ?1")?.query_row([said.chat], |row| row.get(0))?;
            self.db.prepare_cached("UPDATE chat SET name = ?2 WHERE id = ?1")?.execute(params![said.chat, name])?;
            // Whoever joins is told the name that it has, which is no change of it.
            if before.is_some_and(|before| before != name) {
                let at = self.time()?;
                self.notice(said.chat, &Line::Renamed { by: said.sender.0, name: name.to_owned() }, at)?;
            }
            self.event(Event::ChatChanged { chat: said.chat });
        }
        Ok(())
    }

    /// Only admins say what a group is about.
    fn group_described(&mut self, said: &Said<'_>, text: &str) -> Result<(), Fault> {
        if self.administers(said)? {
            let text = Some(text).filter(|text| !text.is_empty());
            self.db.prepare_cached("UPDATE chat SET description = ?2 WHERE id = ?1")?.execute(params![said.chat, text])?;
            self.event(Event::ChatChanged { chat: said.chat });
        }
        Ok(())
    }

    /// Whether the sender is an admin of the group.
    pub(super) fn administers(&mut self, said: &Said<'_>) -> Result<bool, Fault> {
        let Some(chat) = self.chat(said.chat)? else { return Ok(false) };
        Ok(chat.kind == "group" && self.room(&chat)?.is_admin(&said.sender))
    }
}
