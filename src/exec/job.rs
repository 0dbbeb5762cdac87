//! What a process that works on one stage is told, and what it tells: a file of JSON, and lines of it.

use super::{Figures, Inputs, Slot};
use crate::cache::{ArtifactDir, Partial};
use crate::config::StageSpec;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the file among the records of the artifact.
pub(super) const JOB: &str = "job.json";

/// All that a process must know to do the work of one stage.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Job {
    /// The stage's label.
    pub(super) stage: String,
    /// What the stage is told.
    pub(super) spec: StageSpec,
    /// The artifacts that it reads, by the config key that names each.
    pub(super) inputs: BTreeMap<String, PathBuf>,
    /// The folder of the artifact that it makes.
    pub(super) out: PathBuf,
    /// The folder of its checkpoints.
    pub(super) partial: PathBuf,
    /// How long it may work without keeping anything.
    pub(super) keep_every_seconds: f64,
    /// The device and the threads that are its own.
    pub(super) slot: Slot,
}

/// A job that cannot be begun.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The file of the job cannot be read or written, or its folders cannot be opened.
    #[error("cannot use the job file `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Job {
    /// Writes the job file at `path`.
    pub(super) fn write(&self, path: &Path) -> Result<(), JobError> {
        let write = || fs::write(path, serde_json::to_vec_pretty(self)?);
        write().map_err(JobError::at(path))
    }

    /// Reads the job file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, JobError> {
        let read = || Ok(serde_json::from_slice(&fs::read(path)?)?);
        read().map_err(JobError::at(path))
    }

    pub(super) fn inputs(&self) -> Inputs {
        Inputs::new(self.inputs.clone())
    }

    pub(super) fn out(&self) -> ArtifactDir {
        ArtifactDir::at(self.out.clone())
    }

    pub(super) fn partial(&self) -> Partial {
        Partial::at(self.partial.clone())
    }

    /// `keep_every_seconds`; what no duration can hold is as good as never.
    pub(super) fn keep_every(&self) -> Duration {
        Duration::try_from_secs_f64(self.keep_every_seconds).unwrap_or(Duration::MAX)
    }
}

impl JobError {
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }
}

/// A line that the process writes on its standard output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Event {
    /// The device that its tensors live on, and what those took that it went on from.
    Account(Option<String>, f64),
    /// [`Progress::phase`](super::Progress::phase).
    Phase(String),
    /// [`Progress::step`](super::Progress::step).
    Step(u64, Option<u64>, String),
    /// [`Progress::figures`](super::Progress::figures).
    Figures(Figures),
    /// [`Progress::note`](super::Progress::note).
    Note(String),
    /// The work is done.
    Done,
    /// It was asked to stop, and did.
    Stopped,
    /// It failed.
    Failed(Failed),
}

/// A failure, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Failed {
    /// The error and its causes, outermost first.
    pub(super) messages: Vec<String>,
    /// Advice to the user.
    pub(super) help: Option<String>,
}

/// What is written to the standard input of the process to have it stop. The end of the input means that nobody waits
/// for the work any more.
pub(super) const STOP: &str = "stop\n";
