//! What a pretrain stage is told: the model to build, and how to train it.

use super::{Architecture, ArtifactKind, Contradiction, Input, Spec, StageRef, Training};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Trains a model from scratch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pretrain {
    /// The stage that makes the data set.
    pub corpus: StageRef,
    /// Seed of initial weights, shuffling and dropout.
    pub seed: u64,
    /// The model to build.
    pub model: Architecture,
    /// How to train it.
    pub training: Training,
}

impl Spec for Pretrain {
    const CHOICES: &'static [&'static str] = &["training.learning-rate"];

    fn produces(&self) -> ArtifactKind {
        ArtifactKind::Model
    }

    fn inputs(&self) -> Vec<Input<'_>> {
        vec![Input {
            key: "corpus",
            stage: &self.corpus,
            needs: ArtifactKind::Dataset,
        }]
    }

    fn check(&self) -> Result<(), Contradiction> {
        self.model.check(&["model.d-model", "model.heads"])
    }
}
