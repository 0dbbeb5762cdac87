//! What running processes rely on, and who may change what.
//!
//! A guard is the right to change what lies at one key: to make, replace, set aside or delete it. A hold lists
//! artifacts that a run has found and will read later, so that nobody deletes them meanwhile. Both it and the drafts of
//! the run's artifacts lie in a folder of `tmp/` that the process has claimed: beside a lock, by which the next one sees
//! what a killed process has left.

use super::leftovers::remove;
use super::lock::{is_locked, remove_unless_held, try_lock, wait_for};
use super::partial::PARTIAL;
use super::walk::children;
use super::{Cache, CacheError, Key};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

pub(super) const TMP: &str = "tmp";
const LOCKS: &str = "locks";
const HOLDS: &str = "holds";
/// What the process that has claimed a folder holds; and how the name of a lock beside checkpoints ends.
pub(super) const LOCK: &str = "lock";

/// The right to change what lies at one key; ends when dropped.
#[derive(Debug)]
pub struct KeyGuard {
    key: Key,
    _held: File,
}

impl KeyGuard {
    /// The key.
    pub fn key(&self) -> Key {
        self.key
    }
}

/// A folder in `tmp` that is this process's; removed when dropped.
#[derive(Debug)]
pub struct Claim {
    temporary: TempDir,
    // After the folder, so that the lock is held until the folder is gone.
    _held: File,
    /// How many names were given.
    named: AtomicU64,
}

impl Claim {
    pub(super) fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// `path` as seen from the folder, if it lies in there.
    pub fn inside<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(self.path()).unwrap_or(path)
    }

    /// A path in the folder that nothing else has.
    pub(super) fn fresh(&self) -> PathBuf {
        let number = self.named.fetch_add(1, Ordering::Relaxed);
        self.path().join(number.to_string())
    }
}

/// Artifacts that a run relies on; ends when dropped.
#[derive(Debug)]
pub struct Hold {
    claim: Arc<Claim>,
    keys: BTreeSet<Key>,
}

