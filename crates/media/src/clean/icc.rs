//! Colour profiles. A profile can name the device that made it, so none passes: a picture in Display P3, the colours of most phones, gets a
//! profile made here; every other is left without and is taken for sRGB.

/// A profile we can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Profile {
    DisplayP3,
}

/// Columns of red, green and blue in the profile connection space (D50), as SMPTE EG 432-1 and ICC.1 give them, in 1/65536.
const DISPLAY_P3: [[i32; 3]; 3] = [[33_759, 15_807, -69], [19_135, 45_367, 2_745], [10_296, 4_362, 51_385]];
/// D50, the illuminant of the profile connection space.
const D50: [i32; 3] = [63_190, 65_536, 54_061];
/// Makers round differently.
const TOLERANCE: i32 = 130;

/// Which of the profiles we can make this is.
pub(super) fn recognize(profile: &[u8]) -> Option<Profile> {
    let is_rgb = profile.get(16..20) == Some(b"RGB ") && profile.get(36..40) == Some(b"acsp");
    let near = |(name, expected): (&[u8; 4], &[i32; 3])| {
        tag(profile, name).is_some_and(|found| found.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= TOLERANCE as u32))
    };
    let columns: [&[u8; 4]; 3] = [b"rXYZ", b"gXYZ", b"bXYZ"];
    (is_rgb && columns.into_iter().zip(&DISPLAY_P3).all(near)).then_some(Profile::DisplayP3)
}

/// The value of an XYZ tag (ICC.1:2022 section 10.31).
fn tag(profile: &[u8], name: &[u8; 4]) -> Option<[i32; 3]> {
    let u32_at = |at: usize| Some(u32::from_be_bytes(*profile.get(at..)?.first_chunk()?));
    let count = u32_at(128)?.min(100) as usize;
    let entry = (0..count).map(|nth| 132 + 12 * nth).find(|&at| profile.get(at..at + 4) == Some(name))?;
    let value = u32_at(entry + 4)? as usize;
    if profile.get(value..value.checked_add(4)?)? != b"XYZ " {
        return None;
    }
    Some([u32_at(value + 8)? as i32, u32_at(value + 12)? as i32, u32_at(value + 16)? as i32])
}

impl Profile {
    /// The whole profile (ICC.1:2022 sections 7 to 10): matrix and the sRGB curve.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let Self::DisplayP3 = self;
        let xyz = |value: [i32; 3]| [b"XYZ \0\0\0\0".to_vec(), value.iter().flat_map(|part| part.to_be_bytes()).collect()].concat();
        // g, a, b, c, d of IEC 61966-2-1.
        let curve = [157_286, 62_119, 3_417, 5_072, 2_651].iter().flat_map(|part: &i32| part.to_be_bytes());
        let curve: Vec<u8> = b"para\0\0\0\0\0\x03\0\0".iter().copied().chain(curve).collect();
        let values = [text("Display P3"), text("CC0"), xyz(D50), xyz(DISPLAY_P3[0]), xyz(DISPLAY_P3[1]), xyz(DISPLAY_P3[2]), curve];
        let tags: [(&[u8; 4], usize); 9] =
            [(b"desc", 0), (b"cprt", 1), (b"wtpt", 2), (b"rXYZ", 3), (b"gXYZ", 4), (b"bXYZ", 5), (b"rTRC", 6), (b"gTRC", 6), (b"bTRC", 6)];
        let mut offsets = vec![128 + 4 + 12 * tags.len()];
        offsets.extend(values.iter().scan(offsets[0], |end, value| {
            *end += value.len();
            Some(*end)
        }));
        let u32_of = |number: usize| (number as u32).to_be_bytes();
        let mut out = header(offsets[values.len()]);
        out.extend(u32_of(tags.len()));
        for (name, value) in tags {
            out.extend([*name, u32_of(offsets[value]), u32_of(values[value].len())].concat());
        }
        out.extend(values.concat());
        out
    }
}

/// Version 4.3, a display, RGB to XYZ, a fixed date, no maker.
fn header(len: usize) -> Vec<u8> {
    let mut out = [&(len as u32).to_be_bytes()[..], b"\0\0\0\0\x04\x30\0\0mntrRGB XYZ \x07\xd0\0\x01\0\x01\0\0\0\0\0\0acsp"].concat();
    out.resize(68, 0);
    out.extend(D50.iter().flat_map(|part| part.to_be_bytes()));
    out.resize(128, 0);
    out
}

/// A multi-localized string of one language; padded to a multiple of four bytes.
fn text(words: &str) -> Vec<u8> {
    let coded: Vec<u8> = words.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut out =
        [&b"mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenUS"[..], &(coded.len() as u32).to_be_bytes(), &28u32.to_be_bytes(), &coded].concat();
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_profile_is_recognized() {
        assert_eq!(recognize(&Profile::DisplayP3.to_bytes()), Some(Profile::DisplayP3));
    }

    #[test]
    fn another_or_damaged_profile_is_not() {
        let mut other = Profile::DisplayP3.to_bytes();
        let len = other.len();
        assert!((0..len - 40).all(|cut| recognize(&other[..cut]).is_none() || cut > 300));
        let red = other.windows(4).rposition(|window| window == DISPLAY_P3[0][0].to_be_bytes()).unwrap();
        other[red + 2] ^= 0xff;
        assert_eq!(recognize(&other), None);
        assert_eq!(recognize(&[0xff; 200]), None);
    }
}
