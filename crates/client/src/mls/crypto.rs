//! OpenMLS' cryptography: RustCrypto's algorithms of our one suite, with randomness of our own.
//!
//! OpenMLS seeds itself from the operating system. Here signature keys, HPKE encapsulations, nonces and path secrets grow from the seed of the
//! input, so that the same input gives the same bytes (docs/spec/delivery.md, "The client is a function"). The stock provider computes all suites, so
//! five more curves and signature schemes would be in every program (71 kB of the page's core); it is what the tests hold this one against.

use super::storage::StoreFailure;
use crate::audit::{Misdeed, Spoilt};
use crate::client::Cause;
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use ed25519_dalek::Signer as _;
use hkdf::Hkdf;
use hmac::Mac as _;
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType, HpkeKemType,
    HpkeKeyPair, KemOutput, SignatureScheme,
};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;
use sha2::{Digest as _, Sha384};
use shake::digest::{ExtendableOutput as _, Update as _, XofReader as _};
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tls_codec::SecretVLBytes;
use zeroize::Zeroizing;

// Suite 0x004E.
type Kem = hpke::kem::XWing;
type HpkeAead = hpke::aead::AesGcm256;
type HpkeKdf = hpke::kdf::HkdfSha384;
const SEED: usize = 32;

/// The suite, drawing from one seeded generator.
pub struct SeededCrypto {
    rng: Mutex<ChaCha20Rng>,
    /// Seals that still come right before one goes wrong, and how: a simulated world makes a member so whose Commits break for one other.
    spoil: Mutex<Option<(u32, Spoilt)>>,
    /// How the next content is sealed as no honest client seals it.
    bend: Mutex<Option<Misdeed>>,
    /// Of the store that OpenMLS is given together with this.
    pub(super) failure: StoreFailure,
}

impl SeededCrypto {
    pub fn new(rng: ChaCha20Rng) -> Self {
        let (spoil, bend) = (Mutex::new(None), Mutex::new(None));
        Self { rng: Mutex::new(rng), spoil, bend, failure: StoreFailure::default() }
    }

    /// Continues with the randomness of another input, in which nothing has failed yet.
    pub fn reseed(&self, rng: ChaCha20Rng) {
        *self.rng() = rng;
        self.failure.take();
    }

    /// What the store of MLS state failed of in this input.
    pub fn store_failure(&self) -> Option<Cause> {
        self.failure.take()
    }

    /// Of the next Commit's HPKE seals the one after `right` others will not open; none: all will (`crate::audit` alone asks for one).
    pub fn spoil_seal(&self, right: Option<(u32, Spoilt)>) {
        *self.spoil.lock().unwrap_or_else(PoisonError::into_inner) = right;
    }

    /// The next content is sealed with a misdeed (`crate::audit` alone asks for one).
    pub fn bend(&self, misdeed: Misdeed) {
        *self.bend.lock().unwrap_or_else(PoisonError::into_inner) = Some(misdeed);
    }

    /// What content is to be sealed with now: nothing, in every honest client.
    pub fn bent(&self) -> Option<Misdeed> {
        self.bend.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn spoils_now(&self) -> Option<Spoilt> {
        let mut spoil = self.spoil.lock().unwrap_or_else(PoisonError::into_inner);
        let now = spoil.filter(|(right, _)| *right == 0).map(|(_, how)| how);
        *spoil = spoil.and_then(|(right, how)| Some((right.checked_sub(1)?, how)));
        now
    }

    pub fn rng(&self) -> MutexGuard<'_, ChaCha20Rng> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SeededCrypto {
    /// Bytes that sealing adds.
    pub const TAG: usize = 16;

    /// AES-256-GCM under a key that seals one thing in its life, hence without a nonce.
    pub fn seal_once(&self, key: &[u8; 32], plain: &[u8], label: &[u8]) -> Option<Vec<u8>> {
        self.seal_under(key, &[0; 12], plain, label)
    }

    /// Opens what [`SeededCrypto::seal_once`] sealed under the same key and label.
    pub fn open_once(&self, key: &[u8; 32], sealed: &[u8], label: &[u8]) -> Option<Vec<u8>> {
        self.open_under(key, &[0; 12], sealed, label)
    }

    /// AES-256-GCM.
    pub fn seal_under(&self, key: &[u8; 32], nonce: &[u8; 12], plain: &[u8], authenticated: &[u8]) -> Option<Vec<u8>> {
        Aes256Gcm::new(key.into()).encrypt(nonce.into(), Payload { msg: plain, aad: authenticated }).ok()
    }

    pub fn open_under(&self, key: &[u8; 32], nonce: &[u8; 12], sealed: &[u8], authenticated: &[u8]) -> Option<Vec<u8>> {
        Aes256Gcm::new(key.into()).decrypt(nonce.into(), Payload { msg: sealed, aad: authenticated }).ok()
    }
}

/// Whether something can be sealed to this key at all: one that cannot would stop every later Commit of everybody.
pub fn is_hpke_key(bytes: &[u8]) -> bool {
    <Kem as hpke::Kem>::PublicKey::from_bytes(bytes).is_ok()
}

fn of_the_suite(config: &HpkeConfig) -> Result<(), CryptoError> {
    match config {
        HpkeConfig(HpkeKemType::XWingKemDraft6, HpkeKdfType::HkdfSha384, HpkeAeadType::AesGcm256) => Ok(()),
        _ => Err(CryptoError::UnsupportedCiphersuite),
    }
}

fn its_hash(hash: HashType) -> Result<(), CryptoError> {
    if hash == HashType::Sha2_384 { Ok(()) } else { Err(CryptoError::UnsupportedHashAlgorithm) }
}

/// Key and nonce of its AEAD.
fn its_aead<'n>(alg: AeadType, key: &[u8], nonce: &'n [u8]) -> Result<(Aes256Gcm, &'n [u8; 12]), CryptoError> {
    if alg != AeadType::Aes256Gcm {
        return Err(CryptoError::UnsupportedAeadAlgorithm);
    }
    let cipher = Aes256Gcm::new_from_slice(key).map_err(|_| CryptoError::InvalidLength)?;
    Ok((cipher, nonce.try_into().map_err(|_| CryptoError::InvalidLength)?))
}

