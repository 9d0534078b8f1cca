//! Leaves that have not spoken since they were added: their Welcome may be lost, their keys may be. An admin who can reach them puts a fresh
//! leaf in the place of the old one, which is a new invitation (docs/spec/delivery.md, "Joining").

use super::Chat;
use super::change::Kept;
use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::mls::CommitPlan;
use crate::outbox::{Change, Intent, Joiner, StoredChange, Urgency};
use franking::Stamp;
use rusqlite::{OptionalExtension as _, params};
use wire::limits::DAY;
use wire::{AccountId, Millis};

/// A leaf counts as silent this long after its Add.
pub const SILENT_AFTER: u64 = 7 * DAY;
/// Groups are looked through this often.
const LOOK_EVERY: u64 = 60 * 60 * 1000;
/// Admins wait a random time up to this, so that one does it.
const JITTER: u64 = 60 * 60 * 1000;

impl Turn<'_> {
    /// Looks through all groups that this account may change, now and then.
    pub fn look_for_silent(&mut self) -> Result<(), Fault> {
        let looked: Option<i64> = crate::store::meta(self.db, "looked_for_silent")?;
        if looked.is_some_and(|at| self.now.since(Millis(at as u64)) < LOOK_EVERY) {
            return Ok(());
        }
        crate::store::set_meta(self.db, "looked_for_silent", self.now.0 as i64)?;
        let chats: Vec<i64> = self
            .db
            .prepare_cached(
                "SELECT DISTINCT h.id FROM chat h JOIN member m ON m.chat = h.id WHERE h.kind = 'group' AND h.state = 'active' AND m.spoke = 0",
            )?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in chats {
            let Some(chat) = self.chat(id)? else { continue };
            if self.is_owner(&chat)? {
                self.renew_silent(&chat)?;
            }
        }
        Ok(())
    }

    fn renew_silent(&mut self, chat: &Chat) -> Result<(), Fault> {
        let waiting: i64 = self
            .db
            .prepare_cached("SELECT count(*) FROM outbox WHERE log = ?1 AND not_before > ?2 AND message IS NULL")?
            .query_row(params![chat.log, self.now.0 as i64], |row| row.get(0))?;
        let silent = self.silent(chat)?;
        if silent.is_empty() || waiting > 0 {
            return Ok(());
        }
        let members = silent
            .into_iter()
            .take(wire::limits::ADDS_PER_COMMIT)
            .map(|account| Joiner { account: account.0, key_packages: vec![], passes: vec![] })
            .collect();
        let row = self.intend(Some(chat.log), Some(chat.id), None, Urgency::Ordinary, &Intent::Change(Change::Renew { members }))?;
        let at = self.now.plus(self.random_between(0, JITTER));
        self.not_before(row, at)
    }

    /// Accounts all of whose leaves have been silent for too long and that this client can invite.
    fn silent(&mut self, chat: &Chat) -> Result<Vec<AccountId>, Fault> {
        let own = Account::load(self.db)?.map(|own| own.id());
        let quiet: Vec<([u8; 32], i64)> = self
            .db
            .prepare_cached(
                "SELECT account, max(since) FROM member WHERE chat = ?1 GROUP BY account HAVING max(spoke) = 0 ORDER BY account",
            )?
            .query_map([chat.id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let now = self.time()?;
        let mut silent = Vec::new();
        for (account, since) in quiet {
            let account = AccountId(account);
            let long = self.stamped_at(chat.log, since)?.is_some_and(|at| now.since(at) >= SILENT_AFTER);
            if long && Some(account) != own && !self.is_blocked(&account)? && self.reach(&account)?.is_some() {
                silent.push(account);
            }
        }
        Ok(silent)
    }

    /// When a record was stamped, if its line is here.
    fn stamped_at(&self, log: i64, seq: i64) -> Result<Option<Millis>, Fault> {
        let stamp: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT stamp FROM line WHERE log = ?1 AND seq = ?2")?
            .query_row(params![log, seq], |row| row.get(0))
            .optional()?;
        Ok(stamp.and_then(|bytes| Stamp::from_bytes(&bytes).ok()).map(|stamp| stamp.ms))
    }

    /// Out with the silent leaves and in with fresh ones; who has spoken by now, or was renewed by another, stays.
    pub(super) fn plan_renewal(
        &mut self,
        chat: &Chat,
        members: &[Joiner],
        plan: &mut CommitPlan,
        changes: &mut Vec<StoredChange>,
        kept: &mut Kept,
    ) -> Result<(), Fault> {
        let silent = self.silent(chat)?;
        let still: Vec<Joiner> = members.iter().filter(|joiner| silent.contains(&AccountId(joiner.account))).cloned().collect();
        for joiner in &still {
            self.plan_out(chat, &AccountId(joiner.account), plan, changes)?;
        }
        self.plan_adds(chat, &still, plan, changes, kept)
    }
}
