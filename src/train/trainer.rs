//! The loop over epochs and batches.

use super::{Adam, DeviceBatch, Teacher, learning_rate, objective};
use crate::config::Training;
use crate::model::state::State;
use crate::model::{Blueprint, Connectivity, Dropout, LoadError, Pass, Transformer};
use crate::text::batching::{Batch, epoch_order};
use burn::module::AutodiffModule;
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{ElementConversion, Tensor};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// A model while it learns: parameters, optimizer, and how far it has come.
#[derive(Debug)]
pub struct Learner<B: AutodiffBackend> {
    /// Sizes and constants of the model.
    pub blueprint: Blueprint,
    /// The model.
    pub model: Transformer<B>,
    /// Its optimizer.
    pub adam: Adam<B>,
    /// Completed updates.
    pub steps: u64,
    /// Where it learns.
    pub device: B::Device,
}

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
pub trait Regime<B: AutodiffBackend> {
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

impl<B: AutodiffBackend> Regime<B> for Plain {
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
}

/// Judges a model; larger is better.
pub trait Validate<B: AutodiffBackend> {
    /// The score of a model.
    ///
    /// # Errors
    /// If the score cannot be computed.
    fn score(
        &mut self,
        model: &Transformer<B::InnerBackend>,
        connectivity: Option<&Connectivity<B::InnerBackend>>,
    ) -> Result<f64, TrainError>;
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

/// What a training run makes.
#[derive(Debug)]
pub struct Outcome {
    /// The model after the last update.
    pub last: (Blueprint, State),
    /// The model with the best validation score since the last cut.
    pub best: (Blueprint, State),
    /// That score.
    pub best_score: f64,
    /// Completed updates.
    pub steps: u64,
}

/// A training run that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The data set leaves nothing to train on.
    #[error("the training set has no batch")]
    NoBatches,
    /// The loss is not a number any more.
    #[error("the loss of update {step} is {loss}: lower the learning rate")]
    Diverged {
        /// The update, from 1.
        step: u64,
        /// The loss.
        loss: f64,
    },
    /// The run ended before it had made what it is for.
    #[error("training ended after {steps} updates, before the last slicing")]
    Unfinished {
        /// Completed updates.
        steps: u64,
    },
    /// Numbers do not fit the model.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A part outside of the loop failed.
    #[error(transparent)]
    Other(#[from] Box<dyn std::error::Error + Send + Sync>),
}

/// A training run.
pub struct Trainer<'a> {
    /// How to train.
    pub settings: &'a Training,
    /// Seed of shuffling and dropout.
    pub seed: u64,
    /// The training set.
    pub batches: &'a [Batch],
}

/// Sums over an epoch, off the device.
#[derive(Debug, Default)]
struct Sums {
    loss: f64,
    nll: f64,
    tokens: usize,
}

/// The loss of an update, summed over target tokens, still on the device.
#[derive(Debug)]
pub struct UpdateLoss<B: AutodiffBackend> {
    /// What was minimised, distillation included; `[1]`.
    pub total: Tensor<B::InnerBackend, 1>,
    /// Negative log-likelihood; `[1]`.
    pub nll: Tensor<B::InnerBackend, 1>,
    /// Target tokens.
    pub tokens: usize,
}

impl Trainer<'_> {
    /// Trains to the end.
    ///
    /// # Errors
    /// If there is nothing to train on, the loss leaves the numbers, or a part outside of the loop fails.
    pub fn run<B: AutodiffBackend>(
        &self,
        learner: &mut Learner<B>,
        regime: &mut impl Regime<B>,
        validate: &mut impl Validate<B>,
        watch: &mut impl Watch,
    ) -> Result<Outcome, TrainError> {
        if self.batches.is_empty() {
            return Err(TrainError::NoBatches);
        }
        let epochs = self.settings.epochs.get();
        let mut best: Option<(f64, Blueprint, State)> = None;
        let mut without_gain = 0;
        for epoch in 1..=epochs {
            let started = Instant::now();
            let (phase, before) = regime.begin_epoch(learner, epoch, self.batches.len())?;
            let sums = self.train_epoch(learner, regime, watch, epoch)?;
            let after = regime.end_epoch(learner, epoch)?;
            if before == Standing::Reset || after == Standing::Reset {
                best = None;
                without_gain = 0;
            }
            let out_of_steps = self
                .settings
                .max_steps
                .is_some_and(|most| learner.steps >= most.get());
            let due = epoch % self.settings.validation.every_epochs.get() == 0;
            let mut ends = epoch == epochs || out_of_steps;
            let mut score = None;
            if due || ends {
                let connectivity = regime.validation_connectivity();
                let value = validate.score(&learner.model.valid(), connectivity.as_ref())?;
                score = Some(value);
                let gained = best.as_ref().is_none_or(|(best, ..)| value > *best);
                if best.as_ref().is_none_or(|(best, ..)| value >= *best) {
                    best = Some((value, learner.blueprint.clone(), learner.model.to_state()));
                }
                without_gain = if gained { 0 } else { without_gain + 1 };
                let patience = self.settings.patience.filter(|_| regime.settled());
                ends |= patience.is_some_and(|patience| without_gain >= patience.get());
            }
            watch.epoch(&EpochRecord {
                epoch,
                phase,
                total_steps: learner.steps,
                loss: sums.per_token(sums.loss),
                nll: sums.per_token(sums.nll),
                learning_rate: learning_rate(
                    &self.settings.learning_rate,
                    learner.steps.saturating_sub(1),
                ),
                validation: score,
                parameters: learner.blueprint.shape.parameters(),
                seconds: started.elapsed().as_secs_f64(),
            });
            if ends {
                break;
            }
        }
        match best {
            Some((best_score, blueprint, state)) if regime.settled() => Ok(Outcome {
                last: (learner.blueprint.clone(), learner.model.to_state()),
                best: (blueprint, state),
                best_score,
                steps: learner.steps,
            }),
            _ => Err(TrainError::Unfinished {
                steps: learner.steps,
            }),
        }
    }

