//! 09: beam search.

use super::data::read;
use super::tensors::*;
use serde::Deserialize;
use srp::config::Search;
use srp::decode::beam_search;
use srp::model::{Pass, Source, Transformer};

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

/// Sources with their ends, padded on the left.
fn padded(sources: &[Vec<i32>]) -> Source<Cpu> {
    let longest = sources.iter().map(Vec::len).max().unwrap() + 1;
    let rows = sources.iter().flat_map(|source| {
        let padding = std::iter::repeat_n(1, longest - source.len() - 1);
        padding.chain(source.iter().copied()).chain([2])
    });
    Source::new(&rows.collect::<Vec<_>>(), longest, &DEVICE)
}

#[test]
fn translations_and_scores_are_the_references() {
    let golden: Golden = read("09_beam/case.json");
    let settings = config("09_beam");
    assert!(!golden.cases.is_empty());
    for case in golden.cases {
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
            ..Pass::plain()
        };
        let run = |sources: &[Vec<i32>]| {
            beam_search(
                &model,
                &padded(sources),
                &search,
                settings.max_positions,
                pass,
            )
        };
        let found = match case.batched {
            true => run(&case.sources_without_eos),
            false => case
                .sources_without_eos
                .iter()
                .flat_map(|s| run(std::slice::from_ref(s)))
                .collect(),
        };
        assert_eq!(found.len(), case.hypotheses.len());
        for (found, expected) in found.iter().zip(&case.hypotheses) {
            let tokens = |list: &[u32]| list.to_vec();
            let got: Vec<_> = found.iter().map(|t| tokens(&t.tokens)).collect();
            let wanted: Vec<_> = expected.iter().map(|t| tokens(&t.tokens)).collect();
            assert_eq!(got, wanted, "{}", case.name);
            for (found, expected) in found.iter().zip(expected) {
                let near = |a: f64, b: f64| (a - b).abs() <= golden.tolerance_f32.score_abs;
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
}
