//! What one translation costs, in floating-point operations (SPEC §16.3).
//!
//! [`cached_inference`] is what reports give. The other two counts exist to compare with numbers that the
//! original printed: [`reference()`] as it counts, [`fixed_same_structure`] without its arithmetical mistakes.

use crate::shape::{AttentionShape, Shape};

/// Operations of one translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flops {
    /// Of the encoder.
    pub encoder: u64,
    /// Of the decoder's embedding and layers, over all steps.
    pub decoder: u64,
    /// Of the projection to the target dictionary.
    pub output: u64,
}

impl Flops {
    /// All operations.
    pub fn total(self) -> u64 {
        self.encoder + self.decoder + self.output
    }
}

/// Operations on one score of one head: the softmax counts 8, the scaling 1.
const PER_SCORE: u64 = 9;
/// Operations on one element after a block: the layer norm counts 5, the residual sum 1.
const PER_NORMED: u64 = 6;

/// Greedy search for a translation of `target_length` tokens of a source of `source_length`, with keys and values
/// of earlier steps kept, and the real sizes of every module.
///
/// A multiplication with its addition counts 2; a bias, a ReLU, a residual sum 1 an element.
pub fn cached_inference(shape: &Shape, source_length: usize, target_length: usize) -> Flops {
    let (source, target) = (source_length as u64, target_length as u64);
    let heads = shape.heads as u64;
    let (e_enc, e_dec) = (shape.encoder.d_model as u64, shape.decoder.d_model as u64);
    let mut encoder = 2 * source * e_enc;
    for layer in &shape.encoder.layers {
        let attention = Attention::new(layer.self_attention, heads);
        encoder += source * (attention.query(e_enc) + attention.key_value(e_enc))
            + source * source * attention.pair()
            + source * (attention.out(e_enc) + PER_NORMED * e_enc)
            + source * (feed_forward(e_enc, layer.d_ff as u64) + PER_NORMED * e_enc);
    }
    let mut decoder = 2 * target * e_dec;
    // Step t looks back on t tokens, itself included.
    let looks_back = target * (target + 1) / 2;
    for layer in &shape.decoder.layers {
        let own = Attention::new(layer.self_attention, heads);
        let cross = Attention::new(layer.cross_attention, heads);
        let per_step = own.query(e_dec)
            + own.key_value(e_dec)
            + own.out(e_dec)
            + cross.query(e_dec)
            + source * cross.pair()
            + cross.out(e_dec)
            + feed_forward(e_dec, layer.d_ff as u64)
            + 3 * PER_NORMED * e_dec;
        decoder += source * cross.key_value(e_enc) + looks_back * own.pair() + target * per_step;
    }
    Flops {
        encoder,
        decoder,
        output: 2 * target * e_dec * shape.target_vocab as u64,
    }
}

/// The original's structure and constants with the true sizes: the decoder runs anew over all `length` positions at
/// each of `length` steps, and dropout counts; source and target have the same length.
pub fn fixed_same_structure(shape: &Shape, length: usize) -> Flops {
    let s = length as u64;
    let heads = shape.heads as u64;
    let (e_enc, e_dec) = (shape.encoder.d_model as u64, shape.decoder.d_model as u64);
    let attention = |sizes: AttentionShape, e_query: u64, e_memory: u64| {
        let (qk, vo) = (sizes.qk as u64, sizes.vo as u64);
        let queries = 2 * e_query * qk + qk;
        let scores = 2 * qk * s + 13 * s * heads + 2 * vo * s;
        let out = 2 * vo * e_query + 11 * e_query;
        let memory = 2 * e_memory * qk + qk + 2 * e_memory * vo + vo;
        s * (queries + scores + out) + s * memory
    };
    let feed_forward = |e: u64, f: usize| {
        let f = f as u64;
        s * (4 * e * f + 9 * f + 11 * e)
    };
    let encoder = shape.encoder.layers.iter().map(|layer| {
        attention(layer.self_attention, e_enc, e_enc) + feed_forward(e_enc, layer.d_ff)
    });
    let decoder = shape.decoder.layers.iter().map(|layer| {
        attention(layer.self_attention, e_dec, e_dec)
            + attention(layer.cross_attention, e_dec, e_enc)
            + feed_forward(e_dec, layer.d_ff)
    });
    Flops {
        encoder: encoder.sum(),
        decoder: s * decoder.sum::<u64>(),
        output: 2 * e_dec * shape.target_vocab as u64 * s,
    }
}

