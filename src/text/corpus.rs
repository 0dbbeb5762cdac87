//! Parallel text as it is found: lines of two languages, by split.

use super::iwslt14;
use super::synthetic::{self, TooManyAsked};
use super::two_files;
use crate::config;
use crate::counted::counted;
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// The two languages of a corpus, as codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Languages<'a> {
    /// The language that is translated.
    pub source: &'a str,
    /// The language that is translated into.
    pub target: &'a str,
}

impl<'a> Languages<'a> {
    /// The languages of a preprocess stage.
    pub fn of(spec: &'a config::Preprocess) -> Self {
        Self {
            source: spec.source_language.as_str(),
            target: spec.target_language.as_str(),
        }
    }

    pub(crate) fn both(self) -> [&'a str; 2] {
        [self.source, self.target]
    }

    /// `SOURCE-TARGET`, as in file names.
    pub(crate) fn pair(self) -> String {
        format!("{}-{}", self.source, self.target)
    }
}

/// Sentences with their translations: as many lines on one side as on the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParallelText {
    /// Lines of the source language.
    pub source: Vec<String>,
    /// Lines of the target language.
    pub target: Vec<String>,
}

impl ParallelText {
    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// The lines of the source language and those of the target language.
    pub(super) fn sides(&self) -> [&[String]; 2] {
        [&self.source, &self.target]
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// The sentences with their translations.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let source = self.source.iter().map(String::as_str);
        source.zip(self.target.iter().map(String::as_str))
    }
}

impl FromIterator<(String, String)> for ParallelText {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let (source, target) = pairs.into_iter().unzip();
        Self { source, target }
    }
}

/// Untokenised text of every split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawCorpus {
    /// What is learned from; the only split that is cleaned.
    pub train: ParallelText,
    /// What training is judged by.
    pub valid: Validation,
    /// What results are reported on, by the name of the set.
    pub tests: BTreeMap<String, ParallelText>,
}

/// Where the validation split comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validation {
    /// A text of its own.
    Given(ParallelText),
    /// Of the cleaned training text, the pairs whose number, counted from 1, is divisible by this.
    EveryNth(NonZeroUsize),
}

/// Why a corpus could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// The grammar has too few sentences.
    #[error(transparent)]
    Synthetic(TooManyAsked),
    /// A text file that does not exist, plain or compressed.
    #[error("neither {} nor {}.gz exists", path.display(), path.display())]
    MissingText {
        /// The plain file.
        path: PathBuf,
    },
    /// A file that does not exist.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A folder, or something else, where a file should be.
    #[error("{} is not a file", path.display())]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// An archive that has to be fetched first.
    #[error("{} does not exist{}", path.display(), how_to_get(origin.as_deref(), sha256.as_deref()))]
    MissingArchive {
        /// The archive.
        path: PathBuf,
        /// Where it can be had.
        origin: Option<String>,
        /// Its SHA-256.
        sha256: Option<String>,
    },
    /// An archive without a file that belongs to the corpus.
    #[error("{} holds no file `{member}`", archive.display())]
    MissingMember {
        /// The archive.
        archive: PathBuf,
        /// The name of the file.
        member: String,
    },
    /// The file system refused.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A compressed file or archive that ends too early or is not one.
    #[error("{} is damaged or not complete", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What unpacking it said.
        source: io::Error,
    },
    /// An archive that is not the expected one.
    #[error(
        "{} is not the expected file: its SHA-256 is {found}, expected {expected}{}",
        path.display(),
        how_to_get(origin.as_deref(), None)
    )]
    Checksum {
        /// The archive.
        path: PathBuf,
        /// The SHA-256 that the plan asks for.
        expected: String,
        /// The SHA-256 of the file.
        found: String,
        /// Where the expected file can be had.
        origin: Option<String>,
    },
    /// A line that is no text.
    #[error("{file}, line {line}: not valid UTF-8")]
    NotUtf8 {
        /// The file, or the archive and the file in it.
        file: String,
        /// Number of the line, from 1.
        line: usize,
    },
    /// Two files of which one has more lines.
    #[error(
        "{source_file} has {} and {target_file} has {target_lines}: line n of one must translate line n of the other",
        counted(*source_lines, "line")
    )]
    Unequal {
        /// The file of the source language.
        source_file: String,
        /// Its lines.
        source_lines: usize,
        /// The file of the target language.
        target_file: String,
        /// Its lines.
        target_lines: usize,
    },
    /// Two files of which too few sentences can be set aside.
    #[error(
        "{file} has {} with a translation; `corpus.two-files.valid` = {valid} and `corpus.two-files.test` = {test} \
         set {} aside, expected at most {}: training needs one",
        counted(*found, "different sentence"),
        valid.saturating_add(*test),
        found.saturating_sub(1)
    )]
    TooFew {
        /// The file of the source language.
        file: String,
        /// Different source sentences that have a translation.
        found: usize,
        /// Pairs that are to be set aside to validate on.
        valid: usize,
        /// Pairs that are to be set aside to test on.
        test: usize,
    },
    /// A file without a line of text.
    #[error("{file} has no text")]
    Empty {
        /// The file, or the archive and the file in it.
        file: String,
    },
}

