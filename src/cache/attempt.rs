//! An attempt at a stage that failed or was stopped: what is kept of it beside its log.

use super::walk::children;
use super::{Cache, Key};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder below the root of a cache.
pub(super) const ATTEMPTS: &str = "attempts";

/// The name of the file.
pub(super) const ATTEMPT: &str = "attempt.json";

/// What is known of an attempt that failed or was stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attempt {
    /// The experiment that was run; nothing in what older versions left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// The stage's label.
    pub stage: String,
    /// The key of what it would have made.
    pub key: Key,
    /// When it began.
    pub started: Timestamp,
    /// Wall time from then to its end.
    pub seconds: f64,
    /// How its process ended, if it had one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// Processor time that it took, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
    /// Most memory that its process had in use, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
    /// Whether it did not fail, but was stopped with its run.
    #[serde(default, skip_serializing_if = "is_false")]
    pub interrupted: bool,
    /// The error and its causes, outermost first; or how far it had come.
    pub error: Vec<String>,
}

/// For serde: what need not be written.
fn is_false(it: &bool) -> bool {
    !it
}

impl Cache {
    /// The attempts that failed or were stopped, of which something is known, and the folders of their records; the newest last.
    pub fn attempts(&self) -> Vec<(PathBuf, Attempt)> {
        let folders = children(&self.root().join(ATTEMPTS)).into_iter();
        let known = folders.filter_map(|folder| Some((Attempt::read(&folder)?, folder)));
        let mut attempts: Vec<_> = known.map(|(attempt, folder)| (folder, attempt)).collect();
        attempts.sort_by_key(|(_, attempt)| attempt.started);
        attempts
    }
}

impl Attempt {
    /// What is known of the attempt that left its records in `folder`, if that can be read.
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(ATTEMPT)).ok()?).ok()
    }
}
