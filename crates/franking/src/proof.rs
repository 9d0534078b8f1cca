//! The sender proof: "I know x with S = xB, or m with M = mB", bound to one commitment.
//!
//! S is the sender's franking key, M the Safety Authority's. Whoever trusts that the Authority took no part is convinced that the sender wrote
//! the message; nobody else is. The proof is the OR composition of two Schnorr proofs (Cramer, Damgard, Schoenmakers 1994) made non-interactive
//! as in draft-irtf-cfrg-sigma-protocols, by `sigma-proofs`, in its compact form.

use crate::encode::{Label, framed, hash, hash_wide, mac};
use crate::keys::{FrankingKey, FrankingPublic};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use rand_core::CryptoRng;
use sigma_proofs::composition::{ComposedInstance, ComposedWitness};
use sigma_proofs::errors::InvalidInstance;
use sigma_proofs::traits::SigmaProtocolSimulator;
use sigma_proofs::{Instance, LinearRelation, NargCodec, ProverRng};
use std::fmt;
use std::sync::LazyLock;
use wire::{Commitment, Hash32};
use zeroize::{Zeroize, Zeroizing};

/// A sender proof: challenge, the sender's share of it, two responses, each a scalar of 32 bytes, big-endian.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof([u8; 128]);

impl Proof {
    /// Its length in bytes.
    pub const LEN: usize = 128;

    /// Any bytes; [`verify`] decides.
    pub fn from_bytes(bytes: [u8; 128]) -> Self {
        Self(bytes)
    }

    /// As it travels.
    pub fn as_bytes(&self) -> &[u8; 128] {
        &self.0
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(..)")
    }
}

/// The first eight bytes of the hash of an Authority's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuthorityId(pub [u8; 8]);

/// M, the Safety Authority's public key.
///
/// # Security
/// Comes with the release's signed trust bundle, never from a server: whoever holds its secret can write in anybody's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    key: FrankingPublic,
    id: AuthorityId,
}

/// Why a key is not taken as an Authority's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    #[error("not the canonical encoding of a usable key")]
    Key,
    #[error("the Authority of tests, whose secret everybody knows")]
    OfTests,
}

/// The key of the tests' Authority: the one of [`AuthoritySecret::for_tests`], which a release does not have.
pub const AUTHORITY_OF_TESTS: [u8; 32] = [
    0x60, 0x6d, 0xbc, 0x4f, 0x31, 0xc, 0x7, 0xeb, 0x48, 0x9d, 0x16, 0xef, 0xa8, 0xf5, 0x3b, 0x8c, 0x29, 0x6d, 0xb0, 0xbc, 0x54, 0x3, 0xe2,
    0x52, 0x2d, 0xb1, 0xef, 0x44, 0x32, 0xf8, 0x3a, 0x3b,
];

impl Authority {
    /// The Authority until there is one: a point whose secret nobody knows. Proofs are then plain signatures.
    pub fn none() -> Self {
        static NOBODY: LazyLock<Authority> =
            LazyLock::new(|| Authority::of(RistrettoPoint::from_uniform_bytes(&hash_wide(Label::AUTHORITY_NOBODY, &[]))));
        *NOBODY
    }

    /// Takes M from a trust bundle.
    ///
    /// # Errors
    /// Not a canonical, usable key, or [`AUTHORITY_OF_TESTS`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, AuthorityError> {
        let point = CompressedRistretto(*bytes).decompress().filter(|point| !point.is_identity()).ok_or(AuthorityError::Key)?;
        if *bytes == AUTHORITY_OF_TESTS { Err(AuthorityError::OfTests) } else { Ok(Self::of(point)) }
    }

    /// Its one encoding (RFC 9496 section 4.3.2).
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Names it in messages; proves nothing.
    pub fn id(&self) -> AuthorityId {
        self.id
    }

    /// Whether this is [`Authority::none`]: then the screen says that reports are plain signatures.
    pub fn is_none(&self) -> bool {
        *self == Self::none()
    }

    fn of(point: RistrettoPoint) -> Self {
        let key = FrankingPublic::of(point);
        let [a, b, c, d, e, f, g, h, ..] = hash(Label::AUTHORITY_ID, &[key.as_bytes()]);
        Self { key, id: AuthorityId([a, b, c, d, e, f, g, h]) }
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", Hash32(*self.as_bytes()))
    }
}

