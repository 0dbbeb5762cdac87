//! Selectively Regularized Pruning: score, select, shrink to nothing while training, cut out.
//!
//! `budget` says how many of each group go (`integer`: to the last neuron), `importance` how much the loss would miss
//! each (`criterion`: what else they can be ranked by), `selection` which go, `schedule` how fast they fade,
//! `compaction` cuts them out, and `pruning` does all of it along a training run. `schedule` needs no tensor, and is there
//! without models too.

#[cfg(feature = "nn")]
mod budget;
#[cfg(feature = "nn")]
mod compaction;
#[cfg(feature = "nn")]
mod criterion;
#[cfg(feature = "nn")]
mod importance;
#[cfg(feature = "nn")]
mod integer;
#[cfg(feature = "nn")]
mod proof;
#[cfg(feature = "nn")]
mod pruning;
#[cfg(feature = "nn")]
mod round;
mod schedule;
#[cfg(feature = "nn")]
mod selection;

#[cfg(feature = "nn")]
pub use budget::{Counts, heads_agree, keep_ratio, pruned_fraction, removed};
#[cfg(feature = "nn")]
pub use compaction::{complement, freeze_masks, kept_after, slice_blueprint, slice_state};
#[cfg(feature = "nn")]
pub use criterion::{at_random, by_absolute_gradient, by_magnitude};
#[cfg(feature = "nn")]
pub use importance::{Importance, connectivity_gradients};
#[cfg(feature = "nn")]
pub use integer::{Goal, OutOfReach, removed_within};
#[cfg(feature = "nn")]
pub use proof::Safety;
#[cfg(feature = "nn")]
pub use pruning::{PruneError, Pruning};
pub use schedule::{Progress, shrunk};
#[cfg(feature = "nn")]
pub use selection::select;
