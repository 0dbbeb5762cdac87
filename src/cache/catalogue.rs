//! What a cache holds: every artifact, how large it is and when it was last used.
//!
//! The time of a manifest's modification is when its artifact was last used. A run that finds an artifact moves it
//! forward, at most once an hour, so that a run of nothing but cached stages writes next to nothing. The time never
//! moves back, and never lies before that at which the artifact was made: a clock that is wrong for a while makes
//! nothing look old.

use super::artifact::MANIFEST;
use super::key::Ingredients;
use super::stamp::Stamp;
use super::walk::{children, measure};
use super::{Artifact, Cache, CacheError, Key, Manifest};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How exactly it is known when an artifact was last used.
const GRAIN: Duration = Duration::from_secs(3600);

/// An artifact of a cache, whole or not.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is found by.
    pub key: Key,
    /// Where it lies.
    pub folder: PathBuf,
    /// Whether it lies in the cache itself and not in one under it.
    pub own: bool,
    /// What it is, or why that is not known.
    pub manifest: Result<Manifest, String>,
    /// The size of its files, by the manifest where there is one.
    pub bytes: u64,
    /// When it was last used.
    pub used: Timestamp,
}

impl Entry {
    fn read(key: Key, folder: PathBuf, own: bool) -> Self {
        let manifest = Manifest::read(&folder, key);
        let modified = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
        let (bytes, touched, made) = match &manifest {
            Ok(manifest) => {
                let bytes = manifest.all_files().map(|(_, file)| file.bytes).sum();
                let made = manifest.provenance.finished;
                (bytes, modified(&folder.join(MANIFEST)), made)
            }
            Err(_) => {
                let (bytes, newest) = measure(&folder);
                (bytes, newest, Timestamp::UNIX_EPOCH)
            }
        };
        Self {
            used: touched
                .and_then(timestamp)
                .map_or(made, |touched| touched.max(made)),
            key,
            folder,
            own,
            manifest,
            bytes,
        }
    }

    /// The kind of the stage that made it.
    pub fn kind(&self) -> Option<String> {
        let hashed = &self.manifest.as_ref().ok()?.hashed;
        let ingredients: Ingredients = serde_json::from_str(hashed).ok()?;
        Some(ingredients.kind)
    }

    /// The artifacts that it was made of.
    pub(super) fn inputs(&self) -> BTreeSet<Key> {
        let made = self.manifest.iter();
        made.flat_map(|manifest| manifest.provenance.inputs.values().copied())
            .collect()
    }
}

impl Cache {
    /// Every artifact, sorted by key; one that lies in several caches is that which a lookup would find.
    ///
    /// # Errors
    /// If the folder of the artifacts is there and cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, CacheError> {
        let mut entries: Vec<Entry> = Vec::new();
        for (depth, layer) in self.layers().enumerate() {
            let shelves = layer.join("artifacts");
            match fs::read_dir(&shelves) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(CacheError::unreadable(&shelves)(error));
                }
                _ => {}
            }
            let above: BTreeSet<Key> = entries.iter().map(|entry| entry.key).collect();
            let folders = children(&shelves);
            let found = folders.iter().flat_map(|shelf| children(shelf));
            let keyed = found.filter_map(|folder| Some((key_of(&folder)?, folder)));
            let news = keyed.filter(|(key, _)| !above.contains(key));
            entries.extend(news.map(|(key, folder)| Entry::read(key, folder, depth == 0)));
        }
        entries.sort_by_key(|entry| entry.key);
        Ok(entries)
    }

    /// Notes that an artifact is used now. A cache that cannot be written goes without, and so do those under it.
    pub fn mark_used(&self, artifact: &Artifact) {
        let now = SystemTime::now();
        if let Some(stamp) = artifact.stamp()
            && is_due(stamp.modified(), now)
            && self.owns(artifact)
        {
            let manifest = artifact.path().join(MANIFEST);
            // Without it an artifact only looks older than it is, and `gc` asks before it deletes.
            if touch(&manifest, now).is_ok() {
                self.notes()
                    .renew(artifact.key(), stamp, Stamp::exact(&manifest, now));
            }
        }
    }
}

/// Whether a use of what was used `then` is to be noted `now`.
fn is_due(then: SystemTime, now: SystemTime) -> bool {
    now.duration_since(then).is_ok_and(|since| since >= GRAIN)
}

fn touch(manifest: &Path, now: SystemTime) -> io::Result<()> {
    if is_due(fs::metadata(manifest)?.modified()?, now) {
        File::open(manifest)?.set_modified(now)?;
    }
    Ok(())
}

/// The key that the folder of an artifact, or of something that belongs to one, is named after.
pub(super) fn key_of(folder: &Path) -> Option<Key> {
    folder.file_name()?.to_str()?.parse().ok()
}

pub(super) fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}

/// Seconds from `then` to `now`; none if a clock went back between them.
pub fn seconds_since(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.as_second() - then.as_second()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_use_moves_forward_in_hours_and_never_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.json");
        fs::write(&path, "{}").unwrap();
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        File::open(&path).unwrap().set_modified(start).unwrap();
        let minute = Duration::from_secs(60);
        let cases = [
            (start + 59 * minute, start),
            (start - 9000 * minute, start),
            (start + 60 * minute, start + 60 * minute),
        ];
        for (now, expected) in cases {
            touch(&path, now).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), expected);
        }
    }

    #[test]
    fn no_age_is_negative() {
        let second = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(seconds_since(second(5), second(8)), 3);
        assert_eq!(seconds_since(second(8), second(5)), 0);
    }
}
