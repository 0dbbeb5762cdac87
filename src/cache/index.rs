//! Which artifact each stage of an experiment last had: what a stage's staleness is explained against.
//!
//! A file of lines `["LABEL","KEY"]` that is only appended to; of several lines for a label the last one holds.
//! Nothing depends on it but explanations, so what cannot be read in it is passed over.

use super::Key;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// Which artifact each stage of one experiment last had.
#[derive(Debug)]
pub struct Index {
    path: PathBuf,
    newest: BTreeMap<String, Key>,
}

impl Index {
    pub(super) fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let newest = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        Self { path, newest }
    }

    /// The key of the artifact that the stage with this label last had.
    pub fn newest(&self, label: &str) -> Option<Key> {
        self.newest.get(label).copied()
    }

    /// Notes that the stage with this label has the artifact of `key` now; writes only what is news.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remember(&mut self, label: &str, key: Key) -> io::Result<()> {
        if self.newest(label) == Some(key) {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let line = format!("{}\n", serde_json::to_string(&(label, key))?);
        // One write to a file opened for appending: lines of two processes do not mix.
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)?;
        file.write_all(line.as_bytes())?;
        self.newest.insert(label.to_owned(), key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Identity;

    #[test]
    fn the_last_line_for_a_label_holds_and_rubbish_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("experiment");
        let (a, b) = (Identity::key_of("a"), Identity::key_of("b"));
        let mut index = Index::read(path.clone());
        for key in [a, b, b] {
            index.remember("dense", key).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        fs::write(&path, text + "[\"dense\", \"cut sho").unwrap();
        assert_eq!(Index::read(path.clone()).newest("dense"), Some(b));
        assert_eq!(Index::read(path).newest("other"), None);
    }
}
