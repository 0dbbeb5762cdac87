//! Attention in the engine: to packed keys and values, and to those of earlier steps wherever they lie.

use super::panels::{After, Panels, Rows, pack, product};
use super::tiles::padded;
use super::weights::HeadSizes;
use crate::kernels::simd::{LANES, add, exp, fold, larger, multiply_add, vectorised};

/// Packs the keys and values of one sentence: of each head a matrix `[len, qk]`, then of each a matrix `[vo, len]`.
///
/// `memory` has a row for each position, as [`HeadSizes`] says.
pub(super) fn pack_memory(sizes: HeadSizes, memory: Rows<'_>, to: &mut [f32]) {
    let len = memory.count;
    let (keys, values) = to.split_at_mut(sizes.heads * sizes.qk * padded(len));
    let at = |position: usize, entry: usize| memory.entries[position * memory.stride + entry];
    for head in 0..sizes.heads {
        let size = sizes.qk * padded(len);
        let start = head * sizes.qk_stride();
        pack(
            &mut keys[head * size..][..size],
            sizes.qk,
            len,
            |position, dimension| at(position, start + dimension),
        );
        let size = len * sizes.vo_stride();
        let start = sizes.queries() + head * sizes.vo_stride();
        pack(
            &mut values[head * size..][..size],
            len,
            sizes.vo,
            |dimension, position| at(position, start + dimension),
        );
    }
}

/// Entries of packed keys and values of so many positions, which are so many when each sentence is padded.
pub(super) fn packed_memory(sizes: HeadSizes, len: usize, padded_len: usize) -> usize {
    sizes.heads * (sizes.qk * padded_len + len * sizes.vo_stride())
}

vectorised! {
    /// Attends from rows of queries to the packed memory of one sentence, which has `len` positions.
    ///
    /// `scores` is room for a row of scores for each query.
    pub(super) fn attend_packed(
        sizes: HeadSizes,
        queries: Rows<'_>,
        memory: &[f32],
        len: usize,
        mixed: &mut [f32],
        scores: &mut [f32],
    ) {
        let (keys, values) = memory.split_at(sizes.heads * sizes.qk * padded(len));
        let stride = padded(len);
        let scores = &mut scores[..queries.count * stride];
        for head in 0..sizes.heads {
            let keys = &keys[head * sizes.qk * stride..];
            let values = &values[head * len * sizes.vo_stride()..];
            let of_head = Rows { entries: &queries.entries[head * sizes.qk_stride()..], ..queries };
            let panels = Panels::new(keys, sizes.qk, len);
            product::<FMA>(of_head, panels, After::Keep, scores, stride);
            for row in scores.chunks_exact_mut(stride) {
                soften(row, len);
            }
            let weights = Rows { entries: scores, stride, count: queries.count };
            let panels = Panels::new(values, len, sizes.vo);
            let mixed = &mut mixed[head * sizes.vo_stride()..];
            product::<FMA>(weights, panels, After::Keep, mixed, sizes.mixed());
        }
    }

    /// Attends from each row of queries to its own earlier steps and itself.
    ///
    /// `steps` holds the keys and values of every step, a row for each hypothesis that there was; `origins` says for each
    /// row of queries, step after step, which of them is its own.
    pub(super) fn attend_steps(
        sizes: HeadSizes,
        queries: &[f32],
        steps: &[Vec<f32>],
        origins: &[u32],
        mixed: &mut [f32],
        scores: &mut [f32],
    ) {
        let stride = padded(steps.len());
        let scores = &mut scores[..sizes.heads * stride];
        let mut own: Vec<&[f32]> = Vec::with_capacity(steps.len());
        for (row, origins) in origins.chunks_exact(steps.len()).enumerate() {
            let queries = &queries[row * sizes.queries()..][..sizes.queries()];
            let mixed = &mut mixed[row * sizes.mixed()..][..sizes.mixed()];
            own.clear();
            for (step, &origin) in steps.iter().zip(origins) {
                own.push(&step[origin as usize * sizes.memory()..][..sizes.memory()]);
            }
            // One after another for all heads: what a head does waits for what it did before, not for other heads.
            for (head, scores) in scores.chunks_exact_mut(stride).enumerate() {
                let start = head * sizes.qk_stride();
                let queries = queries[start..][..sizes.qk_stride()].as_chunks::<LANES>().0;
                for (score, memory) in scores.iter_mut().zip(&own) {
                    let keys = memory[start..][..sizes.qk_stride()].as_chunks::<LANES>().0;
                    let mut sums = [0.0; LANES];
                    for (query, key) in queries.iter().zip(keys) {
                        for lane in 0..LANES {
                            sums[lane] = multiply_add::<FMA>(query[lane], key[lane], sums[lane]);
                        }
                    }
                    *score = fold(sums, add);
                }
            }
            for scores in scores.chunks_exact_mut(stride) {
                soften(scores, own.len());
            }
            for (head, scores) in scores.chunks_exact(stride).enumerate() {
                let mixed = &mut mixed[head * sizes.vo_stride()..][..sizes.vo_stride()];
                for (vector, mixed) in mixed.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                    let start = sizes.queries() + head * sizes.vo_stride() + vector * LANES;
                    let mut sums = [0.0; LANES];
                    for (score, memory) in scores.iter().zip(&own) {
                        let values = &memory[start..][..LANES];
                        for lane in 0..LANES {
                            sums[lane] = multiply_add::<FMA>(*score, values[lane], sums[lane]);
                        }
                    }
                    *mixed = sums;
                }
            }
        }
    }
}

/// Turns scores, of which there are `len` in a padded row, into weights that add up to 1.
#[inline(always)]
fn soften(row: &mut [f32], len: usize) {
    for score in &mut row[len..] {
        *score = f32::NEG_INFINITY;
    }
    let vectors = row.as_chunks_mut::<LANES>().0;
    let mut highest = [f32::NEG_INFINITY; LANES];
    for vector in vectors.iter() {
        for lane in 0..LANES {
            highest[lane] = larger(highest[lane], vector[lane]);
        }
    }
    let highest = fold(highest, larger);
    let mut total = [0.0; LANES];
    for vector in vectors.iter_mut() {
        for lane in 0..LANES {
            vector[lane] = exp(vector[lane] - highest);
            total[lane] += vector[lane];
        }
    }
    let factor = 1.0 / fold(total, add);
    for vector in vectors {
        for score in vector {
            *score *= factor;
        }
    }
}
