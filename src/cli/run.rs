//! `srp run`

use super::args::{CacheDir, Experiment, Force, Part, ResultsDir};
use super::foretold::Foretold;
use super::{Context, Failure, results};
use crate::cache::Artifact;
use crate::device::{DeviceChoice, unused_gpu};
use crate::exec::{self, Options};
use std::time::{Duration, Instant};

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

    /// Keep what a training has done at least every so often, besides after every epoch
    #[arg(long, value_name = "SECONDS", default_value_t = Options::default().keep_every.as_secs_f64(), value_parser = seconds)]
    keep_every: f64,

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
    let options = Options {
        keep_every: Duration::from_secs_f64(args.keep_every),
        ..args.force.options()
    };
    if args.dry_run {
        return Foretold::of(&experiment, &cache, &options, context)?.print(context);
    }
    let runner = context.runner(args.device)?;
    if let (DeviceChoice::Auto, Some(advice)) = (args.device, unused_gpu()) {
        context.progress.note(&advice);
    }
    super::signals::request_stop(&options.stop)?;
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

/// A number of seconds that a duration can hold.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok();
    seconds
        .filter(|&seconds| Duration::try_from_secs_f64(seconds).is_ok())
        .ok_or_else(|| format!("expected a number of seconds, found `{text}`"))
}
