//! What training minimises, and what scoring differentiates: the data's loss, and a teacher's.

use super::DeviceBatch;
use crate::config::TrainingPrecision;
use crate::kernels::Learning;
use crate::model::{Pass, Transformer};
use burn::tensor::Tensor;

/// A model that the learner imitates, beside what the data say (SPEC §9).
#[derive(Debug)]
pub struct Teacher<B: Learning> {
    /// The model; without dropout or connectivity.
    pub model: Transformer<B::InnerBackend>,
    /// Factor of its loss.
    pub weight: f64,
    /// Temperature of both distributions.
    pub temperature: f64,
    /// Where it is imitated.
    pub positions: Taught,
}

/// The target positions at which a teacher is imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taught {
    /// At tokens.
    Tokens,
    /// At padding too, as in the original (D14): for parity with it.
    All,
}

/// The objective of a batch, summed over its target tokens.
#[derive(Debug)]
pub struct Objective<B: Learning> {
    /// Label-smoothed cross entropy plus the weighted distillation; `[1]`.
    pub total: Tensor<B, 1>,
    /// Negative log-likelihood; `[1]`.
    pub nll: Tensor<B, 1>,
}

/// The objective for a batch, given the learner's `logits`, `[batch * tgt_len, vocab]`; `precision` is the teacher's.
pub fn objective<B: Learning>(
    logits: Tensor<B, 2>,
    batch: &DeviceBatch<B>,
    smoothing: f64,
    teacher: Option<&Teacher<B>>,
    precision: TrainingPrecision,
) -> Objective<B> {
    let taught =
        teacher.map(|teacher| teacher.loss(logits.clone(), batch, precision) * teacher.weight);
    // Last, so that the scores can become their gradient where they are.
    let loss = B::cross_entropy(
        logits,
        batch.targets.clone(),
        batch.valid.clone(),
        smoothing,
    );
    let total = match taught {
        Some(taught) => loss.smoothed + taught,
        None => loss.smoothed,
    };
    Objective {
        total,
        nll: loss.nll,
    }
}

impl<B: Learning> Teacher<B> {
    /// How far the student's scores are from the teacher's, summed over target tokens; `[1]`.
    fn loss(
        &self,
        student: Tensor<B, 2>,
        batch: &DeviceBatch<B>,
        precision: TrainingPrecision,
    ) -> Tensor<B, 1> {
        let seen = batch.inner();
        let pass = Pass {
            precision,
            ..Pass::plain()
        };
        let logits = self.model.forward(&seen.source, &seen.decoder_input, pass);
        let weights = match self.positions {
            Taught::Tokens => batch.valid.clone(),
            Taught::All => batch.valid.ones_like(),
        };
        B::distillation(
            student,
            Tensor::from_inner(logits),
            weights,
            self.temperature,
        )
    }
}
