//! The table as files: `EXPERIMENT.csv` to read and compare, `EXPERIMENT.parquet` to compute with.

use super::{Column, Record, ResultsError, Values, columns};
use polars::prelude::{
    Column as Series, CsvWriter, DataFrame, ParquetWriter, PolarsError, SerWriter,
};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The tidy table of some records; its columns are those of [`columns`].
///
/// # Errors
/// Whatever polars has against it.
pub fn data_frame(records: &[Record]) -> Result<DataFrame, PolarsError> {
    let series = columns(records).into_iter().map(series).collect();
    DataFrame::new(records.len(), series)
}

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
    let failed = |format| move |source| ResultsError::Format { format, source };
    let mut frame = data_frame(records).map_err(failed("a data frame"))?;
    let (mut csv, mut parquet) = (Vec::new(), Vec::new());
    CsvWriter::new(&mut csv)
        .finish(&mut frame)
        .map_err(failed("CSV"))?;
    ParquetWriter::new(&mut parquet)
        .finish(&mut frame)
        .map_err(failed("Parquet"))?;
    let paths = ["csv", "parquet"].map(|format| folder.join(format!("{experiment}.{format}")));
    for (path, bytes) in paths.iter().zip([csv, parquet]) {
        replace(path, &bytes).map_err(|source| ResultsError::Unwritable {
            path: path.clone(),
            source,
        })?;
    }
    Ok(paths)
}

fn series(Column { name, values }: Column) -> Series {
    let name = name.into();
    match values {
        Values::Bool(values) => Series::new(name, values),
        Values::Integer(values) => Series::new(name, values),
        Values::Float(values) => Series::new(name, values),
        Values::Text(values) => Series::new(name, values),
    }
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
