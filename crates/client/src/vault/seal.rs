//! Keys from the words, and the bytes that lie on a server.

use super::words::Entropy;
use crate::mls::SeededCrypto;
use hkdf::Hkdf;
use sha2::Sha256;
use view::VaultRefusal;
use wire::limits::VAULT_MAX;
use wire::pad::vault_size;
use wire::{VaultId, VaultWrite};
use zeroize::Zeroizing;

const SALT: &[u8] = b"treehouse/1 vault";
const AUTHENTICATED: &[u8] = b"treehouse/1 vault";
const VERSION: u8 = 1;
const NONCE: usize = 12;
/// What stands before the body inside: its length and the version.
const HEAD: usize = 4 + 1;

/// Bytes that a body may have.
pub(super) const BODY_MAX: usize = VAULT_MAX - NONCE - SeededCrypto::TAG - HEAD;

/// What the words give at one server.
pub(super) struct VaultKeys {
    pub id: VaultId,
    pub write: VaultWrite,
    key: Zeroizing<[u8; 32]>,
}

impl VaultKeys {
    /// Bound to the server's identity: the same words mean nothing at another.
    pub fn derive(entropy: &Entropy, server: &[u8; 32]) -> Option<Self> {
        let hkdf = Hkdf::<Sha256>::new(Some(SALT), entropy.expose());
        let expand = |label: &[u8]| {
            let mut out = Zeroizing::new([0; 32]);
            hkdf.expand_multi_info(&[label, server], &mut *out).ok()?;
            Some(out)
        };
        Some(Self {
            id: VaultId(*expand(b"treehouse/1 vault id")?),
            write: VaultWrite::new(*expand(b"treehouse/1 vault write")?),
            key: expand(b"treehouse/1 vault key")?,
        })
    }

    fn authenticated(&self) -> Vec<u8> {
        [AUTHENTICATED, self.id.as_bytes()].concat()
    }

    /// `nonce 12 | AES-256-GCM(length 4 | version 1 | body | zeros)`, so long that the whole has a length of the set. Nothing when it does not fit.
    pub fn seal(&self, crypto: &SeededCrypto, nonce: [u8; NONCE], body: &[u8]) -> Option<Vec<u8>> {
        let outside = NONCE + SeededCrypto::TAG;
        let size = vault_size(outside + HEAD + body.len())?;
        let mut padded = Zeroizing::new(Vec::with_capacity(size - outside));
        padded.extend_from_slice(&u32::try_from(body.len()).ok()?.to_be_bytes());
        padded.push(VERSION);
        padded.extend_from_slice(body);
        padded.resize(size - outside, 0);
        let sealed = crypto.seal_under(&self.key, &nonce, &padded, &self.authenticated())?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// # Errors
    /// [`VaultRefusal::Damaged`] for anything that was not sealed under these words for this place; [`VaultRefusal::TooNew`] for a version unknown.
    pub fn open(&self, crypto: &SeededCrypto, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultRefusal> {
        let damaged = VaultRefusal::Damaged;
        if vault_size(sealed.len()) != Some(sealed.len()) {
            return Err(damaged);
        }
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(damaged.clone())?;
        let plain = crypto.open_under(&self.key, nonce, sealed, &self.authenticated()).map(Zeroizing::new).ok_or(damaged.clone())?;
        let (length, rest) = plain.split_first_chunk::<4>().ok_or(damaged.clone())?;
        let (version, rest) = rest.split_first().ok_or(damaged.clone())?;
        if *version != VERSION {
            return Err(VaultRefusal::TooNew);
        }
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| damaged.clone())?;
        Ok(Zeroizing::new(rest.get(..length).ok_or(damaged)?.to_vec()))
    }
}
