//! From numbers of target symbols back to text.

use super::{DatasetError, dictionary_path, read_summary};
use crate::config::Tokenizer;
use crate::text::detokenizer::{Rules, detokenize};
use crate::text::vocabulary::{
    Dictionary, UNKNOWN_IN_HYPOTHESIS, UNKNOWN_IN_REFERENCE, join_subwords,
};
use std::path::Path;

/// Turns translations into text (SPEC §16).
#[derive(Debug)]
pub struct TargetText {
    dictionary: Dictionary,
    tokenizer: Tokenizer,
    rules: Rules,
}

impl TargetText {
    /// The way back to text for the data set, or the copy of its text pipeline, in `folder`.
    ///
    /// # Errors
    /// [`DatasetError`] if the folder lacks a file or a file is broken.
    pub fn open(folder: &Path) -> Result<Self, DatasetError> {
        let summary = read_summary(folder)?;
        Ok(Self {
            dictionary: Dictionary::read(&dictionary_path(folder, &summary.target_language))?,
            tokenizer: summary.tokenizer,
            rules: Rules::of_language(&summary.target_language),
        })
    }

    /// The tokens of a translation between blanks, subwords joined.
    pub fn hypothesis_tokens(&self, sentence: &[u32]) -> String {
        join_subwords(&self.dictionary.decode(sentence, UNKNOWN_IN_HYPOTHESIS))
    }

    /// The tokens of a reference between blanks, subwords joined.
    pub fn reference_tokens(&self, sentence: &[u32]) -> String {
        join_subwords(&self.dictionary.decode(sentence, UNKNOWN_IN_REFERENCE))
    }

    /// Plain text from tokens between blanks.
    pub fn plain(&self, tokens: &str) -> String {
        plain(tokens, self.tokenizer, self.rules)
    }
}

/// Plain text from tokens between blanks that `tokenizer` had made of it.
pub(super) fn plain(tokens: &str, tokenizer: Tokenizer, rules: Rules) -> String {
    match tokenizer {
        Tokenizer::Moses => detokenize(tokens, rules),
        Tokenizer::None => tokens.to_owned(),
    }
}
