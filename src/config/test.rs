//! What a test stage is told.

use super::{ArtifactKind, Checkpoint, DecodingPrecision, Input, Search, Spec, StageRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Translates a test set and measures the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// What affine maps multiply in while the test set is translated. Left out, 32-bit floats.
    #[serde(
        default,
        deserialize_with = "DecodingPrecision::or_float32",
        skip_serializing_if = "DecodingPrecision::is_float32"
    )]
    pub precision: DecodingPrecision,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_in_floats_is_written_as_before_there_was_a_choice() {
        let told = serde_json::json!({
            "corpus": "corpus", "model": "dense", "checkpoint": "best", "split": "test", "flops-length": 50,
            "search": {
                "beam": 5, "length-penalty": 1.0, "max-length-a": 0.0, "max-length-b": 200, "min-length": 1,
                "unknown-penalty": 0.0, "batch-sentences": 128,
            },
        });
        let test: Test = serde_json::from_value(told.clone()).unwrap();
        assert_eq!(test.precision, DecodingPrecision::Float32);
        assert_eq!(serde_json::to_value(&test).unwrap(), told);
        let mut told = told;
        told["precision"] = "int8".into();
        let test: Test = serde_json::from_value(told.clone()).unwrap();
        assert_eq!(test.precision, DecodingPrecision::Int8);
        assert_eq!(serde_json::to_value(&test).unwrap(), told);
    }
}
