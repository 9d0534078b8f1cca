//! PNG (W3C PNG third edition). An upright picture is copied chunk by chunk, of which only those pass that say how pixels look; one that is
//! not upright is decoded, turned and coded again.

use super::icc::{self, Profile};
use super::jpeg::{Colour, Plane};
use super::source::Source;
use super::turn::Turn;
use super::{CleanError, PIXELS_MAX, Photo, WHOLE_PICTURE_MAX, exif, thumbnail};
use std::io::{BufReader, Read, Seek, Write};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// An Exif block is read up to here; its orientation stands at its beginning.
const EXIF_MAX: u32 = 64 * 1024;
/// A compressed profile is read up to here: a standard one has a few hundred bytes.
const PROFILE_MAX: u32 = 16 * 1024;

/// The chunks that pass and how long they may be.
const PASSING: [(&[u8; 4], u32); 14] = [
    (b"IHDR", 13),
    (b"PLTE", 768),
    (b"IDAT", u32::MAX),
    (b"IEND", 0),
    (b"tRNS", 256),
    (b"gAMA", 4),
    (b"cHRM", 32),
    (b"sRGB", 1),
    (b"sBIT", 4),
    (b"bKGD", 6),
    (b"cICP", 4),
    (b"acTL", 8),
    (b"fcTL", 26),
    (b"fdAT", u32::MAX),
];

/// Reads a PNG and writes it clean and upright.
pub(super) fn clean<R: Read + Seek>(source: &mut Source<R>, sink: &mut impl Write) -> Result<Photo, CleanError> {
    let facts = Facts::read(source)?;
    let (small, shape) = shrink(source, facts.turn)?;
    if facts.turn.is_none() {
        copy(source, facts.profile, sink)?;
    } else if facts.animated {
        return Err(source.cannot_clean());
    } else {
        turn(source, &facts, sink)?;
    }
    let (width, height) = facts.turn.size(facts.width, facts.height);
    Ok(Photo {
        width,
        height,
        media_type: "image/png",
        thumbnail: thumbnail::make(shape, small.iter().map(|plane| (plane, shape.target()))),
    })
}

struct Chunk {
    name: [u8; 4],
    len: u32,
}

impl Chunk {
    /// The header of the next chunk; the source then stands at its data.
    fn next<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, CleanError> {
        let len = u32::from_be_bytes(source.array()?);
        let name = source.array()?;
        // PNG section 5.3: a length has 31 bits.
        if len > i32::MAX as u32 { Err(source.damaged()) } else { Ok(Self { name, len }) }
    }

    fn passes(&self) -> bool {
        PASSING.iter().any(|(name, longest)| **name == self.name && self.len <= *longest)
    }
}

/// What is known before anything is decoded.
struct Facts {
    width: u32,
    height: u32,
    turn: Turn,
    animated: bool,
    profile: Option<Profile>,
}

impl Facts {
    fn read<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, CleanError> {
        source.go_to(0)?;
        if source.array()? != SIGNATURE {
            return Err(source.damaged());
        }
        let mut facts = Self { width: 0, height: 0, turn: Turn::default(), animated: false, profile: None };
        loop {
            let chunk = Chunk::next(source)?;
            let data = source.position();
            match &chunk.name {
                b"IHDR" => {
                    facts.width = u32::from_be_bytes(source.array()?);
                    facts.height = u32::from_be_bytes(source.array()?);
                }
                b"eXIf" if chunk.len <= EXIF_MAX => {
                    let mut block = vec![0; chunk.len as usize];
                    source.fill(&mut block)?;
                    facts.turn = exif::turn(&block);
                }
                b"iCCP" if chunk.len <= PROFILE_MAX => facts.profile = decoded_profile(source)?,
                b"acTL" => facts.animated = true,
                b"IEND" => break,
                _ => {}
            }
            source.go_to(data + u64::from(chunk.len) + 4)?;
        }
        if facts.width == 0 || facts.height == 0 {
            return Err(source.damaged());
        }
        if u64::from(facts.width) * u64::from(facts.height) > PIXELS_MAX {
            return Err(source.too_large());
        }
        Ok(facts)
    }
}

