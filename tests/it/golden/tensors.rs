//! Golden models and tensors.

use super::data::{folder, read};
use burn::tensor::{Tensor, TensorData};
use burn_flex::{Flex, FlexDevice};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use srp::config::{LayerNorm, OutputProjection};
use srp::groups::{GroupName, Groups};
use srp::model::state::{Array, State};
use srp::model::{Blueprint, Connectivity, Source, Target};
use srp::prune::Counts;
use srp::shape::{
    AttentionShape, DecoderLayerShape, DecoderShape, EncoderLayerShape, EncoderShape, Shape,
};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) type Cpu = Flex;
pub(crate) type Learning = burn::backend::Autodiff<Flex>;

pub(crate) const DEVICE: FlexDevice = FlexDevice;

/// The right to compute gradients in this process. While two threads do, the last digits of either vary from time to
/// time, presumably because burn releases the graphs of all threads together; a stage has a process of its own.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The model that a case is about.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Config {
    d: usize,
    ffn: usize,
    pub(crate) heads: usize,
    enc_layers: usize,
    dec_layers: usize,
    src_vocab: usize,
    tgt_vocab: usize,
    #[serde(default = "max_positions")]
    pub(crate) max_positions: usize,
    #[serde(default)]
    weighted_layernorm: Option<bool>,
    pub(crate) label_smoothing: Option<f64>,
}

impl Config {
    pub(crate) fn blueprint(&self) -> Blueprint {
        let attention = AttentionShape {
            qk: self.d,
            vo: self.d,
        };
        let shape = Shape {
            original_d_model: self.d,
            heads: self.heads,
            source_vocab: self.src_vocab,
            target_vocab: self.tgt_vocab,
            output_projection: OutputProjection::Tied,
            encoder: EncoderShape {
                d_model: self.d,
                layers: vec![
                    EncoderLayerShape {
                        self_attention: attention,
                        d_ff: self.ffn
                    };
                    self.enc_layers
                ],
            },
            decoder: DecoderShape {
                d_model: self.d,
                layers: vec![
                    DecoderLayerShape {
                        self_attention: attention,
                        cross_attention: attention,
                        d_ff: self.ffn
                    };
                    self.dec_layers
                ],
            },
        };
        let layer_norm = match self.weighted_layernorm {
            Some(false) => LayerNorm::Unweighted,
            _ => LayerNorm::Weighted,
        };
        Blueprint {
            original: shape.clone(),
            shape,
            layer_norm,
            max_positions: self.max_positions,
            encoder_columns: (0..self.d).collect(),
            decoder_columns: (0..self.d).collect(),
        }
    }
}

/// What a case is about, beside its numbers.
pub(crate) fn config(case: &str) -> Config {
    #[derive(Deserialize)]
    struct Case {
        config: Config,
    }
    read::<Case>(&format!("{case}/case.json")).config
}

/// The tensors of a file, integers as floats too.
pub(crate) fn tensors(file: &str) -> State {
    let path = folder().join(file);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let array = |view: safetensors::tensor::TensorView<'_>| {
        let data = match view.dtype() {
            Dtype::F32 => view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                .collect(),
            Dtype::I64 => view
                .data()
                .chunks_exact(8)
                .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f32)
                .collect(),
            Dtype::U8 | Dtype::BOOL => view.data().iter().map(|&b| f32::from(b)).collect(),
            other => panic!("{other:?}"),
        };
        Array {
            shape: view.shape().to_vec(),
            data,
        }
    };
    file.iter()
        .map(|(name, view)| (name.to_owned(), array(view)))
        .collect()
}

/// The part of `state` below a prefix, with the prefix taken off.
pub(crate) fn below(state: &State, prefix: &str) -> State {
    state
        .iter()
        .filter_map(|(name, array)| Some((name.strip_prefix(prefix)?.to_owned(), array.clone())))
        .collect()
}

/// A golden batch.
pub(crate) struct GoldenBatch {
    source: Array,
    input: Array,
    pub(crate) target: Array,
}

