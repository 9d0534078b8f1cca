//! Attachments: photos and videos lose what their maker did not mean to send ([`clean`]), and any file becomes an encrypted blob of which every
//! segment opens alone ([`stream`]).
//!
//! Pure: no file, clock or entropy of its own. Sources and sinks are generics over `std::io`, keys and salts are arguments. The bytes are
//! written down in `docs/spec/attachments.md`.

#![forbid(unsafe_code)]

pub mod clean;
mod moves;
mod prepare;
mod shown;
mod sniff;
pub mod stream;

pub use moves::moves;
pub use prepare::{Prepared, Wish, prepare};
pub use shown::{NotShown, SHOWN_HEAD, SHOWN_PIXELS_MAX, heard, shown};
pub use sniff::{HEAD, Kind, PhotoFormat, VideoFormat, sniff};
