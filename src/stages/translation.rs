//! Translating many sentences.

use crate::config::Search;
use crate::decode::beam_search;
use crate::kernels::Kernels;
use crate::model::{Pass, Source, Transformer};
use crate::text::vocabulary::PAD;
use burn::tensor::backend::Backend;
use std::cmp::Reverse;
use std::ops::ControlFlow;

/// A sentence that the model has no positions for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error(
    "sentence {number} has {tokens} tokens with its end of sentence, more than the model's `max-positions` = \
     {max_positions}"
)]
#[diagnostic(help("shorten the sentence, or train a model with a larger `model.max-positions`"))]
pub(super) struct TooLong {
    /// The sentence, from 1.
    pub(super) number: usize,
    /// Its tokens, end of sentence included.
    pub(super) tokens: usize,
    /// The model's limit.
    pub(super) max_positions: usize,
}

/// Why sentences were not all translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfinished {
    /// One is too long.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// Whoever heard of the progress wanted no more of it.
    #[error("translating was stopped")]
    Stopped,
}

/// Looks for the first sentence that a model has no positions for.
///
/// # Errors
/// [`TooLong`] if there is one.
pub(super) fn check_lengths(sources: &[Vec<u32>], max_positions: usize) -> Result<(), TooLong> {
    let too_long = |source: &Vec<u32>| source.len() > max_positions;
    match sources.iter().position(too_long) {
        Some(index) => Err(TooLong {
            number: index + 1,
            tokens: sources[index].len(),
            max_positions,
        }),
        None => Ok(()),
    }
}

/// A model that is ready to translate.
pub(super) struct Translator<'a, B: Backend> {
    /// The model.
    pub(super) model: &'a Transformer<B>,
    /// Its longest sentence.
    pub(super) max_positions: usize,
    /// How to search.
    pub(super) search: &'a Search,
    /// Connectivity, if active.
    pub(super) pass: Pass<'a, B>,
    /// Where to compute.
    pub(super) device: &'a B::Device,
}

impl<B: Kernels> Translator<'_, B> {
    /// The best translation of each sentence, in their order, as token ids with the end of the sentence.
    ///
    /// Sentences of similar length are decoded together; `progress` hears how many are done, and may end it.
    ///
    /// # Errors
    /// If a sentence is longer than the model allows, or `progress` ends it.
    pub(super) fn translate(
        &self,
        sources: &[Vec<u32>],
        mut progress: impl FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<u32>>, Unfinished> {
        check_lengths(sources, self.max_positions)?;
        let mut order: Vec<usize> = (0..sources.len()).collect();
        order.sort_by_key(|&index| Reverse(sources[index].len()));
        let mut translations = vec![Vec::new(); sources.len()];
        let mut done = 0;
        for group in order.chunks(self.search.batch_sentences.get()) {
            let source = self.pad(group, sources);
            let found = beam_search(
                self.model,
                &source,
                self.search,
                self.max_positions,
                self.pass,
            );
            for (&index, found) in group.iter().zip(found) {
                translations[index] = found
                    .into_iter()
                    .next()
                    .map(|best| best.tokens)
                    .unwrap_or_default();
            }
            done += group.len();
            if progress(done).is_break() {
                return Err(Unfinished::Stopped);
            }
        }
        Ok(translations)
    }

    /// A batch of sentences, padded on the left.
    fn pad(&self, group: &[usize], sources: &[Vec<u32>]) -> Source<B> {
        let longest = group
            .iter()
            .map(|&index| sources[index].len())
            .max()
            .unwrap_or(1);
        let rows = group.iter().flat_map(|&index| {
            let source = &sources[index];
            let padding = std::iter::repeat_n(PAD as i32, longest - source.len());
            padding.chain(source.iter().map(|&id| id as i32))
        });
        Source::new(&rows.collect::<Vec<_>>(), longest, self.device)
    }
}
