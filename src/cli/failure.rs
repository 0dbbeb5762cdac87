//! What went wrong, and the exit code that it deserves.

use super::diagnosis::Diagnosis;
use super::excerpt::Drawn;
use super::progress::{self, LogFormat};
use crate::exec::{ExecError, JobError, StageFailure};
use crate::plan::{PlanError, SelectError};
use crate::results::ResultsError;
use std::io::{self, Write};

/// What went wrong.
#[derive(Debug)]
pub struct Failure {
    cause: Cause,
    code: u8,
}

#[derive(Debug)]
enum Cause {
    Usage(clap::Error),
    Report(miette::Report),
    /// Whoever read stdout has seen enough.
    ClosedPipe,
    /// What is to be known has been told; this is it in a few words.
    Told(&'static str),
}

/// A stage failed, or something could not be read or written.
const WORK: u8 = 1;
/// The experiment or the command line is wrong.
const INPUT: u8 = 2;
/// Something would run, and `--check` asked for that.
const WOULD_RUN: u8 = 3;
/// Somebody asked to stop, and what was done is kept.
const STOPPED: u8 = 4;

impl Failure {
    /// The exit code: 1 if the work failed, 2 if what was asked for is wrong, 3 if a check found work to do, 4 if the
    /// run was stopped.
    pub fn code(&self) -> u8 {
        self.code
    }

    /// The failure of what was asked for.
    pub(super) fn of_input(report: miette::Report) -> Self {
        Self {
            cause: Cause::Report(report),
            code: INPUT,
        }
    }

    /// The answer to a check that there is work to do; what work, has been printed.
    pub(super) fn would_run() -> Self {
        Self {
            cause: Cause::Told("something would run"),
            code: WOULD_RUN,
        }
    }

    /// A failure of the work that has been told already.
    pub(super) fn told() -> Self {
        Self {
            cause: Cause::Told("the stage failed"),
            code: WORK,
        }
    }

    /// The failure of the work.
    pub(super) fn of_work(report: impl Into<miette::Report>) -> Self {
        Self {
            cause: Cause::Report(report.into()),
            code: WORK,
        }
    }

    /// Prints it: on stderr, but what was asked for, such as help, on stdout.
    pub(super) fn print(&self, format: LogFormat) {
        match &self.cause {
            // There is nobody left to tell if these cannot be printed.
            Cause::Usage(error) => error.print().ok(),
            Cause::Report(report) if format == LogFormat::Json => {
                progress::json_failure(&Diagnosis::of(report.as_ref()), self.code);
                None
            }
            Cause::Report(report) => {
                writeln!(io::stderr(), "{:?}", Drawn::of(report.as_ref())).ok()
            }
            Cause::ClosedPipe | Cause::Told(_) => None,
        };
    }
}

/// The words without the drawing around them.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.cause {
            Cause::Usage(error) => error.fmt(f),
            Cause::Report(report) => write!(f, "{report:#}"),
            Cause::ClosedPipe => f.write_str("nobody reads the output"),
            Cause::Told(words) => f.write_str(words),
        }
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Self {
            code: if error.use_stderr() { INPUT } else { 0 },
            cause: Cause::Usage(error),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        Self::of_input(error.into())
    }
}

impl From<SelectError> for Failure {
    fn from(error: SelectError) -> Self {
        Self::of_input(error.into())
    }
}

impl From<ExecError> for Failure {
    fn from(error: ExecError) -> Self {
        match error {
            ExecError::UnknownStage { .. } => Self::of_input(error.into()),
            ExecError::Stopped { .. } => Self {
                cause: Cause::Report(error.into()),
                code: STOPPED,
            },
            _ => Self::of_work(error),
        }
    }
}

impl From<StageFailure> for Failure {
    fn from(failure: StageFailure) -> Self {
        let mut report = miette::MietteDiagnostic::new(failure.to_string());
        report.help = failure.help().map(str::to_owned);
        Self::of_work(report)
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        Self::of_work(miette::Report::msg(error))
    }
}

impl From<ResultsError> for Failure {
    fn from(error: ResultsError) -> Self {
        Self::of_work(error)
    }
}

/// Stdout could not be written.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self {
                cause: Cause::ClosedPipe,
                code: 0,
            },
            _ => Self::of_work(miette::miette!("cannot write to stdout: {error}")),
        }
    }
}
