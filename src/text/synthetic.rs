//! Sentence pairs from a German-to-English grammar of our own, for demonstration.
//!
//! A sentence is drawn as what it says (`syntax`), with words of `lexicon`, by `draw`; `german` and
//! `english` put it into words. The German has what makes the language worth translating: gender, case and number
//! of articles and adjectives, verbs that stand second, first or last, the bracket of perfect, modal and separable
//! verbs, compounds, `kein` and `nicht`, pronouns that follow the noun's gender. Every German sentence has exactly
//! one translation.

mod draw;
mod english;
mod german;
mod lexicon;
mod syntax;
#[cfg(test)]
mod tests;

use super::corpus::{RawCorpus, Validation};
use crate::config::Synthetic;
use crate::random::Stream;
use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use syntax::Sentence;

/// A source sentence and its translation.
type Pair = (String, String);

/// More sentences were asked for than the grammar makes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the grammar gave {found} different sentences and then only known ones; `train`, `valid` and `test` ask for {asked}"
)]
pub struct TooManyAsked {
    /// Sentences of all three sets.
    pub asked: usize,
    /// Different sentences that were drawn.
    pub found: usize,
}

/// Fewest and most tokens of a sentence, its marks included.
const TOKENS: std::ops::RangeInclusive<usize> = 4..=20;

/// How many draws in a row may bring nothing new.
const PATIENCE: usize = 10_000;

/// The name of the test set.
const TEST: &str = "test";

/// Draws a corpus in which no two source sentences are the same; the same one for the same `spec`, on every machine.
///
/// # Errors
/// If the grammar has too few different sentences.
pub fn generate(spec: &Synthetic) -> Result<RawCorpus, TooManyAsked> {
    let counts = [spec.train, spec.valid, spec.test].map(NonZeroUsize::get);
    let asked = counts.into_iter().fold(0, usize::saturating_add);
    let draws = (0..).map(|index| pair(Stream::indexed(spec.seed, "synthetic sentence", index)));
    let pairs = distinct(asked, draws)?;
    let mut pairs = pairs.into_iter();
    let [train, valid, test] = counts.map(|count| pairs.by_ref().take(count).collect());
    Ok(RawCorpus {
        train,
        valid: Validation::Given(valid),
        tests: BTreeMap::from([(TEST.to_owned(), test)]),
    })
}

/// The first `asked` pairs of `draws` with different sources.
fn distinct(
    asked: usize,
    draws: impl Iterator<Item = Option<Pair>>,
) -> Result<Vec<Pair>, TooManyAsked> {
    let mut pairs = Vec::new();
    let mut sources = HashSet::new();
    let mut in_vain = 0;
    for draw in draws {
        match draw {
            Some(pair) if sources.insert(pair.0.clone()) => {
                pairs.push(pair);
                in_vain = 0;
            }
            _ => in_vain += 1,
        }
        if pairs.len() == asked {
            return Ok(pairs);
        }
        if in_vain == PATIENCE {
            break;
        }
    }
    Err(TooManyAsked {
        asked,
        found: pairs.len(),
    })
}

/// Draws a German sentence and its translation; none if the draw is no good.
fn pair(stream: Stream) -> Option<Pair> {
    let sentence = draw::sentence(stream)?;
    let mark = match sentence {
        Sentence::Polar(_) | Sentence::Asking(..) | Sentence::AskingWho(_) => '?',
        _ => '.',
    };
    let pair = [german::sentence(&sentence), english::sentence(&sentence)]
        .map(|text| written(&text, mark));
    let fits = |text: &String| TOKENS.contains(&tokens(text));
    let [source, target] = pair;
    (fits(&source) && fits(&target)).then_some((source, target))
}

/// `text` with a capital letter and its last mark.
fn written(text: &str, mark: char) -> String {
    let mut letters = text.chars();
    let capital = letters.next().into_iter().flat_map(char::to_uppercase);
    capital.chain(letters.clone()).chain([mark]).collect()
}

/// Words and marks of a written sentence.
fn tokens(text: &str) -> usize {
    text.split(' ').count() + text.matches([',', '.', '?']).count()
}

/// The parts that are not empty, with blanks between them.
fn spaced<const N: usize>(parts: [&str; N]) -> String {
    let mut text = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
}
