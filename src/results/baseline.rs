//! A model beside the unpruned one of its table: how many times fewer operations, how many times faster.

use super::{Conditions, Record};
use crate::metrics::report::DecodeSpeed;

/// How a model compares to the unpruned one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BesideBaseline {
    /// FLOPs of the unpruned model over those of this one.
    pub flops_ratio: f64,
    /// How many times faster this one is, one sentence at a time; nothing where one of the two was not measured, or
    /// they were on other devices or numbers of threads.
    pub speed_up: Option<SpeedUp>,
    /// The same in large batches, which must have held as many sentences.
    pub batch_speed_up: Option<SpeedUp>,
    /// Whether speeds of the two do not compare although both were measured.
    pub unlike: bool,
}

/// How many times faster a model is than another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeedUp {
    /// Median time of the other one over that of this one.
    pub ratio: f64,
    /// Whether the difference is no more than noise: the runs of the two overlap.
    pub noise: bool,
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
    let [speed_up, batch_speed_up] =
        [false, true].map(|in_batches| speed_up(&record.decode, &baseline.decode, in_batches));
    let itself = record.artifact == baseline.artifact;
    let known = |found: Speeds| match found {
        Speeds::Compare(found) => Some(SpeedUp {
            noise: found.noise && !itself,
            ..found
        }),
        Speeds::Unlike | Speeds::Unknown => None,
    };
    BesideBaseline {
        flops_ratio: baseline.report.flops as f64 / record.report.flops as f64,
        speed_up: known(speed_up),
        batch_speed_up: known(batch_speed_up),
        unlike: [speed_up, batch_speed_up].contains(&Speeds::Unlike),
    }
}

/// Two speeds side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Speeds {
    Compare(SpeedUp),
    /// Measured under other conditions.
    Unlike,
    /// Not measured, one of them.
    Unknown,
}

fn speed_up(own: &DecodeSpeed, baseline: &DecodeSpeed, in_batches: bool) -> Speeds {
    let times = |speed: &DecodeSpeed| speed.fixed_batch(in_batches).cloned();
    let Some((base, time)) = times(baseline).zip(times(own)) else {
        return Speeds::Unknown;
    };
    if (own.threads, &own.device, time.held()) != (baseline.threads, &baseline.device, base.held())
    {
        return Speeds::Unlike;
    }
    Speeds::Compare(SpeedUp {
        ratio: base.median_ms / time.median_ms,
        noise: time.least_ms <= base.most_ms && base.least_ms <= time.most_ms,
    })
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
            other_load: None,
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
        let speed_ups: Vec<_> = found
            .iter()
            .map(|found| found.speed_up.unwrap().ratio)
            .collect();
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

    fn ratio(own: &DecodeSpeed, baseline: &DecodeSpeed, in_batches: bool) -> Option<f64> {
        match speed_up(own, baseline, in_batches) {
            Speeds::Compare(found) => Some(found.ratio),
            _ => None,
        }
    }

    #[test]
    fn a_speed_up_is_that_of_the_same_kind_of_batch() {
        let (own, baseline) = (speed(1, [10.0, 2.0]), speed(1, [15.0, 8.0]));
        assert_eq!(ratio(&own, &baseline, false), Some(1.5));
        assert_eq!(ratio(&own, &baseline, true), Some(4.0));
    }

    #[test]
    fn unlike_machines_and_absent_measurements_give_no_speed_up() {
        let (own, baseline) = (speed(1, [10.0, 2.0]), speed(2, [15.0, 8.0]));
        assert_eq!(speed_up(&own, &baseline, false), Speeds::Unlike);
        let old = DecodeSpeed {
            fixed_batches: Vec::new(),
            ..own.clone()
        };
        assert_eq!(speed_up(&own, &old, true), Speeds::Unknown);
        let mut smaller = own.clone();
        smaller.fixed_batches[1].sentences = 8;
        assert_eq!(speed_up(&own, &smaller, true), Speeds::Unlike);
        assert_eq!(ratio(&own, &smaller, false), Some(1.0));
    }

    #[test]
    fn runs_that_overlap_are_noise_but_not_beside_themselves() {
        let mut records = vec![record("dense", 1, 8), record("small", 1, 7)];
        records[1].artifact = "1".repeat(64).parse().unwrap();
        records[0].decode.fixed_batches[0].least_ms = 6.5;
        set_beside(&mut records);
        let noise: Vec<_> = records
            .iter()
            .map(|record| record.beside_baseline.unwrap().speed_up.unwrap().noise)
            .collect();
        assert_eq!(noise, [false, true]);
    }
}
