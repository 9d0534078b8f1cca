//! The cryptography of attachments, all of it: HKDF-SHA256, AES-256-GCM under a counter nonce, SHA-256. Only the two files below name a library.

#[cfg(not(target_arch = "wasm32"))]
mod aws;
#[cfg(any(test, target_arch = "wasm32"))]
mod rust_crypto;

use super::keys::{AttachmentKey, Salt};
use super::layout::TAG;
#[cfg(not(target_arch = "wasm32"))]
use aws as library;
pub(super) use library::Hash;
#[cfg(target_arch = "wasm32")]
use rust_crypto as library;
use zeroize::{Zeroize, Zeroizing};

const NONCE: usize = 12;
const PREFIX: usize = 7;
const KEY_AND_PREFIX: usize = 32 + PREFIX;

/// What is derived from the attachment key; one purpose each.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Content,
    List,
    Padding,
    Commitment,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Content => b"treehouse/1 attachment content",
            Self::List => b"treehouse/1 attachment list",
            Self::Padding => b"treehouse/1 attachment padding",
            Self::Commitment => b"treehouse/1 attachment commitment",
        }
    }
}

/// Whether more segments follow: STREAM's last byte, so that a cut blob does not open (Hoang, Reyhanitabar, Rogaway, Vizár 2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Inner,
    Last,
}

impl Place {
    pub(super) fn of(segment: u32, segments: u32) -> Self {
        if segment + 1 == segments { Self::Last } else { Self::Inner }
    }
}

/// Hash and tag did not agree.
#[derive(Debug)]
pub(super) struct Unauthentic;

/// Seals and opens the segments of one stream: nonce = prefix (7) | segment, big-endian (4) | last (1).
pub(super) struct SegmentCipher {
    key: library::Aes,
    raw: Zeroizing<[u8; 32]>,
    prefix: [u8; PREFIX],
}

impl SegmentCipher {
    /// The cipher of one purpose of one attachment. Key and prefix come out of one expansion, so that no header is stored.
    pub(super) fn derive(secret: &AttachmentKey, salt: &Salt, purpose: Purpose) -> Self {
        let mut material = Zeroizing::new([0; KEY_AND_PREFIX]);
        expand(secret, salt, purpose, &mut *material);
        let (key, prefix) = material.split_at(32);
        Self::from_parts(key, prefix)
    }

    /// The cipher of a 32-byte key and a 7-byte prefix.
    pub(super) fn from_parts(key: &[u8], prefix: &[u8]) -> Self {
        let raw = Zeroizing::new(<[u8; 32]>::try_from(key).expect("the key has 32 bytes"));
        Self { key: library::Aes::new(&raw), raw, prefix: prefix.try_into().expect("the prefix has 7 bytes") }
    }

    pub(super) fn key(&self) -> &[u8; 32] {
        &self.raw
    }

    pub(super) fn nonce(&self, segment: u32, place: Place) -> [u8; NONCE] {
        let mut nonce = [0; NONCE];
        nonce[..PREFIX].copy_from_slice(&self.prefix);
        nonce[PREFIX..PREFIX + 4].copy_from_slice(&segment.to_be_bytes());
        nonce[NONCE - 1] = u8::from(place == Place::Last);
        nonce
    }

    /// Encrypts all but the last [`TAG`] bytes of `segment` where they stand and puts the tag there. `sealed` has at least [`TAG`] bytes.
    pub(super) fn seal(&self, segment: u32, place: Place, sealed: &mut [u8]) {
        let (text, room) = sealed.split_at_mut(sealed.len() - TAG);
        room.copy_from_slice(&self.key.seal(self.nonce(segment, place), text));
    }

    /// Decrypts a segment where it stands.
    pub(super) fn open<'a>(&self, segment: u32, place: Place, sealed: &'a mut [u8]) -> Result<&'a mut [u8], Unauthentic> {
        self.key.open(self.nonce(segment, place), sealed)
    }
}

impl Drop for SegmentCipher {
    fn drop(&mut self) {
        self.prefix.zeroize();
    }
}

/// 32 bytes that only this key under this salt gives: AES-GCM does not commit to its key, so the root does.
pub(super) fn key_commitment(secret: &AttachmentKey, salt: &Salt) -> [u8; 32] {
    let mut out = [0; 32];
    expand(secret, salt, Purpose::Commitment, &mut out);
    out
}

/// HKDF-SHA256 (RFC 5869): the attachment key is the input, the purpose the info.
fn expand(secret: &AttachmentKey, salt: &Salt, purpose: Purpose, out: &mut [u8]) {
    library::hkdf(secret.expose(), &salt.0, purpose.label(), out);
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = Hash::new();
    hash.update(bytes);
    hash.finish()
}

