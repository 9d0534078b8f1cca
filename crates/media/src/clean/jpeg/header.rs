//! The marker segments of a JPEG (ITU-T T.81 annex B): what is needed to decode it, and the few facts that are kept.

use super::ZIGZAG;
use super::huffman::Huffman;
use crate::clean::source::Source;
use crate::clean::turn::Turn;
use crate::clean::{CleanError, PIXELS_MAX, exif, icc};
use std::io::{Read, Seek};

pub(super) mod marker {
    pub const SOF0: u8 = 0xc0;
    pub const SOF1: u8 = 0xc1;
    pub const SOF2: u8 = 0xc2;
    pub const SOF3: u8 = 0xc3;
    pub const DHT: u8 = 0xc4;
    pub const DAC: u8 = 0xcc;
    pub const SOF15: u8 = 0xcf;
    pub const RST0: u8 = 0xd0;
    pub const RST7: u8 = 0xd7;
    pub const SOI: u8 = 0xd8;
    pub const EOI: u8 = 0xd9;
    pub const SOS: u8 = 0xda;
    pub const DQT: u8 = 0xdb;
    pub const DNL: u8 = 0xdc;
    pub const DRI: u8 = 0xdd;
    pub const APP0: u8 = 0xe0;
    pub const APP1: u8 = 0xe1;
    pub const APP2: u8 = 0xe2;
    pub const APP14: u8 = 0xee;
    pub const TEM: u8 = 0x01;
}

/// A standard profile has a few hundred bytes; what is larger is not standard and not looked at.
const PROFILE_MAX: usize = 16 * 1024;

/// The next marker. What stands before it belongs to nothing and is skipped, as all decoders do.
pub(super) fn next_marker<R: Read + Seek>(source: &mut Source<R>) -> Result<u8, CleanError> {
    let mut before = 0;
    loop {
        match source.byte()? {
            marker if before == 0xff && !matches!(marker, 0 | 0xff) => return Ok(marker),
            byte => before = byte,
        }
    }
}

/// The body of the segment whose marker was just read.
pub(super) fn body<R: Read + Seek>(source: &mut Source<R>) -> Result<Vec<u8>, CleanError> {
    let len = source.u16()?.checked_sub(2).ok_or(source.damaged())?;
    let mut body = vec![0; len.into()];
    source.fill(&mut body)?;
    Ok(body)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Sequential,
    Progressive,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::clean) struct Component {
    pub(in crate::clean) id: u8,
    /// Sampling factors, 1 to 4.
    pub(in crate::clean) h: usize,
    pub(in crate::clean) v: usize,
    /// Its quantization table, 0 to 3.
    pub(in crate::clean) table: u8,
}

/// The frame header: 8 bits a sample, Huffman coding, 1, 3 or 4 components.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) coding: Coding,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) components: Vec<Component>,
}

impl Frame {
    fn parse(marker: u8, body: &[u8]) -> Option<Self> {
        let (&[8, h1, h0, w1, w0, count], rest) = body.split_first_chunk::<6>()? else { return None };
        let (chunks, []) = rest.as_chunks::<3>() else { return None };
        let mut components: Vec<Component> = chunks
            .iter()
            .map(|&[id, factors, table]| Component { id, h: (factors >> 4).into(), v: (factors & 15).into(), table })
            .collect();
        let valid = |c: &Component| (1..=4).contains(&c.h) && (1..=4).contains(&c.v) && c.table < 4;
        if components.len() != usize::from(count) || !matches!(count, 1 | 3 | 4) || !components.iter().all(valid) {
            return None;
        }
        if let [only] = &mut components[..] {
            // A scan of one component has no interleaving (T.81 section A.2.2): its factors mean nothing.
            (only.h, only.v) = (1, 1);
        }
        // T.81 section B.2.3: an MCU has at most ten blocks.
        if components.iter().map(|c| c.h * c.v).sum::<usize>() > 10 {
            return None;
        }
        let coding = if marker == marker::SOF2 { Coding::Progressive } else { Coding::Sequential };
        Some(Self { coding, width: u16::from_be_bytes([w1, w0]), height: u16::from_be_bytes([h1, h0]), components })
    }

    pub(super) fn sequential(width: u16, height: u16, components: Vec<Component>) -> Self {
        Self { coding: Coding::Sequential, width, height, components }
    }

