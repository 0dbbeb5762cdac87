//! The command line: one file for each verb, results on stdout, everything else on stderr.

mod args;
mod bench;
mod cache;
#[cfg(feature = "tables")]
mod compare;
mod dag;
mod diagnosis;
mod doctor;
mod examples;
mod excerpt;
mod experiment;
mod explain;
mod export;
mod failure;
mod foretold;
mod init;
mod logs;
mod model;
mod plan;
mod plot;
mod precision;
mod progress;
mod report;
mod results;
mod room;
mod run;
mod schema;
mod shell;
mod signals;
#[cfg(feature = "tables")]
mod sources;
mod status;
mod translate;
mod units;
mod why;
mod words;
mod worker;

pub use failure::Failure;

use crate::exec::{Processes, Runner, Watcher};
use clap::{CommandFactory, Parser, Subcommand};
use progress::Show;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "srp", version, about, after_help = examples::ALL)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run every stage of an experiment that is not cached, and print the table of its results
    #[command(after_help = examples::RUN)]
    Run(run::Args),
    /// Say what runs in the cache now, and how far it is
    #[command(after_help = examples::STATUS)]
    Status(status::Args),
    /// Print the log of a stage that works, is done or has failed
    #[command(after_help = examples::LOGS)]
    Logs(logs::Args),
    /// Say of every stage whether it is cached, will run or may run, and why
    #[command(after_help = examples::PLAN)]
    Plan(plan::Args),
    /// Say all that the key of one stage is made of, and what differs from what the stage had before
    #[command(after_help = examples::EXPLAIN)]
    Explain(explain::Args),
    /// Say which stage made a file, of what, when and how
    #[command(after_help = examples::WHY)]
    Why(why::Args),
    /// Draw the stages of an experiment and what they read
    #[command(after_help = examples::DAG)]
    Dag(dag::Args),
    /// Make the table of an experiment's results again, from artifacts alone
    Results(results::Args),
    /// Put rows of experiments and tables side by side: what differs, and whether the difference is real
    #[cfg(feature = "tables")]
    Compare(compare::Args),
    /// Draw results, trainings or what pruning removed, as SVG or PNG
    Plot(plot::Args),
    /// Write one page that tells all about an experiment
    Report(report::Args),
    /// List, verify and clear what the cache holds
    Cache(cache::Args),
    /// Translate lines from standard input with a model of the cache
    #[command(after_help = examples::TRANSLATE)]
    Translate(translate::Args),
    /// Write a model of the cache as a folder that other programs can read
    #[command(after_help = examples::EXPORT)]
    Export(export::Args),
    /// Measure how fast srp is, beside other programs
    Bench(bench::Args),
    /// Look at this machine and the cache, and try training and translating for ten seconds
    Doctor(doctor::Args),
    /// Write a commented experiment, for two text files or for sentences that srp draws, with sizes that suit them
    #[command(after_help = examples::INIT)]
    Init(init::Args),
    /// Print the JSON schema of experiment files, or of presets, for editors
    Schema(schema::Args),
    /// Print what a shell needs to complete commands
    #[command(after_help = examples::COMPLETIONS)]
    Completions(shell::Completions),
    /// Print or write manual pages
    #[command(after_help = examples::MAN)]
    Man(shell::Man),
    /// Do the work of one stage, as a run asks for it
    #[command(hide = true)]
    Worker(worker::Args),
}

/// All verbs and flags.
pub fn command() -> clap::Command {
    Cli::command()
}

/// What a verb works with.
struct Context<'a> {
    /// What a run gives the work of stages to.
    runner: &'a dyn Runner,
    /// What does that work itself.
    stages: &'a dyn Runner,
    out: &'a mut dyn Write,
    /// The columns of the terminal that `out` is; nothing if it is none.
    width: Option<usize>,
    watcher: &'a dyn Watcher,
}

/// Does what the arguments, the first of which is the program's name, ask for; prints what went wrong. The work of
/// each stage is done by `stages` in another process of this program.
pub fn main(arguments: impl IntoIterator<Item = OsString>, stages: &dyn Runner) -> ExitCode {
    let (show, done) = match Cli::try_parse_from(arguments) {
        Ok(cli) => (cli.verb.show(), cli.verb.on_stdout(stages)),
        Err(error) => (Show::default(), Err(error.into())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(show.log_format);
            failure.code().into()
        }
    }
}

/// Does what the arguments, the first of which is the program's name, ask for: results go to `out`, the rest
/// to `watcher`. The work of stages is done by `stages` in this process.
///
/// # Errors
/// Whatever went wrong, with the exit code that it deserves; a request for help is one too.
pub fn execute(
    arguments: impl IntoIterator<Item = OsString>,
    stages: &dyn Runner,
    out: &mut dyn Write,
    watcher: &dyn Watcher,
) -> Result<(), Failure> {
    Cli::try_parse_from(arguments)?.verb.run(&mut Context {
        runner: stages,
        stages,
        out,
        width: None,
        watcher,
    })
}

impl Verb {
    /// Does it as the program that people start.
    fn on_stdout(&self, stages: &dyn Runner) -> Result<(), Failure> {
        let processes = Processes::of_this_program(stages)?;
        let watcher = self.show().on_stderr();
        let done = self.run(&mut Context {
            runner: &processes,
            stages,
            // Not locked: a stage that prints would wait for ever.
            out: &mut io::stdout(),
            width: progress::stdout_columns(),
            watcher: &*watcher,
        });
        watcher.over();
        done
    }

    /// What is shown of it on stderr.
    fn show(&self) -> Show {
        match self {
            Self::Run(args) => args.show,
            _ => Show::default(),
        }
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Run(args) => run::run(args, context),
            Self::Status(args) => status::run(args, context),
            Self::Logs(args) => logs::run(args, context),
            Self::Plan(args) => plan::run(args, context),
            Self::Explain(args) => explain::run(args, context),
            Self::Why(args) => why::run(args, context),
            Self::Dag(args) => dag::run(args, context),
            Self::Results(args) => results::run(args, context),
            #[cfg(feature = "tables")]
            Self::Compare(args) => compare::run(args, context),
            Self::Plot(args) => plot::run(args, context),
            Self::Report(args) => report::run(args, context),
            Self::Cache(args) => cache::run(args, context),
            Self::Translate(args) => translate::run(args, context),
            Self::Export(args) => export::run(args, context),
            Self::Bench(args) => bench::run(args, context),
            Self::Doctor(args) => doctor::run(args, context),
            Self::Init(args) => init::run(args, context),
            Self::Schema(args) => schema::run(args, context),
            Self::Completions(args) => shell::completions(args, context),
            Self::Man(args) => shell::man(args, context),
            Self::Worker(args) => worker::run(args, context),
        }
    }
}
