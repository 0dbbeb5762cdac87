//! Batches of sentence pairs under a budget of tokens (SPEC §14).
//!
//! Sentences of similar length go together: [`order`] sorts, [`within`] drops pairs that are too long, [`batches`]
//! cuts the sorted list, [`epoch_order`] shuffles the batches anew for every epoch, and [`collate`] makes padded
//! rows of one batch. Lengths always include the end-of-sentence token.

use crate::random::Stream;
use std::cmp::Reverse;

/// The token that fills rows up.
const PAD: i32 = 1;

/// The token that ends every sentence, and that the decoder starts from.
const EOS: i32 = 2;

/// Lengths of the two sides of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lengths {
    /// Tokens of the source.
    pub source: usize,
    /// Tokens of the target.
    pub target: usize,
}

impl Lengths {
    /// What the pair costs in a batch: the longer side.
    fn longest(self) -> usize {
        self.source.max(self.target)
    }
}

/// How much a batch may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Most tokens: sentences times the longest side of any of them.
    pub max_tokens: usize,
    /// Most sentences.
    pub max_sentences: Option<usize>,
    /// Batches of at least this many sentences hold a multiple of it where the budget allows; 1 for no such wish.
    pub multiple_of: usize,
}

/// A sentence that no batch can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "sentence {number} has {tokens} tokens, more than `max-tokens` = {max_tokens} lets into a batch"
)]
pub struct SentenceTooLong {
    /// Which sentence, counted from 1.
    pub number: usize,
    /// Tokens of its longer side.
    pub tokens: usize,
    /// The budget.
    pub max_tokens: usize,
}

/// The indices of all pairs, sorted by source length and then by target length. Pairs of the same lengths come in
/// random order if `ties` is given, as training wants it, or else in their own.
pub fn order(lengths: &[Lengths], ties: Option<&mut Stream>) -> Vec<usize> {
    let mut order = match ties {
        Some(stream) => stream.permutation(lengths.len()),
        None => (0..lengths.len()).collect(),
    };
    order.sort_by_key(|&id| (lengths[id].source, lengths[id].target));
    order
}

/// Those of `order` whose pairs have at most `max_length` tokens on either side.
pub fn within(mut order: Vec<usize>, lengths: &[Lengths], max_length: usize) -> Vec<usize> {
    order.retain(|&id| lengths[id].longest() <= max_length);
    order
}

/// Cuts `order` into batches.
///
/// A batch is known to be good; behind it, a tail of sentences waits until it brings the batch to a multiple of
/// `multiple_of`. When another sentence would break the budget, the batch is finished and the tail begins the next.
///
/// # Errors
/// If a sentence alone is over `max_tokens`.
pub fn batches(
    order: &[usize],
    lengths: &[Lengths],
    budget: &Budget,
) -> Result<Vec<Vec<usize>>, SentenceTooLong> {
    let mut cutter = Cutter::new(budget);
    for &id in order {
        let tokens = lengths[id].longest();
        if tokens > budget.max_tokens {
            return Err(SentenceTooLong {
                number: id + 1,
                tokens,
                max_tokens: budget.max_tokens,
            });
        }
        cutter.push(id, tokens);
    }
    Ok(cutter.finish())
}

/// The order in which an epoch visits `count` batches; another one for every epoch.
pub fn epoch_order(count: usize, seed: u64, epoch: u64) -> Vec<usize> {
    Stream::indexed(seed, "order of batches", epoch).permutation(count)
}

/// Sentences that go together, and the length of the longest.
#[derive(Default)]
struct Group {
    ids: Vec<usize>,
    longest: usize,
}

impl Group {
    fn push(&mut self, id: usize, tokens: usize) {
        self.ids.push(id);
        self.longest = self.longest.max(tokens);
    }

    fn append(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.longest = self.longest.max(other.longest);
    }
}

/// The state of [`batches`].
struct Cutter<'a> {
    budget: &'a Budget,
    batch: Group,
    tail: Group,
    done: Vec<Vec<usize>>,
}

impl<'a> Cutter<'a> {
    fn new(budget: &'a Budget) -> Self {
        Self {
            budget,
            batch: Group::default(),
            tail: Group::default(),
            done: Vec::new(),
        }
    }

    fn push(&mut self, id: usize, tokens: usize) {
        let earlier = self.tail.longest;
        self.tail.push(id, tokens);
        let size = self.batch.ids.len() + self.tail.ids.len();
        let longest = self.batch.longest.max(self.tail.longest);
        if self.over_tokens(size, longest)
            || self.budget.max_sentences.is_some_and(|max| size > max)
        {
            self.emit_batch();
            if self.over_tokens(self.tail.ids.len(), self.tail.longest) {
                self.tail.ids.pop();
                self.tail.longest = earlier;
                self.commit_tail();
                self.emit_batch();
                self.tail.push(id, tokens);
            }
            self.commit_tail();
        } else if size < self.budget.multiple_of || size.is_multiple_of(self.budget.multiple_of) {
            self.commit_tail();
        }
    }

