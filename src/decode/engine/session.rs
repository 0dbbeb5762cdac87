//! Translating a batch with the engine: the encoder once, then step after step of the decoder.

use super::attention::{attend_packed, attend_steps, pack_memory, packed_memory};
use super::integers::Bytes;
use super::norm::{Norm, close_block};
use super::panels::Rows;
use super::tiles::padded;
use super::vocabulary::Vocabulary;
use super::weights::{Attention, Embedding, FeedForward, HeadSizes, Weights};
use crate::decode::proposer::{Proposals, Proposer, Rules};
use crate::text::vocabulary::PAD;
use std::ops::Range;

/// A batch that is being translated, and room for what is computed on the way.
#[derive(Debug)]
pub struct Session<'a> {
    weights: &'a Weights,
    /// The sentences that are left.
    sentences: Vec<Span>,
    /// What the decoder's layers remember.
    layers: Vec<LayerMemory>,
    /// For each row, step after step, which row of that step it goes on from; at the last step, itself.
    origins: Vec<u32>,
    /// Steps that were made.
    steps: usize,
    /// Features of tokens or hypotheses, in padded rows.
    x: Vec<f32>,
    /// Keys and values of an encoder's layer, packed.
    packed: Vec<f32>,
    room: Room,
    vocabulary: Vocabulary,
}

/// Where a sentence lies among those of its batch.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// Tokens before it.
    start: usize,
    len: usize,
    /// Tokens before it, where those of each sentence are padded to whole vectors.
    padded_start: usize,
}

/// What a layer of the decoder remembers.
#[derive(Debug, Default)]
struct LayerMemory {
    /// Keys and values of all sentences, packed.
    source: Vec<f32>,
    /// Keys and values of each step, a row for each hypothesis that there was.
    steps: Vec<Vec<f32>>,
}

/// What is computed on the way through a layer, in padded rows.
#[derive(Debug, Default)]
struct Room {
    queries: Vec<f32>,
    memory: Vec<f32>,
    scores: Vec<f32>,
    mixed: Vec<f32>,
    hidden: Vec<f32>,
    sublayer: Vec<f32>,
    /// Rows that were rounded for a map of integers.
    bytes: Bytes,
}

impl<'a> Session<'a> {
    pub(super) fn new(weights: &'a Weights) -> Self {
        let mut layers = Vec::new();
        layers.resize_with(weights.decoder.len(), LayerMemory::default);
        Self {
            weights,
            sentences: Vec::new(),
            layers,
            origins: Vec::new(),
            steps: 0,
            x: Vec::new(),
            packed: Vec::new(),
            room: Room::default(),
            vocabulary: Vocabulary::default(),
        }
    }
}

impl Proposer for Session<'_> {
    fn begin(&mut self, sentences: &[&[u32]]) {
        let words = |sentence: &&[u32]| -> Vec<u32> {
            // Padding has no position, and nothing attends to it.
            sentence.iter().copied().filter(|&id| id != PAD).collect()
        };
        let sentences: Vec<Vec<u32>> = sentences.iter().map(words).collect();
        let empty = sentences.iter().position(Vec::is_empty);
        assert_eq!(empty, None, "a sentence without a token");
        self.sentences = spans(&sentences);
        self.steps = 0;
        self.origins = (0..sentences.len() as u32).collect();
        let tokens = sentences
            .iter()
            .flat_map(|sentence| sentence.iter().copied().zip(0..));
        let stride = self.weights.source.stride;
        embed(&self.weights.source, tokens, &mut self.x);
        let (x, room, spans) = (&mut self.x, &mut self.room, &self.sentences);
        for layer in &self.weights.encoder {
            room.remember(&layer.own, rows(x, stride), spans, &mut self.packed);
            let own = spans.iter().map(|span| (span.start, span.len));
            room.attend(&layer.own, rows(x, stride), spans, &self.packed, own);
            room.close_attention(&layer.own, &layer.own_norm, x);
            room.feed_forward(&layer.feed_forward, &layer.last_norm, x);
        }
        for (layer, memory) in self.weights.decoder.iter().zip(&mut self.layers) {
            room.remember(&layer.cross, rows(x, stride), spans, &mut memory.source);
        }
    }

    fn propose(&mut self, newest: &[u32], rules: Rules, count: usize) -> Proposals {
        let (weights, step) = (self.weights, self.steps);
        self.steps += 1;
        let beam = newest.len() / self.sentences.len();
        let stride = weights.target.stride;
        embed(
            &weights.target,
            newest.iter().map(|&token| (token, step)),
            &mut self.x,
        );
        let (x, room, spans) = (&mut self.x, &mut self.room, &self.sentences);
        for (layer, memory) in weights.decoder.iter().zip(&mut self.layers) {
            if memory.steps.len() == step {
                memory.steps.push(Vec::new());
            }
            let steps = &mut memory.steps[..=step];
            layer
                .own
                .memory
                .apply(rows(x, stride), &mut room.bytes, &mut steps[step]);
            room.attend_to_steps(&layer.own, rows(x, stride), steps, &self.origins);
            room.close_attention(&layer.own, &layer.own_norm, x);
            let hypotheses = (0..spans.len()).map(|sentence| (sentence * beam, beam));
            room.attend(
                &layer.cross,
                rows(x, stride),
                spans,
                &memory.source,
                hypotheses,
            );
            room.close_attention(&layer.cross, &layer.cross_norm, x);
            room.feed_forward(&layer.feed_forward, &layer.last_norm, x);
        }
        self.vocabulary.best(
            &weights.projection,
            rows(x, stride),
            &mut room.bytes,
            rules,
            count,
        )
    }

    fn go_on(&mut self, sentences: &[usize], rows: &[usize]) {
        self.sentences = sentences
            .iter()
            .map(|&place| self.sentences[place])
            .collect();
        let mut origins = Vec::with_capacity(rows.len() * (self.steps + 1));
        for (place, &row) in rows.iter().enumerate() {
            origins.extend_from_slice(&self.origins[row * self.steps..][..self.steps]);
            origins.push(place as u32);
        }
        self.origins = origins;
    }
}

