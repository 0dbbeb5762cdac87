//! The folder that a training stage leaves.
//!
//! | file | content |
//! |---|---|
//! | `best/`, `last/` | two checkpoints: `blueprint.json` and `model.safetensors` |
//! | `text/` | what turns text into numbers and back: a data set's folder without its sentences |
//! | `training.json` | how the training ended |
//! | `pruning.json` | what a prune stage removed, with the proof that it changed nothing |
//! | `records/epochs.jsonl` | one line an epoch |

use crate::config::Checkpoint;
use crate::model::state::{self, State, StateError};
use crate::model::{Blueprint, BlueprintError};
use std::path::{Path, PathBuf};

/// A checkpoint that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Its numbers.
    #[error(transparent)]
    State(#[from] StateError),
    /// Its sizes.
    #[error(transparent)]
    Blueprint(#[from] BlueprintError),
    /// Its folder.
    #[error("cannot make the folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// Where a model artifact keeps its text pipeline.
pub(super) const TEXT: &str = "text";

/// The files of a checkpoint.
const BLUEPRINT: &str = "blueprint.json";
const STATE: &str = "model.safetensors";

fn folder(artifact: &Path, checkpoint: Checkpoint) -> PathBuf {
    artifact.join(checkpoint.name())
}

/// Whether a folder looks like a model artifact.
pub fn holds_model(artifact: &Path) -> bool {
    let checkpoint = folder(artifact, Checkpoint::Last);
    checkpoint.join(BLUEPRINT).is_file()
}

/// Reads a checkpoint of the model artifact in a folder.
///
/// # Errors
/// If a file is missing or broken.
pub fn read(
    artifact: &Path,
    checkpoint: Checkpoint,
) -> Result<(Blueprint, State), CheckpointError> {
    let folder = folder(artifact, checkpoint);
    let blueprint = Blueprint::read(&folder.join(BLUEPRINT))?;
    Ok((blueprint, state::read(&folder.join(STATE))?))
}

/// Writes a checkpoint into the folder of a model artifact.
///
/// # Errors
/// If a file cannot be written.
pub(super) fn write(
    artifact: &Path,
    checkpoint: Checkpoint,
    blueprint: &Blueprint,
    state: &State,
) -> Result<(), CheckpointError> {
    let folder = folder(artifact, checkpoint);
    std::fs::create_dir_all(&folder).map_err(|source| CheckpointError::Folder {
        path: folder.clone(),
        source,
    })?;
    blueprint.write(&folder.join(BLUEPRINT))?;
    Ok(state::write(&folder.join(STATE), state)?)
}
