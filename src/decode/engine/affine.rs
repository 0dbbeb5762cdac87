//! Affine maps: how they are made ready, and how they are applied.

use super::panels::{After, Panels, Rows, multiply, pack, padded};
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
    entries: Vec<f32>,
    bias: Vec<f32>,
}

impl Affine {
    pub(super) fn new(matrix: &Dense) -> Self {
        let (inputs, outputs) = (matrix.columns, matrix.rows());
        let mut entries = vec![0.0; inputs * padded(outputs)];
        pack(&mut entries, inputs, outputs, |output, input| {
            matrix.entries[output * inputs + input]
        });
        let mut bias = matrix.bias.clone();
        bias.resize(padded(outputs), 0.0);
        Self {
            inputs,
            outputs,
            entries,
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

    /// Maps rows into `y`, which is made as long as that needs.
    pub(super) fn apply(&self, x: Rows<'_>, y: &mut Vec<f32>) {
        self.apply_then(x, After::Add(&self.bias), y);
    }

    /// The same; what is below 0 becomes 0.
    pub(super) fn apply_relu(&self, x: Rows<'_>, y: &mut Vec<f32>) {
        self.apply_then(x, After::AddRelu(&self.bias), y);
    }

    fn apply_then(&self, x: Rows<'_>, after: After<'_>, y: &mut Vec<f32>) {
        let stride = self.stride();
        y.resize(x.count * stride, 0.0);
        multiply(x, self.panels(), after, y, stride);
    }

    /// Maps rows to some vectors of outputs, whole panels of them, without the bias.
    pub(super) fn apply_some(&self, x: Rows<'_>, vectors: Range<usize>, y: &mut [f32]) {
        let stride = vectors.len() * LANES;
        multiply(x, self.panels().range(vectors), After::Keep, y, stride);
    }

    fn panels(&self) -> Panels<'_> {
        Panels::new(&self.entries, self.inputs, self.outputs)
    }
}
