//! Reports: messages opened for somebody who was not in the chat, sealed for them alone, and checked by them offline (docs/spec/report.md).
//!
//! Pure: no clock, no entropy of its own, no input or output. Read in this order: [`Report`] (what one says, byte by byte), [`Draft`] (how it is made
//! from the evidence a client keeps), [`seal()`] and [`Sealed`] (for whom), [`verify`] and [`Verdict`] (what holds, and who says so). Beside it [`Told`], which proves nothing, and
//! [`Mark`], which members of a desk write; [`Answer`] goes back to who reported, and [`Withdrawal`] comes from there.

pub mod addressee;
pub mod answer;
pub mod body;
pub mod draft;
pub mod exhibit;
mod gate;
pub mod kept;
mod label;
pub mod mark;
mod member;
pub mod number;
pub mod pictures;
pub mod screens;
pub mod seal;
pub mod told;
pub mod trust;
pub mod verdict;
pub mod verify;

pub use addressee::{Addressee, AddresseeSecret, Half, Passphrase};
pub use answer::{Answer, Stands, Withdrawal};
pub use body::{Entry, Handle, Item, Leaf, Malformed, Reason, Report, Reporter};
pub use draft::{Draft, DraftError, Evidence, Naming, Place};
pub use mark::{Mark, Says};
pub use number::{Case, Code, Number};
pub use pictures::{OpenedParts, PictureKey, Pictures, PicturesError, files, open_parts};
pub use screens::{Screen, Screens};
pub use seal::{Contents, Inside, Recipients, SealError, Sealable, Sealed, SealedAnswer, UnsealError, seal};
pub use told::{Picture, TellError, Told};
pub use trust::{Bundle, BundleError, Source, Trust};
pub use verdict::{Verdict, Wrong};
pub use verify::verify;
