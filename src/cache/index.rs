//! What each stage of an experiment had, run after run: what a stage's staleness is explained against, and how
//! long stages took.
//!
//! A file of lines of JSON, one [`Noted`] each, that is only appended to; of several lines for a label the last one
//! is what the stage has. Nothing depends on it but explanations and estimates, so what cannot be read in it is
//! passed over.

use super::key::Ingredients;
use super::{Artifact, Cache, Key};
use crate::plan::Node;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// Most labels of a name that are looked at for the artifact that a stage resembles.
const MOST_ALIKE: usize = 16;

/// The artifact that a stage had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Noted {
    /// The stage's label.
    pub stage: String,
    /// The artifact's key.
    pub key: Key,
    /// The stage's kind.
    pub kind: String,
    /// Wall time that making the artifact took.
    pub seconds: f64,
    /// The epochs that it was asked to train, if it trains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u64>,
}

/// What each stage of one experiment had.
#[derive(Debug)]
pub struct Index {
    path: PathBuf,
    /// Oldest first.
    entries: Vec<Noted>,
    /// By label, positions of entries.
    labels: HashMap<String, Vec<usize>>,
    /// By name, positions of entries.
    names: HashMap<String, Vec<usize>>,
    keys: HashSet<Key>,
}

impl Noted {
    fn of(label: &str, artifact: &Artifact) -> Option<Self> {
        let manifest = artifact.manifest().ok()?;
        let ingredients = Ingredients::read(&manifest.hashed)?;
        Some(Self {
            stage: label.to_owned(),
            key: artifact.key(),
            epochs: epochs(&ingredients.config),
            kind: ingredients.kind,
            seconds: manifest.provenance.seconds,
        })
    }

    /// The name of the stage: its label without the values of parameters.
    pub fn name(&self) -> &str {
        self.stage
            .split_once('@')
            .map_or(&self.stage, |(name, _)| name)
    }
}

/// The epochs that the config of a stage asks for, if it is one that trains.
pub fn epochs(config: &serde_json::Value) -> Option<u64> {
    config.pointer("/training/epochs")?.as_u64()
}

impl Cache {
    /// The index of every experiment but this one, by file name.
    pub(super) fn other_indexes(&self, own: &Index) -> Vec<Index> {
        let files = fs::read_dir(self.root().join("index"));
        let paths = files.into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = paths.map(|entry| entry.path()).collect();
        paths.retain(|path| *path != own.path);
        paths.sort();
        paths.into_iter().map(Index::read).collect()
    }
}

impl Index {
    pub(super) fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut index = Self {
            path,
            entries: Vec::new(),
            labels: HashMap::new(),
            names: HashMap::new(),
            keys: HashSet::new(),
        };
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines.for_each(|entry| index.add(entry));
        index
    }

    fn add(&mut self, entry: Noted) {
        let position = self.entries.len();
        let labelled = self.labels.entry(entry.stage.clone()).or_default();
        labelled.push(position);
        let named = self.names.entry(entry.name().to_owned()).or_default();
        named.push(position);
        self.keys.insert(entry.key);
        self.entries.push(entry);
    }

    /// The name of its file, which is that of the experiment.
    pub(super) fn experiment(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// All that is noted, oldest first.
    pub fn entries(&self) -> &[Noted] {
        &self.entries
    }

    /// Whether some stage of the experiment had the artifact of `key`.
    pub fn holds(&self, key: Key) -> bool {
        self.keys.contains(&key)
    }

    /// The key of the artifact that the stage with this label last had.
    pub fn newest(&self, label: &str) -> Option<Key> {
        Some(self.labelled(label).next()?.key)
    }

    /// What the stage with this label had, newest first.
    pub(super) fn labelled(&self, label: &str) -> impl Iterator<Item = &Noted> {
        let positions = self.labels.get(label).into_iter().flatten();
        positions.rev().map(|position| &self.entries[*position])
    }

    /// What stages that share a name and the kind with `node` last had, newest first.
    pub(super) fn alike(&self, node: &Node) -> Vec<&Noted> {
        let named = node.names.iter().filter_map(|name| self.names.get(&name.0));
        let mut positions: Vec<usize> = named.flatten().copied().collect();
        positions.sort_unstable();
        let mut seen = BTreeSet::new();
        let newest_first = positions
            .iter()
            .rev()
            .map(|position| &self.entries[*position]);
        newest_first
            .filter(|entry| entry.kind == node.spec.kind() && seen.insert(&entry.stage))
            .take(MOST_ALIKE)
            .collect()
    }

    /// Notes that the stage with this label has this artifact now; writes only what is news.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remember(&mut self, label: &str, artifact: &Artifact) -> io::Result<()> {
        if self.newest(label) == Some(artifact.key()) {
            return Ok(());
        }
        let Some(entry) = Noted::of(label, artifact) else {
            return Ok(());
        };
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let line = format!("{}\n", serde_json::to_string(&entry)?);
        // One write to a file opened for appending: lines of two processes do not mix.
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)?;
        file.write_all(line.as_bytes())?;
        self.add(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Identity;

    fn entry(stage: &str, of: &str) -> Noted {
        Noted {
            stage: stage.to_owned(),
            key: Identity::key_of(of),
            kind: "pretrain".to_owned(),
            seconds: 1.5,
            epochs: Some(3),
        }
    }

    #[test]
    fn the_last_line_for_a_label_holds_and_rubbish_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("experiment");
        let entries = [entry("dense", "a"), entry("dense", "b")];
        let lines = entries.map(|entry| serde_json::to_string(&entry).unwrap());
        fs::write(
            &path,
            lines.join("\n") + "\n[\"dense\"]\n{\"stage\": \"cut sho",
        )
        .unwrap();
        let index = Index::read(path);
        assert_eq!(index.newest("dense"), Some(Identity::key_of("b")));
        assert_eq!(index.newest("other"), None);
        assert!(index.holds(Identity::key_of("a")));
        assert_eq!(index.experiment(), "experiment");
    }

    #[test]
    fn the_name_of_a_stage_is_its_label_without_values() {
        assert_eq!(entry("small@rate=0.5,seed=1", "a").name(), "small");
        assert_eq!(entry("small", "a").name(), "small");
    }
}
