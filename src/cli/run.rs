//! `srp run`

use super::args::{CacheDir, Experiment, Force, Part, ResultsDir};
use super::foretold::Foretold;
use super::{Context, Failure, results};
use crate::cache::Artifact;
use crate::device::{DeviceChoice, unused_gpu};
use crate::exec;
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    #[command(flatten)]
    part: Part,

    /// Where tensors live: `auto`, `cpu` or `cuda:N`
    #[arg(long, default_value_t)]
    device: DeviceChoice,

    #[command(flatten)]
    force: Force,

    /// Say what would run, as `srp plan` does, and run nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    cache: CacheDir,

    #[command(flatten)]
    results: ResultsDir,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let clock = Instant::now();
    let whole = args.experiment.load()?;
    let experiment = args.part.of(&whole)?;
    let cache = args.cache.open();
    let options = args.force.options();
    if args.dry_run {
        return Foretold::of(&experiment, &cache, &options, context)?.print(context);
    }
    let runner = context.runner(args.device)?;
    if let (DeviceChoice::Auto, Some(advice)) = (args.device, unused_gpu()) {
        context.progress.note(&advice);
    }
    let outcome = exec::execute(&experiment, &cache, &*runner, &options, context.progress)?;
    if args.part.is_everything() {
        let artifacts = outcome.nodes.iter().map(|done| Some(&done.artifact));
        let artifacts: Vec<Option<&Artifact>> = artifacts.collect();
        results::write_and_print(&experiment, &artifacts, &args.results, context)?;
    } else {
        // The table of the experiment must not lose the rows that were not asked for now.
        results::collect(&whole, &cache, &*runner, &args.results, context)?;
    }
    if outcome.ran_nothing() {
        let stages = experiment.nodes.len();
        let time = crate::results::duration(clock.elapsed().as_secs_f64());
        let line = format!("nothing to run: {stages} stages are cached (looked up in {time})");
        context.progress.note(&line);
    }
    Ok(())
}
