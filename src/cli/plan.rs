//! `srp plan`

use super::args::{CacheDir, Experiment, Force};
use super::{Context, Failure};
use crate::cache::Cache;
use crate::exec::{self, Options, Status};
use crate::plan::Plan;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    #[command(flatten)]
    force: Force,

    #[command(flatten)]
    cache: CacheDir,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.experiment.load()?;
    print(&plan, &args.cache.open(), &args.force.options(), context)
}

/// Prints a line for each stage: what a run would do with it, and why.
pub(super) fn print(
    plan: &Plan,
    cache: &Cache,
    options: &Options,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let runner = context.idle_runner()?;
    let statuses = exec::preview(plan, cache, &*runner, options)?;
    let labels = plan.nodes.iter().map(|node| node.label.chars().count());
    let width = labels.max().unwrap_or(0);
    for (node, status) in plan.nodes.iter().zip(&statuses) {
        let line = format!(
            "{:<7}  {:<width$}  {}",
            word(status),
            node.label,
            why(plan, status)
        );
        writeln!(context.out, "{}", line.trim_end())?;
    }
    writeln!(context.out, "{}", summary(&statuses))?;
    Ok(())
}

/// The status in a word.
pub(super) fn word(status: &Status) -> &'static str {
    match status {
        Status::Cached(_) => "cached",
        Status::Run(_) => "run",
        Status::MayRun(_) => "may run",
        Status::Blocked(_) => "blocked",
    }
}

fn why(plan: &Plan, status: &Status) -> String {
    match status {
        Status::Cached(artifact) => artifact.key().short(),
        Status::Run(reason) => reason.to_string(),
        Status::MayRun(parents) => {
            let parents: Vec<&str> = parents
                .iter()
                .map(|id| plan.nodes[id.0].label.as_str())
                .collect();
            format!("after {}", parents.join(", "))
        }
        Status::Blocked(error) => chain(error),
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let messages: Vec<String> = causes.map(ToString::to_string).collect();
    messages.join(": ")
}

/// How many stages have each status, those that none has left out.
fn summary(statuses: &[Status]) -> String {
    let counts = ["cached", "run", "may run", "blocked"].map(|name| {
        let count = statuses
            .iter()
            .filter(|status| word(status) == name)
            .count();
        (count > 0).then(|| format!("{count} {name}"))
    });
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    format!("{} stages: {}", statuses.len(), counts.join(", "))
}
