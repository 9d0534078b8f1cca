//! WebP (RFC 9649). The chunks of pixels pass, those of Exif, XMP, colour profiles and unknown names do not; what is turned is refused.

use super::icc::{self, Profile};
use super::source::Source;
use super::{CleanError, Photo, exif};
use std::io::{Read, Seek, Write};
use std::ops::Range;

/// Chunks in one file: an animation has one a frame.
const CHUNKS_MAX: usize = 100_000;
/// Exif and profiles are read up to here.
const BLOCK_MAX: u64 = 64 * 1024;

const HAS_PROFILE: u8 = 0x20;
const HAS_ALPHA_OR_ANIMATION: u8 = 0x10 | 0x02;

/// What is written: bytes made here, or bytes of the source.
enum Piece {
    Made(Vec<u8>),
    Copied(Range<u64>),
}

struct Chunk {
    name: [u8; 4],
    data: Range<u64>,
}

#[derive(Default)]
struct File {
    pieces: Vec<Piece>,
    extended: Option<[u8; 10]>,
    profile: Option<Profile>,
    size: Option<(u32, u32)>,
    chunks: usize,
}

/// Reads a WebP and writes it clean. There is no thumbnail.
pub(super) fn clean<R: Read + Seek>(source: &mut Source<R>, sink: &mut impl Write) -> Result<Photo, CleanError> {
    source.go_to(4)?;
    let len = u32::from_le_bytes(source.array()?);
    let mut file = File::default();
    file.read(source, 12..8 + u64::from(len))?;
    let (width, height) = file.size.filter(|(width, height)| *width > 0 && *height > 0).ok_or(source.damaged())?;
    let mut head = Vec::new();
    if let Some(mut extended) = file.extended {
        extended[0] = extended[0] & HAS_ALPHA_OR_ANIMATION | if file.profile.is_some() { HAS_PROFILE } else { 0 };
        (extended[1], extended[2], extended[3]) = (0, 0, 0);
        push_chunk(&mut head, b"VP8X", &extended);
        if let Some(profile) = file.profile {
            push_chunk(&mut head, b"ICCP", &profile.to_bytes());
        }
    }
    let pieces: u64 = file.pieces.iter().map(Piece::len).sum();
    let len = u32::try_from(4 + head.len() as u64 + pieces).map_err(|_| source.damaged())?;
    write(sink, &[&b"RIFF"[..], &len.to_le_bytes(), b"WEBP", &head].concat())?;
    for piece in file.pieces {
        match piece {
            Piece::Made(bytes) => write(sink, &bytes)?,
            Piece::Copied(range) => {
                source.go_to(range.start)?;
                source.copy(range.end - range.start, |bytes| write(sink, bytes))?;
            }
        }
    }
    Ok(Photo { width, height, media_type: "image/webp", thumbnail: Vec::new() })
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Self::Made(bytes) => bytes.len() as u64,
            Self::Copied(range) => range.end - range.start,
        }
    }
}

impl File {
    fn read<R: Read + Seek>(&mut self, source: &mut Source<R>, mut range: Range<u64>) -> Result<(), CleanError> {
        while let Some(chunk) = self.next_chunk(source, &mut range)? {
            match &chunk.name {
                b"VP8X" => {
                    source.go_to(chunk.data.start)?;
                    let body: [u8; 10] = source.array()?;
                    let side = |at: usize| 1 + u32::from_le_bytes([body[at], body[at + 1], body[at + 2], 0]);
                    self.size = Some((side(4), side(7)));
                    self.extended = Some(body);
                }
                b"VP8 " | b"VP8L" => {
                    let size = pixels_size(source, &chunk)?;
                    self.size = self.size.or(Some(size));
                    self.copy(chunk);
                }
                b"ALPH" | b"ANIM" => self.copy(chunk),
                b"ANMF" => self.read_frame(source, chunk.data)?,
                b"EXIF" => self.check_upright(source, chunk.data)?,
                b"ICCP" => self.profile = icc::recognize(&block(source, chunk.data)?),
                _ => {}
            }
        }
        Ok(())
    }

