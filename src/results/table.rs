//! The table as files: `EXPERIMENT.csv` to read and compare, `EXPERIMENT.parquet` to compute with.

use super::{Format, Record, ResultsError, Rows};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes the tidy table of an experiment's records into `folder`, as CSV and as Parquet; returns the paths.
/// Each file is replaced as a whole.
///
/// # Errors
/// If the table cannot be made or a file cannot be written.
pub fn write(
    folder: &Path,
    experiment: &str,
    records: &[Record],
) -> Result<[PathBuf; 2], ResultsError> {
    let rows = Rows::of(records)?;
    let (csv, parquet) = (rows.written(Format::Csv)?, rows.written(Format::Parquet)?);
    let paths = ["csv", "parquet"].map(|format| folder.join(format!("{experiment}.{format}")));
    for (path, bytes) in paths.iter().zip([csv, parquet]) {
        replace(path, &bytes).map_err(|source| ResultsError::Unwritable {
            path: path.clone(),
            source,
        })?;
    }
    Ok(paths)
}

/// Puts `bytes` in the place of the file at `path`; whoever reads it sees the old or the new file.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    written().inspect_err(|_| {
        fs::remove_file(&temporary).ok();
    })
}
