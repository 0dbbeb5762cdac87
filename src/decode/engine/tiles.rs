//! Products are computed in tiles: a few rows against a few vectors of outputs, whose sums stay in registers.

use crate::kernels::simd::LANES;

/// Vectors of a panel.
pub(super) const PANEL: usize = 2;

/// Rows of a tile at most.
const TALLEST: usize = 12;

/// Entries of a row as they lie in a buffer: whole vectors, so that no loop has a rest.
pub(super) fn padded(width: usize) -> usize {
    width.next_multiple_of(LANES)
}

/// A product that is computed in tiles. Implementations must be inlined.
pub(super) trait Tiles {
    /// Computes so many rows, from `row` on, for so many vectors of outputs, which begin a panel at `vector`.
    fn tile<const M: usize, const V: usize>(&mut self, row: usize, vector: usize);
}

/// Computes all tiles; those of whole panels have at most `tall` rows.
#[inline(always)]
pub(super) fn compute(product: &mut impl Tiles, rows: usize, vectors: usize, tall: usize) {
    let mut vector = 0;
    while vector + PANEL <= vectors {
        column::<PANEL>(product, rows, vector, tall);
        vector += PANEL;
    }
    if vector < vectors {
        column::<1>(product, rows, vector, TALLEST.min(PANEL * tall));
    }
}

/// All rows against a panel, in tiles of about the same height.
#[inline(always)]
fn column<const V: usize>(product: &mut impl Tiles, rows: usize, vector: usize, tall: usize) {
    let mut row = 0;
    let mut tiles = rows.div_ceil(tall);
    while row < rows {
        let height = (rows - row).div_ceil(tiles);
        macro_rules! of_height {
            ($($height:literal)*) => {
                match height {
                    $($height => product.tile::<$height, V>(row, vector),)*
                    _ => unreachable!("a tile has at most twelve rows"),
                }
            };
        }
        of_height!(1 2 3 4 5 6 7 8 9 10 11 12);
        row += height;
        tiles -= 1;
    }
}

/// Does something for each row that a tile can have.
///
/// Rows are spelt out, not looped over: the compiler does not unroll a loop of this size, and then keeps the sums in
/// memory. For the same reason tiles do nothing but sum up.
macro_rules! each_row {
    ($row:ident, $do:block) => {
        each_row!($row, $do, 0 1 2 3 4 5 6 7 8 9 10 11)
    };
    ($row:ident, $do:block, $($number:literal)*) => {
        $({ const $row: usize = $number; $do })*
    };
}

pub(super) use each_row;
