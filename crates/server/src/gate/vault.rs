//! Vaults, and the way back of an account whose devices are lost (docs/spec/vault.md). Both are asked for before there is a session.

use super::{Gate, Worked, account};
use crate::bucket::Rate;
use crate::hub::conn::Conn;
use crate::store::Reads;
use bytes::Bytes;
use franking::SignedState;
use std::sync::PoisonError;
use wire::call::{Refusal, Response};
use wire::{AccountId, Millis, VaultId, limits};

const OF_A_CONNECTION: Rate = Rate { burst: limits::LOOKUP_BURST, every: limits::LOOKUP_EVERY };
const OF_THE_SERVER: Rate = Rate { burst: limits::SERVER_LOOKUP_BURST, every: limits::SERVER_LOOKUP_EVERY };

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
        let mut all = self.lookups.lock().unwrap_or_else(PoisonError::into_inner);
        let wait_ms = conn.lookups.wait(OF_A_CONNECTION, now).max(all.wait(OF_THE_SERVER, now));
        if wait_ms > 0 {
            return Err(Refusal::RateLimited { wait_ms });
        }
        conn.lookups.take(OF_A_CONNECTION, now);
        all.take(OF_THE_SERVER, now);
        Ok(())
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
