//! Reports: messages opened for somebody who was not in the chat, sealed for them alone, and checked by them offline (docs/spec/report.md).
//!
//! Pure: no clock, no entropy of its own, no input or output. Read in this order: [`Report`] (what one says, byte by byte), [`Draft`] (how it is made
//! from the evidence a client keeps), [`seal()`] and [`Sealed`] (for whom), [`verify`] and [`Verdict`] (what holds, and who says so).

pub mod addressee;
pub mod body;
pub mod draft;
pub mod exhibit;
mod gate;
mod label;
pub mod number;
pub mod pictures;
pub mod seal;
pub mod trust;
pub mod verdict;
pub mod verify;

pub use addressee::{Addressee, AddresseeSecret, Half, Passphrase};
pub use body::{Entry, Handle, Item, Leaf, Malformed, Reason, Report, Reporter};
pub use draft::{Draft, DraftError, Evidence, Naming, Place};
pub use number::{Case, Number};
pub use pictures::{PictureKey, Pictures, PicturesError};
pub use seal::{Contents, Recipients, SealError, Sealed, UnsealError, seal};
pub use trust::{Bundle, BundleError, Source, Trust};
pub use verdict::{Verdict, Wrong};
pub use verify::verify;
