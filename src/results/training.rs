//! What a training left of itself: a line for each epoch, and the sizes of its model.

use super::ResultsError;
use crate::cache::Artifact;
use crate::config::Checkpoint;
use crate::shape::Shape;
use serde::Deserialize;
use std::fs;
use std::io;
use std::path::Path;

/// One epoch, as the stage that trained recorded it. Measures that were no numbers are missing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Epoch {
    /// The epoch, from 1.
    pub epoch: u64,
    /// What it was for, in a word.
    pub phase: String,
    /// Updates of the stage at its end.
    pub total_steps: u64,
    /// Loss per target token, to the base 2, with label smoothing and the teacher in it.
    pub loss: Option<f64>,
    /// Negative log-likelihood per target token, to the base 2.
    pub nll: Option<f64>,
    /// The last learning rate.
    pub learning_rate: Option<f64>,
    /// Validation BLEU, if the epoch was judged.
    pub validation: Option<f64>,
    /// Trained numbers of the model at its end.
    pub parameters: u64,
}

/// The sizes of a model beside those that it began with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Sizes {
    /// As the model is now.
    pub shape: Shape,
    /// Before any pruning.
    pub original: Shape,
}

/// The epochs of the stage that made an artifact; none if it is no training.
///
/// # Errors
/// If the record is there and cannot be understood.
pub fn epochs(artifact: &Artifact) -> Result<Vec<Epoch>, ResultsError> {
    let path = artifact.path().join("records/epochs.jsonl");
    let text = read_if_there(&path)?.unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(ResultsError::unreadable(&path)))
        .collect()
}

/// The sizes of the model in an artifact; nothing if that holds no model.
///
/// # Errors
/// If they are there and cannot be understood.
pub fn sizes(artifact: &Artifact, checkpoint: Checkpoint) -> Result<Option<Sizes>, ResultsError> {
    let path = artifact
        .path()
        .join(checkpoint.name())
        .join("blueprint.json");
    let text = read_if_there(&path)?;
    text.map(|text| serde_json::from_str(&text).map_err(ResultsError::unreadable(&path)))
        .transpose()
}

fn read_if_there(path: &Path) -> Result<Option<String>, ResultsError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ResultsError::unreadable(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_read_as_trainings_write_it() {
        let line = r#"{"epoch":4,"phase":"pruning","total-steps":216,"loss":null,"nll":0.39,
            "learning-rate":0.001,"validation":92.02,"parameters":371889,"seconds":10.1}"#;
        let epoch: Epoch = serde_json::from_str(line).unwrap();
        assert_eq!((epoch.total_steps, epoch.loss), (216, None));
        assert_eq!((epoch.validation, &*epoch.phase), (Some(92.02), "pruning"));
    }
}
