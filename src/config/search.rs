//! Beam search, as validation and test stages are told to do it.

use super::{Finite, NotNegative};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// Beam search (SPEC §15).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Search {
    /// Hypotheses kept a sentence; 1 is greedy search.
    pub beam: NonZeroUsize,
    /// Exponent of the length that a finished hypothesis' score is divided by.
    pub length_penalty: Finite,
    /// A translation has at most `max-length-a` times the source length plus `max-length-b` tokens.
    pub max_length_a: NotNegative,
    /// See `max-length-a`.
    pub max_length_b: usize,
    /// Fewest tokens before the end of the sentence may come.
    pub min_length: usize,
    /// Taken from the score of the unknown word.
    pub unknown_penalty: Finite,
    /// Sentences decoded together.
    pub batch_sentences: NonZeroUsize,
}
