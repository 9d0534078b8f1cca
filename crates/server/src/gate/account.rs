//! Sign-up, sessions and AccountStates: the Authentication Service. It vouches for usernames alone; accounts sign for themselves.

use super::sessions::Who;
use super::{Entropy, Gate, Then, Worked};
use crate::keys::invite_hash;
use crate::store::{Day, NewAccount, NewState, Op, Reads};
use bytes::Bytes;
use franking::{SignedState, StateError, ValidState};
use wire::call::{Refusal, Response};
use wire::{AccountId, Bearer, ClientId, Hash32, Millis, limits};

/// So often an account is read again that others change while a session is opened.
const TRIES: usize = 8;

/// What a client claims to be.
pub struct Claim {
    pub account: AccountId,
    pub client: ClientId,
    pub nonce: [u8; 32],
    pub signature: [u8; 64],
    pub binding: [u8; 32],
    /// The nonce was sent to it and not answered before.
    pub challenged: bool,
}

impl Gate {
    pub(super) fn sign_up(&self, handle: Hash32, state: &Bytes, invite: Option<[u8; 16]>) -> Result<(Op, Then), Refusal> {
        let valid = parse(state)?;
        valid.is_first().map_err(refusal)?;
        let account = valid.state().account;
        let new = NewAccount {
            account,
            handle: self.keys.stored_handle(&handle),
            state: state.clone(),
            invite: invite.as_ref().map(invite_hash),
            invite_only: self.config.invite_only,
        };
        Ok((Op::SignUp(new), Then::SignUp { handle, account }))
    }

    pub(super) fn open_session(&self, now: Millis, entropy: &mut Entropy, reads: &mut dyn Reads, claim: &Claim) -> Result<Worked, Refusal> {
        if !claim.challenged {
            return Err(Refusal::BadProof);
        }
        for _ in 0..TRIES {
            if let Some(worked) = self.try_open(now, entropy, reads, claim)? {
                return Ok(worked);
            }
        }
        Err(Refusal::Busy)
    }

    /// Nothing: what was read of the account may have changed meanwhile.
    fn try_open(&self, now: Millis, entropy: &mut Entropy, reads: &mut dyn Reads, claim: &Claim) -> Result<Option<Worked>, Refusal> {
        let seen = self.sessions().turn();
        // One refusal for an unknown account, an unknown client and a bad signature: strangers learn nothing about accounts.
        let account = reads.account(&claim.account)?.ok_or(Refusal::BadProof)?;
        let valid = parse(&account.state).map_err(|_| Refusal::BadProof)?;
        let cert = valid.state().certs.iter().find(|cert| cert.client == claim.client).ok_or(Refusal::BadProof)?;
        let identity = self.keys.identity();
        // Only the end of its life is checked: a phone whose clock is fast certifies itself from tomorrow on.
        let proven = now < cert.validity.not_after
            && cert.client_key.answers_session(&identity, &claim.nonce, &claim.account, &claim.client, &claim.binding, &claim.signature);
        if !proven {
            return Err(Refusal::BadProof);
        }
        if account.closed {
            return Err(Refusal::AccountClosed);
        }
        let meter = self.ledger().meter(claim.account, account.bytes_per_day, Day::of(now));
        let bearer = Bearer::new(entropy());
        let who = Who { account: claim.account, client: claim.client, ban: account.ban, meter };
        let session = self.sessions().open(seen, &bearer, who, now);
        Ok(session.map(|session| {
            let expires = session.expires;
            Worked::Session(session, Response::Session { bearer, expires })
        }))
    }

    /// Charges an account for the state that it is about to publish, if it is: with or without a session, it is kept for good.
    pub(super) fn meter_state(&self, now: Millis, reads: &mut dyn Reads, worked: Worked) -> Result<Worked, Refusal> {
        if let Worked::Commit(Op::PublishState(new), _) = &worked {
            let bytes_per_day = reads.account(&new.account)?.and_then(|account| account.bytes_per_day);
            let meter = self.ledger().meter(new.account, bytes_per_day, Day::of(now));
            meter.charge_state(Day::of(now), new.state.len() as u64)?;
        }
        Ok(worked)
    }
}

pub fn fetch_states(reads: &mut dyn Reads, account: &AccountId, from: u64) -> Result<Worked, Refusal> {
    let current = reads.account(account)?.ok_or(Refusal::NotFound)?;
    let states = reads.states(account, from, limits::STATES_PAGE)?;
    // States are numbered from 1.
    let more = from.max(1).saturating_add(states.len() as u64) <= current.seq;
    Ok(Worked::Answer(Response::States { states, more }))
}

/// Accepted only right after the current one: a thief of one client cannot rewrite what an account said.
pub fn publish_state(reads: &mut dyn Reads, account: AccountId, state: Bytes) -> Result<Worked, Refusal> {
    let current = reads.account(&account)?.ok_or(Refusal::NotFound)?;
    if current.state == state {
        return Ok(Worked::Answer(Response::Done));
    }
    let valid = parse(&state)?;
    let held = parse(&current.state)?;
    valid.follows(&held).map_err(refusal)?;
    let clients: Vec<ClientId> = valid.state().certs.iter().map(|cert| cert.client).collect();
    let new = NewState { account, seq: valid.state().seq, follows: Hash32::of(&current.state), state, clients: clients.clone() };
    Ok(Worked::Commit(Op::PublishState(new), Then::PublishState { account, clients }))
}

pub fn count_key_packages(reads: &mut dyn Reads, account: &AccountId, client: &ClientId) -> Result<Worked, Refusal> {
    let count = reads.key_packages(account, client)?;
    let last_resort = count.last_resort.map_or(Millis(0), Day::start);
    Ok(Worked::Answer(Response::KeyPackageCount { one_time: count.one_time, last_resort }))
}

fn parse(state: &[u8]) -> Result<ValidState, Refusal> {
    SignedState::from_bytes(state).map_err(|_| Refusal::Malformed)?.verify().map_err(refusal)
}

fn refusal(error: StateError) -> Refusal {
    match error {
        StateError::Identity | StateError::Signature | StateError::OtherAccountsCert => Refusal::BadProof,
        StateError::Clients => Refusal::Malformed,
        StateError::OtherAccount | StateError::NotNext | StateError::NotFirst | StateError::OtherHistory | StateError::TimeWentBack => {
            Refusal::StateConflict
        }
    }
}
