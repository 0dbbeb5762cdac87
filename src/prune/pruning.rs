//! A pruning run: what SRP adds to the training loop (SPEC §10).

use super::compaction::{complement, freeze_masks, slice_blueprint, slice_state};
use super::proof::{Proof, Safety, prove};
use super::round::{KeptRound, Round, inner};
use super::{
    Counts, Goal, Importance, OutOfReach, Progress, at_random, by_absolute_gradient, by_magnitude,
    connectivity_gradients, heads_agree, pruned_fraction, removed, removed_within, select,
};
use crate::config::{Budget, Criterion, Prune, PruneStage, Shrink};
use crate::groups::Groups;
use crate::kernels::Learning;
use crate::model::state::State;
use crate::model::{Blueprint, Connectivity, Transformer};
use crate::text::batching::Batch;
use crate::train::{DeviceBatch, Learner, Phase, Regime, Standing, Teacher, TrainError};
use burn::module::AutodiffModule;
use serde::Deserialize;
use serde_json::{Value, json};

/// A pruning run that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// Cutting changed what the model computes.
    #[error(
        "the cut model differs from the one with its groups at zero by {difference:e} in a logit, more than \
         {tolerance:e}"
    )]
    Unsafe {
        /// The largest difference of logits.
        difference: f64,
        /// The largest that rounding explains.
        tolerance: f64,
    },
    /// The model is not of a form that rounds can count on.
    #[error(
        "the attention modules of this model are not equally wide, so that it can only be pruned in stage 1"
    )]
    UnevenHeads,
    /// There is nothing to compare the models on.
    #[error("no validation sentence is short enough to prove a cut on")]
    NothingToProveOn,
    /// The rate is too low for what the stage may remove.
    #[error("the compression rate {rate} is out of reach")]
    OutOfReach {
        /// The rate.
        rate: f64,
        /// Why it is.
        #[source]
        source: OutOfReach,
    },
    /// What was kept of an interrupted run is something else.
    #[error("the state of an interrupted pruning run cannot be read")]
    State(#[source] serde_json::Error),
    /// The gradients that were to say what goes are no numbers.
    #[error("an importance score of `{group}` is not a number: the model has diverged")]
    Scores {
        /// The connectivity vector.
        group: String,
    },
}

/// SRP as a regime of the training loop.
pub struct Pruning<'a, B: Learning> {
    spec: &'a Prune,
    scoring: &'a [Batch],
    proof: &'a [Batch],
    teacher: Option<Teacher<B>>,
    device: B::Device,
    /// What [`Pruning::score`] would find in the first round, if it is known.
    known: Option<Groups<Vec<f32>>>,
    round: Option<Round<B>>,
    slicings: Vec<Safety>,
    /// Hears of every cut when it is made.
    tell: Box<dyn Fn(&Safety) + Send + 'a>,
}

impl<'a, B: Learning> Pruning<'a, B> {
    /// A regime that scores on `scoring` and proves its cuts on `proof`.
    pub fn new(
        spec: &'a Prune,
        scoring: &'a [Batch],
        proof: &'a [Batch],
        teacher: Option<Teacher<B>>,
        device: &B::Device,
    ) -> Self {
        Self {
            spec,
            scoring,
            proof,
            teacher,
            device: device.clone(),
            known: None,
            round: None,
            slicings: Vec::new(),
            tell: Box::new(|_| {}),
        }
    }

    /// The same regime, which tells of every cut when it is made.
    #[must_use]
    pub fn telling(self, tell: impl Fn(&Safety) + Send + 'a) -> Self {
        Self {
            tell: Box::new(tell),
            ..self
        }
    }

    /// The same regime, whose first round takes these for the gradients of [`connectivity_gradients`] and computes
    /// none.
    #[must_use]
    pub fn beginning_with(self, gradients: Groups<Vec<f32>>) -> Self {
        Self {
            known: Some(gradients),
            ..self
        }
    }

    /// The proofs of all cuts so far.
    pub fn slicings(&self) -> &[Safety] {
        &self.slicings
    }

    /// Epochs of the pruning phase so far, if `epoch` is within it.
    fn pruning_epoch(&self, epoch: usize) -> Option<usize> {
        let last = self.spec.warmup_epochs
            + self.spec.iterations.get() * self.spec.epochs_per_iteration.get();
        (epoch > self.spec.warmup_epochs && epoch <= last).then(|| epoch - self.spec.warmup_epochs)
    }

