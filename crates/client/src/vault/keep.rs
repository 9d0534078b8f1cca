//! Keeping the vault on the server as the account is: at once when the words are made, a while after each change, and once a month.

use super::plain::{Opened, Plain};
use super::seal::VaultKeys;
use super::words::{Entropy, Recovery, recovery_text};
use crate::account::Account;
use crate::client::{Client, Fault, Turn};
use crate::session::{RETRY, Waiting};
use crate::store::{meta, set_meta};
use franking::{SignedState, ValidState};
use prost::Message as _;
use rusqlite::{OptionalExtension as _, params};
use view::{Event, Keepsake, Refusal, Reply, VaultCommand, VaultEvent, VaultRefusal, VaultRow, Words};
use wire::Millis;
use wire::call::{Refusal as Refused, Request, Response};
use wire::limits::DAY;
use zeroize::Zeroizing;

/// A change waits a random time between these two: several become one write, at most one a minute, and the time of a write says little.
const SETTLE_MIN: u64 = 60 * 1000;
const SETTLE_MAX: u64 = 120 * 1000;
/// Written anew without a change: so that the server sees that the account lives, and a write says nothing by itself.
const REFRESH: u64 = 30 * DAY;
/// After a refusal that only time mends.
const LATER: u64 = 60 * 60 * 1000;
/// So many words, at least, show that they are written down.
const CONFIRMED_BY: usize = 2;

const REPLACED: &str = "replaced";

/// The row of the vault.
struct Kept {
    entropy: Entropy,
    version: u64,
    written: u64,
    never_stored: bool,
    touched: i64,
    covered: i64,
    digest: Option<[u8; 32]>,
    soon: Option<Millis>,
    due: Option<Millis>,
    attempt: Option<Vec<u8>>,
}

impl Client {
    /// The 12 words, if they are made: for the one screen that shows them.
    pub fn words(&self) -> Result<Option<Words>, Fault> {
        let entropy: Option<[u8; 16]> = self.db.prepare_cached("SELECT entropy FROM vault")?.query_row([], |row| row.get(0)).optional()?;
        Ok(entropy.map(Entropy::new).and_then(|entropy| entropy.words()))
    }

    /// The words, and the recovery file with them, if they are made.
    pub(crate) fn keepsake(&self) -> Result<Option<Keepsake>, Fault> {
        let Some(words) = self.words()? else { return Ok(None) };
        let server = self.server_url()?.unwrap_or_default();
        let file = Words::new(recovery_text(&words, &server).to_string());
        Ok(Some(Keepsake { words, file }))
    }

    /// How safe the account is.
    pub fn vault_status(&self) -> Result<VaultRow, Fault> {
        let replaced = meta::<i64>(&self.db, REPLACED)?.is_some();
        let returning: i64 = self.db.query_row("SELECT count(*) FROM chat WHERE state = 'returning'", [], |row| row.get(0))?;
        let none =
            VaultRow { kept: false, confirmed: false, stored_ms: None, waiting: false, left_out: 0, replaced, returning: returning as u64 };
        let row = self
            .db
            .prepare_cached("SELECT confirmed, stored, touched > covered OR attempt IS NOT NULL, left_out FROM vault")?
            .query_row([], |row| {
                Ok(VaultRow {
                    kept: true,
                    confirmed: row.get(0)?,
                    stored_ms: row.get::<_, Option<i64>>(1)?.map(|ms| ms as u64),
                    waiting: row.get(2)?,
                    left_out: row.get::<_, i64>(3)? as u64,
                    ..none.clone()
                })
            })
            .optional()?;
        Ok(row.unwrap_or(none))
    }

    /// Where this device's account is, or will be once it is back.
    pub fn server_url(&self) -> Result<Option<String>, Fault> {
        let url = "SELECT server_url FROM account UNION ALL SELECT server_url FROM restoring LIMIT 1";
        Ok(self.db.prepare_cached(url)?.query_row([], |row| row.get(0)).optional()?)
    }
}

