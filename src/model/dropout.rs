//! Inverted dropout whose masks are a function of seed, step and place, not of what was drawn before.

use crate::kernels::Mask;
use crate::random::{Field, Stream};
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

    /// The mask of the next place of the pass.
    pub fn mask(&self) -> Mask {
        let place = self.place.get();
        self.place.set(place + 1);
        Mask::new(self.rate, Field::indexed(self.seed, "place", place))
    }
}
