//! Times of the same work, done again and again.

use super::measure;
use crate::exec::own_processor_time;
use std::time::{Duration, Instant};

/// What one repetition took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// By the clock.
    pub(super) wall: Duration,
    /// Of all processors together.
    pub(super) cpu: Duration,
}

impl Sample {
    /// Of some work of this process.
    pub(super) fn of<T>(work: impl FnOnce() -> T) -> Self {
        let (clock, before) = (Instant::now(), own_processor_time());
        work();
        Self {
            wall: clock.elapsed(),
            cpu: own_processor_time().saturating_sub(before),
        }
    }
}

/// All repetitions that count.
#[derive(Debug, Clone, Default)]
pub(super) struct Samples(Vec<Sample>);

/// Which of the two times.
pub(super) type Pick = fn(&Sample) -> Duration;

/// The time by the clock.
pub(super) const WALL: Pick = |sample| sample.wall;

/// The time of all processors together.
pub(super) const CPU: Pick = |sample| sample.cpu;

impl Samples {
    pub(super) fn push(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// The time that half of the repetitions stay below, in milliseconds.
    pub(super) fn median(&self, pick: Pick) -> f64 {
        self.quantile(pick, 0.5)
    }

    /// The times that a quarter and three quarters of the repetitions stay below, in milliseconds.
    pub(super) fn quartiles(&self, pick: Pick) -> (f64, f64) {
        (self.quantile(pick, 0.25), self.quantile(pick, 0.75))
    }

    fn quantile(&self, pick: Pick, share: f64) -> f64 {
        let times = self.0.iter().map(|sample| pick(sample).as_secs_f64() * 1e3);
        measure::quantile(times, share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(milliseconds: &[u64]) -> Samples {
        let sample = |&ms| Sample {
            wall: Duration::from_millis(ms),
            cpu: Duration::from_millis(2 * ms),
        };
        Samples(milliseconds.iter().map(sample).collect())
    }

    #[test]
    fn the_median_ignores_the_order_and_the_outlier() {
        let samples = samples(&[3, 1, 1000, 2, 4]);
        assert_eq!(samples.median(WALL), 3.0);
        assert_eq!(samples.median(CPU), 6.0);
        assert_eq!(samples.quartiles(WALL), (2.0, 4.0));
    }

    #[test]
    fn between_two_repetitions_it_is_in_proportion() {
        assert_eq!(samples(&[1, 2]).median(WALL), 1.5);
        assert_eq!(samples(&[7]).quartiles(WALL), (7.0, 7.0));
        assert!(Samples::default().median(WALL).is_nan());
    }
}
