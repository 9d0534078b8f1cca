//! Stamps: what the Delivery Service says about a record, chained over the log and signed with its stamp key D.
//!
//! The server computes chains inside its transaction and signs afterwards; clients keep the [`Line`] of every record they passed.

use crate::encode::{Label, Malformed, Reader, framed, hash};
use crate::keys::{Ed25519Public, SignatureBytes, StampKey};
use std::fmt;
use wire::call::{Flag, WireStamp};
use wire::{Chain, Commitment, Hash32, Millis, PassHash, Route, Seq};

/// What the Delivery Service says about one record (docs/spec/franking.md, "Stamp").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The log.
    pub route: Route,
    /// From 1.
    pub seq: Seq,
    /// The server's time; in inboxes by the minute.
    pub ms: Millis,
    pub flag: Flag,
    /// The pass that appended it.
    pub by: PassHash,
    /// [`Commitment::NONE`] for Commits and in inboxes.
    pub c: Commitment,
    /// SHA-256 of the record's bytes.
    pub h: Hash32,
    /// The chain of the record before, [`Chain::START`] for the first.
    pub prev: Chain,
}

impl Stamp {
    /// The length of the encoding.
    pub const LEN: usize = 177;

    /// The hash of the log up to and with this record.
    pub fn chain(&self) -> Chain {
        Chain(hash(Label::STAMP, &[&self.to_bytes()]))
    }

    /// `route 32 | seq 8 | ms 8 | flag 1 | by 32 | c 32 | h 32 | prev 32`.
    pub fn to_bytes(&self) -> Vec<u8> {
        [
            self.route.as_bytes(),
            &self.seq.0.to_be_bytes(),
            &self.ms.0.to_be_bytes(),
            &[flag_byte(self.flag)],
            self.by.as_bytes(),
            self.c.as_bytes(),
            self.h.as_bytes(),
            self.prev.as_bytes(),
        ]
        .concat()
    }

    /// # Errors
    /// Another length, an unknown flag, sequence 0, or a first record with a predecessor.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let stamp = Self::read(&mut reader)?;
        reader.end()?;
        Ok(stamp)
    }

    fn read(reader: &mut Reader) -> Result<Self, Malformed> {
        let stamp = Self {
            route: Route(reader.array()?),
            seq: Seq(reader.u64()?),
            ms: Millis(reader.u64()?),
            flag: flag_of(reader.u8()?)?,
            by: PassHash(reader.array()?),
            c: Commitment(reader.array()?),
            h: Hash32(reader.array()?),
            prev: Chain(reader.array()?),
        };
        let first = stamp.seq == Seq(1);
        if stamp.seq == Seq::START || first != (stamp.prev == Chain::START) { Err(Malformed::Contradiction) } else { Ok(stamp) }
    }
}

/// The numbers of the flags on the wire.
fn flag_byte(flag: Flag) -> u8 {
    match flag {
        Flag::Content => 1,
        Flag::Commit => 2,
    }
}

fn flag_of(byte: u8) -> Result<Flag, Malformed> {
    match byte {
        1 => Ok(Flag::Content),
        2 => Ok(Flag::Commit),
        _ => Err(Malformed::Choice),
    }
}

/// The first eight bytes of the hash of a stamp key: says which key signed, proves nothing.
pub type StampKeyId = [u8; 8];

impl StampKey {
    /// The public half.
    pub fn public(&self) -> StampPublic {
        let key = self.public_key();
        StampPublic { key, id: key_id(key.as_bytes()) }
    }

    /// Signs a chain. The same chain gets the same signature, so none needs to be stored.
    pub fn sign_chain(&self, chain: &Chain) -> SignatureBytes {
        self.sign(Label::STAMP_SIGNATURE, &[chain.as_bytes()])
    }

    /// Stamps: computes the chain and signs it.
    pub fn stamp(&self, stamp: Stamp) -> SignedStamp {
        SignedStamp { stamp, key_id: key_id(self.public_key().as_bytes()), signature: self.sign_chain(&stamp.chain()) }
    }
}

/// The public half of the stamp key D.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StampPublic {
    key: Ed25519Public,
    id: StampKeyId,
}

