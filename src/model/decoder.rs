//! The decoder: all target positions at once for training, one after another for search.

use super::attention::{Attention, Heads};
use super::connectivity::scale;
use super::embedding::{Embedding, PAD};
use super::input::{Source, Target, ints};
use super::layer_norm::{LayerNorm, NormRule};
use super::linear::{Linear, affine};
use super::parameters::OUTPUT_PROJECTION;
use super::residual::{drop, feed_forward};
use super::transformer::Loader;
use super::{Blueprint, Dropout, Pass};
use crate::config::TrainingPrecision;
use crate::groups::DecoderLayerGroups;
use crate::kernels::Kernels;
use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor, backend::Backend};

/// A stack of self-attention and cross-attention layers over embedded target tokens.
#[derive(Module, Debug)]
pub(super) struct Decoder<B: Backend> {
    embed_tokens: Embedding<B>,
    layers: Vec<DecoderLayer<B>>,
    /// None where the embedding table is the projection too.
    output_projection: Option<OutputProjection<B>>,
}

/// A projection with weights of its own.
#[derive(Module, Debug)]
struct OutputProjection<B: Backend> {
    weight: Param<Tensor<B, 2>>,
}

#[derive(Module, Debug)]
struct DecoderLayer<B: Backend> {
    self_attn: Attention<B>,
    self_attn_layer_norm: LayerNorm<B>,
    encoder_attn: Attention<B>,
    encoder_attn_layer_norm: LayerNorm<B>,
    fc1: Linear<B>,
    fc2: Linear<B>,
    final_layer_norm: LayerNorm<B>,
}

/// What decoding one position after another remembers: keys and values of all earlier positions, and of the
/// encoder's output.
///
/// The rows of one sentence's hypotheses stand together: row `sentence * beam + hypothesis`.
#[derive(Debug, Clone)]
pub struct DecoderCache<B: Backend> {
    layers: Vec<LayerCache<B>>,
    source_bias: Tensor<B, 4>,
    step: usize,
}

#[derive(Debug, Clone)]
struct LayerCache<B: Backend> {
    /// Of hypotheses: `[batch * beam, heads, step, d_head]`; none before the first step.
    own: (Heads<B>, Heads<B>),
    /// Of sentences, shared by their hypotheses: `[batch, heads, src_len, d_head]`.
    source: (Heads<B>, Heads<B>),
}

impl<B: Backend> DecoderCache<B> {
    /// How many sentences are left.
    pub fn sentences(&self) -> usize {
        self.source_bias.dims()[0]
    }

    /// Keeps only some rows, in a new order: hypotheses of the same sentences.
    ///
    /// # Shapes
    /// - `rows`: `[batch * beam]`, indices of the rows that go on
    pub fn reorder(&mut self, rows: Tensor<B, 1, Int>) {
        for layer in &mut self.layers {
            select(&mut layer.own, &rows);
        }
    }

    /// Keeps only some sentences; call [`Self::reorder`] with the rows that go on, counted as before.
    ///
    /// # Shapes
    /// - `sentences`: indices of the sentences that go on
    pub fn keep_sentences(&mut self, sentences: &[usize]) {
        let device = self.source_bias.device();
        let sentences = ints(sentences.iter().map(|&s| s as i32).collect(), &device);
        for layer in &mut self.layers {
            select(&mut layer.source, &sentences);
        }
        self.source_bias = self.source_bias.clone().select(0, sentences);
    }
}

fn select<B: Backend>((keys, values): &mut (Heads<B>, Heads<B>), rows: &Tensor<B, 1, Int>) {
    for heads in [keys, values] {
        *heads = heads.take().map(|x| x.select(0, rows.clone()));
    }
}

/// Appends the newest position to those before it.
fn append<B: Backend>(earlier: Heads<B>, newest: Heads<B>) -> Heads<B> {
    match (earlier, newest) {
        (Some(earlier), Some(newest)) => Some(Tensor::cat(vec![earlier, newest], 2)),
        (None, newest) => newest,
        (earlier, None) => earlier,
    }
}

/// The places where a layer's two attentions look.
struct Memory<B: Backend> {
    own: (Heads<B>, Heads<B>),
    own_bias: Tensor<B, 4>,
    source: (Heads<B>, Heads<B>),
    source_bias: Tensor<B, 4>,
}

impl<B: Kernels> Decoder<B> {
    pub(super) fn load(loader: &Loader<'_, B>, blueprint: &Blueprint) -> Self {
        let layer = |index| {
            let name = |part: &str| format!("decoder.layers.{index}.{part}");
            DecoderLayer {
                self_attn: Attention::load(loader, &name("self_attn")),
                self_attn_layer_norm: LayerNorm::load(loader, &name("self_attn_layer_norm")),
                encoder_attn: Attention::load(loader, &name("encoder_attn")),
                encoder_attn_layer_norm: LayerNorm::load(loader, &name("encoder_attn_layer_norm")),
                fc1: Linear::load(loader, &name("fc1")),
                fc2: Linear::load(loader, &name("fc2")),
                final_layer_norm: LayerNorm::load(loader, &name("final_layer_norm")),
            }
        };
        Self {
            embed_tokens: Embedding::load(
                loader,
                "decoder.embed_tokens",
                &blueprint.decoder_columns,
            ),
            layers: (0..blueprint.shape.decoder.layers.len())
                .map(layer)
                .collect(),
            output_projection: loader
                .parameter(OUTPUT_PROJECTION)
                .map(|weight| OutputProjection { weight }),
        }
    }

