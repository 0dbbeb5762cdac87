//! Where damaged artifacts go: `quarantine/KEY-TIME`. They are never deleted without being asked for, since what
//! is left of a week of training may still be worth something.

use super::artifact::MANIFEST;
use super::fault::{Fault, faults};
use super::{Cache, CacheError, Key, KeyGuard, Manifest};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::PathBuf;

/// A damaged artifact that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Where it lies now.
    pub to: PathBuf,
}

impl Cache {
    /// Reads every byte of the artifact of `key` in this cache, not in those under it. Nothing is wrong with an
    /// artifact that is not there.
    ///
    /// # Errors
    /// If something of it is there and cannot be read.
    pub fn faults(&self, key: Key) -> Result<Vec<Fault>, CacheError> {
        let folder = self.artifact_dir(key);
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let manifest = folder.join(MANIFEST);
        match File::open(&manifest) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(CacheError::unreadable(&manifest)(error));
            }
            _ => {}
        }
        match Manifest::read(&folder, key) {
            Ok(manifest) => faults(&folder, &manifest),
            Err(fault) => Ok(vec![Fault::Manifest(fault)]),
        }
    }

    /// Sets the artifact of the guarded key aside if it is damaged. It is read under the guard: whoever saw damage
    /// without it may have seen an artifact that another process was just replacing.
    ///
    /// # Errors
    /// If the cache cannot be read or written.
    pub fn quarantine_damaged(&self, guard: &KeyGuard) -> Result<Option<Quarantined>, CacheError> {
        let faults = self.faults(guard.key())?;
        if faults.is_empty() {
            return Ok(None);
        }
        let to = self.quarantine(guard)?;
        Ok(to.map(|to| Quarantined { faults, to }))
    }

    /// Sets aside whatever this cache has for the guarded key; returns where it lies now, if there was something.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn quarantine(&self, guard: &KeyGuard) -> Result<Option<PathBuf>, CacheError> {
        let folder = self.artifact_dir(guard.key());
        if !folder.exists() {
            return Ok(None);
        }
        let to = self.dated("quarantine", &guard.key().to_string())?;
        fs::rename(&folder, &to).map_err(CacheError::unwritable(&to))?;
        Ok(Some(to))
    }
}
