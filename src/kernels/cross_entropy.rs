//! Label-smoothed cross entropy whose gradient is made in the forward pass, where the scores were.

use super::chunks::shared;
use super::simd::{exp, max, sum, vectorised};
use rayon::prelude::*;

/// What the scores of a batch lose, summed over rows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    /// With label smoothing.
    pub(super) smoothed: f64,
    /// Negative log-likelihood.
    pub(super) nll: f64,
}

/// How the loss weighs classes (SPEC §9).
#[derive(Debug, Clone, Copy)]
struct Weights {
    /// Of the right class, beside `each`.
    right: f32,
    /// Of every class.
    each: f32,
    /// Of all classes together.
    all: f32,
}

/// The loss of `scores`, `[rows, vocab]`, which become its gradient.
pub(super) fn differentiate(
    scores: &mut [f32],
    targets: &[i32],
    valid: &[f32],
    smoothing: f64,
) -> Sums {
    let rows = targets.len();
    if rows == 0 {
        return Sums::default();
    }
    let vocab = scores.len() / rows;
    let each = smoothing / (vocab as f64 - 1.0);
    let right = 1.0 - smoothing - each;
    let weights = Weights {
        right: right as f32,
        each: each as f32,
        all: (right + each * vocab as f64) as f32,
    };
    let entries = scores.len();
    let pieces = scores
        .par_chunks_exact_mut(vocab)
        .zip(targets.par_iter().zip(valid));
    let sums: Vec<[f32; 2]> = shared(pieces, entries)
        .map(|(scores, (&target, &valid))| row(scores, target as usize, valid, weights))
        .collect();
    sums.into_iter()
        .fold(Sums::default(), |sums, [smoothed, nll]| Sums {
            smoothed: sums.smoothed + f64::from(smoothed),
            nll: sums.nll + f64::from(nll),
        })
}

vectorised! {
    /// Smoothed and plain loss of one row, which becomes its gradient.
    fn row(scores: &mut [f32], target: usize, valid: f32, weights: Weights) -> [f32; 2] {
        if valid == 0.0 {
            scores.fill(0.0);
            return [0.0; 2];
        }
        let highest = max(scores);
        let right = scores[target] - highest;
        for score in scores.iter_mut() {
            *score -= highest;
        }
        let plain = sum(scores);
        for score in scores.iter_mut() {
            *score = exp(*score);
        }
        let total = sum(scores);
        let log_total = total.ln();
        let nll = log_total - right;
        let smoothed = weights.right * nll + weights.each * (scores.len() as f32 * log_total - plain);
        let (factor, each) = (valid * weights.all / total, valid * weights.each);
        for score in scores.iter_mut() {
            *score = *score * factor - each;
        }
        scores[target] -= valid * weights.right;
        [valid * smoothed, valid * nll]
    }
}
