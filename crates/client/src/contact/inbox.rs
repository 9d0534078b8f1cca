//! Records of the own inbox. Who deposited one is told by the pass it came through, never by what it says.

use super::ask::instead_of;
use super::envelope::{Body, Envelope, Request, Welcome};
use super::inbox_seal;
use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::mls::RoomKind;
use crate::receive::Stamped;
use crate::store::set_meta;
use prost::Message as _;
use rusqlite::{OptionalExtension as _, params};
use view::Event;
use wire::{AccountId, PassHash, Route};

/// What stands behind a drop pass of the own inbox.
enum Door {
    Link { id: i64, label: String, made: i64 },
    Contact(AccountId),
}

impl Turn<'_> {
    /// Junk is passed over without a word: whoever holds a link may deposit anything.
    pub fn inbox_record(&mut self, stamped: &Stamped<'_>) -> Result<(), Fault> {
        let Some(account) = Account::load(self.db)? else { return Err(Fault::Stored) };
        let Some(door) = self.door(&stamped.stamp.stamp().by)? else { return Ok(()) };
        let Ok(plain) = inbox_seal::open(&account.id(), &account.inbox_secret(), stamped.record) else { return Ok(()) };
        let Ok(Envelope { body: Some(body) }) = Envelope::decode(plain.as_slice()) else { return Ok(()) };
        match (door, body) {
            (Door::Link { id, label, made }, Body::Request(request)) => self.asked(&account, id, &label, made, stamped, &request),
            (Door::Contact(sender), Body::Welcome(welcome)) => self.welcome_arrived(&sender, welcome),
            (Door::Contact(sender), Body::Return(asked)) => self.asked_to_let_back(&sender, &asked),
            _ => Ok(()),
        }
    }

    fn door(&self, by: &PassHash) -> Result<Option<Door>, Fault> {
        let Some(pass) = self
            .db
            .prepare_cached("SELECT id FROM inbox_pass WHERE hash = ?1")?
            .query_row([by.0], |row| row.get::<_, i64>(0))
            .optional()?
        else {
            return Ok(None);
        };
        let contact =
            self.db.prepare_cached("SELECT account FROM contact WHERE inbox_pass = ?1")?.query_row([pass], |row| row.get(0)).optional()?;
        if let Some(account) = contact {
            return Ok(Some(Door::Contact(AccountId(account))));
        }
        let link = self
            .db
            .prepare_cached("SELECT id, label, made FROM link WHERE inbox_pass = ?1 AND uses > 0")?
            .query_row([pass], |row| Ok(Door::Link { id: row.get(0)?, label: row.get(1)?, made: row.get(2)? }))
            .optional()?;
        Ok(link)
    }

    fn asked(&mut self, own: &Account, link: i64, label: &str, made: i64, stamped: &Stamped<'_>, request: &Request) -> Result<(), Fault> {
        let Some(account) = request.states.last().and_then(|state| crate::account::account_of_state(state)) else { return Ok(()) };
        let capability = request.capability.as_ref().filter(|capability| capability.parse().is_ok());
        let (Some(capability), Some(package)) = (capability, request.key_packages.first()) else { return Ok(()) };
        if account == own.id() || self.is_blocked(&account)? {
            return Ok(());
        }
        let now = self.time()?;
        let certified =
            crate::mls::key_package_identity(&self.provider(), package, now).is_ok_and(|(_, identity)| identity.account() == account);
        if !certified || !self.met(&account, &request.states)? {
            return Ok(());
        }
        self.db.prepare_cached("UPDATE link SET uses = uses - 1 WHERE id = ?1")?.execute([link])?;
        self.db
            .prepare_cached(
                "INSERT INTO request (outgoing, account, label, link_made, arrived, state, link_pass, capability, key_package)
                 VALUES (0, ?1, ?2, ?3, ?4, 'open', ?5, ?6, ?7)",
            )?
            .execute(params![
                account.0,
                label,
                made,
                stamped.stamp.stamp().ms.0 as i64,
                stamped.stamp.stamp().by.0,
                capability.encode_to_vec(),
                package
            ])?;
        let id = self.db.last_insert_rowid();
        if let Ok(route) = Route::try_from(request.instead_of.as_slice()) {
            set_meta(self.db, &instead_of(id), route.0)?;
        }
        self.event(Event::RequestsChanged);
        Ok(())
    }

    /// Takes in who asks, if the AccountStates hold together. Else no row stays: whoever holds a link could fill this device with people who do not exist,
    /// and use up no request of it.
    fn met(&mut self, account: &AccountId, states: &[Vec<u8>]) -> Result<bool, Fault> {
        self.db.execute_batch("SAVEPOINT asked")?;
        self.meet(account)?;
        let holds = self.learn_states(account, states)?;
        self.db.execute_batch(if holds { "RELEASE asked" } else { "ROLLBACK TO asked; RELEASE asked" })?;
        Ok(holds)
    }

    fn welcome_arrived(&mut self, sender: &AccountId, welcome: Welcome) -> Result<(), Fault> {
        if self.is_blocked(sender)? || welcome.place().is_err() {
            return Ok(());
        }
        if !welcome.states.is_empty() {
            self.learn_states(sender, &welcome.states)?;
        }
        if welcome.parked.is_some() { self.parcel_announced(Some(sender), None, &welcome) } else { self.welcome_here(sender, welcome) }
    }

    /// A Welcome with all that joining needs: the answer to a request of ours, or an invitation. Which of the two it is, the room says: whoever
    /// was asked may invite us to a group before the chat of two begins, or beside it.
    pub fn welcome_here(&mut self, sender: &AccountId, welcome: Welcome) -> Result<(), Fault> {
        if let Some(chat) = self.returning_to(&welcome)? {
            return self.come_back(chat, sender, &welcome);
        }
        let Some(seen) = self.look_into(sender, &welcome)? else { return Ok(()) };
        match (seen.kind, self.answered_request(sender, &seen.leaf)?) {
            (RoomKind::Group, _) => self.invited(sender, &welcome, &seen.members),
            (RoomKind::Two, Some(request)) => self.join_chat_of_two(sender, request, &welcome),
            // Nobody is asked for a chat of two that this device did not ask for.
            (RoomKind::Two, None) => Ok(()),
        }
    }
}
