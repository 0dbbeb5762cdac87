//! Prune: a model to a smaller model.

use super::scoring::{read_gradients, scoring_batches, teacher};
use super::training::{Corpus, start, train, write_json};
use crate::config::{Prune, PruneStage, Shrink};
use crate::counted::{counted, of_number};
use crate::exec::{StageFailure, Workplace};
use crate::kernels::Learning;
use crate::prune::{Pruning, Safety};
use crate::train::Learner;
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
    let scoring = scoring_batches(&corpus.batches, spec.scoring.batches, spec.seed);
    let distillation = spec.distillation.as_ref();
    let most = blueprint.max_positions;
    let teacher = teacher::<B>(distillation, spec.checkpoint, inputs, most, device)?;
    let before = blueprint.shape.parameters();
    progress.note(&cuts_to_come(spec));
    let tell = |safety: &Safety| progress.note(&cut(spec.shrink, safety));
    let mut pruning = Pruning::new(spec, &scoring, &proof, teacher, device).telling(tell);
    if let Some(scores) = inputs.get(Prune::SCORES) {
        pruning = pruning.beginning_with(read_gradients(scores, &blueprint.shape.groups())?);
    }
    let fresh = move || Learner::<B>::new(blueprint, &state, &spec.training, device);
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

/// When something will be cut.
fn cuts_to_come(spec: &Prune) -> String {
    let list = |epochs: Vec<usize>| {
        let numbers: Vec<String> = epochs.iter().map(usize::to_string).collect();
        let (epochs, all) = (of_number(epochs.len(), "epoch"), spec.training.epochs);
        format!("{epochs} {} of {all}", numbers.join(", "))
    };
    let cuts = spec.cut_epochs();
    match spec.shrink {
        Shrink::OneShot => {
            let begun = list(cuts.map(|epoch| epoch + 1).collect());
            format!("what is selected is cut at once: before {begun}")
        }
        _ => {
            let fading = counted(spec.epochs_per_iteration.get(), "epoch");
            let ended = list(cuts.collect());
            format!("what is selected fades over {fading} and is cut at its end: after {ended}")
        }
    }
}

/// That something was cut, and what that changed.
fn cut(shrink: Shrink, safety: &Safety) -> String {
    let when = match shrink {
        Shrink::OneShot => format!("before epoch {}", safety.epoch + 1),
        _ => format!("after epoch {}", safety.epoch),
    };
    format!(
        "cut {when}: logits of {} differ by at most {:.1e} (largest logit {:.1})",
        counted(safety.sentences, "sentence"),
        safety.largest_difference,
        safety.largest_logit
    )
}
