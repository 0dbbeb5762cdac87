//! Products of matrices whose entries are rounded to bfloat16 (8 bits of mantissa), summed up in 32-bit floats.
//!
//! A sum takes two terms at a time, the odd one first. Each product is added exactly and the sum rounded; 0 stands for
//! denormal numbers. That is what the instruction VDPBF16PS of AVX-512 BF16 does, as it was compared on an AMD Zen 5, and
//! other processors compute it step by step, slowly: no bit depends on which of them it was. Nor on threads: one of them
//! makes all of an entry.

use super::chunks::shared;
use super::product::Matrix;
use super::simd::{Level, level, multiply_add, vectorised};
use rayon::prelude::*;
use std::ops::Range;

/// Rows of a tile of the result.
const TILE_ROWS: usize = 12;

/// Columns of a tile: two vectors.
const TILE_COLUMNS: usize = 32;

/// Rows of the result in one piece of work at most.
const BLOCK_ROWS: usize = 16 * TILE_ROWS;

/// Pairs of a panel that stay empty: without them, panels of a block would compete for the same places in the cache.
const GAP: usize = 4;

/// Terms that are summed up at a time, such that a panel of either matrix stays in the nearest cache; an even number.
const DEPTH: usize = 512;

/// A tile of the result.
type Tile = [[f32; TILE_COLUMNS]; TILE_ROWS];

/// Adds the product of two matrices to `to`, row after row. Rows or columns of each matrix have no gaps.
///
/// # Panics
/// If the sizes do not go together, or a matrix is not inside of its slice.
pub(super) fn add_product(to: &mut [f32], left: Matrix<'_>, right: Matrix<'_>) {
    let (rows, inner, width) = (left.1.rows, left.1.columns, right.1.columns);
    assert!(
        inner == right.1.rows && to.len() == rows * width,
        "{:?} times {:?} are not {} numbers",
        left.1,
        right.1,
        to.len()
    );
    if to.is_empty() || inner == 0 {
        return;
    }
    let pairs = inner.min(DEPTH).div_ceil(2) + GAP;
    let packed = pack_columns(right, pairs);
    let of_step = width.div_ceil(TILE_COLUMNS) * pairs;
    let block_rows = block_rows(rows);
    let blocks = to.par_chunks_mut(block_rows * width).enumerate();
    shared(blocks, rows * width * pairs).for_each_init(
        || vec![[0; TILE_ROWS]; block_rows / TILE_ROWS * pairs],
        |room, (block, to)| {
            let first = block * block_rows;
            let rows = first..rows.min(first + block_rows);
            for (terms, right) in steps(inner).zip(packed.chunks_exact(of_step)) {
                let used = terms.len().div_ceil(2);
                pack_left(left, rows.clone(), terms, pairs, room);
                for (index, right) in right.chunks_exact(pairs).enumerate() {
                    let lefts = room.chunks_exact(pairs);
                    for (to, left) in to.chunks_mut(TILE_ROWS * width).zip(lefts) {
                        let place = (width, index * TILE_COLUMNS);
                        add_tile(to, place, &left[..used], &right[..used]);
                    }
                }
            }
        },
    );
}

/// Rows of each piece of work, so that all threads have as many pieces. No sum depends on it.
fn block_rows(rows: usize) -> usize {
    let pieces = rows.div_ceil(BLOCK_ROWS);
    let pieces = pieces.next_multiple_of(rayon::current_num_threads());
    rows.div_ceil(pieces).next_multiple_of(TILE_ROWS)
}

/// The terms that are summed up at a time.
fn steps(inner: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    let firsts = (0..inner).step_by(DEPTH);
    firsts.map(move |first| first..inner.min(first + DEPTH))
}

