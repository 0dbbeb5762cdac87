//! Batches from a data set.

use crate::config::Batching;
use crate::random::Stream;
use crate::text::batching::{
    Batch, Budget, Lengths, Pair, SentenceTooLong, batches, collate, order, within,
};
use crate::text::dataset::Split;

/// A split in the shape that batches are made from.
pub(super) struct Sentences {
    source: Vec<Vec<i32>>,
    target: Vec<Vec<i32>>,
}

impl Sentences {
    /// Takes over a split.
    pub(super) fn new(split: &Split) -> Self {
        let ids = |side: &[u32]| side.iter().map(|&id| id as i32).collect();
        Self {
            source: split.pairs.iter().map(|pair| ids(&pair.source)).collect(),
            target: split.pairs.iter().map(|pair| ids(&pair.target)).collect(),
        }
    }

    /// The batches of a run: ties in random order, pairs over `max_positions` left out (SPEC §14).
    ///
    /// # Errors
    /// If a pair alone is over the budget.
    pub(super) fn batches(
        &self,
        batching: &Batching,
        max_positions: usize,
        seed: u64,
    ) -> Result<Vec<Batch>, SentenceTooLong> {
        let lengths = self.source.iter().zip(&self.target);
        let lengths: Vec<Lengths> = lengths
            .map(|(source, target)| Lengths {
                source: source.len(),
                target: target.len(),
            })
            .collect();
        let mut stream = Stream::new(seed, "order of sentences");
        let order = within(order(&lengths, Some(&mut stream)), &lengths, max_positions);
        let budget = Budget {
            max_tokens: batching.max_tokens.get(),
            max_sentences: batching.max_sentences.map(usize::from),
            multiple_of: batching.multiple_of.get(),
        };
        let batches = batches(&order, &lengths, &budget)?;
        Ok(batches.iter().map(|ids| self.collate(ids)).collect())
    }

    fn collate(&self, ids: &[usize]) -> Batch {
        let pair = |&id: &usize| Pair {
            id,
            source: &self.source[id],
            target: &self.target[id],
        };
        collate(&ids.iter().map(pair).collect::<Vec<_>>())
    }
}
