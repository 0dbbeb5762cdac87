//! 15: two rounds of scoring, selecting and slicing, without training.

use super::data::{cases, read};
use super::tensors::*;
use serde::Deserialize;
use srp::config::{Budget, PruneStage};
use srp::groups::{GroupName, Groups};
use srp::model::{Pass, Transformer};
use srp::prune::{
    Counts, complement, connectivity_gradients, pruned_fraction, removed, select, slice_blueprint,
    slice_state,
};
use srp::train::DeviceBatch;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Case {
    config: Settings,
    rounds: Vec<Round>,
    group_counts_csv_order: Vec<usize>,
}

#[derive(Deserialize)]
struct Settings {
    compression_rate: f64,
    iterations: usize,
    /// A number, or words where the rounds differ.
    stage: serde_json::Value,
}

#[derive(Deserialize)]
struct Round {
    stage: Option<u8>,
    counts: GoldenCounts,
    selected: BTreeMap<String, Vec<usize>>,
}

/// The label smoothing that all golden gradients were made with (SPEC §9).
const SMOOTHING: f64 = 0.1;

#[test]
fn rounds_score_select_and_slice_like_the_reference() {
    let _alone = alone();
    for name in cases("15_iterations") {
        let case: Case = read(&format!("{name}/case.json"));
        let io = tensors(&format!("{name}/io.safetensors"));
        let scoring = GoldenBatch::new(&io, "scoring.").collated();
        let mut blueprint = config(&name).blueprint();
        let original = blueprint.shape.clone();
        let mut state = tensors("15_iterations/weights.safetensors");
        for (index, round) in case.rounds.iter().enumerate() {
            let sizes = blueprint.shape.groups();
            let model = Transformer::<Learning>::from_state(&blueprint, &state, &DEVICE).unwrap();
            let batch = [DeviceBatch::new(&scoring, &DEVICE)];
            let found = connectivity_gradients(&model, &sizes, batch, SMOOTHING, None);
            for (group, gradient) in found.gradients.iter() {
                let expected = &io[&format!("grad{}.{group}", index + 1)].data;
                let largest = expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
                let what = format!("{name}, round {}, {group}", index + 1);
                assert_within(gradient, expected, 1e-3 * f64::from(largest), &what);
            }
            let counts = Counts::from(round.counts);
            let stage = round
                .stage
                .map(u64::from)
                .or(case.config.stage.as_u64())
                .unwrap();
            let stage = PruneStage::try_from(stage as u8).unwrap();
            let rounds = case.config.iterations;
            let fraction = pruned_fraction(
                &original,
                case.config.compression_rate,
                rounds,
                Budget::Reference,
            );
            assert_eq!(removed(&blueprint.shape, fraction, stage), counts, "{name}");
            let chosen = select(&found.gradients, &counts, blueprint.shape.heads);
            let expected = by_group(&sizes, &round.selected);
            let strict = without_ties(&found.gradients, &chosen, counts.neurons);
            assert_eq!(strict, expected, "{name}, round {}", index + 1);
            let kept = complement(&expected, &sizes);
            state = slice_state(&state, &kept);
            blueprint = slice_blueprint(&blueprint, &kept);
            let model = Transformer::<Cpu>::from_state(&blueprint, &state, &DEVICE).unwrap();
            let batch = GoldenBatch::new(&io, "");
            let logits = model.forward(&batch.source(), &batch.decoder_input(), Pass::plain());
            let golden = format!("logits_after_round{}", index + 1);
            let tolerance = logits_tolerance(&name);
            assert_within(
                &values(logits),
                &io[&golden].data,
                tolerance,
                &format!("{name}, {golden}"),
            );
        }
        assert_eq!(state, below(&io, "final_weight."), "{name}");
        for (side, columns) in [
            ("encoder", &blueprint.encoder_columns),
            ("decoder", &blueprint.decoder_columns),
        ] {
            let expected = &io[&format!("{side}_pos_kept_indices")].data;
            let columns: Vec<f32> = columns.iter().map(|&column| column as f32).collect();
            assert_eq!(&columns, expected, "{name}, {side}");
        }
        let sizes: Vec<usize> = blueprint
            .shape
            .groups()
            .iter()
            .map(|(_, &size)| size)
            .collect();
        assert_eq!(sizes, case.group_counts_csv_order, "{name}");
    }
}

/// The selection that the original makes where neurons tie at the border: it takes only those above the value that
/// comes after the last one wanted, and so fewer than wanted (D10). Ours takes exactly as many.
fn without_ties(
    scores: &Groups<Vec<f32>>,
    chosen: &Groups<Vec<usize>>,
    wanted: usize,
) -> Groups<Vec<usize>> {
    let is_neurons = |name: GroupName| matches!(name, GroupName::FeedForward(..));
    let neurons = scores.iter().filter(|&(name, _)| is_neurons(name));
    let mut all: Vec<f32> = neurons.flat_map(|(_, values)| values.clone()).collect();
    all.sort_by(|a, b| b.total_cmp(a));
    let taken = chosen.iter().filter(|&(name, _)| is_neurons(name));
    assert_eq!(
        taken.map(|(_, indices)| indices.len()).sum::<usize>(),
        wanted
    );
    chosen.map(|name, indices| {
        let above = |&index: &usize| {
            !is_neurons(name)
                || all
                    .get(wanted)
                    .is_none_or(|&next| scores.get(name)[index] > next)
        };
        indices.iter().copied().filter(above).collect()
    })
}