/// m, the Safety Authority's secret. Needed to simulate, never to verify.
///
/// # Security
/// No release has it: a program in people's hands can neither simulate nor take the Authority of the tests for one. Builds without debug
/// assertions that use it do not compile.
#[cfg(debug_assertions)]
#[derive(Clone, Zeroize, zeroize::ZeroizeOnDrop)]
pub struct AuthoritySecret(Scalar);

#[cfg(debug_assertions)]
impl AuthoritySecret {
    /// The secret that 32 secret random bytes stand for.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let mut wide = hash_wide(Label::AUTHORITY_KEY, &[seed]);
        let secret = Self(Scalar::from_bytes_mod_order_wide(&wide));
        wide.zeroize();
        secret
    }

    /// The secret of the tests' Authority, known to everybody and refused by [`Authority::from_bytes`].
    pub fn for_tests() -> Self {
        Self::from_seed(&[0; 32])
    }

    /// The public half.
    pub fn authority(&self) -> Authority {
        Authority::of(RistrettoPoint::mul_base(&self.0))
    }

    /// Proves without the sender: why a proof convinces only those who know that the Authority did not make it.
    ///
    /// # Errors
    /// [`ProofError::Unprovable`], which no key made by this crate meets.
    pub fn simulate(&self, sender: &FrankingPublic, c: &Commitment, rng: &mut impl CryptoRng) -> Result<Proof, ProofError> {
        let statement = Statement { label: Label::SENDER_PROOF, sender, authority: &self.authority(), about: &c.0 };
        statement.prove([&Scalar::ZERO, &self.0], &self.0, rng)
    }
}

#[cfg(debug_assertions)]
impl fmt::Debug for AuthoritySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthoritySecret([redacted])")
    }
}

/// Why there is no proof, or none that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("the proof does not hold for this sender, Authority and commitment")]
    Invalid,
    #[error("the prover could not prove")]
    Unprovable,
}

/// Proves that the holder of `key`, or the Authority, made `c`.
///
/// The nonces are derived from the key, the statement and `rng`, so that a repeated seed does not give the key away.
///
/// # Errors
/// [`ProofError::Unprovable`], which no key made by this crate meets.
pub fn prove(key: &FrankingKey, authority: &Authority, c: &Commitment, rng: &mut impl CryptoRng) -> Result<Proof, ProofError> {
    Statement { label: Label::SENDER_PROOF, sender: key.public(), authority, about: &c.0 }.prove(
        [key.secret(), &Scalar::ZERO],
        key.secret(),
        rng,
    )
}

/// Checks that the holder of `sender`'s key, or the Authority, made `c`.
///
/// # Errors
/// [`ProofError::Invalid`].
pub fn verify(sender: &FrankingPublic, authority: &Authority, c: &Commitment, proof: &Proof) -> Result<(), ProofError> {
    Statement { label: Label::SENDER_PROOF, sender, authority, about: &c.0 }.verify(proof)
}

/// Proves that the holder of `key`, or the Authority, made the report with this hash (docs/spec/report.md). No message can be taken for one.
///
/// # Errors
/// As [`prove`].
pub fn prove_report(key: &FrankingKey, authority: &Authority, report: &Hash32, rng: &mut impl CryptoRng) -> Result<Proof, ProofError> {
    Statement { label: Label::REPORTER_PROOF, sender: key.public(), authority, about: &report.0 }.prove(
        [key.secret(), &Scalar::ZERO],
        key.secret(),
        rng,
    )
}

/// Checks that the holder of `reporter`'s key, or the Authority, made the report with this hash.
///
/// # Errors
/// [`ProofError::Invalid`].
pub fn verify_report(reporter: &FrankingPublic, authority: &Authority, report: &Hash32, proof: &Proof) -> Result<(), ProofError> {
    Statement { label: Label::REPORTER_PROOF, sender: reporter, authority, about: &report.0 }.verify(proof)
}

struct Statement<'a> {
    label: Label,
    sender: &'a FrankingPublic,
    authority: &'a Authority,
    /// The commitment of a message, or the hash of a report.
    about: &'a [u8; 32],
}

