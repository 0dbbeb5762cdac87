//! Where parallel text comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// A source of parallel text: exactly one of the tables `files`, `two-files`, `iwslt14`, `synthetic`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Corpus {
    /// Plain parallel text files, one sentence a line.
    Files(Files),
    /// Two plain text files, of which srp sets sentences aside to validate and to test on.
    TwoFiles(TwoFiles),
    /// The IWSLT'14 evaluation campaign's archive or the folder that it unpacks to.
    Iwslt14(Iwslt14),
    /// Sentences drawn from a grammar that srp carries, for demonstration.
    Synthetic(Synthetic),
}

impl Corpus {
    /// The names of the sets that a model can be tested on: the corpus' own test sets, and `valid`.
    pub fn judged_sets(&self) -> Vec<&str> {
        let tests: Vec<&str> = match self {
            Self::Files(files) => files.test.keys().map(String::as_str).collect(),
            Self::TwoFiles(_) | Self::Iwslt14(_) | Self::Synthetic(_) => vec!["test"],
        };
        tests.into_iter().chain(["valid"]).collect()
    }
}

/// Plain text in `FOLDER/PREFIX.LANGUAGE` or `FOLDER/PREFIX.LANGUAGE.gz`; line n of one side translates line n
/// of the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Files {
    /// The folder that holds the files; a relative one is relative to the working directory.
    pub folder: PathBuf,
    /// Prefix of the training files.
    pub train: String,
    /// Prefix of the validation files.
    pub valid: String,
    /// Prefixes of the test files, by the name that test stages use for the set.
    pub test: BTreeMap<String, String>,
}

/// Two text files, plain or `.gz`; line n of one translates line n of the other. Pairs to validate and to test on are
/// drawn; all others are for training, but for those whose source sentence was drawn too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TwoFiles {
    /// The file of the source language; a relative path is relative to the working directory.
    pub source: PathBuf,
    /// The file of the target language; a relative path is relative to the working directory.
    pub target: PathBuf,
    /// Pairs to validate on.
    pub valid: NonZeroUsize,
    /// Pairs to test on; the set is called `test`.
    pub test: NonZeroUsize,
    /// Seed of the draw.
    pub seed: u64,
}

/// The IWSLT'14 layout: `train.tags.PAIR.LANGUAGE` and `IWSLT14.TED*.xml` (SPEC §19).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Iwslt14 {
    /// The `.tgz` as downloaded, or the folder that it unpacks to.
    pub archive: PathBuf,
    /// Where the archive can be had; said when it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Expected SHA-256 of the archive file, in hexadecimal; checked when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// Sentence pairs drawn from srp's own German-to-English grammar. The test set shares no source sentence with
/// the training and validation sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Synthetic {
    /// Seed of the draw.
    pub seed: u64,
    /// Pairs to train on.
    pub train: NonZeroUsize,
    /// Pairs to validate on.
    pub valid: NonZeroUsize,
    /// Pairs to test on; the set is called `test`.
    pub test: NonZeroUsize,
}
