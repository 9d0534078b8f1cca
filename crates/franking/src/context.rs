//! The context of a message: what a sender says about a message besides its words, committed to with them.

use crate::encode::{Malformed, Reader, VERSION};
use wire::{Chain, Commitment, Hash32, MessageId, Millis, Route, Seq};

/// When a message is to vanish (MIMI content, `expires`), as the sender set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Never,
    /// So many seconds after it was read.
    AfterReading(u32),
    /// At this second since 1970-01-01T00:00Z.
    At(u32),
}

/// The last record of the log a sender had seen when it sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub seq: Seq,
    pub chain: Chain,
}

impl Seen {
    /// Before the first record.
    pub const NOTHING: Self = Self { seq: Seq::START, chain: Chain::START };
}

/// A sender's place in its own messages of one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Counts from 1 for each client in each conversation.
    pub counter: u64,
    pub c: Commitment,
}

impl Said {
    /// Before a client's first message.
    pub const NOTHING: Self = Self { counter: 0, c: Commitment::NONE };
}

/// What a commitment covers besides the fields (docs/spec/franking.md, "Context").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The conversation.
    pub route: Route,
    /// [`crate::ValidCert::hash`] of the sender's certificate.
    pub cert: Hash32,
    pub message: MessageId,
    /// The sender's own counter in this conversation, from 1.
    pub counter: u64,
    /// The commitment of the sender's previous message in this conversation, or [`Commitment::NONE`].
    pub previous: Commitment,
    pub seen: Seen,
    /// The client's time, corrected by the server's, when the record was sealed.
    pub sent: Millis,
    pub expiry: Expiry,
    /// `wire::content::Kind::number` of the content. Bound here, not interpreted.
    pub kind: u16,
}

impl Context {
    /// The length of the encoding.
    pub const LEN: usize = 192;

    /// `version 1 | route 32 | cert 32 | message 32 | counter 8 | previous 32 | seen seq 8 | seen chain 32 | sent 8 | expiry 1 + 4 | kind 2`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (choice, seconds) = match self.expiry {
            Expiry::Never => (0, 0),
            Expiry::AfterReading(seconds) => (1, seconds),
            Expiry::At(second) => (2, second),
        };
        [
            [VERSION].as_slice(),
            self.route.as_bytes(),
            self.cert.as_bytes(),
            self.message.as_bytes(),
            &self.counter.to_be_bytes(),
            self.previous.as_bytes(),
            &self.seen.seq.0.to_be_bytes(),
            self.seen.chain.as_bytes(),
            &self.sent.0.to_be_bytes(),
            &[choice],
            &seconds.to_be_bytes(),
            &self.kind.to_be_bytes(),
        ]
        .concat()
    }

    /// # Errors
    /// Another length or version, an unknown expiry, or fields that contradict each other.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let context = Self::read(&mut reader)?;
        reader.end()?;
        Ok(context)
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Malformed> {
        reader.version()?;
        let context = Self {
            route: Route(reader.array()?),
            cert: Hash32(reader.array()?),
            message: MessageId(reader.array()?),
            counter: reader.u64()?,
            previous: Commitment(reader.array()?),
            seen: Seen { seq: Seq(reader.u64()?), chain: Chain(reader.array()?) },
            sent: Millis(reader.u64()?),
            expiry: read_expiry(reader)?,
            kind: reader.u16()?,
        };
        context.check()?;
        Ok(context)
    }

    /// Refuses what contradicts itself: counter 0, a first message with a predecessor or a later one without, a chain before the first record.
    pub(crate) fn check(&self) -> Result<(), Malformed> {
        let first = self.counter == 1;
        let nothing_seen = self.seen.seq == Seq::START;
        if self.counter == 0 || first != (self.previous == Commitment::NONE) || nothing_seen != (self.seen.chain == Chain::START) {
            return Err(Malformed::Contradiction);
        }
        Ok(())
    }
}

fn read_expiry(reader: &mut Reader) -> Result<Expiry, Malformed> {
    match (reader.u8()?, reader.u32()?) {
        (0, 0) => Ok(Expiry::Never),
        (1, seconds) => Ok(Expiry::AfterReading(seconds)),
        (2, second) => Ok(Expiry::At(second)),
        _ => Err(Malformed::Choice),
    }
}
