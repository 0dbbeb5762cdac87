//! 04: importance scores, ranks and selections; 04b: ties.

use super::data::read;
use super::tensors::*;
use serde::Deserialize;
use srp::config::LayerNorm;
use srp::groups::Groups;
use srp::model::Transformer;
use srp::model::state::State;
use srp::prune::{Counts, connectivity_gradients, select};
use srp::train::DeviceBatch;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Case {
    expected: Expected,
    selections: Vec<Selection>,
    tolerance_f32: Tolerance,
}

#[derive(Deserialize)]
struct Expected {
    loss_sums: Vec<f64>,
    ranks_most_prunable_first: BTreeMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
struct Selection {
    counts: GoldenCounts,
    selected: BTreeMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
struct Tolerance {
    grad_rel_to_max: f64,
}

fn batches(io: &State) -> Vec<DeviceBatch<Learning>> {
    (0..)
        .map(|index| format!("batch{index}."))
        .take_while(|prefix| io.contains_key(&format!("{prefix}target")))
        .map(|prefix| DeviceBatch::new(&GoldenBatch::new(io, &prefix).collated(), &DEVICE))
        .collect()
}

#[test]
fn gradients_ranks_and_selections_are_the_references() {
    let _alone = alone();
    let case: Case = read("04_importance/case.json");
    let settings = config("04_importance");
    let io = tensors("04_importance/io.safetensors");
    let weights = tensors("04_importance/weights.safetensors");
    for (mode, prefix) in [
        (LayerNorm::Weighted, "grad_weighted_ln."),
        (LayerNorm::Unweighted, "grad_unweighted_ln."),
    ] {
        let mut blueprint = settings.blueprint();
        blueprint.layer_norm = mode;
        let sizes = blueprint.shape.groups();
        let model = Transformer::<Learning>::from_state(&blueprint, &weights, &DEVICE).unwrap();
        let found = connectivity_gradients(
            &model,
            &sizes,
            batches(&io),
            settings.label_smoothing.unwrap(),
            None,
        );
        let golden = below(&io, prefix);
        assert_eq!(golden.len(), sizes.names().len());
        for (name, gradient) in found.gradients.iter() {
            let expected = &golden[&name.to_string()].data;
            let largest = expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
            let tolerance = case.tolerance_f32.grad_rel_to_max * f64::from(largest);
            assert_within(gradient, expected, tolerance, &format!("{prefix}{name}"));
        }
        if mode == LayerNorm::Weighted {
            for (got, expected) in found.losses.iter().zip(&case.expected.loss_sums) {
                assert!(
                    (got - expected).abs() <= 1e-4 * expected,
                    "loss {got}, expected {expected}"
                );
            }
            check_ranks(&found.gradients, &case.expected.ranks_most_prunable_first);
            for selection in &case.selections {
                let counts = Counts::from(selection.counts);
                let chosen = select(&found.gradients, &counts, settings.heads);
                assert_eq!(chosen, by_group(&sizes, &selection.selected), "{counts:?}");
            }
        }
    }
}

/// The order of gradients is the golden one, but for neighbours closer than rounding.
fn check_ranks(gradients: &Groups<Vec<f32>>, ranks: &BTreeMap<String, Vec<usize>>) {
    for (name, gradient) in gradients.iter() {
        let ranks = &ranks[&name.to_string()];
        let largest = gradient.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        for pair in ranks.windows(2) {
            let (first, second) = (gradient[pair[0]], gradient[pair[1]]);
            assert!(
                first >= second - 1e-5 * largest,
                "{name}: {pair:?} are {first} and {second}"
            );
        }
    }
}

#[derive(Deserialize)]
struct Ties {
    expected: Vec<Tie>,
}

#[derive(Deserialize)]
struct Tie {
    wanted: usize,
    recommended_selected: BTreeMap<String, Vec<usize>>,
}

#[test]
fn ties_are_broken_in_order_and_exactly_as_many_are_taken() {
    let _alone = alone();
    let case: Ties = read("04b_ffn_ties/case.json");
    let settings = config("04b_ffn_ties");
    let io = tensors("04_importance/io.safetensors");
    let mut weights = tensors("04_importance/weights.safetensors");
    weights.extend(tensors("04b_ffn_ties/weights.safetensors"));
    let smoothing = config("04_importance").label_smoothing.unwrap();
    let blueprint = settings.blueprint();
    let sizes = blueprint.shape.groups();
    let model = Transformer::<Learning>::from_state(&blueprint, &weights, &DEVICE).unwrap();
    let found = connectivity_gradients(&model, &sizes, batches(&io), smoothing, None);
    assert!(!case.expected.is_empty());
    for tie in &case.expected {
        let counts = Counts {
            neurons: tie.wanted,
            ..Counts::default()
        };
        let chosen = select(&found.gradients, &counts, settings.heads);
        assert_eq!(
            chosen,
            by_group(&sizes, &tie.recommended_selected),
            "{} neurons",
            tie.wanted
        );
    }
}
