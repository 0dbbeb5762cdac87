//! Questions to rows: which of them, and in what order.

use super::derived::Derived;
use super::filter::{Kind, Vocabulary};
use super::headings::meant;
use super::{Column, ResultsError, Rows, Values};
use crate::plan::suggest::advice;
use miette::SourceSpan;
use polars::error::PolarsError;
use polars::prelude::{Expr, IntoLazy, LazyFrame, Operator, SortMultipleOptions, col};
use polars::sql::sql_expr;
use std::ops::Range;

/// A column that no table has.
const PLACE: &str = " place";

/// Which rows, and in what order; by default all as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Only rows where this holds: an expression of SQL over the columns.
    pub filter: Option<String>,
    /// The columns that decide the order, the first one most; a `-` before the name turns the order around. Rows without
    /// a value come last.
    pub sort: Vec<String>,
}

/// A filter that is understood: conditions, all of which must hold.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    text: String,
    all_of: Vec<Expr>,
    /// Words that no row has, each with advice.
    pub(super) doubts: Vec<String>,
}

/// A question that rows have no answer to.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum QueryError {
    /// There is no column of that name.
    #[error("there is no column `{name}`")]
    #[diagnostic(code(results::no_such_column), help("{}", instead(name, known)))]
    Column {
        /// What was asked for.
        name: String,
        /// The columns that there are.
        known: Vec<String>,
        /// The filter that asks for it, if one does.
        #[source_code]
        text: Option<String>,
        /// Where in the filter.
        #[label]
        place: Option<SourceSpan>,
    },

    /// The filter is none.
    #[error("`{text}` cannot be understood as a filter: {said}")]
    #[diagnostic(
        code(results::bad_filter),
        help(
            "a filter compares columns with values, as in `rate <= 0.3 and stage = 'final'`; what is in doubt stands in \
             quotes, values in single ones and names in double ones"
        )
    )]
    Filter {
        /// What was asked for.
        #[source_code]
        text: String,
        /// Why it is none.
        said: String,
        /// Where it goes wrong, if that is known.
        #[label]
        place: Option<SourceSpan>,
    },

    /// The columns cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unreadable {
        /// Why.
        source: ResultsError,
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

impl QueryError {
    /// That a filter is none, and where it goes wrong.
    pub(super) fn filter(text: &str, said: impl Into<String>, place: Range<usize>) -> Self {
        Self::Filter {
            text: text.to_owned(),
            said: said.into(),
            place: Some(place.into()),
        }
    }

    /// That a filter is none for polars, which does not say where.
    fn of_polars(text: &str, error: &PolarsError) -> Self {
        Self::Filter {
            text: text.to_owned(),
            said: first_line(error),
            place: None,
        }
    }
}

impl Rows {
    /// The answer to `query`.
    ///
    /// # Errors
    /// If it names a column that is not there, or its filter is none.
    pub fn query(&self, query: &Query) -> Result<Self, QueryError> {
        let kept = match &query.filter {
            Some(text) => self.filter(text)?.kept(self)?,
            None => self.clone(),
        };
        let sorted = kept.sorted(kept.0.clone().lazy(), &query.sort)?;
        let sorted = sorted.collect().map(Self);
        sorted.map_err(|source| QueryError::Failed { source })
    }

    /// What is doubtful of a filter: words that no row has.
    ///
    /// # Errors
    /// If it is none.
    pub fn doubts(&self, filter: &str) -> Result<Vec<String>, QueryError> {
        Ok(self.filter(filter)?.doubts)
    }

    /// The places, from 0, of the rows that fit a filter.
    ///
    /// # Errors
    /// If it is none.
    pub fn fitting(&self, filter: &str) -> Result<Vec<usize>, QueryError> {
        let unreadable = |source| QueryError::Unreadable { source };
        let filter = self.filter(filter)?;
        let places = (0..self.height()).map(|place| i64::try_from(place).ok());
        let mut columns = self.columns().map_err(unreadable)?;
        columns.push(Column {
            name: PLACE.to_owned(),
            values: Values::Integer(places.collect()),
        });
        let numbered = Self::of_columns(self.height(), columns).map_err(unreadable)?;
        let kept = filter.kept(&numbered)?.columns().map_err(unreadable)?;
        let places = kept.iter().find(|column| column.name == PLACE);
        Ok(match places.map(|column| &column.values) {
            Some(Values::Integer(places)) => {
                let places = places.iter().flatten();
                places
                    .filter_map(|place| usize::try_from(*place).ok())
                    .collect()
            }
            _ => Vec::new(),
        })
    }

    fn filter(&self, text: &str) -> Result<Filter, QueryError> {
        let columns = self.columns();
        let columns = columns.map_err(|source| QueryError::Unreadable { source })?;
        Filter::of(text, &columns, Vec::new())
    }

    /// The names of the columns that are meant.
    ///
    /// # Errors
    /// The first one that is not there.
    pub fn resolved(&self, columns: &[String]) -> Result<Vec<String>, QueryError> {
        let names = columns.iter().map(|name| self.meant(name));
        names.map(|name| name.map(str::to_owned)).collect()
    }

