//! Training: losses, the optimizer, the learning rate, and the loop over epochs.
//!
//! What differs between pretraining, pruning and finetuning stands behind [`Regime`]; how an epoch is judged,
//! behind [`Validate`], what an interrupted run goes on from, behind [`Keep`]. The loop itself knows neither pruning nor
//! BLEU.

mod adam;
mod batch;
mod learner;
mod learning_rate;
mod objective;
mod regime;
mod rehearsal;
mod snapshot;
mod trainer;

pub use adam::Adam;
pub use batch::DeviceBatch;
pub use learner::{Learner, UpdateLoss};
pub use learning_rate::learning_rate;
pub use objective::{Objective, Taught, Teacher, objective};
pub use regime::{
    EpochRecord, Keep, KeepNothing, Phase, Plain, Regime, Standing, StepRecord, Validate, Watch,
    Wish,
};
pub use rehearsal::{Rehearsal, RehearsalError, Repeat, Scene};
pub use snapshot::{Place, Snapshot, Sums};
pub use trainer::{Company, Outcome, TrainError, Trainer};
