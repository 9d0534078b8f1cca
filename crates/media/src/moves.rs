//! Whether a picture goes on after what one sees first: whoever looks at it once has looked at its beginning alone.

use crate::sniff::{HEAD, Kind, PhotoFormat, sniff};

/// Whether a picture that begins with `head` moves. What cannot be told from there is taken to move: [`crate::SHOWN_HEAD`] bytes tell it of nearly all.
pub fn moves(head: &[u8]) -> bool {
    let found = match sniff(&head[..head.len().min(HEAD)]) {
        // One picture; browsers show nothing of what may come after it.
        Kind::Photo(PhotoFormat::Jpeg) => Some(false),
        Kind::Photo(PhotoFormat::Gif) => gif(head),
        Kind::Photo(PhotoFormat::Png) => png(head),
        Kind::Photo(PhotoFormat::WebP) => webp(head),
        Kind::Photo(PhotoFormat::Avif) => avif(head),
        _ => None,
    };
    found.unwrap_or(true)
}

fn be32(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?) as usize)
}

/// More than one image before the trailer (GIF89a sections 17 to 27).
fn gif(head: &[u8]) -> Option<bool> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(*head.get(10)?);
    let mut images = 0;
    loop {
        match *head.get(at)? {
            0x21 => at = behind_blocks(head, at + 2)?,
            0x2c if images == 1 => return Some(true),
            0x2c => {
                images += 1;
                at = behind_blocks(head, at + 11 + table(*head.get(at + 9)?))?;
            }
            0x3b => return Some(false),
            _ => return None,
        }
    }
}

/// Data comes in blocks, each behind its length; an empty one is the last (GIF89a section 15).
fn behind_blocks(head: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*head.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// `acTL` stands before the first `IDAT`, or means nothing (PNG, third edition, section 11.3.6.1).
fn png(head: &[u8]) -> Option<bool> {
    let mut at = 8;
    loop {
        let length = be32(head, at)?;
        match head.get(at + 4..at + 8)? {
            b"acTL" => return Some(true),
            b"IDAT" | b"IEND" => return Some(false),
            _ => at = length.checked_add(12)?.checked_add(at)?,
        }
    }
}

/// The flag in the extended header, without which there is one picture (RFC 9649 section 2.7).
fn webp(head: &[u8]) -> Option<bool> {
    Some(head.get(12..16)? == b"VP8X" && head.get(20)? & 0x02 != 0)
}

/// The brand of a sequence, anywhere in `ftyp` (AVIF section 6.3).
fn avif(head: &[u8]) -> Option<bool> {
    Some(head.get(8..be32(head, 0)?)?.chunks_exact(4).any(|brand| brand == b"avis"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0crc!";
    const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
    const PAUSE: &[u8] = b"\x21\xf9\x04\0\x0a\0\0\0";
    const IMAGE: &[u8] = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";

    #[test]
    fn an_animation_is_told_from_a_still_picture_by_its_bytes() {
        let still = [
            [GIF, PAUSE, IMAGE, b"\x3b"].concat(),
            [PNG, b"\0\0\0\x01gAMAxcrc!\0\0\0\x01IDATxcrc!\0\0\0\x08acTL"].concat(),
            b"RIFF\x10\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x40\x01\xf0\0".to_vec(),
            b"RIFF\x10\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\0\0\0\0\0\0".to_vec(),
            b"\0\0\0\x18ftypavif\0\0\0\0avifmif1\0\0\0\x08meta".to_vec(),
            b"\xff\xd8\xff\xe0\0\x04ab".to_vec(),
        ];
        let moving = [
            [GIF, PAUSE, IMAGE, PAUSE, IMAGE, b"\x3b"].concat(),
            [GIF, b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", IMAGE, IMAGE].concat(),
            [PNG, b"\0\0\0\x08acTL\0\0\0\x02\0\0\0\0crc!\0\0\0\x01IDATx"].concat(),
            b"RIFF\x10\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\0\0\0\0\0\0".to_vec(),
            b"\0\0\0\x18ftypavis\0\0\0\0avifmif1".to_vec(),
            b"\0\0\0\x18ftypavif\0\0\0\0avifavis".to_vec(),
        ];
        assert_eq!(still.map(|bytes| moves(&bytes)), [false; 6]);
        assert_eq!(moving.map(|bytes| moves(&bytes)), [true; 6]);
    }

    #[test]
    fn what_its_beginning_does_not_tell_is_taken_to_move() {
        let long = [PNG, b"\0\x20\0\0iCCP"].concat();
        for bytes in
            [&b""[..], b"GIF89a", &[GIF, IMAGE].concat(), &[GIF, b"\x99"].concat(), &long, PNG, b"RIFF\0\0\0\0WEBP", b"\0\0\0\x0cJXL "]
        {
            assert!(moves(bytes), "{bytes:?}");
        }
    }
}
