//! A model beside the unpruned one of its table: how many times fewer operations, how many times faster.

use super::{Conditions, Record};
use crate::metrics::report::DecodeSpeed;

/// How a model compares to the unpruned one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BesideBaseline {
    /// FLOPs of the unpruned model over those of this one.
    pub flops_ratio: f64,
    /// Time for a sentence of the unpruned model over that of this one, one sentence at a time; nothing where one of
    /// the two was not measured, or they were on other devices or numbers of threads.
    pub speed_up: Option<f64>,
    /// The same in large batches.
    pub batch_speed_up: Option<f64>,
}

/// Sets each record beside the unpruned model that was tested on the same sentences: of several the one with the most
/// parameters of the sweep in common, the first of those.
pub(super) fn set_beside(records: &mut [Record]) {
    let found: Vec<_> = records
        .iter()
        .map(|record| {
            let fitting = records.iter().filter(|other| is_baseline_of(other, record));
            // Of equal ones `max_by_key` takes the last.
            let best = fitting.rev().max_by_key(|other| in_common(other, record));
            best.map(|baseline| beside(record, baseline))
        })
        .collect();
    for (record, found) in records.iter_mut().zip(found) {
        record.beside_baseline = found;
    }
}

fn is_baseline_of(other: &Record, record: &Record) -> bool {
    let (whole, report) = (&other.report, &record.report);
    whole.parameters == whole.original_parameters
        && whole.original_parameters == report.original_parameters
        && (&whole.split, whole.flops_length) == (&report.split, report.flops_length)
        && agree(other.conditions.as_ref(), record.conditions.as_ref())
}

/// Whether two tests were of the same sentences, searched alike and in the same precision, as far as that is known.
fn agree(one: Option<&Conditions>, other: Option<&Conditions>) -> bool {
    one.zip(other).is_none_or(|(one, other)| {
        let tests = one.test_set.as_ref().zip(other.test_set.as_ref());
        tests.is_none_or(|(one, other)| one == other)
            && one.search == other.search
            && one.precision == other.precision
    })
}

fn in_common(other: &Record, record: &Record) -> usize {
    let params = record.params.iter();
    params
        .filter(|(name, value)| other.params.get(*name) == Some(value))
        .count()
}

fn beside(record: &Record, baseline: &Record) -> BesideBaseline {
    BesideBaseline {
        flops_ratio: baseline.report.flops as f64 / record.report.flops as f64,
        speed_up: speed_up(&record.decode, &baseline.decode, false),
        batch_speed_up: speed_up(&record.decode, &baseline.decode, true),
    }
}

fn speed_up(own: &DecodeSpeed, baseline: &DecodeSpeed, in_batches: bool) -> Option<f64> {
    if (own.threads, &own.device) != (baseline.threads, &baseline.device) {
        return None;
    }
    let time = |speed: &DecodeSpeed| speed.fixed_batch(in_batches).map(|found| found.median_ms);
    Some(time(baseline)? / time(own)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Checkpoint, DecodingPrecision};
    use crate::metrics::report::FixedBatch;

    fn speed(threads: usize, ms: [f64; 2]) -> DecodeSpeed {
        let batch = |batch, median_ms| FixedBatch {
            batch,
            sentences: 16,
            runs: 5,
            median_ms,
            least_ms: median_ms,
            most_ms: median_ms,
        };
        DecodeSpeed {
            sentences: 1,
            seconds: 1.0,
            sentences_per_second: 1.0,
            tokens_per_second: 1.0,
            threads,
            device: "cpu".to_owned(),
            fixed_batches: vec![batch(1, ms[0]), batch(128, ms[1])],
        }
    }

    fn conditions(precision: DecodingPrecision) -> Option<Conditions> {
        Some(Conditions {
            search: crate::plan::default_search().unwrap(),
            checkpoint: Checkpoint::Best,
            precision,
            test_set: None,
        })
    }

    #[test]
    fn a_model_in_another_precision_is_no_baseline() {
        let mut records = vec![record("dense", 1, 8), record("small", 1, 4)];
        records[0].conditions = conditions(DecodingPrecision::Float32);
        records[1].conditions = conditions(DecodingPrecision::Int8);
        set_beside(&mut records);
        assert_eq!(records[1].beside_baseline, None);
        records[0].conditions = conditions(DecodingPrecision::Int8);
        set_beside(&mut records);
        assert!(records[1].beside_baseline.is_some());
    }

    fn record(stage: &str, seed: i64, parameters: u64) -> Record {
        let report = serde_json::json!({
            "split": "test", "sentences": 1, "bleu": 1.0, "bleu-signature": "", "chrf": 1.0, "chrf-signature": "",
            "tokenized-bleu": 1.0, "parameters": parameters, "original-parameters": 8, "parameter-ratio": 1.0,
            "flops": 100 * parameters, "flops-length": 50,
            "shape": {
                "original-d-model": 8, "heads": 2, "source-vocab": 16, "target-vocab": 16,
                "encoder": { "d-model": 6, "layers": [] }, "decoder": { "d-model": 6, "layers": [] },
            },
        });
        Record {
            experiment: "toy".to_owned(),
            params: [("seed".to_owned(), seed.into())].into(),
            stage: stage.to_owned(),
            asked_ratio: None,
            conditions: None,
            report: serde_json::from_value(report).unwrap(),
            decode: speed(1, [seed as f64 * parameters as f64, 8.0]),
            beside_baseline: None,
            seconds: Default::default(),
            artifact: "0".repeat(64).parse().unwrap(),
        }
    }

    #[test]
    fn the_baseline_is_the_unpruned_model_of_the_same_point() {
        let mut records = vec![
            record("dense", 1, 8),
            record("dense", 2, 8),
            record("small", 2, 4),
            record("small", 1, 2),
        ];
        set_beside(&mut records);
        let found: Vec<_> = records.iter().map(|r| r.beside_baseline.unwrap()).collect();
        let ratios: Vec<_> = found.iter().map(|found| found.flops_ratio).collect();
        assert_eq!(ratios, [1.0, 1.0, 2.0, 4.0]);
        let speed_ups: Vec<_> = found.iter().map(|found| found.speed_up.unwrap()).collect();
        assert_eq!(speed_ups, [1.0, 1.0, 2.0, 4.0]);
    }

    #[test]
    fn without_an_unpruned_model_nothing_is_compared() {
        let mut records = vec![record("small", 2, 4), record("smaller", 1, 2)];
        set_beside(&mut records);
        assert!(
            records
                .iter()
                .all(|record| record.beside_baseline.is_none())
        );
    }

    #[test]
    fn a_speed_up_is_that_of_the_same_kind_of_batch() {
        let (own, baseline) = (speed(1, [10.0, 2.0]), speed(1, [15.0, 8.0]));
        assert_eq!(speed_up(&own, &baseline, false), Some(1.5));
        assert_eq!(speed_up(&own, &baseline, true), Some(4.0));
    }

    #[test]
    fn unlike_machines_and_absent_measurements_give_no_speed_up() {
        let (own, baseline) = (speed(1, [10.0, 2.0]), speed(2, [15.0, 8.0]));
        assert_eq!(speed_up(&own, &baseline, false), None);
        let old = DecodeSpeed {
            fixed_batches: Vec::new(),
            ..own.clone()
        };
        assert_eq!(speed_up(&own, &old, true), None);
    }
}
