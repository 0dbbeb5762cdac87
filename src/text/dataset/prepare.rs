//! Raw text to tokens: every split tokenised, the training text cleaned, case as wanted (SPEC §19, steps 1 to 5).

use super::pipeline::{LineTokenizer, recased};
use super::{DatasetError, TRAIN, VALID};
use crate::config::{Case, Preprocess};
use crate::text::clean::{Kept, clean};
use crate::text::corpus::{ParallelText, RawCorpus, Validation};
use std::num::NonZeroUsize;

/// The text of a split on its way.
pub(super) struct SplitText {
    pub(super) name: String,
    /// Tokens, later subwords, separated by blanks.
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

    /// All splits, the training split first.
    pub(super) fn splits_mut(&mut self) -> impl Iterator<Item = &mut SplitText> {
        [&mut self.train].into_iter().chain(&mut self.others)
    }
}

/// Tokenises, cleans and recases every split.
pub(super) fn prepare(spec: &Preprocess, raw: RawCorpus) -> Result<Prepared, DatasetError> {
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
struct Preparation {
    source: LineTokenizer,
    target: LineTokenizer,
    case: Case,
}

impl Preparation {
    fn new(spec: &Preprocess) -> Self {
        Self {
            source: LineTokenizer::new(spec.tokenizer, spec.source_language.as_str()),
            target: LineTokenizer::new(spec.tokenizer, spec.target_language.as_str()),
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
