//! Decoding pieces of a picture: any rectangle of MCUs, in any order.
//!
//! A photo of a camera is one interleaved sequential scan. One pass over it ([`Indexed::new`]) notes where every few MCUs begin, so that a column of
//! a picture, which becomes a row when the picture is turned, can be decoded without the rest: a 200 megapixel photo is turned within a few MiB.

use super::coefficients::Coefficients;
use super::dct::{self, Block};
use super::header::{Frame, Header, Scan, ScanComponent, Tables};
use super::huffman::{Bits, Huffman, Mark};
use super::{Plane, ZIGZAG};
use crate::clean::CleanError;
use crate::clean::source::Source;
use std::io::{Read, Seek};
use std::ops::Range;

/// Something that gives rectangles of a picture.
pub(super) trait Picture {
    /// Decodes the MCUs in `columns` and `rows`, `columns` beginning at a multiple of the step, into one plane a component.
    fn decode(&mut self, columns: Range<usize>, rows: Range<usize>, planes: &mut [Plane]) -> Result<(), CleanError>;
}

/// The DC coefficients of a picture, one plane a component: the picture at an eighth of its size.
pub(super) type Eighth = Vec<Plane>;

/// A sequential picture in one scan, decoded where it stands in the file.
pub(super) struct Indexed<'a, R> {
    source: &'a mut Source<R>,
    header: &'a Header,
    scales: Vec<[f32; 64]>,
    /// MCUs from one mark to the next in a row.
    step: usize,
    marks: Vec<(Mark, Predictions)>,
    /// Whether the scan ends with the picture; else it carries something more.
    pub(super) ends_with_picture: bool,
}

type Predictions = [i32; 4];

/// The tables of a component in a scan.
struct Coder<'a> {
    dc: &'a Huffman,
    ac: &'a Huffman,
}

fn coders<'a>(tables: &'a Tables, scan: &Scan) -> Option<Vec<Coder<'a>>> {
    let coder = |c: &ScanComponent| Some(Coder { dc: tables.dc[c.dc].as_ref()?, ac: tables.ac[c.ac].as_ref()? });
    scan.components.iter().map(coder).collect()
}

/// Whether a header announces what [`Indexed`] can read.
pub(super) fn is_one_scan(frame: &Frame, scan: &Scan) -> bool {
    frame.coding == super::header::Coding::Sequential && scan.components.len() == frame.components.len()
}

impl<'a, R: Read + Seek> Indexed<'a, R> {
    /// Goes over the whole scan once.
    pub(super) fn new(source: &'a mut Source<R>, header: &'a Header, step: usize) -> Result<(Self, Eighth), CleanError> {
        let (columns, rows) = header.frame.mcus();
        let mut eighth = eighth_planes(&header.frame);
        let mut marks = Vec::new();
        source.go_to(header.data)?;
        let coders = coders(&header.tables, &header.scan).ok_or(source.damaged())?;
        let quantization = header.quantization().ok_or(source.damaged())?;
        let mut bits = Bits::new(source);
        let mut predictions = [0; 4];
        for row in 0..rows {
            for column in 0..columns {
                // The mark stands before the restart marker, if there is one: whoever starts there goes over it too.
                if column % step == 0 {
                    marks.push((bits.mark(), predictions));
                }
                restart_if_due(&mut bits, header.tables.restart_interval, row * columns + column, &mut predictions)?;
                for (index, (component, coder)) in header.frame.components.iter().zip(&coders).enumerate() {
                    for block in 0..component.h * component.v {
                        let dc = skip_block(&mut bits, coder, &mut predictions[index])?;
                        let (x, y) = (column * component.h + block % component.h, row * component.v + block / component.h);
                        eighth[index].set(x, y, dc_sample(dc, quantization[index][0]));
                    }
                }
            }
        }
        let ends_with_picture = bits.is_at_end()?;
        let scales = quantization.iter().map(|table| dct::inverse_scale(table)).collect();
        Ok((Self { source, header, scales, step, marks, ends_with_picture }, eighth))
    }
}

