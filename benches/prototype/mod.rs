//! A product of matrices on the instruction that multiplies pairs of bf16 and adds them to a 32-bit float.
//!
//! Both matrices are rounded while they are packed into panels: pairs of neighbours along the sum side by side, as the
//! instruction wants them, for as many rows as one tile of the result has.

use std::arch::x86_64::*;

/// Rows of a tile of the result.
const TILE_ROWS: usize = 12;

/// Columns of a tile: two vectors.
const TILE_COLUMNS: usize = 32;

/// Terms of a sum in one panel, such that a panel of either matrix stays in the nearest cache.
const DEPTH: usize = 512;

/// Rows of the left matrix that are packed at a time.
const BLOCK_ROWS: usize = 8 * TILE_ROWS;

/// Columns of the right matrix that are packed at a time.
const BLOCK_COLUMNS: usize = 16 * TILE_COLUMNS;

/// A matrix that is read, row by row or column by column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    entries: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    by_columns: bool,
}

impl<'a> Matrix<'a> {
    /// Row after row.
    pub(crate) fn dense(entries: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(entries.len(), rows * columns);
        Self {
            entries,
            rows,
            columns,
            by_columns: false,
        }
    }

    /// The same entries with rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            by_columns: !self.by_columns,
            ..self
        }
    }

    pub(crate) fn entries(self) -> &'a [f32] {
        self.entries
    }

    /// From an entry to the one below it.
    pub(crate) fn row_stride(self) -> usize {
        if self.by_columns { 1 } else { self.columns }
    }

    /// From an entry to the next of its row.
    pub(crate) fn column_stride(self) -> usize {
        if self.by_columns { self.rows } else { 1 }
    }
}

/// Where matrices are packed.
#[derive(Debug, Default)]
pub(crate) struct Room {
    left: Vec<u32>,
    right: Vec<u32>,
}

/// Whether this processor has the instructions.
pub(crate) fn supported() -> bool {
    is_x86_feature_detected!("avx512bf16")
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
}

/// The product of two matrices, row after row.
pub(crate) fn multiply(to: &mut [f32], left: Matrix<'_>, right: Matrix<'_>, room: &mut Room) {
    assert!(supported() && left.columns == right.rows);
    let (right, width) = (right.transposed(), right.columns);
    for first in (0..left.columns).step_by(DEPTH) {
        let depth = DEPTH.min(left.columns - first);
        let pairs = depth.div_ceil(2);
        for column in (0..width).step_by(BLOCK_COLUMNS) {
            let columns = BLOCK_COLUMNS.min(width - column);
            room.right
                .resize(columns.div_ceil(TILE_COLUMNS) * TILE_COLUMNS * pairs, 0);
            let panels = room
                .right
                .chunks_exact_mut(TILE_COLUMNS * pairs)
                .enumerate();
            for (index, panel) in panels {
                // SAFETY: the processor has the instructions, as asserted.
                unsafe { pack_right(right, (column + index * TILE_COLUMNS, first), depth, panel) };
            }
            for row in (0..left.rows).step_by(BLOCK_ROWS) {
                let rows = BLOCK_ROWS.min(left.rows - row);
                room.left
                    .resize(rows.div_ceil(TILE_ROWS) * TILE_ROWS * pairs, 0);
                let panels = room.left.chunks_exact_mut(TILE_ROWS * pairs).enumerate();
                for (index, panel) in panels {
                    // SAFETY: as above.
                    unsafe { pack_left(left, (row + index * TILE_ROWS, first), depth, panel) };
                }
                let to = &mut to[row * width..][..rows * width];
                block(to, room, (pairs, width, column), first > 0);
            }
        }
    }
}

