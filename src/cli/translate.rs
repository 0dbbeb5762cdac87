//! `srp translate`

use super::args::CacheDir;
use super::{Context, Failure};
use crate::cache::Cache;
use crate::config::Checkpoint;
use crate::device::DeviceChoice;
use miette::miette;
use std::num::NonZeroUsize;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model: the folder of its artifact, or the beginning of its key as `srp plan` shows it
    model: PathBuf,

    /// Which of the model's checkpoints
    #[arg(long, value_enum, default_value_t = Which::Best)]
    checkpoint: Which,

    /// Hypotheses kept a sentence, if not as in a test stage
    #[arg(long)]
    beam: Option<NonZeroUsize>,

    /// Where tensors live: `auto`, `cpu` or `cuda:N`
    #[arg(long, default_value_t)]
    device: DeviceChoice,

    #[command(flatten)]
    cache: CacheDir,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Which {
    /// The one with the highest validation BLEU
    Best,
    /// The one after the last update
    Last,
}

impl From<Which> for Checkpoint {
    fn from(which: Which) -> Self {
        match which {
            Which::Best => Self::Best,
            Which::Last => Self::Last,
        }
    }
}

/// The folder of the model that the user means.
fn folder(model: &std::path::Path, cache: &Cache) -> Result<PathBuf, Failure> {
    if model.is_dir() {
        return Ok(model.to_owned());
    }
    let wrong = |text: String| Failure::of_input(miette!("{text}"));
    let prefix = model.to_string_lossy();
    match cache.with_prefix(&prefix).as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(wrong(format!(
            "`{prefix}` is neither a folder nor the beginning of a key in {}",
            cache.root().display()
        ))),
        several => Err(wrong(format!(
            "`{prefix}` is the beginning of {} keys: say more of it",
            several.len()
        ))),
    }
}

#[cfg(feature = "nn")]
pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    use crate::stages::translate::{Translation, translate};
    let folder = folder(&args.model, &args.cache.open())?;
    let device = args
        .device
        .resolve()
        .map_err(|error| Failure::of_input(error.into()))?;
    let mut search =
        crate::plan::default_search().map_err(|error| Failure::of_work(miette!(error)))?;
    search.beam = args.beam.unwrap_or(search.beam);
    let translation = Translation {
        model: &folder,
        checkpoint: args.checkpoint.into(),
        search: &search,
    };
    let mut input = std::io::stdin().lock();
    translate(device, &translation, &mut input, &mut *context.out)
        .map_err(|failure| Failure::of_work(miette!("{}", failure.messages().join(": "))))
}

#[cfg(not(feature = "nn"))]
pub(super) fn run(args: &Args, _: &mut Context<'_>) -> Result<(), Failure> {
    let folder = folder(&args.model, &args.cache.open())?;
    let (folder, checkpoint) = (folder.display(), Checkpoint::from(args.checkpoint));
    Err(Failure::of_input(miette!(
        help = "build it with the default features",
        "this srp was built without models: it cannot translate with {folder} ({checkpoint:?}, {:?}, {})",
        args.beam,
        args.device
    )))
}
