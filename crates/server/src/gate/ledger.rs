//! What accounts and passes have used today: in memory only, so that nothing stored says who did how much.

use crate::bucket::{Bucket, Rate};
use crate::store::Day;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use wire::call::{Refusal, UploadId};
use wire::{AccountId, Millis, TakeHash, limits};

const WAKES: Rate = Rate { burst: limits::WAKE_BURST, every: limits::WAKE_RATE };

/// What one account has used today. Counted without a lock: every append passes here.
#[derive(Debug)]
pub struct Meter {
    day: AtomicU32,
    bytes: AtomicU64,
    logs: AtomicU32,
    vault_writes: AtomicU32,
    vaults: AtomicU32,
    states: AtomicU32,
    bytes_per_day: AtomicU64,
    /// Requests about waking.
    wakes: Mutex<Bucket>,
}

impl Meter {
    pub fn new(bytes_per_day: Option<u64>) -> Self {
        let none = || AtomicU32::new(0);
        let (day, logs, vault_writes, vaults, states) = (none(), none(), none(), none(), none());
        let (bytes, allowed) = (AtomicU64::new(0), AtomicU64::new(0));
        let meter = Self { day, bytes, logs, vault_writes, vaults, states, bytes_per_day: allowed, wakes: Mutex::default() };
        meter.set_quota(bytes_per_day);
        meter
    }

    /// The operator's quota, or the usual one.
    pub fn set_quota(&self, bytes_per_day: Option<u64>) {
        self.bytes_per_day.store(bytes_per_day.unwrap_or(limits::BLOB_QUOTA_PER_DAY), Ordering::Relaxed);
    }

    fn turn(&self, today: Day) {
        if self.day.swap(today.0, Ordering::Relaxed) != today.0 {
            self.bytes.store(0, Ordering::Relaxed);
            for counted in [&self.logs, &self.vault_writes, &self.vaults, &self.states] {
                counted.store(0, Ordering::Relaxed);
            }
        }
    }

    /// Charges bytes to be stored.
    ///
    /// # Errors
    /// [`Refusal::Quota`]; nothing is charged.
    pub fn charge(&self, today: Day, bytes: u64) -> Result<(), Refusal> {
        self.turn(today);
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.bytes_per_day.load(Ordering::Relaxed) {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Refusal::Quota);
        }
        Ok(())
    }

    /// Charges a new log.
    ///
    /// # Errors
    /// [`Refusal::Quota`].
    pub fn charge_log(&self, today: Day) -> Result<(), Refusal> {
        self.turn(today);
        one_more(&self.logs, limits::LOGS_PER_DAY)
    }

    /// Charges an AccountState.
    ///
    /// # Errors
    /// [`Refusal::Quota`].
    pub fn charge_state(&self, today: Day, bytes: u64) -> Result<(), Refusal> {
        self.turn(today);
        one_more(&self.states, limits::STATES_PER_DAY)?;
        self.charge(today, bytes)
    }

    /// Counts a request about waking.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`]: nothing is counted.
    pub fn count_wake(&self, now: Millis) -> Result<(), Refusal> {
        self.wakes.lock().unwrap_or_else(PoisonError::into_inner).try_take(WAKES, now)
    }

    /// Charges a write of a vault.
    ///
    /// # Errors
    /// [`Refusal::Quota`].
    pub fn charge_vault(&self, today: Day, kind: VaultKind) -> Result<(), Refusal> {
        self.turn(today);
        if kind == VaultKind::New {
            one_more(&self.vaults, limits::VAULTS_PER_DAY)?;
        }
        one_more(&self.vault_writes, limits::VAULT_WRITES_PER_DAY)
    }
}

/// Whether a vault is said to be there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultKind {
    New,
    Known,
}

fn one_more(counted: &AtomicU32, most: u32) -> Result<(), Refusal> {
    if counted.fetch_add(1, Ordering::Relaxed) >= most {
        counted.fetch_sub(1, Ordering::Relaxed);
        return Err(Refusal::Quota);
    }
    Ok(())
}

/// Meters, takes and open uploads.
#[derive(Default)]
pub struct Ledger {
    today: Day,
    meters: HashMap<AccountId, Arc<Meter>>,
    takes: HashMap<TakeHash, u32>,
    /// Open uploads, by whom: the one thread that commits says of each that it is over, and walks through nobody's for it.
    uploads: HashMap<UploadId, AccountId>,
    /// How many of them an account has.
    open: HashMap<AccountId, usize>,
}

impl Ledger {
    fn turn(&mut self, today: Day) {
        if self.today != today {
            self.today = today;
            self.takes.clear();
            // Meters that no session holds have nothing left to say.
            self.meters.retain(|_, meter| Arc::strong_count(meter) > 1);
        }
    }

    pub fn meter(&mut self, account: AccountId, bytes_per_day: Option<u64>, today: Day) -> Arc<Meter> {
        self.turn(today);
        let meter = self.meters.entry(account).or_insert_with(|| Arc::new(Meter::new(None)));
        meter.set_quota(bytes_per_day);
        meter.clone()
    }

    /// Sets the quotas of accounts that are metered.
    pub fn set_quota(&self, account: &AccountId, bytes_per_day: Option<u64>) {
        if let Some(meter) = self.meters.get(account) {
            meter.set_quota(bytes_per_day);
        }
    }

