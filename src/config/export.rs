//! What an export stage is told.

use super::{ArtifactKind, Checkpoint, Input, Spec, StageRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Writes a model as a folder that other programs can read; the folder is the stage's artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Export {
    /// The stage that makes the model.
    pub model: StageRef,
    /// Which checkpoint of the model to write.
    pub checkpoint: Checkpoint,
}

impl Spec for Export {
    fn produces(&self) -> ArtifactKind {
        ArtifactKind::Export
    }

    fn inputs(&self) -> Vec<Input<'_>> {
        vec![Input {
            key: "model",
            stage: &self.model,
            needs: ArtifactKind::Model,
        }]
    }
}
