//! Which rows of a table may be ranked, and what tells them from the others.

use super::column::called;
use crate::results::{COMPARABLE, Column, SAID_BY_TEST_SET};

/// Some rows, by their positions, no two of which are known to differ in some columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alike {
    pub(super) rows: Vec<usize>,
    /// What tells them from the other rows, in words; empty if there are no others.
    pub(super) name: String,
}

/// The rows whose scores compare with each other: of one test set, one signature and one search, as far as is known.
pub(super) fn comparable(table: &[Column], rows: Vec<usize>) -> Vec<Alike> {
    let test_set = table.iter().find(|column| column.name == "test_set");
    let digest = |row: usize| test_set.and_then(|column| column.values.shown(row));
    alike(table, rows, &COMPARABLE, |column, one, other| {
        let said = SAID_BY_TEST_SET.contains(&column.name.as_str());
        said && digest(one).is_some() && digest(other).is_some()
    })
}

/// The rows that agree in some columns, as far as is known.
pub(super) fn agreeing(table: &[Column], rows: Vec<usize>, names: &[&str]) -> Vec<Alike> {
    alike(table, rows, names, |_, _, _| false)
}

/// Puts each row to the first others that it does not differ from; `ignored` says where two rows may differ.
fn alike(
    table: &[Column],
    rows: Vec<usize>,
    names: &[&str],
    ignored: impl Fn(&Column, usize, usize) -> bool,
) -> Vec<Alike> {
    let columns = table.iter();
    let columns: Vec<&Column> = columns
        .filter(|column| names.contains(&column.name.as_str()))
        .collect();
    let agree = |one: usize, other: usize| {
        columns.iter().all(|column| {
            let values = column.values.shown(one).zip(column.values.shown(other));
            values.is_none_or(|(a, b)| a == b) || ignored(column, one, other)
        })
    };
    let mut found: Vec<Vec<usize>> = Vec::new();
    for row in rows {
        let fitting = found
            .iter_mut()
            .find(|others| others.iter().all(|other| agree(*other, row)));
        match fitting {
            Some(others) => others.push(row),
            None => found.push(vec![row]),
        }
    }
    let firsts: Vec<usize> = found.iter().map(|rows| rows[0]).collect();
    let name = |rows: &[usize]| name(&columns, rows[0], &firsts);
    found
        .iter()
        .map(|rows| Alike {
            rows: rows.clone(),
            name: name(rows),
        })
        .collect()
}

/// The values of a row in columns that differ between some rows. A split names a test set better than its digest.
fn name(columns: &[&Column], row: usize, others: &[usize]) -> String {
    let differs = |column: &&&Column| {
        let values = others.iter().map(|other| column.values.shown(*other));
        values
            .clone()
            .any(|value| value != column.values.shown(row))
    };
    let mut telling: Vec<&Column> = columns.iter().filter(differs).copied().collect();
    if telling.iter().any(|column| column.name == "split") {
        telling.retain(|column| column.name != "test_set" && column.name != "sentences");
    }
    let words = telling.iter().map(|column| {
        let value = column
            .values
            .shown(row)
            .unwrap_or_else(|| "not known".to_owned());
        let value = match column.name.as_str() {
            "test_set" => value.chars().take(DIGITS).collect(),
            _ => value,
        };
        format!("{} {value}", called(&column.name))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Digits of a digest that tell test sets apart.
const DIGITS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Values;

    fn column(name: &str, values: &[Option<&str>]) -> Column {
        let values = values.iter().map(|value| value.map(str::to_owned));
        Column {
            name: name.to_owned(),
            values: Values::Text(values.collect()),
        }
    }

    fn groups(table: &[Column]) -> Vec<(Vec<usize>, String)> {
        let found = comparable(table, vec![0, 1, 2]).into_iter();
        found.map(|alike| (alike.rows, alike.name)).collect()
    }

    #[test]
    fn rows_of_other_test_sets_and_searches_stand_apart() {
        let beam = column("beam", &[Some("5"), Some("4"), Some("5")]);
        assert_eq!(
            groups(std::slice::from_ref(&beam)),
            [
                (vec![0, 2], "beam 5".to_owned()),
                (vec![1], "beam 4".to_owned())
            ]
        );
        let split = column("split", &[Some("a"), Some("a"), Some("b")]);
        assert_eq!(groups(&[beam, split]).len(), 3);
    }

    #[test]
    fn what_is_not_known_keeps_no_rows_apart() {
        let beam = column("beam", &[Some("5"), None, Some("5")]);
        assert_eq!(groups(&[beam]), [(vec![0, 1, 2], String::new())]);
        let beam = column("beam", &[None, Some("5"), Some("4")]);
        assert_eq!(groups(&[beam]).len(), 2);
    }

    #[test]
    fn one_test_set_under_two_names_is_one() {
        let split = column("split", &[Some("a"), Some("b"), Some("b")]);
        let digests = column("test_set", &[Some("0123456789"), Some("0123456789"), None]);
        let found = groups(&[split.clone(), digests]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(groups(&[split])[0], (vec![0], "split a".to_owned()));
    }
}
