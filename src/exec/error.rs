//! What ends a run.

use super::StageFailure;
use crate::cache::{CacheError, Position};
use crate::plan::suggest::advice;
use miette::Diagnostic;
use std::error::Error;
use std::path::PathBuf;

/// What ends a run.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ExecError {
    /// A stage that was named on the command line is not in the plan.
    #[error("this experiment has no stage `{name}`")]
    #[diagnostic(code(exec::unknown_stage), help("{}", advice(name, "stages", known.iter().map(String::as_str))))]
    UnknownStage {
        /// The name that was given.
        name: String,
        /// The names and labels that there are.
        known: Vec<String>,
    },

    /// A file that a stage is to read is missing or cannot be read.
    #[error("stage `{stage}` reads `{}`, which cannot be read", path.display())]
    #[diagnostic(code(exec::outside_file))]
    OutsideFile {
        /// The stage's label.
        stage: String,
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: std::io::Error,
    },

    /// A stage could not finish, or not even begin.
    #[error("stage `{stage}` failed")]
    #[diagnostic(code(exec::stage_failed))]
    Stage {
        /// The stage's label.
        stage: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
        /// What the user may do, and where the log is.
        #[help]
        help: Option<String>,
    },

    /// A stage has to be made, and there is no place to put what it makes.
    #[error("stage `{stage}` is not cached, and cannot be made")]
    #[diagnostic(code(exec::no_place))]
    NoPlace {
        /// The stage's label.
        stage: String,
        /// Why the cache cannot take it.
        #[source]
        source: CacheError,
        /// What the user may do.
        #[help]
        help: Option<String>,
    },

    /// A stage is done, and what it made cannot be kept.
    #[error("stage `{stage}` is done, and what it made cannot be kept")]
    #[diagnostic(code(exec::not_kept))]
    NotKept {
        /// The stage's label.
        stage: String,
        /// Why.
        #[source]
        source: CacheError,
        /// What the user may do.
        #[help]
        help: Option<String>,
    },

    /// Several stages could not finish.
    #[error("{} stages failed", failures.len())]
    #[diagnostic(code(exec::stages_failed))]
    Several {
        /// What became of each.
        #[related]
        failures: Vec<ExecError>,
    },

    /// The system has no thread for another stage.
    #[error("cannot begin another stage")]
    #[diagnostic(code(exec::no_thread), help("give fewer `--jobs`"))]
    NoThread(#[source] std::io::Error),

    /// The run was asked to stop.
    #[error("stopped {}", where_stopped(places))]
    #[diagnostic(
        code(exec::stopped),
        help("the same command goes on from there; nothing that was finished runs again")
    )]
    Stopped {
        /// The labels of the stages that were running, or would have been next, and how far each has come.
        places: Vec<(String, Option<Position>)>,
    },

    /// The cache failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Cache(#[from] CacheError),
}

/// Where a run was stopped, in words.
fn where_stopped(places: &[(String, Option<Position>)]) -> String {
    let words = places.iter().map(|(stage, position)| match position {
        Some(position) => format!("in stage `{stage}`, {position}"),
        None => format!("before stage `{stage}`"),
    });
    words.collect::<Vec<_>>().join(", and ")
}

impl ExecError {
    /// For `map_err`: the cache cannot take what the stage would make.
    pub(super) fn no_place(stage: &str) -> impl FnOnce(CacheError) -> Self {
        |source| Self::NoPlace {
            stage: stage.to_owned(),
            help: source.help().map(|help| help.to_string()),
            source,
        }
    }

    /// For `map_err`: the cache does not take what the stage has made.
    pub(super) fn not_kept(stage: &str) -> impl FnOnce(CacheError) -> Self {
        |source| Self::NotKept {
            stage: stage.to_owned(),
            help: source.help().map(|help| help.to_string()),
            source,
        }
    }

    /// Whether other stages may have come to results.
    pub fn leaves_results(&self) -> bool {
        match self {
            Self::UnknownStage { .. } => false,
            Self::OutsideFile { .. }
            | Self::Stage { .. }
            | Self::Several { .. }
            | Self::NoPlace { .. }
            | Self::NotKept { .. }
            | Self::NoThread(_)
            | Self::Stopped { .. }
            | Self::Cache(_) => true,
        }
    }

    /// What failures, of which there is at least one, come to.
    pub(super) fn of(mut failures: Vec<Self>) -> Self {
        match failures.pop() {
            Some(only) if failures.is_empty() => only,
            last => {
                failures.extend(last);
                Self::Several { failures }
            }
        }
    }

    /// The failure of a stage, and what became of its log, if it came as far as having one.
    pub(super) fn stage(stage: &str, failure: StageFailure, kept: Option<String>) -> Self {
        let (source, advice) = failure.into_parts();
        let help: Vec<String> = advice.into_iter().chain(kept).collect();
        Self::Stage {
            stage: stage.to_owned(),
            source,
            help: (!help.is_empty()).then(|| help.join("\n")),
        }
    }
}
