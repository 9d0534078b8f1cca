//! Layers of a convolutional network over points in rows, the channels of a point beside each other. What follows a layer in MobileNetV2, its
//! normalisation, is folded into its weights when it is read.
//!
//! The loops are written so that they become vector instructions: over fixed numbers of neighbours, without branches inside.

use crate::tensors::{BadModel, Tensors};

/// Channels that are summed at once, and points at once.
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

/// What normalisation does to each channel: a factor, and what is added.
struct Norm {
    factor: Vec<f32>,
    add: Vec<f32>,
}

impl Norm {
    fn read(tensors: &Tensors<'_>, name: &str, channels: usize) -> Result<Self, BadModel> {
        let part = |part: &str| tensors.take(&format!("{name}/{part}"), &[channels]);
        let (gamma, beta, mean, variance) = (part("gamma")?, part("beta")?, part("moving_mean")?, part("moving_variance")?);
        let factor: Vec<f32> = gamma.iter().zip(&variance).map(|(gamma, variance)| gamma / (variance + EPSILON).sqrt()).collect();
        let add = beta.iter().zip(&mean).zip(&factor).map(|((beta, mean), factor)| beta - mean * factor).collect();
        Ok(Self { factor, add })
    }

    /// Weights whose last side is the channels.
    fn fold(self, mut weights: Vec<f32>) -> (Vec<f32>, Vec<f32>) {
        for row in weights.chunks_exact_mut(self.factor.len()) {
            row.iter_mut().zip(&self.factor).for_each(|(weight, factor)| *weight *= factor);
        }
        (weights, self.add)
    }
}

fn bounded(bound: Bound, values: &mut [f32]) {
    if bound == Bound::Six {
        values.iter_mut().for_each(|value| *value = value.clamp(0.0, 6.0));
    }
}

/// Every point by itself: a matrix of `from` x `to`.
pub struct Pointwise {
    from: usize,
    to: usize,
    /// [`LANES`] outputs after another, each for all inputs.
    weights: Vec<[f32; LANES]>,
    add: Vec<[f32; LANES]>,
    bound: Bound,
}

impl Pointwise {
    pub fn read(tensors: &Tensors<'_>, names: (&str, &str), sides: (usize, usize), bound: Bound) -> Result<Self, BadModel> {
        let (from, to) = sides;
        let weights = tensors.take(names.0, &[1, 1, from, to])?;
        let (weights, add) = Norm::read(tensors, names.1, to)?.fold(weights);
        Ok(Self::new(from, to, &weights, &add, bound))
    }

    fn new(from: usize, to: usize, weights: &[f32], add: &[f32], bound: Bound) -> Self {
        let lanes = |values: &[f32]| std::array::from_fn(|lane| values[lane]);
        let packed = (0..to / LANES).flat_map(|lane| (0..from).map(move |c| c * to + lane * LANES));
        Self {
            from,
            to,
            weights: packed.map(|at| lanes(&weights[at..at + LANES])).collect(),
            add: add.chunks_exact(LANES).map(lanes).collect(),
            bound,
        }
    }

