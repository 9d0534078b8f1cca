//! Looking: every list a screen shows, read from the store.

mod ask;
mod bubble;
mod cover;
mod lines;
mod notice;
mod people;
mod who;

use crate::account::Account;
use crate::client::{Client, Fault};
use crate::contact::envelope::emoji;
use crate::message::{Line, shown_as};
use crate::mls::{Group, Provider, Room};
use rusqlite::{OptionalExtension as _, Row, params};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use view::{
    ChatKind, ChatRow, ChatState, Direction, FileRow, Held, InfoRow, InvitationRow, MemberRow, MemberState, MessageKind, MessageRow,
    MessageState, ReactionRow, Refusal, RequestRow, RequestState, SearchRow,
};
use wire::content::{Attachment, Body, Class, Content, Kind};
use wire::limits::DEPOSIT_DELAY_MAX;
use wire::{AccountId, BlobId, Hash32, Millis, PassHash};

/// Which messages of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only messages with a smaller id; none: the newest.
    pub before: Option<i64>,
    /// Only messages with a greater id.
    pub after: Option<i64>,
    pub limit: u32,
}

/// Which chats.
#[derive(Clone, Copy)]
enum Which {
    /// Those that were not deleted here.
    Listed,
    All,
    One(i64),
}

/// What this home is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whoami {
    pub username: String,
    pub display_name: Option<String>,
    /// The account's key, lower-case hex.
    pub account: String,
    pub server_url: String,
    pub signed_up: bool,
}

/// Somebody known to this device: what stands beside a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// As everywhere: the confirmed username, or what stands in its place.
    pub name: String,
    pub account: String,
    /// What this person wants to be called. Anyone may say anything: it never stands in the place of the name.
    pub display_name: Option<String>,
    pub chat: Option<i64>,
    pub blocked: bool,
}

/// So many letters may be the beginning of a word.
const PREFIX_LETTERS: usize = 3;

/// A username that the server has confirmed; until then what this person wrote on the link, else the beginning of the account's key.
pub(crate) const NAME: &str =
    "CASE WHEN c.confirmed = 1 THEN c.username WHEN c.label <> '' THEN c.label ELSE lower(substr(hex(c.account), 1, 12)) END";

impl Client {
    pub fn whoami(&self) -> Result<Option<Whoami>, Fault> {
        Ok(Account::load(&self.db)?.map(|account| Whoami {
            account: account.id().to_string(),
            display_name: account.display_name,
            username: account.username,
            server_url: account.server_url,
            signed_up: account.signed_up,
        }))
    }

    /// How much is still to be sent or fetched. What waits for a later hour by itself (fresh secrets for a leaf, for example) does not count.
    /// `now` is this device's clock.
    pub fn unfinished(&self, now: Millis) -> Result<u64, Fault> {
        let soon = now.plus(DEPOSIT_DELAY_MAX).0 as i64;
        let count = "SELECT (SELECT count(*) FROM outbox WHERE not_before <= ?1) + (SELECT count(*) FROM upload WHERE failed = 0) + (SELECT count(*) FROM parcel)
                          + (SELECT count(*) FROM vault WHERE attempt IS NOT NULL)";
        let count: i64 = self.db.query_row(count, [soon], |row| row.get(0))?;
        Ok(count as u64)
    }

    /// How much of [`Client::unfinished`] waits for a chat of which the server has lost records.
    pub fn stuck(&self, now: Millis) -> Result<u64, Fault> {
        let soon = now.plus(DEPOSIT_DELAY_MAX).0 as i64;
        let count =
            "SELECT count(*) FROM outbox o JOIN log l ON l.id = o.log WHERE l.fault IS NOT NULL AND l.inbox = 0 AND o.not_before <= ?1";
        let count: i64 = self.db.query_row(count, [soon], |row| row.get(0))?;
        Ok(count as u64)
    }

