//! For whom a report is sealed: a key of somebody's program, a one-time passphrase for an officer, or the two halves of a server's B key.

use crate::label;
use argon2::{Algorithm, Argon2, Params, Version};
use bip39::Mnemonic;
use franking::encode::hash;
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::XWing};
use rand_core::CryptoRng;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of an encapsulated key.
pub(crate) const ENC: usize = 1120;

/// The X-Wing public key that a report is sealed to (draft-connolly-cfrg-xwing-kem).
#[derive(Clone, PartialEq, Eq)]
pub struct Addressee(Box<[u8; Self::LEN]>);

impl Addressee {
    /// Its length in bytes.
    pub const LEN: usize = 1216;

    /// # Errors
    /// Nothing when it is no X-Wing key.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        <XWing as hpke::Kem>::PublicKey::from_bytes(bytes).ok()?;
        Some(Self(Box::new(bytes.try_into().ok()?)))
    }

    /// As HPKE takes it.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// `encapsulated key 1120 | sealed`, for a purpose and bound to what stands beside it. Nothing if the key is none.
    pub(crate) fn seal(&self, (info, aad): (&[u8], &[u8]), plain: &[u8], rng: &mut impl CryptoRng) -> Option<Vec<u8>> {
        let public = <XWing as hpke::Kem>::PublicKey::from_bytes(self.as_bytes()).ok()?;
        let sealed = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(&OpModeS::Base, &public, info, plain, aad, rng);
        sealed.ok().map(|(enc, sealed)| [enc.to_bytes().as_slice(), &sealed].concat())
    }

    /// Eight digits and letters by which two people compare it on paper.
    pub fn fingerprint(&self) -> String {
        let [a, b, c, d, ..] = hash(label::ADDRESSEE, &[self.0.as_slice()]);
        format!("{a:02x}{b:02x}-{c:02x}{d:02x}")
    }
}

impl fmt::Debug for Addressee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Addressee({})", self.fingerprint())
    }
}

/// The secret of an addressee: opens what was sealed to [`AddresseeSecret::public`], and nothing else.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct AddresseeSecret([u8; 32]);

impl AddresseeSecret {
    /// The key that 32 secret random bytes stand for (the X-Wing decapsulation key).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(*seed)
    }

    /// A fresh one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self(seed)
    }

    /// The bytes themselves, for the one place that stores them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// # Panics
    /// Never: every seed gives a key of the one length.
    pub fn public(&self) -> Addressee {
        let (_, public) = XWing::derive_keypair(&self.0);
        let mut bytes = Box::new([0; Addressee::LEN]);
        bytes.copy_from_slice(&public.to_bytes());
        Addressee(bytes)
    }

    /// Opens what [`Addressee::seal`] made, for the same purpose and beside the same.
    pub(crate) fn open(&self, (info, aad): (&[u8], &[u8]), sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (enc, sealed) = sealed.split_at_checked(ENC)?;
        let enc = <XWing as hpke::Kem>::EncappedKey::from_bytes(enc).ok()?;
        let private = self.private();
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(&OpModeR::Base, &private, &enc, info, sealed, aad);
        opened.ok().map(Zeroizing::new)
    }

    pub(crate) fn private(&self) -> <XWing as hpke::Kem>::PrivateKey {
        XWing::derive_keypair(&self.0).0
    }

    /// Cuts it into two halves, of which either alone says nothing: one is random, the other is the secret XOR the first.
    ///
    /// *Why so and not a secret-sharing crate:* two of two is a one-time pad, which needs no polynomial and can be checked by hand; there is no third
    /// holder and no threshold.
    pub fn halves(&self, rng: &mut impl CryptoRng) -> [Half; 2] {
        let mut first = Half([0; 32]);
        rng.fill_bytes(&mut first.0);
        let second = Half(std::array::from_fn(|place| self.0[place] ^ first.0[place]));
        [first, second]
    }

    /// Puts two halves together. Any two give a secret: compare [`Addressee::fingerprint`] of its public key with the printed one.
    pub fn join(first: &Half, second: &Half) -> Self {
        Self(std::array::from_fn(|place| first.0[place] ^ second.0[place]))
    }
}

impl fmt::Debug for AddresseeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddresseeSecret([redacted])")
    }
}

/// One of two shares of a secret, printed as 24 words (BIP 39, which adds a checksum of eight bits).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Half([u8; 32]);

impl Half {
    /// As printed.
    pub fn words(&self) -> Zeroizing<String> {
        Zeroizing::new(Mnemonic::from_entropy(&self.0).map(|words| words.to_string()).unwrap_or_default())
    }

    /// Reads what was printed; nothing when a word is wrong, missing or in another place.
    pub fn from_words(words: &str) -> Option<Self> {
        let words = Zeroizing::new(words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase());
        let (mut entropy, len) = Mnemonic::parse_normalized(&words).ok()?.to_entropy_array();
        let half = (len == 32).then(|| entropy.first_chunk().copied().map(Self)).flatten();
        entropy.zeroize();
        half
    }
}

