//! A model while it learns.

use super::snapshot::{Place, Snapshot, Sums};
use super::{Adam, DeviceBatch, Teacher, learning_rate, objective};
use crate::config::Training;
use crate::kernels::Learning;
use crate::model::state::State;
use crate::model::{Blueprint, LoadError, Pass, Transformer};
use burn::tensor::Tensor;

/// A model while it learns: parameters, optimizer, and how far it has come.
#[derive(Debug)]
pub struct Learner<B: Learning> {
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

/// The loss of an update, summed over target tokens, still on the device.
#[derive(Debug)]
pub struct UpdateLoss<B: Learning> {
    /// What was minimised, distillation included; `[1]`.
    pub total: Tensor<B::InnerBackend, 1>,
    /// Negative log-likelihood; `[1]`.
    pub nll: Tensor<B::InnerBackend, 1>,
    /// Target tokens.
    pub tokens: usize,
}

impl<B: Learning> Learner<B> {
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
        let smoothing = settings.label_smoothing.get();
        let loss = objective(logits, batch, smoothing, teacher, pass.precision);
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

    /// Puts the learner of a snapshot together again.
    ///
    /// # Errors
    /// If its numbers do not fit its blueprint.
    pub fn resume(
        snapshot: &Snapshot,
        settings: &Training,
        device: &B::Device,
    ) -> Result<Self, LoadError> {
        let blueprint = snapshot.blueprint.clone();
        let mut learner = Self::new(blueprint, &snapshot.model, settings, device)?;
        learner.steps = snapshot.place.steps;
        learner
            .adam
            .restore(&snapshot.first, &snapshot.second, &snapshot.place.updates);
        Ok(learner)
    }

    /// All of the learner, off the device, at this place of the run.
    pub(super) fn snapshot(&self, best: Option<(Blueprint, State)>, mut place: Place) -> Snapshot {
        let (first, second, updates) = self.adam.state();
        place.steps = self.steps;
        place.updates = updates;
        Snapshot {
            blueprint: self.blueprint.clone(),
            model: self.model.to_state(),
            first,
            second,
            best,
            place,
        }
    }
}

impl<B: Learning> UpdateLoss<B> {
    /// Total and NLL of several updates, off the device in one transfer.
    pub fn read<'a>(losses: impl Iterator<Item = &'a Self>) -> Vec<(f64, f64)>
    where
        B: 'a,
    {
        let numbers = losses.flat_map(|loss| [loss.total.clone(), loss.nll.clone()]);
        let numbers = Tensor::cat(numbers.collect(), 0).into_data();
        let numbers: Vec<f64> = numbers.iter().collect();
        numbers
            .chunks_exact(2)
            .map(|pair| (pair[0], pair[1]))
            .collect()
    }
}

impl Sums {
    /// Adds the total and the NLL of an update; returns its loss per token, to the base 2.
    pub fn add(&mut self, (total, nll): (f64, f64), tokens: usize) -> f64 {
        self.loss += total;
        self.nll += nll;
        self.tokens += tokens;
        total / tokens as f64 / std::f64::consts::LN_2
    }

    pub(super) fn per_token(&self, sum: f64) -> f64 {
        sum / self.tokens.max(1) as f64 / std::f64::consts::LN_2
    }
}
