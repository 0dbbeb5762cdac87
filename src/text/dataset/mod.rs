//! A data set: the folder that a preprocess or an import stage leaves and every other stage reads.
//!
//! | file | content |
//! |---|---|
//! | `dataset.json` | what the folder holds: a [`Summary`] |
//! | `codes.bpe` | merges, first learned first |
//! | `dict.LANGUAGE.txt` | symbols of one side |
//! | `SPLIT.SOURCE-TARGET.LANGUAGE.idx`, `.bin` | the sentences of one side of a split as numbers |
//! | `SPLIT.LANGUAGE.txt` | their text before tokenisation; not for the training split |

mod build;
mod imported;
mod measure;
mod numbering;
mod pipeline;
mod prepare;
mod target;

pub use build::build;
pub use imported::{ImportError, MissingFile, data_bin_files, import, require};
pub use measure::{Measured, measure};
pub use pipeline::{
    TextPipeline, Transfer, check_merges, copy_pipeline, dictionary_sizes, pipeline_files,
    same_dictionaries, same_symbols,
};
pub use target::TargetText;

use super::bpe::BpeError;
use super::clean::EmptyFactor;
use super::corpus::{CorpusError, Languages};
use super::indexed::{self, IndexedError};
use super::vocabulary::{Dictionary, DictionaryError, EOS};
use crate::config;
use crate::counted::counted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name of the split that is learned from.
pub const TRAIN: &str = "train";
/// The name of the split that training is judged by.
pub const VALID: &str = "valid";

/// What a data set holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Summary {
    /// Code of the language that is translated.
    pub source_language: String,
    /// Code of the language that is translated into.
    pub target_language: String,
    /// How lines became tokens.
    pub tokenizer: config::Tokenizer,
    /// Whether capitals were kept.
    pub case: config::Case,
    /// Merges that were learned.
    pub merges: usize,
    /// Training pairs that cleaning dropped.
    pub dropped_pairs: usize,
    /// Size of the source dictionary.
    pub source_symbols: usize,
    /// Size of the target dictionary.
    pub target_symbols: usize,
    /// Pairs of every split, by its name.
    pub splits: BTreeMap<String, usize>,
}

impl Summary {
    /// The two languages.
    pub fn languages(&self) -> Languages<'_> {
        Languages {
            source: &self.source_language,
            target: &self.target_language,
        }
    }

    /// The splits with their sizes in words.
    pub fn pairs(&self) -> String {
        let splits = self.splits.iter();
        let splits: Vec<String> = splits.map(|(name, n)| format!("{name} {n}")).collect();
        format!("{} pairs", splits.join(", "))
    }
}

/// Why a data set could not be built or read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The text could not be read.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The training text has a broken factor.
    #[error("the training text cannot be cleaned")]
    EmptyFactor(#[from] EmptyFactor),
    /// The merges could not be read or written.
    #[error(transparent)]
    Bpe(#[from] BpeError),
    /// A dictionary could not be read or written.
    #[error(transparent)]
    Dictionary(#[from] DictionaryError),
    /// The numbers of a split could not be read or written.
    #[error(transparent)]
    Indexed(#[from] IndexedError),
    /// The file system refused.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `dataset.json` is something else.
    #[error("{} does not describe a data set", path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Two files of the data set would have the same name.
    #[error("the source and the target language are both `{language}`; expected two languages")]
    OneLanguage {
        /// The language.
        language: String,
    },
    /// A test set that cannot be called so.
    #[error(
        "a test set cannot be called `{name}`: expected letters, digits, `-` and `_`, and neither of {}",
        build::RESERVED_NAMES.map(|name| format!("`{name}`")).join(", ")
    )]
    SplitName {
        /// The name.
        name: String,
    },
    /// Cleaning left no text.
    #[error(
        "cleaning dropped all {pairs} training pairs; it keeps those with {} to {} tokens a side and a length \
         ratio of at most {}",
        limits.min_tokens, limits.max_tokens, limits.max_ratio.get()
    )]
    NothingLeft {
        /// Pairs before cleaning.
        pairs: usize,
        /// The limits.
        limits: config::Clean,
    },
    /// Too little text to take a validation split from.
    #[error(
        "cleaning left {}, too few to take one in {every} for validation and train on the rest",
        counted(*pairs, "training pair")
    )]
    NoValidation {
        /// Pairs after cleaning.
        pairs: usize,
        /// How far apart validation pairs are.
        every: usize,
    },
    /// A split that the data set does not have.
    #[error(
        "the data set has no split `{name}`{}; it has {}",
        nearest(name, known),
        known.join(", ")
    )]
    UnknownSplit {
        /// What was asked for.
        name: String,
        /// The splits that it has.
        known: Vec<String>,
    },
    /// The text of the training split.
    #[error("the data set keeps no text of the split `{TRAIN}`")]
    NoText,
    /// Files that do not belong together.
    #[error("{} is not of this data set: {problem}", path.display())]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        problem: String,
    },
}

