//! What differs between kinds of training, and who watches: the loop asks these traits.

use super::snapshot::Snapshot;
use super::{Learner, Teacher, TrainError};
use crate::kernels::Learning;
use crate::model::{Blueprint, Connectivity, Transformer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an epoch is for (SPEC §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The plain model is trained.
    Training,
    /// The plain model is trained before pruning.
    WarmingUp,
    /// Connectivity is active and shrinks.
    Pruning,
    /// The cut model is trained on.
    FineTuning,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Training => "training",
            Self::WarmingUp => "warming up",
            Self::Pruning => "pruning",
            Self::FineTuning => "fine-tuning",
        })
    }
}

/// What a kind of training adds to the loop.
pub trait Regime<B: Learning> {
    /// Called before the first update of epoch `epoch`, from 1, which has `steps` updates; says what the epoch is for,
    /// and whether earlier best values still compare.
    ///
    /// # Errors
    /// If the model cannot be prepared.
    fn begin_epoch(
        &mut self,
        learner: &mut Learner<B>,
        epoch: usize,
        steps: usize,
    ) -> Result<(Phase, Standing), TrainError>;

    /// The connectivity of the next update's forward pass; called once for each update.
    fn connectivity(&mut self) -> Option<Connectivity<B>>;

    /// The connectivity that validation uses now.
    fn validation_connectivity(&self) -> Option<Connectivity<B::InnerBackend>>;

    /// The model to imitate.
    fn teacher(&self) -> Option<&Teacher<B>>;

    /// Called after the last update of an epoch; says whether earlier best values still compare.
    ///
    /// # Errors
    /// If the model cannot be changed as it should.
    fn end_epoch(&mut self, learner: &mut Learner<B>, epoch: usize)
    -> Result<Standing, TrainError>;

    /// Whether the model is what the run is to make: until then, neither patience nor an early end count.
    fn settled(&self) -> bool;

    /// What of the regime an interrupted run must know, between two updates.
    fn state(&self) -> Value;

    /// Goes on from what [`Regime::state`] gave; the learner is as it was then, but for what the regime has done to its
    /// optimizer.
    ///
    /// # Errors
    /// If the state is not one of this regime.
    fn resume(&mut self, state: &Value, learner: &mut Learner<B>) -> Result<(), TrainError>;
}

/// Whether validation scores of earlier epochs compare with those to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They do.
    Comparable,
    /// The model was cut: what was best before is no longer a candidate (SPEC §16, D18).
    Reset,
}

/// The regime that adds nothing.
#[derive(Debug, Clone, Copy)]
pub struct Plain(
    /// What its epochs are for.
    pub Phase,
);

impl<B: Learning> Regime<B> for Plain {
    fn begin_epoch(
        &mut self,
        _: &mut Learner<B>,
        _: usize,
        _: usize,
    ) -> Result<(Phase, Standing), TrainError> {
        Ok((self.0, Standing::Comparable))
    }

    fn connectivity(&mut self) -> Option<Connectivity<B>> {
        None
    }

    fn validation_connectivity(&self) -> Option<Connectivity<B::InnerBackend>> {
        None
    }

    fn teacher(&self) -> Option<&Teacher<B>> {
        None
    }

    fn end_epoch(&mut self, _: &mut Learner<B>, _: usize) -> Result<Standing, TrainError> {
        Ok(Standing::Comparable)
    }

    fn settled(&self) -> bool {
        true
    }

    fn state(&self) -> Value {
        Value::Null
    }

    fn resume(&mut self, _: &Value, _: &mut Learner<B>) -> Result<(), TrainError> {
        Ok(())
    }
}

/// Judges a model; larger is better.
pub trait Validate<B: Learning> {
    /// The score of a model; nothing if `stopped`, which is to be asked now and then, says so before it is known.
    ///
    /// # Errors
    /// If the score cannot be computed.
    fn score(
        &mut self,
        blueprint: &Blueprint,
        model: &Transformer<B::InnerBackend>,
        connectivity: Option<&Connectivity<B::InnerBackend>>,
        stopped: &mut dyn FnMut() -> bool,
    ) -> Result<Option<f64>, TrainError>;
}

/// Told what happens while training.
pub trait Watch {
    /// After an update whose loss was read.
    fn step(&mut self, record: &StepRecord);
    /// After an epoch.
    fn epoch(&mut self, record: &EpochRecord);
}

/// One update.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Updates of the epoch so far.
    pub step: usize,
    /// Updates of the epoch.
    pub steps: usize,
    /// Loss per target token, to the base 2, distillation included.
    pub loss: f64,
}

/// One epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EpochRecord {
    /// The epoch, from 1.
    pub epoch: usize,
    /// What it was for.
    pub phase: Phase,
    /// Updates of the run so far.
    pub total_steps: u64,
    /// Loss per target token, to the base 2, distillation included.
    pub loss: f64,
    /// Negative log-likelihood per target token, to the base 2.
    pub nll: f64,
    /// The last learning rate.
    pub learning_rate: f64,
    /// The validation score, if the epoch was judged.
    pub validation: Option<f64>,
    /// Trained numbers of the model at its end.
    pub parameters: u64,
    /// Seconds that it took, validation included.
    pub seconds: f64,
}

/// What to do between two updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Go on.
    GoOn,
    /// Keep what was done, and go on.
    Keep,
    /// Keep what was done, and stop.
    Stop,
}

/// Keeps what an interrupted run goes on from.
pub trait Keep {
    /// Asked after every update, and while a model is judged.
    fn wish(&mut self) -> Wish;

    /// Keeps the run as it is now, in the place of what was kept before; it has `total` updates if nothing ends it early.
    ///
    /// # Errors
    /// If it cannot be kept.
    fn keep(&mut self, snapshot: &Snapshot, total: u64) -> Result<(), TrainError>;
}

/// Keeps nothing, and never stops.
#[derive(Debug, Clone, Copy)]
pub struct KeepNothing;

impl Keep for KeepNothing {
    fn wish(&mut self) -> Wish {
        Wish::GoOn
    }

    fn keep(&mut self, _: &Snapshot, _: u64) -> Result<(), TrainError> {
        Ok(())
    }
}