impl Room {
    /// Packs the keys and values of some sentences.
    fn remember(&mut self, attention: &Attention, x: Rows<'_>, spans: &[Span], to: &mut Vec<f32>) {
        let sizes = attention.sizes;
        attention.memory.apply(x, &mut self.bytes, &mut self.memory);
        to.resize(spans.last().map_or(0, |last| last.packed(sizes).end), 0.0);
        for span in spans {
            let memory = Rows {
                entries: &self.memory[span.start * sizes.memory()..],
                stride: sizes.memory(),
                count: span.len,
            };
            pack_memory(sizes, memory, &mut to[span.packed(sizes)]);
        }
    }

    /// Attends from the rows of each sentence, of which the first and the count are given, to its packed memory.
    fn attend(
        &mut self,
        attention: &Attention,
        x: Rows<'_>,
        spans: &[Span],
        packed: &[f32],
        queries: impl Iterator<Item = (usize, usize)>,
    ) {
        let sizes = attention.sizes;
        attention
            .queries
            .apply(x, &mut self.bytes, &mut self.queries);
        self.mixed.resize(x.count * sizes.mixed(), 0.0);
        for (span, (first, count)) in spans.iter().zip(queries) {
            let queries = Rows {
                entries: &self.queries[first * sizes.queries()..],
                stride: sizes.queries(),
                count,
            };
            let mixed = &mut self.mixed[first * sizes.mixed()..];
            make_room(&mut self.scores, count * padded(span.len));
            attend_packed(
                sizes,
                queries,
                &packed[span.packed(sizes)],
                span.len,
                mixed,
                &mut self.scores,
            );
        }
    }

    /// Attends from each row to its own steps.
    fn attend_to_steps(
        &mut self,
        attention: &Attention,
        x: Rows<'_>,
        steps: &[Vec<f32>],
        origins: &[u32],
    ) {
        let sizes = attention.sizes;
        attention
            .queries
            .apply(x, &mut self.bytes, &mut self.queries);
        self.mixed.resize(x.count * sizes.mixed(), 0.0);
        make_room(&mut self.scores, sizes.heads * padded(steps.len()));
        attend_steps(
            sizes,
            &self.queries,
            steps,
            origins,
            &mut self.mixed,
            &mut self.scores,
        );
    }

    /// What attention gave, mapped and added to `x`.
    fn close_attention(&mut self, attention: &Attention, norm: &Norm, x: &mut [f32]) {
        let mixed = Rows {
            entries: &self.mixed,
            stride: attention.sizes.mixed(),
            count: x.len() / norm.stride(),
        };
        attention
            .out
            .apply(mixed, &mut self.bytes, &mut self.sublayer);
        close_block(norm, x, &self.sublayer);
    }

    /// The feed-forward block.
    fn feed_forward(&mut self, weights: &FeedForward, norm: &Norm, x: &mut [f32]) {
        let input = rows(x, norm.stride());
        weights
            .first
            .apply_relu(input, &mut self.bytes, &mut self.hidden);
        let hidden = Rows {
            entries: &self.hidden,
            stride: weights.first.stride(),
            count: input.count,
        };
        weights
            .second
            .apply(hidden, &mut self.bytes, &mut self.sublayer);
        close_block(norm, x, &self.sublayer);
    }
}

impl Span {
    /// Where its packed keys and values lie.
    fn packed(&self, sizes: HeadSizes) -> Range<usize> {
        let start = packed_memory(sizes, self.start, self.padded_start);
        start..start + packed_memory(sizes, self.len, padded(self.len))
    }
}

/// Where sentences lie, one after another.
fn spans(sentences: &[Vec<u32>]) -> Vec<Span> {
    let (mut start, mut padded_start) = (0, 0);
    let span = |sentence: &Vec<u32>| {
        let len = sentence.len();
        let span = Span {
            start,
            len,
            padded_start,
        };
        start += len;
        padded_start += padded(len);
        span
    };
    sentences.iter().map(span).collect()
}

/// Embeds tokens, each with its position.
fn embed(embedding: &Embedding, tokens: impl Iterator<Item = (u32, usize)>, x: &mut Vec<f32>) {
    x.clear();
    for (token, position) in tokens {
        embedding.push(token, position, x);
    }
}

/// All rows of a matrix without gaps.
fn rows(entries: &[f32], stride: usize) -> Rows<'_> {
    Rows {
        entries,
        stride,
        count: entries.len() / stride,
    }
}

/// Makes a buffer at least so long.
fn make_room(buffer: &mut Vec<f32>, entries: usize) {
    if buffer.len() < entries {
        buffer.resize(entries, 0.0);
    }
}
