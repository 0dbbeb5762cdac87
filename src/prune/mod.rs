//! Selectively Regularized Pruning: score, select, shrink to nothing while training, cut out.
//!
//! `budget` says how many of each group go (`integer`: to the last neuron), `importance` how much the loss would miss
//! each (`criterion`: what else they can be ranked by), `selection` which go, `schedule` how fast they fade,
//! `compaction` cuts them out, and `pruning` does all of it along a training run.

mod budget;
mod compaction;
mod criterion;
mod importance;
mod integer;
mod proof;
mod pruning;
mod round;
mod schedule;
mod selection;

pub use budget::{Counts, heads_agree, keep_ratio, pruned_fraction, removed};
pub use compaction::{complement, freeze_masks, kept_after, slice_blueprint, slice_state};
pub use criterion::{at_random, by_absolute_gradient, by_magnitude};
pub use importance::{Importance, connectivity_gradients};
pub use integer::{Goal, OutOfReach, removed_within};
pub use proof::Safety;
pub use pruning::{PruneError, Pruning};
pub use schedule::{Progress, shrunk};
pub use selection::select;
