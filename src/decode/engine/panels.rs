//! Products with matrices that were packed once.
//!
//! Each entry is summed up in the order of the inputs, by fused multiplication and addition, whatever the vectors and
//! however many rows there are: no bit depends on the machine, nor on which rows stand together.

use crate::kernels::simd::{LANES, Level, level, vectorised};
use std::ops::Range;

/// Vectors of a panel.
const PANEL: usize = 2;

/// Entries of a row as they lie in a buffer: whole vectors, so that no loop has a rest.
pub(super) fn padded(width: usize) -> usize {
    width.next_multiple_of(LANES)
}

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
        product(x, panels, after, y, stride);
    }
}

/// [`multiply`] within a function that is compiled for the processor.
#[inline(always)]
pub(super) fn product(
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
    let mut vector = 0;
    while vector + PANEL <= panels.vectors {
        let panel = panels.panel::<PANEL>(vector);
        column(x, panel, &mut y[vector * LANES..], stride, tall);
        vector += PANEL;
    }
    if vector < panels.vectors {
        let panel = panels.panel::<1>(vector);
        let tall = TALLEST.min(PANEL * tall);
        column(x, panel, &mut y[vector * LANES..], stride, tall);
    }
    finish(x.count, panels.vectors * LANES, after, y, stride);
}

/// Rows of a tile at most.
const TALLEST: usize = 12;

/// All rows against a panel, in tiles of about the same height.
#[inline(always)]
fn column<const V: usize>(
    x: Rows<'_>,
    panel: &[[[f32; LANES]; V]],
    y: &mut [f32],
    stride: usize,
    tall: usize,
) {
    let mut row = 0;
    let mut tiles = x.count.div_ceil(tall);
    while row < x.count {
        let rows = (x.count - row).div_ceil(tiles);
        let (from, to) = (&x.entries[row * x.stride..], &mut y[row * stride..]);
        macro_rules! of_height {
            ($($rows:literal)*) => {
                match rows {
                    $($rows => tile::<$rows, V>(from, x.stride, panel, to, stride),)*
                    _ => unreachable!("a tile has at most twelve rows"),
                }
            };
        }
        of_height!(1 2 3 4 5 6 7 8 9 10 11 12);
        row += rows;
        tiles -= 1;
    }
}

/// Does something for each row that a tile can have.
macro_rules! each_row {
    ($row:ident, $do:block) => {
        each_row!($row, $do, 0 1 2 3 4 5 6 7 8 9 10 11)
    };
    ($row:ident, $do:block, $($number:literal)*) => {
        $({ const $row: usize = $number; $do })*
    };
}

/// So many rows against so many vectors: sums that stay in registers.
///
/// Rows are spelt out, not looped over: the compiler does not unroll a loop of this size, and then keeps the sums in
/// memory. For the same reason nothing else is done here.
#[inline(always)]
fn tile<const M: usize, const V: usize>(
    x: &[f32],
    x_stride: usize,
    panel: &[[[f32; LANES]; V]],
    y: &mut [f32],
    y_stride: usize,
) {
    let inputs = panel.len();
    let rows: [&[f32]; M] = std::array::from_fn(|m| &x[m * x_stride..][..inputs]);
    let mut sums = [[[0.0_f32; LANES]; V]; M];
    for (input, weights) in panel.iter().enumerate() {
        each_row!(ROW, {
            if ROW < M {
                add_products(&mut sums[ROW], rows[ROW][input], weights);
            }
        });
    }
    each_row!(ROW, {
        if ROW < M {
            y[ROW * y_stride..][..V * LANES].copy_from_slice(sums[ROW].as_flattened());
        }
    });
}

/// Adds a factor times some vectors.
#[inline(always)]
fn add_products<const V: usize>(
    sums: &mut [[f32; LANES]; V],
    factor: f32,
    weights: &[[f32; LANES]; V],
) {
    for (sums, weights) in sums.iter_mut().zip(weights) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum = factor.mul_add(*weight, *sum);
        }
    }
}

/// What is done to sums afterwards.
#[inline(always)]
fn finish(rows: usize, width: usize, after: After<'_>, y: &mut [f32], stride: usize) {
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
