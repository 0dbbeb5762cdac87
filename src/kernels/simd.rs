//! Loops that the compiler vectorises, for the widest vectors that the processor has, and what they are made of.
//!
//! Sums always run over the same number of lanes, whatever the vectors: an AVX2 machine gives the bits of an AVX-512
//! machine.

/// Lanes of every sum.
pub(crate) const LANES: usize = 16;

/// Defines functions that are compiled once for each level of the instruction set; a call takes the best that the
/// processor has. What they call must be inlined. Their bodies may hand `FMA` on to [`multiply_add`].
macro_rules! vectorised {
    ($($(#[$note:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block)*) => {$(
        $(#[$note])*
        $visibility fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn plain<const FMA: bool>($($argument: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd")]
            fn avx512($($argument: $type),*) $(-> $result)? {
                plain::<true>($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) $(-> $result)? {
                plain::<true>($($argument),*)
            }

            match $crate::kernels::simd::level() {
                // SAFETY: the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::simd::Level::Avx512 | $crate::kernels::simd::Level::Avx512Bf16 => unsafe {
                    avx512($($argument),*)
                },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::simd::Level::Avx2 => unsafe { avx2($($argument),*) },
                $crate::kernels::simd::Level::Plain => {
                    plain::<{ $crate::kernels::simd::ALWAYS_FMA }>($($argument),*)
                }
            }
        }
    )*};
}

pub(crate) use vectorised;

/// What a processor can do, each with all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// It also multiplies numbers in bfloat16.
    #[cfg(target_arch = "x86_64")]
    Avx512Bf16,
}

/// What loops are run with: all that this processor can do.
#[cfg(not(test))]
#[inline]
pub(crate) fn level() -> Level {
    best()
}

#[cfg(test)]
pub(crate) use limited::{LEVELS, level, limited_to};

/// What this processor can do. The standard library remembers the answers.
#[inline]
pub(super) fn best() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        let wide = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512cd");
        if wide && is_x86_feature_detected!("avx512bf16") {
            return Level::Avx512Bf16;
        }
        if wide {
            return Level::Avx512;
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Level::Avx2;
        }
    }
    Level::Plain
}

/// Lesser processors, for tests.
#[cfg(test)]
mod limited {
    use super::{Level, best};
    use std::sync::{Mutex, PoisonError, RwLock};

    /// All of them.
    pub(crate) const LEVELS: &[Level] = &[
        Level::Plain,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2,
        #[cfg(target_arch = "x86_64")]
        Level::Avx512,
        #[cfg(target_arch = "x86_64")]
        Level::Avx512Bf16,
    ];

    /// The widest vectors that are allowed; other tests may meet them too, and must not notice.
    static LIMIT: RwLock<Option<Level>> = RwLock::new(None);

    /// What loops are run with.
    pub(crate) fn level() -> Level {
        let limit = *LIMIT.read().unwrap_or_else(PoisonError::into_inner);
        limit.map_or(best(), |limit| limit.min(best()))
    }

    /// Does some work, on whatever threads, as on a processor that can do no more than this.
    pub(crate) fn limited_to<T>(limit: Level, work: impl FnOnce() -> T) -> T {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let set = |limit| *LIMIT.write().unwrap_or_else(PoisonError::into_inner) = limit;
        set(Some(limit));
        let result = work();
        set(None);
        result
    }
}

/// Whether every processor that this is compiled for multiplies and adds at once.
pub(crate) const ALWAYS_FMA: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

/// `a * b + c`, rounded once; by an instruction for that, if the processor has it (`FMA`).
#[inline(always)]
pub(crate) fn multiply_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    match FMA {
        true => a.mul_add(b, c),
        false => composed_multiply_add(a, b, c),
    }
}

/// The same of operations that every processor has, and can do in vectors; that of the C library does one at a time.
///
/// The product is exact in 64 bits. Their sum with `c` is rounded to an odd last digit wherever it is not exact, so that
/// rounding it to 32 bits does what rounding the exact sum would do.
#[inline(always)]
fn composed_multiply_add(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let of_c = sum - product;
    let lost = (product - (sum - of_c)) + (c - of_c);
    let bits = sum.to_bits();
    // What is lost of no number is no number, and neither above nor below 0.
    let inexact = (lost > 0.0) | (lost < 0.0);
    let away_from_zero = (lost > 0.0) == (sum > 0.0);
    let step = if away_from_zero { 1 } else { u64::MAX };
    let odd = match inexact & (bits & 1 == 0) {
        true => bits.wrapping_add(step),
        false => bits,
    };
    f64::from_bits(odd) as f32
}

