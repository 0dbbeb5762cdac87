//! The numbers that numpy's `default_rng(seed).integers(0, n)` gives, for results that another program computed with
//! them and that are to be met exactly.
//!
//! A seed is stretched by numpy's `SeedSequence`, the generator is PCG XSL-RR 128/64 (O'Neill 2014), and a number below
//! `n` is the upper half of a product (Lemire 2019).

/// The state of numpy's default generator.
#[derive(Debug, Clone)]
pub struct Generator {
    state: u128,
    increment: u128,
    /// The upper half of the last output, which the next draw of 32 bits takes.
    half: Option<u32>,
}

const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

impl Generator {
    /// What `default_rng(seed)` begins with.
    pub fn new(seed: u64) -> Self {
        let [high, low, sequence_high, sequence_low] = stretched(seed);
        let wide = |high: u64, low: u64| u128::from(high) << 64 | u128::from(low);
        let mut generator = Self {
            state: 0,
            increment: wide(sequence_high, sequence_low) << 1 | 1,
            half: None,
        };
        generator.step();
        generator.state = generator.state.wrapping_add(wide(high, low));
        generator.step();
        generator
    }

    /// The next number below `n`; 0 without a draw if there is no other.
    pub fn below(&mut self, n: u32) -> u32 {
        if n <= 1 {
            return 0;
        }
        let unfair = n.wrapping_neg() % n;
        loop {
            let product = u64::from(self.next_u32()) * u64::from(n);
            if product as u32 >= unfair {
                return (product >> 32) as u32;
            }
        }
    }

    fn step(&mut self) {
        let product = self.state.wrapping_mul(MULTIPLIER);
        self.state = product.wrapping_add(self.increment);
    }

    fn next_u64(&mut self) -> u64 {
        self.step();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    fn next_u32(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let number = self.next_u64();
        self.half = Some((number >> 32) as u32);
        number as u32
    }
}

/// Multiplies and folds, and changes its multiplier each time.
struct Hash {
    constant: u32,
    multiplier: u32,
}

impl Hash {
    fn of(&mut self, value: u32) -> u32 {
        let value = value ^ self.constant;
        self.constant = self.constant.wrapping_mul(self.multiplier);
        folded(value.wrapping_mul(self.constant))
    }
}

fn folded(value: u32) -> u32 {
    value ^ value >> 16
}

/// Four words that all depend on all bits of the seed: what `SeedSequence(seed).generate_state(4, uint64)` gives.
fn stretched(seed: u64) -> [u64; 4] {
    let mut hash = Hash {
        constant: 0x43b0_d7e5,
        multiplier: 0x931e_8875,
    };
    let mut pool = [seed as u32, (seed >> 32) as u32, 0, 0].map(|word| hash.of(word));
    for from in 0..pool.len() {
        for to in (0..pool.len()).filter(|to| *to != from) {
            let mixed = pool[to].wrapping_mul(0xca01_f9dd);
            let other = hash.of(pool[from]).wrapping_mul(0x4973_f715);
            pool[to] = folded(mixed.wrapping_sub(other));
        }
    }
    let mut hash = Hash {
        constant: 0x8b51_f9dd,
        multiplier: 0x58f3_8ded,
    };
    // The halves of all words are hashed in the order of the pool, which is gone through twice.
    let halves: [u32; 8] = std::array::from_fn(|i| hash.of(pool[i % pool.len()]));
    std::array::from_fn(|i| u64::from(halves[2 * i + 1]) << 32 | u64::from(halves[2 * i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    // All numbers are those that numpy 2.4.6 prints.

    #[test]
    fn a_seed_is_stretched_as_by_numpy() {
        let expected = [
            13_091_511_679_009_522_556,
            13_538_552_136_045_918_767,
            7_269_824_232_120_749_972,
            4_520_223_790_601_600_371,
        ];
        assert_eq!(stretched(12345), expected);
        let generator = Generator::new(12345);
        assert_eq!(generator.state, 33261208707367790463622745601869196757);
    }

    #[test]
    fn numbers_are_those_of_numpy() {
        let expected: [(u64, u32, &[u32]); 5] = [
            (12345, 1000, &[699, 227, 788, 316, 204, 797, 642, 676]),
            (0, 1000, &[850, 636, 511, 269, 307, 40, 75, 16]),
            // Such a seed has two words.
            (
                (1 << 40) + 3,
                1000,
                &[733, 773, 444, 995, 380, 473, 336, 64],
            ),
            // Every second product of such a bound is drawn again.
            (
                12345,
                (1 << 31) + 1,
                &[488_200_390, 1_693_606_511, 680_233_354, 438_466_540],
            ),
            (5, 1, &[0, 0, 0]),
        ];
        for (seed, below, numbers) in expected {
            let mut generator = Generator::new(seed);
            let drawn: Vec<u32> = numbers.iter().map(|_| generator.below(below)).collect();
            assert_eq!(drawn, numbers, "seed {seed}, below {below}");
        }
    }
}
