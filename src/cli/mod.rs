//! The command line: one file for each verb, results on stdout, everything else on stderr.

mod args;
mod bench;
mod cache;
mod dag;
mod explain;
mod export;
mod failure;
mod foretold;
mod model;
mod plan;
mod progress;
mod results;
mod run;
mod signals;
mod translate;
mod why;
mod words;

pub use failure::Failure;

use crate::device::DeviceChoice;
use crate::exec::{Progress, Runner};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// Makes what does the work of stages, on a device.
pub type MakeRunner<'a> = &'a dyn Fn(DeviceChoice) -> miette::Result<Box<dyn Runner>>;

#[derive(Debug, Parser)]
#[command(name = "srp", version, about, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  a stage failed, `cache verify` found damage, or the cache or the results could not be read or written
  2  the experiment or the command line is wrong
  3  `srp plan --check`: something would run
  4  stopped by Ctrl-C or SIGTERM; what was done is kept, and the same command goes on";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run every stage of an experiment that is not cached, and print the table of its results
    Run(run::Args),
    /// Say of every stage whether it is cached, will run or may run, and why
    Plan(plan::Args),
    /// Say all that the key of one stage is made of, and what differs from what the stage had before
    Explain(explain::Args),
    /// Say which stage made a file, of what, when and how
    Why(why::Args),
    /// Draw the stages of an experiment and what they read
    Dag(dag::Args),
    /// Make the table of an experiment's results again, from artifacts alone
    Results(results::Args),
    /// List, verify and clear what the cache holds
    Cache(cache::Args),
    /// Translate lines from standard input with a model of the cache
    Translate(translate::Args),
    /// Write a model of the cache as a folder that other programs can read
    Export(export::Args),
    /// Measure how fast srp is
    Bench(bench::Args),
}

/// What a verb works with.
struct Context<'a> {
    make_runner: MakeRunner<'a>,
    out: &'a mut dyn Write,
    progress: &'a dyn Progress,
}

/// Does what the arguments, the first of which is the program's name, ask for; prints what went wrong.
pub fn main(
    arguments: impl IntoIterator<Item = OsString>,
    make_runner: MakeRunner<'_>,
) -> ExitCode {
    unbroken_reports();
    let progress = progress::on_stderr();
    let mut out = io::stdout().lock();
    match execute(arguments, make_runner, &mut out, &*progress) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.code().into()
        }
    }
}

/// Leaves the lines of reports to the terminal: a path that is broken in two cannot be copied.
fn unbroken_reports() {
    let lines = || Box::new(miette::MietteHandlerOpts::new().wrap_lines(false).build());
    // If there is a handler already, whoever set it knows better.
    miette::set_hook(Box::new(move |_| lines())).ok();
}

/// Does what the arguments, the first of which is the program's name, ask for: results go to `out`, the rest
/// to `progress`.
///
/// # Errors
/// Whatever went wrong, with the exit code that it deserves; a request for help is one too.
pub fn execute(
    arguments: impl IntoIterator<Item = OsString>,
    make_runner: MakeRunner<'_>,
    out: &mut dyn Write,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut context = Context {
        make_runner,
        out,
        progress,
    };
    match Cli::try_parse_from(arguments)?.verb {
        Verb::Run(args) => run::run(&args, &mut context),
        Verb::Plan(args) => plan::run(&args, &mut context),
        Verb::Explain(args) => explain::run(&args, &mut context),
        Verb::Why(args) => why::run(&args, &mut context),
        Verb::Dag(args) => dag::run(&args, &mut context),
        Verb::Results(args) => results::run(&args, &mut context),
        Verb::Cache(args) => cache::run(&args, &mut context),
        Verb::Translate(args) => translate::run(&args, &mut context),
        Verb::Export(args) => export::run(&args, &mut context),
        Verb::Bench(args) => bench::run(&args, &mut context),
    }
}
