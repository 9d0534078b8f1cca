//! This device's account: keys, certificate, AccountState, sign-up, KeyPackages.

use crate::client::{Fault, Turn};
use crate::contact::inbox_seal;
use crate::mls::{LastResort, LeafSigner, Provider, make_key_package};
use crate::outbox::{Intent, StoredRole, Urgency};
use crate::session::Waiting;
use crate::stretch::Stretch;
use franking::{AccountState, Class, ClientCert, ClientKey, FrankingKey, IdentityKey, InboxKey, SignedState, Validity};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::cell::OnceCell;
use view::{Event, Refusal, Reply, Why};
use wire::auth::HandleCert;
use wire::call::{HandleCost, Request, Welcome};
use wire::content::limits::NAME_MAX;
use wire::limits::{DAY, LAST_RESORT_ROTATION, USERNAME_MAX, USERNAME_MIN};
use wire::{AccountId, ClientId, Hash32, LogId, Millis, PassToken};
use zeroize::Zeroizing;

/// A certificate is made for this long; renewal comes with linking clients.
const CERT_LIFE: u64 = 10 * 365 * DAY;
/// Certificates begin a day early: clocks of other devices may be behind.
const CERT_MARGIN: u64 = DAY;
/// What a server may ask a client to spend on hashing a username.
const HANDLE_MEMORY_MAX_KIB: u32 = 64 * 1024;
const HANDLE_PASSES_MAX: u32 = 8;

pub(crate) struct Account {
    pub username: String,
    pub display_name: Option<String>,
    pub server_url: String,
    pub invite: Option<Vec<u8>>,
    pub client: ClientId,
    pub state: Vec<u8>,
    pub cert: Vec<u8>,
    pub signed_up: bool,
    pub handle_cert: Option<Vec<u8>>,
    pub server: Option<[u8; 32]>,
    pub stamp_key: Option<[u8; 32]>,
    seeds: Seeds,
    // A key costs a multiplication on its curve, and most who load an account need one or none: made when first asked for.
    identity: OnceCell<IdentityKey>,
    client_key: OnceCell<ClientKey>,
    franking_key: OnceCell<FrankingKey>,
    inbox_seed: Zeroizing<[u8; 32]>,
}

/// What the keys are made of.
struct Seeds {
    identity: Zeroizing<[u8; 32]>,
    client: Zeroizing<[u8; 32]>,
    franking: Zeroizing<[u8; 32]>,
}

impl Account {
    pub fn load(db: &Connection) -> Result<Option<Self>, Fault> {
        Ok(db
            .prepare_cached(
                "SELECT username, display_name, server_url, invite, client, state, cert, signed_up, handle_cert, server, stamp_key,
                        identity_key, client_key, franking_key, inbox_key FROM account",
            )?
            .query_row([], |row| {
                let seed = |column| row.get::<_, [u8; 32]>(column).map(Zeroizing::new);
                Ok(Self {
                    username: row.get(0)?,
                    display_name: row.get(1)?,
                    server_url: row.get(2)?,
                    invite: row.get(3)?,
                    client: ClientId(row.get(4)?),
                    state: row.get(5)?,
                    cert: row.get(6)?,
                    signed_up: row.get(7)?,
                    handle_cert: row.get(8)?,
                    server: row.get(9)?,
                    stamp_key: row.get(10)?,
                    seeds: Seeds { identity: seed(11)?, client: seed(12)?, franking: seed(13)? },
                    identity: OnceCell::new(),
                    client_key: OnceCell::new(),
                    franking_key: OnceCell::new(),
                    inbox_seed: seed(14)?,
                })
            })
            .optional()?)
    }

    pub fn id(&self) -> AccountId {
        self.identity().account()
    }

    pub fn identity(&self) -> &IdentityKey {
        self.identity.get_or_init(|| IdentityKey::from_seed(&self.seeds.identity))
    }

    pub fn client_key(&self) -> &ClientKey {
        self.client_key.get_or_init(|| ClientKey::from_seed(&self.seeds.client))
    }

    pub fn franking_key(&self) -> &FrankingKey {
        self.franking_key.get_or_init(|| FrankingKey::from_seed(&self.seeds.franking))
    }

