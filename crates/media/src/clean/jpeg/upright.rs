//! A photo turned upright while it is coded again: strip by strip, no picture in memory.

use super::Plane;
use super::decode::Picture;
use super::encode::{Encoder, Head};
use super::header::{Component, Frame, Header};
use crate::clean::CleanError;
use crate::clean::turn::{Axes, Direction};
use std::io::Write;
use std::ops::Range;

/// Writes the picture as its header says it should be seen; `step` columns of MCUs are decoded together.
pub(super) fn write(picture: &mut impl Picture, header: &Header, step: usize, sink: &mut impl Write) -> Result<(), CleanError> {
    let frame = &header.frame;
    let mut encoder = Encoder::new(sink, upright_head(header).ok_or(CleanError::Damaged(super::KIND))?)?;
    let (columns, rows) = frame.mcus();
    let mut line = Vec::new();
    // Bands become lines of the upright picture from its top to its bottom.
    let (bands, direction) = match header.turn.axes {
        Axes::Kept => (rows, header.turn.rows),
        Axes::Exchanged => (columns.div_ceil(step), header.turn.columns),
    };
    for band in 0..bands {
        let band = direction.at(band, bands);
        let (x, y) = match header.turn.axes {
            Axes::Kept => (0..columns, band..band + 1),
            Axes::Exchanged => (band * step..columns.min((band + 1) * step), 0..rows),
        };
        let mut planes = planes(frame, x.len(), y.len());
        picture.decode(x.clone(), y.clone(), &mut planes)?;
        for (index, (component, plane)) in frame.components.iter().zip(&planes).enumerate() {
            let (width, height) = frame.samples(component);
            let (columns, rows) = (clip(&x, component.h, width), clip(&y, component.v, height));
            let lines = if header.turn.axes == Axes::Kept { rows } else { columns };
            for nth in 0..lines {
                let nth = direction.at(nth, lines);
                line.clear();
                match header.turn.axes {
                    Axes::Kept => extend(&mut line, plane.row(nth, columns).iter().copied(), header.turn.columns),
                    Axes::Exchanged => extend(&mut line, plane.column(nth, rows), header.turn.rows),
                }
                encoder.push(index, &line)?;
            }
        }
    }
    encoder.finish()
}

/// Decodes a small picture as a whole.
pub(super) fn decode_all(picture: &mut impl Picture, frame: &Frame) -> Result<Vec<Plane>, CleanError> {
    let (columns, rows) = frame.mcus();
    let mut planes = planes(frame, columns, rows);
    picture.decode(0..columns, 0..rows, &mut planes)?;
    Ok(planes)
}

fn planes(frame: &Frame, columns: usize, rows: usize) -> Vec<Plane> {
    frame.components.iter().map(|component| Plane::new(8 * columns * component.h, 8 * rows * component.v)).collect()
}

/// How many of the samples in a range of MCUs belong to the picture.
fn clip(mcus: &Range<usize>, factor: usize, samples: usize) -> usize {
    samples.min(mcus.end * 8 * factor).saturating_sub(mcus.start * 8 * factor)
}

fn extend(line: &mut Vec<u8>, samples: impl DoubleEndedIterator<Item = u8>, direction: Direction) {
    match direction {
        Direction::Forward => line.extend(samples),
        Direction::Backward => line.extend(samples.rev()),
    }
}

/// The same tables and sampling as the source has, turned with the picture.
fn upright_head(header: &Header) -> Option<Head> {
    let exchanged = header.turn.axes == Axes::Exchanged;
    let turned = |c: &Component| if exchanged { Component { h: c.v, v: c.h, ..*c } } else { *c };
    let place = |place: usize| if exchanged { place % 8 * 8 + place / 8 } else { place };
    let table = |table: &[u16; 64]| std::array::from_fn(|i| table[place(i)].clamp(1, 255) as u8);
    let mut quantization = [None; 4];
    for (component, source) in header.frame.components.iter().zip(header.quantization()?) {
        quantization[usize::from(component.table)] = Some(table(source));
    }
    let (width, height) = header.turn.size(header.frame.width, header.frame.height);
    Some(Head {
        width,
        height,
        components: header.frame.components.iter().map(turned).collect(),
        quantization,
        colour: header.colour(),
        adobe: header.adobe,
        profile: header.profile,
    })
}
