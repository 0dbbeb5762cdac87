//! All that a training run is between two updates: what an interrupted one goes on from, bit for bit.
//!
//! Dropout, the order of batches and all that is drawn depend on the seed and on the place in the run only, so there is
//! no state of a random generator to keep.

use super::{Phase, TrainError};
use crate::model::Blueprint;
use crate::model::state::{self, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// A training run between two updates.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Sizes and constants of the model.
    pub blueprint: Blueprint,
    /// Its parameters.
    pub model: State,
    /// The first moments of all parameters that have been updated, flat.
    pub first: State,
    /// The second moments.
    pub second: State,
    /// The model with the best validation score so far.
    pub best: Option<(Blueprint, State)>,
    /// Where the run is.
    pub place: Place,
}

/// Where a training run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Place {
    /// Completed updates of the run.
    pub steps: u64,
    /// The epoch, from 1.
    pub epoch: usize,
    /// Completed updates of the epoch; at 0 it has not begun.
    pub done: usize,
    /// Whether all that is left of the epoch is its validation.
    pub ended: bool,
    /// What the epoch is for, once it has begun.
    pub phase: Option<Phase>,
    /// Sums over the epoch so far.
    pub sums: Sums,
    /// Seconds spent on the epoch so far.
    pub seconds: f64,
    /// The best validation score so far.
    pub best_score: Option<f64>,
    /// Validations in a row without a better one.
    pub without_gain: usize,
    /// Completed updates of each parameter.
    pub updates: BTreeMap<String, i32>,
    /// What the regime keeps.
    pub regime: serde_json::Value,
}

/// Sums over an epoch, off the device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sums {
    pub(super) loss: f64,
    pub(super) nll: f64,
    pub(super) tokens: usize,
}

impl Place {
    /// The beginning of a run.
    pub(super) fn start() -> Self {
        Self {
            steps: 0,
            epoch: 1,
            done: 0,
            ended: false,
            phase: None,
            sums: Sums::default(),
            seconds: 0.0,
            best_score: None,
            without_gain: 0,
            updates: BTreeMap::new(),
            regime: serde_json::Value::Null,
        }
    }

    /// Turns to the next epoch.
    pub(super) fn next_epoch(&mut self) {
        self.epoch += 1;
        self.done = 0;
        self.ended = false;
        self.phase = None;
        self.sums = Sums::default();
        self.seconds = 0.0;
    }
}

const PLACE: &str = "place.json";
const BLUEPRINT: &str = "blueprint.json";
const MODEL: &str = "model.safetensors";
const FIRST: &str = "first-moments.safetensors";
const SECOND: &str = "second-moments.safetensors";
const BEST_BLUEPRINT: &str = "best-blueprint.json";
const BEST_MODEL: &str = "best-model.safetensors";

impl Snapshot {
    /// Writes the snapshot's files into a folder.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), TrainError> {
        let place = serde_json::to_vec(&self.place).map_err(boxed)?;
        std::fs::write(folder.join(PLACE), place).map_err(boxed)?;
        self.blueprint
            .write(&folder.join(BLUEPRINT))
            .map_err(boxed)?;
        for (name, tensors) in [
            (MODEL, &self.model),
            (FIRST, &self.first),
            (SECOND, &self.second),
        ] {
            state::write(&folder.join(name), tensors).map_err(boxed)?;
        }
        if let Some((blueprint, model)) = &self.best {
            blueprint
                .write(&folder.join(BEST_BLUEPRINT))
                .map_err(boxed)?;
            state::write(&folder.join(BEST_MODEL), model).map_err(boxed)?;
        }
        Ok(())
    }

    /// Reads what [`Snapshot::write`] wrote.
    ///
    /// # Errors
    /// If a file is missing or is something else.
    pub fn read(folder: &Path) -> Result<Self, TrainError> {
        let place = std::fs::read(folder.join(PLACE)).map_err(boxed)?;
        let place: Place = serde_json::from_slice(&place).map_err(boxed)?;
        let tensors = |name: &str| state::read(&folder.join(name)).map_err(boxed);
        let blueprint = |name: &str| Blueprint::read(&folder.join(name)).map_err(boxed);
        Ok(Self {
            blueprint: blueprint(BLUEPRINT)?,
            model: tensors(MODEL)?,
            first: tensors(FIRST)?,
            second: tensors(SECOND)?,
            best: match place.best_score {
                Some(_) => Some((blueprint(BEST_BLUEPRINT)?, tensors(BEST_MODEL)?)),
                None => None,
            },
            place,
        })
    }
}

fn boxed(error: impl std::error::Error + Send + Sync + 'static) -> TrainError {
    TrainError::Other(Box::new(error))
}
