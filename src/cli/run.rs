//! `srp run`

use super::args::{CacheDir, Experiment, Force, Part, ResultsDir, at_least_one};
use super::foretold::Foretold;
use super::progress::Show;
use super::{Context, Failure, results};
use crate::config::{DeviceChoice, Resources};
use crate::counted::{counted, is_or_are};
use crate::device;
use crate::exec::{self, Options, Slot};
use crate::plan::Plan;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    #[command(flatten)]
    part: Part,

    /// Where tensors live: `auto`, `cpu` or `cuda:N`; in the place of `[resources] devices`
    #[arg(long, value_name = "DEVICE", value_delimiter = ',')]
    device: Vec<DeviceChoice>,

    /// Run as many stages at the same time; a GPU works on one at a time, and the CPU's threads are divided
    #[arg(long, short, value_name = "N", value_parser = at_least_one)]
    jobs: Option<NonZeroUsize>,

    /// After a failure, go on with the stages that do not depend on it
    #[arg(long, short)]
    keep_going: bool,

    #[command(flatten)]
    force: Force,

    /// Keep what a training has done at least every so often, besides after every epoch
    #[arg(long, value_name = "SECONDS", default_value_t = Options::default().keep_every.as_secs_f64(), value_parser = seconds)]
    keep_every: f64,

    /// Say what would run, as `srp plan` does, and run nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    pub(super) show: Show,

    #[command(flatten)]
    cache: CacheDir,

    #[command(flatten)]
    results: ResultsDir,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let clock = Instant::now();
    let mut whole = args.experiment.load()?;
    if let Some(request) = &mut whole.request {
        request.folders = args.cache.folders();
        request.folders.extend(args.results.folder());
        request.more = args.words();
    }
    let experiment = args.part.of(&whole)?;
    let cache = args.cache.open();
    let options = Options {
        keep_every: Duration::from_secs_f64(args.keep_every),
        slots: args.slots(&experiment, context)?,
        keep_going: args.keep_going,
        ..args.force.options()
    };
    if args.dry_run {
        return Foretold::of(&experiment, &cache, &options, context)?.print(context);
    }
    super::signals::request_stop(&options.stop)?;
    let watcher = context.watcher;
    let outcome = exec::execute(&experiment, &cache, context.runner, &options, watcher);
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            // What is there is shown, and what went wrong is told last, whatever becomes of that.
            if args.keep_going
                && error.leaves_results()
                && let Err(failure) = results::collect(&whole, &cache, &args.results, context)
            {
                watcher.note(&format!("no table: {failure}"));
            }
            return Err(error.into());
        }
    };
    if args.part.is_everything() {
        let nodes = outcome.nodes.iter();
        let artifacts: Vec<_> = nodes.map(|done| Some(&done.artifact)).collect();
        results::write_and_print(&experiment, &artifacts, &args.results, context)?;
    } else {
        // The table of the experiment must not lose the rows that were not asked for now.
        results::collect(&whole, &cache, &args.results, context)?;
    }
    if outcome.ran_nothing() {
        let number = experiment.nodes.len();
        let (stages, are) = (counted(number, "stage"), is_or_are(number));
        let time = crate::results::duration(clock.elapsed().as_secs_f64());
        let line = format!("nothing to run: {stages} {are} cached (looked up in {time})");
        context.watcher.note(&line);
    }
    Ok(())
}

impl Args {
    /// What asks for the same run of an experiment, but for its folders and for what is shown of it.
    fn words(&self) -> Vec<String> {
        let mut words = self.part.words();
        words.extend(self.force.words());
        let devices: Vec<String> = self.device.iter().map(ToString::to_string).collect();
        if !devices.is_empty() {
            words.extend(["--device".to_owned(), devices.join(",")]);
        }
        if let Some(jobs) = self.jobs {
            words.extend(["--jobs".to_owned(), jobs.to_string()]);
        }
        if self.keep_going {
            words.push("--keep-going".to_owned());
        }
        if self.keep_every != Options::default().keep_every.as_secs_f64() {
            words.extend(["--keep-every".to_owned(), self.keep_every.to_string()]);
        }
        words
    }

    /// What stages run on: what the flags say, or else the experiment.
    fn slots(&self, experiment: &Plan, context: &Context<'_>) -> Result<Vec<Slot>, Failure> {
        let resources = Resources {
            devices: match self.device.as_slice() {
                [] => experiment.resources.devices.clone(),
                given => Some(given.to_vec()),
            },
            jobs: self.jobs.or(experiment.resources.jobs),
        };
        let slots = Slot::divide(
            &resources,
            experiment.nodes.len(),
            device::auto_tries_gpu(),
            Slot::all_threads(),
        );
        for slot in &slots {
            device::check(slot.device).map_err(|error| Failure::of_input(error.into()))?;
        }
        let automatic = slots.iter().any(|slot| slot.device == DeviceChoice::Auto);
        if let (true, Some(advice)) = (automatic, device::unused_gpu()) {
            context.watcher.note(&advice);
        }
        let wanted = resources.jobs.filter(|jobs| jobs.get() > slots.len());
        if let Some(jobs) = wanted.filter(|_| slots.len() < experiment.nodes.len()) {
            let line = format!(
                "{} of {jobs} jobs: a GPU works on one stage at a time, and no other device is named",
                slots.len()
            );
            context.watcher.note(&line);
        }
        Ok(slots)
    }
}

/// A number of seconds that a duration can hold.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok();
    seconds
        .filter(|&seconds| Duration::try_from_secs_f64(seconds).is_ok())
        .ok_or_else(|| format!("expected a number of seconds, found `{text}`"))
}
