//! A file becomes a blob: AES-256-GCM in segments of 64 KiB (STREAM, as in Tink's AES-GCM-HKDF streaming), each of which opens alone; a list of
//! the SHA-256 of every ciphertext segment; and padding to a Padmé length. `docs/spec/attachments.md` has the bytes.
//!
//! The sender's straight line is [`Sealer::new`] -> [`Sealer::part`] until it gives `None` -> [`Sealer::finish`]. The receiver's is
//! [`Locked::new`] -> [`Locked::accept_list`] -> [`Opener::open`] in any order, or [`Opener::read_through`] -> [`Through::finish`], whose
//! [`Whole`] says that all was read and is what the sender committed to.

mod keys;
mod layout;
mod opener;
mod primitives;
mod sealer;

pub use keys::{AttachmentKey, Salt};
pub use layout::{FILE_MAX, Layout, SEGMENT, SEGMENT_PLAIN, TAG, TooLong};
pub use opener::{Elsewhere, Locked, OpenError, Opener, Through, Whole};
pub use sealer::{Checkpoint, PART, SealError, Sealed, Sealer, SourceIdentity, Step, Unhashed, Unsealed};

/// Whether a second thread can be had. In the browser there is one: whoever wants to be faster there starts another worker.
const THREADS: bool = cfg!(not(target_arch = "wasm32"));
