//! The two keys of waking, both grown from a secret of the server: one says to push services who knocks (VAPID, RFC 8292), the other keeps
//! endpoints in the database from being read or compared.

use super::Endpoint;
use crate::store::LogKey;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wire::{Millis, PassHash, limits};

/// A token is good for so long; RFC 8292 allows a day.
const TOKEN_SECONDS: u64 = 12 * 3600;
/// An elliptic-curve private key as RFC 5915 writes it: P-256, and no public half.
const DER_HEAD: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
const DER_TAIL: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const NONCE: usize = 12;

/// 32 bytes for one purpose.
fn grown(secret: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut key = [0; 64];
    if let Some(front) = key.first_chunk_mut() {
        *front = *secret;
    }
    let mut mac = Hmac::<Sha256>::new(&key.into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// Says to push services that it is this server who knocks.
pub struct PushKey {
    pair: EcdsaKeyPair,
    public: [u8; 65],
}

impl PushKey {
    /// Always the same key from the same secret: what browsers were told stays true.
    pub fn grow(secret: &[u8; 32]) -> Option<Self> {
        // Nearly every number is a key of the curve; the next one is if this one is not.
        (0..=u8::MAX).find_map(|count| {
            let der = [&DER_HEAD[..], &grown(secret, &[b"treehouse/1 push key", &[count]]), &DER_TAIL].concat();
            let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).ok()?;
            let public = pair.public_key().as_ref().try_into().ok()?;
            Some(Self { pair, public })
        })
    }

    /// Uncompressed, as browsers want it.
    pub fn public(&self) -> [u8; 65] {
        self.public
    }

    /// The value of the `Authorization` header: who knocks, at which push service, until when, and whom to ask about it.
    pub fn authorization(&self, now: Millis, endpoint: &Endpoint, contact: &str) -> Option<String> {
        let claims = serde_json::json!({ "aud": endpoint.origin(), "exp": now.0 / 1000 + TOKEN_SECONDS, "sub": contact });
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!("{}.{}", part(br#"{"typ":"JWT","alg":"ES256"}"#), part(claims.to_string().as_bytes()));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("vapid t={signed}.{}, k={}", part(signature.as_ref()), part(&self.public)))
    }
}

/// Seals endpoints, each under a key for its pass: one device's rows share nothing in the database.
pub struct WakeSeal {
    secret: [u8; 32],
}

impl WakeSeal {
    pub fn grow(secret: &[u8; 32]) -> Self {
        Self { secret: grown(secret, &[b"treehouse/1 wake seal"]) }
    }

    fn key(&self, log: LogKey, pass: &PassHash) -> Option<LessSafeKey> {
        let key = grown(&self.secret, &[&log.0.to_be_bytes(), &pass.0]);
        Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok()?))
    }

    /// One of two lengths, so that it hardly tells the push service.
    pub fn seal(&self, nonce: [u8; 32], log: LogKey, pass: &PassHash, endpoint: &Endpoint) -> Option<Bytes> {
        let url = endpoint.as_str().as_bytes();
        let mut plain = url.to_vec();
        plain.resize(if url.len() <= limits::ENDPOINT_MAX / 2 { limits::ENDPOINT_MAX / 2 } else { limits::ENDPOINT_MAX }, 0);
        let nonce: [u8; NONCE] = *nonce.first_chunk()?;
        self.key(log, pass)?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut plain).ok()?;
        Some([&nonce[..], &plain].concat().into())
    }

    pub fn open(&self, log: LogKey, pass: &PassHash, sealed: &[u8]) -> Option<Endpoint> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let mut plain = sealed.to_vec();
        let plain = self.key(log, pass)?.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut plain).ok()?;
        let url = plain.split(|byte| *byte == 0).next().unwrap_or_default();
        Endpoint::parse(std::str::from_utf8(url).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    fn endpoint() -> Endpoint {
        Endpoint::parse("https://push.example/abc").unwrap()
    }

    #[test]
    fn a_token_names_the_push_service_and_holds_under_the_public_key() {
        let key = PushKey::grow(&[7; 32]).unwrap();
        assert_eq!(key.public(), PushKey::grow(&[7; 32]).unwrap().public());
        assert_ne!(key.public(), PushKey::grow(&[8; 32]).unwrap().public());
        let header = key.authorization(Millis(1_760_000_000_000), &endpoint(), "https://chat.example").unwrap();
        let (token, public) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(public).unwrap(), key.public());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let verifier = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public());
        assert!(verifier.verify(signed.as_bytes(), &signature).is_ok());
        assert!(verifier.verify(b"something else", &signature).is_err());
        let claims: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap()).unwrap();
        assert_eq!((claims["aud"].as_str(), claims["exp"].as_u64()), (Some("https://push.example"), Some(1_760_000_000 + 43_200)));
    }

    #[test]
    fn one_device_under_two_passes_shares_nothing_and_opens_under_its_own_alone() {
        let seal = WakeSeal::grow(&[7; 32]);
        let (log, one, other) = (LogKey(5), PassHash([1; 32]), PassHash([2; 32]));
        let sealed = seal.seal([9; 32], log, &one, &endpoint()).unwrap();
        let second = seal.seal([9; 32], log, &other, &endpoint()).unwrap();
        assert_eq!(sealed.len(), second.len());
        let same = sealed[NONCE..].iter().zip(&second[NONCE..]).filter(|(a, b)| a == b).count();
        assert!(same < 40, "{same} equal bytes");
        assert_eq!(seal.open(log, &one, &sealed), Some(endpoint()));
        assert_eq!(seal.open(log, &other, &sealed), None);
        assert_eq!(seal.open(LogKey(6), &one, &sealed), None);
        assert_eq!(WakeSeal::grow(&[8; 32]).open(log, &one, &sealed), None);
    }
}
