//! Why rows are not compared.

use super::roles::MEASURES;
use crate::plan::suggest::{advice, nearest};
use crate::results::{QueryError, ResultsError};

/// Rows that are not compared.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum CompareError {
    /// Scores depend on more than the model.
    #[error(
        "`{}` and `{}` do not compare: `{column}` is {} of the first and {} of the second",
        rows[0], rows[1], values[0], values[1]
    )]
    #[diagnostic(
        code(results::not_comparable),
        help("leave one of them out with `--where`, or compare them all the same with `--anyway`")
    )]
    Differ {
        /// The column that differs.
        column: String,
        /// The names of two rows.
        rows: [String; 2],
        /// What stands there.
        values: [String; 2],
    },

    /// There is nothing to compare.
    #[error("there is no row: the tables are empty")]
    #[diagnostic(
        code(results::no_rows),
        help("`srp results FILE.toml` writes the tables of an experiment")
    )]
    Nothing,

    /// The filter leaves nothing to compare.
    #[error("there is no row to compare: none of {rows} fits `{filter}`")]
    #[diagnostic(code(results::no_rows), help("{}", unfit(doubts)))]
    NoneFits {
        /// The rows that there are.
        rows: usize,
        /// What was asked for.
        filter: String,
        /// What is doubtful of it.
        doubts: Vec<String>,
    },

    /// The rows are no results.
    #[error("`{table}` has none of the columns that are compared")]
    #[diagnostic(
        code(results::no_measure),
        help(
            "a table of results, as `srp results` writes it, has the columns {}",
            measures()
        )
    )]
    NoMeasure {
        /// The source.
        table: String,
    },

    /// Rows cannot be averaged over that.
    #[error("there is no parameter `{name}` to average over")]
    #[diagnostic(
        code(results::no_such_parameter),
        help("{}", advice(name, "what rows can be averaged over", known.iter().map(String::as_str)))
    )]
    NoParameter {
        /// What was asked for.
        name: String,
        /// The columns that would do.
        known: Vec<String>,
    },

    /// A column that the comparison could have had.
    #[error("there is no column `{name}` here: {why}")]
    #[diagnostic(code(results::no_such_column))]
    Absent {
        /// What was asked for.
        name: String,
        /// Why this comparison does not have it.
        why: String,
    },

    /// The baseline is none of the rows.
    #[error("there is no row `{name}`")]
    #[diagnostic(code(results::no_such_row), help("{}", which(name, known)))]
    NoBaseline {
        /// What was asked for.
        name: String,
        /// The names of all rows.
        known: Vec<String>,
    },

    /// The filter is none.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Query(#[from] QueryError),

    /// A table cannot be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Table(#[from] ResultsError),
}

/// Names of rows that an error lists at most.
const LISTED: usize = 12;

fn which(name: &str, known: &[String]) -> String {
    let names = known.iter().map(String::as_str);
    let near = nearest(name, names.clone()).map(|near| format!("did you mean `{near}`? "));
    let listed: Vec<&str> = names.take(LISTED).collect();
    let more = if known.len() > LISTED { ", …" } else { "" };
    format!(
        "{}rows: {}{more}",
        near.unwrap_or_default(),
        listed.join(", ")
    )
}

fn unfit(doubts: &[String]) -> String {
    match doubts {
        [] => "`--where` leaves all of them out".to_owned(),
        some => some.join("; "),
    }
}

fn measures() -> String {
    MEASURES.map(|(name, _)| format!("`{name}`")).join(", ")
}
