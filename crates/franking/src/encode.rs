//! The one way bytes become hashes, MACs and signed messages, and the one way objects become bytes.
//!
//! Every input of a hash is `label` and then parts, each with its length in front (8 bytes, big-endian), so that no two lists of parts and no
//! two purposes give the same input. Objects have one encoding: fixed fields in a fixed order, integers big-endian.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Bytes that are not the one encoding of what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("the bytes end too early")]
    Truncated,
    #[error("bytes follow the end")]
    Trailing,
    #[error("too many or too few bytes or items for a limit")]
    Limit,
    #[error("an unknown version")]
    Version,
    #[error("an unknown flag, class or choice")]
    Choice,
    #[error("not the canonical encoding of a usable public key")]
    Key,
    #[error("fields that contradict each other")]
    Contradiction,
    #[error("items out of order or repeated")]
    Order,
}

/// What a hash, MAC or signature is for. No two purposes share a label.
#[derive(Clone, Copy)]
pub struct Label(&'static str);

impl Label {
    /// A label of another crate: `treehouse/1 ` and words that no other label has.
    pub const fn new(label: &'static str) -> Self {
        Self(label)
    }

    pub const STAMP: Self = Self("treehouse/1 stamp");
    pub const STAMP_KEY_ID: Self = Self("treehouse/1 stamp key id");
    pub const STAMP_SIGNATURE: Self = Self("treehouse/1 stamp signature");
    pub const CERT: Self = Self("treehouse/1 client cert");
    pub const CERT_SIGNATURE: Self = Self("treehouse/1 client cert signature");
    pub const LEAF_CERT_SIGNATURE: Self = Self("treehouse/1 leaf cert signature");
    pub const STATE: Self = Self("treehouse/1 account state");
    pub const STATE_SIGNATURE: Self = Self("treehouse/1 account state signature");
    pub const RETURN_SIGNATURE: Self = Self("treehouse/1 return signature");
    pub const LEAF_KEY: Self = Self("treehouse/1 leafkey");
    pub const LEAF: Self = Self("treehouse/1 leaf");
    pub const CONTEXT_KEY: Self = Self("treehouse/1 ctxkey");
    pub const COMMIT: Self = Self("treehouse/1 commit");
    pub const FRANKING_KEY: Self = Self("treehouse/1 franking key");
    pub const AUTHORITY_KEY: Self = Self("treehouse/1 authority key");
    pub const AUTHORITY_ID: Self = Self("treehouse/1 authority id");
    pub const AUTHORITY_NOBODY: Self = Self("treehouse/1 authority nobody");
    pub const PROOF_NONCE: Self = Self("treehouse/1 proof nonce");
    /// The tags of Fiat-Shamir transcripts name their flavour and suite (draft-irtf-cfrg-sigma-protocols, "Non-interactive").
    pub const SENDER_PROOF: Self = Self("treehouse/1 sender proof CMPT sigma-proofs_TurboShake128_Ristretto255");
    pub const REPORTER_PROOF: Self = Self("treehouse/1 reporter proof CMPT sigma-proofs_TurboShake128_Ristretto255");
    pub const POSSESSION: Self = Self("treehouse/1 client cert possession CMPT sigma-proofs_TurboShake128_Ristretto255");
}

/// SHA-256 over the framed label and parts.
pub fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut state = Sha256::new();
    frame(label, parts, |bytes| state.update(bytes));
    state.finalize().into()
}

/// SHA-512 over the framed label and parts: 64 bytes to reduce to a scalar or to map to a point without bias.
pub fn hash_wide(label: Label, parts: &[&[u8]]) -> [u8; 64] {
    let mut state = sha2::Sha512::new();
    frame(label, parts, |bytes| state.update(bytes));
    state.finalize().into()
}

/// HMAC-SHA-256 over the framed label and parts. Keys have 32 bytes, always: HMAC pads shorter ones with zeros, and two lengths would collide.
pub fn mac(key: &[u8; 32], label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut state = Hmac::<Sha256>::new((&*block).into());
    frame(label, parts, |bytes| state.update(bytes));
    state.finalize().into_bytes().into()
}

/// The bytes a signature or a transcript covers.
pub fn framed(label: Label, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    frame(label, parts, |bytes| out.extend_from_slice(bytes));
    out
}

fn frame(label: Label, parts: &[&[u8]], mut absorb: impl FnMut(&[u8])) {
    for part in std::iter::once(label.0.as_bytes()).chain(parts.iter().copied()) {
        absorb(&(part.len() as u64).to_be_bytes());
        absorb(part);
    }
}

/// Takes fields from the front of bytes that someone else made.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// At the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Malformed::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_be_bytes)
    }

    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    /// Reads the version byte in front of an object.
    pub fn version(&mut self) -> Result<(), Malformed> {
        if self.u8()? == VERSION { Ok(()) } else { Err(Malformed::Version) }
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed::Trailing) }
    }
}

/// The version of every encoding here.
pub const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cut_elsewhere_hash_differently() {
        assert_ne!(hash(Label::LEAF, &[b"ab", b"c"]), hash(Label::LEAF, &[b"a", b"bc"]));
        assert_ne!(hash(Label::LEAF, &[b"a"]), hash(Label::LEAF, &[b"a", b""]));
        assert_ne!(framed(Label::LEAF, &[b"ab"]), framed(Label::LEAF, &[b"a", b"b"]));
    }

    #[test]
    fn equal_parts_under_different_labels_differ() {
        assert_ne!(hash(Label::LEAF, &[b"a"]), hash(Label::COMMIT, &[b"a"]));
        assert_ne!(mac(&[1; 32], Label::LEAF, &[b"a"]), mac(&[1; 32], Label::COMMIT, &[b"a"]));
    }

    #[test]
    fn a_reader_never_reads_past_the_end() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u16(), Ok(0x0102));
        assert_eq!(reader.u16(), Err(Malformed::Truncated));
        assert_eq!(reader.u8(), Ok(3));
        assert_eq!(reader.take(usize::MAX), Err(Malformed::Truncated));
        assert_eq!(reader.end(), Ok(()));
    }
}
