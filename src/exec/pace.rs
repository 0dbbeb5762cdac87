//! How fast a stage gets on, and how long it will still take, from what it tells and what earlier runs took.

use std::time::Instant;

/// What is shorter tells little of a speed, in seconds.
const MOMENT: f64 = 1.0;

/// The share of a training that has to be seen before its speed alone counts: by then it has been validated.
const TRUSTED: f64 = 0.1;

/// The speed of one attempt at a stage.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Steps of the phase.
    steps: Speed,
    total: Option<u64>,
    /// The share of the whole stage, where the stage knows that.
    share: Speed,
}

/// Something that grows with time.
#[derive(Debug, Default)]
struct Speed {
    first: Option<(Instant, f64)>,
    last: Option<(Instant, f64)>,
}

impl Pace {
    /// The stage turns to something else.
    pub(super) fn turn(&mut self) {
        self.steps = Speed::default();
        self.total = None;
    }

    /// So many steps of the phase are done, of `total`.
    pub(super) fn step(&mut self, now: Instant, done: u64, total: Option<u64>) {
        self.steps.tell(now, done as f64);
        self.total = total;
    }

    /// So much of the whole stage is done, from 0 to 1.
    pub(super) fn share(&mut self, now: Instant, share: f64) {
        self.share.tell(now, share);
    }

    /// Steps in a second.
    pub(super) fn rate(&self) -> Option<f64> {
        self.steps.per_second()
    }

    /// The seconds that are left of the stage, which has worked for `elapsed` seconds and is `expected` to take so many.
    ///
    /// A stage that knows its share goes by its own speed, and by what is expected as long as that is new. Any other takes
    /// what is expected, unless the steps that are left take longer.
    pub(super) fn left(&self, now: Instant, elapsed: f64, expected: Option<f64>) -> Option<f64> {
        let left = match self.share.last {
            Some((at, share)) => {
                let since = now.saturating_duration_since(at).as_secs_f64();
                let foretold = expected.map(|all| all * (1.0 - share) - since);
                let measured = self.share.seconds_to(1.0, now);
                match (measured, foretold) {
                    (Some(measured), Some(foretold)) => {
                        let trust = (self.share.seen() / TRUSTED).min(1.0);
                        Some(trust * measured + (1.0 - trust) * foretold)
                    }
                    (measured, foretold) => measured.or(foretold),
                }
            }
            None => {
                let total = self.total.map(|total| total as f64);
                let steps = total.and_then(|total| self.steps.seconds_to(total, now));
                let foretold = expected.map(|all| all - elapsed).filter(|left| *left > 0.0);
                steps.into_iter().chain(foretold).reduce(f64::max)
            }
        };
        left.map(|seconds| seconds.max(0.0))
    }
}

impl Speed {
    fn tell(&mut self, now: Instant, value: f64) {
        if self.last.is_none_or(|(_, last)| value < last) {
            // It counts anew.
            self.first = Some((now, value));
        }
        self.last = Some((now, value));
    }

    /// By how much it has grown.
    fn seen(&self) -> f64 {
        match (self.first, self.last) {
            (Some((_, first)), Some((_, last))) => last - first,
            _ => 0.0,
        }
    }

    fn per_second(&self) -> Option<f64> {
        let ((first, _), (last, _)) = (self.first?, self.last?);
        let seconds = last.saturating_duration_since(first).as_secs_f64();
        let speed = self.seen() / seconds;
        (seconds >= MOMENT && speed > 0.0).then_some(speed)
    }

    /// How long it takes from now until it has grown to `end`.
    fn seconds_to(&self, end: f64, now: Instant) -> Option<f64> {
        let (at, value) = self.last?;
        let since = now.saturating_duration_since(at).as_secs_f64();
        Some((end - value) / self.per_second()? - since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A pace, and what tells it the time.
    fn begun() -> (Pace, impl Fn(f64) -> Instant) {
        let start = Instant::now();
        let at = move |seconds| start + Duration::from_secs_f64(seconds);
        (Pace::default(), at)
    }

    #[test]
    fn steps_have_a_rate_once_there_are_some_and_a_new_phase_counts_anew() {
        let (mut pace, at) = begun();
        pace.step(at(0.0), 100, Some(200));
        assert_eq!(pace.rate(), None);
        pace.step(at(0.5), 110, Some(200));
        assert_eq!(pace.rate(), None, "too early to say");
        pace.step(at(4.0), 140, Some(200));
        assert_eq!(pace.rate(), Some(10.0));
        assert_eq!(pace.left(at(5.0), 5.0, None), Some(5.0));
        pace.turn();
        assert_eq!((pace.rate(), pace.left(at(5.0), 5.0, None)), (None, None));
    }

    #[test]
    fn a_stage_that_tells_nothing_takes_what_is_expected() {
        let (pace, at) = begun();
        assert_eq!(pace.left(at(2.0), 2.0, Some(10.0)), Some(8.0));
        assert_eq!(pace.left(at(12.0), 12.0, Some(10.0)), None, "who knows");
    }

    #[test]
    fn steps_that_take_longer_than_expected_count() {
        let (mut pace, at) = begun();
        pace.step(at(0.0), 0, Some(100));
        pace.step(at(10.0), 10, Some(100));
        assert_eq!(pace.left(at(10.0), 10.0, Some(20.0)), Some(90.0));
        assert_eq!(pace.left(at(10.0), 10.0, Some(200.0)), Some(190.0));
    }

    #[test]
    fn a_training_goes_by_its_own_speed_the_more_of_it_was_seen() {
        let (mut pace, at) = begun();
        pace.share(at(0.0), 0.5);
        assert_eq!(pace.left(at(0.0), 0.0, Some(100.0)), Some(50.0), "expected");
        pace.share(at(20.0), 0.6);
        let left = pace.left(at(20.0), 20.0, Some(100.0)).unwrap();
        assert!((left - 80.0).abs() < 1e-9, "twice as long: {left}");
        let (mut pace, at) = begun();
        pace.share(at(0.0), 0.0);
        pace.share(at(10.0), 0.05);
        let left = pace.left(at(10.0), 10.0, Some(100.0)).unwrap();
        assert!(
            (left - (190.0 + 95.0) / 2.0).abs() < 1e-9,
            "half of each: {left}"
        );
    }

    #[test]
    fn time_that_is_left_runs_out_and_not_below_nothing() {
        let (mut pace, at) = begun();
        pace.share(at(0.0), 0.0);
        pace.share(at(10.0), 0.5);
        assert_eq!(pace.left(at(14.0), 14.0, None), Some(6.0));
        assert_eq!(pace.left(at(99.0), 99.0, None), Some(0.0));
    }
}
