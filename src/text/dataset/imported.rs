//! A data set from fairseq's data-bin, which holds text that another program cut and numbered (SPEC §19.3).
//!
//! What the folder holds is taken as it is. The plain text that it lacks is put together from its numbers, as
//! fairseq's own evaluation does it (SPEC §16).

use super::build::{
    Dictionaries, check_languages, check_name, write_lines, write_sentences, write_summary,
};
use super::target::plain;
use super::{
    DatasetError, Summary, TRAIN, VALID, codes_path, dictionary_path, read_sentences,
    sentences_path, text_path,
};
use crate::config::DataBin;
use crate::text::bpe::Bpe;
use crate::text::corpus::Languages;
use crate::text::detokenizer::Rules;
use crate::text::indexed;
use crate::text::vocabulary::{Dictionary, EOS, UNKNOWN, UNKNOWN_IN_REFERENCE, join_subwords};
use std::path::{Path, PathBuf};

/// Why a data-bin could not be taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file is not there.
    #[error(transparent)]
    Missing(#[from] MissingFile),
    /// A file is broken, does not fit the others, or could not be written.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The folder is for the other direction.
    #[error(
        "{} does not exist, but {} does: the folder is for translating from `{target_language}` to \
         `{source_language}`, and the stage says from `{source_language}` to `{target_language}`",
        expected.display(), found.display()
    )]
    Reversed {
        /// The index file of the direction that was asked for.
        expected: PathBuf,
        /// That of the other direction.
        found: PathBuf,
        /// The source language that was asked for.
        source_language: String,
        /// The target language that was asked for.
        target_language: String,
    },
    /// The sides of a split do not go together.
    #[error(
        "{} has {source_sentences} sentences and {} has {target_sentences}: sentence n of one must translate \
         sentence n of the other",
        source_side.display(), target_side.display()
    )]
    Unequal {
        /// The source side, without `.idx` and `.bin`.
        source_side: PathBuf,
        /// Its sentences.
        source_sentences: usize,
        /// The target side.
        target_side: PathBuf,
        /// Its sentences.
        target_sentences: usize,
    },
    /// A split without a sentence.
    #[error("{} has no sentences", path.display())]
    Empty {
        /// One of its sides, without `.idx` and `.bin`.
        path: PathBuf,
    },
    /// A training sentence of which nothing can be learned.
    #[error(
        "{}: sentence {sentence} has no words, expected training text without empty lines",
        path.display()
    )]
    NoWords {
        /// The side, without `.idx` and `.bin`.
        path: PathBuf,
        /// Number of the sentence, from 0.
        sentence: usize,
    },
}

/// A file that an import stage is told of, and that does not exist or is something else.
#[derive(Debug, thiserror::Error)]
#[error("`{key}`: {} {}", path.display(), if path.exists() { "is not a file" } else { "does not exist" })]
pub struct MissingFile {
    /// The key that leads to it.
    pub key: &'static str,
    /// The file.
    pub path: PathBuf,
}

/// The file at `path`, which the value of `key` leads to.
///
/// # Errors
/// If there is none.
pub fn require(key: &'static str, path: PathBuf) -> Result<PathBuf, MissingFile> {
    if path.is_file() {
        Ok(path)
    } else {
        Err(MissingFile { key, path })
    }
}

/// The files that [`import`] will read, all of which exist: those of the splits, the dictionaries, and the codes.
///
/// # Errors
/// The first that does not, or is there for the other direction only.
pub fn data_bin_files(spec: &DataBin) -> Result<Vec<PathBuf>, ImportError> {
    const FOLDER: &str = "data-bin.folder";
    let languages = languages(spec);
    let mut files = Vec::new();
    for split in splits(spec) {
        for language in languages.both() {
            check_direction(spec, split, language)?;
            let (index, data) =
                indexed::paths(&sentences_path(&spec.folder, split, languages, language));
            files.push(require(FOLDER, index)?);
            files.push(require(FOLDER, data)?);
        }
    }
    for language in languages.both() {
        files.push(require(FOLDER, dictionary_path(&spec.folder, language))?);
    }
    files.push(require("data-bin.codes", spec.codes.clone())?);
    Ok(files)
}

/// Refuses a split that exists for the other direction only.
fn check_direction(spec: &DataBin, split: &str, language: &str) -> Result<(), ImportError> {
    let languages = languages(spec);
    let reversed = Languages {
        source: languages.target,
        target: languages.source,
    };
    let index = |direction| {
        let prefix = sentences_path(&spec.folder, split, direction, language);
        indexed::paths(&prefix).0
    };
    let (expected, found) = (index(languages), index(reversed));
    if expected.is_file() || !found.is_file() {
        return Ok(());
    }
    Err(ImportError::Reversed {
        expected,
        found,
        source_language: languages.source.to_owned(),
        target_language: languages.target.to_owned(),
    })
}

