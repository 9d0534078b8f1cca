//! Sealing to an inbox: HPKE base mode, X-Wing, HKDF-SHA-256, ChaCha20-Poly1305; padded to 4 KiB * 2^n before it is sealed.

use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::XWing};
use rand_core::CryptoRng;
use wire::AccountId;
use wire::pad::inbox_size;

const INFO: &[u8] = b"treehouse/1 inbox";
/// Encapsulated key, tag, and the length before the padding.
const OVERHEAD: usize = 1120 + 16 + 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("not an inbox key")]
    Key,
    #[error("not sealed for this inbox")]
    NotOurs,
    #[error("the padding does not hold")]
    Padding,
}

/// The key pair of an inbox from 32 bytes of entropy: (secret seed, public key of 1216 bytes).
pub fn inbox_keys(seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>) {
    let (secret, public) = XWing::derive_keypair(seed);
    (secret.to_bytes().to_vec(), public.to_bytes().to_vec())
}

/// Seals `plain` for the account that owns `public`; the stored length is 4 KiB * 2^n.
///
/// # Errors
/// [`SealError::Key`] when `public` is not an X-Wing key.
pub fn seal(account: &AccountId, public: &[u8], plain: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, SealError> {
    let key = <XWing as hpke::Kem>::PublicKey::from_bytes(public).map_err(|_| SealError::Key)?;
    let size = inbox_size(plain.len() + OVERHEAD) - OVERHEAD;
    let mut padded = Vec::with_capacity(size + 4);
    padded.extend_from_slice(&(plain.len() as u32).to_be_bytes());
    padded.extend_from_slice(plain);
    padded.resize(size + 4, 0);
    let (enc, ciphertext) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(&OpModeS::Base, &key, INFO, &padded, &account.0, rng)
            .map_err(|_| SealError::Key)?;
    Ok([enc.to_bytes().as_slice(), &ciphertext].concat())
}

/// Opens what was sealed for `account`.
///
/// # Errors
/// [`SealError::NotOurs`] for anything another key or another account was meant by; [`SealError::Padding`] for a length that does not fit.
pub fn open(account: &AccountId, secret: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let key = <XWing as hpke::Kem>::PrivateKey::from_bytes(secret).map_err(|_| SealError::Key)?;
    let (enc, ciphertext) = sealed.split_at_checked(1120).ok_or(SealError::NotOurs)?;
    let enc = <XWing as hpke::Kem>::EncappedKey::from_bytes(enc).map_err(|_| SealError::NotOurs)?;
    let padded = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(&OpModeR::Base, &key, &enc, INFO, ciphertext, &account.0)
        .map_err(|_| SealError::NotOurs)?;
    let (len, rest) = padded.split_first_chunk::<4>().ok_or(SealError::Padding)?;
    let plain = rest.get(..u32::from_be_bytes(*len) as usize).ok_or(SealError::Padding)?;
    Ok(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::SeedableRng as _;

    const ALICE: AccountId = AccountId([1; 32]);

    #[test]
    fn what_is_sealed_opens_and_has_a_padded_length() {
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([3; 32]);
        let (secret, public) = inbox_keys(&[7; 32]);
        for len in [0, 1, 2956, 2957, 9000] {
            let plain = vec![5; len];
            let sealed = seal(&ALICE, &public, &plain, &mut rng).unwrap();
            assert!(sealed.len().is_power_of_two() && sealed.len() >= 4096, "{len} gave {}", sealed.len());
            assert_eq!(open(&ALICE, &secret, &sealed), Ok(plain));
        }
    }

    #[test]
    fn another_account_another_key_or_a_flipped_bit_does_not_open() {
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([3; 32]);
        let (secret, public) = inbox_keys(&[7; 32]);
        let (other, _) = inbox_keys(&[8; 32]);
        let sealed = seal(&ALICE, &public, b"hello", &mut rng).unwrap();
        assert_eq!(open(&AccountId([2; 32]), &secret, &sealed), Err(SealError::NotOurs));
        assert_eq!(open(&ALICE, &other, &sealed), Err(SealError::NotOurs));
        for at in [0, 600, 1119, 1120, sealed.len() - 1] {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert_eq!(open(&ALICE, &secret, &flipped), Err(SealError::NotOurs));
        }
        assert_eq!(open(&ALICE, &secret, &sealed[..100]), Err(SealError::NotOurs));
    }
}