    /// The body of a frame header.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let ([h1, h0], [w1, w0]) = (self.height.to_be_bytes(), self.width.to_be_bytes());
        let components = self.components.iter().flat_map(|c| [c.id, (c.h << 4 | c.v) as u8, c.table]);
        [8, h1, h0, w1, w0, self.components.len() as u8].into_iter().chain(components).collect()
    }

    pub(super) fn factors_max(&self) -> (usize, usize) {
        let largest = |factor: fn(&Component) -> usize| self.components.iter().map(factor).max().unwrap_or(1);
        (largest(|c| c.h), largest(|c| c.v))
    }

    /// Columns and rows of MCUs when all components are interleaved.
    pub(super) fn mcus(&self) -> (usize, usize) {
        let (h, v) = self.factors_max();
        (usize::from(self.width).div_ceil(8 * h), usize::from(self.height).div_ceil(8 * v))
    }

    /// Width and height of a component in samples.
    pub(super) fn samples(&self, component: &Component) -> (usize, usize) {
        let (h, v) = self.factors_max();
        ((usize::from(self.width) * component.h).div_ceil(h), (usize::from(self.height) * component.v).div_ceil(v))
    }

    /// Columns and rows of a component in blocks of whole MCUs.
    pub(super) fn blocks(&self, component: &Component) -> (usize, usize) {
        let (columns, rows) = self.mcus();
        (columns * component.h, rows * component.v)
    }
}

/// One component in a scan and its Huffman tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanComponent {
    pub(super) index: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
}

/// A scan header (T.81 section B.2.3).
#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) components: Vec<ScanComponent>,
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) high: u8,
    pub(super) low: u8,
}

impl Scan {
    pub(super) fn parse(frame: &Frame, body: &[u8]) -> Option<Self> {
        let (&count, rest) = body.split_first()?;
        let (selectors, tail) = rest.split_at_checked(usize::from(count) * 2)?;
        let &[first, last, approximation] = tail else { return None };
        let components = selectors
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&[id, tables]| {
                let index = frame.components.iter().position(|component| component.id == id)?;
                let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
                (dc < 4 && ac < 4).then_some(ScanComponent { index, dc, ac })
            })
            .collect::<Option<Vec<_>>>()?;
        let ascending = components.windows(2).all(|pair| matches!(pair, [a, b] if a.index < b.index));
        let (first, last) = (usize::from(first), usize::from(last));
        let scan = Self { components, first, last, high: approximation >> 4, low: approximation & 15 };
        (!scan.components.is_empty() && ascending && scan.fits(frame.coding)).then_some(scan)
    }

    fn fits(&self, coding: Coding) -> bool {
        match coding {
            Coding::Sequential => true,
            Coding::Progressive => {
                let spectrum =
                    if self.first == 0 { self.last == 0 } else { self.first <= self.last && self.last < 64 && self.components.len() == 1 };
                spectrum && self.low < 14 && (self.high == 0 || self.high == self.low + 1)
            }
        }
    }
}

/// Tables as they stand at one place of the file.
#[derive(Default)]
pub(super) struct Tables {
    /// In natural order.
    pub(super) quantization: [Option<[u16; 64]>; 4],
    pub(super) dc: [Option<Huffman>; 4],
    pub(super) ac: [Option<Huffman>; 4],
    pub(super) restart_interval: u16,
}

impl Tables {
    /// Takes a DQT, DHT or DRI segment; `None` if it is damaged.
    pub(super) fn take(&mut self, marker: u8, body: &[u8]) -> Option<()> {
        match marker {
            marker::DQT => self.take_quantization(body),
            marker::DHT => self.take_huffman(body),
            marker::DRI => {
                self.restart_interval = u16::from_be_bytes(body.try_into().ok()?);
                Some(())
            }
            _ => Some(()),
        }
    }

    fn take_quantization(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((&first, rest)) = body.split_first() {
            let wide = match first >> 4 {
                0 => false,
                1 => true,
                _ => return None,
            };
            let (values, rest) = rest.split_at_checked(if wide { 128 } else { 64 })?;
            let mut table = [0; 64];
            for (order, place) in ZIGZAG.iter().enumerate() {
                table[usize::from(*place)] =
                    if wide { u16::from_be_bytes([values[2 * order], values[2 * order + 1]]) } else { u16::from(values[order]) };
            }
            *self.quantization.get_mut(usize::from(first & 15))? = Some(table);
            body = rest;
        }
        Some(())
    }

