//! A model in a folder that needs nothing of srp: what `srp export` writes and `import.exported` reads.
//!
//! | file | content |
//! |---|---|
//! | `model.safetensors` | the tensors, by the names of SPEC §2, as 32-bit floats |
//! | `config.json` | a [`Config`]: sizes, and what a forward pass must know beside them |
//! | `dict.LANGUAGE.txt`, `codes.bpe`, `dataset.json` | dictionaries, merges, and how text became tokens |
//! | `README.md` | how to load it |

mod readme;

use super::import::{CONFIG, TENSORS};
use super::model_artifact::{self, TEXT};
use super::training::write_json;
use crate::config::Checkpoint;
use crate::exec::StageFailure;
use crate::model::state::{self, Array, State};
use crate::model::{Blueprint, LAYER_NORM_EPSILON, check};
use crate::text::dataset::{Transfer, check_merges, copy_pipeline, dictionary_sizes};
use crate::text::vocabulary::{BOS, EOS, PAD, UNK};
use serde::{Deserialize, Serialize};
use std::path::Path;

const README: &str = "README.md";

/// The form of the folder; another one is not read.
const FORMAT: &str = "srp-model/1";

/// The content of `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Config {
    format: String,
    conventions: Conventions,
    model: Blueprint,
}

/// The part of [`Config`] that says how to read the rest.
#[derive(Deserialize)]
struct Head {
    format: String,
}

/// What all models of srp have in common, for readers that are not srp (SPEC §2, §3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Conventions {
    bos: u32,
    pad: u32,
    eos: u32,
    unk: u32,
    /// Added to the standard deviation, outside of the root.
    layer_norm_epsilon: f64,
    /// Where layer norm stands.
    layer_norm_place: String,
    /// The feed-forward blocks' function.
    activation: String,
    /// How positions enter.
    positions: String,
    /// The position of a sentence's first token.
    first_position: u32,
}

impl Conventions {
    fn of_srp() -> Self {
        Self {
            bos: BOS,
            pad: PAD,
            eos: EOS,
            unk: UNK,
            layer_norm_epsilon: LAYER_NORM_EPSILON,
            layer_norm_place: "after-residual".to_owned(),
            activation: "relu".to_owned(),
            positions: "sinusoidal".to_owned(),
            first_position: PAD + 1,
        }
    }
}

/// Why an exported folder is not a model.
#[derive(Debug, thiserror::Error)]
enum BadExport {
    #[error("`{path}` does not describe an exported model")]
    Config {
        path: String,
        source: serde_json::Error,
    },
    #[error("`{path}` has the format `{found}`, expected `{FORMAT}`")]
    Format { path: String, found: String },
    #[error(
        "`{path}` describes a model with other conventions than srp's: found {found:?}, expected {expected:?}"
    )]
    Conventions {
        path: String,
        found: Box<Conventions>,
        expected: Box<Conventions>,
    },
    #[error("tensor `{tensor}` of `{path}` holds a number that is not finite")]
    NotFinite { path: String, tensor: String },
    #[error(
        "the {side} dictionary of `{folder}` has {symbols} symbols, but the model's table has {rows} rows"
    )]
    Dictionary {
        side: &'static str,
        folder: String,
        symbols: usize,
        rows: usize,
    },
}

/// Writes a checkpoint of the model artifact in a folder so that other programs can read it. `text` says how the files
/// of the text pipeline get there.
///
/// # Errors
/// If the artifact cannot be read, or a file cannot be written.
pub(super) fn write(
    artifact: &Path,
    checkpoint: Checkpoint,
    to: &Path,
    text: Transfer,
) -> Result<(), StageFailure> {
    let (blueprint, tensors) = model_artifact::read(artifact, checkpoint)?;
    copy_pipeline(&artifact.join(TEXT), to, text)?;
    state::write(&to.join(TENSORS), &tensors)?;
    let config = Config {
        format: FORMAT.to_owned(),
        conventions: Conventions::of_srp(),
        model: blueprint,
    };
    write_json(&to.join(CONFIG), &config)?;
    let path = to.join(README);
    std::fs::write(&path, readme::text(&config.model)).map_err(|error| {
        StageFailure::from(error).context(format!("cannot write `{}`", path.display()))
    })
}

/// Reads such a folder.
///
/// # Errors
/// If a file is missing or broken, or the files do not belong together.
pub(super) fn read(folder: &Path) -> Result<(Blueprint, State), StageFailure> {
    let config = read_config(&folder.join(CONFIG))?;
    let path = folder.join(TENSORS);
    let tensors = state::read(&path)?;
    check(&config.model, &tensors).map_err(|error| {
        StageFailure::from(error).context(format!(
            "`{}` does not hold the model that `{CONFIG}` describes",
            path.display()
        ))
    })?;
    if let Some(tensor) = not_finite(&tensors) {
        let path = path.display().to_string();
        let tensor = tensor.to_owned();
        return Err(BadExport::NotFinite { path, tensor }.into());
    }
    check_merges(folder)?;
    let shape = &config.model.shape;
    let (source, target) = dictionary_sizes(folder)?;
    for (side, symbols, rows) in [
        ("source", source, shape.source_vocab),
        ("target", target, shape.target_vocab),
    ] {
        if symbols != rows {
            let folder = folder.display().to_string();
            return Err(BadExport::Dictionary {
                side,
                folder,
                symbols,
                rows,
            }
            .into());
        }
    }
    Ok((config.model, tensors))
}

/// The first tensor that holds a number which no model can have.
fn not_finite(tensors: &State) -> Option<&str> {
    let is_broken = |array: &Array| array.data.iter().any(|number| !number.is_finite());
    let (name, _) = tensors.iter().find(|(_, array)| is_broken(array))?;
    Some(name)
}

fn read_config(path: &Path) -> Result<Config, StageFailure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        StageFailure::from(error).context(format!("cannot read `{}`", path.display()))
    })?;
    let name = path.display().to_string();
    let malformed = |source| BadExport::Config {
        path: name.clone(),
        source,
    };
    let Head { format } = serde_json::from_str(&text).map_err(malformed)?;
    if format != FORMAT {
        let (path, found) = (name, format);
        return Err(BadExport::Format { path, found }.into());
    }
    let config: Config = serde_json::from_str(&text).map_err(malformed)?;
    let expected = Conventions::of_srp();
    if config.conventions != expected {
        return Err(BadExport::Conventions {
            path: name,
            found: Box::new(config.conventions),
            expected: Box::new(expected),
        }
        .into());
    }
    config.model.require_possible(path)?;
    Ok(config)
}