impl<R: Read + Seek> Picture for Indexed<'_, R> {
    fn decode(&mut self, columns: Range<usize>, rows: Range<usize>, planes: &mut [Plane]) -> Result<(), CleanError> {
        let frame = &self.header.frame;
        let width = frame.mcus().0;
        let coders = coders(&self.header.tables, &self.header.scan).ok_or(self.source.damaged())?;
        for row in rows.clone() {
            let mark = self.marks.get(row * width.div_ceil(self.step) + columns.start / self.step);
            let &(mark, mut predictions) = mark.ok_or(self.source.damaged())?;
            let mut bits = Bits::at(self.source, mark)?;
            for column in columns.clone() {
                restart_if_due(&mut bits, self.header.tables.restart_interval, row * width + column, &mut predictions)?;
                for (index, (component, coder)) in frame.components.iter().zip(&coders).enumerate() {
                    for block in 0..component.h * component.v {
                        let samples = read_block(&mut bits, coder, &mut predictions[index], &self.scales[index])?;
                        let x = (column - columns.start) * component.h + block % component.h;
                        let y = (row - rows.start) * component.v + block / component.h;
                        planes[index].set_block(x, y, &samples);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Any other picture, all its coefficients in memory.
pub(super) struct Held<'a> {
    pub(super) frame: &'a Frame,
    pub(super) coefficients: Coefficients,
    pub(super) scales: Vec<[f32; 64]>,
}

impl Picture for Held<'_> {
    fn decode(&mut self, columns: Range<usize>, rows: Range<usize>, planes: &mut [Plane]) -> Result<(), CleanError> {
        for (index, component) in self.frame.components.iter().enumerate() {
            for y in rows.start * component.v..rows.end * component.v {
                for x in columns.start * component.h..columns.end * component.h {
                    let coefficients = self.coefficients.block(index, x, y);
                    let scale = &self.scales[index];
                    let samples = samples_of(|place| f32::from(coefficients[place]) * scale[place]);
                    planes[index].set_block(x - columns.start * component.h, y - rows.start * component.v, &samples);
                }
            }
        }
        Ok(())
    }
}

/// Room for the DC coefficients of a picture.
pub(super) fn eighth_planes(frame: &Frame) -> Eighth {
    let plane = |component| {
        let (width, height) = frame.blocks(component);
        Plane::new(width, height)
    };
    frame.components.iter().map(plane).collect()
}

/// The mean of a block, from its DC coefficient.
pub(super) fn dc_sample(dc: i32, quantization: u16) -> u8 {
    (128 + dc.saturating_mul(quantization.into()) / 8).clamp(0, 255) as u8
}

pub(super) fn restart_if_due<R: Read + Seek>(
    bits: &mut Bits<'_, R>,
    interval: u16,
    mcu: usize,
    predictions: &mut Predictions,
) -> Result<(), CleanError> {
    if interval > 0 && mcu > 0 && mcu.is_multiple_of(interval.into()) {
        bits.restart()?;
        *predictions = [0; 4];
    }
    Ok(())
}

/// The next DC coefficient (T.81 section F.2.2.1).
pub(super) fn read_dc<R: Read + Seek>(bits: &mut Bits<'_, R>, table: &Huffman, prediction: &mut i32) -> Result<i32, CleanError> {
    let size = bits.symbol(table)?;
    if size > 11 {
        return Err(bits.source.damaged());
    }
    // The range a DC coefficient of 8-bit samples has, so that hostile sums stay in it too.
    *prediction = (*prediction + bits.signed(size.into())?).clamp(-2048, 2047);
    Ok(*prediction)
}

/// Reads the AC coefficients of a block (T.81 section F.2.2.2) and gives each with its place.
#[inline]
fn each_ac<R: Read + Seek>(bits: &mut Bits<'_, R>, table: &Huffman, mut each: impl FnMut(usize, i32)) -> Result<(), CleanError> {
    let mut order = 1;
    while order < 64 {
        let symbol = bits.symbol(table)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run < 15 {
                break;
            }
            order += 16;
            continue;
        }
        order += run;
        let value = bits.signed(size)?;
        let place = *ZIGZAG.get(order).ok_or(bits.source.damaged())?;
        each(place.into(), value);
        order += 1;
    }
    Ok(())
}

fn skip_block<R: Read + Seek>(bits: &mut Bits<'_, R>, coder: &Coder<'_>, prediction: &mut i32) -> Result<i32, CleanError> {
    let dc = read_dc(bits, coder.dc, prediction)?;
    each_ac(bits, coder.ac, |_, _| {})?;
    Ok(dc)
}

fn read_block<R: Read + Seek>(
    bits: &mut Bits<'_, R>,
    coder: &Coder<'_>,
    prediction: &mut i32,
    scale: &[f32; 64],
) -> Result<[[u8; 8]; 8], CleanError> {
    let mut block: Block = [[0.0; 8]; 8];
    let dc = read_dc(bits, coder.dc, prediction)?;
    let mut flat = true;
    each_ac(bits, coder.ac, |place, value| {
        block[place / 8][place % 8] = value as f32 * scale[place];
        flat = false;
    })?;
    block[0][0] = dc as f32 * scale[0];
    if flat {
        return Ok([[sample(block[0][0]); 8]; 8]);
    }
    dct::inverse(&mut block);
    Ok(block.map(|row| row.map(sample)))
}

/// The samples of a block from its dequantized, scaled coefficients.
fn samples_of(coefficient: impl Fn(usize) -> f32) -> [[u8; 8]; 8] {
    let mut block: Block = std::array::from_fn(|v| std::array::from_fn(|u| coefficient(8 * v + u)));
    dct::inverse(&mut block);
    block.map(|row| row.map(sample))
}

/// To 0..=255; a float cast saturates and takes no number for 0.
fn sample(value: f32) -> u8 {
    (value + 128.5) as u8
}

impl Header {
    /// The quantization table of each component.
    pub(super) fn quantization(&self) -> Option<Vec<&[u16; 64]>> {
        self.frame.components.iter().map(|component| self.tables.quantization[usize::from(component.table)].as_ref()).collect()
    }
}
