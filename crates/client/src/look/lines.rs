//! Chats as a page lists them, and one chat with all that is known of it.

use super::Which;
use crate::account::Account;
use crate::client::{Client, Fault};
use rusqlite::{OptionalExtension as _, params};
use view::{ChatDetail, ChatKind, ChatLine, ChatRow, ChatState, Draft, Last, MessageState, Pause, Role};
use wire::AccountId;

impl Client {
    /// On top what was put there, then by what was said last.
    pub(super) fn chat_lines(&self) -> Result<Vec<ChatLine>, Fault> {
        let own = Account::load(&self.db)?;
        let mut lines = Vec::new();
        for row in self.chats()? {
            lines.push(self.chat_line(row, own.as_ref())?);
        }
        lines.sort_by_key(|line| !line.pinned);
        Ok(lines)
    }

    pub(super) fn one_line(&self, chat: i64) -> Result<Option<ChatLine>, Fault> {
        let Some(row) = self.chat_rows(Which::One(chat))?.pop() else { return Ok(None) };
        Ok(Some(self.chat_line(row, Account::load(&self.db)?.as_ref())?))
    }

    fn chat_line(&self, row: ChatRow, own: Option<&Account>) -> Result<ChatLine, Fault> {
        let chat = row.id;
        let mut line = self
            .db
            .prepare_cached(
                "SELECT h.pinned IS NOT NULL, h.archived, h.muted_until, h.marked_unread, h.peer, c.display_name, COALESCE(c.blocked, 0),
                        EXISTS (SELECT 1 FROM message m WHERE m.chat = h.id AND m.unread = 1 AND m.mentioned = 1)
                 FROM chat h LEFT JOIN contact c ON c.account = h.peer WHERE h.id = ?1",
            )?
            .query_row([chat], |found| {
                Ok(ChatLine {
                    row,
                    pinned: found.get(0)?,
                    archived: found.get(1)?,
                    muted_until_ms: found.get::<_, Option<i64>>(2)?.map(|until| until as u64),
                    marked_unread: found.get(3)?,
                    peer: found.get::<_, Option<[u8; 32]>>(4)?.map(|peer| AccountId(peer).to_string()),
                    display_name: found.get(5)?,
                    blocked: found.get(6)?,
                    mentioned: found.get(7)?,
                    draft: None,
                    last: None,
                })
            })?;
        line.draft = self
            .db
            .prepare_cached("SELECT text, reply, edit FROM draft WHERE chat = ?1")?
            .query_row([chat], |row| Ok(Draft { text: row.get(0)?, reply: row.get(1)?, edit: row.get(2)? }))
            .optional()?;
        line.last = self.last(chat, own)?;
        Ok(line)
    }

    fn last(&self, chat: i64, own: Option<&Account>) -> Result<Option<Last>, Fault> {
        let newest: Option<(i64, [u8; 32], [u8; 32])> = self
            .db
            .prepare_cached("SELECT id, account, message_id FROM message WHERE chat = ?1 AND shown = 1 ORDER BY id DESC LIMIT 1")?
            .query_row([chat], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((message, account, message_id)) = newest else { return Ok(None) };
        let Some((row, content)) = self.message_and_content(message)? else { return Ok(None) };
        let delivery = if row.mine && row.state != MessageState::Notice { Some(self.delivery(&row, &message_id)?) } else { None };
        let sender = self.sender_or_key(&AccountId(account), own)?;
        let care = content.filter(|_| !row.mine).and_then(|content| crate::trusted::care(&content.body));
        Ok(Some(Last { message, kind: row.kind, sender, text: row.text, happened: row.happened, sent_ms: row.sent_ms, delivery, care }))
    }

    pub(super) fn chat_detail(&self, chat: i64) -> Result<Option<ChatDetail>, Fault> {
        // One that was deleted here is not listed, and can be opened all the same to write in it.
        let Some(row) = self.chat_rows(Which::One(chat))?.pop() else { return Ok(None) };
        let own = Account::load(&self.db)?;
        let (kind, state) = (row.kind, row.state);
        let line = self.chat_line(row, own.as_ref())?;
        let members = self.member_lines(chat)?;
        let outside = matches!(state, ChatState::Left | ChatState::Removed | ChatState::Ended);
        let role = match members.iter().find(|member| member.me) {
            _ if outside => Role::Outside,
            Some(me) if me.row.admin => Role::Admin,
            Some(_) => Role::Member,
            None => Role::Outside,
        };
        let pinned: Option<i64> = self
            .db
            .prepare_cached(
                "SELECT m.id FROM chat h JOIN message m ON m.chat = h.id AND m.message_id = h.pinned_message
                 WHERE h.id = ?1 AND m.shown = 1 AND m.deleted IS NULL",
            )?
            .query_row([chat], |row| row.get(0))
            .optional()?;
        let pinned = pinned.map(|message| self.bubble_shown(message)).transpose()?.flatten();
        let (made, peer): (i64, Option<[u8; 32]>) = self
            .db
            .prepare_cached("SELECT made, peer FROM chat WHERE id = ?1")?
            .query_row(params![chat], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let met = match (kind, peer) {
            (ChatKind::Two, Some(peer)) => Some(self.met(&AccountId(peer))?),
            _ => None,
        };
        let knows: Option<Option<String>> = self
            .db
            .prepare_cached("SELECT knows FROM contact WHERE account = ?1")?
            .query_row(params![peer.filter(|_| kind == ChatKind::Two)], |row| row.get(0))
            .optional()?;
        let knows = knows.flatten().and_then(|name| crate::chat::knows(&name));
        Ok(Some(ChatDetail { line, members, role, pinned, met, made_ms: made.max(0) as u64, knows, pause: Pause::Never }))
    }
}
