//! The sizes of the Transformer before anything is pruned.

use super::Contradiction;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// The unpruned model. The same width on both sides; vocabulary sizes come from the data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Architecture {
    /// Width of embeddings and layers. A multiple of `heads`.
    pub d_model: NonZeroUsize,
    /// Neurons of each feed-forward block.
    pub d_ff: NonZeroUsize,
    /// Attention heads of each attention module.
    pub heads: NonZeroUsize,
    /// Layers of the encoder.
    pub encoder_layers: NonZeroUsize,
    /// Layers of the decoder.
    pub decoder_layers: NonZeroUsize,
    /// How layer norm treats dimensions that are being pruned.
    pub layer_norm: LayerNorm,
    /// Longest sentence, in tokens with its end-of-sentence, on either side.
    pub max_positions: NonZeroUsize,
}

impl Architecture {
    /// Whether the heads divide the width among them; `keys` are those of the two values, the width first.
    pub(super) fn check(&self, keys: &'static [&'static str]) -> Result<(), Contradiction> {
        let (d_model, heads) = (self.d_model, self.heads);
        if d_model.get().is_multiple_of(heads.get()) {
            return Ok(());
        }
        Err(Contradiction {
            keys,
            rule: format!("`d-model`, {d_model}, is no multiple of `heads`, {heads}"),
        })
    }
}

/// How layer norm treats dimensions that are being pruned (SPEC §3); the same for a model that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerNorm {
    /// Mean and variance weigh each dimension by its connectivity parameter.
    Weighted,
    /// Pruned dimensions count as zeros; the divisor stays the original width.
    Unweighted,
}
