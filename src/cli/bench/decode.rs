//! `srp bench decode`

#[cfg(feature = "nn")]
mod measured;

use super::super::precision::Precision;
use super::super::{Context, Failure};
use super::train::Shape;
use crate::cli::args::at_least_one;
use crate::config::{Beam, CompressionRate, DeviceChoice};
use std::num::NonZeroUsize;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model, as for `srp bench train`
    #[arg(long, value_enum, default_value_t = Shape::Small)]
    shape: Shape,

    /// Measure a model pruned to this share of its parameters too, beside the whole one
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<CompressionRate>,

    /// Sentences that are decoded together
    #[arg(long, value_name = "N", default_value = "32", value_parser = at_least_one)]
    batch: NonZeroUsize,

    /// Sentences
    #[arg(long, value_name = "N", default_value = "64", value_parser = at_least_one)]
    sentences: NonZeroUsize,

    /// Hypotheses kept a sentence
    #[arg(long, value_name = "N", default_value = "5")]
    beam: Beam,

    #[command(flatten)]
    precision: Precision,

    /// Threads; all processors if not given
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    threads: Option<NonZeroUsize>,

    /// How often all sentences are translated; once more comes before
    #[arg(long, value_name = "N", default_value = "5", value_parser = at_least_one)]
    runs: NonZeroUsize,

    /// Where tensors live: `auto`, `cpu` or `cuda:N`
    #[arg(long, default_value_t)]
    device: DeviceChoice,

    /// Take turns with another program that translates with an unpruned model of the same shape
    #[arg(long, value_enum)]
    against: Option<Against>,

    /// The interpreter of that program
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Against {
    /// CTranslate2 on the CPU, in the same precision
    Ctranslate2,
}

fn rate(text: &str) -> Result<CompressionRate, String> {
    let number: f64 = text
        .parse()
        .map_err(|error| format!("expected a number: {error}"))?;
    CompressionRate::try_from(number).map_err(|error| error.to_string())
}

#[cfg(feature = "nn")]
pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    measured::run(args, context)
}

#[cfg(not(feature = "nn"))]
pub(super) fn run(args: &Args, _: &mut Context<'_>) -> Result<(), Failure> {
    Err(super::without_models(args))
}
