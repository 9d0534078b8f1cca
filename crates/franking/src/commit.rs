//! The commitment `c`: one 32-byte value that fixes a context and every field of a message, and can be opened field by field.
//!
//! ```text
//! k_i = HMAC(kf, "leafkey", i)   leaf_i = HMAC(k_i, "leaf", field_i)   kc = HMAC(kf, "ctxkey")   c = HMAC(kc, "commit", ctx, leaf_0 .. leaf_n)
//! ```
//!
//! Binding rests on the collision resistance of HMAC-SHA-256 under keys of one fixed length, also against whoever chooses the keys; closed
//! leaves stay hidden because k_i is secret for each of them apart (Grubbs, Lu, Ristenpart 2017, "Message Franking via Committing Authenticated
//! Encryption").

use crate::context::Context;
use crate::encode::{Label, mac};
use rand_core::CryptoRng;
use std::fmt;
use subtle::ConstantTimeEq;
use wire::{Commitment, Hash32};
use zeroize::{Zeroize, ZeroizeOnDrop};

macro_rules! secret_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes the key from where it was sent or stored.
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The bytes themselves, for the one place that sends or stores them.
            pub fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    };
}

secret_key!(
    /// kf: opens a whole message. Random, one a message, shared with the members inside MLS.
    CommitKey
);
secret_key!(
    /// k_i: opens one leaf.
    LeafKey
);
secret_key!(
    /// kc: shows that a context and leaves, open or closed, are those of a commitment.
    ContextKey
);

impl CommitKey {
    /// A fresh key.
    ///
    /// # Security
    /// One key for two messages lets an opened leaf of one help to guess a closed leaf of the other.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Self([0; 32]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// k_i.
    pub fn leaf_key(&self, index: usize) -> LeafKey {
        LeafKey(mac(&self.0, Label::LEAF_KEY, &[&(index as u64).to_be_bytes()]))
    }

    /// kc.
    pub fn context_key(&self) -> ContextKey {
        ContextKey(mac(&self.0, Label::CONTEXT_KEY, &[]))
    }
}

impl LeafKey {
    /// leaf_i.
    pub fn leaf(&self, field: &[u8]) -> Hash32 {
        Hash32(mac(&self.0, Label::LEAF, &[field]))
    }
}

impl ContextKey {
    fn commitment(&self, context: &Context, leaves: &[Hash32]) -> Commitment {
        let context = context.to_bytes();
        let parts: Vec<&[u8]> = std::iter::once(context.as_slice()).chain(leaves.iter().map(Hash32::as_bytes)).collect();
        Commitment(mac(&self.0, Label::COMMIT, &parts))
    }
}

/// Commits to a context and the fields of a message, in their order.
pub fn commit<F: AsRef<[u8]>>(kf: &CommitKey, context: &Context, fields: &[F]) -> Commitment {
    let leaves: Vec<Hash32> = fields.iter().enumerate().map(|(index, field)| kf.leaf_key(index).leaf(field.as_ref())).collect();
    kf.context_key().commitment(context, &leaves)
}

/// The opening does not give this commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the opening is not that of the commitment")]
pub struct CommitmentMismatch;

/// Checks that `kf`, context and fields are what `c` was made from.
///
/// # Errors
/// They are not.
pub fn open<F: AsRef<[u8]>>(c: &Commitment, kf: &CommitKey, context: &Context, fields: &[F]) -> Result<(), CommitmentMismatch> {
    same(c, &commit(kf, context, fields))
}

fn same(claimed: &Commitment, made: &Commitment) -> Result<(), CommitmentMismatch> {
    if claimed.0.ct_eq(&made.0).into() { Ok(()) } else { Err(CommitmentMismatch) }
}

/// One leaf as a report shows it.
#[derive(Clone, PartialEq, Eq)]
pub enum LeafOpening {
    /// Shown, with the key that shows it to be the committed one.
    Open { key: LeafKey, field: Vec<u8> },
    /// Withheld: only that there is a leaf here.
    Closed(Hash32),
}

impl fmt::Debug for LeafOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { field, .. } => write!(f, "Open({} bytes, [redacted])", field.len()),
            Self::Closed(leaf) => write!(f, "Closed({leaf})"),
        }
    }
}

/// A message opened in part: some fields shown, of the others only that they exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// All of it is always shown.
    pub context: Context,
    pub context_key: ContextKey,
    pub leaves: Vec<LeafOpening>,
}

impl Opening {
    /// Opens the fields for which `shown` says so, by index.
    pub fn of<F: AsRef<[u8]>>(kf: &CommitKey, context: &Context, fields: &[F], shown: impl Fn(usize) -> bool) -> Self {
        let leaf = |(index, field): (usize, &F)| {
            let (key, field) = (kf.leaf_key(index), field.as_ref());
            if shown(index) { LeafOpening::Open { key, field: field.to_vec() } } else { LeafOpening::Closed(key.leaf(field)) }
        };
        Self { context: *context, context_key: kf.context_key(), leaves: fields.iter().enumerate().map(leaf).collect() }
    }

    /// Checks that this is a partial opening of `c`: every shown field is then the committed one at its place.
    ///
    /// # Errors
    /// It is not.
    pub fn check(&self, c: &Commitment) -> Result<(), CommitmentMismatch> {
        same(c, &self.commitment())
    }

    /// The commitment that this opens.
    pub fn commitment(&self) -> Commitment {
        let leaf = |leaf: &LeafOpening| match leaf {
            LeafOpening::Open { key, field } => key.leaf(field),
            LeafOpening::Closed(hash) => *hash,
        };
        let leaves: Vec<Hash32> = self.leaves.iter().map(leaf).collect();
        self.context_key.commitment(&self.context, &leaves)
    }
}
