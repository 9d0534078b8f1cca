//! What a sender puts inside an MLS message, and the check a receiver makes before anything is shown.

use crate::cert::ValidCert;
use crate::commit::{CommitKey, Opening, commit};
use crate::context::{Context, Said};
use crate::encode::{Malformed, Reader, VERSION};
use crate::keys::FrankingKey;
use crate::proof::{Authority, AuthorityId, Proof, ProofError, prove, verify};
use crate::stamp::VerifiedStamp;
use rand_core::CryptoRng;
use std::fmt;
use std::ops::RangeInclusive;
use subtle::ConstantTimeEq;
use wire::call::Flag;
use wire::limits::{CLIENT_TIME_AHEAD_MAX, CONTENT_MAX, CONTENT_PARTS_MAX};
use wire::pad::padme;
use wire::{Chain, Commitment, Route, Seq};
use zeroize::Zeroize;

/// Fields of one message: its description, and a leaf for each part.
pub const FIELDS_MAX: usize = CONTENT_PARTS_MAX + 1;
/// Bytes of all fields together: content cut into leaves grows by the head of each.
pub const FIELDS_BYTES_MAX: usize = CONTENT_MAX + 16 * FIELDS_MAX;

/// Everything that opens a commitment and proves who made it: travels inside the MLS message, is kept as evidence.
///
/// # Security
/// Holds the message and the keys of its attachments. Wipes itself; its encodings are the caller's to wipe.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    kf: CommitKey,
    context: Context,
    authority: AuthorityId,
    proof: Proof,
    fields: Vec<Vec<u8>>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.fields.zeroize();
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened({} fields, [redacted])", self.fields.len())
    }
}

/// Why a message was not sealed: we were misused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("no field, too many, or too many bytes")]
    Limit,
    #[error("a context that contradicts itself")]
    Context,
    #[error("no proof could be made")]
    Unprovable,
}

impl From<ProofError> for SealError {
    fn from(_: ProofError) -> Self {
        Self::Unprovable
    }
}

impl Opened {
    /// Commits to a message and proves it. The commitment goes into the MLS authenticated data and the append; the rest inside.
    ///
    /// `fields` are the leaves of the content, in their order.
    ///
    /// # Errors
    /// Fields beyond the limits or a context that contradicts itself.
    pub fn seal(
        kf: CommitKey,
        context: Context,
        fields: Vec<Vec<u8>>,
        key: &FrankingKey,
        authority: &Authority,
        rng: &mut impl CryptoRng,
    ) -> Result<(Commitment, Self), SealError> {
        context.check().map_err(|_| SealError::Context)?;
        let bytes: usize = fields.iter().map(Vec::len).sum();
        if fields.is_empty() || fields.len() > FIELDS_MAX || bytes > FIELDS_BYTES_MAX {
            return Err(SealError::Limit);
        }
        let c = commit(&kf, &context, &fields);
        let proof = prove(key, authority, &c, rng)?;
        Ok((c, Self { kf, context, authority: authority.id(), proof, fields }))
    }

    /// Its context, not yet checked.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The fields, not yet checked.
    pub fn unverified_fields(&self) -> &[Vec<u8>] {
        &self.fields
    }

    /// The Authority the sender proved for.
    pub fn authority(&self) -> AuthorityId {
        self.authority
    }

    /// The sender proof, not yet checked.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// The commitment this opens.
    pub fn commitment(&self) -> Commitment {
        commit(&self.kf, &self.context, &self.fields)
    }

    /// Opens some of the fields, by index, for a report.
    pub fn open(&self, shown: impl Fn(usize) -> bool) -> Opening {
        Opening::of(&self.kf, &self.context, &self.fields, shown)
    }