/// The original's count, with its mistakes (SPEC §17, D20); only good for comparison with numbers it printed.
///
/// It takes the encoder's width for the decoder's, the self-attention's sizes for the cross-attention's, ignores
/// `vo` but in the value projection, and has no width in one layer-norm term. Source and target have the same
/// length. Its fixed numbers of layers, heads and words are taken from `shape` here.
pub fn reference(shape: &Shape, length: usize) -> Flops {
    let s = length as u64;
    let heads = shape.heads as u64;
    let e = shape.encoder.d_model as u64;
    let attention = |sizes: AttentionShape| {
        let (qk, vo) = (sizes.qk as u64, sizes.vo as u64);
        let queries = 2 * e * qk + qk;
        let scores = 2 * qk * s + 8 * s * heads + 4 * s * heads + s * heads + 2 * e * s;
        let out = 2 * e * e + e;
        let dropout_residual_norm = 4 * e + e + 5;
        let memory = 2 * e * qk + qk + 2 * e * vo + vo;
        s * (queries + scores + out + dropout_residual_norm + memory)
    };
    let feed_forward = |f: usize| {
        let f = f as u64;
        s * (2 * e * f + 8 * f + f + 2 * f * e + e + 4 * e + e + 5 * e)
    };
    let encoder = shape
        .encoder
        .layers
        .iter()
        .map(|layer| attention(layer.self_attention) + feed_forward(layer.d_ff));
    let decoder = shape
        .decoder
        .layers
        .iter()
        .map(|layer| 2 * attention(layer.self_attention) + feed_forward(layer.d_ff));
    let vocab = shape.target_vocab as u64;
    Flops {
        encoder: encoder.sum(),
        decoder: s * decoder.sum::<u64>(),
        output: (2 * e * vocab + vocab) * s,
    }
}

/// An attention module; `e` is the width of what a projection reads or writes.
struct Attention {
    qk: u64,
    vo: u64,
    heads: u64,
}

impl Attention {
    fn new(sizes: AttentionShape, heads: u64) -> Self {
        Self {
            qk: sizes.qk as u64,
            vo: sizes.vo as u64,
            heads,
        }
    }

    /// Projecting one position to its query.
    fn query(&self, e: u64) -> u64 {
        2 * e * self.qk + self.qk
    }

    /// Projecting one position to its key and value.
    fn key_value(&self, e: u64) -> u64 {
        2 * e * self.qk + self.qk + 2 * e * self.vo + self.vo
    }

    /// One query against one key, and adding the value.
    fn pair(&self) -> u64 {
        2 * self.qk + PER_SCORE * self.heads + 2 * self.vo
    }

    /// Projecting one position back to the width of the layer.
    fn out(&self, e: u64) -> u64 {
        2 * self.vo * e + e
    }
}

/// A feed-forward block on one position.
fn feed_forward(e: u64, f: u64) -> u64 {
    4 * e * f + 2 * f + e
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OutputProjection;
    use crate::shape::{DecoderLayerShape, DecoderShape, EncoderLayerShape, EncoderShape};

    fn shape() -> Shape {
        let attention = |qk, vo| AttentionShape { qk, vo };
        Shape {
            original_d_model: 8,
            heads: 2,
            source_vocab: 16,
            target_vocab: 24,
            output_projection: OutputProjection::Tied,
            encoder: EncoderShape {
                d_model: 6,
                layers: vec![EncoderLayerShape {
                    self_attention: attention(4, 2),
                    d_ff: 5,
                }],
            },
            decoder: DecoderShape {
                d_model: 7,
                layers: vec![DecoderLayerShape {
                    self_attention: attention(2, 4),
                    cross_attention: attention(8, 6),
                    d_ff: 3,
                }],
            },
        }
    }

    #[test]
    fn the_sum_over_steps_is_taken_literally() {
        // SPEC §16.3, written out with S = 3, T = 4, e_e = 6, e_d = 7.
        let flops = cached_inference(&shape(), 3, 4);
        let encoder = 36
            + 3 * (4 * 6 * 4 + 2 * 4 + 2 * 6 * 2 + 2)
            + 9 * (2 * 4 + 18 + 2 * 2)
            + 3 * (2 * 2 * 6 + 6)
            + 6 * 3 * 6
            + 3 * (4 * 6 * 5 + 2 * 5 + 6)
            + 6 * 3 * 6;
        let steps: u64 = (1..=4)
            .map(|t| {
                (4 * 7 * 2 + 2 * 2 + 2 * 7 * 4 + 4)
                    + t * (2 * 2 + 18 + 2 * 4)
                    + (2 * 4 * 7 + 7)
                    + 42
                    + (2 * 7 * 8 + 8)
                    + 3 * (2 * 8 + 18 + 2 * 6)
                    + (2 * 6 * 7 + 7)
                    + 42
                    + (4 * 7 * 3 + 2 * 3 + 7)
                    + 42
            })
            .sum();
        let memory = 3 * (2 * 6 * 8 + 8 + 2 * 6 * 6 + 6);
        assert_eq!(flops.encoder, encoder);
        assert_eq!(flops.decoder, 4 * 2 * 7 + memory + steps);
        assert_eq!(flops.output, 4 * 2 * 7 * 24);
        assert_eq!(flops.total(), flops.encoder + flops.decoder + flops.output);
    }

    #[test]
    fn a_longer_translation_costs_more() {
        let cost = |target| cached_inference(&shape(), 10, target).total();
        assert!(cost(11) > cost(10));
    }
}
