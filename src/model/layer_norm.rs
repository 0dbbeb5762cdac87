//! Layer norm that gives the same result before and after pruned dimensions are cut out.

use super::connectivity::scale;
use super::transformer::Loader;
use crate::config;
use burn::module::{Module, Param};
use burn::tensor::{Tensor, backend::Backend};

/// Added to the standard deviation of a layer norm, outside the root (SPEC §3).
pub const LAYER_NORM_EPSILON: f64 = 1e-5;

/// Keeps the root's slope finite where a row has no spread at all; far below what [`LAYER_NORM_EPSILON`] resolves.
const SMALLEST_VARIANCE: f64 = 1e-24;

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

impl<B: Backend> LayerNorm<B> {
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

    /// Normalises each row (SPEC §3, table of four variants).
    ///
    /// # Shapes
    /// - `x`: `[rows, d_model]`
    /// - `c`: `[d_model]`, the connectivity vector while it is active
    pub fn forward(
        &self,
        x: Tensor<B, 2>,
        c: Option<&Tensor<B, 1>>,
        rule: NormRule,
    ) -> Tensor<B, 2> {
        let (centred, variance) = match (rule.mode, c) {
            (config::LayerNorm::Weighted, Some(c)) => weighted(x, c),
            (config::LayerNorm::Weighted, None) => {
                let width = x.dims()[1];
                with_divisor(x, width)
            }
            (config::LayerNorm::Unweighted, c) => with_divisor(scale(x, c), rule.original_d_model),
        };
        let deviation = variance.clamp_min(SMALLEST_VARIANCE).sqrt() + LAYER_NORM_EPSILON;
        centred / deviation * self.weight.val().unsqueeze::<2>() + self.bias.val().unsqueeze::<2>()
    }
}

/// Deviations from the mean and their variance, each dimension weighed by its connectivity parameter.
fn weighted<B: Backend>(x: Tensor<B, 2>, c: &Tensor<B, 1>) -> (Tensor<B, 2>, Tensor<B, 2>) {
    let c = c.clone().unsqueeze::<2>();
    let total = c.clone().sum_dim(1);
    let mean = (x.clone() * c.clone()).sum_dim(1) / total.clone();
    let centred = x - mean;
    let variance = (centred.clone().square() * c).sum_dim(1) / total;
    (centred, variance)
}

/// Deviations from the mean and their variance as if the row went on with zeros up to `divisor` entries.
fn with_divisor<B: Backend>(x: Tensor<B, 2>, divisor: usize) -> (Tensor<B, 2>, Tensor<B, 2>) {
    let missing = divisor - x.dims()[1];
    let divisor = divisor as f64;
    let mean = x.clone().sum_dim(1) / divisor;
    let centred = x - mean.clone();
    let variance = centred.clone().square().sum_dim(1) / divisor;
    match missing {
        0 => (centred, variance),
        _ => (
            centred,
            variance + mean.square() * (missing as f64 / divisor),
        ),
    }
}