    /// Reserves one take; [`Ledger::give_back`] if it was refused.
    ///
    /// # Errors
    /// How long until tomorrow.
    pub fn take(&mut self, pass: TakeHash, now: Millis) -> Result<(), Refusal> {
        let today = Day::of(now);
        self.turn(today);
        let taken = self.takes.entry(pass).or_default();
        if *taken >= limits::TAKES_PER_DAY {
            return Err(Refusal::RateLimited { wait_ms: today.after(1).start().since(now) });
        }
        *taken += 1;
        Ok(())
    }

    pub fn give_back(&mut self, pass: &TakeHash) {
        if let Some(taken) = self.takes.get_mut(pass) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                self.takes.remove(pass);
            }
        }
    }

    /// Notes an upload that is begun.
    ///
    /// # Errors
    /// [`Refusal::Quota`]: too many are open.
    pub fn begin(&mut self, account: AccountId, upload: UploadId) -> Result<(), Refusal> {
        let open = self.open.entry(account).or_default();
        if *open >= limits::UPLOADS_OPEN_MAX {
            return Err(Refusal::Quota);
        }
        *open += 1;
        self.uploads.insert(upload, account);
        Ok(())
    }

    /// Notes that an upload is over.
    pub fn finish(&mut self, upload: &UploadId) {
        let Some(account) = self.uploads.remove(upload) else { return };
        if let Some(open) = self.open.get_mut(&account) {
            *open -= 1;
            if *open == 0 {
                self.open.remove(&account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::limits::DAY;

    #[test]
    fn bytes_are_charged_up_to_the_quota_and_anew_the_next_day() {
        let meter = Meter::new(Some(100));
        assert_eq!(meter.charge(Day(1), 60), Ok(()));
        assert_eq!(meter.charge(Day(1), 41), Err(Refusal::Quota));
        assert_eq!(meter.charge(Day(1), 40), Ok(()));
        assert_eq!(meter.charge(Day(2), 100), Ok(()));
        assert_eq!(meter.charge(Day(2), u64::MAX), Err(Refusal::Quota));
    }

    #[test]
    fn a_take_pass_opens_ten_times_a_day() {
        let mut ledger = Ledger::default();
        let pass = TakeHash([1; 32]);
        for _ in 0..limits::TAKES_PER_DAY {
            assert_eq!(ledger.take(pass, Millis(DAY + 5)), Ok(()));
        }
        assert_eq!(ledger.take(pass, Millis(DAY + 5)), Err(Refusal::RateLimited { wait_ms: DAY - 5 }));
        ledger.give_back(&pass);
        assert_eq!(ledger.take(pass, Millis(DAY + 5)), Ok(()));
        assert_eq!(ledger.take(pass, Millis(2 * DAY)), Ok(()));
    }

    #[test]
    fn an_account_has_so_many_uploads_open() {
        let mut ledger = Ledger::default();
        let account = AccountId([1; 32]);
        for byte in 0..limits::UPLOADS_OPEN_MAX as u8 {
            assert_eq!(ledger.begin(account, UploadId([byte; 16])), Ok(()));
        }
        assert_eq!(ledger.begin(account, UploadId([99; 16])), Err(Refusal::Quota));
        for _ in 0..2 {
            ledger.finish(&UploadId([3; 16]));
        }
        assert_eq!(ledger.begin(account, UploadId([99; 16])), Ok(()));
        assert_eq!(ledger.begin(account, UploadId([98; 16])), Err(Refusal::Quota), "one that is over is over once");
        for byte in (0..limits::UPLOADS_OPEN_MAX as u8).chain([99]) {
            ledger.finish(&UploadId([byte; 16]));
        }
        assert!(ledger.uploads.is_empty() && ledger.open.is_empty());
    }

    #[test]
    fn an_account_writes_vaults_so_often_a_day_and_makes_fewer() {
        let meter = Meter::new(None);
        for _ in 0..limits::VAULTS_PER_DAY {
            assert_eq!(meter.charge_vault(Day(1), VaultKind::New), Ok(()));
        }
        assert_eq!(meter.charge_vault(Day(1), VaultKind::New), Err(Refusal::Quota));
        for _ in limits::VAULTS_PER_DAY..limits::VAULT_WRITES_PER_DAY {
            assert_eq!(meter.charge_vault(Day(1), VaultKind::Known), Ok(()));
        }
        assert_eq!(meter.charge_vault(Day(1), VaultKind::Known), Err(Refusal::Quota));
        assert_eq!(meter.charge_vault(Day(2), VaultKind::New), Ok(()));
    }

    #[test]
    fn an_account_publishes_so_many_states_a_day() {
        let meter = Meter::new(Some(1000));
        assert_eq!(meter.charge_state(Day(1), 1001), Err(Refusal::Quota));
        for _ in 1..limits::STATES_PER_DAY {
            assert_eq!(meter.charge_state(Day(1), 10), Ok(()));
        }
        assert_eq!(meter.charge_state(Day(1), 10), Err(Refusal::Quota));
        assert_eq!(meter.charge(Day(1), 1000 - 630), Ok(()));
        assert_eq!(meter.charge(Day(1), 1), Err(Refusal::Quota));
        assert_eq!(meter.charge_state(Day(2), 10), Ok(()));
    }

    #[test]
    fn an_account_makes_so_many_logs_a_day() {
        let meter = Meter::new(None);
        for _ in 0..limits::LOGS_PER_DAY {
            assert_eq!(meter.charge_log(Day(1)), Ok(()));
        }
        assert_eq!(meter.charge_log(Day(1)), Err(Refusal::Quota));
        assert_eq!(meter.charge_log(Day(2)), Ok(()));
    }
}
