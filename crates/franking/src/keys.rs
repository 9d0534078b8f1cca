//! Keys, one purpose each: an account's identity, a client, and the franking key that senders prove with.

use crate::encode::{Label, Malformed, framed, hash_wide};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fmt;
use wire::auth::session_challenge;
use wire::{AccountId, ClientId};
use zeroize::Zeroize;

/// An Ed25519 signature (RFC 8032), deterministic.
pub type SignatureBytes = [u8; 64];

/// An Ed25519 public key that is canonical and not of small order, parsed once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ed25519Public(VerifyingKey);

impl Ed25519Public {
    pub fn parse(bytes: &[u8; 32]) -> Result<Self, Malformed> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| Malformed::Key)?;
        // A second encoding of the same point would be a second account with the same key.
        let canonical = key.to_edwards().compress().as_bytes() == bytes;
        if canonical && !key.is_weak() { Ok(Self(key)) } else { Err(Malformed::Key) }
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Strict: no small-order components, no second form of a signature.
    pub fn holds(&self, message: &[u8], signature: &SignatureBytes) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

macro_rules! signing_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SigningKey);

        impl $name {
            /// The key that 32 secret random bytes stand for.
            pub fn from_seed(seed: &[u8; 32]) -> Self {
                Self(SigningKey::from_bytes(seed))
            }

            pub(crate) fn sign(&self, label: Label, parts: &[&[u8]]) -> SignatureBytes {
                self.0.sign(&framed(label, parts)).to_bytes()
            }

            /// Keys made from seeds are canonical and of full order by construction.
            pub(crate) fn public_key(&self) -> Ed25519Public {
                Ed25519Public(self.0.verifying_key())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    };
}

signing_key!(
    /// The secret of an account. It signs client certificates, account states, and that the account is back after its devices were lost; nothing
    /// else.
    IdentityKey
);
signing_key!(
    /// The secret of one client. It certifies MLS leaf keys and answers session challenges, nothing else.
    ClientKey
);
signing_key!(
    /// D, the Delivery Service's secret. It signs chains, nothing else.
    StampKey
);

impl IdentityKey {
    pub(crate) fn signing_key(&self) -> &SigningKey {
        &self.0
    }

    /// The account this key is.
    pub fn account(&self) -> AccountId {
        AccountId(*self.public_key().as_bytes())
    }
}

impl ClientKey {
    /// The public half.
    pub fn public(&self) -> ClientPublic {
        ClientPublic(self.public_key())
    }

    /// Answers the challenge of [`wire::auth::session_challenge`].
    pub fn sign_session(
        &self,
        server: &[u8; 32],
        nonce: &[u8; 32],
        account: &AccountId,
        client: &ClientId,
        binding: &[u8; 32],
    ) -> SignatureBytes {
        self.0.sign(&session_challenge(server, nonce, account, client, binding)).to_bytes()
    }
}

/// The public half of a [`ClientKey`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientPublic(Ed25519Public);

impl ClientPublic {
    /// # Errors
    /// Not the canonical encoding of an Ed25519 key, or one of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Malformed> {
        Ed25519Public::parse(bytes).map(Self)
    }

    /// Its one encoding (RFC 8032 section 5.1.2).
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether `signature` is this client's answer to the challenge of [`wire::auth::session_challenge`].
    #[must_use]
    pub fn answers_session(
        &self,
        server: &[u8; 32],
        nonce: &[u8; 32],
        account: &AccountId,
        client: &ClientId,
        binding: &[u8; 32],
        signature: &SignatureBytes,
    ) -> bool {
        self.0.holds(&session_challenge(server, nonce, account, client, binding), signature)
    }

    pub(crate) fn holds(&self, label: Label, parts: &[&[u8]], signature: &SignatureBytes) -> bool {
        self.0.holds(&framed(label, parts), signature)
    }
}

impl fmt::Debug for ClientPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientPublic({})", wire::Hash32(*self.as_bytes()))
    }
}

/// x, the secret a client proves with that it wrote a message.
///
/// # Security
/// Whoever holds it can write in the client's name. It signs nothing that convinces a stranger by itself (docs/spec/franking.md).
#[derive(Clone)]
pub struct FrankingKey {
    secret: Scalar,
    public: FrankingPublic,
}