/// Reads fairseq's data-bin and writes the data set that it is into the folder `out`.
///
/// `progress` is told in words what is about to be done. The files are a function of those read and of `spec`.
///
/// # Errors
/// [`ImportError`] if a file is missing, broken or does not fit the others, or cannot be written.
pub fn import(
    spec: &DataBin,
    out: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Summary, ImportError> {
    check_languages(languages(spec))?;
    spec.tests.iter().try_for_each(|name| check_name(name))?;
    data_bin_files(spec)?;
    let bpe = Bpe::read(&spec.codes).map_err(DatasetError::from)?;
    let folder = Folder::open(spec)?;
    let mut sizes = Vec::new();
    for split in splits(spec) {
        progress(&format!("taking over the split `{split}`"));
        sizes.push((split.to_owned(), folder.copy(split, out)?));
    }
    let codes = codes_path(out);
    bpe.write(&codes).map_err(DatasetError::from)?;
    folder.dictionaries.write(out, folder.languages)?;
    let summary = Summary {
        source_language: spec.source_language.to_string(),
        target_language: spec.target_language.to_string(),
        tokenizer: spec.tokenizer,
        case: spec.case,
        merges: bpe.merges().len(),
        dropped_pairs: 0,
        source_symbols: folder.dictionaries.source.len(),
        target_symbols: folder.dictionaries.target.len(),
        splits: sizes.into_iter().collect(),
    };
    write_summary(out, &summary)?;
    Ok(summary)
}

fn languages(spec: &DataBin) -> Languages<'_> {
    Languages {
        source: spec.source_language.as_str(),
        target: spec.target_language.as_str(),
    }
}

/// The names of all splits, the training split first.
fn splits(spec: &DataBin) -> impl Iterator<Item = &str> {
    let tests = spec.tests.iter().map(String::as_str);
    [TRAIN, VALID].into_iter().chain(tests)
}

/// A data-bin, open for reading.
struct Folder<'a> {
    spec: &'a DataBin,
    languages: Languages<'a>,
    dictionaries: Dictionaries,
}

/// One language of a split.
struct Side<'a> {
    language: &'a str,
    dictionary: &'a Dictionary,
    /// How its unknown symbols are written in plain text.
    unknown: &'static str,
    /// Where its sentences are, without `.idx` and `.bin`.
    prefix: PathBuf,
    sentences: Vec<Vec<u32>>,
}

impl<'a> Folder<'a> {
    fn open(spec: &'a DataBin) -> Result<Self, DatasetError> {
        let languages = languages(spec);
        Ok(Self {
            spec,
            languages,
            dictionaries: Dictionaries::read(&spec.folder, languages)?,
        })
    }

    /// Copies a split, and says how many pairs it has.
    fn copy(&self, split: &str, out: &Path) -> Result<usize, ImportError> {
        let Dictionaries { source, target } = &self.dictionaries;
        let source = self.side(split, self.languages.source, source, UNKNOWN)?;
        let target = self.side(split, self.languages.target, target, UNKNOWN_IN_REFERENCE)?;
        let pairs = source.sentences.len();
        if pairs != target.sentences.len() {
            return Err(ImportError::Unequal {
                source_side: source.prefix,
                source_sentences: pairs,
                target_sentences: target.sentences.len(),
                target_side: target.prefix,
            });
        }
        for side in [source, target] {
            let prefix = sentences_path(out, split, self.languages, side.language);
            write_sentences(&prefix, &side.sentences, side.dictionary)?;
            if split != TRAIN {
                write_lines(text_path(out, split, side.language), &self.text(&side))?;
            }
        }
        Ok(pairs)
    }

    fn side<'s>(
        &'s self,
        split: &str,
        language: &'s str,
        dictionary: &'s Dictionary,
        unknown: &'static str,
    ) -> Result<Side<'s>, ImportError> {
        let path = sentences_path(&self.spec.folder, split, self.languages, language);
        let sentences = read_sentences(&path, dictionary)?;
        if sentences.is_empty() {
            return Err(ImportError::Empty { path });
        }
        let no_words = sentences.iter().position(|sentence| *sentence == [EOS]);
        if let Some(sentence) = no_words.filter(|_| split == TRAIN) {
            return Err(ImportError::NoWords { path, sentence });
        }
        Ok(Side {
            language,
            dictionary,
            unknown,
            prefix: path,
            sentences,
        })
    }

    /// The lines that the sentences of a side were made of, as far as their numbers tell.
    fn text(&self, side: &Side<'_>) -> Vec<String> {
        let rules = Rules::of_language(side.language);
        let line = |sentence: &Vec<u32>| {
            let tokens = join_subwords(&side.dictionary.decode(sentence, side.unknown));
            plain(&tokens, self.spec.tokenizer, rules)
        };
        side.sentences.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests;
