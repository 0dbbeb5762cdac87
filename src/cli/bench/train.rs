//! `srp bench train`

#[cfg(feature = "nn")]
mod measured;

use super::super::{Context, Failure};
use crate::cli::args::at_least_one;
use crate::config::DeviceChoice;
use std::num::NonZeroUsize;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model and its batch: `base` is the shape of IWSLT'14, `small` and `tiny` are those of smaller corpora
    #[arg(long, value_enum, default_value_t = Shape::Small)]
    shape: Shape,

    /// The update that is measured
    #[arg(long, value_enum, default_value_t = Step::Plain)]
    step: Step,

    /// Threads; all processors if not given
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    threads: Option<NonZeroUsize>,

    /// Steps that count; one more comes before them
    #[arg(long, value_name = "N", default_value = "9", value_parser = at_least_one)]
    steps: NonZeroUsize,

    /// Target tokens of the batch, about; those of the shape if not given
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    tokens: Option<NonZeroUsize>,

    /// What affine maps compute in
    #[arg(long, value_enum, default_value_t = Precision::Float32)]
    precision: Precision,

    /// Where tensors live: `auto`, `cpu` or `cuda:N`
    #[arg(long, default_value_t)]
    device: DeviceChoice,

    /// Take turns with another program that does the same step
    #[arg(long, value_enum)]
    against: Option<Against>,

    /// The interpreter of that program
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: String,
}

/// What is done with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Step {
    /// That of a baseline
    Plain,
    /// That of a pruning run: connectivity, a teacher, entries that stand still
    Pruning,
    /// The two in turns
    Both,
}

/// A model that speed is measured on.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Shape {
    Tiny,
    Small,
    Base,
}

#[cfg(feature = "nn")]
impl Shape {
    /// What it is called in the file of shapes.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Small => "small",
            Self::Base => "base",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Against {
    /// PyTorch in eager mode, on the same device and in the same precision
    Pytorch,
    /// The same through `torch.compile`
    PytorchCompiled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Precision {
    /// 32-bit floats, which a GPU multiplies with 10-bit mantissas (TF32)
    Float32,
    /// bfloat16, beside parameters and sums in 32-bit floats
    Bfloat16,
}

#[cfg(feature = "nn")]
pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    measured::run(args, context)
}

#[cfg(not(feature = "nn"))]
pub(super) fn run(args: &Args, _: &mut Context<'_>) -> Result<(), Failure> {
    Err(super::without_models(args))
}