    /// Ranks and selects.
    fn begin_round(&self, learner: &Learner<B>, steps: usize) -> Result<Round<B>, TrainError> {
        let shape = &learner.blueprint.shape;
        let sizes = shape.groups();
        let ranking = self.rank(learner, &sizes)?;
        let counts = self.counts(&learner.blueprint, &ranking)?;
        let chosen = select(&ranking, &counts, shape.heads);
        let epochs = self.spec.epochs_per_iteration.get() as u64;
        let progress = Progress {
            step: 0,
            steps: epochs * steps as u64,
            epoch: 0,
            epochs,
        };
        let kept = complement(&chosen, &sizes);
        Ok(Round::new(counts, kept, &sizes, progress, &self.device))
    }

    /// Holds still what was selected.
    ///
    /// The cut is proved here already, though it comes at the end: what a machine cannot prove should fail before the
    /// training, not after it.
    fn hold(&self, learner: &mut Learner<B>, round: &Round<B>) -> Result<(), TrainError> {
        let (_, _, cut) = self.cut(learner, round)?;
        self.prove(learner, round, &cut)?;
        let masks = freeze_masks(&learner.blueprint.shape, &round.kept);
        learner.adam.freeze(&masks, self.spec.freeze);
        Ok(())
    }

    /// How many entries of each group go in this round.
    fn counts(
        &self,
        blueprint: &Blueprint,
        ranking: &Groups<Vec<f32>>,
    ) -> Result<Counts, TrainError> {
        let (rate, rounds) = (self.spec.compression_rate.get(), self.spec.iterations.get());
        if self.spec.stage != PruneStage::Embedding && !heads_agree(&blueprint.shape) {
            return Err(TrainError::Other(Box::new(PruneError::UnevenHeads)));
        }
        let Budget::Integer = self.spec.budget else {
            let fraction = pruned_fraction(&blueprint.original, rate, rounds, self.spec.budget);
            return Ok(removed(&blueprint.shape, fraction, self.spec.stage));
        };
        let goal = Goal {
            original: &blueprint.original,
            rate,
            round: self.slicings.len() + 1,
            rounds,
            stage: self.spec.stage,
        };
        removed_within(&blueprint.shape, ranking, goal)
            .map_err(|source| TrainError::Other(Box::new(PruneError::OutOfReach { rate, source })))
    }

    /// What the criterion makes of every entry; the largest go first.
    fn rank(
        &self,
        learner: &Learner<B>,
        sizes: &Groups<usize>,
    ) -> Result<Groups<Vec<f32>>, TrainError> {
        Ok(match self.spec.criterion {
            Criterion::Srp => self.score(learner, sizes)?,
            Criterion::Taylor => by_absolute_gradient(&self.score(learner, sizes)?),
            Criterion::Magnitude => {
                by_magnitude(&learner.model.to_state(), &learner.blueprint.shape)
            }
            Criterion::Random => at_random(sizes, self.spec.seed, self.slicings.len() as u64),
        })
    }

    /// The gradient of the objective with respect to every connectivity parameter, if need be computed.
    fn score(
        &self,
        learner: &Learner<B>,
        sizes: &Groups<usize>,
    ) -> Result<Groups<Vec<f32>>, TrainError> {
        if let (Some(known), []) = (&self.known, self.slicings.as_slice()) {
            return Ok(known.clone());
        }
        let batches = self
            .scoring
            .iter()
            .map(|batch| DeviceBatch::new(batch, &self.device));
        let smoothing = self.spec.training.label_smoothing.get();
        let teacher = self.teacher.as_ref();
        let found = connectivity_gradients(&learner.model, sizes, batches, smoothing, teacher);
        let Importance { gradients, .. } = found
            .checked()
            .map_err(|error| TrainError::Other(Box::new(error)))?;
        Ok(gradients)
    }

    /// The parameters before the cut, and blueprint and model after it.
    fn cut(
        &self,
        learner: &Learner<B>,
        round: &Round<B>,
    ) -> Result<(State, Blueprint, Transformer<B>), TrainError> {
        let before = learner.model.to_state();
        let blueprint = slice_blueprint(&learner.blueprint, &round.kept);
        let state = slice_state(&before, &round.kept);
        let model = Transformer::from_state(&blueprint, &state, &self.device)?;
        Ok((before, blueprint, model))
    }

