//! Two text files, one a language, of which sentences are set aside to validate and to test on.

use super::corpus::{CorpusError, Lines, ParallelText, RawCorpus, Validation, read};
use crate::config::TwoFiles;
use crate::random::Stream;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// The name of the test set.
const TEST: &str = "test";

/// The files, which exist.
pub(super) fn outside_files(spec: &TwoFiles) -> Result<Vec<PathBuf>, CorpusError> {
    let files = [&spec.source, &spec.target].into_iter();
    files
        .map(|path| existing(path).map(Path::to_owned))
        .collect()
}

fn existing(path: &Path) -> Result<&Path, CorpusError> {
    if path.is_file() {
        return Ok(path);
    }
    let exists = path.exists();
    let path = path.to_owned();
    Err(match exists {
        true => CorpusError::NotAFile { path },
        false => CorpusError::Missing { path },
    })
}

/// The lines of both files, as pairs.
pub(super) fn read_both(source: &Path, target: &Path) -> Result<ParallelText, CorpusError> {
    let lines = |path: &Path| Lines::parse(path.display().to_string(), read(existing(path)?)?);
    Lines::pair(lines(source)?, lines(target)?)
}

/// Reads both files and draws the sets; each keeps the order of the files.
pub(super) fn open(spec: &TwoFiles) -> Result<RawCorpus, CorpusError> {
    let text = read_both(&spec.source, &spec.target)?;
    let drawn = Drawn::new(&text, spec)?;
    let pairs = |keep: &dyn Fn(usize) -> bool| -> ParallelText {
        let kept = text.pairs().enumerate().filter(|(index, _)| keep(*index));
        kept.map(|(_, (source, target))| (source.to_owned(), target.to_owned()))
            .collect()
    };
    let test = pairs(&|index| drawn.test.contains(&index));
    Ok(RawCorpus {
        train: pairs(&|index| !drawn.sources.contains(&plain(&text.source[index]))),
        valid: Validation::Given(pairs(&|index| drawn.valid.contains(&index))),
        tests: BTreeMap::from([(TEST.to_owned(), test)]),
    })
}

/// The pairs that are set aside, by their positions.
struct Drawn {
    test: BTreeSet<usize>,
    valid: BTreeSet<usize>,
    /// The source sentences of both sets, [`plain`], no two the same.
    sources: HashSet<String>,
}

