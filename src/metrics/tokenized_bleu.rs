//! fairseq's tokenised BLEU-4, which the final test of the original reports (SPEC §16).
//!
//! Tokens are what stands between blanks, after subwords were joined. Nothing is smoothed; an unknown word of a
//! reference is never matched, not even by an unknown word; and an empty sentence counts as one token, because
//! fairseq strips the end of a sentence from all but those.

use super::bleu::{BleuStatistics, MAX_ORDER, geometric_mean};
use crate::white_space::words;
use std::fmt;

/// How text spells the unknown word.
const UNKNOWN: &str = "<unk>";

/// What tokenised BLEU is computed from; sums over sentences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenizedBleuStatistics(BleuStatistics);

/// A tokenised BLEU score with what it is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenizedBleu {
    /// The score, 0 to 100.
    pub score: f64,
    /// Precisions by order from 1, 0 to 1.
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

impl TokenizedBleuStatistics {
    /// Counts one translation and its reference, both tokens between blanks without an end of sentence.
    pub fn add(&mut self, hypothesis: &str, reference: &str) {
        let hypothesis = tokens(hypothesis, Token::Word);
        let reference = tokens(reference, |word| match word {
            UNKNOWN => Token::UnknownInReference,
            known => Token::Word(known),
        });
        self.0.add_tokens(&hypothesis, &reference);
    }

    /// Adds what was counted of other sentences.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    /// N-grams of the translations that their references confirm, and all of them, by order from 1.
    pub fn counts(&self) -> ([u64; MAX_ORDER], [u64; MAX_ORDER]) {
        (self.0.matches, self.0.totals)
    }

    /// The score of all that was counted.
    pub fn score(&self) -> TokenizedBleu {
        let precisions = std::array::from_fn(|i| match self.0.totals[i] {
            0 => 0.0,
            total => self.0.matches[i] as f64 / total as f64,
        });
        let brevity_penalty = self.0.brevity_penalty();
        TokenizedBleu {
            score: 100.0 * brevity_penalty * geometric_mean(&precisions),
            precisions,
            brevity_penalty,
            ratio: self.0.length_ratio(),
            sys_len: self.0.sys_len,
            ref_len: self.0.ref_len,
        }
    }
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Token<'a> {
    Word(&'a str),
    UnknownInReference,
    End,
}

fn tokens<'a>(line: &'a str, token: impl Fn(&'a str) -> Token<'a>) -> Vec<Token<'a>> {
    let mut tokens: Vec<_> = words(line).map(token).collect();
    if tokens.is_empty() {
        tokens.push(Token::End);
    }
    tokens
}

/// As fairseq prints it: `BLEU4 = 34.50, 68.9/42.8/28.7/19.5 (BP=0.966, ratio=0.967, syslen=9670, reflen=10000)`.
impl fmt::Display for TokenizedBleu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p1, p2, p3, p4] = self.precisions.map(|precision| 100.0 * precision);
        write!(
            f,
            "BLEU4 = {:.2}, {p1:.1}/{p2:.1}/{p3:.1}/{p4:.1} (BP={:.3}, ratio={:.3}, syslen={}, reflen={})",
            self.score, self.brevity_penalty, self.ratio, self.sys_len, self.ref_len
        )
    }
}
