//! The discrete cosine transform of 8 by 8 blocks (ITU-T T.81 section A.3.3), by the method of Arai, Agui and Nakajima 1988: five
//! multiplications a row, the rest of the scaling folded into the quantization tables. In `f32`, so that no hostile value overflows.

/// A block in natural order, row by row.
pub(super) type Block = [[f32; 8]; 8];

/// `cos(k pi / 16) * sqrt(2)`, and 1 for k = 0: the scale of row and column k.
const SCALE: [f32; 8] = [1.0, 1.387_039_8, 1.306_563, 1.175_875_6, 1.0, 0.785_694_96, 0.541_196_1, 0.275_899_38];

/// What to multiply each coefficient with before [`inverse`].
pub(super) fn inverse_scale(quantization: &[u16; 64]) -> [f32; 64] {
    std::array::from_fn(|i| f32::from(quantization[i]) * SCALE[i / 8] * SCALE[i % 8] / 8.0)
}

/// What to multiply each value of [`forward`] with to get the coefficient.
pub(super) fn forward_scale(quantization: &[u8; 64]) -> [f32; 64] {
    std::array::from_fn(|i| 1.0 / (f32::from(quantization[i].max(1)) * SCALE[i / 8] * SCALE[i % 8] * 8.0))
}

/// From coefficients times [`inverse_scale`] to samples around zero.
pub(super) fn inverse(block: &mut Block) {
    inverse_columns(block);
    *block = transposed(block);
    inverse_columns(block);
    *block = transposed(block);
}

/// From samples around zero to coefficients divided by [`forward_scale`].
pub(super) fn forward(block: &mut Block) {
    forward_columns(block);
    *block = transposed(block);
    forward_columns(block);
    *block = transposed(block);
}

fn transposed(block: &Block) -> Block {
    std::array::from_fn(|row| std::array::from_fn(|column| block[column][row]))
}

type Row = [f32; 8];

#[inline]
fn add(a: Row, b: Row) -> Row {
    std::array::from_fn(|i| a[i] + b[i])
}

#[inline]
fn subtract(a: Row, b: Row) -> Row {
    std::array::from_fn(|i| a[i] - b[i])
}

#[inline]
fn times(a: Row, factor: f32) -> Row {
    a.map(|value| value * factor)
}

/// All eight columns at once, each row a vector.
fn inverse_columns(block: &mut Block) {
    let [r0, r1, r2, r3, r4, r5, r6, r7] = *block;
    let (sum, difference) = (add(r0, r4), subtract(r0, r4));
    let outer = add(r2, r6);
    let inner = subtract(times(subtract(r2, r6), std::f32::consts::SQRT_2), outer);
    let even = [add(sum, outer), add(difference, inner), subtract(difference, inner), subtract(sum, outer)];

    let (z13, z10) = (add(r5, r3), subtract(r5, r3));
    let (z11, z12) = (add(r1, r7), subtract(r1, r7));
    let z5 = times(add(z10, z12), 1.847_759);
    let odd0 = add(z11, z13);
    let odd1 = subtract(subtract(z5, times(z10, 2.613_126)), odd0);
    let odd2 = subtract(times(subtract(z11, z13), std::f32::consts::SQRT_2), odd1);
    let odd3 = subtract(subtract(z5, times(z12, 1.082_392_2)), odd2);
    let odd = [odd0, odd1, odd2, odd3];
    *block = std::array::from_fn(|row| if row < 4 { add(even[row], odd[row]) } else { subtract(even[7 - row], odd[7 - row]) });
}

fn forward_columns(block: &mut Block) {
    let sums: [Row; 4] = std::array::from_fn(|row| add(block[row], block[7 - row]));
    let differences: [Row; 4] = std::array::from_fn(|row| subtract(block[row], block[7 - row]));
    let (outer, inner) = (add(sums[0], sums[3]), add(sums[1], sums[2]));
    let (e0, e1) = (subtract(sums[0], sums[3]), subtract(sums[1], sums[2]));
    let z1 = times(add(e1, e0), std::f32::consts::FRAC_1_SQRT_2);

    let [d0, d1, d2, d3] = differences;
    let (o0, o1, o2) = (add(d3, d2), add(d2, d1), add(d1, d0));
    let z5 = times(subtract(o0, o2), 0.382_683_43);
    let (z2, z4) = (add(times(o0, 0.541_196_1), z5), add(times(o2, 1.306_563), z5));
    let z3 = times(o1, std::f32::consts::FRAC_1_SQRT_2);
    let (z11, z13) = (add(d0, z3), subtract(d0, z3));
    *block = [
        add(outer, inner),
        add(z11, z4),
        add(e0, z1),
        subtract(z13, z2),
        subtract(outer, inner),
        add(z13, z2),
        subtract(e0, z1),
        subtract(z11, z4),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::{FRAC_1_SQRT_2, PI};

    fn sample_block() -> Block {
        std::array::from_fn(|y| std::array::from_fn(|x| ((x * 37 + y * 91 + x * y * 13) % 256) as f32 - 128.0))
    }

    /// T.81 section A.3.3, as it is written.
    fn defined(samples: &Block) -> Block {
        let c = |k: usize| if k == 0 { FRAC_1_SQRT_2 } else { 1.0 };
        let cosine = |x: usize, k: usize| ((2 * x + 1) as f32 * k as f32 * PI / 16.0).cos();
        std::array::from_fn(|v| {
            std::array::from_fn(|u| {
                let sum: f32 = (0..64).map(|i| samples[i / 8][i % 8] * cosine(i % 8, u) * cosine(i / 8, v)).sum();
                sum * c(u) * c(v) / 4.0
            })
        })
    }

    #[test]
    fn the_forward_transform_is_the_defined_one() {
        let samples = sample_block();
        let (expected, mut block) = (defined(&samples), samples);
        forward(&mut block);
        let scale = forward_scale(&[1; 64]);
        for i in 0..64 {
            assert!((block[i / 8][i % 8] * scale[i] - expected[i / 8][i % 8]).abs() < 0.01, "coefficient {i}");
        }
    }

    #[test]
    fn the_inverse_transform_undoes_the_forward_one() {
        let samples = sample_block();
        let coefficients = defined(&samples);
        let scale = inverse_scale(&[1; 64]);
        let mut block: Block = std::array::from_fn(|v| std::array::from_fn(|u| coefficients[v][u] * scale[8 * v + u]));
        inverse(&mut block);
        for i in 0..64 {
            assert!((block[i / 8][i % 8] - samples[i / 8][i % 8]).abs() < 0.01, "sample {i}");
        }
    }
}
