//! Byte pair encoding: words to subwords, by merges learned from text (SPEC §19.2).
//!
//! [`Bpe::learn`] finds the merges, [`Segmenter`] applies them. Inside this module the last character of a word
//! carries the mark `</w>`; in segmented text every piece of a word but the last ends in `@@`.

mod apply;
mod learn;

pub use apply::Segmenter;

use super::parallel;
use rustc_hash::FxHashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const END_OF_WORD: &str = "</w>";
const VERSION: &str = "#version: 0.2";

/// What separates words; other white space is part of a word.
const WORD_SEPARATORS: [char; 3] = [' ', '\r', '\n'];

/// How often each word occurs.
pub type WordCounts<'a> = FxHashMap<&'a str, u64>;

/// The words of a line as merges see them.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(WORD_SEPARATORS).filter(|word| !word.is_empty())
}

/// Counts the words of lines on so many threads.
pub fn count_words<Line: AsRef<str> + Sync>(lines: &[Line], threads: usize) -> WordCounts<'_> {
    let parts = parallel::in_ranges(threads, lines.len(), |range| {
        let mut counts = WordCounts::default();
        for word in lines[range].iter().flat_map(|line| words(line.as_ref())) {
            *counts.entry(word).or_default() += 1;
        }
        counts
    });
    let mut parts = parts.into_iter();
    let mut counts = parts.next().unwrap_or_default();
    for (word, count) in parts.flatten() {
        *counts.entry(word).or_default() += count;
    }
    counts
}

/// Merges in the order in which they were learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bpe {
    merges: Vec<(String, String)>,
    /// Numbers of the symbols that a merge names or makes.
    symbols: FxHashMap<String, Symbol>,
    /// What becomes of two neighbours.
    pairs: FxHashMap<(Symbol, Symbol), Merge>,
}

type Symbol = u32;

/// A merge as it is applied; those with lower ranks first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Merge {
    /// The place where it was learned.
    rank: usize,
    /// What it makes.
    merged: Symbol,
}

/// Why a file of merges could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BpeError {
    /// The file system refused.
    #[error("cannot access the merges in {}", path.display())]
    Io {
        /// The file of merges.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The first line is something else.
    #[error("{}: expected the first line to be `{VERSION}`, found `{found}`", path.display())]
    Version {
        /// The file of merges.
        path: PathBuf,
        /// Its first line.
        found: String,
    },
    /// A line that is no merge.
    #[error(
        "{}, line {line}: expected two symbols separated by a blank, found `{found}`", path.display()
    )]
    Merge {
        /// The file of merges.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// The line.
        found: String,
    },
}

impl Bpe {
    /// Learns at most `merges` merges from words and how often each occurs; fewer if no pair of symbols occurs twice any
    /// more. A word may come twice, as one of two languages does.
    pub fn learn<'a>(words: impl IntoIterator<Item = (&'a str, u64)>, merges: usize) -> Self {
        Self::from_merges(learn::learn(words, merges))
    }

    /// Of a merge that is listed twice, the first counts.
    fn from_merges(merges: Vec<(String, String)>) -> Self {
        let mut symbols = FxHashMap::default();
        let mut number = |symbol: String| {
            let next = symbols.len() as Symbol;
            *symbols.entry(symbol).or_insert(next)
        };
        let mut pairs = FxHashMap::default();
        for (rank, (left, right)) in merges.iter().enumerate() {
            let merged = number(format!("{left}{right}"));
            let pair = (number(left.clone()), number(right.clone()));
            pairs.entry(pair).or_insert(Merge { rank, merged });
        }
        Self {
            merges,
            symbols,
            pairs,
        }
    }

    /// The merges, first learned first.
    pub fn merges(&self) -> &[(String, String)] {
        &self.merges
    }

    /// Reads a file that [`Bpe::write`] or subword-nmt wrote.
    ///
    /// # Errors
    /// [`BpeError`] if the file is unreadable, of another version, or has a line that is no merge.
    pub fn read(path: &Path) -> Result<Self, BpeError> {
        let text = fs::read_to_string(path).map_err(|source| BpeError::Io {
            path: path.to_owned(),
            source,
        })?;
        let mut lines = text.lines();
        let version = lines.next().unwrap_or_default();
        if version.trim_end() != VERSION {
            return Err(BpeError::Version {
                path: path.to_owned(),
                found: version.to_owned(),
            });
        }
        lines
            .enumerate()
            .map(|(index, line)| {
                merge_on(line).ok_or_else(|| BpeError::Merge {
                    path: path.to_owned(),
                    line: index + 2,
                    found: line.to_owned(),
                })
            })
            .collect::<Result<_, _>>()
            .map(Self::from_merges)
    }

    /// Writes the merges in subword-nmt's format 0.2.
    ///
    /// # Errors
    /// [`BpeError::Io`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), BpeError> {
        fs::write(path, self.to_text()).map_err(|source| BpeError::Io {
            path: path.to_owned(),
            source,
        })
    }

    fn to_text(&self) -> String {
        let mut text = format!("{VERSION}\n");
        for (left, right) in &self.merges {
            text.extend([left, " ", right, "\n"]);
        }
        text
    }
}

fn merge_on(line: &str) -> Option<(String, String)> {
    let (left, right) = line.trim_matches(WORD_SEPARATORS).split_once(' ')?;
    let is_symbol = |symbol: &str| !symbol.is_empty() && !symbol.contains(' ');
    (is_symbol(left) && is_symbol(right)).then(|| (left.to_owned(), right.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Bpe, BpeError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("codes");
        fs::write(&path, text).unwrap();
        Bpe::read(&path)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let bpe = Bpe::learn(
            count_words(&["low lower lowest", "new newer newest"], 1),
            10,
        );
        assert!(!bpe.merges().is_empty());
        assert_eq!(read(&bpe.to_text()).unwrap(), bpe);
    }

    #[test]
    fn a_line_that_is_no_merge_is_named() {
        let error = read("#version: 0.2\na b\na b c\n").unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("line 3: expected two symbols separated by a blank, found `a b c`")
        );
    }

    #[test]
    fn another_version_is_refused() {
        let error = read("a b\n").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("expected the first line to be `#version: 0.2`, found `a b`")
        );
    }
}
