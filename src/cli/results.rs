//! `srp results`

use super::args::{CacheDir, Experiment, ResultsDir};
use super::{Context, Failure};
use crate::cache::{Artifact, Cache};
use crate::config::StageSpec;
use crate::exec::{self, Options, Status};
use crate::plan::Plan;
use crate::results::{self, Record};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    #[command(flatten)]
    cache: CacheDir,

    #[command(flatten)]
    results: ResultsDir,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.experiment.load()?;
    let cache = args.cache.open();
    collect(&plan, &cache, &args.results, context)
}

/// Writes and prints the tables of all that is in the cache, and says if that is not everything.
pub(super) fn collect(
    plan: &Plan,
    cache: &Cache,
    folder: &ResultsDir,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let statuses = exec::preview(plan, cache, context.runner, &Options::default())?;
    let artifacts: Vec<_> = statuses.iter().map(Status::artifact).collect();
    let rows = write_and_print(plan, &artifacts, folder, context)?;
    let expected = expected_rows(plan);
    if rows < expected {
        let line = format!("{rows} of {expected} results are there; `srp plan` says why");
        context.watcher.note(&line);
    }
    Ok(())
}

/// Writes the tables of what there are artifacts of, and prints what a person wants to see of them, even if
/// they cannot be written; returns the number of rows. Without rows no table is touched.
pub(super) fn write_and_print(
    plan: &Plan,
    artifacts: &[Option<&Artifact>],
    folder: &ResultsDir,
    context: &mut Context<'_>,
) -> Result<usize, Failure> {
    let records = results::records(plan, artifacts)?;
    if !records.is_empty() {
        let written = write(folder, &plan.name, &records, context);
        write!(context.out, "{}", results::markdown(&records))?;
        written?;
    }
    Ok(records.len())
}

#[cfg(feature = "tables")]
fn write(
    folder: &ResultsDir,
    experiment: &str,
    records: &[Record],
    context: &Context<'_>,
) -> Result<(), Failure> {
    for path in results::write(&folder.results, experiment, records)? {
        let line = format!("wrote {}", path.display());
        context.watcher.note(&line);
    }
    Ok(())
}

#[cfg(not(feature = "tables"))]
fn write(folder: &ResultsDir, _: &str, _: &[Record], context: &Context<'_>) -> Result<(), Failure> {
    let folder = folder.results.display();
    let line = format!("built without the feature `tables`: nothing is written to {folder}");
    context.watcher.note(&line);
    Ok(())
}

/// Test stages, counted at each sweep point.
fn expected_rows(plan: &Plan) -> usize {
    let stages = plan.points.iter().flat_map(|point| point.stages.values());
    stages
        .filter(|id| matches!(plan.nodes[id.0].spec, StageSpec::Test(_)))
        .count()
}
