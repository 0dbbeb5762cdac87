//! An artifact: a folder of files, and the manifest that says what they are.
//!
//! Files below `records/` tell about the making (logs, timings); all others are the content, which is what
//! readers of the artifact depend on.

use super::{CacheError, Digest, Identity, Key, Provenance};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub(super) const MANIFEST: &str = "manifest.json";
const RECORDS: &str = "records";

/// What an artifact holds, and what it was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// The digest of `hashed`.
    pub key: Key,
    /// The ingredients of the key, as they were hashed.
    pub hashed: String,
    /// The digest over names and digests of `files`: what keys of readers are made from.
    pub content: Digest,
    /// The content, by path inside the artifact.
    pub files: BTreeMap<String, FileEntry>,
    /// What tells about the making, by path inside the artifact.
    pub records: BTreeMap<String, FileEntry>,
    /// What made it.
    pub provenance: Provenance,
}

/// One file of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileEntry {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Their number.
    pub bytes: u64,
}

impl Manifest {
    /// Describes the files below `dir`.
    pub(super) fn describe(
        dir: &ArtifactDir,
        identity: &Identity,
        provenance: Provenance,
    ) -> Result<Self, CacheError> {
        let (mut files, mut records) = (BTreeMap::new(), BTreeMap::new());
        for (name, path) in dir.files()? {
            let entry = FileEntry::of(&path).map_err(CacheError::unreadable(&path))?;
            if Path::new(&name).starts_with(RECORDS) {
                records.insert(name, entry);
            } else {
                files.insert(name, entry);
            }
        }
        Ok(Self {
            key: identity.key,
            hashed: identity.text.clone(),
            content: content_digest(&files),
            files,
            records,
            provenance,
        })
    }

    /// What is wrong with a manifest that was found where that of `key` should be.
    fn fault(&self, key: Key) -> Option<String> {
        if self.key != key || Identity::key_of(&self.hashed) != key {
            Some("its manifest is that of another key".to_owned())
        } else if content_digest(&self.files) != self.content {
            Some("its manifest contradicts itself".to_owned())
        } else {
            None
        }
    }
}

impl FileEntry {
    fn of(path: &Path) -> std::io::Result<Self> {
        Ok(Self {
            digest: Digest::of_file(path)?,
            bytes: fs::metadata(path)?.len(),
        })
    }
}

fn content_digest(files: &BTreeMap<String, FileEntry>) -> Digest {
    Digest::of_all(
        files
            .iter()
            .map(|(name, file)| (name.as_str(), file.digest)),
    )
}

/// A whole artifact in the cache.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    dir: PathBuf,
    manifest: Manifest,
}

impl Artifact {
    pub(super) fn new(dir: PathBuf, manifest: Manifest) -> Self {
        Self { dir, manifest }
    }

    /// Reads the manifest at `dir` and looks at the files' sizes, not at their bytes.
    ///
    /// # Errors
    /// What is wrong, if it is not the whole artifact of `key`.
    pub(super) fn read(dir: PathBuf, key: Key) -> Result<Self, String> {
        let text = fs::read(dir.join(MANIFEST))
            .map_err(|error| format!("its manifest cannot be read ({error})"))?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|error| format!("its manifest cannot be understood ({error})"))?;
        if let Some(fault) = manifest.fault(key) {
            return Err(fault);
        }
        for (name, file) in manifest.files.iter().chain(&manifest.records) {
            match fs::metadata(dir.join(name)) {
                Ok(found) if found.len() == file.bytes => {}
                Ok(_) => return Err(format!("`{name}` has another size than it was made with")),
                Err(error) => return Err(format!("`{name}` cannot be read ({error})")),
            }
        }
        Ok(Self { dir, manifest })
    }

    /// The folder that holds its files.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// What it is found by.
    pub fn key(&self) -> Key {
        self.manifest.key
    }

    /// The digest of its content: what the keys of its readers are made from.
    pub fn content(&self) -> Digest {
        self.manifest.content
    }

    /// All that is known of it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads every file and compares it with the manifest.
    ///
    /// # Errors
    /// [`CacheError::Damaged`] for the first file that differs, [`CacheError::Unreadable`] for one that is gone.
    pub fn verify(&self) -> Result<(), CacheError> {
        for (name, file) in self.manifest.files.iter().chain(&self.manifest.records) {
            let path = self.dir.join(name);
            if FileEntry::of(&path).map_err(CacheError::unreadable(&path))? != *file {
                let stage = self.manifest.provenance.stage.clone();
                return Err(CacheError::Damaged { stage, path });
            }
        }
        Ok(())
    }
}

/// Where a running stage puts what it makes.
#[derive(Debug)]
pub struct ArtifactDir {
    root: PathBuf,
}

impl ArtifactDir {
    pub(super) fn create(root: PathBuf) -> Result<Self, CacheError> {
        let records = root.join(RECORDS);
        fs::create_dir_all(&records).map_err(CacheError::unwritable(&records))?;
        Ok(Self { root })
    }

    /// The path to write a file of the content to. A name may not be `manifest.json` nor begin with `records/`;
    /// folders inside it are the stage's to create.
    pub fn content(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The path to write a file to that tells about the making; such files are kept and verified, but what
    /// they say does not concern the readers of the artifact.
    pub fn record(&self, name: &str) -> PathBuf {
        self.records().join(name)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn records(&self) -> PathBuf {
        self.root.join(RECORDS)
    }

    /// All files, by their path inside the artifact with `/` between its parts.
    fn files(&self) -> Result<BTreeMap<String, PathBuf>, CacheError> {
        let mut found = BTreeMap::new();
        self.collect(&self.root, &mut found)?;
        if found.contains_key(MANIFEST) {
            return Err(unfit(MANIFEST, "that name is reserved"));
        }
        Ok(found)
    }

    fn collect(
        &self,
        folder: &Path,
        found: &mut BTreeMap<String, PathBuf>,
    ) -> Result<(), CacheError> {
        for entry in fs::read_dir(folder).map_err(CacheError::unreadable(folder))? {
            let entry = entry.map_err(CacheError::unreadable(folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(CacheError::unreadable(&path))?;
            if kind.is_dir() {
                self.collect(&path, found)?;
            } else {
                let name = self.name_of(&path)?;
                if !kind.is_file() {
                    return Err(unfit(&name, "it is not a plain file"));
                }
                found.insert(name, path);
            }
        }
        Ok(())
    }

    fn name_of(&self, path: &Path) -> Result<String, CacheError> {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        let parts: Option<Vec<&str>> = inside.iter().map(|part| part.to_str()).collect();
        parts
            .map(|parts| parts.join("/"))
            .ok_or_else(|| unfit(&inside.to_string_lossy(), "its name is not UTF-8"))
    }
}

fn unfit(name: &str, why: &'static str) -> CacheError {
    CacheError::Unfit {
        name: name.to_owned(),
        why,
    }
}
