//! Rows of a table by their numbers, and where their gradients go.

use super::chunks::shared;
use super::simd::vectorised;
use rayon::prelude::*;

/// `factor` times the rows of these numbers; `[numbers, width]`.
///
/// # Panics
/// If the table has no such row.
pub(super) fn forward(table: &[f32], width: usize, numbers: &[i32], factor: f32) -> Vec<f32> {
    let mut y = vec![0.0; numbers.len() * width];
    let entries = y.len();
    let pieces = y.par_chunks_exact_mut(width).zip(numbers);
    shared(pieces, entries).for_each(|(y, &number)| scale(y, row(table, width, number), factor));
    y
}

/// The gradient of a table of `rows` rows: that of each output row, times `factor` and the row's own weight, where it was
/// read. One thread adds them up, in order, for several may have been read from the same place.
pub(super) fn backward(
    d_y: &[f32],
    rows: usize,
    numbers: &[i32],
    factor: f32,
    weights: Option<&[f32]>,
) -> Vec<f32> {
    let width = d_y.len() / numbers.len().max(1);
    let mut d_table = vec![0.0; rows * width];
    for (index, (d_y, &number)) in d_y.chunks_exact(width.max(1)).zip(numbers).enumerate() {
        let weight = weights.map_or(1.0, |weights| weights[index]);
        if weight != 0.0 {
            let start = number as usize * width;
            add_scaled(&mut d_table[start..start + width], d_y, factor * weight);
        }
    }
    d_table
}

fn row(table: &[f32], width: usize, number: i32) -> &[f32] {
    &table[number as usize * width..][..width]
}

vectorised! {
    fn scale(y: &mut [f32], x: &[f32], factor: f32) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = x * factor;
        }
    }

    fn add_scaled(sum: &mut [f32], x: &[f32], factor: f32) {
        for (sum, x) in sum.iter_mut().zip(x) {
            *sum += x * factor;
        }
    }
}
