//! The best tokens of a row of scores and their log-probabilities, found in one pass over the scores.

use super::proposer::{Continuation, End, Proposals, Rules};
use crate::kernels::simd::{LANES, add, exp, fold, larger, vectorised};
use crate::text::vocabulary::{EOS, PAD, UNK};

/// Tokens that rules are about.
pub(super) const SPECIAL: [u32; 3] = [PAD, EOS, UNK];

/// What proposals are made of: log-probabilities.
#[derive(Debug, Clone)]
pub(super) struct Ranked {
    /// The best of the others, best first, of equal ones the lower token first.
    pub(super) best: Vec<Continuation>,
    /// Those of [`SPECIAL`].
    pub(super) special: [f32; 3],
}

impl Ranked {
    /// The best continuations under some rules.
    pub(super) fn propose(self, rules: Rules, proposals: &mut Proposals) {
        let mut row = self.best;
        for continuation in &mut row {
            continuation.log_probability = hopeless_if_nan(continuation.log_probability);
        }
        let [_, end, mut unknown] = [0, 1, 2].map(|i| Continuation {
            token: SPECIAL[i],
            log_probability: hopeless_if_nan(self.special[i]),
        });
        unknown.log_probability = hopeless_if_nan(unknown.log_probability - rules.unknown_penalty);
        if rules.end == End::Required {
            return proposals.push(std::iter::once(end));
        }
        let mut insert = |special: Continuation| {
            let place = row.partition_point(|other| {
                (other.log_probability, special.token) > (special.log_probability, other.token)
            });
            row.insert(place, special);
        };
        insert(unknown);
        if rules.end == End::Allowed {
            insert(end);
        }
        proposals.push(row.into_iter());
    }
}

/// What is known of a row's scores so far.
#[derive(Debug, Clone)]
pub(super) struct Ranking {
    /// How many of the best are kept.
    count: usize,
    highest: f32,
    /// Sums of the exponentials of scores less the highest one.
    sums: [f32; LANES],
    /// The best scores and their tokens, best first, those of [`SPECIAL`] left out.
    best: Vec<(f32, u32)>,
    /// The scores of [`SPECIAL`].
    special: [f32; 3],
}

impl Ranking {
    /// Of a row that was not looked at.
    pub(super) fn new(count: usize) -> Self {
        Self {
            count,
            highest: f32::NEG_INFINITY,
            sums: [0.0; LANES],
            best: Vec::with_capacity(count + 1),
            special: [f32::NEG_INFINITY; 3],
        }
    }

    /// Forgets all scores.
    pub(super) fn clear(&mut self, count: usize) {
        self.count = count;
        self.highest = f32::NEG_INFINITY;
        self.sums = [0.0; LANES];
        self.best.clear();
        self.special = [f32::NEG_INFINITY; 3];
    }

    /// Looks at the scores of the tokens from `first` on; tokens come in order, the special ones in the first piece.
    pub(super) fn look(&mut self, scores: &mut [f32], first: usize) {
        look(self, scores, first);
    }

    /// The best continuations under some rules.
    pub(super) fn propose(&self, rules: Rules, proposals: &mut Proposals) {
        let total = fold(self.sums, add).ln();
        let log_probability = |score: f32| score - self.highest - total;
        let best = self.best.iter().map(|&(score, token)| Continuation {
            token,
            log_probability: log_probability(score),
        });
        let ranked = Ranked {
            best: best.collect(),
            special: self.special.map(log_probability),
        };
        ranked.propose(rules, proposals);
    }

    /// Takes a score in if it is one of the best; of equal ones the earlier stays.
    #[inline(always)]
    fn insert(&mut self, score: f32, token: u32) {
        if score > self.threshold() {
            let place = self.best.partition_point(|&(other, _)| other >= score);
            self.best.insert(place, (score, token));
            self.best.truncate(self.count);
        }
    }

    /// What a score must exceed.
    #[inline(always)]
    fn threshold(&self) -> f32 {
        match self.best.last() {
            Some(&(worst, _)) if self.best.len() == self.count => worst,
            _ => f32::NEG_INFINITY,
        }
    }
}

fn hopeless_if_nan(log_probability: f32) -> f32 {
    match log_probability.is_nan() {
        true => f32::NEG_INFINITY,
        false => log_probability,
    }
}

vectorised! {
    fn look(ranking: &mut Ranking, scores: &mut [f32], first: usize) {
        let vectors = scores.as_chunks_mut::<LANES>().0;
        let mut highest = [f32::NEG_INFINITY; LANES];
        for vector in vectors.iter() {
            for lane in 0..LANES {
                highest[lane] = larger(vector[lane], highest[lane]);
            }
        }
        let highest = fold(highest, larger);
        if highest > ranking.highest {
            let factor = exp(ranking.highest - highest);
            for sum in &mut ranking.sums {
                *sum *= factor;
            }
            ranking.highest = highest;
        }
        let mut sums = ranking.sums;
        for vector in vectors.iter() {
            for lane in 0..LANES {
                sums[lane] += exp(vector[lane] - ranking.highest);
            }
        }
        ranking.sums = sums;
        if first == 0 {
            for (score, token) in ranking.special.iter_mut().zip(SPECIAL) {
                *score = std::mem::replace(&mut vectors[0][token as usize], f32::NEG_INFINITY);
            }
        }
        if highest > ranking.threshold() {
            for (place, vector) in vectors.iter().enumerate() {
                let threshold = ranking.threshold();
                let mut any = false;
                for score in vector {
                    any |= *score > threshold;
                }
                if any {
                    for (lane, &score) in vector.iter().enumerate() {
                        ranking.insert(score, (first + place * LANES + lane) as u32);
                    }
                }
            }
        }
    }
}
