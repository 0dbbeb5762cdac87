//! An attempt at a stage that failed: what is kept of it beside its log.

use super::Key;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// The name of the file.
pub(super) const ATTEMPT: &str = "attempt.json";

/// What is known of an attempt that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attempt {
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
    /// The error and its causes, outermost first.
    pub error: Vec<String>,
}

impl Attempt {
    /// What is known of the attempt that left its records in `folder`, if that can be read.
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(ATTEMPT)).ok()?).ok()
    }
}
