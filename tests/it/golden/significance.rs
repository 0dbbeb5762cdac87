//! Paired bootstrap resampling against that of sacreBLEU.

use crate::golden::data::{assert_close, read};
use serde::Deserialize;
use srp::metrics::bleu::BleuStatistics;
use srp::metrics::chrf::Chrf;
use srp::metrics::significance::{Resampled, Samples, Statistics};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Case {
    references: Vec<String>,
    systems: BTreeMap<String, Vec<String>>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    metric: String,
    system: String,
    seed: u64,
    samples: usize,
    score: f64,
    /// None of the baseline.
    p_value: Option<f64>,
    mean: f64,
    half_width: f64,
}

fn counted<S: Statistics>(case: &Case, system: &str, add: fn(&mut S, &str, &str)) -> Vec<S> {
    let pairs = case.systems[system].iter().zip(&case.references);
    let one = |(hypothesis, reference): (&String, &String)| {
        let mut statistics = S::default();
        add(&mut statistics, hypothesis, reference);
        statistics
    };
    pairs.map(one).collect()
}

fn resampled(case: &Case, test: &Test, system: &str) -> Resampled {
    let samples = Samples::of(case.references.len(), test.samples, test.seed).unwrap();
    match test.metric.as_str() {
        "bleu" => samples.score(&counted(case, system, BleuStatistics::add)),
        _ => samples.score(&counted(case, system, Chrf::add)),
    }
}

#[test]
fn p_values_and_intervals_are_those_of_sacrebleu() {
    let case: Case = read("16_significance/paired_bootstrap.json");
    for test in &case.tests {
        let name = format!("{} of {}, seed {}", test.metric, test.system, test.seed);
        let system = resampled(&case, test, &test.system);
        assert_close(system.score, test.score, &name);
        let interval = system.interval().unwrap();
        for (got, expected) in [
            (interval.mean, test.mean),
            (interval.half_width, test.half_width),
        ] {
            // sacreBLEU divides the counts of a sample in 32 bits.
            let tolerance = 8.0 * f64::from(f32::EPSILON) * expected.abs().max(100.0);
            assert!(
                (got - expected).abs() <= tolerance,
                "{name}: {got}, {expected}"
            );
        }
        if let Some(expected) = test.p_value {
            let baseline = resampled(&case, test, "baseline");
            assert_eq!(system.p_value(&baseline), expected, "{name}");
        }
    }
}
