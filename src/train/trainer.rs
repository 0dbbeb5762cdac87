//! The loop over epochs and batches.

use super::snapshot::{Place, Snapshot};
use super::{
    DeviceBatch, EpochRecord, Keep, Learner, Regime, Standing, StepRecord, UpdateLoss, Validate,
    Watch, Wish, learning_rate,
};
use crate::config::Training;
use crate::kernels::Learning;
use crate::model::state::State;
use crate::model::{Blueprint, Dropout, LoadError, Pass};
use crate::text::batching::{Batch, epoch_order};
use burn::module::AutodiffModule;
use std::time::Instant;

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
    /// The run was asked to stop. What it had done is kept.
    #[error("training was stopped after {steps} updates, which are kept")]
    Stopped {
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
    /// Losses of so many updates are read at once, if no checkpoint or end of an epoch comes before.
    pub losses_at_once: usize,
}

/// Who a training run asks, tells and obeys.
pub struct Company<'a, R, V, W, K> {
    /// What kind of training it is.
    pub regime: &'a mut R,
    /// Judges the model.
    pub validate: &'a mut V,
    /// Is told what happens.
    pub watch: &'a mut W,
    /// Keeps what an interrupted run goes on from.
    pub keep: &'a mut K,
}

impl Trainer<'_> {
    /// Trains to the end: from the start, or from a snapshot that `learner` was resumed from.
    ///
    /// # Errors
    /// If there is nothing to train on, the loss leaves the numbers, a part outside of the loop fails, or the run was
    /// asked to stop.
    pub fn run<B: Learning>(
        &self,
        learner: &mut Learner<B>,
        company: Company<'_, impl Regime<B>, impl Validate<B>, impl Watch, impl Keep>,
        from: Option<Snapshot>,
    ) -> Result<Outcome, TrainError> {
        if self.batches.is_empty() {
            return Err(TrainError::NoBatches);
        }
        let (best, place) = match from {
            Some(snapshot) => {
                company.regime.resume(&snapshot.place.regime, learner)?;
                (snapshot.best, snapshot.place)
            }
            None => (None, Place::start()),
        };
        let mut course = Course {
            trainer: self,
            learner,
            company,
            best,
            place,
            unread: Vec::new(),
            clock: Instant::now(),
        };
        while course.place.epoch <= self.settings.epochs.get() {
            if course.epoch()? {
                break;
            }
            course.place.next_epoch();
            course.keep()?;
            course.clock = Instant::now();
        }
        course.finish()
    }

    /// Updates of the whole run, if nothing ends it early.
    fn total(&self) -> u64 {
        let all = (self.settings.epochs.get() * self.batches.len()) as u64;
        self.settings
            .max_steps
            .map_or(all, |most| all.min(most.get()))
    }
}

/// A training run on its way.
struct Course<'a, 'b, B: Learning, R, V, W, K> {
    trainer: &'a Trainer<'a>,
    learner: &'a mut Learner<B>,
    company: Company<'b, R, V, W, K>,
    /// The model with the best score so far.
    best: Option<(Blueprint, State)>,
    place: Place,
    /// Losses of the newest updates, still on the device.
    unread: Vec<UpdateLoss<B>>,
    /// Since the epoch began, or the run went on.
    clock: Instant,
}

