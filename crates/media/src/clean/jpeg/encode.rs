//! Coding: a sequential JPEG with the Huffman tables of ITU-T T.81 annex K, line by line.

use super::dct::{self, Block};
use super::header::{Component, Frame, marker};
use super::{Colour, ZIGZAG};
use crate::clean::CleanError;
use crate::clean::icc::Profile;
use std::io::Write;

/// What is coded.
pub(in crate::clean) struct Head {
    pub(in crate::clean) width: u16,
    pub(in crate::clean) height: u16,
    pub(in crate::clean) components: Vec<Component>,
    /// In natural order.
    pub(in crate::clean) quantization: [Option<[u8; 64]>; 4],
    pub(in crate::clean) colour: Colour,
    pub(in crate::clean) adobe: Option<u8>,
    pub(in crate::clean) profile: Option<Profile>,
}

/// Writes a picture whose lines come from top to bottom, those of different components in any order.
pub(in crate::clean) struct Encoder<'s, W> {
    sink: &'s mut W,
    frame: Frame,
    lanes: Vec<Lane>,
    coders: [Coder; 4],
    bits: BitWriter,
}

/// One component: the lines that wait for a full row of MCUs.
struct Lane {
    /// Columns of blocks.
    columns: usize,
    scale: [f32; 64],
    waiting: Vec<u8>,
    prediction: i32,
}

/// Coded bytes are handed on when there are this many.
const FLUSH: usize = 32 * 1024;

impl<'s, W: Write> Encoder<'s, W> {
    pub(in crate::clean) fn new(sink: &'s mut W, head: Head) -> Result<Self, CleanError> {
        write_start(sink, head.colour, head.adobe, head.profile)?;
        let frame = Frame::sequential(head.width, head.height, head.components);
        for (number, table) in (0u8..).zip(&head.quantization) {
            if let Some(table) = table {
                let body: Vec<u8> = std::iter::once(number).chain(ZIGZAG.iter().map(|&place| table[usize::from(place)])).collect();
                write_segment(sink, marker::DQT, &body)?;
            }
        }
        write_segment(sink, marker::SOF0, &frame.to_bytes())?;
        for (class, table) in [0x00, 0x10, 0x01, 0x11].into_iter().zip(&STANDARD) {
            let body = [&[class][..], &table.counts, table.symbols].concat();
            write_segment(sink, marker::DHT, &body)?;
        }
        let lane = |component: &Component| Lane {
            columns: frame.blocks(component).0,
            scale: dct::forward_scale(&head.quantization[usize::from(component.table)].unwrap_or([1; 64])),
            waiting: Vec::new(),
            prediction: 0,
        };
        let lanes = frame.components.iter().map(lane).collect();
        let selectors = (0..).zip(&frame.components).flat_map(|(index, component)| [component.id, if index == 0 { 0x00 } else { 0x11 }]);
        let count = [frame.components.len() as u8];
        let body: Vec<u8> = count.into_iter().chain(selectors).chain([0, 63, 0]).collect();
        write_segment(sink, marker::SOS, &body)?;
        Ok(Self { sink, frame, lanes, coders: STANDARD.each_ref().map(Coder::new), bits: BitWriter::default() })
    }

    /// Takes the next line of a component, as many samples as the component is wide.
    pub(in crate::clean) fn push(&mut self, component: usize, line: &[u8]) -> Result<(), CleanError> {
        let lane = &mut self.lanes[component];
        lane.waiting.extend_from_slice(line);
        lane.waiting.extend(std::iter::repeat_n(line.last().copied().unwrap_or(0), (8 * lane.columns).saturating_sub(line.len())));
        while self.lanes.iter().zip(&self.frame.components).all(|(lane, c)| lane.waiting.len() >= 64 * lane.columns * c.v) {
            self.code_row()?;
        }
        Ok(())
    }

    /// Fills up the last row and ends the picture.
    pub(in crate::clean) fn finish(mut self) -> Result<(), CleanError> {
        if self.lanes.iter().any(|lane| !lane.waiting.is_empty()) {
            for (lane, component) in self.lanes.iter_mut().zip(&self.frame.components) {
                let (line, full) = (8 * lane.columns, 64 * lane.columns * component.v);
                while lane.waiting.len() < full {
                    let last = lane.waiting.len().saturating_sub(line);
                    lane.waiting.extend_from_within(last..);
                    if lane.waiting.is_empty() {
                        lane.waiting.resize(full, 128);
                    }
                }
            }
            self.code_row()?;
        }
        self.bits.fill_up();
        write(self.sink, &self.bits.bytes)?;
        write(self.sink, &[0xff, marker::EOI])
    }

    /// Codes one row of MCUs.
    fn code_row(&mut self) -> Result<(), CleanError> {
        for mcu in 0..self.frame.mcus().0 {
            for (index, component) in self.frame.components.iter().enumerate() {
                let lane = &mut self.lanes[index];
                let pair = if index == 0 { 0 } else { 2 };
                for block in 0..component.h * component.v {
                    let quantized = lane.quantized(mcu * component.h + block % component.h, block / component.h);
                    code_block(&mut self.bits, &self.coders[pair], &self.coders[pair + 1], &quantized, &mut lane.prediction);
                }
            }
            if self.bits.bytes.len() > FLUSH {
                write(self.sink, &self.bits.bytes)?;
                self.bits.bytes.clear();
            }
        }
        for (lane, component) in self.lanes.iter_mut().zip(&self.frame.components) {
            lane.waiting.drain(..64 * lane.columns * component.v);
        }
        Ok(())
    }
}

