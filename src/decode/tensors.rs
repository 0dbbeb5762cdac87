//! Beam search with a model of tensors, on any back end.

use super::proposer::{Continuation, Proposals, Proposer, Rules};
use super::ranking::{Ranked, SPECIAL};
use crate::kernels::Kernels;
use crate::model::{DecoderCache, Pass, Source, Transformer};
use crate::text::vocabulary::PAD;
use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData, backend::Backend};

/// A model of tensors, and what it remembers of a batch.
pub struct Tensors<'a, B: Backend> {
    model: &'a Transformer<B>,
    pass: Pass<'a, B>,
    device: &'a B::Device,
    cache: Option<DecoderCache<B>>,
}

impl<'a, B: Kernels> Tensors<'a, B> {
    /// A model, with the connectivity that is active.
    pub fn new(model: &'a Transformer<B>, pass: Pass<'a, B>, device: &'a B::Device) -> Self {
        Self {
            model,
            pass,
            device,
            cache: None,
        }
    }

    fn cache(&mut self) -> &mut DecoderCache<B> {
        match &mut self.cache {
            Some(cache) => cache,
            None => panic!("no sentence was begun"),
        }
    }
}

impl<B: Kernels> Proposer for Tensors<'_, B> {
    fn begin(&mut self, sentences: &[&[u32]]) {
        let source = padded_left(sentences, self.device);
        let memory = self.model.encode(&source, self.pass);
        self.cache = Some(self.model.cache(&memory, &source));
    }

    fn propose(&mut self, newest: &[u32], rules: Rules, count: usize) -> Proposals {
        let newest = ints(newest.iter().map(|&token| token as i32), self.device);
        let (model, pass) = (self.model, self.pass);
        let scores = model.step(newest, self.cache(), pass);
        let mut proposals = Proposals::new(count);
        for ranked in rank(scores, count) {
            ranked.propose(rules, &mut proposals);
        }
        proposals
    }

    fn go_on(&mut self, sentences: &[usize], rows: &[usize]) {
        let rows = ints(rows.iter().map(|&row| row as i32), self.device);
        let cache = self.cache();
        if sentences.len() < cache.sentences() {
            cache.keep_sentences(sentences);
        }
        cache.reorder(rows);
    }
}

/// What stands for a log-probability that is none, or that was taken: far below all others, and still a number, because
/// a GPU finds no maximum among infinities, and then points outside of the row.
const NONE: f32 = -1e30;

/// The best tokens of each row of `[rows, vocab]` scores, found where the scores are: all that is read from there is
/// `2 * count` numbers and those of the special tokens, for each row.
///
/// # Panics
/// If the dictionary has more tokens than 32-bit floats can count.
fn rank<B: Backend>(scores: Tensor<B, 2>, count: usize) -> Vec<Ranked> {
    let [rows, vocab] = scores.dims();
    assert!(vocab < 1 << f32::MANTISSA_DIGITS, "{vocab} tokens");
    let device = scores.device();
    let shifted = scores.clone() - scores.max_dim(1);
    let logarithms = shifted.clone() - shifted.exp().sum_dim(1).log();
    let places = ints(SPECIAL.iter().map(|&token| token as i32), &device);
    let special = logarithms.clone().select(1, places.clone());
    let taken = |columns| Tensor::full([rows, columns], NONE, &device);
    let unknown = logarithms.clone().is_nan();
    let rest = logarithms.mask_fill(unknown, NONE).clamp_min(NONE);
    let mut rest = rest.select_assign(1, places, taken(SPECIAL.len()), IndexingUpdateOp::Add);
    let (mut tokens, mut best) = (Vec::new(), Vec::new());
    for _ in 0..count.min(vocab.saturating_sub(SPECIAL.len())) {
        let token = rest.clone().argmax(1);
        best.push(rest.clone().gather(1, token.clone()));
        tokens.push(token.clone().float());
        rest = rest.scatter(1, token, taken(1), IndexingUpdateOp::Add);
    }
    let width = SPECIAL.len() + 2 * best.len();
    let found = [vec![special], best, tokens].concat();
    let found = Tensor::cat(found, 1).into_data().convert::<f32>();
    let Ok(found) = found.into_vec::<f32>() else {
        unreachable!("converted to f32")
    };
    found.chunks_exact(width).map(ranked).collect()
}

/// What a row of [`rank`] says: log-probabilities of the special tokens, of the best ones, and the best ones.
fn ranked(row: &[f32]) -> Ranked {
    let (special, rest) = row.split_at(SPECIAL.len());
    let (best, tokens) = rest.split_at(rest.len() / 2);
    let best = best.iter().zip(tokens);
    let best = best.filter(|&(&log_probability, _)| log_probability > NONE / 2.0);
    Ranked {
        best: best
            .map(|(&log_probability, &token)| Continuation {
                token: token as u32,
                log_probability,
            })
            .collect(),
        special: std::array::from_fn(|i| special[i]),
    }
}

/// A batch of sentences, padded on the left.
fn padded_left<B: Backend>(sentences: &[&[u32]], device: &B::Device) -> Source<B> {
    let longest = sentences.iter().map(|sentence| sentence.len()).max();
    let longest = longest.unwrap_or(1);
    let rows = sentences.iter().flat_map(|sentence| {
        let padding = std::iter::repeat_n(PAD as i32, longest - sentence.len());
        padding.chain(sentence.iter().map(|&id| id as i32))
    });
    Source::new(&rows.collect::<Vec<_>>(), longest, device)
}

fn ints<B: Backend>(values: impl Iterator<Item = i32>, device: &B::Device) -> Tensor<B, 1, Int> {
    let values: Vec<i32> = values.collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::proposer::End;
    use burn::backend::Flex;

    /// The tokens and log-probabilities that are proposed after these scores.
    fn proposed(scores: &[f32], count: usize) -> Vec<(u32, f32)> {
        let data = TensorData::new(scores.to_vec(), [1, scores.len()]);
        let scores = Tensor::<Flex, 2>::from_data(data, &Default::default());
        let rules = Rules {
            end: End::Allowed,
            unknown_penalty: 0.0,
        };
        let mut proposals = Proposals::new(count);
        for ranked in rank(scores, count) {
            ranked.propose(rules, &mut proposals);
        }
        let mut rows = proposals.rows();
        let row = rows.next().unwrap().iter();
        row.map(|c| (c.token, c.log_probability)).collect()
    }

    #[test]
    fn what_cannot_come_is_proposed_by_nobody() {
        let infinite = f32::NEG_INFINITY;
        let tokens = |scores: &[f32]| -> Vec<u32> {
            let row = proposed(scores, 6).into_iter();
            row.filter(|(_, log_probability)| log_probability.is_finite())
                .map(|(token, _)| token)
                .collect()
        };
        assert_eq!(tokens(&[0.0, 9.0, 1.0, 2.0, 5.0, infinite]), [4, 3, 2, 0]);
        assert_eq!(tokens(&[0.0, 9.0, 1.0, 2.0]), [3, 2, 0], "fewer than asked");
        assert_eq!(tokens(&[f32::NAN, 9.0, 1.0, 2.0, 5.0]), [0; 0]);
        assert_eq!(tokens(&[infinite; 5]), [0; 0]);
    }

    #[test]
    fn equal_tokens_come_in_order_and_none_twice() {
        let row = proposed(&[1.0; 9], 8);
        let tokens: Vec<u32> = row.iter().map(|(token, _)| *token).collect();
        assert_eq!(tokens, [0, 2, 3, 4, 5, 6, 7, 8]);
    }
}
