//! Vaults, and the way back of an account whose devices are lost (docs/spec/vault.md). Both are asked for before there is a session.

use super::{Gate, Worked, account};
use crate::bucket::{Bucket, Rate};
use crate::hub::conn::Conn;
use crate::store::Reads;
use bytes::Bytes;
use franking::SignedState;
use std::sync::PoisonError;
use wire::call::{Refusal, Response};
use wire::{AccountId, Millis, VaultId, limits};

const OF_A_CONNECTION: Rate = Rate { burst: limits::LOOKUP_BURST, every: limits::LOOKUP_EVERY };
const OF_AN_ADDRESS: Rate = Rate { burst: limits::LOOKUP_ADDRESS_BURST, every: limits::LOOKUP_ADDRESS_EVERY };
const OF_THE_SERVER: Rate = Rate { burst: limits::SERVER_LOOKUP_BURST, every: limits::SERVER_LOOKUP_EVERY };

/// What was looked up lately by who has no session: over the whole server, and in each of some places in which addresses are counted. In memory alone.
#[derive(Debug, Default)]
pub struct Lookups {
    all: Bucket,
    places: Vec<Bucket>,
}

impl Lookups {
    /// Counts one, on its connection too. `place`: that of the address it comes from, if that stands for somebody: who floods spends nothing of what is
    /// everybody's.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`]: nothing is counted.
    fn take(&mut self, now: Millis, place: Option<usize>, own: &mut Bucket) -> Result<(), Refusal> {
        self.places.resize_with(limits::REPORT_PLACES, Bucket::default);
        let address = place.and_then(|place| self.places.get_mut(place)).map(|bucket| (bucket, OF_AN_ADDRESS));
        let mut counted = [(own, OF_A_CONNECTION), (&mut self.all, OF_THE_SERVER)].into_iter().chain(address).collect::<Vec<_>>();
        let wait_ms = counted.iter().map(|(bucket, rate)| bucket.wait(*rate, now)).max().unwrap_or_default();
        if wait_ms > 0 {
            return Err(Refusal::RateLimited { wait_ms });
        }
        counted.iter_mut().for_each(|(bucket, rate)| bucket.take(*rate, now));
        Ok(())
    }
}

/// An account says by its identity key that it is back.
#[derive(Debug, PartialEq)]
pub struct Recovery {
    pub account: AccountId,
    pub nonce: [u8; 32],
    pub signature: [u8; 64],
    pub from_seq: u64,
    /// The AccountState that is to come next.
    pub state: Option<Bytes>,
    pub binding: [u8; 32],
    /// The nonce was sent to this client and not answered before.
    pub challenged: bool,
}

impl Gate {
    /// Counts a lookup by somebody who need not be signed in.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`]: nothing is counted.
    pub(super) fn look_up(&self, now: Millis, conn: &mut Conn) -> Result<(), Refusal> {
        let place = conn.from.and_then(|from| self.keys.place_outside(from, limits::REPORT_PLACES));
        self.lookups.lock().unwrap_or_else(PoisonError::into_inner).take(now, place, &mut conn.lookups)
    }

    /// States of an account for whoever holds its identity key, or the next state from the same.
    pub(super) fn recover(&self, reads: &mut dyn Reads, recovery: &Recovery) -> Result<Worked, Refusal> {
        if !recovery.challenged {
            return Err(Refusal::BadProof);
        }
        // One refusal for an unknown account and a bad signature, as for sessions.
        let current = reads.account(&recovery.account)?.ok_or(Refusal::BadProof)?;
        let valid = SignedState::from_bytes(&current.state).ok().and_then(|state| state.verify().ok()).ok_or(Refusal::BadProof)?;
        let next = recovery.state.as_deref().unwrap_or_default();
        if !valid.proves_recovery(&self.keys.identity(), &recovery.nonce, &recovery.binding, next, &recovery.signature) {
            return Err(Refusal::BadProof);
        }
        if current.closed {
            return Err(Refusal::AccountClosed);
        }
        match &recovery.state {
            None => account::fetch_states(reads, &recovery.account, recovery.from_seq),
            Some(state) => account::publish_state(reads, recovery.account, state.clone()),
        }
    }
}

pub(super) fn fetch(reads: &mut dyn Reads, vault: &VaultId) -> Result<Worked, Refusal> {
    let vault = reads.vault(vault)?.ok_or(Refusal::NotFound)?;
    Ok(Worked::Answer(Response::Vault { version: vault.version, sealed: vault.sealed }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_760_000_040_000);

    /// One lookup by POST: a connection of its own.
    fn posts(lookups: &mut Lookups, now: Millis, place: Option<usize>) -> bool {
        lookups.take(now, place, &mut Bucket::default()).is_ok()
    }

    #[test]
    fn who_floods_from_one_address_leaves_the_others_their_way_back() {
        let mut lookups = Lookups::default();
        let mut taken = 0;
        // Fifty a second for ten minutes: as much as the server takes of all.
        for ms in (0..600_000).step_by(20) {
            taken += u64::from(posts(&mut lookups, NOW.plus(ms), Some(1)));
            if ms % 10_000 == 0 {
                assert!(posts(&mut lookups, NOW.plus(ms), Some(2)), "{ms}");
            }
        }
        assert_eq!(taken, u64::from(limits::LOOKUP_ADDRESS_BURST) + 599_000 / limits::LOOKUP_ADDRESS_EVERY);
    }

    #[test]
    fn this_machine_stands_for_everybody_and_all_have_a_limit_together() {
        let mut lookups = Lookups::default();
        let from_here = (0..2 * limits::SERVER_LOOKUP_BURST).filter(|_| posts(&mut lookups, NOW, None)).count();
        assert_eq!(from_here, limits::SERVER_LOOKUP_BURST as usize);
        assert!(!posts(&mut lookups, NOW, Some(3)));
        // What all together are refused is counted nowhere.
        let later = NOW.plus(u64::from(limits::SERVER_LOOKUP_BURST) * limits::SERVER_LOOKUP_EVERY);
        let from_there = (0..2 * limits::LOOKUP_ADDRESS_BURST).filter(|_| posts(&mut lookups, later, Some(3))).count();
        assert_eq!(from_there, limits::LOOKUP_ADDRESS_BURST as usize);
    }
}
