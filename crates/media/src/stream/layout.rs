//! Where everything stands in a blob, from the exact length of the plaintext alone.

use std::ops::Range;
use wire::limits::BLOB_MAX;
use wire::pad::padme;

/// Bytes of an authentication tag.
pub const TAG: usize = 16;
/// Bytes of a full ciphertext segment: small enough that a seek costs little, large enough that tag and hash weigh under 0.1 %.
pub const SEGMENT: usize = 64 * 1024;
/// Bytes of plaintext in a full segment.
pub const SEGMENT_PLAIN: usize = SEGMENT - TAG;
/// The longest plaintext: its blob stays below [`BLOB_MAX`] and its segments are counted in 32 bits.
pub const FILE_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Bytes of one entry of the hash list.
pub(crate) const HASH: usize = 32;

const _: () = assert!(FILE_MAX + FILE_MAX / 8 < BLOB_MAX);

/// The file is longer than [`FILE_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file is larger than 4 GiB")]
pub struct TooLong;

/// The places of a blob: `ciphertext segments | sealed hash list | padding`.
///
/// All of it follows from the exact length of the plaintext, which the message commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    len: u64,
}

impl Layout {
    /// # Errors
    /// [`TooLong`] above [`FILE_MAX`].
    pub fn of(len: u64) -> Result<Self, TooLong> {
        if len <= FILE_MAX { Ok(Self { len }) } else { Err(TooLong) }
    }

    /// Bytes of plaintext.
    pub fn plain_len(&self) -> u64 {
        self.len
    }

    /// How many segments there are; an empty file has one, so that its end is authenticated too.
    pub fn segments(&self) -> u32 {
        // At most FILE_MAX / SEGMENT_PLAIN, about 2^16.
        self.len.div_ceil(SEGMENT_PLAIN as u64).max(1) as u32
    }

    /// The segment that holds the plaintext byte at `offset`, if there is such a byte.
    pub fn segment_at(&self, offset: u64) -> Option<u32> {
        (offset < self.len).then_some((offset / SEGMENT_PLAIN as u64) as u32)
    }

    /// The plaintext bytes of a segment.
    pub fn plain_range(&self, segment: u32) -> Option<Range<u64>> {
        (segment < self.segments()).then(|| {
            let start = u64::from(segment) * SEGMENT_PLAIN as u64;
            start..self.len.min(start + SEGMENT_PLAIN as u64)
        })
    }

    /// Where the ciphertext of a segment is stored.
    pub fn segment_range(&self, segment: u32) -> Option<Range<u64>> {
        let plain = self.plain_range(segment)?;
        let start = u64::from(segment) * SEGMENT as u64;
        Some(start..start + (plain.end - plain.start) + TAG as u64)
    }

    /// Where the sealed hash list is stored: what a reader fetches first.
    pub fn list_range(&self) -> Range<u64> {
        let start = self.content_len();
        start..start + sealed_len(self.list_len())
    }

    /// Where the padding is stored: nobody needs to fetch it.
    pub fn padding_range(&self) -> Range<u64> {
        self.list_range().end..self.stored_len()
    }

    /// Bytes of the whole blob, a Padmé length.
    pub fn stored_len(&self) -> u64 {
        padme(self.list_range().end)
    }

    pub(crate) fn list_len(&self) -> u64 {
        u64::from(self.segments()) * HASH as u64
    }

    fn content_len(&self) -> u64 {
        self.len + u64::from(self.segments()) * TAG as u64
    }
}

/// The ciphertext length of `plain` bytes sealed in segments.
fn sealed_len(plain: u64) -> u64 {
    plain + plain.div_ceil(SEGMENT_PLAIN as u64) * TAG as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wire::pad::is_padme;

    #[test]
    fn an_empty_file_has_one_segment_and_the_floor_of_padding() {
        let layout = Layout::of(0).unwrap();
        assert_eq!((layout.segments(), layout.segment_range(0), layout.list_range()), (1, Some(0..16), 16..64));
        assert_eq!((layout.stored_len(), layout.segment_at(0), layout.segment_range(1)), (256, None, None));
    }

    #[test]
    fn a_file_over_the_limit_is_refused_and_the_largest_fits_a_blob() {
        assert_eq!(Layout::of(FILE_MAX + 1), Err(TooLong));
        assert!(Layout::of(FILE_MAX).unwrap().stored_len() <= BLOB_MAX);
    }

    proptest! {
        #[test]
        fn segments_tile_the_plaintext_and_the_blob_without_gap_or_overlap(len in 0u64..40 * SEGMENT as u64) {
            let layout = Layout::of(len).unwrap();
            let (mut plain, mut stored) = (0, 0);
            for segment in 0..layout.segments() {
                let (p, s) = (layout.plain_range(segment).unwrap(), layout.segment_range(segment).unwrap());
                prop_assert_eq!((p.start, s.start), (plain, stored));
                prop_assert!(s.end - s.start <= SEGMENT as u64);
                (plain, stored) = (p.end, s.end);
            }
            prop_assert_eq!(plain, len);
            prop_assert_eq!(layout.list_range().start, stored);
            prop_assert_eq!(layout.padding_range().start, layout.list_range().end);
            prop_assert!(is_padme(layout.stored_len()) && layout.stored_len() >= layout.padding_range().start);
            if len > 0 {
                prop_assert_eq!(layout.segment_at(len - 1), Some(layout.segments() - 1));
            }
        }
    }
}
