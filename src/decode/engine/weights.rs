//! A model's weights as the engine reads them: packed, with connectivity and constant factors multiplied in.

use super::affine::{Affine, Dense};
use super::norm::Norm;
use super::tiles::padded;
use crate::config::{DecodingPrecision, LayerNorm, OutputProjection};
use crate::groups::{AttentionGroups, Groups};
use crate::model::state::{Array, State};
use crate::model::{Blueprint, position_table};
use crate::shape::AttentionShape;
use crate::text::vocabulary::PAD;

/// The row of the first token in a table of positions: the one after that of padding.
const FIRST_POSITION: usize = PAD as usize + 1;

/// Connectivity vectors; an empty one stands for a group that is empty.
pub type Vectors = Groups<Vec<f32>>;

/// Attention, whose heads stand apart by whole vectors.
#[derive(Debug)]
pub(super) struct Attention {
    pub(super) queries: Affine,
    /// Keys of all heads, then values of all heads.
    pub(super) memory: Affine,
    pub(super) out: Affine,
    pub(super) sizes: HeadSizes,
}

/// Where the heads of an attention module lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeadSizes {
    pub(super) heads: usize,
    /// Dimensions of a head's queries and keys.
    pub(super) qk: usize,
    /// Dimensions of a head's values.
    pub(super) vo: usize,
}

impl HeadSizes {
    /// From the queries or keys of a head to those of the next.
    pub(super) fn qk_stride(&self) -> usize {
        padded(self.qk)
    }

    /// From the values of a head to those of the next.
    pub(super) fn vo_stride(&self) -> usize {
        padded(self.vo)
    }

    /// Of all heads' queries.
    pub(super) fn queries(&self) -> usize {
        self.heads * self.qk_stride()
    }

    /// Of all heads' values.
    pub(super) fn mixed(&self) -> usize {
        self.heads * self.vo_stride()
    }

    /// Of all heads' keys and values.
    pub(super) fn memory(&self) -> usize {
        self.queries() + self.mixed()
    }
}

/// The feed-forward sub-layer.
#[derive(Debug)]
pub(super) struct FeedForward {
    pub(super) first: Affine,
    pub(super) second: Affine,
}

/// A layer of the encoder.
#[derive(Debug)]
pub(super) struct EncoderLayer {
    pub(super) own: Attention,
    pub(super) own_norm: Norm,
    pub(super) feed_forward: FeedForward,
    pub(super) last_norm: Norm,
}

/// A layer of the decoder.
#[derive(Debug)]
pub(super) struct DecoderLayer {
    pub(super) own: Attention,
    pub(super) own_norm: Norm,
    pub(super) cross: Attention,
    pub(super) cross_norm: Norm,
    pub(super) feed_forward: FeedForward,
    pub(super) last_norm: Norm,
}

/// Embeddings of one side: words and positions, each row padded.
#[derive(Debug)]
pub(super) struct Embedding {
    words: Vec<f32>,
    positions: Vec<f32>,
    pub(super) stride: usize,
}

impl Embedding {
    /// Appends the embedding of a token at a position, counted from 0.
    pub(super) fn push(&self, token: u32, position: usize, to: &mut Vec<f32>) {
        let words = &self.words[token as usize * self.stride..][..self.stride];
        let positions = &self.positions[position * self.stride..][..self.stride];
        to.extend(
            words
                .iter()
                .zip(positions)
                .map(|(word, position)| word + position),
        );
    }
}

/// All weights of a model.
#[derive(Debug)]
pub(super) struct Weights {
    pub(super) source: Embedding,
    pub(super) encoder: Vec<EncoderLayer>,
    pub(super) target: Embedding,
    pub(super) decoder: Vec<DecoderLayer>,
    /// To the scores of the target dictionary's words.
    pub(super) projection: Affine,
}

