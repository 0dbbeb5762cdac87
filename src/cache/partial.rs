//! What an unfinished stage has done: checkpoints that the next run of the same key goes on from.
//!
//! ```text
//! partial/ab/abcd…/N/               the checkpoint of the stage of key abcd… that was the Nth to be written
//! partial/ab/abcd…/N/complete.json  its [`Position`], what it took, digests of its files; written last
//! partial/ab/abcd….lock             held by the process that works on the stage
//! ```
//!
//! A checkpoint is whole or absent, like an artifact, and its key holds all that decides what the stage makes: one of
//! another config, other inputs or other text is never found. The run that makes the artifact of a key holds the lock of
//! that key, and the process that works for it the lock beside the checkpoints: it may outlive a killed run by an instant.

use super::digest::Digest;
use super::hold::LOCK;
use super::leftovers::remove;
use super::lock::{is_locked, try_lock, wait_for};
use super::store::{flush, flush_tree};
use super::{Cache, CacheError, Key};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// How far a checkpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Position {
    /// Steps done.
    pub step: u64,
    /// Steps of the whole stage, as far as it knows.
    pub of: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after step {} of {}", self.step, self.of)
    }
}

/// The content of `complete.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Complete {
    position: Position,
    #[serde(default)]
    seconds: f64,
    files: BTreeMap<String, Digest>,
}

/// The folder below the root of a cache.
pub(super) const PARTIAL: &str = "partial";
const COMPLETE: &str = "complete.json";

/// What an unfinished stage has kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The folder of its files.
    pub folder: PathBuf,
    /// The wall time that it took to come there.
    pub seconds: f64,
}

/// The checkpoints of one key.
#[derive(Debug, Clone)]
pub struct Partial {
    folder: PathBuf,
}

impl Cache {
    /// The checkpoints of the stage that makes the artifact of `key`. Touches nothing.
    pub fn partial(&self, key: Key) -> Partial {
        let name = key.to_string();
        Partial {
            folder: self.root().join(PARTIAL).join(&name[..2]).join(name),
        }
    }
}

impl Partial {
    /// Checkpoints in a folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder that they are in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits until no other process works on the stage, and keeps others from it while the file is open; nothing if
    /// `give_up` says so meanwhile.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn occupy(&self, give_up: impl Fn() -> bool) -> Result<Option<File>, CacheError> {
        let path = self.lock();
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(CacheError::unwritable(folder))?;
        }
        wait_for(|| try_lock(&path), || {}, give_up).map_err(CacheError::unwritable(&path))
    }

    /// Whether a process works on the stage. Writes nothing.
    pub(super) fn is_occupied(&self) -> bool {
        is_locked(&self.lock())
    }

    fn lock(&self) -> PathBuf {
        self.folder.with_extension(LOCK)
    }

    /// How far the newest checkpoint is. Its files are not read.
    pub fn position(&self) -> Option<Position> {
        let newest = self.whole().into_iter().next()?;
        Some(newest.complete.position)
    }

    /// The newest checkpoint whose files are what they were; those that are not are passed over.
    pub fn newest(&self) -> Option<Checkpoint> {
        let newest = self.whole().into_iter().find(Whole::is_sound)?;
        Some(Checkpoint {
            folder: newest.folder,
            seconds: newest.complete.seconds,
        })
    }

    /// All checkpoints that were written to the end, the newest first.
    fn whole(&self) -> Vec<Whole> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut whole: Vec<Whole> = entries
            .filter_map(|entry| Whole::read(entry.path()))
            .collect();
        whole.sort_by_key(|whole| Reverse(whole.number));
        whole
    }

    /// Keeps a checkpoint, to which it took so many seconds, and whose files `write` puts into the folder that it is
    /// given, in the place of those before.
    ///
    /// # Errors
    /// If a file cannot be written; then those before stay.
    pub fn save<E: From<CacheError>>(
        &self,
        position: Position,
        seconds: f64,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        let unwritable = |error| CacheError::unwritable(&self.folder)(error);
        fs::create_dir_all(&self.folder).map_err(unwritable)?;
        let before = self.whole();
        let draft = tempfile::Builder::new()
            .prefix("draft-")
            .tempdir_in(&self.folder)
            .map_err(unwritable)?;
        write(draft.path())?;
        let number = before.first().map_or(0, |newest| newest.number + 1);
        let target = self.folder.join(number.to_string());
        let publish = || -> io::Result<()> {
            let complete = Complete {
                position,
                seconds,
                files: digests(draft.path())?,
            };
            fs::write(draft.path().join(COMPLETE), serde_json::to_vec(&complete)?)?;
            flush_tree(draft.path())?;
            fs::rename(draft.path(), &target)?;
            flush(&self.folder)
        };
        publish().map_err(unwritable)?;
        // What is left of others costs space, no more.
        self.remove_all_but(&target).ok();
        Ok(())
    }

    fn remove_all_but(&self, newest: &Path) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path != newest {
                fs::remove_dir_all(path)?;
            }
        }
        Ok(())
    }

    /// Removes all checkpoints, since the stage is done or they are given up; not while a process works on it.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn clear(&self) -> Result<(), CacheError> {
        let lock = self.lock();
        if !self.folder.exists() && !lock.exists() {
            return Ok(());
        }
        let Some(_alone) = try_lock(&lock).map_err(CacheError::unwritable(&lock))? else {
            return Ok(());
        };
        remove(&self.folder)?;
        // Deleted while it is held: see `lock`.
        fs::remove_file(&lock).map_err(CacheError::unwritable(&lock))
    }
}

