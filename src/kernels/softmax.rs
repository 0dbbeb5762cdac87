//! Masked softmax of attention scores, and attention around it.

use super::chunks::shared;
use super::product::{Before, Matrix, Place, multiply};
use super::simd::{dot, exp, max, sum, vectorised};
use rayon::prelude::*;

/// An array `[batch, heads, len, width]` that may lie anywhere in a slice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads<'a> {
    pub(super) entries: &'a [f32],
    pub(super) place: HeadsPlace,
}

/// Where such an array lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeadsPlace {
    pub(super) sizes: [usize; 4],
    pub(super) strides: [usize; 4],
    pub(super) start: usize,
}

impl HeadsPlace {
    /// In the order batch, position, head, dimension: the heads of a position stand together.
    pub(super) fn joined([batch, heads, len, width]: [usize; 4]) -> Self {
        Self {
            sizes: [batch, heads, len, width],
            strides: [len * heads * width, width, heads * width, 1],
            start: 0,
        }
    }

    /// The matrix of one sentence and head.
    fn head(&self, sentence: usize, head: usize) -> Place {
        Place {
            rows: self.sizes[2],
            columns: self.sizes[3],
            start: self.start + sentence * self.strides[0] + head * self.strides[1],
            row_stride: self.strides[2],
            column_stride: self.strides[3],
        }
    }

    /// That within the part of one sentence, in an array without gaps between sentences.
    fn head_within(&self, head: usize) -> Place {
        self.head(0, head)
    }

    fn entries_of_a_sentence(&self) -> usize {
        self.sizes[1..].iter().product()
    }
}

impl<'a> Heads<'a> {
    fn head(&self, sentence: usize, head: usize) -> Matrix<'a> {
        Matrix(self.entries, self.place.head(sentence, head))
    }
}

/// What is added to scores: `[batch, 1, len or 1, memory_len]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bias<'a> {
    pub(super) entries: &'a [f32],
    pub(super) len: usize,
}

impl<'a> Bias<'a> {
    /// The rows of one sentence, each `memory_len` long.
    fn of(&self, sentence: usize, memory_len: usize) -> &'a [f32] {
        let size = self.len * memory_len;
        &self.entries[sentence * size..][..size]
    }
}

/// The three arrays that attention reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) queries: Heads<'a>,
    pub(super) keys: Heads<'a>,
    pub(super) values: Heads<'a>,
    /// What the products of queries and keys are multiplied by.
    pub(super) factor: f32,
}

impl Inputs<'_> {
    /// Sentences, heads, queries of each, keys of each.
    fn sizes(&self) -> [usize; 4] {
        let [batch, heads, len, _] = self.queries.place.sizes;
        [batch, heads, len, self.keys.place.sizes[2]]
    }

    /// Where the mixed values go.
    pub(super) fn mixed(&self) -> HeadsPlace {
        let [batch, heads, len, _] = self.sizes();
        HeadsPlace::joined([batch, heads, len, self.values.place.sizes[3]])
    }

    /// About as many entries as the work visits.
    fn work(&self) -> usize {
        let [batch, heads, len, memory_len] = self.sizes();
        batch * heads * len * memory_len * 4
    }
}

/// The mixed values, at [`Inputs::mixed`], and the weights that they are mixed with, `[batch, heads, len, memory_len]`.
pub(super) fn forward(inputs: Inputs<'_>, bias: Bias<'_>) -> (Vec<f32>, Vec<f32>) {
    let [batch, heads, len, memory_len] = inputs.sizes();
    let place = inputs.mixed();
    let mut mixed = vec![0.0; batch * place.entries_of_a_sentence()];
    let mut weights = vec![0.0; batch * heads * len * memory_len];
    let pieces = mixed
        .par_chunks_mut(place.entries_of_a_sentence().max(1))
        .zip(weights.par_chunks_mut((heads * len * memory_len).max(1)));
    shared(pieces.enumerate(), inputs.work()).for_each(|(sentence, (mixed, weights))| {
        let square = Place::dense(len, memory_len);
        for (head, weights) in weights.chunks_exact_mut(len * memory_len).enumerate() {
            let queries = inputs.queries.head(sentence, head);
            let keys = inputs.keys.head(sentence, head).transposed();
            multiply(
                weights,
                square,
                Before::Overwrite,
                queries,
                keys,
                inputs.factor,
            );
            softmax(weights, bias.of(sentence, memory_len), memory_len);
            let values = inputs.values.head(sentence, head);
            let weights = Matrix(weights, square);
            multiply(
                mixed,
                place.head_within(head),
                Before::Overwrite,
                weights,
                values,
                1.0,
            );
        }
    });
    (mixed, weights)
}