impl StampPublic {
    /// # Errors
    /// Not the canonical encoding of an Ed25519 key, or one of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Malformed> {
        Ed25519Public::parse(bytes).map(|key| Self { key, id: key_id(bytes) })
    }

    /// Its one encoding (RFC 8032 section 5.1.2).
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Names it in stamps.
    pub fn key_id(&self) -> StampKeyId {
        self.id
    }
}

impl fmt::Debug for StampPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StampPublic({})", Hash32(*self.as_bytes()))
    }
}

fn key_id(bytes: &[u8; 32]) -> StampKeyId {
    let [a, b, c, d, e, f, g, h, ..] = hash(Label::STAMP_KEY_ID, &[bytes]);
    [a, b, c, d, e, f, g, h]
}

/// A stamp with the signature that came with it, not yet checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedStamp {
    pub stamp: Stamp,
    pub key_id: StampKeyId,
    pub signature: SignatureBytes,
}

/// Why a stamp or its place in a log does not hold. All of it is the server's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    #[error("signed with another key than the one pinned")]
    OtherKey,
    #[error("the signature does not hold")]
    Signature,
    #[error("a record of another log")]
    OtherRoute,
    #[error("records between the last and this one were left out")]
    Gap,
    #[error("a record at or before the last one seen")]
    NotNext,
    #[error("another history leads to this record")]
    OtherHistory,
    #[error("earlier than the record before it")]
    TimeWentBack,
}

impl SignedStamp {
    /// The length of the encoding.
    pub const LEN: usize = Stamp::LEN + 8 + 64;

    /// Puts together what travelled with what the reader knows: the log's route and the hash of the bytes it got.
    pub fn from_wire(route: Route, h: Hash32, wire: &WireStamp) -> Self {
        let WireStamp { seq, ms, flag, by, c, prev, key_id, signature } = wire.clone();
        Self { stamp: Stamp { route, seq, ms, flag, by, c, h, prev }, key_id, signature }
    }

    /// What travels beside the record.
    pub fn to_wire(&self) -> WireStamp {
        let Stamp { seq, ms, flag, by, c, prev, .. } = self.stamp;
        WireStamp { seq, ms, flag, by, c, prev, key_id: self.key_id, signature: self.signature }
    }

    /// Checks the signature against the log's pinned stamp key.
    ///
    /// # Errors
    /// [`StampError::OtherKey`] or [`StampError::Signature`].
    pub fn verify(&self, key: &StampPublic) -> Result<VerifiedStamp, StampError> {
        if self.key_id != key.id {
            return Err(StampError::OtherKey);
        }
        let line = Line::of(self.stamp);
        let message = framed(Label::STAMP_SIGNATURE, &[line.chain.as_bytes()]);
        if !key.key.holds(&message, &self.signature) {
            return Err(StampError::Signature);
        }
        Ok(VerifiedStamp { signed: *self, line })
    }

    /// `stamp 177 | key id 8 | signature 64`.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.stamp.to_bytes().as_slice(), &self.key_id, &self.signature].concat()
    }

    /// # Errors
    /// As [`Stamp::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let signed = Self { stamp: Stamp::read(&mut reader)?, key_id: reader.array()?, signature: reader.array()? };
        reader.end()?;
        Ok(signed)
    }
}

/// A stamp whose signature was checked against a pinned key. Made by [`SignedStamp::verify`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedStamp {
    signed: SignedStamp,
    line: Line,
}

impl VerifiedStamp {
    /// What the Delivery Service says.
    pub fn stamp(&self) -> &Stamp {
        &self.signed.stamp
    }

    /// The hash of the log up to and with it.
    pub fn chain(&self) -> Chain {
        self.line.chain
    }

    /// What a client keeps of a record it passed.
    pub fn line(&self) -> Line {
        self.line
    }

    /// What evidence keeps.
    pub fn signed(&self) -> &SignedStamp {
        &self.signed
    }
}

/// A stamp without its signature, and its chain: kept for every record passed, junk and Commits included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    stamp: Stamp,
    chain: Chain,
}

impl Line {
    /// Computes the chain.
    pub fn of(stamp: Stamp) -> Self {
        Self { stamp, chain: stamp.chain() }
    }

