//! Affine maps, either side of which pruning may have emptied.

use super::transformer::Loader;
use crate::config::TrainingPrecision;
use crate::kernels::Kernels;
use burn::module::{Module, Param};
use burn::tensor::{Tensor, backend::Backend};

/// An affine map of each row, in this precision.
///
/// # Shapes
/// - `x`: `[rows, in]`
/// - `weight`: `[out, in]`
/// - returns: `[rows, out]`
pub(super) fn affine<B: Kernels>(
    x: Tensor<B, 2>,
    weight: Tensor<B, 2>,
    bias: Option<Tensor<B, 1>>,
    precision: TrainingPrecision,
) -> Tensor<B, 2> {
    match precision {
        TrainingPrecision::Float32 => B::affine(x, weight, bias),
        TrainingPrecision::Bfloat16 => B::affine_bf16(x, weight, bias),
    }
}

/// `y = W x + b`, with `W` stored `[out, in]`.
#[derive(Module, Debug)]
pub(super) struct Linear<B: Backend> {
    weight: Option<Param<Tensor<B, 2>>>,
    bias: Option<Param<Tensor<B, 1>>>,
}

impl<B: Kernels> Linear<B> {
    pub(super) fn load(loader: &Loader<'_, B>, prefix: &str) -> Self {
        Self {
            weight: loader.parameter(&format!("{prefix}.weight")),
            bias: loader.parameter(&format!("{prefix}.bias")),
        }
    }

    /// Maps each row; `None` stands for a matrix without columns.
    ///
    /// # Shapes
    /// - `x`: `[rows, in]`
    /// - returns: `[rows, out]`
    pub(super) fn forward(
        &self,
        x: Option<Tensor<B, 2>>,
        rows: usize,
        precision: TrainingPrecision,
    ) -> Option<Tensor<B, 2>> {
        let bias = self.bias.as_ref()?.val();
        let out = bias.dims()[0];
        Some(match (x, &self.weight) {
            (Some(x), Some(weight)) => affine(x, weight.val(), Some(bias), precision),
            _ => bias.unsqueeze::<2>().expand([rows, out]),
        })
    }
}
