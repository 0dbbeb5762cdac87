//! Products with matrices that were packed once.
//!
//! Each entry is summed up in the order of the inputs, by fused multiplication and addition, whatever the vectors and
//! however many rows there are: no bit depends on the machine, nor on which rows stand together.

use crate::kernels::simd::{LANES, Level, level, vectorised};
use std::ops::Range;

/// Entries of a row as they lie in a buffer: whole vectors, so that no loop has a rest.
pub(super) fn padded(width: usize) -> usize {
    width.next_multiple_of(LANES)
}

/// A matrix `[outputs, inputs]` in panels of sixteen outputs: panel after panel, input after input. What the last
/// panel has beyond the outputs is 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panels<'a> {
    inputs: usize,
    /// How many panels there are.
    count: usize,
    entries: &'a [[f32; LANES]],
}

impl<'a> Panels<'a> {
    /// Packed entries of [`pack`].
    pub(super) fn new(entries: &'a [f32], inputs: usize, outputs: usize) -> Self {
        let (entries, _) = entries[..inputs * padded(outputs)].as_chunks();
        Self {
            inputs,
            count: padded(outputs) / LANES,
            entries,
        }
    }

    /// Only some of the panels.
    pub(super) fn range(self, panels: Range<usize>) -> Self {
        Self {
            count: panels.len(),
            entries: &self.entries[panels.start * self.inputs..panels.end * self.inputs],
            ..self
        }
    }

    /// One panel.
    #[inline(always)]
    fn panel(&self, index: usize) -> &'a [[f32; LANES]] {
        &self.entries[index * self.inputs..][..self.inputs]
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
    let to = &mut to[..inputs * padded(outputs)];
    if inputs == 0 {
        return;
    }
    for (panel, to) in to.chunks_exact_mut(inputs * LANES).enumerate() {
        for (input, to) in to.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            for (lane, to) in to.iter_mut().enumerate() {
                let output = panel * LANES + lane;
                *to = if output < outputs { at(output, input) } else { 0.0 };
            }
        }
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

/// What becomes of a sum before it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing.
    Keep,
    /// What is below 0 becomes 0.
    Relu,
}

/// Where a product starts from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start<'a> {
    /// From 0.
    Zero,
    /// From these, padded.
    Bias(&'a [f32]),
}

/// Rows of a tile, and whether it is two panels wide: as many sums as there are registers for.
#[inline(always)]
fn tiles() -> (usize, bool) {
    match level() {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => (12, true),
        _ => (6, false),
    }
}

vectorised! {
    /// Rows times the transposed matrix, written in padded rows `stride` apart.
    pub(super) fn multiply(
        x: Rows<'_>,
        panels: Panels<'_>,
        start: Start<'_>,
        after: After,
        y: &mut [f32],
        stride: usize,
    ) {
        product(x, panels, start, after, y, stride);
    }
}

/// [`multiply`] within a function that is compiled for the processor.
#[inline(always)]
pub(super) fn product(
    x: Rows<'_>,
    panels: Panels<'_>,
    start: Start<'_>,
    after: After,
    y: &mut [f32],
    stride: usize,
) {
    let (tall, wide) = tiles();
    let mut panel = 0;
    while panel < panels.count {
        if wide && panel + 2 <= panels.count {
            let pair = [panels.panel(panel), panels.panel(panel + 1)];
            let from = [begin(start, panel), begin(start, panel + 1)];
            column(x, pair, from, after, &mut y[panel * LANES..], stride, tall);
            panel += 2;
        } else {
            let one = [panels.panel(panel)];
            let from = [begin(start, panel)];
            column(x, one, from, after, &mut y[panel * LANES..], stride, tall);
            panel += 1;
        }
    }
}

/// All rows against some panels, in tiles of about the same height.
#[inline(always)]
fn column<const V: usize>(
    x: Rows<'_>,
    panels: [&[[f32; LANES]]; V],
    start: [[f32; LANES]; V],
    after: After,
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
                    $($rows => tile::<$rows, V>(from, x.stride, panels, start, after, to, stride),)*
                    _ => unreachable!("a tile has at most twelve rows"),
                }
            };
        }
        of_height!(1 2 3 4 5 6 7 8 9 10 11 12);
        row += rows;
        tiles -= 1;
    }
}

/// The entries that the sums of a panel start from.
#[inline(always)]
fn begin(start: Start<'_>, panel: usize) -> [f32; LANES] {
    match start {
        Start::Zero => [0.0; LANES],
        Start::Bias(bias) => bias.as_chunks().0[panel],
    }
}

/// So many rows against so many panels: sums that stay in registers.
#[inline(always)]
fn tile<const M: usize, const V: usize>(
    x: &[f32],
    x_stride: usize,
    panels: [&[[f32; LANES]]; V],
    start: [[f32; LANES]; V],
    after: After,
    y: &mut [f32],
    y_stride: usize,
) {
    let inputs = panels[0].len();
    let mut rows: [&[f32]; M] = [&[]; M];
    for (m, row) in rows.iter_mut().enumerate() {
        *row = &x[m * x_stride..][..inputs];
    }
    let mut columns = panels;
    for panel in &mut columns {
        *panel = &panel[..inputs];
    }
    let mut sums = [start; M];
    for input in 0..inputs {
        for m in 0..M {
            let factor = rows[m][input];
            for v in 0..V {
                for lane in 0..LANES {
                    sums[m][v][lane] = factor.mul_add(columns[v][input][lane], sums[m][v][lane]);
                }
            }
        }
    }
    for m in 0..M {
        for v in 0..V {
            if after == After::Relu {
                for sum in &mut sums[m][v] {
                    *sum = if *sum > 0.0 { *sum } else { 0.0 };
                }
            }
            y[m * y_stride + v * LANES..][..LANES].copy_from_slice(&sums[m][v]);
        }
    }
}
