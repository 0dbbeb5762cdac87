//! Beam search, as validation and test stages are told to do it.

use super::{Finite, NotNegative};
use serde::{Deserialize, Deserializer, Serialize};
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

/// In which numbers a model translates on the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    Float32,
    /// Weights and what they are multiplied with are rounded to 8 bits, each row by a scale of its own.
    Int8,
}

impl Precision {
    /// Whether it is that of 32-bit floats, which is never written.
    pub(super) fn is_float32(&self) -> bool {
        *self == Self::Float32
    }

    /// Reads a key that may be left out, which a plan asks for as an `Option`.
    pub(super) fn or_float32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or_default())
    }
}
