//! Products of 8-bit integers: weights are rounded once, rows when they come.
//!
//! Each row of a matrix, and each row that it is multiplied with, is divided by a 127th of its largest entry and
//! rounded, so that every entry is off by half that scale at most. Sums of products of integers are exact: they are the
//! same however a processor comes to them, and however many rows stand together.

mod dot;
#[cfg(test)]
mod tests;

use super::panels::{After, Rows};
use super::tiles::{PANEL, Tiles, each_row, padded};
use crate::kernels::simd::{LANES, vectorised};
use dot::Dot;
use std::marker::PhantomData;
use std::ops::Range;

/// Inputs whose products are added up at once.
const GROUP: usize = 4;

/// The largest integer that entries become; the smallest is its negative.
const LARGEST: f32 = 127.0;

/// What is added to the entries of rows, which are kept without a sign.
const SHIFT: i32 = 128;

/// Inputs whose products, each of a byte with and one without a sign, have a sum of 32 bits.
const MOST_INPUTS: usize = i32::MAX as usize / (255 * 127);

/// Below this, a largest entry counts as 0: its 127th would be a denormal number.
const SMALLEST: f32 = LARGEST * f32::MIN_POSITIVE;

/// The weights of a group of inputs for a vector of outputs.
type Weights = [[i8; GROUP]; LANES];

/// Entries of a row of a matrix, or of a row that it is multiplied with.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    /// What integers are multiplied by; not finite if an entry is not.
    of_one: f32,
    /// What entries are multiplied by before they are rounded.
    factor: f32,
}

impl Scale {
    /// For entries of which this is the largest, regardless of signs.
    #[inline(always)]
    fn of(largest: f32) -> Self {
        let factor = match largest < SMALLEST {
            true => 0.0,
            false => LARGEST / largest,
        };
        Self {
            of_one: largest / LARGEST,
            factor,
        }
    }

    /// The integer that an entry becomes; anything if an entry is not finite.
    #[inline(always)]
    fn round(self, entry: f32) -> i32 {
        /// Adding it moves the binary point behind the last digit, so that what follows is rounded.
        const ROUND: f32 = 12_582_912.0;
        let rounded = entry * self.factor + ROUND;
        rounded.to_bits().wrapping_sub(ROUND.to_bits()) as i32
    }
}

/// The largest entry regardless of signs; not a number if one of them is none.
#[inline(always)]
fn largest(entries: &[f32]) -> f32 {
    // Bits of numbers without a sign are in the order of the numbers, and behind those is what is no number.
    let bits = |x: &f32| (x.to_bits() & (u32::MAX >> 1)) as i32;
    let mut lanes = [0; LANES];
    let (vectors, rest) = entries.as_chunks::<LANES>();
    for vector in vectors {
        for (lane, x) in lanes.iter_mut().zip(vector) {
            *lane = (*lane).max(bits(x));
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = (*lane).max(bits(x));
    }
    let highest = lanes.into_iter().fold(0, i32::max);
    f32::from_bits(highest as u32)
}

/// Rows of integers, as a product reads them.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    /// Padded rows, whose entries are shifted.
    entries: Vec<u8>,
    stride: usize,
    /// Of each row.
    scales: Vec<f32>,
}

impl Bytes {
    /// Rounds the first `width` entries of each row.
    pub(super) fn round(&mut self, rows: Rows<'_>, width: usize) {
        self.stride = padded(width);
        self.entries.resize(rows.count * self.stride, 0);
        self.scales.clear();
        self.scales.resize(rows.count, 0.0);
        round_rows(rows, width, &mut self.entries, &mut self.scales);
    }

    fn rows(&self) -> usize {
        self.scales.len()
    }
}

vectorised! {
    fn round_rows(rows: Rows<'_>, width: usize, to: &mut [u8], scales: &mut [f32]) {
        let stride = padded(width).max(1);
        let to = to.chunks_exact_mut(stride);
        for (row, (to, to_scale)) in to.zip(scales).enumerate() {
            let row = &rows.entries[row * rows.stride..][..width];
            let scale = Scale::of(largest(row));
            *to_scale = scale.of_one;
            to[width..].fill(SHIFT as u8);
            for (to, &x) in to.iter_mut().zip(row) {
                *to = (scale.round(x) + SHIFT) as u8;
            }
        }
    }
}

/// A matrix `[outputs, inputs]` of integers in panels as [`super::panels::Panels`] are, but for inputs, of which each
/// four stand together for each output.
#[derive(Debug)]
pub(super) struct Integers {
    groups: usize,
    entries: Vec<Weights>,
    /// Of each output.
    scales: Vec<f32>,
    /// For each output what sums must begin with, because rows are shifted.
    starts: Vec<i32>,
}