    fn sorted(&self, rows: LazyFrame, by: &[String]) -> Result<LazyFrame, QueryError> {
        let (mut columns, mut descending) = (Vec::new(), Vec::new());
        for name in by {
            let bare = name.strip_prefix('-');
            columns.push(col(self.meant(bare.unwrap_or(name))?));
            descending.push(bare.is_some());
        }
        let options = SortMultipleOptions::new()
            .with_order_descending_multi(descending)
            .with_nulls_last(true)
            .with_maintain_order(true);
        Ok(rows.sort_by_exprs(columns, options))
    }

    fn meant(&self, name: &str) -> Result<&str, QueryError> {
        let known = self.names();
        meant(name, &known).ok_or_else(|| QueryError::Column {
            name: name.to_owned(),
            known: known.into_iter().map(str::to_owned).collect(),
            text: None,
            place: None,
        })
    }
}

impl Filter {
    /// Understands a filter of rows that have some columns, and are going to have `more`.
    pub(super) fn of(
        text: &str,
        columns: &[Column],
        more: Vec<(String, Kind)>,
    ) -> Result<Self, QueryError> {
        let understood = Vocabulary::of(columns, more).understand(text)?;
        let whole = sql_expr(&understood.sql);
        let whole = whole.map_err(|error| QueryError::of_polars(text, &error))?;
        Ok(Self {
            text: text.to_owned(),
            all_of: all_of(whole),
            doubts: understood.doubts,
        })
    }

    /// Takes out the conditions that name a column of which `is` holds.
    pub(super) fn split_off(&mut self, is: impl Fn(&str) -> bool) -> Self {
        let names = |one: &Expr| columns_of(one).iter().any(|name| is(name));
        let (taken, rest) = std::mem::take(&mut self.all_of)
            .into_iter()
            .partition(names);
        self.all_of = rest;
        Self {
            text: self.text.clone(),
            all_of: taken,
            doubts: Vec::new(),
        }
    }

    /// The columns that it names.
    pub(super) fn columns(&self) -> Vec<String> {
        self.all_of.iter().flat_map(columns_of).collect()
    }

    /// Whether every row fits.
    pub(super) fn is_empty(&self) -> bool {
        self.all_of.is_empty()
    }

    /// The rows that fit.
    ///
    /// # Errors
    /// If it says nothing that can be true or false.
    pub(super) fn kept(&self, rows: &Rows) -> Result<Rows, QueryError> {
        let all = rows.0.clone().lazy();
        let kept = self.all_of.iter().cloned().fold(all, LazyFrame::filter);
        let kept = kept.collect().map(Rows);
        kept.map_err(|error| QueryError::of_polars(&self.text, &error))
    }
}

/// What polars says, without the plan that it says it of.
fn first_line(error: &PolarsError) -> String {
    let said = error.to_string();
    said.lines().next().unwrap_or_default().to_owned()
}

/// The conditions that an expression joins by `and`.
fn all_of(expression: Expr) -> Vec<Expr> {
    match expression {
        Expr::BinaryExpr {
            left,
            op: Operator::And | Operator::LogicalAnd,
            right,
        } => {
            let mut conditions = all_of((*left).clone());
            conditions.extend(all_of((*right).clone()));
            conditions
        }
        other => vec![other],
    }
}

fn columns_of(expression: &Expr) -> Vec<String> {
    let names = expression.into_iter().filter_map(|part| match part {
        Expr::Column(name) => Some(name.to_string()),
        _ => None,
    });
    names.collect()
}

/// What to ask instead of a column that is not there.
fn instead(name: &str, known: &[String]) -> String {
    if let Some((measure, _)) = Derived::of(name) {
        return format!(
            "`srp compare` sets `{measure}` of rows side by side, and has such columns"
        );
    }
    advice(name, "columns", known.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(rows().fitting("bleu < 29").unwrap(), [1, 2]);
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
    fn values_that_are_computed_are_compared_as_they_are() {
        let expected: [(&str, &[&str]); 4] = [
            ("length(stage) > 4", &["dense", "small"]),
            ("left(stage, 2) = 'sm'", &["small"]),
            ("cast(bleu as int) = 28", &["small", "tiny"]),
            ("upper(stage) = 'TINY'", &["tiny"]),
        ];
        for (text, kept) in expected {
            assert_eq!(stages(&filtered(text)), kept, "{text}");
            assert!(rows().doubts(text).unwrap().is_empty(), "{text}");
        }
    }

    #[test]
    fn a_filter_that_is_none_says_why() {
        for text in ["bleu >", "bleu + 1", "stage > 3", "stage > bleu", ""] {
            let error = rows().query(&filtered(text)).unwrap_err();
            assert!(
                matches!(&error, QueryError::Filter { said, .. } if said.lines().count() == 1),
                "{text}: {error}"
            );
        }
    }
}
