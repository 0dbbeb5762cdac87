//! Where golden data lies.

use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Reads a golden file: from the folder that `SRP_GOLDEN` names, or else from `tests/golden`.
pub(crate) fn read<T: DeserializeOwned>(file: &str) -> T {
    let folder = std::env::var_os("SRP_GOLDEN").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
        PathBuf::from,
    );
    let path = folder.join(file);
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
