//! Questions of a page, each answered from the store and by nothing else.

use super::NAME;
use crate::account::Account;
use crate::client::{Client, Fault};
use crate::store::meta;
use rusqlite::params;
use std::cmp::Reverse;
use view::{DayRow, Found, LinkRow, Me, Own, Query, Refusal, StorageRow, Unsent, View};
use wire::{Millis, PassToken};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Rows of one answer: a page that asks for more gets these.
const LIMIT_MAX: u32 = 500;

impl Client {
    /// Answers a question. `now` is this device's clock. Nothing is changed by it.
    ///
    /// # Errors
    /// The device failed.
    pub fn ask(&self, now: Millis, query: Query) -> Result<View, Fault> {
        Ok(match query {
            Query::Me => View::Me(self.me()?),
            Query::Chats => View::Chats(self.covered_lines(now)?),
            Query::Chat { chat } => View::Chat(self.covered_detail(now, chat)?.map(Box::new)),
            Query::Messages { chat, window, limit } => {
                let page = self.bubbles(chat, window, limit.min(LIMIT_MAX))?;
                View::Messages(view::Page { messages: self.covered(&self.cover(now)?, page.messages)?, ..page })
            }
            Query::Message { message } => {
                let shown = self.bubble_shown(message)?.into_iter().collect();
                View::Message(self.covered(&self.cover(now)?, shown)?.pop().map(Box::new))
            }
            Query::Info { chat, message } => View::Info(self.covered_info(now, chat, message)?.map(Box::new)),
            Query::Requests => View::Requests(self.requests()?),
            Query::Invitations => View::Invitations(self.invitations()?),
            Query::Links => View::Links(self.links()?),
            Query::Contacts => View::Contacts(self.covered_contacts(&self.cover(now)?)?),
            Query::Search { words, chat, limit } => View::Search(self.find(now, &words, chat, limit.min(LIMIT_MAX))?),
            Query::Shelf { chat, what, before, limit } => {
                let shelf = self.shelf(chat, what, before, limit.min(LIMIT_MAX))?;
                View::Shelf(self.covered(&self.cover(now)?, shelf)?)
            }
            Query::Storage => View::Storage(self.covered_storage(now)?),
            Query::Settings => View::Settings(crate::settings::chosen(&self.db)?),
            Query::Notify => View::Notify(self.notify()?),
            Query::Unsent => View::Unsent(self.unsent(now)?),
            Query::Days { chat, east_minutes } => View::Days(self.days(chat, east_minutes)?),
            Query::ChatLine { chat } => View::ChatLine(self.covered_line(now, chat)?.map(Box::new)),
            Query::Vault => View::Vault(self.vault_status()?),
            Query::Words => View::Words(self.keepsake()?),
            Query::Preselect { chat, messages } => View::Preselected(self.preselected(chat, &messages)?),
            Query::TeamReaders { chat, messages, kept } => View::TeamReaders(self.team_readers(chat, &messages, &kept)?),
            Query::KeepHint { chat, going } => View::KeepHint(self.keep_hint(now, chat, &going)?),
            Query::Safety => View::Safety(self.safety()?),
            Query::Age => View::Age(self.age(now)?),
            Query::Who { chat } => View::Who(self.who(now, chat)?.map(Box::new)),
            Query::Notice { chat, looking } => View::Notice(self.notice(now, chat, looking)?),
            Query::Bare { message } => View::Bare(self.bubble_shown(message)?.map(Box::new)),
        })
    }

    fn me(&self) -> Result<Me, Fault> {
        let Some(account) = Account::load(&self.db)? else {
            let refused: Option<Vec<u8>> = meta(&self.db, "sign_up_refused")?;
            let refused = refused.map(|bytes| postcard::from_bytes::<Refusal>(&bytes)).transpose().map_err(|_| Fault::Stored)?;
            return Ok(Me::Nobody { refused });
        };
        Ok(Me::Account(Own {
            account: account.id().to_string(),
            username: account.username,
            display_name: account.display_name,
            server: account.server_url,
            signed_up: account.signed_up,
        }))
    }

