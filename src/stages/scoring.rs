//! What score and prune stages share: the batches that scores are computed on, the teacher, and the files of scores.
//!
//! | file | content |
//! |---|---|
//! | `gradients.safetensors` | for each group a vector: the gradient of the loss with respect to its connectivity |
//! | `scores.json` | for people: the loss of each batch, and of each group's importance the range and the mean |

use super::training::{start, write_json};
use crate::config::{Checkpoint, Distillation};
use crate::exec::{Inputs, StageFailure};
use crate::groups::{GroupName, Groups};
use crate::kernels::Learning;
use crate::model::Transformer;
use crate::model::state::{self, Array, State};
use crate::prune::Importance;
use crate::random::Stream;
use crate::text::batching::Batch;
use crate::train::{Taught, Teacher};
use serde::Serialize;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

const GRADIENTS: &str = "gradients.safetensors";
const SUMMARY: &str = "scores.json";

/// Some of the training batches, drawn by the seed.
pub(super) fn scoring_batches(batches: &[Batch], count: NonZeroUsize, seed: u64) -> Vec<Batch> {
    let order = Stream::new(seed, "scoring batches").permutation(batches.len());
    let chosen = order.iter().take(count.get());
    chosen.map(|&batch| batches[batch].clone()).collect()
}

/// The teacher that `distillation` asks for: another model, or the one that `model` names as it is.
pub(super) fn teacher<B: Learning>(
    distillation: Option<&Distillation>,
    checkpoint: Checkpoint,
    inputs: &Inputs,
    max_positions: usize,
    device: &B::Device,
) -> Result<Option<Teacher<B>>, StageFailure> {
    let Some(distillation) = distillation else {
        return Ok(None);
    };
    let (key, checkpoint) = match distillation.teacher {
        Some(_) => ("distillation.teacher", Checkpoint::Best),
        None => ("model", checkpoint),
    };
    let (blueprint, state) = start(inputs, key, checkpoint)?;
    if blueprint.max_positions < max_positions {
        return Err(StageFailure::new(format!(
            "the teacher knows {} positions, the model {max_positions}: it cannot read the longest sentences",
            blueprint.max_positions
        ))
        .with_help("name a teacher with at least the model's `max-positions`"));
    }
    Ok(Some(Teacher {
        model: Transformer::from_state(&blueprint, &state, device)?,
        weight: distillation.weight.get(),
        temperature: distillation.temperature.get(),
        positions: Taught::Tokens,
    }))
}

/// What people read of scores.
#[derive(Serialize)]
struct Summary {
    /// The loss of each batch, summed over its target tokens.
    losses: Vec<f64>,
    groups: BTreeMap<String, Range>,
}

/// The importance of a group's entries: the negative gradients (SPEC §5).
#[derive(Serialize)]
struct Range {
    entries: usize,
    lowest: Option<f32>,
    mean: Option<f64>,
    highest: Option<f32>,
}

impl Range {
    fn of(gradients: &[f32]) -> Self {
        let scores = gradients.iter().map(|gradient| -gradient);
        let sum: f64 = scores.clone().map(f64::from).sum();
        let entries = gradients.len();
        Self {
            entries,
            lowest: scores.clone().reduce(f32::min),
            mean: (entries > 0).then(|| sum / entries as f64),
            highest: scores.reduce(f32::max),
        }
    }
}

/// Writes what a scoring pass found into the folder of an artifact.
pub(super) fn write_scores(root: &Path, importance: &Importance) -> Result<(), StageFailure> {
    let groups = || importance.gradients.iter();
    let state: State = groups()
        .map(|(name, gradients)| {
            let array = Array {
                shape: vec![gradients.len()],
                data: gradients.clone(),
            };
            (name.to_string(), array)
        })
        .collect();
    state::write(&root.join(GRADIENTS), &state)?;
    let summary = Summary {
        losses: importance.losses.clone(),
        groups: groups()
            .map(|(name, gradients)| (name.to_string(), Range::of(gradients)))
            .collect(),
    };
    write_json(&root.join(SUMMARY), &summary)
}

/// The gradients in the folder of a score artifact, of a model whose groups have these sizes.
///
/// # Errors
/// If the file cannot be read, or is of a model of other sizes.
pub(super) fn read_gradients(
    artifact: &Path,
    sizes: &Groups<usize>,
) -> Result<Groups<Vec<f32>>, StageFailure> {
    let path = artifact.join(GRADIENTS);
    let state = state::read(&path)?;
    let of = |name: GroupName| state.get(&name.to_string());
    for (name, size) in sizes.iter() {
        let found = of(name).map_or(0, |array| array.data.len());
        if found != *size {
            return Err(StageFailure::new(format!(
                "tensor `{name}` of `{}` has {found} entries, expected {size}",
                path.display()
            )));
        }
    }
    let entries = |name| of(name).map(|array| array.data.clone());
    Ok(sizes.map(|name, _| entries(name).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn importance() -> Importance {
        let gradients = Groups::build(1, 1, |name| match name.to_string().as_str() {
            "encoder.embedding_c" => vec![0.1, -2.5e-8, -0.0],
            "decoder.embedding_c" => Vec::new(),
            _ => vec![1.0, f32::MIN_POSITIVE],
        });
        Importance {
            gradients,
            losses: vec![12.5],
        }
    }

    #[test]
    fn gradients_are_read_back_bit_by_bit() {
        let folder = tempfile::tempdir().unwrap();
        let written = importance();
        write_scores(folder.path(), &written).unwrap();
        let sizes = written.gradients.map(|_, gradients| gradients.len());
        let read = read_gradients(folder.path(), &sizes).unwrap();
        let bits = |groups: &Groups<Vec<f32>>| {
            groups.map(|_, g| g.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
        };
        assert_eq!(bits(&read), bits(&written.gradients));
    }

    #[test]
    fn the_summary_tells_importance_and_not_gradients() {
        let folder = tempfile::tempdir().unwrap();
        write_scores(folder.path(), &importance()).unwrap();
        let text = std::fs::read(folder.path().join(SUMMARY)).unwrap();
        let summary: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(summary["losses"], serde_json::json!([12.5]));
        let group = &summary["groups"]["decoder.layers.0.fc_c"];
        assert_eq!(group["entries"], 2);
        assert_eq!(
            (group["lowest"].as_f64(), group["mean"].as_f64()),
            (Some(-1.0), Some(-0.5))
        );
        assert!(summary["groups"]["decoder.embedding_c"]["lowest"].is_null());
    }

    #[test]
    fn scores_of_a_model_of_other_sizes_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let written = importance();
        write_scores(folder.path(), &written).unwrap();
        let sizes = written.gradients.map(|_, gradients| gradients.len() + 1);
        let message = read_gradients(folder.path(), &sizes)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("tensor `encoder.embedding_c`"),
            "{message}"
        );
        assert!(message.contains("has 3 entries, expected 4"), "{message}");
    }
}