fn its_signature(alg: SignatureScheme) -> Result<(), CryptoError> {
    if alg == SignatureScheme::ED25519 { Ok(()) } else { Err(CryptoError::UnsupportedSignatureScheme) }
}

impl OpenMlsCrypto for SeededCrypto {
    fn supports(&self, ciphersuite: Ciphersuite) -> Result<(), CryptoError> {
        if ciphersuite == super::SUITE { Ok(()) } else { Err(CryptoError::UnsupportedCiphersuite) }
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        vec![super::SUITE]
    }

    fn hkdf_extract(&self, hash: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        its_hash(hash)?;
        Ok(Hkdf::<Sha384>::extract(Some(salt), ikm).0.as_slice().into())
    }

    fn hmac(&self, hash: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        its_hash(hash)?;
        let mac = hmac::Hmac::<Sha384>::new_from_slice(key).map_err(|_| CryptoError::InvalidLength)?;
        Ok(mac.chain_update(message).finalize().into_bytes().as_slice().into())
    }

    fn hkdf_expand(&self, hash: HashType, prk: &[u8], info: &[u8], okm_len: usize) -> Result<SecretVLBytes, CryptoError> {
        its_hash(hash)?;
        let mut okm = Zeroizing::new(vec![0; okm_len]);
        let hkdf = Hkdf::<Sha384>::from_prk(prk).map_err(|_| CryptoError::HkdfOutputLengthInvalid)?;
        hkdf.expand(info, &mut okm).map_err(|_| CryptoError::HkdfOutputLengthInvalid)?;
        Ok(okm.as_slice().into())
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        its_hash(hash)?;
        Ok(Sha384::digest(data).to_vec())
    }

    fn aead_encrypt(&self, alg: AeadType, key: &[u8], data: &[u8], nonce: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (cipher, nonce) = its_aead(alg, key, nonce)?;
        cipher.encrypt(nonce.into(), Payload { msg: data, aad }).map_err(|_| CryptoError::CryptoLibraryError)
    }

    fn aead_decrypt(&self, alg: AeadType, key: &[u8], ct_tag: &[u8], nonce: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (cipher, nonce) = its_aead(alg, key, nonce)?;
        cipher.decrypt(nonce.into(), Payload { msg: ct_tag, aad }).map_err(|_| CryptoError::AeadDecryptionError)
    }

    fn signature_key_gen(&self, alg: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        its_signature(alg)?;
        let mut seed = Zeroizing::new([0; SEED]);
        self.rng().fill_bytes(&mut *seed);
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        Ok((seed.to_vec(), key.verifying_key().to_bytes().to_vec()))
    }

