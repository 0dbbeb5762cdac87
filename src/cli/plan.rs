//! `srp plan`

use super::args::{CacheDir, Experiment, Force, Part};
use super::foretold::Foretold;
use super::{Context, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    #[command(flatten)]
    part: Part,

    #[command(flatten)]
    force: Force,

    /// Print one object of JSON
    #[arg(long)]
    json: bool,

    /// Exit with 0 only if every stage is cached, and with 3 if not
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    cache: CacheDir,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.part.of(&args.experiment.load()?)?;
    let options = args.force.options();
    let foretold = Foretold::of(&plan, &args.cache.open(), &options, context)?;
    let printed = if args.json {
        foretold.print_json(context)
    } else {
        foretold.print(context)
    };
    // The verdict does not depend on who reads the plan to its end.
    if args.check && !foretold.all_cached() {
        return Err(Failure::would_run());
    }
    printed
}
