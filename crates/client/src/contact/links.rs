//! Links of this account, and the passes of its inbox that stand behind links and contacts.

use super::link::Link;
use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::message::Around;
use crate::outbox::{Intent, Row, Sealed, StoredChange, StoredRole, Urgency};
use rusqlite::{OptionalExtension as _, params};
use view::{Event, Needing, Refusal, Reply};
use wire::content::{Body, ContactCard};
use wire::limits::{DAY, PASS_CHANGES_MAX};
use wire::{LogId, PassToken};

const USES_MAX: u32 = 100;
const DAYS_MAX: u32 = 90;
/// The link on a card.
const CARD_USES: u32 = 1;
const CARD_DAYS: u32 = 7;

impl Turn<'_> {
    /// Makes a link; it works once the server knows its pass.
    pub fn make_link(&mut self, label: String, uses: u32, days: u32) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(account) = Account::load(self.db)? else { return Ok(Err(Refusal::NotSignedUp)) };
        let Some((_, inbox)) = self.inbox_log()? else { return Ok(Err(Refusal::NotReady { what: Needing::Link })) };
        let (pass, drop) = self.want_inbox_pass()?;
        let uses = uses.clamp(1, USES_MAX);
        let made = self.time()?;
        let expires = made.plus(u64::from(days.clamp(1, DAYS_MAX)) * DAY);
        self.db
            .prepare_cached("INSERT INTO link (inbox_pass, label, made, expires, uses) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![pass, label, made.0 as i64, expires.0 as i64, uses])?;
        let url = Link { server: account.server_url.clone(), account: account.id(), inbox, drop }.to_url();
        self.event(Event::LinksChanged);
        Ok(Ok(Reply::Link { url, label, uses, expires_ms: expires.0 }))
    }

    /// A card of this account with a link of its own: whoever reads it may ask, one of them once.
    pub fn send_contact(&mut self, chat: i64) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        let Some(own) = Account::load(self.db)? else { return Ok(Err(Refusal::NotSignedUp)) };
        // A link is told apart by where it was given.
        let named = match self.chat(chat)?.and_then(|row| row.peer) {
            Some(peer) => self.contact(&peer)?.map(|contact| contact.name()),
            None => self.db.prepare_cached("SELECT name FROM chat WHERE id = ?1")?.query_row([chat], |row| row.get(0))?,
        };
        let url = match self.make_link(named.unwrap_or_default(), CARD_USES, CARD_DAYS)? {
            Ok(Reply::Link { url, .. }) => url,
            refused => return Ok(refused),
        };
        let name = own.display_name.clone().unwrap_or_else(|| own.username.clone());
        self.say_or_refuse(chat, Body::ContactCard(ContactCard { name, link: url }), Around::default())
    }

    /// Nobody can ask by this link any more.
    pub fn revoke_link(&mut self, link: i64) -> Result<Result<Reply, Refusal>, Fault> {
        let pass: Option<i64> = self
            .db
            .prepare_cached("DELETE FROM link WHERE id = ?1 RETURNING inbox_pass")?
            .query_row([link], |row| row.get(0))
            .optional()?;
        let Some(pass) = pass else { return Ok(Err(Refusal::NoSuchLink { id: link })) };
        self.drop_inbox_pass(pass)?;
        self.event(Event::LinksChanged);
        Ok(Ok(Reply::Done))
    }

    pub fn inbox_log(&self) -> Result<Option<(i64, LogId)>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT id, log FROM log WHERE inbox = 1")?
            .query_row([], |row| Ok((row.get(0)?, LogId(row.get(1)?))))
            .optional()?)
    }

    /// A new drop pass to the own inbox: row and token. The next change of passes tells the server.
    pub fn want_inbox_pass(&mut self) -> Result<(i64, PassToken), Fault> {
        let token = PassToken::new(self.random());
        self.db
            .prepare_cached("INSERT INTO inbox_pass (hash, token, want) VALUES (?1, ?2, 'set')")?
            .execute(params![token.hash().0, token.expose()])?;
        let id = self.db.last_insert_rowid();
        self.change_inbox_passes()?;
        Ok((id, token))
    }

    pub fn drop_inbox_pass(&mut self, pass: i64) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE inbox_pass SET want = 'drop' WHERE id = ?1")?.execute([pass])?;
        self.change_inbox_passes()
    }

    /// Of a server that may have lost passes: each is set once more.
    pub fn tell_inbox_passes_again(&mut self) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE inbox_pass SET live = 0 WHERE want = 'set'")?.execute([])?;
        self.change_inbox_passes()
    }

    /// One waiting row is enough: it brings everything to what is wanted by then.
    fn change_inbox_passes(&mut self) -> Result<(), Fault> {
        let Some((log, _)) = self.inbox_log()? else { return Ok(()) };
        let body = postcard::to_allocvec(&Intent::InboxPasses).map_err(|_| Fault::Stored)?;
        let waiting: i64 = self
            .db
            .prepare_cached("SELECT count(*) FROM outbox WHERE log = ?1 AND body = ?2 AND attempt IS NULL")?
            .query_row(params![log, body], |row| row.get(0))?;
        if waiting == 0 {
            self.intend(Some(log), None, None, Urgency::Ordinary, &Intent::InboxPasses)?;
        }
        Ok(())
    }

    /// The record that changes the inbox's passes says nothing else: it is empty (a listed exception of the padding rule).
    pub fn seal_inbox_passes(&mut self, row: &Row) -> Result<Option<(Vec<u8>, Sealed)>, Fault> {
        let mut wanted = Vec::new();
        let mut statement = self.db.prepare_cached(
            "SELECT id, hash, want FROM inbox_pass WHERE (want = 'set' AND live = 0) OR (want = 'drop') ORDER BY id LIMIT ?1",
        )?;
        let rows = statement.query_map([PASS_CHANGES_MAX as i64], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?, row.get::<_, String>(2)?))
        })?;
        for found in rows {
            wanted.push(found?);
        }
        if wanted.is_empty() {
            self.outbox_done(row.id)?;
            return Ok(None);
        }
        let changes = wanted
            .iter()
            .map(|(_, hash, want)| if want == "set" { StoredChange::Set(*hash, StoredRole::Drop) } else { StoredChange::Drop(*hash) })
            .collect();
        let ids: Vec<i64> = wanted.iter().map(|(id, ..)| *id).collect();
        let keep = postcard::to_allocvec(&ids).map_err(|_| Fault::Stored)?;
        // The record must differ each time: the same bytes would get the first one's answer.
        Ok(Some((self.random::<16>().to_vec(), Sealed { commit: true, c: [0; 32], changes, keep })))
    }

    pub fn inbox_passes_changed(&mut self, row: &Row, sealed: &Sealed) -> Result<(), Fault> {
        for change in &sealed.changes {
            match change {
                StoredChange::Set(hash, _) => {
                    self.db.prepare_cached("UPDATE inbox_pass SET live = 1 WHERE hash = ?1")?.execute([hash])?;
                    self.door_is_open(hash)?;
                }
                StoredChange::Drop(hash) => {
                    self.db.prepare_cached("DELETE FROM inbox_pass WHERE hash = ?1")?.execute([hash])?;
                }
                StoredChange::Swap(_) => {}
            }
        }
        self.outbox_done(row.id)?;
        self.event(Event::LinksChanged);
        let left: i64 = self.db.query_row("SELECT count(*) FROM inbox_pass WHERE want = 'drop' OR live = 0", [], |row| row.get(0))?;
        if left > 0 { self.change_inbox_passes() } else { Ok(()) }
    }

    /// Links past their time give up their pass.
    pub fn expire_links(&mut self) -> Result<(), Fault> {
        let now = self.time()?.0 as i64;
        let spent: Vec<(i64, i64)> = self
            .db
            .prepare_cached("SELECT id, inbox_pass FROM link WHERE expires <= ?1 OR uses = 0")?
            .query_map([now], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (link, pass) in spent {
            self.db.prepare_cached("DELETE FROM link WHERE id = ?1")?.execute([link])?;
            self.drop_inbox_pass(pass)?;
            self.event(Event::LinksChanged);
        }
        Ok(())
    }
}