    fn verify_signature(&self, alg: SignatureScheme, data: &[u8], pk: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        its_signature(alg)?;
        let key = ed25519_dalek::VerifyingKey::try_from(pk).map_err(|_| CryptoError::InvalidPublicKey)?;
        let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| CryptoError::InvalidSignature)?;
        key.verify_strict(data, &signature).map_err(|_| CryptoError::InvalidSignature)
    }

    fn sign(&self, alg: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        its_signature(alg)?;
        let key = ed25519_dalek::SigningKey::try_from(key).map_err(|_| CryptoError::SigningError)?;
        Ok(key.sign(data).to_bytes().to_vec())
    }

    fn hpke_seal(&self, config: HpkeConfig, pk_r: &[u8], info: &[u8], aad: &[u8], ptxt: &[u8]) -> Result<HpkeCiphertext, CryptoError> {
        of_the_suite(&config)?;
        let key = <Kem as hpke::Kem>::PublicKey::from_bytes(pk_r).map_err(|_| CryptoError::InvalidLength)?;
        let spoilt = self.spoils_now();
        let ptxt = if spoilt == Some(Spoilt::Short) { &[] } else { ptxt };
        let mut rng = self.rng();
        let (enc, mut ciphertext) =
            hpke::single_shot_seal_with_rng::<HpkeAead, HpkeKdf, Kem>(&OpModeS::Base, &key, info, ptxt, aad, &mut *rng)
                .map_err(|_| CryptoError::HpkeEncryptionError)?;
        if spoilt == Some(Spoilt::Reversed) {
            ciphertext.reverse();
        }
        Ok(HpkeCiphertext { kem_output: enc.to_bytes().to_vec().into(), ciphertext: ciphertext.into() })
    }

    fn hpke_open(&self, config: HpkeConfig, input: &HpkeCiphertext, sk_r: &[u8], info: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        of_the_suite(&config)?;
        let key = <Kem as hpke::Kem>::PrivateKey::from_bytes(sk_r).map_err(|_| CryptoError::InvalidLength)?;
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(input.kem_output.as_slice()).map_err(|_| CryptoError::HpkeDecryptionError)?;
        hpke::single_shot_open::<HpkeAead, HpkeKdf, Kem>(&OpModeR::Base, &key, &enc, info, input.ciphertext.as_slice(), aad)
            .map_err(|_| CryptoError::HpkeDecryptionError)
    }

    /// Only external Commits need it, and there are none (docs/spec/delivery.md).
    fn hpke_setup_sender_and_export(
        &self,
        _: HpkeConfig,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        Err(CryptoError::SenderSetupError)
    }

    /// Nor this.
    fn hpke_setup_receiver_and_export(
        &self,
        _: HpkeConfig,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        Err(CryptoError::ReceiverSetupError)
    }

    /// As the drafts of this code point have it: X-Wing of SHAKE256. (`hpke` derives by a later draft, with a label.)
    fn derive_hpke_keypair(&self, config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        of_the_suite(&config)?;
        let mut seed = Zeroizing::new([0; SEED]);
        shake::Shake256::default().chain(ikm).finalize_xof().read(&mut *seed);
        let private = <Kem as hpke::Kem>::PrivateKey::from_bytes(&*seed).map_err(|_| CryptoError::InvalidLength)?;
        let public = Kem::sk_to_pk(&private).to_bytes().to_vec();
        Ok(HpkeKeyPair { private: seed.to_vec().into(), public })
    }
}

