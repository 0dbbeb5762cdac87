//! Reading the checkpoints of fairseq: of plain transformers, and of the original SRP.
//!
//! Parameters have the same names in all three (SPEC §2), so that reading is mostly checking. Sizes come from the
//! tensors, and what they were before any pruning from the [`Architecture`]. What a checkpoint holds beside parameters
//! is `pos_emb_mask`, which becomes the kept position columns; connectivity vectors, which must be 1; versions and an
//! empty tensor that fairseq's positions carry, which are dropped; and in a tied model a second copy of the table.
//! Anything else is an error. A group with empty tensors was pruned completely, and in a checkpoint of SRP one
//! without any.
//!
//! Whether the model was trained with as many heads, and with post-norm, sinusoidal positions and ReLU, no shape can
//! tell: the configuration in the file can, but only where fairseq wrote it as plain values. An object of the class
//! `argparse.Namespace` cannot be read, and then the architecture is believed, with a [`Note`]. Which layer norm a
//! pruned model has is in neither.
//!
//! fairseq's own layer norm adds 1e-5 to the variance, SRP's and ours to the deviation (SPEC §3). The logits of a
//! plain transformer are therefore not quite the same here: those of `tests/fixtures/fairseq/plain.pt` move by 4.5e-6
//! of the largest.

mod checkpoint;
mod error;
mod note;
mod settings;
mod sizes;

pub use error::{FairseqError, Problem};
pub use note::Note;

use super::parameters::OUTPUT_PROJECTION;
use super::state::{Array, State};
use super::transformer::check_shapes;
use super::{Blueprint, LoadError};
use crate::config::{Architecture, OutputProjection};
use crate::groups::Side;
use crate::shape::Shape;
use checkpoint::{Checkpoint, Numbers, Raw, Tensors};
use std::collections::BTreeSet;
use std::path::Path;

/// The name of the decoder's embedding table.
const TARGET_TABLE: &str = "decoder.embed_tokens.weight";

/// A model that was taken from a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Its sizes.
    pub blueprint: Blueprint,
    /// Its numbers.
    pub state: State,
    /// What its user should know.
    pub notes: Vec<Note>,
}

/// Reads the model of a checkpoint. No code in the file is executed.
///
/// `architecture` says what the model was before any pruning; `source_vocab` and `target_vocab` are the sizes of the
/// dictionaries that it will be used with.
///
/// # Errors
/// If the file is no checkpoint, or its model is not of this architecture, not of these dictionaries, in the middle of
/// being pruned, or of another kind than srp's.
pub fn read(
    path: &Path,
    architecture: &Architecture,
    source_vocab: usize,
    target_vocab: usize,
) -> Result<Taken, FairseqError> {
    Checkpoint::open(path)
        .and_then(|checkpoint| {
            let unpruned = Blueprint::unpruned(architecture, source_vocab, target_vocab);
            let unsaid = match &checkpoint.settings {
                Some(settings) => {
                    settings::check(settings, architecture)?;
                    None
                }
                None => Some(Note::NoSettings),
            };
            let (blueprint, state) = model(checkpoint.tensors, unpruned)?;
            let notes = unsaid.into_iter().chain(note::notes(&blueprint, &state));
            Ok(Taken {
                notes: notes.collect(),
                blueprint,
                state,
            })
        })
        .map_err(|problem| FairseqError {
            path: path.into(),
            problem: Box::new(problem),
        })
}

/// The model of these tensors, which is `unpruned` or was cut out of it.
fn model(mut tensors: Tensors, unpruned: Blueprint) -> Result<(Blueprint, State), Problem> {
    tensors.retain(|name, _| !is_buffer(name));
    refuse_foreign(&tensors)?;
    let shape = sizes::shape(&tensors, &unpruned.original)?;
    tensors.retain(|_, raw| !raw.is_empty());
    drop_connectivity(&mut tensors, &shape)?;
    let original = unpruned.original.original_d_model;
    let blueprint = Blueprint {
        encoder_columns: columns(&mut tensors, Side::Encoder, shape.encoder.d_model, original)?,
        decoder_columns: columns(&mut tensors, Side::Decoder, shape.decoder.d_model, original)?,
        shape,
        ..unpruned
    };
    if let Some(words) = blueprint.contradiction() {
        return Err(Problem::Impossible(words));
    }
    if blueprint.shape.output_projection == OutputProjection::Tied {
        drop_copy(&mut tensors)?;
    }
    let shapes = tensors.iter().map(|(name, raw)| (name, &raw.shape));
    check_shapes(&blueprint.shape, shapes).map_err(|error| explain(error, &blueprint.shape))?;
    let state = tensors
        .into_iter()
        .map(|(name, raw)| array(&name, raw).map(|array| (name, array)))
        .collect::<Result<State, Problem>>()?;
    Ok((blueprint, state))
}

