//! 10: learning rates.

use super::data::{assert_close, read};
use serde::Deserialize;
use srp::config::LearningRate;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Case {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    scheduler: String,
    lr: f64,
    warmup_updates: Option<u64>,
    /// The first rate; negative for 0.
    warmup_init_lr: Option<f64>,
    lr_after_num_updates: BTreeMap<String, f64>,
}

#[test]
fn learning_rates_are_the_references() {
    let case: Case = read("10_lr/case.json");
    assert!(!case.rows.is_empty());
    for row in case.rows {
        let schedule = match row.scheduler.as_str() {
            "inverse_sqrt" => LearningRate::InverseSqrt {
                peak: row.lr.try_into().unwrap(),
                warmup_steps: row.warmup_updates.unwrap(),
                start: row.warmup_init_lr.and_then(|start| start.try_into().ok()),
            },
            "fixed" => LearningRate::Fixed {
                rate: row.lr.try_into().unwrap(),
            },
            other => panic!("{other}"),
        };
        for (done, expected) in row.lr_after_num_updates {
            let rate = srp::train::learning_rate(&schedule, done.parse().unwrap());
            assert_close(rate, expected, &format!("{} after {done}", row.scheduler));
        }
    }
}

#[test]
fn no_warmup_starts_at_the_peak() {
    let schedule = LearningRate::InverseSqrt {
        peak: 5e-4.try_into().unwrap(),
        warmup_steps: 0,
        start: None,
    };
    assert_eq!(srp::train::learning_rate(&schedule, 0), 5e-4);
}