/// Combines lanes pairwise.
#[inline(always)]
pub(crate) fn fold(mut lanes: [f32; LANES], combine: impl Fn(f32, f32) -> f32) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] = combine(lanes[lane], lanes[lane + width]);
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
pub(crate) fn add(a: f32, b: f32) -> f32 {
    a + b
}

/// The larger of two numbers; the second if one is not a number.
#[inline(always)]
pub(crate) fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The sum of all entries.
#[inline(always)]
pub(super) fn sum(x: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (blocks, rest) = x.as_chunks::<LANES>();
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane += x;
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += x;
    }
    fold(lanes, add)
}

/// The sum of the products of entries.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += a * b;
    }
    fold(lanes, add)
}

/// The largest entry; minus infinity if there is none.
#[inline(always)]
pub(crate) fn max(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (blocks, rest) = x.as_chunks::<LANES>();
    for block in blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane = larger(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = larger(*lane, x);
    }
    fold(lanes, larger)
}

/// Below this, [`exp`] is 0: no result is a denormal number, which processors are slow at.
const LOWEST: f32 = -80.0;

/// e to the power of `x`, which must not exceed 88, to about a unit in the last place.
///
/// `x` is split into a multiple of ln 2, which becomes the exponent, and a rest of at most half of it, for which the
/// series is summed.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    /// Adding it moves the binary point behind the last digit, so that what follows is cut off.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts, the first with few digits: its multiples are exact.
    const LN2_HIGH: f32 = 355.0 / 512.0;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let clamped = if x < LOWEST { LOWEST } else { x };
    let rounded = clamped * std::f32::consts::LOG2_E + ROUND;
    let power = rounded - ROUND;
    let rest = clamped - power * LN2_HIGH - power * LN2_LOW;
    let series = [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ]
    .into_iter()
    .fold(1.0 / 5040.0, |sum, factor| sum * rest + factor);
    let exponent = rounded.to_bits().wrapping_sub(ROUND.to_bits());
    let scale = f32::from_bits(exponent.wrapping_add(127) << 23);
    if x < LOWEST { 0.0 } else { series * scale }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn exp_is_right_to_a_few_units_in_the_last_place() {
        for step in -80_000..=8_000 {
            let x = step as f32 * 1e-3;
            let (got, expected) = (f64::from(exp(x)), f64::from(x).exp());
            assert!(
                (got / expected - 1.0).abs() < 3e-7,
                "{x}: {got}, {expected}"
            );
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-80.1), 0.0);
        assert_eq!(exp(-1e9), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn a_composed_multiplication_with_addition_is_rounded_once() {
        let mut stream = Stream::new(4, "test");
        let mut number = |mask: u32| {
            // Exponents near each other, and every now and then any.
            let bits = (stream.next_f64() * f64::from(u32::MAX)) as u32;
            let near = bits & 0x807f_ffff | (110 + bits % 30) << 23;
            let any = stream.below(4) == 0;
            f32::from_bits(if any { bits } else { near } & mask)
        };
        let check = |a: f32, b: f32, c: f32| {
            let (composed, once) = (multiply_add::<false>(a, b, c), a.mul_add(b, c));
            let same = composed.to_bits() == once.to_bits() || composed.is_nan() && once.is_nan();
            assert!(
                same,
                "{a:e} * {b:e} + {c:e}: {composed:e}, expected {once:e}"
            );
        };
        for _ in 0..200_000 {
            check(number(!0), number(!0), number(!0));
            // Short factors, and a sum that cancels but for its last digits.
            let (a, b) = (number(!0xfff), number(!0x3ff));
            check(a, b, -(a * b));
            check(a, b, -(a * b) * (1.0 + f32::EPSILON));
            check(a, b, number(!0) * 1e-7);
        }
        for special in [
            0.0,
            -0.0,
            f32::INFINITY,
            f32::NAN,
            f32::MAX,
            f32::from_bits(1),
        ] {
            for other in [0.0, -1.0, f32::MAX, f32::NEG_INFINITY, f32::from_bits(3)] {
                check(special, other, 1.0);
                check(1.0, special, other);
                check(other, other, special);
            }
        }
    }

    #[test]
    fn sums_and_maxima_of_any_length_are_right() {
        let mut stream = Stream::new(3, "test");
        for length in 0..70 {
            let x: Vec<f32> = (0..length)
                .map(|_| stream.below(1000) as f32 - 500.0)
                .collect();
            let y: Vec<f32> = (0..length).map(|_| stream.below(9) as f32).collect();
            assert_eq!(sum(&x), x.iter().sum::<f32>());
            assert_eq!(
                dot(&x, &y),
                x.iter().zip(&y).map(|(a, b)| a * b).sum::<f32>()
            );
            assert_eq!(max(&x), x.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }
}