    /// The chats that stand still because their server does not show them as they were.
    pub fn lost_chats(&self) -> Result<Vec<i64>, Fault> {
        let lost = "SELECT h.id FROM chat h JOIN log l ON l.id = h.log WHERE l.fault IS NOT NULL AND h.state IN ('active', 'broken', 'leaving') ORDER BY h.id";
        Ok(self.db.prepare_cached(lost)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Everybody that this device has met.
    pub fn known(&self) -> Result<Vec<Known>, Fault> {
        let query = format!("SELECT {NAME}, c.account, c.display_name, c.chat, c.blocked FROM contact c ORDER BY 1");
        let mut statement = self.db.prepare_cached(&query)?;
        let rows = statement.query_map([], |row| {
            Ok(Known {
                name: row.get(0)?,
                account: AccountId(row.get(1)?).to_string(),
                display_name: row.get(2)?,
                chat: row.get(3)?,
                blocked: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The blobs of files that messages here still hold, for a shell that keeps some of them.
    pub fn blobs(&self) -> Result<BTreeSet<BlobId>, Fault> {
        let mut statement =
            self.db.prepare_cached("SELECT content FROM message WHERE kind IN (?1, ?2) AND shown = 1 AND deleted IS NULL")?;
        let kinds = params![Kind::Attachments.number(), Kind::Sticker.number()];
        let mut blobs = BTreeSet::new();
        for content in statement.query_map(kinds, |row| row.get::<_, Vec<u8>>(0))? {
            let Ok(content) = Content::decode(&content?) else { continue };
            blobs.extend(content.body.attachments().into_iter().map(|attachment| attachment.blob));
        }
        Ok(blobs)
    }

    /// Whether a link's pass is known to the server, so that the link works.
    pub fn link_is_live(&self, url: &str) -> Result<bool, Fault> {
        let Ok(link) = crate::contact::link::Link::parse(url) else { return Ok(false) };
        let live: Option<bool> = self
            .db
            .prepare_cached("SELECT live FROM inbox_pass WHERE hash = ?1")?
            .query_row([link.drop.hash().0], |row| row.get(0))
            .optional()?;
        Ok(live.unwrap_or(false))
    }

    pub fn chats(&self) -> Result<Vec<ChatRow>, Fault> {
        self.chat_rows(Which::Listed)
    }

    fn chat_rows(&self, which: Which) -> Result<Vec<ChatRow>, Fault> {
        let (one, all) = match which {
            Which::Listed => (None, false),
            Which::All => (None, true),
            Which::One(chat) => (Some(chat), true),
        };
        let query = format!(
            "SELECT h.id, CASE WHEN h.kind = 'two' THEN COALESCE({NAME}, '') ELSE COALESCE(h.name, '') END, h.kind, h.state, h.expire_seconds, h.description,
                    (SELECT count(*) FROM message m WHERE m.chat = h.id AND m.unread = 1),
                    (SELECT max(id) FROM message m WHERE m.chat = h.id AND m.shown = 1),
                    (SELECT count(DISTINCT account) FROM member m WHERE m.chat = h.id), l.fault IS NOT NULL
             FROM chat h JOIN log l ON l.id = h.log LEFT JOIN contact c ON c.account = h.peer
             WHERE h.id = COALESCE(?1, h.id) AND (?2 OR h.hidden = 0)
                   AND (h.state <> 'ended' OR EXISTS (SELECT 1 FROM message m WHERE m.chat = h.id AND m.shown = 1)) ORDER BY 8 DESC NULLS LAST, h.id DESC"
        );
        let mut statement = self.db.prepare_cached(&query)?;
        let rows = statement.query_map(params![one, all], |row| {
            let faulted: bool = row.get(9)?;
            let chat = ChatRow {
                id: row.get(0)?,
                name: row.get(1)?,
                kind: stored(row.get_ref(2)?, ChatKind::named)?,
                state: if faulted { ChatState::Broken } else { stored(row.get_ref(3)?, ChatState::named)? },
                expire_seconds: row.get::<_, i64>(4)? as u64,
                description: row.get(5)?,
                unread: row.get::<_, i64>(6)? as u64,
                members: row.get::<_, i64>(8)? as u64,
                last_text: None,
                last_happened: None,
                last_ms: None,
            };
            Ok((chat, row.get::<_, Option<i64>>(7)?))
        })?;
        let mut chats = Vec::new();
        for row in rows {
            let (mut chat, last) = row?;
            if let Some(last) = last.map(|id| self.message(id)).transpose()?.flatten() {
                chat.last_ms = Some(last.sent_ms);
                chat.last_text = Some(last.text);
                chat.last_happened = last.happened;
            }
            chats.push(chat);
        }
        Ok(chats)
    }

    /// The chat a person means: an id, a username or a group's name.
    ///
    /// # Errors
    /// The inner one: no such chat, or several.
    pub fn find_chat(&self, name: &str) -> Result<Result<i64, Refusal>, Fault> {
        let chats = self.chat_rows(Which::All)?;
        // Others may name a group what they like: an id is an id, whatever is called so.
        let id: Option<i64> = name.strip_prefix('#').unwrap_or(name).parse().ok();
        if let Some(id) = id.filter(|id| chats.iter().any(|chat| chat.id == *id)) {
            return Ok(Ok(id));
        }
        // Usernames have no capitals, what one writes on a link may.
        let mut named: Vec<&ChatRow> = chats.iter().filter(|chat| chat.name.to_lowercase() == name.to_lowercase()).collect();
        // A person goes before a group of the same name, what is open before what is over, and then the very same letters.
        let exact = |chat: &&ChatRow| chat.name == name;
        let open = |chat: &&ChatRow| !matches!(chat.state, ChatState::Left | ChatState::Removed | ChatState::Ended);
        let goes_on = |chat: &&ChatRow| open(chat) && chat.state != ChatState::Broken;
        let person = |chat: &&ChatRow| chat.kind == ChatKind::Two;
        let preferred: [&dyn Fn(&&ChatRow) -> bool; 4] = [&open, &person, &goes_on, &exact];
        for better in preferred {
            if named.iter().any(better) {
                named.retain(better);
            }
        }
        match named.as_slice() {
            [one] => Ok(Ok(one.id)),
            [] => Ok(Err(Refusal::NoSuchChat { name: name.to_owned() })),
            several => {
                let matches = several.iter().map(|chat| format!("{} {} (id {})", chat.kind.name(), chat.name, chat.id)).collect();
                Ok(Err(Refusal::Ambiguous { name: name.to_owned(), matches }))
            }
        }
    }

    pub fn messages(&self, chat: i64, page: Page) -> Result<Vec<MessageRow>, Fault> {
        let mut statement = self
            .db
            .prepare_cached("SELECT id FROM message WHERE chat = ?1 AND shown = 1 AND id < ?2 AND id > ?3 ORDER BY id DESC LIMIT ?4")?;
        let ids: Vec<i64> = statement
            .query_map(params![chat, page.before.unwrap_or(i64::MAX), page.after.unwrap_or(0), page.limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids.into_iter().rev() {
            rows.extend(self.message(id)?);
        }
        Ok(rows)
    }

    pub fn message(&self, id: i64) -> Result<Option<MessageRow>, Fault> {
        Ok(self.message_and_content(id)?.map(|(row, _)| row))
    }

    /// A message's row, and what it was read from, where that says more than the row.
    fn message_and_content(&self, id: i64) -> Result<Option<(MessageRow, Option<Content>)>, Fault> {
        let query = format!(
            "SELECT m.id, m.chat, COALESCE({NAME}, lower(substr(hex(m.account), 1, 12))), m.mine, m.kind, m.content, m.text, m.sent, m.state, m.edited, m.forwarded,
                    (SELECT r.id FROM message r WHERE r.chat = m.chat AND r.message_id = m.reply_to AND r.shown = 1), m.deleted IS NOT NULL, m.expires, m.unread, m.message_id
             FROM message m LEFT JOIN contact c ON c.account = m.account WHERE m.id = ?1"
        );
        let Some((row, content, message_id)) = self.db.prepare_cached(&query)?.query_row([id], message_row).optional()? else {
            return Ok(None);
        };
        let mut row = row;
        row.reactions = self.reactions(row.chat, &message_id)?;
        row.text = self.named(&row.text)?;
        if row.kind == MessageKind::Notice {
            row.happened = Line::read(&content).map(|line| self.happened(line)).transpose()?;
        }
        let content = match row.kind {
            MessageKind::Deleted | MessageKind::Notice => None,
            _ => Content::decode_with(&content, self.config.kinds).ok(),
        };
        if let Some(content) = &content {
            describe(&mut row, content);
            if let (Some(file), Some(attachment)) = (&mut row.file, content.body.attachments().first()) {
                file.held = self.held(&attachment.blob)?;
            }
        }
        Ok(Some((row, content)))
    }

    /// A text in which whoever is mentioned has the name this device knows.
    fn named(&self, text: &str) -> Result<String, Fault> {
        // The label is the sender's choice of words: who is not known is shown by the key.
        shown_as(text, |mention, _| Ok(self.sender_or_key(&mention.account, None)?.name))
    }

    fn held(&self, blob: &BlobId) -> Result<Held, Fault> {
        let whole: Option<bool> =
            self.db.prepare_cached("SELECT whole FROM held WHERE blob = ?1")?.query_row([blob.0], |row| row.get(0)).optional()?;
        Ok(match whole {
            None => Held::None,
            Some(false) => Held::Partial,
            Some(true) => Held::Whole,
        })
    }

    fn reactions(&self, chat: i64, message_id: &[u8; 32]) -> Result<Vec<ReactionRow>, Fault> {
        let query = format!(
            "SELECT r.emoji, {NAME}, r.account FROM reaction r LEFT JOIN contact c ON c.account = r.account WHERE r.chat = ?1 AND r.target = ?2"
        );
        let mut statement = self.db.prepare_cached(&query)?;
        let found: Vec<(String, Option<String>, [u8; 32])> =
            statement.query_map(params![chat, message_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<Result<_, _>>()?;
        // Most messages have none: the account is loaded for those that have.
        let own = if found.is_empty() { None } else { Account::load(&self.db)?.map(|account| account.id()) };
        let rows = found.into_iter().map(|(emoji, name, account)| {
            let by = if Some(AccountId(account)) == own { "me".to_owned() } else { name.unwrap_or_default() };
            ReactionRow { emoji, by }
        });
        Ok(rows.collect())
    }

    pub fn requests(&self) -> Result<Vec<RequestRow>, Fault> {
        let Some(own) = Account::load(&self.db)? else { return Ok(vec![]) };
        let mut statement =
            self.db.prepare_cached("SELECT id, outgoing, label, link_made, arrived, state, account, link_pass FROM request ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            let outgoing: bool = row.get(1)?;
            let (other, pass) = (AccountId(row.get(6)?), PassHash(row.get(7)?));
            let faces = if outgoing { emoji(&other, &own.id(), &pass) } else { emoji(&own.id(), &other, &pass) };
            Ok(RequestRow {
                id: row.get(0)?,
                direction: if outgoing { Direction::Out } else { Direction::In },
                label: row.get(2)?,
                link_made_ms: row.get::<_, i64>(3)? as u64,
                arrived_ms: row.get::<_, i64>(4)? as u64,
                state: stored(row.get_ref(5)?, RequestState::named)?,
                emoji: faces,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn invitations(&self) -> Result<Vec<InvitationRow>, Fault> {
        let query = format!(
            "SELECT i.id, {NAME}, i.members, i.known, i.arrived FROM invitation i JOIN contact c ON c.account = i.inviter WHERE i.state = 'open' ORDER BY i.id"
        );
        let mut statement = self.db.prepare_cached(&query)?;
        let rows = statement.query_map([], |row| {
            Ok(InvitationRow {
                id: row.get(0)?,
                from: row.get(1)?,
                members: row.get::<_, i64>(2)? as u64,
                known: row.get::<_, i64>(3)? as u64,
                arrived_ms: row.get::<_, i64>(4)? as u64,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest messages that hold all of these words.
    pub fn search(&self, words: &str, limit: u32) -> Result<Vec<SearchRow>, Fault> {
        Ok(self.search_in(words, None, limit)?.into_iter().map(|hit| hit.row).collect())
    }

    /// The same, in one chat if one is given. What only a whole message has, reactions and files among it, is not read: a hit is one row of the store.
    fn search_in(&self, words: &str, chat: Option<i64>, limit: u32) -> Result<Vec<Hit>, Fault> {
        // Each word is quoted, so that nothing a person types is an operator; the last may be the beginning of one.
        let terms: Vec<String> = words.split_whitespace().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
        if terms.is_empty() {
            return Ok(vec![]);
        }
        // One or two letters begin so many words that looking them all up takes longer than typing the third. Scripts that write whole
        // sentences as one word need the beginning from the first sign on.
        let typed = words.split_whitespace().next_back().unwrap_or_default();
        let beginning = if typed.len() >= PREFIX_LETTERS || !typed.is_ascii() { "*" } else { "" };
        let found = format!("{}{beginning}", terms.join(" "));
        let query = format!(
            "SELECT m.id, m.chat, CASE WHEN m.mine THEN 'me' ELSE COALESCE({NAME}, lower(substr(hex(m.account), 1, 12))) END, m.text, m.sent, m.mine, m.account,
                    CASE WHEN m.text = '' THEN m.content END
             FROM search s JOIN message m ON m.id = s.rowid LEFT JOIN contact c ON c.account = m.account
             WHERE search MATCH ?1 AND (?3 IS NULL OR m.chat = ?3) AND m.deleted IS NULL ORDER BY s.rowid DESC LIMIT ?2"
        );
        let mut statement = self.db.prepare_cached(&query)?;
        let rows = statement.query_map(params![found, limit, chat], |row| {
            let content: Option<Vec<u8>> = row.get(7)?;
            let (id, chat, sender, text) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let found = SearchRow { id, chat, chat_name: String::new(), sender, text, sent_ms: row.get::<_, i64>(4)? as u64 };
            Ok((Hit { row: found, mine: row.get(5)?, account: AccountId(row.get(6)?) }, content))
        })?;
        let mut names = BTreeMap::new();
        let mut hits = Vec::new();
        for found in rows {
            let (mut hit, content) = found?;
            let name = match names.entry(hit.row.chat) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.chat_name(hit.row.chat)?),
            };
            hit.row.chat_name.clone_from(name);
            hit.row.text = match content {
                // What was found is the name of a file.
                Some(content) => self.file_name(&content),
                None => self.named(&hit.row.text)?,
            };
            hits.push(hit);
        }
        Ok(hits)
    }

    fn file_name(&self, content: &[u8]) -> String {
        let Ok(content) = Content::decode_with(content, self.config.kinds) else { return String::new() };
        content.body.attachments().first().map(|attachment| file_row(attachment).name).unwrap_or_default()
    }

    /// Chats of the list whose name, or the name somebody chose, is one of those.
    fn chats_named(&self, is: impl Fn(&str) -> bool) -> Result<Vec<i64>, Fault> {
        let query = format!(
            "SELECT h.id, CASE WHEN h.kind = 'two' THEN COALESCE({NAME}, '') ELSE COALESCE(h.name, '') END, c.display_name
             FROM chat h LEFT JOIN contact c ON c.account = h.peer WHERE h.hidden = 0"
        );
        let mut statement = self.db.prepare_cached(&query)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut named = Vec::new();
        for row in rows {
            let (chat, name, chosen): (i64, String, Option<String>) = row?;
            if is(&name) || chosen.as_deref().is_some_and(&is) {
                named.push(chat);
            }
        }
        Ok(named)
    }

    pub fn chat_name(&self, chat: i64) -> Result<String, Fault> {
        let query = format!(
            "SELECT CASE WHEN h.kind = 'two' THEN COALESCE({NAME}, '') ELSE COALESCE(h.name, '') END FROM chat h LEFT JOIN contact c ON c.account = h.peer WHERE h.id = ?1"
        );
        Ok(self.db.prepare_cached(&query)?.query_row([chat], |row| row.get(0))?)
    }

    pub fn info(&self, chat: i64, message: i64) -> Result<Option<InfoRow>, Fault> {
        let shown: bool = self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1 AND chat = ?2 AND shown = 1)")?
            .query_row(params![message, chat], |row| row.get(0))?;
        let Some(row) = self.message(message)?.filter(|_| shown) else { return Ok(None) };
        let (message_id, seq, stamped, account): ([u8; 32], Option<i64>, Option<i64>, [u8; 32]) = self
            .db
            .prepare_cached("SELECT message_id, seq, stamped, account FROM message WHERE id = ?1")?
            .query_row([message], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let cert: Option<[u8; 32]> =
            self.db.prepare_cached("SELECT cert FROM evidence WHERE message = ?1")?.query_row([message], |row| row.get(0)).optional()?;
        let query = format!(
            "SELECT {NAME} FROM receipt r JOIN contact c ON c.account = r.account WHERE r.chat = ?1 AND r.message_id = ?2 ORDER BY r.at"
        );
        let read_by = self.db.prepare_cached(&query)?.query_map(params![chat, message_id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(Some(InfoRow {
            id: message,
            message: row,
            message_id: Hash32(message_id).to_string(),
            seq: seq.map(|seq| seq as u64),
            stamped_ms: stamped.map(|ms| ms as u64),
            read_by,
            provable: cert.is_some(),
            sender_account: AccountId(account).to_string(),
            sender_cert: cert.map(|cert| Hash32(cert).to_string()).unwrap_or_default(),
        }))
    }

    fn room_of(&self, chat: i64) -> Result<Option<Room>, Fault> {
        let route: Option<[u8; 32]> = self
            .db
            .prepare_cached("SELECT l.route FROM chat h JOIN log l ON l.id = h.log WHERE h.id = ?1")?
            .query_row([chat], |row| row.get(0))
            .optional()?;
        let provider = Provider::new(&self.crypto, &self.db);
        Ok(route.and_then(|route| Group::load(&provider, &wire::Route(route)).ok()).and_then(|group| group.room().ok()))
    }

    pub fn members(&self, chat: i64) -> Result<Vec<MemberRow>, Fault> {
        let own = Account::load(&self.db)?;
        let room = self.room_of(chat)?;
        let query = format!(
            "SELECT m.account, {NAME}, max(m.spoke) FROM member m JOIN contact c ON c.account = m.account WHERE m.chat = ?1 GROUP BY m.account ORDER BY 2"
        );
        let mut statement = self.db.prepare_cached(&query)?;
        let rows = statement.query_map([chat], |row| {
            let account = AccountId(row.get(0)?);
            let mine = own.as_ref().filter(|own| own.id() == account);
            Ok(MemberRow {
                name: match mine {
                    Some(own) => own.username.clone(),
                    None => row.get(1)?,
                },
                id: account.to_string(),
                account: account.to_string(),
                admin: room.as_ref().is_some_and(|room| room.is_admin(&account)),
                state: if row.get::<_, bool>(2)? || mine.is_some() { MemberState::Here } else { MemberState::Added },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// A message that was found, and whose it is.
struct Hit {
    row: SearchRow,
    mine: bool,
    account: AccountId,
}

fn message_row(row: &Row<'_>) -> rusqlite::Result<(MessageRow, Vec<u8>, [u8; 32])> {
    let mine: bool = row.get(3)?;
    let deleted: bool = row.get(12)?;
    let state = stored(row.get_ref(8)?, MessageState::named)?;
    let kind = match () {
        () if deleted => MessageKind::Deleted,
        () if state == MessageState::Notice => MessageKind::Notice,
        () => kind_name(Kind::from_number(row.get(4)?)),
    };
    let message = MessageRow {
        id: row.get(0)?,
        chat: row.get(1)?,
        sender: if mine { "me".into() } else { row.get(2)? },
        mine,
        kind,
        text: if deleted { String::new() } else { row.get(6)? },
        happened: None,
        sent_ms: row.get::<_, i64>(7)? as u64,
        state,
        edited: row.get(9)?,
        forwarded: row.get(10)?,
        reply_to: row.get(11)?,
        reactions: vec![],
        file: None,
        expires_ms: row.get::<_, Option<i64>>(13)?.map(|ms| ms as u64),
        unread: row.get(14)?,
    };
    Ok((message, row.get(5)?, row.get(15)?))
}

/// A word of the store that stands for one of few.
fn stored<T>(value: rusqlite::types::ValueRef<'_>, named: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    named(value.as_str()?).ok_or(rusqlite::Error::InvalidQuery)
}

fn kind_name(kind: Kind) -> MessageKind {
    match kind {
        Kind::Text => MessageKind::Text,
        Kind::Attachments => MessageKind::File,
        Kind::Sticker => MessageKind::Sticker,
        Kind::Poll => MessageKind::Poll,
        Kind::ContactCard => MessageKind::Contact,
        Kind::Left => MessageKind::Notice,
        _ => MessageKind::Unknown,
    }
}

/// Fills in what only the content tells: the file, and whether this version can read it at all.
fn describe(row: &mut MessageRow, content: &Content) {
    if matches!(content.body, Body::Unknown(_)) {
        row.kind = MessageKind::Unknown;
    }
    if let Some(attachment) = content.body.attachments().first() {
        row.kind = file_kind(attachment.class);
        row.file = Some(file_row(attachment));
    }
}

fn file_kind(class: Class) -> MessageKind {
    match class {
        Class::Photo => MessageKind::Photo,
        Class::Video => MessageKind::Video,
        Class::Voice => MessageKind::Voice,
        Class::File => MessageKind::File,
        Class::Sticker => MessageKind::Sticker,
    }
}

fn file_row(attachment: &Attachment) -> FileRow {
    FileRow {
        name: attachment.file_name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
        media_type: attachment.media_type.as_str().to_owned(),
        bytes: attachment.length,
        width: attachment.dimensions.map(|(width, _)| width),
        height: attachment.dimensions.map(|(_, height)| height),
        duration_ms: attachment.duration,
        alt: Some(attachment.alt.clone()).filter(|alt| !alt.is_empty()),
        original: attachment.original,
        sha256: attachment.sha256.to_string(),
        held: Held::None,
    }
}
