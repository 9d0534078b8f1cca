//! Pictures in several scans, progressive ones above all (ITU-T T.81 annex G): their coefficients gather in memory until the last scan.

use super::ZIGZAG;
use super::decode::{read_dc, restart_if_due};
use super::header::{self, Coding, Frame, Header, Scan, Tables, marker};
use super::huffman::{Bits, Huffman};
use crate::clean::source::Source;
use crate::clean::{CleanError, WHOLE_PICTURE_MAX};
use std::io::{Read, Seek};

/// Scans of a picture: encoders make about ten. A file with thousands of scans over a large picture would keep us busy for hours.
const SCANS_MAX: usize = 100;

/// How much of a picture is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// The DC coefficients alone: the picture at an eighth.
    Eighth,
    Full,
}

/// The coefficients of a picture, quantized, in natural order.
pub(super) struct Coefficients {
    /// Coefficients kept of a block: 1 or 64.
    kept: usize,
    components: Vec<Vec<i16>>,
    widths: Vec<usize>,
    /// The quantization table each component had in its first scan.
    pub(super) quantization: Vec<[u16; 64]>,
}

impl Coefficients {
    /// Reads all scans from the first to the end of the image.
    pub(super) fn read<R: Read + Seek>(source: &mut Source<R>, header: &Header, detail: Detail) -> Result<Self, CleanError> {
        let mut picture = Self::room(&header.frame, detail).ok_or(source.too_large())?;
        let mut quantization: Vec<Option<[u16; 64]>> = vec![None; header.frame.components.len()];
        // The tables change between scans, so they are gathered again.
        let mut tables = Tables::default();
        let mut scans = 0;
        source.go_to(2)?;
        loop {
            match header::next_marker(source)? {
                marker::SOI | marker::TEM | marker::RST0..=marker::RST7 => {}
                marker::EOI => break,
                marker::SOS => {
                    scans += 1;
                    let body = header::body(source)?;
                    let scan = Scan::parse(&header.frame, &body).filter(|_| scans <= SCANS_MAX).ok_or(source.damaged())?;
                    for part in &scan.components {
                        let table = usize::from(header.frame.components[part.index].table);
                        quantization[part.index] = quantization[part.index].or(tables.quantization[table]);
                    }
                    picture.read_scan(source, &header.frame, &tables, &scan)?;
                    skip_scan(source)?;
                }
                marker => {
                    let body = header::body(source)?;
                    tables.take(marker, &body).ok_or(source.damaged())?;
                }
            }
        }
        picture.quantization = quantization.into_iter().collect::<Option<_>>().ok_or(source.damaged())?;
        Ok(picture)
    }

    fn room(frame: &Frame, detail: Detail) -> Option<Self> {
        let kept = if detail == Detail::Full { 64 } else { 1 };
        let blocks: Vec<(usize, usize)> = frame.components.iter().map(|component| frame.blocks(component)).collect();
        let bytes: usize = blocks.iter().map(|(width, height)| width * height * kept * size_of::<i16>()).sum();
        (bytes <= WHOLE_PICTURE_MAX).then(|| Self {
            kept,
            components: blocks.iter().map(|(width, height)| vec![0; width * height * kept]).collect(),
            widths: blocks.iter().map(|&(width, _)| width).collect(),
            quantization: Vec::new(),
        })
    }

    /// The coefficients kept of a block.
    pub(super) fn block(&self, component: usize, x: usize, y: usize) -> &[i16] {
        let start = (y * self.widths[component] + x) * self.kept;
        &self.components[component][start..start + self.kept]
    }

    fn block_mut(&mut self, component: usize, x: usize, y: usize) -> &mut [i16] {
        let start = (y * self.widths[component] + x) * self.kept;
        &mut self.components[component][start..start + self.kept]
    }

    fn read_scan<R: Read + Seek>(&mut self, source: &mut Source<R>, frame: &Frame, tables: &Tables, scan: &Scan) -> Result<(), CleanError> {
        if self.kept == 1 && scan.first > 0 {
            return Ok(());
        }
        let mut bits = Bits::new(source);
        let mut state = State { predictions: [0; 4], band: 0 };
        if let [part] = scan.components[..] {
            // One component alone: its blocks row by row, without those that only fill up the last MCUs (T.81 section A.2.2).
            let (width, height) = frame.samples(&frame.components[part.index]);
            let (columns, rows) = (width.div_ceil(8), height.div_ceil(8));
            for block in 0..columns * rows {
                state.restart_if_due(&mut bits, tables.restart_interval, block)?;
                let kept = self.block_mut(part.index, block % columns, block / columns);
                state.read_block(&mut bits, frame, tables, scan, 0, kept)?;
            }
            return Ok(());
        }
        let (columns, rows) = frame.mcus();
        for mcu in 0..columns * rows {
            state.restart_if_due(&mut bits, tables.restart_interval, mcu)?;
            for (nth, part) in scan.components.iter().enumerate() {
                let component = &frame.components[part.index];
                for block in 0..component.h * component.v {
                    let x = mcu % columns * component.h + block % component.h;
                    let y = mcu / columns * component.v + block / component.h;
                    let kept = self.block_mut(part.index, x, y);
                    state.read_block(&mut bits, frame, tables, scan, nth, kept)?;
                }
            }
        }
        Ok(())
    }
}

