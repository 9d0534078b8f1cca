//! Blanked places of a file that is read as if they were written: no copy of a large video is made.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that a patch puts before its zeros: enough for the header of an empty element.
const HEAD: usize = 12;

/// A place that reads as a few given bytes and then zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Patch {
    start: u64,
    end: u64,
    head: [u8; HEAD],
    head_len: u8,
}

/// The places of one file to be blanked, in order and without overlap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    patches: Vec<Patch>,
}

impl Plan {
    /// Whether the file is sent as it is.
    pub fn is_empty(&self) -> bool {
        self.patches.is_empty()
    }

    /// How many bytes of the file are blanked.
    pub fn blanked(&self) -> u64 {
        self.patches.iter().map(|patch| patch.end - patch.start).sum()
    }

    pub(super) fn zero(&mut self, start: u64, end: u64) {
        self.put(start, end, &[]);
    }

    /// Reads as `head` and then zeros. What is longer than a patch can hold is cut: heads are made here.
    pub(super) fn put(&mut self, start: u64, end: u64, head: &[u8]) {
        if start < end {
            let head_len = head.len().min(HEAD).min((end - start) as usize);
            let mut patch = Patch { start, end, head: [0; HEAD], head_len: head_len as u8 };
            patch.head[..head_len].copy_from_slice(&head[..head_len]);
            self.patches.push(patch);
        }
    }

    pub(super) fn append(&mut self, other: &mut Self) {
        self.patches.append(&mut other.patches);
    }

    /// Sorts; where two patches overlap, the one that begins first (or, from the same place, reaches further) wins.
    pub(super) fn finish(&mut self) {
        self.patches.sort_unstable_by_key(|patch| (patch.start, u64::MAX - patch.end));
        let mut end = 0;
        self.patches.retain_mut(|patch| {
            if patch.start < end {
                (patch.start, patch.head_len) = (end, 0);
            }
            let stays = patch.start < patch.end;
            end = end.max(patch.end);
            stays
        });
    }

    /// Writes the patches over `bytes`, which stand at `position`.
    fn apply(&self, position: u64, bytes: &mut [u8]) {
        let end = position.saturating_add(bytes.len() as u64);
        let first = self.patches.partition_point(|patch| patch.end <= position);
        for patch in self.patches[first..].iter().take_while(|patch| patch.start < end) {
            let (from, to) = (patch.start.max(position), patch.end.min(end));
            let place = &mut bytes[(from - position) as usize..(to - position) as usize];
            place.fill(0);
            let head = patch.head[..patch.head_len.into()].get((from - patch.start).min(HEAD as u64) as usize..).unwrap_or_default();
            let count = head.len().min(place.len());
            place[..count].copy_from_slice(&head[..count]);
        }
    }
}

/// A file read with its planned places blanked, at the same length.
#[derive(Debug)]
pub struct Patched<R> {
    inner: R,
    plan: Plan,
    position: u64,
}

impl<R: Read + Seek> Patched<R> {
    /// Reads `inner` from its beginning.
    ///
    /// # Errors
    /// If `inner` cannot seek.
    pub fn new(mut inner: R, plan: Plan) -> io::Result<Self> {
        inner.seek(SeekFrom::Start(0))?;
        Ok(Self { inner, plan, position: 0 })
    }

    pub fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: Read> Read for Patched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.plan.apply(self.position, &mut buffer[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Patched<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.inner.seek(to)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    #[test]
    fn a_patch_reads_as_its_head_and_zeros() {
        let mut plan = Plan::default();
        plan.put(2, 8, b"free");
        plan.zero(9, 10);
        plan.finish();
        let mut out = Vec::new();
        Patched::new(Cursor::new([0xff; 11]), plan).unwrap().read_to_end(&mut out).unwrap();
        assert_eq!(out, b"\xff\xfffree\0\0\xff\0\xff");
    }

    proptest! {
        #[test]
        fn any_way_of_reading_gives_the_same_bytes(
            places in prop::collection::vec((0u64..200, 0u64..50, prop::collection::vec(1u8..255, 0..14)), 0..8),
            reads in prop::collection::vec((0u64..210, 0usize..40), 1..20),
        ) {
            let mut plan = Plan::default();
            places.iter().for_each(|(start, len, head)| plan.put(*start, start + len, head));
            plan.finish();
            let mut whole = Vec::new();
            let mut patched = Patched::new(Cursor::new([0xff; 200]), plan.clone()).unwrap();
            patched.read_to_end(&mut whole).unwrap();
            prop_assert_eq!(whole.len(), 200);
            for (place, byte) in whole.iter().enumerate() {
                let blanked = places.iter().any(|(start, len, _)| (*start..start + len).contains(&(place as u64)));
                prop_assert_eq!(blanked, *byte != 0xff);
            }
            for (start, len) in reads {
                patched.seek(SeekFrom::Start(start)).unwrap();
                let mut some = vec![0; len];
                let count = patched.read(&mut some).unwrap();
                let start = (start as usize).min(200);
                prop_assert_eq!(&some[..count], &whole[start..start + count]);
            }
        }
    }
}
