//! What a member of a desk says with a proof of their own: the one form of marks and of answers (docs/spec/report.md, "Marks", "Answers").

use crate::body::{Malformed, Writer, read_long_text};
use crate::label;
use crate::number::Number;
use crate::trust::Trust;
use franking::encode::{Reader, hash};
use franking::{Authority, ClientCert, FrankingKey, Proof, ProofError, prove_report, verify_report};
use rand_core::CryptoRng;
use wire::{AccountId, Hash32, Millis};

/// All but the proof.
pub struct Unproved<'a> {
    /// What the body begins with.
    pub kind: u8,
    pub made: Millis,
    pub number: Number,
    /// What is said, of the few things that can be.
    pub choice: u8,
    /// The key of the Authority it is proved for.
    pub authority: &'a [u8; 32],
    pub words: &'a str,
    pub cert: &'a ClientCert,
}

impl Unproved<'_> {
    pub fn prove(&self, authority: &Authority, key: &FrankingKey, rng: &mut impl CryptoRng) -> Result<Proof, ProofError> {
        prove_report(key, authority, &self.proved_hash(), rng)
    }

    /// Whose it is: the account whose client, or the Authority, made it.
    pub fn account(&self, proof: &Proof, trust: &Trust) -> Option<AccountId> {
        let (named, _) = trust.authority(self.authority)?;
        let cert = self.cert.verify(self.cert.validity.not_before).ok()?;
        verify_report(&cert.cert().franking_key, &named.authority, &self.proved_hash(), proof).ok()?;
        Some(cert.cert().account)
    }

    /// With its proof, its one encoding.
    pub fn proved(&self, proof: &Proof) -> Vec<u8> {
        [self.to_bytes().as_slice(), proof.as_bytes()].concat()
    }

    fn proved_hash(&self) -> Hash32 {
        Hash32(hash(label::PROVED, &[&self.to_bytes()]))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.byte(self.kind);
        out.u64(self.made.0);
        out.bytes(self.number.as_bytes());
        out.byte(self.choice);
        out.bytes(self.authority);
        out.long(self.words.as_bytes());
        out.bytes(&self.cert.to_bytes());
        out.0
    }
}

/// What was read, before it is checked whose it is.
pub struct Parsed<C> {
    pub made: Millis,
    pub number: Number,
    pub choice: C,
    pub authority: [u8; 32],
    pub words: String,
    pub cert: ClientCert,
    pub proof: Proof,
}

/// # Errors
/// Anything but one well-formed encoding of this kind within the limits; `choose` knows what can be said.
pub fn parse<C>(bytes: &[u8], kind: u8, words_max: usize, choose: impl FnOnce(u8) -> Option<C>) -> Result<Parsed<C>, Malformed> {
    let mut reader = Reader::new(bytes);
    if reader.u8()? != kind {
        return Err(Malformed::Version);
    }
    let parsed = Parsed {
        made: Millis(reader.u64()?),
        number: Number::from_bytes(&reader.array()?).ok_or(Malformed::Choice)?,
        choice: choose(reader.u8()?).ok_or(Malformed::Choice)?,
        authority: reader.array()?,
        words: read_long_text(&mut reader, words_max)?,
        cert: ClientCert::from_bytes(reader.take(ClientCert::LEN)?)?,
        proof: Proof::from_bytes(reader.array()?),
    };
    reader.end()?;
    Ok(parsed)
}