/// Goes to the marker after the entropy-coded data.
fn skip_scan<R: Read + Seek>(source: &mut Source<R>) -> Result<(), CleanError> {
    loop {
        if source.byte()? == 0xff && !matches!(source.byte()?, 0 | marker::RST0..=marker::RST7) {
            let marker = source.position() - 2;
            return source.go_to(marker);
        }
    }
}

/// What one scan carries from block to block.
struct State {
    predictions: [i32; 4],
    /// Blocks of the running end-of-band.
    band: u32,
}

impl State {
    fn restart_if_due<R: Read + Seek>(&mut self, bits: &mut Bits<'_, R>, interval: u16, mcu: usize) -> Result<(), CleanError> {
        if interval > 0 && mcu.is_multiple_of(interval.into()) {
            self.band = 0;
        }
        restart_if_due(bits, interval, mcu, &mut self.predictions)
    }

    fn read_block<R: Read + Seek>(
        &mut self,
        bits: &mut Bits<'_, R>,
        frame: &Frame,
        tables: &Tables,
        scan: &Scan,
        nth: usize,
        kept: &mut [i16],
    ) -> Result<(), CleanError> {
        let damaged = bits.source.damaged();
        let part = scan.components[nth];
        let dc = || tables.dc[part.dc].as_ref().ok_or(damaged);
        let ac = || tables.ac[part.ac].as_ref().ok_or(damaged);
        match (frame.coding, scan.first, scan.high) {
            (Coding::Sequential, ..) => {
                kept[0] = read_dc(bits, dc()?, &mut self.predictions[part.index])? as i16;
                let all = Band { first: 1, last: 63, low: 0 };
                self.band = 0;
                self.first_ac(bits, ac()?, all, kept)
            }
            (Coding::Progressive, 0, 0) => {
                kept[0] = (read_dc(bits, dc()?, &mut self.predictions[part.index])? << scan.low) as i16;
                Ok(())
            }
            (Coding::Progressive, 0, _) => {
                kept[0] |= (bits.take(1)? << scan.low) as i16;
                Ok(())
            }
            (Coding::Progressive, first, high) => {
                let band = Band { first, last: scan.last, low: scan.low };
                if high == 0 { self.first_ac(bits, ac()?, band, kept) } else { self.refine_ac(bits, ac()?, band, kept) }
            }
        }
    }

    /// The first scan of a band (T.81 section G.1.2.2); a sequential block is one whose bands end with it.
    fn first_ac<R: Read + Seek>(
        &mut self,
        bits: &mut Bits<'_, R>,
        table: &Huffman,
        band: Band,
        kept: &mut [i16],
    ) -> Result<(), CleanError> {
        if self.band > 0 {
            self.band -= 1;
            return Ok(());
        }
        let mut order = band.first;
        while order <= band.last {
            let symbol = bits.symbol(table)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && run < 15 {
                self.band = (1 << run) - 1 + bits.take(run)?;
                break;
            }
            order += run as usize;
            if size > 0 {
                let value = bits.signed(size)? << band.low;
                let place = *ZIGZAG.get(order).filter(|_| order <= band.last).ok_or(bits.source.damaged())?;
                if let Some(coefficient) = kept.get_mut(usize::from(place)) {
                    *coefficient = value as i16;
                }
            }
            order += 1;
        }
        Ok(())
    }

    /// A further scan of a band: one more bit of what is not zero, and new coefficients between (T.81 section G.1.2.3).
    fn refine_ac<R: Read + Seek>(
        &mut self,
        bits: &mut Bits<'_, R>,
        table: &Huffman,
        band: Band,
        kept: &mut [i16],
    ) -> Result<(), CleanError> {
        let mut order = band.first;
        if self.band == 0 {
            while order <= band.last {
                let symbol = bits.symbol(table)?;
                let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
                let new = match size {
                    0 if run < 15 => {
                        self.band = (1 << run) + bits.take(run)?;
                        break;
                    }
                    0 => None,
                    1 => Some(if bits.take(1)? == 1 { 1 << band.low } else { -1 << band.low }),
                    _ => return Err(bits.source.damaged()),
                };
                let reached = refine(bits, band, order, Some(run), kept)?;
                if let (Some(value), Some(&place)) = (new, ZIGZAG.get(reached).filter(|_| reached <= band.last)) {
                    kept[usize::from(place)] = value;
                }
                order = reached + 1;
            }
        }
        if self.band > 0 {
            refine(bits, band, order, None, kept)?;
            self.band -= 1;
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Band {
    first: usize,
    last: usize,
    low: u8,
}

/// Gives a further bit to every coefficient that is not zero, going over `zeros` that are (or all of them), and says where it stopped.
fn refine<R: Read + Seek>(
    bits: &mut Bits<'_, R>,
    band: Band,
    mut order: usize,
    mut zeros: Option<u32>,
    kept: &mut [i16],
) -> Result<usize, CleanError> {
    while order <= band.last {
        let coefficient = &mut kept[usize::from(ZIGZAG[order])];
        if *coefficient == 0 {
            match &mut zeros {
                Some(0) => break,
                Some(zeros) => *zeros -= 1,
                None => {}
            }
        } else if bits.take(1)? == 1 && *coefficient & (1 << band.low) == 0 {
            *coefficient = coefficient.saturating_add(if *coefficient > 0 { 1 << band.low } else { -1 << band.low });
        }
        order += 1;
    }
    Ok(order)
}