impl Integers {
    /// Rounds a matrix whose entries `at(output, input)` gives.
    ///
    /// # Panics
    /// If it has so many inputs that sums could exceed 32 bits.
    pub(super) fn new(inputs: usize, outputs: usize, at: impl Fn(usize, usize) -> f32) -> Self {
        assert!(inputs <= MOST_INPUTS, "{inputs} inputs");
        let (groups, stride) = (inputs.div_ceil(GROUP), padded(outputs));
        let mut integers = Self {
            groups,
            entries: vec![[[0; GROUP]; LANES]; groups * stride / LANES],
            scales: vec![0.0; stride],
            starts: vec![0; stride],
        };
        let mut row = vec![0.0; inputs];
        for output in 0..outputs {
            row.iter_mut()
                .enumerate()
                .for_each(|(input, x)| *x = at(output, input));
            let scale = Scale::of(largest(&row));
            integers.scales[output] = scale.of_one;
            for (input, &x) in row.iter().enumerate() {
                let weight = scale.round(x) as i8;
                *integers.at_mut(output, input) = weight;
                integers.starts[output] -= SHIFT * i32::from(weight);
            }
        }
        integers
    }

    /// Where a weight lies.
    fn at_mut(&mut self, output: usize, input: usize) -> &mut i8 {
        let (vectors, vector) = (self.scales.len() / LANES, output / LANES);
        let first = vector / PANEL * PANEL;
        let width = PANEL.min(vectors - first);
        let place = first * self.groups + input / GROUP * width + vector - first;
        &mut self.entries[place][output % LANES][input % GROUP]
    }

    /// Multiplies rows with some vectors of outputs, whole panels of them; results are written `stride` apart.
    pub(super) fn multiply(
        &self,
        x: &Bytes,
        vectors: Range<usize>,
        after: After<'_>,
        y: &mut [f32],
        stride: usize,
    ) {
        let product = Product {
            x,
            weights: self,
            first: vectors.start,
            after,
            y,
            stride,
        };
        dot::multiply(product, vectors.len());
    }

    /// The weights of so many vectors.
    #[inline(always)]
    fn panel<const V: usize>(&self, first: usize) -> &[[Weights; V]] {
        self.entries[first * self.groups..][..V * self.groups]
            .as_chunks()
            .0
    }
}

/// A product with some vectors of outputs.
struct Product<'a> {
    x: &'a Bytes,
    weights: &'a Integers,
    /// The first vector.
    first: usize,
    after: After<'a>,
    y: &'a mut [f32],
    stride: usize,
}

/// A [`Product`], and how it is computed.
struct Tiled<'a, D> {
    product: Product<'a>,
    dot: PhantomData<D>,
}

impl<'a, D> Tiled<'a, D> {
    fn new(product: Product<'a>) -> Self {
        Self {
            product,
            dot: PhantomData,
        }
    }
}

impl<D: Dot> Tiles for Tiled<'_, D> {
    #[inline(always)]
    fn tile<const M: usize, const V: usize>(&mut self, row: usize, vector: usize) {
        if M > PANEL * D::TALL {
            unreachable!("no tile is that tall");
        }
        let Product {
            x,
            weights,
            first,
            ref mut y,
            stride,
            ..
        } = self.product;
        let place = (first + vector) * LANES..(first + vector + V) * LANES;
        let panel = weights.panel::<V>(first + vector);
        let rows: [&[[u8; GROUP]]; M] = std::array::from_fn(|m| {
            let entries = &x.entries[(row + m) * x.stride..][..panel.len() * GROUP];
            entries.as_chunks().0
        });
        let starts: &[[i32; LANES]] = weights.starts[place.clone()].as_chunks().0;
        let starts: [[i32; LANES]; V] = std::array::from_fn(|v| match D::SHIFTED {
            true => starts[v],
            false => [0; LANES],
        });
        let mut sums = [starts; M];
        for (group, weights) in panel.iter().enumerate() {
            each_row!(ROW, {
                if ROW < M {
                    for (sums, weights) in sums[ROW].iter_mut().zip(weights) {
                        *sums = D::add(*sums, rows[ROW][group], weights);
                    }
                }
            });
        }
        let scales = &weights.scales[place];
        let y = &mut y[row * stride + vector * LANES..];
        each_row!(ROW, {
            if ROW < M {
                let y = &mut y[ROW * stride..][..V * LANES];
                let of_row = x.scales[row + ROW];
                for ((y, sum), scale) in y.iter_mut().zip(sums[ROW].as_flattened()).zip(scales) {
                    *y = *sum as f32 * (of_row * scale);
                }
            }
        });
    }
}
