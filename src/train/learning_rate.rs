//! The learning rate over time.

use crate::config::LearningRate;

/// The rate of the next update, after `done` completed ones (SPEC §13).
pub fn learning_rate(schedule: &LearningRate, done: u64) -> f64 {
    match *schedule {
        LearningRate::Fixed { rate } => rate.get(),
        LearningRate::InverseSqrt {
            peak,
            warmup_steps,
            start,
        } if done < warmup_steps => {
            let start = start.map_or(0.0, |start| start.get());
            start + done as f64 * (peak.get() - start) / warmup_steps as f64
        }
        LearningRate::InverseSqrt {
            peak,
            warmup_steps: 0,
            ..
        } => peak.get(),
        LearningRate::InverseSqrt {
            peak, warmup_steps, ..
        } => peak.get() * (warmup_steps as f64).sqrt() / (done as f64).sqrt(),
    }
}
