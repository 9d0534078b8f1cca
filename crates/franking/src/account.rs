//! The AccountState: which clients and which inbox key an account has, in a chain that only its identity key can extend.

use crate::cert::ClientCert;
use crate::encode::{Label, Malformed, Reader, VERSION, framed, hash};
use crate::keys::{Ed25519Public, IdentityKey, SignatureBytes};
use std::fmt;
use wire::limits::{ACCOUNT_STATE_MAX, CLIENTS_MAX};
use wire::{AccountId, Hash32, Millis};

/// The X-Wing public key (draft-connolly-cfrg-xwing-kem) that records for an account's inbox are sealed to.
#[derive(Clone, PartialEq, Eq)]
pub struct InboxKey(Box<[u8; Self::LEN]>);

impl InboxKey {
    pub const LEN: usize = 1216;

    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl TryFrom<&[u8]> for InboxKey {
    type Error = Malformed;
    fn try_from(bytes: &[u8]) -> Result<Self, Malformed> {
        let key: [u8; Self::LEN] = bytes.try_into().map_err(|_| Malformed::Limit)?;
        Ok(Self(Box::new(key)))
    }
}

impl fmt::Debug for InboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InboxKey(SHA-256 {})", Hash32::of(self.0.as_slice()))
    }
}

/// What an account says of itself (docs/spec/franking.md, "AccountState"). Well-formed; [`SignedState::verify`] checks the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    pub account: AccountId,
    /// The key that signs. Equal to `account` in this version; kept apart for identities that were replaced.
    pub identity: AccountId,
    /// From 1.
    pub seq: u64,
    /// [`ValidState::hash`] of the state before, or zero for the first.
    pub prev: Hash32,
    pub t: Millis,
    pub inbox_key: InboxKey,
    /// At most [`CLIENTS_MAX`], by ascending client id, each client once.
    pub certs: Vec<ClientCert>,
}

/// Why an AccountState does not hold or does not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    #[error("an identity other than the account")]
    Identity,
    #[error("not signed by the identity key")]
    Signature,
    #[error("a certificate of another account")]
    OtherAccountsCert,
    #[error("a state of another account")]
    OtherAccount,
    #[error("not the next in sequence")]
    NotNext,
    #[error("not a first state")]
    NotFirst,
    #[error("names another state as the one before")]
    OtherHistory,
    #[error("earlier than the state before")]
    TimeWentBack,
    #[error("too many clients, or one twice")]
    Clients,
}

impl AccountState {
    /// What the first state names as the one before.
    pub const NO_PREV: Hash32 = Hash32([0; 32]);

    /// An account's first state.
    pub fn first(account: AccountId, inbox_key: InboxKey, certs: Vec<ClientCert>, t: Millis) -> Self {
        Self { account, identity: account, seq: 1, prev: Self::NO_PREV, t, inbox_key, certs }
    }

    /// The state after `prev`, with the same keys and clients, to be changed and signed.
    pub fn after(prev: &ValidState, t: Millis) -> Self {
        let AccountState { account, identity, seq, inbox_key, certs, .. } = prev.state().clone();
        Self { account, identity, seq: seq.saturating_add(1), prev: prev.hash(), t, inbox_key, certs }
    }

    /// Puts the certificates in order and signs.
    ///
    /// # Errors
    /// The key is not the account's, a certificate is another account's, or there are too many clients or one twice.
    pub fn sign(mut self, key: &IdentityKey) -> Result<SignedState, StateError> {
        if self.identity != self.account || key.account() != self.identity {
            return Err(StateError::Identity);
        }
        self.certs.sort_by_key(|cert| cert.client);
        let twice = self.certs.windows(2).any(|pair| matches!(pair, [a, b] if a.client == b.client));
        if twice || self.certs.len() > CLIENTS_MAX {
            return Err(StateError::Clients);
        }
        if self.certs.iter().any(|cert| cert.account != self.account) {
            return Err(StateError::OtherAccountsCert);
        }
        let signature = key.sign(Label::STATE_SIGNATURE, &[&self.body()]);
        Ok(SignedState { state: self, signature })
    }

    fn body(&self) -> Vec<u8> {
        let mut out = [
            [VERSION].as_slice(),
            self.account.as_bytes(),
            self.identity.as_bytes(),
            &self.seq.to_be_bytes(),
            self.prev.as_bytes(),
            &self.t.0.to_be_bytes(),
            self.inbox_key.as_bytes(),
            &[u8::try_from(self.certs.len()).unwrap_or(u8::MAX)],
        ]
        .concat();
        self.certs.iter().for_each(|cert| out.extend_from_slice(&cert.encode()));
        out
    }

