//! `srp results`

use super::args::{CacheDir, Experiment, ResultsDir};
use super::{Context, Failure};
use crate::cache::{Artifact, Cache};
use crate::config::StageSpec;
use crate::exec::{self, Options, Status};
use crate::plan::Plan;
use crate::results::{self, Record};
#[cfg(feature = "tables")]
use crate::results::{CompareError, Query, Rows, view};
use miette::miette;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    #[command(flatten)]
    cache: CacheDir,

    #[command(flatten)]
    results: ResultsDir,

    #[cfg(feature = "tables")]
    #[command(flatten)]
    table: super::args::Table,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.experiment.load_with(&args.cache)?;
    let cache = args.cache.open();
    let records = records(&plan, &cache, context)?;
    if records.is_empty() {
        return Err(no_rows(&plan));
    }
    #[cfg(feature = "tables")]
    if args.table.is_asked_for() {
        return answer(args, &plan, &records, context);
    }
    show(&plan, &records, &args.results, WIDER, context)?;
    say_missing(&plan, records.len(), context);
    Ok(())
}

/// That there is no row of an experiment.
pub(super) fn no_rows(plan: &Plan) -> Failure {
    let name = &plan.name;
    match expected_rows(plan) {
        0 => Failure::of_input(miette!(
            code = "results::no_rows",
            help = "a stage of the kind `test` scores a model",
            "there is no row: `{name}` has no test stage"
        )),
        expected => not_yet(
            plan,
            &format!("there is no row: none of the {expected} results of `{name}` is in the cache"),
        ),
    }
}

/// That what is asked for has not been made yet, and what makes it.
pub(super) fn not_yet(plan: &Plan, said: &str) -> Failure {
    let [run, why] = ["run", "plan"].map(|verb| command(plan, verb));
    Failure::of_input(miette!(
        code = "results::no_rows",
        help = format!("`{run}` makes what is missing; `{why}` says what has to run and why"),
        "{said}"
    ))
}

/// Writes the whole tables, and prints what is asked for of them.
#[cfg(feature = "tables")]
fn answer(
    args: &Args,
    plan: &Plan,
    records: &[Record],
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let all = Rows::to_ask(records)?;
    let filter = args.table.filter.as_deref();
    let rows = all.query(&Query {
        filter: filter.map(str::to_owned),
        ..Query::default()
    })?;
    let left: Vec<&Record> = match filter {
        None => records.iter().collect(),
        Some(filter) => {
            let places = all.fitting(filter)?.into_iter();
            places.filter_map(|place| records.get(place)).collect()
        }
    };
    let doubts = filter.map_or(Ok(Vec::new()), |filter| all.doubts(filter))?;
    if let (0, Some(filter)) = (rows.height(), filter) {
        let rows = records.len();
        let filter = filter.to_owned();
        return Err(CompareError::NoneFits {
            rows,
            filter,
            doubts,
        }
        .into());
    }
    doubts.iter().for_each(|doubt| context.watcher.note(doubt));
    let essentials = view::essentials(&rows);
    let seen = args.table.seen(&rows, &essentials, context)?;
    let speeds = seen.iter().any(|name| name.ends_with("speed_up"));
    let remarks = results::remarks(&left, speeds);
    args.table.print(&rows, &essentials, &remarks, context)?;
    write(&args.results, plan, records, context)?;
    say_missing(plan, records.len(), context);
    Ok(())
}

/// The rows of a plan, as far as their artifacts are in the cache.
pub(super) fn records(
    plan: &Plan,
    cache: &Cache,
    context: &Context<'_>,
) -> Result<Vec<Record>, Failure> {
    let statuses = exec::preview(plan, cache, context.runner, &Options::default())?;
    let artifacts: Vec<_> = statuses.iter().map(Status::artifact).collect();
    Ok(results::records(plan, &artifacts)?)
}

/// Writes and prints the tables of all that is in the cache, and says if that is not everything.
pub(super) fn collect(
    plan: &Plan,
    cache: &Cache,
    folder: &ResultsDir,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let records = records(plan, cache, context)?;
    show(plan, &records, folder, &after_a_run(plan), context)?;
    say_missing(plan, records.len(), context);
    Ok(())
}

/// How all columns of a table can be seen.
#[cfg(feature = "tables")]
const WIDER: &str = view::CHOOSE;
#[cfg(not(feature = "tables"))]
const WIDER: &str = "in a pipe or a file it is whole";

/// How all columns of the table below a run can be seen.
#[cfg(feature = "tables")]
fn after_a_run(plan: &Plan) -> String {
    format!("`{} --format csv` has all", command(plan, "results"))
}
#[cfg(not(feature = "tables"))]
fn after_a_run(_: &Plan) -> String {
    WIDER.to_owned()
}

/// The command that asks the same experiment and cache with another verb.
fn command(plan: &Plan, verb: &str) -> String {
    plan.request.as_ref().map_or_else(
        || format!("srp {verb} FILE"),
        |asked| asked.command(verb, &asked.folders_of(&["--cache", "--cache-under"])),
    )
}

/// Says how many rows there would be if not all are there.
pub(super) fn say_missing(plan: &Plan, rows: usize, context: &Context<'_>) {
    let expected = expected_rows(plan);
    if rows < expected {
        let plan = command(plan, "plan");
        let line = format!("{rows} of {expected} results are there; `{plan}` says why");
        context.watcher.note(&line);
    }
}

/// Writes the tables of what there are artifacts of, and prints what a person wants to see of them.
pub(super) fn write_and_print(
    plan: &Plan,
    artifacts: &[Option<&Artifact>],
    folder: &ResultsDir,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let records = results::records(plan, artifacts)?;
    show(plan, &records, folder, &after_a_run(plan), context)
}

/// Writes the tables of some records, and prints what a person wants to see of them, even if they cannot be written.
/// Without records no table is touched. `wider` says how the columns can be seen that a terminal has no room for.
fn show(
    plan: &Plan,
    records: &[Record],
    folder: &ResultsDir,
    wider: &str,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    if records.is_empty() {
        return Ok(());
    }
    let written = write(folder, plan, records, context);
    let table = results::markdown(records, context.width, wider);
    write!(context.out, "{table}")?;
    written
}

/// Writes the tables, unless they would lose rows because not all results are there.
#[cfg(feature = "tables")]
fn write(
    folder: &ResultsDir,
    plan: &Plan,
    records: &[Record],
    context: &Context<'_>,
) -> Result<(), Failure> {
    let experiment = &plan.name;
    let (rows, expected) = (records.len(), expected_rows(plan));
    let table = folder.results.join(format!("{experiment}.csv"));
    let before = rows_of(&table);
    if rows < expected && rows < before {
        let line = format!(
            "{} is left as it is: it has {before} rows, and {rows} of {expected} results are there; `--results DIR` \
             writes elsewhere",
            table.display()
        );
        context.watcher.note(&line);
        return Ok(());
    }
    for path in results::write(&folder.results, experiment, records)? {
        let line = format!("wrote {}", path.display());
        context.watcher.note(&line);
    }
    Ok(())
}

/// The rows of a table, if it is there and is one.
#[cfg(feature = "tables")]
fn rows_of(table: &std::path::Path) -> usize {
    let bytes = std::fs::read(table).unwrap_or_default();
    Rows::read(results::Format::Csv, bytes).map_or(0, |rows| rows.height())
}

#[cfg(not(feature = "tables"))]
fn write(
    folder: &ResultsDir,
    _: &Plan,
    _: &[Record],
    context: &Context<'_>,
) -> Result<(), Failure> {
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
