//! Affine maps: how they are made ready, and how they are applied.

use super::integers::{Bytes, Integers};
use super::panels::{After, Panels, Rows, multiply, pack};
use super::tiles::padded;
use crate::config::DecodingPrecision;
use crate::kernels::simd::LANES;
use std::ops::Range;

/// A matrix, rows first, and what is added to its products, while it is made ready.
#[derive(Debug, Clone)]
pub(super) struct Dense {
    pub(super) columns: usize,
    pub(super) entries: Vec<f32>,
    /// One for each row.
    pub(super) bias: Vec<f32>,
}

impl Dense {
    fn rows(&self) -> usize {
        self.bias.len()
    }

    /// Multiplies each row by a factor of its own.
    pub(super) fn scale_rows(mut self, factors: impl Fn(usize) -> f32) -> Self {
        for (row, bias) in self.bias.iter_mut().enumerate() {
            let factor = factors(row);
            *bias *= factor;
            let entries = &mut self.entries[row * self.columns..][..self.columns];
            entries.iter_mut().for_each(|x| *x *= factor);
        }
        self
    }

    /// Multiplies each column by a factor of its own.
    pub(super) fn scale_columns(mut self, factors: &[f32]) -> Self {
        for row in self.entries.chunks_exact_mut(self.columns.max(1)) {
            row.iter_mut().zip(factors).for_each(|(x, c)| *x *= c);
        }
        self
    }

    /// Rows of zeros after those of each head, so that heads stand apart by whole vectors.
    pub(super) fn spread_rows(self, heads: usize) -> Self {
        let width = self.rows() / heads;
        let apart = padded(width);
        let (mut entries, mut bias) = (Vec::new(), Vec::new());
        for head in 0..heads {
            entries.extend_from_slice(
                &self.entries[head * width * self.columns..][..width * self.columns],
            );
            bias.extend_from_slice(&self.bias[head * width..][..width]);
            entries.resize((head + 1) * apart * self.columns, 0.0);
            bias.resize((head + 1) * apart, 0.0);
        }
        Self {
            entries,
            bias,
            ..self
        }
    }

    /// Columns of zeros likewise.
    pub(super) fn spread_columns(self, heads: usize) -> Self {
        let width = self.columns / heads;
        let apart = padded(width);
        let mut entries = Vec::with_capacity(self.rows() * heads * apart);
        for row in 0..self.rows() {
            for head in 0..heads {
                let from = &self.entries[row * self.columns + head * width..][..width];
                entries.extend_from_slice(from);
                entries.resize(entries.len() + apart - width, 0.0);
            }
        }
        Self {
            columns: heads * apart,
            entries,
            ..self
        }
    }

    /// The rows of another matrix below these.
    pub(super) fn above(mut self, below: Self) -> Self {
        self.entries.extend(below.entries);
        self.bias.extend(below.bias);
        self
    }
}

/// An affine map of rows.
#[derive(Debug)]
pub(super) struct Affine {
    inputs: usize,
    outputs: usize,
    weights: Weights,
    bias: Vec<f32>,
}

#[derive(Debug)]
enum Weights {
    /// Packed.
    Floats(Vec<f32>),
    Integers(Integers),
}

/// Rows as a map reads them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Input<'a> {
    Floats(Rows<'a>),
    Integers(&'a Bytes),
}

impl Affine {
    /// Makes a matrix ready.
    pub(super) fn new(matrix: &Dense, precision: DecodingPrecision) -> Self {
        let (inputs, outputs) = (matrix.columns, matrix.rows());
        let at = |output, input| matrix.entries[output * inputs + input];
        let weights = match precision {
            DecodingPrecision::Float32 => {
                let mut entries = vec![0.0; inputs * padded(outputs)];
                pack(&mut entries, inputs, outputs, at);
                Weights::Floats(entries)
            }
            DecodingPrecision::Int8 => Weights::Integers(Integers::new(inputs, outputs, at)),
        };
        let mut bias = matrix.bias.clone();
        bias.resize(padded(outputs), 0.0);
        Self {
            inputs,
            outputs,
            weights,
            bias,
        }
    }

    /// Entries of the rows that are mapped, and of those that they are mapped to.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.inputs, self.outputs)
    }

    /// From a row of the result to the next.
    pub(super) fn stride(&self) -> usize {
        padded(self.outputs)
    }

    /// Rows as this map reads them; `room` holds them if they are rounded for that.
    pub(super) fn input<'a>(&self, x: Rows<'a>, room: &'a mut Bytes) -> Input<'a> {
        match self.weights {
            Weights::Floats(_) => Input::Floats(x),
            Weights::Integers(_) => {
                room.round(x, self.inputs);
                Input::Integers(room)
            }
        }
    }

    /// Maps rows into `y`, which is made as long as that needs.
    pub(super) fn apply(&self, x: Rows<'_>, room: &mut Bytes, y: &mut Vec<f32>) {
        self.apply_then(x, room, After::Add(&self.bias), y);
    }

    /// The same; what is below 0 becomes 0.
    pub(super) fn apply_relu(&self, x: Rows<'_>, room: &mut Bytes, y: &mut Vec<f32>) {
        self.apply_then(x, room, After::AddRelu(&self.bias), y);
    }

    fn apply_then(&self, x: Rows<'_>, room: &mut Bytes, after: After<'_>, y: &mut Vec<f32>) {
        y.resize(x.count * self.stride(), 0.0);
        let vectors = 0..self.stride() / LANES;
        self.multiply(self.input(x, room), vectors, after, y);
    }

    /// Maps rows to some vectors of outputs, whole panels of them, without the bias.
    pub(super) fn apply_some(&self, x: Input<'_>, vectors: Range<usize>, y: &mut [f32]) {
        self.multiply(x, vectors, After::Keep, y);
    }

    fn multiply(&self, x: Input<'_>, vectors: Range<usize>, after: After<'_>, y: &mut [f32]) {
        let stride = vectors.len() * LANES;
        match (x, &self.weights) {
            (Input::Floats(x), Weights::Floats(entries)) => {
                let panels = Panels::new(entries, self.inputs, self.outputs).range(vectors);
                multiply(x, panels, after, y, stride);
            }
            (Input::Integers(x), Weights::Integers(weights)) => {
                weights.multiply(x, vectors, after, y, stride);
            }
            _ => panic!("rows that were made ready for another map"),
        }
    }
}
