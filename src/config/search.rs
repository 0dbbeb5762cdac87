//! Beam search, as validation and test stages are told to do it.

use super::{Finite, NotNegative};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::num::NonZeroUsize;

/// Beam search (SPEC §15).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// What the affine maps of a model multiply in while it translates. Everything else is in 32-bit floats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DecodingPrecision {
    /// 32-bit floats; a GPU may multiply them with 10-bit mantissas (TF32).
    #[default]
    Float32,
    /// 8-bit integers: weights are rounded once, with a scale for each row, activations when they come, likewise. Only
    /// the CPU does that.
    Int8,
}

impl DecodingPrecision {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Int8 => "int8",
        }
    }

    /// Whether this is what is meant when nothing is said; such a search is written without saying so.
    pub(crate) fn is_float32(&self) -> bool {
        *self == Self::Float32
    }

    /// Reads a key that may be left out, which a plan asks for as an `Option`.
    pub(super) fn or_float32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or_default())
    }
}
