//! What to do with a file that a person wants to send.

use crate::clean::{self, CleanError, Video, kind_of};
use crate::sniff::{Kind, PhotoFormat, VideoFormat};
use std::io::{Read, Seek};

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A photo or video as one shows it: clean and upright.
    Shown,
    /// The file byte for byte, with all that is in it.
    Original,
}

/// What the shell does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// Write it through [`clean::photo`] and send what was written.
    Photo,
    /// Send it through [`clean::Patched`] with the video's plan.
    Video(Video),
    /// Send it as it is.
    AsIs(Kind),
}

/// Looks at the file and says what to do.
///
/// A file that is neither photo nor video (a document, music) is sent as it is, whatever the wish: nobody expects it to be changed.
///
/// # Errors
/// Under [`Wish::Shown`], why the photo or video cannot be cleaned. It is not sent then; the person may choose [`Wish::Original`], or convert
/// it. Under [`Wish::Original`] only [`CleanError::Source`].
pub fn prepare(source: &mut (impl Read + Seek), wish: Wish) -> Result<Prepared, CleanError> {
    let kind = kind_of(source)?;
    match (wish, kind) {
        (Wish::Original, _) | (Wish::Shown, Kind::Audio | Kind::Other) => Ok(Prepared::AsIs(kind)),
        (Wish::Shown, Kind::Photo(PhotoFormat::Jpeg | PhotoFormat::Png | PhotoFormat::WebP | PhotoFormat::Gif)) => Ok(Prepared::Photo),
        (Wish::Shown, Kind::Video(VideoFormat::Mp4 | VideoFormat::Matroska) | Kind::Voice) => clean::video(source).map(Prepared::Video),
        (Wish::Shown, Kind::Photo(_) | Kind::Video(_)) => Err(CleanError::CannotClean(kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn prepared(bytes: &[u8], wish: Wish) -> Result<Prepared, CleanError> {
        prepare(&mut Cursor::new(bytes), wish)
    }

    #[test]
    fn a_photo_that_cannot_be_cleaned_is_refused_unless_the_original_is_wanted() {
        let heif = b"\0\0\0\x18ftypheic\0\0\0\0";
        let kind = Kind::Photo(PhotoFormat::Heif);
        assert_eq!(prepared(heif, Wish::Shown), Err(CleanError::CannotClean(kind)));
        assert_eq!(prepared(heif, Wish::Original), Ok(Prepared::AsIs(kind)));
    }

    #[test]
    fn a_document_is_sent_as_it_is() {
        assert_eq!(prepared(b"%PDF-1.7", Wish::Shown), Ok(Prepared::AsIs(Kind::Other)));
        assert_eq!(prepared(b"", Wish::Shown), Ok(Prepared::AsIs(Kind::Other)));
    }

    #[test]
    fn a_damaged_video_is_not_sent_as_one() {
        let video = b"\0\0\0\x08wide\xff\xff\xff\xffmdat";
        assert_eq!(prepared(video, Wish::Shown), Err(CleanError::Damaged(Kind::Video(VideoFormat::Mp4))));
    }
}
