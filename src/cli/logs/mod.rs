//! `srp logs`

mod find;

use super::args::{CacheDir, Experiment};
use super::{Context, Failure};
use crate::cache::Cache;
use crate::exec::{Tail, harmless};
use crate::plan::{NodeId, Plan};
use find::{Log, Logs, running};
use miette::miette;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often a log that grows is read.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    /// The stage, such as `dense`, or `slim@rate=0.5` of a sweep; without it, say of which stages there is a log
    stage: Option<String>,

    /// Go on until the stage ends, if it works now
    #[arg(long, short, requires = "stage")]
    follow: bool,

    /// The log of the last attempt that failed, whatever came after it
    #[arg(long, conflicts_with = "follow", requires = "stage")]
    last_failed: bool,

    #[command(flatten)]
    cache: CacheDir,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.experiment.load()?;
    let cache = args.cache.open();
    let Some(stage) = &args.stage else {
        return list(args, &plan, &cache, context);
    };
    let id = plan.stage(stage)?;
    let logs = Logs::of(&plan, &cache, context)?;
    let log = match args.last_failed {
        true => logs.failed(id).ok_or_else(|| {
            without_log(
                args,
                &plan,
                id,
                "no attempt at it has failed, or what was kept is gone",
            )
        }),
        false => logs
            .most_likely(id)
            .ok_or_else(|| without_log(args, &plan, id, &logs.why_none(id))),
    }?;
    if args.follow && log.grows {
        follow(&plan, id, &cache, log, context)
    } else {
        print(&log, context)
    }
}

/// The command that asks for the experiment with this verb.
fn command(verb: &str, args: &Args, plan: &Plan) -> String {
    let folders = args.cache.folders();
    let folders = folders.iter().flat_map(|(flag, folder)| [&**flag, folder]);
    match &plan.request {
        Some(request) => request.command(verb, &folders.collect::<Vec<_>>()),
        None => format!("srp {verb} FILE"),
    }
}

fn without_log(args: &Args, plan: &Plan, id: NodeId, why: &str) -> Failure {
    let planned = command("plan", args, plan);
    Failure::of_work(miette!(
        help = format!("`srp status` says what runs now, `{planned}` what would run"),
        "there is no log of stage `{}`: {why}",
        plan.nodes[id.0].label
    ))
}

/// Says of every stage whose log there is.
fn list(args: &Args, plan: &Plan, cache: &Cache, context: &mut Context<'_>) -> Result<(), Failure> {
    let logs = Logs::of(plan, cache, context)?;
    let labels = plan.nodes.iter().map(|node| node.label.chars().count());
    let width = labels.max().unwrap_or(0);
    for (position, node) in plan.nodes.iter().enumerate() {
        let id = NodeId(position);
        let log = logs.most_likely(id).map(|log| log.of);
        let words = log.unwrap_or_else(|| format!("no log: {}", logs.why_none(id)));
        writeln!(context.out, "{:<width$}  {}", node.label, harmless(&words))?;
    }
    let line = format!(
        "`{} STAGE` prints the log of a stage",
        command("logs", args, plan)
    );
    context.watcher.note(&line);
    Ok(())
}

/// Prints what there is.
fn print(log: &Log, context: &mut Context<'_>) -> Result<(), Failure> {
    context.watcher.note(&log.of);
    let mut reading = Reading::of(&log.path)?;
    Ok(reading.pass_on(context.out, true)?)
}

/// Prints what there is and what comes, attempt after attempt, until the stage ends; then says how it ended.
fn follow(
    plan: &Plan,
    id: NodeId,
    cache: &Cache,
    first: Log,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let mut next = Some(first);
    while let Some(log) = next {
        context.watcher.note(&log.of);
        // The log is moved when the attempt ends; what was opened stays open.
        let mut reading = Reading::of(&log.path)?;
        next = loop {
            // Asked before reading: all that was written until then is read.
            let now = running(plan, cache, id);
            let over = now.as_ref().is_none_or(|now| now.path != log.path);
            reading.pass_on(context.out, over)?;
            context.out.flush()?;
            if over {
                break now;
            }
            thread::sleep(LOOK);
        };
    }
    let end = Logs::of(plan, cache, context)?.most_likely(id);
    let end = end.map_or_else(|| "nothing is left of it".to_owned(), |log| log.of);
    context.watcher.note(&format!("the stage has ended: {end}"));
    Ok(())
}

/// A log, for those who read it.
enum Reading {
    /// As it is, for programs and files.
    Bytes(File),
    /// Without what would steer a terminal.
    Lines(Tail),
}

impl Reading {
    /// For what reads stdout.
    fn of(path: &Path) -> Result<Self, Failure> {
        let opened = match io::stdout().is_terminal() {
            true => Tail::of(path).map(Self::Lines),
            false => File::open(path).map(Self::Bytes),
        };
        opened.map_err(|error| {
            Failure::of_work(miette!(
                "the log `{}` cannot be read: {error}",
                path.display()
            ))
        })
    }

    /// Passes on what is new; a line that is not whole waits for its end, unless all is `over`.
    fn pass_on(&mut self, out: &mut dyn Write, over: bool) -> io::Result<()> {
        let lines = match self {
            Self::Bytes(file) => return io::copy(file, out).map(|_| ()),
            Self::Lines(tail) if over => tail.last_lines(),
            Self::Lines(tail) => tail.lines(),
        };
        let mut lines = lines.iter();
        lines.try_for_each(|line| writeln!(out, "{}", harmless(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_steered_by_a_log_and_a_file_gets_every_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = b"\x1b[2Jone\n\xfftwo";
        std::fs::write(&path, log).unwrap();
        let read = |mut reading: Reading| {
            let mut out = Vec::new();
            reading.pass_on(&mut out, true).unwrap();
            out
        };
        assert_eq!(read(Reading::Bytes(File::open(&path).unwrap())), log);
        let shown = read(Reading::Lines(Tail::of(&path).unwrap()));
        assert_eq!(String::from_utf8(shown).unwrap(), "^[[2Jone\n\u{fffd}two\n");
    }
}
