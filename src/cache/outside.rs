//! Digests of files outside the cache, without reading again those that did not change.
//!
//! A file is taken for unchanged while its size and its time of modification are the ones it was read with.
//! One that was modified just before it was read is not remembered: a second change could fall into the same
//! tick of the file system's clock.

use super::{Cache, Digest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// No file system that is still in use has a coarser clock.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// The remembered digests.
#[derive(Debug)]
pub struct OutsideFiles {
    memory: PathBuf,
    known: BTreeMap<String, Seen>,
    news: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Seen {
    bytes: u64,
    modified_nanos: u64,
    digest: Digest,
}

impl OutsideFiles {
    /// What `cache` remembers; nothing, if that cannot be read.
    pub fn of(cache: &Cache) -> Self {
        let memory = cache.root().join("outside-files.json");
        let known = fs::read(&memory)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        Self {
            memory,
            known,
            news: false,
        }
    }

    /// The digest of the file's bytes.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn digest(&mut self, path: &Path) -> io::Result<Digest> {
        let before = fs::metadata(path)?;
        let absolute = std::path::absolute(path)?;
        let Some((name, modified)) = absolute.to_str().zip(modified(&before)) else {
            return Digest::of_file(path);
        };
        let modified_nanos = modified.as_nanos() as u64;
        let unchanged =
            |seen: &&Seen| seen.bytes == before.len() && seen.modified_nanos == modified_nanos;
        if let Some(seen) = self.known.get(name).filter(unchanged) {
            return Ok(seen.digest);
        }
        let settled = is_settled(modified);
        let digest = Digest::of_file(path)?;
        if settled {
            let seen = Seen {
                bytes: before.len(),
                modified_nanos,
                digest,
            };
            self.known.insert(name.to_owned(), seen);
            self.news = true;
        }
        Ok(digest)
    }

    /// Writes down what was learned, if anything was.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn save(&mut self) -> io::Result<()> {
        if !self.news {
            return Ok(());
        }
        let folder = self.memory.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, &self.known)?;
        file.persist(&self.memory)?;
        self.news = false;
        Ok(())
    }
}

fn modified(metadata: &Metadata) -> Option<Duration> {
    metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()
}

fn is_settled(modified: Duration) -> bool {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .is_ok_and(|now| now > modified + COARSEST_CLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn write(path: &Path, text: &str, age: Duration) {
        fs::write(path, text).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn a_settled_file_is_remembered_until_its_size_or_time_changes() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache"));
        let file = folder.path().join("text");
        let hour = Duration::from_secs(3600);
        write(&file, "one", hour);

        let mut files = OutsideFiles::of(&cache);
        assert_eq!(files.digest(&file).unwrap(), Digest::of(b"one"));
        files.save().unwrap();
        assert_eq!(OutsideFiles::of(&cache).known, files.known);
        assert_eq!(files.known.len(), 1);

        write(&file, "two", hour / 2);
        assert_eq!(files.digest(&file).unwrap(), Digest::of(b"two"));
        write(&file, "three", hour / 2);
        assert_eq!(files.digest(&file).unwrap(), Digest::of(b"three"));
    }

    #[test]
    fn a_file_that_may_still_be_written_is_read_every_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = OutsideFiles::of(&Cache::at(folder.path()));
        let file = folder.path().join("text");
        write(&file, "one", Duration::ZERO);
        files.digest(&file).unwrap();
        assert!(files.known.is_empty());
        assert!(files.digest(&folder.path().join("none")).is_err());
    }
}