    fn train_epoch<B: AutodiffBackend>(
        &self,
        learner: &mut Learner<B>,
        regime: &mut impl Regime<B>,
        watch: &mut impl Watch,
        epoch: usize,
    ) -> Result<Sums, TrainError> {
        let steps = self.batches.len();
        let mut sums = Sums::default();
        let order = epoch_order(steps, self.seed, epoch as u64);
        for (index, &batch) in order.iter().enumerate() {
            let batch = DeviceBatch::new(&self.batches[batch], &learner.device);
            let connectivity = regime.connectivity();
            let dropout = Dropout::new(self.settings.dropout.get(), self.seed, learner.steps);
            let pass = Pass {
                connectivity: connectivity.as_ref(),
                dropout: dropout.as_ref(),
            };
            let loss = sums.add(learner.update(&batch, pass, regime.teacher(), self.settings));
            if !loss.is_finite() {
                return Err(TrainError::Diverged {
                    step: learner.steps,
                    loss,
                });
            }
            watch.step(&StepRecord {
                epoch,
                step: index + 1,
                steps,
                loss,
            });
            if self
                .settings
                .max_steps
                .is_some_and(|most| learner.steps >= most.get())
            {
                break;
            }
        }
        Ok(sums)
    }
}

impl<B: AutodiffBackend> Learner<B> {
    /// Puts a learner together that has learned nothing yet.
    ///
    /// # Errors
    /// If the numbers do not fit the blueprint.
    pub fn new(
        blueprint: Blueprint,
        state: &State,
        settings: &Training,
        device: &B::Device,
    ) -> Result<Self, LoadError> {
        let model = Transformer::from_state(&blueprint, state, device)?;
        let adam = Adam::new(&settings.optimizer, device);
        Ok(Self {
            blueprint,
            model,
            adam,
            steps: 0,
            device: device.clone(),
        })
    }

    /// One update: forward, backward, divide by the target tokens, Adam.
    pub fn update(
        &mut self,
        batch: &DeviceBatch<B>,
        pass: Pass<'_, B>,
        teacher: Option<&Teacher<B>>,
        settings: &Training,
    ) -> UpdateLoss<B> {
        let logits = self
            .model
            .forward(&batch.source, &batch.decoder_input, pass);
        let loss = objective(logits, batch, settings.label_smoothing.get(), teacher);
        let mut gradients = loss.total.backward();
        let rate = learning_rate(&settings.learning_rate, self.steps);
        let factor = 1.0 / batch.target_tokens as f64;
        let model = self.model.clone();
        self.model = self.adam.step(model, &mut gradients, factor, rate);
        self.steps += 1;
        UpdateLoss {
            total: loss.total.inner(),
            nll: loss.nll.inner(),
            tokens: batch.target_tokens,
        }
    }
}

impl Sums {
    /// Adds an update; returns its loss per token, to the base 2.
    fn add<B: AutodiffBackend>(&mut self, update: UpdateLoss<B>) -> f64 {
        let total: f64 = update.total.into_scalar().elem();
        let nll: f64 = update.nll.into_scalar().elem();
        self.loss += total;
        self.nll += nll;
        self.tokens += update.tokens;
        total / update.tokens as f64 / std::f64::consts::LN_2
    }

    fn per_token(&self, sum: f64) -> f64 {
        sum / self.tokens.max(1) as f64 / std::f64::consts::LN_2
    }
}
