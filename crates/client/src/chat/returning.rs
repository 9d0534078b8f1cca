//! Coming back into chats on a new device, after all others were lost (docs/spec/vault.md, "Into the chats again").
//!
//! The new device asks by the inboxes of people who are in the chat. One of them answers with a Commit, out with the old leaf and in with a new one
//! of the same account, which every member checks alike (mls/returning.rs), and a Welcome by the inbox.

use super::Chat;
use super::change::Kept;
use super::make::Beginning;
use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::contact::envelope::{Body, Envelope, Return, Returning, Welcome};
use crate::contact::inbox_seal;
use crate::message::Line;
use crate::mls::{
    ComesBack, CommitPlan, Group, LeafIdentity, Note, NoteAdded, NoteRequest, Provider, RoomKind, key_package_identity, make_return_package,
};
use crate::outbox::{Change, Homecomer, Intent, Row, StoredChange, StoredRole, Urgency, Whom};
use crate::receive::Stamped;
use franking::{SignedState, ValidState};
use prost::Message as _;
use rusqlite::{OptionalExtension as _, params};
use std::collections::{BTreeMap, BTreeSet};
use view::Event;
use wire::limits::{DAY, RETURN_GONE_MAX, RETURN_STATES_MAX, RETURNS_PER_REQUEST};
use wire::{AccountId, ClientId, LogId, Millis, PassToken};

/// Whoever is not back after this long asks again.
const ASK_AGAIN: u64 = DAY;
/// Everybody who can answer waits a random time up to this, so that one does.
const ANSWER_JITTER: u64 = 10 * 1000;
/// Stands for a pass where the newcomer goes on under its own.
const NO_PASS: [u8; 32] = [0; 32];

/// A chat that is not entered yet.
struct Homecoming {
    chat: i64,
    log: LogId,
    pass: PassToken,
    helpers: Vec<AccountId>,
    key_package: Option<Vec<u8>>,
}

