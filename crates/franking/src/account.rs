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
    /// Its length in bytes.
    pub const LEN: usize = 1216;

    /// The key as HPKE takes it.
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
    /// When it was signed, by the signer's clock.
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
        self.certs.iter().for_each(|cert| out.extend_from_slice(&cert.to_bytes()));
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
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.state.body();
        out.extend_from_slice(&self.signature);
        out
    }

    /// # Errors
    /// Anything but one well-formed state of at most [`ACCOUNT_STATE_MAX`] bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
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
    /// What the account says.
    pub fn state(&self) -> &AccountState {
        &self.signed.state
    }

    /// What the next state names as [`AccountState::prev`]: the hash of all its bytes.
    pub fn hash(&self) -> Hash32 {
        self.hash
    }

    /// As [`SignedState::to_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        self.signed.to_bytes()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::{Class, Validity};
    use crate::keys::{ClientKey, FrankingKey};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;
    use wire::ClientId;

    const T: Millis = Millis(1000);

    fn identity(seed: u8) -> IdentityKey {
        IdentityKey::from_seed(&[seed; 32])
    }

    fn inbox_key() -> InboxKey {
        InboxKey::try_from([6; InboxKey::LEN].as_slice()).unwrap()
    }

    fn cert(account: u8, client: u8) -> ClientCert {
        let validity = Validity { not_before: Millis(0), not_after: Millis(9000) };
        let (key, franking) = (ClientKey::from_seed(&[client; 32]), FrankingKey::from_seed(&[client; 32]));
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        ClientCert::issue(&identity(account), ClientId([client; 16]), &key, &franking, Class::Native, validity, &mut rng).unwrap()
    }

    fn first() -> ValidState {
        let state = AccountState::first(identity(1).account(), inbox_key(), vec![cert(1, 1)], T);
        state.sign(&identity(1)).unwrap().verify().unwrap()
    }

    /// What someone who holds the identity but not this code could sign.
    fn signed_as_is(state: AccountState) -> SignedState {
        let signature = identity(1).sign(Label::STATE_SIGNATURE, &[&state.body()]);
        SignedState { state, signature }
    }

    #[test]
    fn a_chain_of_states_is_followed() {
        let mut next = AccountState::after(&first(), Millis(2000));
        next.certs.insert(0, cert(1, 2));
        let second = next.sign(&identity(1)).unwrap().verify().unwrap();
        assert_eq!(second.follows(&first()), Ok(()));
        assert_eq!(first().is_first(), Ok(()));
        assert_eq!(second.is_first(), Err(StateError::NotFirst));
        let clients: Vec<_> = second.state().certs.iter().map(|cert| cert.client.0[0]).collect();
        assert_eq!(clients, [1, 2], "signing puts them in order");
    }

    #[test]
    fn what_does_not_follow_is_refused_and_named() {
        let follows = |change: fn(&mut AccountState)| {
            let mut next = AccountState::after(&first(), Millis(2000));
            change(&mut next);
            signed_as_is(next).verify().unwrap().follows(&first())
        };
        assert_eq!(follows(|_| ()), Ok(()));
        assert_eq!(follows(|next| next.seq = 3), Err(StateError::NotNext));
        assert_eq!(follows(|next| next.seq = 1), Err(StateError::NotNext));
        assert_eq!(follows(|next| next.prev = Hash32([9; 32])), Err(StateError::OtherHistory));
        assert_eq!(follows(|next| next.t = Millis(999)), Err(StateError::TimeWentBack));
        let other = AccountState::first(identity(2).account(), inbox_key(), vec![], T).sign(&identity(2)).unwrap().verify().unwrap();
        assert_eq!(other.follows(&first()), Err(StateError::OtherAccount));
    }

    #[test]
    fn a_state_at_the_end_of_numbers_has_no_next() {
        let last = signed_as_is(AccountState { seq: u64::MAX, prev: Hash32([9; 32]), ..first().state().clone() }).verify().unwrap();
        let next = AccountState::after(&last, T).sign(&identity(1)).unwrap().verify().unwrap();
        assert_eq!(next.follows(&last), Err(StateError::NotNext));
    }

    #[test]
    fn only_the_account_signs_its_states() {
        let state = first().state().clone();
        assert_eq!(state.clone().sign(&identity(2)), Err(StateError::Identity));
        let signature = identity(2).sign(Label::STATE_SIGNATURE, &[&state.body()]);
        assert_eq!(SignedState { state: state.clone(), signature }.verify(), Err(StateError::Signature));
        let handed_over = AccountState { identity: identity(2).account(), ..state };
        assert_eq!(signed_as_is(handed_over).verify(), Err(StateError::Identity));
    }

    #[test]
    fn clients_are_the_accounts_own_each_once_and_few() {
        let sign = |certs: Vec<ClientCert>| AccountState { certs, ..first().state().clone() }.sign(&identity(1)).map(|_| ());
        assert_eq!(sign(vec![cert(2, 2)]), Err(StateError::OtherAccountsCert));
        assert_eq!(sign(vec![cert(1, 1), cert(1, 1)]), Err(StateError::Clients));
        let many = |count: u8| (1..=count).map(|client| cert(1, client)).collect::<Vec<_>>();
        assert_eq!(sign(many(17)), Err(StateError::Clients));
        assert_eq!(sign(many(16)), Ok(()));

        let foreign = signed_as_is(AccountState { certs: vec![cert(2, 2)], ..first().state().clone() });
        assert_eq!(foreign.verify(), Err(StateError::OtherAccountsCert));
        let decode =
            |certs: Vec<ClientCert>| SignedState::from_bytes(&signed_as_is(AccountState { certs, ..first().state().clone() }).to_bytes());
        assert_eq!(decode(vec![cert(1, 2), cert(1, 1)]), Err(Malformed::Order));
        assert_eq!(decode(vec![cert(1, 1), cert(1, 1)]), Err(Malformed::Order));
        assert_eq!(decode(many(17)), Err(Malformed::Limit));
        let full = AccountState { certs: many(16), ..first().state().clone() }.sign(&identity(1)).unwrap();
        assert!(full.to_bytes().len() <= ACCOUNT_STATE_MAX);
        assert_eq!(SignedState::from_bytes(&full.to_bytes()), Ok(full));
    }

    #[test]
    fn a_state_round_trips_and_cut_anywhere_does_not_decode() {
        let bytes = first().to_bytes();
        assert_eq!(SignedState::from_bytes(&bytes).unwrap().verify(), Ok(first()));
        for len in 0..bytes.len() {
            assert!(SignedState::from_bytes(&bytes[..len]).is_err(), "{len} bytes");
        }
        assert_eq!(SignedState::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(Malformed::Trailing));
        assert_eq!(SignedState::from_bytes(&vec![1; ACCOUNT_STATE_MAX + 1]), Err(Malformed::Limit));
    }

    #[test]
    fn a_flipped_bit_never_leaves_a_state_valid() {
        let bytes = first().to_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let valid = SignedState::from_bytes(&flipped).is_ok_and(|state| state.verify().is_ok());
            assert!(!valid, "bit {bit}");
        }
    }

    #[test]
    fn a_first_state_has_no_predecessor_and_a_later_one_has() {
        let decode = |seq: u64, prev: Hash32| {
            let state = AccountState { seq, prev, ..first().state().clone() };
            SignedState::from_bytes(&signed_as_is(state).to_bytes()).err()
        };
        assert_eq!(decode(0, AccountState::NO_PREV), Some(Malformed::Contradiction));
        assert_eq!(decode(1, Hash32([1; 32])), Some(Malformed::Contradiction));
        assert_eq!(decode(2, AccountState::NO_PREV), Some(Malformed::Contradiction));
        assert_eq!(decode(2, Hash32([1; 32])), None);
    }
}
