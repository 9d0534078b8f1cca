//! Layers of a convolutional network over points in rows, the channels of a point beside each other. What follows a layer in MobileNetV2, its
//! normalisation, is folded into its weights. These stay in the file, a byte each, until they are needed: a quarter of the memory, and a small part
//! of the time, for each is used for many points at once.
//!
//! The loops are written so that they become vector instructions: over fixed numbers of neighbours, without branches inside.

use crate::tensors::{BadModel, Tensors, Weights};
use std::ops::Range;

/// Channels that are summed at once, and points at once: as many sums as there are registers.
const LANES: usize = 8;
const POINTS: usize = 4;
/// Of all normalisations here.
const EPSILON: f32 = 0.001;

/// What a layer gives, bounded below and above by 0 and 6, or as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    Six,
    None,
}

/// Bytes of a file as weights whose last side is the channels: in each channel a step of its own, and what a byte of 0 stands for.
struct Folded {
    at: Range<usize>,
    step: Vec<f32>,
    least: Vec<f32>,
    /// What is added to each channel.
    add: Vec<f32>,
}

impl Folded {
    /// `norm`: what normalises each channel after these weights.
    fn read(tensors: &Tensors<'_>, weights: Weights, norm: &str, channels: usize) -> Result<Self, BadModel> {
        let part = |part: &str| tensors.read_all(&format!("{norm}/{part}"), &[channels]);
        let (gamma, beta, mean, variance) = (part("gamma")?, part("beta")?, part("moving_mean")?, part("moving_variance")?);
        let factor: Vec<f32> = gamma.iter().zip(&variance).map(|(gamma, variance)| gamma / (variance + EPSILON).sqrt()).collect();
        Ok(Self {
            at: weights.at,
            step: factor.iter().map(|factor| weights.step as f32 * factor).collect(),
            least: factor.iter().map(|factor| weights.least as f32 * factor).collect(),
            add: beta.iter().zip(&mean).zip(&factor).map(|((beta, mean), factor)| beta - mean * factor).collect(),
        })
    }

    /// The weights of [`LANES`] channels from this one on, row by row.
    #[inline]
    fn lanes(&self, file: &[u8], first: usize, into: &mut Vec<[f32; LANES]>) {
        let (step, least) = (lanes(&self.step, first), lanes(&self.least, first));
        let rows = file[self.at.clone()].chunks_exact(self.step.len());
        into.clear();
        into.extend(rows.map(|row| {
            let mut weights = least;
            for (lane, byte) in row[first..first + LANES].iter().enumerate() {
                weights[lane] += f32::from(*byte) * step[lane];
            }
            weights
        }));
    }
}

#[inline]
fn lanes(values: &[f32], first: usize) -> [f32; LANES] {
    std::array::from_fn(|lane| values[first + lane])
}

#[inline]
fn bounded(bound: Bound, values: &mut [f32]) {
    if bound == Bound::Six {
        values.iter_mut().for_each(|value| *value = value.clamp(0.0, 6.0));
    }
}

/// Every point by itself: a matrix of `from` x `to`.
pub struct Pointwise {
    from: usize,
    to: usize,
    weights: Folded,
    bound: Bound,
}

/// What a layer writes on while it works, so that it is not made anew each time.
#[derive(Default)]
pub struct Scratch {
    values: Vec<[f32; POINTS]>,
    weights: Vec<[f32; LANES]>,
}

impl Pointwise {
    /// `names`: of the weights and of their normalisation; `sides`: from and to.
    pub fn read(tensors: &Tensors<'_>, names: (&str, &str), sides: (usize, usize), bound: Bound) -> Result<Self, BadModel> {
        let (from, to) = sides;
        Self::over(tensors, tensors.find(names.0, &[1, 1, from, to])?, names.1, sides, bound)
    }

    fn over(tensors: &Tensors<'_>, weights: Weights, norm: &str, sides: (usize, usize), bound: Bound) -> Result<Self, BadModel> {
        Ok(Self { from: sides.0, to: sides.1, weights: Folded::read(tensors, weights, norm, sides.1)?, bound })
    }

