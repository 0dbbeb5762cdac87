//! What a training stage keeps in the cache, to go on from when it is interrupted.

use super::training::EPOCHS;
use crate::cache::{CacheError, Checkpoint, Partial, Position};
use crate::exec::{Progress, Stop};
use crate::train::{Keep, Snapshot, TrainError, Wish};
use std::path::Path;
use std::time::{Duration, Instant};

/// What an interrupted run of the stage has kept, and the seconds that it took; its log goes on as well.
pub(super) fn kept(
    partial: &Partial,
    log: &Path,
    progress: &dyn Progress,
) -> Option<(Snapshot, f64)> {
    let Checkpoint { folder, seconds } = partial.newest()?;
    let read = || -> Result<Snapshot, TrainError> {
        let snapshot = Snapshot::read(&folder)?;
        std::fs::copy(folder.join(EPOCHS), log).map_err(|error| TrainError::Other(error.into()))?;
        Ok(snapshot)
    };
    match read() {
        Ok(snapshot) => {
            let steps = snapshot.place.steps;
            progress.note(&format!(
                "going on after update {steps}, where it was interrupted"
            ));
            Some((snapshot, seconds))
        }
        Err(error) => {
            progress.note(&format!(
                "what was kept of an interrupted run is of no use: {error}"
            ));
            None
        }
    }
}

/// Keeps checkpoints in the cache: every so often, and when the run is to stop.
pub(super) struct Keeper<'a> {
    pub(super) partial: &'a Partial,
    pub(super) every: Duration,
    /// When this run of the stage began, and how long those took that it goes on from.
    pub(super) began: Instant,
    pub(super) seconds_before: f64,
    pub(super) last: Instant,
    pub(super) stop: &'a Stop,
    /// The log of epochs, which is kept too.
    pub(super) log: &'a Path,
    pub(super) progress: &'a dyn Progress,
}

/// Why a checkpoint could not be kept.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum KeepError {
    Cache(#[from] CacheError),
    Snapshot(#[from] TrainError),
    Log(#[from] std::io::Error),
}

impl Keep for Keeper<'_> {
    fn wish(&mut self) -> Wish {
        if self.stop.requested() {
            Wish::Stop
        } else if self.last.elapsed() >= self.every {
            Wish::Keep
        } else {
            Wish::GoOn
        }
    }

    /// A checkpoint that cannot be written is no reason to give up the work.
    fn keep(&mut self, snapshot: &Snapshot, total: u64) -> Result<(), TrainError> {
        let position = Position {
            step: snapshot.place.steps,
            of: total,
        };
        let seconds = self.seconds_before + self.began.elapsed().as_secs_f64();
        let kept = self
            .partial
            .save(position, seconds, |folder| -> Result<(), KeepError> {
                snapshot.write(folder)?;
                std::fs::copy(self.log, folder.join(EPOCHS))?;
                Ok(())
            });
        if let Err(error) = kept {
            self.progress
                .note(&format!("cannot keep a checkpoint: {error}"));
        }
        self.last = Instant::now();
        Ok(())
    }
}
