//! 09: beam search.

use super::data::read;
use super::tensors::*;
use serde::Deserialize;
use srp::config::Search;
use srp::decode::{Engine, Proposer, Tensors, Translation, beam_search, longest};
use srp::model::{Pass, Transformer};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    tolerance_f32: Tolerance,
}

#[derive(Deserialize)]
struct Tolerance {
    score_abs: f64,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    weights: String,
    connectivity: Option<String>,
    batched: bool,
    params: Params,
    sources_without_eos: Vec<Vec<i32>>,
    hypotheses: Vec<Vec<Hypothesis>>,
}

#[derive(Deserialize)]
struct Params {
    beam_size: usize,
    max_len_a: f64,
    max_len_b: usize,
    len_penalty: f64,
    #[serde(default)]
    unk_penalty: f64,
    #[serde(default = "one")]
    min_len: usize,
    #[serde(default = "yes")]
    normalize_scores: bool,
}

#[derive(Deserialize)]
struct Hypothesis {
    tokens: Vec<u32>,
    score: f64,
    positional_scores: Vec<f64>,
}

fn one() -> usize {
    1
}

fn yes() -> bool {
    true
}

/// What a proposer finds for sentences without their ends, translated together or one by one.
fn translations(
    proposer: &mut impl Proposer,
    sources: &[Vec<i32>],
    together: bool,
    (search, max_positions): (&Search, usize),
) -> Vec<Vec<Translation>> {
    let ids = |source: &Vec<i32>| source.iter().chain(&[2]).map(|&id| id as u32).collect();
    let sources: Vec<Vec<u32>> = sources.iter().map(ids).collect();
    let mut found = Vec::new();
    for batch in sources.chunks(if together { sources.len() } else { 1 }) {
        let batch: Vec<&[u32]> = batch.iter().map(Vec::as_slice).collect();
        let src_len = batch.iter().map(|source| source.len()).max().unwrap();
        let limit = longest(search, src_len, max_positions);
        found.extend(beam_search(proposer, &batch, search, limit));
    }
    found
}

#[test]
fn translations_and_scores_are_the_references() {
    let golden: Golden = read("09_beam/case.json");
    let settings = config("09_beam");
    assert!(!golden.cases.is_empty());
    for case in &golden.cases {
        let blueprint = settings.blueprint();
        let weights = tensors(&format!("09_beam/{}", case.weights));
        let model = Transformer::<Cpu>::from_state(&blueprint, &weights, &DEVICE).unwrap();
        let c = case.connectivity.as_ref().map(|file| {
            connectivity(
                &blueprint.shape.groups(),
                &tensors(&format!("09_beam/{file}")),
            )
        });
        let search = Search {
            beam: case.params.beam_size.try_into().unwrap(),
            // Scores that are not normalised are those of a length penalty of 0.
            length_penalty: if case.params.normalize_scores {
                case.params.len_penalty
            } else {
                0.0
            }
            .try_into()
            .unwrap(),
            max_length_a: case.params.max_len_a.try_into().unwrap(),
            max_length_b: case.params.max_len_b,
            min_length: case.params.min_len,
            unknown_penalty: case.params.unk_penalty.try_into().unwrap(),
            batch_sentences: 128.try_into().unwrap(),
        };
        let pass = Pass {
            connectivity: c.as_ref(),
            dropout: None,
        };
        let vectors = c
            .as_ref()
            .map(|c| c.map(|_, c| c.clone().map_or(Vec::new(), values)));
        let engine = Engine::new(&blueprint, &weights, vectors.as_ref());
        let how = (&search, settings.max_positions);
        let sources = &case.sources_without_eos;
        let mut tensors = Tensors::new(&model, pass, &DEVICE);
        let found = translations(&mut tensors, sources, case.batched, how);
        assert_reference(&found, case, golden.tolerance_f32.score_abs);
        let found = translations(&mut engine.session(), sources, case.batched, how);
        assert_reference(&found, case, golden.tolerance_f32.score_abs);
    }
}

fn assert_reference(found: &[Vec<Translation>], case: &Case, tolerance: f64) {
    assert_eq!(found.len(), case.hypotheses.len());
    for (found, expected) in found.iter().zip(&case.hypotheses) {
        let tokens = |list: &[u32]| list.to_vec();
        let got: Vec<_> = found.iter().map(|t| tokens(&t.tokens)).collect();
        let wanted: Vec<_> = expected.iter().map(|t| tokens(&t.tokens)).collect();
        assert_eq!(got, wanted, "{}", case.name);
        for (found, expected) in found.iter().zip(expected) {
            let near = |a: f64, b: f64| (a - b).abs() <= tolerance;
            assert!(
                near(found.score, expected.score),
                "{}: {}",
                case.name,
                found.score
            );
            assert_eq!(
                found.positional_scores.len(),
                expected.positional_scores.len()
            );
            for (&a, &b) in found
                .positional_scores
                .iter()
                .zip(&expected.positional_scores)
            {
                assert!(near(a, b), "{}: {a}, expected {b}", case.name);
            }
        }
    }
}
