//! OpenMLS' cryptography with randomness of our own: everything comes from the RustCrypto provider, except what draws random numbers.
//!
//! OpenMLS seeds itself from the operating system. Here signature keys, HPKE encapsulations, nonces and path secrets grow from the seed of the
//! input, so that the same input gives the same bytes (docs/spec/delivery.md, "The client is a function").

use super::storage::StoreFailure;
use crate::audit::Misdeed;
use crate::client::Cause;
use hpke::{Deserializable, OpModeS, Serializable};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType, HpkeKemType,
    HpkeKeyPair, KemOutput, SignatureScheme,
};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tls_codec::SecretVLBytes;

/// RustCrypto, drawing from one seeded generator.
pub struct SeededCrypto {
    inner: RustCrypto,
    rng: Mutex<ChaCha20Rng>,
    /// Seals that still come right before one goes wrong: how a simulated world makes a member whose Commits break for one other.
    spoil: Mutex<Option<u32>>,
    /// How the next content is sealed as no honest client seals it.
    bend: Mutex<Option<Misdeed>>,
    /// Of the store that OpenMLS is given together with this.
    pub(super) failure: StoreFailure,
}

impl SeededCrypto {
    pub fn new(rng: ChaCha20Rng) -> Self {
        let (spoil, bend) = (Mutex::new(None), Mutex::new(None));
        Self { inner: RustCrypto::default(), rng: Mutex::new(rng), spoil, bend, failure: StoreFailure::default() }
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
    pub fn spoil_seal(&self, right: Option<u32>) {
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

    fn spoils_now(&self) -> bool {
        let mut spoil = self.spoil.lock().unwrap_or_else(PoisonError::into_inner);
        let now = *spoil == Some(0);
        *spoil = spoil.and_then(|right| right.checked_sub(1));
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
        self.inner.aead_encrypt(AeadType::Aes256Gcm, key, plain, nonce, authenticated).ok()
    }

    pub fn open_under(&self, key: &[u8; 32], nonce: &[u8; 12], sealed: &[u8], authenticated: &[u8]) -> Option<Vec<u8>> {
        self.inner.aead_decrypt(AeadType::Aes256Gcm, key, sealed, nonce, authenticated).ok()
    }
}

/// Whether something can be sealed to this key at all: one that cannot would stop every later Commit of everybody.
pub fn is_hpke_key(bytes: &[u8]) -> bool {
    <<hpke::kem::XWing as hpke::Kem>::PublicKey as Deserializable>::from_bytes(bytes).is_ok()
}

/// The one HPKE configuration of suite 0x004E.
fn seal_xwing(pk: &[u8], info: &[u8], aad: &[u8], plaintext: &[u8], rng: &mut ChaCha20Rng) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
    type Kem = hpke::kem::XWing;
    let key = <Kem as hpke::Kem>::PublicKey::from_bytes(pk).map_err(|_| CryptoError::InvalidLength)?;
    let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<hpke::aead::AesGcm256, hpke::kdf::HkdfSha384, Kem>(
        &OpModeS::Base,
        &key,
        info,
        plaintext,
        aad,
        rng,
    )
    .map_err(|_| CryptoError::HpkeEncryptionError)?;
    Ok((enc.to_bytes().to_vec(), ciphertext))
}

impl OpenMlsCrypto for SeededCrypto {
    fn supports(&self, ciphersuite: Ciphersuite) -> Result<(), CryptoError> {
        if ciphersuite == super::SUITE { Ok(()) } else { Err(CryptoError::UnsupportedCiphersuite) }
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        vec![super::SUITE]
    }

    fn hkdf_extract(&self, hash: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        self.inner.hkdf_extract(hash, salt, ikm)
    }

    fn hmac(&self, hash: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        self.inner.hmac(hash, key, message)
    }

    fn hkdf_expand(&self, hash: HashType, prk: &[u8], info: &[u8], okm_len: usize) -> Result<SecretVLBytes, CryptoError> {
        self.inner.hkdf_expand(hash, prk, info, okm_len)
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner.hash(hash, data)
    }

    fn aead_encrypt(&self, alg: AeadType, key: &[u8], data: &[u8], nonce: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner.aead_encrypt(alg, key, data, nonce, aad)
    }

    fn aead_decrypt(&self, alg: AeadType, key: &[u8], ct_tag: &[u8], nonce: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner.aead_decrypt(alg, key, ct_tag, nonce, aad)
    }

    fn signature_key_gen(&self, alg: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        if alg != SignatureScheme::ED25519 {
            return Err(CryptoError::UnsupportedSignatureScheme);
        }
        let mut seed = [0; 32];
        self.rng().fill_bytes(&mut seed);
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        Ok((seed.to_vec(), key.verifying_key().to_bytes().to_vec()))
    }

    fn verify_signature(&self, alg: SignatureScheme, data: &[u8], pk: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        self.inner.verify_signature(alg, data, pk, signature)
    }

    fn sign(&self, alg: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner.sign(alg, data, key)
    }

    fn hpke_seal(&self, config: HpkeConfig, pk_r: &[u8], info: &[u8], aad: &[u8], ptxt: &[u8]) -> Result<HpkeCiphertext, CryptoError> {
        let HpkeConfig(HpkeKemType::XWingKemDraft6, HpkeKdfType::HkdfSha384, HpkeAeadType::AesGcm256) = config else {
            return Err(CryptoError::UnsupportedCiphersuite);
        };
        let (kem_output, mut ciphertext) = seal_xwing(pk_r, info, aad, ptxt, &mut self.rng())?;
        if self.spoils_now() {
            ciphertext.reverse();
        }
        Ok(HpkeCiphertext { kem_output: kem_output.into(), ciphertext: ciphertext.into() })
    }

    fn hpke_open(&self, config: HpkeConfig, input: &HpkeCiphertext, sk_r: &[u8], info: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner.hpke_open(config, input, sk_r, info, aad)
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

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        enc: &[u8],
        sk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        self.inner.hpke_setup_receiver_and_export(config, enc, sk_r, info, exporter_context, exporter_length)
    }

    fn derive_hpke_keypair(&self, config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        self.inner.derive_hpke_keypair(config, ikm)
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