    fn finish(mut self) -> Vec<Vec<usize>> {
        self.emit_batch();
        self.commit_tail();
        self.emit_batch();
        self.done
    }

    fn over_tokens(&self, size: usize, longest: usize) -> bool {
        size * longest > self.budget.max_tokens
    }

    fn commit_tail(&mut self) {
        self.batch.append(std::mem::take(&mut self.tail));
    }

    fn emit_batch(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.ids.is_empty() {
            self.done.push(batch.ids);
        }
    }
}

/// A sentence pair as tokens; both sides end with the end of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<'a> {
    /// Which pair of the data set.
    pub id: usize,
    /// The source.
    pub source: &'a [i32],
    /// The target.
    pub target: &'a [i32],
}

/// A batch as padded rows, longest source first; rows of one matrix follow each other without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Which pair each row is.
    pub ids: Vec<usize>,
    /// Sources, padded on the left: `[batch, src_len]`.
    pub source: Vec<i32>,
    /// Targets behind an end of sentence and without their own, padded on the right: `[batch, tgt_len]`.
    pub decoder_input: Vec<i32>,
    /// Targets, padded on the right: `[batch, tgt_len]`.
    pub target: Vec<i32>,
    /// Tokens of the longest source.
    pub src_len: usize,
    /// Tokens of the longest target.
    pub tgt_len: usize,
    /// Tokens of all targets, padding aside.
    pub target_tokens: usize,
}

/// Share of the places of these batches, source and target, that padding fills.
pub fn padding(batches: &[Batch]) -> f64 {
    let sides = || {
        batches
            .iter()
            .flat_map(|batch| [&batch.source, &batch.target])
    };
    let places: usize = sides().map(Vec::len).sum();
    let padded = sides().flatten().filter(|&&token| token == PAD).count();
    padded as f64 / places.max(1) as f64
}