/// Gradients with respect to queries, keys and values, each at [`HeadsPlace::joined`], from that of the mixed values.
pub(super) fn backward(inputs: Inputs<'_>, weights: &[f32], d_mixed: Heads<'_>) -> [Vec<f32>; 3] {
    let [batch, heads, len, memory_len] = inputs.sizes();
    let places =
        [inputs.queries, inputs.keys, inputs.values].map(|x| HeadsPlace::joined(x.place.sizes));
    let sizes = places.map(|place| place.entries_of_a_sentence());
    let [mut d_queries, mut d_keys, mut d_values] = sizes.map(|size| vec![0.0; batch * size]);
    let pieces = d_queries
        .par_chunks_mut(sizes[0].max(1))
        .zip(d_keys.par_chunks_mut(sizes[1].max(1)))
        .zip(d_values.par_chunks_mut(sizes[2].max(1)))
        .zip(weights.par_chunks((heads * len * memory_len).max(1)));
    shared(pieces.enumerate(), inputs.work()).for_each(
        |(sentence, (((d_queries, d_keys), d_values), weights))| {
            let square = Place::dense(len, memory_len);
            let mut d_scores = vec![0.0; len * memory_len];
            for (head, weights) in weights.chunks_exact(len * memory_len).enumerate() {
                let d_mixed = d_mixed.head(sentence, head);
                let [queries, keys, values] =
                    [inputs.queries, inputs.keys, inputs.values].map(|x| x.head(sentence, head));
                let [to_queries, to_keys, to_values] = places.map(|place| place.head_within(head));
                let mixed_by = Matrix(weights, square);
                multiply(
                    d_values,
                    to_values,
                    Before::Overwrite,
                    mixed_by.transposed(),
                    d_mixed,
                    1.0,
                );
                multiply(
                    &mut d_scores,
                    square,
                    Before::Overwrite,
                    d_mixed,
                    values.transposed(),
                    1.0,
                );
                softmax_backward(&mut d_scores, weights, memory_len);
                let d_scores = Matrix(&d_scores, square);
                multiply(
                    d_queries,
                    to_queries,
                    Before::Overwrite,
                    d_scores,
                    keys,
                    inputs.factor,
                );
                multiply(
                    d_keys,
                    to_keys,
                    Before::Overwrite,
                    d_scores.transposed(),
                    queries,
                    inputs.factor,
                );
            }
        },
    );
    [d_queries, d_keys, d_values]
}

vectorised! {
    /// Softmax of each row, `bias` added; of several rows or of one for all.
    fn softmax(rows: &mut [f32], bias: &[f32], width: usize) {
        for (row, bias) in rows.chunks_exact_mut(width).zip(bias.chunks_exact(width).cycle()) {
            for (x, bias) in row.iter_mut().zip(bias) {
                *x += bias;
            }
            let highest = max(row);
            for x in row.iter_mut() {
                *x = exp(*x - highest);
            }
            let factor = 1.0 / sum(row);
            for x in row.iter_mut() {
                *x *= factor;
            }
        }
    }

    /// The gradient of each row's scores, from that of its weights, in its place.
    fn softmax_backward(rows: &mut [f32], weights: &[f32], width: usize) {
        for (row, weights) in rows.chunks_exact_mut(width).zip(weights.chunks_exact(width)) {
            let mean = dot(row, weights);
            for (x, weight) in row.iter_mut().zip(weights) {
                *x = weight * (*x - mean);
            }
        }
    }
}
