//! From a vault into an empty store: the account, its people, its inbox, and its chats, which are not entered yet.

use super::plain::{Plain, PlainChat, PlainLink, PlainLog, PlainPerson};
use super::words::Entropy;
use crate::account::{Account, username_is_well_formed};
use crate::client::{Fault, Turn};
use crate::contact::envelope::Capability;
use crate::store::set_meta;
use franking::{SignedState, ValidState};
use prost::Message as _;
use rusqlite::params;
use view::VaultRefusal;
use wire::call::Welcome;
use wire::limits::{RETURN_STATES_MAX, VAULT_HELPERS_MAX};
use wire::{AccountId, Chain, LogId, PassToken, TakePass};
use zeroize::Zeroizing;

/// What of a vault must hold before anything of it is taken.
pub(super) struct Sound<'p> {
    plain: &'p Plain,
    identity: Zeroizing<[u8; 32]>,
    inbox_key: Zeroizing<[u8; 32]>,
    states: Vec<ValidState>,
    inbox: Log<'p>,
}

/// A log whose fields have their lengths.
struct Log<'p> {
    plain: &'p PlainLog,
    log: LogId,
    pass: PassToken,
    next_pass: Option<PassToken>,
    chain: Chain,
}

impl<'p> Log<'p> {
    fn of(plain: &'p PlainLog) -> Option<Self> {
        let next_pass = match plain.next_pass.as_slice() {
            [] => None,
            pass => Some(PassToken::try_from(pass).ok()?),
        };
        Some(Self {
            plain,
            log: LogId::try_from(plain.log.as_slice()).ok()?,
            pass: PassToken::try_from(plain.pass.as_slice()).ok()?,
            next_pass,
            chain: Chain::try_from(plain.chain.as_slice()).ok()?,
        })
    }
}

fn seed(bytes: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    bytes.try_into().ok().map(Zeroizing::new)
}

impl<'p> Sound<'p> {
    /// Checks that a vault is one account's, made on the server that answered.
    ///
    /// # Errors
    /// [`VaultRefusal::OtherHistory`]: another server's keys are in it. [`VaultRefusal::Damaged`]: it contradicts itself.
    pub fn check(plain: &'p Plain, welcome: &Welcome) -> Result<Self, VaultRefusal> {
        if plain.server != welcome.server || plain.stamp_key != welcome.stamp_key {
            return Err(VaultRefusal::OtherHistory);
        }
        Self::parse(plain).ok_or(VaultRefusal::Damaged)
    }

    fn parse(plain: &'p Plain) -> Option<Self> {
        let identity = seed(&plain.identity)?;
        let account = franking::IdentityKey::from_seed(&identity).account();
        let (mut states, mut last): (Vec<ValidState>, Option<ValidState>) = (vec![], None);
        for bytes in &plain.states {
            let state = SignedState::from_bytes(bytes).ok()?.verify().ok().filter(|state| state.state().account == account)?;
            if last.as_ref().is_some_and(|last| state.follows(last).is_err()) {
                return None;
            }
            states.push(state.clone());
            last = Some(state);
        }
        last?;
        let well_formed = username_is_well_formed(&plain.username) && states.len() <= RETURN_STATES_MAX;
        Some(Self { plain, identity, inbox_key: seed(&plain.inbox_key)?, states, inbox: Log::of(plain.inbox.as_ref()?)? })
            .filter(|_| well_formed)
    }
}

