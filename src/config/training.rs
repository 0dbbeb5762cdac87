//! What every stage that trains is told.

use super::{NotNegative, Positive, Probability, Search};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::num::{NonZeroU64, NonZeroUsize};

/// One training loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Training {
    /// Passes over the training set.
    pub epochs: NonZeroUsize,
    /// Ends the training after this many updates, whatever the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<NonZeroU64>,
    /// Ends the training after this many validations in a row without a better score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<NonZeroUsize>,
    /// Share of activations that dropout zeroes.
    pub dropout: Probability,
    /// Probability mass that the loss spreads over the wrong classes.
    pub label_smoothing: Probability,
    /// How sentences form batches.
    pub batching: Batching,
    /// Adam's constants.
    pub optimizer: Optimizer,
    /// The learning rate over time.
    pub learning_rate: LearningRate,
    /// How each epoch is judged.
    pub validation: Validation,
    /// What affine maps compute in while the model learns. Left out, 32-bit floats, as in SPEC.
    #[serde(
        default,
        deserialize_with = "TrainingPrecision::or_float32",
        skip_serializing_if = "TrainingPrecision::is_float32"
    )]
    pub precision: TrainingPrecision,
}

/// What the affine maps of a model compute in. Everything else, parameters and sums included, is in 32-bit floats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrainingPrecision {
    /// 32-bit floats; a GPU may multiply them with 10-bit mantissas (TF32).
    #[default]
    Float32,
    /// Matrices rounded to bfloat16, which has 8 bits of mantissa, before they are multiplied: fast on GPUs and on
    /// processors with AVX-512 BF16, slow on others.
    Bfloat16,
}

impl TrainingPrecision {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Bfloat16 => "bfloat16",
        }
    }

    /// Whether this is what is meant when nothing is said; such a training is written without saying so.
    pub(crate) fn is_float32(&self) -> bool {
        *self == Self::Float32
    }

    /// Reads a key that may be left out, which a plan asks for as an `Option`.
    fn or_float32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or_default())
    }
}

/// Batches under a budget of tokens (SPEC §14).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Batching {
    /// Most tokens of a batch: sentences times the longest side of any of them, padding included.
    pub max_tokens: NonZeroUsize,
    /// Most sentences of a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sentences: Option<NonZeroUsize>,
    /// Batches of at least this many sentences hold a multiple of it.
    pub multiple_of: NonZeroUsize,
}

/// Adam with decoupled weight decay (SPEC §13).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Optimizer {
    /// Decay rates of the first and second moments.
    pub betas: (Probability, Probability),
    /// Added to the root of the second moment.
    pub epsilon: Positive,
    /// Share of each parameter that an update at learning rate 1 would take away.
    pub weight_decay: NotNegative,
}

/// The learning rate over time: exactly one of the tables `inverse-sqrt`, `fixed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum LearningRate {
    /// Linear from `start` to `peak` over the warm-up, then falling with the root of the update's number.
    #[serde(rename_all = "kebab-case")]
    InverseSqrt {
        /// The highest rate.
        peak: Positive,
        /// Updates until the peak.
        warmup_steps: u64,
        /// The rate of the first update, 0 if not given; without a warm-up there is none such.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<NotNegative>,
    },
    /// The same rate throughout.
    Fixed {
        /// The rate.
        rate: Positive,
    },
}

/// How each epoch is judged: beam search over the validation set, scored by BLEU (SPEC §16).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Validation {
    /// Validates after every so many epochs, and after the last.
    pub every_epochs: NonZeroUsize,
    /// Validates on the first so many sentences only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sentences: Option<NonZeroUsize>,
    /// How translations are searched.
    pub search: Search,
}

/// Which of a model's two checkpoints to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Checkpoint {
    /// The one with the highest validation BLEU, counted since the last slicing.
    Best,
    /// The one after the last update.
    Last,
}

impl Checkpoint {
    /// What it is called, in tables and as the folder of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Last => "last",
        }
    }
}
