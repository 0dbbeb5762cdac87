//! `srp worker`: the work of one stage, in a process of its own. A run starts it; nobody types it.

use super::{Context, Failure};
use crate::exec::{Stop, serve};
use std::fs::File;
use std::io::{self, BufReader};
use std::os::fd::AsFd;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The job's file
    job: PathBuf,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    // Lists of processes would name it after the link that it was started by.
    std::fs::write("/proc/self/comm", "srp").ok();
    let stop = Stop::default();
    super::signals::request_stop_only(&stop)?;
    // What a library prints goes to the log, like what it says on standard error.
    let mut told = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdout(io::stderr()).map_err(io::Error::from)?;
    let orders = BufReader::new(io::stdin());
    // Nobody waits for the work any more, and the next run may be at it already.
    let abandoned = || std::process::exit(1);
    let done = serve(
        &args.job,
        context.stages,
        orders,
        &stop,
        abandoned,
        &mut told,
    )?;
    if done { Ok(()) } else { Err(Failure::told()) }
}
