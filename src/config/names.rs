//! Names of stages, and the references between them.

use super::Contradiction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a stage: the NAME of `[stages.NAME.KIND]`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct StageName(pub String);

/// A stage named as an input by another one: an edge of the graph.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct StageRef(pub StageName);

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for StageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for StageName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl From<&str> for StageRef {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

/// The two-letter code of a language, such as `de`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[a-z]{2}$"))]
pub struct Language(String);

/// Something that is no language code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a language code of two lowercase letters, found \"{0}\"")]
pub struct BadLanguage(pub String);

impl Language {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the two languages of a data set are two; `keys` are those that name them.
    pub(super) fn require_two(
        source: &Self,
        target: &Self,
        keys: &'static [&'static str],
    ) -> Result<(), Contradiction> {
        if source != target {
            return Ok(());
        }
        Err(Contradiction {
            keys,
            rule: format!("both languages are `{source}`"),
        })
    }
}

impl TryFrom<String> for Language {
    type Error = BadLanguage;

    fn try_from(code: String) -> Result<Self, BadLanguage> {
        if code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase()) {
            Ok(Self(code))
        } else {
            Err(BadLanguage(code))
        }
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a stage leaves behind, and so what a reader of it may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactKind {
    /// Binarised text with its dictionaries.
    Dataset,
    /// Weights, with the shape that they have.
    Model,
    /// What the loss says of the entries of a model's groups.
    Scores,
    /// Metrics of a model on a test set.
    Report,
    /// A model for other programs.
    Export,
    /// What a noop stage leaves, which only noop stages come after.
    Noop,
}

impl fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dataset => "a dataset",
            Self::Model => "a model",
            Self::Scores => "importance scores",
            Self::Report => "a report",
            Self::Export => "an exported model",
            Self::Noop => "what a noop leaves",
        })
    }
}

/// One input of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input<'a> {
    /// The dotted path of the key inside the stage's table, such as `corpus` or `distillation.teacher`.
    pub key: &'static str,
    /// The stage that the key names.
    pub stage: &'a StageRef,
    /// What that stage must make.
    pub needs: ArtifactKind,
}

impl<'a> Input<'a> {
    /// The inputs of stages that take a model and the data set that it was trained on.
    pub(super) fn corpus_and_model(corpus: &'a StageRef, model: &'a StageRef) -> Vec<Self> {
        vec![
            Self {
                key: "corpus",
                stage: corpus,
                needs: ArtifactKind::Dataset,
            },
            Self {
                key: "model",
                stage: model,
                needs: ArtifactKind::Model,
            },
        ]
    }
}
