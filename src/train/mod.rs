//! Training: losses, the optimizer, the learning rate, and the loop over epochs.
//!
//! What differs between pretraining, pruning and finetuning stands behind [`Regime`]; how an epoch is judged,
//! behind [`Validate`]. The loop itself knows neither pruning nor BLEU.

mod adam;
mod batch;
mod learning_rate;
mod loss;
mod objective;
mod trainer;

pub use adam::Adam;
pub use batch::DeviceBatch;
pub use learning_rate::learning_rate;
pub use loss::{Loss, distillation, label_smoothed};
pub use objective::{Objective, Taught, Teacher, objective};
pub use trainer::{
    EpochRecord, Learner, Outcome, Phase, Plain, Regime, Standing, StepRecord, TrainError, Trainer,
    UpdateLoss, Validate, Watch,
};
