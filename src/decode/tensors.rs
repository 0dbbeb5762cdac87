//! Beam search with a model of tensors, on any back end.

use super::proposer::{Proposals, Proposer, Rules};
use super::ranking::Ranking;
use crate::kernels::Kernels;
use crate::kernels::simd::LANES;
use crate::model::{DecoderCache, Pass, Source, Transformer};
use crate::text::vocabulary::PAD;
use burn::tensor::{Int, Tensor, TensorData, backend::Backend};

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
        let [_, vocab] = scores.dims();
        let scores = scores.into_data().convert::<f32>();
        let Ok(scores) = scores.into_vec::<f32>() else {
            unreachable!("converted to f32")
        };
        let mut proposals = Proposals::new(count);
        let mut ranking = Ranking::new(count);
        let mut row = vec![f32::NEG_INFINITY; vocab.next_multiple_of(LANES)];
        for scores in scores.chunks_exact(vocab) {
            row[..vocab].copy_from_slice(scores);
            ranking.clear(count);
            ranking.look(&mut row, 0);
            ranking.propose(rules, &mut proposals);
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
