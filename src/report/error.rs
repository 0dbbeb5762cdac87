//! What cannot be shown.

use crate::plan::suggest::advice;
use crate::results::ResultsError;
use crate::text::dataset::DatasetError;

/// What cannot be shown.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ReportError {
    /// What stages left cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Results(#[from] ResultsError),
    /// The sentences that were translated cannot be read.
    #[error("cannot read the sentences that `{stage}` translated")]
    #[diagnostic(
        code(report::sentences),
        help("run the stage that made the data set again with `--force`")
    )]
    Sentences {
        /// The test stage.
        stage: String,
        /// Why not.
        #[source]
        source: DatasetError,
    },
    /// A table has no such column.
    #[error("the table has no column `{name}`")]
    #[diagnostic(code(report::unknown_column), help("{}", advice(name, "its columns", known.iter().map(String::as_str))))]
    UnknownColumn {
        /// What was asked for.
        name: String,
        /// The columns that it has.
        known: Vec<String>,
    },
    /// A column that cannot be an axis.
    #[error("the column `{name}` holds words, and an axis needs numbers")]
    #[diagnostic(code(report::no_numbers), help("columns of numbers: {}", known.join(", ")))]
    NoNumbers {
        /// The column.
        name: String,
        /// The columns that can be an axis.
        known: Vec<String>,
    },
    /// There is nothing to draw.
    #[error("no row has a place in the plot: each lacks a number in `{x}` or in `{y}`")]
    #[diagnostic(
        code(report::no_points),
        help("a number is above 0 on an axis with `--log`; `srp results` shows what was measured")
    )]
    NoPoints {
        /// The column from left to right.
        x: String,
        /// The column from bottom to top.
        y: String,
    },
    /// Figures in JSON cannot be made.
    #[error("cannot write the translations as JSON")]
    Json(#[from] serde_json::Error),
}
