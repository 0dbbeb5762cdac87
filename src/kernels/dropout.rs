//! Inverted dropout whose masks are functions of a place: nothing is stored, and no thread draws for another.

use super::chunks::{CHUNK, chunks_mut};
use super::simd::vectorised;
use crate::random::Field;
use rayon::prelude::*;

/// The dropout of one place in the forward pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mask {
    pub(super) field: Field,
    /// Numbers of the field below it drop an entry.
    pub(super) threshold: u32,
    /// What the others are scaled by.
    pub(super) scale: f32,
}

impl Mask {
    /// A mask that zeroes this share of the entries.
    pub fn new(rate: f64, field: Field) -> Self {
        Self {
            field,
            threshold: (rate * f64::from(u32::MAX)) as u32,
            scale: (1.0 / (1.0 - rate)) as f32,
        }
    }

    /// What the entry at a place, counted along rows, is multiplied by. Places count up to 2^32 and begin anew.
    #[inline(always)]
    pub fn factor(self, place: usize) -> f32 {
        match self.field.at(place as u32) < self.threshold {
            true => 0.0,
            false => self.scale,
        }
    }
}

vectorised! {
    /// Multiplies entries by their factors; `first` is the place of the first.
    fn apply_to(x: &mut [f32], mask: Mask, first: usize) {
        for (index, x) in x.iter_mut().enumerate() {
            *x *= mask.factor(first + index);
        }
    }
}

/// Multiplies each entry by its factor.
pub(super) fn apply(x: &mut [f32], mask: Mask) {
    let apply = |(index, x): (usize, &mut [f32])| apply_to(x, mask, index * CHUNK);
    chunks_mut(x).enumerate().for_each(apply);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_keeps_the_expectation() {
        let mut x = vec![1.0; 100_000];
        apply(&mut x, Mask::new(0.3, Field::indexed(7, "test", 0)));
        let mean = x.iter().sum::<f32>() / x.len() as f32;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        let zeros = x.iter().filter(|&&x| x == 0.0).count() as f64 / x.len() as f64;
        assert!((zeros - 0.3).abs() < 0.01, "{zeros}");
    }

    #[test]
    fn each_entry_goes_by_its_own_place() {
        let mask = Mask::new(0.5, Field::indexed(7, "test", 0));
        let mut x = vec![2.0; 3 * CHUNK + 5];
        apply(&mut x, mask);
        let expected = (0..x.len()).map(|place| 2.0 * mask.factor(place));
        assert!(x.iter().copied().eq(expected));
    }
}
