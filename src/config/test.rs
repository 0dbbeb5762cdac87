//! What a test stage is told.

use super::{ArtifactKind, Checkpoint, Input, Search, Spec, StageRef};
use serde::{Deserialize, Serialize};

/// Translates a test set and measures the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Test {
    /// The stage that makes the data set.
    pub corpus: StageRef,
    /// The stage that makes the model.
    pub model: StageRef,
    /// Which checkpoint of the model to test.
    pub checkpoint: Checkpoint,
    /// Name of the test set, as the corpus calls it.
    pub split: String,
    /// How translations are searched.
    pub search: Search,
    /// Source and target length, in tokens, that FLOPs are counted for.
    pub flops_length: usize,
}

impl Spec for Test {
    fn produces(&self) -> ArtifactKind {
        ArtifactKind::Report
    }

    fn inputs(&self) -> Vec<Input<'_>> {
        Input::corpus_and_model(&self.corpus, &self.model)
    }
}
