//! Coming back: fetch the vault, become its account as a new client, say so to the server, and go on as always.
//!
//! Every step is stored before it is said, so that a lost connection or power cut only repeats it. An AccountState is signed once for a number:
//! what was signed and perhaps not published is said again as it is.

use super::plain::{Opened, Plain};
use super::plant::Sound;
use super::seal::VaultKeys;
use super::words::Entropy;
use crate::account::Account;
use crate::client::{Cause, Fault, Turn};
use crate::session::{Phase, Waiting, is_genuine};
use crate::store::{forget_meta, set_meta};
use franking::{AccountState, ClientCert, SignedState, ValidState};
use prost::Message as _;
use rusqlite::{OptionalExtension as _, params};
use view::{Event, Refusal, Reply, VaultEvent, VaultRefusal, Words};
use wire::Millis;
use wire::call::{Refusal as Refused, Request, Response, Welcome};
use wire::limits::RETURN_GONE_MAX;

/// An account on its way back.
struct Restoring {
    entropy: Entropy,
    server_url: String,
    /// The AccountState that is to come next, signed.
    next: Option<Vec<u8>>,
    /// When the vault was written, in server time.
    kept: u64,
}

impl Turn<'_> {
    pub(super) fn begin_restore(&mut self, words: &Words, server_url: &str) -> Result<Result<Reply, Refusal>, Fault> {
        if let Some(account) = Account::load(self.db)? {
            if account.signed_up {
                return Ok(Err(Refusal::AlreadySignedUp { username: account.username }));
            }
            self.db.execute_batch("DELETE FROM account; DELETE FROM own_state;")?;
        }
        let entropy = match Entropy::parse(words) {
            Ok(entropy) => entropy,
            Err(why) => return Ok(Err(Refusal::Vault(why))),
        };
        self.db
            .prepare_cached("INSERT OR REPLACE INTO restoring (id, entropy, server_url) VALUES (1, ?1, ?2)")?
            .execute(params![entropy.expose(), server_url.trim_end_matches('/')])?;
        forget_meta(self.db, "sign_up_refused")?;
        if self.session.phase != Phase::Offline {
            // Greeted already, with nothing to say then.
            self.greet_again()?;
        }
        Ok(Ok(Reply::Done))
    }

    fn restoring(&self) -> Result<Option<Restoring>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT entropy, server_url, next, kept FROM restoring")?
            .query_row([], |row| {
                Ok(Restoring {
                    entropy: Entropy::new(row.get(0)?),
                    server_url: row.get(1)?,
                    next: row.get(2)?,
                    kept: row.get::<_, i64>(3)? as u64,
                })
            })
            .optional()?)
    }

    pub fn is_restoring(&self) -> Result<bool, Fault> {
        Ok(self.db.prepare_cached("SELECT count(*) FROM restoring")?.query_row([], |row| row.get::<_, i64>(0))? > 0)
    }

    /// The server has greeted a device that is coming back.
    pub fn restore_welcomed(&mut self, welcome: Welcome) -> Result<(), Fault> {
        let Some(restoring) = self.restoring()? else { return Err(Fault::Stored) };
        let account = Account::load(self.db)?;
        let pinned =
            account.as_ref().is_none_or(|account| account.server == Some(welcome.server) && account.stamp_key == Some(welcome.stamp_key));
        if !is_genuine(&welcome) || !pinned {
            let why = Refusal::WrongServer { url: restoring.server_url };
            return if account.is_some() { self.cannot_connect(why) } else { self.restore_refused(why) };
        }
        self.server_time(&welcome)?;
        self.session.nonce = welcome.nonce;
        self.session.phase = Phase::Restoring;
        let Some(account) = account else {
            let Some(keys) = VaultKeys::derive(&restoring.entropy, &welcome.server) else { return Err(Fault::Stored) };
            self.ask(Request::FetchVault { vault: keys.id }, Waiting::RestoredVault(Box::new(welcome)));
            return Ok(());
        };
        match restoring.next.filter(|_| self.session.recovered) {
            Some(next) => self.recover(&account, Some(next)),
            None => self.recover(&account, None),
        }
    }

    /// What the server keeps for the words.
    pub fn vault_fetched(&mut self, welcome: &Welcome, response: Response) -> Result<(), Fault> {
        let Some(restoring) = self.restoring()? else { return Ok(()) };
        let (version, sealed) = match response {
            Response::Vault { version, sealed } => (version, sealed),
            Response::Refused(Refused::NotFound) => {
                return self.restore_refused(Refusal::Vault(VaultRefusal::NothingThere { server: restoring.server_url }));
            }
            // A little later.
            _ => {
                self.close_connection();
                return Ok(());
            }
        };
        let Some(keys) = VaultKeys::derive(&restoring.entropy, &welcome.server) else { return Err(Fault::Stored) };
        let body = match keys.open(self.crypto, &sealed) {
            Ok(body) => body,
            Err(why) => return self.restore_refused(Refusal::Vault(why)),
        };
        let Ok(plain) = Plain::decode(body.as_slice()) else { return self.restore_refused(Refusal::Vault(VaultRefusal::Damaged)) };
        let opened = Opened(plain);
        let sound = match Sound::check(&opened.0, welcome) {
            Ok(sound) => sound,
            Err(why) => return self.restore_refused(Refusal::Vault(why)),
        };
        self.db.execute_batch("SAVEPOINT planting")?;
        match self.plant(&sound, &restoring.server_url, &restoring.entropy, version) {
            Ok(()) => self.db.execute_batch("RELEASE planting")?,
            // Two of something of which there is one: whoever wrote it holds the words, and still it is no vault.
            Err(Fault::Database(error)) if Cause::of(&error) == Cause::Other => {
                self.db.execute_batch("ROLLBACK TO planting; RELEASE planting")?;
                return self.restore_refused(Refusal::Vault(VaultRefusal::Damaged));
            }
            Err(fault) => return Err(fault),
        }
        set_meta(self.db, "handle_memory_kib", welcome.handle_cost.memory_kib)?;
        set_meta(self.db, "handle_passes", welcome.handle_cost.passes)?;
        self.event(Event::MeChanged);
        let Some(account) = Account::load(self.db)? else { return Err(Fault::Stored) };
        self.recover(&account, None)
    }

    /// Says by the identity key that the account is back; `next` is its next AccountState, none asks for those there are.
    fn recover(&mut self, account: &Account, next: Option<Vec<u8>>) -> Result<(), Fault> {
        let (Some(server), Some(newest)) = (account.server, valid(&account.state)) else { return Err(Fault::Stored) };
        let (nonce, binding) = (self.session.nonce, self.session.binding());
        let signature = account.identity().sign_recovery(&server, &nonce, &binding, next.as_deref().unwrap_or_default());
        // Those before, too: they name the clients that are gone.
        let from_seq = newest.state().seq.saturating_sub(RETURN_GONE_MAX as u64);
        let waiting = if next.is_some() { Waiting::RecoveredNext } else { Waiting::RecoveredStates };
        let recover = Request::Recover { account: account.id(), nonce, signature, from_seq, state: next.map(Into::into) };
        self.ask(recover, waiting);
        Ok(())
    }

    /// The states that the server shows: they must continue those in the vault.
    pub fn states_recovered(&mut self, response: Response) -> Result<(), Fault> {
        let (Some(restoring), Some(account)) = (self.restoring()?, Account::load(self.db)?) else { return Ok(()) };
        let (states, more) = match response {
            Response::States { states, more } => (states, more),
            Response::Refused(refused) => return self.recovery_refused(refused),
            _ => {
                self.close_connection();
                return Ok(());
            }
        };
        let Some(newest) = continues(&account, &states) else { return self.cannot_connect(Refusal::Vault(VaultRefusal::OtherHistory)) };
        for bytes in &states {
            if let Some(state) = valid(bytes) {
                self.keep_own_state(state.state().seq, bytes)?;
            }
        }
        self.db.prepare_cached("UPDATE account SET state = ?1")?.execute([newest.to_bytes()])?;
        if more {
            return self.greet_again();
        }
        if newest.state().certs.iter().any(|cert| cert.client == account.client) {
            // It was published, and the answer was lost.
            return self.restored(&restoring);
        }
        // What was signed for this number before is said again: never two states with one number.
        let prepared = restoring.next.as_deref().and_then(valid).filter(|next| next.follows(&newest).is_ok());
        if prepared.is_none() {
            let now = Millis(self.time()?.0.max(newest.state().t.0));
            let mut next = AccountState::after(&newest, now);
            next.certs = vec![ClientCert::from_bytes(&account.cert).map_err(|_| Fault::Stored)?];
            let next = next.sign(account.identity()).map_err(|_| Fault::Stored)?;
            self.db.prepare_cached("UPDATE restoring SET next = ?1")?.execute([next.to_bytes()])?;
        }
        self.session.recovered = true;
        self.greet_again()
    }

    /// The server has taken the next state, or another device was first.
    pub fn next_recovered(&mut self, response: Response) -> Result<(), Fault> {
        let Some(restoring) = self.restoring()? else { return Ok(()) };
        self.session.recovered = false;
        match (response, &restoring.next) {
            (Response::Done, Some(next)) => {
                let state = valid(next).ok_or(Fault::Stored)?;
                self.keep_own_state(state.state().seq, next)?;
                self.db.prepare_cached("UPDATE account SET state = ?1")?.execute([next])?;
                self.restored(&restoring)
            }
            (Response::Refused(Refused::StateConflict), _) => {
                self.db.execute_batch("UPDATE restoring SET next = NULL")?;
                self.greet_again()
            }
            (Response::Refused(refused), _) => self.recovery_refused(refused),
            _ => {
                self.close_connection();
                Ok(())
            }
        }
    }

    /// This device is the account's. Its chats are asked for, and the vault is written as it is now.
    fn restored(&mut self, restoring: &Restoring) -> Result<(), Fault> {
        self.db.execute_batch("DELETE FROM restoring")?;
        let Some(account) = Account::load(self.db)? else { return Err(Fault::Stored) };
        self.want_back()?;
        self.event(Event::Vault(VaultEvent::Restored { username: account.username, kept_ms: restoring.kept }));
        self.greet_again()
    }

    fn recovery_refused(&mut self, refused: Refused) -> Result<(), Fault> {
        match refused {
            Refused::RateLimited { .. } | Refused::Busy => {
                self.close_connection();
                Ok(())
            }
            // The server does not know the account of the vault, or not any more.
            Refused::BadProof => self.cannot_connect(Refusal::Vault(VaultRefusal::OtherHistory)),
            refused => self.cannot_connect(crate::plain::server_refused(refused)),
        }
    }

    /// Nothing was taken: other words, or another address, may be tried.
    fn restore_refused(&mut self, why: Refusal) -> Result<(), Fault> {
        self.db.execute_batch("DELETE FROM restoring")?;
        self.event(Event::Vault(VaultEvent::RestoreRefused(why)));
        self.close_connection();
        Ok(())
    }
}

fn valid(bytes: impl AsRef<[u8]>) -> Option<ValidState> {
    SignedState::from_bytes(bytes.as_ref()).ok()?.verify().ok()
}

/// The newest of the states that a server shows, if each follows the one before and the one that is known is among them.
fn continues(account: &Account, states: &[bytes::Bytes]) -> Option<ValidState> {
    let known = valid(&account.state)?;
    let (first, rest) = states.split_first()?;
    let mut last = valid(first)?;
    let mut found = last.hash() == known.hash();
    for bytes in rest {
        last = valid(bytes).filter(|state| state.follows(&last).is_ok())?;
        found |= last.hash() == known.hash();
    }
    found.then_some(last)
}
