//! Corpus BLEU, as sacreBLEU 2 counts it: 13a tokens, one reference, exponential smoothing (SPEC §16.2).

use super::{ngrams, tokenizer_13a};
use crate::white_space::words;
use std::fmt;
use std::hash::Hash;

/// The longest n-grams that count.
pub const MAX_ORDER: usize = 4;

/// What BLEU is computed from; sums over sentences, so batches and machines can count separately.
///
/// ```
/// use srp::metrics::bleu::{BleuStatistics, Orders};
///
/// let mut statistics = BleuStatistics::default();
/// statistics.add("The cat sat on the mat.", "The cat sat on the mat.");
/// assert!((statistics.score(Orders::All).score - 100.0).abs() < 1e-9);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BleuStatistics {
    /// N-grams of the translations that their references confirm, by order from 1.
    pub matches: [u64; MAX_ORDER],
    /// All n-grams of the translations, by order from 1.
    pub totals: [u64; MAX_ORDER],
    /// Tokens of the translations.
    pub sys_len: u64,
    /// Tokens of the references.
    pub ref_len: u64,
}

/// Which orders of n-grams the geometric mean is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orders {
    /// All four: the score of a corpus.
    All,
    /// Those up to the longest n-gram that the translations have: meant for single sentences.
    Effective,
}

/// A BLEU score with what it is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bleu {
    /// The score, 0 to 100.
    pub score: f64,
    /// Smoothed precisions by order from 1, 0 to 100.
    pub precisions: [f64; MAX_ORDER],
    /// The factor for translations that are too short, 0 to 1.
    pub brevity_penalty: f64,
    /// Tokens of the translations over tokens of the references; 0 without references.
    pub ratio: f64,
    /// Tokens of the translations.
    pub sys_len: u64,
    /// Tokens of the references.
    pub ref_len: u64,
}

impl BleuStatistics {
    /// Counts one translation and its reference, both plain detokenised text.
    pub fn add(&mut self, hypothesis: &str, reference: &str) {
        let [hypothesis, reference] = [hypothesis, reference].map(tokenizer_13a::tokenize);
        self.add_tokens(
            &words(&hypothesis).collect::<Vec<_>>(),
            &words(&reference).collect::<Vec<_>>(),
        );
    }

    /// Counts one translation and its reference, given as tokens.
    pub fn add_tokens<T: Eq + Hash>(&mut self, hypothesis: &[T], reference: &[T]) {
        for order in 1..=MAX_ORDER {
            self.matches[order - 1] += ngrams::matches(hypothesis, reference, order);
            self.totals[order - 1] += ngrams::total(hypothesis.len(), order);
        }
        self.sys_len += hypothesis.len() as u64;
        self.ref_len += reference.len() as u64;
    }

    /// Adds what was counted of other sentences.
    pub fn merge(&mut self, other: &Self) {
        for i in 0..MAX_ORDER {
            self.matches[i] += other.matches[i];
            self.totals[i] += other.totals[i];
        }
        self.sys_len += other.sys_len;
        self.ref_len += other.ref_len;
    }

    /// The score of all that was counted.
    pub fn score(&self, orders: Orders) -> Bleu {
        let brevity_penalty = self.brevity_penalty();
        let precisions = if self.matches == [0; MAX_ORDER] {
            [0.0; MAX_ORDER]
        } else {
            self.smoothed_precisions()
        };
        let averaged = match orders {
            Orders::All => MAX_ORDER,
            Orders::Effective => self.reached().max(1),
        };
        Bleu {
            score: brevity_penalty * geometric_mean(&precisions[..averaged]),
            precisions,
            brevity_penalty,
            ratio: self.length_ratio(),
            sys_len: self.sys_len,
            ref_len: self.ref_len,
        }
    }

    /// 1 for translations that are long enough, less for shorter ones, 0 for none.
    pub(super) fn brevity_penalty(&self) -> f64 {
        if self.sys_len >= self.ref_len {
            1.0
        } else if self.sys_len == 0 {
            0.0
        } else {
            (1.0 - self.ref_len as f64 / self.sys_len as f64).exp()
        }
    }

    /// Tokens of the translations over tokens of the references; 0 without references.
    pub(super) fn length_ratio(&self) -> f64 {
        match self.ref_len {
            0 => 0.0,
            ref_len => self.sys_len as f64 / ref_len as f64,
        }
    }

    /// How many orders the translations have n-grams of.
    fn reached(&self) -> usize {
        self.totals.iter().take_while(|total| **total > 0).count()
    }

    /// Precisions in percent. The first order without a match counts as half a match, the next one as a quarter,
    /// and so on; orders without n-grams stay 0.
    fn smoothed_precisions(&self) -> [f64; MAX_ORDER] {
        let mut precisions = [0.0; MAX_ORDER];
        let mut smoothing = 1.0;
        let counts = self.matches.into_iter().zip(self.totals);
        for (precision, (matches, total)) in precisions.iter_mut().zip(counts).take(self.reached())
        {
            *precision = if matches == 0 {
                smoothing *= 2.0;
                100.0 / (smoothing * total as f64)
            } else {
                100.0 * matches as f64 / total as f64
            };
        }
        precisions
    }
}

/// The geometric mean of numbers of at least 0.
pub(super) fn geometric_mean(numbers: &[f64]) -> f64 {
    let logarithms: f64 = numbers.iter().map(|x| x.ln()).sum();
    (logarithms / numbers.len() as f64).exp()
}

/// As sacreBLEU prints it: `BLEU = 27.12 60.1/33.0/20.5/13.2 (BP = 0.981 ratio = 0.981 hyp_len = 981 ref_len = 1000)`.
impl fmt::Display for Bleu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p1, p2, p3, p4] = self.precisions;
        write!(
            f,
            "BLEU = {:.2} {p1:.1}/{p2:.1}/{p3:.1}/{p4:.1} (BP = {:.3} ratio = {:.3} hyp_len = {} ref_len = {})",
            self.score, self.brevity_penalty, self.ratio, self.sys_len, self.ref_len
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(pairs: &[(&str, &str)]) -> BleuStatistics {
        let mut statistics = BleuStatistics::default();
        for (hypothesis, reference) in pairs {
            statistics.add(hypothesis, reference);
        }
        statistics
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let pairs = [("a b c d.", "a b c e."), ("", "x y"), ("x, y", "x y")];
        let mut merged = counted(&pairs[..1]);
        merged.merge(&counted(&pairs[1..]));
        assert_eq!(merged, counted(&pairs));
    }

    #[test]
    fn orders_without_a_match_are_halved_again_and_again() {
        let bleu = counted(&[("a x b y c", "a b c d e")]).score(Orders::All);
        assert_eq!(bleu.precisions, [60.0, 12.5, 100.0 / 12.0, 6.25]);
        assert_eq!(bleu.brevity_penalty, 1.0);
    }

    #[test]
    fn a_short_sentence_scores_only_with_effective_order() {
        let statistics = counted(&[("a b", "a b")]);
        assert_eq!(statistics.score(Orders::All).score, 0.0);
        assert!((statistics.score(Orders::Effective).score - 100.0).abs() < 1e-9);
    }

    #[test]
    fn translations_without_a_word_score_zero() {
        for orders in [Orders::All, Orders::Effective] {
            let bleu = counted(&[("", "a b")]).score(orders);
            assert_eq!((bleu.score, bleu.brevity_penalty), (0.0, 0.0));
            assert_eq!(BleuStatistics::default().score(orders).score, 0.0);
        }
    }
}
