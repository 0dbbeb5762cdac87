//! Products with matrices that were packed once.
//!
//! Each entry is summed up in the order of the inputs, by fused multiplication and addition, whatever the vectors and
//! however many rows there are: no bit depends on the machine, nor on which rows stand together.

use super::tiles::{PANEL, Tiles, compute, each_row, padded};
use crate::kernels::simd::{LANES, Level, level, multiply_add, vectorised};
use std::ops::Range;

/// A matrix `[outputs, inputs]` in panels: one after another, in each the weights of all its outputs, input after
/// input. A panel has two vectors of outputs, or one at the end. What it has beyond the outputs is 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panels<'a> {
    inputs: usize,
    /// Vectors of outputs.
    vectors: usize,
    entries: &'a [[f32; LANES]],
}

impl<'a> Panels<'a> {
    /// Packed entries of [`pack`].
    pub(super) fn new(entries: &'a [f32], inputs: usize, outputs: usize) -> Self {
        let (entries, _) = entries[..inputs * padded(outputs)].as_chunks();
        Self {
            inputs,
            vectors: padded(outputs) / LANES,
            entries,
        }
    }

    /// Only some of the vectors, from a panel's first on to a panel's last.
    pub(super) fn range(self, vectors: Range<usize>) -> Self {
        Self {
            vectors: vectors.len(),
            entries: &self.entries[vectors.start * self.inputs..vectors.end * self.inputs],
            ..self
        }
    }

    /// The weights of so many vectors.
    #[inline(always)]
    fn panel<const V: usize>(&self, first: usize) -> &'a [[[f32; LANES]; V]] {
        self.entries[first * self.inputs..][..V * self.inputs]
            .as_chunks()
            .0
    }
}

/// Packs a matrix whose entries `at(output, input)` gives.
///
/// # Panics
/// If `to` has less than `inputs` times the padded `outputs` entries.
#[inline(always)]
pub(super) fn pack(
    to: &mut [f32],
    inputs: usize,
    outputs: usize,
    at: impl Fn(usize, usize) -> f32,
) {
    let mut rest = &mut to[..inputs * padded(outputs)];
    let mut first = 0;
    while first < outputs {
        let width = (PANEL * LANES).min(padded(outputs - first));
        let (panel, others) = rest.split_at_mut(inputs * width);
        for (input, weights) in panel.chunks_exact_mut(width).enumerate() {
            for (lane, to) in weights.iter_mut().enumerate() {
                let output = first + lane;
                *to = if output < outputs {
                    at(output, input)
                } else {
                    0.0
                };
            }
        }
        rest = others;
        first += width;
    }
}

/// Rows that are read; entries beyond the width that is used may be anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) entries: &'a [f32],
    /// From a row to the next.
    pub(super) stride: usize,
    pub(super) count: usize,
}

/// What becomes of sums before they are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum After<'a> {
    /// Nothing.
    Keep,
    /// These are added to each row.
    Add(&'a [f32]),
    /// These are added, then what is below 0 becomes 0.
    AddRelu(&'a [f32]),
}

vectorised! {
    /// Rows times the transposed matrix, written in padded rows `stride` apart.
    pub(super) fn multiply(
        x: Rows<'_>,
        panels: Panels<'_>,
        after: After<'_>,
        y: &mut [f32],
        stride: usize,
    ) {
        product::<FMA>(x, panels, after, y, stride);
    }
}

/// [`multiply`] within a function that is compiled for the processor.
#[inline(always)]
pub(super) fn product<const FMA: bool>(
    x: Rows<'_>,
    panels: Panels<'_>,
    after: After<'_>,
    y: &mut [f32],
    stride: usize,
) {
    // As many sums as there are registers for.
    let tall = match level() {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 | Level::Avx512Bf16 => 12,
        _ => 3,
    };
    let mut floats = Floats::<FMA> {
        x,
        panels,
        y,
        stride,
    };
    compute(&mut floats, x.count, panels.vectors, tall);
    finish(x.count, panels.vectors * LANES, after, y, stride);
}

/// A product of floats.
struct Floats<'a, const FMA: bool> {
    x: Rows<'a>,
    panels: Panels<'a>,
    y: &'a mut [f32],
    stride: usize,
}

impl<const FMA: bool> Tiles for Floats<'_, FMA> {
    #[inline(always)]
    fn tile<const M: usize, const V: usize>(&mut self, row: usize, vector: usize) {
        let (inputs, x, stride) = (self.panels.inputs, self.x, self.stride);
        let rows: [&[f32]; M] =
            std::array::from_fn(|m| &x.entries[(row + m) * x.stride..][..inputs]);
        let mut sums = [[[0.0_f32; LANES]; V]; M];
        for (input, weights) in self.panels.panel::<V>(vector).iter().enumerate() {
            each_row!(ROW, {
                if ROW < M {
                    add_products::<FMA, V>(&mut sums[ROW], rows[ROW][input], weights);
                }
            });
        }
        let y = &mut self.y[row * stride + vector * LANES..];
        each_row!(ROW, {
            if ROW < M {
                y[ROW * stride..][..V * LANES].copy_from_slice(sums[ROW].as_flattened());
            }
        });
    }
}

/// Adds a factor times some vectors.
#[inline(always)]
fn add_products<const FMA: bool, const V: usize>(
    sums: &mut [[f32; LANES]; V],
    factor: f32,
    weights: &[[f32; LANES]; V],
) {
    for (sums, weights) in sums.iter_mut().zip(weights) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum = multiply_add::<FMA>(factor, *weight, *sum);
        }
    }
}

/// What is done to sums afterwards.
#[inline(always)]
pub(super) fn finish(rows: usize, width: usize, after: After<'_>, y: &mut [f32], stride: usize) {
    let (bias, relu) = match after {
        After::Keep => return,
        After::Add(bias) => (bias, false),
        After::AddRelu(bias) => (bias, true),
    };
    for row in y.chunks_mut(stride.max(1)).take(rows) {
        for (y, bias) in row[..width].iter_mut().zip(bias) {
            let sum = *y + bias;
            *y = if relu && sum < 0.0 { 0.0 } else { sum };
        }
    }
}
