//! Ids and capabilities: newtypes, so that one kind of 32 bytes is never taken for another.
//!
//! Ids print as hex. Secrets ([`PassToken`], [`TakePass`], [`DeleteToken`], [`VaultWrite`], [`Bearer`]) zero themselves, compare in constant time and print
//! `[redacted]`.

use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The bytes had another length than the id they were to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id of {expected} bytes came with {found}")]
pub struct WrongLength {
    pub expected: usize,
    pub found: usize,
}

macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            pub const LEN: usize = $len;
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
            /// Parses lower-case hex, as [`fmt::Display`] prints it.
            pub fn from_hex(text: &str) -> Option<Self> {
                let mut out = [0; $len];
                decode_hex(text, &mut out).then_some(Self(out))
            }
        }
        impl TryFrom<&[u8]> for $name {
            type Error = WrongLength;
            fn try_from(bytes: &[u8]) -> Result<Self, WrongLength> {
                bytes.try_into().map(Self).map_err(|_| WrongLength { expected: $len, found: bytes.len() })
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

macro_rules! secret_token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            pub const LEN: usize = 32;
            pub fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
            /// The bytes themselves, for the one place that sends or stores them.
            pub fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }
        impl TryFrom<&[u8]> for $name {
            type Error = WrongLength;
            fn try_from(bytes: &[u8]) -> Result<Self, WrongLength> {
                bytes.try_into().map(Self).map_err(|_| WrongLength { expected: 32, found: bytes.len() })
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

public_id!(
    /// An account: its Ed25519 identity key.
    AccountId, 32
);
public_id!(
    /// One client (one device's MLS agent) of an account.
    ClientId, 16
);
public_id!(
    /// A log, chosen at random by its creator. The server's tables are keyed by it; members sign its [`Route`] instead.
    LogId, 32
);
public_id!(
    /// `SHA-256("treehouse/1 route" || log id)`: the conversation id in stamps, contexts and the GroupContext.
    Route, 32
);
public_id!(
    /// What the server stores of a pass: `SHA-256("treehouse/1 pass" || token)`.
    PassHash, 32
);
public_id!(
    /// What the server stores of a take pass: `SHA-256("treehouse/1 take" || token)`.
    TakeHash, 32
);
public_id!(
    /// A blob: SHA-256 of its stored (encrypted, padded) bytes.
    BlobId, 32
);
public_id!(
    /// A message: MIMI content section 3.3, 32 bytes beginning with 0x01.
    MessageId, 32
);
public_id!(
    /// The commitment `c` of a message (docs/spec/franking.md); all zero for Commit-flagged records.
    Commitment, 32
);
public_id!(
    /// The hash of a log up to and with one record (docs/spec/delivery.md, "Stamps").
    Chain, 32
);
public_id!(
    /// Under which a vault lies on a server: derived from the words and that server's identity (docs/spec/vault.md).
    VaultId, 32
);
public_id!(
    /// SHA-256 of something named by the field that holds it.
    Hash32, 32
);

secret_token!(
    /// A capability for one log.
    PassToken
);
secret_token!(
    /// A capability to take KeyPackages of one account.
    TakePass
);
secret_token!(
    /// Deletes one blob; given to its uploader alone.
    DeleteToken
);
secret_token!(
    /// Names a session; lives in memory for 24 hours.
    Bearer
);

secret_token!(
    /// Replaces one vault; derived from the words.
    VaultWrite
);

impl LogId {
    pub fn route(&self) -> Route {
        Route(labelled(b"treehouse/1 route", &self.0))
    }
}
impl PassToken {
    pub fn hash(&self) -> PassHash {
        PassHash(labelled(b"treehouse/1 pass", &self.0))
    }
}
impl PassHash {
    /// By whom a record is that the server itself noted in a log. No pass hashes to it.
    pub const SERVER: Self = Self([0; 32]);
}
impl TakePass {
    pub fn hash(&self) -> TakeHash {
        TakeHash(labelled(b"treehouse/1 take", &self.0))
    }
}
impl DeleteToken {
    pub fn hash(&self) -> Hash32 {
        Hash32(labelled(b"treehouse/1 delete", &self.0))
    }
}
impl VaultWrite {
    /// What the server stores of it: `SHA-256("treehouse/1 vault write" || token)`.
    pub fn hash(&self) -> Hash32 {
        Hash32(labelled(b"treehouse/1 vault write", &self.0))
    }
}
impl BlobId {
    pub fn of(stored: &[u8]) -> Self {
        Self(Sha256::digest(stored).into())
    }
}
impl Hash32 {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}
impl Commitment {
    /// The `c` of a Commit-flagged record, which commits to no content.
    pub const NONE: Self = Self([0; 32]);
}
impl Chain {
    /// What the first record of a log names as its predecessor.
    pub const START: Self = Self([0; 32]);
}

/// The place of a record in its log, counted from 1; 0 means "before the first".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub u64);

impl Seq {
    pub const START: Self = Self(0);
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Milliseconds since 1970-01-01T00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub u64);

impl Millis {
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
    /// How long after `earlier` this is; 0 if it is not.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

fn labelled(label: &[u8], bytes: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(label).chain_update(bytes).finalize().into()
}

fn decode_hex(text: &str, out: &mut [u8]) -> bool {
    let text = text.as_bytes();
    if text.len() != out.len() * 2 {
        return false;
    }
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    for (pair, byte) in text.chunks_exact(2).zip(out) {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else { return false };
        *byte = high << 4 | low;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints_itself() {
        assert_eq!(format!("{:?}", PassToken::new([7; 32])), "PassToken([redacted])");
    }

    #[test]
    fn hex_round_trips_and_refuses_anything_else() {
        let id = AccountId([0xa5; 32]);
        assert_eq!(AccountId::from_hex(&id.to_string()), Some(id));
        assert_eq!(AccountId::from_hex("a5"), None);
        assert_eq!(AccountId::from_hex(&"A5".repeat(32)), None);
    }

    #[test]
    fn equal_bytes_under_different_labels_differ() {
        assert_ne!(PassToken::new([1; 32]).hash().0, TakePass::new([1; 32]).hash().0);
    }
}