    /// Cuts the selected groups out of model and optimizer, and proves that this changes nothing.
    fn end_round(
        &mut self,
        learner: &mut Learner<B>,
        round: &Round<B>,
        epoch: usize,
    ) -> Result<(), TrainError> {
        let (before, blueprint, model) = self.cut(learner, round)?;
        let proof = self.prove(learner, round, &model)?;
        let safety = proof.of(epoch, round.counts);
        (self.tell)(&safety);
        self.slicings.push(safety);
        learner.adam.unfreeze();
        learner
            .adam
            .reshape(&before, |moments| slice_state(moments, &round.kept));
        learner.blueprint = blueprint;
        learner.model = model;
        Ok(())
    }

    /// Compares the learner's model with the selected groups at zero to its cut one.
    fn prove(
        &self,
        learner: &Learner<B>,
        round: &Round<B>,
        cut: &Transformer<B>,
    ) -> Result<Proof, TrainError> {
        let (whole, cut) = (learner.model.valid(), cut.valid());
        prove(
            &whole,
            &inner(&round.staying),
            &cut,
            self.proof,
            &self.device,
        )
        .map_err(|error| TrainError::Other(Box::new(error)))
    }
}

impl<B: Learning> Regime<B> for Pruning<'_, B> {
    fn begin_epoch(
        &mut self,
        learner: &mut Learner<B>,
        epoch: usize,
        steps: usize,
    ) -> Result<(Phase, Standing), TrainError> {
        let Some(pruning_epoch) = self.pruning_epoch(epoch) else {
            let warming = epoch <= self.spec.warmup_epochs;
            let phase = match warming {
                true => Phase::WarmingUp,
                false => Phase::FineTuning,
            };
            return Ok((phase, Standing::Comparable));
        };
        let period = self.spec.epochs_per_iteration.get();
        let within = (pruning_epoch - 1) % period + 1;
        let mut standing = Standing::Comparable;
        if within == 1 {
            let round = self.begin_round(learner, steps)?;
            if self.spec.shrink == Shrink::OneShot {
                self.end_round(learner, &round, epoch - 1)?;
                standing = Standing::Reset;
            } else {
                self.hold(learner, &round)?;
                self.round = Some(round);
            }
        }
        let phase = match &mut self.round {
            Some(round) => {
                round.progress.epoch = within as u64;
                Phase::Pruning
            }
            None => Phase::FineTuning,
        };
        Ok((phase, standing))
    }

    fn connectivity(&mut self) -> Option<Connectivity<B>> {
        let round = self.round.as_mut()?;
        round.progress.step += 1;
        Some(round.connectivity(round.value(self.spec)))
    }

    fn validation_connectivity(&self) -> Option<Connectivity<B::InnerBackend>> {
        let round = self.round.as_ref()?;
        Some(inner(&round.connectivity(round.value(self.spec))))
    }

    fn teacher(&self) -> Option<&Teacher<B>> {
        self.teacher.as_ref()
    }

    fn end_epoch(
        &mut self,
        learner: &mut Learner<B>,
        epoch: usize,
    ) -> Result<Standing, TrainError> {
        let period = self.spec.epochs_per_iteration.get();
        let ends = self
            .pruning_epoch(epoch)
            .is_some_and(|epoch| epoch % period == 0);
        match self.round.take() {
            Some(round) if ends => {
                self.end_round(learner, &round, epoch)?;
                Ok(Standing::Reset)
            }
            round => {
                self.round = round;
                Ok(Standing::Comparable)
            }
        }
    }

    fn settled(&self) -> bool {
        self.slicings.len() == self.spec.iterations.get()
    }

    fn state(&self) -> Value {
        json!({ "round": self.round.as_ref().map(Round::state), "slicings": self.slicings })
    }

    fn resume(&mut self, state: &Value, learner: &mut Learner<B>) -> Result<(), TrainError> {
        let broken = |error| TrainError::Other(Box::new(PruneError::State(error)));
        let kept: KeptState = serde_json::from_value(state.clone()).map_err(broken)?;
        self.slicings = kept.slicings;
        let shape = &learner.blueprint.shape;
        let resume = |kept| Round::resume(kept, &shape.groups(), &self.device);
        self.round = kept.round.as_ref().map(resume);
        if let Some(round) = &self.round {
            let masks = freeze_masks(shape, &round.kept);
            learner.adam.freeze(&masks, self.spec.freeze);
        }
        Ok(())
    }
}

/// What [`Regime::state`] of a pruning run gives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptState {
    round: Option<KeptRound>,
    slicings: Vec<Safety>,
}
