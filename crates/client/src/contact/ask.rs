//! Asking the owner of a link to be a contact, and answering who asks.
//!
//! A request shows nothing of the sender's choosing: the receiver sees the label of the link that was used, when it was made, and four emoji.

use super::envelope::{Body, Capability, Envelope, Request};
use super::inbox_seal;
use super::link::Link;
use super::people::verified;
use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::mls::{LastResort, key_package_identity};
use crate::outbox::{Intent, Row, Urgency, Whom};
use crate::store::{forget_meta, meta, set_meta};
use prost::Message as _;
use rusqlite::{OptionalExtension as _, params};
use view::{Event, Refusal, Reply};
use wire::content::Reach;
use wire::limits::{DEPOSIT_DELAY_MAX, DEPOSIT_DELAY_MIN, STATES_FOLLOWED_MAX};
use wire::{AccountId, PassToken, Route, TakePass};

/// Names of small values: of a request the chat that the new one takes the place of, and of the leaf it would be answered with the request.
pub(super) fn instead_of(request: i64) -> String {
    format!("request/{request}/instead_of")
}
fn asked_with(leaf: &[u8]) -> String {
    format!("asked/{}", wire::Hash32::of(leaf))
}

/// Whether a page of AccountStates is the last.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    Nothing,
    Follows,
}

