//! The cache on disk: an artifact is whole or absent.
//!
//! ```text
//! artifacts/ab/abcd…/   the artifact of key abcd…: the stage's files, records/, manifest.json
//! tmp/…/                artifacts being made, a list of those that a run relies on, and what it tells others, each
//!                       beside a `lock` that its process holds
//! locks/abcd…           held while the artifact of that key is being made, set aside or deleted
//! notes                 what lookups need of manifests, with the size and time that these had
//! index/EXPERIMENT      which artifact each stage of an experiment last had
//! attempts/STAGE-TIME/  records of an attempt at a stage that failed, and attempt.json
//! quarantine/KEY-TIME/  a damaged artifact that was set aside
//! partial/ab/abcd…/     checkpoints of the unfinished stage of key abcd…
//! outside-files         digests of files outside the cache, with the size and time they had
//! ```
//!
//! A stage writes below `tmp/`. When it is done every file and folder is flushed to the disk, the manifest is
//! written last, and one rename makes the artifact visible. A process that is killed leaves nothing but its
//! folder in `tmp/`; the next one that makes something finds the lock free and removes it. The kernel frees
//! locks, so there is never one to break by hand. Reading needs no lock and no permission to write.
//!
//! Other caches may lie under this one: what is not here is looked for there, and nothing is ever written there.

use super::artifact::MANIFEST;
use super::attempt::{ATTEMPT, ATTEMPTS, Attempt};
use super::index::Index;
use super::leftovers::remove;
use super::notes::{Note, Notes};
use super::stamp::Stamp;
use super::walk::children;
use super::{
    Artifact, ArtifactDir, CacheError, Claim, Identity, Key, KeyGuard, Manifest, Provenance,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The name of the log of a stage among the records.
pub(crate) const LOG: &str = "log.txt";

/// Most bytes of a label in the name of a folder.
const MOST_NAMED: usize = 200;

/// A cache of artifacts below one folder.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    under: Vec<PathBuf>,
    notes: Arc<Notes>,
}

/// What a cache has for a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// The artifact.
    Whole(Box<Artifact>),
    /// Nothing.
    Absent,
    /// Something that is not the artifact, and what is wrong with it. Making the artifact replaces it.
    Damaged(String),
}

/// The right to make one artifact; ends when dropped.
#[derive(Debug)]
pub struct KeyLock {
    identity: Identity,
    guard: KeyGuard,
}

impl KeyLock {
    /// The right to change what lies at the key.
    pub fn guard(&self) -> &KeyGuard {
        &self.guard
    }
}

/// An artifact being made; unless committed, nothing of it is left when dropped.
#[derive(Debug)]
pub struct Draft {
    cache: Cache,
    dir: ArtifactDir,
    claim: Arc<Claim>,
}

