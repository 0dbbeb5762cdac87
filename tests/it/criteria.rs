//! What entries are ranked by, beside SRP's own score.

use crate::golden::tensors::{DEVICE, Learning, alone};
use crate::training_loop::{batches, learner, prune, run};
use srp::config::{Architecture, LearningRate};
use srp::groups::{GroupName, Groups, Side};
use srp::model::parameters::initial_state;
use srp::model::state::State;
use srp::prune::{
    Pruning, by_magnitude, complement, connectivity_gradients, freeze_masks, slice_blueprint,
    slice_state,
};
use srp::shape::Shape;
use srp::train::{DeviceBatch, Learner, Phase, Regime};

fn shape() -> Shape {
    let architecture: Architecture = toml::from_str(
        "d-model = 12\nd-ff = 10\nheads = 2\nencoder-layers = 2\ndecoder-layers = 1\nlayer-norm = \"weighted\"\n\
         max-positions = 8",
    )
    .unwrap();
    Shape::unpruned(&architecture, 9, 11)
}

#[test]
fn the_magnitude_of_an_entry_is_that_of_all_it_takes_along() {
    let shape = shape();
    let sizes = shape.groups();
    let state = initial_state(&shape, 7);
    for group in sizes.names() {
        let gone: Groups<Vec<usize>> =
            sizes.map(|name, _| if name == group { vec![3] } else { Vec::new() });
        let masks = freeze_masks(&shape, &complement(&gone, &sizes));
        let masked: State = state
            .iter()
            .map(|(name, array)| {
                let mut array = array.clone();
                let entries = array.data.iter_mut().zip(&masks[name].data);
                entries.for_each(|(entry, stays)| *entry *= stays);
                (name.clone(), array)
            })
            .collect();
        let ranking = by_magnitude(&masked, &shape);
        let values = ranking.get(group);
        assert_eq!(
            values[3], 0.0,
            "{group}: slicing takes nothing that is not counted"
        );
        let others = values.iter().enumerate().filter(|(index, _)| *index != 3);
        others.for_each(|(index, value)| assert!(*value < 0.0, "{group}, {index}: {value}"));
    }
}

#[test]
fn the_magnitude_is_a_norm() {
    let shape = shape();
    let mut state = initial_state(&shape, 7);
    for array in state.values_mut() {
        array.data.fill(1.0);
    }
    let ranking = by_magnitude(&state, &shape);
    // A row and a bias of the first matrix, a column of the second.
    let neuron = ranking.get(GroupName::FeedForward(Side::Decoder, 0))[0];
    assert_eq!(neuron, -((2.0 * 12.0 + 1.0) as f32).sqrt());
}

#[test]
fn criteria_select_each_in_their_own_way_and_twice_the_same() {
    let batches = batches();
    // What is left, group by group, of a model that trains too slowly to change: its numbers tell its entries.
    let left = |criterion: &str, seed: u64| -> [Vec<f32>; 4] {
        let mut spec = prune(
            &format!(
                "criterion = \"{criterion}\"\nseed = {seed}\ncompression-rate = 0.5\niterations = 1\n\
                 epochs-per-iteration = 1\nwarmup-epochs = 0"
            ),
            1,
        );
        spec.training.learning_rate = LearningRate::Fixed {
            rate: 1e-30.try_into().unwrap(),
        };
        let mut pruning = Pruning::<Learning>::new(&spec, &batches[..1], &batches, None, &DEVICE);
        let (outcome, _, _) = run(&spec.training, &mut pruning, &[1.0]);
        let (_, state) = outcome.unwrap().last;
        ["fc1", "fc2", "self_attn.q_proj", "self_attn.v_proj"]
            .map(|name| state[&format!("decoder.layers.0.{name}.bias")].data.clone())
    };
    let all = ["srp", "taylor", "magnitude", "random"].map(|criterion| left(criterion, 1));
    for (index, one) in all.iter().enumerate() {
        for other in &all[..index] {
            for (group, (one, other)) in one.iter().zip(other).enumerate() {
                assert_ne!(one, other, "criterion {index}, group {group}");
            }
        }
    }
    assert_eq!(left("random", 1), all[3]);
    assert_ne!(left("random", 2), all[3]);
}