/// The columns of a matrix in panels, step after step; each panel has room for so many pairs of terms.
fn pack_columns(matrix: Matrix<'_>, pairs: usize) -> Vec<[u32; TILE_COLUMNS]> {
    let (inner, width) = (matrix.1.rows, matrix.1.columns);
    let panels = width.div_ceil(TILE_COLUMNS);
    let mut packed = vec![[0; TILE_COLUMNS]; steps(inner).len() * panels * pairs];
    for (terms, packed) in steps(inner).zip(packed.chunks_exact_mut(panels * pairs)) {
        let pieces = packed.par_chunks_exact_mut(pairs).enumerate();
        shared(pieces, terms.len() * width).for_each(|(index, panel)| {
            let first = index * TILE_COLUMNS;
            let columns = first..width.min(first + TILE_COLUMNS);
            pack_right(matrix.transposed(), columns, terms.clone(), pairs, panel);
        });
    }
    packed
}

vectorised! {
    fn pack_left(
        x: Matrix<'_>,
        rows: Range<usize>,
        terms: Range<usize>,
        pairs: usize,
        panels: &mut [[u32; TILE_ROWS]],
    ) {
        pack(x, rows, terms, pairs, panels);
    }

    fn pack_right(
        x: Matrix<'_>,
        rows: Range<usize>,
        terms: Range<usize>,
        pairs: usize,
        panels: &mut [[u32; TILE_COLUMNS]],
    ) {
        pack(x, rows, terms, pairs, panels);
    }
}

/// Packs some rows of a matrix whose columns are terms, `N` rows to a panel: for each pair of terms, those of each row,
/// the even one in the lower half of a word. What panels have beyond these rows is left as it is.
#[inline(always)]
fn pack<const N: usize>(
    Matrix(x, place): Matrix<'_>,
    rows: Range<usize>,
    terms: Range<usize>,
    pairs: usize,
    panels: &mut [[u32; N]],
) {
    let x = &x[place.start..];
    if place.column_stride == 1 {
        let mut halves = [0; DEPTH];
        for (index, row) in rows.enumerate() {
            let x = &x[row * place.row_stride..][terms.clone()];
            halves
                .iter_mut()
                .zip(x)
                .for_each(|(to, x)| *to = rounded(*x));
            // The last of an odd number of terms has none beside it.
            halves[x.len()..].iter_mut().take(1).for_each(|to| *to = 0);
            let panel = &mut panels[index / N * pairs..][..x.len().div_ceil(2)];
            for (to, [even, odd]) in panel.iter_mut().zip(halves.as_chunks().0) {
                to[index % N] = u32::from(*even) | u32::from(*odd) << 16;
            }
        }
    } else {
        assert_eq!(place.row_stride, 1, "{place:?} has gaps both ways");
        let mut words = [0; BLOCK_ROWS];
        let words = &mut words[..rows.len()];
        for (index, term) in terms.clone().step_by(2).enumerate() {
            let row = |term: usize| &x[term * place.column_stride..][rows.clone()];
            let even = row(term).iter().map(|x| u32::from(rounded(*x)));
            words.iter_mut().zip(even).for_each(|(word, x)| *word = x);
            if term + 1 < terms.end {
                let odd = row(term + 1).iter().map(|x| u32::from(rounded(*x)));
                words
                    .iter_mut()
                    .zip(odd)
                    .for_each(|(word, x)| *word |= x << 16);
            }
            let panels = panels.chunks_exact_mut(pairs);
            for (panel, words) in panels.zip(words.chunks(N)) {
                match words.first_chunk() {
                    Some(words) => panel[index] = *words,
                    None => panel[index][..words.len()].copy_from_slice(words),
                }
            }
        }
    }
}

/// The bits of the nearest bfloat16, the even one of two; 0 for denormal numbers.
#[inline(always)]
fn rounded(x: f32) -> u16 {
    let bits = x.to_bits();
    let magnitude = bits & 0x7fff_ffff;
    let nearest = bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16;
    let rounded = if magnitude < f32::MIN_POSITIVE.to_bits() {
        0
    } else if magnitude > f32::INFINITY.to_bits() {
        // Rounding could make a number of what is none.
        bits >> 16 | 0x40
    } else {
        nearest
    };
    rounded as u16
}

/// Adds the product of two panels to rows of this width, from this column on.
fn add_tile(
    to: &mut [f32],
    place: (usize, usize),
    left: &[[u32; TILE_ROWS]],
    right: &[[u32; TILE_COLUMNS]],
) {
    match level() {
        // SAFETY: the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512Bf16 => unsafe { native::add_tile(to, place, left, right) },
        _ => add_tile_by_steps(to, place, left, right),
    }
}

