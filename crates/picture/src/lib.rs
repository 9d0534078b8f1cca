//! What is on a picture, as one model that others trained would call it: the part of noticing that looks at pictures.
//!
//! A function of 224 x 224 points and the model's bytes: no network, no file, no clock, no log. It runs on the device of the person who is shown the
//! picture, and what it says goes no further than the curtain in front of it. How right it is on real pictures was not measured here; nobody may take
//! it for a finding. The model is MobileNetV2 of the npm package nsfwjs (`model/README.md`).

mod layers;
mod network;
mod tensors;

pub use network::{Model, NotAPicture, Scores};
pub use tensors::BadModel;

/// Points along each side of what is looked at.
pub const SIDE: usize = 224;
/// Bytes of a picture that is looked at: red, green, blue and one that is passed over, row by row.
pub const PICTURE_LEN: usize = SIDE * SIDE * 4;
