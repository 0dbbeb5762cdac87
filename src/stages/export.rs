//! Export: a model artifact as a folder that needs nothing of srp.

use super::exported;
use crate::cache::ArtifactDir;
use crate::config::{Checkpoint, Export};
use crate::exec::{Inputs, StageFailure};
use crate::text::dataset::Transfer;
use std::path::Path;

/// Writes a checkpoint of the model artifact in a folder into the new folder `to`, which is there as a whole or not
/// at all.
///
/// # Errors
/// If `to` exists, the artifact cannot be read, or a file cannot be written.
pub fn export(model: &Path, checkpoint: Checkpoint, to: &Path) -> Result<(), StageFailure> {
    if to.exists() {
        return Err(
            StageFailure::new(format!("`{}` is there already", to.display()))
                .with_help("name a folder that does not exist; nothing is overwritten"),
        );
    }
    let parent = match to.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let unwritable = |error: std::io::Error| {
        StageFailure::from(error).context(format!("cannot write `{}`", to.display()))
    };
    std::fs::create_dir_all(parent).map_err(unwritable)?;
    let draft = tempfile::Builder::new()
        .prefix(".srp-export-")
        .tempdir_in(parent)
        .map_err(unwritable)?;
    exported::write(model, checkpoint, draft.path(), Transfer::Copy)?;
    std::fs::rename(draft.path(), to).map_err(unwritable)
}

/// The stage: the folder is its artifact.
pub(super) fn run(
    spec: &Export,
    inputs: &Inputs,
    out: &mut ArtifactDir,
) -> Result<(), StageFailure> {
    let model = inputs.path("model")?;
    exported::write(model, spec.checkpoint, &out.content(""), Transfer::Link)
}