impl Weights {
    /// Makes the weights of a model ready.
    ///
    /// # Panics
    /// If the state does not fit the blueprint.
    pub(super) fn new(
        blueprint: &Blueprint,
        state: &State,
        connectivity: Option<&Vectors>,
        precision: DecodingPrecision,
    ) -> Self {
        let loader = Loader {
            blueprint,
            state,
            precision,
        };
        let shape = &blueprint.shape;
        let (source, target) = (shape.encoder.d_model, shape.decoder.d_model);
        let c = connectivity;
        let (source_c, target_c) = (
            c.map(|c| c.encoder.embedding.as_slice()),
            c.map(|c| c.decoder.embedding.as_slice()),
        );
        let encoder = shape.encoder.layers.iter().enumerate();
        let encoder = encoder.map(|(index, layer)| {
            let name = |part: &str| format!("encoder.layers.{index}.{part}");
            let c = c.map(|c| &c.encoder.layers[index]);
            let own = c.map(|c| &c.self_attention);
            EncoderLayer {
                own: loader.attention(&name("self_attn"), layer.self_attention, [source; 2], own),
                own_norm: loader.norm(&name("self_attn_layer_norm"), source, source_c),
                feed_forward: loader.feed_forward(
                    &name(""),
                    source,
                    layer.d_ff,
                    c.map(|c| c.feed_forward.as_slice()),
                ),
                last_norm: loader.norm(&name("final_layer_norm"), source, source_c),
            }
        });
        let decoder = shape.decoder.layers.iter().enumerate();
        let decoder = decoder.map(|(index, layer)| {
            let name = |part: &str| format!("decoder.layers.{index}.{part}");
            let c = c.map(|c| &c.decoder.layers[index]);
            let (own, cross) = (c.map(|c| &c.self_attention), c.map(|c| &c.cross_attention));
            DecoderLayer {
                own: loader.attention(&name("self_attn"), layer.self_attention, [target; 2], own),
                own_norm: loader.norm(&name("self_attn_layer_norm"), target, target_c),
                cross: loader.attention(
                    &name("encoder_attn"),
                    layer.cross_attention,
                    [target, source],
                    cross,
                ),
                cross_norm: loader.norm(&name("encoder_attn_layer_norm"), target, target_c),
                feed_forward: loader.feed_forward(
                    &name(""),
                    target,
                    layer.d_ff,
                    c.map(|c| c.feed_forward.as_slice()),
                ),
                last_norm: loader.norm(&name("final_layer_norm"), target, target_c),
            }
        });
        Self {
            source: loader.embedding(
                "encoder.embed_tokens.weight",
                shape.source_vocab,
                &blueprint.encoder_columns,
                source_c,
            ),
            encoder: encoder.collect(),
            target: loader.embedding(
                "decoder.embed_tokens.weight",
                shape.target_vocab,
                &blueprint.decoder_columns,
                target_c,
            ),
            decoder: decoder.collect(),
            projection: loader.projection(target_c),
        }
    }
}

/// Takes tensors out of a state.
struct Loader<'a> {
    blueprint: &'a Blueprint,
    state: &'a State,
    precision: DecodingPrecision,
}

