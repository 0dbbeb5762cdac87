//! What a score stage is told (SPEC §5).

use super::{ArtifactKind, Batching, Checkpoint, Distillation, Input, Probability, Spec, StageRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// Computes what the gradients of the loss say of every entry of a model's groups: what a prune stage that finds the
/// model as it is begins with, whatever its rate and stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Score {
    /// The stage that makes the data set.
    pub corpus: StageRef,
    /// The stage that makes the model.
    pub model: StageRef,
    /// Which checkpoint of the model to score.
    pub checkpoint: Checkpoint,
    /// Seed of the order of sentences, and of the choice among batches.
    pub seed: u64,
    /// Training batches whose gradients are summed.
    pub batches: NonZeroUsize,
    /// Probability mass that the loss spreads over the wrong classes.
    pub label_smoothing: Probability,
    /// How sentences form batches.
    pub batching: Batching,
    /// The teacher's part in the loss; without the table, or as `"none"`, there is no teacher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distillation: Option<Distillation>,
}

impl Spec for Score {
    fn produces(&self) -> ArtifactKind {
        ArtifactKind::Scores
    }

    fn inputs(&self) -> Vec<Input<'_>> {
        Distillation::inputs(&self.corpus, &self.model, self.distillation.as_ref())
    }
}
