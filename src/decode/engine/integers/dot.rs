//! How sums of products of integers are computed: in the best way that the processor has. All give the same sums.
//!
//! The compiler finds none of these instructions by itself. They are safe functions within code that is compiled for
//! processors that have them; what is unsafe is to call such code, and to see lanes as the registers that hold them.

use super::{GROUP, Product, Tiled, Weights};
use crate::decode::engine::panels::finish;
use crate::decode::engine::tiles::compute;
use crate::kernels::simd::{LANES, Level, level};

/// A way to add up products.
pub(super) trait Dot {
    /// Whether entries of rows are multiplied as they are kept, shifted.
    const SHIFTED: bool;

    /// Rows of a tile at most: as many sums as there are registers for.
    const TALL: usize;

    /// Adds to each sum the products of a group of entries with its weights.
    fn add(sums: [i32; LANES], entries: [u8; GROUP], weights: &Weights) -> [i32; LANES];
}

/// Computes a product for so many vectors of outputs.
pub(super) fn multiply(product: Product<'_>, vectors: usize) {
    match level() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has these instructions.
        Level::Avx512 | Level::Avx512Bf16 if is_x86_feature_detected!("avx512vnni") => unsafe {
            x86::multiply_vnni(product, vectors);
        },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above; who has AVX-512 has AVX2.
        Level::Avx2 | Level::Avx512 | Level::Avx512Bf16 => unsafe {
            x86::multiply_avx2(product, vectors);
        },
        Level::Plain => multiply_by::<Plain>(product, vectors),
    }
}

#[inline(always)]
fn multiply_by<D: Dot>(product: Product<'_>, vectors: usize) {
    let rows = product.x.rows();
    let mut tiled = Tiled::<D>::new(product);
    compute(&mut tiled, rows, vectors, D::TALL);
    let Product {
        after, y, stride, ..
    } = tiled.product;
    finish(rows, vectors * LANES, after, y, stride);
}

/// Without any instruction of its own.
struct Plain;

impl Dot for Plain {
    const SHIFTED: bool = true;
    const TALL: usize = 1;

    #[inline(always)]
    fn add(mut sums: [i32; LANES], entries: [u8; GROUP], weights: &Weights) -> [i32; LANES] {
        for (sum, weights) in sums.iter_mut().zip(weights) {
            for (entry, weight) in entries.iter().zip(weights) {
                *sum = sum.wrapping_add(i32::from(*entry) * i32::from(*weight));
            }
        }
        sums
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Dot, GROUP, LANES, Product, Weights, multiply_by};
    use crate::decode::engine::integers::SHIFT;
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512vnni")]
    pub(super) fn multiply_vnni(product: Product<'_>, vectors: usize) {
        multiply_by::<Vnni>(product, vectors);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn multiply_avx2(product: Product<'_>, vectors: usize) {
        multiply_by::<Avx2>(product, vectors);
    }

    /// One instruction multiplies four entries without a sign with four weights and adds up, in 16 lanes.
    struct Vnni;

    impl Dot for Vnni {
        const SHIFTED: bool = true;
        const TALL: usize = 12;

        #[inline(always)]
        fn add(sums: [i32; LANES], entries: [u8; GROUP], weights: &Weights) -> [i32; LANES] {
            // SAFETY: only `multiply_vnni` computes in this way. Both types of each pair are 64 bytes that may hold
            // anything.
            unsafe {
                let sums: __m512i = std::mem::transmute(sums);
                let weights: __m512i = std::mem::transmute(*weights);
                let entries = _mm512_set1_epi32(i32::from_ne_bytes(entries));
                std::mem::transmute(_mm512_dpbusd_epi32(sums, entries, weights))
            }
        }
    }

    /// Pairs of products are added up in 16 bits: the sign of each entry goes over to its weight, so that none of them
    /// exceeds 2 · 127 · 127.
    struct Avx2;

    impl Dot for Avx2 {
        const SHIFTED: bool = false;
        const TALL: usize = 2;

        #[inline(always)]
        fn add(sums: [i32; LANES], entries: [u8; GROUP], weights: &Weights) -> [i32; LANES] {
            let entries = entries.map(|entry| (i32::from(entry) - SHIFT) as i8 as u8);
            // SAFETY: only `multiply_avx2` computes in this way. Both types of each pair are 64 bytes that may hold
            // anything.
            unsafe {
                let sums: [__m256i; 2] = std::mem::transmute(sums);
                let weights: [__m256i; 2] = std::mem::transmute(*weights);
                let entries = _mm256_set1_epi32(i32::from_ne_bytes(entries));
                let add = |sums, weights| {
                    let positive = _mm256_abs_epi8(weights);
                    let signed = _mm256_sign_epi8(entries, weights);
                    let pairs = _mm256_maddubs_epi16(positive, signed);
                    _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
                };
                let sums = [add(sums[0], weights[0]), add(sums[1], weights[1])];
                std::mem::transmute(sums)
            }
        }
    }
}