/// What a message commits to: `SHA-256(label | key commitment | plaintext length | hash list)`, every part of fixed length but the last.
pub(super) fn root(key_commitment: &[u8; 32], plain_len: u64, list: &[u8]) -> [u8; 32] {
    let mut hash = Hash::new();
    hash.update(b"treehouse/1 attachment root");
    hash.update(key_commitment);
    hash.update(&plain_len.to_be_bytes());
    hash.update(list);
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::hkdf;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// The known answers of Tink's cross-language tests for AES-GCM-HKDF streaming that derive a 32-byte key; they derive it with HKDF-SHA1.
    /// `ciphertext` begins with a header: its length, the salt, the prefix.
    fn tink(aad: &[u8], segment_len: usize, plaintext: &[u8], ciphertext: &str) {
        let secret = hex("00112233445566778899aabbccddeeff6eb56cdc726dfbe5d57f2fcdc6e9345b");
        let ciphertext = hex(ciphertext);
        let (header, mut rest) = ciphertext.split_at(40);
        struct Len;
        impl hkdf::KeyType for Len {
            fn len(&self) -> usize {
                32
            }
        }
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA1_FOR_LEGACY_USE_ONLY, &header[1..33]).extract(&secret);
        let mut key = [0; 32];
        prk.expand(&[aad], Len).unwrap().fill(&mut key).unwrap();
        let cipher = SegmentCipher::from_parts(&key, &header[33..40]);
        let (mut opened, mut resealed, mut segment, mut room) = (Vec::new(), Vec::new(), 0, segment_len - 40);
        while !rest.is_empty() {
            let (sealed, after) = rest.split_at(room.min(rest.len()));
            let place = if after.is_empty() { Place::Last } else { Place::Inner };
            let mut buffer = sealed.to_vec();
            opened.extend_from_slice(cipher.open(segment, place, &mut buffer).unwrap());
            cipher.seal(segment, place, &mut buffer);
            resealed.extend_from_slice(&buffer);
            (rest, segment, room) = (after, segment + 1, segment_len);
        }
        assert_eq!((opened, resealed), (plaintext.to_vec(), ciphertext[40..].to_vec()));
    }

    #[test]
    fn tink_opens_and_seals_the_same_segments() {
        let empty = "28fae780c70a82d1256c8303a1261ac6a98cf557b4e173967a62f3c149517ba5b2431da93b3c6e90f508b34dc14bfda59bab05681c6ad3fa";
        tink(&[], 64, &[], empty);
        let two = "28782994617714a80fa085e15051a16854522330d6d0f26c049b2192f09cdd98b2eb90c753bfff277a29e54fa4afb15d648c28477eb07f012535c767\
                   f5fdce24ffffae318480c1d37357d6d3c511159318afa09ef38aa3f5456fd7817c5c02dd6e1a7fef174c8bd24e38b5982ac105497c0101ac5581fe5b";
        tink(&[0, 1, 2, 3], 120, b"BLOCK 1.BLOCK 2.BLOCK 3.BLOCK 4.BLOCK 5.BLOCK 6.BLOCK 7.BLOCK 8.", two);
    }

    #[test]
    fn a_segment_opens_only_at_its_place() {
        let cipher = SegmentCipher::derive(&AttachmentKey::new([1; 32]), &Salt([2; 32]), Purpose::Content);
        let mut sealed = [0; 20];
        cipher.seal(7, Place::Inner, &mut sealed);
        assert!(cipher.open(7, Place::Last, &mut sealed.clone()).is_err());
        assert!(cipher.open(6, Place::Inner, &mut sealed.clone()).is_err());
        assert!(cipher.open(7, Place::Inner, &mut sealed).is_ok());
    }

    #[test]
    fn both_libraries_give_the_same_bytes() {
        let (key, nonce) = ([3; 32], [5; NONCE]);
        for len in [0, 1, 15, 16, 17, 1000] {
            let text: Vec<u8> = (0..len).map(|at| at as u8).collect();
            let (mut ours, mut theirs) = (text.clone(), text.clone());
            let tag = aws::Aes::new(&key).seal(nonce, &mut ours);
            assert_eq!(rust_crypto::Aes::new(&key).seal(nonce, &mut theirs), tag);
            assert_eq!(ours, theirs);
            theirs.extend_from_slice(&tag);
            assert_eq!(rust_crypto::Aes::new(&key).open(nonce, &mut theirs.clone()).unwrap(), text);
            theirs[len as usize] ^= 1;
            assert!(rust_crypto::Aes::new(&key).open(nonce, &mut theirs).is_err());
            let (mut hash, mut other) = (aws::Hash::new(), rust_crypto::Hash::new());
            hash.update(&text);
            other.update(&text);
            assert_eq!(hash.finish(), other.finish());
        }
        assert!(rust_crypto::Aes::new(&key).open(nonce, &mut [0; TAG - 1]).is_err());
        let (mut one, mut other) = ([0; 39], [0; 39]);
        aws::hkdf(b"secret", b"salt", b"info", &mut one);
        rust_crypto::hkdf(b"secret", b"salt", b"info", &mut other);
        assert_eq!(one, other);
    }
}
