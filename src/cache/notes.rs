//! What is known of artifacts, so that a lookup need not read their manifests. A note is believed while the manifest
//! has the stamp that it was noted with.

use super::ledger::Ledger;
use super::stamp::Stamp;
use super::{Digest, Key, Manifest};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// What a lookup asks of an artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Note {
    /// That of the manifest.
    pub(super) stamp: Stamp,
    /// The digest of its content.
    pub(super) content: Digest,
    /// Wall time that making it took.
    pub(super) seconds: f64,
    /// Its content and its records, with the size of each.
    pub(super) files: Vec<(String, u64)>,
}

impl Note {
    /// What a manifest with this stamp says.
    pub(super) fn of(manifest: &Manifest, stamp: Stamp) -> Self {
        let files = manifest.all_files();
        Self {
            stamp,
            content: manifest.content,
            seconds: manifest.provenance.seconds,
            files: files
                .map(|(name, file)| (name.clone(), file.bytes))
                .collect(),
        }
    }
}

/// The notes on the artifacts of a cache, by key.
#[derive(Debug)]
pub(super) struct Notes(Ledger<Note>);

impl Notes {
    /// Those of the cache below `root`. Touches nothing.
    pub(super) fn at(root: &Path) -> Self {
        Self(Ledger::at(root.join("notes")))
    }

    /// What is noted of an artifact whose manifest has this stamp.
    pub(super) fn find(&self, key: Key, stamp: Stamp) -> Option<Note> {
        self.0.find(key.digest()).filter(|note| note.stamp == stamp)
    }

    /// Takes a note.
    pub(super) fn take(&self, key: Key, note: Note) {
        self.0.enter(key.digest(), note);
    }

    /// The manifest that had the stamp `before` has another one now, and says the same.
    pub(super) fn renew(&self, key: Key, before: Stamp, now: Option<Stamp>) {
        if let Some((note, stamp)) = self.find(key, before).zip(now) {
            self.take(key, Note { stamp, ..note });
        }
    }

    /// Writes down what is new, if anything is.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub(super) fn save(&self) -> io::Result<()> {
        self.0.save()
    }
}
