//! An artifact: a folder of files, and the manifest that says what they are.
//!
//! Files below `records/` tell about the making (logs, timings); all others are the content, which is what
//! readers of the artifact depend on.

use super::notes::{Note, Notes};
use super::stamp::Stamp;
use super::walk::{files_below, name_inside};
use super::{CacheError, Digest, Identity, Key, Provenance};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

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

    /// Reads the manifest at `dir`, and looks at no other file.
    ///
    /// # Errors
    /// What is wrong, if it is not that of `key`.
    pub(super) fn read(dir: &Path, key: Key) -> Result<Self, String> {
        let text = fs::read(dir.join(MANIFEST))
            .map_err(|error| format!("its manifest cannot be read ({error})"))?;
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|error| format!("its manifest cannot be understood ({error})"))?;
        manifest.fault(key).map_or(Ok(manifest), Err)
    }

    /// The content and the records.
    pub(super) fn all_files(&self) -> impl Iterator<Item = (&String, &FileEntry)> {
        self.files.iter().chain(&self.records)
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
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
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
#[derive(Debug, Clone)]
pub struct Artifact {
    dir: PathBuf,
    key: Key,
    content: Digest,
    seconds: f64,
    /// That of the manifest, if it is known.
    stamp: Option<Stamp>,
    /// Read when it is asked for, if it was not needed before.
    manifest: OnceLock<Box<Manifest>>,
}

impl Artifact {
    /// One whose manifest is known.
    pub(super) fn new(dir: PathBuf, manifest: Manifest, stamp: Option<Stamp>) -> Self {
        Self {
            dir,
            key: manifest.key,
            content: manifest.content,
            seconds: manifest.provenance.seconds,
            stamp,
            manifest: OnceLock::from(Box::new(manifest)),
        }
    }

    /// Looks at the artifact at `dir`: at its manifest, unless there is a note on it, and at the files' sizes, not at
    /// their bytes. Takes a note.
    ///
    /// # Errors
    /// What is wrong, if it is not the whole artifact of `key`.
    pub(super) fn read(dir: &Path, key: Key, notes: &Notes) -> Result<Self, String> {
        let manifest = fs::metadata(dir.join(MANIFEST)).ok();
        let stamp = manifest.and_then(|file| Stamp::of(&file));
        if let Some(note) = stamp.and_then(|stamp| notes.find(key, stamp)) {
            check_sizes(dir, note.files.iter().map(|(name, size)| (name, *size)))?;
            return Ok(Self {
                dir: dir.to_owned(),
                key,
                content: note.content,
                seconds: note.seconds,
                stamp,
                manifest: OnceLock::new(),
            });
        }
        let manifest = Manifest::read(dir, key)?;
        let files = manifest.all_files();
        check_sizes(dir, files.map(|(name, file)| (name, file.bytes)))?;
        if let Some(stamp) = stamp.filter(|stamp| stamp.is_settled()) {
            notes.take(key, Note::of(&manifest, stamp));
        }
        Ok(Self::new(dir.to_owned(), manifest, stamp))
    }

    /// A file that tells about the making of the artifact, if it was left.
    pub fn record(&self, name: &str) -> PathBuf {
        self.path().join(RECORDS).join(name)
    }

    /// The folder that holds its files.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// What it is found by.
    pub fn key(&self) -> Key {
        self.key
    }

    /// The digest of its content: what the keys of its readers are made from.
    pub fn content(&self) -> Digest {
        self.content
    }

    /// Wall time that making it took.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The stamp that its manifest had, if it is known.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        self.stamp
    }

    /// All that is known of it.
    ///
    /// # Errors
    /// What is wrong with its manifest, if it has to be read only now.
    pub fn manifest(&self) -> Result<&Manifest, String> {
        if let Some(manifest) = self.manifest.get() {
            return Ok(manifest);
        }
        let manifest = Manifest::read(&self.dir, self.key)?;
        if manifest.content != self.content {
            return Err("another one took its place since it was found".to_owned());
        }
        Ok(self.manifest.get_or_init(|| Box::new(manifest)))
    }
}

/// Whether two are the same, whatever was read of them.
impl PartialEq for Artifact {
    fn eq(&self, other: &Self) -> bool {
        (&self.dir, self.key, self.content) == (&other.dir, other.key, other.content)
    }
}

/// Says which of the files in `dir` is not there with its size.
fn check_sizes<'a>(
    dir: &Path,
    files: impl Iterator<Item = (&'a String, u64)>,
) -> Result<(), String> {
    for (name, bytes) in files {
        match fs::metadata(dir.join(name)) {
            Ok(found) if found.len() == bytes => {}
            Ok(_) => return Err(format!("`{name}` has another size than it was made with")),
            Err(error) => return Err(format!("`{name}` cannot be read ({error})")),
        }
    }
    Ok(())
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

    /// The folder of an artifact that another process has begun.
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root }
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

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn records(&self) -> PathBuf {
        self.root.join(RECORDS)
    }

    /// All files, by their path inside the artifact with `/` between its parts.
    fn files(&self) -> Result<BTreeMap<String, PathBuf>, CacheError> {
        let mut found = BTreeMap::new();
        for (path, kind) in files_below(&self.root)? {
            let name = name_inside(&self.root, &path)
                .ok_or_else(|| unfit(&path.to_string_lossy(), "its name is not UTF-8"))?;
            if !kind.is_file() {
                return Err(unfit(&name, "it is not a plain file"));
            }
            found.insert(name, path);
        }
        if found.contains_key(MANIFEST) {
            return Err(unfit(MANIFEST, "that name is reserved"));
        }
        Ok(found)
    }
}

fn unfit(name: &str, why: &'static str) -> CacheError {
    CacheError::Unfit {
        name: name.to_owned(),
        why,
    }
}
