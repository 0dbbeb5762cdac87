//! How the connectivity parameters of selected groups fade (SPEC §8).

use crate::config::Shrink;
use serde::{Deserialize, Serialize};

/// Where a period of shrinking stands, in the forward pass of one update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The update within the period, from 1.
    pub step: u64,
    /// Updates of the whole period.
    pub steps: u64,
    /// The epoch within the period, from 1.
    pub epoch: u64,
    /// Epochs of the whole period.
    pub epochs: u64,
}

/// What geometric schedules shrink to.
const GEOMETRIC_END: f64 = 1e-5;

/// The value of the selected connectivity parameters. Never below 0, where the original overshoots (D11).
pub fn shrunk(schedule: Shrink, at: Progress) -> f64 {
    let per_step = at.step as f64 / at.steps.saturating_sub(1).max(1) as f64;
    let per_epoch = at.epoch as f64 / at.epochs as f64;
    match schedule {
        Shrink::StepArithmetic => (1.0 - per_step).max(0.0),
        Shrink::StepGeometric => GEOMETRIC_END.powf(per_step),
        Shrink::EpochArithmetic => (1.0 - per_epoch).max(0.0),
        Shrink::EpochGeometric => GEOMETRIC_END.powf(per_epoch),
        Shrink::OneShot => 0.0,
    }
}
