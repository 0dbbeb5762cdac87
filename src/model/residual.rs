//! What encoder and decoder layers have in common.

use super::Pass;
use super::connectivity::scale;
use super::linear::Linear;
use crate::config::TrainingPrecision;
use crate::kernels::Kernels;
use burn::tensor::{Tensor, activation::relu};

/// Dropout, while training.
pub(super) fn drop<B: Kernels>(x: Tensor<B, 2>, pass: Pass<'_, B>) -> Tensor<B, 2> {
    match pass.dropout {
        Some(dropout) => B::dropout(x, dropout.mask()),
        None => x,
    }
}

/// The feed-forward sub-layer: two affine maps with a ReLU between them.
///
/// # Shapes
/// - `x`: `[rows, d_model]`
/// - `c`: `[d_ff]`
pub(super) fn feed_forward<B: Kernels>(
    x: Tensor<B, 2>,
    fc1: &Linear<B>,
    fc2: &Linear<B>,
    c: Option<&Tensor<B, 1>>,
    precision: TrainingPrecision,
) -> Tensor<B, 2> {
    let rows = x.dims()[0];
    let hidden = fc1
        .forward(Some(x), rows, precision)
        .map(|hidden| scale(relu(hidden), c));
    match fc2.forward(hidden, rows, precision) {
        Some(out) => out,
        None => unreachable!("a side keeps at least one embedding dimension"),
    }
}
