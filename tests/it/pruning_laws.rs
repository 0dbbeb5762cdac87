//! Cutting never changes what a model computes, whatever its shape and whatever is cut.

use crate::golden::tensors::{Cpu, DEVICE, assert_within, values};
use burn::tensor::Tensor;
use proptest::prelude::*;
use srp::config::{Architecture, LayerNorm, OutputProjection};
use srp::groups::{GroupName, Groups};
use srp::model::parameters::initial_state;
use srp::model::state::State;
use srp::model::{Blueprint, Connectivity, Pass, Source, Target, Transformer, ones};
use srp::prune::{complement, kept_after, slice_blueprint, slice_state};
use srp::random::Stream;
use std::num::NonZeroUsize;

/// A source padded on the left and a target padded on the right, two of each.
pub(crate) const SOURCE: [i32; 10] = [4, 9, 7, 5, 2, 1, 1, 8, 6, 2];
pub(crate) const TARGET: [i32; 8] = [2, 5, 6, 10, 2, 7, 1, 1];
pub(crate) const SRC_LEN: usize = 5;
pub(crate) const TGT_LEN: usize = 4;
pub(crate) const SOURCE_VOCAB: usize = 11;
pub(crate) const TARGET_VOCAB: usize = 13;

/// How far two sums of the same numbers in another order may be apart, relative to the largest logit.
const TOLERANCE: f64 = 1e-4;

/// Embedding dimensions that stay. Layer norm divides by the deviation of what is left: of two or three numbers it
/// is often so small that rounding shows.
const LEAST_DIMS: usize = 4;

fn architecture() -> impl Strategy<Value = Architecture> {
    let layer_norm = prop_oneof![Just(LayerNorm::Weighted), Just(LayerNorm::Unweighted)];
    let output_projection = prop_oneof![
        Just(OutputProjection::Tied),
        Just(OutputProjection::Separate)
    ];
    let sizes = (1..=3_usize, 0..=2_usize, 1..=6_usize);
    let layers = (1..=2_usize, 1..=2_usize);
    let choices = (layer_norm, output_projection);
    (sizes, layers, choices).prop_map(|((heads, wider, d_ff), layers, choices)| {
        let size = |n: usize| NonZeroUsize::new(n).unwrap();
        Architecture {
            d_model: size(heads * (6 / heads + wider)),
            d_ff: size(d_ff),
            heads: size(heads),
            encoder_layers: size(layers.0),
            decoder_layers: size(layers.1),
            layer_norm: choices.0,
            max_positions: size(16),
            output_projection: choices.1,
        }
    })
}

/// A fresh model whose biases and gains are not what they start as, so that none of them can be forgotten.
pub(crate) fn trained(blueprint: &Blueprint, stream: &mut Stream) -> State {
    let mut state = initial_state(&blueprint.shape, stream.next_u64());
    for entry in state.values_mut().flat_map(|array| &mut array.data) {
        *entry += (stream.next_f64() - 0.5) as f32;
    }
    state
}

/// So many of `size` entries, from `start` on.
fn some(stream: &mut Stream, count: usize, start: usize, size: usize) -> Vec<usize> {
    let mut chosen = stream.permutation(size);
    chosen.truncate(count);
    chosen.iter().map(|index| start + index).collect()
}

/// Entries to remove: of heads the same number each and perhaps all, of feed-forward blocks any number, of the
/// embedding never all.
pub(crate) fn selection(
    sizes: &Groups<usize>,
    heads: usize,
    stream: &mut Stream,
) -> Groups<Vec<usize>> {
    sizes.map(|name, &size| match name {
        GroupName::Embedding(_) => {
            let count = stream.below(size - LEAST_DIMS + 1);
            some(stream, count, 0, size)
        }
        GroupName::FeedForward(..) => {
            let count = stream.below(size + 1);
            some(stream, count, 0, size)
        }
        GroupName::Qk(..) | GroupName::Vo(..) => {
            let d_head = size / heads;
            let count = stream.below(d_head + 1);
            (0..heads)
                .flat_map(|head| some(stream, count, head * d_head, d_head))
                .collect()
        }
    })
}

/// 1 at the kept entries of each group, 0 at the others.
fn zeroed(kept: &Groups<Vec<usize>>, sizes: &Groups<usize>) -> Connectivity<Cpu> {
    kept.map(|name, kept| {
        let mut line = vec![0.0_f32; *sizes.get(name)];
        for &index in kept {
            line[index] = 1.0;
        }
        Some(Tensor::from_floats(line.as_slice(), &DEVICE))
    })
}

pub(crate) fn logits(
    blueprint: &Blueprint,
    state: &State,
    connectivity: Option<&Connectivity<Cpu>>,
) -> Vec<f32> {
    let model = Transformer::<Cpu>::from_state(blueprint, state, &DEVICE).unwrap();
    let source = Source::new(&SOURCE, SRC_LEN, &DEVICE);
    let target = Target::new(&TARGET, TGT_LEN, &DEVICE);
    let pass = Pass {
        connectivity,
        ..Pass::plain()
    };
    values(model.forward(&source, &target, pass))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compaction_keeps_the_logits(architecture in architecture(), seed: u64) {
        let mut stream = Stream::new(seed, "pruning laws");
        let whole = Blueprint::unpruned(&architecture, SOURCE_VOCAB, TARGET_VOCAB);
        let weights = trained(&whole, &mut stream);
        let all = whole.shape.groups();
        let mut kept = all.map(|_, &size| (0..size).collect::<Vec<_>>());
        let (mut blueprint, mut state) = (whole.clone(), weights.clone());
        for round in 1..=2 {
            let sizes = blueprint.shape.groups();
            let stays = complement(&selection(&sizes, whole.shape.heads, &mut stream), &sizes);
            state = slice_state(&state, &stays);
            blueprint = slice_blueprint(&blueprint, &stays);
            kept = kept.map(|name, columns| kept_after(columns, stays.get(name)));

            let expected = logits(&whole, &weights, Some(&zeroed(&kept, &all)));
            let largest = expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
            let tolerance = TOLERANCE * f64::from(largest);
            let cut = logits(&blueprint, &state, None);
            assert_within(&cut, &expected, tolerance, &format!("cut in round {round}"));
            let ones = ones(&blueprint.shape.groups(), &DEVICE);
            let active = logits(&blueprint, &state, Some(&ones));
            assert_within(&active, &expected, tolerance, &format!("cut and active in round {round}"));
            let count: usize = state.values().map(|array| array.data.len()).sum();
            prop_assert_eq!(blueprint.shape.parameters(), count as u64);
        }
    }
}
