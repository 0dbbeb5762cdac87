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
    let prefix = model.to_string_lossy();
    match cache.with_prefix(&prefix).as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::of_input(miette!(
            help = "`srp plan FILE` shows the keys of an experiment's stages",
            "`{prefix}` is neither a folder nor the beginning of a key in `{}`",
            cache.root().display()
        ))),
        several => Err(Failure::of_input(miette!(
            help = "say more of it",
            "`{prefix}` is the beginning of {} keys",
            several.len()
        ))),
    }
}

/// The folder of what the user names, which must be a model.
#[cfg(feature = "nn")]
fn model(named: &std::path::Path, cache: &Cache) -> Result<PathBuf, Failure> {
    let folder = folder(named, cache)?;
    if crate::stages::translate::holds_model(&folder) {
        return Ok(folder);
    }
    Err(Failure::of_input(miette!(
        help = "name what a stage of the kind pretrain, prune or finetune has made",
        "`{}` holds no model",
        folder.display()
    )))
}

#[cfg(feature = "nn")]
pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    use crate::stages::translate::{TranslateError, Translation, translate};
    let model = model(&args.model, &args.cache.open())?;
    let device = args
        .device
        .resolve()
        .map_err(|error| Failure::of_input(error.into()))?;
    let mut search =
        crate::plan::default_search().map_err(|error| Failure::of_work(miette!(error)))?;
    search.beam = args.beam.unwrap_or(search.beam);
    let translation = Translation {
        model: &model,
        checkpoint: args.checkpoint.into(),
        search: &search,
    };
    let mut input = std::io::stdin().lock();
    translate(device, &translation, &mut input, &mut *context.out).map_err(|error| match error {
        TranslateError::Failed(failure) => failure.into(),
        TranslateError::Output(error) => error.into(),
    })
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