    /// The seeds of identity key and inbox key, for the vault alone.
    pub fn seeds_to_keep(&self) -> (Vec<u8>, Vec<u8>) {
        (self.seeds.identity.to_vec(), self.inbox_seed.to_vec())
    }

    /// What the inbox key is made of, for reports that were sealed to it.
    pub fn inbox_seed(&self) -> &Zeroizing<[u8; 32]> {
        &self.inbox_seed
    }

    pub fn inbox_secret(&self) -> Vec<u8> {
        inbox_seal::inbox_keys(&self.inbox_seed).0
    }
}

/// Verifies an Ed25519 signature strictly.
pub(crate) fn verify_ed25519(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    ed25519_dalek::VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok())
}

/// What reaches the server of a username: Argon2id, salted with the server's identity.
fn handle_of(stretch: Stretch, username: &str, server: &[u8; 32], cost: HandleCost) -> Option<Hash32> {
    if cost.memory_kib > HANDLE_MEMORY_MAX_KIB || cost.passes > HANDLE_PASSES_MAX {
        return None;
    }
    stretch(username.as_bytes(), server, cost).map(|handle| Hash32(*handle))
}

/// Whether the server's identity signed this certificate. That is cheap; what username it is for is not.
pub(crate) fn is_signed(own: &Account, cert: &HandleCert) -> bool {
    let message = HandleCert::message(&cert.handle, &cert.account, cert.day, &cert.role);
    own.server.is_some_and(|server| verify_ed25519(&server, &message, &cert.signature))
}

/// Whether a certificate is for this username: costly on purpose.
pub(crate) fn is_for(turn: &Turn<'_>, own: &Account, username: &str, cert: &HandleCert) -> Result<bool, Fault> {
    let (Some(server), Some(cost)) = (own.server, turn.handle_cost()?) else { return Ok(false) };
    Ok(username_is_well_formed(username)
        && handle_of(turn.config.stretch, username, &server, cost).is_some_and(|handle| handle == cert.handle))
}

/// Lower-case letters, digits, dots, dashes and underscores, beginning with a letter: one spelling a name.
pub(crate) fn username_is_well_formed(username: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    (USERNAME_MIN..=USERNAME_MAX).contains(&username.len())
        && username.starts_with(|c: char| c.is_ascii_lowercase())
        && username.chars().all(allowed)
}

