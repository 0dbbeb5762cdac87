//! From a corpus to a data set (SPEC §19).

use super::pipeline::{LineTokenizer, recased};
use super::{
    DatasetError, Summary, TRAIN, VALID, codes_path, dictionary_path, sentences_path, summary_path,
    text_path,
};
use crate::config::{Case, Preprocess};
use crate::text::bpe::{Bpe, Segmenter};
use crate::text::clean::{Kept, clean};
use crate::text::corpus::{self, Languages, ParallelText, RawCorpus, Validation};
use crate::text::indexed::{self, TokenType};
use crate::text::vocabulary::Dictionary;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Names that would make a test set's files those of something else.
pub(super) const RESERVED_NAMES: [&str; 3] = [TRAIN, VALID, "dict"];

/// Reads a corpus and writes the data set that `spec` describes into the folder `out`.
///
/// `progress` is told in words what is about to be done. The files are a function of the corpus and of `spec`:
/// the same bytes every time.
///
/// # Errors
/// [`DatasetError`] if the corpus cannot be read, if cleaning leaves too little of it, or if a file cannot be
/// written.
pub fn build(
    spec: &Preprocess,
    out: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Summary, DatasetError> {
    check_languages(spec)?;
    progress("reading the corpus");
    let raw = corpus::open(&spec.corpus, Languages::of(spec))?;
    raw.tests.keys().try_for_each(|name| check_name(name))?;
    progress(&format!(
        "tokenising and cleaning {} training pairs",
        raw.train.len()
    ));
    let Prepared {
        mut splits,
        dropped_pairs,
    } = prepare(spec, raw)?;
    let train = &splits[0].tokens;
    progress(&format!(
        "learning {} merges from {} pairs",
        spec.bpe.merges,
        train.len()
    ));
    let bpe = Bpe::learn(
        train.source.iter().chain(&train.target).map(String::as_str),
        spec.bpe.merges,
    );
    progress("segmenting words and numbering symbols");
    segment(&bpe, &mut splits);
    let dictionaries = Dictionaries::of(&splits[0].tokens, spec.dictionaries.multiple_of);
    let summary = Summary {
        source_language: spec.source_language.clone(),
        target_language: spec.target_language.clone(),
        tokenizer: spec.tokenizer,
        case: spec.case,
        merges: bpe.merges().len(),
        dropped_pairs,
        source_symbols: dictionaries.source.len(),
        target_symbols: dictionaries.target.len(),
        splits: splits
            .iter()
            .map(|split| (split.name.clone(), split.tokens.len()))
            .collect(),
    };
    progress("writing the data set");
    bpe.write(&codes_path(out))?;
    dictionaries.write(out, summary.languages())?;
    for split in &splits {
        split.write(out, summary.languages(), &dictionaries)?;
    }
    write_summary(out, &summary)?;
    Ok(summary)
}

fn check_languages(spec: &Preprocess) -> Result<(), DatasetError> {
    if spec.source_language != spec.target_language {
        return Ok(());
    }
    Err(DatasetError::OneLanguage {
        language: spec.source_language.clone(),
    })
}

/// The name becomes part of file names.
fn check_name(name: &str) -> Result<(), DatasetError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(is_plain) && !RESERVED_NAMES.contains(&name) {
        return Ok(());
    }
    Err(DatasetError::SplitName {
        name: name.to_owned(),
    })
}

/// The text of a split on its way.
struct SplitText {
    name: String,
    /// Tokens, later subwords, separated by blanks.
    tokens: ParallelText,
    /// What the text was before tokenisation, where that is kept.
    plain: Option<ParallelText>,
}

struct Prepared {
    /// The training split comes first.
    splits: Vec<SplitText>,
    dropped_pairs: usize,
}

/// Tokenises, cleans and recases every split.
fn prepare(spec: &Preprocess, raw: RawCorpus) -> Result<Prepared, DatasetError> {
    let preparation = Preparation::new(spec);
    let pairs = raw.train.len();
    let tokens = preparation.tokenize(&raw.train);
    let kept = clean(&spec.clean, &tokens.source, &tokens.target)?;
    if kept.is_empty() {
        let limits = spec.clean.clone();
        return Err(DatasetError::NothingLeft { pairs, limits });
    }
    let dropped_pairs = pairs - kept.len();
    let (train, valid) = match raw.valid {
        Validation::Given(text) => (kept, preparation.given(VALID.to_owned(), &text)),
        Validation::EveryNth(every) => {
            let (valid, train) = take_every(every, kept)?;
            (train, preparation.taken(VALID, &valid, &raw.train))
        }
    };
    let train = SplitText {
        name: TRAIN.to_owned(),
        tokens: preparation.cleaned(&train),
        plain: None,
    };
    let tests = raw
        .tests
        .into_iter()
        .map(|(name, text)| preparation.given(name, &text));
    Ok(Prepared {
        splits: [train, valid].into_iter().chain(tests).collect(),
        dropped_pairs,
    })
}

