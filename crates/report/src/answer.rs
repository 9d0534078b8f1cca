//! What a desk answers, sealed to the return key of one report, and a report that is taken back (docs/spec/report.md, "Answers").

use crate::body::Malformed;
use crate::member::{Parsed, Unproved, parse};
use crate::number::{Case, Number};
use crate::trust::Trust;
use franking::encode::Reader;
use franking::{Authority, ClientCert, FrankingKey, Proof, ProofError};
use rand_core::CryptoRng;
use wire::{AccountId, Millis};

/// What the body of an answer begins with, where a report has its version.
pub const KIND: u8 = 6;
/// And of a withdrawal.
pub const KIND_WITHDRAWAL: u8 = 4;
/// Bytes of its words: few enough that every answer, sealed, has the same length.
pub const WORDS_MAX: usize = 2000;
/// Bytes of the longest one: kind, time, number, how it stands, Authority, words and their length, certificate, proof.
pub(crate) const ANSWER_MAX: usize = 1 + 8 + 10 + 1 + 32 + 4 + WORDS_MAX + ClientCert::LEN + Proof::LEN;

/// How a report stands, for who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stands {
    /// Somebody has read it.
    Seen,
    /// It is being looked at.
    Looking,
    Closed,
    /// Nothing is done about it; the words say why.
    Refused,
    /// Something was done because of it.
    Acted,
    /// It was taken back, and nothing had been done.
    TakenBack,
    /// It was taken back; what had been done before stays.
    TakenBackLate,
}

impl Stands {
    pub const ALL: [Self; 7] = [Self::Seen, Self::Looking, Self::Closed, Self::Refused, Self::Acted, Self::TakenBack, Self::TakenBackLate];

    /// As it is stored and sent.
    pub fn number(self) -> u8 {
        match self {
            Self::Seen => 1,
            Self::Looking => 2,
            Self::Closed => 3,
            Self::Refused => 4,
            Self::Acted => 5,
            Self::TakenBack => 6,
            Self::TakenBackLate => 7,
        }
    }

    /// Nothing when it is no number of one.
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|stands| stands.number() == number)
    }
}

/// Before it is checked whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub made: Millis,
    /// The report it answers: it counts for no other.
    pub number: Number,
    pub stands: Stands,
    /// The Authority it was proved for.
    pub authority: [u8; 32],
    pub words: String,
    pub cert: ClientCert,
    pub proof: Proof,
}

impl Answer {
    /// Makes one and proves it. Words that are too long are cut by nobody: it is not made.
    ///
    /// # Errors
    /// No proof could be made.
    pub fn make(
        (made, number, stands, words): (Millis, Number, Stands, String),
        authority: &Authority,
        (cert, key): (&ClientCert, &FrankingKey),
        rng: &mut impl CryptoRng,
    ) -> Result<Self, ProofError> {
        let unproved = Proof::from_bytes([0; 128]);
        let mut answer = Self { made, number, stands, authority: *authority.as_bytes(), words, cert: *cert, proof: unproved };
        answer.proof = answer.unproved().prove(authority, key, rng)?;
        Ok(answer)
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
        let Self { made, number, stands, authority, words, cert, .. } = self;
        Unproved { kind: KIND, made: *made, number: *number, choice: stands.number(), authority, words, cert }
    }

    /// # Errors
    /// Anything but one well-formed encoding within the limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let Parsed { made, number, choice, authority, words, cert, proof } = parse(bytes, KIND, WORDS_MAX, Stands::numbered)?;
        Ok(Self { made, number, stands: choice, authority, words, cert, proof })
    }
}

/// The secret of a report, given to the desk: only who made the report has it, and who gives it away wants it gone.
#[derive(Debug, Clone)]
pub struct Withdrawal(Case);

impl Withdrawal {
    pub fn of(case: &Case) -> Self {
        Self(case.clone())
    }

    /// The report that is taken back.
    pub fn number(&self) -> Number {
        self.0.number()
    }

    /// Where the answer to it goes.
    pub fn case(&self) -> &Case {
        &self.0
    }

    /// Its one encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        [[KIND_WITHDRAWAL].as_slice(), self.0.expose()].concat()
    }

    /// # Errors
    /// Anything but one well-formed encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != KIND_WITHDRAWAL {
            return Err(Malformed::Version);
        }
        let case = Case::from_bytes(reader.array()?);
        reader.end()?;
        Ok(Self(case))
    }
}
