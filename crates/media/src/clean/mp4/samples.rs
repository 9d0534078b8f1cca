//! Which bytes of the media data belong to which track.

use crate::clean::CleanError;
use crate::clean::source::Source;
use std::io::{Read, Seek};
use std::ops::Range;

/// Chunks of all tracks: a film of five hours has about this many, and 24 bytes are kept of each.
const CHUNKS_MAX: usize = 1 << 20;

/// Where a track's tables stand: the bodies of `stsz`, `stsc`, and `stco` or `co64` with the width of an entry.
#[derive(Debug, Default, Clone)]
pub(super) struct Samples {
    pub(super) sizes: Option<Range<u64>>,
    pub(super) chunks: Option<Range<u64>>,
    pub(super) offsets: Option<(usize, Range<u64>)>,
    pub(super) is_sound: bool,
}

/// The parts of the media data that no track of `kept` names.
pub(super) fn unnamed<R: Read + Seek>(
    source: &mut Source<R>,
    kept: &[Samples],
    removed: &[Samples],
    media_data: &[Range<u64>],
) -> Result<Vec<Range<u64>>, CleanError> {
    let mut starts = Vec::new();
    for samples in kept.iter().chain(removed) {
        starts.extend(samples.offsets(source, CHUNKS_MAX.saturating_sub(starts.len()))?);
    }
    starts.sort_unstable();
    let mut named = Vec::new();
    for samples in kept {
        samples.ranges(source, &starts, &mut named)?;
    }
    let named = merged(named);
    let mut gaps = Vec::new();
    for data in media_data {
        let mut at = data.start;
        let first = named.partition_point(|range| range.end <= data.start);
        for range in named[first..].iter().take_while(|range| range.start < data.end) {
            if range.start > at {
                gaps.push(at..range.start);
            }
            at = range.end;
        }
        if at < data.end {
            gaps.push(at..data.end);
        }
    }
    Ok(gaps)
}

/// In order and without overlap.
fn merged(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, before| {
        let touches = next.start <= before.end;
        if touches {
            before.end = before.end.max(next.end);
        }
        touches
    });
    ranges
}

impl Samples {
    /// The place of every chunk.
    fn offsets<R: Read + Seek>(&self, source: &mut Source<R>, most: usize) -> Result<Vec<u64>, CleanError> {
        let Some((width, body)) = &self.offsets else { return Ok(Vec::new()) };
        let count = table_len(source, body, 4, *width)?;
        if count > most {
            return Err(source.too_large());
        }
        let mut offsets = Vec::with_capacity(count);
        for _ in 0..count {
            offsets.push(if *width == 4 { u32::from_be_bytes(source.array()?).into() } else { u64::from_be_bytes(source.array()?) });
        }
        Ok(offsets)
    }

    /// The first chunk of each run and the samples in each of its chunks.
    fn runs<R: Read + Seek>(&self, source: &mut Source<R>) -> Result<Vec<(u32, u32)>, CleanError> {
        let Some(body) = &self.chunks else { return Ok(Vec::new()) };
        let count = table_len(source, body, 4, 12)?;
        if count > CHUNKS_MAX {
            return Err(source.too_large());
        }
        let mut runs: Vec<(u32, u32)> = Vec::with_capacity(count);
        for _ in 0..count {
            let [a, b, c, d, e, f, g, h, _, _, _, _] = source.array::<12>()?;
            let run = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
            if runs.last().is_some_and(|(before, _)| *before >= run.0) {
                return Err(source.damaged());
            }
            runs.push(run);
        }
        Ok(runs)
    }

    /// Adds the bytes of every chunk to `named`; `starts` are those of all chunks of all tracks, in order.
    fn ranges<R: Read + Seek>(&self, source: &mut Source<R>, starts: &[u64], named: &mut Vec<Range<u64>>) -> Result<(), CleanError> {
        let offsets = self.offsets(source, CHUNKS_MAX)?;
        let runs = self.runs(source)?;
        let Some(sizes) = &self.sizes else { return Ok(()) };
        source.go_to(sizes.start + 4)?;
        let fixed = u32::from_be_bytes(source.array()?);
        let mut left = if fixed > 0 { u32::from_be_bytes(source.array()?) as usize } else { table_len(source, sizes, 8, 4)? };
        let mut run = 0;
        for (number, start) in (1u32..).zip(offsets) {
            while runs.get(run + 1).is_some_and(|(first, _)| *first <= number) {
                run += 1;
            }
            let samples = runs.get(run).map_or(0, |(_, samples)| *samples as usize).min(left);
            left -= samples;
            let len = if fixed == 0 {
                (0..samples)
                    .try_fold(0u64, |sum, _| Ok::<u64, CleanError>(sum.saturating_add(u32::from_be_bytes(source.array()?).into())))?
            } else if self.is_sound {
                // QuickTime gives raw sound a size of 1 a sample whatever it is: such a chunk reaches to the next one of any track.
                let next = starts.partition_point(|other| *other <= start);
                starts.get(next).map_or(u64::MAX, |next| next - start)
            } else {
                u64::from(fixed).saturating_mul(samples as u64)
            };
            push(named, start..start.saturating_add(len));
        }
        Ok(())
    }
}

/// Chunks of one track often follow each other.
fn push(named: &mut Vec<Range<u64>>, range: Range<u64>) {
    match named.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => named.push(range),
    }
}

/// The count at `offset` in a table's body, checked against its room; the source then stands at the first entry.
fn table_len<R: Read + Seek>(source: &mut Source<R>, body: &Range<u64>, offset: u64, width: usize) -> Result<usize, CleanError> {
    let first = body.start + offset + 4;
    source.go_to(body.start + offset)?;
    let count = u32::from_be_bytes(source.array()?) as usize;
    if body.end < first || count as u64 > (body.end - first) / width as u64 {
        return Err(source.damaged());
    }
    Ok(count)
}