    pub fn to(&self) -> usize {
        self.to
    }

    /// Adds what comes of these points to `output`.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn apply(&self, file: &[u8], input: &[f32], scratch: &mut Scratch, output: &mut Vec<f32>) {
        let points = input.len() / self.from;
        let begin = output.len();
        output.resize(begin + points * self.to, 0.0);
        let output = &mut output[begin..];
        beside(input, self.from, &mut scratch.values);
        for first in (0..self.to).step_by(LANES) {
            self.weights.lanes(file, first, &mut scratch.weights);
            let add = lanes(&self.weights.add, first);
            for (group, values) in scratch.values.chunks_exact(self.from).enumerate() {
                let mut sums = summed(add, &scratch.weights, values);
                for (point, sums) in (group * POINTS..points).zip(&mut sums) {
                    bounded(self.bound, sums);
                    output[point * self.to + first..][..LANES].copy_from_slice(sums);
                }
            }
        }
    }
}

/// The points by [`POINTS`], the same channel of each beside each other; the last ones may be nothing.
#[inline]
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn beside(input: &[f32], channels: usize, into: &mut Vec<[f32; POINTS]>) {
    into.clear();
    into.resize(input.len().div_ceil(channels * POINTS) * channels, [0.0; POINTS]);
    for (points, values) in input.chunks(channels * POINTS).zip(into.chunks_exact_mut(channels)) {
        for (n, point) in points.chunks_exact(channels).enumerate() {
            values.iter_mut().zip(point).for_each(|(values, value)| values[n] = *value);
        }
    }
}

#[inline]
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn summed(add: [f32; LANES], weights: &[[f32; LANES]], values: &[[f32; POINTS]]) -> [[f32; LANES]; POINTS] {
    let mut sums = [add; POINTS];
    for (weights, values) in weights.iter().zip(values) {
        for n in 0..POINTS {
            for lane in 0..LANES {
                sums[n][lane] += values[n] * weights[lane];
            }
        }
    }
    sums
}

/// Every channel by itself, over 3 x 3 points. With a stride of 2 what lies beyond the far edges counts as 0, with one of 1 beyond all.
pub struct Depthwise {
    channels: usize,
    pub stride: usize,
    /// Nine times the channels: few, and needed for every row.
    weights: Vec<f32>,
    add: Vec<f32>,
}

/// Rows of a square of points, from the first of them on.
pub struct Rows<'a> {
    pub values: &'a [f32],
    pub first: usize,
    /// Of the square.
    pub side: usize,
}

impl Depthwise {
    pub fn read(tensors: &Tensors<'_>, names: (&str, &str), channels: usize, stride: usize) -> Result<Self, BadModel> {
        let bytes = tensors.find(names.0, &[3, 3, channels, 1])?;
        let Folded { at, step, least, add } = Folded::read(tensors, bytes, names.1, channels)?;
        let rows = tensors.bytes(at).chunks_exact(channels);
        let weights = rows.flat_map(|row| row.iter().zip(&step).zip(&least).map(|((byte, step), least)| f32::from(*byte) * step + least));
        Ok(Self { channels, stride, weights: weights.collect(), add })
    }

    /// The rows that are needed for these rows of what comes out.
    pub fn needed(&self, rows: &Range<usize>, side: usize) -> Range<usize> {
        let before = before(self.stride);
        (rows.start * self.stride).saturating_sub(before)..((rows.end - 1) * self.stride + 3 - before).min(side)
    }