/// Whether a tensor is none of the model's numbers. The content of `_float_tensor` is left to chance by fairseq.
fn is_buffer(name: &str) -> bool {
    matches!(name, "encoder.version" | "decoder.version")
        || name.ends_with(".embed_positions._float_tensor")
}

/// Refuses kinds of models that srp does not have.
fn refuse_foreign(tensors: &Tensors) -> Result<(), Problem> {
    let foreign = |name: &String| Some((name.clone(), foreign(name)?));
    match tensors.keys().find_map(foreign) {
        Some((tensor, model)) => Err(Problem::Foreign { tensor, model }),
        None => Ok(()),
    }
}

/// The kind of model that has a tensor of this name, and what srp's have instead.
fn foreign(name: &str) -> Option<&'static str> {
    let starts = |prefix| name.starts_with(prefix);
    if starts("encoder.layer_norm.") || starts("decoder.layer_norm.") {
        Some(
            "a model with layer norm before each block (pre-norm); srp's come after it (post-norm)",
        )
    } else if name.contains(".layernorm_embedding.") {
        Some("a model with a layer norm on its embeddings; srp's has none there")
    } else if name.ends_with(".embed_positions.weight") {
        Some("a model with learned positions; srp's are sinusoidal")
    } else if name.contains(".adaptive_softmax.") {
        Some("a model with an adaptive softmax; srp projects to the whole dictionary at once")
    } else if name.contains(".in_proj_") {
        Some(
            "a fairseq before 0.9, with queries, keys and values in one tensor; \
             load and save it with a newer one",
        )
    } else {
        None
    }
}

/// Takes the connectivity vectors out, all of which must be 1: then they change nothing.
fn drop_connectivity(tensors: &mut Tensors, shape: &Shape) -> Result<(), Problem> {
    for (group, &size) in shape.groups().iter() {
        let tensor = group.to_string();
        let Some(raw) = tensors.remove(&tensor) else {
            continue;
        };
        if raw.shape != [size] {
            return Err(Problem::Shape {
                tensor,
                found: raw.shape,
                expected: vec![size],
                decided_by: "the size of its group".to_owned(),
            });
        }
        let array = array(&tensor, raw)?;
        if array.data.iter().any(|&c| c != 1.0) {
            return Err(Problem::Fading(tensor));
        }
    }
    Ok(())
}

/// Takes the list of a side's kept position columns out; without one, nothing was cut.
fn columns(
    tensors: &mut Tensors,
    side: Side,
    width: usize,
    original: usize,
) -> Result<Vec<usize>, Problem> {
    let tensor = format!("{side}.pos_emb_mask");
    let Some(mask) = tensors.remove(&tensor) else {
        return if width == original {
            Ok((0..original).collect())
        } else {
            Err(Problem::NoColumns {
                side,
                width,
                original,
            })
        };
    };
    let Numbers::Integers(numbers) = mask.numbers else {
        return Err(Problem::NumberType {
            tensor,
            found: mask.dtype,
            expected: "integers",
        });
    };
    let columns: Vec<usize> = numbers
        .iter()
        .filter_map(|&number| usize::try_from(number).ok())
        .filter(|&column| column < original)
        .collect();
    let different: BTreeSet<_> = columns.iter().collect();
    if numbers.len() == width && different.len() == width {
        Ok(columns)
    } else {
        Err(Problem::Columns {
            tensor,
            width,
            original,
        })
    }
}

/// Takes the output projection of a tied model out, which fairseq writes beside the table that it is.
fn drop_copy(tensors: &mut Tensors) -> Result<(), Problem> {
    match tensors.remove(OUTPUT_PROJECTION) {
        Some(copy) if tensors.get(TARGET_TABLE) != Some(&copy) => Err(Problem::NotTied {
            tensor: OUTPUT_PROJECTION,
        }),
        _ => Ok(()),
    }
}

/// Adds to a wrong shape where the right one comes from.
fn explain(error: LoadError, shape: &Shape) -> Problem {
    match error {
        LoadError::Shape {
            name,
            found,
            expected,
        } => Problem::Shape {
            decided_by: sizes::decided_by(shape, &name),
            tensor: name,
            found,
            expected,
        },
        other => Problem::Load(other),
    }
}

fn array(name: &str, raw: Raw) -> Result<Array, Problem> {
    let Numbers::Floats(data) = raw.numbers else {
        return Err(Problem::NumberType {
            tensor: name.to_owned(),
            found: raw.dtype,
            expected: "floating-point numbers",
        });
    };
    if !data.iter().all(|number| number.is_finite()) {
        return Err(Problem::NotFinite(name.to_owned()));
    }
    Ok(Array {
        shape: raw.shape,
        data,
    })
}

#[cfg(test)]
mod tests;
