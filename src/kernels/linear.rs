//! Affine maps, forward and backward.

use super::bf16;
use super::chunks::{rows_of, shared, total};
use super::product::{Before, Matrix, Place, multiply};
use super::simd::vectorised;
use crate::config::TrainingPrecision;
use rayon::prelude::*;

/// The sizes of an affine map of several rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) rows: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

impl Sizes {
    fn x(self) -> Place {
        Place::dense(self.rows, self.inputs)
    }

    fn y(self) -> Place {
        Place::dense(self.rows, self.outputs)
    }

    fn weight(self) -> Place {
        Place::dense(self.outputs, self.inputs)
    }
}

/// `x` times the transposed weight, plus the bias: `[rows, outputs]`.
pub(super) fn forward(
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    sizes: Sizes,
    precision: TrainingPrecision,
) -> Vec<f32> {
    let (y, before) = match bias {
        Some(bias) => (bias.repeat(sizes.rows), Before::Add),
        None => (vec![0.0; sizes.rows * sizes.outputs], Before::Overwrite),
    };
    let weight = Matrix(weight, sizes.weight()).transposed();
    product(y, before, Matrix(x, sizes.x()), weight, precision)
}

/// The gradient of `x` from that of the output.
pub(super) fn backward_x(
    d_y: &[f32],
    weight: &[f32],
    sizes: Sizes,
    precision: TrainingPrecision,
) -> Vec<f32> {
    let d_x = vec![0.0; sizes.rows * sizes.inputs];
    let (d_y, weight) = (Matrix(d_y, sizes.y()), Matrix(weight, sizes.weight()));
    product(d_x, Before::Overwrite, d_y, weight, precision)
}

/// The gradient of the weight from that of the output.
pub(super) fn backward_weight(
    d_y: &[f32],
    x: &[f32],
    sizes: Sizes,
    precision: TrainingPrecision,
) -> Vec<f32> {
    let d_weight = vec![0.0; sizes.outputs * sizes.inputs];
    let d_y = Matrix(d_y, sizes.y()).transposed();
    product(
        d_weight,
        Before::Overwrite,
        d_y,
        Matrix(x, sizes.x()),
        precision,
    )
}

/// A product, written to or added to what is in `to`, row after row; zeros are there where it is overwritten.
fn product(
    mut to: Vec<f32>,
    before: Before,
    left: Matrix<'_>,
    right: Matrix<'_>,
    precision: TrainingPrecision,
) -> Vec<f32> {
    match precision {
        TrainingPrecision::Float32 => {
            let place = Place::dense(left.1.rows, right.1.columns);
            multiply(&mut to, place, before, left, right, 1.0);
        }
        TrainingPrecision::Bfloat16 => bf16::add_product(&mut to, left, right),
    }
    to
}

/// The gradient of the bias from that of the output: the sum of its rows.
pub(super) fn backward_bias(d_y: &[f32], sizes: Sizes) -> Vec<f32> {
    let width = sizes.outputs;
    let pieces = d_y.par_chunks(rows_of(width) * width);
    total(
        shared(pieces, d_y.len())
            .map(|rows| sum_of_rows(rows, width))
            .collect(),
    )
}

vectorised! {
    fn sum_of_rows(rows: &[f32], width: usize) -> Vec<f32> {
        let mut sums = vec![0.0; width];
        for row in rows.chunks_exact(width) {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += x;
            }
        }
        sums
    }
}
