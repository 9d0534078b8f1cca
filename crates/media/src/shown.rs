//! Whether a file that somebody sent may be handed to a browser as what it is said to be. Browsers look at the bytes and not at the name, so a
//! picture that is said to be small is decoded as large as it is, and whatever decodes is shown.

use crate::sniff::{HEAD, Kind, PhotoFormat, VideoFormat, sniff};
use crate::stream::{AttachmentKey, Locked, Salt};
use wire::content::Attachment;
use zeroize::Zeroizing;

/// How many first bytes [`shown`] wants to see; fewer are fine where the file is shorter.
pub const SHOWN_HEAD: usize = 1024 * 1024;
/// Pixels of the largest picture that is shown: they take half a GiB while they are. The cameras of most phones end at 108 million.
pub const SHOWN_PIXELS_MAX: u64 = 128 * 1024 * 1024;

/// Why a file is not shown in its place; it can be saved still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    #[error("the file is not what it is said to be")]
    Lie,
    #[error("the picture is too large to be shown")]
    TooLarge,
    #[error("the picture is damaged")]
    Damaged,
}

/// The sound of a sealed voice message, opened whole and found to be what its message says it is; of anything else nothing.
pub fn heard(file: &Attachment, sealed: &mut [u8]) -> Option<Zeroizing<Vec<u8>>> {
    let secret = file.secret.as_ref()?;
    let locked = Locked::new(&AttachmentKey::new(secret.key), &Salt(secret.salt), file.length, file.root).ok()?;
    let plain = locked.open_whole(sealed, file.sha256).ok()?;
    shown(file.media_type.as_str(), &plain[..plain.len().min(SHOWN_HEAD)]).ok()?;
    Some(plain)
}

/// Looks at the first bytes of a file that is said to be of `media_type`.
///
/// # Security
/// The sizes that a message tells are its sender's words; these are the ones that a decoder will believe.
///
/// # Errors
/// [`NotShown`].
pub fn shown(media_type: &str, head: &[u8]) -> Result<(), NotShown> {
    match (media_type.split_once('/'), sniff(&head[..head.len().min(HEAD)])) {
        (Some(("image", _)), kind @ Kind::Photo(format)) if kind.media_type() == media_type => {
            let (width, height) = size(format, head).ok_or(NotShown::Damaged)?;
            if u64::from(width) * u64::from(height) <= SHOWN_PIXELS_MAX { Ok(()) } else { Err(NotShown::TooLarge) }
        }
        (Some(("video", "mp4" | "quicktime")), Kind::Video(VideoFormat::Mp4)) => Ok(()),
        (Some(("video", "webm")), Kind::Video(VideoFormat::Matroska)) => Ok(()),
        (Some(("audio", _)), Kind::Voice | Kind::Audio | Kind::Video(VideoFormat::Mp4 | VideoFormat::Matroska)) => Ok(()),
        // Sound of which the sender did not say more.
        (Some(("application", "octet-stream")), Kind::Audio) => Ok(()),
        _ => Err(NotShown::Lie),
    }
}

/// Pixels across and down, as the file itself says.
fn size(format: PhotoFormat, head: &[u8]) -> Option<(u32, u32)> {
    match format {
        // PNG section 11.2.1: IHDR comes first.
        PhotoFormat::Png => (head.get(12..16)? == b"IHDR").then_some((be32(head, 16)?, be32(head, 20)?)),
        PhotoFormat::Gif => gif(head),
        PhotoFormat::Jpeg => jpeg(head),
        PhotoFormat::WebP => webp(head),
        PhotoFormat::Avif => avif(head),
        _ => None,
    }
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?).into())
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?).into())
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    Some(le16(bytes, at)? | u32::from(*bytes.get(at + 2)?) << 16)
}

/// The logical screen: browsers clip frames to it (GIF89a section 18).
fn gif(head: &[u8]) -> Option<(u32, u32)> {
    Some((le16(head, 6)?, le16(head, 8)?))
}

