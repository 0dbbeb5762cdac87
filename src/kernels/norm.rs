//! The end of a residual block: dropout, sum, layer norm, connectivity; one pass over the rows each way.

use super::Mask;
use super::chunks::{rows_of, shared, total};
use super::simd::{dot, sum, vectorised};
use rayon::prelude::*;

/// Added to the standard deviation of a layer norm, outside the root (SPEC §3).
pub const LAYER_NORM_EPSILON: f64 = 1e-5;

/// Keeps the root's slope finite where a row has no spread at all; far below what [`LAYER_NORM_EPSILON`] resolves.
pub(crate) const SMALLEST_VARIANCE: f64 = 1e-24;

/// How the dimensions of a row count in its mean and variance (SPEC §3, table of four variants).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighing {
    /// As much as their connectivity parameters say.
    ByConnectivity,
    /// Alike, after they were multiplied by their connectivity parameters, in a row that goes on with zeros up to this
    /// width.
    Padded(usize),
}

/// What all rows have in common. Vectors are `[width]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared<'a> {
    pub(super) weight: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) c: Option<&'a [f32]>,
    pub(super) weighing: Weighing,
    pub(super) mask: Option<Mask>,
}

/// What the backward pass needs beside the inputs.
#[derive(Debug)]
pub(super) struct Saved {
    /// The sums of the two inputs, dropout included.
    sums: Vec<f32>,
    /// Of each row, its mean and its variance.
    moments: Vec<[f32; 2]>,
}

/// Gradients with respect to the inputs.
#[derive(Debug)]
pub(super) struct Gradients {
    pub(super) x: Vec<f32>,
    /// None if there was no dropout: the same as `x`.
    pub(super) sublayer: Option<Vec<f32>>,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) c: Vec<f32>,
}

/// How a row counts, in numbers.
#[derive(Clone, Copy)]
struct Scales<'a> {
    /// What entries are multiplied by before all else.
    before: Option<&'a [f32]>,
    /// The weights of entries; all 1 if none.
    weights: Option<&'a [f32]>,
    /// What sums are divided by.
    divisor: f32,
    /// Entries of value 0 that the row lacks.
    missing: f32,
}

impl<'a> Shared<'a> {
    fn width(&self) -> usize {
        self.weight.len()
    }

    fn scales(&self) -> Scales<'a> {
        let width = self.width() as f32;
        let (before, weights, divisor) = match self.weighing {
            Weighing::ByConnectivity => (None, self.c, self.c.map_or(width, plain_sum)),
            Weighing::Padded(whole) => (self.c, None, whole as f32),
        };
        let missing = match self.weighing {
            Weighing::ByConnectivity => 0.0,
            Weighing::Padded(_) => divisor - width,
        };
        Scales {
            before,
            weights,
            divisor,
            missing,
        }
    }
}

fn plain_sum(x: &[f32]) -> f32 {
    sum(x)
}

/// `c` times the layer norm of `x` plus what dropout leaves of `sublayer`; both `[rows, width]`.
pub(super) fn forward(
    x: &[f32],
    sublayer: &[f32],
    shared_by_rows: Shared<'_>,
) -> (Vec<f32>, Saved) {
    let width = shared_by_rows.width();
    let rows = rows_of(width);
    let mut saved = Saved {
        sums: vec![0.0; x.len()],
        moments: vec![[0.0; 2]; x.len() / width],
    };
    let mut y = vec![0.0; x.len()];
    let pieces = y
        .par_chunks_mut(rows * width)
        .zip(saved.sums.par_chunks_mut(rows * width))
        .zip(saved.moments.par_chunks_mut(rows))
        .zip(
            x.par_chunks(rows * width)
                .zip(sublayer.par_chunks(rows * width)),
        );
    shared(pieces.enumerate(), x.len()).for_each(|(piece, (((y, sums), moments), inputs))| {
        forward_rows(piece * rows, inputs, (y, sums, moments), shared_by_rows);
    });
    (y, saved)
}