impl Turn<'_> {
    /// Leaves the request for all chats, if there are any.
    pub fn want_back(&mut self) -> Result<(), Fault> {
        if let Some((inbox, _)) = self.inbox_log()? {
            self.intend(Some(inbox), None, None, Urgency::First, &Intent::ComeBack)?;
        }
        Ok(())
    }

    /// Asks the people of every chat that this account is not back in; the next day again.
    pub fn ask_to_come_back(&mut self, row: &Row) -> Result<(), Fault> {
        if !self.knows_the_time() {
            return Ok(());
        }
        self.outbox_done(row.id)?;
        let waiting = self.homecomings()?;
        if waiting.is_empty() {
            return Ok(());
        }
        let Some(own) = Account::load(self.db)? else { return Err(Fault::Stored) };
        let states = self.own_states(&own, RETURN_STATES_MAX as i64)?;
        let newest = states.last().and_then(|bytes| valid(bytes)).ok_or(Fault::Stored)?;
        let comes_back = ComesBack::new(newest, self.gone_clients(&own)?).ok_or(Fault::Stored)?;
        let mut by_helper: BTreeMap<[u8; 32], Vec<Returning>> = BTreeMap::new();
        for homecoming in waiting {
            let asked = self.returning(&own, &comes_back, &homecoming)?;
            for helper in &homecoming.helpers {
                by_helper.entry(helper.0).or_default().push(asked.clone());
            }
        }
        for (helper, chats) in by_helper {
            for chats in chats.chunks(RETURNS_PER_REQUEST) {
                self.ask_helper(&AccountId(helper), Return { states: states.clone(), chats: chats.to_vec() })?;
            }
        }
        let again = self.intend(row.log, None, None, Urgency::Ordinary, &Intent::ComeBack)?;
        self.not_before(again, self.now.plus(ASK_AGAIN))
    }

    fn homecomings(&self) -> Result<Vec<Homecoming>, Fault> {
        let rows =
            "SELECT h.id, l.log, l.pass, c.helpers, c.key_package FROM homecoming c JOIN chat h ON h.id = c.chat JOIN log l ON l.id = h.log
                    WHERE h.state = 'returning' ORDER BY h.id";
        let homecoming = |row: &rusqlite::Row<'_>| {
            let helpers: Vec<u8> = row.get(3)?;
            Ok(Homecoming {
                chat: row.get(0)?,
                log: LogId(row.get(1)?),
                pass: PassToken::new(row.get(2)?),
                helpers: helpers.as_chunks::<32>().0.iter().map(|account| AccountId(*account)).collect(),
                key_package: row.get(4)?,
            })
        };
        Ok(self.db.prepare_cached(rows)?.query_map([], homecoming)?.collect::<Result<_, _>>()?)
    }

    /// What is asked of a chat: one KeyPackage, however often and whomever it is asked of.
    fn returning(&mut self, own: &Account, comes_back: &ComesBack, homecoming: &Homecoming) -> Result<Returning, Fault> {
        let now = self.time()?;
        let known = homecoming.key_package.clone().filter(|package| {
            let brings = key_package_identity(&self.provider(), package, now).ok().and_then(|(package, _)| ComesBack::of(&package));
            brings.flatten().as_ref() == Some(comes_back)
        });
        let key_package = match known {
            Some(package) => package,
            None => self.make_return_package(comes_back, homecoming.chat)?,
        };
        let (_, leaf) = key_package_identity(&self.provider(), &key_package, now).map_err(super::group_fault)?;
        let leaf = <[u8; 32]>::try_from(leaf.leaf_public()).map_err(|_| Fault::Stored)?;
        let signature = comes_back.sign(own.identity(), &homecoming.log.route(), &leaf).to_vec();
        Ok(Returning { log: homecoming.log.0.to_vec(), key_package, signature, pass: homecoming.pass.hash().0.to_vec() })
    }

    fn make_return_package(&mut self, comes_back: &ComesBack, chat: i64) -> Result<Vec<u8>, Fault> {
        let seed: [u8; 32] = self.random();
        let signer = self.leaf_signer(&seed)?;
        let provider = Provider::new(self.crypto, self.db);
        let (bytes, reference) = make_return_package(&provider, &signer, comes_back).map_err(super::group_fault)?;
        let made = self.time()?.0 as i64;
        self.db
            .prepare_cached("INSERT INTO key_package (reference, leaf_public, leaf_key, made, last_resort) VALUES (?1, ?2, ?3, ?4, 0)")?
            .execute(params![reference, signer.public(), seed, made])?;
        self.db.prepare_cached("UPDATE homecoming SET key_package = ?2, leaf = ?3 WHERE chat = ?1")?.execute(params![
            chat,
            bytes,
            signer.public()
        ])?;
        Ok(bytes)
    }

    fn ask_helper(&mut self, helper: &AccountId, request: Return) -> Result<(), Fault> {
        let (Some(reach), Some(state)) = (self.reach(helper)?, self.account_state(helper)?) else { return Ok(()) };
        if self.is_blocked(helper)? {
            return Ok(());
        }
        let envelope = Envelope { body: Some(Body::Return(request)) }.encode_to_vec();
        let Ok(record) = inbox_seal::seal(helper, state.state().inbox_key.as_bytes(), &envelope, &mut *self.crypto.rng()) else {
            return Ok(());
        };
        let after: i64 =
            self.db.prepare_cached("SELECT inbox_after FROM contact WHERE account = ?1")?.query_row([helper.0], |row| row.get(0))?;
        self.deposit(reach.inbox.0, *reach.drop.expose(), record, after as u64, Whom::Contact(helper.0))
    }

    /// A contact whose devices were lost asks to be let back into chats.
    pub fn asked_to_let_back(&mut self, sender: &AccountId, asked: &Return) -> Result<(), Fault> {
        let few = asked.states.len() <= RETURN_STATES_MAX && asked.chats.len() <= RETURNS_PER_REQUEST;
        if !few || self.is_blocked(sender)? || !self.learn_states(sender, &asked.states)? {
            return Ok(());
        }
        // The state it comes with is the newest that is known: an old one that somebody kept lets nobody in.
        let Some(newest) = self.account_state(sender)?.filter(|state| asked.states.last() == Some(&state.to_bytes())) else {
            return Ok(());
        };
        for chat in &asked.chats {
            self.asked_for_one(sender, &newest, chat)?;
        }
        Ok(())
    }

    fn asked_for_one(&mut self, sender: &AccountId, newest: &ValidState, asked: &Returning) -> Result<(), Fault> {
        let found: Option<(i64, i64)> = self
            .db
            .prepare_cached("SELECT h.id, l.id FROM chat h JOIN log l ON l.id = h.log WHERE l.log = ?1 AND h.state = 'active'")?
            .query_row([&asked.log], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (Some((chat, log)), Ok(pass)) = (found, <[u8; 32]>::try_from(asked.pass.as_slice())) else { return Ok(()) };
        let now = self.time()?;
        let Ok((package, new)) = key_package_identity(&self.provider(), &asked.key_package, now) else { return Ok(()) };
        let Some(comes_back) = ComesBack::of(&package).flatten().filter(|comes_back| comes_back.state() == newest) else { return Ok(()) };
        if new.account() != *sender || self.lost_leaf(log, &comes_back)?.is_none() {
            return Ok(());
        }
        let homecomer = Homecomer { account: sender.0, key_package: asked.key_package.clone(), signature: asked.signature.clone(), pass };
        let intent = Intent::Change(Change::Return(homecomer));
        self.drop_intent(log, &intent)?;
        let row = self.intend(Some(log), Some(chat), None, Urgency::Ordinary, &intent)?;
        let at = self.now.plus(self.random_between(0, ANSWER_JITTER));
        self.not_before(row, at)
    }

    /// A leaf whose client is lost.
    fn lost_leaf(&mut self, log: i64, comes_back: &ComesBack) -> Result<Option<(u32, LeafIdentity)>, Fault> {
        let members = self.with_group(log, |group, _| Ok(group.members()))?;
        Ok(members.into_iter().find(|(_, identity)| comes_back.misses(identity)))
    }

    /// Clients that earlier states of this account name and the newest does not; the latest first, as many as a request may name.
    fn gone_clients(&self, own: &Account) -> Result<Vec<ClientId>, Fault> {
        let mut gone = Vec::new();
        for state in self.own_states(own, i64::MAX)?.iter().rev().filter_map(|bytes| valid(bytes)) {
            let clients = state.state().certs.iter().map(|cert| cert.client);
            gone.extend(clients.filter(|client| *client != own.client));
        }
        let mut seen = BTreeSet::new();
        gone.retain(|client| seen.insert(*client));
        gone.truncate(RETURN_GONE_MAX);
        Ok(gone)
    }

    /// Out with the lost leaf, in with the new one. An admin of a group gives it a fresh pass and drops the old ones in the same append; else it goes
    /// on under its own. Nothing when somebody else has done it, or when it does not hold.
    pub(super) fn plan_return(
        &mut self,
        chat: &Chat,
        homecomer: &Homecomer,
        plan: &mut CommitPlan,
        changes: &mut Vec<StoredChange>,
        kept: &mut Kept,
    ) -> Result<(), Fault> {
        let now = self.time()?;
        let Ok((package, new)) = key_package_identity(&self.provider(), &homecomer.key_package, now) else { return Ok(()) };
        let Some(comes_back) = ComesBack::of(&package).flatten() else { return Ok(()) };
        let room = self.room(chat)?;
        let Some((leaf, old)) = self.lost_leaf(chat.log, &comes_back)? else { return Ok(()) };
        if !comes_back.replaces(&old, &new, &room.route, &homecomer.signature) {
            return Ok(());
        }
        let (token, hash) = if self.is_owner(chat)? {
            let token = PassToken::new(self.random());
            let role = if room.is_admin(&new.account()) { StoredRole::Owner } else { StoredRole::Member };
            changes.push(StoredChange::Set(token.hash().0, role));
            changes.extend(self.passes_to_drop(chat.id, leaf)?.into_iter().map(|pass| StoredChange::Drop(pass.0)));
            (*token.expose(), token.hash().0)
        } else {
            (NO_PASS, homecomer.pass)
        };
        let epoch = self.with_group(chat.log, |group, _| Ok(group.epoch()))?;
        let request = NoteRequest { leaf, epoch, signature: homecomer.signature.clone() };
        plan.note = Note { added: vec![NoteAdded { position: 0, pass: hash.to_vec(), request: Some(request) }] }.encode_to_vec();
        plan.removes.push(leaf);
        plan.adds.push(package);
        kept.invited.push((new.account().0, token));
        kept.readmitted = Some((new.account().0, new.client().0, Some(hash)));
        Ok(())
    }

    /// Our Commit that let somebody back in stands in the log.
    pub(super) fn returned(
        &mut self,
        chat: i64,
        account: &AccountId,
        client: &[u8; 16],
        pass: Option<[u8; 32]>,
        stamped: &Stamped<'_>,
    ) -> Result<(), Fault> {
        self.db
            .prepare_cached("UPDATE member SET pass = ?4 WHERE chat = ?1 AND account = ?2 AND client = ?3")?
            .execute(params![chat, account.0, client, pass])?;
        self.tell_new_device(chat, account, stamped.ms())
    }

    /// A Commit let somebody back in: its AccountState was in it.
    pub(super) fn somebody_is_back(&mut self, chat: i64, state: &ValidState, at: Millis) -> Result<(), Fault> {
        let account = state.state().account;
        self.learn_states(&account, &[state.to_bytes()])?;
        self.tell_new_device(chat, &account, at)
    }

    fn tell_new_device(&mut self, chat: i64, account: &AccountId, at: Millis) -> Result<(), Fault> {
        self.notice(chat, &Line::NewDevice(account.0), at)
    }

    /// The chat that a Welcome lets this account back into.
    pub fn returning_to(&self, welcome: &Welcome) -> Result<Option<i64>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT h.id FROM chat h JOIN log l ON l.id = h.log WHERE l.log = ?1 AND h.state = 'returning'")?
            .query_row([&welcome.log], |row| row.get(0))
            .optional()?)
    }

    /// Takes the place that somebody made in a chat of old, if all of the Welcome is what it must be.
    pub fn come_back(&mut self, chat: i64, sender: &AccountId, welcome: &Welcome) -> Result<(), Fault> {
        let (Some(row), Ok(place)) = (self.chat(chat)?, welcome.place()) else { return Ok(()) };
        let known = self.log_state(row.log)?;
        let asked: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT leaf FROM homecoming WHERE chat = ?1")?
            .query_row([chat], |row| row.get(0))
            .optional()?
            .flatten();
        let Some(asked) = asked.filter(|_| place.seq > known.cursor) else { return Ok(()) };
        self.db.execute_batch("SAVEPOINT coming_back")?;
        let Some((group, leaf_key)) = self.open_return(&row, sender, welcome, &asked)? else {
            self.db.execute_batch("ROLLBACK TO coming_back; RELEASE coming_back")?;
            self.groups.forget(row.log);
            return Ok(());
        };
        self.db.execute_batch("RELEASE coming_back")?;
        let next_pass: Option<[u8; 32]> =
            self.db.prepare_cached("SELECT next_pass FROM log WHERE id = ?1")?.query_row([row.log], |row| row.get(0))?;
        let given = *place.pass.expose() != NO_PASS;
        let pass = if given { place.pass } else { known.pass };
        let beginning = Beginning { log: place.log, pass, cursor: place.seq, chain: place.chain, ms: welcome.ms, live: true };
        self.reopen_chat(chat, row.log, &beginning, &leaf_key)?;
        if !given {
            // Which of the two is good the server knows.
            self.db.prepare_cached("UPDATE log SET next_pass = ?2 WHERE id = ?1")?.execute(params![row.log, next_pass])?;
        }
        self.db.prepare_cached("DELETE FROM homecoming WHERE chat = ?1")?.execute([chat])?;
        self.db.prepare_cached("INSERT INTO line (log, seq, stamp, chain) VALUES (?1, ?2, x'', ?3)")?.execute(params![
            row.log,
            place.seq.0 as i64,
            place.chain.0
        ])?;
        self.groups.put(row.log, group);
        self.refresh_members(chat, row.log)?;
        self.intend(Some(row.log), Some(chat), None, Urgency::First, &Intent::Change(Change::Refresh { swap: true }))?;
        if self.session.is_open() {
            self.subscribe(&[row.log])?;
        }
        self.event(Event::ChatChanged { chat });
        Ok(())
    }

    /// The group and the key of our leaf: the leaf that was asked for, in the conversation that the vault named, let in by a member.
    fn open_return(
        &mut self,
        chat: &Chat,
        sender: &AccountId,
        welcome: &Welcome,
        asked: &[u8],
    ) -> Result<Option<(Group, [u8; 32])>, Fault> {
        let Some(own) = Account::load(self.db)? else { return Err(Fault::Stored) };
        let provider = Provider::new(self.crypto, self.db);
        let Ok(joined) = Group::join(&provider, &welcome.welcome, Some(welcome.tree.as_slice()).filter(|tree| !tree.is_empty())) else {
            return Ok(None);
        };
        let members: BTreeSet<AccountId> = joined.group.members().into_iter().map(|(_, identity)| identity.account()).collect();
        let kind = match chat.peer {
            Some(peer) => joined.room.kind == RoomKind::Two && members == BTreeSet::from([own.id(), peer]),
            None => joined.room.kind == RoomKind::Group,
        };
        let Some(leaf) = joined.group.member(joined.group.own_leaf()) else { return Ok(None) };
        let ours = leaf.leaf_public() == asked && (leaf.account(), leaf.client()) == (own.id(), own.client);
        if !kind || !ours || joined.inviter.account() != *sender || !self.fits_server(&joined.room, welcome) {
            return Ok(None);
        }
        Ok(self.package_key(leaf.leaf_public())?.map(|key| (joined.group, key)))
    }
}

fn valid(bytes: &[u8]) -> Option<ValidState> {
    SignedState::from_bytes(bytes).ok()?.verify().ok()
}
