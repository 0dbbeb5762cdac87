//! Prune: a model to a smaller model.

use super::training::{Corpus, start, train, write_json};
use crate::config::{Checkpoint, Prune, PruneStage};
use crate::exec::{Inputs, StageFailure, Workplace};
use crate::kernels::Learning;
use crate::model::Transformer;
use crate::prune::{Pruning, Safety};
use crate::random::Stream;
use crate::train::{Learner, Taught, Teacher};
use serde::{Deserialize, Serialize};

/// What was removed: the content of `pruning.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Removal {
    /// The share of parameters that was asked for, after both stages.
    compression_rate: f64,
    /// Parameters before this stage.
    parameters_before: u64,
    /// Parameters after it.
    parameters_after: u64,
    /// Parameters after it over those of the unpruned model.
    parameter_ratio: f64,
    /// The cuts, with the proof that each changed nothing.
    slicings: Vec<Safety>,
}

pub(super) fn run<B: Learning>(
    spec: &Prune,
    place: Workplace<'_>,
    device: &B::Device,
) -> Result<(), StageFailure> {
    let Workplace {
        inputs, progress, ..
    } = place;
    let (blueprint, state) = start(inputs, "model", spec.checkpoint)?;
    let corpus = Corpus::open(inputs, &spec.training, blueprint.max_positions, spec.seed)?;
    let proof = corpus.validation_batches(blueprint.max_positions)?;
    let mut order = Stream::new(spec.seed, "scoring batches").permutation(corpus.batches.len());
    order.truncate(spec.scoring.batches.get());
    let scoring: Vec<_> = order
        .iter()
        .map(|&batch| corpus.batches[batch].clone())
        .collect();
    let teacher = teacher::<B>(spec, inputs, blueprint.max_positions, device)?;
    let before = blueprint.shape.parameters();
    let mut pruning = Pruning::new(spec, &scoring, &proof, teacher, device);
    let fresh = || Learner::<B>::new(blueprint, &state, &spec.training, device);
    let summary = place.out.content("pruning.json");
    let learner = train(&corpus, fresh, &mut pruning, place, device)?;
    let after = learner.blueprint.shape.parameters();
    let removal = Removal {
        compression_rate: spec.compression_rate.get(),
        parameters_before: before,
        parameters_after: after,
        parameter_ratio: after as f64 / learner.blueprint.original.parameters() as f64,
        slicings: pruning.slicings().to_vec(),
    };
    for safety in &removal.slicings {
        progress.note(&format!(
            "cut after epoch {}: logits of {} sentences differ by at most {:.1e} (largest logit {:.1})",
            safety.epoch, safety.sentences, safety.largest_difference, safety.largest_logit
        ));
    }
    progress.note(&format!(
        "{before} parameters became {after}, {:.4} of the unpruned model (asked of {}: {})",
        removal.parameter_ratio,
        match spec.stage {
            PruneStage::Embedding => "both stages",
            _ => "this stage",
        },
        spec.compression_rate.get(),
    ));
    write_json(&summary, &removal)
}

fn teacher<B: Learning>(
    spec: &Prune,
    inputs: &Inputs,
    max_positions: usize,
    device: &B::Device,
) -> Result<Option<Teacher<B>>, StageFailure> {
    let Some(distillation) = &spec.distillation else {
        return Ok(None);
    };
    let (key, checkpoint) = match distillation.teacher {
        Some(_) => ("distillation.teacher", Checkpoint::Best),
        None => ("model", spec.checkpoint),
    };
    let (blueprint, state) = start(inputs, key, checkpoint)?;
    if blueprint.max_positions < max_positions {
        return Err(StageFailure::new(format!(
            "the teacher knows {} positions, the model {max_positions}: it cannot read the longest sentences",
            blueprint.max_positions
        ))
        .with_help("name a teacher with at least the model's `max-positions`"));
    }
    Ok(Some(Teacher {
        model: Transformer::from_state(&blueprint, &state, device)?,
        weight: distillation.weight.get(),
        temperature: distillation.temperature.get(),
        positions: Taught::Tokens,
    }))
}