    fn links(&self) -> Result<Vec<LinkRow>, Fault> {
        let Some(own) = Account::load(&self.db)? else { return Ok(vec![]) };
        let mut statement = self.db.prepare_cached(
            "SELECT l.id, p.token, l.label, l.made, l.expires, l.uses, p.live, (SELECT log FROM log WHERE inbox = 1)
             FROM link l JOIN inbox_pass p ON p.id = l.inbox_pass WHERE l.uses > 0 ORDER BY l.id DESC",
        )?;
        let rows = statement.query_map([], |row| {
            let link = crate::contact::link::Link {
                server: own.server_url.clone(),
                account: own.id(),
                inbox: wire::LogId(row.get(7)?),
                drop: PassToken::new(row.get(1)?),
            };
            Ok(LinkRow {
                id: row.get(0)?,
                url: link.to_url(),
                label: row.get(2)?,
                made_ms: row.get::<_, i64>(3)? as u64,
                expires_ms: row.get::<_, i64>(4)? as u64,
                uses_left: row.get(5)?,
                live: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn find(&self, now: Millis, words: &str, chat: Option<i64>, limit: u32) -> Result<Found, Fault> {
        let cover = self.cover(now)?;
        let mut messages = Vec::new();
        for hit in self.search_in(words, chat, limit)? {
            messages.push(self.cover_found(&cover, hit)?);
        }
        let words = words.trim().to_lowercase();
        if chat.is_some() || words.is_empty() {
            return Ok(Found { chats: vec![], contacts: vec![], messages });
        }
        let has = |name: &str| name.to_lowercase().contains(&words);
        let mut chats = Vec::new();
        for chat in self.chats_named(has)? {
            chats.extend(self.covered_line(now, chat)?);
        }
        chats.sort_by_key(|line| (!line.pinned, Reverse(line.row.last_ms)));
        let mut contacts = self.covered_contacts(&cover)?;
        contacts.retain(|contact| has(&contact.name) || contact.display_name.as_deref().is_some_and(has));
        Ok(Found { chats, contacts, messages })
    }

    pub(super) fn storage(&self) -> Result<Vec<StorageRow>, Fault> {
        let query = format!(
            "SELECT h.id, CASE WHEN h.kind = 'two' THEN COALESCE({NAME}, '') ELSE COALESCE(h.name, '') END,
                    (SELECT count(*) FROM message m WHERE m.chat = h.id AND m.shown = 1),
                    (SELECT COALESCE(sum(f.bytes), 0) FROM file f WHERE f.chat = h.id),
                    (SELECT COALESCE(sum(d.bytes), 0) FROM held d WHERE d.blob IN (SELECT f.blob FROM file f WHERE f.chat = h.id))
             FROM chat h LEFT JOIN contact c ON c.account = h.peer WHERE h.hidden = 0 ORDER BY 5 DESC, 4 DESC, 3 DESC, 1"
        );
        let mut statement = self.db.prepare_cached(&query)?;
        let rows = statement.query_map([], |row| {
            Ok(StorageRow {
                chat: row.get(0)?,
                name: row.get(1)?,
                messages: row.get::<_, i64>(2)? as u64,
                file_bytes: row.get::<_, i64>(3)? as u64,
                held_bytes: row.get::<_, i64>(4)? as u64,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn unsent(&self, now: Millis) -> Result<Unsent, Fault> {
        let (waiting, failed): (i64, i64) = self
            .db
            .prepare_cached(
                "SELECT COALESCE(sum(state <> 'failed'), 0), COALESCE(sum(state = 'failed'), 0)
                 FROM message WHERE state IN ('queued', 'uploading', 'failed') AND shown = 1 AND mine = 1",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Unsent { waiting: waiting as u64, failed: failed as u64, unfinished: self.unfinished(now)? })
    }

    fn days(&self, chat: i64, east_minutes: i32) -> Result<Vec<DayRow>, Fault> {
        let east = i64::from(east_minutes) * 60_000;
        let mut statement = self.db.prepare_cached(
            "SELECT (sent + ?2) / ?3 * ?3 - ?2, count(*), min(id) FROM message WHERE chat = ?1 AND shown = 1 GROUP BY 1 ORDER BY 1",
        )?;
        let rows = statement.query_map(params![chat, east, DAY], |row| {
            Ok(DayRow { start_ms: row.get::<_, i64>(0)?.max(0) as u64, messages: row.get(1)?, first: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Config;
    use view::{
        Bubble, Card, Choice, Delivery, FileItem, FileRow, Held, Mention, MessageKind, MessageRow, MessageState, Page, PollOption, PollRow,
        Quote, ReactionRow, ReactionSum, Sender, Shelf, Window,
    };

    fn all() -> Vec<Query> {
        vec![
            Query::Me,
            Query::Chats,
            Query::Chat { chat: 1 },
            Query::Messages { chat: 1, window: Window::Around(3), limit: u32::MAX },
            Query::Message { message: 1 },
            Query::Info { chat: 1, message: 1 },
            Query::Requests,
            Query::Invitations,
            Query::Links,
            Query::Contacts,
            Query::Search { words: "a \" OR b*".into(), chat: Some(1), limit: 1 },
            Query::Shelf { chat: 1, what: Shelf::Links, before: None, limit: 1 },
            Query::Shelf { chat: 1, what: Shelf::Media, before: Some(9), limit: 1 },
            Query::Storage,
            Query::Settings,
            Query::Unsent,
            Query::Days { chat: 1, east_minutes: -600 },
            Query::Messages { chat: 1, window: Window::Unread, limit: 0 },
            Query::ChatLine { chat: 1 },
            Query::Vault,
            Query::Words,
            Query::Age,
            Query::Who { chat: 1 },
            Query::Notice { chat: 1, looking: view::Looking::Asked },
            Query::Notice { chat: 1, looking: view::Looking::Unasked },
            Query::Bare { message: 1 },
            Query::TeamReaders { chat: 1, messages: vec![2], kept: vec!["x".into()] },
            Query::KeepHint { chat: 1, going: vec![2] },
            Query::Safety,
        ]
    }

    #[test]
    fn an_empty_home_answers_every_question_and_worker_and_page_understand_each_other() {
        let client = Client::new(crate::store::open_in_memory().unwrap(), Config::default());
        for query in all() {
            let sent = postcard::to_allocvec(&query).unwrap();
            assert_eq!(postcard::from_bytes::<Query>(&sent).unwrap(), query);
            let view = client.ask(Millis(1), query).unwrap();
            let sent = postcard::to_allocvec(&view).unwrap();
            assert_eq!(postcard::from_bytes::<View>(&sent).unwrap(), view);
        }
    }

    #[test]
    fn a_message_with_everything_travels_to_the_page() {
        let sender = Sender { account: "00".into(), name: "bob".into(), display_name: Some("Bob".into()), me: false };
        let file = FileRow {
            name: "a.jpg".into(),
            media_type: "image/jpeg".into(),
            bytes: 1,
            width: Some(1),
            height: None,
            duration_ms: None,
            alt: None,
            original: true,
            sha256: "00".into(),
            held: Held::Partial,
        };
        let row = MessageRow {
            id: 1,
            chat: 2,
            sender: "bob".into(),
            mine: true,
            kind: MessageKind::Poll,
            text: "x".into(),
            happened: Some(view::Happened::Joined { who: sender.clone() }),
            sent_ms: u64::MAX,
            state: MessageState::Failed,
            edited: false,
            forwarded: true,
            reply_to: Some(-1),
            reactions: vec![ReactionRow { emoji: "👍".into(), by: "me".into() }],
            file: Some(file.clone()),
            expires_ms: None,
            unread: false,
        };
        let option = PollOption { text: "a".into(), votes: 1, mine: true, by: vec!["bob".into()] };
        let bubble = Bubble {
            row,
            sender: sender.clone(),
            delivery: Some(Delivery::Failed(Some(Refusal::TooLong { limit: 1 }))),
            marked_text: Some("x".into()),
            mentions: vec![Mention { account: "00".into(), name: "bob".into(), me: false }],
            reply: Some(Quote { message: 1, sender, kind: MessageKind::Text, text: "y".into() }),
            files: vec![FileItem { position: 0, kind: MessageKind::Photo, row: file, blob: "00".into(), thumbnail: Some(vec![1]) }],
            poll: Some(PollRow { question: "?".into(), choice: Choice::Several, options: vec![option], voters: 1, closed: false }),
            card: Some(Card { name: "bob".into(), link: "l".into() }),
            reactions: vec![ReactionSum { emoji: "👍".into(), by: vec!["me".into()], mine: true }],
            pinned: true,
            curtain: true,
            look: true,
            masked: false,
            private: Some(view::Private { whose: view::Whose::Child, taken: true }),
            care: Some(view::Care::Report),
        };
        let view = View::Messages(Page { messages: vec![bubble], earlier: true, later: false });
        let sent = postcard::to_allocvec(&view).unwrap();
        assert_eq!(postcard::from_bytes::<View>(&sent).unwrap(), view);
    }
}
