//! All that a model is beside its numbers.

use crate::config::{Architecture, LayerNorm};
use crate::groups::GroupName;
use crate::shape::Shape;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The most that any size of a model can be: more than models have, and no product of them overflows.
const LARGEST: usize = 1_000_000;

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

    /// What cannot be true of a model. What this lets pass neither overflows nor divides by zero later on.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let (shape, original) = (&self.shape, &self.original);
        let (sizes, whole) = (shape.groups(), original.groups());
        if !is_bounded(original) || !(1..=LARGEST).contains(&self.max_positions) {
            Some("a size is above a million, or `max-positions` is 0")
        } else if layers(shape) != layers(original) || *shape != original.with_groups(&sizes) {
            Some("layers, heads, dictionaries, projection or original width changed by pruning")
        } else if shape.heads == 0 || !shape.original_d_model.is_multiple_of(shape.heads) {
            Some("the original width is no multiple of the heads")
        } else if sizes.iter().any(|(group, size)| size > whole.get(group)) {
            Some("a group is larger than before pruning")
        } else if shape.encoder.d_model == 0 || shape.decoder.d_model == 0 {
            Some("a side has no embedding dimension")
        } else if !are_columns(&self.encoder_columns, shape.encoder.d_model, shape)
            || !are_columns(&self.decoder_columns, shape.decoder.d_model, shape)
        {
            Some("the kept columns are not those of the embedding dimensions")
        } else if !fits_heads(shape) || !fits_heads(original) {
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

/// Whether no size is above [`LARGEST`].
fn is_bounded(shape: &Shape) -> bool {
    let (encoder, decoder) = layers(shape);
    let sizes = [
        shape.original_d_model,
        shape.source_vocab,
        shape.target_vocab,
        encoder,
        decoder,
    ];
    let groups = shape.groups();
    let groups = groups.iter().map(|(_, &size)| size);
    sizes.into_iter().chain(groups).all(|size| size <= LARGEST)
}

/// Layers of the encoder and of the decoder.
fn layers(shape: &Shape) -> (usize, usize) {
    (shape.encoder.layers.len(), shape.decoder.layers.len())
}

/// Whether these are so many different columns of the original width.
fn are_columns(kept: &[usize], d_model: usize, shape: &Shape) -> bool {
    let different: BTreeSet<_> = kept.iter().collect();
    kept.len() == d_model
        && different.len() == d_model
        && kept.iter().all(|&column| column < shape.original_d_model)
}

/// Whether all heads of each attention module can have the same width.
fn fits_heads(shape: &Shape) -> bool {
    shape.groups().iter().all(|(group, size)| match group {
        GroupName::Qk(..) | GroupName::Vo(..) => size.is_multiple_of(shape.heads),
        GroupName::Embedding(_) | GroupName::FeedForward(..) => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OutputProjection;

    fn blueprint() -> Blueprint {
        let architecture = toml::from_str(
            r#"
            d-model = 8
            d-ff = 6
            heads = 2
            encoder-layers = 1
            decoder-layers = 2
            layer-norm = "weighted"
            max-positions = 16
            "#,
        );
        Blueprint::unpruned(&architecture.unwrap(), 7, 9)
    }

    /// What is wrong with a blueprint that was changed.
    fn wrong(change: impl FnOnce(&mut Blueprint)) -> &'static str {
        let mut blueprint = blueprint();
        change(&mut blueprint);
        blueprint.contradiction().unwrap()
    }

    #[test]
    fn a_model_whole_or_cut_is_possible() {
        let mut blueprint = blueprint();
        assert_eq!(blueprint.contradiction(), None);
        blueprint.shape.encoder.d_model = 3;
        blueprint.encoder_columns = vec![6, 0, 7];
        blueprint.shape.encoder.layers[0].d_ff = 0;
        blueprint.shape.decoder.layers[1].cross_attention.qk = 0;
        assert_eq!(blueprint.contradiction(), None);
    }

    #[test]
    fn columns_must_be_different_and_of_the_original_width() {
        for columns in [
            vec![0; 8],
            vec![0, 1, 2, 3, 4, 5, 6, 8],
            vec![0, 1, 2],
            vec![],
        ] {
            let words = wrong(|blueprint| blueprint.encoder_columns = columns.clone());
            assert!(words.starts_with("the kept columns"), "{columns:?}");
            let words = wrong(|blueprint| blueprint.decoder_columns = columns.clone());
            assert!(words.starts_with("the kept columns"), "{columns:?}");
        }
    }

    #[test]
    fn a_model_must_be_one_that_its_original_can_be_cut_to() {
        let larger = "a group is larger than before pruning";
        assert_eq!(wrong(|b| b.original.encoder.layers[0].d_ff = 5), larger);
        assert_eq!(
            wrong(|b| b.shape.decoder.layers[1].cross_attention.vo = 10),
            larger
        );
        assert_eq!(wrong(|b| b.original.decoder.d_model = 7), larger);
        let changes: [fn(&mut Blueprint); 8] = [
            |b| b.original.heads = 0,
            |b| b.original.heads = 4,
            |b| b.original.original_d_model = 10,
            |b| b.original.source_vocab = 8,
            |b| b.shape.target_vocab = 8,
            |b| b.original.output_projection = OutputProjection::Separate,
            |b| b.original.encoder.layers.clear(),
            |b| b.shape.decoder.layers.truncate(1),
        ];
        for change in changes {
            assert!(wrong(change).ends_with("changed by pruning"));
        }
    }

    #[test]
    fn heads_must_divide_all_that_they_share() {
        let words = "the original width is no multiple of the heads";
        for heads in [0, 3] {
            let change = |b: &mut Blueprint| (b.shape.heads, b.original.heads) = (heads, heads);
            assert_eq!(wrong(change), words);
        }
        let words = "the dimensions of an attention module are no multiple of its heads";
        assert_eq!(
            wrong(|b| b.shape.encoder.layers[0].self_attention.qk = 5),
            words
        );
    }

    #[test]
    fn sizes_that_no_memory_could_hold_are_impossible() {
        let words = "a size is above a million, or `max-positions` is 0";
        for positions in [0, LARGEST + 1, usize::MAX] {
            assert_eq!(wrong(|b| b.max_positions = positions), words);
        }
        let changes: [fn(&mut Blueprint); 4] = [
            |b| b.original.encoder.layers[0].d_ff = usize::MAX,
            |b| b.original.source_vocab = usize::MAX,
            |b| b.original.original_d_model = usize::MAX,
            |b| b.original.decoder.d_model = usize::MAX,
        ];
        for change in changes {
            assert_eq!(wrong(change), words);
        }
    }
}
