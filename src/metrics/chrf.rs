//! chrF and chrF++, as sacreBLEU 2 counts them (SPEC §16.2).

use super::ngrams;
use crate::white_space::{is_white_space, words};
use std::fmt;
use std::hash::Hash;

/// The longest character n-grams that count.
pub const CHARACTER_ORDERS: usize = 6;

/// How many times as much recall weighs as precision.
const BETA: f64 = 2.0;

/// What chrF (`WORD_ORDERS` 0) or chrF++ (2) is computed from; sums over sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChrfStatistics<const WORD_ORDERS: usize> {
    characters: [Counts; CHARACTER_ORDERS],
    words: [Counts; WORD_ORDERS],
}

/// chrF: character n-grams only.
pub type Chrf = ChrfStatistics<0>;

/// chrF++: also words and pairs of words.
pub type ChrfPlusPlus = ChrfStatistics<2>;

/// N-grams of one order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    hypothesis: u64,
    reference: u64,
    matches: u64,
}

/// A chrF or chrF++ score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChrfScore {
    /// The score, 0 to 100.
    pub score: f64,
    /// Orders of word n-grams in it.
    pub word_orders: usize,
}

impl<const WORD_ORDERS: usize> Default for ChrfStatistics<WORD_ORDERS> {
    fn default() -> Self {
        Self {
            characters: Default::default(),
            words: [Counts::default(); WORD_ORDERS],
        }
    }
}

impl<const WORD_ORDERS: usize> ChrfStatistics<WORD_ORDERS> {
    /// Counts one translation and its reference, both plain detokenised text.
    pub fn add(&mut self, hypothesis: &str, reference: &str) {
        count(
            &mut self.characters,
            &visible(hypothesis),
            &visible(reference),
        );
        count(
            &mut self.words,
            &words_and_marks(hypothesis),
            &words_and_marks(reference),
        );
    }

    /// Adds what was counted of other sentences.
    pub fn merge(&mut self, other: &Self) {
        let mine = self.characters.iter_mut().chain(&mut self.words);
        for (mine, theirs) in mine.zip(other.counts()) {
            mine.hypothesis += theirs.hypothesis;
            mine.reference += theirs.reference;
            mine.matches += theirs.matches;
        }
    }

    /// The score of all that was counted: the F-measure of precision and recall, each averaged over the orders
    /// that both sides have n-grams of.
    pub fn score(&self) -> ChrfScore {
        let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
        for counts in self.counts() {
            if counts.hypothesis > 0 && counts.reference > 0 {
                precision += counts.matches as f64 / counts.hypothesis as f64;
                recall += counts.matches as f64 / counts.reference as f64;
                orders += 1.0;
            }
        }
        let score = if precision + recall > 0.0 {
            100.0 * f_measure(precision / orders, recall / orders)
        } else {
            0.0
        };
        ChrfScore {
            score,
            word_orders: WORD_ORDERS,
        }
    }

    fn counts(&self) -> impl Iterator<Item = &Counts> {
        self.characters.iter().chain(&self.words)
    }
}

/// Counts n-grams of orders 1 to `counts.len()`. A reference without n-grams of an order says nothing about those
/// of its translation, so they do not count.
fn count<T: Eq + Hash>(counts: &mut [Counts], hypothesis: &[T], reference: &[T]) {
    for (counts, order) in counts.iter_mut().zip(1..) {
        let in_reference = ngrams::total(reference.len(), order);
        if in_reference > 0 {
            counts.hypothesis += ngrams::total(hypothesis.len(), order);
            counts.reference += in_reference;
            counts.matches += ngrams::matches(hypothesis, reference, order);
        }
    }
}

fn f_measure(precision: f64, recall: f64) -> f64 {
    let weight = BETA * BETA;
    (1.0 + weight) * precision * recall / (weight * precision + recall)
}

/// The characters that are not white space.
fn visible(line: &str) -> Vec<char> {
    line.chars().filter(|c| !is_white_space(*c)).collect()
}

/// Words, with one ASCII punctuation mark split off each: the last character or else the first.
fn words_and_marks(line: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    for word in words(line) {
        let inside = |split: usize| split > 0 && split < word.len();
        let split = if word.ends_with(is_mark) {
            word.len() - 1
        } else if word.starts_with(is_mark) {
            1
        } else {
            0
        };
        if inside(split) {
            tokens.extend([&word[..split], &word[split..]]);
        } else {
            tokens.push(word);
        }
    }
    tokens
}

fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation()
}

/// As sacreBLEU prints it: `chrF2 = 51.07`.
impl fmt::Display for ChrfScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plus = "+".repeat(self.word_orders);
        write!(f, "chrF{BETA}{plus} = {:.2}", self.score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mark_is_split_from_one_end_of_a_word() {
        assert_eq!(
            words_and_marks("(hi) \"so ok.. . é! a"),
            ["(hi", ")", "\"", "so", "ok.", ".", ".", "é", "!", "a"]
        );
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let pairs = [("a cat sat", "the cat sat."), ("x", "y"), ("", "so it is")];
        let mut whole = ChrfPlusPlus::default();
        let mut merged = ChrfPlusPlus::default();
        for (hypothesis, reference) in pairs {
            whole.add(hypothesis, reference);
            let mut part = ChrfPlusPlus::default();
            part.add(hypothesis, reference);
            merged.merge(&part);
        }
        assert_eq!(merged, whole);
        assert_ne!(merged, ChrfPlusPlus::default());
    }

    #[test]
    fn nothing_scores_nothing() {
        assert_eq!(Chrf::default().score().score, 0.0);
    }
}