impl Cache {
    /// The cache below `root`, which need not exist. Touches nothing.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self {
            notes: Arc::new(Notes::at(&root)),
            under: Vec::new(),
            root,
        }
    }

    /// The same cache on top of those below the folders `under`, which are looked into in this order.
    #[must_use]
    pub fn over(self, under: Vec<PathBuf>) -> Self {
        Self { under, ..self }
    }

    /// The folder that everything is below.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What is known of artifacts, here and in caches under this one.
    pub(super) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Writes down what was learned of artifacts, if anything was, so that the next process need not read their
    /// manifests.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn save_notes(&self) -> io::Result<()> {
        self.notes.save()
    }

    /// The folders of this cache and of those under it, from the top.
    pub(super) fn layers(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.root)
            .chain(&self.under)
            .map(PathBuf::as_path)
    }

    /// Whether an artifact lies in this cache, not in one under it.
    pub fn owns(&self, artifact: &Artifact) -> bool {
        artifact.path() == self.artifact_dir(artifact.key())
    }

    /// What there is for `key`, here or else in a cache under this one. Sizes of files are compared with the
    /// manifest, their bytes are not: [`Artifact::faults`] does that.
    pub fn lookup(&self, key: Key) -> Lookup {
        let mut damaged = None;
        for layer in self.layers() {
            let dir = folder_of(layer, key);
            match Artifact::read(&dir, key, &self.notes) {
                Ok(artifact) => return Lookup::Whole(Box::new(artifact)),
                Err(fault) if dir.exists() => damaged = damaged.or(Some(fault)),
                Err(_) => {}
            }
        }
        damaged.map_or(Lookup::Absent, Lookup::Damaged)
    }

    /// The manifest of the artifact of `key`, whatever has become of its files.
    pub fn manifest(&self, key: Key) -> Option<Manifest> {
        self.in_manifest(key)
    }

    /// What the key of an artifact is the digest of, whatever has become of its files.
    pub(super) fn hashed(&self, key: Key) -> Option<String> {
        #[derive(Deserialize)]
        struct Part {
            hashed: String,
        }
        self.in_manifest(key).map(|Part { hashed }| hashed)
    }

    /// A manifest, or what is asked for of it.
    fn in_manifest<T: DeserializeOwned>(&self, key: Key) -> Option<T> {
        self.layers().find_map(|layer| {
            let text = fs::read(folder_of(layer, key).join(MANIFEST)).ok()?;
            serde_json::from_slice(&text).ok()
        })
    }

    /// The folders of all artifacts whose keys begin with `prefix`, sorted by key; those of this cache come before
    /// those of the caches under it, which are left out where they are the same.
    pub fn with_prefix(&self, prefix: &str) -> Vec<PathBuf> {
        let begins = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().starts_with(prefix)
        };
        let shelves = self
            .layers()
            .flat_map(|layer| children(&layer.join("artifacts")));
        let folders = shelves.flat_map(|shelf| children(&shelf));
        let mut found: Vec<PathBuf> = folders.filter(begins).collect();
        found.sort_by(|one, other| one.file_name().cmp(&other.file_name()));
        found.dedup_by(|next, kept| next.file_name() == kept.file_name());
        found
    }

    /// Waits until no other run makes the artifact of `identity`, and keeps others from it; nothing if `give_up` says
    /// so meanwhile. `waiting` is called if there is another.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn lock(
        &self,
        identity: Identity,
        waiting: impl FnOnce(),
        give_up: impl Fn() -> bool,
    ) -> Result<Option<KeyLock>, CacheError> {
        let guard = self.guard(identity.key, waiting, give_up)?;
        Ok(guard.map(|guard| KeyLock { identity, guard }))
    }

    /// Begins an artifact in a folder that was claimed.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn begin(&self, claim: &Arc<Claim>) -> Result<Draft, CacheError> {
        Ok(Draft {
            cache: self.clone(),
            dir: ArtifactDir::create(claim.fresh())?,
            claim: claim.clone(),
        })
    }

    /// Makes sure that there is a place for the artifact of `key`.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn make_room(&self, key: Key) -> Result<(), CacheError> {
        match self.artifact_dir(key).parent() {
            Some(shelf) => fs::create_dir_all(shelf).map_err(CacheError::unwritable(shelf)),
            None => Ok(()),
        }
    }

    /// Which artifacts the stages of an experiment last had.
    pub fn index(&self, experiment: &str) -> Index {
        Index::read(self.root.join("index").join(file_name(experiment)))
    }

    /// Deletes what lies at the guarded key; nobody ever sees half of it.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn discard(&self, guard: &KeyGuard) -> Result<(), CacheError> {
        let dir = self.artifact_dir(guard.key());
        if !dir.exists() {
            return Ok(());
        }
        let claim = self.claim()?;
        let discarded = claim.fresh();
        fs::rename(&dir, &discarded).map_err(CacheError::unwritable(&dir))?;
        remove(&discarded)
    }

    pub(super) fn artifact_dir(&self, key: Key) -> PathBuf {
        folder_of(&self.root, key)
    }

    /// A path in a folder below the root, named after something and the time.
    pub(super) fn dated(&self, folder: &str, name: &str) -> Result<PathBuf, CacheError> {
        let time = Timestamp::now().strftime("%Y%m%dT%H%M%S%.6fZ");
        // File systems do not take names of any length.
        let name = file_name(name);
        let name = format!("{}-{time}", &name[..name.floor_char_boundary(MOST_NAMED)]);
        Ok(self.folder(folder)?.join(name))
    }

    /// A folder below the root, created if need be.
    pub(super) fn folder(&self, name: impl AsRef<Path>) -> Result<PathBuf, CacheError> {
        let path = self.root.join(name);
        fs::create_dir_all(&path).map_err(CacheError::unwritable(&path))?;
        Ok(path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Nothing is there if it was committed; what cannot be removed goes with the claimed folder.
        fs::remove_dir_all(self.dir.root()).ok();
    }
}

