//! What made an artifact, apart from what its key says.

use super::Key;
use crate::plan::Request;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What made an artifact. None of it enters the key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provenance {
    /// The experiment that was run.
    pub experiment: String,
    /// The stage's label in that experiment.
    pub stage: String,
    /// What was asked for, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// The artifacts that were read, by the config key that names them.
    pub inputs: BTreeMap<String, Key>,
    /// The files outside the cache that were read, in the stage's order.
    pub outside_files: Vec<PathBuf>,
    /// What it was made on.
    pub machine: Machine,
    /// When the stage began, or last went on.
    pub started: Timestamp,
    /// When it was done.
    pub finished: Timestamp,
    /// Wall time that the work took, by a clock that does not jump: between the two, and what interrupted runs of it took
    /// up to the checkpoint that it went on from.
    pub seconds: f64,
    /// Processor time of its last process, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
    /// Most memory that its process had in use, where the system tells.
    pub peak_memory_bytes: Option<u64>,
}

/// What stages run on and with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Machine {
    /// The version of srp.
    pub srp: String,
    /// The state of the working directory, if it is under git.
    pub git: Option<GitState>,
    /// The name of the host.
    pub host: String,
    /// The device that tensors live on.
    pub device: String,
    /// The threads that a stage may use.
    pub threads: usize,
}

/// The state of a git working directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GitState {
    /// The commit that is checked out.
    pub commit: String,
    /// Whether tracked files differ from it.
    pub dirty: bool,
}

impl Machine {
    /// This machine, as it is now.
    pub fn here(device: String, threads: usize) -> Self {
        Self {
            srp: env!("CARGO_PKG_VERSION").to_owned(),
            git: GitState::of_working_directory(),
            host: host(),
            device,
            threads,
        }
    }
}

impl GitState {
    /// The state of the working directory, or nothing where `git` is not installed or it is not under git.
    pub fn of_working_directory() -> Option<Self> {
        let commit = git(&["rev-parse", "HEAD"])?;
        let changes = git(&[
            "--no-optional-locks",
            "status",
            "--porcelain",
            "--untracked-files=no",
        ])?;
        Some(Self {
            commit,
            dirty: !changes.is_empty(),
        })
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map_or_else(|| "unknown".to_owned(), |name| name.trim().to_owned())
}