    fn take_huffman(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((&first, rest)) = body.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let (symbols, rest) = rest.split_at_checked(counts.iter().map(|&count| usize::from(count)).sum())?;
            let class = match first >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            *class.get_mut(usize::from(first & 15))? = Some(Huffman::new(counts, symbols)?);
            body = rest;
        }
        Some(())
    }
}

/// What stands before the first scan.
pub(super) struct Header {
    pub(super) frame: Frame,
    pub(super) tables: Tables,
    pub(super) scan: Scan,
    /// Where the entropy-coded data of the first scan begins.
    pub(super) data: u64,
    pub(super) turn: Turn,
    /// The transform byte of an Adobe segment: how colours are coded.
    pub(super) adobe: Option<u8>,
    pub(super) profile: Option<icc::Profile>,
}

impl Header {
    /// Reads from the start of the file.
    pub(super) fn read<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, CleanError> {
        source.go_to(0)?;
        if source.array()? != [0xff, marker::SOI] {
            return Err(source.damaged());
        }
        let (mut frame, mut tables, mut facts) = (None, Tables::default(), Facts::default());
        loop {
            match next_marker(source)? {
                marker::TEM => {}
                marker @ (marker::SOF0 | marker::SOF1 | marker::SOF2) => {
                    let body = body(source)?;
                    let parsed = Frame::parse(marker, &body).ok_or(source.cannot_clean())?;
                    check_size(&parsed, source)?;
                    if frame.replace(parsed).is_some() {
                        return Err(source.damaged());
                    }
                }
                marker::DAC | marker::DNL => return Err(source.cannot_clean()),
                marker @ (marker::DQT | marker::DHT | marker::DRI) => {
                    let body = body(source)?;
                    tables.take(marker, &body).ok_or(source.damaged())?;
                }
                // Arithmetic coding, lossless, hierarchical.
                marker::SOF0..=marker::SOF15 => return Err(source.cannot_clean()),
                marker::SOS => {
                    let body = body(source)?;
                    let frame = frame.ok_or(source.damaged())?;
                    let scan = Scan::parse(&frame, &body).ok_or(source.damaged())?;
                    let Facts { turn, adobe, profile } = facts;
                    return Ok(Self {
                        frame,
                        tables,
                        scan,
                        data: source.position(),
                        turn: turn.unwrap_or_default(),
                        adobe,
                        profile: icc::recognize(&profile),
                    });
                }
                marker::RST0..=marker::EOI => return Err(source.damaged()),
                marker => {
                    let body = body(source)?;
                    facts.take(marker, &body);
                }
            }
        }
    }
}

fn check_size<R: Read + Seek>(frame: &Frame, source: &Source<R>) -> Result<(), CleanError> {
    if frame.width == 0 || frame.height == 0 {
        return Err(source.cannot_clean());
    }
    if u64::from(frame.width) * u64::from(frame.height) > PIXELS_MAX {
        return Err(source.too_large());
    }
    Ok(())
}

#[derive(Default)]
struct Facts {
    turn: Option<Turn>,
    adobe: Option<u8>,
    profile: Vec<u8>,
}

impl Facts {
    fn take(&mut self, marker: u8, body: &[u8]) {
        match marker {
            // The first one counts.
            marker::APP1 => {
                let tiff = body.strip_prefix(b"Exif\0").and_then(|rest| rest.get(1..));
                self.turn = self.turn.or(tiff.map(exif::turn));
            }
            marker::APP2 => {
                // ICC.1 annex B.4: the name, the chunk's number and the number of chunks.
                if let Some(chunk) = body.strip_prefix(b"ICC_PROFILE\0").and_then(|rest| rest.get(2..))
                    && self.profile.len() + chunk.len() <= PROFILE_MAX
                {
                    self.profile.extend_from_slice(chunk);
                }
            }
            marker::APP14 if body.starts_with(b"Adobe") => self.adobe = body.get(11).copied(),
            _ => {}
        }
    }
}
