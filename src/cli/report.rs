//! `srp report`

use super::args::{CacheDir, Experiment};
use super::{Context, Failure};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    /// The file to write; without it, EXPERIMENT.html in the working directory
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    cache: CacheDir,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    Ok(())
}