impl Turn<'_> {
    pub fn vault_command(&mut self, command: VaultCommand) -> Result<Result<Reply, Refusal>, Fault> {
        match command {
            VaultCommand::KeepSafe => self.keep_safe(),
            VaultCommand::Confirm { words } => self.confirm_words(&words),
            VaultCommand::Restore { words, server } => self.begin_restore(&words, &server),
            VaultCommand::RestoreFile { file, server } => match Recovery::parse(file.expose()) {
                Ok(recovery) => self.begin_restore(&recovery.words, &server),
                Err(why) => Ok(Err(Refusal::Vault(why))),
            },
        }
    }

    /// Makes the words, unless they are made; what has changed since is written now.
    fn keep_safe(&mut self) -> Result<Result<Reply, Refusal>, Fault> {
        let entropy = Entropy::new(self.random());
        self.db.prepare_cached("INSERT OR IGNORE INTO vault (id, entropy) VALUES (1, ?1)")?.execute([entropy.expose()])?;
        self.db.prepare_cached("UPDATE vault SET soon = ?1 WHERE touched > covered")?.execute([self.now.0 as i64])?;
        self.event(Event::Vault(VaultEvent::Changed));
        Ok(Ok(Reply::Done))
    }

    fn confirm_words(&mut self, answers: &[(u32, Words)]) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(words) = self.kept()?.and_then(|kept| kept.entropy.words()) else { return Ok(Err(Refusal::Vault(VaultRefusal::NotKept))) };
        let mut numbers: Vec<u32> = answers.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let right = |(number, word): &(u32, Words)| {
            let at = usize::try_from(*number).ok().and_then(|number| number.checked_sub(1));
            at.and_then(|at| words.expose().split(' ').nth(at)).is_some_and(|wanted| word.expose().trim().eq_ignore_ascii_case(wanted))
        };
        if numbers.len() < CONFIRMED_BY || !answers.iter().all(right) {
            return Ok(Err(Refusal::Vault(VaultRefusal::NotTheWords)));
        }
        self.db.execute_batch("UPDATE vault SET confirmed = 1")?;
        self.event(Event::Vault(VaultEvent::Changed));
        Ok(Ok(Reply::Done))
    }

    fn kept(&self) -> Result<Option<Kept>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT entropy, version, written, stored IS NULL, touched, covered, digest, soon, due, attempt FROM vault")?
            .query_row([], |row| {
                let at = |column| row.get::<_, Option<i64>>(column).map(|at| at.map(|at| Millis(at as u64)));
                Ok(Kept {
                    entropy: Entropy::new(row.get(0)?),
                    version: row.get::<_, i64>(1)? as u64,
                    written: row.get::<_, i64>(2)? as u64,
                    never_stored: row.get(3)?,
                    touched: row.get(4)?,
                    covered: row.get(5)?,
                    digest: row.get(6)?,
                    soon: at(7)?,
                    due: at(8)?,
                    attempt: row.get(9)?,
                })
            })
            .optional()?)
    }

    fn vault_keys(&self, entropy: &Entropy) -> Result<Option<VaultKeys>, Fault> {
        let server = Account::load(self.db)?.and_then(|account| account.server);
        Ok(server.and_then(|server| VaultKeys::derive(entropy, &server)))
    }

    /// Writes the vault when it is time.
    pub fn drive_vault(&mut self) -> Result<(), Fault> {
        let Some(kept) = self.kept()? else { return Ok(()) };
        if self.session.vault_busy {
            return Ok(());
        }
        if let Some(later) = self.session.vault_later.filter(|later| *later > self.now) {
            self.wake(later);
            return Ok(());
        }
        if let Some(sealed) = &kept.attempt {
            return self.put_vault(&kept, sealed.clone());
        }
        let Some(at) = self.vault_time(&kept)? else { return Ok(()) };
        if at > self.now {
            self.wake(at);
            return Ok(());
        }
        self.seal_vault(kept)
    }

    /// When the vault is to be written next.
    fn vault_time(&mut self, kept: &Kept) -> Result<Option<Millis>, Fault> {
        // A clock that was set back does not put it off for longer than was meant.
        let not_far = |at: Millis, most: u64| if at.since(self.now) > most { self.now } else { at };
        let due = kept.due.map(|due| not_far(due, REFRESH));
        if kept.touched == kept.covered {
            return Ok(due);
        }
        let soon = match kept.soon {
            Some(soon) => not_far(soon, SETTLE_MAX),
            None => {
                let wait = if kept.never_stored || kept.due.is_none() { 0 } else { self.random_between(SETTLE_MIN, SETTLE_MAX) };
                let soon = self.now.plus(wait);
                self.db.prepare_cached("UPDATE vault SET soon = ?1")?.execute([soon.0 as i64])?;
                soon
            }
        };
        Ok(Some(due.map_or(soon, |due| due.min(soon))))
    }

    fn seal_vault(&mut self, kept: Kept) -> Result<(), Fault> {
        let (Some(own), Some(keys)) = (Account::load(self.db)?, self.vault_keys(&kept.entropy)?) else { return Ok(()) };
        if !self.knows_the_time() {
            return Ok(());
        }
        // What a vault says of itself may be any number.
        let written = kept.written.saturating_add(1);
        let gathered = self.gather(&own, written)?;
        let digest = gathered.plain.0.digest();
        let due = kept.due.is_none_or(|due| due <= self.now);
        if kept.digest == Some(digest.0) && !due {
            self.db.prepare_cached("UPDATE vault SET covered = ?1, soon = NULL")?.execute([kept.touched])?;
            return Ok(());
        }
        let body = Zeroizing::new(gathered.plain.0.encode_to_vec());
        let sealed = keys.seal(self.crypto, self.random(), &body).ok_or(Fault::Stored)?;
        self.db
            .prepare_cached(
                "UPDATE vault SET attempt = ?1, attempt_covered = ?2, attempt_digest = ?3, written = ?4, left_out = ?5, soon = NULL",
            )?
            .execute(params![sealed, kept.touched, digest.0, written as i64, gathered.left_out as i64])?;
        self.put_vault(&kept, sealed)
    }

    fn put_vault(&mut self, kept: &Kept, sealed: Vec<u8>) -> Result<(), Fault> {
        let Some(keys) = self.vault_keys(&kept.entropy)? else { return Ok(()) };
        self.session.vault_busy = true;
        let put = Request::PutVault { vault: keys.id, write: keys.write, after: kept.version, sealed: sealed.into() };
        self.ask(put, Waiting::PutVault);
        Ok(())
    }

    pub fn vault_put(&mut self, response: Response) -> Result<(), Fault> {
        self.session.vault_busy = false;
        match response {
            Response::Done => {
                let (stored, due) = (self.time()?, self.now.plus(REFRESH));
                self.db
                    .prepare_cached(
                        "UPDATE vault SET version = version + 1, stored = ?1, due = ?2, covered = attempt_covered, digest = attempt_digest,
                                          attempt = NULL, attempt_covered = NULL, attempt_digest = NULL",
                    )?
                    .execute(params![stored.0 as i64, due.0 as i64])?;
                self.event(Event::Vault(VaultEvent::Changed));
                Ok(())
            }
            Response::Refused(Refused::Stale { last_commit }) => {
                self.forget_attempt()?;
                if last_commit.0 == 0 {
                    // It was given up there: it begins anew.
                    self.db.execute_batch("UPDATE vault SET version = 0")?;
                    return Ok(());
                }
                self.look_at_vault()
            }
            Response::Refused(Refused::Busy | Refused::NoSession) => self.vault_later(RETRY),
            Response::Refused(Refused::RateLimited { wait_ms }) => self.vault_later(wait_ms.max(RETRY)),
            _ => {
                self.forget_attempt()?;
                self.vault_later(LATER)
            }
        }
    }

    fn forget_attempt(&self) -> Result<(), Fault> {
        Ok(self.db.execute_batch("UPDATE vault SET attempt = NULL, attempt_covered = NULL, attempt_digest = NULL")?)
    }

    fn vault_later(&mut self, wait: u64) -> Result<(), Fault> {
        let at = self.now.plus(wait);
        self.session.vault_later = Some(at);
        self.wake(at);
        Ok(())
    }

    /// Asks what lies there: somebody with the same words has written, or this device is no client any more.
    pub fn look_at_vault(&mut self) -> Result<(), Fault> {
        let Some(keys) = self.kept()?.map(|kept| self.vault_keys(&kept.entropy)).transpose()?.flatten() else { return Ok(()) };
        self.session.vault_busy = true;
        self.ask(Request::FetchVault { vault: keys.id }, Waiting::LookAtVault);
        Ok(())
    }

    /// Whether there are words, so that the vault can say what has become of this device.
    pub fn has_vault(&self) -> Result<bool, Fault> {
        Ok(self.kept()?.is_some())
    }

    pub fn vault_seen(&mut self, response: Response) -> Result<(), Fault> {
        self.session.vault_busy = false;
        match response {
            Response::Vault { version, sealed } => self.vault_of_another(version, &sealed)?,
            Response::Refused(Refused::NotFound) => self.db.execute_batch("UPDATE vault SET version = 0")?,
            _ => self.vault_later(LATER)?,
        }
        if !self.session.is_open() {
            // It was asked because the session was refused: nothing else can be done on this connection.
            self.close_connection();
        }
        Ok(())
    }

    /// What another device wrote: it has taken this one's place, or is to be written over.
    fn vault_of_another(&mut self, version: u64, sealed: &[u8]) -> Result<(), Fault> {
        let (Some(kept), Some(own)) = (self.kept()?, Account::load(self.db)?) else { return Ok(()) };
        let Some(keys) = self.vault_keys(&kept.entropy)? else { return Ok(()) };
        let opened = keys.open(self.crypto, sealed).ok().and_then(|body| Plain::decode(body.as_slice()).ok()).map(Opened);
        let Some(opened) = opened else { return self.vault_later(LATER) };
        if replaces(&opened.0, &own) {
            return self.replaced();
        }
        self.db
            .prepare_cached("UPDATE vault SET version = ?1, written = max(written, ?2), touched = touched + 1, soon = NULL, due = NULL")?
            .execute(params![version as i64, opened.0.written as i64])?;
        Ok(())
    }

    fn replaced(&mut self) -> Result<(), Fault> {
        set_meta(self.db, REPLACED, 1)?;
        self.event(Event::Vault(VaultEvent::Replaced));
        self.close_connection();
        Ok(())
    }

    /// Whether the account goes on on another device: then nothing is said to the server any more.
    pub fn is_replaced(&self) -> Result<bool, Fault> {
        Ok(meta::<i64>(self.db, REPLACED)?.is_some())
    }
}

/// Whether a vault holds an AccountState of the same account, no older than ours, that does not name this client.
fn replaces(plain: &Plain, own: &Account) -> bool {
    let valid = |bytes: &[u8]| -> Option<ValidState> { SignedState::from_bytes(bytes).ok()?.verify().ok() };
    let (Some(theirs), Some(ours)) = (plain.states.last().and_then(|bytes| valid(bytes)), valid(&own.state)) else { return false };
    let (theirs, ours) = (theirs.state(), ours.state());
    theirs.account == ours.account && theirs.seq >= ours.seq && theirs.certs.iter().all(|cert| cert.client != own.client)
}
