//! What a file is, by its first bytes: a name proves nothing.

use std::fmt;

/// How many first bytes [`sniff`] wants to see; fewer are fine.
pub const HEAD: usize = 64;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Photo(PhotoFormat),
    Video(VideoFormat),
    /// Sound in MP4: what phones record a voice in, with the place in it.
    Voice,
    /// Any other sound.
    Audio,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhotoFormat {
    Jpeg,
    Png,
    WebP,
    Gif,
    Heif,
    Avif,
    JpegXl,
    /// TIFF and the raw formats of cameras, which are TIFF inside.
    Tiff,
    Bmp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoFormat {
    /// MP4, MOV, M4V and 3GP: the ISO base media file format and its ancestor.
    Mp4,
    /// WebM and Matroska.
    Matroska,
    Avi,
    MpegTs,
    /// WMV and ASF.
    Asf,
    Flv,
}

/// Names the file that begins with `head`.
pub fn sniff(head: &[u8]) -> Kind {
    let riff = |form: &[u8]| head.starts_with(b"RIFF") && head.get(8..12) == Some(form);
    match head {
        [0xff, 0xd8, 0xff, ..] => Kind::Photo(PhotoFormat::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Kind::Photo(PhotoFormat::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Kind::Photo(PhotoFormat::Gif),
        _ if riff(b"WEBP") => Kind::Photo(PhotoFormat::WebP),
        _ if riff(b"AVI ") => Kind::Video(VideoFormat::Avi),
        _ if riff(b"WAVE") => Kind::Audio,
        [b'I', b'I', b'*' | b'U', 0, ..] | [b'I', b'I', b'R', b'O' | b'S', ..] | [b'M', b'M', 0, b'*', ..] => {
            Kind::Photo(PhotoFormat::Tiff)
        }
        [0xff, 0x0a, ..] | [0, 0, 0, 0x0c, b'J', b'X', b'L', b' ', ..] => Kind::Photo(PhotoFormat::JpegXl),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Kind::Photo(PhotoFormat::Bmp),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Kind::Video(VideoFormat::Matroska),
        [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, ..] => Kind::Video(VideoFormat::Asf),
        [b'F', b'L', b'V', 1, ..] => Kind::Video(VideoFormat::Flv),
        [b'I', b'D', b'3', ..] | [b'f', b'L', b'a', b'C', ..] | [b'O', b'g', b'g', b'S', ..] => Kind::Audio,
        // MPEG audio frame sync: layer and sample rate are not the reserved values.
        [0xff, second, third, ..] if second & 0xe0 == 0xe0 && second & 0x06 != 0 && third & 0x0c != 0x0c && third & 0xf0 != 0xf0 => {
            Kind::Audio
        }
        [0xff, second, ..] if second & 0xf6 == 0xf0 => Kind::Audio,
        // An MPEG transport stream begins with the packet of its program table: PID 0, start of a unit, payload only.
        [0x47, 0x40, 0x00, 0x10..=0x1f, ..] => Kind::Video(VideoFormat::MpegTs),
        _ => iso_media(head).unwrap_or(Kind::Other),
    }
}

/// A file of the ISO base media family begins with `ftyp`, an old QuickTime one with another box.
fn iso_media(head: &[u8]) -> Option<Kind> {
    let (kind, rest) = head.get(4..)?.split_first_chunk::<4>()?;
    if kind == b"ftyp" {
        let major = rest.get(..4)?;
        // The compatible brands come after the major one and its version.
        let compatible = || rest.get(8..).unwrap_or_default().chunks_exact(4);
        return Some(match major {
            b"avif" | b"avis" => Kind::Photo(PhotoFormat::Avif),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Kind::Photo(PhotoFormat::Heif),
            b"mif1" | b"msf1" if compatible().any(|brand| brand == b"avif") => Kind::Photo(PhotoFormat::Avif),
            b"mif1" | b"msf1" | b"miaf" => Kind::Photo(PhotoFormat::Heif),
            b"crx " => Kind::Photo(PhotoFormat::Tiff),
            b"M4A " | b"M4B " | b"M4P " => Kind::Voice,
            _ => Kind::Video(VideoFormat::Mp4),
        });
    }
    matches!(kind, b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot").then_some(Kind::Video(VideoFormat::Mp4))
}

impl Kind {
    /// The media type of a file sent as it is.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Photo(PhotoFormat::Jpeg) => "image/jpeg",
            Self::Photo(PhotoFormat::Png) => "image/png",
            Self::Photo(PhotoFormat::WebP) => "image/webp",
            Self::Photo(PhotoFormat::Gif) => "image/gif",
            Self::Photo(PhotoFormat::Heif) => "image/heif",
            Self::Photo(PhotoFormat::Avif) => "image/avif",
            Self::Photo(PhotoFormat::JpegXl) => "image/jxl",
            Self::Photo(PhotoFormat::Tiff) => "image/tiff",
            Self::Photo(PhotoFormat::Bmp) => "image/bmp",
            Self::Video(VideoFormat::Mp4) => "video/mp4",
            Self::Video(VideoFormat::Matroska) => "video/webm",
            Self::Video(VideoFormat::Avi) => "video/x-msvideo",
            Self::Video(VideoFormat::MpegTs) => "video/mp2t",
            Self::Video(VideoFormat::Asf) => "video/x-ms-asf",
            Self::Video(VideoFormat::Flv) => "video/x-flv",
            Self::Voice => "audio/mp4",
            Self::Audio | Self::Other => "application/octet-stream",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Photo(PhotoFormat::Jpeg) => "JPEG photo",
            Self::Photo(PhotoFormat::Png) => "PNG picture",
            Self::Photo(PhotoFormat::WebP) => "WebP picture",
            Self::Photo(PhotoFormat::Gif) => "GIF picture",
            Self::Photo(PhotoFormat::Heif) => "HEIF photo",
            Self::Photo(PhotoFormat::Avif) => "AVIF picture",
            Self::Photo(PhotoFormat::JpegXl) => "JPEG XL picture",
            Self::Photo(PhotoFormat::Tiff) => "TIFF or raw photo",
            Self::Photo(PhotoFormat::Bmp) => "BMP picture",
            Self::Video(VideoFormat::Mp4) => "MP4 or QuickTime video",
            Self::Video(VideoFormat::Matroska) => "WebM or Matroska video",
            Self::Video(VideoFormat::Avi) => "AVI video",
            Self::Video(VideoFormat::MpegTs) => "MPEG transport stream",
            Self::Video(VideoFormat::Asf) => "WMV video",
            Self::Video(VideoFormat::Flv) => "FLV video",
            Self::Voice => "voice recording",
            Self::Audio => "sound",
            Self::Other => "file",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_name_the_format() {
        let cases: [(&[u8], Kind); 12] = [
            (b"\xff\xd8\xff\xe1", Kind::Photo(PhotoFormat::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Kind::Photo(PhotoFormat::Png)),
            (b"GIF89a", Kind::Photo(PhotoFormat::Gif)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Kind::Photo(PhotoFormat::WebP)),
            (b"\0\0\0\x18ftypheic\0\0\0\0", Kind::Photo(PhotoFormat::Heif)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0avifmif1", Kind::Photo(PhotoFormat::Avif)),
            (b"\0\0\0\x18ftypisom\0\0\0\0", Kind::Video(VideoFormat::Mp4)),
            (b"\0\0\0\x08wide\0\0\0\0mdat", Kind::Video(VideoFormat::Mp4)),
            (b"\x1a\x45\xdf\xa3\x01", Kind::Video(VideoFormat::Matroska)),
            (b"\0\0\0\x18ftypM4A \0\0\0\0", Kind::Voice),
            (b"ID3\x04", Kind::Audio),
            (b"\xff\xfb\x90\x00", Kind::Audio),
        ];
        for (head, kind) in cases {
            assert_eq!(sniff(head), kind);
        }
    }

    #[test]
    fn text_and_nothing_are_other_files() {
        for head in [&b""[..], b"\xff", b"hello, world", b"%PDF-1.7", b"PK\x03\x04", b"RIFF", b"\0\0\0\x18ftyp", b"Genuine text"] {
            assert_eq!(sniff(head), Kind::Other, "{head:?}");
        }
    }
}
