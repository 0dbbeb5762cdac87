//! Products against their definition, on whole numbers, and against themselves as lesser processors compute them.

use super::*;
use crate::kernels::product::Place;
use crate::kernels::simd::{best, limited_to};
use crate::random::Stream;

/// Sizes around those of tiles, blocks and steps.
fn size(stream: &mut Stream) -> usize {
    [1, 2, 11, 12, 13, 31, 32, 33, 100, 511, 512, 515][stream.below(12)]
}

/// A matrix that lies row after row, or column after column.
fn matrix(entries: &[f32], rows: usize, columns: usize, by_columns: bool) -> Matrix<'_> {
    if by_columns {
        Matrix(entries, Place::dense(columns, rows)).transposed()
    } else {
        Matrix(entries, Place::dense(rows, columns))
    }
}

fn entry(Matrix(x, place): Matrix<'_>, row: usize, column: usize) -> f32 {
    x[place.start + row * place.row_stride + column * place.column_stride]
}

#[test]
fn products_of_whole_numbers_are_exact() {
    let mut stream = Stream::new(1, "whole numbers");
    for _ in 0..60 {
        let [m, k, n] = std::array::from_fn(|_| size(&mut stream));
        let mut numbers = |count: usize| -> Vec<f32> {
            let number = |_| stream.below(17) as f32 - 8.0;
            (0..count).map(number).collect()
        };
        let (left, right, start) = (numbers(m * k), numbers(k * n), numbers(m * n));
        let left = matrix(&left, m, k, stream.below(2) == 0);
        let right = matrix(&right, k, n, stream.below(2) == 0);
        let mut got = start.clone();
        add_product(&mut got, left, right);
        for (index, (got, start)) in got.iter().zip(&start).enumerate() {
            let (row, column) = (index / n, index % n);
            let product: f32 = (0..k)
                .map(|term| entry(left, row, term) * entry(right, term, column))
                .sum();
            assert_eq!(*got, start + product, "{m} x {k} x {n}, {row}, {column}");
        }
    }
}

/// The product of matrices whose entries have exponents in this range, as bits.
fn wild(exponents: Range<u32>) -> Vec<u32> {
    let mut stream = Stream::new(2, "wild numbers");
    let (m, k, n) = (14, 1031, 35);
    let mut numbers = |count: usize| -> Vec<f32> {
        let number = |_| {
            let exponent = exponents.start + stream.below(exponents.len()) as u32;
            let rest = stream.next_u64() as u32;
            f32::from_bits(rest & 0x807f_ffff | exponent << 23)
        };
        (0..count).map(number).collect()
    };
    let (left, right) = (numbers(m * k), numbers(k * n));
    let mut to = vec![0.0; m * n];
    let (left, right) = (matrix(&left, m, k, false), matrix(&right, k, n, false));
    add_product(&mut to, left, right);
    to.into_iter().map(f32::to_bits).collect()
}

/// Exponents of numbers near 1, of denormal products and sums, and of denormal numbers themselves.
const EXPONENTS: [Range<u32>; 3] = [117..130, 55..75, 0..140];

#[test]
fn no_bit_depends_on_the_processor() {
    // What this gave on a processor that has the instruction, and must give on all others.
    const DIGESTS: [u64; 3] = [
        0x705c_2eb6_3c33_e4b4,
        0x6d29_1fed_d2cb_e5e0,
        0xe87c_2512_eef4_dab1,
    ];
    let digests = EXPONENTS.map(|exponents| {
        wild(exponents).into_iter().fold(0, |digest: u64, bits| {
            digest.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(bits)
        })
    });
    assert_eq!(digests, DIGESTS, "on {:?}", best());
}

/// Two terms whose sum is a little less than the smallest number that is not denormal.
fn barely_denormal(factor: f32) -> u32 {
    let power = |exponent: i32| 2.0_f32.powi(exponent);
    let left = [factor * power(-75), power(-63)];
    let right = [-power(-76), power(-63)];
    let mut to = [0.0];
    let (left, right) = (matrix(&left, 1, 2, false), matrix(&right, 2, 1, false));
    add_product(&mut to, left, right);
    to[0].to_bits()
}

#[test]
fn what_is_denormal_before_digits_end_is_0() {
    for level in [Level::Plain, best()] {
        let found = |factor| limited_to(level, || barely_denormal(factor));
        assert_eq!(found(1.0), f32::MIN_POSITIVE.to_bits(), "{level:?}");
        for factor in [1.25, 1.5, 1.75, 2.0] {
            assert_eq!(found(factor), 0, "{factor} on {level:?}");
        }
    }
}

#[test]
fn the_instruction_is_what_is_computed_step_by_step() {
    if format!("{:?}", best()) != "Avx512Bf16" {
        eprintln!("no instruction for bfloat16 here: the steps are compared with themselves");
    }
    for exponents in EXPONENTS {
        let best = wild(exponents.clone());
        assert!(
            limited_to(Level::Plain, || wild(exponents.clone())) == best,
            "exponents {exponents:?}"
        );
    }
}

#[test]
fn entries_are_rounded_to_the_nearest_and_to_the_even_one_of_two() {
    let rounded = |bits: u32| rounded(f32::from_bits(bits));
    assert_eq!(rounded(0x3f80_7fff), 0x3f80);
    assert_eq!(rounded(0x3f80_8000), 0x3f80);
    assert_eq!(rounded(0x3f80_8001), 0x3f81);
    assert_eq!(rounded(0x3f81_8000), 0x3f82);
    assert_eq!(rounded(0xbf81_8000), 0xbf82);
    assert_eq!(rounded(f32::MAX.to_bits()), 0x7f80);
    assert_eq!(rounded(f32::NEG_INFINITY.to_bits()), 0xff80);
    assert_eq!(rounded(0x807f_ffff), 0);
    for bits in [0x7fff_ffff, 0xffff_ffff, 0x7f80_0001] {
        assert!(f32::from_bits(u32::from(rounded(bits)) << 16).is_nan());
    }
}

#[test]
fn what_is_no_number_makes_none_of_its_row() {
    let mut left = vec![1.0; 26];
    left[13] = f32::NAN;
    let right = [1.0; 26];
    let mut to = [0.0; 4];
    add_product(
        &mut to,
        matrix(&left, 2, 13, false),
        matrix(&right, 13, 2, true),
    );
    assert_eq!(to[..2], [13.0; 2]);
    assert!(to[2].is_nan() && to[3].is_nan());
}

#[test]
#[should_panic(expected = "are not 3 numbers")]
fn a_product_of_another_size_is_refused() {
    let x = [1.0; 6];
    let (left, right) = (matrix(&x, 2, 3, false), matrix(&x, 3, 2, false));
    add_product(&mut [0.0; 3], left, right);
}
