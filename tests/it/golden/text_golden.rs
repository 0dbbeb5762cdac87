//! Where the text tests find what they compare with.

use serde::de::DeserializeOwned;
use std::fs;
use std::path::{Path, PathBuf};

/// The golden data: the folder in `SRP_GOLDEN`, else the one in the repository.
fn golden() -> PathBuf {
    std::env::var_os("SRP_GOLDEN").map_or_else(|| package().join("tests/golden"), PathBuf::from)
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a golden file that is part of the repository.
pub(crate) fn read<T: DeserializeOwned>(name: &str) -> T {
    parse(&golden().join(name))
}

pub(crate) fn parse<T: DeserializeOwned>(path: &Path) -> T {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A golden file made of real text, which the repository does not hold; tests without it skip.
pub(crate) fn of_real_text(name: &str) -> Option<PathBuf> {
    first_existing([
        golden().join(name),
        package().join("../shared/golden").join(name),
    ])
}

/// A folder of real text, which the repository does not hold; tests without it skip.
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    first_existing([package().join("../shared/data").join(name)])
}

fn first_existing<const N: usize>(places: [PathBuf; N]) -> Option<PathBuf> {
    let found = places.iter().find(|place| place.exists()).cloned();
    if found.is_none() {
        let tried = places.map(|place| place.display().to_string());
        eprintln!("skipped: there is neither {}", tried.join(" nor "));
    }
    found
}