    fn read(reader: &mut Reader) -> Result<Self, Malformed> {
        reader.version()?;
        let mut state = Self {
            account: AccountId(reader.array()?),
            identity: AccountId(reader.array()?),
            seq: reader.u64()?,
            prev: Hash32(reader.array()?),
            t: Millis(reader.u64()?),
            inbox_key: InboxKey::try_from(reader.take(InboxKey::LEN)?)?,
            certs: Vec::new(),
        };
        if state.seq == 0 || (state.seq == 1) != (state.prev == Self::NO_PREV) {
            return Err(Malformed::Contradiction);
        }
        let count = usize::from(reader.u8()?);
        if count > CLIENTS_MAX {
            return Err(Malformed::Limit);
        }
        for _ in 0..count {
            let cert = ClientCert::read(reader)?;
            if state.certs.last().is_some_and(|last| last.client >= cert.client) {
                return Err(Malformed::Order);
            }
            state.certs.push(cert);
        }
        Ok(state)
    }
}

/// An AccountState with the signature that came with it, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedState {
    state: AccountState,
    signature: SignatureBytes,
}

impl SignedState {
    /// `version 1 | account 32 | identity 32 | seq 8 | prev 32 | t 8 | inbox key 1216 | count 1 | certificates 258 each | signature 64`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.state.body();
        out.extend_from_slice(&self.signature);
        out
    }

    /// # Errors
    /// Anything but one well-formed state of at most [`ACCOUNT_STATE_MAX`] bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > ACCOUNT_STATE_MAX {
            return Err(Malformed::Limit);
        }
        let mut reader = Reader::new(bytes);
        let signed = Self { state: AccountState::read(&mut reader)?, signature: reader.array()? };
        reader.end()?;
        Ok(signed)
    }

    /// What it says, before anything is checked.
    pub fn unverified(&self) -> &AccountState {
        &self.state
    }

    /// Checks the signature and that every certificate is this account's. The certificates' own signatures are checked where one is used
    /// ([`ClientCert::verify`]).
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(self) -> Result<ValidState, StateError> {
        let Self { state, signature } = self;
        if state.identity != state.account {
            return Err(StateError::Identity);
        }
        let identity = Ed25519Public::parse(&state.identity.0).map_err(|_| StateError::Identity)?;
        let body = state.body();
        if !identity.holds(&framed(Label::STATE_SIGNATURE, &[&body]), &signature) {
            return Err(StateError::Signature);
        }
        if state.certs.iter().any(|cert| cert.account != state.account) {
            return Err(StateError::OtherAccountsCert);
        }
        let hash = Hash32(hash(Label::STATE, &[&body, &signature]));
        Ok(ValidState { signed: Self { state, signature }, hash })
    }
}

/// An AccountState signed by its account. Made by [`SignedState::verify`] alone.
///
/// # Security
/// Says what the account signed, not that it is the newest: that needs [`ValidState::follows`] on the one known, and the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidState {
    signed: SignedState,
    hash: Hash32,
}

impl ValidState {
    pub fn state(&self) -> &AccountState {
        &self.signed.state
    }

    pub fn hash(&self) -> Hash32 {
        self.hash
    }

    pub fn encode(&self) -> Vec<u8> {
        self.signed.encode()
    }

    /// Checks that this may be the first state that is known of an account.
    ///
    /// # Errors
    /// [`StateError::NotFirst`].
    pub fn is_first(&self) -> Result<(), StateError> {
        if self.state().seq == 1 { Ok(()) } else { Err(StateError::NotFirst) }
    }

    /// Checks that this is the state right after `prev`.
    ///
    /// # Errors
    /// What does not fit.
    pub fn follows(&self, prev: &Self) -> Result<(), StateError> {
        let (this, that) = (self.state(), prev.state());
        if this.account != that.account {
            return Err(StateError::OtherAccount);
        }
        if that.seq.checked_add(1) != Some(this.seq) {
            return Err(StateError::NotNext);
        }
        if this.prev != prev.hash {
            return Err(StateError::OtherHistory);
        }
        if this.t < that.t {
            return Err(StateError::TimeWentBack);
        }
        Ok(())
    }
}
