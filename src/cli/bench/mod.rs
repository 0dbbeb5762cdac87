//! `srp bench`

#[cfg(feature = "nn")]
mod peer;
#[cfg(feature = "nn")]
mod samples;
mod train;

use super::{Context, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Measure one training step of a model of a fixed shape, alone or beside another program
    Train(train::Args),
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    match &args.verb {
        Verb::Train(args) => train::run(args, context),
    }
}
