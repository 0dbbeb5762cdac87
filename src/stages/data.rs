//! Batches from a data set.

use crate::config::Batching;
use crate::exec::StageFailure;
use crate::random::Stream;
use crate::text::batching::{
    Batch, Budget, Lengths, Pair, SentenceTooLong, batches, collate, order, within,
};
use crate::text::dataset::{self, Dataset, Split, TRAIN};
use crate::text::vocabulary::{UNKNOWN_IN_REFERENCE, join_subwords};

/// The training batches of a data set, and how many pairs are in none because they are longer than `max_positions`.
///
/// # Errors
/// If the data set cannot be read, a pair alone is over the budget, or there is no batch.
pub(super) fn training_batches(
    dataset: &Dataset,
    batching: &Batching,
    max_positions: usize,
    seed: u64,
) -> Result<(Vec<Batch>, usize), StageFailure> {
    let train = dataset.split(TRAIN)?;
    let batches = Sentences::new(&train)
        .batches(batching, max_positions, seed)
        .map_err(|error| over_budget(dataset, &train.pairs, error))?;
    let left_out = train.pairs.len() - batches.iter().map(|b| b.ids.len()).sum::<usize>();
    if batches.is_empty() {
        return Err(StageFailure::new(format!(
            "all {left_out} training pairs are longer than the model's `max-positions` = {max_positions}"
        )));
    }
    Ok((batches, left_out))
}

/// Tells a training pair that no batch can hold by its words too: a data set keeps no text of its training pairs,
/// and cleaning has changed their numbers.
fn over_budget(dataset: &Dataset, pairs: &[dataset::Pair], error: SentenceTooLong) -> StageFailure {
    const SHOWN: usize = 12;
    let pair = &pairs[error.number - 1];
    let dictionary = dataset.source_dictionary();
    let words = join_subwords(&dictionary.decode(&pair.source, UNKNOWN_IN_REFERENCE));
    let beginning: Vec<&str> = words.split(' ').take(SHOWN).collect();
    StageFailure::from(error)
        .context(format!("cannot cut the split `{TRAIN}` into batches"))
        .with_help(format!(
            "raise `batching.max-tokens`, or lower `clean.max-tokens` of the stage that made the data \
             set; the sentence, counted after cleaning, begins: {}",
            beginning.join(" ")
        ))
}

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
