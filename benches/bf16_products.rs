//! What products in 16-bit floats with 8 bits of precision (bf16), summed up in 32-bit floats, would gain:
//! `cargo bench --bench bf16_products`.
//!
//! A prototype on the instruction of AVX-512 BF16 beside the crate that training multiplies with, on one thread, for the
//! affine maps of `srp bench train`: forward, and the two products of their gradients. Both start from 32-bit floats;
//! rounding and packing count. `docs/guide/performance.md` says what it gave, and why training does not use it.

#[cfg(target_arch = "x86_64")]
mod prototype;

#[cfg(not(target_arch = "x86_64"))]
fn main() {
    eprintln!("only x86 has the instruction that this measures");
}

#[cfg(target_arch = "x86_64")]
fn main() {
    if prototype::supported() {
        measured::all();
    } else {
        eprintln!("this processor has no AVX-512 BF16: nothing is measured");
    }
}

#[cfg(target_arch = "x86_64")]
mod measured {
    use super::prototype::{self, Matrix};
    use criterion::{Criterion, Throughput};
    use srp::random::Stream;

    /// A name, the rows of a batch, and inputs and outputs of the maps of a model.
    type Shape = (&'static str, usize, &'static [(usize, usize)]);

    const SHAPES: [Shape; 2] = [
        (
            "small",
            1280,
            &[(256, 256), (256, 512), (512, 256), (256, 8000)],
        ),
        (
            "base",
            4000,
            &[(512, 512), (512, 1024), (1024, 512), (512, 6632)],
        ),
    ];

    fn random(purpose: &str, rows: usize, columns: usize) -> Vec<f32> {
        let mut stream = Stream::new(1, purpose);
        let number = |_| (stream.next_f64() * 2.0 - 1.0) as f32;
        (0..rows * columns).map(number).collect()
    }

    pub(super) fn all() {
        let mut criterion = Criterion::default().sample_size(10).configure_from_args();
        for (shape, rows, maps) in SHAPES {
            for &(inputs, outputs) in maps {
                let x = random("x", rows, inputs);
                let weight = random("weight", outputs, inputs);
                let d_y = random("gradient", rows, outputs);
                let (x, weight, d_y) = (
                    Matrix::dense(&x, rows, inputs),
                    Matrix::dense(&weight, outputs, inputs),
                    Matrix::dense(&d_y, rows, outputs),
                );
                for (product, left, right) in [
                    ("forward", x, weight.transposed()),
                    ("gradient of the input", d_y, weight),
                    ("gradient of the weight", d_y.transposed(), x),
                ] {
                    let name = format!("{shape}, {inputs} to {outputs}, {product}");
                    compare(&mut criterion, &name, left, right);
                }
            }
        }
        criterion.final_summary();
    }

    fn compare(criterion: &mut Criterion, name: &str, left: Matrix<'_>, right: Matrix<'_>) {
        let mut group = criterion.benchmark_group(name);
        let work = 2 * left.rows * left.columns * right.columns;
        group.throughput(Throughput::Elements(work as u64));
        let mut exact = vec![0.0; left.rows * right.columns];
        let mut rounded = exact.clone();
        group.bench_function("f32", |b| b.iter(|| in_f32(&mut exact, left, right)));
        let mut room = prototype::Room::default();
        group.bench_function("bf16", |b| {
            b.iter(|| prototype::multiply(&mut rounded, left, right, &mut room));
        });
        group.finish();
        // Where a filter left one of them out, there is nothing to compare.
        if exact.iter().any(|&x| x != 0.0) && rounded.iter().any(|&x| x != 0.0) {
            assert_alike(&exact, &rounded, name);
        }
    }

    /// Fails if the products differ by more than rounding their factors explains.
    fn assert_alike(exact: &[f32], rounded: &[f32], name: &str) {
        let norm =
            |x: &mut dyn Iterator<Item = f32>| x.map(|x| f64::from(x * x)).sum::<f64>().sqrt();
        let difference = norm(&mut exact.iter().zip(rounded).map(|(a, b)| a - b));
        let size = norm(&mut exact.iter().copied());
        assert!(difference < 0.01 * size, "{name}: {difference} of {size}");
    }

    fn in_f32(to: &mut [f32], left: Matrix<'_>, right: Matrix<'_>) {
        assert_eq!(to.len(), left.rows * right.columns);
        let stride = |stride: usize| stride as isize;
        // SAFETY: `Matrix` has all its entries inside of its slice, and `to` has room for the product.
        unsafe {
            gemm::gemm(
                left.rows,
                right.columns,
                left.columns,
                to.as_mut_ptr(),
                1,
                stride(right.columns),
                false,
                left.entries().as_ptr(),
                stride(left.column_stride()),
                stride(left.row_stride()),
                right.entries().as_ptr(),
                stride(right.column_stride()),
                stride(right.row_stride()),
                0.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }
}