impl Turn<'_> {
    /// Makes keys for an account; everything that depends on the server waits for its greeting.
    pub fn begin_sign_up(
        &mut self,
        username: &str,
        server_url: &str,
        invite: Option<String>,
        display_name: Option<String>,
    ) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(account) = Account::load(self.db)? {
            if account.signed_up {
                return Ok(Err(Refusal::AlreadySignedUp { username: account.username }));
            }
            // The server has not answered yet. The same again goes on with the same keys: the name may be ours there already.
            if account.username == username.to_lowercase() && account.server_url == server_url.trim_end_matches('/') {
                return Ok(Ok(Reply::Done));
            }
            self.db.execute_batch("DELETE FROM account; DELETE FROM own_state;")?;
        }
        let username = username.to_lowercase();
        if !username_is_well_formed(&username) {
            return Ok(Err(Refusal::UsernameShape));
        }
        let display_name = display_name.map(|name| name.trim().to_owned());
        match display_name.as_deref() {
            // It would never be said: a name that is no name makes a message that is none.
            Some("") => return Ok(Err(Refusal::EmptyName)),
            Some(name) if name.len() > NAME_MAX => return Ok(Err(Refusal::NameTooLong { limit: NAME_MAX })),
            _ => {}
        }
        let invite = match invite.map(|text| decode_invite(&text)) {
            Some(None) => return Ok(Err(Refusal::InviteSpent)),
            Some(Some(code)) => Some(code),
            None => None,
        };
        let (identity, client_key, franking_key, inbox_key): ([u8; 32], [u8; 32], [u8; 32], [u8; 32]) =
            (self.random(), self.random(), self.random(), self.random());
        self.db
            .prepare_cached(
                "INSERT INTO account (id, username, display_name, server_url, invite, identity_key, client, client_key, franking_key, inbox_key, state, cert)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, x'', x'')",
            )?
            .execute(params![
                username,
                display_name,
                server_url.trim_end_matches('/'),
                invite,
                identity,
                self.random::<16>(),
                client_key,
                franking_key,
                inbox_key
            ])?;
        self.db.execute_batch("DELETE FROM restoring")?;
        crate::store::forget_meta(self.db, "sign_up_refused")?;
        Ok(Ok(Reply::Done))
    }

    /// Signs the first AccountState, in server time, and asks for the username.
    pub fn sign_up(&mut self, account: &Account, welcome: &Welcome) -> Result<(), Fault> {
        let Some(handle) = handle_of(self.config.stretch, &account.username, &welcome.server, welcome.handle_cost) else {
            self.event(Event::SignUpRefused(Refusal::ServerRefused { why: Why::TooMuchWork }));
            return Ok(());
        };
        let now = self.time()?;
        if account.state.is_empty() {
            let cert = self.certify(account, now)?;
            let (_, inbox_public) = inbox_seal::inbox_keys(&account.inbox_seed);
            let inbox_key = InboxKey::try_from(inbox_public.as_slice()).map_err(|_| Fault::Stored)?;
            let state =
                AccountState::first(account.id(), inbox_key, vec![cert], now).sign(account.identity()).map_err(|_| Fault::Stored)?;
            self.db.prepare_cached("UPDATE account SET state = ?1, cert = ?2")?.execute(params![state.to_bytes(), cert.to_bytes()])?;
            self.keep_own_state(1, &state.to_bytes())?;
        }
        // Who answered first is who counts from now on.
        self.db.prepare_cached("UPDATE account SET server = ?1, stamp_key = ?2")?.execute(params![welcome.server, welcome.stamp_key])?;
        crate::store::set_meta(self.db, "handle_memory_kib", welcome.handle_cost.memory_kib)?;
        crate::store::set_meta(self.db, "handle_passes", welcome.handle_cost.passes)?;
        let Some(account) = Account::load(self.db)? else { return Err(Fault::Stored) };
        let invite = account.invite.as_deref().and_then(|code| code.try_into().ok());
        self.ask(Request::SignUp { handle, state: account.state.into(), invite }, Waiting::SignUp);
        Ok(())
    }

    /// The certificate of this client, by its account.
    pub fn certify(&self, account: &Account, now: Millis) -> Result<ClientCert, Fault> {
        let validity = Validity { not_before: Millis(now.0.saturating_sub(CERT_MARGIN)), not_after: now.plus(CERT_LIFE) };
        let (client_key, franking_key) = (account.client_key(), account.franking_key());
        let rng = &mut *self.crypto.rng();
        ClientCert::issue(account.identity(), account.client, client_key, franking_key, Class::Native, validity, rng)
            .map_err(|_| Fault::Stored)
    }

    pub fn keep_own_state(&self, seq: u64, state: &[u8]) -> Result<(), Fault> {
        self.db.prepare_cached("INSERT OR REPLACE INTO own_state (seq, bytes) VALUES (?1, ?2)")?.execute(params![seq as i64, state])?;
        Ok(())
    }

    pub fn handle_cost(&self) -> Result<Option<HandleCost>, Fault> {
        let memory_kib = crate::store::meta(self.db, "handle_memory_kib")?;
        let passes = crate::store::meta(self.db, "handle_passes")?;
        Ok(memory_kib.zip(passes).map(|(memory_kib, passes)| HandleCost { memory_kib, passes }))
    }

    /// The account exists: keep what the server signed, and make the inbox in a request of its own.
    pub fn signed_up(&mut self, handle_cert: &[u8]) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE account SET signed_up = 1, handle_cert = ?1")?.execute([handle_cert])?;
        let Some(account) = Account::load(self.db)? else { return Err(Fault::Stored) };
        if self.inbox_log()?.is_none() {
            let (log, pass) = (LogId(self.random()), PassToken::new(self.random()));
            self.db.prepare_cached("INSERT INTO log (log, route, pass, inbox, chain) VALUES (?1, ?2, ?3, 1, ?4)")?.execute(params![
                log.0,
                log.route().0,
                pass.expose(),
                [0u8; 32]
            ])?;
            let row = self.db.last_insert_rowid();
            let passes = vec![(pass.hash().0, StoredRole::Owner)];
            self.intend(Some(row), None, None, Urgency::First, &Intent::CreateLog { passes, inbox: true })?;
        }
        self.event(Event::SignedUp { username: account.username.clone() });
        self.open_session(&account)
    }

    /// Signs for a leaf with this seed.
    pub fn leaf_signer(&self, seed: &[u8; 32]) -> Result<LeafSigner, Fault> {
        let Some(account) = Account::load(self.db)? else { return Err(Fault::Stored) };
        let cert = ClientCert::from_bytes(&account.cert).map_err(|_| Fault::Stored)?;
        Ok(LeafSigner::new(seed, account.client_key(), &cert))
    }

    /// A KeyPackage with a leaf key of its own.
    pub fn make_package(&mut self, last_resort: LastResort) -> Result<Vec<u8>, Fault> {
        let seed: [u8; 32] = self.random();
        let signer = self.leaf_signer(&seed)?;
        let provider = Provider::new(self.crypto, self.db);
        let (bytes, reference) = make_key_package(&provider, &signer, last_resort).map_err(|_| Fault::Stored)?;
        let made = self.time()?.0 as i64;
        self.db
            .prepare_cached("INSERT INTO key_package (reference, leaf_public, leaf_key, made, last_resort) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![reference, signer.public(), seed, made, last_resort == LastResort::Yes])?;
        Ok(bytes)
    }

    /// The leaf key of a KeyPackage of ours; a one-time one is used up by this.
    pub fn package_key(&self, leaf_public: &[u8]) -> Result<Option<[u8; 32]>, Fault> {
        let found: Option<([u8; 32], bool)> = self
            .db
            .prepare_cached("SELECT leaf_key, last_resort FROM key_package WHERE leaf_public = ?1")?
            .query_row([leaf_public], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((key, last_resort)) = found else { return Ok(None) };
        if !last_resort {
            self.db.prepare_cached("DELETE FROM key_package WHERE leaf_public = ?1")?.execute([leaf_public])?;
        }
        Ok(Some(key))
    }

    /// Fills up what strangers to a group are added with; the last-resort package is replaced weekly.
    pub fn refill(&mut self, held: u32) -> Result<(), Fault> {
        let wanted = self.config.key_packages.saturating_sub(held as usize);
        let rotated: i64 = self.db.query_row("SELECT last_resort_at FROM account", [], |row| row.get(0))?;
        let now = self.time()?;
        let rotate = now.since(Millis(rotated as u64)) >= LAST_RESORT_ROTATION;
        if wanted * 2 < self.config.key_packages && !rotate {
            return Ok(());
        }
        let mut one_time = Vec::with_capacity(wanted);
        for _ in 0..wanted {
            one_time.push(self.make_package(LastResort::No)?.into());
        }
        let last_resort = if rotate { Some(self.make_package(LastResort::Yes)?.into()) } else { None };
        if rotate {
            self.db.prepare_cached("UPDATE account SET last_resort_at = ?1")?.execute([now.0 as i64])?;
        }
        self.ask(Request::PublishKeyPackages { one_time, last_resort }, Waiting::PublishKeyPackages);
        Ok(())
    }
}

/// The account an AccountState speaks for, before anything is checked.
pub(crate) fn account_of_state(bytes: &[u8]) -> Option<AccountId> {
    Some(SignedState::from_bytes(bytes).ok()?.unverified().account)
}

/// An invitation code: 32 hex digits, alone or behind the `#` of the URL that `treehouse invite` prints.
fn decode_invite(text: &str) -> Option<Vec<u8>> {
    let code = text.rsplit('#').next()?.trim();
    if code.len() != 32 || !code.is_ascii() {
        return None;
    }
    (0..16).map(|at| u8::from_str_radix(code.get(at * 2..at * 2 + 2)?, 16).ok()).collect()
}
