//! Rows for reading: in a terminal, in a Markdown or LaTeX document; and, whole and unrounded, for other programs.

mod cells;
mod layout;

use super::columns::is_parameter;
use super::headings::heading;
use super::{Column, Format, ResultsError, Rows, Values};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Aligned columns for a terminal; numbers are rounded.
    Table,
    /// A Markdown table; numbers are rounded.
    Markdown,
    /// A LaTeX tabular that wants the package booktabs; numbers are rounded.
    Latex,
    /// Comma-separated values as they are.
    Csv,
    /// An array of objects with the values as they are.
    Json,
}

impl Style {
    /// Whether it is for people, who want few columns and lines that explain them.
    pub fn is_for_people(self) -> bool {
        match self {
            Self::Table | Self::Markdown | Self::Latex => true,
            Self::Csv | Self::Json => false,
        }
    }
}

/// How the columns of a table can be seen for which a terminal has no room.
pub const CHOOSE: &str = "`--columns` chooses, `--format csv` has all";

/// Those of some columns for which a table for a terminal of that width has room.
///
/// # Errors
/// Whatever polars has against it.
pub fn with_room(
    rows: &Rows,
    columns: &[String],
    width: usize,
) -> Result<Vec<String>, ResultsError> {
    let all = rows.columns()?;
    let mut sheet = cells::sheet(&named(columns, &all), &all, rows.height());
    let hidden = layout::fitted(&mut sheet, Some(width)).hidden;
    let seen = columns
        .iter()
        .filter(|name| !hidden.contains(&heading(name)));
    Ok(seen.cloned().collect())
}

/// The columns that are called so, in this order.
fn named<'c>(names: &[String], all: &'c [Column]) -> Vec<&'c Column> {
    let find = |name: &String| all.iter().find(|column| column.name == *name);
    names.iter().filter_map(find).collect()
}

/// The columns of `rows` that are called so, in this order, in a style; styles for people say `notes` below. A table for
/// a terminal is made to fit `width`, if there is one.
///
/// # Errors
/// Whatever polars has against it.
pub fn write(
    rows: &Rows,
    columns: &[String],
    style: Style,
    notes: &[String],
    width: Option<usize>,
) -> Result<String, ResultsError> {
    let all = rows.columns()?;
    let shown = named(columns, &all);
    let sheet = || cells::sheet(&shown, &all, rows.height());
    Ok(match style {
        Style::Table => layout::terminal(sheet(), notes, width),
        Style::Markdown => layout::markdown(sheet(), notes),
        Style::Latex => layout::latex(&sheet(), notes),
        Style::Csv => csv(&shown, rows.height())?,
        Style::Json => json(&shown, rows.height())?,
    })
}

/// The columns of a table of results that people want to see.
pub fn essentials(rows: &Rows) -> Vec<String> {
    let names = rows.names();
    let parameters = names.iter().filter(|name| is_parameter(name)).copied();
    let measures = [
        "stage",
        "bleu",
        "chrf",
        "parameters",
        "asked_ratio",
        "parameter_ratio",
        "flops",
        "flops_ratio",
        "speed_up",
        "batch_speed_up",
        "seconds",
    ];
    let measures = measures.into_iter().filter(|name| names.contains(name));
    parameters.chain(measures).map(str::to_owned).collect()
}

fn csv(columns: &[&Column], height: usize) -> Result<String, ResultsError> {
    let columns = columns.iter().map(|column| (*column).clone()).collect();
    let bytes = Rows::of_columns(height, columns)?.written(Format::Csv)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One row, whose values keep the order of the columns.
struct Object<'a> {
    columns: &'a [&'a Column],
    row: usize,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for Column { name, values } in self.columns {
            match values {
                Values::Bool(values) => map.serialize_entry(name, &values[self.row])?,
                Values::Integer(values) => map.serialize_entry(name, &values[self.row])?,
                Values::Float(values) => map.serialize_entry(name, &values[self.row])?,
                Values::Text(values) => map.serialize_entry(name, &values[self.row])?,
            }
        }
        map.end()
    }
}

fn json(columns: &[&Column], height: usize) -> Result<String, ResultsError> {
    let rows: Vec<Object<'_>> = (0..height).map(|row| Object { columns, row }).collect();
    let text = serde_json::to_string_pretty(&rows);
    text.map(|text| text + "\n")
        .map_err(|source| ResultsError::Json { source })
}
