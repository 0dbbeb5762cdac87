//! The sizes of a model, pruned or not: what parameters and FLOPs are counted from.

use crate::config::{Architecture, OutputProjection};
use crate::groups::{AttentionGroups, AttentionModule, GroupName, Groups, Side};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// Sizes of every group of a model as it stands now, beside those that never change.
///
/// `qk` and `vo` are totals over the heads of a module; every head of a module has the same share of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shape {
    /// Width before pruning, which positions, the embedding factor and unweighted layer norm keep using.
    pub original_d_model: usize,
    /// Heads of every attention module.
    pub heads: usize,
    /// Entries of the source dictionary.
    pub source_vocab: usize,
    /// Entries of the target dictionary.
    pub target_vocab: usize,
    /// Whose weights score the words of the target dictionary; left out where they are tied.
    #[serde(default, skip_serializing_if = "OutputProjection::is_tied")]
    pub output_projection: OutputProjection,
    /// The encoder.
    pub encoder: EncoderShape,
    /// The decoder.
    pub decoder: DecoderShape,
}

/// Sizes of the encoder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EncoderShape {
    /// Embedding dimensions left.
    pub d_model: usize,
    /// Its layers, from the input on.
    pub layers: Vec<EncoderLayerShape>,
}

/// Sizes of the decoder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DecoderShape {
    /// Embedding dimensions left.
    pub d_model: usize,
    /// Its layers, from the input on.
    pub layers: Vec<DecoderLayerShape>,
}

/// Sizes of one encoder layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EncoderLayerShape {
    /// The self-attention.
    pub self_attention: AttentionShape,
    /// Neurons of the feed-forward block.
    pub d_ff: usize,
}

/// Sizes of one decoder layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DecoderLayerShape {
    /// The masked self-attention.
    pub self_attention: AttentionShape,
    /// The attention to the encoder's output.
    pub cross_attention: AttentionShape,
    /// Neurons of the feed-forward block.
    pub d_ff: usize,
}

/// Sizes of one attention module, over all heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AttentionShape {
    /// Dimensions of queries and keys.
    pub qk: usize,
    /// Dimensions of values and of the output projection's input.
    pub vo: usize,
}

impl Shape {
    /// The shape of an unpruned model.
    pub fn unpruned(architecture: &Architecture, source_vocab: usize, target_vocab: usize) -> Self {
        let d_model = architecture.d_model.get();
        let d_ff = architecture.d_ff.get();
        let attention = AttentionShape {
            qk: d_model,
            vo: d_model,
        };
        Self {
            original_d_model: d_model,
            heads: architecture.heads.get(),
            source_vocab,
            target_vocab,
            output_projection: architecture.output_projection,
            encoder: EncoderShape {
                d_model,
                layers: vec![
                    EncoderLayerShape {
                        self_attention: attention,
                        d_ff
                    };
                    architecture.encoder_layers.get()
                ],
            },
            decoder: DecoderShape {
                d_model,
                layers: vec![
                    DecoderLayerShape {
                        self_attention: attention,
                        cross_attention: attention,
                        d_ff
                    };
                    architecture.decoder_layers.get()
                ],
            },
        }
    }

    /// Trained numbers that an unpruned model has at least: the matrices of its layers, without its dictionaries.
    /// Nothing is laid out for it, so that no sizes are too large to be asked.
    pub fn least_parameters(architecture: &Architecture) -> f64 {
        let number = |size: NonZeroUsize| size.get() as f64;
        let (d_model, d_ff) = (number(architecture.d_model), number(architecture.d_ff));
        let (attention, feed_forward) = (4.0 * d_model * d_model, 2.0 * d_model * d_ff);
        number(architecture.encoder_layers) * (attention + feed_forward)
            + number(architecture.decoder_layers) * (2.0 * attention + feed_forward)
    }

    /// Width of a head before pruning.
    pub fn original_d_head(&self) -> usize {
        self.original_d_model / self.heads
    }

    /// The length of every connectivity vector.
    pub fn groups(&self) -> Groups<usize> {
        let attention = |side, layer: usize, module| match (side, module) {
            (Side::Encoder, _) => self.encoder.layers[layer].self_attention,
            (Side::Decoder, AttentionModule::SelfAttention) => {
                self.decoder.layers[layer].self_attention
            }
            (Side::Decoder, AttentionModule::CrossAttention) => {
                self.decoder.layers[layer].cross_attention
            }
        };
        Groups::build(
            self.encoder.layers.len(),
            self.decoder.layers.len(),
            |name| match name {
                GroupName::Embedding(Side::Encoder) => self.encoder.d_model,
                GroupName::Embedding(Side::Decoder) => self.decoder.d_model,
                GroupName::Qk(side, layer, module) => attention(side, layer, module).qk,
                GroupName::Vo(side, layer, module) => attention(side, layer, module).vo,
                GroupName::FeedForward(Side::Encoder, layer) => self.encoder.layers[layer].d_ff,
                GroupName::FeedForward(Side::Decoder, layer) => self.decoder.layers[layer].d_ff,
            },
        )
    }

