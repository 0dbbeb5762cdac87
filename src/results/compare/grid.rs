//! The rows of a comparison, column by column.

use crate::results::{Column, ResultsError, Rows, Values};

/// Columns of one height.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    pub(super) height: usize,
    pub(super) columns: Vec<Column>,
}

impl Grid {
    pub(super) fn of(rows: &Rows) -> Result<Self, ResultsError> {
        Ok(Self {
            height: rows.height(),
            columns: rows.columns()?,
        })
    }

    pub(super) fn into_rows(self) -> Result<Rows, ResultsError> {
        Rows::of_columns(self.height, self.columns)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    pub(super) fn values(&self, name: &str) -> Option<&Values> {
        let column = self.columns.iter().find(|column| column.name == name)?;
        Some(&column.values)
    }

    /// A column of words; nothing if there is none of that name, or it holds something else.
    pub(super) fn words(&self, name: &str) -> &[Option<String>] {
        match self.values(name) {
            Some(Values::Text(words)) => words,
            _ => &[],
        }
    }

    pub(super) fn text(&self, name: &str, row: usize) -> Option<&str> {
        self.words(name).get(row)?.as_deref()
    }

    /// One row.
    pub(super) fn row(&self, row: usize) -> Self {
        let columns = self.columns.iter().map(|column| Column {
            name: column.name.clone(),
            values: column.values.pick(&[Some(row)]),
        });
        Self {
            height: 1,
            columns: columns.collect(),
        }
    }

    /// Whether some rows have another value in a column than others; where none is known is another one too.
    pub(super) fn varies(&self, name: &str, rows: &[usize]) -> bool {
        let values = self.values(name);
        values.is_some_and(|values| rows.iter().any(|row| !values.same(rows[0], *row)))
    }

    /// Whether rows of which a value is known have several.
    pub(super) fn differs_where_known(&self, name: &str) -> bool {
        let values = self.values(name);
        let known = |row: &usize| values.is_some_and(|values| values.is_known(*row));
        let rows: Vec<usize> = (0..self.height).filter(known).collect();
        self.varies(name, &rows)
    }

    /// Puts a column in the place of the one of its name; a new one stands last.
    pub(super) fn put(&mut self, name: &str, values: Values) {
        let column = Column {
            name: name.to_owned(),
            values,
        };
        match self.columns.iter_mut().find(|column| column.name == name) {
            Some(old) => *old = column,
            None => self.columns.push(column),
        }
    }

    /// Puts a column behind another one; first if there is none of that name.
    pub(super) fn put_behind(&mut self, behind: &str, name: &str, values: Values) {
        self.columns.retain(|column| column.name != name);
        let place = self.columns.iter().position(|column| column.name == behind);
        let column = Column {
            name: name.to_owned(),
            values,
        };
        self.columns
            .insert(place.map_or(0, |place| place + 1), column);
    }
}