    /// Features of every target position.
    ///
    /// # Shapes
    /// - `memory`: `[batch * src_len, d_model]` of the encoder
    /// - returns: `[batch * tgt_len, d_model]`
    pub(super) fn forward(
        &self,
        target: &Target<B>,
        memory: &Tensor<B, 2>,
        source: &Source<B>,
        rule: NormRule,
        pass: Pass<'_, B>,
    ) -> Tensor<B, 2> {
        let mut x = self.embed(
            target.tokens.clone(),
            target.positions.clone(),
            target.present.as_ref(),
            pass,
        );
        for (index, layer) in self.layers.iter().enumerate() {
            let memory = Memory {
                own: layer
                    .self_attn
                    .keys_values(&x, target.batch, pass.precision),
                own_bias: target.bias.clone(),
                source: layer
                    .encoder_attn
                    .keys_values(memory, source.batch, pass.precision),
                source_bias: source.bias.clone(),
            };
            x = layer.forward(x, memory, index, rule, pass);
        }
        x
    }

    /// Scores of every token of the dictionary (SPEC §3, "Output").
    ///
    /// # Shapes
    /// - `features`: `[rows, d_model]`
    /// - returns: `[rows, vocab]`
    pub(super) fn project(&self, features: Tensor<B, 2>, pass: Pass<'_, B>) -> Tensor<B, 2> {
        let weight = match &self.output_projection {
            Some(projection) => &projection.weight,
            None => self.embed_tokens.weight(),
        };
        let features = scale(features, embedding_c(pass));
        affine(features, weight.val(), None, pass.precision)
    }

    /// An empty cache over the encoder's output.
    pub(super) fn cache(&self, memory: &Tensor<B, 2>, source: &Source<B>) -> DecoderCache<B> {
        let layer = |layer: &DecoderLayer<B>| LayerCache {
            own: (None, None),
            source: layer.encoder_attn.keys_values(
                memory,
                source.batch,
                TrainingPrecision::Float32,
            ),
        };
        DecoderCache {
            layers: self.layers.iter().map(layer).collect(),
            source_bias: source.bias.clone(),
            step: 0,
        }
    }

    /// Features of the next position of every hypothesis.
    ///
    /// # Shapes
    /// - `tokens`: `[batch * beam]`, the newest token of each hypothesis
    /// - returns: `[batch * beam, d_model]`
    pub(super) fn step(
        &self,
        tokens: Tensor<B, 1, Int>,
        cache: &mut DecoderCache<B>,
        rule: NormRule,
        pass: Pass<'_, B>,
    ) -> Tensor<B, 2> {
        let rows = tokens.dims()[0];
        let device = tokens.device();
        cache.step += 1;
        let positions = ints(vec![(PAD + cache.step) as i32; rows], &device);
        let mut x = self.embed(tokens, positions, None, pass);
        for (index, layer) in self.layers.iter().enumerate() {
            let (keys, values) = layer.self_attn.keys_values(&x, rows, pass.precision);
            let cached = &mut cache.layers[index];
            cached.own = (
                append(cached.own.0.take(), keys),
                append(cached.own.1.take(), values),
            );
            let memory = Memory {
                own: cached.own.clone(),
                own_bias: Tensor::zeros([rows, 1, 1, cache.step], &device),
                source: cached.source.clone(),
                source_bias: cache.source_bias.clone(),
            };
            x = layer.forward(x, memory, index, rule, pass);
        }
        x
    }

    fn embed(
        &self,
        tokens: Tensor<B, 1, Int>,
        positions: Tensor<B, 1, Int>,
        present: Option<&Tensor<B, 2>>,
        pass: Pass<'_, B>,
    ) -> Tensor<B, 2> {
        scale(
            drop(self.embed_tokens.forward(tokens, positions, present), pass),
            embedding_c(pass),
        )
    }
}

fn embedding_c<'a, B: Backend>(pass: Pass<'a, B>) -> Option<&'a Tensor<B, 1>> {
    pass.connectivity.and_then(|c| c.decoder.embedding.as_ref())
}

impl<B: Kernels> DecoderLayer<B> {
    fn forward(
        &self,
        x: Tensor<B, 2>,
        memory: Memory<B>,
        index: usize,
        rule: NormRule,
        pass: Pass<'_, B>,
    ) -> Tensor<B, 2> {
        let c = embedding_c(pass);
        let mask = || pass.dropout.map(Dropout::mask);
        let groups: Option<&DecoderLayerGroups<_>> =
            pass.connectivity.map(|c| &c.decoder.layers[index]);
        let attended = self.self_attn.forward(
            x.clone(),
            memory.own,
            memory.own_bias,
            groups.map(|g| &g.self_attention),
            pass.precision,
        );
        let x = self
            .self_attn_layer_norm
            .close_block(x, attended, c, rule, mask());
        let attended = self.encoder_attn.forward(
            x.clone(),
            memory.source,
            memory.source_bias,
            groups.map(|g| &g.cross_attention),
            pass.precision,
        );
        let x = self
            .encoder_attn_layer_norm
            .close_block(x, attended, c, rule, mask());
        let neurons = groups.and_then(|g| g.feed_forward.as_ref());
        let fed = feed_forward(x.clone(), &self.fc1, &self.fc2, neurons, pass.precision);
        self.final_layer_norm.close_block(x, fed, c, rule, mask())
    }
}