    /// What the Delivery Service says.
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// The hash of the log up to and with it.
    pub fn chain(&self) -> Chain {
        self.chain
    }

    /// Where the log stands after this record.
    pub fn head(&self) -> Head {
        Head { route: self.stamp.route, seq: self.stamp.seq, ms: self.stamp.ms, chain: self.chain }
    }
}

/// Where a reader stands in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub route: Route,
    pub seq: Seq,
    pub ms: Millis,
    pub chain: Chain,
}

impl Head {
    /// Before the first record.
    pub fn start(route: Route) -> Self {
        Self { route, seq: Seq::START, ms: Millis(0), chain: Chain::START }
    }

    /// At the record a Welcome names: its time is not known.
    pub fn joined(route: Route, seq: Seq, chain: Chain) -> Self {
        Self { route, seq, ms: Millis(0), chain }
    }

    /// Checks that `line` is the record right after this place, and moves there.
    ///
    /// Times may stand still but not go back: the server guarantees it, and an order of times that differs from the order of records could
    /// not be explained to anyone.
    ///
    /// # Errors
    /// What does not fit; the reader stays where it was.
    pub fn follow(&self, line: &Line) -> Result<Self, StampError> {
        let stamp = &line.stamp;
        if stamp.route != self.route {
            return Err(StampError::OtherRoute);
        }
        if stamp.seq <= self.seq {
            return Err(StampError::NotNext);
        }
        if self.seq.0.checked_add(1) != Some(stamp.seq.0) {
            return Err(StampError::Gap);
        }
        if stamp.prev != self.chain {
            return Err(StampError::OtherHistory);
        }
        if stamp.ms < self.ms {
            return Err(StampError::TimeWentBack);
        }
        Ok(line.head())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROUTE: Route = Route([1; 32]);

    fn first() -> Stamp {
        Stamp {
            route: ROUTE,
            seq: Seq(1),
            ms: Millis(1000),
            flag: Flag::Commit,
            by: PassHash([2; 32]),
            c: Commitment::NONE,
            h: Hash32([3; 32]),
            prev: Chain::START,
        }
    }

    fn second() -> Stamp {
        Stamp { seq: Seq(2), flag: Flag::Content, c: Commitment([4; 32]), prev: first().chain(), ..first() }
    }

    fn any_stamp() -> impl Strategy<Value = Stamp> {
        let hashes = any::<([u8; 32], [u8; 32], [u8; 32], [u8; 32])>();
        (hashes, 1u64.., any::<u64>(), any::<bool>(), prop::array::uniform32(1u8..)).prop_map(
            |((route, by, c, h), seq, ms, commit, prev)| Stamp {
                route: Route(route),
                seq: Seq(seq),
                ms: Millis(ms),
                flag: if commit { Flag::Commit } else { Flag::Content },
                by: PassHash(by),
                c: Commitment(c),
                h: Hash32(h),
                prev: if seq == 1 { Chain::START } else { Chain(prev) },
            },
        )
    }

    #[test]
    fn a_log_is_followed_record_by_record() {
        let head = Head::start(ROUTE).follow(&Line::of(first())).unwrap();
        assert_eq!(head, Line::of(first()).head());
        assert_eq!(head.follow(&Line::of(second())), Ok(Line::of(second()).head()), "equal times are allowed");
    }

    #[test]
    fn who_joined_later_follows_from_there() {
        let head = Head::joined(ROUTE, Seq(1), first().chain());
        assert!(head.follow(&Line::of(second())).is_ok());
        assert_eq!(Head::joined(ROUTE, Seq(1), Chain([9; 32])).follow(&Line::of(second())), Err(StampError::OtherHistory));
    }

    #[test]
    fn what_does_not_follow_is_refused_and_named() {
        let head = Line::of(first()).head();
        let refused = |stamp: Stamp| head.follow(&Line::of(stamp)).unwrap_err();
        assert_eq!(refused(Stamp { route: Route([9; 32]), ..second() }), StampError::OtherRoute);
        assert_eq!(refused(first()), StampError::NotNext);
        assert_eq!(refused(Stamp { seq: Seq(3), ..second() }), StampError::Gap);
        assert_eq!(refused(Stamp { prev: Chain([9; 32]), ..second() }), StampError::OtherHistory);
        assert_eq!(refused(Stamp { ms: Millis(999), ..second() }), StampError::TimeWentBack);
        let end = Head { seq: Seq(u64::MAX), ..head };
        assert_eq!(end.follow(&Line::of(second())), Err(StampError::NotNext));
    }

    #[test]
    fn a_signature_is_for_one_stamp_and_one_key() {
        let key = StampKey::from_seed(&[7; 32]);
        let signed = key.stamp(first());
        let verified = signed.verify(&key.public()).unwrap();
        assert_eq!((verified.stamp(), verified.chain()), (&first(), first().chain()));

        let other = StampKey::from_seed(&[8; 32]).public();
        assert_eq!(signed.verify(&other), Err(StampError::OtherKey));
        let renamed = SignedStamp { key_id: other.key_id(), ..signed };
        assert_eq!(renamed.verify(&other), Err(StampError::Signature));
        let moved = SignedStamp { stamp: Stamp { ms: Millis(1001), ..first() }, ..signed };
        assert_eq!(moved.verify(&key.public()), Err(StampError::Signature));
    }

    #[test]
    fn the_same_chain_gets_the_same_signature() {
        let key = StampKey::from_seed(&[7; 32]);
        assert_eq!(key.sign_chain(&first().chain()), key.stamp(first()).signature);
    }

    #[test]
    fn what_travels_and_what_is_known_make_the_stamp() {
        let signed = StampKey::from_seed(&[7; 32]).stamp(second());
        assert_eq!(SignedStamp::from_wire(ROUTE, second().h, &signed.to_wire()), signed);
    }

    #[test]
    fn a_stamp_that_contradicts_itself_does_not_decode() {
        let refused = |stamp: Stamp| Stamp::from_bytes(&stamp.to_bytes()).unwrap_err();
        assert_eq!(refused(Stamp { seq: Seq(0), ..first() }), Malformed::Contradiction);
        assert_eq!(refused(Stamp { prev: Chain([1; 32]), ..first() }), Malformed::Contradiction);
        assert_eq!(refused(Stamp { prev: Chain::START, ..second() }), Malformed::Contradiction);
        let mut bytes = first().to_bytes();
        for flag in [0, 3, 255] {
            bytes[48] = flag;
            assert_eq!(Stamp::from_bytes(&bytes), Err(Malformed::Choice));
        }
    }

    #[test]
    fn a_signed_stamp_cut_anywhere_does_not_decode() {
        let bytes = StampKey::from_seed(&[7; 32]).stamp(second()).to_bytes();
        assert_eq!(bytes.len(), SignedStamp::LEN);
        for len in 0..bytes.len() {
            assert_eq!(SignedStamp::from_bytes(&bytes[..len]), Err(Malformed::Truncated));
        }
        assert_eq!(SignedStamp::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(Malformed::Trailing));
    }

    #[test]
    fn a_flipped_bit_never_leaves_a_signed_stamp_valid() {
        let key = StampKey::from_seed(&[7; 32]);
        let bytes = key.stamp(second()).to_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let valid = SignedStamp::from_bytes(&flipped).is_ok_and(|signed| signed.verify(&key.public()).is_ok());
            assert!(!valid, "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn every_stamp_round_trips(stamp in any_stamp()) {
            let bytes = stamp.to_bytes();
            prop_assert_eq!(bytes.len(), Stamp::LEN);
            prop_assert_eq!(Stamp::from_bytes(&bytes), Ok(stamp));
        }

        #[test]
        fn every_byte_of_a_stamp_is_in_its_chain(stamp in any_stamp(), place in 0..Stamp::LEN, change in 1u8..) {
            let mut bytes = stamp.to_bytes();
            bytes[place] ^= change;
            if let Ok(other) = Stamp::from_bytes(&bytes) {
                prop_assert_ne!(other.chain(), stamp.chain());
            }
        }

        #[test]
        fn whatever_decodes_as_a_stamp_is_its_own_encoding(bytes in prop::collection::vec(any::<u8>(), 170..180)) {
            if let Ok(stamp) = Stamp::from_bytes(&bytes) {
                prop_assert_eq!(stamp.to_bytes(), bytes);
            }
        }
    }
}
