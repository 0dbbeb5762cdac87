//! `srp translate`

use super::model::Model;
use super::precision::Precision;
use super::{Context, Failure};
use crate::config::{Beam, DeviceChoice};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    model: Model,

    /// Hypotheses kept a sentence, at most 1000, if not as in a test stage
    #[arg(long, value_name = "N")]
    beam: Option<Beam>,

    #[command(flatten)]
    precision: Precision,

    /// Where tensors live: `auto`, `cpu` or `cuda:N`
    #[arg(long, default_value_t)]
    device: DeviceChoice,
}

#[cfg(feature = "nn")]
pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    use crate::device::Device;
    use crate::stages::translate::{TranslateError, Translation, translate};
    use miette::miette;
    let model = args.model.folder()?;
    let choice = args.precision.device(args.device);
    let device = Device::find(choice).map_err(|error| Failure::of_input(error.into()))?;
    let mut search =
        crate::plan::default_search().map_err(|error| Failure::of_work(miette!(error)))?;
    search.beam = args.beam.unwrap_or(search.beam);
    let translation = Translation {
        model: &model,
        checkpoint: args.model.checkpoint(),
        search: &search,
        precision: args.precision.get(),
    };
    let mut input = std::io::stdin().lock();
    translate(device, &translation, &mut input, &mut *context.out).map_err(|error| match error {
        TranslateError::Failed(failure) => failure.into(),
        TranslateError::Output(error) => error.into(),
    })
}

#[cfg(not(feature = "nn"))]
pub(super) fn run(args: &Args, _: &mut Context<'_>) -> Result<(), Failure> {
    args.model.refused()
}