impl<B, R, V, W, K> Course<'_, '_, B, R, V, W, K>
where
    B: Learning,
    R: Regime<B>,
    V: Validate<B>,
    W: Watch,
    K: Keep,
{
    /// What is left of an epoch; says whether the run ends with it.
    fn epoch(&mut self) -> Result<bool, TrainError> {
        if !self.place.ended {
            if self.place.done == 0 {
                let steps = self.trainer.batches.len();
                let (phase, standing) =
                    self.company
                        .regime
                        .begin_epoch(self.learner, self.place.epoch, steps)?;
                self.place.phase = Some(phase);
                self.heed(standing);
            }
            self.updates()?;
            let standing = self
                .company
                .regime
                .end_epoch(self.learner, self.place.epoch)?;
            self.heed(standing);
            self.place.ended = true;
        }
        self.judge()
    }

    /// Forgets the best model if it no longer compares.
    fn heed(&mut self, standing: Standing) {
        if standing == Standing::Reset {
            self.best = None;
            self.place.best_score = None;
            self.place.without_gain = 0;
        }
    }

    /// The updates that the epoch still has.
    fn updates(&mut self) -> Result<(), TrainError> {
        let Trainer {
            settings,
            seed,
            batches,
            ..
        } = self.trainer;
        let order = epoch_order(batches.len(), *seed, self.place.epoch as u64);
        for &batch in &order[self.place.done..] {
            if self.out_of_steps() {
                break;
            }
            let batch = DeviceBatch::new(&batches[batch], &self.learner.device);
            let connectivity = self.company.regime.connectivity();
            let dropout = Dropout::new(settings.dropout.get(), *seed, self.learner.steps);
            let pass = Pass {
                connectivity: connectivity.as_ref(),
                dropout: dropout.as_ref(),
                precision: settings.precision,
            };
            let teacher = self.company.regime.teacher();
            let update = self.learner.update(&batch, pass, teacher, settings);
            self.unread.push(update);
            self.place.done += 1;
            if self.unread.len() >= self.trainer.losses_at_once {
                self.read_losses()?;
            }
            match self.company.keep.wish() {
                Wish::GoOn => {}
                Wish::Keep => {
                    self.read_losses()?;
                    self.keep()?;
                }
                Wish::Stop => {
                    self.read_losses()?;
                    return Err(self.stop()?);
                }
            }
        }
        self.read_losses()
    }

    /// Waits for the losses of the newest updates and adds them up.
    fn read_losses(&mut self) -> Result<(), TrainError> {
        let unread = std::mem::take(&mut self.unread);
        if unread.is_empty() {
            return Ok(());
        }
        let later = (0..unread.len()).rev();
        let numbers = UpdateLoss::read(unread.iter());
        for ((update, numbers), later) in unread.iter().zip(numbers).zip(later) {
            let loss = self.place.sums.add(numbers, update.tokens);
            if !loss.is_finite() {
                let step = self.learner.steps - later as u64;
                return Err(TrainError::Diverged { step, loss });
            }
            self.company.watch.step(&StepRecord {
                epoch: self.place.epoch,
                step: self.place.done - later,
                steps: self.trainer.batches.len(),
                loss,
            });
        }
        Ok(())
    }

    fn out_of_steps(&self) -> bool {
        let most = self.trainer.settings.max_steps;
        most.is_some_and(|most| self.learner.steps >= most.get())
    }

    /// Judges the model where that is due; says whether the run ends.
    fn judge(&mut self) -> Result<bool, TrainError> {
        let settings = self.trainer.settings;
        let every = settings.validation.every_epochs.get();
        let due = self.place.epoch.is_multiple_of(every);
        let mut ends = self.place.epoch == settings.epochs.get() || self.out_of_steps();
        let mut score = None;
        if due || ends {
            let connectivity = self.company.regime.validation_connectivity();
            let model = self.learner.model.valid();
            let keep = &mut *self.company.keep;
            let mut stopped = || keep.wish() == Wish::Stop;
            let judged = self.company.validate.score(
                &self.learner.blueprint,
                &model,
                connectivity.as_ref(),
                &mut stopped,
            )?;
            let Some(value) = judged else {
                return Err(self.stop()?);
            };
            score = Some(value);
            self.compare(value);
            let patience = settings.patience.filter(|_| self.company.regime.settled());
            ends |= patience.is_some_and(|patience| self.place.without_gain >= patience.get());
        }
        self.report(score);
        Ok(ends)
    }

    /// Compares a model to the best so far; of equal scores the later one is best.
    fn compare(&mut self, value: f64) {
        let best = self.place.best_score;
        let gained = best.is_none_or(|best| value > best);
        if best.is_none_or(|best| value >= best) {
            self.place.best_score = Some(value);
            self.best = Some((
                self.learner.blueprint.clone(),
                self.learner.model.to_state(),
            ));
        }
        self.place.without_gain = if gained {
            0
        } else {
            self.place.without_gain + 1
        };
    }

    fn report(&mut self, validation: Option<f64>) {
        let (place, learner) = (&self.place, &self.learner);
        let Some(phase) = place.phase else { return };
        let rate = &self.trainer.settings.learning_rate;
        self.company.watch.epoch(&EpochRecord {
            epoch: place.epoch,
            phase,
            total_steps: learner.steps,
            loss: place.sums.per_token(place.sums.loss),
            nll: place.sums.per_token(place.sums.nll),
            learning_rate: learning_rate(rate, learner.steps.saturating_sub(1)),
            validation,
            parameters: learner.blueprint.shape.parameters(),
            seconds: place.seconds + self.clock.elapsed().as_secs_f64(),
        });
    }

    fn keep(&mut self) -> Result<(), TrainError> {
        let place = Place {
            seconds: self.place.seconds + self.clock.elapsed().as_secs_f64(),
            regime: self.company.regime.state(),
            ..self.place.clone()
        };
        let snapshot = self.learner.snapshot(self.best.take(), place);
        let kept = self.company.keep.keep(&snapshot, self.trainer.total());
        self.best = snapshot.best;
        kept
    }

    /// Keeps what was done; the error that ends the run.
    fn stop(&mut self) -> Result<TrainError, TrainError> {
        self.keep()?;
        Ok(TrainError::Stopped {
            steps: self.learner.steps,
        })
    }

    fn finish(self) -> Result<Outcome, TrainError> {
        let steps = self.learner.steps;
        match self.best.zip(self.place.best_score) {
            Some((best, best_score)) if self.company.regime.settled() => Ok(Outcome {
                last: (
                    self.learner.blueprint.clone(),
                    self.learner.model.to_state(),
                ),
                best,
                best_score,
                steps,
            }),
            _ => Err(TrainError::Unfinished { steps }),
        }
    }
}
