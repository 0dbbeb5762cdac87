//! What rounding may cost, and that sums are the same however they are computed.

use super::*;
use crate::kernels::simd::{LEVELS, limited_to};
use crate::random::Stream;

/// Numbers of any sign, of very different sizes from row to row.
fn matrix(rows: usize, columns: usize, stream: &mut Stream) -> Vec<f32> {
    let mut entries = Vec::new();
    for _ in 0..rows {
        let size = 10_f32.powi(stream.below(7) as i32 - 3);
        entries.extend((0..columns).map(|_| size * (stream.next_f64() as f32 - 0.5)));
    }
    entries
}

/// Rows without gaps.
fn rows(entries: &[f32], width: usize) -> Rows<'_> {
    Rows {
        entries,
        stride: width,
        count: entries.len().checked_div(width).unwrap_or(3),
    }
}

/// Rows times the transposed matrix, in padded rows.
fn product(x: &[f32], weights: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    let integers = Integers::new(inputs, outputs, |output, input| {
        weights[output * inputs + input]
    });
    let mut bytes = Bytes::default();
    bytes.round(rows(x, inputs), inputs);
    let stride = padded(outputs);
    let mut y = vec![f32::NAN; bytes.rows() * stride];
    integers.multiply(&bytes, 0..stride / LANES, After::Keep, &mut y, stride);
    y
}

/// Sizes around those of groups, vectors, panels and tiles; the number of rows, of inputs and of outputs.
const SIZES: [[usize; 3]; 13] = [
    [1, 1, 1],
    [2, 3, 15],
    [3, 4, 16],
    [5, 5, 17],
    [11, 15, 32],
    [12, 16, 33],
    [13, 17, 48],
    [25, 64, 49],
    [7, 0, 20],
    [4, 9, 0],
    [1, 130, 100],
    [40, 257, 31],
    [3, 4099, 18],
];

/// What an entry may be off by, beside the largest: half a scale, and what factor, scale and products round themselves.
const HALF_A_SCALE: f32 = 0.5 / LARGEST + 4.0 * f32::EPSILON;

#[test]
fn no_entry_is_off_by_more_than_half_its_scale() {
    let mut stream = Stream::new(1, "integers");
    for width in [1, 15, 16, 40] {
        let x = matrix(50, width, &mut stream);
        let mut bytes = Bytes::default();
        bytes.round(rows(&x, width), width);
        for (row, entries) in x.chunks_exact(width).enumerate() {
            let scale = bytes.scales[row];
            let largest = entries.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
            assert_eq!(scale, largest / LARGEST);
            for (&x, &byte) in entries.iter().zip(&bytes.entries[row * bytes.stride..]) {
                let back = (i32::from(byte) - SHIFT) as f32 * scale;
                let bound = HALF_A_SCALE * largest;
                assert!(
                    (x - back).abs() <= bound,
                    "{x} became {back}, scale {scale}"
                );
            }
        }
    }
}

#[test]
fn an_empty_row_has_nothing_of_an_earlier_one() {
    let mut bytes = Bytes::default();
    bytes.round(rows(&[f32::INFINITY; 6], 2), 2);
    assert_eq!(bytes.scales, [f32::INFINITY; 3]);
    bytes.round(rows(&[], 0), 0);
    assert_eq!(bytes.scales, [0.0; 3]);
}

/// Where x is off by s/2 at most and w by t/2, their product is by |x| t/2 + |w| s/2 + s t/4.
#[test]
fn no_product_is_off_by_more_than_rounding_explains() {
    let mut stream = Stream::new(2, "integers");
    for [count, inputs, outputs] in SIZES {
        let x = matrix(count, inputs, &mut stream);
        let weights = matrix(outputs, inputs, &mut stream);
        let y = product(&x, &weights, inputs, outputs);
        for (x, y) in x
            .chunks_exact(inputs.max(1))
            .zip(y.chunks_exact(padded(outputs).max(1)))
        {
            let half = |entries: &[f32]| f64::from(HALF_A_SCALE * largest(entries));
            for (w, &y) in weights.chunks_exact(inputs.max(1)).zip(y) {
                let (s, t) = (half(x), half(w));
                let (mut exact, mut bound, mut size) = (0.0, 0.0, 0.0);
                for (x, w) in x.iter().zip(w).map(|(&x, &w)| (f64::from(x), f64::from(w))) {
                    exact += x * w;
                    size += (x * w).abs();
                    bound += x.abs() * t + w.abs() * s + s * t;
                }
                // Scales and the result are floats.
                bound += 8.0 * f64::from(f32::EPSILON) * (size + bound);
                let off = (f64::from(y) - exact).abs();
                assert!(off <= bound, "{inputs} inputs: off by {off}, not {bound}");
            }
        }
    }
}

#[test]
fn every_way_gives_the_same_bits() {
    let mut stream = Stream::new(3, "integers");
    for [count, inputs, outputs] in SIZES {
        let mut x = matrix(count, inputs, &mut stream);
        let mut weights = matrix(outputs, inputs, &mut stream);
        // The largest sums that there can be, of both signs.
        for entries in [&mut x, &mut weights] {
            for (row, sign) in entries.chunks_exact_mut(inputs.max(1)).zip([1.0, -1.0]) {
                row.fill(sign);
            }
        }
        let best = product(&x, &weights, inputs, outputs);
        for level in LEVELS {
            let found = limited_to(*level, || product(&x, &weights, inputs, outputs));
            let bits = |y: &[f32]| y.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&best), bits(&found), "{level:?}, {inputs} inputs");
        }
    }
}

#[test]
fn no_bit_of_a_row_depends_on_the_others() {
    let mut stream = Stream::new(4, "integers");
    let (count, inputs, outputs) = (29, 37, 50);
    let x = matrix(count, inputs, &mut stream);
    let weights = matrix(outputs, inputs, &mut stream);
    let together = product(&x, &weights, inputs, outputs);
    let alone = x
        .chunks_exact(inputs)
        .flat_map(|x| product(x, &weights, inputs, outputs));
    assert!(together.into_iter().eq(alone));
}

#[test]
fn zeros_and_what_is_next_to_them_give_zeros() {
    for x in [0.0, -0.0, 1e-40, f32::MIN_POSITIVE] {
        let y = product(&[x; 20], &[1.0; 20 * 3], 20, 3);
        assert_eq!(y[..3], [0.0; 3]);
    }
}

#[test]
fn what_is_no_number_stays_none() {
    for bad in [f32::NAN, f32::INFINITY] {
        let mut x = vec![1.0; 40];
        x[25] = bad;
        let y = product(&x, &[0.5; 20 * 2], 20, 2);
        assert!(y[..2].iter().all(|y| y.is_finite()));
        assert!(
            y[16..18].iter().all(|y| !y.is_finite()),
            "{bad}: {:?}",
            &y[16..18]
        );
    }
}
