//! 05: from compression rate to counts.

use super::data::{assert_close, read};
use super::tensors::GoldenCounts;
use serde::Deserialize;
use srp::config::{Architecture, Budget, LayerNorm, OutputProjection, PruneStage};
use srp::groups::{GroupName, Side};
use srp::prune::{Counts, keep_ratio, pruned_fraction, removed};
use srp::shape::Shape;

#[derive(Deserialize)]
struct Case {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    shape: String,
    src_vocab: usize,
    tgt_vocab: usize,
    d: usize,
    ffn: usize,
    heads: usize,
    enc_layers: usize,
    dec_layers: usize,
    compression_rate: f64,
    iterations: usize,
    total_params: u64,
    reference: Expected,
    recommended: Expected,
}

#[derive(Deserialize)]
struct Expected {
    keep_ratio_r: f64,
    prune_fraction_per_iteration: f64,
    removed_per_iteration: Vec<GoldenCounts>,
    params_after: u64,
    achieved_rate: f64,
    stage1_counts: Option<[usize; 5]>,
    stage2_counts: Option<[usize; 5]>,
}

fn original(row: &Row) -> Shape {
    let size = |n: usize| n.try_into().unwrap();
    let architecture = Architecture {
        d_model: size(row.d),
        d_ff: size(row.ffn),
        heads: size(row.heads),
        encoder_layers: size(row.enc_layers),
        decoder_layers: size(row.dec_layers),
        layer_norm: LayerNorm::Weighted,
        max_positions: size(1024),
        output_projection: OutputProjection::Tied,
    };
    Shape::unpruned(&architecture, row.src_vocab, row.tgt_vocab)
}

/// The shape after a round; neurons are taken from the first layers that have any.
fn after(shape: &Shape, counts: &Counts) -> Shape {
    let mut neurons = counts.neurons;
    let sizes = shape.groups().map(|name, &size| match name {
        GroupName::Embedding(Side::Encoder) => size - counts.encoder_dims,
        GroupName::Embedding(Side::Decoder) => size - counts.decoder_dims,
        GroupName::Qk(..) => size - counts.qk_per_head * shape.heads,
        GroupName::Vo(..) => size - counts.vo_per_head * shape.heads,
        GroupName::FeedForward(..) => {
            let taken = neurons.min(size);
            neurons -= taken;
            size - taken
        }
    });
    shape.with_groups(&sizes)
}

#[test]
fn counts_are_those_of_both_formulas() {
    let case: Case = read("05_budget/case.json");
    assert!(!case.rows.is_empty());
    for row in &case.rows {
        let original = original(row);
        assert_eq!(original.parameters(), row.total_params);
        for (formula, expected) in [
            (Budget::Reference, &row.reference),
            (Budget::Exact, &row.recommended),
        ] {
            let what = format!("{} at {}, {formula:?}", row.shape, row.compression_rate);
            assert_close(
                keep_ratio(&original, row.compression_rate, formula),
                expected.keep_ratio_r,
                &what,
            );
            let fraction =
                pruned_fraction(&original, row.compression_rate, row.iterations, formula);
            assert_close(fraction, expected.prune_fraction_per_iteration, &what);
            let mut shape = original.clone();
            assert_eq!(expected.removed_per_iteration.len(), row.iterations);
            for &expected in &expected.removed_per_iteration {
                let counts = removed(&shape, fraction, PruneStage::Everything);
                assert_eq!(counts, Counts::from(expected), "{what}");
                shape = after(&shape, &counts);
            }
            assert_eq!(shape.parameters(), expected.params_after, "{what}");
            let achieved = shape.parameters() as f64 / original.parameters() as f64;
            assert_close(achieved, expected.achieved_rate, &what);
            for (stage, counts) in [
                (PruneStage::Embedding, expected.stage1_counts),
                (PruneStage::Inner, expected.stage2_counts),
            ] {
                let Some(
                    [
                        encoder_dims,
                        decoder_dims,
                        neurons,
                        qk_per_head,
                        vo_per_head,
                    ],
                ) = counts
                else {
                    continue;
                };
                let expected = Counts {
                    encoder_dims,
                    decoder_dims,
                    neurons,
                    qk_per_head,
                    vo_per_head,
                };
                assert_eq!(
                    removed(&original, fraction, stage),
                    expected,
                    "{what}, {stage:?}"
                );
            }
        }
    }
}