/// Gradients of a sum of which `y` is the gradient with respect to the output; `[rows, width]`.
pub(super) fn backward(y: &[f32], saved: &Saved, shared_by_rows: Shared<'_>) -> Gradients {
    let width = shared_by_rows.width();
    let rows = rows_of(width);
    let mut x = vec![0.0; y.len()];
    let mut sublayer = vec![0.0; shared_by_rows.mask.map_or(0, |_| y.len())];
    let pieces = y
        .par_chunks(rows * width)
        .zip(saved.sums.par_chunks(rows * width))
        .zip(saved.moments.par_chunks(rows))
        .zip(x.par_chunks_mut(rows * width));
    let work = |piece: usize, ((y, sums), moments), x: &mut [f32], sublayer: &mut [f32]| {
        let mut parameters = vec![0.0; 3 * width];
        let to = (x, sublayer, &mut parameters[..]);
        backward_rows(piece * rows, (y, sums, moments), to, shared_by_rows);
        parameters
    };
    let parameters: Vec<Vec<f32>> = match shared_by_rows.mask {
        None => shared(pieces.enumerate(), y.len())
            .map(|(piece, (inputs, x))| work(piece, inputs, x, &mut []))
            .collect(),
        Some(_) => {
            let pieces = pieces.zip(sublayer.par_chunks_mut(rows * width));
            shared(pieces.enumerate(), y.len())
                .map(|(piece, ((inputs, x), sublayer))| work(piece, inputs, x, sublayer))
                .collect()
        }
    };
    let mut weight = total(parameters);
    let mut bias = weight.split_off(width);
    let c = bias.split_off(width);
    Gradients {
        x,
        sublayer: shared_by_rows.mask.map(|_| sublayer),
        weight,
        bias,
        c,
    }
}

vectorised! {
    /// A piece of [`forward`]: outputs, sums and moments of the rows from `first` on.
    fn forward_rows(
        first: usize,
        inputs: (&[f32], &[f32]),
        to: (&mut [f32], &mut [f32], &mut [[f32; 2]]),
        shared: Shared<'_>,
    ) {
        let width = shared.width();
        let scales = shared.scales();
        let (weight, bias) = (&shared.weight[..width], &shared.bias[..width]);
        let (mut scaled, mut centred) = (vec![0.0; width], vec![0.0; width]);
        let outputs = to.0.chunks_exact_mut(width).zip(to.1.chunks_exact_mut(width)).zip(to.2);
        let inputs = inputs.0.chunks_exact(width).zip(inputs.1.chunks_exact(width));
        for (row, (((y, sums), moments), (x, sublayer))) in outputs.zip(inputs).enumerate() {
            match shared.mask {
                None => for i in 0..width {
                    sums[i] = x[i] + sublayer[i];
                },
                Some(mask) => for i in 0..width {
                    sums[i] = x[i] + sublayer[i] * mask.factor((first + row) * width + i);
                },
            }
            let (mean, variance) = normalised(sums, &mut scaled, &mut centred, scales);
            *moments = [mean, variance];
            let factor = 1.0 / deviation(variance);
            for i in 0..width {
                y[i] = centred[i] * factor * weight[i] + bias[i];
            }
            if let Some(c) = shared.c {
                for (y, c) in y.iter_mut().zip(c) {
                    *y *= c;
                }
            }
        }
    }

    /// A piece of [`backward`]. `to` are the gradients of the two inputs and, summed over rows, of weight, bias and
    /// connectivity, one after another.
    fn backward_rows(
        first: usize,
        from: (&[f32], &[f32], &[[f32; 2]]),
        to: (&mut [f32], &mut [f32], &mut [f32]),
        shared: Shared<'_>,
    ) {
        let width = shared.width();
        let scales = shared.scales();
        let (weight, bias) = (&shared.weight[..width], &shared.bias[..width]);
        let (d_weight, rest) = to.2.split_at_mut(width);
        let (d_bias, d_c) = rest.split_at_mut(width);
        let (d_bias, d_c) = (&mut d_bias[..width], &mut d_c[..width]);
        let (mut scaled, mut centred) = (vec![0.0; width], vec![0.0; width]);
        let mut d_hat = vec![0.0; width];
        let (scaled, centred, d_hat) = (&mut scaled[..width], &mut centred[..width], &mut d_hat[..width]);
        let rows = from.0.chunks_exact(width).zip(from.1.chunks_exact(width)).zip(from.2);
        for (row, (((d_y, sums), moments), d_x)) in rows.zip(to.0.chunks_exact_mut(width)).enumerate() {
            let [mean, variance] = *moments;
            let (d_y, sums, d_x) = (&d_y[..width], &sums[..width], &mut d_x[..width]);
            centre(sums, mean, scaled, centred, scales);
            let factor = 1.0 / deviation(variance);
            match shared.c {
                Some(c) => {
                    let c = &c[..width];
                    for i in 0..width {
                        let hat = centred[i] * factor;
                        let d_affine = d_y[i] * c[i];
                        d_c[i] += d_y[i] * (hat * weight[i] + bias[i]);
                        d_weight[i] += d_affine * hat;
                        d_bias[i] += d_affine;
                        d_hat[i] = d_affine * weight[i];
                    }
                }
                None => for i in 0..width {
                    d_weight[i] += d_y[i] * (centred[i] * factor);
                    d_bias[i] += d_y[i];
                    d_hat[i] = d_y[i] * weight[i];
                },
            }
            // The factor is 1/(s + epsilon), and s the root of the variance.
            let d_variance = match f64::from(variance) > SMALLEST_VARIANCE {
                true => -dot(d_hat, centred) * factor * factor * 0.5 / variance.sqrt(),
                false => 0.0,
            };
            let share = 2.0 * d_variance / scales.divisor;
            // In place: from here on, the gradient of what was centred.
            match scales.weights {
                Some(weights) => {
                    let weights = &weights[..width];
                    for i in 0..width {
                        d_hat[i] = d_hat[i] * factor + share * weights[i] * centred[i];
                    }
                }
                None => for i in 0..width {
                    d_hat[i] = d_hat[i] * factor + share * centred[i];
                },
            }
            let d_mean = share * scales.missing * mean - sum(d_hat);
            let spread = d_mean / scales.divisor;
            match scales.weights {
                Some(weights) => {
                    let weights = &weights[..width];
                    let squares = d_variance / scales.divisor;
                    for i in 0..width {
                        d_c[i] += squares * (centred[i] * centred[i] - variance) + spread * centred[i];
                        d_x[i] = d_hat[i] + spread * weights[i];
                    }
                }
                None => for i in 0..width {
                    d_x[i] = d_hat[i] + spread;
                },
            }
            if let Some(before) = scales.before {
                let before = &before[..width];
                for i in 0..width {
                    d_c[i] += d_x[i] * sums[i];
                    d_x[i] *= before[i];
                }
            }
            if let Some(mask) = shared.mask {
                let d_sublayer = &mut to.1[row * width..][..width];
                for i in 0..width {
                    d_sublayer[i] = d_x[i] * mask.factor((first + row) * width + i);
                }
            }
        }
    }
}