    /// `version 1 | kf 32 | context 192 | authority 8 | proof 128 | count 2 | (length 4 | field) ..`: how evidence is kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = u16::try_from(self.fields.len()).unwrap_or(u16::MAX);
        let mut out = [
            [VERSION].as_slice(),
            self.kf.expose(),
            &self.context.to_bytes(),
            &self.authority.0,
            self.proof.as_bytes(),
            &count.to_be_bytes(),
        ]
        .concat();
        for field in &self.fields {
            out.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(field);
        }
        out
    }

    /// # Errors
    /// Anything but one well-formed encoding within the limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let opened = Self::read(&mut reader)?;
        reader.end()?;
        Ok(opened)
    }

    /// [`Opened::to_bytes`] and zeros up to a Padmé length ([`wire::pad`]): the plaintext of the MLS message.
    pub fn to_payload(&self) -> Vec<u8> {
        let mut out = self.to_bytes();
        out.resize(padded(out.len()), 0);
        out
    }

    /// # Errors
    /// As [`Opened::from_bytes`], or padding that is not zero or not of the one right length.
    pub fn from_payload(payload: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(payload);
        let opened = Self::read(&mut reader)?;
        let padding = reader.rest();
        // Any other padding would be a place to say something that no report shows.
        if padding.iter().any(|byte| *byte != 0) || payload.len() != padded(payload.len() - padding.len()) {
            return Err(Malformed::Trailing);
        }
        Ok(opened)
    }

    fn read(reader: &mut Reader) -> Result<Self, Malformed> {
        reader.version()?;
        let kf = CommitKey::from_bytes(reader.array()?);
        let context = Context::read(reader)?;
        let authority = AuthorityId(reader.array()?);
        let proof = Proof::from_bytes(reader.array()?);
        let count = usize::from(reader.u16()?);
        if count == 0 || count > FIELDS_MAX {
            return Err(Malformed::Limit);
        }
        let mut left = FIELDS_BYTES_MAX;
        let mut fields = Vec::with_capacity(count);
        for _ in 0..count {
            let len = usize::try_from(reader.u32()?).map_err(|_| Malformed::Limit)?;
            left = left.checked_sub(len).ok_or(Malformed::Limit)?;
            fields.push(reader.take(len)?.to_vec());
        }
        Ok(Self { kf, context, authority, proof, fields })
    }
}

fn padded(len: usize) -> usize {
    usize::try_from(padme(len as u64)).unwrap_or(len)
}

/// A message as MLS and the Delivery Service delivered it, before any check of ours.
#[derive(Debug, Clone)]
pub struct Delivered<'a> {
    /// c from the MLS authenticated data.
    pub authenticated: Commitment,
    /// The stamp of the record.
    pub stamp: &'a VerifiedStamp,
    /// From the MLS message.
    pub opened: Opened,
    /// The certificate of the MLS leaf that sent it ([`crate::ValidLeaf`]).
    pub sender: &'a ValidCert,
}

/// What the receiver knows of the chain at the place a sender says it had seen (`context.seen.seq`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The chain of the receiver's own line there.
    Chain(Chain),
    /// The receiver joined later and holds no line there. Never for a place it should know.
    BeforeJoin,
}

/// What the receiver expects of a message.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// The conversation.
    pub route: Route,
    /// Of the place `context.seen.seq`.
    pub known: Known,
    /// The last message of this account's client in this conversation that was verified; [`Said::NOTHING`] if the receiver was there before
    /// its first; `None` if messages before the receiver's time are possible.
    pub last: Option<Said>,
    /// The Authorities of the trust bundle.
    pub authorities: &'a [Authority],
}

/// Why a message is not shown. Others misbehaved in all of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the record is flagged as a Commit")]
    NotContent,
    #[error("the stamp is for another commitment")]
    StampedOther,
    #[error("the opening gives another commitment")]
    Commitment,
    #[error("the record is of another log")]
    OtherLog,
    #[error("the message was written for another conversation")]
    OtherConversation,
    #[error("the sender says it had seen what came later")]
    SeenAhead,
    #[error("the sender has seen another history")]
    SeenOther,
    #[error("a counter that was used before")]
    Repeated,
    #[error("another message before this one than the receiver saw")]
    Previous,
    #[error("sealed under another certificate than the sender's")]
    OtherCert,
    #[error("the certificate is not valid at the time of the stamp")]
    CertTime,
    #[error("written more than 15 minutes after it was stamped")]
    FromTheFuture,
    #[error("an Authority that is not in the trust bundle")]
    UnknownAuthority,
    #[error("the proof does not hold")]
    Proof,
}

