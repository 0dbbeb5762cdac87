//! `srp export`

use super::model::Model;
use super::{Context, Failure};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    model: Model,

    /// The folder to make; it must not exist
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

#[cfg(feature = "nn")]
pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let model = args.model.folder()?;
    crate::stages::export::export(&model, args.model.checkpoint(), &args.to)?;
    Ok(writeln!(context.out, "{}", args.to.display())?)
}

#[cfg(not(feature = "nn"))]
pub(super) fn run(args: &Args, _: &mut Context<'_>) -> Result<(), Failure> {
    args.model.refused()
}
