//! The text that is measured on: lines of two files, or sentences of invented words.
//!
//! The grammar of the demonstration has a few hundred words, from which merges are learned in no time. What learning
//! costs is decided by how many different words there are, so words are drawn here as often as Zipf's law has them, from
//! vocabularies as large as those of the German and the English of IWSLT'14.

use super::BenchError;
use super::steps::{LANGUAGES, read_lines, write_lines};
use crate::random::Stream;
use std::collections::HashSet;
use std::fmt;
use std::path::Path;

/// Different words to draw from, for each language.
const VOCABULARIES: [usize; 2] = [130_000, 55_000];

/// Fewest words of a sentence, and how many more there may be.
const WORDS: (usize, usize) = (4, 26);

/// Pairs of the split that training is judged by.
const VALID: usize = 100;

const ONSETS: [&str; 12] = ["b", "d", "f", "g", "k", "l", "m", "n", "r", "s", "sch", "t"];
const RIMES: [&str; 10] = ["a", "e", "i", "o", "u", "an", "er", "ü", "ost", "ein"];

/// How much text there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Size {
    /// Pairs of lines.
    pub(super) pairs: usize,
    /// Runs of other characters than blanks, for each language.
    words: [usize; 2],
    /// How many of them differ.
    different: [usize; 2],
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pairs,
            words: [source, target],
            different: [source_types, target_types],
        } = self;
        write!(
            f,
            "{pairs} pairs; {source} and {target} words between blanks, {source_types} and {target_types} different ones"
        )
    }
}

/// Writes `raw` and `valid` text of both languages into `folder`: at most so many pairs of the lines of two files, or
/// as many sentences of invented words.
pub(super) fn write(
    folder: &Path,
    pairs: usize,
    files: Option<(&Path, &Path)>,
) -> Result<Size, BenchError> {
    let mut text = match files {
        Some((source, target)) => [read_lines(source)?, read_lines(target)?],
        None => drawn(pairs),
    };
    let [source, target] = &mut text;
    let pairs = pairs.min(source.len()).min(target.len());
    source.truncate(pairs);
    target.truncate(pairs);
    for (language, lines) in LANGUAGES.iter().zip(&text) {
        let valid = &lines[..VALID.min(pairs)];
        write_lines(&folder.join(format!("valid.{language}")), valid)?;
        write_lines(&folder.join(format!("raw.{language}")), lines)?;
    }
    let words = |lines: &Vec<String>| lines.iter().flat_map(|line| line.split(' ')).count();
    let different = |lines: &Vec<String>| {
        let words: HashSet<&str> = lines.iter().flat_map(|line| line.split(' ')).collect();
        words.len()
    };
    Ok(Size {
        pairs,
        words: text.each_ref().map(words),
        different: text.each_ref().map(different),
    })
}

fn drawn(pairs: usize) -> [Vec<String>; 2] {
    VOCABULARIES.map(|vocabulary| {
        let lengths = |index| Stream::indexed(1, "length of sentence", index);
        let words = |index| Stream::indexed(vocabulary as u64, "words of sentence", index);
        (0..pairs as u64)
            .map(|index| {
                let length = WORDS.0 + lengths(index).below(WORDS.1 + 1);
                sentence(&mut words(index), length, vocabulary)
            })
            .collect()
    })
}

/// Words with a capital letter, a full stop, and some marks between them.
fn sentence(stream: &mut Stream, length: usize, vocabulary: usize) -> String {
    let mut text = String::new();
    for position in 0..length {
        if position > 0 {
            text.push_str([" ", " ", " ", " ", " ", " ", " ", " ", ", ", "'s "][stream.below(10)]);
        }
        // Where all sizes of a rank are equally likely, the probability of a rank is inverse to it.
        let rank = (vocabulary as f64).powf(stream.next_f64()) as usize;
        text.push_str(&word(rank));
    }
    let (first, rest) = text.split_at(1);
    format!("{}{rest}.", first.to_uppercase())
}

/// The word of a rank, from 1: a number whose digits are syllables, so that frequent words are short.
fn word(rank: usize) -> String {
    let base = ONSETS.len() * RIMES.len();
    let mut word = String::new();
    let mut rest = rank;
    while rest > 0 {
        rest -= 1;
        let (onset, rime) = (rest % ONSETS.len(), rest / ONSETS.len() % RIMES.len());
        word.push_str(ONSETS[onset]);
        word.push_str(RIMES[rime]);
        rest /= base;
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_has_a_word_of_its_own_that_begins_with_a_letter_of_one_byte() {
        let words: HashSet<String> = (1..=20_000).map(word).collect();
        assert_eq!(words.len(), 20_000);
        assert!(
            words
                .iter()
                .all(|word| word.as_bytes()[0].is_ascii_lowercase())
        );
    }

    #[test]
    fn as_many_pairs_are_written_as_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (source, target) = (file("s", "a b\nc\nd\n"), file("t", "x\nx x\nz\n"));
        let files = Some((source.as_path(), target.as_path()));
        let size = write(folder.path(), 2, files).unwrap();
        assert_eq!(
            (size.pairs, size.words, size.different),
            (2, [3, 3], [3, 1])
        );
        assert_eq!(write(folder.path(), 9, files).unwrap().pairs, 3);
        assert_eq!(write(folder.path(), 9, None).unwrap().pairs, 9);
    }
}