impl Turn<'_> {
    pub fn add_contact(&mut self, link: &str) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(account) = Account::load(self.db)? else { return Ok(Err(Refusal::NotSignedUp)) };
        let Ok(link) = Link::parse(link) else { return Ok(Err(Refusal::LinkShape)) };
        if link.account == account.id() {
            return Ok(Err(Refusal::LinkIsYours));
        }
        if link.server != account.server_url {
            return Ok(Err(Refusal::LinkElsewhere { server: link.server, home: account.server_url }));
        }
        let contact = self.contact(&link.account)?;
        let instead = match contact.as_ref().and_then(|contact| contact.chat) {
            None => None,
            Some(chat) => match self.lost_route(chat)? {
                // The chat cannot go on: another may take its place.
                Some(route) => Some(route),
                None => return Ok(Err(Refusal::AlreadyContact { name: contact.map(|contact| contact.name()).unwrap_or_default() })),
            },
        };
        let hash = link.drop.hash();
        let known = self.db.prepare_cached("SELECT id FROM request WHERE outgoing = 1 AND link_pass = ?1 AND state = 'waiting'")?;
        if let Some(id) = { known }.query_row([hash.0], |row| row.get(0)).optional()? {
            return Ok(Ok(Reply::Id(id)));
        }
        self.meet(&link.account)?;
        let now = self.time()?.0 as i64;
        self.db
            .prepare_cached(
                "INSERT INTO request (outgoing, account, label, link_made, arrived, state, link_pass) VALUES (1, ?1, '', ?2, ?2, 'waiting', ?3)",
            )?
            .execute(params![link.account.0, now, hash.0])?;
        let request = self.db.last_insert_rowid();
        if let Some(route) = instead {
            set_meta(self.db, &instead_of(request), route.0)?;
        }
        self.open_door(&link.account)?;
        self.intend(None, None, None, Urgency::Ordinary, &Intent::Ask { request, inbox: link.inbox.0, drop: *link.drop.expose() })?;
        self.event(Event::RequestsChanged);
        Ok(Ok(Reply::Id(request)))
    }

    /// Gives an account a drop pass to our inbox and a take pass of its own, unless it has them.
    pub fn open_door(&mut self, account: &AccountId) -> Result<(), Fault> {
        let has: bool = self
            .db
            .prepare_cached("SELECT inbox_pass IS NOT NULL FROM contact WHERE account = ?1")?
            .query_row([account.0], |row| row.get(0))?;
        if has {
            return Ok(());
        }
        let (pass, _) = self.want_inbox_pass()?;
        let take = TakePass::new(self.random());
        self.db.prepare_cached("UPDATE contact SET inbox_pass = ?2, take = ?3 WHERE account = ?1")?.execute(params![
            account.0,
            pass,
            take.expose()
        ])?;
        self.intend(None, None, None, Urgency::Ordinary, &Intent::TakePasses { add: vec![take.hash().0], drop: vec![] })?;
        Ok(())
    }

    /// What an account needs to reach us, once the server knows its pass.
    pub fn capability_for(&self, account: &AccountId) -> Result<Option<Capability>, Fault> {
        Ok(self.reach_for(account)?.as_ref().map(Capability::of))
    }

    pub fn reach_for(&self, account: &AccountId) -> Result<Option<Reach>, Fault> {
        let row = self
            .db
            .prepare_cached("SELECT p.token, c.take, p.live FROM contact c JOIN inbox_pass p ON p.id = c.inbox_pass WHERE c.account = ?1")?
            .query_row([account.0], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, bool>(2)?)))
            .optional()?;
        let (Some((token, take, true)), Some((_, inbox))) = (row, self.inbox_log()?) else { return Ok(None) };
        Ok(Some(Reach { inbox, drop: PassToken::new(token), take: TakePass::new(take) }))
    }

    /// Step one: learn the owner's inbox key. Step two, once our own door is open: seal the request and leave it to be deposited.
    pub fn drive_ask(&mut self, row: &Row, request: i64, inbox: [u8; 32], drop: [u8; 32]) -> Result<(), Fault> {
        let account: [u8; 32] =
            self.db.prepare_cached("SELECT account FROM request WHERE id = ?1")?.query_row([request], |row| row.get(0))?;
        let account = AccountId(account);
        let Some(state) = self.account_state(&account)? else {
            let from_seq = self.session.states_from.get(&row.id).copied().unwrap_or_default();
            self.ask(wire::call::Request::FetchStates { account, from_seq }, crate::session::Waiting::Outbox(row.id));
            return Ok(());
        };
        let (Some(own), Some(capability)) = (Account::load(self.db)?, self.capability_for(&account)?) else { return Ok(()) };
        let package = self.make_package(LastResort::No)?;
        let (_, leaf) = key_package_identity(&self.provider(), &package, self.time()?).map_err(|_| Fault::Stored)?;
        set_meta(self.db, &asked_with(leaf.leaf_public()), request)?;
        let instead_of = meta::<Vec<u8>>(self.db, &instead_of(request))?.unwrap_or_default();
        let body = Request { states: vec![own.state.clone()], key_packages: vec![package], capability: Some(capability), instead_of };
        let envelope = Envelope { body: Some(Body::Request(body)) }.encode_to_vec();
        let sealed = inbox_seal::seal(&account, state.state().inbox_key.as_bytes(), &envelope, &mut *self.crypto.rng());
        let Ok(record) = sealed else {
            let Some(row) = self.outbox_row(row.id)? else { return Ok(()) };
            return self.outbox_failed(row, &Refusal::LinkSpent);
        };
        self.outbox_done(row.id)?;
        self.deposit(inbox, drop, record, 0, Whom::Request(request))
    }

    /// Leaves a sealed record to be put into an inbox after a random while.
    pub fn deposit(&mut self, inbox: [u8; 32], drop: [u8; 32], record: Vec<u8>, after: u64, whom: Whom) -> Result<(), Fault> {
        let row = self.intend(None, None, None, Urgency::Ordinary, &Intent::Deposit { inbox, drop, record, after, whom })?;
        let at = self.now.plus(self.random_between(DEPOSIT_DELAY_MIN, DEPOSIT_DELAY_MAX));
        self.not_before(row, at)?;
        self.wake(at);
        Ok(())
    }

    /// A page of the owner's states. Where others follow they are asked for first: the newest says which devices the account has.
    pub fn ask_states(&mut self, row: Row, states: &[bytes::Bytes], rest: Rest) -> Result<(), Fault> {
        let Intent::Ask { request, .. } = row.intent else { return self.outbox_done(row.id) };
        let asked = self.session.states_from.remove(&row.id).unwrap_or_default();
        if rest == Rest::Follows {
            let next = states.last().and_then(|state| verified(state)).map_or(0, |state| state.state().seq.saturating_add(1));
            // A server that shows the same again would be asked for ever.
            if next <= asked || next > STATES_FOLLOWED_MAX {
                return self.outbox_failed(row, &Refusal::LinkSpent);
            }
            self.session.states_from.insert(row.id, next);
            return Ok(());
        }
        let account: [u8; 32] =
            self.db.prepare_cached("SELECT account FROM request WHERE id = ?1")?.query_row([request], |row| row.get(0))?;
        let states: Vec<Vec<u8>> = states.iter().map(|state| state.to_vec()).collect();
        if self.learn_states(&AccountId(account), &states)? {
            return Ok(());
        }
        self.outbox_failed(row, &Refusal::LinkSpent)
    }

    /// Accepting makes the chat and adds whoever asked to it. One that was settled by another leads to the chat that there is.
    pub fn accept_request(&mut self, id: i64) -> Result<Result<Reply, Refusal>, Fault> {
        type Asked = ([u8; 32], String, Option<Vec<u8>>, Option<Vec<u8>>);
        let row: Option<Asked> = self
            .db
            .prepare_cached("SELECT account, state, capability, key_package FROM request WHERE id = ?1 AND outgoing = 0")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        let Some((account, state, capability, key_package)) = row else { return Ok(Err(Refusal::NoSuchRequest { id })) };
        let account = AccountId(account);
        if state == "accepted" {
            let chat = self.contact(&account)?.and_then(|contact| contact.chat);
            return Ok(chat.map(Reply::Id).ok_or(Refusal::NoSuchRequest { id }));
        }
        let (true, Some(capability), Some(key_package)) = (state == "open", capability, key_package) else {
            return Ok(Err(Refusal::NoSuchRequest { id }));
        };
        self.db
            .prepare_cached(
                "UPDATE contact SET capability = ?2, blocked = 0, label = (SELECT label FROM request WHERE id = ?3) WHERE account = ?1",
            )?
            .execute(params![account.0, capability, id])?;
        self.open_door(&account)?;
        let chat = self.make_chat_of_two(&account, key_package)?;
        let chat = self.settle(&account, id, chat)?;
        self.event(Event::ChatChanged { chat });
        Ok(Ok(Reply::Id(chat)))
    }

    /// A chat with somebody has begun: no request to or from that person waits any more. Gives the chat that stays.
    pub fn settle(&mut self, account: &AccountId, request: i64, chat: i64) -> Result<i64, Fault> {
        let waiting: Vec<i64> = self
            .db
            .prepare_cached("SELECT id FROM request WHERE outgoing = 1 AND account = ?1 AND state = 'waiting'")?
            .query_map([account.0], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let rows: Vec<i64> = self
            .db
            .prepare_cached("SELECT id FROM outbox WHERE log IS NULL")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for row in rows {
            let Some(row) = self.outbox_row(row)? else { continue };
            let (Intent::Ask { request: of, .. } | Intent::Deposit { whom: Whom::Request(of), .. }) = row.intent else { continue };
            if waiting.contains(&of) {
                self.outbox_done(row.id)?;
            }
        }
        self.db
            .prepare_cached("UPDATE request SET state = 'accepted', key_package = NULL WHERE account = ?1 AND (state IN ('waiting', 'open') OR id = ?2)")?
            .execute(params![account.0, request])?;
        let instead: Option<Vec<u8>> = meta(self.db, &instead_of(request))?;
        if let Some(route) = instead.and_then(|bytes| Route::try_from(bytes.as_slice()).ok()) {
            forget_meta(self.db, &instead_of(request))?;
            self.end_chat_of_two(account, &route)?;
        }
        self.event(Event::RequestsChanged);
        self.settle_on_one(account, chat)
    }

    /// The own request that a chat of two answers: the one that its KeyPackage went out with. A request of an older program is any that waits.
    pub fn answered_request(&self, account: &AccountId, leaf: &[u8]) -> Result<Option<i64>, Fault> {
        let known: Option<i64> = meta(self.db, &asked_with(leaf))?;
        let of_theirs =
            "SELECT id FROM request WHERE outgoing = 1 AND account = ?1 AND (id = ?2 OR ?2 IS NULL AND state = 'waiting') ORDER BY id";
        Ok(self.db.prepare_cached(of_theirs)?.query_row(params![account.0, known], |row| row.get(0)).optional()?)
    }

    pub fn decline_request(&mut self, id: i64) -> Result<Result<Reply, Refusal>, Fault> {
        let changed = self
            .db
            .prepare_cached("UPDATE request SET state = 'declined', capability = NULL, key_package = NULL WHERE id = ?1 AND outgoing = 0 AND state = 'open'")?
            .execute([id])?;
        if changed == 0 {
            return Ok(Err(Refusal::NoSuchRequest { id }));
        }
        self.event(Event::RequestsChanged);
        Ok(Ok(Reply::Done))
    }
}
