//! From a corpus to a data set (SPEC §19).

use super::numbering::{CutWords, Numbering};
use super::prepare::{Prepared, SplitText, prepare};
use super::{
    DatasetError, Summary, TRAIN, VALID, codes_path, dictionary_path, sentences_path, summary_path,
    text_path,
};
use crate::config::Preprocess;
use crate::counted::counted;
use crate::text::bpe::{Bpe, count_words};
use crate::text::corpus::{self, Languages};
use crate::text::indexed::{self, TokenType};
use crate::text::vocabulary::Dictionary;
use std::fs;
use std::path::{Path, PathBuf};

/// Names that would make a test set's files those of something else.
pub(super) const RESERVED_NAMES: [&str; 3] = [TRAIN, VALID, "dict"];

/// Reads a corpus and writes the data set that `spec` describes into the folder `out`.
///
/// `progress` is told in words what is about to be done. The files are a function of the corpus and of `spec`:
/// the same bytes every time, on any number of `threads`.
///
/// # Errors
/// [`DatasetError`] if the corpus cannot be read, if cleaning leaves too little of it, or if a file cannot be
/// written.
pub fn build(
    spec: &Preprocess,
    out: &Path,
    threads: usize,
    progress: &mut dyn FnMut(&str),
) -> Result<Summary, DatasetError> {
    check_languages(Languages::of(spec))?;
    progress("reading the corpus");
    let raw = corpus::open(&spec.corpus, Languages::of(spec))?;
    raw.tests.keys().try_for_each(|name| check_name(name))?;
    progress(&format!(
        "tokenising and cleaning {}",
        counted(raw.train.len(), "training pair")
    ));
    let prepared = prepare(spec, raw, threads)?;
    progress(&format!(
        "learning {} from {}",
        counted(spec.bpe.merges, "merge"),
        counted(prepared.train.tokens.len(), "pair")
    ));
    let counts = prepared
        .train
        .tokens
        .sides()
        .map(|lines| count_words(lines, threads));
    // Merges of both languages together.
    let words = counts.iter().flatten().map(|(&word, &count)| (word, count));
    let bpe = Bpe::learn(words, spec.bpe.merges);
    progress("segmenting words and numbering symbols");
    let words = counts.map(|counts| CutWords::new(&bpe, &counts, threads));
    let [source, target] = words
        .each_ref()
        .map(|words| words.dictionary(spec.dictionaries.multiple_of));
    let dictionaries = Dictionaries { source, target };
    let summary = summary(spec, &prepared, &bpe, &dictionaries);
    progress("writing the data set");
    bpe.write(&codes_path(out))?;
    dictionaries.write(out, summary.languages())?;
    let [source, target] = &words;
    let numberings = [
        source.numbering(&bpe, &dictionaries.source),
        target.numbering(&bpe, &dictionaries.target),
    ];
    for split in prepared.splits() {
        split.write(out, summary.languages(), &numberings, threads)?;
    }
    write_summary(out, &summary)?;
    Ok(summary)
}

fn summary(
    spec: &Preprocess,
    prepared: &Prepared,
    bpe: &Bpe,
    dictionaries: &Dictionaries,
) -> Summary {
    let sizes = prepared
        .splits()
        .map(|split| (split.name.clone(), split.tokens.len()));
    Summary {
        source_language: spec.source_language.to_string(),
        target_language: spec.target_language.to_string(),
        tokenizer: spec.tokenizer,
        case: spec.case,
        merges: bpe.merges().len(),
        dropped_pairs: prepared.dropped_pairs,
        source_symbols: dictionaries.source.len(),
        target_symbols: dictionaries.target.len(),
        splits: sizes.collect(),
    }
}

/// Two languages, or files of one side would be those of the other.
pub(super) fn check_languages(languages: Languages<'_>) -> Result<(), DatasetError> {
    if languages.source != languages.target {
        return Ok(());
    }
    Err(DatasetError::OneLanguage {
        language: languages.source.to_owned(),
    })
}

/// The name becomes part of file names.
pub(super) fn check_name(name: &str) -> Result<(), DatasetError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(is_plain) && !RESERVED_NAMES.contains(&name) {
        return Ok(());
    }
    Err(DatasetError::SplitName {
        name: name.to_owned(),
    })
}

impl SplitText {
    fn write(
        &self,
        out: &Path,
        languages: Languages<'_>,
        numberings: &[Numbering<'_>; 2],
        threads: usize,
    ) -> Result<(), DatasetError> {
        let sides = languages.both().into_iter().zip(self.tokens.sides());
        for ((language, lines), numbering) in sides.zip(numberings) {
            let sentences = numbering.encode(lines, threads);
            let prefix = sentences_path(out, &self.name, languages, language);
            write_sentences(&prefix, &sentences, numbering.dictionary)?;
        }
        if let Some(plain) = &self.plain {
            write_lines(text_path(out, &self.name, languages.source), &plain.source)?;
            write_lines(text_path(out, &self.name, languages.target), &plain.target)?;
        }
        Ok(())
    }
}

/// Writes sentences in symbols of `dictionary`.
pub(super) fn write_sentences(
    prefix: &Path,
    sentences: &[Vec<u32>],
    dictionary: &Dictionary,
) -> Result<(), DatasetError> {
    let token_type = TokenType::for_dictionary(dictionary.len());
    let sentences = sentences.iter().map(Vec::as_slice);
    Ok(indexed::write(prefix, token_type, sentences)?)
}

pub(super) fn write_lines(path: PathBuf, lines: &[String]) -> Result<(), DatasetError> {
    let text: String = lines
        .iter()
        .flat_map(|line| [line.as_str(), "\n"])
        .collect();
    write_file(path, &text)
}

fn write_file(path: PathBuf, text: &str) -> Result<(), DatasetError> {
    fs::write(&path, text).map_err(|source| DatasetError::Io { path, source })
}

pub(super) fn write_summary(out: &Path, summary: &Summary) -> Result<(), DatasetError> {
    let path = summary_path(out);
    match serde_json::to_string_pretty(summary) {
        Ok(text) => write_file(path, &(text + "\n")),
        Err(source) => Err(DatasetError::Summary { path, source }),
    }
}

/// The dictionaries of both sides.
pub(super) struct Dictionaries {
    pub(super) source: Dictionary,
    pub(super) target: Dictionary,
}

impl Dictionaries {
    /// Reads those that a folder holds.
    pub(super) fn read(folder: &Path, languages: Languages<'_>) -> Result<Self, DatasetError> {
        Ok(Self {
            source: Dictionary::read(&dictionary_path(folder, languages.source))?,
            target: Dictionary::read(&dictionary_path(folder, languages.target))?,
        })
    }

    pub(super) fn write(&self, out: &Path, languages: Languages<'_>) -> Result<(), DatasetError> {
        self.source.write(&dictionary_path(out, languages.source))?;
        self.target.write(&dictionary_path(out, languages.target))?;
        Ok(())
    }
}