impl Statement<'_> {
    /// Which transcripts are this statement's: the label, S, M and what it is about.
    fn tag(&self) -> Vec<u8> {
        framed(self.label, &[self.sender.as_bytes(), self.authority.as_bytes(), self.about])
    }

    fn relation(&self) -> Result<ComposedInstance<RistrettoPoint>, InvalidInstance> {
        ComposedInstance::or([discrete_log(self.sender)?, discrete_log(&self.authority.key)?])
    }

    /// `witnesses` are for S and M; the one that is unknown is zero, which is nobody's: identity keys are refused.
    fn prove(&self, witnesses: [&Scalar; 2], known: &Scalar, rng: &mut impl CryptoRng) -> Result<Proof, ProofError> {
        let tag = self.tag();
        let relation = self.relation().map_err(|_| ProofError::Unprovable)?;
        let mut witness = ComposedWitness::or(witnesses.map(|secret| vec![*secret]));
        let proof = compact(&tag, &relation, &witness, known, rng);
        wipe(&mut witness);
        Ok(Proof(proof?))
    }

    fn verify(&self, proof: &Proof) -> Result<(), ProofError> {
        let relation = self.relation().map_err(|_| ProofError::Invalid)?;
        sigma_proofs::verify_compact(&self.tag(), &relation, &proof.0).map_err(|_| ProofError::Invalid)
    }
}

/// The library's witness does not wipe itself.
fn wipe(witness: &mut ComposedWitness<RistrettoPoint>) {
    match witness {
        ComposedWitness::Simple(scalars) => scalars.zeroize(),
        ComposedWitness::And(all) | ComposedWitness::Or(all) | ComposedWitness::Threshold(all) => all.iter_mut().for_each(wipe),
        ComposedWitness::Claim => {}
    }
}

/// Proves with nonces that depend on the secret, the statement and fresh randomness (as RFC 6979 and BIP 340 do): equal randomness for two
/// statements would otherwise give the secret to everybody.
fn compact<P, const LEN: usize>(
    tag: &[u8],
    relation: &P,
    witness: &P::Witness,
    secret: &Scalar,
    rng: &mut impl CryptoRng,
) -> Result<[u8; LEN], ProofError>
where
    P: NargCodec + SigmaProtocolSimulator,
    P::Challenge: sigma_proofs::codec::ScalarCodec,
{
    let mut fresh = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *fresh);
    let secret = Zeroizing::new(secret.to_bytes());
    let seed = Zeroizing::new(mac(&secret, Label::PROOF_NONCE, &[&*fresh, tag]));
    let session = sigma_proofs::derive_session_id::<sigma_proofs::DefaultHash>(tag);
    let mut nonces = ProverRng::from_seed(*seed);
    let proof = sigma_proofs::prove_compact_with::<sigma_proofs::DefaultHash, P>(&session, relation, witness, &mut nonces);
    proof.ok().and_then(|bytes| bytes.try_into().ok()).ok_or(ProofError::Unprovable)
}

fn discrete_log(public: &FrankingPublic) -> Result<Instance<RistrettoPoint>, InvalidInstance> {
    let mut relation = LinearRelation::new();
    let secret = relation.allocate_scalar();
    relation.allocate_eq_with(public.point(), secret * relation.generator());
    relation.compile()
}

/// A Schnorr proof that the holder of S made a certificate: challenge and response, each a scalar of 32 bytes, big-endian.
pub(crate) type Possession = [u8; 64];

/// Proves possession of `key` to the certificate with these bytes.
pub(crate) fn prove_possession(key: &FrankingKey, cert: &[u8], rng: &mut impl CryptoRng) -> Result<Possession, ProofError> {
    let relation = discrete_log(key.public()).map_err(|_| ProofError::Unprovable)?;
    let witness = Zeroizing::new([*key.secret()]);
    compact(&framed(Label::POSSESSION, &[cert]), &relation, witness.as_slice(), key.secret(), rng)
}

