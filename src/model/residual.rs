//! What encoder and decoder layers are made of: sub-layers inside residual blocks.

use super::Pass;
use super::connectivity::scale;
use super::layer_norm::{LayerNorm, NormRule};
use super::linear::Linear;
use burn::tensor::{Tensor, activation::relu, backend::Backend};

/// Closes a residual block: dropout on the sub-layer's output, sum, layer norm, connectivity (SPEC §3).
///
/// # Shapes
/// - `x`, `sublayer`: `[rows, d_model]`
/// - `c`: `[d_model]`
pub(super) fn residual<B: Backend>(
    x: Tensor<B, 2>,
    sublayer: Tensor<B, 2>,
    norm: &LayerNorm<B>,
    rule: NormRule,
    c: Option<&Tensor<B, 1>>,
    pass: Pass<'_, B>,
) -> Tensor<B, 2> {
    scale(norm.forward(x + drop(sublayer, pass), c, rule), c)
}

/// Dropout, while training.
pub(super) fn drop<B: Backend>(x: Tensor<B, 2>, pass: Pass<'_, B>) -> Tensor<B, 2> {
    match pass.dropout {
        Some(dropout) => dropout.apply(x),
        None => x,
    }
}

/// The feed-forward sub-layer: two affine maps with a ReLU between them.
///
/// # Shapes
/// - `x`: `[rows, d_model]`
/// - `c`: `[d_ff]`
pub(super) fn feed_forward<B: Backend>(
    x: Tensor<B, 2>,
    fc1: &Linear<B>,
    fc2: &Linear<B>,
    c: Option<&Tensor<B, 1>>,
) -> Tensor<B, 2> {
    let rows = x.dims()[0];
    let hidden = fc1
        .forward(Some(x), rows)
        .map(|hidden| scale(relu(hidden), c));
    match fc2.forward(hidden, rows) {
        Some(out) => out,
        None => unreachable!("a side keeps at least one embedding dimension"),
    }
}
