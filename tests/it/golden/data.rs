//! Where golden data lies.

use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// The folder that `SRP_GOLDEN` names, or else `tests/golden`.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("SRP_GOLDEN").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
        PathBuf::from,
    )
}

/// The names of the cases below `group`, each a folder of its own.
#[cfg(feature = "nn")]
pub(crate) fn cases(group: &str) -> Vec<String> {
    let entries =
        std::fs::read_dir(folder().join(group)).unwrap_or_else(|e| panic!("{group}: {e}"));
    let folders = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders
        .map(|entry| format!("{group}/{}", entry.file_name().to_string_lossy()))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "{group} holds no case");
    names
}

/// Reads a golden file.
pub(crate) fn read<T: DeserializeOwned>(file: &str) -> T {
    let path = folder().join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Fails unless `got` is `expected` up to the rounding of a few operations.
pub(crate) fn assert_close(got: f64, expected: f64, what: &str) {
    let tolerance = 1e-10 * expected.abs().max(1.0);
    assert!(
        (got - expected).abs() <= tolerance,
        "{what}: got {got}, expected {expected}"
    );
}