fn decoder<R: Read + Seek>(source: &mut Source<R>) -> Result<png::Decoder<BufReader<&mut R>>, CleanError> {
    let limits = png::Limits { bytes: WHOLE_PICTURE_MAX };
    let mut decoder = png::Decoder::new_with_limits(BufReader::new(source.rewound()?), limits);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    Ok(decoder)
}

fn decoded_profile<R: Read + Seek>(source: &mut Source<R>) -> Result<Option<Profile>, CleanError> {
    let reader = decoder(source)?.read_info();
    Ok(reader.ok().and_then(|reader| icc::recognize(reader.info().icc_profile.as_deref()?)))
}

/// Copies what passes up to the end of the image.
fn copy<R: Read + Seek>(source: &mut Source<R>, profile: Option<Profile>, sink: &mut impl Write) -> Result<(), CleanError> {
    source.go_to(SIGNATURE.len() as u64)?;
    write(sink, &SIGNATURE)?;
    loop {
        let chunk = Chunk::next(source)?;
        if !chunk.passes() {
            source.skip(u64::from(chunk.len) + 4)?;
            continue;
        }
        write(sink, &chunk.len.to_be_bytes())?;
        write(sink, &chunk.name)?;
        source.copy(u64::from(chunk.len) + 4, |bytes| write(sink, bytes))?;
        match &chunk.name {
            b"IHDR" => {
                if let Some(profile) = profile {
                    write(sink, &profile_chunk(profile))?;
                }
            }
            b"IEND" => return Ok(()),
            _ => {}
        }
    }
}

/// An iCCP chunk of our own profile, deflated without compression (RFC 1950, RFC 1951 section 3.2.4).
fn profile_chunk(profile: Profile) -> Vec<u8> {
    let bytes = profile.to_bytes();
    let len = (bytes.len() as u16).to_le_bytes();
    let (mut a, mut b) = (1u32, 0u32);
    for byte in &bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let stored = [0x78, 0x01, 0x01, len[0], len[1], !len[0], !len[1]];
    let data = [&b"iCCPDisplay P3\0\0"[..], &stored, &bytes, &(b << 16 | a).to_be_bytes()].concat();
    [&(data.len() as u32 - 4).to_be_bytes()[..], &data, &crc(&data).to_be_bytes()].concat()
}

/// PNG annex D.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ crc >> 1 } else { crc >> 1 })
    })
}

