//! 06: how connectivity fades.

use super::data::read;
use serde::Deserialize;
use srp::config::Shrink;
use srp::prune::{Progress, shrunk};

#[derive(Deserialize)]
struct Case {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    schedule: Shrink,
    epochs_in_period: u64,
    steps_per_epoch: u64,
    c_per_step_recommended_clamped: Vec<f64>,
}

#[test]
fn connectivity_fades_as_recommended() {
    let case: Case = read("06_schedules/case.json");
    assert!(!case.rows.is_empty());
    for row in case.rows {
        let steps = row.epochs_in_period * row.steps_per_epoch;
        assert_eq!(row.c_per_step_recommended_clamped.len() as u64, steps);
        for (index, &expected) in row.c_per_step_recommended_clamped.iter().enumerate() {
            let at = Progress {
                step: index as u64 + 1,
                steps,
                epoch: index as u64 / row.steps_per_epoch + 1,
                epochs: row.epochs_in_period,
            };
            let got = shrunk(row.schedule, at);
            assert!(
                (got - expected).abs() <= 1e-12,
                "{:?} at {at:?}: {got}, expected {expected}",
                row.schedule
            );
        }
    }
}
