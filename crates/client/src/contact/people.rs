//! What this device knows of other accounts: their newest AccountState, their confirmed username, how to reach them, whether they are blocked.

use super::envelope::Capability;
use crate::account::{Account, is_for, is_signed, username_is_well_formed};
use crate::client::{Fault, Turn};
use crate::outbox::{Intent, Urgency};
use crate::store::{forget_meta, meta, set_meta};
use franking::{SignedState, ValidState};
use prost::Message as _;
use rusqlite::{OptionalExtension as _, Row, params};
use view::{Event, Refusal, Reply, Switch};
use wire::auth::HandleCert;
use wire::content::Reach;
use wire::content::limits::NAME_MAX;
use wire::limits::DAY;
use wire::{AccountId, Hash32, TakePass};

pub(crate) struct Contact {
    pub account: AccountId,
    pub username: Option<String>,
    /// What this person wrote on the link that they used.
    label: String,
    pub confirmed: bool,
    pub blocked: bool,
    pub chat: Option<i64>,
}

impl Contact {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            account: AccountId(row.get(0)?),
            username: row.get(1)?,
            confirmed: row.get(2)?,
            blocked: row.get(3)?,
            chat: row.get(4)?,
            label: row.get(5)?,
        })
    }

    /// The username once the server's identity has confirmed it, else what this person wrote on the link, else the beginning of the account key: a
    /// name that anyone may claim is not shown.
    pub fn name(&self) -> String {
        match &self.username {
            Some(name) if self.confirmed => name.clone(),
            _ if !self.label.is_empty() => self.label.clone(),
            _ => self.account.to_string().chars().take(12).collect(),
        }
    }
}

/// Names of one account that are looked at in a day: whoever was given another one has it at once, and who says a thousand costs nobody a minute.
const NAMES_A_DAY: i64 = 3;

/// Name of a small value: whether somebody is to be told of a new way to our inbox.
fn new_way(account: &AccountId) -> String {
    format!("new_way/{account}")
}

pub(super) fn verified(bytes: &[u8]) -> Option<ValidState> {
    SignedState::from_bytes(bytes).ok()?.verify().ok()
}

const COLUMNS: &str = "account, username, confirmed, blocked, chat, label";

