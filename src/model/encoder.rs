//! The encoder: source tokens to what the decoder attends to.

use super::attention::Attention;
use super::connectivity::scale;
use super::embedding::Embedding;
use super::input::Source;
use super::layer_norm::{LayerNorm, NormRule};
use super::linear::Linear;
use super::residual::{drop, feed_forward};
use super::transformer::Loader;
use super::{Blueprint, Dropout, Pass};
use crate::groups::EncoderLayerGroups;
use crate::kernels::Kernels;
use burn::module::Module;
use burn::tensor::{Tensor, backend::Backend};

/// A stack of self-attention layers over embedded source tokens.
#[derive(Module, Debug)]
pub(super) struct Encoder<B: Backend> {
    embed_tokens: Embedding<B>,
    layers: Vec<EncoderLayer<B>>,
}

#[derive(Module, Debug)]
struct EncoderLayer<B: Backend> {
    self_attn: Attention<B>,
    self_attn_layer_norm: LayerNorm<B>,
    fc1: Linear<B>,
    fc2: Linear<B>,
    final_layer_norm: LayerNorm<B>,
}

impl<B: Kernels> Encoder<B> {
    pub(super) fn load(loader: &Loader<'_, B>, blueprint: &Blueprint) -> Self {
        let layer = |index| {
            let name = |part: &str| format!("encoder.layers.{index}.{part}");
            EncoderLayer {
                self_attn: Attention::load(loader, &name("self_attn")),
                self_attn_layer_norm: LayerNorm::load(loader, &name("self_attn_layer_norm")),
                fc1: Linear::load(loader, &name("fc1")),
                fc2: Linear::load(loader, &name("fc2")),
                final_layer_norm: LayerNorm::load(loader, &name("final_layer_norm")),
            }
        };
        Self {
            embed_tokens: Embedding::load(
                loader,
                "encoder.embed_tokens",
                &blueprint.encoder_columns,
            ),
            layers: (0..blueprint.shape.encoder.layers.len())
                .map(layer)
                .collect(),
        }
    }

    /// Encodes a batch.
    ///
    /// # Shapes
    /// - returns: `[batch * src_len, d_model]`
    pub(super) fn forward(
        &self,
        source: &Source<B>,
        rule: NormRule,
        pass: Pass<'_, B>,
    ) -> Tensor<B, 2> {
        let c = pass.connectivity.and_then(|c| c.encoder.embedding.as_ref());
        let embedded =
            self.embed_tokens
                .forward(source.tokens.clone(), source.positions.clone(), None);
        let mut x = scale(drop(embedded, pass), c);
        if let Some(present) = &source.present {
            x = x * present.clone();
        }
        for (index, layer) in self.layers.iter().enumerate() {
            let groups = pass.connectivity.map(|c| &c.encoder.layers[index]);
            x = layer.forward(x, source, rule, c, groups, pass);
        }
        x
    }
}

impl<B: Kernels> EncoderLayer<B> {
    fn forward(
        &self,
        x: Tensor<B, 2>,
        source: &Source<B>,
        rule: NormRule,
        c: Option<&Tensor<B, 1>>,
        groups: Option<&EncoderLayerGroups<Option<Tensor<B, 1>>>>,
        pass: Pass<'_, B>,
    ) -> Tensor<B, 2> {
        let mask = || pass.dropout.map(Dropout::mask);
        let keys_values = self.self_attn.keys_values(&x, source.batch, pass.precision);
        let attended = self.self_attn.forward(
            x.clone(),
            keys_values,
            source.bias.clone(),
            groups.map(|g| &g.self_attention),
            pass.precision,
        );
        let x = self
            .self_attn_layer_norm
            .close_block(x, attended, c, rule, mask());
        let neurons = groups.and_then(|g| g.feed_forward.as_ref());
        let fed = feed_forward(x.clone(), &self.fc1, &self.fc2, neurons, pass.precision);
        self.final_layer_norm.close_block(x, fed, c, rule, mask())
    }
}
