//! What runs leave beside artifacts: drafts of killed processes, records of failed stages, checkpoints of unfinished
//! ones, and damaged artifacts that were set aside.

use super::attempt::ATTEMPTS;
use super::catalogue::{key_of, timestamp};
use super::hold::{LOCK, TMP};
use super::lock::is_locked;
use super::partial::PARTIAL;
use super::walk::{children, measure};
use super::{Cache, CacheError, Key, Lookup, Partial};
use jiff::Timestamp;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Something that is no artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// What it is.
    pub kind: LeftoverKind,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was last changed.
    pub changed: Timestamp,
}

/// What a leftover is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftoverKind {
    /// What a killed process was making.
    Draft,
    /// Log and error of a stage that failed.
    Attempt,
    /// Checkpoints of a stage that is not finished.
    Unfinished(Key),
    /// Checkpoints of a stage whose artifact is there.
    Finished(Key),
    /// A damaged artifact.
    Quarantined,
}

impl LeftoverKind {
    /// What it is, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Draft => "what a killed run was making",
            Self::Attempt => "log of a stage that failed or was stopped",
            Self::Unfinished(_) => "checkpoints of an unfinished stage",
            Self::Finished(_) => "checkpoints of a finished stage",
            Self::Quarantined => "damaged artifact",
        }
    }
}

impl Cache {
    /// All leftovers, without those that a running process still needs. Writes nothing.
    pub fn leftovers(&self) -> Vec<Leftover> {
        let below = |name: &str| children(&self.root().join(name)).into_iter();
        let drafts = below(TMP)
            .filter(|path| !is_locked(&path.join(LOCK)))
            .map(|path| leftover(LeftoverKind::Draft, path));
        let attempts = below(ATTEMPTS).map(|path| leftover(LeftoverKind::Attempt, path));
        let quarantined = below("quarantine").map(|path| leftover(LeftoverKind::Quarantined, path));
        let partial = below(PARTIAL).flat_map(|folder| self.checkpoints(folder));
        drafts
            .chain(attempts)
            .chain(partial)
            .chain(quarantined)
            .collect()
    }

    /// The checkpoints in a folder that is named after a key, or in those below it.
    fn checkpoints(&self, folder: PathBuf) -> Vec<Leftover> {
        let folders = match key_of(&folder) {
            Some(_) => vec![folder],
            None => children(&folder),
        };
        let keyed = folders
            .into_iter()
            .filter_map(|path| Some((key_of(&path)?, path)));
        let idle =
            keyed.filter(|(key, path)| !self.is_guarded(*key) && !Partial::at(path).is_occupied());
        idle.map(|(key, path)| {
            let kind = match self.lookup(key) {
                Lookup::Whole(_) => LeftoverKind::Finished(key),
                Lookup::Absent | Lookup::Damaged(_) => LeftoverKind::Unfinished(key),
            };
            leftover(kind, path)
        })
        .collect()
    }

    /// Deletes a leftover; returns whether it is gone, which it is not if a process has begun to need it.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn discard_leftover(&self, leftover: &Leftover) -> Result<bool, CacheError> {
        match leftover.kind {
            LeftoverKind::Draft => self.remove_abandoned()?,
            LeftoverKind::Finished(key) | LeftoverKind::Unfinished(key) => {
                let Some(_guard) = self.try_guard(key)? else {
                    return Ok(false);
                };
                Partial::at(&leftover.path).clear()?;
            }
            LeftoverKind::Attempt | LeftoverKind::Quarantined => remove(&leftover.path)?,
        }
        Ok(!leftover.path.exists())
    }
}

fn leftover(kind: LeftoverKind, path: PathBuf) -> Leftover {
    let (bytes, changed) = measure(&path);
    Leftover {
        kind,
        bytes,
        // What has no time may be new.
        changed: changed.and_then(timestamp).unwrap_or_else(Timestamp::now),
        path,
    }
}

/// Removes a folder, or a file that somebody put where a folder should be, unless it is gone already.
pub(super) fn remove(path: &Path) -> Result<(), CacheError> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(CacheError::unwritable(path)(error))
        }
        _ => Ok(()),
    }
}
