//! How work is cut for threads: always in the same pieces, so that no sum depends on how many threads there are.

use rayon::iter::MinLen;
use rayon::prelude::*;

/// Entries of a piece where entries do not depend on each other.
pub(super) const CHUNK: usize = 1 << 14;

/// Entries that one thread passes over faster than it finds help.
const WORTH_SHARING: usize = 1 << 15;

/// The pieces of work that visits `entries` entries: none of them goes to another thread unless that pays.
pub(super) fn shared<I: IndexedParallelIterator>(pieces: I, entries: usize) -> MinLen<I> {
    let alone = entries < WORTH_SHARING;
    pieces.with_min_len(if alone { usize::MAX } else { 1 })
}

/// Pieces of a slice whose entries do not depend on each other.
pub(super) fn chunks_mut(x: &mut [f32]) -> impl IndexedParallelIterator<Item = &mut [f32]> {
    let entries = x.len();
    shared(x.par_chunks_mut(CHUNK), entries)
}

/// Rows of a piece, such that it has about [`CHUNK`] entries.
pub(super) fn rows_of(width: usize) -> usize {
    (CHUNK / width.max(1)).clamp(1, 64)
}

/// Adds up what the pieces of some work found, in their order.
pub(super) fn total(pieces: Vec<Vec<f32>>) -> Vec<f32> {
    let mut pieces = pieces.into_iter();
    let mut total = pieces.next().unwrap_or_default();
    for piece in pieces {
        for (total, piece) in total.iter_mut().zip(piece) {
            *total += piece;
        }
    }
    total
}
