//! What can go wrong with a cache.

use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong with a cache.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum CacheError {
    /// Something below the cache's root cannot be written.
    #[error("cannot write to the cache at `{}`", path.display())]
    #[diagnostic(
        code(cache::unwritable),
        help(
            "free space or permissions there, or keep the cache elsewhere with `--cache DIR` or SRP_CACHE; \
             `--cache-under DIR` reads artifacts from a folder without writing to it"
        )
    )]
    Unwritable {
        /// What was to be written.
        path: PathBuf,
        /// Why it was not.
        #[source]
        source: io::Error,
    },

    /// Something below the cache's root is there and cannot be read.
    #[error("cannot read `{}` in the cache", path.display())]
    #[diagnostic(code(cache::unreadable))]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// Why it was not.
        #[source]
        source: io::Error,
    },

    /// A stage left something that an artifact cannot hold.
    #[error("a stage left `{name}` behind, which an artifact cannot hold: {why}")]
    #[diagnostic(code(cache::unfit))]
    Unfit {
        /// Its path inside the artifact.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },

    /// A stage's config holds something that JSON cannot say.
    #[error("the config of a {kind} stage cannot be written as JSON")]
    #[diagnostic(code(cache::not_json))]
    NotJson {
        /// The stage's kind.
        kind: &'static str,
        /// What JSON cannot say.
        #[source]
        source: serde_json::Error,
    },
}

impl CacheError {
    /// For `map_err`: something at `path` could not be written.
    pub(super) fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Unwritable {
            path: path.to_owned(),
            source,
        }
    }

    /// For `map_err`: something at `path` could not be read.
    pub(super) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Unreadable {
            path: path.to_owned(),
            source,
        }
    }
}
