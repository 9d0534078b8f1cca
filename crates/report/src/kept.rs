//! What lies in the box of kept messages beside them, sealed to the key of the box: it opens with the passphrase of the box, and by nothing else
//! (docs/spec/report.md, "Keeping").

use crate::addressee::{Addressee, AddresseeSecret};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

const INFO: &[u8] = b"treehouse/1 keep";

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
        to.seal((INFO, self.aad()), bytes, rng)
    }

    /// Nothing if it was sealed to another box, as something else, or is not as it was.
    pub fn open(self, secret: &AddresseeSecret, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        secret.open((INFO, self.aad()), sealed)
    }
}
