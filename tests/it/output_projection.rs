//! A model whose output projection is not its embedding table.

use crate::golden::tensors::{Cpu, DEVICE, Learning, alone, values};
use srp::config::{Architecture, Budget, OutputProjection, TrainingPrecision};
use srp::model::parameters::initial_state;
use srp::model::state::State;
use srp::model::{Blueprint, Pass, Transformer};
use srp::prune::{connectivity_gradients, keep_ratio};
use srp::text::batching::{Batch, Pair, collate};
use srp::train::{Adam, DeviceBatch, objective};

const TABLE: &str = "decoder.embed_tokens.weight";
const PROJECTION: &str = "decoder.output_projection.weight";

fn blueprint(output_projection: OutputProjection) -> Blueprint {
    let architecture: Architecture = toml::from_str(
        r#"
        d-model = 8
        d-ff = 12
        heads = 2
        encoder-layers = 1
        decoder-layers = 1
        layer-norm = "weighted"
        max-positions = 16
        "#,
    )
    .unwrap();
    let architecture = Architecture {
        output_projection,
        ..architecture
    };
    Blueprint::unpruned(&architecture, 11, 13)
}

fn model<B: srp::kernels::Kernels>(
    output_projection: OutputProjection,
    state: &State,
    device: &B::Device,
) -> Transformer<B> {
    Transformer::from_state(&blueprint(output_projection), state, device).unwrap()
}

fn batch() -> Batch {
    let pair = |id, source, target| Pair { id, source, target };
    collate(&[
        pair(0, &[4, 5, 6, 2], &[7, 8, 2]),
        pair(1, &[9, 2], &[5, 11, 12, 6, 2]),
    ])
}

/// A tied model, and a separate one whose projection holds the same numbers.
fn twins() -> (State, State) {
    let tied = initial_state(&blueprint(OutputProjection::Tied).shape, 7);
    let mut separate = tied.clone();
    separate.insert(PROJECTION.to_owned(), tied[TABLE].clone());
    (tied, separate)
}

#[test]
fn a_fresh_projection_is_normal_and_has_a_row_for_padding() {
    let state = initial_state(&blueprint(OutputProjection::Separate).shape, 7);
    let projection = &state[PROJECTION];
    assert_eq!(projection.shape, [13, 8]);
    let squares: f32 = projection.data.iter().map(|x| x * x).sum();
    let deviation = (squares / projection.data.len() as f32).sqrt();
    let expected = (8.0_f32).powf(-0.5);
    assert!((deviation / expected - 1.0).abs() < 0.2, "{deviation}");
    assert!(projection.data[8..16].iter().all(|&x| x != 0.0));
    assert_ne!(projection.data, state[TABLE].data);
}

#[test]
fn a_projection_with_the_numbers_of_the_table_computes_what_the_tied_model_does() {
    let (tied, separate) = twins();
    let batch = DeviceBatch::<Cpu>::new(&batch(), &DEVICE);
    let logits = |kind, state| {
        let model = model::<Cpu>(kind, state, &DEVICE);
        values(model.forward(&batch.source, &batch.decoder_input, Pass::plain()))
    };
    assert_eq!(
        logits(OutputProjection::Separate, &separate),
        logits(OutputProjection::Tied, &tied)
    );
}

#[test]
fn connectivity_has_the_same_gradients_before_a_separate_projection() {
    let _alone = alone();
    let (tied, separate) = twins();
    let gradients = |kind, state| {
        let model = model::<Learning>(kind, state, &DEVICE);
        let batch = DeviceBatch::new(&batch(), &DEVICE);
        let sizes = blueprint(kind).shape.groups();
        connectivity_gradients(&model, &sizes, [batch], 0.1, None).gradients
    };
    let expected = gradients(OutputProjection::Tied, &tied);
    assert!(expected.decoder.embedding.iter().all(|&g| g != 0.0));
    assert_eq!(gradients(OutputProjection::Separate, &separate), expected);
}

#[test]
fn an_update_trains_projection_and_table_apart() {
    let _alone = alone();
    let (_, before) = twins();
    let kind = OutputProjection::Separate;
    let batch = DeviceBatch::<Learning>::new(&batch(), &DEVICE);
    let model = model::<Learning>(kind, &before, &DEVICE);
    let optimizer = toml::from_str("betas = [0.9, 0.98]\nepsilon = 1e-8\nweight-decay = 0.0");
    let mut adam = Adam::<Learning>::new(&optimizer.unwrap(), &DEVICE);
    let logits = model.forward(&batch.source, &batch.decoder_input, Pass::plain());
    let mut gradients = objective(logits, &batch, 0.1, None, TrainingPrecision::Float32)
        .total
        .backward();
    let after = adam.step(model, &mut gradients, 1.0, 1e-2).to_state();
    assert_ne!(after[PROJECTION], before[PROJECTION]);
    assert_ne!(after[TABLE], before[TABLE]);
    assert_ne!(after[TABLE], after[PROJECTION]);
    // Word 10 is in no sentence: its lookup trains nothing, its score does.
    let row = |state: &State, name: &str| state[name].data[10 * 8..11 * 8].to_vec();
    assert_eq!(row(&after, TABLE), row(&before, TABLE));
    assert_ne!(row(&after, PROJECTION), row(&before, PROJECTION));
}

#[test]
fn the_budget_counts_a_separate_projection() {
    for kind in [OutputProjection::Tied, OutputProjection::Separate] {
        let whole = blueprint(kind).shape;
        let half = whole.with_groups(&whole.groups().map(|_, &size| size / 2));
        let rate = half.parameters() as f64 / whole.parameters() as f64;
        let ratio = keep_ratio(&whole, rate, Budget::Exact);
        assert!((ratio - 0.5).abs() < 1e-12, "{kind:?}: {ratio}");
    }
}
