//! Products of matrices that may lie anywhere in a slice.

/// Where a matrix lies in a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Index of the first entry.
    pub(super) start: usize,
    /// From an entry to the one below it.
    pub(super) row_stride: usize,
    /// From an entry to the next of its row.
    pub(super) column_stride: usize,
}

impl Place {
    /// Row after row, without gaps, from the start of the slice.
    pub(super) fn dense(rows: usize, columns: usize) -> Self {
        Self {
            rows,
            columns,
            start: 0,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// The same entries with rows and columns exchanged.
    pub(super) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// Whether all entries are inside of a slice of this length.
    fn fits(&self, length: usize) -> bool {
        if self.rows == 0 || self.columns == 0 {
            return true;
        }
        let last = self.start
            + (self.rows - 1) * self.row_stride
            + (self.columns - 1) * self.column_stride;
        last < length
    }
}

/// A matrix that is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix<'a>(pub(super) &'a [f32], pub(super) Place);

impl Matrix<'_> {
    /// The same matrix with rows and columns exchanged.
    pub(super) fn transposed(self) -> Self {
        Self(self.0, self.1.transposed())
    }
}

/// What becomes of the entries that are there before a product is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// They go.
    Overwrite,
    /// The product is added to them.
    Add,
}

/// Multiplications below which one thread is faster than several.
const WORTH_SHARING: usize = 1 << 22;

/// `factor` times the product of two matrices, written to `to` at `place`.
///
/// How many threads share the work changes no bit: each entry is summed up by one of them, in one order.
///
/// # Panics
/// If the sizes do not go together, or a matrix is not inside of its slice.
pub(super) fn multiply(
    to: &mut [f32],
    place: Place,
    before: Before,
    left: Matrix<'_>,
    right: Matrix<'_>,
    factor: f32,
) {
    let (Matrix(left, l), Matrix(right, r)) = (left, right);
    assert!(
        l.columns == r.rows && place.rows == l.rows && place.columns == r.columns,
        "{l:?} times {r:?} is not {place:?}"
    );
    assert!(
        l.fits(left.len()) && r.fits(right.len()) && place.fits(to.len()),
        "{l:?}, {r:?} or {place:?} is outside of its slice"
    );
    let inner = l.columns;
    let parallelism = match place.rows * place.columns * inner < WORTH_SHARING {
        true => gemm::Parallelism::None,
        false => gemm::Parallelism::Rayon(0),
    };
    let stride = |stride: usize| stride as isize;
    // SAFETY: all entries of the three matrices are inside of their slices, as asserted above, and nobody else has `to`.
    unsafe {
        gemm::gemm(
            place.rows,
            place.columns,
            inner,
            to.as_mut_ptr().wrapping_add(place.start),
            stride(place.column_stride),
            stride(place.row_stride),
            before == Before::Add,
            left.as_ptr().wrapping_add(l.start),
            stride(l.column_stride),
            stride(l.row_stride),
            right.as_ptr().wrapping_add(r.start),
            stride(r.column_stride),
            stride(r.row_stride),
            1.0,
            factor,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn entry(x: &[f32], place: Place, row: usize, column: usize) -> f32 {
        x[place.start + row * place.row_stride + column * place.column_stride]
    }

    #[test]
    fn products_of_matrices_anywhere_are_right() {
        let mut stream = Stream::new(5, "test");
        for _ in 0..200 {
            let [m, n, k] = std::array::from_fn(|_| 1 + stream.below(40));
            let mut place = |rows: usize, columns: usize| {
                let gap = stream.below(3);
                let place = Place {
                    rows,
                    columns,
                    start: stream.below(5),
                    row_stride: columns + gap,
                    column_stride: 1,
                };
                match stream.below(2) {
                    0 => place,
                    _ => Place {
                        rows: columns,
                        columns: rows,
                        row_stride: rows + gap,
                        ..place
                    }
                    .transposed(),
                }
            };
            let (l, r, to) = (place(m, k), place(k, n), place(m, n));
            let mut numbers = |_| stream.below(17) as f32 - 8.0;
            let [left, right, start] =
                [(); 3].map(|()| (0..2500).map(&mut numbers).collect::<Vec<f32>>());
            for before in [Before::Overwrite, Before::Add] {
                let mut got = start.clone();
                multiply(
                    &mut got,
                    to,
                    before,
                    Matrix(&left, l),
                    Matrix(&right, r),
                    0.5,
                );
                for row in 0..m {
                    for column in 0..n {
                        let product: f32 = (0..k)
                            .map(|i| entry(&left, l, row, i) * entry(&right, r, i, column))
                            .sum();
                        let old = match before {
                            Before::Add => entry(&start, to, row, column),
                            Before::Overwrite => 0.0,
                        };
                        assert_eq!(entry(&got, to, row, column), old + 0.5 * product);
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "outside of its slice")]
    fn a_matrix_beyond_its_slice_is_refused() {
        let x = [1.0; 6];
        let mut y = [0.0; 4];
        let square = Place::dense(2, 2);
        multiply(
            &mut y[..3],
            square,
            Before::Overwrite,
            Matrix(&x, Place::dense(2, 3)),
            Matrix(&x, Place::dense(3, 2)),
            1.0,
        );
    }
}
