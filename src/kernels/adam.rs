//! Adam with decoupled weight decay, in one pass over a parameter.

use super::chunks::{CHUNK, shared};
use super::simd::vectorised;
use rayon::prelude::*;

/// The numbers of one update of one parameter (SPEC §13).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamRule {
    /// What gradients are multiplied by.
    pub factor: f64,
    /// Decay rates of the two moments.
    pub betas: (f64, f64),
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// The learning rate, both corrections of the young moments included.
    pub rate: f64,
    /// Share of each entry that the update takes away.
    pub decay: f64,
    /// Whether frozen entries decay too.
    pub frozen_decay: bool,
}

/// The same numbers as they are multiplied.
#[derive(Debug, Clone, Copy)]
struct Constants {
    factor: f32,
    keep: (f32, f32),
    add: (f32, f32),
    epsilon: f32,
    rate: f32,
    decay: f32,
    frozen_decay: bool,
}

impl From<AdamRule> for Constants {
    fn from(rule: AdamRule) -> Self {
        Self {
            factor: rule.factor as f32,
            keep: (rule.betas.0 as f32, rule.betas.1 as f32),
            add: ((1.0 - rule.betas.0) as f32, (1.0 - rule.betas.1) as f32),
            epsilon: rule.epsilon as f32,
            rate: rule.rate as f32,
            decay: rule.decay as f32,
            frozen_decay: rule.frozen_decay,
        }
    }
}

/// Updates the moments; the updated values take the place of the gradient. Where `trained` is 0, an entry is frozen.
pub(super) fn update(
    gradient: &mut [f32],
    value: &[f32],
    [first, second]: [&mut [f32]; 2],
    trained: Option<&[f32]>,
    rule: AdamRule,
) {
    let constants = Constants::from(rule);
    let entries = gradient.len();
    let pieces = gradient
        .par_chunks_mut(CHUNK)
        .zip(value.par_chunks(CHUNK))
        .zip(
            first
                .par_chunks_mut(CHUNK)
                .zip(second.par_chunks_mut(CHUNK)),
        );
    shared(pieces.enumerate(), entries).for_each(|(piece, ((gradient, value), moments))| {
        match trained {
            None => update_all(gradient, value, moments, constants),
            Some(trained) => {
                let trained = &trained[piece * CHUNK..][..gradient.len()];
                update_trained(gradient, value, moments, trained, constants);
            }
        }
    });
}

vectorised! {
    fn update_all(gradient: &mut [f32], value: &[f32], moments: (&mut [f32], &mut [f32]), constants: Constants) {
        let moments = moments.0.iter_mut().zip(moments.1);
        for ((gradient, value), (first, second)) in gradient.iter_mut().zip(value).zip(moments) {
            let direction = direction(*gradient * constants.factor, first, second, constants);
            *gradient = value - value * constants.decay - direction;
        }
    }

    fn update_trained(
        gradient: &mut [f32],
        value: &[f32],
        moments: (&mut [f32], &mut [f32]),
        trained: &[f32],
        constants: Constants,
    ) {
        let moments = moments.0.iter_mut().zip(moments.1).zip(trained);
        for ((gradient, value), ((first, second), trained)) in gradient.iter_mut().zip(value).zip(moments) {
            let direction = direction(*gradient * constants.factor * trained, first, second, constants);
            let decaying = if constants.frozen_decay { *value } else { value * trained };
            *gradient = value - decaying * constants.decay - direction;
        }
    }
}

/// Updates both moments of an entry; how far they move it.
#[inline(always)]
fn direction(gradient: f32, first: &mut f32, second: &mut f32, constants: Constants) -> f32 {
    *first = *first * constants.keep.0 + gradient * constants.add.0;
    *second = *second * constants.keep.1 + gradient * gradient * constants.add.1;
    *first / (second.sqrt() + constants.epsilon) * constants.rate
}
