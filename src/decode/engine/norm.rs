//! The end of a residual block: sum, layer norm, connectivity.

use super::tiles::padded;
use crate::kernels::simd::{LANES, add, fold, multiply_add, vectorised};
use crate::kernels::{LAYER_NORM_EPSILON, SMALLEST_VARIANCE};

/// A layer norm, ready to be used; vectors are padded with zeros (SPEC §3, table of four variants).
#[derive(Debug, Clone)]
pub(super) struct Norm {
    /// What the sum is multiplied by first: connectivity, where dimensions that are pruned count as zeros.
    pub(super) before: Vec<f32>,
    /// How much each dimension counts.
    pub(super) weights: Vec<f32>,
    /// Gain and offset, connectivity included.
    pub(super) gain: Vec<f32>,
    pub(super) offset: Vec<f32>,
    /// What sums are divided by.
    pub(super) divisor: f32,
    /// Dimensions of value 0 that rows lack.
    pub(super) missing: f32,
}

impl Norm {
    /// From a row to the next.
    pub(super) fn stride(&self) -> usize {
        padded(self.gain.len())
    }
}

vectorised! {
    /// Replaces each row of `x` by the layer norm of itself plus that of `sublayer`; both are padded.
    pub(super) fn close_block(norm: &Norm, x: &mut [f32], sublayer: &[f32]) {
        let stride = norm.stride();
        let (before, weights) = (norm.before.as_chunks::<LANES>().0, norm.weights.as_chunks::<LANES>().0);
        let (gain, offset) = (norm.gain.as_chunks::<LANES>().0, norm.offset.as_chunks::<LANES>().0);
        for (x, sublayer) in x.chunks_exact_mut(stride).zip(sublayer.chunks_exact(stride)) {
            let x = x.as_chunks_mut::<LANES>().0;
            let mut total = [0.0; LANES];
            for (((x, sublayer), before), weights) in
                x.iter_mut().zip(sublayer.as_chunks::<LANES>().0).zip(before).zip(weights)
            {
                for lane in 0..LANES {
                    x[lane] = (x[lane] + sublayer[lane]) * before[lane];
                    total[lane] = multiply_add::<FMA>(x[lane], weights[lane], total[lane]);
                }
            }
            let mean = fold(total, add) / norm.divisor;
            let mut squares = [0.0; LANES];
            for (x, weights) in x.iter_mut().zip(weights) {
                for lane in 0..LANES {
                    x[lane] -= mean;
                    squares[lane] = multiply_add::<FMA>(x[lane] * x[lane], weights[lane], squares[lane]);
                }
            }
            let squares = fold(squares, add) + norm.missing * mean * mean;
            let variance = (squares / norm.divisor).max(SMALLEST_VARIANCE as f32);
            let factor = 1.0 / (variance.sqrt() + LAYER_NORM_EPSILON as f32);
            for ((x, gain), offset) in x.iter_mut().zip(gain).zip(offset) {
                for lane in 0..LANES {
                    x[lane] = multiply_add::<FMA>(x[lane] * factor, gain[lane], offset[lane]);
                }
            }
        }
    }
}
