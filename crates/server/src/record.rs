//! A record with its stamp: the chain is computed inside the commit, the signature after it, once, by whoever speaks of the record first.

use crate::keys::StampSigner;
use crate::store::LogKey;
use bytes::Bytes;
use franking::Stamp;
use std::sync::OnceLock;
use wire::call::{Record, WireStamp};
use wire::codec::encode_record;
use wire::{Chain, PassHash, Seq};

/// A record of a log and what the server says of it, not yet signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamped {
    pub log: LogKey,
    pub stamp: Stamp,
    pub chain: Chain,
    pub record: Bytes,
    /// Passes that read no further than this record.
    pub ended: Vec<PassHash>,
}

/// A record that is being pushed: signed once and encoded once, whoever asks first, shared by all who read it.
#[derive(Debug)]
pub struct Entry {
    stamped: Stamped,
    signature: OnceLock<[u8; 64]>,
    encoded: OnceLock<Bytes>,
}

impl Entry {
    pub fn new(stamped: Stamped) -> Self {
        Self { stamped, signature: OnceLock::new(), encoded: OnceLock::new() }
    }

    pub fn stamped(&self) -> &Stamped {
        &self.stamped
    }

    pub fn seq(&self) -> Seq {
        self.stamped.stamp.seq
    }

    pub fn wire_stamp(&self, signer: &StampSigner) -> WireStamp {
        let signature = *self.signature.get_or_init(|| signer.sign(&self.stamped.chain));
        signer.wire_stamp(&self.stamped.stamp, signature)
    }

    /// The checked form, for the world in a process.
    pub fn record(&self, signer: &StampSigner) -> Record {
        Record { stamp: self.wire_stamp(signer), record: self.stamped.record.clone() }
    }

    /// The bytes of [`encode_record`].
    pub fn encoded(&self, signer: &StampSigner) -> &Bytes {
        self.encoded.get_or_init(|| encode_record(&self.record(signer)))
    }

    /// What the record weighs in windows and rings.
    pub fn weight(&self) -> usize {
        self.stamped.record.len()
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.stamped == other.stamped
    }
}
