//! Beam search, as validation and test stages are told to do it.

use super::{Finite, NotNegative};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

/// Beam search (SPEC §15).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Search {
    /// Hypotheses kept a sentence; 1 is greedy search.
    pub beam: Beam,
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

/// Hypotheses kept a sentence, 1 to 1,000: the memory of a search grows with every one, and a beam of thousands finds
/// nothing that a model scores better and a reader likes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "i64", into = "usize")]
#[schemars(extend("minimum" = 1, "maximum" = 1_000))]
pub struct Beam(usize);

/// A number that no beam has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a whole number from 1 to {most}, found {0}", most = Beam::MOST)]
pub struct NotABeam(String);

impl Beam {
    /// The widest.
    pub const MOST: usize = 1_000;

    /// The plain number.
    pub fn get(self) -> usize {
        self.0
    }
}

impl TryFrom<usize> for Beam {
    type Error = NotABeam;

    fn try_from(number: usize) -> Result<Self, NotABeam> {
        match number {
            1..=Self::MOST => Ok(Self(number)),
            _ => Err(NotABeam(number.to_string())),
        }
    }
}

impl TryFrom<i64> for Beam {
    type Error = NotABeam;

    fn try_from(number: i64) -> Result<Self, NotABeam> {
        let whole = usize::try_from(number).map_err(|_| NotABeam(number.to_string()))?;
        whole.try_into()
    }
}

impl From<Beam> for usize {
    fn from(beam: Beam) -> Self {
        beam.0
    }
}

impl FromStr for Beam {
    type Err = NotABeam;

    fn from_str(text: &str) -> Result<Self, NotABeam> {
        let number: usize = text.parse().map_err(|_| NotABeam(format!("`{text}`")))?;
        number.try_into()
    }
}

impl fmt::Display for Beam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beam_is_at_least_1_and_at_most_1000() {
        for good in ["1", "5", "1000"] {
            assert_eq!(good.parse::<Beam>().unwrap().to_string(), good);
        }
        for bad in ["0", "1001", "-1", "1.5", "", "99999999999999999999"] {
            let error = bad.parse::<Beam>().unwrap_err().to_string();
            assert!(error.contains("from 1 to 1000"), "{error}");
            assert!(error.contains(bad), "{error}");
        }
    }
}
