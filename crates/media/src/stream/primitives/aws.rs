//! By aws-lc, with the processor's own instructions.

use super::{TAG, Unauthentic};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::hkdf;

/// AES-256-GCM under one key. The library wipes its own key schedule.
pub struct Aes(LessSafeKey);

impl Aes {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes")))
    }

    pub fn seal(&self, nonce: [u8; NONCE_LEN], text: &mut [u8]) -> [u8; TAG] {
        // Fails above 64 GiB alone (NIST SP 800-38D section 5.2.1.1); a segment has 64 KiB.
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::empty(), text).expect("a segment is short");
        tag.as_ref().try_into().expect("a tag has 16 bytes")
    }

    pub fn open<'a>(&self, nonce: [u8; NONCE_LEN], sealed: &'a mut [u8]) -> Result<&'a mut [u8], Unauthentic> {
        self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), sealed).map_err(|_| Unauthentic)
    }
}

/// HKDF-SHA256 (RFC 5869).
pub fn hkdf(secret: &[u8], salt: &[u8], info: &[u8], out: &mut [u8]) {
    struct Len(usize);
    impl hkdf::KeyType for Len {
        fn len(&self) -> usize {
            self.0
        }
    }
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    let info = [info];
    let okm = prk.expand(&info, Len(out.len())).expect("far below 255 hash lengths");
    okm.fill(out).expect("the length it was asked for");
}

/// A running SHA-256.
#[derive(Clone)]
pub struct Hash(Context);

impl Hash {
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> [u8; 32] {
        self.0.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}
