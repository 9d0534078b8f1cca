//! The one thing read from Exif: the orientation.

use super::turn::Turn;

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// The turn an Exif block (beginning with its TIFF header) asks for; a damaged block asks for none.
pub(super) fn turn(tiff: &[u8]) -> Turn {
    orientation(tiff).map_or(Turn::default(), Turn::of_exif)
}

/// TIFF 6.0 section 2: byte order, 42, offset of the first directory; entries of 12 bytes: tag, type, count, value.
fn orientation(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = tiff.get(at..)?.first_chunk::<2>()?;
        Some(if little { u16::from_le_bytes(*bytes) } else { u16::from_be_bytes(*bytes) })
    };
    let directory = {
        let bytes = tiff.get(4..)?.first_chunk::<4>()?;
        (if little { u32::from_le_bytes(*bytes) } else { u32::from_be_bytes(*bytes) }) as usize
    };
    let first = directory.checked_add(2)?;
    (0..usize::from(u16_at(directory)?)).find_map(|entry| {
        let at = first.checked_add(entry * 12)?;
        (u16_at(at)? == ORIENTATION && u16_at(at + 2)? == SHORT).then(|| u16_at(at + 8))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orientation_is_found_in_both_byte_orders() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        assert_eq!((turn(little), turn(big)), (Turn::of_exif(6), Turn::of_exif(6)));
    }

    #[test]
    fn a_damaged_block_turns_nothing() {
        for block in [&b""[..], b"II*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff\x12\x01", b"XX*\0\x08\0\0\0\x01\0"] {
            assert!(turn(block).is_none());
        }
    }
}
