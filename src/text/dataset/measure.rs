//! How much of two text files is good for training, before a data set is made of them.

use super::DatasetError;
use super::prepare::Preparation;
use crate::config::{Case, Clean, Tokenizer};
use crate::text::corpus::Languages;
use crate::text::two_files;
use std::path::Path;

/// How much two text files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Lines of each.
    pub lines: usize,
    /// Different source sentences that have a translation: each may be set aside.
    pub sentences: usize,
    /// Those of them that cleaning keeps: each may be trained on.
    pub kept: usize,
}

/// How much two text files hold, and what cleaning would leave of it. All of it is tokenised, on so many threads.
///
/// # Errors
/// [`DatasetError`] if a file is missing, damaged, empty or not UTF-8, if they differ in their lines, or if they cannot
/// be cleaned.
pub fn measure(
    files: [&Path; 2],
    languages: Languages<'_>,
    tokenizer: Tokenizer,
    limits: &Clean,
    threads: usize,
) -> Result<Measured, DatasetError> {
    let [source, target] = files;
    let text = two_files::read_both(source, target)?;
    // Whether a pair is kept does not depend on its capitals.
    let preparation = Preparation::new(tokenizer, Case::Keep, languages, threads);
    let kept = preparation.clean(limits, &text)?;
    let kept = kept.iter().map(|kept| {
        let line = kept.index;
        (text.source[line].as_str(), text.target[line].as_str())
    });
    Ok(Measured {
        lines: text.len(),
        sentences: two_files::sentences(text.pairs()),
        kept: two_files::sentences(kept),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn lines_that_cleaning_drops_are_counted_apart() {
        let folder = tempfile::tempdir().unwrap();
        let long = "a b c d e f g h".to_owned();
        let pairs = [
            ("one two", "one two"),
            ("One two", "one again"),
            ("three", long.as_str()),
            ("four", " "),
            ("five|six", "seven"),
        ];
        let [source, target] = ["text.de", "text.en"].map(|name| folder.path().join(name));
        fs::write(&source, pairs.map(|(line, _)| line).join("\n")).unwrap();
        fs::write(&target, pairs.map(|(_, line)| line).join("\n")).unwrap();
        let limits = Clean {
            min_tokens: 1,
            max_tokens: 5,
            max_ratio: 2.0.try_into().unwrap(),
        };
        let languages = Languages {
            source: "de",
            target: "en",
        };
        let found = measure([&source, &target], languages, Tokenizer::None, &limits, 2).unwrap();
        let expected = Measured {
            lines: 5,
            sentences: 3,
            kept: 2,
        };
        assert_eq!(found, expected);
    }
}
