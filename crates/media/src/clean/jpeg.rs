//! JPEG (ITU-T T.81). A photo that is upright is copied, its coded pixels byte for byte, under fresh headers; a photo that is not is decoded
//! and coded again with its own quantization tables, piece by piece. Either way what is written is made here: nothing of the source passes but
//! tables, dimensions and pixels, and what stands after the end of the image (a second picture, a film) is gone.
//!
//! The decoder is ours because no published one decodes a picture out of order, and without that a photo of 48 megapixels does not turn
//! within the memory of a phone.

mod coefficients;
mod dct;
mod decode;
mod encode;
mod header;
mod huffman;
mod strip;
mod upright;

use super::source::Source;
use super::{CleanError, Photo, thumbnail};
use crate::sniff::{Kind, PhotoFormat};
use coefficients::{Coefficients, Detail};
use decode::{Eighth, Held, Indexed, is_one_scan};
use header::Header;
use std::io::{Read, Seek, Write};

pub(super) use encode::{Encoder, Head};
pub(super) use header::Component;

const KIND: Kind = Kind::Photo(PhotoFormat::Jpeg);

/// The natural place of each coefficient in the order they are coded in.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56,
    57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Samples of one component, row by row.
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) samples: Vec<u8>,
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, samples: vec![0; width * height] }
    }

    pub(super) fn at(&self, x: usize, y: usize) -> u8 {
        self.samples[y * self.width + x]
    }

    /// The first `count` samples of a row.
    fn row(&self, y: usize, count: usize) -> &[u8] {
        &self.samples[y * self.width..][..count]
    }

    /// The first `count` samples of a column.
    fn column(&self, x: usize, count: usize) -> impl DoubleEndedIterator<Item = u8> {
        self.samples[x..].iter().step_by(self.width).copied().take(count)
    }

    fn set(&mut self, x: usize, y: usize, sample: u8) {
        self.samples[y * self.width + x] = sample;
    }

    /// Puts a block at the block column `x` and row `y`.
    fn set_block(&mut self, x: usize, y: usize, block: &[[u8; 8]; 8]) {
        for (row, samples) in block.iter().enumerate() {
            let start = (8 * y + row) * self.width + 8 * x;
            self.samples[start..start + 8].copy_from_slice(samples);
        }
    }
}

/// How the components make a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Gray,
    YCbCr,
    Rgb,
    /// Four components, as Adobe writes them: inverted.
    Cmyk,
    Ycck,
}

impl Header {
    /// By the rule of the JFIF and Adobe segments that all decoders follow.
    fn colour(&self) -> Colour {
        let ids: Vec<u8> = self.frame.components.iter().map(|component| component.id).collect();
        match (ids.len(), self.adobe) {
            (1, _) => Colour::Gray,
            (4, Some(2)) => Colour::Ycck,
            (4, _) => Colour::Cmyk,
            (_, Some(0)) => Colour::Rgb,
            (_, None) if ids == *b"RGB" => Colour::Rgb,
            _ => Colour::YCbCr,
        }
    }
}

/// Reads a JPEG and writes it clean and upright.
pub(super) fn clean<R: Read + Seek>(source: &mut Source<R>, sink: &mut impl Write) -> Result<Photo, CleanError> {
    let header = Header::read(source)?;
    // Decoded before a byte is written: a damaged photo is not half written.
    let eighth = if is_one_scan(&header.frame, &header.scan) {
        let step = step(&header.frame);
        let (mut picture, eighth) = Indexed::new(source, &header, step)?;
        if header.turn.is_none() && picture.ends_with_picture {
            strip::copy(source, &header, sink)?;
        } else {
            upright::write(&mut picture, &header, step, sink)?;
        }
        eighth
    } else {
        let eighth = eighth(source, &header)?;
        if header.turn.is_none() {
            strip::copy(source, &header, sink)?;
        } else {
            upright::write(&mut held(source, &header)?, &header, step(&header.frame), sink)?;
        }
        eighth
    };
    let thumbnail = small(source, &header, &eighth)?;
    let (width, height) = header.turn.size(header.frame.width, header.frame.height);
    Ok(Photo { width: width.into(), height: height.into(), media_type: "image/jpeg", thumbnail })
}

/// How many columns of MCUs are decoded together when a picture is turned by 90 degrees: 16, or fewer if the picture is very high.
fn step(frame: &header::Frame) -> usize {
    const STRIP: usize = 4 * 1024 * 1024;
    let column: usize = frame.components.iter().map(|component| 64 * component.h * component.v * frame.mcus().1).sum();
    (STRIP / column.max(1)).clamp(1, 16)
}

fn held<'a, R: Read + Seek>(source: &mut Source<R>, header: &'a Header) -> Result<Held<'a>, CleanError> {
    let coefficients = Coefficients::read(source, header, Detail::Full)?;
    let scales = coefficients.quantization.iter().map(dct::inverse_scale).collect();
    Ok(Held { frame: &header.frame, coefficients, scales })
}

/// A picture in several scans, at an eighth of its size.
fn eighth<R: Read + Seek>(source: &mut Source<R>, header: &Header) -> Result<Eighth, CleanError> {
    let coefficients = Coefficients::read(source, header, Detail::Eighth)?;
    let mut planes = decode::eighth_planes(&header.frame);
    for (index, (plane, quantization)) in planes.iter_mut().zip(&coefficients.quantization).enumerate() {
        for place in 0..plane.samples.len() {
            let (x, y) = (place % plane.width, place / plane.width);
            plane.samples[place] = decode::dc_sample(coefficients.block(index, x, y)[0].into(), quantization[0]);
        }
    }
    Ok(planes)
}

/// The thumbnail: from an eighth of the picture, or from all of it when it is small itself.
fn small<R: Read + Seek>(source: &mut Source<R>, header: &Header, eighth: &Eighth) -> Result<Vec<u8>, CleanError> {
    let frame = &header.frame;
    let shape = thumbnail::Shape { turn: header.turn, colour: header.colour(), width: frame.width.into(), height: frame.height.into() };
    if usize::from(frame.width.max(frame.height)) >= 8 * thumbnail::SIDE {
        let sizes = frame.components.iter().map(|component| {
            let (width, height) = frame.samples(component);
            (width.div_ceil(8), height.div_ceil(8))
        });
        return Ok(thumbnail::make(shape, eighth.iter().zip(sizes)));
    }
    let planes = if is_one_scan(frame, &header.scan) {
        upright::decode_all(&mut Indexed::new(source, header, step(frame))?.0, frame)?
    } else {
        upright::decode_all(&mut held(source, header)?, frame)?
    };
    Ok(thumbnail::make(shape, planes.iter().zip(frame.components.iter().map(|component| frame.samples(component)))))
}