fn nearest(name: &str, known: &[String]) -> String {
    known
        .iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(name, known), known))
        .filter(|(similarity, _)| *similarity > 0.5)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| format!("; did you mean `{known}`?"))
        .unwrap_or_default()
}

/// A sentence and its translation as numbers; both end in [`EOS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Numbers of the source dictionary.
    pub source: Vec<u32>,
    /// Numbers of the target dictionary.
    pub target: Vec<u32>,
}

/// The sentences of a split, in the order of the corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The sentences with their translations.
    pub pairs: Vec<Pair>,
}

/// A data set, open for reading. Splits are read when they are asked for.
#[derive(Debug, Clone)]
pub struct Dataset {
    folder: PathBuf,
    summary: Summary,
    source_dictionary: Dictionary,
    target_dictionary: Dictionary,
}

impl Dataset {
    /// Opens the folder that [`build()`] wrote.
    ///
    /// # Errors
    /// [`DatasetError`] if it lacks a file or a file is broken.
    pub fn open(folder: &Path) -> Result<Self, DatasetError> {
        let summary = read_summary(folder)?;
        let languages = summary.languages();
        Ok(Self {
            folder: folder.to_owned(),
            source_dictionary: Dictionary::read(&dictionary_path(folder, languages.source))?,
            target_dictionary: Dictionary::read(&dictionary_path(folder, languages.target))?,
            summary,
        })
    }

    /// What the data set holds.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The two languages.
    pub fn languages(&self) -> Languages<'_> {
        self.summary.languages()
    }

    /// The symbols of the source side.
    pub fn source_dictionary(&self) -> &Dictionary {
        &self.source_dictionary
    }

    /// The symbols of the target side.
    pub fn target_dictionary(&self) -> &Dictionary {
        &self.target_dictionary
    }

    /// Reads a split.
    ///
    /// # Errors
    /// [`DatasetError::UnknownSplit`] if there is none of that name; others if its files are broken.
    pub fn split(&self, name: &str) -> Result<Split, DatasetError> {
        let languages = self.languages();
        let source = self.sentences(name, languages.source, &self.source_dictionary)?;
        let target = self.sentences(name, languages.target, &self.target_dictionary)?;
        let pairs = source.into_iter().zip(target);
        Ok(Split {
            pairs: pairs
                .map(|(source, target)| Pair { source, target })
                .collect(),
        })
    }

    /// The target text of a split as it was before tokenisation, but for case and white space at the ends: what
    /// translations are scored against.
    ///
    /// # Errors
    /// [`DatasetError::UnknownSplit`] if there is none of that name, [`DatasetError::NoText`] for the training
    /// split; others if the file is broken.
    pub fn reference_text(&self, name: &str) -> Result<Vec<String>, DatasetError> {
        self.text(name, &self.summary.target_language)
    }

    /// The source text of a split as it was before tokenisation, but for case and white space at the ends.
    ///
    /// # Errors
    /// As [`Dataset::reference_text`].
    pub fn source_text(&self, name: &str) -> Result<Vec<String>, DatasetError> {
        self.text(name, &self.summary.source_language)
    }

    fn pairs_of(&self, name: &str) -> Result<usize, DatasetError> {
        let pairs = self.summary.splits.get(name).copied();
        pairs.ok_or_else(|| DatasetError::UnknownSplit {
            name: name.to_owned(),
            known: self.summary.splits.keys().cloned().collect(),
        })
    }

    fn sentences(
        &self,
        split: &str,
        language: &str,
        dictionary: &Dictionary,
    ) -> Result<Vec<Vec<u32>>, DatasetError> {
        let pairs = self.pairs_of(split)?;
        let path = sentences_path(&self.folder, split, self.languages(), language);
        let sentences = read_sentences(&path, dictionary)?;
        require_pairs(&path, sentences.len(), pairs)?;
        Ok(sentences)
    }

    fn text(&self, split: &str, language: &str) -> Result<Vec<String>, DatasetError> {
        let pairs = self.pairs_of(split)?;
        if split == TRAIN {
            return Err(DatasetError::NoText);
        }
        let path = text_path(&self.folder, split, language);
        let text = read_to_string(&path)?;
        let lines: Vec<String> = text.split_terminator('\n').map(str::to_owned).collect();
        require_pairs(&path, lines.len(), pairs)?;
        Ok(lines)
    }
}

