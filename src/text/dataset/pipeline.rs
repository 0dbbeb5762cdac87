//! The way of one line: tokens, case, subwords, numbers; and the files that it takes.

use super::{
    DatasetError, codes_path, dictionary_path, read_summary, read_to_string, summary_path,
};
use crate::config::{Case, Tokenizer};
use crate::counted::counted;
use crate::text::bpe::{Bpe, Segmenter};
use crate::text::lowercase::lowercase;
use crate::text::moses::Moses;
use crate::text::vocabulary::Dictionary;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How the lines of one language become tokens.
#[derive(Debug)]
pub(super) struct LineTokenizer {
    /// None where text is tokenised already.
    moses: Option<Moses>,
}

impl LineTokenizer {
    pub(super) fn new(tokenizer: Tokenizer, language: &str) -> Self {
        Self {
            moses: match tokenizer {
                Tokenizer::Moses => Some(Moses::new(language)),
                Tokenizer::None => None,
            },
        }
    }

    /// The tokens of a line, separated by blanks.
    pub(super) fn tokenize(&self, line: &str) -> String {
        match &self.moses {
            Some(moses) => moses.tokenize(line),
            None => line.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

/// The line as `case` wants it.
pub(super) fn recased(case: Case, line: &str) -> String {
    match case {
        Case::Lower => lowercase(line),
        Case::Keep => line.to_owned(),
    }
}

/// Turns new text into the numbers of a data set.
#[derive(Debug)]
pub struct TextPipeline {
    tokenizer: LineTokenizer,
    case: Case,
    bpe: Bpe,
    dictionary: Dictionary,
}

impl TextPipeline {
    /// The way that source text took into the data set in `folder`.
    ///
    /// # Errors
    /// [`DatasetError`] if the folder lacks a file or a file is broken.
    pub fn open(folder: &Path) -> Result<Self, DatasetError> {
        let summary = read_summary(folder)?;
        Ok(Self {
            tokenizer: LineTokenizer::new(summary.tokenizer, &summary.source_language),
            case: summary.case,
            bpe: Bpe::read(&codes_path(folder))?,
            dictionary: Dictionary::read(&dictionary_path(folder, &summary.source_language))?,
        })
    }

    /// The numbers of a line of source text; the last one ends the sentence.
    pub fn encode_source(&self, line: &str) -> Vec<u32> {
        let tokens = recased(self.case, &self.tokenizer.tokenize(line));
        self.dictionary
            .encode(&Segmenter::new(&self.bpe).segment(&tokens))
    }
}

/// Whether two folders, data sets or copies of their text pipelines, give the same numbers to the same subwords.
///
/// # Errors
/// [`DatasetError`] if a file cannot be read.
pub fn same_symbols(one: &Path, other: &Path) -> Result<bool, DatasetError> {
    let symbols = |folder: &Path| -> Result<[String; 3], DatasetError> {
        let summary = read_summary(folder)?;
        let [source, target] = summary
            .languages()
            .both()
            .map(|language| read_to_string(&dictionary_path(folder, language)));
        Ok([read_to_string(&codes_path(folder))?, source?, target?])
    };
    Ok(symbols(one)? == symbols(other)?)
}

/// Checks that `folder` holds the dictionaries of `dataset`: the same symbols with the same numbers.
///
/// # Errors
/// [`DatasetError`] if they differ, or a file cannot be read or is broken.
pub fn same_dictionaries(dataset: &Path, folder: &Path) -> Result<(), DatasetError> {
    for language in read_summary(dataset)?.languages().both() {
        let own = Dictionary::read(&dictionary_path(dataset, language))?;
        let path = dictionary_path(folder, language);
        let other = Dictionary::read(&path)?;
        if let Some(problem) = own.difference(&other) {
            return Err(DatasetError::Inconsistent { path, problem });
        }
    }
    Ok(())
}

/// Symbols of the source and of the target dictionary of `folder`, a data set or a copy of its text pipeline.
///
/// # Errors
/// [`DatasetError`] if a file cannot be read or is broken.
pub fn dictionary_sizes(folder: &Path) -> Result<(usize, usize), DatasetError> {
    let summary = read_summary(folder)?;
    let [source, target] = summary
        .languages()
        .both()
        .map(|language| Dictionary::read(&dictionary_path(folder, language)));
    Ok((source?.len(), target?.len()))
}

/// Checks that the merges in `folder`, a data set or a copy of its text pipeline, can be read and are as many as its
/// `dataset.json` says.
///
/// # Errors
/// [`DatasetError`] if they are not, or a file cannot be read or is broken.
pub fn check_merges(folder: &Path) -> Result<(), DatasetError> {
    let expected = read_summary(folder)?.merges;
    let path = codes_path(folder);
    let found = Bpe::read(&path)?.merges().len();
    if found == expected {
        return Ok(());
    }
    let problem = format!(
        "it has {}, `dataset.json` says {expected}",
        counted(found, "merge")
    );
    Err(DatasetError::Inconsistent { path, problem })
}

/// The files that turn text into numbers and back, for the data set or the copy of its text pipeline in `folder`.
///
/// # Errors
/// [`DatasetError`] if the folder does not say what it holds.
pub fn pipeline_files(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let summary = read_summary(folder)?;
    let languages = summary.languages().both();
    let dictionaries = languages.map(|language| dictionary_path(folder, language));
    let files = [summary_path(folder), codes_path(folder)].into_iter();
    Ok(files.chain(dictionaries).collect())
}

/// How a file comes to stand in a second folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// Its bytes are copied: one of the two may be changed later.
    Copy,
    /// It is one file with two names where the file system can do that, and copied elsewhere. Only for files that
    /// nobody changes in place, as those of artifacts; either name may be deleted.
    Link,
}

/// Transfers what turns text into numbers and back, without the sentences: what [`TextPipeline`] and
/// [`TargetText`](super::TargetText) open.
///
/// # Errors
/// [`DatasetError`] if a file cannot be read or written.
pub fn copy_pipeline(from: &Path, to: &Path, transfer: Transfer) -> Result<(), DatasetError> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |source| DatasetError::Io { path, source }
    };
    let files = pipeline_files(from)?;
    fs::create_dir_all(to).map_err(unwritable(to))?;
    for file in files {
        let copy = to.join(file.file_name().unwrap_or_default());
        transfer.file(&file, &copy).map_err(unwritable(&copy))?;
    }
    Ok(())
}

impl Transfer {
    fn file(self, from: &Path, to: &Path) -> std::io::Result<()> {
        let copy = || fs::copy(from, to).map(drop);
        if self == Self::Copy {
            return copy();
        }
        match fs::hard_link(from, to) {
            // A copy onto a second name of the same file would empty it.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            // Whatever forbids a link, such as two file systems or somebody else's file, need not forbid a copy.
            Err(_) => copy(),
            Ok(()) => Ok(()),
        }
    }
}
