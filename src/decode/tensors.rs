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
    let never = |columns| Tensor::full([rows, columns], f32::NEG_INFINITY, &device);
    let mut rest = logarithms.select_assign(1, places, never(SPECIAL.len()), IndexingUpdateOp::Add);
    let (mut tokens, mut best) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let token = rest.clone().argmax(1);
        best.push(rest.clone().gather(1, token.clone()));
        tokens.push(token.clone().float());
        rest = rest.scatter(1, token, never(1), IndexingUpdateOp::Add);
    }
    let found = [vec![special], best, tokens].concat();
    let found = Tensor::cat(found, 1).into_data().convert::<f32>();
    let Ok(found) = found.into_vec::<f32>() else {
        unreachable!("converted to f32")
    };
    let width = SPECIAL.len() + 2 * count;
    found.chunks_exact(width).map(ranked).collect()
}

/// What a row of [`rank`] says: log-probabilities of the special tokens, of the best ones, and the best ones.
fn ranked(row: &[f32]) -> Ranked {
    let (special, rest) = row.split_at(SPECIAL.len());
    let (best, tokens) = rest.split_at(rest.len() / 2);
    let best = best.iter().zip(tokens);
    // Where the dictionary ends before the count, what follows was taken already.
    let best = best.filter(|&(&log_probability, _)| log_probability != f32::NEG_INFINITY);
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