/// Reads one side of a split, all of whose sentences must end, and be made of symbols of `dictionary`.
fn read_sentences(path: &Path, dictionary: &Dictionary) -> Result<Vec<Vec<u32>>, DatasetError> {
    let sentences = indexed::read(path)?;
    let size = dictionary.len();
    for (position, sentence) in sentences.iter().enumerate() {
        let foreign = sentence.iter().find(|&&number| number as usize >= size);
        let problem = match (sentence.last(), foreign) {
            (Some(&EOS), None) => continue,
            (_, Some(number)) => format!(
                "sentence {position} has the number {number}, expected numbers below {size}, the size of its dictionary"
            ),
            (Some(_), None) => {
                format!("sentence {position} does not end in {EOS}, the end of sentence")
            }
            (None, None) => format!(
                "sentence {position} has no number, expected at least {EOS}, the end of sentence"
            ),
        };
        return Err(DatasetError::Inconsistent {
            path: path.to_owned(),
            problem,
        });
    }
    Ok(sentences)
}

fn require_pairs(path: &Path, found: usize, expected: usize) -> Result<(), DatasetError> {
    if found == expected {
        return Ok(());
    }
    Err(DatasetError::Inconsistent {
        path: path.to_owned(),
        problem: format!("it has {}, expected {expected}", counted(found, "sentence")),
    })
}

fn read_summary(folder: &Path) -> Result<Summary, DatasetError> {
    let path = summary_path(folder);
    let text = read_to_string(&path)?;
    serde_json::from_str(&text).map_err(|source| DatasetError::Summary { path, source })
}

fn read_to_string(path: &Path) -> Result<String, DatasetError> {
    fs::read_to_string(path).map_err(|source| DatasetError::Io {
        path: path.to_owned(),
        source,
    })
}

fn summary_path(folder: &Path) -> PathBuf {
    folder.join("dataset.json")
}

fn codes_path(folder: &Path) -> PathBuf {
    folder.join("codes.bpe")
}

fn dictionary_path(folder: &Path, language: &str) -> PathBuf {
    folder.join(format!("dict.{language}.txt"))
}

fn text_path(folder: &Path, split: &str, language: &str) -> PathBuf {
    folder.join(format!("{split}.{language}.txt"))
}

/// Without the ends `.idx` and `.bin` (SPEC §19.3).
fn sentences_path(folder: &Path, split: &str, languages: Languages<'_>, language: &str) -> PathBuf {
    folder.join(format!("{split}.{}.{language}", languages.pair()))
}

#[cfg(test)]
mod tests;
