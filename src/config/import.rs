//! What an import stage is told: what another program made, taken over as if a stage had made it.

use super::{
    Architecture, ArtifactKind, Case, Contradiction, Input, Language, Spec, StageRef, Tokenizer,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Takes over what another program made: exactly one of the tables `data-bin`, `fairseq`, `exported`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Import {
    /// Text that fairseq binarised; makes a data set.
    DataBin(DataBin),
    /// A model that fairseq trained; makes a model.
    Fairseq(Fairseq),
    /// A model that `srp export` wrote; makes a model.
    Exported(Exported),
}

/// fairseq's folder of binarised text: `SPLIT.SOURCE-TARGET.LANGUAGE.idx` and `.bin` (SPEC §19.3) for the splits
/// `train`, `valid` and `tests`, and `dict.LANGUAGE.txt`. Nothing is cleaned: what the folder holds is taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DataBin {
    /// The folder; a relative one is relative to the working directory.
    pub folder: PathBuf,
    /// Two-letter code of the language that is translated.
    pub source_language: Language,
    /// Two-letter code of the language that is translated into.
    pub target_language: Language,
    /// Its test splits, as its file names call them.
    pub tests: Vec<String>,
    /// How lines had become tokens before fairseq saw them; new text is tokenised so, translations are put together
    /// so.
    pub tokenizer: Tokenizer,
    /// Whether capitals had been kept.
    pub case: Case,
    /// The BPE codes that the text had been cut with.
    pub codes: PathBuf,
}

impl DataBin {
    /// The names of the splits that a model can be tested on: the test splits, and `valid`.
    pub fn judged_sets(&self) -> Vec<&str> {
        let tests = self.tests.iter().map(String::as_str);
        tests.chain(["valid"]).collect()
    }
}

/// A checkpoint of fairseq's Transformer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fairseq {
    /// The stage that makes the data set of the model.
    pub corpus: StageRef,
    /// The checkpoint, a `.pt` file.
    pub checkpoint: PathBuf,
    /// The folder with the `dict.LANGUAGE.txt` that the model was trained with, which must be those of the data set;
    /// without it, or as `"none"`, they are taken to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dictionaries: Option<PathBuf>,
    /// The model's sizes, before anything was pruned.
    pub model: Architecture,
}

/// A model that `srp export` wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exported {
    /// The folder that it was written to.
    pub folder: PathBuf,
}

impl Spec for Import {
    const PLACES: &'static [&'static str] = &[
        "data-bin.folder",
        "data-bin.codes",
        "fairseq.checkpoint",
        "fairseq.dictionaries",
        "exported.folder",
    ];
    const CHOICES: &'static [&'static str] = &[""];

    fn produces(&self) -> ArtifactKind {
        match self {
            Self::DataBin(_) => ArtifactKind::Dataset,
            Self::Fairseq(_) | Self::Exported(_) => ArtifactKind::Model,
        }
    }

    fn inputs(&self) -> Vec<Input<'_>> {
        match self {
            Self::Fairseq(fairseq) => vec![Input {
                key: "fairseq.corpus",
                stage: &fairseq.corpus,
                needs: ArtifactKind::Dataset,
            }],
            Self::DataBin(_) | Self::Exported(_) => Vec::new(),
        }
    }

    fn check(&self) -> Result<(), Contradiction> {
        match self {
            Self::DataBin(data_bin) => Language::require_two(
                &data_bin.source_language,
                &data_bin.target_language,
                &["data-bin.target-language", "data-bin.source-language"],
            ),
            Self::Fairseq(fairseq) => fairseq
                .model
                .check(&["fairseq.model.d-model", "fairseq.model.heads"]),
            Self::Exported(_) => Ok(()),
        }
    }
}