impl Cache {
    /// Waits for the right to change what lies at `key`; nothing if `give_up` says so while another process has it.
    /// `waiting` is called if one has it for more than an instant.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn guard(
        &self,
        key: Key,
        waiting: impl FnOnce(),
        give_up: impl Fn() -> bool,
    ) -> Result<Option<KeyGuard>, CacheError> {
        wait_for(|| self.try_guard(key), waiting, give_up)
    }

    /// The right to change what lies at `key`, unless another process has it.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn try_guard(&self, key: Key) -> Result<Option<KeyGuard>, CacheError> {
        let path = self.folder(LOCKS)?.join(key.to_string());
        let held = try_lock(&path).map_err(CacheError::unwritable(&path))?;
        Ok(held.map(|held| KeyGuard { key, _held: held }))
    }

    /// Whether a process has the right to change what lies at `key`. Writes nothing.
    pub fn is_guarded(&self, key: Key) -> bool {
        is_locked(&self.root().join(lock_of(key)))
    }

    /// Deletes the locks of keys and of checkpoints that no process holds; returns what kept it from deleting others.
    /// They are empty files, one for each key that was ever made here, and for each stage that was killed before its
    /// first checkpoint.
    pub fn remove_idle_locks(&self) -> Vec<CacheError> {
        let of_keys = children(&self.root().join(LOCKS));
        let shelves = children(&self.root().join(PARTIAL));
        let beside_checkpoints = shelves.iter().flat_map(|shelf| children(shelf));
        let is_lock = |path: &PathBuf| path.extension().is_some_and(|ending| ending == LOCK);
        let locks = of_keys
            .into_iter()
            .chain(beside_checkpoints.filter(is_lock));
        let removed =
            locks.map(|path| remove_unless_held(&path).map_err(CacheError::unwritable(&path)));
        removed.filter_map(Result::err).collect()
    }

    /// Claims a new folder in `tmp`, after removing what killed processes left of theirs.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn claim(&self) -> Result<Claim, CacheError> {
        // Creating a folder and taking its lock must look like one act to a process that removes folders.
        let _one_at_a_time = self.one_at_a_time()?;
        let all = self.folder(TMP)?;
        remove_abandoned(&all)?;
        let temporary = TempDir::new_in(&all).map_err(CacheError::unwritable(&all))?;
        let lock = temporary.path().join(LOCK);
        let held = File::create(&lock).map_err(CacheError::unwritable(&lock))?;
        held.lock().map_err(CacheError::unwritable(&lock))?;
        Ok(Claim {
            temporary,
            _held: held,
            named: AtomicU64::new(0),
        })
    }

    /// Removes the folders in `tmp` that no living process has claimed.
    pub(super) fn remove_abandoned(&self) -> Result<(), CacheError> {
        let _one_at_a_time = self.one_at_a_time()?;
        remove_abandoned(&self.folder(TMP)?)
    }

    fn one_at_a_time(&self) -> Result<File, CacheError> {
        let path = self.root().join("tmp.lock");
        fs::create_dir_all(self.root()).map_err(CacheError::unwritable(self.root()))?;
        let lock = || {
            let file = File::create(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(CacheError::unwritable(&path))
    }

    /// Whether the file system keeps a second one from a lock, and gives it to the next one when the first is done.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn locks_hold(&self) -> Result<bool, CacheError> {
        // No claim, which would clear away what others have left; but until it is locked, they would take it for that.
        let _one_at_a_time = self.one_at_a_time()?;
        let tmp = self.root().join(TMP);
        let folder = fs::create_dir_all(&tmp).and_then(|()| tempfile::tempdir_in(&tmp));
        let folder = folder.map_err(CacheError::unwritable(&tmp))?;
        let path = folder.path().join(LOCK);
        let lock = || try_lock(&path).map_err(CacheError::unwritable(&path));
        let first = lock()?;
        let kept = first.is_some() && lock()?.is_none();
        drop(first);
        Ok(kept && lock()?.is_some())
    }

    /// Begins to hold artifacts; none at first.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn hold(&self) -> Result<Hold, CacheError> {
        Ok(Hold {
            claim: Arc::new(self.claim()?),
            keys: BTreeSet::new(),
        })
    }

    /// The artifacts that running processes hold. Writes nothing.
    pub fn held(&self) -> BTreeSet<Key> {
        let drafts = children(&self.root().join(TMP)).into_iter();
        let alive = drafts.filter(|draft| is_locked(&draft.join(LOCK)));
        let texts = alive.filter_map(|draft| fs::read_to_string(draft.join(HOLDS)).ok());
        texts
            .flat_map(|text| {
                text.lines()
                    .filter_map(|line| line.parse().ok())
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

impl Hold {
    /// The folder that the run has for what it makes.
    pub fn claim(&self) -> Arc<Claim> {
        self.claim.clone()
    }

    /// Holds these artifacts too.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn add(&mut self, keys: impl IntoIterator<Item = Key>) -> Result<(), CacheError> {
        let news: BTreeSet<Key> = keys
            .into_iter()
            .filter(|key| !self.keys.contains(key))
            .collect();
        let lines: String = news.iter().map(|key| format!("{key}\n")).collect();
        let path = self.claim.path().join(HOLDS);
        let written = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| file.write_all(lines.as_bytes()));
        written.map_err(CacheError::unwritable(&path))?;
        self.keys.extend(news);
        Ok(())
    }
}

fn remove_abandoned(tmp: &Path) -> Result<(), CacheError> {
    // One without a lock was given up before it was locked, or is being removed by its owner.
    let mut claimed = children(tmp).into_iter();
    claimed.try_for_each(|folder| {
        if is_locked(&folder.join(LOCK)) {
            Ok(())
        } else {
            remove(&folder)
        }
    })
}

/// Where the lock of a key lies below the root of a cache.
fn lock_of(key: Key) -> PathBuf {
    Path::new(LOCKS).join(key.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_trial_of_locks_is_not_taken_for_what_a_dead_process_left() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        thread::scope(|scope| {
            scope.spawn(|| (0..300).for_each(|_| drop(cache.claim().unwrap())));
            for _ in 0..300 {
                cache.locks_hold().unwrap();
            }
        });
        assert!(children(&folder.path().join(TMP)).is_empty());
    }
}
