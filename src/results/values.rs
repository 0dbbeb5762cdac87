//! The values of a column, row by row.

use super::Values;

impl Values {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether these are numbers.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Float(_))
    }

    /// All values as numbers; nothing if they are something else.
    pub fn numbers(&self) -> Option<Vec<Option<f64>>> {
        let numbers = || (0..self.len()).map(|row| self.number(row)).collect();
        self.is_number().then(numbers)
    }

    /// The value of a row as a number; nothing where there is none, or it is something else.
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Integer(values) => values[row].map(|value| value as f64),
            Self::Float(values) => values[row],
            Self::Bool(_) | Self::Text(_) => None,
        }
    }

    /// The value of a row in words.
    pub fn shown(&self, row: usize) -> Option<String> {
        match self {
            Self::Bool(values) => values[row].map(|value| value.to_string()),
            Self::Integer(values) => values[row].map(|value| value.to_string()),
            Self::Float(values) => values[row].map(|value| value.to_string()),
            Self::Text(values) => values[row].clone(),
        }
    }

    /// Whether two rows have the same value, or none both.
    pub fn same(&self, one: usize, other: usize) -> bool {
        match self {
            Self::Bool(values) => values[one] == values[other],
            Self::Integer(values) => values[one] == values[other],
            Self::Float(values) => values[one] == values[other],
            Self::Text(values) => values[one] == values[other],
        }
    }

    /// Whether some rows have another value than others; where none is known is another one too.
    pub fn differ(&self) -> bool {
        (1..self.len()).any(|row| !self.same(row, 0))
    }
}

/// A value, to be told from others of its column.
#[cfg(feature = "tables")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Distinct<'a> {
    Nothing,
    Number(u64),
    Word(&'a str),
}

#[cfg(feature = "tables")]
impl Values {
    /// The value of a row, to be told from others.
    pub(super) fn distinct(&self, row: usize) -> Distinct<'_> {
        let value = match self {
            Self::Bool(values) => values[row].map(|value| Distinct::Number(value.into())),
            Self::Integer(values) => {
                values[row].map(|value| Distinct::Number(value.cast_unsigned()))
            }
            Self::Float(values) => values[row].map(|value| Distinct::Number(value.to_bits())),
            Self::Text(values) => values[row].as_deref().map(Distinct::Word),
        };
        value.unwrap_or(Distinct::Nothing)
    }

    /// Whether a row has a value.
    pub(super) fn is_known(&self, row: usize) -> bool {
        match self {
            Self::Bool(values) => values[row].is_some(),
            Self::Integer(values) => values[row].is_some(),
            Self::Float(values) => values[row].is_some(),
            Self::Text(values) => values[row].is_some(),
        }
    }

    /// How many rows have a value.
    pub(super) fn known(&self) -> usize {
        (0..self.len()).filter(|row| self.is_known(*row)).count()
    }

    /// These values, and where there is none, the other's; all of the other's if these are none or of another type.
    pub(super) fn or(&self, other: Self) -> Self {
        fn of<T: Clone>(values: &[Option<T>], other: Vec<Option<T>>) -> Vec<Option<T>> {
            let pairs = values.iter().zip(other);
            pairs
                .map(|(value, other)| value.clone().or(other))
                .collect()
        }
        match (self, other) {
            (Self::Bool(values), Self::Bool(other)) => Self::Bool(of(values, other)),
            (Self::Integer(values), Self::Integer(other)) => Self::Integer(of(values, other)),
            (Self::Float(values), Self::Float(other)) => Self::Float(of(values, other)),
            (Self::Text(values), Self::Text(other)) => Self::Text(of(values, other)),
            (_, other) => other,
        }
    }

    /// The values of some rows, in this order; nothing for each row that is nothing.
    pub(super) fn pick(&self, rows: &[Option<usize>]) -> Self {
        fn of<T: Clone>(values: &[Option<T>], rows: &[Option<usize>]) -> Vec<Option<T>> {
            rows.iter().map(|row| values[(*row)?].clone()).collect()
        }
        match self {
            Self::Bool(values) => Self::Bool(of(values, rows)),
            Self::Integer(values) => Self::Integer(of(values, rows)),
            Self::Float(values) => Self::Float(of(values, rows)),
            Self::Text(values) => Self::Text(of(values, rows)),
        }
    }
}

#[cfg(all(test, feature = "tables"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_comes_from_elsewhere() {
        let known = Values::Integer(vec![Some(1), None, None]);
        let other = Values::Integer(vec![Some(2), Some(3), None]);
        let both = Values::Integer(vec![Some(1), Some(3), None]);
        assert_eq!(known.or(other), both);
        let words = Values::Text(vec![Some("a".to_owned()), None, None]);
        assert_eq!(known.or(words.clone()), words);
    }

    #[test]
    fn rows_are_picked_in_any_order() {
        let values = Values::Float(vec![Some(0.5), None, Some(2.0)]);
        let picked = values.pick(&[Some(2), None, Some(0), Some(1)]);
        assert_eq!(
            picked,
            Values::Float(vec![Some(2.0), None, Some(0.5), None])
        );
        assert_eq!((picked.known(), picked.number(2)), (2, Some(0.5)));
        assert_eq!(picked.shown(0).as_deref(), Some("2"));
    }
}
