//! Where rows are read from, as the command line names it: an experiment or a part of it, a table, a table as it was.

use super::{Format, ResultsError, Rows};
use crate::plan::file_and_part;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where rows are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `FILE.toml`, or `FILE.toml:STAGE` for a part of it, which is named as [`crate::plan::Selection`] does.
    Experiment {
        /// The experiment's file.
        file: PathBuf,
        /// The part of it.
        part: Option<String>,
    },
    /// A table that somebody has kept.
    Table(StoredTable),
}

/// `FILE.csv` or `FILE.parquet`; `REVISION:FILE.csv` as it was in a revision that git knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTable {
    /// A commit, branch or tag; nothing for the file as it is now.
    pub revision: Option<String>,
    /// The file, as seen from the working directory.
    pub path: PathBuf,
    /// How the table is written, which the file's ending says.
    pub format: Format,
}

/// Rows that cannot be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SourceError {
    /// Nothing that rows are read from is written so.
    #[error("`{text}` names nothing that rows can be read from")]
    #[diagnostic(
        code(results::no_source),
        help(
            "name an experiment (FILE.toml), a part of one (FILE.toml:STAGE@PARAMETER=VALUE), a table (FILE.csv, \
             FILE.parquet) or a table as it was (REVISION:FILE.csv)"
        )
    )]
    Unknown {
        /// What was given.
        text: String,
    },

    /// The file cannot be read.
    #[error("cannot read the table `{}`", path.display())]
    #[diagnostic(
        code(results::no_table),
        help("`srp results FILE.toml` writes the tables of an experiment")
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// There is no git to ask.
    #[error("cannot read `{}` as it was in `{revision}`: `git` cannot be started", path.display())]
    #[diagnostic(
        code(results::no_git),
        help("revisions of a table are read through the program `git`, which has to be installed")
    )]
    NoGit {
        /// The revision.
        revision: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// Git has no such file in that revision.
    #[error("git has no `{}` in `{revision}`: {said}", path.display())]
    #[diagnostic(
        code(results::no_such_revision),
        help("`git log --oneline -- {}` lists the revisions that changed it", path.display())
    )]
    NoRevision {
        /// The revision.
        revision: String,
        /// The file.
        path: PathBuf,
        /// The first line that git said.
        said: String,
    },

    /// The file holds something else than a table.
    #[error("`{}` is no table", path.display())]
    #[diagnostic(code(results::no_table))]
    NotATable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: ResultsError,
    },
}

impl Source {
    /// Understands how a source is named.
    ///
    /// # Errors
    /// [`SourceError::Unknown`].
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let whole = Path::new(text);
        if let Some((file, part)) = file_and_part(text) {
            return Ok(Self::Experiment { file, part });
        }
        let unknown = || SourceError::Unknown {
            text: text.to_owned(),
        };
        let table = |revision: Option<&str>, path: &Path| {
            let format = Format::of(path).ok_or_else(unknown)?;
            Ok(Self::Table(StoredTable {
                revision: revision.map(str::to_owned),
                path: path.to_owned(),
                format,
            }))
        };
        match text.split_once(':') {
            // A colon may be part of a file's name; that of a file that is there, is.
            Some((revision, path)) if !whole.exists() => {
                // Git would take a word that begins with a dash for an option.
                if revision.is_empty() || revision.starts_with('-') {
                    return Err(unknown());
                }
                table(Some(revision), Path::new(path))
            }
            _ => table(None, whole),
        }
    }
}

impl StoredTable {
    /// Its rows.
    ///
    /// # Errors
    /// If it cannot be read or is no table.
    pub fn rows(&self) -> Result<Rows, SourceError> {
        let bytes = match &self.revision {
            Some(revision) => as_it_was(revision, &self.path)?,
            None => fs::read(&self.path).map_err(|source| SourceError::File {
                path: self.path.clone(),
                source,
            })?,
        };
        Rows::read(self.format, bytes).map_err(|source| SourceError::NotATable {
            path: self.path.clone(),
            source,
        })
    }
}

/// The bytes of a file as git has them in a revision. A relative path is one from the working directory, as it is
/// elsewhere on the command line.
fn as_it_was(revision: &str, path: &Path) -> Result<Vec<u8>, SourceError> {
    let place = if path.is_relative() { "./" } else { "" };
    let object = format!("{revision}:{place}{}", path.display());
    let shown = Command::new("git").args(["show", &object]).output();
    let output = shown.map_err(|source| SourceError::NoGit {
        revision: revision.to_owned(),
        path: path.to_owned(),
        source,
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(SourceError::NoRevision {
        revision: revision.to_owned(),
        path: path.to_owned(),
        said: said.lines().next().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart_by_how_they_are_written() {
        let table = |revision: Option<&str>, path: &str, format| {
            Source::Table(StoredTable {
                revision: revision.map(str::to_owned),
                path: path.into(),
                format,
            })
        };
        let experiment = |part: Option<&str>| Source::Experiment {
            file: "e/x.toml".into(),
            part: part.map(str::to_owned),
        };
        let part = Some("final@rate=0.3");
        let expected = [
            ("e/x.toml", experiment(None)),
            ("e/x.toml:final@rate=0.3", experiment(part)),
            ("r/x.csv", table(None, "r/x.csv", Format::Csv)),
            (
                "HEAD~2:r/x.parquet",
                table(Some("HEAD~2"), "r/x.parquet", Format::Parquet),
            ),
        ];
        for (text, source) in expected {
            assert_eq!(Source::parse(text).unwrap(), source);
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in ["x.txt", "x", "HEAD:x.txt", ":x.csv", "--output=x:y.csv"] {
            let error = Source::parse(text).unwrap_err();
            assert!(matches!(error, SourceError::Unknown { .. }), "{text}");
        }
    }
}
