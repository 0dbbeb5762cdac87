//! What a preprocess stage is told: text in, data set out.

use super::{ArtifactKind, Contradiction, Corpus, Input, Language, LengthRatio, Spec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// Tokenises, cleans, lowercases, segments and binarises a parallel corpus (SPEC §19).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Preprocess {
    /// Two-letter code of the language that is translated.
    pub source_language: Language,
    /// Two-letter code of the language that is translated into.
    pub target_language: Language,
    /// Where the text comes from.
    pub corpus: Corpus,
    /// How lines become tokens.
    pub tokenizer: Tokenizer,
    /// Whether capitals are kept.
    pub case: Case,
    /// Which pairs of the training text are dropped.
    pub clean: Clean,
    /// How tokens become subwords.
    pub bpe: Bpe,
    /// How subwords become numbers.
    pub dictionaries: Dictionaries,
}

/// How lines become tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tokenizer {
    /// The Moses tokenizer, with escaping (SPEC §19.1).
    Moses,
    /// The text is tokenised already: split at white space.
    None,
}

/// Whether capitals are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// Everything is lowercased, code point by code point.
    Lower,
    /// Text stays as it is.
    Keep,
}

/// Which training pairs are dropped, on tokenised text (SPEC §19, step 2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clean {
    /// Fewest tokens of a side.
    pub min_tokens: usize,
    /// Most tokens of a side.
    pub max_tokens: usize,
    /// Largest ratio of the two lengths, either way.
    pub max_ratio: LengthRatio,
}

/// Byte pair encoding, learned on both languages together (SPEC §19.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bpe {
    /// Most merges to learn; 0 leaves words as characters.
    pub merges: usize,
}

/// Dictionaries, one a side (SPEC §19, step 7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dictionaries {
    /// Sizes are padded to a multiple of this.
    pub multiple_of: NonZeroUsize,
}

impl Spec for Preprocess {
    const PLACES: &'static [&'static str] = &[
        "corpus.files.folder",
        "corpus.two-files.source",
        "corpus.two-files.target",
        "corpus.iwslt14.archive",
        "corpus.iwslt14.origin",
    ];
    const CHOICES: &'static [&'static str] = &["corpus"];

    fn produces(&self) -> ArtifactKind {
        ArtifactKind::Dataset
    }

    fn inputs(&self) -> Vec<Input<'_>> {
        Vec::new()
    }

    fn check(&self) -> Result<(), Contradiction> {
        Language::require_two(
            &self.source_language,
            &self.target_language,
            &["target-language", "source-language"],
        )?;
        let Clean {
            min_tokens,
            max_tokens,
            ..
        } = self.clean;
        if max_tokens < min_tokens {
            return Err(Contradiction {
                keys: &["clean.max-tokens", "clean.min-tokens"],
                rule: format!("`max-tokens`, {max_tokens}, is below `min-tokens`, {min_tokens}"),
            });
        }
        Ok(())
    }
}