fn how_to_get(origin: Option<&str>, sha256: Option<&str>) -> String {
    let origin = origin.map(|origin| format!("; it can be had from {origin}"));
    let sha256 = sha256.map(|sha256| format!("; its SHA-256 should be {sha256}"));
    [origin, sha256].into_iter().flatten().collect()
}

/// Reads all splits of a corpus.
///
/// # Errors
/// [`CorpusError`] if a file is missing, damaged, empty or not UTF-8, or if two sides differ in their lines.
pub fn open(corpus: &config::Corpus, languages: Languages<'_>) -> Result<RawCorpus, CorpusError> {
    match corpus {
        config::Corpus::Files(files) => open_files(files, languages),
        config::Corpus::TwoFiles(spec) => two_files::open(spec),
        config::Corpus::Iwslt14(spec) => iwslt14::open(spec, languages),
        config::Corpus::Synthetic(spec) => {
            synthetic::generate(spec).map_err(CorpusError::Synthetic)
        }
    }
}

/// The files that [`open`] will read, all of which exist.
///
/// # Errors
/// [`CorpusError`] if one does not.
pub fn outside_files(
    corpus: &config::Corpus,
    languages: Languages<'_>,
) -> Result<Vec<PathBuf>, CorpusError> {
    match corpus {
        config::Corpus::Files(files) => text_files(files, languages),
        config::Corpus::TwoFiles(spec) => two_files::outside_files(spec),
        config::Corpus::Iwslt14(spec) => iwslt14::outside_files(spec, languages),
        config::Corpus::Synthetic(_) => Ok(Vec::new()),
    }
}

fn text_files(
    files: &config::Files,
    languages: Languages<'_>,
) -> Result<Vec<PathBuf>, CorpusError> {
    let prefixes = [&files.train, &files.valid]
        .into_iter()
        .chain(files.test.values());
    prefixes
        .flat_map(|prefix| {
            languages
                .both()
                .map(|language| text_file(files, prefix, language))
        })
        .collect()
}

fn open_files(files: &config::Files, languages: Languages<'_>) -> Result<RawCorpus, CorpusError> {
    let split = |prefix: &String| {
        let [source, target] = languages.both().map(|language| {
            let path = text_file(files, prefix, language)?;
            Lines::parse(path.display().to_string(), read(&path)?)
        });
        Lines::pair(source?, target?)
    };
    let tests = files
        .test
        .iter()
        .map(|(name, prefix)| Ok((name.clone(), split(prefix)?)));
    Ok(RawCorpus {
        train: split(&files.train)?,
        valid: Validation::Given(split(&files.valid)?),
        tests: tests.collect::<Result<_, CorpusError>>()?,
    })
}

/// The plain file if it exists, else the compressed one.
fn text_file(files: &config::Files, prefix: &str, language: &str) -> Result<PathBuf, CorpusError> {
    let plain = files.folder.join(format!("{prefix}.{language}"));
    let compressed = files.folder.join(format!("{prefix}.{language}.gz"));
    if plain.is_file() {
        Ok(plain)
    } else if compressed.is_file() {
        Ok(compressed)
    } else {
        Err(CorpusError::MissingText { path: plain })
    }
}

/// The content of a file, uncompressed if it is called `.gz`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, CorpusError> {
    let bytes = read_file(path)?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    MultiGzDecoder::new(&bytes[..])
        .read_to_end(&mut text)
        .map_err(|source| CorpusError::Damaged {
            path: path.to_owned(),
            source,
        })?;
    Ok(text)
}

pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, CorpusError> {
    fs::read(path).map_err(|source| CorpusError::Io {
        path: path.to_owned(),
        source,
    })
}

/// The lines of one file, and what to call it in a message.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) file: String,
    pub(super) lines: Vec<String>,
}

impl Lines {
    /// Cuts a file at its newlines and at nothing else.
    pub(super) fn parse(file: String, bytes: Vec<u8>) -> Result<Self, CorpusError> {
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            CorpusError::NotUtf8 {
                file: file.clone(),
                line: 1 + valid.iter().filter(|&&byte| byte == b'\n').count(),
            }
        })?;
        let lines = text.split_terminator('\n').map(str::to_owned).collect();
        Ok(Self { file, lines })
    }

    /// The two sides of a split.
    pub(super) fn pair(source: Self, target: Self) -> Result<ParallelText, CorpusError> {
        for side in [&source, &target] {
            if side.lines.iter().all(|line| line.trim().is_empty()) {
                let file = side.file.clone();
                return Err(CorpusError::Empty { file });
            }
        }
        if source.lines.len() != target.lines.len() {
            return Err(CorpusError::Unequal {
                source_lines: source.lines.len(),
                source_file: source.file,
                target_lines: target.lines.len(),
                target_file: target.file,
            });
        }
        Ok(ParallelText {
            source: source.lines,
            target: target.lines,
        })
    }
}

#[cfg(test)]
mod tests;
