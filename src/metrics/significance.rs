//! Whether a difference between two systems is more than the choice of test sentences: paired bootstrap resampling
//! (Koehn 2004), as sacreBLEU 2 does it.
//!
//! The test set is drawn again, with replacement, as often as is asked for; each system is scored on each of these
//! samples. The samples are those that sacreBLEU draws for the same seed, so that p-values are its own.

use super::bleu::{BleuStatistics, Orders};
use super::chrf::ChrfStatistics;
use crate::random::numpy;

/// Samples that sacreBLEU takes unless told otherwise.
pub const SAMPLES: usize = 1_000;
/// The fewest samples of which one lies outside of the 95 % interval at each end.
pub const LEAST_SAMPLES: usize = 40;
/// The seed that sacreBLEU takes unless told otherwise.
pub const SEED: u64 = 12_345;

/// What a score is computed from, summed over sentences.
pub trait Statistics: Default {
    /// Adds what was counted of other sentences.
    fn merge(&mut self, other: &Self);
    /// The score of all that was counted.
    fn score(&self) -> f64;
}

impl Statistics for BleuStatistics {
    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }

    fn score(&self) -> f64 {
        Self::score(self, Orders::All).score
    }
}

impl<const WORD_ORDERS: usize> Statistics for ChrfStatistics<WORD_ORDERS> {
    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }

    fn score(&self) -> f64 {
        Self::score(self).score
    }
}

/// Samples of a test set: each draws as many sentences as there are, some of them more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Samples {
    sentences: u32,
    samples: usize,
    seed: u64,
}

impl Samples {
    /// So many samples of so many sentences; nothing if there are 2^32 sentences or more.
    pub fn of(sentences: usize, samples: usize, seed: u64) -> Option<Self> {
        Some(Self {
            sentences: u32::try_from(sentences).ok()?,
            samples,
            seed,
        })
    }

    /// Scores a system on each sample, given what was counted of each sentence. All systems meet the same samples.
    ///
    /// # Panics
    /// If there are fewer sentences than the samples are drawn from.
    pub fn score<S: Statistics>(&self, system: &[S]) -> Resampled {
        let mut whole = S::default();
        system.iter().for_each(|sentence| whole.merge(sentence));
        let mut generator = numpy::Generator::new(self.seed);
        let mut sample = || {
            let mut sum = S::default();
            for _ in 0..self.sentences {
                sum.merge(&system[generator.below(self.sentences) as usize]);
            }
            sum.score()
        };
        Resampled {
            score: whole.score(),
            samples: (0..self.samples).map(|_| sample()).collect(),
        }
    }
}

/// The scores of one system.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled {
    /// On the test set.
    pub score: f64,
    /// On each sample.
    pub samples: Vec<f64>,
}

/// Where a score lies if test sentences were other ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean over samples.
    pub mean: f64,
    /// Half the width of the interval that 95 % of the samples lie in.
    pub half_width: f64,
}

impl Resampled {
    /// The 95 % interval; nothing without samples.
    pub fn interval(&self) -> Option<Interval> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let outside = sorted.len() / LEAST_SAMPLES;
        let last = sorted.len().checked_sub(1)?;
        Some(Interval {
            mean: mean(&sorted),
            half_width: 0.5 * (sorted[last - outside] - sorted[outside]),
        })
    }

    /// How probable a difference from `baseline` as large as this one is if there is none: the share of samples whose
    /// difference is that far from the mean one. Both were scored on the same samples.
    pub fn p_value(&self, baseline: &Self) -> f64 {
        let pairs = self.samples.iter().zip(&baseline.samples);
        let differences: Vec<f64> = pairs.map(|(one, other)| (one - other).abs()).collect();
        let (usual, found) = (mean(&differences), (self.score - baseline.score).abs());
        let as_large = differences.iter().filter(|d| *d - usual > found).count();
        (as_large + 1) as f64 / (differences.len() + 1) as f64
    }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(score: f64, samples: &[f64]) -> Resampled {
        Resampled {
            score,
            samples: samples.to_vec(),
        }
    }

    #[test]
    fn the_interval_leaves_out_a_fortieth_at_each_end() {
        let samples: Vec<f64> = (0..80).rev().map(f64::from).collect();
        let interval = resampled(0.0, &samples).interval().unwrap();
        assert_eq!((interval.mean, interval.half_width), (39.5, 37.5));
        assert_eq!(resampled(0.0, &[]).interval(), None);
    }

    #[test]
    fn differences_that_vary_more_than_the_one_found_make_it_doubtful() {
        let baseline = resampled(10.0, &[10.0; 4]);
        let steady = resampled(12.0, &[12.0, 12.1, 11.9, 12.0]);
        assert_eq!(steady.p_value(&baseline), 0.2);
        // Differences 0, 0, 0 and 8, 2 in the mean: one of them is further above it than 0.5.
        let shaky = resampled(10.5, &[10.0, 10.0, 10.0, 18.0]);
        assert_eq!(shaky.p_value(&baseline), 0.4);
    }

    #[test]
    fn a_sample_of_one_sentence_is_the_test_set() {
        let mut sentence = BleuStatistics::default();
        sentence.add("a b c d x", "a b c d e");
        let scores = Samples::of(1, 3, SEED).unwrap().score(&[sentence]);
        assert_eq!(scores.samples, [scores.score; 3]);
    }
}