#[cfg(target_arch = "x86_64")]
mod native {
    use super::{TILE_COLUMNS, TILE_ROWS, Tile, add};
    use std::arch::x86_64::{
        __m512, __m512bh, _mm512_dpbf16_ps, _mm512_set1_epi32, _mm512_setzero_ps,
    };
    use std::mem::transmute;

    #[target_feature(enable = "avx512f,avx512bf16")]
    pub(super) fn add_tile(
        to: &mut [f32],
        place: (usize, usize),
        left: &[[u32; TILE_ROWS]],
        right: &[[u32; TILE_COLUMNS]],
    ) {
        let mut sums = [[_mm512_setzero_ps(); 2]; TILE_ROWS];
        for (left, right) in left.iter().zip(right) {
            // SAFETY: thirty-two words are two vectors, and any bits are numbers.
            let right: [__m512bh; 2] = unsafe { transmute(*right) };
            for (sums, &pair) in sums.iter_mut().zip(left) {
                // SAFETY: sixteen words are a vector, and any bits are numbers.
                let pair: __m512bh = unsafe { transmute(_mm512_set1_epi32(pair.cast_signed())) };
                sums[0] = _mm512_dpbf16_ps(sums[0], pair, right[0]);
                sums[1] = _mm512_dpbf16_ps(sums[1], pair, right[1]);
            }
        }
        // SAFETY: two vectors are thirty-two numbers.
        let sums = unsafe { transmute::<[[__m512; 2]; TILE_ROWS], Tile>(sums) };
        add(to, place, &sums);
    }
}

vectorised! {
    /// What the instruction does.
    fn add_tile_by_steps(
        to: &mut [f32],
        place: (usize, usize),
        left: &[[u32; TILE_ROWS]],
        right: &[[u32; TILE_COLUMNS]],
    ) {
        let mut sums: Tile = [[0.0; TILE_COLUMNS]; TILE_ROWS];
        for (row, sums) in sums.iter_mut().enumerate() {
            for (left, right) in left.iter().zip(right) {
                for (sum, right) in sums.iter_mut().zip(right) {
                    *sum = dot_product::<FMA>(*sum, left[row], *right);
                }
            }
        }
        add(to, place, &sums);
    }
}

/// A sum with two more terms: the upper halves of words, and then the lower ones.
#[inline(always)]
fn dot_product<const FMA: bool>(sum: f32, left: u32, right: u32) -> f32 {
    let upper = |word: u32| f32::from_bits(word & 0xffff_0000);
    let lower = |word: u32| f32::from_bits(word << 16);
    let sum = add_product_or_flush::<FMA>(upper(left), upper(right), sum);
    add_product_or_flush::<FMA>(lower(left), lower(right), sum)
}

/// `a * b + c`, rounded once; 0 of its sign where it would be denormal if exponents had no end: what is rounded up to the
/// smallest number that is not denormal only because digits end there is 0 as well.
#[inline(always)]
fn add_product_or_flush<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    /// Makes denormal numbers normal ones. What it makes infinite is far from them.
    const SCALE: f32 = (1_u64 << 63) as f32;
    let sum = multiply_add::<FMA>(a, b, c);
    let scaled = multiply_add::<FMA>(a * SCALE, b, c * SCALE);
    if scaled.abs() < f32::MIN_POSITIVE * SCALE {
        0.0_f32.copysign(sum)
    } else {
        sum
    }
}

/// Adds a tile to rows of this width, from this column on; what does not fit is nothing.
#[inline(always)]
fn add(to: &mut [f32], (width, first): (usize, usize), sums: &Tile) {
    for (to, sums) in to.chunks_exact_mut(width).zip(sums) {
        let to = &mut to[first..];
        let add = |(to, sum): (&mut f32, &f32)| *to += sum;
        match to.first_chunk_mut::<TILE_COLUMNS>() {
            Some(to) => to.iter_mut().zip(sums).for_each(add),
            None => to.iter_mut().zip(sums).for_each(add),
        }
    }
}

#[cfg(test)]
mod tests;
