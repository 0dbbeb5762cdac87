//! An exported model needs nothing of srp: here is a program that computes it after the README in its folder alone,
//! in 64-bit floats, and agrees with srp.

use crate::handmade;
use crate::pruning_laws::{SOURCE, SRC_LEN, TARGET, TGT_LEN, logits};
use safetensors::SafeTensors;
use serde_json::Value;
use srp::config::{Checkpoint, LayerNorm, OutputProjection};
use srp::groups::AttentionModule::{CrossAttention, SelfAttention};
use srp::groups::{GroupName, Side};
use srp::model::state::State;
use srp::model::{Blueprint, fairseq};
use srp::stages::export::export;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::slice::ChunksExact;

/// How far 32-bit floats may be from 64-bit ones, relative to the largest logit: 1.0e-6 at most for the models here.
const ROUNDING: f64 = 5e-6;

type Vector = Vec<f64>;

/// The program. From here to its end, nothing of srp is used.
struct Reader {
    model: Value,
    tensors: HashMap<String, (Vec<usize>, Vector)>,
}

impl Reader {
    fn open(folder: &Path) -> Self {
        let config: Value =
            serde_json::from_slice(&fs::read(folder.join("config.json")).unwrap()).unwrap();
        let bytes = fs::read(folder.join("model.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file.iter().map(|(name, view)| {
            let (numbers, _) = view.data().as_chunks::<4>();
            let numbers = numbers.iter().map(|&b| f64::from(f32::from_le_bytes(b)));
            (name.to_owned(), (view.shape().to_vec(), numbers.collect()))
        });
        Self {
            model: config["model"].clone(),
            tensors: tensors.collect(),
        }
    }

    fn number(&self, key: &str) -> usize {
        self.model["shape"][key].as_u64().unwrap() as usize
    }

    fn d(&self) -> usize {
        self.number("original-d-model")
    }

    fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn vector(&self, name: &str) -> &[f64] {
        &self.tensors[name].1
    }