    pub fn to(&self) -> usize {
        self.to
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn apply(&self, input: &[f32]) -> Vec<f32> {
        let mut output = vec![0.0; input.len() / self.from * self.to];
        for (points, sums) in input.chunks(POINTS * self.from).zip(output.chunks_mut(POINTS * self.to)) {
            if points.len() == POINTS * self.from {
                self.some::<POINTS>(points, sums);
            } else {
                for (point, sums) in points.chunks_exact(self.from).zip(sums.chunks_exact_mut(self.to)) {
                    self.some::<1>(point, sums);
                }
            }
        }
        output
    }

    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn some<const N: usize>(&self, points: &[f32], output: &mut [f32]) {
        let points: [&[f32]; N] = std::array::from_fn(|n| &points[n * self.from..][..self.from]);
        for (block, (weights, add)) in self.weights.chunks_exact(self.from).zip(&self.add).enumerate() {
            let mut sums = [*add; N];
            for (c, weights) in weights.iter().enumerate() {
                for n in 0..N {
                    let value = points[n][c];
                    for lane in 0..LANES {
                        sums[n][lane] += value * weights[lane];
                    }
                }
            }
            for (n, sums) in sums.iter_mut().enumerate() {
                bounded(self.bound, sums);
                output[n * self.to + block * LANES..][..LANES].copy_from_slice(sums);
            }
        }
    }
}

/// Every channel by itself, over 3 x 3 points. With a stride of 2 what lies beyond the far edges counts as 0, with one of 1 beyond all.
pub struct Depthwise {
    channels: usize,
    stride: usize,
    /// Nine times the channels.
    weights: Vec<f32>,
    add: Vec<f32>,
}

impl Depthwise {
    pub fn read(tensors: &Tensors<'_>, names: (&str, &str), channels: usize, stride: usize) -> Result<Self, BadModel> {
        let weights = tensors.take(names.0, &[3, 3, channels, 1])?;
        let (weights, add) = Norm::read(tensors, names.1, channels)?.fold(weights);
        Ok(Self { channels, stride, weights, add })
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn apply(&self, input: &[f32], side: usize) -> Vec<f32> {
        let channels = self.channels;
        let out = side / self.stride;
        let mut output = Vec::with_capacity(out * out * channels);
        for (y, x) in (0..out).flat_map(|y| (0..out).map(move |x| (y, x))) {
            let begin = output.len();
            output.extend_from_slice(&self.add);
            let sums = &mut output[begin..];
            for (tap, weights) in self.weights.chunks_exact(channels).enumerate() {
                let Some(at) = reached(y, tap / 3, self.stride, side).zip(reached(x, tap % 3, self.stride, side)) else { continue };
                let values = &input[(at.0 * side + at.1) * channels..][..channels];
                for ((sum, value), weight) in sums.iter_mut().zip(values).zip(weights) {
                    *sum += value * weight;
                }
            }
            bounded(Bound::Six, sums);
        }
        output
    }
}

/// Where the tap of a window lies, if inside.
fn reached(out: usize, tap: usize, stride: usize, side: usize) -> Option<usize> {
    let before = if stride == 1 { 1 } else { 0 };
    (out * stride + tap).checked_sub(before).filter(|at| *at < side)
}

/// The first layer: windows of 3 x 3 points of three colours, every second one.
pub struct Stem {
    channels: usize,
    weights: Vec<f32>,
    add: Vec<f32>,
}

impl Stem {
    const COLOURS: usize = 3;
    const STRIDE: usize = 2;

    pub fn read(tensors: &Tensors<'_>, names: (&str, &str), channels: usize) -> Result<Self, BadModel> {
        let weights = tensors.take(names.0, &[3, 3, Self::COLOURS, channels])?;
        let (weights, add) = Norm::read(tensors, names.1, channels)?.fold(weights);
        Ok(Self { channels, weights, add })
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn apply(&self, input: &[f32], side: usize) -> Vec<f32> {
        let out = side / Self::STRIDE;
        let mut output = Vec::with_capacity(out * out * self.channels);
        for (y, x) in (0..out).flat_map(|y| (0..out).map(move |x| (y, x))) {
            let begin = output.len();
            output.extend_from_slice(&self.add);
            let sums = &mut output[begin..];
            for (tap, weights) in self.weights.chunks_exact(Self::COLOURS * self.channels).enumerate() {
                let Some(at) = reached(y, tap / 3, Self::STRIDE, side).zip(reached(x, tap % 3, Self::STRIDE, side)) else { continue };
                let values = &input[(at.0 * side + at.1) * Self::COLOURS..][..Self::COLOURS];
                for (value, weights) in values.iter().zip(weights.chunks_exact(self.channels)) {
                    sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * weight);
                }
            }
            bounded(Bound::Six, sums);
        }
        output
    }
}

/// Everything with everything.
pub struct Dense {
    weights: Vec<f32>,
    add: Vec<f32>,
}

impl Dense {
    pub fn read(tensors: &Tensors<'_>, name: &str, sides: (usize, usize)) -> Result<Self, BadModel> {
        let weights = tensors.take(&format!("{name}/kernel"), &[sides.0, sides.1])?;
        Ok(Self { weights, add: tensors.take(&format!("{name}/bias"), &[sides.1])? })
    }

    pub fn apply(&self, input: &[f32]) -> Vec<f32> {
        let mut sums = self.add.clone();
        for (value, weights) in input.iter().zip(self.weights.chunks_exact(sums.len())) {
            sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * weight);
        }
        sums
    }
}
