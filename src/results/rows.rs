//! Rows from anywhere, as polars holds them: of records, of a file, or of several put together.

use super::columns::to_ask;
use super::{Column, Flaw, Record, ResultsError, Values, columns, csv};
use polars::prelude::{
    Column as Series, CsvReadOptions, CsvWriter, DataFrame, DataType, ParquetReader, ParquetWriter,
    PolarsResult, SerReader, SerWriter,
};
use std::io::Cursor;
use std::path::Path;

/// How a table is written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lines of values between commas.
    Csv,
    /// The columns as Apache Parquet keeps them.
    Parquet,
}

impl Format {
    /// The format that the ending of a path says.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Parquet => "Parquet",
        }
    }
}

/// Rows with named columns, each of which holds truth values, whole numbers, numbers or words.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows(pub(super) DataFrame);

impl Rows {
    /// The tidy table of some records; its columns are those of [`columns`].
    ///
    /// # Errors
    /// Whatever polars has against it.
    pub fn of(records: &[Record]) -> Result<Self, ResultsError> {
        Self::of_columns(records.len(), columns(records))
    }

    /// The tidy table of some records, and what is only asked for: whether a speed-up is noise (`speed_up_noise`,
    /// `batch_speed_up_noise`), and the time of all stages that led to a row (`seconds`).
    ///
    /// # Errors
    /// Whatever polars has against it.
    pub fn to_ask(records: &[Record]) -> Result<Self, ResultsError> {
        Self::of_columns(records.len(), to_ask(records))
    }

    /// Columns of `height` values each.
    ///
    /// # Errors
    /// If two columns have one name, or one of them another height.
    pub fn of_columns(height: usize, columns: Vec<Column>) -> Result<Self, ResultsError> {
        let series = columns.into_iter().map(series).collect();
        DataFrame::new(height, series)
            .map(Self)
            .map_err(ResultsError::polars("a data frame"))
    }

    /// The table that a file of this format holds.
    ///
    /// # Errors
    /// If it is something else.
    pub fn read(format: Format, bytes: Vec<u8>) -> Result<Self, ResultsError> {
        let not_read = |source| ResultsError::NotRead {
            format: format.name(),
            source,
        };
        let frame = match format {
            Format::Csv => {
                let text = csv::text(&bytes)?;
                csv::check(text)?;
                let frame = CsvReadOptions::default()
                    .with_infer_schema_length(None)
                    .into_reader_with_file_handle(Cursor::new(&bytes))
                    .finish()
                    .map_err(not_read)?;
                without_flaw(&frame, |column| csv::no_number(text, column))?;
                frame
            }
            Format::Parquet => {
                let reader = ParquetReader::new(Cursor::new(bytes));
                let frame = reader.finish().map_err(not_read)?;
                without_flaw(&frame, |column| no_number(&frame, column))?;
                frame
            }
        };
        plain(frame).map(Self).map_err(not_read)
    }

    /// The table as a file of this format holds it.
    ///
    /// # Errors
    /// Whatever polars has against it.
    pub fn written(&self, format: Format) -> Result<Vec<u8>, ResultsError> {
        let (mut bytes, mut frame) = (Vec::new(), self.0.clone());
        match format {
            Format::Csv => CsvWriter::new(&mut bytes).finish(&mut frame),
            Format::Parquet => ParquetWriter::new(&mut bytes)
                .finish(&mut frame)
                .map(|_| ()),
        }
        .map_err(ResultsError::polars(format.name()))?;
        Ok(bytes)
    }

    /// All of some rows, one below the other. Each column is there if one of them has it, and has one type: whole
    /// numbers among others become numbers, and values of several types become words.
    ///
    /// # Errors
    /// Whatever polars has against it.
    pub fn stack(all: Vec<Self>) -> Result<Self, ResultsError> {
        stacked(all)
            .map(Self)
            .map_err(ResultsError::polars("one table"))
    }