/// Pads pairs to a batch. Rows are sorted by source length, the longest first; pairs of the same length keep the
/// order that they are given in.
pub fn collate(pairs: &[Pair<'_>]) -> Batch {
    let mut pairs = pairs.to_vec();
    pairs.sort_by_key(|pair| Reverse(pair.source.len()));
    let longest = |side: fn(&Pair<'_>) -> usize| pairs.iter().map(side).max().unwrap_or(0);
    let src_len = longest(|pair| pair.source.len());
    let tgt_len = longest(|pair| pair.target.len());
    let mut batch = Batch {
        ids: pairs.iter().map(|pair| pair.id).collect(),
        source: Vec::with_capacity(pairs.len() * src_len),
        decoder_input: Vec::with_capacity(pairs.len() * tgt_len),
        target: Vec::with_capacity(pairs.len() * tgt_len),
        src_len,
        tgt_len,
        target_tokens: pairs.iter().map(|pair| pair.target.len()).sum(),
    };
    for Pair { source, target, .. } in pairs {
        let padding = |len: usize, to: usize| std::iter::repeat_n(PAD, to - len);
        let shifted = [EOS].iter().chain(target).take(target.len());
        batch.source.extend(padding(source.len(), src_len));
        batch.source.extend(source);
        batch.decoder_input.extend(shifted);
        batch.decoder_input.extend(padding(target.len(), tgt_len));
        batch.target.extend(target);
        batch.target.extend(padding(target.len(), tgt_len));
    }
    batch
}

impl Batch {
    /// The same sentences among more padding: tokens of both sides and sentences are multiples of `multiple`, those
    /// that are added are padding alone.
    ///
    /// # Panics
    /// If `multiple` is 0.
    pub fn padded(&self, multiple: usize) -> Self {
        let rows = self.ids.len().next_multiple_of(multiple);
        let src_len = self.src_len.next_multiple_of(multiple);
        let tgt_len = self.tgt_len.next_multiple_of(multiple);
        let widened = |side: &[i32], from: usize, to: usize, left: bool| {
            let padding = vec![PAD; to - from];
            let mut wide = Vec::with_capacity(rows * to);
            for row in side.chunks_exact(from.max(1)) {
                match left {
                    true => wide.extend(padding.iter().chain(row)),
                    false => wide.extend(row.iter().chain(&padding)),
                }
            }
            wide.resize(rows * to, PAD);
            wide
        };
        Self {
            ids: self.ids.clone(),
            source: widened(&self.source, self.src_len, src_len, true),
            decoder_input: widened(&self.decoder_input, self.tgt_len, tgt_len, false),
            target: widened(&self.target, self.tgt_len, tgt_len, false),
            src_len,
            tgt_len,
            target_tokens: self.target_tokens,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_padded_batch_holds_the_same_sentences_where_they_belong() {
        let (source, target) = ([5, 6, 2], [7, 8, 9, 10, 2]);
        let pair = |id, source, target| Pair { id, source, target };
        let batch = collate(&[
            pair(0, &source, &target),
            pair(1, &source[1..], &target[3..]),
        ]);
        let padded = batch.padded(4);
        assert_eq!((padded.src_len, padded.tgt_len), (4, 8));
        assert_eq!(padded.source[..8], [1, 5, 6, 2, 1, 1, 6, 2]);
        assert_eq!(
            padded.target[..16],
            [7, 8, 9, 10, 2, 1, 1, 1, 10, 2, 1, 1, 1, 1, 1, 1]
        );
        assert_eq!(padded.decoder_input[8..16], [2, 10, 1, 1, 1, 1, 1, 1]);
        assert_eq!((padded.source.len(), padded.target.len()), (16, 32));
        assert!(
            padded.source[8..]
                .iter()
                .chain(&padded.target[16..])
                .all(|&id| id == PAD)
        );
        assert_eq!(padded.target_tokens, batch.target_tokens);
        assert_eq!(batch.padded(1), batch);
    }

    fn lengths(pairs: &[(usize, usize)]) -> Vec<Lengths> {
        pairs
            .iter()
            .map(|&(source, target)| Lengths { source, target })
            .collect()
    }

    const BUDGET: Budget = Budget {
        max_tokens: 20,
        max_sentences: None,
        multiple_of: 1,
    };

    #[test]
    fn ties_are_random_and_everything_else_is_sorted() {
        let lengths = lengths(&[(2, 2); 50].map(|(s, t)| (s, t)));
        let plain: Vec<usize> = (0..50).collect();
        assert_eq!(order(&lengths, None), plain);
        let mut shuffled = order(&lengths, Some(&mut Stream::new(1, "test")));
        assert_ne!(shuffled, plain);
        shuffled.sort_unstable();
        assert_eq!(shuffled, plain);
    }

    #[test]
    fn source_length_rules_over_target_length() {
        let lengths = lengths(&[(3, 1), (2, 9), (3, 0), (2, 2)]);
        for ties in [None, Some(&mut Stream::new(1, "test"))] {
            assert_eq!(order(&lengths, ties), [3, 1, 2, 0]);
        }
    }

    #[test]
    fn pairs_too_long_on_either_side_are_left_out() {
        let lengths = lengths(&[(5, 5), (6, 1), (1, 6), (1, 1)]);
        assert_eq!(within(vec![3, 2, 1, 0], &lengths, 5), [3, 0]);
    }

    #[test]
    fn a_sentence_over_the_budget_is_named() {
        let lengths = lengths(&[(3, 3), (4, 21)]);
        let error = batches(&[0, 1], &lengths, &BUDGET).unwrap_err();
        assert_eq!(
            error.to_string(),
            "sentence 2 has 21 tokens, more than `max-tokens` = 20 lets into a batch"
        );
        assert_eq!(batches(&[0], &lengths, &BUDGET), Ok(vec![vec![0]]));
    }

    #[test]
    fn no_batch_breaks_the_budget() {
        let mut stream = Stream::new(5, "test");
        let lengths: Vec<_> = (0..500)
            .map(|_| Lengths {
                source: 1 + stream.below(19),
                target: 1 + stream.below(19),
            })
            .collect();
        for multiple_of in [1, 2, 8] {
            let budget = Budget {
                max_tokens: 60,
                max_sentences: Some(9),
                multiple_of,
            };
            let order = order(&lengths, Some(&mut stream));
            let batches = batches(&order, &lengths, &budget).unwrap();
            assert_eq!(batches.concat(), order);
            for batch in batches {
                let longest = batch.iter().map(|&id| lengths[id].longest()).max();
                assert!(batch.len() * longest.unwrap() <= budget.max_tokens);
                assert!(batch.len() <= 9);
            }
        }
    }

    #[test]
    fn epochs_differ_and_repeat() {
        assert_ne!(epoch_order(100, 1, 1), epoch_order(100, 1, 2));
        assert_ne!(epoch_order(100, 1, 1), epoch_order(100, 2, 1));
        assert_eq!(epoch_order(100, 1, 1), epoch_order(100, 1, 1));
    }

    #[test]
    fn padding_is_what_shorter_sentences_leave() {
        let pair = |id, source, target| Pair { id, source, target };
        let even = collate(&[pair(0, &[5, 2], &[6, 2])]);
        assert_eq!(padding(std::slice::from_ref(&even)), 0.0);
        let uneven = collate(&[pair(0, &[5, 5, 2], &[2]), pair(1, &[2], &[7, 2])]);
        // Two of six places of the sources and one of four places of the targets, beside four places without any.
        assert_eq!(padding(&[even, uneven]), 3.0 / 14.0);
        assert_eq!(padding(&[]), 0.0);
    }

    #[test]
    fn nothing_makes_no_batches_and_an_empty_one() {
        assert_eq!(batches(&[], &[], &BUDGET), Ok(Vec::new()));
        assert!(collate(&[]).ids.is_empty());
    }
}
