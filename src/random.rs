//! Random numbers that are the same on every machine, in independent named streams.
//!
//! A stream is SplitMix64 (Steele, Lea and Flood 2014): a counter, and a mixing function over it. Where it starts
//! is mixed from a seed, the purpose in words, and an index; so one seed serves all purposes, and what is drawn
//! for one of them never depends on how much was drawn for another.

pub mod numpy;

/// An endless sequence of random numbers.
///
/// A clone goes on as the original would.
///
/// ```
/// use srp::random::Stream;
///
/// let mut dice = Stream::new(1, "dice");
/// let mut same = Stream::new(1, "dice");
/// assert_eq!(dice.below(6), same.below(6));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    state: u64,
}

/// The step of the counter: odd, and close to 2^64 over the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Stream {
    /// The stream of `seed` for one `purpose`, such as `"initial weights"`.
    pub fn new(seed: u64, purpose: &str) -> Self {
        Self::indexed(seed, purpose, 0)
    }

    /// One of many streams of `seed` for one `purpose`: that of an epoch or of a sentence, say. Index 0 is
    /// what [`Stream::new`] gives.
    pub fn indexed(seed: u64, purpose: &str, index: u64) -> Self {
        let words = purpose.bytes().map(u64::from);
        let state = words
            .chain([purpose.len() as u64, index])
            .fold(
                mix(seed),
                |state, word| mix(state.wrapping_add(STEP) ^ word),
            );
        Self { state }
    }

    /// The next number, uniform over all of `u64`.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// The next number, uniform over the multiples of 2^-53 that are at least 0 and below 1.
    pub fn next_f64(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * UNIT
    }

    /// The next number below `n`, every one equally likely (Lemire 2019: the upper half of a product, drawn again
    /// in the few cases that would favour some numbers).
    ///
    /// # Panics
    /// If `n` is 0: there is no such number.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "no number is below 0");
        let n = n as u64;
        let unfair = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= unfair {
                return (product >> 64) as usize;
            }
        }
    }

    /// Puts `items` in random order, every order equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// A random order of the numbers below `n`.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }
}

/// Random numbers by place instead of in a sequence: any of them can be had without the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    key: [u32; 2],
}

impl Field {
    /// One of many fields of `seed` for one `purpose`.
    pub fn indexed(seed: u64, purpose: &str, index: u64) -> Self {
        let key = Stream::indexed(seed, purpose, index).next_u64();
        Self {
            key: [key as u32, (key >> 32) as u32],
        }
    }

    /// The number at a place, uniform over all of `u32`.
    ///
    /// A bijection of the place, which both halves of the key disturb: multiplications and shifts that let every input
    /// bit reach every output bit, with the multipliers of Wellons (2018).
    #[inline(always)]
    pub fn at(self, place: u32) -> u32 {
        let mut z = place ^ self.key[0];
        z = (z ^ (z >> 16)).wrapping_mul(0x7feb_352d);
        z ^= self.key[1];
        z = (z ^ (z >> 15)).wrapping_mul(0x846c_a68b);
        z ^ (z >> 16)
    }
}

/// SplitMix64's output function: a bijection in which every input bit reaches every output bit.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // The first outputs for state 1234567, as its authors' C program prints them.
        let mut stream = Stream { state: 1_234_567 };
        let drawn: Vec<u64> = (0..3).map(|_| stream.next_u64()).collect();
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn streams_differ_by_seed_purpose_and_index() {
        let first = |mut stream: Stream| stream.next_u64();
        let drawn = [
            first(Stream::new(1, "a")),
            first(Stream::new(2, "a")),
            first(Stream::new(1, "b")),
            first(Stream::new(1, "ab")),
            first(Stream::indexed(1, "a", 1)),
        ];
        for (i, one) in drawn.iter().enumerate() {
            assert!(!drawn[..i].contains(one), "{drawn:?}");
        }
        assert_eq!(drawn[0], first(Stream::indexed(1, "a", 0)));
    }

    #[test]
    fn every_number_below_n_is_about_equally_likely() {
        let mut stream = Stream::new(7, "test");
        let mut counts = [0; 6];
        for _ in 0..60_000 {
            counts[stream.below(6)] += 1;
        }
        assert!(
            counts.iter().all(|count| (9_600..10_400).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn fractions_fill_the_unit_interval() {
        let mut stream = Stream::new(7, "test");
        let drawn: Vec<f64> = (0..10_000).map(|_| stream.next_f64()).collect();
        assert!(drawn.iter().all(|x| (0.0..1.0).contains(x)));
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
    }

    #[test]
    fn a_field_is_even_and_two_of_them_have_nothing_in_common() {
        let fields = [Field::indexed(1, "a", 0), Field::indexed(1, "a", 1)];
        let low = |field: Field| (0..100_000).map(move |place| field.at(place) < u32::MAX / 4);
        for field in fields {
            let share = low(field).filter(|&low| low).count() as f64 / 1e5;
            assert!((share - 0.25).abs() < 0.005, "{share}");
            for distance in 1..40 {
                let pairs = low(field).zip(low(field).skip(distance));
                let both = pairs.filter(|&(a, b)| a && b).count() as f64 / 1e5;
                assert!((both - 0.0625).abs() < 0.005, "{distance}: {both}");
            }
        }
        let both = low(fields[0]).zip(low(fields[1])).filter(|&(a, b)| a && b);
        assert!((both.count() as f64 / 1e5 - 0.0625).abs() < 0.005);
        assert_eq!(fields[0].at(7), Field::indexed(1, "a", 0).at(7));
    }

    #[test]
    fn a_permutation_holds_every_number_once_and_moves_them() {
        let mut order = Stream::new(3, "test").permutation(100);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
        assert!(Stream::new(3, "test").permutation(0).is_empty());
    }
}
