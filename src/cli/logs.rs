//! `srp logs`

use super::args::{CacheDir, Experiment};
use super::units::span;
use super::{Context, Failure};
use crate::cache::{Artifact, Cache, LOG, Lookup, seconds_since};
use crate::exec::{self, Options};
use crate::plan::{NodeId, Plan};
use jiff::Timestamp;
use miette::miette;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// How often a log that grows is read.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    /// The stage: NAME, LABEL or NAME@PARAMETER=VALUE,…
    stage: String,

    /// Go on until the stage ends, if it works now
    #[arg(long, short)]
    follow: bool,

    /// The log of the last attempt that failed, whatever came after it
    #[arg(long, conflicts_with = "follow")]
    last_failed: bool,

    #[command(flatten)]
    cache: CacheDir,
}

/// A log of a stage.
#[derive(Debug, PartialEq)]
struct Log {
    path: PathBuf,
    /// Whose log it is.
    of: String,
    /// Whether more is to come.
    grows: bool,
}

/// The stage whose log is looked for.
struct Stage<'a> {
    plan: &'a Plan,
    id: NodeId,
    cache: &'a Cache,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.experiment.load()?;
    let stage = Stage {
        id: plan.stage(&args.stage)?,
        plan: &plan,
        cache: &args.cache.open(),
    };
    if args.last_failed {
        let none = || stage.without_log("no attempt at it has failed, or what was kept is gone");
        return print(&stage.failed().ok_or_else(none)?, context);
    }
    let log = stage.find(context)?;
    if args.follow && log.grows {
        follow(&stage, log, context)
    } else {
        print(&log, context)
    }
}

/// Prints what there is.
fn print(log: &Log, context: &mut Context<'_>) -> Result<(), Failure> {
    context.watcher.note(&log.of);
    let mut file = open(&log.path)?;
    io::copy(&mut file, &mut context.out)?;
    Ok(())
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| {
        Failure::of_work(miette!(
            "the log `{}` cannot be read: {error}",
            path.display()
        ))
    })
}

/// Prints what there is and what comes, attempt after attempt, until the stage ends; then says how it ended.
fn follow(stage: &Stage<'_>, first: Log, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut next = Some(first);
    while let Some(log) = next {
        context.watcher.note(&log.of);
        // The log is moved when the attempt ends; what was opened stays open.
        let mut file = open(&log.path)?;
        next = loop {
            // Asked before reading: all that was written until then is read.
            let now = stage.running();
            io::copy(&mut file, &mut context.out)?;
            context.out.flush()?;
            if now.as_ref().is_none_or(|now| now.path != log.path) {
                break now;
            }
            thread::sleep(LOOK);
        };
    }
    let end = stage.find(context);
    let end = end.map_or_else(|_| "nothing is left of it".to_owned(), |log| log.of);
    context.watcher.note(&format!("the stage has ended: {end}"));
    Ok(())
}

impl Stage<'_> {
    fn label(&self) -> &str {
        &self.plan.nodes[self.id.0].label
    }

    /// The log that is most likely meant: of the attempt that goes on, of the artifact, of the last attempt that failed, or
    /// of the artifact that the stage had before it was changed.
    fn find(&self, context: &Context<'_>) -> Result<Log, Failure> {
        // What a run tells of itself may be a second old: the log has been moved if the stage has ended since.
        if let Some(log) = self.running().filter(|log| log.path.exists()) {
            return Ok(log);
        }
        let options = Options::default();
        let statuses = exec::preview(self.plan, self.cache, context.runner, &options)?;
        let current = statuses[self.id.0].artifact();
        current
            .map(|artifact| of_artifact(artifact, "the artifact"))
            .or_else(|| self.failed())
            .or_else(|| self.earlier())
            .ok_or_else(|| self.without_log("it has not run yet"))
    }

    fn without_log(&self, why: &str) -> Failure {
        Failure::of_work(miette!(
            help = "`srp status` says what runs now, `srp plan` what would run",
            "there is no log of stage `{}`: {why}",
            self.label()
        ))
    }

    /// The log of the attempt that goes on in some run of the experiment.
    fn running(&self) -> Option<Log> {
        let runs = exec::runs(self.cache).into_iter();
        let mut runs = runs.filter(|run| run.alive && run.bulletin.experiment == self.plan.name);
        runs.find_map(|run| {
            let mut working = run.bulletin.working.iter();
            let stage = working.find(|stage| stage.stage == self.label())?;
            let again = match stage.attempt {
                1 => String::new(),
                attempt => format!("try {attempt}, "),
            };
            let (process, time) = (run.bulletin.process, span(stage.seconds as u64));
            Some(Log {
                path: run.log(stage),
                of: format!("log of what runs now: {again}process {process}, for {time}"),
                grows: true,
            })
        })
    }

    fn failed(&self) -> Option<Log> {
        let attempts = self.cache.attempts().into_iter().rev();
        let mut ours = attempts.filter(|(_, attempt)| {
            let experiment = attempt.experiment.as_ref();
            attempt.stage == self.label() && experiment.is_none_or(|name| *name == self.plan.name)
        });
        let (folder, attempt) = ours.next()?;
        let ago = span(seconds_since(attempt.started, Timestamp::now()));
        let error = attempt.error.join(": ");
        Some(Log {
            of: format!(
                "log of the attempt of {ago} ago that failed: {error} (`{}`)",
                folder.display()
            ),
            path: folder.join(LOG),
            grows: false,
        })
    }

    /// The log of what the stage last had, if it would make something else now.
    fn earlier(&self) -> Option<Log> {
        let key = self.cache.index(&self.plan.name).newest(self.label())?;
        match self.cache.lookup(key) {
            Lookup::Whole(artifact) => Some(of_artifact(&artifact, "an earlier artifact")),
            Lookup::Absent | Lookup::Damaged(_) => None,
        }
    }
}

fn of_artifact(artifact: &Artifact, which: &str) -> Log {
    Log {
        path: artifact.record(LOG),
        of: format!("log of {which} {}", artifact.key().short()),
        grows: false,
    }
}