impl Draft {
    /// Where the stage puts what it makes.
    pub fn dir(&mut self) -> &mut ArtifactDir {
        &mut self.dir
    }

    /// The file among the records for the log of the stage; what is written goes to its end.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn log(&self) -> Result<File, CacheError> {
        let path = self.dir.record(LOG);
        let file = File::options().append(true).create(true).open(&path);
        file.map_err(CacheError::unwritable(&path))
    }

    /// Makes the artifact visible under the key that is locked, in the place of what was there.
    ///
    /// # Errors
    /// If the stage left something unfit for an artifact, or the cache cannot be written; then what was there
    /// before stays.
    pub fn commit(self, lock: &KeyLock, provenance: Provenance) -> Result<Artifact, CacheError> {
        let manifest = Manifest::describe(&self.dir, &lock.identity, provenance)?;
        let path = self.dir.root().join(MANIFEST);
        let now = SystemTime::now();
        let written = || -> io::Result<()> {
            let mut text = serde_json::to_vec_pretty(&manifest)?;
            text.push(b'\n');
            let mut file = File::create(&path)?;
            file.write_all(&text)?;
            file.set_modified(now)
        };
        written().map_err(CacheError::unwritable(&path))?;
        let stamp = Stamp::exact(&path, now);
        flush_tree(self.dir.root()).map_err(CacheError::unwritable(self.dir.root()))?;
        let target = self.publish(manifest.key)?;
        if let Some(stamp) = stamp {
            let note = Note::of(&manifest, stamp);
            self.cache.notes.take(manifest.key, note);
        }
        Ok(Artifact::new(target, manifest, stamp))
    }

    /// Moves the finished folder to its place. Between the two renames of a replacement there is no artifact,
    /// which is the worst that a crash can leave.
    fn publish(&self, key: Key) -> Result<PathBuf, CacheError> {
        self.cache.make_room(key)?;
        let target = self.cache.artifact_dir(key);
        let moved = || -> io::Result<()> {
            if target.exists() {
                fs::rename(&target, self.claim.fresh())?;
            }
            fs::rename(self.dir.root(), &target)?;
            target.ancestors().skip(1).take(2).try_for_each(flush)
        };
        moved().map_err(CacheError::unwritable(&target))?;
        Ok(target)
    }

    /// Keeps the records of an attempt that failed, and what is known of it, below `attempts/`; returns where.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn keep_attempt(self, attempt: &Attempt) -> Result<PathBuf, CacheError> {
        let target = self.cache.dated(ATTEMPTS, &attempt.stage)?;
        let path = self.dir.records().join(ATTEMPT);
        let written = || fs::write(&path, serde_json::to_vec_pretty(attempt)?);
        written().map_err(CacheError::unwritable(&path))?;
        fs::rename(self.dir.records(), &target).map_err(CacheError::unwritable(&target))?;
        Ok(target)
    }
}

/// Where a cache below `root` has the artifact of `key`.
fn folder_of(root: &Path, key: Key) -> PathBuf {
    let name = key.to_string();
    root.join("artifacts").join(&name[..2]).join(name)
}

/// Flushes every file and folder below `folder`, and itself, to the disk.
pub(super) fn flush_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            flush_tree(&entry.path())?;
        } else {
            flush(&entry.path())?;
        }
    }
    flush(folder)
}

pub(super) fn flush(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// `text` as the name of a file: whatever a shell or a file system may stumble over becomes `_`.
fn file_name(text: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || "-_.=@,".contains(c);
    let name: String = text
        .chars()
        .map(|c| if keep(c) { c } else { '_' })
        .collect();
    name
}
