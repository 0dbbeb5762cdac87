//! Inverted dropout whose masks are a function of seed, step and place, not of what was drawn before.

use crate::random::Stream;
use burn::tensor::{Tensor, TensorData, backend::Backend};
use std::cell::Cell;

/// The dropout of one forward pass.
///
/// Each place of the pass gets a mask of its own, drawn from (seed, step, place): a run that resumes at a step
/// sees the masks that an uninterrupted one sees, on any number of threads.
#[derive(Debug)]
pub struct Dropout {
    rate: f64,
    seed: u64,
    place: Cell<u64>,
}

impl Dropout {
    /// Dropout for the forward pass of update `step`; none if `rate` is 0.
    pub fn new(rate: f64, seed: u64, step: u64) -> Option<Self> {
        let seed = Stream::indexed(seed, "dropout", step).next_u64();
        (rate > 0.0).then_some(Self {
            rate,
            seed,
            place: Cell::new(0),
        })
    }

    /// Zeroes each entry with the given probability and scales the others up.
    ///
    /// # Shapes
    /// - `x`: `[rows, size]`
    pub fn apply<B: Backend>(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        let [rows, size] = x.dims();
        let place = self.place.get();
        self.place.set(place + 1);
        let mut stream = Stream::indexed(self.seed, "place", place);
        let mask = mask(self.rate, rows * size, &mut stream);
        x.clone() * Tensor::from_data(TensorData::new(mask, [rows, size]), &x.device())
    }
}

/// `count` factors: 0 with probability `rate`, else 1/(1 - rate).
fn mask(rate: f64, count: usize, stream: &mut Stream) -> Vec<f32> {
    let keep = (1.0 / (1.0 - rate)) as f32;
    let threshold = (rate * f64::from(u32::MAX)) as u32;
    let factor = |bits: u32| if bits < threshold { 0.0 } else { keep };
    let mut mask = Vec::with_capacity(count + 1);
    while mask.len() < count {
        let bits = stream.next_u64();
        mask.push(factor(bits as u32));
        mask.push(factor((bits >> 32) as u32));
    }
    mask.truncate(count);
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_keeps_the_expectation() {
        let mask = mask(0.3, 100_000, &mut Stream::new(7, "test"));
        let mean = mask.iter().sum::<f32>() / mask.len() as f32;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        let zeros = mask.iter().filter(|&&x| x == 0.0).count() as f64 / mask.len() as f64;
        assert!((zeros - 0.3).abs() < 0.01, "{zeros}");
    }
}
