//! Who does the work of a stage, and what it is given.

use super::{Progress, Slot, StageFailure, Stop};
use crate::cache::{ArtifactDir, Partial};
use crate::config::StageSpec;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Does the work of any stage.
pub trait Runner: Sync {
    /// Raised when the same config and inputs would now give another artifact.
    fn revision(&self, spec: &StageSpec) -> u32;

    /// The files outside the cache that the stage will read, always in the same order. Their contents, not
    /// their paths, decide whether the stage must run.
    ///
    /// # Errors
    /// If they cannot be listed, say because a folder does not exist.
    fn outside_files(&self, spec: &StageSpec) -> Result<Vec<PathBuf>, StageFailure>;

    /// Does the work: reads the inputs, writes files into `out`. May be called for several stages at a time.
    ///
    /// # Errors
    /// Whatever keeps the stage from finishing; then nothing of `out` but its records is kept.
    fn run(&self, spec: &StageSpec, place: Workplace<'_>) -> Result<(), StageFailure>;
}

/// What a stage works with.
pub struct Workplace<'a> {
    /// The stage's label.
    pub stage: &'a str,
    /// What it reads.
    pub inputs: &'a Inputs,
    /// Where it puts what it makes.
    pub out: &'a mut ArtifactDir,
    /// What it has kept when it was interrupted, and may keep.
    pub partial: &'a Partial,
    /// How long it may work without keeping anything.
    pub keep_every: Duration,
    /// The device and the threads that are its own.
    pub slot: Slot,
    /// When it is taken for stuck, where the runner can tell.
    pub timeout: Option<Duration>,
    /// Asks it to keep what it has done, and to stop.
    pub stop: &'a Stop,
    /// Hears how it goes.
    pub progress: &'a dyn Progress,
    /// Where it says what it takes.
    pub account: &'a mut Account,
}

/// What the work of a stage took, as far as its runner can tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    /// The device that was found for it.
    pub device: Option<String>,
    /// Wall time of interrupted runs up to the checkpoint that it went on from, in seconds.
    pub seconds_before: f64,
    /// Processor time, of the system on its behalf too, in seconds.
    pub cpu_seconds: Option<f64>,
    /// Most memory that it had in use, in bytes.
    pub peak_memory_bytes: Option<u64>,
    /// How its process ended, if it had one of its own.
    pub exit: Option<String>,
}

/// The artifacts that a stage declared as its inputs, and no others.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    folders: BTreeMap<String, PathBuf>,
}

/// An input that the stage did not declare, or left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stage has no input `{key}`, only {declared:?}")]
pub struct Undeclared {
    /// The config key that was asked for.
    pub key: String,
    /// Those that there are.
    pub declared: Vec<String>,
}

impl Inputs {
    /// Inputs in these folders, by the config key that names them.
    pub fn new<K: Into<String>>(folders: impl IntoIterator<Item = (K, PathBuf)>) -> Self {
        let folders = folders.into_iter();
        Self {
            folders: folders.map(|(key, folder)| (key.into(), folder)).collect(),
        }
    }

    /// The folder of the artifact that the config key names, such as `corpus` or `distillation.teacher`.
    ///
    /// # Errors
    /// [`Undeclared`] if the config has no such key.
    pub fn path(&self, key: &str) -> Result<&Path, Undeclared> {
        self.get(key).ok_or_else(|| Undeclared {
            key: key.to_owned(),
            declared: self.folders.keys().cloned().collect(),
        })
    }

    /// The folder of the artifact that the config key names, if the config has that key.
    pub fn get(&self, key: &str) -> Option<&Path> {
        self.folders.get(key).map(PathBuf::as_path)
    }

    /// All folders, by the config key that names them.
    pub(super) fn folders(&self) -> &BTreeMap<String, PathBuf> {
        &self.folders
    }
}
