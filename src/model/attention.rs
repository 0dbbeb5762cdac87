//! Multi-head attention whose heads may be narrower than they were built.

use super::connectivity::scale;
use super::linear::Linear;
use super::transformer::Loader;
use crate::config::TrainingPrecision;
use crate::groups::AttentionGroups;
use crate::kernels::Kernels;
use burn::module::Module;
use burn::tensor::{Tensor, activation::softmax, backend::Backend};

/// Queries, keys or values, split into heads: `[batch, heads, len, d_head]`; none where pruning left no dimension.
pub(super) type Heads<B> = Option<Tensor<B, 4>>;

/// The connectivity vectors of a module.
pub(super) type AttentionConnectivity<B> = AttentionGroups<Option<Tensor<B, 1>>>;

/// Multi-head attention (SPEC §3).
#[derive(Module, Debug)]
pub(super) struct Attention<B: Backend> {
    q_proj: Linear<B>,
    k_proj: Linear<B>,
    v_proj: Linear<B>,
    out_proj: Linear<B>,
    constants: Constants,
}

#[derive(Module, Debug, Clone)]
struct Constants {
    heads: usize,
    /// 1/sqrt of the original width of a head.
    query_factor: f64,
}

impl<B: Kernels> Attention<B> {
    pub(super) fn load(loader: &Loader<'_, B>, prefix: &str) -> Self {
        Self {
            q_proj: Linear::load(loader, &format!("{prefix}.q_proj")),
            k_proj: Linear::load(loader, &format!("{prefix}.k_proj")),
            v_proj: Linear::load(loader, &format!("{prefix}.v_proj")),
            out_proj: Linear::load(loader, &format!("{prefix}.out_proj")),
            constants: Constants {
                heads: loader.heads(),
                query_factor: (loader.original_d_head() as f64).powf(-0.5),
            },
        }
    }

    /// Keys and values of `memory`.
    ///
    /// # Shapes
    /// - `memory`: `[batch * len, d_memory]`
    pub(super) fn keys_values(
        &self,
        memory: &Tensor<B, 2>,
        batch: usize,
        precision: TrainingPrecision,
    ) -> (Heads<B>, Heads<B>) {
        let rows = memory.dims()[0];
        let split = |linear: &Linear<B>| {
            linear
                .forward(Some(memory.clone()), rows, precision)
                .map(|x| self.split(x, batch))
        };
        (split(&self.k_proj), split(&self.v_proj))
    }

    /// Attends from each row of `x` to keys and values.
    ///
    /// # Shapes
    /// - `x`: `[batch * len, d_model]`
    /// - `keys`, `values`: `[batch, heads, memory_len, _]`
    /// - `bias`: added to the scores, broadcastable to `[batch, heads, len, memory_len]`
    /// - returns: `[batch * len, d_model]`
    pub(super) fn forward(
        &self,
        x: Tensor<B, 2>,
        (keys, values): (Heads<B>, Heads<B>),
        bias: Tensor<B, 4>,
        c: Option<&AttentionConnectivity<B>>,
        precision: TrainingPrecision,
    ) -> Tensor<B, 2> {
        let [rows, _] = x.dims();
        let [batch, _, _, memory_len] = bias.dims();
        let mixed = values.map(|values| {
            let queries = self
                .q_proj
                .forward(Some(x), rows, precision)
                .map(|q| self.split(scale(q, c.and_then(|c| c.qk.as_ref())), batch));
            let mixed = match (queries, keys) {
                (Some(queries), Some(keys)) => {
                    B::attend(queries, keys, values, bias, self.constants.query_factor)
                }
                // Scores of nothing are 0.
                _ => {
                    let sizes = [batch, self.constants.heads, rows / batch, memory_len];
                    softmax(bias.expand(sizes), 3).matmul(values)
                }
            };
            scale(self.join(mixed), c.and_then(|c| c.vo.as_ref()))
        });
        match self.out_proj.forward(mixed, rows, precision) {
            Some(out) => out,
            None => unreachable!("a side keeps at least one embedding dimension"),
        }
    }

    /// `[batch * len, heads * d_head]` to `[batch, heads, len, d_head]`.
    fn split(&self, x: Tensor<B, 2>, batch: usize) -> Tensor<B, 4> {
        let [rows, width] = x.dims();
        let heads = self.constants.heads;
        x.reshape([batch, rows / batch, heads, width / heads])
            .swap_dims(1, 2)
    }

    /// `[batch, heads, len, d_head]` to `[batch * len, heads * d_head]`.
    fn join(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let [batch, heads, len, d_head] = x.dims();
        x.swap_dims(1, 2).reshape([batch * len, heads * d_head])
    }
}
