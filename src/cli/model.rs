//! How a user names a model that a stage has made.

use super::Failure;
use super::args::CacheDir;
use super::cache::names;
use crate::cache::Cache;
use crate::config::Checkpoint;
use miette::miette;
use std::path::{Path, PathBuf};

/// Which model, and which of its checkpoints.
#[derive(Debug, clap::Args)]
pub(super) struct Model {
    /// The model: the folder of its artifact, or the beginning of its key as `srp plan` shows it
    model: PathBuf,

    /// Which of the model's checkpoints
    #[arg(long, value_enum, default_value_t = Which::Best)]
    checkpoint: Which,

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

impl Model {
    pub(super) fn checkpoint(&self) -> Checkpoint {
        match self.checkpoint {
            Which::Best => Checkpoint::Best,
            Which::Last => Checkpoint::Last,
        }
    }

    /// The folder of what the user names, which must be a model.
    #[cfg(feature = "nn")]
    pub(super) fn folder(&self) -> Result<PathBuf, Failure> {
        let folder = folder(&self.model, &self.cache.open())?;
        if crate::stages::model_artifact::holds_model(&folder) {
            return Ok(folder);
        }
        Err(Failure::of_input(miette!(
            help = "name what a stage of the kind pretrain, prune, finetune or import has made",
            "`{}` holds no model",
            folder.display()
        )))
    }

    /// Why this srp can do nothing with a model.
    #[cfg(not(feature = "nn"))]
    pub(super) fn refused(&self) -> Result<(), Failure> {
        let folder = folder(&self.model, &self.cache.open())?;
        let (folder, checkpoint) = (folder.display(), self.checkpoint());
        Err(Failure::of_input(miette!(
            help = "build it with the default features",
            "this srp was built without models: it cannot read {folder} ({checkpoint:?})"
        )))
    }
}

/// The folder that the user means.
fn folder(model: &Path, cache: &Cache) -> Result<PathBuf, Failure> {
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
            help = format!("say more of it: {}", named(&prefix, cache)?),
            "`{prefix}` is the beginning of {} keys",
            several.len()
        ))),
    }
}

/// Most artifacts that are named where one was meant.
const MOST: usize = 10;

/// The artifacts whose keys begin so, with the stages that they were made for.
fn named(prefix: &str, cache: &Cache) -> Result<String, Failure> {
    let mut entries = cache.entries()?;
    entries.retain(|entry| entry.key.to_string().starts_with(prefix));
    let names = entries.iter().take(MOST).map(|entry| {
        let [kind, stage, experiment] = names(entry);
        match stage.is_empty() {
            true => format!("{} ({kind})", entry.key.short()),
            false => format!("{} ({kind} `{stage}` of {experiment})", entry.key.short()),
        }
    });
    let rest = entries.len().saturating_sub(MOST);
    let rest = (rest > 0).then(|| format!("and {rest} more"));
    Ok(names.chain(rest).collect::<Vec<_>>().join(", "))
}