impl Lane {
    /// The quantized coefficients of a waiting block, in the order they are coded in.
    fn quantized(&self, x: usize, y: usize) -> [i32; 64] {
        let line = 8 * self.columns;
        let mut block: Block = std::array::from_fn(|row| {
            let start = (8 * y + row) * line + 8 * x;
            let samples = &self.waiting[start..start + 8];
            std::array::from_fn(|column| f32::from(samples[column]) - 128.0)
        });
        dct::forward(&mut block);
        // The ranges annex K has codes for.
        let rounded: [i32; 64] = std::array::from_fn(|i| ((block[i / 8][i % 8] * self.scale[i]).round() as i32).clamp(-1023, 1023));
        std::array::from_fn(|order| rounded[usize::from(ZIGZAG[order])])
    }
}

/// T.81 section F.1.2.
fn code_block(bits: &mut BitWriter, dc: &Coder, ac: &Coder, quantized: &[i32; 64], prediction: &mut i32) {
    let difference = quantized[0] - *prediction;
    *prediction = quantized[0];
    bits.put_value(dc, 0, difference);
    let mut run = 0;
    for &value in &quantized[1..] {
        if value == 0 {
            run += 1;
            continue;
        }
        while run > 15 {
            bits.put_code(ac, 0xf0);
            run -= 16;
        }
        bits.put_value(ac, run, value);
        run = 0;
    }
    if run > 0 {
        bits.put_code(ac, 0x00);
    }
}

/// Code and length by symbol.
struct Coder([(u16, u8); 256]);

impl Coder {
    fn new(table: &StandardTable) -> Self {
        let mut codes = [(0, 0); 256];
        let (mut code, mut symbols) = (0u16, table.symbols.iter());
        for (length, &count) in (1..).zip(&table.counts) {
            for symbol in symbols.by_ref().take(count.into()) {
                codes[usize::from(*symbol)] = (code, length);
                code = code.wrapping_add(1);
            }
            code = code.wrapping_shl(1);
        }
        Self(codes)
    }
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    bits: u64,
    count: u32,
}

impl BitWriter {
    fn put(&mut self, value: u32, count: u32) {
        self.bits = self.bits << count | u64::from(value);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.bits >> self.count) as u8;
            self.bytes.push(byte);
            if byte == 0xff {
                self.bytes.push(0);
            }
        }
    }

    fn put_code(&mut self, coder: &Coder, symbol: u8) {
        let (code, length) = coder.0[usize::from(symbol)];
        self.put(code.into(), length.into());
    }

    /// A run of zeros, the size of a value, and the value.
    fn put_value(&mut self, coder: &Coder, run: u8, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        self.put_code(coder, run << 4 | size as u8);
        let low = if value < 0 { value - 1 } else { value };
        self.put(low as u32 & ((1 << size) - 1), size);
    }

    fn fill_up(&mut self) {
        if self.count > 0 {
            self.put((1 << (8 - self.count)) - 1, 8 - self.count);
        }
    }
}

/// Start of image and the segments that say how colours are coded, made anew.
pub(super) fn write_start(sink: &mut impl Write, colour: Colour, adobe: Option<u8>, profile: Option<Profile>) -> Result<(), CleanError> {
    write(sink, &[0xff, marker::SOI])?;
    match (adobe, colour) {
        // "Adobe", version 100, no flags, the transform.
        (Some(transform), _) => write_segment(sink, marker::APP14, &[b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, transform])?,
        // "JFIF", version 1.1, square pixels, no thumbnail.
        (None, Colour::Gray | Colour::YCbCr) => write_segment(sink, marker::APP0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")?,
        _ => {}
    }
    if let Some(profile) = profile {
        let body = [&b"ICC_PROFILE\0\x01\x01"[..], &profile.to_bytes()].concat();
        write_segment(sink, marker::APP2, &body)?;
    }
    Ok(())
}

pub(super) fn write_segment(sink: &mut impl Write, marker: u8, body: &[u8]) -> Result<(), CleanError> {
    // Bodies are read with a 16-bit length or made here.
    let len = (body.len() as u16).saturating_add(2).to_be_bytes();
    write(sink, &[0xff, marker, len[0], len[1]])?;
    write(sink, body)
}

pub(super) fn write(sink: &mut impl Write, bytes: &[u8]) -> Result<(), CleanError> {
    sink.write_all(bytes).map_err(|error| CleanError::Sink(error.kind()))
}

struct StandardTable {
    counts: [u8; 16],
    symbols: &'static [u8],
}

/// T.81 section K.3: luminance DC and AC, chrominance DC and AC.
static STANDARD: [StandardTable; 4] = [
    StandardTable { counts: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], symbols: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
    StandardTable {
        counts: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d],
        symbols: &[
            0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81,
            0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18,
            0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
            0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75,
            0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
            0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
            0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5,
            0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
        ],
    },
    StandardTable { counts: [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], symbols: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
    StandardTable {
        counts: [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
        symbols: &[
            0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32, 0x81, 0x08,
            0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25,
            0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47,
            0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74,
            0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
            0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba,
            0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe2, 0xe3, 0xe4,
            0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_tables_name_every_symbol_once() {
        for (table, size) in STANDARD.iter().zip([12, 162, 12, 162]) {
            let mut symbols = table.symbols.to_vec();
            symbols.sort_unstable();
            symbols.dedup();
            let counted: usize = table.counts.iter().map(|&count| usize::from(count)).sum();
            assert_eq!((symbols.len(), counted, table.symbols.len()), (size, size, size));
        }
    }
}