    fn rows(&self, name: &str) -> ChunksExact<'_, f64> {
        let (shape, numbers) = &self.tensors[name];
        numbers.chunks_exact(shape[1])
    }

    /// `NAME(x) = NAME.weight x + NAME.bias`
    fn linear(&self, name: &str, x: &[f64]) -> Vector {
        let rows = self.rows(&format!("{name}.weight"));
        let bias = self.vector(&format!("{name}.bias"));
        rows.zip(bias).map(|(row, b)| dot(row, x) + b).collect()
    }

    fn norm(&self, name: &str, x: &[f64]) -> Vector {
        let n = x.len() as f64;
        let divisor = match self.model["layer-norm"].as_str() {
            Some("weighted") => n,
            Some("unweighted") => self.d() as f64,
            other => panic!("layer norm {other:?}"),
        };
        let mean = x.iter().sum::<f64>() / divisor;
        let squares: f64 = x.iter().map(|x| (x - mean).powi(2)).sum();
        let variance = (squares + (divisor - n) * mean * mean) / divisor;
        let weight = self.vector(&format!("{name}.weight"));
        let bias = self.vector(&format!("{name}.bias"));
        let gains = weight.iter().zip(bias);
        let entries = x.iter().zip(gains);
        entries
            .map(|(x, (weight, bias))| weight * (x - mean) / (variance.sqrt() + 0.00001) + bias)
            .collect()
    }

    /// A column of the table of positions.
    fn position(&self, p: usize, column: usize) -> f64 {
        let half = self.d() / 2;
        let angle = |i: usize| {
            let exponent = match i {
                0 => 0.0,
                _ => -(i as f64) / (half as f64 - 1.0),
            };
            p as f64 * 10000_f64.powf(exponent)
        };
        match column {
            c if c < half => angle(c).sin(),
            c if c < 2 * half => angle(c - half).cos(),
            _ => 0.0,
        }
    }

    fn input(&self, side: &str, tokens: &[usize]) -> Vec<Vector> {
        let table: Vec<_> = self.rows(&format!("{side}.embed_tokens.weight")).collect();
        let columns = self.model[format!("{side}-columns")].as_array().unwrap();
        let places = tokens.iter().enumerate();
        places
            .map(|(place, &token)| {
                let entries = table[token].iter().zip(columns);
                entries
                    .map(|(e, column)| {
                        let column = column.as_u64().unwrap() as usize;
                        (self.d() as f64).sqrt() * e + self.position(place + 2, column)
                    })
                    .collect()
            })
            .collect()
    }

    fn attention(&self, name: &str, x: &[f64], memory: &[Vector]) -> Vector {
        let of = |projection: &str| format!("{name}.{projection}");
        if !self.has(&of("v_proj.weight")) {
            return self.vector(&of("out_proj.bias")).to_vec();
        }
        let heads = self.number("heads");
        let values: Vec<Vector> = self.each(&of("v_proj"), memory);
        let scores = self.scores(name, x, memory);
        let width = values[0].len() / heads;
        let mut mixed = vec![0.0; values[0].len()];
        for (head, scores) in scores.iter().enumerate() {
            let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights: Vector = scores.iter().map(|s| (s - highest).exp()).collect();
            let total: f64 = weights.iter().sum();
            let block = head * width..(head + 1) * width;
            for (weight, value) in weights.iter().zip(&values) {
                let entries = mixed[block.clone()].iter_mut();
                for (entry, v) in entries.zip(&value[block.clone()]) {
                    *entry += weight / total * v;
                }
            }
        }
        self.linear(&of("out_proj"), &mixed)
    }

    /// For each head the score of each vector.
    fn scores(&self, name: &str, x: &[f64], memory: &[Vector]) -> Vec<Vector> {
        let heads = self.number("heads");
        if !self.has(&format!("{name}.q_proj.weight")) {
            return vec![vec![0.0; memory.len()]; heads];
        }
        let divisor = ((self.d() / heads) as f64).sqrt();
        let query = self.linear(&format!("{name}.q_proj"), x);
        let query: Vector = query.iter().map(|q| q / divisor).collect();
        let keys = self.each(&format!("{name}.k_proj"), memory);
        let width = query.len() / heads;
        (0..heads)
            .map(|head| {
                let block = head * width..(head + 1) * width;
                let scores = keys
                    .iter()
                    .map(|k| dot(&query[block.clone()], &k[block.clone()]));
                scores.collect()
            })
            .collect()
    }

    fn each(&self, name: &str, vectors: &[Vector]) -> Vec<Vector> {
        vectors.iter().map(|x| self.linear(name, x)).collect()
    }

    fn feed_forward(&self, layer: &str, x: &[f64]) -> Vector {
        if !self.has(&format!("{layer}.fc1.weight")) {
            return self.vector(&format!("{layer}.fc2.bias")).to_vec();
        }
        let hidden = self.linear(&format!("{layer}.fc1"), x);
        let hidden: Vector = hidden.iter().map(|x| x.max(0.0)).collect();
        self.linear(&format!("{layer}.fc2"), &hidden)
    }

    fn attended(&self, name: &str, x: &[f64], memory: &[Vector]) -> Vector {
        let sum = sum(x, &self.attention(name, x, memory));
        self.norm(&format!("{name}_layer_norm"), &sum)
    }

    fn fed(&self, layer: &str, x: &[f64]) -> Vector {
        let sum = sum(x, &self.feed_forward(layer, x));
        self.norm(&format!("{layer}.final_layer_norm"), &sum)
    }

    /// The names of a side's layers.
    fn layers(&self, side: &str) -> Vec<String> {
        let layers = self.model["shape"][side]["layers"].as_array().unwrap();
        let numbers = 0..layers.len();
        numbers.map(|n| format!("{side}.layers.{n}")).collect()
    }

    /// The scores of all symbols after each token that the decoder has read.
    fn logits(&self, source: &[usize], target: &[usize]) -> Vec<Vector> {
        let mut memory = self.input("encoder", source);
        for layer in self.layers("encoder") {
            let own = format!("{layer}.self_attn");
            let vectors = memory.iter().map(|x| self.attended(&own, x, &memory));
            memory = vectors.map(|x| self.fed(&layer, &x)).collect();
        }
        let mut written = self.input("decoder", target);
        for layer in self.layers("decoder") {
            let [own, cross] = ["self_attn", "encoder_attn"].map(|name| format!("{layer}.{name}"));
            let places = written.iter().enumerate();
            let vectors = places.map(|(place, x)| self.attended(&own, x, &written[..=place]));
            let vectors = vectors.map(|x| self.attended(&cross, &x, &memory));
            written = vectors.map(|x| self.fed(&layer, &x)).collect();
        }
        let own = "decoder.output_projection.weight";
        let projection = if self.has(own) {
            own
        } else {
            "decoder.embed_tokens.weight"
        };
        let scores = |x: &Vector| self.rows(projection).map(|row| dot(row, x)).collect();
        written.iter().map(scores).collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn sum(a: &[f64], b: &[f64]) -> Vector {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

// Here it ends.

/// The exported model as the program reads it.
fn reader((blueprint, state): &(Blueprint, State)) -> Reader {
    let dir = tempfile::tempdir().unwrap();
    let (artifact, out) = (dir.path().join("artifact"), dir.path().join("out"));
    handmade::write(&artifact, blueprint, state);
    export(&artifact, Checkpoint::Best, &out).unwrap();
    Reader::open(&out)
}

/// How far the program is from srp, relative to the largest logit. The program reads one sentence after another, srp
/// all of them in one padded batch.
fn difference(reader: &Reader, (blueprint, state): &(Blueprint, State)) -> f64 {
    let expected = logits(blueprint, state, None);
    let width = blueprint.shape.target_vocab;
    let rows: Vec<&[f32]> = expected.chunks_exact(width).collect();
    let sentences = SOURCE.chunks(SRC_LEN).zip(TARGET.chunks(TGT_LEN));
    let (mut apart, mut largest) = (0.0_f64, 0.0_f64);
    for ((source, target), rows) in sentences.zip(rows.chunks(TGT_LEN)) {
        let words = |ids: &[i32]| -> Vec<usize> {
            let words = ids.iter().filter(|&&id| id != 1);
            words.map(|&id| id as usize).collect()
        };
        let found = reader.logits(&words(source), &words(target));
        for (found, expected) in found.iter().zip(rows) {
            assert_eq!(found.len(), expected.len());
            for (&a, &b) in found.iter().zip(*expected) {
                apart = apart.max((a - f64::from(b)).abs());
                largest = largest.max(f64::from(b).abs());
            }
        }
    }
    apart / largest
}

fn assert_agrees(model: &(Blueprint, State), what: &str) {
    let apart = difference(&reader(model), model);
    assert!(apart <= ROUNDING, "{what}: {apart}");
}

/// A group of each kind, in one or another block.
const SCORES: [GroupName; 2] = [
    GroupName::Qk(Side::Encoder, 1, SelfAttention),
    GroupName::Qk(Side::Decoder, 0, SelfAttention),
];
const VALUES: [GroupName; 2] = [
    GroupName::Vo(Side::Encoder, 0, SelfAttention),
    GroupName::Vo(Side::Decoder, 1, CrossAttention),
];
const NEURONS: [GroupName; 2] = [
    GroupName::FeedForward(Side::Encoder, 1),
    GroupName::FeedForward(Side::Decoder, 0),
];

#[test]
fn a_program_without_srp_computes_every_kind_of_exported_model() {
    for layer_norm in [LayerNorm::Weighted, LayerNorm::Unweighted] {
        for kind in [OutputProjection::Tied, OutputProjection::Separate] {
            for (d_model, heads) in [(12, 2), (9, 3), (6, 1)] {
                let architecture = handmade::architecture(d_model, heads, layer_norm, kind);
                let what = format!("{layer_norm:?}, {kind:?}, {d_model} wide");
                assert_agrees(&handmade::whole(&architecture), &what);
                for seed in 0..4 {
                    let model = handmade::pruned(&architecture, seed, |_| false);
                    assert_agrees(&model, &format!("{what}, cut {seed}"));
                    for gone in [SCORES, VALUES, NEURONS] {
                        let model =
                            handmade::pruned(&architecture, seed, |name| gone.contains(&name));
                        let sizes = model.0.shape.groups();
                        assert!(gone.iter().all(|&name| *sizes.get(name) == 0));
                        assert_agrees(&model, &format!("{what}, cut {seed}, without {gone:?}"));
                    }
                }
            }
        }
    }
}

#[test]
fn a_program_that_takes_the_other_layer_norm_is_far_off() {
    for (layer_norm, other) in [
        (LayerNorm::Weighted, "unweighted"),
        (LayerNorm::Unweighted, "weighted"),
    ] {
        let architecture = handmade::architecture(12, 2, layer_norm, OutputProjection::Tied);
        let model = handmade::pruned(&architecture, 1, |_| false);
        let mut reader = reader(&model);
        reader.model["layer-norm"] = other.into();
        let apart = difference(&reader, &model);
        assert!(apart > 1e-2, "{apart}");
    }
}

#[test]
fn a_program_without_srp_computes_what_was_imported() {
    let architecture = crate::fairseq::tied(LayerNorm::Weighted);
    let path = crate::fairseq::fixture("srp_pruned.pt");
    let taken = fairseq::read(&path, &architecture, 20, 24).unwrap();
    assert_agrees(&(taken.blueprint, taken.state), "imported");
}
