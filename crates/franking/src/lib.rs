//! What a message proves, and to whom: commitments, sender proofs, stamps, certificates (docs/spec/franking.md).
//!
//! Pure: no clock, no entropy of its own, no input or output. Read in this order: [`Stamp`] (what the server says), [`ClientCert`] and
//! [`AccountState`] (who a sender is), [`Context`] and [`commit()`] (what is committed), [`prove`] (by whom), [`Opened`] and [`Delivered`] (how
//! it is sent, and checked before it is shown).

pub mod account;
pub mod cert;
pub mod commit;
pub mod context;
pub mod encode;
pub mod keys;
pub mod proof;
mod recover;
pub mod sent;
pub mod stamp;

pub use account::{AccountState, InboxKey, SignedState, StateError, ValidState};
pub use cert::{CertError, CertRequest, Class, ClientCert, LeafCert, ValidCert, ValidLeaf, Validity};
pub use commit::{CommitKey, CommitmentMismatch, ContextKey, LeafKey, LeafOpening, Opening, commit, open};
pub use context::{Context, Expiry, Said, Seen};
pub use encode::Malformed;
pub use keys::{ClientKey, ClientPublic, FrankingKey, FrankingPublic, IdentityKey, SignatureBytes, StampKey};
#[cfg(debug_assertions)]
pub use proof::AuthoritySecret;
pub use proof::{
    AUTHORITY_OF_TESTS, Authority, AuthorityError, AuthorityId, Proof, ProofError, prove, prove_report, verify, verify_report,
};
pub use sent::{Delivered, Expected, FIELDS_BYTES_MAX, FIELDS_MAX, Known, Opened, Refused, SealError, Verified};
pub use stamp::{Head, Line, SignedStamp, Stamp, StampError, StampKeyId, StampPublic, VerifiedStamp};