/// A sentence by which others are recognised as the same: cleaning and lowercasing may make them so.
fn plain(sentence: &str) -> String {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Whether both sides of a pair have text.
fn is_translated(source: &str, target: &str) -> bool {
    let is_text = |line: &str| !line.trim().is_empty();
    is_text(source) && is_text(target)
}

/// How many different source sentences of `pairs` have a translation.
pub(super) fn sentences<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> usize {
    let translated = pairs.filter(|(source, target)| is_translated(source, target));
    let different: HashSet<String> = translated.map(|(source, _)| plain(source)).collect();
    different.len()
}

impl Drawn {
    /// Draws the test set first, so that it does not depend on the size of the other one.
    fn new(text: &ParallelText, spec: &TwoFiles) -> Result<Self, CorpusError> {
        let (test, valid) = (spec.test.get(), spec.valid.get());
        let asked = test.saturating_add(valid);
        let mut indices = Vec::new();
        let mut sources = HashSet::new();
        let order = Stream::new(spec.seed, "sentences set aside").permutation(text.len());
        for index in order {
            let (source, target) = (&text.source[index], &text.target[index]);
            if is_translated(source, target) && !sources.contains(&plain(source)) {
                if indices.len() == asked {
                    // One more is there: training has something, too.
                    let (test, valid) = indices.split_at(test);
                    return Ok(Self {
                        test: test.iter().copied().collect(),
                        valid: valid.iter().copied().collect(),
                        sources,
                    });
                }
                indices.push(index);
                sources.insert(plain(source));
            }
        }
        Err(CorpusError::TooFew {
            file: spec.source.display().to_string(),
            found: indices.len(),
            valid,
            test,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::num::NonZeroUsize;
    use tempfile::TempDir;

    /// Two files of these pairs, and what a stage is told of them.
    fn place(pairs: &[(String, String)], valid: usize, test: usize) -> (TempDir, TwoFiles) {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, lines: Vec<&String>| {
            let path = folder.path().join(name);
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            fs::write(&path, text).unwrap();
            path
        };
        let spec = TwoFiles {
            source: write("text.de", pairs.iter().map(|pair| &pair.0).collect()),
            target: write("text.en", pairs.iter().map(|pair| &pair.1).collect()),
            valid: NonZeroUsize::new(valid).unwrap(),
            test: NonZeroUsize::new(test).unwrap(),
            seed: 1,
        };
        (folder, spec)
    }

    fn numbered(count: usize) -> Vec<(String, String)> {
        (0..count)
            .map(|n| (format!("s{n}"), format!("t{n}")))
            .collect()
    }

    fn valid(corpus: &RawCorpus) -> &ParallelText {
        match &corpus.valid {
            Validation::Given(text) => text,
            Validation::EveryNth(_) => panic!("validation is no text"),
        }
    }

    #[test]
    fn every_pair_is_in_exactly_one_set_and_still_a_pair() {
        let (_folder, spec) = place(&numbered(40), 5, 7);
        let corpus = open(&spec).unwrap();
        let test = &corpus.tests["test"];
        let sizes = [corpus.train.len(), valid(&corpus).len(), test.len()];
        assert_eq!(sizes, [28, 5, 7]);
        let sets = [&corpus.train, valid(&corpus), test];
        let mut all: Vec<_> = sets.into_iter().flat_map(ParallelText::pairs).collect();
        assert!(
            all.iter()
                .all(|(source, target)| source[1..] == target[1..])
        );
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 40);
        assert_eq!(corpus, open(&spec).unwrap());
    }

    #[test]
    fn the_test_set_does_not_depend_on_the_size_of_the_validation_set() {
        let (_folder, spec) = place(&numbered(40), 5, 7);
        let more = TwoFiles {
            valid: NonZeroUsize::new(20).unwrap(),
            ..spec.clone()
        };
        assert_eq!(open(&spec).unwrap().tests, open(&more).unwrap().tests);
        let other = TwoFiles {
            seed: 2,
            ..spec.clone()
        };
        assert_ne!(open(&spec).unwrap().tests, open(&other).unwrap().tests);
    }

    #[test]
    fn no_sentence_that_is_set_aside_is_trained_on_nor_one_without_a_translation_set_aside() {
        let mut pairs = numbered(12);
        pairs.extend((0..12).map(|n| (format!(" S{n} "), format!("t{n}"))));
        pairs.extend((0..20).map(|n| (format!("lonely{n}"), " ".to_owned())));
        let (_folder, spec) = place(&pairs, 3, 3);
        let corpus = open(&spec).unwrap();
        let train: HashSet<&String> = corpus.train.source.iter().collect();
        for set in [valid(&corpus), &corpus.tests["test"]] {
            assert_eq!(set.len(), 3);
            for line in &set.source {
                let same = |other: &&&String| other.trim().eq_ignore_ascii_case(line.trim());
                assert_eq!(train.iter().find(same), None);
                assert!(line.trim().to_lowercase().starts_with('s'));
            }
        }
        // Both copies of the other six sentences, and what has no translation: cleaning is not done here.
        assert_eq!(corpus.train.len(), 2 * 6 + 20);
    }

    #[test]
    fn too_few_sentences_are_told_with_their_number() {
        let (_folder, spec) = place(&numbered(8), 4, 4);
        let error = open(&spec).unwrap_err().to_string();
        assert!(
            error.contains("text.de has 8 different sentences"),
            "{error}"
        );
        let keys = "`corpus.two-files.valid` = 4 and `corpus.two-files.test` = 4 set 8 aside";
        assert!(error.contains(keys), "{error}");
        assert!(error.contains("expected at most 7: training"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let (folder, spec) = place(&numbered(8), 1, 1);
        fs::remove_file(folder.path().join("text.en")).unwrap();
        let error = outside_files(&spec).unwrap_err().to_string();
        assert!(error.ends_with("text.en does not exist"), "{error}");
    }
}
