//! Layer norm that gives the same result before and after pruned dimensions are cut out.

use super::transformer::Loader;
use crate::config;
use crate::kernels::{Kernels, Mask, NormInputs, Weighing};
use burn::module::{Module, Param};
use burn::tensor::{Tensor, backend::Backend};

/// Normalises each row and maps it affinely.
#[derive(Module, Debug)]
pub struct LayerNorm<B: Backend> {
    weight: Param<Tensor<B, 1>>,
    bias: Param<Tensor<B, 1>>,
}

/// What layer norms of a model have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormRule {
    /// How dimensions that are being pruned count.
    pub mode: config::LayerNorm,
    /// Width before pruning.
    pub original_d_model: usize,
}

impl<B: Kernels> LayerNorm<B> {
    /// A layer norm with the given gain and offset, each `[d_model]`.
    pub fn new(weight: Tensor<B, 1>, bias: Tensor<B, 1>) -> Self {
        Self {
            weight: Param::from_tensor(weight),
            bias: Param::from_tensor(bias),
        }
    }

    pub(super) fn load(loader: &Loader<'_, B>, prefix: &str) -> Self {
        Self {
            weight: loader.present(&format!("{prefix}.weight")),
            bias: loader.present(&format!("{prefix}.bias")),
        }
    }

    /// Closes a residual block: dropout on the sub-layer's output, sum, layer norm, connectivity (SPEC §3).
    ///
    /// # Shapes
    /// - `x`, `sublayer`: `[rows, d_model]`
    /// - `c`: `[d_model]`, the connectivity vector while it is active
    pub fn close_block(
        &self,
        x: Tensor<B, 2>,
        sublayer: Tensor<B, 2>,
        c: Option<&Tensor<B, 1>>,
        rule: NormRule,
        dropout: Option<Mask>,
    ) -> Tensor<B, 2> {
        let inputs = NormInputs {
            x,
            sublayer,
            weight: self.weight.val(),
            bias: self.bias.val(),
            c: c.cloned(),
        };
        let weighing = match rule.mode {
            config::LayerNorm::Weighted => Weighing::ByConnectivity,
            config::LayerNorm::Unweighted => Weighing::Padded(rule.original_d_model),
        };
        B::residual_norm(inputs, weighing, dropout)
    }
}