impl Turn<'_> {
    /// Becomes the account of a vault, as a client that never was. `version` is the vault's on the server.
    pub(super) fn plant(&mut self, sound: &Sound<'_>, server_url: &str, entropy: &Entropy, version: u64) -> Result<(), Fault> {
        let plain = sound.plain;
        let newest = sound.states.last().ok_or(Fault::Stored)?;
        let (client_key, franking_key): (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) =
            (Zeroizing::new(self.random()), Zeroizing::new(self.random()));
        self.db
            .prepare_cached(
                "INSERT INTO account (id, username, display_name, server_url, identity_key, client, client_key, franking_key, inbox_key, state, cert,
                                      signed_up, handle_cert, server, stamp_key)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, x'', 1, ?10, ?11, ?12)",
            )?
            .execute(params![
                plain.username,
                plain.display_name,
                server_url,
                *sound.identity,
                self.random::<16>(),
                *client_key,
                *franking_key,
                *sound.inbox_key,
                newest.to_bytes(),
                plain.handle_cert,
                plain.server,
                plain.stamp_key
            ])?;
        let Some(account) = Account::load(self.db)? else { return Err(Fault::Stored) };
        let cert = self.certify(&account, self.time()?)?;
        self.db.prepare_cached("UPDATE account SET cert = ?1")?.execute([cert.to_bytes()])?;
        for state in &sound.states {
            self.keep_own_state(state.state().seq, &state.to_bytes())?;
        }
        let inbox = self.plant_log(&sound.inbox, Place::Inbox)?;
        // What the lost device acknowledged has died: the first record may leave a gap.
        set_meta(self.db, &crate::receive::gap_allowed(inbox), 1)?;
        for link in &plain.links {
            self.plant_link(link)?;
        }
        for person in &plain.people {
            self.plant_person(person)?;
        }
        for chat in &plain.chats {
            self.plant_chat(chat)?;
        }
        self.db
            .prepare_cached("INSERT INTO vault (id, entropy, confirmed, version, written, stored) VALUES (1, ?1, 1, ?2, ?3, ?4)")?
            .execute(params![entropy.expose(), version as i64, plain.written as i64, plain.time as i64])?;
        self.db.prepare_cached("UPDATE restoring SET kept = ?1")?.execute([plain.time as i64])?;
        Ok(())
    }

    fn plant_log(&self, log: &Log<'_>, place: Place) -> Result<i64, Fault> {
        let inbox = place == Place::Inbox;
        self.db
            .prepare_cached(
                "INSERT INTO log (log, route, pass, next_pass, inbox, live, cursor, chain, ms, last_commit) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                log.log.0,
                log.log.route().0,
                log.pass.expose(),
                log.next_pass.as_ref().map(|pass| *pass.expose()),
                inbox,
                log.plain.cursor as i64,
                log.chain.0,
                log.plain.ms as i64,
                log.plain.last_commit as i64
            ])?;
        Ok(self.db.last_insert_rowid())
    }

    /// A drop pass of the inbox: its row.
    fn plant_door(&self, token: &PassToken, live: &bool) -> Result<i64, Fault> {
        self.db.prepare_cached("INSERT INTO inbox_pass (hash, token, want, live) VALUES (?1, ?2, 'set', ?3)")?.execute(params![
            token.hash().0,
            token.expose(),
            live
        ])?;
        Ok(self.db.last_insert_rowid())
    }

    fn plant_link(&self, link: &PlainLink) -> Result<(), Fault> {
        let Ok(token) = PassToken::try_from(link.token.as_slice()) else { return Ok(()) };
        let door = self.plant_door(&token, &link.live)?;
        self.db
            .prepare_cached("INSERT INTO link (inbox_pass, label, made, expires, uses) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![door, link.label, link.made as i64, link.expires as i64, link.uses])?;
        Ok(())
    }

    /// What does not parse of a person is left away; the account itself must.
    fn plant_person(&self, person: &PlainPerson) -> Result<(), Fault> {
        let Ok(account) = AccountId::try_from(person.account.as_slice()) else { return Ok(()) };
        let state = SignedState::from_bytes(&person.state).ok().and_then(|state| state.verify().ok());
        let state = state.filter(|state| state.state().account == account).map(|state| state.to_bytes());
        let reach = Capability::decode(person.capability.as_slice()).ok().filter(|capability| capability.parse().is_ok());
        let capability = reach.filter(|_| state.is_some()).map(|capability| capability.encode_to_vec());
        let door = match PassToken::try_from(person.door.as_slice()) {
            Ok(token) if !person.blocked => Some(self.plant_door(&token, &person.door_live)?),
            _ => None,
        };
        let take = TakePass::try_from(person.take.as_slice()).ok().map(|take| *take.expose());
        self.db
            .prepare_cached(
                "INSERT OR IGNORE INTO contact (account, username, confirmed, display_name, label, state, capability, inbox_after, inbox_pass, take, blocked, met)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                account.0,
                person.username,
                person.confirmed,
                person.display_name,
                person.label,
                state,
                capability,
                person.inbox_after as i64,
                door,
                take,
                person.blocked,
                person.met as i64
            ])?;
        Ok(())
    }

    fn plant_chat(&mut self, chat: &PlainChat) -> Result<(), Fault> {
        let Some(log) = chat.log.as_ref().and_then(Log::of) else { return Ok(()) };
        let peer = AccountId::try_from(chat.peer.as_slice()).ok();
        let (kind, helpers) = match (chat.kind, peer) {
            (1, Some(peer)) => ("two", vec![peer]),
            (2, None) => {
                let helpers = chat.helpers.iter().filter_map(|account| AccountId::try_from(account.as_slice()).ok());
                ("group", helpers.take(VAULT_HELPERS_MAX).collect())
            }
            _ => return Ok(()),
        };
        let log = self.plant_log(&log, Place::Chat)?;
        let made = self.time()?.0 as i64;
        self.db
            .prepare_cached(
                "INSERT INTO chat (log, kind, state, peer, name, description, leaf_key, previous_c, expire_seconds, made)
                 VALUES (?1, ?2, 'returning', ?3, ?4, ?5, x'', ?6, ?7, ?8)",
            )?
            .execute(params![log, kind, peer.map(|peer| peer.0), chat.name, chat.description, [0u8; 32], chat.expire_seconds, made])?;
        let row = self.db.last_insert_rowid();
        let helpers: Vec<u8> = helpers.iter().flat_map(|account| account.0).collect();
        self.db.prepare_cached("INSERT INTO homecoming (chat, helpers) VALUES (?1, ?2)")?.execute(params![row, helpers])?;
        if let Some(peer) = peer {
            self.meet(&peer)?;
            self.db.prepare_cached("UPDATE contact SET chat = ?2 WHERE account = ?1")?.execute(params![peer.0, row])?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Inbox,
    Chat,
}
