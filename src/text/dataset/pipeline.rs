//! The way of one line: tokens, case, subwords, numbers.

use super::{DatasetError, codes_path, dictionary_path, read_summary};
use crate::config::{Case, Tokenizer};
use crate::text::bpe::{Bpe, Segmenter};
use crate::text::lowercase::lowercase;
use crate::text::moses::Moses;
use crate::text::vocabulary::Dictionary;
use std::path::Path;

/// How the lines of one language become tokens.
#[derive(Debug)]
pub(super) struct LineTokenizer {
    /// None where text is tokenised already.
    moses: Option<Moses>,
}

impl LineTokenizer {
    pub(super) fn new(tokenizer: Tokenizer, language: &str) -> Self {
        Self {
            moses: match tokenizer {
                Tokenizer::Moses => Some(Moses::new(language)),
                Tokenizer::None => None,
            },
        }
    }

    /// The tokens of a line, separated by blanks.
    pub(super) fn tokenize(&self, line: &str) -> String {
        match &self.moses {
            Some(moses) => moses.tokenize(line),
            None => line.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

/// The line as `case` wants it.
pub(super) fn recased(case: Case, line: &str) -> String {
    match case {
        Case::Lower => lowercase(line),
        Case::Keep => line.to_owned(),
    }
}

/// Turns new text into the numbers of a data set.
#[derive(Debug)]
pub struct TextPipeline {
    tokenizer: LineTokenizer,
    case: Case,
    bpe: Bpe,
    dictionary: Dictionary,
}

impl TextPipeline {
    /// The way that source text took into the data set in `folder`.
    ///
    /// # Errors
    /// [`DatasetError`] if the folder lacks a file or a file is broken.
    pub fn open(folder: &Path) -> Result<Self, DatasetError> {
        let summary = read_summary(folder)?;
        Ok(Self {
            tokenizer: LineTokenizer::new(summary.tokenizer, &summary.source_language),
            case: summary.case,
            bpe: Bpe::read(&codes_path(folder))?,
            dictionary: Dictionary::read(&dictionary_path(folder, &summary.source_language))?,
        })
    }

    /// The numbers of a line of source text; the last one ends the sentence.
    pub fn encode_source(&self, line: &str) -> Vec<u32> {
        let tokens = recased(self.case, &self.tokenizer.tokenize(line));
        self.dictionary
            .encode(&Segmenter::new(&self.bpe).segment(&tokens))
    }
}