/// The pairs with a number divisible by `every`, counted from 1, and the others.
fn take_every(
    every: NonZeroUsize,
    kept: Vec<Kept>,
) -> Result<(Vec<Kept>, Vec<Kept>), DatasetError> {
    let pairs = kept.len();
    let numbered = kept.into_iter().zip(1usize..);
    let (taken, rest): (Vec<_>, Vec<_>) =
        numbered.partition(|(_, number)| number.is_multiple_of(every.get()));
    if taken.is_empty() || rest.is_empty() {
        let every = every.get();
        return Err(DatasetError::NoValidation { pairs, every });
    }
    let without_numbers =
        |kept: Vec<(Kept, usize)>| kept.into_iter().map(|(kept, _)| kept).collect();
    Ok((without_numbers(taken), without_numbers(rest)))
}

/// What happens to lines before they are segmented.
struct Preparation {
    source: LineTokenizer,
    target: LineTokenizer,
    case: Case,
}

impl Preparation {
    fn new(spec: &Preprocess) -> Self {
        Self {
            source: LineTokenizer::new(spec.tokenizer, &spec.source_language),
            target: LineTokenizer::new(spec.tokenizer, &spec.target_language),
            case: spec.case,
        }
    }

    fn tokenize(&self, text: &ParallelText) -> ParallelText {
        text.pairs()
            .map(|(source, target)| (self.source.tokenize(source), self.target.tokenize(target)))
            .collect()
    }

    fn recased<'a>(&self, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> ParallelText {
        pairs
            .map(|(source, target)| (recased(self.case, source), recased(self.case, target)))
            .collect()
    }

    /// The text that scores are computed on: recased, and without white space at its ends.
    fn plain<'a>(&self, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> ParallelText {
        self.recased(pairs.map(|(source, target)| (source.trim(), target.trim())))
    }

    /// A split that is not cleaned.
    fn given(&self, name: String, text: &ParallelText) -> SplitText {
        SplitText {
            name,
            tokens: self.recased(self.tokenize(text).pairs()),
            plain: Some(self.plain(text.pairs())),
        }
    }

    /// A split taken from the cleaned training text, `raw` before it was tokenised.
    fn taken(&self, name: &str, kept: &[Kept], raw: &ParallelText) -> SplitText {
        let lines = |kept: &Kept| {
            (
                raw.source[kept.index].as_str(),
                raw.target[kept.index].as_str(),
            )
        };
        SplitText {
            name: name.to_owned(),
            tokens: self.cleaned(kept),
            plain: Some(self.plain(kept.iter().map(lines))),
        }
    }

    fn cleaned(&self, kept: &[Kept]) -> ParallelText {
        self.recased(
            kept.iter()
                .map(|kept| (kept.source.as_str(), kept.target.as_str())),
        )
    }
}

impl SplitText {
    fn write(
        &self,
        out: &Path,
        languages: Languages<'_>,
        dictionaries: &Dictionaries,
    ) -> Result<(), DatasetError> {
        let sides = [
            (languages.source, &self.tokens.source, &dictionaries.source),
            (languages.target, &self.tokens.target, &dictionaries.target),
        ];
        for (language, lines, dictionary) in sides {
            let sentences: Vec<Vec<u32>> =
                lines.iter().map(|line| dictionary.encode(line)).collect();
            indexed::write(
                &sentences_path(out, &self.name, languages, language),
                TokenType::for_dictionary(dictionary.len()),
                sentences.iter().map(Vec::as_slice),
            )?;
        }
        if let Some(plain) = &self.plain {
            write_lines(text_path(out, &self.name, languages.source), &plain.source)?;
            write_lines(text_path(out, &self.name, languages.target), &plain.target)?;
        }
        Ok(())
    }
}

fn write_lines(path: PathBuf, lines: &[String]) -> Result<(), DatasetError> {
    let text: String = lines
        .iter()
        .flat_map(|line| [line.as_str(), "\n"])
        .collect();
    write_file(path, &text)
}

fn write_file(path: PathBuf, text: &str) -> Result<(), DatasetError> {
    fs::write(&path, text).map_err(|source| DatasetError::Io { path, source })
}

fn write_summary(out: &Path, summary: &Summary) -> Result<(), DatasetError> {
    let path = summary_path(out);
    match serde_json::to_string_pretty(summary) {
        Ok(text) => write_file(path, &(text + "\n")),
        Err(source) => Err(DatasetError::Summary { path, source }),
    }
}

/// Cuts the words of all splits into subwords.
fn segment(bpe: &Bpe, splits: &mut [SplitText]) {
    let mut segmenter = Segmenter::new(bpe);
    for split in splits {
        for line in split
            .tokens
            .source
            .iter_mut()
            .chain(&mut split.tokens.target)
        {
            *line = segmenter.segment(line);
        }
    }
}

struct Dictionaries {
    source: Dictionary,
    target: Dictionary,
}

impl Dictionaries {
    fn of(train: &ParallelText, multiple_of: NonZeroUsize) -> Self {
        let build =
            |lines: &[String]| Dictionary::build(lines.iter().map(String::as_str), multiple_of);
        Self {
            source: build(&train.source),
            target: build(&train.target),
        }
    }

    fn write(&self, out: &Path, languages: Languages<'_>) -> Result<(), DatasetError> {
        self.source.write(&dictionary_path(out, languages.source))?;
        self.target.write(&dictionary_path(out, languages.target))?;
        Ok(())
    }
}