/// A checkpoint that was written to the end.
struct Whole {
    number: u64,
    folder: PathBuf,
    complete: Complete,
}

impl Whole {
    fn read(folder: PathBuf) -> Option<Self> {
        let number = folder.file_name()?.to_str()?.parse().ok()?;
        let complete = serde_json::from_slice(&fs::read(folder.join(COMPLETE)).ok()?).ok()?;
        Some(Self {
            number,
            folder,
            complete,
        })
    }

    /// Whether its files are what they were.
    fn is_sound(&self) -> bool {
        let mut files = self.complete.files.iter();
        files.all(|(name, digest)| {
            Digest::of_file(&self.folder.join(name)).is_ok_and(|found| found == *digest)
        })
    }
}

/// The digests of the files in a folder, which has no folders of its own.
fn digests(folder: &Path) -> io::Result<BTreeMap<String, Digest>> {
    fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            Ok((name, Digest::of_file(&entry.path())?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Partial) {
        let folder = tempfile::tempdir().unwrap();
        let partial = Partial::at(folder.path().join("partial"));
        (folder, partial)
    }

    fn save(partial: &Partial, step: u64, text: &str) {
        let position = Position { step, of: 10 };
        let write = |folder: &Path| {
            fs::write(folder.join("state"), text).map_err(CacheError::unwritable(folder))
        };
        partial.save(position, 2.5, write).unwrap();
    }

    fn text(partial: &Partial) -> Option<String> {
        let newest = partial.newest()?;
        assert_eq!(newest.seconds, 2.5);
        Some(fs::read_to_string(newest.folder.join("state")).unwrap())
    }

    #[test]
    fn the_newest_checkpoint_takes_the_place_of_those_before() {
        let (_folder, partial) = place();
        assert_eq!((partial.position(), text(&partial)), (None, None));
        for (step, state) in [(9, "nine"), (9, "nine again"), (10, "ten")] {
            save(&partial, step, state);
            assert_eq!(partial.position(), Some(Position { step, of: 10 }));
            assert_eq!(text(&partial).as_deref(), Some(state));
        }
        assert_eq!(fs::read_dir(&partial.folder).unwrap().count(), 1);
        partial.clear().unwrap();
        assert_eq!(partial.position(), None);
    }

    #[test]
    fn checkpoints_are_not_cleared_under_a_process_that_works_on_them() {
        let (folder, partial) = place();
        save(&partial, 1, "one");
        let alone = partial.occupy(|| true).unwrap().expect("nobody has it");
        partial.clear().unwrap();
        assert_eq!(text(&partial).as_deref(), Some("one"));
        assert!(partial.is_occupied());
        assert!(partial.occupy(|| true).unwrap().is_none());
        drop(alone);
        partial.clear().unwrap();
        let left = fs::read_dir(folder.path()).unwrap();
        assert_eq!(left.count(), 0, "neither checkpoints nor a lock");
    }

    #[test]
    fn a_checkpoint_that_is_not_whole_is_passed_over() {
        let (_folder, partial) = place();
        save(&partial, 1, "one");
        let unfinished = partial.folder.join("1");
        fs::create_dir(&unfinished).unwrap();
        fs::write(unfinished.join("state"), "two").unwrap();
        assert_eq!(text(&partial).as_deref(), Some("one"));
        fs::write(partial.folder.join("0/state"), "0ne").unwrap();
        assert_eq!(text(&partial), None, "a byte has changed");
    }

    #[test]
    fn a_checkpoint_that_cannot_be_written_leaves_the_one_before() {
        let (_folder, partial) = place();
        save(&partial, 1, "one");
        let position = Position { step: 2, of: 10 };
        let failed = |folder: &Path| Err(CacheError::unwritable(folder)(io::Error::other("full")));
        partial.save(position, 2.5, failed).unwrap_err();
        assert_eq!(text(&partial).as_deref(), Some("one"));
    }
}
