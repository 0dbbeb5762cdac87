//! What a finetune stage is told.

use super::{ArtifactKind, Checkpoint, Input, Spec, StageRef, Training};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Trains a model on, whatever its shape, without distillation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Finetune {
    /// The stage that makes the data set.
    pub corpus: StageRef,
    /// The stage that makes the model.
    pub model: StageRef,
    /// Which checkpoint of the model to start from.
    pub checkpoint: Checkpoint,
    /// Seed of shuffling and dropout.
    pub seed: u64,
    /// How to train it.
    pub training: Training,
}

impl Spec for Finetune {
    const CHOICES: &'static [&'static str] = &["training.learning-rate"];

    fn produces(&self) -> ArtifactKind {
        ArtifactKind::Model
    }

    fn inputs(&self) -> Vec<Input<'_>> {
        Input::corpus_and_model(&self.corpus, &self.model)
    }
}