    /// A frame: sixteen bytes of place and time, then chunks of its own.
    fn read_frame<R: Read + Seek>(&mut self, source: &mut Source<R>, data: Range<u64>) -> Result<(), CleanError> {
        let mut rest = data.start.checked_add(16).filter(|start| *start <= data.end).ok_or(source.damaged())?..data.end;
        let mut kept = Vec::new();
        while let Some(chunk) = self.next_chunk(source, &mut rest)? {
            if matches!(&chunk.name, b"VP8 " | b"VP8L" | b"ALPH") {
                kept.push(chunk);
            }
        }
        let len: u64 = 16 + kept.iter().map(Chunk::stored_len).sum::<u64>();
        self.pieces.push(Piece::Made([&b"ANMF"[..], &(len as u32).to_le_bytes()].concat()));
        self.pieces.push(Piece::Copied(data.start..data.start + 16));
        kept.into_iter().for_each(|chunk| self.copy(chunk));
        Ok(())
    }

    /// The chunk at the start of `range`, which then begins after it.
    fn next_chunk<R: Read + Seek>(&mut self, source: &mut Source<R>, range: &mut Range<u64>) -> Result<Option<Chunk>, CleanError> {
        if range.end.saturating_sub(range.start) < 8 {
            return Ok(None);
        }
        self.chunks += 1;
        source.go_to(range.start)?;
        let name = source.array()?;
        let len = u64::from(u32::from_le_bytes(source.array()?));
        let data = range.start + 8..range.start + 8 + len;
        if data.end > range.end || self.chunks > CHUNKS_MAX {
            return Err(source.damaged());
        }
        range.start = data.end + len % 2;
        Ok(Some(Chunk { name, data }))
    }

    fn copy(&mut self, chunk: Chunk) {
        let len = chunk.data.end - chunk.data.start;
        self.pieces.push(Piece::Made([&chunk.name[..], &(len as u32).to_le_bytes()].concat()));
        self.pieces.push(Piece::Copied(chunk.data));
        if len % 2 == 1 {
            self.pieces.push(Piece::Made(vec![0]));
        }
    }

    fn check_upright<R: Read + Seek>(&mut self, source: &mut Source<R>, data: Range<u64>) -> Result<(), CleanError> {
        let block = block(source, data)?;
        let tiff = block.strip_prefix(b"Exif\0\0").unwrap_or(&block);
        if exif::turn(tiff).is_none() { Ok(()) } else { Err(source.cannot_clean()) }
    }
}

impl Chunk {
    /// Header, data and the byte that makes it even.
    fn stored_len(&self) -> u64 {
        8 + (self.data.end - self.data.start).next_multiple_of(2)
    }
}

/// The first bytes of a chunk.
fn block<R: Read + Seek>(source: &mut Source<R>, data: Range<u64>) -> Result<Vec<u8>, CleanError> {
    source.go_to(data.start)?;
    let mut block = vec![0; (data.end - data.start).min(BLOCK_MAX) as usize];
    source.fill(&mut block)?;
    Ok(block)
}

/// Width and height in the header of the coded pixels (RFC 6386 section 9.1, RFC 9649 section 3.4).
fn pixels_size<R: Read + Seek>(source: &mut Source<R>, chunk: &Chunk) -> Result<(u32, u32), CleanError> {
    source.go_to(chunk.data.start)?;
    if &chunk.name == b"VP8L" {
        let [0x2f, rest @ ..] = source.array::<5>()? else { return Err(source.damaged()) };
        let bits = u32::from_le_bytes(rest);
        return Ok((1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff)));
    }
    let [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1] = source.array::<10>()? else { return Err(source.damaged()) };
    let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Ok((side(w0, w1), side(h0, h1)))
}

fn push_chunk(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend_from_slice(data);
    if data.len() % 2 == 1 {
        out.push(0);
    }
}

fn write(sink: &mut impl Write, bytes: &[u8]) -> Result<(), CleanError> {
    sink.write_all(bytes).map_err(|error| CleanError::Sink(error.kind()))
}
