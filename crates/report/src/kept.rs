//! What lies in the box of kept messages beside them, sealed to the key of the box: it opens with the passphrase of the box, and by nothing else
//! (docs/spec/report.md, "Keeping").

use crate::addressee::{Addressee, AddresseeSecret};
use hpke::{Deserializable as _, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::XWing};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

const INFO: &[u8] = b"treehouse/1 keep";
const ENC: usize = 1120;

/// What it is: one is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptAs {
    /// A picture of another app's screen.
    Screenshot,
    /// What was said in a voice message is kept as words are: the content of its message, with what opens it.
    Voice,
}

impl KeptAs {
    fn aad(self) -> &'static [u8] {
        match self {
            Self::Screenshot => b"screenshot",
            Self::Voice => b"voice",
        }
    }

    /// `encapsulated key 1120 | sealed`. Nothing if the key is none.
    pub fn seal(self, to: &Addressee, bytes: &[u8], rng: &mut impl CryptoRng) -> Option<Vec<u8>> {
        let public = <XWing as hpke::Kem>::PublicKey::from_bytes(to.as_bytes()).ok()?;
        let sealed =
            hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(&OpModeS::Base, &public, INFO, bytes, self.aad(), rng);
        sealed.ok().map(|(enc, sealed)| [enc.to_bytes().as_slice(), &sealed].concat())
    }

    /// Nothing if it was sealed to another box, as something else, or is not as it was.
    pub fn open(self, secret: &AddresseeSecret, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (enc, sealed) = sealed.split_at_checked(ENC)?;
        let enc = <XWing as hpke::Kem>::EncappedKey::from_bytes(enc).ok()?;
        let private = secret.private();
        let opened =
            hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(&OpModeR::Base, &private, &enc, INFO, sealed, self.aad());
        opened.ok().map(Zeroizing::new)
    }
}
