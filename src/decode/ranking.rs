//! The best tokens of a row of scores and their log-probabilities, found in one pass over the scores.

use super::proposer::{Continuation, End, Proposals, Rules};
use crate::kernels::simd::{LANES, add, exp, fold, larger, vectorised};
use crate::text::vocabulary::{EOS, PAD, UNK};

/// Tokens that rules are about.
pub(super) const SPECIAL: [u32; 3] = [PAD, EOS, UNK];

/// What proposals are made of: log-probabilities.
#[derive(Debug, Clone)]
pub(super) struct Ranked {
    /// The best of the others, best first.
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

/// Candidates for each of the best that are kept before they are narrowed down.
const ROOM: usize = 8;

/// What is known of a row's scores so far.
#[derive(Debug, Clone)]
pub(super) struct Ranking {
    /// How many of the best are kept.
    count: usize,
    highest: f32,
    /// Sums of the exponentials of scores less the highest one.
    sums: [f32; LANES],
    /// Keys of the scores that may be among the best, those of [`SPECIAL`] left out.
    candidates: Vec<u64>,
    /// What a score must exceed to be among the best, as far as that is known.
    threshold: f32,
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
            candidates: Vec::new(),
            threshold: f32::NEG_INFINITY,
            special: [f32::NEG_INFINITY; 3],
        }
    }

    /// Forgets all scores.
    pub(super) fn clear(&mut self, count: usize) {
        self.count = count;
        self.highest = f32::NEG_INFINITY;
        self.sums = [0.0; LANES];
        self.candidates.clear();
        self.threshold = f32::NEG_INFINITY;
        self.special = [f32::NEG_INFINITY; 3];
    }

    /// Looks at the scores of the tokens from `first` on; tokens come in order, the special ones in the first piece.
    pub(super) fn look(&mut self, scores: &mut [f32], first: usize) {
        look(self, scores, first);
    }

    /// The best continuations under some rules.
    pub(super) fn propose(&mut self, rules: Rules, proposals: &mut Proposals) {
        self.narrow();
        self.candidates.sort_unstable_by(|a, b| b.cmp(a));
        let total = fold(self.sums, add).ln();
        let log_probability = |score: f32| score - self.highest - total;
        let best = self.candidates.iter().map(|&key| meaning(key));
        let best = best.map(|(score, token)| Continuation {
            token,
            log_probability: log_probability(score),
        });
        let ranked = Ranked {
            best: best.collect(),
            special: self.special.map(log_probability),
        };
        ranked.propose(rules, proposals);
    }

    /// Keeps the best candidates only.
    fn narrow(&mut self) {
        if self.candidates.len() > self.count && self.count > 0 {
            let descending = |a: &u64, b: &u64| b.cmp(a);
            let last = self.count - 1;
            let (_, worst, _) = self.candidates.select_nth_unstable_by(last, descending);
            self.threshold = meaning(*worst).0;
            self.candidates.truncate(self.count);
        }
    }
}

/// What at least `count` scores of the first piece exceed, if that is seen at a glance: each lane has a highest one.
#[inline(always)]
fn exceeded(vectors: &[[f32; LANES]], count: usize) -> f32 {
    let mut highest = [f32::NEG_INFINITY; LANES];
    for vector in vectors {
        for lane in 0..LANES {
            highest[lane] = larger(vector[lane], highest[lane]);
        }
    }
    for token in SPECIAL {
        highest[token as usize] = f32::NEG_INFINITY;
    }
    highest.sort_unstable_by(|a, b| b.total_cmp(a));
    let lowest = count.checked_sub(1).and_then(|last| highest.get(last));
    lowest.map_or(f32::NEG_INFINITY, |lowest| lowest.next_down())
}

/// A score and its token as a number: the better, the larger; of equal scores, the earlier token has the larger one.
#[inline(always)]
fn key(score: f32, token: u32) -> u64 {
    // Both zeros are equal, and have one key.
    let bits = (score + 0.0).to_bits();
    let negative = bits >> 31 == 1;
    let ordered = if negative { !bits } else { bits | 1 << 31 };
    u64::from(ordered) << 32 | u64::from(!token)
}

/// The score and the token of a key.
fn meaning(key: u64) -> (f32, u32) {
    let ordered = (key >> 32) as u32;
    let positive = ordered >> 31 == 1;
    let bits = if positive {
        ordered & !(1 << 31)
    } else {
        !ordered
    };
    (f32::from_bits(bits), !(key as u32))
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
        if first == 0 {
            ranking.threshold = exceeded(vectors, ranking.count);
        }
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
        if highest > ranking.threshold {
            for (place, vector) in vectors.iter().enumerate() {
                let threshold = ranking.threshold;
                let mut any = false;
                for score in vector {
                    any |= *score > threshold;
                }
                if !any {
                    continue;
                }
                for (lane, &score) in vector.iter().enumerate() {
                    if score > threshold {
                        let token = first + place * LANES + lane;
                        ranking.candidates.push(key(score, token as u32));
                    }
                }
                if ranking.candidates.len() >= ROOM * ranking.count {
                    ranking.narrow();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn a_key_is_larger_the_better_and_says_what_it_was_made_of() {
        let falling = [
            f32::INFINITY,
            3.5,
            f32::MIN_POSITIVE,
            0.0,
            -1e-40,
            -2.0,
            f32::MIN,
        ];
        let keys: Vec<u64> = falling
            .iter()
            .flat_map(|&score| [key(score, 4), key(score, 9)])
            .collect();
        assert!(keys.is_sorted_by(|a, b| a > b));
        for score in falling {
            assert_eq!(meaning(key(score, 7)), (score, 7));
        }
        assert_eq!(key(-0.0, 5), key(0.0, 5));
    }

    #[test]
    fn the_best_are_those_that_sorting_finds_however_many_are_equal() {
        let mut stream = Stream::new(5, "ranking");
        for (case, count) in [1, 2, 10, 40].into_iter().cycle().take(60).enumerate() {
            let vocab = 16 * (1 + stream.below(60));
            // Few different scores: most have equals, as both zeros are; and some tokens cannot come.
            let different = 2 + 30 * (case / 4 % 4);
            let mut score = |_| match stream.below(different + 2) {
                0 => f32::NEG_INFINITY,
                1 => -0.0,
                number => number as f32 - 2.0 - different as f32 / 2.0,
            };
            let scores: Vec<f32> = (0..vocab).map(&mut score).collect();
            let mut ranking = Ranking::new(count);
            for (block, scores) in scores.chunks(32).enumerate() {
                ranking.look(&mut scores.to_vec(), 32 * block);
            }
            let mut expected: Vec<(f32, u32)> = scores.iter().copied().zip(0..).collect();
            expected.retain(|(score, token)| !SPECIAL.contains(token) && score.is_finite());
            expected.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap());
            expected.truncate(count);
            let mut proposals = Proposals::new(count);
            let rules = Rules {
                end: End::Forbidden,
                unknown_penalty: f32::INFINITY,
            };
            ranking.propose(rules, &mut proposals);
            let found = proposals.rows().next().unwrap();
            let tokens: Vec<u32> = found
                .iter()
                .filter(|found| found.log_probability.is_finite())
                .map(|found| found.token)
                .collect();
            let expected: Vec<u32> = expected.iter().map(|&(_, token)| token).collect();
            assert_eq!(tokens, expected, "case {case}");
        }
    }
}