/// The frame header of any process (ITU T.81 section B.2.2), behind whatever segments come before it.
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        match (head.get(at)?, *head.get(at + 1)?) {
            // Fill bytes.
            (0xff, 0xff) => at += 1,
            (0xff, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf) => return Some((be16(head, at + 7)?, be16(head, at + 5)?)),
            (0xff, 0xd8 | 0x01) => at += 2,
            (0xff, marker) if marker >= 0xc0 && marker != 0xda && marker != 0xd9 => at += 2 + (be16(head, at + 2)?.max(2)) as usize,
            _ => return None,
        }
    }
}

/// RFC 9649 sections 2.5 to 2.7.
fn webp(head: &[u8]) -> Option<(u32, u32)> {
    match head.get(12..16)? {
        b"VP8X" => Some((le24(head, 24)? + 1, le24(head, 27)? + 1)),
        b"VP8 " => Some((le16(head, 26)? & 0x3fff, le16(head, 28)? & 0x3fff)),
        b"VP8L" => {
            let bits = le16(head, 21)? | le16(head, 23)? << 16;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        _ => None,
    }
}

/// The largest of the image spatial extents (ISO 23008-12 section 6.5.3), wherever they stand.
fn avif(head: &[u8]) -> Option<(u32, u32)> {
    let sizes =
        head.windows(4).enumerate().filter(|(_, name)| name == b"ispe").filter_map(|(at, _)| be32(head, at + 8).zip(be32(head, at + 12)));
    sizes.max_by_key(|(width, height)| u64::from(*width) * u64::from(*height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat()
    }

    #[test]
    fn a_picture_is_shown_as_what_it_is_and_as_nothing_else() {
        assert_eq!(shown("image/png", &png(4000, 3000)), Ok(()));
        for said in ["image/jpeg", "image/svg+xml", "text/html", "video/mp4", "audio/mp4", "png", ""] {
            assert_eq!(shown(said, &png(4000, 3000)), Err(NotShown::Lie), "{said}");
        }
        let lies =
            [("image/png", b"<html><script>".as_slice()), ("image/svg+xml", b"<svg onload='x'>"), ("image/gif", b""), ("video/mp4", b"MZ")];
        for (said, bytes) in lies {
            assert_eq!(shown(said, bytes), Err(NotShown::Lie), "{said}");
        }
    }

    #[test]
    fn pictures_that_would_fill_the_memory_are_not_shown() {
        assert_eq!(shown("image/png", &png(30_000, 30_000)), Err(NotShown::TooLarge));
        assert_eq!(shown("image/png", &png(u32::MAX, u32::MAX)), Err(NotShown::TooLarge));
        assert_eq!(shown("image/gif", b"GIF89a\xff\xff\xff\xff\0\0\0"), Err(NotShown::TooLarge));
        let vp8x = [b"RIFF\x10\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".as_slice(), &[0xff; 6]].concat();
        assert_eq!(shown("image/webp", &vp8x), Err(NotShown::TooLarge));
        let avif =
            b"\0\0\0\x18ftypavif\0\0\0\0avif\0\0\0\x14ispe\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x14ispe\0\0\0\0\0\0\xff\xff\0\0\xff\xff";
        assert_eq!(shown("image/avif", avif), Err(NotShown::TooLarge));
    }

    #[test]
    fn the_sizes_are_found_where_each_format_has_them() {
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08\x01\x02\x03\x04\x03";
        assert_eq!(size(PhotoFormat::Jpeg, jpeg), Some((0x304, 0x102)));
        assert_eq!(size(PhotoFormat::WebP, b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x40\x01\xf0\0"), Some((320, 240)));
        assert_eq!(size(PhotoFormat::WebP, b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x3f\xc1\x3b\x10"), Some((320, 240)));
        assert_eq!(size(PhotoFormat::Gif, b"GIF89a\x40\x01\xf0\0"), Some((320, 240)));
    }

    #[test]
    fn a_picture_that_ends_too_early_is_damaged() {
        for (said, bytes) in
            [("image/png", &png(1, 1)[..20]), ("image/jpeg", b"\xff\xd8\xff\xe0\0\x10"), ("image/jpeg", b"\xff\xd8\xff\xda\0\0\0")]
        {
            assert_eq!(shown(said, bytes), Err(NotShown::Damaged), "{said}");
        }
    }
}