    /// Adds these rows of what comes out to `output`.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn apply(&self, input: &Rows<'_>, rows: Range<usize>, output: &mut Vec<f32>) {
        let channels = self.channels;
        let out = input.side / self.stride;
        for (y, x) in rows.flat_map(|y| (0..out).map(move |x| (y, x))) {
            let mut taps = [([].as_slice(), [].as_slice()); 9];
            let mut inside = 0;
            for (tap, weights) in self.weights.chunks_exact(channels).enumerate() {
                let place = reached(y, tap / 3, self.stride, input.side).zip(reached(x, tap % 3, self.stride, input.side));
                let Some((row, column)) = place else { continue };
                taps[inside] = (&input.values[((row - input.first) * input.side + column) * channels..][..channels], weights);
                inside += 1;
            }
            for first in (0..channels).step_by(LANES) {
                let mut sums = lanes(&self.add, first);
                for (values, weights) in &taps[..inside] {
                    for ((sum, value), weight) in sums.iter_mut().zip(&values[first..first + LANES]).zip(&weights[first..first + LANES]) {
                        *sum += value * weight;
                    }
                }
                bounded(Bound::Six, &mut sums);
                output.extend_from_slice(&sums);
            }
        }
    }
}

/// Points of a window that lie before the first.
fn before(stride: usize) -> usize {
    if stride == 1 { 1 } else { 0 }
}

/// Where the tap of a window lies, if inside.
fn reached(out: usize, tap: usize, stride: usize, side: usize) -> Option<usize> {
    (out * stride + tap).checked_sub(before(stride)).filter(|at| *at < side)
}

/// The first layer: windows of 3 x 3 points of three colours, every second one. Each window is a point with nine times the colours.
pub struct Stem(Pointwise);

impl Stem {
    const COLOURS: usize = 3;
    const WINDOW: usize = 9 * Self::COLOURS;
    const STRIDE: usize = 2;
    /// Bytes of a point of a picture.
    const POINT: usize = 4;

    pub fn read(tensors: &Tensors<'_>, names: (&str, &str), channels: usize) -> Result<Self, BadModel> {
        let weights = tensors.find(names.0, &[3, 3, Self::COLOURS, channels])?;
        Pointwise::over(tensors, weights, names.1, (Self::WINDOW, channels), Bound::Six).map(Self)
    }

    /// `picture`: red, green, blue and one byte that is passed over, row by row.
    pub fn apply(&self, file: &[u8], picture: &[u8], side: usize, scratch: &mut Scratch) -> Vec<f32> {
        let out = side / Self::STRIDE;
        let mut output = Vec::with_capacity(out * out * self.0.to);
        let mut windows = Vec::new();
        for y in 0..out {
            windows.clear();
            windows.resize(out * Self::WINDOW, 0.0);
            for (x, window) in windows.chunks_exact_mut(Self::WINDOW).enumerate() {
                for (tap, values) in window.chunks_exact_mut(Self::COLOURS).enumerate() {
                    let Some(at) = reached(y, tap / 3, Self::STRIDE, side).zip(reached(x, tap % 3, Self::STRIDE, side)) else { continue };
                    let point = &picture[(at.0 * side + at.1) * Self::POINT..];
                    values.iter_mut().zip(point).for_each(|(value, byte)| *value = f32::from(*byte) / 255.0);
                }
            }
            self.0.apply(file, &windows, scratch, &mut output);
        }
        output
    }
}

/// Everything with everything.
pub struct Dense {
    weights: Weights,
    add: Vec<f32>,
}

impl Dense {
    pub fn read(tensors: &Tensors<'_>, name: &str, sides: (usize, usize)) -> Result<Self, BadModel> {
        let weights = tensors.find(&format!("{name}/kernel"), &[sides.0, sides.1])?;
        Ok(Self { weights, add: tensors.read_all(&format!("{name}/bias"), &[sides.1])? })
    }

    pub fn apply(&self, file: &[u8], input: &[f32]) -> Vec<f32> {
        let mut sums = self.add.clone();
        let (step, least) = (self.weights.step as f32, self.weights.least as f32);
        for (value, weights) in input.iter().zip(file[self.weights.at.clone()].chunks_exact(sums.len())) {
            sums.iter_mut().zip(weights).for_each(|(sum, byte)| *sum += value * (f32::from(*byte) * step + least));
        }
        sums
    }
}