/// Without it S could be made from M or from another's key.
pub(crate) fn verify_possession(public: &FrankingPublic, cert: &[u8], proof: &Possession) -> Result<(), ProofError> {
    let relation = discrete_log(public).map_err(|_| ProofError::Invalid)?;
    sigma_proofs::verify_compact(&framed(Label::POSSESSION, &[cert]), &relation, proof).map_err(|_| ProofError::Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    const C: Commitment = Commitment([4; 32]);

    fn rng(seed: u8) -> ChaCha20Rng {
        ChaCha20Rng::from_seed([seed; 32])
    }

    fn alice() -> FrankingKey {
        FrankingKey::from_seed(&[1; 32])
    }

    fn authority() -> AuthoritySecret {
        AuthoritySecret::from_seed(&[2; 32])
    }

    fn scalars(proof: &Proof) -> [Option<Scalar>; 4] {
        let scalar = |place: usize| {
            let mut bytes: [u8; 32] = proof.0[place * 32..][..32].try_into().unwrap();
            bytes.reverse();
            Scalar::from_canonical_bytes(bytes).into_option()
        };
        [0, 1, 2, 3].map(scalar)
    }

    #[test]
    fn a_sender_proves_under_any_authority() {
        for authority in [Authority::none(), authority().authority()] {
            let proof = prove(&alice(), &authority, &C, &mut rng(1)).unwrap();
            assert_eq!(verify(alice().public(), &authority, &C, &proof), Ok(()));
        }
    }

    #[test]
    fn the_authority_can_simulate_for_anybody() {
        let stranger = FrankingKey::from_seed(&[9; 32]);
        for sender in [alice(), stranger] {
            let proof = authority().simulate(sender.public(), &C, &mut rng(1)).unwrap();
            assert_eq!(verify(sender.public(), &authority().authority(), &C, &proof), Ok(()));
        }
    }

    #[test]
    fn a_simulated_proof_has_the_form_of_a_real_one() {
        let (alice, secret) = (alice(), authority());
        for seed in 0..16 {
            let real = prove(&alice, &secret.authority(), &C, &mut rng(seed)).unwrap();
            let simulated = secret.simulate(alice.public(), &C, &mut rng(seed)).unwrap();
            for proof in [real, simulated] {
                assert!(scalars(&proof).iter().all(|scalar| scalar.is_some_and(|scalar| scalar != Scalar::ZERO)));
            }
            assert_ne!(real, simulated);
        }
    }

    #[test]
    fn either_of_the_two_can_be_the_one_who_knows() {
        // For any proof there are nonces with which the other one would have made it: the response minus share times secret.
        let (alice, secret) = (alice(), authority());
        for proof in [prove(&alice, &secret.authority(), &C, &mut rng(1)), secret.simulate(alice.public(), &C, &mut rng(1))] {
            let [challenge, share, mine, its] = scalars(&proof.unwrap()).map(Option::unwrap);
            let nonces = [mine - share * alice.secret(), its - (challenge - share) * secret.0];
            assert!(nonces.iter().all(|nonce| *nonce != Scalar::ZERO));
        }
    }

    #[test]
    fn a_proof_holds_for_one_sender_one_authority_and_one_commitment() {
        let (alice, authority) = (alice(), authority().authority());
        let proof = prove(&alice, &authority, &C, &mut rng(1)).unwrap();
        let bob = FrankingKey::from_seed(&[7; 32]);
        assert_eq!(verify(bob.public(), &authority, &C, &proof), Err(ProofError::Invalid));
        assert_eq!(verify(alice.public(), &Authority::none(), &C, &proof), Err(ProofError::Invalid));
        assert_eq!(verify(alice.public(), &authority, &Commitment([5; 32]), &proof), Err(ProofError::Invalid));
    }

    #[test]
    fn without_x_or_m_nothing_verifies() {
        let (alice, authority) = (alice(), authority().authority());
        let statement = Statement { label: Label::SENDER_PROOF, sender: alice.public(), authority: &authority, about: &C.0 };
        let guesses = [Scalar::ZERO, Scalar::ONE, *FrankingKey::from_seed(&[7; 32]).secret()];
        for x in &guesses {
            for m in &guesses {
                let verified = statement.prove([x, m], x, &mut rng(1)).and_then(|proof| statement.verify(&proof));
                assert!(verified.is_err());
            }
        }
        for byte in [0, 1, 0xff] {
            assert!(statement.verify(&Proof([byte; 128])).is_err());
        }
    }

    #[test]
    fn no_byte_of_a_proof_can_be_changed() {
        let (alice, authority) = (alice(), Authority::none());
        let proof = prove(&alice, &authority, &C, &mut rng(1)).unwrap();
        for bit in 0..Proof::LEN * 8 {
            let mut changed = proof;
            changed.0[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(alice.public(), &authority, &C, &changed), Err(ProofError::Invalid), "bit {bit}");
        }
    }

    #[test]
    fn a_scalar_has_one_encoding() {
        let (alice, authority) = (alice(), Authority::none());
        let proof = prove(&alice, &authority, &C, &mut rng(1)).unwrap();
        // The group order, big-endian: adding it to a scalar gives the same residue.
        let order: [u8; 32] = std::array::from_fn(|place| match place {
            0 => 0x10,
            1..16 => 0,
            _ => [0x14, 0xde, 0xf9, 0xde, 0xa2, 0xf7, 0x9c, 0xd6, 0x58, 0x12, 0x63, 0x1a, 0x5c, 0xf5, 0xd3, 0xed][place - 16],
        });
        for scalar in 0..4 {
            let mut changed = proof;
            let mut carry = 0;
            for place in (0..32).rev() {
                let sum = u16::from(changed.0[scalar * 32 + place]) + u16::from(order[place]) + carry;
                changed.0[scalar * 32 + place] = sum as u8;
                carry = sum >> 8;
            }
            assert_eq!(verify(alice.public(), &authority, &C, &changed), Err(ProofError::Invalid));
        }
    }

    #[test]
    fn a_repeated_seed_does_not_repeat_a_nonce() {
        let (alice, authority) = (alice(), Authority::none());
        let nonce = |c: Commitment| {
            let proof = prove(&alice, &authority, &c, &mut rng(1)).unwrap();
            let [_, share, mine, _] = scalars(&proof).map(Option::unwrap);
            mine - share * alice.secret()
        };
        assert_ne!(nonce(C), nonce(Commitment([5; 32])), "equal nonces would give x away");
        assert_eq!(nonce(C), nonce(C), "the same seed and statement give the same proof");
    }

    #[test]
    fn the_authority_of_tests_never_comes_from_a_bundle() {
        let of_tests = AuthoritySecret::for_tests().authority();
        assert_eq!(of_tests.as_bytes(), &AUTHORITY_OF_TESTS);
        assert_eq!(Authority::from_bytes(of_tests.as_bytes()), Err(AuthorityError::OfTests));
        assert_eq!(Authority::from_bytes(&[0; 32]), Err(AuthorityError::Key));
        assert_eq!(Authority::from_bytes(&[0xff; 32]), Err(AuthorityError::Key));
        let real = authority().authority();
        assert_eq!(Authority::from_bytes(real.as_bytes()), Ok(real));
        assert!(Authority::none().is_none() && !real.is_none());
        assert_ne!(Authority::none().id(), real.id());
    }

    #[test]
    fn a_reporter_proves_one_report_and_no_message() {
        let (alice, authority, report) = (alice(), Authority::none(), Hash32(C.0));
        let proof = prove_report(&alice, &authority, &report, &mut rng(1)).unwrap();
        assert_eq!(verify_report(alice.public(), &authority, &report, &proof), Ok(()));
        assert_eq!(verify_report(alice.public(), &authority, &Hash32([5; 32]), &proof), Err(ProofError::Invalid));
        assert_eq!(verify(alice.public(), &authority, &C, &proof), Err(ProofError::Invalid), "a report is no message");
        let message = prove(&alice, &authority, &C, &mut rng(1)).unwrap();
        assert_eq!(verify_report(alice.public(), &authority, &report, &message), Err(ProofError::Invalid), "a message is no report");
    }

    #[test]
    fn possession_is_shown_to_one_certificate() {
        let proof = prove_possession(&alice(), b"a certificate", &mut rng(1)).unwrap();
        let bob = FrankingKey::from_seed(&[7; 32]);
        assert_eq!(verify_possession(alice().public(), b"a certificate", &proof), Ok(()));
        assert_eq!(verify_possession(alice().public(), b"another", &proof), Err(ProofError::Invalid));
        assert_eq!(verify_possession(bob.public(), b"a certificate", &proof), Err(ProofError::Invalid));
    }
}