    /// The same model with other sizes of its groups.
    pub fn with_groups(&self, sizes: &Groups<usize>) -> Self {
        let attention = |groups: &AttentionGroups<usize>| AttentionShape {
            qk: groups.qk,
            vo: groups.vo,
        };
        Self {
            encoder: EncoderShape {
                d_model: sizes.encoder.embedding,
                layers: sizes
                    .encoder
                    .layers
                    .iter()
                    .map(|l| EncoderLayerShape {
                        self_attention: attention(&l.self_attention),
                        d_ff: l.feed_forward,
                    })
                    .collect(),
            },
            decoder: DecoderShape {
                d_model: sizes.decoder.embedding,
                layers: sizes
                    .decoder
                    .layers
                    .iter()
                    .map(|l| DecoderLayerShape {
                        self_attention: attention(&l.self_attention),
                        cross_attention: attention(&l.cross_attention),
                        d_ff: l.feed_forward,
                    })
                    .collect(),
            },
            ..self.clone()
        }
    }

    /// Trained numbers of the model: weights, biases and layer norms, a tied projection once; connectivity
    /// vectors and position masks are not trained and not counted.
    pub fn parameters(&self) -> u64 {
        let (enc, dec) = (self.encoder.d_model, self.decoder.d_model);
        let attention = |a: AttentionShape, d_query: usize, d_memory: usize| {
            a.qk * (d_query + 1)
                + a.qk * (d_memory + 1)
                + a.vo * (d_memory + 1)
                + d_query * (a.vo + 1)
        };
        let feed_forward = |d: usize, d_ff: usize| d_ff * (d + 1) + d * (d_ff + 1);
        let norm = |d: usize| 2 * d;
        let encoder: usize = self
            .encoder
            .layers
            .iter()
            .map(|l| {
                attention(l.self_attention, enc, enc) + feed_forward(enc, l.d_ff) + 2 * norm(enc)
            })
            .sum();
        let decoder: usize = self
            .decoder
            .layers
            .iter()
            .map(|l| {
                attention(l.self_attention, dec, dec)
                    + attention(l.cross_attention, dec, enc)
                    + feed_forward(dec, l.d_ff)
                    + 3 * norm(dec)
            })
            .sum();
        let tables = self.source_vocab * enc + self.target_vocab * dec * self.target_matrices();
        (tables + encoder + decoder) as u64
    }

    /// Matrices that have a row for each entry of the target dictionary.
    pub(crate) fn target_matrices(&self) -> usize {
        match self.output_projection {
            OutputProjection::Tied => 1,
            OutputProjection::Separate => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The named shape `iwslt` of SPEC §1.
    fn iwslt(output_projection: OutputProjection) -> Shape {
        let attention = AttentionShape { qk: 512, vo: 512 };
        Shape {
            original_d_model: 512,
            heads: 4,
            source_vocab: 8848,
            target_vocab: 6632,
            output_projection,
            encoder: EncoderShape {
                d_model: 512,
                layers: vec![
                    EncoderLayerShape {
                        self_attention: attention,
                        d_ff: 1024
                    };
                    6
                ],
            },
            decoder: DecoderShape {
                d_model: 512,
                layers: vec![
                    DecoderLayerShape {
                        self_attention: attention,
                        cross_attention: attention,
                        d_ff: 1024
                    };
                    6
                ],
            },
        }
    }

    #[test]
    fn iwslt_counts_what_the_specification_counts() {
        let shape = iwslt(OutputProjection::Tied);
        assert_eq!(shape.parameters(), 39_469_056);
    }

    #[test]
    fn a_separate_projection_counts_on_top() {
        let shape = iwslt(OutputProjection::Separate);
        assert_eq!(shape.parameters(), 39_469_056 + 6632 * 512);
    }

    #[test]
    fn a_tied_shape_is_written_as_if_the_key_did_not_exist() {
        let tied = iwslt(OutputProjection::Tied);
        let written = serde_json::to_value(&tied).unwrap();
        let keys: Vec<_> = written.as_object().unwrap().keys().collect();
        let expected = [
            "decoder",
            "encoder",
            "heads",
            "original-d-model",
            "source-vocab",
            "target-vocab",
        ];
        assert_eq!(keys, expected);
        assert_eq!(serde_json::from_value::<Shape>(written).unwrap(), tied);

        let separate = iwslt(OutputProjection::Separate);
        let written = serde_json::to_value(&separate).unwrap();
        assert_eq!(written["output-projection"], "separate");
        assert_eq!(serde_json::from_value::<Shape>(written).unwrap(), separate);
    }
}
