//! Digests of files outside the cache, without reading again those that did not change.
//!
//! A file is taken for unchanged while its size and its time of modification are the ones it was read with.
//! One that was modified just before it was read is not remembered: a second change could fall into the same
//! tick of the file system's clock.

use super::ledger::Ledger;
use super::stamp::Stamp;
use super::{Cache, Digest};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;

/// The remembered digests, by those of the files' absolute paths.
#[derive(Debug)]
pub struct OutsideFiles(Ledger<Seen>);

/// A file as it was when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Seen {
    stamp: Stamp,
    digest: Digest,
}

impl OutsideFiles {
    /// What `cache` remembers; nothing, if that cannot be read.
    pub fn of(cache: &Cache) -> Self {
        Self(Ledger::at(cache.root().join("outside-files")))
    }

    /// The digest of the file's bytes.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn digest(&self, path: &Path) -> io::Result<Digest> {
        let Some(stamp) = Stamp::of(&fs::metadata(path)?) else {
            return Digest::of_file(path);
        };
        let absolute = std::path::absolute(path)?;
        let name = Digest::of(absolute.as_os_str().as_encoded_bytes());
        if let Some(seen) = self.0.find(name).filter(|seen| seen.stamp == stamp) {
            return Ok(seen.digest);
        }
        // Asked before the file is read: a change meanwhile must not be taken for what was read.
        let settled = stamp.is_settled();
        let digest = Digest::of_file(path)?;
        if settled {
            self.0.enter(name, Seen { stamp, digest });
        }
        Ok(digest)
    }

    /// Writes down what was learned, if anything was.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn save(&self) -> io::Result<()> {
        self.0.save()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::{Duration, SystemTime};

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

        let files = OutsideFiles::of(&cache);
        assert_eq!(files.digest(&file).unwrap(), Digest::of(b"one"));
        files.save().unwrap();
        // Another text of the same size and time is not read.
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        fs::write(&file, "eno").unwrap();
        let edited = File::options().write(true).open(&file).unwrap();
        edited.set_modified(modified).unwrap();
        for files in [&files, &OutsideFiles::of(&cache)] {
            assert_eq!(files.digest(&file).unwrap(), Digest::of(b"one"));
        }

        write(&file, "two", hour / 2);
        assert_eq!(files.digest(&file).unwrap(), Digest::of(b"two"));
        write(&file, "three", hour / 2);
        assert_eq!(files.digest(&file).unwrap(), Digest::of(b"three"));
    }

    #[test]
    fn a_file_that_may_still_be_written_is_read_every_time() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache"));
        let files = OutsideFiles::of(&cache);
        let file = folder.path().join("text");
        write(&file, "one", Duration::ZERO);
        files.digest(&file).unwrap();
        files.save().unwrap();
        assert!(!cache.root().exists(), "there was nothing to remember");
        assert!(files.digest(&folder.path().join("none")).is_err());
    }
}