    /// How many there are.
    pub fn height(&self) -> usize {
        self.0.height()
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> Vec<&str> {
        let names = self.0.columns().iter();
        names.map(|column| column.name().as_str()).collect()
    }

    /// All values.
    ///
    /// # Errors
    /// Whatever polars has against it.
    pub fn columns(&self) -> Result<Vec<Column>, ResultsError> {
        let columns = self.0.columns().iter().map(values);
        columns
            .collect::<PolarsResult<_>>()
            .map_err(ResultsError::polars("columns"))
    }
}

/// Looks for columns of results that ought to hold numbers and do not; `find` says where a column goes wrong.
fn without_flaw(
    frame: &DataFrame,
    find: impl Fn(&str) -> Option<Flaw>,
) -> Result<(), ResultsError> {
    let suspect = |column: &&Series| {
        let finite = || column.is_finite().is_ok_and(|finite| finite.all());
        let numbers = match column.dtype() {
            kind if kind.is_float() => finite(),
            kind => kind.is_integer() || column.null_count() == column.len(),
        };
        !numbers && type_by_name(column.name()).is_primitive_numeric()
    };
    let suspects = frame.columns().iter().filter(suspect);
    let mut flaws = suspects.filter_map(|column| find(column.name()));
    flaws.next().map_or(Ok(()), |flaw| Err(flaw.into()))
}

/// The first value of a column that is there and no finite number.
fn no_number(frame: &DataFrame, column: &str) -> Option<Flaw> {
    let values = values(&plain_column(frame.column(column).ok()?).ok()?).ok()?;
    let wrong = |row: &usize| {
        let number = values.values.number(*row);
        values.values.is_known(*row) && !number.is_some_and(f64::is_finite)
    };
    let row = (0..frame.height()).find(wrong)?;
    Some(Flaw::NoNumber {
        place: format!("row {}", row + 1),
        column: column.to_owned(),
        found: values.values.shown(row).unwrap_or_default(),
    })
}

pub(super) fn series(Column { name, values }: Column) -> Series {
    let name = name.into();
    match values {
        Values::Bool(values) => Series::new(name, values),
        Values::Integer(values) => Series::new(name, values),
        Values::Float(values) => Series::new(name, values),
        Values::Text(values) => Series::new(name, values),
    }
}

fn values(column: &Series) -> PolarsResult<Column> {
    let values = match column.dtype() {
        DataType::Boolean => Values::Bool(column.bool()?.iter().collect()),
        DataType::Int64 => Values::Integer(column.i64()?.iter().collect()),
        DataType::Float64 => Values::Float(column.f64()?.iter().collect()),
        _ => Values::Text(
            column
                .str()?
                .iter()
                .map(|value| value.map(str::to_owned))
                .collect(),
        ),
    };
    Ok(Column {
        name: column.name().to_string(),
        values,
    })
}

/// The table with the four types that ours have.
fn plain(frame: DataFrame) -> PolarsResult<DataFrame> {
    let height = frame.height();
    let columns = frame.columns().iter();
    let columns = columns.map(plain_column);
    DataFrame::new(height, columns.collect::<PolarsResult<_>>()?)
}

fn plain_column(column: &Series) -> PolarsResult<Series> {
    column.cast(&plain_type(column.dtype()))
}

fn plain_type(of: &DataType) -> DataType {
    match of {
        DataType::Boolean => DataType::Boolean,
        number if number.is_integer() => DataType::Int64,
        number if number.is_float() => DataType::Float64,
        _ => DataType::String,
    }
}

fn stacked(all: Vec<Rows>) -> PolarsResult<DataFrame> {
    let mut head: Vec<(String, DataType)> = Vec::new();
    for column in all.iter().flat_map(|rows| rows.0.columns()) {
        let (name, kind) = (column.name().as_str(), column.dtype());
        // A column without a value says nothing of its type.
        let empty = column.null_count() == column.len();
        match head.iter_mut().find(|(known, _)| known == name) {
            None if empty => head.push((name.to_owned(), DataType::Null)),
            None => head.push((name.to_owned(), kind.clone())),
            Some(_) if empty => {}
            Some((_, common)) => *common = common_type(common, kind),
        }
    }
    let mut frames = all.into_iter().map(|rows| {
        let height = rows.height();
        let columns = head.iter().map(|(name, common)| {
            let kind = match common {
                DataType::Null => type_by_name(name),
                known => known.clone(),
            };
            match rows.0.column(name) {
                Ok(column) => column.cast(&kind),
                Err(_) => Ok(Series::full_null(name.as_str().into(), height, &kind)),
            }
        });
        DataFrame::new(height, columns.collect::<PolarsResult<_>>()?)
    });
    let first = frames.next().unwrap_or_else(|| Ok(DataFrame::empty()))?;
    frames.try_fold(first, |mut whole, next| {
        whole.vstack_mut(&next?)?;
        Ok(whole)
    })
}

/// What stands in a column that is part of every table of results; words in others.
fn type_by_name(name: &str) -> DataType {
    let known = columns(&[]).into_iter().find(|column| column.name == name);
    if name.starts_with("seconds.") {
        return DataType::Float64;
    }
    match known.map(|column| column.values) {
        Some(Values::Float(_)) => DataType::Float64,
        Some(Values::Integer(_)) => DataType::Int64,
        Some(Values::Bool(_)) => DataType::Boolean,
        Some(Values::Text(_)) | None => DataType::String,
    }
}

fn common_type(one: &DataType, other: &DataType) -> DataType {
    let number = |kind: &DataType| kind.is_integer() || kind.is_float();
    if *one == DataType::Null || one == other {
        other.clone()
    } else if number(one) && number(other) {
        DataType::Float64
    } else {
        DataType::String
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(columns: &[(&str, Values)]) -> Rows {
        let columns = columns.iter().map(|(name, values)| Column {
            name: (*name).to_owned(),
            values: values.clone(),
        });
        Rows::of_columns(2, columns.collect()).unwrap()
    }

    fn words(words: [&str; 2]) -> Values {
        Values::Text(words.map(|word| Some(word.to_owned())).to_vec())
    }

    #[test]
    fn rows_of_several_tables_have_all_columns_and_one_type_in_each() {
        let one = rows(&[
            ("stage", words(["a", "b"])),
            ("rate", Values::Integer(vec![Some(1), None])),
            ("seed", Values::Integer(vec![Some(1), Some(2)])),
            ("asked", Values::Text(vec![None, None])),
        ]);
        let other = rows(&[
            ("rate", Values::Float(vec![Some(0.5), Some(1.0)])),
            ("seed", words(["x", "y"])),
            ("stage", words(["c", "d"])),
            ("asked", Values::Float(vec![Some(0.5), None])),
            ("beam", Values::Integer(vec![Some(5), Some(5)])),
        ]);
        let stacked = Rows::stack(vec![one, other]).unwrap();
        assert_eq!(stacked.names(), ["stage", "rate", "seed", "asked", "beam"]);
        let columns = stacked.columns().unwrap();
        let values: Vec<Values> = columns.into_iter().map(|column| column.values).collect();
        let text = |words: [&str; 4]| Values::Text(words.map(|w| Some(w.to_owned())).to_vec());
        assert_eq!(
            values,
            [
                text(["a", "b", "c", "d"]),
                Values::Float(vec![Some(1.0), None, Some(0.5), Some(1.0)]),
                text(["1", "2", "x", "y"]),
                Values::Float(vec![None, None, Some(0.5), None]),
                Values::Integer(vec![None, None, Some(5), Some(5)]),
            ]
        );
    }

    #[test]
    fn nothing_stacks_to_nothing() {
        assert_eq!(Rows::stack(Vec::new()).unwrap().height(), 0);
    }
}
