//! Raw text to tokens: every split tokenised, the training text cleaned, case as wanted (SPEC §19, steps 1 to 5).

use super::pipeline::{LineTokenizer, recased};
use super::{DatasetError, TRAIN, VALID};
use crate::config::{Case, Clean, Preprocess, Tokenizer};
use crate::text::clean::{Cleaner, EmptyFactor, Kept};
use crate::text::corpus::{Languages, ParallelText, RawCorpus, Validation};
use crate::text::parallel;
use std::num::NonZeroUsize;

/// The text of a split on its way.
pub(super) struct SplitText {
    pub(super) name: String,
    /// Tokens, separated by blanks.
    pub(super) tokens: ParallelText,
    /// What the text was before tokenisation, where that is kept.
    pub(super) plain: Option<ParallelText>,
}

/// The text of a corpus, ready to be segmented.
pub(super) struct Prepared {
    pub(super) train: SplitText,
    /// The validation split and the test sets.
    pub(super) others: Vec<SplitText>,
    /// Training pairs that cleaning dropped.
    pub(super) dropped_pairs: usize,
}

impl Prepared {
    /// All splits, the training split first.
    pub(super) fn splits(&self) -> impl Iterator<Item = &SplitText> {
        [&self.train].into_iter().chain(&self.others)
    }
}

/// Tokenises, cleans and recases every split, on so many threads.
pub(super) fn prepare(
    spec: &Preprocess,
    raw: RawCorpus,
    threads: usize,
) -> Result<Prepared, DatasetError> {
    let preparation = Preparation::new(spec.tokenizer, spec.case, Languages::of(spec), threads);
    let pairs = raw.train.len();
    let kept = preparation.clean(&spec.clean, &raw.train)?;
    if kept.is_empty() {
        let limits = spec.clean.clone();
        return Err(DatasetError::NothingLeft { pairs, limits });
    }
    let dropped_pairs = pairs - kept.len();
    let (train, valid) = match raw.valid {
        Validation::Given(text) => (kept, preparation.given(VALID.to_owned(), &text)),
        Validation::EveryNth(every) => {
            let (valid, train) = take_every(every, kept)?;
            (train, preparation.taken(VALID, valid, &raw.train))
        }
    };
    let train = SplitText {
        name: TRAIN.to_owned(),
        tokens: cleaned(train),
        plain: None,
    };
    let tests = raw
        .tests
        .into_iter()
        .map(|(name, text)| preparation.given(name, &text));
    Ok(Prepared {
        train,
        others: [valid].into_iter().chain(tests).collect(),
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
pub(super) struct Preparation {
    source: LineTokenizer,
    target: LineTokenizer,
    case: Case,
    threads: usize,
}

impl Preparation {
    pub(super) fn new(
        tokenizer: Tokenizer,
        case: Case,
        languages: Languages<'_>,
        threads: usize,
    ) -> Self {
        Self {
            source: LineTokenizer::new(tokenizer, languages.source),
            target: LineTokenizer::new(tokenizer, languages.target),
            case,
            threads,
        }
    }

    /// Tokens of a pair.
    fn tokens(&self, text: &ParallelText, index: usize) -> [String; 2] {
        let source = self.source.tokenize(&text.source[index]);
        [source, self.target.tokenize(&text.target[index])]
    }

    fn recased(&self, line: &str) -> String {
        recased(self.case, line)
    }

    /// The pairs that cleaning keeps, tokenised and recased.
    pub(super) fn clean(
        &self,
        limits: &Clean,
        text: &ParallelText,
    ) -> Result<Vec<Kept>, EmptyFactor> {
        let first = (!text.is_empty()).then(|| self.tokens(text, 0));
        let first = first
            .as_ref()
            .map(|sides| sides.each_ref().map(String::as_str));
        let cleaner = Cleaner::new(limits, first);
        let keep = |index| {
            let [source, target] = self.tokens(text, index);
            let kept = cleaner.keep(index, &source, &target)?;
            Ok(kept.map(|kept| Kept {
                source: self.recased(&kept.source),
                target: self.recased(&kept.target),
                ..kept
            }))
        };
        let parts = parallel::in_ranges(self.threads, text.len(), |range| {
            let kept = range.filter_map(|index| keep(index).transpose());
            kept.collect::<Result<Vec<Kept>, _>>()
        });
        let parts = parts.into_iter().collect::<Result<Vec<_>, _>>();
        Ok(parts?.into_iter().flatten().collect())
    }

    /// The text that scores are computed on: recased, and without white space at its ends.
    fn plain<'a>(&self, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> ParallelText {
        pairs
            .map(|(source, target)| (self.recased(source.trim()), self.recased(target.trim())))
            .collect()
    }

    /// A split that is not cleaned.
    fn given(&self, name: String, text: &ParallelText) -> SplitText {
        let parts = parallel::in_ranges(self.threads, text.len(), |range| -> Vec<_> {
            let tokens = range.map(|index| self.tokens(text, index));
            tokens
                .map(|[source, target]| (self.recased(&source), self.recased(&target)))
                .collect()
        });
        SplitText {
            name,
            tokens: parts.into_iter().flatten().collect(),
            plain: Some(self.plain(text.pairs())),
        }
    }

    /// A split taken from the cleaned training text, `raw` before it was tokenised.
    fn taken(&self, name: &str, kept: Vec<Kept>, raw: &ParallelText) -> SplitText {
        let lines = |kept: &Kept| {
            (
                raw.source[kept.index].as_str(),
                raw.target[kept.index].as_str(),
            )
        };
        SplitText {
            name: name.to_owned(),
            plain: Some(self.plain(kept.iter().map(lines))),
            tokens: cleaned(kept),
        }
    }
}

fn cleaned(kept: Vec<Kept>) -> ParallelText {
    kept.into_iter()
        .map(|kept| (kept.source, kept.target))
        .collect()
}
