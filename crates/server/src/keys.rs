//! The server's own secrets: its identity, the stamp key D and the pepper of usernames. One key, one purpose.

use crate::store::{InviteHash, StoredHandle};
use ed25519_dalek::{Signer, SigningKey};
use franking::{Stamp, StampKey, StampKeyId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use wire::auth::{HandleCert, stamp_key_message};
use wire::call::WireStamp;
use wire::{AccountId, Chain, Hash32};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 secret random bytes, kept in a file of their own.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed(pub [u8; 32]);

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed([redacted])")
    }
}

/// All secrets of a server.
pub struct ServerKeys {
    identity: SigningKey,
    stamps: StampSigner,
    stamp_key: [u8; 32],
    pepper: Seed,
}

impl ServerKeys {
    pub fn new(identity: &Seed, stamp: &Seed, pepper: Seed) -> Self {
        let key = StampKey::from_seed(&stamp.0);
        let public = key.public();
        Self {
            identity: SigningKey::from_bytes(&identity.0),
            stamp_key: *public.as_bytes(),
            stamps: StampSigner { key, id: public.key_id() },
            pepper,
        }
    }

    /// The server's identity: an Ed25519 public key.
    pub fn identity(&self) -> [u8; 32] {
        self.identity.verifying_key().to_bytes()
    }

    /// D's public half.
    pub fn stamp_key(&self) -> [u8; 32] {
        self.stamp_key
    }

    /// The identity's signature over D.
    pub fn stamp_key_proof(&self) -> [u8; 64] {
        self.identity.sign(&stamp_key_message(&self.stamp_key)).to_bytes()
    }

    pub fn stamps(&self) -> &StampSigner {
        &self.stamps
    }

    /// A username as it is stored: slows whoever steals the key file too, stops whoever steals the database alone.
    pub fn stored_handle(&self, handle: &Hash32) -> StoredHandle {
        let mut key = [0; 64];
        if let Some(front) = key.first_chunk_mut() {
            *front = self.pepper.0;
        }
        let mut mac = Hmac::<Sha256>::new(&key.into());
        key.zeroize();
        mac.update(b"treehouse/1 handle pepper");
        mac.update(&handle.0);
        StoredHandle(mac.finalize().into_bytes().into())
    }

    /// Says that a username belongs to an account.
    pub fn handle_cert(&self, handle: Hash32, account: AccountId, day: u32, role: String) -> HandleCert {
        let signature = self.identity.sign(&HandleCert::message(&handle, &account, day, &role)).to_bytes();
        HandleCert { handle, account, day, role, signature }
    }
}

impl fmt::Debug for ServerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKeys([redacted])")
    }
}

/// Signs chains, after the commit that made them.
pub struct StampSigner {
    key: StampKey,
    id: StampKeyId,
}

impl StampSigner {
    /// Deterministic: the same chain gets the same signature, so none is stored.
    pub fn sign(&self, chain: &Chain) -> [u8; 64] {
        self.key.sign_chain(chain)
    }

    pub fn wire_stamp(&self, stamp: &Stamp, signature: [u8; 64]) -> WireStamp {
        WireStamp { seq: stamp.seq, ms: stamp.ms, flag: stamp.flag, by: stamp.by, c: stamp.c, prev: stamp.prev, key_id: self.id, signature }
    }
}

/// What is stored of an invitation's 16 bytes.
pub fn invite_hash(code: &[u8; 16]) -> InviteHash {
    InviteHash(Sha256::new().chain_update(b"treehouse/1 invite").chain_update(code).finalize().into())
}
