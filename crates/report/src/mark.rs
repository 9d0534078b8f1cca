//! What a member of a desk notes about a report, or does about it: sealed to all members, proved to be that member's (docs/spec/report.md, "Marks").

use crate::body::{Malformed, NOTE_MAX};
use crate::member::{Parsed, Unproved, parse};
use crate::number::Number;
use crate::trust::Trust;
use franking::{Authority, ClientCert, FrankingKey, Proof, ProofError};
use rand_core::CryptoRng;
use wire::{AccountId, Millis};

/// What the body of one begins with, where a report has its version.
pub const KIND: u8 = 3;

/// What a member says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Their client reads the desk's log: of no report.
    Here,
    /// They opened the report.
    Looked,
    /// Words for the others.
    Note,
    /// It is worked on.
    Open,
    /// The police were told first: until it is open again, nothing is done that the reported person could see.
    PoliceFirst,
    Closed,
    /// Nothing is done about it.
    Refused,
    /// Who reported was answered; the note has the words.
    Answered,
    /// A file is held on the server: `blob, 64 digits | newline | until, ms`.
    Held,
    /// And no longer.
    Released,
    /// An account cannot begin anything new: its 64 digits.
    Restricted,
    /// And can again.
    Lifted,
    AccountClosed,
    /// The report was taken from the server: it was taken back, or closed long enough ago.
    Deleted,
}

impl Says {
    pub const ALL: [Self; 14] = [
        Self::Here,
        Self::Looked,
        Self::Note,
        Self::Open,
        Self::PoliceFirst,
        Self::Closed,
        Self::Refused,
        Self::Answered,
        Self::Held,
        Self::Released,
        Self::Restricted,
        Self::Lifted,
        Self::AccountClosed,
        Self::Deleted,
    ];

    /// As it is stored and sent.
    pub fn number(self) -> u8 {
        match self {
            Self::Here => 1,
            Self::Looked => 2,
            Self::Note => 3,
            Self::Open => 4,
            Self::PoliceFirst => 5,
            Self::Closed => 6,
            Self::Refused => 7,
            Self::Answered => 8,
            Self::Held => 9,
            Self::Released => 10,
            Self::Restricted => 11,
            Self::Lifted => 12,
            Self::AccountClosed => 13,
            Self::Deleted => 14,
        }
    }

    fn numbered(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|says| says.number() == number)
    }
}

/// Before it is checked whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub made: Millis,
    /// The report it is about; of [`Says::Here`] [`Number::NONE`].
    pub number: Number,
    pub says: Says,
    /// The Authority it was proved for.
    pub authority: [u8; 32],
    pub note: String,
    pub cert: ClientCert,
    pub proof: Proof,
}

impl Mark {
    /// Makes one and proves it.
    ///
    /// # Errors
    /// No proof could be made.
    pub fn make(
        (made, number, says, note): (Millis, Number, Says, String),
        authority: &Authority,
        (cert, key): (&ClientCert, &FrankingKey),
        rng: &mut impl CryptoRng,
    ) -> Result<Self, ProofError> {
        let unproved = Proof::from_bytes([0; 128]);
        let mut mark = Self { made, number, says, authority: *authority.as_bytes(), note, cert: *cert, proof: unproved };
        mark.proof = mark.unproved().prove(authority, key, rng)?;
        Ok(mark)
    }

    /// Whose it is: the account whose client, or the Authority, made it.
    pub fn account(&self, trust: &Trust) -> Option<AccountId> {
        self.unproved().account(&self.proof, trust)
    }

    /// Its one encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.unproved().proved(&self.proof)
    }

    fn unproved(&self) -> Unproved<'_> {
        let Self { made, number, says, authority, note, cert, .. } = self;
        Unproved { kind: KIND, made: *made, number: *number, choice: says.number(), authority, words: note, cert }
    }

    /// # Errors
    /// Anything but one well-formed encoding within the limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let Parsed { made, number, choice, authority, words, cert, proof } = parse(bytes, KIND, NOTE_MAX, Says::numbered)?;
        Ok(Self { made, number, says: choice, authority, note: words, cert, proof })
    }
}
