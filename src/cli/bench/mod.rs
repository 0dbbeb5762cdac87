//! `srp bench`: how fast srp is and what it costs, beside other programs where they are installed.

mod decode;
mod measure;
#[cfg(feature = "nn")]
mod peer;
mod plan;
#[cfg(feature = "nn")]
mod samples;
mod shape;
mod table;
#[cfg(feature = "tables")]
mod tables;
mod text;
mod tool;
mod train;

use super::{Context, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Time start-up, cold runs, runs of nothing and plans of experiments whose stages do no work
    Plan(plan::Args),
    /// Measure one training step of a model of a fixed shape, alone or beside another program
    Train(train::Args),
    /// Measure beam search with a model of a fixed shape, whole or pruned, alone or beside another program
    Decode(decode::Args),
    /// Time every step from parallel text to a data set
    Text(text::Args),
    /// Time questions to large tables
    #[cfg(feature = "tables")]
    Tables(tables::Args),
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    match &args.verb {
        Verb::Plan(args) => plan::run(args, context),
        Verb::Train(args) => train::run(args, context),
        Verb::Decode(args) => decode::run(args, context),
        Verb::Text(args) => text::run(args, context),
        #[cfg(feature = "tables")]
        Verb::Tables(args) => tables::run(args, context),
    }
}

/// What keeps a benchmark from being made.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
enum BenchError {
    /// A command that is measured did not do what it should.
    #[error("`{command}` ended with {status}: {said}")]
    Failed {
        /// The program and its arguments.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of what it said on stderr.
        said: String,
    },

    /// A command took too long to be waited for.
    #[error("`{command}` took more than {seconds} s")]
    TooSlow {
        /// The program and its arguments.
        command: String,
        /// How long it was waited for.
        seconds: f64,
    },

    /// The text could not be worked on.
    #[error(transparent)]
    Text(#[from] crate::text::dataset::DatasetError),

    /// The experiment that is measured could not be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] crate::plan::PlanError),

    /// A command could not be started, or a file of a benchmark not be written.
    #[error("the benchmark needs `{what}`")]
    Io {
        /// The program or the folder.
        what: String,
        /// Why it cannot be had.
        #[source]
        source: std::io::Error,
    },
}

impl BenchError {
    /// For `map_err`: without `what` there is no benchmark.
    fn io(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            what: what.to_string(),
            source,
        }
    }
}

/// What was to be measured does not run.
#[cfg(feature = "nn")]
fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::of_work(miette::miette!("{error}"))
}

/// Why this srp can measure nothing of what `args` ask for.
#[cfg(not(feature = "nn"))]
fn without_models(args: &impl std::fmt::Debug) -> Failure {
    Failure::of_input(miette::miette!(
        help = "build it with the default features",
        "this srp was built without models: it has nothing to measure ({args:?})"
    ))
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        Self::of_work(error)
    }
}