impl FrankingKey {
    /// The key that 32 secret random bytes stand for.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let mut wide = hash_wide(Label::FRANKING_KEY, &[seed]);
        let secret = Scalar::from_bytes_mod_order_wide(&wide);
        wide.zeroize();
        Self { secret, public: FrankingPublic::of(RistrettoPoint::mul_base(&secret)) }
    }

    /// S.
    pub fn public(&self) -> &FrankingPublic {
        &self.public
    }

    pub(crate) fn secret(&self) -> &Scalar {
        &self.secret
    }
}

impl Drop for FrankingKey {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl zeroize::ZeroizeOnDrop for FrankingKey {}

impl fmt::Debug for FrankingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrankingKey([redacted])")
    }
}

/// S = xB on ristretto255 (RFC 9496): never the identity, kept with its one encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FrankingPublic {
    point: RistrettoPoint,
    bytes: [u8; 32],
}

impl FrankingPublic {
    /// # Errors
    /// Not the canonical encoding of an element, or the identity, whose secret everybody knows.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Malformed> {
        let point = CompressedRistretto(*bytes).decompress().ok_or(Malformed::Key)?;
        if point.is_identity() { Err(Malformed::Key) } else { Ok(Self { point, bytes: *bytes }) }
    }

    /// Its one encoding (RFC 9496 section 4.3.2).
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    pub(crate) fn of(point: RistrettoPoint) -> Self {
        Self { point, bytes: point.compress().to_bytes() }
    }

    pub(crate) fn point(&self) -> RistrettoPoint {
        self.point
    }
}

impl fmt::Debug for FrankingPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrankingPublic({})", wire::Hash32(self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_never_print_themselves() {
        assert_eq!(format!("{:?}", IdentityKey::from_seed(&[7; 32])), "IdentityKey([redacted])");
        assert_eq!(format!("{:?}", ClientKey::from_seed(&[7; 32])), "ClientKey([redacted])");
        assert_eq!(format!("{:?}", StampKey::from_seed(&[7; 32])), "StampKey([redacted])");
        assert_eq!(format!("{:?}", FrankingKey::from_seed(&[7; 32])), "FrankingKey([redacted])");
    }

    #[test]
    fn keys_that_anyone_could_use_are_refused() {
        assert_eq!(FrankingPublic::from_bytes(&[0; 32]), Err(Malformed::Key), "the identity");
        let mut small_order = [0; 32];
        small_order[0] = 1;
        assert_eq!(ClientPublic::from_bytes(&small_order), Err(Malformed::Key), "the identity of Ed25519");
        assert_eq!(ClientPublic::from_bytes(&[0; 32]), Err(Malformed::Key), "a point of order 4");
    }

    #[test]
    fn a_second_encoding_of_a_key_is_refused() {
        // y = p + 3: the point y = 3 exists, and this is its encoding without reduction.
        let mut unreduced = [0xff; 32];
        unreduced[0] = 0xed + 3;
        unreduced[31] = 0x7f;
        assert!(VerifyingKey::from_bytes(&unreduced).is_ok(), "the library takes it");
        assert_eq!(ClientPublic::from_bytes(&unreduced), Err(Malformed::Key));
        assert_eq!(FrankingPublic::from_bytes(&[0xff; 32]), Err(Malformed::Key));
    }

    #[test]
    fn a_session_answer_is_for_one_challenge_alone() {
        let key = ClientKey::from_seed(&[1; 32]);
        let (account, client) = (AccountId([2; 32]), ClientId([3; 16]));
        let signature = key.sign_session(&[4; 32], &[5; 32], &account, &client, &[6; 32]);
        let public = key.public();
        assert!(public.answers_session(&[4; 32], &[5; 32], &account, &client, &[6; 32], &signature));
        assert!(!public.answers_session(&[4; 32], &[0; 32], &account, &client, &[6; 32], &signature));
        assert!(!public.answers_session(&[4; 32], &[5; 32], &account, &client, &[0; 32], &signature));
    }
}
