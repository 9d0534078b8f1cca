//! The server's own secrets: its identity, the stamp key D, the pepper of usernames, and what grows from it for waking devices. One key, one
//! purpose.

use crate::store::{InviteHash, StoredHandle};
use crate::wake::{PushKey, WakeSeal};
use aws_lc_rs::signature::Ed25519KeyPair;
use ed25519_dalek::{Signer, SigningKey};
use franking::{Stamp, StampKey, StampKeyId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use std::net::IpAddr;
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
    push: Option<PushKey>,
    wakes: WakeSeal,
}

impl ServerKeys {
    pub fn new(identity: &Seed, stamp: &Seed, pepper: Seed) -> Self {
        let key = StampKey::from_seed(&stamp.0);
        let public = key.public();
        Self {
            identity: SigningKey::from_bytes(&identity.0),
            stamp_key: *public.as_bytes(),
            stamps: StampSigner { fast: Ed25519KeyPair::from_seed_unchecked(&stamp.0).ok(), id: public.key_id(), key },
            push: PushKey::grow(&pepper.0),
            wakes: WakeSeal::grow(&pepper.0),
            pepper,
        }
    }

    /// Says to push services who knocks.
    pub fn push_key(&self) -> Option<&PushKey> {
        self.push.as_ref()
    }

    /// Seals where to knock.
    pub fn wake_seal(&self) -> &WakeSeal {
        &self.wakes
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
        StoredHandle(self.peppered(b"treehouse/1 handle pepper", &handle.0))
    }

    /// In which of so many places a network address is counted. Of IPv6 the network of one customer counts as one.
    fn place_of(&self, address: IpAddr, places: usize) -> usize {
        let hash = match address.to_canonical() {
            IpAddr::V4(address) => self.peppered(b"treehouse/1 report address", &address.octets()),
            IpAddr::V6(address) => self.peppered(b"treehouse/1 report network", address.octets().first_chunk::<8>().unwrap_or(&[0; 8])),
        };
        let [a, b, c, d, ..] = hash;
        u32::from_be_bytes([a, b, c, d]) as usize % places.max(1)
    }

    /// The same for whoever comes over a network; none for this machine, where a proxy stands for everybody.
    pub fn place_outside(&self, address: IpAddr, places: usize) -> Option<usize> {
        let address = address.to_canonical();
        (!address.is_loopback()).then(|| self.place_of(address, places))
    }

    fn peppered(&self, label: &[u8], bytes: &[u8]) -> [u8; 32] {
        let mut key = [0; 64];
        if let Some(front) = key.first_chunk_mut() {
            *front = self.pepper.0;
        }
        let mut mac = Hmac::<Sha256>::new(&key.into());
        key.zeroize();
        mac.update(label);
        mac.update(bytes);
        mac.finalize().into_bytes().into()
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

/// Signs chains, after the commit that made them: the costliest step of a message.
pub struct StampSigner {
    key: StampKey,
    /// The same key where signing takes half the time. RFC 8032 signatures are deterministic, so nobody can tell which one signed.
    fast: Option<Ed25519KeyPair>,
    id: StampKeyId,
}

/// What a stamp key signs before the 32 bytes of a chain: its label and the length of what follows (docs/spec/franking.md, "Hashing").
const STAMP_SIGNATURE: &[u8; 43] = b"\0\0\0\0\0\0\0\x1btreehouse/1 stamp signature\0\0\0\0\0\0\0\x20";

impl StampSigner {
    /// Deterministic: the same chain gets the same signature, so none is stored.
    pub fn sign(&self, chain: &Chain) -> [u8; 64] {
        let mut message = [0; STAMP_SIGNATURE.len() + Chain::LEN];
        if let Some((label, bytes)) = message.split_first_chunk_mut() {
            *label = *STAMP_SIGNATURE;
            bytes.copy_from_slice(&chain.0);
        }
        let signed = self.fast.as_ref().and_then(|key| key.sign(&message).as_ref().try_into().ok());
        signed.unwrap_or_else(|| self.key.sign_chain(chain))
    }

    pub fn wire_stamp(&self, stamp: &Stamp, signature: [u8; 64]) -> WireStamp {
        WireStamp { seq: stamp.seq, ms: stamp.ms, flag: stamp.flag, by: stamp.by, c: stamp.c, prev: stamp.prev, key_id: self.id, signature }
    }
}

/// What is stored of an invitation's 16 bytes.
pub fn invite_hash(code: &[u8; 16]) -> InviteHash {
    InviteHash(Sha256::new().chain_update(b"treehouse/1 invite").chain_update(code).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_sign_give_the_same_bytes() {
        for n in 0..20 {
            let keys = ServerKeys::new(&Seed([1; 32]), &Seed([n; 32]), Seed([3; 32]));
            let chain = Chain([n ^ 0x5a; 32]);
            assert!(keys.stamps.fast.is_some());
            assert_eq!(keys.stamps.sign(&chain), StampKey::from_seed(&[n; 32]).sign_chain(&chain));
        }
    }

    #[test]
    fn secrets_never_print_themselves() {
        let keys = ServerKeys::new(&Seed([1; 32]), &Seed([2; 32]), Seed([3; 32]));
        assert_eq!(format!("{keys:?} {:?}", keys.pepper), "ServerKeys([redacted]) Seed([redacted])");
    }

    #[test]
    fn an_address_counts_in_one_place_and_a_network_of_ipv6_too() {
        let keys = ServerKeys::new(&Seed([1; 32]), &Seed([2; 32]), Seed([3; 32]));
        let place = |text: &str| keys.place_of(text.parse().unwrap(), 4096);
        assert_eq!(place("192.0.2.1"), place("::ffff:192.0.2.1"));
        assert_eq!(place("2001:db8:0:1::1"), place("2001:db8:0:1:ffff::2"));
        assert_ne!(place("192.0.2.1"), place("192.0.2.2"));
        assert_ne!(place("2001:db8:0:1::1"), place("2001:db8:0:2::1"));
        let outside = |text: &str| keys.place_outside(text.parse().unwrap(), 4096);
        assert_eq!(outside("192.0.2.1"), Some(place("192.0.2.1")));
        assert_eq!(["127.0.0.1", "::1", "::ffff:127.0.0.1"].map(outside), [None; 3]);
    }

    #[test]
    fn a_stored_username_depends_on_the_pepper() {
        let stored = |pepper| ServerKeys::new(&Seed([1; 32]), &Seed([2; 32]), Seed([pepper; 32])).stored_handle(&Hash32([9; 32]));
        assert_eq!(stored(3), stored(3));
        assert_ne!(stored(3), stored(4));
    }
}