impl fmt::Debug for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Half([redacted])")
    }
}

/// What opens an officer's file. Wipes itself and prints as `[redacted]`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Passphrase(String);

/// Letters and digits that nobody takes for one another when they are read aloud.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

impl Passphrase {
    /// Bytes that a passphrase of one's own must have. It guards a file that leaves the device: shorter ones are guessed.
    pub const LEN_MIN: usize = 12;

    /// Four letters, five times: 100 bits.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 20]);
        rng.fill_bytes(&mut *bytes);
        let mut out = String::with_capacity(24);
        for (place, byte) in bytes.iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                out.push('-');
            }
            out.push(char::from(LETTERS[usize::from(byte % 32)]));
        }
        Self(out)
    }

    /// Takes one that a person chose or typed, without the white space around it; nothing when it is too short.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() >= Self::LEN_MIN).then(|| Self(text.to_owned()))
    }

    /// The words themselves, for the one place that shows or writes them.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Argon2id (RFC 9106), with what it costs: nothing when no machine would do it.
    pub(crate) fn stretch(&self, salt: &[u8; 16], cost: Cost) -> Option<Zeroizing<[u8; 32]>> {
        let params = Params::new(cost.kib, cost.passes, cost.lanes, Some(32)).ok()?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(self.0.as_bytes(), salt, &mut *key).ok()?;
        Some(key)
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase([redacted])")
    }
}

/// What Argon2id is to cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    pub kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Cost {
    /// RFC 9106 section 4, the second recommended option: 64 MiB, three passes, four lanes.
    pub const USUAL: Self = Self { kib: 64 * 1024, passes: 3, lanes: 4 };

    /// A file says what it costs to open: more than eight times the usual is an attempt on the reader's machine, and less was not made by us.
    pub fn acceptable(self) -> bool {
        let work = |cost: Self| u64::from(cost.kib) * u64::from(cost.passes);
        self.kib >= Self::USUAL.kib
            && self.passes >= Self::USUAL.passes
            && (1..=16).contains(&self.lanes)
            // Memory and time together: each alone could be eight times as much.
            && work(self) <= 8 * work(Self::USUAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([5; 32])
    }

    #[test]
    fn two_halves_give_the_secret_and_one_gives_nothing() {
        let secret = AddresseeSecret::from_seed(&[7; 32]);
        let [first, second] = secret.halves(&mut rng());
        let printed = [first.words(), second.words()];
        let read = printed.map(|words| Half::from_words(&words).unwrap());
        assert_eq!(AddresseeSecret::join(&read[0], &read[1]).public(), secret.public());
        assert_eq!(AddresseeSecret::join(&read[1], &read[0]).public(), secret.public(), "in any order");
        assert_ne!(AddresseeSecret::join(&read[0], &read[0]).public(), secret.public());
        assert_ne!(AddresseeSecret::from_seed(&read[0].0).public(), secret.public());
        assert_ne!(AddresseeSecret::from_seed(&read[1].0).public(), secret.public());
    }

    #[test]
    fn a_half_with_a_wrong_or_missing_word_is_not_read() {
        let [half, _] = AddresseeSecret::from_seed(&[7; 32]).halves(&mut rng());
        let words = half.words();
        let mut list: Vec<&str> = words.split(' ').collect();
        assert_eq!(list.len(), 24);
        assert!(Half::from_words(&list[1..].join(" ")).is_none());
        list.swap(0, 1);
        assert!(Half::from_words(&list.join(" ")).is_none());
        assert!(Half::from_words("").is_none());
    }

    #[test]
    fn secrets_never_print_themselves() {
        let secret = AddresseeSecret::from_seed(&[7; 32]);
        let [half, _] = secret.halves(&mut rng());
        assert_eq!(
            format!("{secret:?} {half:?} {:?}", Passphrase::generate(&mut rng())),
            "AddresseeSecret([redacted]) Half([redacted]) Passphrase([redacted])"
        );
    }

    #[test]
    fn a_short_passphrase_is_refused_and_a_made_one_has_a_hundred_bits() {
        assert!(Passphrase::from_text(" short ").is_none());
        let made = Passphrase::generate(&mut rng());
        assert_eq!(made.expose().len(), 24);
        assert!(Passphrase::from_text(made.expose()).is_some());
    }

    #[test]
    fn what_is_no_key_is_no_addressee() {
        let public = AddresseeSecret::from_seed(&[7; 32]).public();
        assert_eq!(Addressee::from_bytes(public.as_bytes()), Some(public.clone()));
        assert_eq!(Addressee::from_bytes(&public.as_bytes()[1..]), None);
    }
}
