//! What training spends its time on, written by hand for the CPU.
//!
//! [`Kernels`] is the one trait that the model and the optimizer ask. Its methods have defaults, composed of operations
//! that every back end has, with gradients by automatic differentiation; `flex` writes them for the CPU, forward and
//! backward, on slices. Tests hold the two against each other, values and gradients, on random shapes.
//!
//! The slices know nothing of tensors: `lookup`, `linear` on the products of `product` and `bf16`, `softmax`, `norm`,
//! `cross_entropy`, `distillation`, `dropout` and `adam`.
//! No bit depends on the number of threads (`chunks`) or on the width of vectors (`simd`).

mod adam;
mod bf16;
mod chunks;
pub mod composite;
mod cross_entropy;
mod distillation;
mod dropout;
mod flex;
mod linear;
mod lookup;
mod norm;
mod product;
pub(crate) mod simd;
mod softmax;
#[cfg(test)]
mod tests;

pub use adam::AdamRule;
pub use dropout::Mask;
pub(crate) use norm::SMALLEST_VARIANCE;
pub use norm::{LAYER_NORM_EPSILON, Weighing};

use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Int, Tensor};

/// A back end on which models can learn.
pub trait Learning: Kernels + AutodiffBackend<InnerBackend: Kernels> {}

impl<B: Kernels + AutodiffBackend<InnerBackend: Kernels>> Learning for B {}

/// What the end of a residual block reads.
#[derive(Debug, Clone)]
pub struct NormInputs<B: Backend> {
    /// What the block got; `[rows, d_model]`.
    pub x: Tensor<B, 2>,
    /// What it made of it; `[rows, d_model]`.
    pub sublayer: Tensor<B, 2>,
    /// The gain of the layer norm; `[d_model]`.
    pub weight: Tensor<B, 1>,
    /// Its offset; `[d_model]`.
    pub bias: Tensor<B, 1>,
    /// The connectivity vector while it is active; `[d_model]`.
    pub c: Option<Tensor<B, 1>>,
}

/// The label-smoothed loss of a batch, and the plain one.
#[derive(Debug, Clone)]
pub struct CrossEntropy<B: Backend> {
    /// Label-smoothed cross entropy; `[1]`.
    pub smoothed: Tensor<B, 1>,
    /// Negative log-likelihood, a number to report: nothing flows back from it; `[1]`.
    pub nll: Tensor<B, 1>,
}

/// A parameter and what its optimizer knows, flat: the value, its gradient, two moments.
#[derive(Debug, Clone)]
pub struct AdamInputs<B: Backend> {
    /// The parameter.
    pub value: Tensor<B, 1>,
    /// Its gradient.
    pub gradient: Tensor<B, 1>,
    /// The first and the second moment.
    pub moments: [Tensor<B, 1>; 2],
    /// 1 where an entry is trained, 0 where it is frozen; all are trained if there is none.
    pub trained: Option<Tensor<B, 1>>,
}

/// The operations that a back end may do better than composed of others.
pub trait Kernels: Backend {
    /// `factor` times some rows of a table. Where `trained` is 0, nothing flows back to it.
    ///
    /// # Shapes
    /// - `table`: `[entries, width]`
    /// - `numbers`: `[rows]`, the rows to take
    /// - `trained`: `[rows, 1]`
    /// - returns: `[rows, width]`
    fn lookup(
        table: Tensor<Self, 2>,
        numbers: Tensor<Self, 1, Int>,
        factor: f64,
        trained: Option<Tensor<Self, 2>>,
    ) -> Tensor<Self, 2> {
        composite::lookup(table, numbers, factor, trained)
    }

    /// An affine map of each row.
    ///
    /// # Shapes
    /// - `x`: `[rows, inputs]`
    /// - `weight`: `[outputs, inputs]`
    /// - `bias`: `[outputs]`
    /// - returns: `[rows, outputs]`
    fn affine(
        x: Tensor<Self, 2>,
        weight: Tensor<Self, 2>,
        bias: Option<Tensor<Self, 1>>,
    ) -> Tensor<Self, 2> {
        composite::linear(x, weight, bias)
    }

    /// [`Self::affine`] and its gradients from matrices rounded to bfloat16; sums are in 32-bit floats. A back end may
    /// round products as well, which the CPU does not.
    fn affine_bf16(
        x: Tensor<Self, 2>,
        weight: Tensor<Self, 2>,
        bias: Option<Tensor<Self, 1>>,
    ) -> Tensor<Self, 2> {
        composite::linear_bf16(x, weight, bias)
    }

    /// Mixes values by the softmax of `factor` times the products of queries and keys, plus `bias`, which has no
    /// gradient.
    ///
    /// # Shapes
    /// - `queries`: `[batch, heads, len, d_qk]`
    /// - `keys`: `[batch, heads, memory_len, d_qk]`
    /// - `values`: `[batch, heads, memory_len, d_vo]`
    /// - `bias`: `[batch, 1, len or 1, memory_len]`
    /// - returns: `[batch, heads, len, d_vo]`
    fn attend(
        queries: Tensor<Self, 4>,
        keys: Tensor<Self, 4>,
        values: Tensor<Self, 4>,
        bias: Tensor<Self, 4>,
        factor: f64,
    ) -> Tensor<Self, 4> {
        composite::attention(queries, keys, values, bias, factor)
    }

    /// Dropout.
    ///
    /// # Shapes
    /// - `x`: `[rows, width]`
    fn dropout(x: Tensor<Self, 2>, mask: Mask) -> Tensor<Self, 2> {
        composite::dropout(x, mask)
    }

    /// Closes a residual block: `c` times the layer norm of `x` plus what dropout leaves of `sublayer` (SPEC §3).
    ///
    /// # Shapes
    /// - returns: `[rows, d_model]`
    fn residual_norm(
        inputs: NormInputs<Self>,
        weighing: Weighing,
        mask: Option<Mask>,
    ) -> Tensor<Self, 2> {
        composite::residual_norm(inputs, weighing, mask)
    }

    /// Label-smoothed cross entropy, summed over rows: the right class weighs `1 - smoothing`, every other class the
    /// same share of the rest (SPEC §9).
    ///
    /// # Shapes
    /// - `scores`: `[rows, vocab]`
    /// - `targets`: `[rows]`
    /// - `valid`: `[rows, 1]`, the weight of each row
    fn cross_entropy(
        scores: Tensor<Self, 2>,
        targets: Tensor<Self, 1, Int>,
        valid: Tensor<Self, 2>,
        smoothing: f64,
    ) -> CrossEntropy<Self> {
        composite::cross_entropy(scores, targets, valid, smoothing)
    }

    /// Distance from the teacher's to the student's softened distribution, times the squared temperature, summed over
    /// rows (SPEC §9). The teacher gets no gradient.
    ///
    /// # Shapes
    /// - `student`, `teacher`: scores, `[rows, vocab]`
    /// - `valid`: `[rows, 1]`, the weight of each row
    /// - returns: `[1]`
    fn distillation(
        student: Tensor<Self, 2>,
        teacher: Tensor<Self, 2>,
        valid: Tensor<Self, 2>,
        temperature: f64,
    ) -> Tensor<Self, 1> {
        composite::distillation(student, teacher, valid, temperature)
    }

    /// One update of Adam: the new value and the new moments. Nothing is differentiated.
    fn adam(inputs: AdamInputs<Self>, rule: AdamRule) -> (Tensor<Self, 1>, [Tensor<Self, 1>; 2]) {
        composite::adam(inputs, rule)
    }
}
