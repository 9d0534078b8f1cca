//! A small JPEG of a picture, to be shown before the picture is there.

use super::THUMBNAIL_MAX;
use super::jpeg::{Colour, Component, Encoder, Head, Plane};
use super::turn::Turn;

/// Pixels of the longer side.
pub(super) const SIDE: usize = 96;

/// From the best that is tried to the first that is small enough.
const QUALITIES: [u32; 5] = [75, 60, 45, 30, 15];

/// What is known of the picture; sizes as stored, before the turn.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) turn: Turn,
    pub(super) colour: Colour,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Shape {
    /// Width and height of the thumbnail, stored.
    pub(super) fn target(&self) -> (usize, usize) {
        let longer = self.width.max(self.height).max(1);
        let scaled = |side: usize| if longer <= SIDE { side } else { (side * SIDE / longer).max(1) };
        (scaled(self.width), scaled(self.height))
    }
}

/// Makes the thumbnail from the planes of a picture at any scale, each with its width and height without padding.
pub(super) fn make<'p>(shape: Shape, planes: impl Iterator<Item = (&'p Plane, (usize, usize))>) -> Vec<u8> {
    let (width, height) = shape.target();
    let halved = |nth: usize| if shape.colour == Colour::YCbCr && nth > 0 { 2 } else { 1 };
    let mut small: Vec<Plane> = planes
        .enumerate()
        .map(|(nth, (plane, size))| shrink(plane, size, (width.div_ceil(halved(nth)), height.div_ceil(halved(nth))), shape.turn))
        .collect();
    if !matches!(shape.colour, Colour::Gray | Colour::YCbCr) {
        small = ycbcr(&small, shape.colour);
    }
    let (width, height) = shape.turn.size(width, height);
    QUALITIES.into_iter().find_map(|quality| encoded(&small, shape.colour, width, height, quality)).unwrap_or_default()
}

fn encoded(planes: &[Plane], colour: Colour, width: usize, height: usize, quality: u32) -> Option<Vec<u8>> {
    let factor = |nth: usize| if colour == Colour::YCbCr && nth == 0 { 2 } else { 1 };
    let component = |(nth, id): (usize, u8)| Component { id, h: factor(nth), v: factor(nth), table: u8::from(nth > 0) };
    let mut out = Vec::new();
    let head = Head {
        width: width as u16,
        height: height as u16,
        components: (0..planes.len()).zip(1..).map(component).collect(),
        quantization: [
            Some(quantization(&LUMINANCE, quality)),
            (planes.len() > 1).then(|| quantization(&CHROMINANCE, quality)),
            None,
            None,
        ],
        colour: if planes.len() == 1 { Colour::Gray } else { Colour::YCbCr },
        adobe: None,
        profile: None,
    };
    let mut encoder = Encoder::new(&mut out, head).ok()?;
    for (nth, plane) in planes.iter().enumerate() {
        for line in plane.samples.chunks_exact(plane.width) {
            encoder.push(nth, line).ok()?;
        }
    }
    encoder.finish().ok()?;
    (out.len() <= THUMBNAIL_MAX).then_some(out)
}

/// The mean of what falls on each pixel, turned upright; `size` and `target` are as stored.
fn shrink(plane: &Plane, size: (usize, usize), target: (usize, usize), turn: Turn) -> Plane {
    let cell = |at: usize, of: usize, count: usize| {
        let start = (at * of / count).min(of.saturating_sub(1));
        start..((at + 1) * of / count).max(start + 1).min(of.max(1))
    };
    let (width, height) = turn.size(target.0, target.1);
    let mut out = Plane::new(width, height);
    for y in 0..height {
        for x in 0..width {
            let (column, row) = turn.stored(x, y, target.0, target.1);
            let (columns, rows) = (cell(column, size.0, target.0), cell(row, size.1, target.1));
            let count = (columns.len() * rows.len()).max(1);
            let sum: usize = rows.flat_map(|y| columns.clone().map(move |x| usize::from(plane.at(x, y)))).sum();
            out.samples[y * width + x] = ((sum + count / 2) / count) as u8;
        }
    }
    out
}

/// ITU-T T.871 section 7.
fn ycbcr(planes: &[Plane], colour: Colour) -> Vec<Plane> {
    let mut out: Vec<Plane> =
        (0..3).map(|_| Plane { width: planes[0].width, samples: Vec::with_capacity(planes[0].samples.len()) }).collect();
    for place in 0..planes[0].samples.len() {
        let sample = |nth: usize| f32::from(planes.get(nth).map_or(0, |plane| plane.samples[place]));
        let ink = sample(3) / 255.0;
        let [y, cb, cr] = match colour {
            // Adobe's four components are inverted: they are light, and black dims them.
            Colour::Cmyk => from_rgb([sample(0) * ink, sample(1) * ink, sample(2) * ink]),
            Colour::Ycck => [sample(0) * ink, 128.0 + (sample(1) - 128.0) * ink, 128.0 + (sample(2) - 128.0) * ink],
            _ => from_rgb([sample(0), sample(1), sample(2)]),
        };
        for (plane, value) in out.iter_mut().zip([y, cb, cr]) {
            plane.samples.push((value + 0.5) as u8);
        }
    }
    out
}

fn from_rgb([r, g, b]: [f32; 3]) -> [f32; 3] {
    let y = 0.299 * r + 0.587 * g + 0.114 * b;
    [y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402]
}

fn quantization(table: &[u8; 64], quality: u32) -> [u8; 64] {
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    table.map(|value| ((u32::from(value) * scale + 50) / 100).clamp(1, 255) as u8)
}

/// ITU-T T.81 section K.1.
const LUMINANCE: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22,
    37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMINANCE: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];
