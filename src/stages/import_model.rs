//! Import: models that other programs made, as the folder that a training stage leaves.

use super::exported;
use super::model_artifact::{self, TEXT};
use crate::cache::ArtifactDir;
use crate::config::{Checkpoint, Exported, Fairseq};
use crate::exec::{Inputs, Progress, StageFailure};
use crate::model::state::State;
use crate::model::{Blueprint, fairseq};
use crate::text::dataset::{Transfer, copy_pipeline, dictionary_sizes, same_dictionaries};
use std::path::Path;

/// Takes over a checkpoint of fairseq, with the text pipeline of its data set.
pub(super) fn fairseq(
    spec: &Fairseq,
    inputs: &Inputs,
    out: &mut ArtifactDir,
    progress: &dyn Progress,
) -> Result<(), StageFailure> {
    let corpus = inputs.path("fairseq.corpus")?;
    if let Some(folder) = &spec.dictionaries {
        same_dictionaries(corpus, folder)?;
    }
    let (source, target) = dictionary_sizes(corpus)?;
    progress.phase("reading the checkpoint");
    let taken = fairseq::read(&spec.checkpoint, &spec.model, source, target)?;
    save(
        &taken.blueprint,
        &taken.state,
        (corpus, Transfer::Link),
        out,
        progress,
    )?;
    for note in &taken.notes {
        progress.note(&note.to_string());
    }
    Ok(())
}

/// Takes over what `srp export` wrote.
pub(super) fn exported(
    spec: &Exported,
    out: &mut ArtifactDir,
    progress: &dyn Progress,
) -> Result<(), StageFailure> {
    progress.phase("reading the exported model");
    let (blueprint, state) = exported::read(&spec.folder)?;
    // That folder is the user's, who may change it in place.
    save(
        &blueprint,
        &state,
        (&spec.folder, Transfer::Copy),
        out,
        progress,
    )
}

/// The one model is both checkpoints.
fn save(
    blueprint: &Blueprint,
    state: &State,
    (text, transfer): (&Path, Transfer),
    out: &mut ArtifactDir,
    progress: &dyn Progress,
) -> Result<(), StageFailure> {
    for checkpoint in [Checkpoint::Best, Checkpoint::Last] {
        model_artifact::write(&out.content(""), checkpoint, blueprint, state)?;
    }
    copy_pipeline(text, &out.content(TEXT), transfer)?;
    let (parameters, original) = (
        blueprint.shape.parameters(),
        blueprint.original.parameters(),
    );
    progress.note(&format!(
        "{parameters} parameters, {:.4} of the unpruned model",
        parameters as f64 / original as f64
    ));
    Ok(())
}
