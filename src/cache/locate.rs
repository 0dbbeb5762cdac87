//! Which artifact a path belongs to.

use super::artifact::MANIFEST;
use super::attempt::ATTEMPTS;
use super::{Cache, Key};
use std::path::{Path, PathBuf};

/// What a path is in the world of caches.
#[derive(Debug, Clone)]
pub enum Place {
    /// The folder of an artifact or something inside of it.
    Artifact {
        /// The cache that holds it.
        cache: Cache,
        /// The artifact.
        key: Key,
        /// The path inside of it; empty for the folder itself.
        inside: PathBuf,
    },
    /// What is left of a stage that failed: the folder that tells of it.
    Attempt(PathBuf),
    /// Something else in a cache, which belongs to the cache itself.
    Housekeeping(Cache),
}

/// What `path`, without links in it, is in the cache around it, if there is one.
pub fn locate(path: &Path) -> Option<Place> {
    path.ancestors().find_map(|folder| place(folder, path))
}

/// What `path` is, if `folder` is the folder that decides it.
fn place(folder: &Path, path: &Path) -> Option<Place> {
    let parent = folder.parent()?;
    let shelf = parent.parent()?;
    let is_cache = |root: &Path| root.join("artifacts").is_dir() && root.join("index").is_dir();
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    if name(shelf).as_deref() == Some("artifacts") && folder.join(MANIFEST).is_file() {
        return Some(Place::Artifact {
            cache: Cache::at(shelf.parent()?),
            key: name(folder)?.parse().ok()?,
            inside: path.strip_prefix(folder).ok()?.to_owned(),
        });
    }
    if name(parent).as_deref() == Some(ATTEMPTS) && folder.is_dir() {
        return Some(Place::Attempt(folder.to_owned()));
    }
    is_cache(folder).then(|| Place::Housekeeping(Cache::at(folder)))
}