impl Delivered<'_> {
    /// Makes every check a report will need.
    ///
    /// A gap in the sender's counter is a fact ([`Verified::missing`]), not a failure.
    ///
    /// # Errors
    /// The first check that fails. The message must not be shown.
    pub fn verify(self, expected: &Expected) -> Result<Verified, Refused> {
        self.check_commitment()?;
        self.check_place(expected)?;
        let missing = check_turn(self.opened.context(), expected.last)?;
        self.check_sender(expected.authorities)?;
        Ok(Verified { c: self.authenticated, stamp: *self.stamp, opened: self.opened, missing })
    }

    /// c is the same in the authenticated data, in the stamp and recomputed.
    fn check_commitment(&self) -> Result<(), Refused> {
        let stamp = self.stamp.stamp();
        if stamp.flag != Flag::Content {
            return Err(Refused::NotContent);
        }
        if stamp.c != self.authenticated {
            return Err(Refused::StampedOther);
        }
        if bool::from(self.opened.commitment().0.ct_eq(&self.authenticated.0)) { Ok(()) } else { Err(Refused::Commitment) }
    }

    /// The conversation, and the history the sender had seen.
    fn check_place(&self, expected: &Expected) -> Result<(), Refused> {
        let (stamp, context) = (self.stamp.stamp(), self.opened.context());
        if stamp.route != expected.route {
            return Err(Refused::OtherLog);
        }
        if context.route != stamp.route {
            return Err(Refused::OtherConversation);
        }
        let seen = context.seen;
        if seen.seq >= stamp.seq {
            return Err(Refused::SeenAhead);
        }
        // What the stamp itself says of its predecessor holds for everybody, also before a join.
        let right_before = seen.seq.0.checked_add(1) == Some(stamp.seq.0);
        let known = match expected.known {
            _ if seen.seq == Seq::START => seen.chain == Chain::START,
            Known::Chain(chain) => chain == seen.chain,
            Known::BeforeJoin => true,
        };
        if known && (!right_before || seen.chain == stamp.prev) { Ok(()) } else { Err(Refused::SeenOther) }
    }

    /// The certificate, the time and the proof.
    fn check_sender(&self, authorities: &[Authority]) -> Result<(), Refused> {
        let (stamp, context) = (self.stamp.stamp(), self.opened.context());
        if context.cert != self.sender.hash() {
            return Err(Refused::OtherCert);
        }
        if !self.sender.covers(stamp.ms) {
            return Err(Refused::CertTime);
        }
        if context.sent.since(stamp.ms) > CLIENT_TIME_AHEAD_MAX {
            return Err(Refused::FromTheFuture);
        }
        let authority = authorities.iter().find(|authority| authority.id() == self.opened.authority).ok_or(Refused::UnknownAuthority)?;
        verify(&self.sender.cert().franking_key, authority, &self.authenticated, &self.opened.proof).map_err(|_| Refused::Proof)
    }
}

/// The counter goes up; where it goes up by one, the previous commitment is the one seen.
fn check_turn(context: &Context, last: Option<Said>) -> Result<Option<RangeInclusive<u64>>, Refused> {
    let Some(last) = last else { return Ok(None) };
    if context.counter <= last.counter {
        return Err(Refused::Repeated);
    }
    let next = last.counter.saturating_add(1);
    if context.counter > next {
        return Ok(Some(next..=context.counter - 1));
    }
    if context.previous == last.c { Ok(None) } else { Err(Refused::Previous) }
}

/// A message that can be shown, for it can be reported. Made by [`Delivered::verify`] alone.
#[derive(Debug, Clone)]
pub struct Verified {
    c: Commitment,
    stamp: VerifiedStamp,
    opened: Opened,
    missing: Option<RangeInclusive<u64>>,
}

impl Verified {
    /// What the sender said about the message.
    pub fn context(&self) -> &Context {
        &self.opened.context
    }

    /// The leaves of the content, in their order.
    pub fn fields(&self) -> &[Vec<u8>] {
        &self.opened.fields
    }

    /// c.
    pub fn commitment(&self) -> Commitment {
        self.c
    }

    /// What to expect the sender's next message to follow.
    pub fn said(&self) -> Said {
        Said { counter: self.opened.context.counter, c: self.c }
    }

    /// Counters of this sender that are missing before this message. The sender chose its size: never walk through it.
    pub fn missing(&self) -> Option<&RangeInclusive<u64>> {
        self.missing.as_ref()
    }

    /// With [`Verified::opened`] and the certificate, the evidence to keep.
    pub fn stamp(&self) -> &VerifiedStamp {
        &self.stamp
    }

    /// As it is kept and opened in reports.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }
}