impl GoldenBatch {
    pub(crate) fn new(io: &State, prefix: &str) -> Self {
        let get = |name: &str| io[&format!("{prefix}{name}")].clone();
        Self {
            source: get("src_tokens"),
            input: get("prev_output_tokens"),
            target: get("target"),
        }
    }

    pub(crate) fn collated(&self) -> srp::text::batching::Batch {
        let ids = |array: &Array| array.data.iter().map(|&id| id as i32).collect::<Vec<_>>();
        let target = ids(&self.target);
        srp::text::batching::Batch {
            ids: (0..self.source.shape[0]).collect(),
            source: ids(&self.source),
            decoder_input: ids(&self.input),
            src_len: self.source.shape[1],
            tgt_len: self.input.shape[1],
            target_tokens: target.iter().filter(|&&id| id != 1).count(),
            target,
        }
    }

    pub(crate) fn source(&self) -> Source<Cpu> {
        Source::new(&self.collated().source, self.source.shape[1], &DEVICE)
    }

    pub(crate) fn decoder_input(&self) -> Target<Cpu> {
        Target::new(&self.collated().decoder_input, self.input.shape[1], &DEVICE)
    }
}

/// The connectivity vectors of a file.
pub(crate) fn connectivity(sizes: &Groups<usize>, state: &State) -> Connectivity<Cpu> {
    sizes.map(|name, &size| {
        let array = &state[&name.to_string()];
        assert_eq!(array.shape, [size], "{name}");
        Some(Tensor::from_data(
            TensorData::new(array.data.clone(), [size]),
            &DEVICE,
        ))
    })
}

/// Indices by connectivity name; names that are left out have none.
pub(crate) fn by_group(
    sizes: &Groups<usize>,
    lists: &BTreeMap<String, Vec<usize>>,
) -> Groups<Vec<usize>> {
    let known: Vec<String> = sizes.names().iter().map(GroupName::to_string).collect();
    for name in lists.keys() {
        assert!(
            known.contains(name),
            "{name} is not a connectivity vector of this model"
        );
    }
    sizes.map(|name, _| lists.get(&name.to_string()).cloned().unwrap_or_default())
}

/// A tensor's entries.
pub(crate) fn values<const D: usize>(tensor: Tensor<Cpu, D>) -> Vec<f32> {
    tensor.into_data().into_vec().unwrap()
}

/// Fails unless two lists are equal up to `tolerance`, entry by entry.
pub(crate) fn assert_within(got: &[f32], expected: &[f32], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let furthest = got
        .iter()
        .zip(expected)
        .map(|(&a, &b)| f64::from((a - b).abs()))
        .fold(
            0.0,
            |a: f64, b| if b.is_nan() { f64::INFINITY } else { a.max(b) },
        );
    assert!(
        furthest <= tolerance,
        "{what}: off by {furthest:e}, more than {tolerance:e}"
    );
}

/// The tolerance on logits that a case states.
pub(crate) fn logits_tolerance(case: &str) -> f64 {
    #[derive(Deserialize)]
    struct Case {
        tolerance_f32: Tolerance,
    }
    #[derive(Deserialize)]
    struct Tolerance {
        logits_abs: f64,
    }
    read::<Case>(&format!("{case}/case.json"))
        .tolerance_f32
        .logits_abs
}

/// The golden models' limit, where a case does not repeat it (SPEC §15).
fn max_positions() -> usize {
    128
}

/// Counts as golden files spell them.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct GoldenCounts {
    encoder_dims: usize,
    decoder_dims: usize,
    ffn_neurons_global: usize,
    qk_per_head: usize,
    vo_per_head: usize,
}

impl From<GoldenCounts> for Counts {
    fn from(golden: GoldenCounts) -> Self {
        Self {
            encoder_dims: golden.encoder_dims,
            decoder_dims: golden.decoder_dims,
            neurons: golden.ffn_neurons_global,
            qk_per_head: golden.qk_per_head,
            vo_per_head: golden.vo_per_head,
        }
    }
}
