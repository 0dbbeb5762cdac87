//! FLOPs against the original's counter and against separately computed ones.

use crate::golden::data::read;
use serde::Deserialize;
use srp::config::OutputProjection;
use srp::metrics::flops::{self, Flops};
use srp::shape::{
    AttentionShape, DecoderLayerShape, DecoderShape, EncoderLayerShape, EncoderShape, Shape,
};

#[derive(Deserialize)]
struct Golden {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    source_length: usize,
    target_length: usize,
    emb: usize,
    heads: usize,
    encoder_layers_qk_vo_ffn: Vec<[usize; 3]>,
    decoder_layers_selfqk_selfvo_crossqk_crossvo_ffn: Vec<[usize; 5]>,
    tgt_vocab: usize,
    reference: u64,
    reference_parts: Parts,
    fixed_same_structure: Parts,
    cached_inference: Cached,
}

#[derive(Deserialize)]
struct Parts {
    encoder: u64,
    decoder: u64,
    classification: u64,
}

#[derive(Deserialize)]
struct Cached {
    total: u64,
    encoder: u64,
    decoder_with_output_layer: u64,
}

impl Row {
    fn shape(&self) -> Shape {
        let attention = |qk, vo| AttentionShape { qk, vo };
        let encoder_layers = self.encoder_layers_qk_vo_ffn.iter();
        let decoder_layers = self.decoder_layers_selfqk_selfvo_crossqk_crossvo_ffn.iter();
        Shape {
            original_d_model: self.emb,
            heads: self.heads,
            source_vocab: 0,
            target_vocab: self.tgt_vocab,
            output_projection: OutputProjection::Tied,
            encoder: EncoderShape {
                d_model: self.emb,
                layers: encoder_layers
                    .map(|&[qk, vo, d_ff]| EncoderLayerShape {
                        self_attention: attention(qk, vo),
                        d_ff,
                    })
                    .collect(),
            },
            decoder: DecoderShape {
                d_model: self.emb,
                layers: decoder_layers
                    .map(|&[qk, vo, cross_qk, cross_vo, d_ff]| DecoderLayerShape {
                        self_attention: attention(qk, vo),
                        cross_attention: attention(cross_qk, cross_vo),
                        d_ff,
                    })
                    .collect(),
            },
        }
    }
}

fn parts(parts: &Parts) -> Flops {
    Flops {
        encoder: parts.encoder,
        decoder: parts.decoder,
        output: parts.classification,
    }
}

fn rows() -> Vec<Row> {
    let Golden { rows } = read("11_flops/case.json");
    assert!(!rows.is_empty());
    rows
}

#[test]
fn reference_repeats_the_original() {
    for row in rows() {
        let flops = flops::reference(&row.shape(), row.source_length);
        assert_eq!(flops, parts(&row.reference_parts), "{}", row.name);
        assert_eq!(flops.total(), row.reference, "{}", row.name);
    }
}

#[test]
fn fixed_same_structure_uses_the_true_sizes() {
    for row in rows() {
        let flops = flops::fixed_same_structure(&row.shape(), row.source_length);
        assert_eq!(flops, parts(&row.fixed_same_structure), "{}", row.name);
    }
}

#[test]
fn cached_inference_counts_every_step_once() {
    for row in rows() {
        let flops = flops::cached_inference(&row.shape(), row.source_length, row.target_length);
        let expected = &row.cached_inference;
        assert_eq!(flops.encoder, expected.encoder, "{}", row.name);
        let decoder = flops.decoder + flops.output;
        assert_eq!(decoder, expected.decoder_with_output_layer, "{}", row.name);
        assert_eq!(flops.total(), expected.total, "{}", row.name);
    }
}