/// The tiles of some rows of the result.
fn block(to: &mut [f32], room: &Room, (pairs, width, column): (usize, usize, usize), add: bool) {
    for (index, right) in room.right.chunks_exact(TILE_COLUMNS * pairs).enumerate() {
        let column = column + index * TILE_COLUMNS;
        let columns = TILE_COLUMNS.min(width - column);
        let lefts = room.left.chunks_exact(TILE_ROWS * pairs);
        for (rows, left) in to.chunks_mut(TILE_ROWS * width).zip(lefts) {
            // SAFETY: the processor has the instructions, as `multiply` asserts.
            let sums = unsafe { tile(left, right) };
            for (row, sums) in rows.chunks_exact_mut(width).zip(sums) {
                for (to, sum) in row[column..][..columns].iter_mut().zip(sums) {
                    *to = if add { *to + sum } else { sum };
                }
            }
        }
    }
}

/// A tile of the result from a panel of each matrix.
#[target_feature(enable = "avx512f,avx512bf16")]
fn tile(left: &[u32], right: &[u32]) -> [[f32; TILE_COLUMNS]; TILE_ROWS] {
    let mut sums = [[_mm512_setzero_ps(); 2]; TILE_ROWS];
    let (left, _) = left.as_chunks::<TILE_ROWS>();
    let (right, _) = right.as_chunks::<TILE_COLUMNS>();
    for (left, right) in left.iter().zip(right) {
        // SAFETY: thirty-two pairs are two vectors, and any bits are numbers.
        let [first, second]: [__m512bh; 2] = unsafe { std::mem::transmute(*right) };
        for (sums, &pair) in sums.iter_mut().zip(left) {
            // SAFETY: a vector is a vector.
            let pair: __m512bh = unsafe { std::mem::transmute(_mm512_set1_epi32(pair as i32)) };
            sums[0] = _mm512_dpbf16_ps(sums[0], pair, first);
            sums[1] = _mm512_dpbf16_ps(sums[1], pair, second);
        }
    }
    // SAFETY: two vectors are thirty-two numbers.
    unsafe { std::mem::transmute(sums) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn pack_left(x: Matrix<'_>, at: (usize, usize), depth: usize, panel: &mut [u32]) {
    pack::<TILE_ROWS>(x, at, depth, panel);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn pack_right(x: Matrix<'_>, at: (usize, usize), depth: usize, panel: &mut [u32]) {
    pack::<TILE_COLUMNS>(x, at, depth, panel);
}

/// A panel of the rows from `row` on: for each pair of columns from `first` on, that of each row.
#[inline(always)]
fn pack<const ROWS: usize>(
    x: Matrix<'_>,
    (row, first): (usize, usize),
    depth: usize,
    panel: &mut [u32],
) {
    let (panel, _) = panel.as_chunks_mut::<ROWS>();
    let rows = ROWS.min(x.rows - row);
    if rows < ROWS {
        panel.fill([0; ROWS]);
    }
    if x.by_columns {
        for (index, to) in panel.iter_mut().enumerate() {
            let column = first + 2 * index;
            let even = &x.entries[column * x.rows + row..][..rows];
            if 2 * index + 1 < depth {
                let odd = &x.entries[(column + 1) * x.rows + row..][..rows];
                for ((to, even), odd) in to.iter_mut().zip(even).zip(odd) {
                    *to = round(*even) | (round(*odd) << 16);
                }
            } else {
                for (to, even) in to.iter_mut().zip(even) {
                    *to = round(*even);
                }
            }
        }
    } else {
        for r in 0..rows {
            let entries = &x.entries[(row + r) * x.columns + first..][..depth];
            let (pairs, last) = entries.as_chunks::<2>();
            for (to, [even, odd]) in panel.iter_mut().zip(pairs) {
                to[r] = round(*even) | (round(*odd) << 16);
            }
            if let [last] = last {
                panel[pairs.len()][r] = round(*last);
            }
        }
    }
}

/// The bits of the nearest bf16, the even one of two.
#[inline(always)]
fn round(x: f32) -> u32 {
    let bits = x.to_bits();
    (bits + 0x7fff + ((bits >> 16) & 1)) >> 16
}