impl OpenMlsRand for SeededCrypto {
    type Error = Infallible;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], Infallible> {
        let mut out = [0; N];
        self.rng().fill_bytes(&mut out);
        Ok(out)
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Infallible> {
        let mut out = vec![0; len];
        self.rng().fill_bytes(&mut out);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openmls_rust_crypto::RustCrypto;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use rand_core::SeedableRng as _;

    const CONFIG: HpkeConfig = HpkeConfig(HpkeKemType::XWingKemDraft6, HpkeKdfType::HkdfSha384, HpkeAeadType::AesGcm256);

    #[test]
    fn what_we_seal_the_stock_provider_opens() {
        let ours = SeededCrypto::new(ChaCha20Rng::from_seed([1; 32]));
        let keys = ours.derive_hpke_keypair(CONFIG, &[7; 48]).unwrap();
        let sealed = ours.hpke_seal(CONFIG, &keys.public, b"info", b"aad", b"text").unwrap();
        let stock = RustCrypto::default();
        assert_eq!(stock.hpke_open(CONFIG, &sealed, &keys.private, b"info", b"aad").unwrap(), b"text");
        assert!(stock.hpke_open(CONFIG, &sealed, &keys.private, b"info", b"other").is_err());
    }

    #[test]
    fn what_the_stock_provider_seals_we_open() {
        let ours = SeededCrypto::new(ChaCha20Rng::from_seed([1; 32]));
        let stock = RustCrypto::default();
        let keys = ours.derive_hpke_keypair(CONFIG, &[7; 48]).unwrap();
        let sealed = stock.hpke_seal(CONFIG, &keys.public, b"info", b"aad", b"text").unwrap();
        assert_eq!(ours.hpke_open(CONFIG, &sealed, &keys.private, b"info", b"aad").unwrap(), b"text");
        assert!(ours.hpke_open(CONFIG, &sealed, &keys.private, b"info", b"other").is_err());
        assert!(ours.hpke_open(CONFIG, &sealed, &keys.private[1..], b"info", b"aad").is_err());
        let short = HpkeCiphertext { kem_output: sealed.kem_output.as_slice()[1..].to_vec().into(), ciphertext: sealed.ciphertext };
        assert!(ours.hpke_open(CONFIG, &short, &keys.private, b"info", b"aad").is_err());
    }

    proptest! {
        #[test]
        fn every_function_gives_what_the_stock_provider_gives(
            a in vec(any::<u8>(), 0..200), b in vec(any::<u8>(), 0..200), key in any::<[u8; 32]>(), nonce in any::<[u8; 12]>(), length in 0..300usize,
        ) {
            let ours = SeededCrypto::new(ChaCha20Rng::from_seed([1; 32]));
            let stock = RustCrypto::default();
            const HASH: HashType = HashType::Sha2_384;
            const AEAD: AeadType = AeadType::Aes256Gcm;
            const SIGNATURE: SignatureScheme = SignatureScheme::ED25519;
            prop_assert_eq!(ours.hash(HASH, &a), stock.hash(HASH, &a));
            prop_assert_eq!(ours.hmac(HASH, &a, &b), stock.hmac(HASH, &a, &b));
            let prk = ours.hkdf_extract(HASH, &a, &b).unwrap();
            prop_assert_eq!(&prk, &stock.hkdf_extract(HASH, &a, &b).unwrap());
            prop_assert_eq!(ours.hkdf_expand(HASH, prk.as_slice(), &a, length), stock.hkdf_expand(HASH, prk.as_slice(), &a, length));
            let sealed = ours.aead_encrypt(AEAD, &key, &a, &nonce, &b).unwrap();
            prop_assert_eq!(&sealed, &stock.aead_encrypt(AEAD, &key, &a, &nonce, &b).unwrap());
            prop_assert_eq!(ours.aead_decrypt(AEAD, &key, &sealed, &nonce, &b).unwrap(), &a[..]);
            prop_assert!(ours.aead_decrypt(AEAD, &key, &sealed[1..], &nonce, &b).is_err());
            let signature = ours.sign(SIGNATURE, &a, &key).unwrap();
            prop_assert_eq!(&signature, &stock.sign(SIGNATURE, &a, &key).unwrap());
            let public = ed25519_dalek::SigningKey::from_bytes(&key).verifying_key();
            prop_assert!(ours.verify_signature(SIGNATURE, &a, public.as_bytes(), &signature).is_ok());
            prop_assert!(ours.verify_signature(SIGNATURE, &b, public.as_bytes(), &signature).is_err() || a == b);
            let (our_keys, stock_keys) = (ours.derive_hpke_keypair(CONFIG, &a).unwrap(), stock.derive_hpke_keypair(CONFIG, &a).unwrap());
            prop_assert_eq!(our_keys.public, stock_keys.public);
            prop_assert_eq!(our_keys.private.as_ref() as &[u8], stock_keys.private.as_ref() as &[u8]);
        }
    }

    #[test]
    fn nothing_but_the_suite_is_computed() {
        let ours = SeededCrypto::new(ChaCha20Rng::from_seed([1; 32]));
        assert_eq!(ours.hash(HashType::Sha2_256, b""), Err(CryptoError::UnsupportedHashAlgorithm));
        assert_eq!(ours.aead_encrypt(AeadType::ChaCha20Poly1305, &[0; 32], b"", &[0; 12], b""), Err(CryptoError::UnsupportedAeadAlgorithm));
        assert_eq!(ours.sign(SignatureScheme::ECDSA_SECP256R1_SHA256, b"", &[1; 32]), Err(CryptoError::UnsupportedSignatureScheme));
        let other = HpkeConfig(HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha384, HpkeAeadType::AesGcm256);
        assert!(matches!(ours.derive_hpke_keypair(other, &[7; 48]), Err(CryptoError::UnsupportedCiphersuite)));
    }

    #[test]
    fn one_seed_seals_the_same_bytes_twice_and_another_does_not() {
        let seal = |seed| {
            let crypto = SeededCrypto::new(ChaCha20Rng::from_seed([seed; 32]));
            let keys = crypto.derive_hpke_keypair(CONFIG, &[7; 48]).unwrap();
            let sealed = crypto.hpke_seal(CONFIG, &keys.public, b"", b"", b"text").unwrap();
            (
                sealed.kem_output.as_slice().to_vec(),
                sealed.ciphertext.as_slice().to_vec(),
                crypto.signature_key_gen(SignatureScheme::ED25519).unwrap(),
            )
        };
        assert_eq!(seal(1), seal(1));
        assert_ne!(seal(1).0, seal(2).0);
    }
}
