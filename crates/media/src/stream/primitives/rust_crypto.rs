//! By RustCrypto, for the browser: aws-lc is C and assembler. Natively only its test reads it.

use super::{NONCE, TAG, Unauthentic};
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};

/// AES-256-GCM under one key. The library wipes its own key schedule.
pub struct Aes(Aes256Gcm);

impl Aes {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(key.into()))
    }

    pub fn seal(&self, nonce: [u8; NONCE], text: &mut [u8]) -> [u8; TAG] {
        let tag = self.0.encrypt_inout_detached(&Nonce::from(nonce), &[], text.into()).expect("a segment is short");
        tag.into()
    }

    pub fn open<'a>(&self, nonce: [u8; NONCE], sealed: &'a mut [u8]) -> Result<&'a mut [u8], Unauthentic> {
        let (text, tag) = sealed.split_last_chunk_mut::<TAG>().ok_or(Unauthentic)?;
        self.0.decrypt_inout_detached(&Nonce::from(nonce), &[], (&mut *text).into(), &Tag::from(*tag)).map_err(|_| Unauthentic)?;
        Ok(text)
    }
}

/// HKDF-SHA256 (RFC 5869).
pub fn hkdf(secret: &[u8], salt: &[u8], info: &[u8], out: &mut [u8]) {
    Hkdf::<Sha256>::new(Some(salt), secret).expand(info, out).expect("far below 255 hash lengths");
}

/// A running SHA-256.
#[derive(Clone)]
pub struct Hash(Sha256);

impl Hash {
    pub fn new() -> Self {
        Self(Sha256::new())
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
