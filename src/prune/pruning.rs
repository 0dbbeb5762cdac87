//! A pruning run: what SRP adds to the training loop (SPEC §10).

use super::compaction::{complement, freeze_masks, slice_blueprint, slice_state};
use super::{
    Counts, Goal, Importance, OutOfReach, Progress, at_random, by_absolute_gradient, by_magnitude,
    connectivity_gradients, heads_agree, pruned_fraction, removed, removed_within, select, shrunk,
};
use crate::config::{Budget, Criterion, Prune, PruneStage, Shrink};
use crate::device::rounding;
use crate::groups::Groups;
use crate::model::state::State;
use crate::model::{Blueprint, Connectivity, Pass, Transformer};
use crate::text::batching::Batch;
use crate::train::{DeviceBatch, Learner, Phase, Regime, Standing, Teacher, TrainError};
use burn::module::AutodiffModule;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{ElementConversion, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

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

/// The proof that a cut changed nothing: the model with the selected groups at zero, against the cut model, on
/// validation sentences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Safety {
    /// The epoch after which it was cut.
    pub epoch: usize,
    /// What was removed.
    pub removed: Counts,
    /// Sentences compared.
    pub sentences: usize,
    /// The largest difference of two logits.
    pub largest_difference: f64,
    /// The largest absolute logit.
    pub largest_logit: f64,
}

/// SRP as a regime of the training loop.
#[derive(Debug)]
pub struct Pruning<'a, B: AutodiffBackend> {
    spec: &'a Prune,
    scoring: &'a [Batch],
    proof: &'a [Batch],
    teacher: Option<Teacher<B>>,
    device: B::Device,
    round: Option<Round<B>>,
    slicings: Vec<Safety>,
}

/// One round of shrinking: what was selected, and where the epoch stands in it.
#[derive(Debug)]
struct Round<B: AutodiffBackend> {
    counts: Counts,
    kept: Groups<Vec<usize>>,
    /// 1 where an entry is selected, 0 where it stays.
    selected: Connectivity<B>,
    /// The reverse.
    staying: Connectivity<B>,
    progress: Progress,
}

impl<'a, B: AutodiffBackend> Pruning<'a, B> {
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
            round: None,
            slicings: Vec::new(),
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
        Ok(self.round_of(counts, complement(&chosen, &sizes), &sizes, progress))
    }

    /// The round that keeps these entries of groups of these sizes.
    fn round_of(
        &self,
        counts: Counts,
        kept: Groups<Vec<usize>>,
        sizes: &Groups<usize>,
        progress: Progress,
    ) -> Round<B> {
        Round {
            counts,
            selected: indicator(&complement(&kept, sizes), sizes, &self.device),
            staying: indicator(&kept, sizes, &self.device),
            kept,
            progress,
        }
    }

    /// Holds still what was selected.
    ///
    /// The cut is proved here already, though it comes at the end: what a machine cannot prove should fail before the
    /// training, not after it.
    fn hold(&self, learner: &mut Learner<B>, round: &Round<B>) -> Result<(), TrainError> {
        let (_, _, cut) = self.cut(learner, round)?;
        self.prove(learner, round, &cut, 0)?;
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

    /// The gradient of the objective with respect to every connectivity parameter.
    fn score(
        &self,
        learner: &Learner<B>,
        sizes: &Groups<usize>,
    ) -> Result<Groups<Vec<f32>>, TrainError> {
        let batches = self
            .scoring
            .iter()
            .map(|batch| DeviceBatch::new(batch, &self.device));
        let smoothing = self.spec.training.label_smoothing.get();
        let teacher = self.teacher.as_ref();
        let Importance { gradients, .. } =
            connectivity_gradients(&learner.model, sizes, batches, smoothing, teacher);
        for (name, scores) in gradients.iter() {
            if scores.iter().any(|score| !score.is_finite()) {
                let group = name.to_string();
                return Err(TrainError::Other(Box::new(PruneError::Scores { group })));
            }
        }
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
        let safety = self.prove(learner, round, &model, epoch)?;
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
        epoch: usize,
    ) -> Result<Safety, TrainError> {
        let (whole, cut) = (learner.model.valid(), cut.valid());
        let zeroed = inner(&round.staying);
        let mut safety = Safety {
            epoch,
            removed: round.counts,
            sentences: 0,
            largest_difference: 0.0,
            largest_logit: 0.0,
        };
        for batch in self.proof {
            let batch = DeviceBatch::<B::InnerBackend>::new(batch, &self.device);
            let pass = Pass {
                connectivity: Some(&zeroed),
                dropout: None,
            };
            let expected =
                whole.forward(&batch.source, &batch.decoder_input, pass) * batch.valid.clone();
            let actual =
                cut.forward(&batch.source, &batch.decoder_input, Pass::plain()) * batch.valid;
            safety.sentences += batch.source.batch;
            safety.largest_logit = safety.largest_logit.max(largest(expected.clone()));
            safety.largest_difference = safety.largest_difference.max(largest(expected - actual));
        }
        let tolerance = rounding::<B>(&self.device) * safety.largest_logit.max(1.0);
        let difference = safety.largest_difference;
        let fault = if safety.sentences == 0 {
            PruneError::NothingToProveOn
        } else if difference.is_infinite() || difference > tolerance {
            PruneError::Unsafe {
                difference,
                tolerance,
            }
        } else {
            return Ok(safety);
        };
        Err(TrainError::Other(Box::new(fault)))
    }
}