impl Turn<'_> {
    pub fn contact(&self, account: &AccountId) -> Result<Option<Contact>, Fault> {
        let query = format!("SELECT {COLUMNS} FROM contact WHERE account = ?1");
        Ok(self.db.prepare_cached(&query)?.query_row([account.0], Contact::from_row).optional()?)
    }

    /// The contact of a confirmed username.
    pub fn contact_named(&self, username: &str) -> Result<Option<Contact>, Fault> {
        let query = format!("SELECT {COLUMNS} FROM contact WHERE username = ?1 AND confirmed = 1");
        Ok(self.db.prepare_cached(&query)?.query_row([username], Contact::from_row).optional()?)
    }

    /// The contact that is shown under a name: a confirmed username, or else what stands in its place, if that means one person.
    pub fn contact_called(&self, name: &str) -> Result<Option<Contact>, Fault> {
        if let Some(contact) = self.contact_named(name)? {
            return Ok(Some(contact));
        }
        // The whole key is nobody else's.
        if let Some(account) = AccountId::from_hex(name) {
            return self.contact(&account);
        }
        let query = format!(
            "SELECT {COLUMNS} FROM contact
             WHERE confirmed = 0 AND (label = ?1 OR length(?1) >= 12 AND substr(lower(hex(account)), 1, length(?1)) = lower(?1))"
        );
        let mut found: Vec<Contact> = self.db.prepare_cached(&query)?.query_map([name], Contact::from_row)?.collect::<Result<_, _>>()?;
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// Makes a row for an account, if there is none.
    pub fn meet(&mut self, account: &AccountId) -> Result<(), Fault> {
        let now = self.time()?.0 as i64;
        self.db.prepare_cached("INSERT OR IGNORE INTO contact (account, met) VALUES (?1, ?2)")?.execute(params![account.0, now])?;
        Ok(())
    }

    pub fn is_blocked(&self, account: &AccountId) -> Result<bool, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT blocked FROM contact WHERE account = ?1")?
            .query_row([account.0], |row| row.get(0))
            .optional()?
            .unwrap_or(false))
    }

    pub fn account_state(&self, account: &AccountId) -> Result<Option<ValidState>, Fault> {
        let state: Option<Option<Vec<u8>>> =
            self.db.prepare_cached("SELECT state FROM contact WHERE account = ?1")?.query_row([account.0], |row| row.get(0)).optional()?;
        state.flatten().map(|bytes| verified(&bytes).ok_or(Fault::Stored)).transpose()
    }

    /// Takes AccountStates of an account, oldest first, as far as each follows the one before. False when none of them is the account's.
    ///
    /// An older state than the one known changes nothing; one that contradicts it is refused: its holder cannot be who we knew.
    pub fn learn_states(&mut self, account: &AccountId, states: &[Vec<u8>]) -> Result<bool, Fault> {
        let mut known = self.account_state(account)?;
        for bytes in states {
            let Some(state) = verified(bytes).filter(|state| state.state().account == *account) else { return Ok(false) };
            match &known {
                Some(old) if state.state().seq <= old.state().seq => {
                    if state.state().seq == old.state().seq && state.hash() != old.hash() {
                        return Ok(false);
                    }
                }
                Some(old) if state.follows(old).is_err() => return Ok(false),
                _ => known = Some(state),
            }
        }
        let Some(state) = known else { return Ok(false) };
        self.db.prepare_cached("UPDATE contact SET state = ?2 WHERE account = ?1")?.execute(params![account.0, state.to_bytes()])?;
        Ok(true)
    }

    pub fn reach(&self, account: &AccountId) -> Result<Option<Reach>, Fault> {
        let bytes: Option<Option<Vec<u8>>> = self
            .db
            .prepare_cached("SELECT capability FROM contact WHERE account = ?1")?
            .query_row([account.0], |row| row.get(0))
            .optional()?;
        let Some(bytes) = bytes.flatten() else { return Ok(None) };
        Ok(Capability::decode(bytes.as_slice()).ok().and_then(|capability| capability.parse().ok()))
    }

    /// A member says what it is called; the name counts once the server's identity has signed it for this account.
    pub fn profile_arrived(&mut self, account: &AccountId, username: &str, display_name: &str, handle_cert: &[u8]) -> Result<(), Fault> {
        let Some(own) = Account::load(self.db)? else { return Ok(()) };
        let known: Option<(Option<String>, bool)> = self
            .db
            .prepare_cached("SELECT username, confirmed FROM contact WHERE account = ?1")?
            .query_row([account.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let unchanged = matches!(&known, Some((Some(name), true)) if name == username);
        let confirmed = unchanged || self.claim_holds(&own, account, username, handle_cert)?;
        // Of two accounts with one name the one that was known first has it.
        let confirmed = confirmed && self.contact_named(username)?.is_none_or(|holder| holder.account == *account);
        self.meet(account)?;
        if !confirmed && matches!(&known, Some((_, true))) {
            // A name that was confirmed stays.
            return Ok(());
        }
        let display = Some(display_name).filter(|name| !name.is_empty());
        self.db
            .prepare_cached("UPDATE contact SET username = ?2, confirmed = ?3, display_name = ?4 WHERE account = ?1")?
            .execute(params![account.0, username, confirmed, display])?;
        if let Some(chat) = self.contact(account)?.and_then(|contact| contact.chat) {
            self.event(Event::ChatChanged { chat });
        }
        Ok(())
    }

    /// Whether the server's identity signed that an account has a username. The hash behind a name is costly on purpose: it is computed once a claim, a
    /// few times a day for one account, and never for another name than the one that its certificate is known to be for.
    fn claim_holds(&mut self, own: &Account, account: &AccountId, username: &str, handle_cert: &[u8]) -> Result<bool, Fault> {
        let Ok(cert) = HandleCert::decode(handle_cert) else { return Ok(false) };
        if cert.account != *account || !username_is_well_formed(username) || !is_signed(own, &cert) {
            return Ok(false);
        }
        // What its hash is of, once that was found.
        let named = format!("name_handle/{account}");
        if let Some(known) = meta::<Vec<u8>>(self.db, &named)?
            && let Some(name) = known.strip_prefix(&cert.handle.0)
        {
            return Ok(name == username.as_bytes());
        }
        let claim = Hash32::of(&[username.as_bytes(), &[0], handle_cert].concat());
        let refused = format!("name_refused/{account}");
        if meta::<[u8; 32]>(self.db, &refused)? == Some(claim.0) || !self.may_look_at_name(account)? {
            return Ok(false);
        }
        let holds = is_for(self, own, username, &cert)?;
        if holds {
            set_meta(self.db, &named, [cert.handle.0.as_slice(), username.as_bytes()].concat())?;
        } else {
            set_meta(self.db, &refused, claim.0)?;
        }
        Ok(holds)
    }

    /// Whether few enough names of an account were looked at today. Counted with this one.
    fn may_look_at_name(&mut self, account: &AccountId) -> Result<bool, Fault> {
        let today = (self.time()?.0 / DAY) as i64;
        let (day, count) = (format!("name_day/{account}"), format!("name_count/{account}"));
        let same = meta::<i64>(self.db, &day)? == Some(today);
        let before = meta::<i64>(self.db, &count)?.filter(|_| same).unwrap_or(0);
        if before >= NAMES_A_DAY {
            return Ok(false);
        }
        set_meta(self.db, &day, today)?;
        set_meta(self.db, &count, before + 1)?;
        Ok(true)
    }

    /// Hears somebody again. The ways to our inbox that were taken from them stay taken; whoever has a chat of two with us gets new ones there,
    /// and everybody else may ask anew with a link.
    pub fn unblock(&mut self, username: &str) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(contact) = self.contact_called(username)? else { return Ok(Err(Refusal::NoSuchUser { name: username.into() })) };
        self.db.prepare_cached("UPDATE contact SET blocked = 0 WHERE account = ?1")?.execute([contact.account.0])?;
        if contact.blocked && contact.chat.is_some() {
            self.open_door(&contact.account)?;
            set_meta(self.db, &new_way(&contact.account), true)?;
        }
        self.session.wakes_due = true;
        self.event(Event::ContactsChanged);
        if let Some(chat) = contact.chat {
            self.event(Event::ChatChanged { chat });
        }
        Ok(Ok(Reply::Done))
    }

    /// The server knows a pass: if it is for somebody who was unblocked, they are told of it, and nobody sees a line of it.
    pub fn door_is_open(&mut self, pass: &[u8; 32]) -> Result<(), Fault> {
        let whose = "SELECT c.account, c.chat FROM contact c JOIN inbox_pass p ON p.id = c.inbox_pass WHERE p.hash = ?1";
        let whose: Option<([u8; 32], Option<i64>)> =
            self.db.prepare_cached(whose)?.query_row([pass], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((account, Some(chat))) = whose else { return Ok(()) };
        let account = AccountId(account);
        if meta::<bool>(self.db, &new_way(&account))? != Some(true) || self.cannot_write(chat)?.is_some() {
            return Ok(());
        }
        forget_meta(self.db, &new_way(&account))?;
        let reach = self.reach_for(&account)?;
        self.introduce_with(chat, reach)
    }

    /// The other of a chat of two says how to reach it from now on. Of anybody else that is not taken: nobody in a group is a contact by it.
    pub fn new_way_to(&mut self, chat: i64, sender: &AccountId, reach: &Reach) -> Result<(), Fault> {
        if self.chat(chat)?.and_then(|chat| chat.peer) == Some(*sender) {
            let set = "UPDATE contact SET capability = ?2 WHERE account = ?1";
            self.db.prepare_cached(set)?.execute(params![sender.0, Capability::of(reach).encode_to_vec()])?;
        }
        Ok(())
    }

    /// How this account wants to be called from now on; who has been told before is told again.
    pub fn set_name(&mut self, name: &str) -> Result<Result<Reply, Refusal>, Fault> {
        let name = Some(name.trim()).filter(|name| !name.is_empty());
        if name.is_some_and(|name| name.len() > NAME_MAX) {
            return Ok(Err(Refusal::NameTooLong { limit: NAME_MAX }));
        }
        self.db.prepare_cached("UPDATE account SET display_name = ?1")?.execute([name])?;
        let told: Vec<i64> = self
            .db
            .prepare_cached("SELECT id FROM chat WHERE introduced = 1 AND state IN ('active', 'broken') ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for chat in told {
            if self.cannot_write(chat)?.is_none() {
                self.introduce(chat)?;
            }
        }
        self.event(Event::MeChanged);
        Ok(Ok(Reply::Done))
    }

    /// Takes back what a person was given to reach us; what they write from now on is not shown. Nothing is deleted.
    pub fn block(&mut self, username: &str) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(contact) = self.contact_called(username)? else { return Ok(Err(Refusal::NoSuchUser { name: username.into() })) };
        if contact.blocked {
            return Ok(Ok(Reply::Done));
        }
        let (pass, take): (Option<i64>, Option<[u8; 32]>) = self
            .db
            .prepare_cached("SELECT inbox_pass, take FROM contact WHERE account = ?1")?
            .query_row([contact.account.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let now = self.time()?.0 as i64;
        self.db
            .prepare_cached("UPDATE contact SET blocked = 1, blocked_at = ?2, inbox_pass = NULL, take = NULL WHERE account = ?1")?
            .execute(params![contact.account.0, now])?;
        if let Some(pass) = pass {
            self.drop_inbox_pass(pass)?;
        }
        if let Some(take) = take {
            let drop = vec![TakePass::new(take).hash().0];
            self.intend(None, None, None, Urgency::Ordinary, &Intent::TakePasses { add: vec![], drop })?;
        }
        self.session.wakes_due = true;
        self.event(Event::ContactsChanged);
        if let Some(chat) = contact.chat {
            self.event(Event::ChatChanged { chat });
        }
        Ok(Ok(Reply::Done))
    }

    /// Keeps whether both saw the same digits of an account and one's own.
    pub fn compare(&mut self, account: &str, same: Switch) -> Result<Result<Reply, Refusal>, Fault> {
        let changed = match AccountId::from_hex(account) {
            Some(account) => self
                .db
                .prepare_cached("UPDATE contact SET compared = ?2 WHERE account = ?1")?
                .execute(params![account.0, same == Switch::On])?,
            None => 0,
        };
        if changed == 0 {
            return Ok(Err(Refusal::NoSuchUser { name: account.into() }));
        }
        self.event(Event::ContactsChanged);
        Ok(Ok(Reply::Done))
    }
}
