//! All that a model is beside its numbers.

use crate::config::{Architecture, LayerNorm};
use crate::groups::GroupName;
use crate::shape::Shape;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Sizes, constants and kept position columns of a model: with a [`State`](super::state::State) it is a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Blueprint {
    /// Sizes of all groups.
    pub shape: Shape,
    /// How layer norm treats dimensions that are being pruned.
    pub layer_norm: LayerNorm,
    /// Longest sentence of either side.
    pub max_positions: usize,
    /// The original columns that the encoder's positions keep (SPEC §2, `pos_emb_mask`).
    pub encoder_columns: Vec<usize>,
    /// The original columns that the decoder's positions keep.
    pub decoder_columns: Vec<usize>,
    /// Sizes of all groups before any pruning.
    pub original: Shape,
}

/// A blueprint that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BlueprintError {
    /// The file cannot be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a blueprint.
    #[error("`{}` does not describe a model", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What the parser met.
        #[source]
        source: serde_json::Error,
    },
    /// The file describes a model that cannot be.
    #[error("`{}` describes no possible model: {words}", path.display())]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// What cannot be.
        words: &'static str,
    },
}

impl Blueprint {
    /// The blueprint of an unpruned model.
    pub fn unpruned(architecture: &Architecture, source_vocab: usize, target_vocab: usize) -> Self {
        let shape = Shape::unpruned(architecture, source_vocab, target_vocab);
        let columns: Vec<usize> = (0..shape.original_d_model).collect();
        Self {
            layer_norm: architecture.layer_norm,
            max_positions: architecture.max_positions.get(),
            encoder_columns: columns.clone(),
            decoder_columns: columns,
            original: shape.clone(),
            shape,
        }
    }

    /// Reads a blueprint.
    ///
    /// # Errors
    /// If the file cannot be read or is none.
    pub fn read(path: &Path) -> Result<Self, BlueprintError> {
        let text = std::fs::read_to_string(path).map_err(|source| BlueprintError::Io {
            action: "read",
            path: path.into(),
            source,
        })?;
        let blueprint: Self =
            serde_json::from_str(&text).map_err(|source| BlueprintError::Format {
                path: path.into(),
                source,
            })?;
        blueprint.require_possible(path)?;
        Ok(blueprint)
    }

    /// Checks that there can be such a model.
    ///
    /// # Errors
    /// [`BlueprintError::Contradiction`] in the name of the file that it was read from.
    pub fn require_possible(&self, path: &Path) -> Result<(), BlueprintError> {
        match self.contradiction() {
            None => Ok(()),
            Some(words) => Err(BlueprintError::Contradiction {
                path: path.into(),
                words,
            }),
        }
    }

    /// What cannot be true of a model.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let shape = &self.shape;
        let columns = |kept: &[usize], d_model: usize| {
            kept.len() == d_model && kept.iter().all(|&column| column < shape.original_d_model)
        };
        if shape.heads == 0 || !shape.original_d_model.is_multiple_of(shape.heads) {
            Some("the original width is no multiple of the heads")
        } else if shape.encoder.d_model == 0 || shape.decoder.d_model == 0 {
            Some("a side has no embedding dimension")
        } else if !columns(&self.encoder_columns, shape.encoder.d_model)
            || !columns(&self.decoder_columns, shape.decoder.d_model)
        {
            Some("the kept columns are not those of the embedding dimensions")
        } else if shape.groups().iter().any(|(name, size)| {
            matches!(name, GroupName::Qk(..) | GroupName::Vo(..))
                && !size.is_multiple_of(shape.heads)
        }) {
            Some("the dimensions of an attention module are no multiple of its heads")
        } else {
            None
        }
    }

    /// Writes the blueprint.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), BlueprintError> {
        let mut text =
            serde_json::to_string_pretty(self).map_err(|source| BlueprintError::Format {
                path: path.into(),
                source,
            })?;
        text.push('\n');
        std::fs::write(path, text).map_err(|source| BlueprintError::Io {
            action: "write",
            path: path.into(),
            source,
        })
    }
}