impl Loader<'_> {
    /// The entries of a tensor, of which there are so many; that of an empty group may be left out.
    fn entries(&self, name: &str, count: usize) -> Vec<f32> {
        match self.state.get(name) {
            Some(Array { data, .. }) if data.len() == count => data.clone(),
            None if count == 0 => Vec::new(),
            _ => panic!("`{name}` has not {count} entries: the state does not fit the blueprint"),
        }
    }

    fn dense(&self, prefix: &str, rows: usize, columns: usize) -> Dense {
        Dense {
            columns,
            entries: self.entries(&format!("{prefix}.weight"), rows * columns),
            bias: self.entries(&format!("{prefix}.bias"), rows),
        }
    }

    fn affine(&self, matrix: &Dense) -> Affine {
        Affine::new(matrix, self.precision)
    }

    /// An attention module that reads queries and memory of these widths.
    fn attention(
        &self,
        prefix: &str,
        AttentionShape { qk, vo }: AttentionShape,
        [d_query, d_memory]: [usize; 2],
        c: Option<&AttentionGroups<Vec<f32>>>,
    ) -> Attention {
        let heads = self.blueprint.shape.heads;
        let factor = (self.blueprint.shape.original_d_head() as f32).powf(-0.5);
        let dense = |part, rows, columns| self.dense(&format!("{prefix}.{part}"), rows, columns);
        let queries = dense("q_proj", qk, d_query)
            .scale_rows(|row| factor * c.map_or(1.0, |c| c.qk[row]))
            .spread_rows(heads);
        let keys = dense("k_proj", qk, d_memory).spread_rows(heads);
        let values = dense("v_proj", vo, d_memory).spread_rows(heads);
        let out = scaled(dense("out_proj", d_query, vo), c.map(|c| c.vo.as_slice()));
        Attention {
            queries: self.affine(&queries),
            memory: self.affine(&keys.above(values)),
            out: self.affine(&out.spread_columns(heads)),
            sizes: HeadSizes {
                heads,
                qk: qk / heads,
                vo: vo / heads,
            },
        }
    }

    fn feed_forward(
        &self,
        prefix: &str,
        d_model: usize,
        d_ff: usize,
        c: Option<&[f32]>,
    ) -> FeedForward {
        let first = self.dense(&format!("{prefix}fc1"), d_ff, d_model);
        let second = scaled(self.dense(&format!("{prefix}fc2"), d_model, d_ff), c);
        FeedForward {
            first: self.affine(&first),
            second: self.affine(&second),
        }
    }

    fn norm(&self, prefix: &str, width: usize, c: Option<&[f32]>) -> Norm {
        let stretched = |mut entries: Vec<f32>| {
            entries.resize(padded(width), 0.0);
            entries
        };
        let ones = vec![1.0; width];
        let c = c.unwrap_or(&ones);
        let times_c = |part: &str| {
            let mut entries = self.entries(&format!("{prefix}.{part}"), width);
            entries.iter_mut().zip(c).for_each(|(x, c)| *x *= c);
            stretched(entries)
        };
        let original = self.blueprint.shape.original_d_model;
        let (before, weights, divisor, missing) = match self.blueprint.layer_norm {
            LayerNorm::Weighted => (ones.clone(), c.to_vec(), c.iter().sum(), 0.0),
            LayerNorm::Unweighted => (
                c.to_vec(),
                ones.clone(),
                original as f32,
                (original - width) as f32,
            ),
        };
        Norm {
            before: stretched(before),
            weights: stretched(weights),
            gain: times_c("weight"),
            offset: times_c("bias"),
            divisor,
            missing,
        }
    }

    fn embedding(
        &self,
        name: &str,
        vocab: usize,
        columns: &[usize],
        c: Option<&[f32]>,
    ) -> Embedding {
        let (blueprint, width) = (self.blueprint, columns.len());
        let original = blueprint.shape.original_d_model;
        let stride = padded(width);
        let table = |entries: &[f32], factor: f32| {
            let mut table = vec![0.0; entries.len() / width * stride];
            for (to, from) in table
                .chunks_exact_mut(stride)
                .zip(entries.chunks_exact(width))
            {
                for (column, (to, from)) in to.iter_mut().zip(from).enumerate() {
                    *to = factor * from * c.map_or(1.0, |c| c[column]);
                }
            }
            table
        };
        let positions = position_table(FIRST_POSITION + blueprint.max_positions, original, columns);
        Embedding {
            words: table(&self.entries(name, vocab * width), (original as f32).sqrt()),
            positions: table(&positions[FIRST_POSITION * width..], 1.0),
            stride,
        }
    }

    fn projection(&self, c: Option<&[f32]>) -> Affine {
        let shape = &self.blueprint.shape;
        let (rows, columns) = (shape.target_vocab, shape.decoder.d_model);
        let name = match shape.output_projection {
            OutputProjection::Tied => "decoder.embed_tokens.weight",
            OutputProjection::Separate => "decoder.output_projection.weight",
        };
        let matrix = Dense {
            columns,
            entries: self.entries(name, rows * columns),
            bias: vec![0.0; rows],
        };
        self.affine(&scaled(matrix, c))
    }
}

/// The columns of a matrix times connectivity, where there is some.
fn scaled(matrix: Dense, c: Option<&[f32]>) -> Dense {
    match c {
        Some(c) => matrix.scale_columns(c),
        None => matrix,
    }
}
