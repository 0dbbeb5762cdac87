//! What can go wrong with results.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong with results.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ResultsError {
    /// What a test stage has left cannot be understood.
    #[error("cannot read the result at `{}`", path.display())]
    #[diagnostic(
        code(results::unreadable),
        help("run the stage that made it again with `--force`")
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },

    /// A table cannot be written.
    #[error("cannot write the table `{}`", path.display())]
    #[diagnostic(
        code(results::unwritable),
        help("another folder can be named with `--results DIR`")
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why it cannot be written.
        #[source]
        source: io::Error,
    },

    /// Bytes are no table of their format.
    #[cfg(feature = "tables")]
    #[error("it cannot be read as {format}")]
    #[diagnostic(code(results::no_table))]
    NotRead {
        /// The format.
        format: &'static str,
        /// What polars said.
        #[source]
        source: polars::error::PolarsError,
    },

    /// A table has values that do not fit.
    #[cfg(feature = "tables")]
    #[error(transparent)]
    #[diagnostic(
        code(results::flaw),
        help("a value that is not known is left empty: nothing stands between its commas")
    )]
    Flawed(#[from] super::Flaw),

    /// A table cannot be written as JSON.
    #[cfg(feature = "tables")]
    #[error("cannot write the table as JSON")]
    #[diagnostic(code(results::format))]
    Json {
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },

    /// A table cannot be put into a format.
    #[cfg(feature = "tables")]
    #[error("cannot write the table as {format}")]
    #[diagnostic(code(results::format))]
    Format {
        /// The format.
        format: &'static str,
        /// What polars said.
        #[source]
        source: polars::error::PolarsError,
    },
}

impl ResultsError {
    /// For `map_err`: polars could not make `format` of a table.
    #[cfg(feature = "tables")]
    pub(super) fn polars(
        format: &'static str,
    ) -> impl Fn(polars::error::PolarsError) -> Self + Copy {
        move |source| Self::Format { format, source }
    }

    /// For `map_err`: the file at `path` could not be read or understood.
    pub(super) fn unreadable<E>(path: &Path) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        |source| Self::Unreadable {
            path: path.to_owned(),
            source: source.into(),
        }
    }
}