#[test]
fn known_gradients_take_the_place_of_the_first_scoring_pass_and_of_no_other() {
    let spec = prune(
        "compression-rate = 0.4\niterations = 2\nepochs-per-iteration = 1\nwarmup-epochs = 0",
        2,
    );
    let batches = batches();
    let learner = learner(&spec.training);
    let sizes = learner.blueprint.shape.groups();
    let scored = batches[..1]
        .iter()
        .map(|batch| DeviceBatch::new(batch, &DEVICE));
    let smoothing = spec.training.label_smoothing.get();
    let known = {
        let _alone = alone();
        connectivity_gradients(&learner.model, &sizes, scored, smoothing, None).gradients
    };
    let made = |known: Option<Groups<Vec<f32>>>| {
        let mut pruning = Pruning::<Learning>::new(&spec, &batches[..1], &batches, None, &DEVICE);
        if let Some(known) = known {
            pruning = pruning.beginning_with(known);
        }
        run(&spec.training, &mut pruning, &[2.0, 1.0])
            .0
            .unwrap()
            .last
    };
    let computed = made(None);
    assert_eq!(made(Some(known.clone())), computed);
    let reversed = known.map(|_, values| values.iter().map(|value| -value).collect());
    assert_ne!(made(Some(reversed)), computed);
}

#[test]
fn one_shot_cuts_before_the_first_update_of_each_round_and_trains_the_rest() {
    let spec = prune(
        "shrink = \"one-shot\"\nbudget = \"integer\"\ncompression-rate = 0.4\niterations = 2\n\
         epochs-per-iteration = 1\nwarmup-epochs = 1",
        4,
    );
    let batches = batches();
    let mut pruning = Pruning::<Learning>::new(&spec, &batches[..1], &batches, None, &DEVICE);
    let (outcome, judge, epochs) = run(&spec.training, &mut pruning, &[9.0, 8.0, 7.0, 6.0]);
    let outcome = outcome.unwrap();
    let phases: Vec<_> = epochs.iter().map(|epoch| epoch.phase).collect();
    use Phase::{FineTuning, WarmingUp};
    assert_eq!(phases, [WarmingUp, FineTuning, FineTuning, FineTuning]);
    let sizes: Vec<_> = epochs.iter().map(|epoch| epoch.parameters).collect();
    assert!(
        sizes[0] > sizes[1] && sizes[1] > sizes[2] && sizes[2] == sizes[3],
        "{sizes:?}"
    );
    let cuts: Vec<_> = pruning
        .slicings()
        .iter()
        .map(|safety| safety.epoch)
        .collect();
    assert_eq!(cuts, [1, 2], "the epochs after which it was cut");
    assert_eq!(judge.smallest_c, [None; 4], "nothing fades");
    assert_eq!(
        outcome.best_score, 7.0,
        "what was better before the last cut does not count"
    );
    let ratio = sizes[3] as f64 / outcome.last.0.original.parameters() as f64;
    assert!(ratio <= 0.4, "{ratio}");
}

#[test]
fn a_rate_out_of_reach_is_told_with_its_figures() {
    let spec = prune(
        "stage = 2\nbudget = \"integer\"\ncompression-rate = 0.05\niterations = 1\nepochs-per-iteration = 1\n\
         warmup-epochs = 0",
        1,
    );
    let batches = batches();
    let mut pruning = Pruning::<Learning>::new(&spec, &batches[..1], &batches, None, &DEVICE);
    let error = run(&spec.training, &mut pruning, &[1.0]).0.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the compression rate 0.05 is out of reach"
    );
    let figures = std::error::Error::source(&error).unwrap().to_string();
    assert!(figures.contains("parameters are asked for"), "{figures}");
}

#[test]
fn a_model_whose_heads_are_not_alike_is_refused_where_they_count() {
    let _alone = alone();
    let message = |stage: u8| {
        let spec = prune(
            &format!(
                "stage = {stage}\ncompression-rate = 0.5\niterations = 1\nepochs-per-iteration = 1\n\
                 warmup-epochs = 0"
            ),
            1,
        );
        let batches = batches();
        let mut learner = learner(&spec.training);
        let sizes = learner.blueprint.shape.groups();
        let kept: Groups<Vec<usize>> = sizes.map(|name, &size| match name {
            // Half of each of the two heads.
            GroupName::Qk(Side::Encoder, ..) => {
                (0..size / 4).chain(size / 2..3 * size / 4).collect()
            }
            _ => (0..size).collect(),
        });
        let state = slice_state(&learner.model.to_state(), &kept);
        let blueprint = slice_blueprint(&learner.blueprint, &kept);
        learner = Learner::new(blueprint, &state, &spec.training, &DEVICE).unwrap();
        let mut pruning = Pruning::<Learning>::new(&spec, &batches[..1], &batches, None, &DEVICE);
        let begun = pruning.begin_epoch(&mut learner, 1, 3);
        begun.err().map(|error| error.to_string())
    };
    for stage in [0, 2] {
        let message = message(stage).unwrap();
        assert!(message.contains("not equally wide"), "{message}");
    }
    assert_eq!(message(1), None);
}
