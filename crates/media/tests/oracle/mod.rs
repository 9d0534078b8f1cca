//! The blob format again, on RustCrypto and written from docs/spec/attachments.md alone; and an attacker who knows GHASH.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::BlockCipherEncrypt;
use aes_gcm::{Aes256Gcm, Key, Nonce};
use hkdf::Hkdf;
use media::stream::{AttachmentKey, Salt};
use sha2::{Digest, Sha256};

const SEGMENT_PLAIN: usize = 65520;

pub struct Blob {
    pub stored: Vec<u8>,
    pub root: [u8; 32],
}

struct Stream {
    key: [u8; 32],
    prefix: [u8; 7],
}

impl Stream {
    fn derive(key: &AttachmentKey, salt: &Salt, label: &str) -> Self {
        let mut okm = [0; 39];
        expand(key, salt, label, &mut okm);
        Self { key: okm[..32].try_into().unwrap(), prefix: okm[32..].try_into().unwrap() }
    }

    fn nonce(&self, number: u32, last: u8) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[..7].copy_from_slice(&self.prefix);
        nonce[7..11].copy_from_slice(&number.to_be_bytes());
        nonce[11] = last;
        nonce
    }

    fn seal(&self, number: u32, last: u8, text: &[u8]) -> Vec<u8> {
        let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(self.key));
        cipher.encrypt(&Nonce::from(self.nonce(number, last)), text).unwrap()
    }

    fn open(&self, number: u32, last: u8, sealed: &[u8]) -> Option<Vec<u8>> {
        let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(self.key));
        cipher.decrypt(&Nonce::from(self.nonce(number, last)), sealed).ok()
    }

    fn seal_all(&self, text: &[u8]) -> Vec<Vec<u8>> {
        let chunks: Vec<&[u8]> = if text.is_empty() { vec![&[]] } else { text.chunks(SEGMENT_PLAIN).collect() };
        let last = chunks.len() - 1;
        (0..).zip(&chunks).map(|(number, chunk)| self.seal(number, u8::from(number as usize == last), chunk)).collect()
    }
}

fn expand(key: &AttachmentKey, salt: &Salt, label: &str, out: &mut [u8]) {
    Hkdf::<Sha256>::new(Some(&salt.0), key.expose()).expand(label.as_bytes(), out).unwrap();
}

pub fn blob(key: &AttachmentKey, salt: &Salt, plaintext: &[u8]) -> Blob {
    let segments = Stream::derive(key, salt, "treehouse/1 attachment content").seal_all(plaintext);
    finish(key, salt, plaintext.len() as u64, &segments)
}

fn finish(key: &AttachmentKey, salt: &Salt, len: u64, segments: &[Vec<u8>]) -> Blob {
    let list: Vec<u8> = segments.iter().flat_map(Sha256::digest).collect();
    let mut commitment = [0; 32];
    expand(key, salt, "treehouse/1 attachment commitment", &mut commitment);
    let root = Sha256::new()
        .chain_update(b"treehouse/1 attachment root")
        .chain_update(commitment)
        .chain_update(len.to_be_bytes())
        .chain_update(&list)
        .finalize()
        .into();
    let mut stored = segments.concat();
    stored.extend(Stream::derive(key, salt, "treehouse/1 attachment list").seal_all(&list).concat());
    let padded = wire::pad::padme(stored.len() as u64) as usize;
    let padding = Stream::derive(key, salt, "treehouse/1 attachment padding");
    for number in 0.. {
        if stored.len() >= padded {
            break;
        }
        stored.extend(padding.seal(number, 0, &[0; SEGMENT_PLAIN]));
        stored.truncate(padded);
    }
    Blob { stored, root }
}

pub struct TwoPlaintexts {
    pub first_key: AttachmentKey,
    pub second_key: AttachmentKey,
    pub salt: Salt,
    pub len: u64,
    pub root: [u8; 32],
    pub stored: Vec<u8>,
    pub first_text: Vec<u8>,
    pub second_text: Vec<u8>,
}

/// A blob whose one segment plain AES-GCM opens under both keys: the last block is chosen so that both tags are the same.
pub fn two_plaintext_attachment() -> TwoPlaintexts {
    let (first_key, second_key) = (AttachmentKey::new([1; 32]), AttachmentKey::new([2; 32]));
    let salt = Salt([3; 32]);
    let streams = [&first_key, &second_key].map(|key| Stream::derive(key, &salt, "treehouse/1 attachment content"));
    let [(h1, mask1), (h2, mask2)] = [0, 1].map(|i| ghash_key(&streams[i]));
    let blocks: Vec<u128> = (1..8).map(|i| 0x0123_4567_89ab_cdef_u128 * i).collect();
    let lengths = (8 * 128) as u128;
    let fixed = |h: u128| ghash(h, &[&blocks[..], &[0, lengths]].concat());
    // The free block c stands two places before the end: it adds c * h^2 to the hash.
    let factor = mul(h1, h1) ^ mul(h2, h2);
    let free = mul(fixed(h1) ^ fixed(h2) ^ mask1 ^ mask2, inverse(factor));
    let sealed: Vec<u8> = [&blocks[..], &[free]].concat().into_iter().flat_map(u128::to_be_bytes).collect();
    let tag = ghash(h1, &[&blocks[..], &[free, lengths]].concat()) ^ mask1;
    let segment = [sealed, tag.to_be_bytes().to_vec()].concat();
    let [first_text, second_text] = [0, 1].map(|i| streams[i].open(0, 1, &segment).expect("plain AES-GCM accepts it under both keys"));
    let blob = finish(&first_key, &salt, 128, &[segment]);
    TwoPlaintexts { first_key, second_key, salt, len: 128, root: blob.root, stored: blob.stored, first_text, second_text }
}

/// The hash key and the mask of the tag of segment 0, the last.
fn ghash_key(stream: &Stream) -> (u128, u128) {
    let cipher = Aes256::new(&stream.key.into());
    let encrypt = |block: [u8; 16]| {
        let mut block = block.into();
        cipher.encrypt_block(&mut block);
        u128::from_be_bytes(block.into())
    };
    let mut counter = [0; 16];
    counter[..12].copy_from_slice(&stream.nonce(0, 1));
    counter[15] = 1;
    (encrypt([0; 16]), encrypt(counter))
}

fn ghash(h: u128, blocks: &[u128]) -> u128 {
    blocks.iter().fold(0, |sum, block| mul(sum ^ block, h))
}

/// Multiplication in the field of GCM (NIST SP 800-38D section 6.3).
fn mul(x: u128, y: u128) -> u128 {
    let (mut z, mut v) = (0, y);
    for i in (0..128).rev() {
        if x >> i & 1 == 1 {
            z ^= v;
        }
        v = if v & 1 == 1 { v >> 1 ^ 0xe1 << 120 } else { v >> 1 };
    }
    z
}

/// `x^(2^128 - 2)`.
fn inverse(x: u128) -> u128 {
    let mut power = x;
    (0..127).fold(1 << 127, |product, _| {
        power = mul(power, power);
        mul(product, power)
    })
}
