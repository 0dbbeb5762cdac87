//! What a pretrain stage is told: the model to build, and how to train it.

use super::{Architecture, ArtifactKind, Contradiction, Input, Spec, StageRef, Training};
use serde::{Deserialize, Serialize};

/// Trains a model from scratch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    const PRODUCES: ArtifactKind = ArtifactKind::Model;
    const CHOICES: &'static [&'static str] = &["training.learning-rate"];

    fn inputs(&self) -> Vec<Input<'_>> {
        vec![Input {
            key: "corpus",
            stage: &self.corpus,
            needs: ArtifactKind::Dataset,
        }]
    }

    fn check(&self) -> Result<(), Contradiction> {
        let (d_model, heads) = (self.model.d_model, self.model.heads);
        if d_model.get() % heads.get() == 0 {
            Ok(())
        } else {
            Err(Contradiction {
                keys: &["model.d-model", "model.heads"],
                rule: format!("`d-model`, {d_model}, is no multiple of `heads`, {heads}"),
            })
        }
    }
}
