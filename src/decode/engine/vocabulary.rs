//! The projection to the dictionary, of which only the best tokens and the sum of exponentials are kept.
//!
//! Scores are made a block of the dictionary at a time, and looked at while they are in the cache: there never is a
//! matrix of `[rows, vocab]`.

use super::affine::Affine;
use super::integers::Bytes;
use super::panels::Rows;
use super::tiles::padded;
use crate::decode::proposer::{Proposals, Rules};
use crate::decode::ranking::Ranking;
use crate::kernels::simd::LANES;

/// Weights of a block at most: so many stay in the cache while all rows are multiplied with them.
const BLOCK_ENTRIES: usize = 1 << 16;

/// Vectors of scores in a row of a block at most: they stay in the cache too.
const MOST_VECTORS: usize = 16;

/// Room for scores and what is known of them, to be used again and again.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    scores: Vec<f32>,
    rankings: Vec<Ranking>,
}

impl Vocabulary {
    /// The `count` best continuations of each row of features.
    pub(super) fn best(
        &mut self,
        projection: &Affine,
        features: Rows<'_>,
        room: &mut Bytes,
        rules: Rules,
        count: usize,
    ) -> Proposals {
        self.rankings.resize(features.count, Ranking::new(count));
        for ranking in &mut self.rankings {
            ranking.clear(count);
        }
        let (inputs, vocab) = projection.sizes();
        let input = projection.input(features, room);
        let vectors = padded(vocab) / LANES;
        let at_once = (BLOCK_ENTRIES / (inputs * LANES)).clamp(2, MOST_VECTORS);
        let at_once = at_once.next_multiple_of(2);
        for first in (0..vectors).step_by(at_once) {
            let block = first..vectors.min(first + at_once);
            let width = block.len() * LANES;
            self.scores.resize(features.count * width, 0.0);
            projection.apply_some(input, block, &mut self.scores);
            let known = width.min(vocab - first * LANES);
            let rows = self.scores.chunks_exact_mut(width);
            for (scores, ranking) in rows.zip(&mut self.rankings) {
                scores[known..].fill(f32::NEG_INFINITY);
                ranking.look(scores, first * LANES);
            }
        }
        let mut proposals = Proposals::new(count);
        for ranking in &mut self.rankings {
            ranking.propose(rules, &mut proposals);
        }
        proposals
    }
}
