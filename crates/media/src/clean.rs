//! A photo or video loses what its maker did not mean to send: where, when, with which device, by which program.
//!
//! [`photo`] writes a clean picture, upright; [`video`] finds the bytes of a video to blank, and [`Patched`] reads the video with them blanked,
//! at the same length. What is cleaned, and what is not, is in `docs/spec/attachments.md`.
//!
//! The sources are hostile: work is bounded by the file's length or [`PIXELS_MAX`], memory by a few MiB whatever a file claims.

mod exif;
mod gif;
mod icc;
mod jpeg;
mod matroska;
mod mp4;
mod patch;
mod png;
mod source;
mod thumbnail;
mod turn;
mod video;
mod webp;

use crate::sniff::{HEAD, Kind, PhotoFormat, VideoFormat, sniff};
use source::Source;
use std::io::{self, Read, Seek, SeekFrom, Write};

pub use patch::{Patched, Plan};
pub use video::Video;

/// Pixels of the largest photo: the sensors of phones end at 200 million, and a cleaning must end.
pub const PIXELS_MAX: u64 = 256 * 1024 * 1024;
/// Bytes for a picture that must be held as a whole (progressive JPEG and PNG to be turned): a client stays below 64 MiB.
pub const WHOLE_PICTURE_MAX: usize = 38 * 1024 * 1024;
/// Bytes of the largest [`Photo::thumbnail`]: it travels in the message.
pub const THUMBNAIL_MAX: usize = 4 * 1024;

const PNG: Kind = Kind::Photo(PhotoFormat::Png);

/// Why a photo or video was not cleaned. The person can still send it as a file, as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CleanError {
    // the file is not for us
    #[error("a {0} of this sort cannot be cleaned")]
    CannotClean(Kind),
    #[error("the {0} is too large to be cleaned")]
    TooLarge(Kind),
    #[error("the {0} is damaged")]
    Damaged(Kind),
    // the world failed
    #[error("the file could not be read: {0}")]
    Source(io::ErrorKind),
    #[error("the cleaned file could not be written: {0}")]
    Sink(io::ErrorKind),
}

/// What is said of a cleaned photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// Pixels, upright.
    pub width: u32,
    pub height: u32,
    pub media_type: &'static str,
    /// A small JPEG, upright, at most [`THUMBNAIL_MAX`] bytes; empty where there is none to be had.
    pub thumbnail: Vec<u8>,
}

/// Writes the photo in `source` clean and upright into `sink`.
///
/// # Errors
/// See [`CleanError`]; what was written to `sink` is then of no use.
pub fn photo(source: &mut (impl Read + Seek), sink: &mut impl Write) -> Result<Photo, CleanError> {
    let kind = kind_of(source)?;
    let mut source = Source::new(source, kind);
    match kind {
        Kind::Photo(PhotoFormat::Jpeg) => jpeg::clean(&mut source, sink),
        PNG => png::clean(&mut source, sink),
        Kind::Photo(PhotoFormat::WebP) => webp::clean(&mut source, sink),
        Kind::Photo(PhotoFormat::Gif) => gif::clean(&mut source, sink),
        _ => Err(CleanError::CannotClean(kind)),
    }
}

/// Finds what to blank in the video (or voice recording) in `source`; [`Patched`] then reads it clean, at the same length, without a copy.
///
/// # Errors
/// See [`CleanError`].
pub fn video(source: &mut (impl Read + Seek)) -> Result<Video, CleanError> {
    let kind = kind_of(source)?;
    let mut source = Source::new(source, kind);
    match kind {
        Kind::Video(VideoFormat::Mp4) | Kind::Voice => mp4::plan(&mut source),
        Kind::Video(VideoFormat::Matroska) => matroska::plan(&mut source),
        _ => Err(CleanError::CannotClean(kind)),
    }
}

/// Reads the first bytes and goes back to the start.
pub(crate) fn kind_of(source: &mut (impl Read + Seek)) -> Result<Kind, CleanError> {
    let failed = |error: io::Error| CleanError::Source(error.kind());
    source.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut head = Vec::with_capacity(HEAD);
    source.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(failed)?;
    source.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(sniff(&head))
}
