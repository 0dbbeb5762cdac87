//! Questions to rows: which of them, and in what order.

use super::Rows;
use crate::plan::suggest::advice;
use polars::error::PolarsError;
use polars::prelude::{Expr, IntoLazy, LazyFrame, SortMultipleOptions, col};
use polars::sql::sql_expr;

/// Which rows, and in what order; by default all as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Only rows where this holds: an expression of SQL over the columns.
    pub filter: Option<String>,
    /// The columns that decide the order, the first one most; a `-` before the name turns the order around. Rows without
    /// a value come last.
    pub sort: Vec<String>,
}

/// A question that rows have no answer to.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum QueryError {
    /// There is no column of that name.
    #[error("there is no column `{name}`")]
    #[diagnostic(code(results::no_such_column), help(
        "{}; in a filter, names with a dot or a dash stand in double quotes",
        advice(name, "columns", known.iter().map(String::as_str))
    ))]
    Column {
        /// What was asked for.
        name: String,
        /// The columns that there are.
        known: Vec<String>,
    },

    /// The filter is none.
    #[error("`{text}` cannot be understood as a filter: {said}")]
    #[diagnostic(
        code(results::bad_filter),
        help(
            "a filter compares columns, as in `rate <= 0.3 and stage = 'final'`; names with a dot or a dash stand in \
             double quotes, words in single ones"
        )
    )]
    Filter {
        /// What was asked for.
        text: String,
        /// What polars said.
        said: String,
    },

    /// The question is understood, and fails.
    #[error("the table cannot be asked that")]
    #[diagnostic(code(results::query))]
    Failed {
        /// What polars said.
        #[source]
        source: PolarsError,
    },
}

impl Rows {
    /// The answer to `query`.
    ///
    /// # Errors
    /// If it names a column that is not there, or its filter is none.
    pub fn query(&self, query: &Query) -> Result<Self, QueryError> {
        let mut rows = self.0.clone().lazy();
        if let Some(text) = &query.filter {
            rows = rows.filter(self.filter(text)?);
        }
        rows = self.sorted(rows, &query.sort)?;
        rows.collect()
            .map(Self)
            .map_err(|source| match &query.filter {
                Some(text) => QueryError::Filter {
                    text: text.clone(),
                    said: source.to_string(),
                },
                None => QueryError::Failed { source },
            })
    }

    /// Looks for columns.
    ///
    /// # Errors
    /// The first one that is not there.
    pub fn require(&self, columns: &[String]) -> Result<(), QueryError> {
        columns.iter().try_for_each(|name| self.check(name))
    }

    fn sorted(&self, rows: LazyFrame, by: &[String]) -> Result<LazyFrame, QueryError> {
        let (mut columns, mut descending) = (Vec::new(), Vec::new());
        for name in by {
            let bare = name.strip_prefix('-');
            columns.push(self.known(bare.unwrap_or(name))?);
            descending.push(bare.is_some());
        }
        let options = SortMultipleOptions::new()
            .with_order_descending_multi(descending)
            .with_nulls_last(true)
            .with_maintain_order(true);
        Ok(rows.sort_by_exprs(columns, options))
    }

    fn filter(&self, text: &str) -> Result<Expr, QueryError> {
        let filter = sql_expr(text).map_err(|error| QueryError::Filter {
            text: text.to_owned(),
            said: error.to_string(),
        })?;
        for part in &filter {
            if let Expr::Column(name) = part {
                self.check(name)?;
            }
        }
        Ok(filter)
    }

    fn known(&self, name: &str) -> Result<Expr, QueryError> {
        self.check(name).map(|()| col(name))
    }

    fn check(&self, name: &str) -> Result<(), QueryError> {
        let known = self.names();
        if known.contains(&name) {
            return Ok(());
        }
        Err(QueryError::Column {
            name: name.to_owned(),
            known: known.into_iter().map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Column, Values};

    fn rows() -> Rows {
        let column = |name: &str, values| Column {
            name: name.to_owned(),
            values,
        };
        let words = ["dense", "small", "tiny"].map(|word| Some(word.to_owned()));
        let columns = vec![
            column("stage", Values::Text(words.to_vec())),
            column("rate", Values::Float(vec![None, Some(0.5), Some(0.1)])),
            column(
                "bleu",
                Values::Float(vec![Some(30.0), Some(28.0), Some(28.0)]),
            ),
            column("seconds.small", Values::Float(vec![None, Some(3.0), None])),
        ];
        Rows::of_columns(3, columns).unwrap()
    }

    /// The stages that are left.
    fn stages(query: &Query) -> Vec<String> {
        let columns = rows().query(query).unwrap().columns().unwrap();
        match &columns[0].values {
            Values::Text(words) => words.iter().flatten().cloned().collect(),
            other => panic!("{other:?}"),
        }
    }

    fn filtered(text: &str) -> Query {
        Query {
            filter: Some(text.to_owned()),
            ..Query::default()
        }
    }

    #[test]
    fn a_filter_keeps_rows_where_it_holds() {
        let expected: [(&str, &[&str]); 6] = [
            ("rate <= 0.5 and bleu > 20", &["small", "tiny"]),
            ("rate = 0.1 or stage = 'dense'", &["dense", "tiny"]),
            ("rate is null", &["dense"]),
            ("not (bleu < 29)", &["dense"]),
            ("stage in ('small', 'dense')", &["dense", "small"]),
            ("\"seconds.small\" > 1", &["small"]),
        ];
        for (text, kept) in expected {
            assert_eq!(stages(&filtered(text)), kept, "{text}");
        }
    }

    #[test]
    fn rows_are_sorted_by_several_columns_and_those_without_a_value_come_last() {
        let sorted = |by: &[&str]| {
            let sort = by.iter().map(|name| (*name).to_owned()).collect();
            stages(&Query { filter: None, sort })
        };
        assert_eq!(sorted(&["rate"]), ["tiny", "small", "dense"]);
        assert_eq!(sorted(&["-rate"]), ["small", "tiny", "dense"]);
        assert_eq!(sorted(&["bleu", "rate"]), ["tiny", "small", "dense"]);
        assert_eq!(sorted(&["bleu", "-rate"]), ["small", "tiny", "dense"]);
    }

    #[test]
    fn a_column_that_is_not_there_is_named_with_the_nearest_one() {
        let by = |sort: &[&str], filter: Option<&str>| Query {
            filter: filter.map(str::to_owned),
            sort: sort.iter().map(|name| (*name).to_owned()).collect(),
        };
        for query in [by(&["-belu"], None), by(&[], Some("belu > 3"))] {
            let error = miette::Report::new(rows().query(&query).unwrap_err());
            assert_eq!(error.to_string(), "there is no column `belu`");
            let help = error.help().unwrap().to_string();
            assert!(
                help.starts_with("did you mean `bleu`? columns: stage, rate, "),
                "{help}"
            );
        }
    }

    #[test]
    fn a_filter_that_is_none_says_why() {
        for text in ["bleu >", "bleu + 1", "stage > 3", ""] {
            let error = rows().query(&filtered(text)).unwrap_err();
            assert!(
                matches!(&error, QueryError::Filter { said, .. } if !said.is_empty()),
                "{text}: {error}"
            );
        }
    }
}