/// The largest absolute entry; infinite if one is not a number.
fn largest<B: Backend>(x: Tensor<B, 2>) -> f64 {
    let sum: f64 = x.clone().sum().into_scalar().elem();
    match sum.is_nan() {
        true => f64::INFINITY,
        false => x.abs().max().into_scalar().elem(),
    }
}

/// 1 at the given entries of each group, 0 at the others.
fn indicator<B: Backend>(
    entries: &Groups<Vec<usize>>,
    sizes: &Groups<usize>,
    device: &B::Device,
) -> Connectivity<B> {
    entries.map(|name, entries| {
        let mut line = vec![0.0_f32; *sizes.get(name)];
        for &index in entries {
            line[index] = 1.0;
        }
        let size = line.len();
        (size > 0).then(|| Tensor::from_data(TensorData::new(line, [size]), device))
    })
}

fn inner<B: AutodiffBackend>(connectivity: &Connectivity<B>) -> Connectivity<B::InnerBackend> {
    connectivity.map(|_, c| c.clone().map(Tensor::inner))
}

impl<B: AutodiffBackend> Round<B> {
    /// The connectivity vectors with the selected entries at `value`.
    fn connectivity(&self, value: f64) -> Connectivity<B> {
        self.staying.map(|name, staying| {
            let staying = staying.clone()?;
            let selected = self.selected.get(name).clone()?;
            Some(staying + selected * value)
        })
    }

    fn value(&self, spec: &Prune) -> f64 {
        match self.progress.step {
            0 => 1.0,
            _ => shrunk(spec.shrink, self.progress),
        }
    }
}

impl<B: AutodiffBackend> Regime<B> for Pruning<'_, B> {
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
        let round = self.round.as_ref().map(|round| {
            let kept = round.kept.iter();
            let kept: BTreeMap<String, &Vec<usize>> =
                kept.map(|(name, kept)| (name.to_string(), kept)).collect();
            json!({ "counts": round.counts, "kept": kept, "progress": round.progress })
        });
        json!({ "round": round, "slicings": self.slicings })
    }

    fn resume(&mut self, state: &Value, learner: &mut Learner<B>) -> Result<(), TrainError> {
        let broken = |error| TrainError::Other(Box::new(PruneError::State(error)));
        let kept: KeptState = serde_json::from_value(state.clone()).map_err(broken)?;
        self.slicings = kept.slicings;
        self.round = None;
        if let Some(round) = kept.round {
            let shape = &learner.blueprint.shape;
            let entries = shape.groups().map(|name, _| {
                round
                    .kept
                    .get(&name.to_string())
                    .cloned()
                    .unwrap_or_default()
            });
            let masks = freeze_masks(shape, &entries);
            let (counts, progress) = (round.counts, round.progress);
            self.round = Some(self.round_of(counts, entries, &shape.groups(), progress));
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptRound {
    counts: Counts,
    kept: BTreeMap<String, Vec<usize>>,
    progress: Progress,
}
