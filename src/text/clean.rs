//! Which sentence pairs of a training corpus are dropped (SPEC §19, step 2).

use crate::config;

/// Longest token that is kept, in characters.
const MAX_TOKEN_CHARS: usize = 1000;

/// A token of a factored corpus has nothing before one of its bars.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of the {side} side has an empty factor before a `|`; the first line has a `|`, so each one \
     separates the factors of a token"
)]
pub struct EmptyFactor {
    /// `source` or `target`.
    pub side: &'static str,
    /// Number of the line, from 1.
    pub line: usize,
}

/// A pair that is kept, its white space normalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where the pair stood, from 0.
    pub index: usize,
    /// The source side.
    pub source: String,
    /// The target side.
    pub target: String,
}

/// Keeps the pairs of tokenised lines whose lengths are within the limits, in their order.
///
/// A `|` is deleted from the text unless the first pair has one, which makes the corpus a factored one. The
/// shorter side decides how many pairs there are.
///
/// # Errors
/// [`EmptyFactor`] if a kept pair of a factored corpus has one.
pub fn clean(
    limits: &config::Clean,
    source: &[String],
    target: &[String],
) -> Result<Vec<Kept>, EmptyFactor> {
    let mut pairs = source.iter().zip(target).peekable();
    let first = pairs.peek().copied();
    let cleaner = Cleaner::new(
        limits,
        first.map(|(source, target)| [source.as_str(), target]),
    );
    let kept = pairs.enumerate();
    kept.filter_map(|(index, (source, target))| cleaner.keep(index, source, target).transpose())
        .collect()
}

/// Cleans one pair after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cleaner<'a> {
    limits: &'a config::Clean,
    factored: bool,
}

impl<'a> Cleaner<'a> {
    /// The way to clean a corpus that begins with the pair `first`.
    pub(crate) fn new(limits: &'a config::Clean, first: Option<[&str; 2]>) -> Self {
        let factored = first.is_some_and(|sides| sides.iter().any(|side| side.contains('|')));
        Self { limits, factored }
    }

    /// The pair with a number, if it is kept.
    ///
    /// # Errors
    /// As [`clean`].
    pub(crate) fn keep(
        self,
        index: usize,
        source: &str,
        target: &str,
    ) -> Result<Option<Kept>, EmptyFactor> {
        let [source, target] = [source, target].map(|line| normalized(line, self.factored));
        if !is_kept(self.limits, &source, &target) {
            return Ok(None);
        }
        reject_empty_factor("source", index, &source)?;
        reject_empty_factor("target", index, &target)?;
        Ok(Some(Kept {
            index,
            source,
            target,
        }))
    }
}

/// One blank between words, none at the ends; and no bars, unless they separate factors.
fn normalized(line: &str, factored: bool) -> String {
    let mut text = String::with_capacity(line.len());
    let bar = |c| c == '|' && !factored;
    let words = line.split_whitespace();
    for word in words.filter(|word| !word.chars().all(bar)) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.extend(word.split(bar));
    }
    text
}

fn is_kept(limits: &config::Clean, source: &str, target: &str) -> bool {
    let (source_tokens, target_tokens) = (tokens(source), tokens(target));
    let length_fits = |n| n >= limits.min_tokens.max(1) && n <= limits.max_tokens;
    length_fits(source_tokens)
        && length_fits(target_tokens)
        && source_tokens as f64 / target_tokens as f64 <= limits.max_ratio.get()
        && target_tokens as f64 / source_tokens as f64 <= limits.max_ratio.get()
        && !has_overlong_token(source)
        && !has_overlong_token(target)
}

/// Tokens of a line that is [`normalized`].
fn tokens(line: &str) -> usize {
    let blanks = line.bytes().filter(|&byte| byte == b' ').count();
    blanks + usize::from(!line.is_empty())
}

fn has_overlong_token(line: &str) -> bool {
    let is_overlong = |token: &str| token.chars().count() > MAX_TOKEN_CHARS;
    line.len() > MAX_TOKEN_CHARS && line.split([' ', '|']).any(is_overlong)
}

fn reject_empty_factor(side: &'static str, index: usize, line: &str) -> Result<(), EmptyFactor> {
    if line.contains(" |") || line.contains("||") {
        let line = index + 1;
        return Err(EmptyFactor { side, line });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|&line| line.to_owned()).collect()
    }

    fn limits() -> config::Clean {
        config::Clean {
            min_tokens: 1,
            max_tokens: 175,
            max_ratio: 1.5.try_into().unwrap(),
        }
    }

    fn kept(source: &[&str], target: &[&str]) -> Result<Vec<(String, String)>, EmptyFactor> {
        let kept = clean(&limits(), &lines(source), &lines(target))?;
        Ok(kept.into_iter().map(|k| (k.source, k.target)).collect())
    }

    #[test]
    fn a_bar_in_the_first_pair_makes_the_corpus_factored() {
        let pairs = kept(&["a|N b|V", "c|N"], &["x y", "z|Q"]).unwrap();
        assert_eq!(pairs[0].0, "a|N b|V");
        assert_eq!(pairs[1], ("c|N".to_owned(), "z|Q".to_owned()));
    }

    #[test]
    fn a_bar_that_comes_later_is_deleted() {
        assert_eq!(kept(&["a", "b|c ||"], &["x", "y"]).unwrap()[1].0, "bc");
    }

    #[test]
    fn an_empty_factor_is_fatal_in_a_factored_corpus() {
        let error = kept(&["a|N", "b"], &["x|N", "y||N"]).unwrap_err();
        assert_eq!((error.side, error.line), ("target", 2));
        assert!(error.to_string().contains("line 2 of the target side"));
    }

    #[test]
    fn an_empty_factor_in_a_dropped_pair_is_not_looked_at() {
        assert_eq!(kept(&["a|N", "b || c"], &["x|N", "y"]).unwrap().len(), 1);
    }

    #[test]
    fn an_empty_side_is_dropped_even_if_no_tokens_are_asked_for() {
        let limits = config::Clean {
            min_tokens: 0,
            ..limits()
        };
        assert!(
            clean(&limits, &lines(&[" "]), &lines(&["x"]))
                .unwrap()
                .is_empty()
        );
    }
}
