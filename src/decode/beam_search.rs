//! Beam search, as fairseq does it (SPEC §15).

use super::candidates::{Candidate, best};
use crate::config::Search;
use crate::kernels::Kernels;
use crate::model::{Pass, Source, Transformer};
use crate::text::vocabulary::{EOS, PAD, UNK};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData, backend::Backend};

/// A finished translation.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// Token ids, with the end of the sentence.
    pub tokens: Vec<u32>,
    /// Log-probability over length to the power of the length penalty.
    pub score: f64,
    /// Log-probability of each token.
    pub positional_scores: Vec<f64>,
}

/// A hypothesis that goes on.
#[derive(Debug, Clone, Default)]
struct Hypothesis {
    tokens: Vec<u32>,
    /// Cumulative log-probability after each token.
    cumulative: Vec<f64>,
}

impl Hypothesis {
    fn total(&self) -> f64 {
        self.cumulative.last().copied().unwrap_or(0.0)
    }

    fn with(&self, candidate: Candidate) -> Self {
        let mut longer = self.clone();
        longer.tokens.push(candidate.token as u32);
        longer.cumulative.push(candidate.total);
        longer
    }

    fn finish(self, length_penalty: f64) -> Translation {
        let before = std::iter::once(0.0).chain(self.cumulative.iter().copied());
        Translation {
            score: self.total() / (self.tokens.len() as f64).powf(length_penalty),
            positional_scores: self
                .cumulative
                .iter()
                .zip(before)
                .map(|(after, before)| after - before)
                .collect(),
            tokens: self.tokens,
        }
    }
}

/// A sentence that is being translated.
struct Sentence {
    /// Its place in the batch.
    index: usize,
    live: Vec<Hypothesis>,
    finished: Vec<Translation>,
}

/// The finished translations of every sentence of a batch, best first.
///
/// `max_positions` is the model's; it bounds the length of translations.
pub fn beam_search<B: Kernels>(
    model: &Transformer<B>,
    source: &Source<B>,
    search: &Search,
    max_positions: usize,
    pass: Pass<'_, B>,
) -> Vec<Vec<Translation>> {
    let beam = search.beam.get();
    let limit = (search.max_length_a.get() * source.src_len as f64 + search.max_length_b as f64)
        .floor() as usize;
    let limit = limit.min(max_positions.saturating_sub(1));
    let device = source.device();
    let memory = model.encode(source, pass);
    let mut cache = model.cache(&memory, source);
    let mut sentences: Vec<Sentence> = (0..source.batch)
        .map(|index| Sentence {
            index,
            live: vec![Hypothesis::default(); beam],
            finished: Vec::new(),
        })
        .collect();
    let mut done: Vec<Vec<Translation>> = vec![Vec::new(); source.batch];
    for step in 0..=limit {
        let newest = sentences.iter().flat_map(|sentence| &sentence.live);
        let newest =
            newest.map(|hypothesis| hypothesis.tokens.last().map_or(EOS as i32, |&t| t as i32));
        let logits = model.step(ints(newest.collect(), &device), &mut cache, pass);
        let [_, vocab] = logits.dims();
        let scores = log_softmax(logits, 1).into_data().convert::<f32>();
        let Ok(mut scores) = scores.into_vec::<f32>() else {
            unreachable!("converted to f32")
        };
        for row in scores.chunks_exact_mut(vocab) {
            forbid(row, step, limit, search);
        }
        let mut rows = Vec::new();
        let mut going_on = Vec::new();
        for (place, sentence) in sentences.iter_mut().enumerate() {
            let scores =
                scores[place * beam * vocab..(place + 1) * beam * vocab].chunks_exact(vocab);
            let from = sentence.advance(scores, step, search);
            if sentence.finished.len() >= beam || step == limit {
                sentence
                    .finished
                    .sort_by(|a, b| b.score.total_cmp(&a.score));
                done[sentence.index] = std::mem::take(&mut sentence.finished);
            } else {
                rows.extend(
                    from.into_iter()
                        .map(|hypothesis| (place * beam + hypothesis) as i32),
                );
                going_on.push(place);
            }
        }
        if going_on.is_empty() {
            break;
        }
        if going_on.len() < sentences.len() {
            let mut place = 0;
            sentences.retain(|_| {
                place += 1;
                going_on.binary_search(&(place - 1)).is_ok()
            });
            cache.keep_sentences(&going_on);
        }
        cache.reorder(ints(rows, &device));
    }
    done
}

/// Rules out tokens that may not come at this step.
fn forbid(row: &mut [f32], step: usize, limit: usize, search: &Search) {
    let (pad, eos, unk) = (PAD as usize, EOS as usize, UNK as usize);
    for score in row.iter_mut().filter(|score| score.is_nan()) {
        *score = f32::NEG_INFINITY;
    }
    row[pad] = f32::NEG_INFINITY;
    row[unk] -= search.unknown_penalty.get() as f32;
    if step == limit {
        let end = row[eos];
        row.fill(f32::NEG_INFINITY);
        row[eos] = end;
    } else if step < search.min_length {
        row[eos] = f32::NEG_INFINITY;
    }
}

impl Sentence {
    /// Takes the best continuations; returns the hypotheses that the new live ones came from.
    fn advance<'a>(
        &mut self,
        scores: impl Iterator<Item = &'a [f32]>,
        step: usize,
        search: &Search,
    ) -> Vec<usize> {
        let beam = self.live.len();
        // All hypotheses are the same at the first step.
        let counted = if step == 0 { 1 } else { beam };
        let totals: Vec<f64> = self
            .live
            .iter()
            .take(counted)
            .map(Hypothesis::total)
            .collect();
        let mut scores = scores.peekable();
        let vocab = scores.peek().map_or(0, |row| row.len());
        let candidates = best(
            scores,
            &totals,
            (2 * beam).min((counted * vocab).saturating_sub(1)),
        );
        let mut live = Vec::with_capacity(beam);
        let mut from = Vec::with_capacity(beam);
        for (rank, &candidate) in candidates.iter().enumerate() {
            let ends = candidate.token == EOS as usize;
            if ends
                && rank < beam
                && self.finished.len() < beam
                && candidate.total > f64::NEG_INFINITY
            {
                let hypothesis = self.live[candidate.hypothesis].with(candidate);
                self.finished
                    .push(hypothesis.finish(search.length_penalty.get()));
            } else if !ends && live.len() < beam {
                live.push(self.live[candidate.hypothesis].with(candidate));
                from.push(candidate.hypothesis);
            }
        }
        // A dictionary smaller than the beam leaves places free.
        while let (Some(hypothesis), Some(&origin)) = (live.last().cloned(), from.last()) {
            if live.len() == beam {
                break;
            }
            let hopeless = vec![f64::NEG_INFINITY; hypothesis.cumulative.len()];
            live.push(Hypothesis {
                cumulative: hopeless,
                ..hypothesis
            });
            from.push(origin);
        }
        self.live = live;
        from
    }
}

fn ints<B: Backend>(values: Vec<i32>, device: &B::Device) -> Tensor<B, 1, Int> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}