/// The standard deviation, kept off zero.
#[inline(always)]
fn deviation(variance: f32) -> f32 {
    variance.max(SMALLEST_VARIANCE as f32).sqrt() + LAYER_NORM_EPSILON as f32
}

/// Mean and variance of a row, whose deviations from the mean are left in `centred`.
#[inline(always)]
fn normalised(
    row: &[f32],
    scaled: &mut [f32],
    centred: &mut [f32],
    scales: Scales<'_>,
) -> (f32, f32) {
    let scaled_row: &[f32] = match scales.before {
        Some(before) => {
            for ((scaled, x), c) in scaled.iter_mut().zip(row).zip(before) {
                *scaled = x * c;
            }
            scaled
        }
        None => row,
    };
    // No closures: a function that takes one may be compiled apart, for a lesser processor.
    let total = match scales.weights {
        Some(weights) => dot(scaled_row, weights),
        None => sum(scaled_row),
    };
    let mean = total / scales.divisor;
    for (centred, x) in centred.iter_mut().zip(scaled_row) {
        *centred = x - mean;
    }
    let squares = match scales.weights {
        None => dot(centred, centred),
        Some(weights) => {
            for ((scaled, x), w) in scaled.iter_mut().zip(&*centred).zip(weights) {
                *scaled = x * w;
            }
            dot(scaled, centred)
        }
    };
    (
        mean,
        (squares + scales.missing * mean * mean) / scales.divisor,
    )
}

/// The deviations of a row from its mean.
#[inline(always)]
fn centre(row: &[f32], mean: f32, scaled: &mut [f32], centred: &mut [f32], scales: Scales<'_>) {
    match scales.before {
        Some(before) => {
            for ((scaled, x), c) in scaled.iter_mut().zip(row).zip(before) {
                *scaled = x * c;
            }
            for (centred, x) in centred.iter_mut().zip(&*scaled) {
                *centred = x - mean;
            }
        }
        None => {
            for (centred, x) in centred.iter_mut().zip(row) {
                *centred = x - mean;
            }
        }
    }
}