/// First column, first row, and the steps of columns and rows of each pass (PNG section 8).
const ADAM7: [(usize, usize, usize, usize); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

/// Decodes the picture row by row: gives the place of the first pixel, the step between columns, and the samples.
fn each_row<R: Read + Seek>(source: &mut Source<R>, mut each: impl FnMut(usize, usize, usize, &[u8])) -> Result<(), CleanError> {
    let (damaged, too_large) = (source.damaged(), source.too_large());
    let failed = |error| match error {
        png::DecodingError::LimitsExceeded => too_large,
        png::DecodingError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => CleanError::Source(error.kind()),
        _ => damaged,
    };
    let mut reader = decoder(source)?.read_info().map_err(failed)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    let passes = if reader.info().interlaced { &ADAM7[..] } else { &[(0, 0, 1, 1)] };
    for &(x, first, step, down) in passes {
        // An empty pass has no rows.
        for y in (first..height).step_by(down).filter(|_| x < width) {
            let row = reader.next_row().map_err(failed)?.ok_or(damaged)?;
            each(x, y, step, row.data());
        }
    }
    Ok(())
}

/// The picture in the size of its thumbnail, over white, still to be turned.
fn shrink<R: Read + Seek>(source: &mut Source<R>, turn: Turn) -> Result<(Vec<Plane>, thumbnail::Shape), CleanError> {
    let damaged = source.damaged();
    let info = decoder(source)?.read_info().map_err(|_| damaged)?;
    let (width, height) = (info.info().width as usize, info.info().height as usize);
    let samples = info.output_color_type().0.samples();
    drop(info);
    let shape = thumbnail::Shape { turn, colour: Colour::Rgb, width, height };
    let (columns, rows) = shape.target();
    let mut sums = vec![[0u64; 4]; columns * rows];
    each_row(source, |first, y, step, data| {
        let row = y * rows / height * columns;
        for (nth, pixel) in data.chunks_exact(samples).enumerate() {
            let Some(sum) = sums.get_mut(row + (first + nth * step) * columns / width) else { return };
            let (colour, alpha) = match *pixel {
                [gray] => ([gray; 3], 255),
                [gray, alpha] => ([gray; 3], alpha),
                [r, g, b] => ([r, g, b], 255),
                [r, g, b, alpha] => ([r, g, b], alpha),
                _ => return,
            };
            for (sum, value) in sum.iter_mut().zip(colour) {
                *sum += (u64::from(value) * u64::from(alpha) + 255 * (255 - u64::from(alpha))) / 255;
            }
            sum[3] += 1;
        }
    })?;
    let plane = |nth: usize| Plane { width: columns, samples: sums.iter().map(|sum| (sum[nth] / sum[3].max(1)) as u8).collect() };
    Ok(((0..3).map(plane).collect(), shape))
}

/// Decodes, turns and codes again, eight bits a sample.
fn turn<R: Read + Seek>(source: &mut Source<R>, facts: &Facts, sink: &mut impl Write) -> Result<(), CleanError> {
    let (width, height) = (facts.width as usize, facts.height as usize);
    let damaged = source.damaged();
    let samples = decoder(source)?.read_info().map_err(|_| damaged)?.output_color_type().0;
    let size = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(samples.samples()));
    let size = size.filter(|size| *size <= WHOLE_PICTURE_MAX).ok_or(source.too_large())?;
    let mut picture = vec![0; size];
    let pixel = samples.samples();
    each_row(source, |first, y, step, data| {
        for (nth, value) in data.chunks_exact(pixel).enumerate() {
            let at = (y * width + first + nth * step) * pixel;
            if let Some(place) = picture.get_mut(at..at + pixel) {
                place.copy_from_slice(value);
            }
        }
    })?;
    let failed = |error: png::EncodingError| match error {
        png::EncodingError::IoError(error) => CleanError::Sink(error.kind()),
        _ => CleanError::Damaged(super::PNG),
    };
    let (columns, rows) = facts.turn.size(width, height);
    let mut info = png::Info::with_size(columns as u32, rows as u32);
    info.color_type = samples;
    info.bit_depth = png::BitDepth::Eight;
    info.icc_profile = facts.profile.map(|profile| profile.to_bytes().into());
    let mut writer = png::Encoder::with_info(sink, info).and_then(png::Encoder::write_header).map_err(failed)?;
    let mut stream = writer.stream_writer().map_err(failed)?;
    let mut line = Vec::with_capacity(columns * pixel);
    for y in 0..rows {
        line.clear();
        for x in 0..columns {
            let (x, y) = facts.turn.stored(x, y, width, height);
            let at = (y * width + x) * pixel;
            line.extend_from_slice(&picture[at..at + pixel]);
        }
        stream.write_all(&line).map_err(|error| CleanError::Sink(error.kind()))?;
    }
    stream.finish().map_err(failed)?;
    writer.finish().map_err(failed)
}

fn write(sink: &mut impl Write, bytes: &[u8]) -> Result<(), CleanError> {
    sink.write_all(bytes).map_err(|error| CleanError::Sink(error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc(b"IEND"), 0xae42_6082);
    }
}
