//! Everything below a folder.

use super::CacheError;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What lies below `folder` and is no folder itself, in no order.
pub(super) fn files_below(folder: &Path) -> Result<Vec<(PathBuf, FileType)>, CacheError> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(CacheError::unreadable(&folder))? {
            let entry = entry.map_err(CacheError::unreadable(&folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(CacheError::unreadable(&path))?;
            if kind.is_dir() {
                folders.push(path);
            } else {
                files.push((path, kind));
            }
        }
    }
    Ok(files)
}

/// The path of a file inside `root`, with `/` between its parts; nothing if it is not UTF-8.
pub(super) fn name_inside(root: &Path, path: &Path) -> Option<String> {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Option<Vec<&str>> = inside.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

/// The folders and files in `folder`; none where it cannot be read, say because there is no such folder.
pub(super) fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut children: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    children.sort();
    children
}

/// How many bytes lie below `folder`, and when something there was last changed. What vanishes meanwhile counts
/// for nothing.
pub(super) fn measure(folder: &Path) -> (u64, Option<SystemTime>) {
    let of_folder = fs::metadata(folder).and_then(|found| found.modified()).ok();
    let files = files_below(folder).unwrap_or_default();
    let found = files
        .iter()
        .filter_map(|(path, _)| fs::symlink_metadata(path).ok());
    found.fold((0, of_folder), |(bytes, newest), file| {
        (bytes + file.len(), newest.max(file.modified().ok()))
    })
}
