//! What is wrong with an artifact, found by reading every byte of it.

use super::artifact::{FileEntry, MANIFEST};
use super::walk::{files_below, name_inside};
use super::{Artifact, CacheError, Manifest};
use std::fmt;
use std::io;
use std::path::Path;

/// One way in which an artifact is not what was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The manifest cannot be read or believed; says why.
    Manifest(String),
    /// A file is gone.
    Missing(String),
    /// A file has other bytes.
    Changed(String),
    /// Something is there that was not made with it.
    Extra(String),
}

impl Artifact {
    /// Reads every file and compares it with the manifest. None are found in a whole artifact.
    ///
    /// # Errors
    /// [`CacheError::Unreadable`] for what is there and cannot be read: that may be a matter of permissions, and
    /// says nothing about the bytes.
    pub fn faults(&self) -> Result<Vec<Fault>, CacheError> {
        match self.manifest() {
            Ok(manifest) => faults(self.path(), manifest),
            Err(fault) => Ok(vec![Fault::Manifest(fault)]),
        }
    }
}

/// What the files in `folder` have against its manifest.
pub(super) fn faults(folder: &Path, manifest: &Manifest) -> Result<Vec<Fault>, CacheError> {
    let mut found = Vec::new();
    for (name, made) in manifest.all_files() {
        let path = folder.join(name);
        match FileEntry::of(&path) {
            Ok(file) if file == *made => {}
            Ok(_) => found.push(Fault::Changed(name.clone())),
            Err(error) if is_absence(&error) => found.push(Fault::Missing(name.clone())),
            Err(error) => return Err(CacheError::unreadable(&path)(error)),
        }
    }
    if folder.is_dir() {
        found.extend(extras(folder, manifest)?);
    }
    Ok(found)
}

fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn extras(folder: &Path, manifest: &Manifest) -> Result<Vec<Fault>, CacheError> {
    let known = |name: &str| {
        name == MANIFEST || manifest.files.contains_key(name) || manifest.records.contains_key(name)
    };
    let mut extras: Vec<String> = files_below(folder)?
        .iter()
        .map(|(path, _)| {
            name_inside(folder, path).unwrap_or_else(|| path.to_string_lossy().into_owned())
        })
        .filter(|name| !known(name))
        .collect();
    extras.sort();
    Ok(extras.into_iter().map(Fault::Extra).collect())
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest(fault) => f.write_str(fault),
            Self::Missing(name) => write!(f, "`{name}` is missing"),
            Self::Changed(name) => write!(f, "`{name}` has other bytes than it was made with"),
            Self::Extra(name) => write!(f, "`{name}` was not made with it"),
        }
    }
}

/// Faults in one line: the first of them, and how many more there are.
pub fn in_a_line(faults: &[Fault]) -> String {
    match faults {
        [] => "nothing is wrong with it".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first}, and {} more", rest.len()),
    }
}
