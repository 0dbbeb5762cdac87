//! The sizes of a model, pruned or not: what parameters and FLOPs are counted from.

use serde::{Deserialize, Serialize};

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
    /// Trained numbers of the model: weights, biases and layer norms, the tied projection once; connectivity
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
        (self.source_vocab * enc + self.target_vocab * dec + encoder + decoder) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iwslt_counts_what_the_specification_counts() {
        let attention = AttentionShape { qk: 512, vo: 512 };
        let shape = Shape {
            original_d_model: 512,
            heads: 4,
            source_vocab: 8848,
            target_vocab: 6632,
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
        };
        assert_eq!(shape.parameters(), 39_469_056);
    }
}
