//! Rows that must not be ranked: scores of another test set, another metric, another search.

use super::CompareError;
use super::grid::Grid;
use super::roles::{COMPARABLE, SAID_BY_TEST_SET};

/// Looks for rows that do not compare, with each other or with the baseline.
///
/// # Errors
/// The first column of which two rows have different values, and between which rows.
pub(super) fn check(grid: &Grid, baseline: &Grid) -> Result<(), CompareError> {
    let telling = COMPARABLE.iter().copied();
    agree(
        grid,
        baseline,
        telling.filter(|name| says_something(grid, name)),
    )
}

/// Looks for rows that differ in one of some columns, from each other or from the baseline.
///
/// # Errors
/// The first column of which two rows have different values, and between which rows.
pub(super) fn agree<'a>(
    grid: &Grid,
    baseline: &Grid,
    columns: impl Iterator<Item = &'a str>,
) -> Result<(), CompareError> {
    for name in columns {
        let cells = telling_cells(grid, baseline, name);
        let Some((one, others)) = cells.split_first() else {
            continue;
        };
        if let Some(other) = others.iter().find(|other| other.1 != one.1) {
            return Err(CompareError::Differ {
                column: name.to_owned(),
                rows: [one.0.clone(), other.0.clone()],
                values: [one.1.clone(), other.1.clone()],
            });
        }
    }
    Ok(())
}

/// Name and value of as many rows as it takes to see whether all agree: the baseline, the first row that has a value,
/// and the first one that has another.
fn telling_cells(grid: &Grid, baseline: &Grid, column: &str) -> Vec<(String, String)> {
    let cell = |grid: &Grid, row| {
        let value = grid.values(column)?.shown(row)?;
        Some((grid.text("row", row).unwrap_or_default().to_owned(), value))
    };
    let mut cells = vec![cell(baseline, 0)];
    if let Some(values) = grid.values(column) {
        let mut known = (0..grid.height).filter(|row| values.is_known(*row));
        let first = known.next();
        let other = first.and_then(|first| known.find(|row| !values.same(first, *row)));
        cells.extend(
            [first, other]
                .into_iter()
                .flatten()
                .map(|row| cell(grid, row)),
        );
    }
    cells.into_iter().flatten().collect()
}

/// The columns of which it is not known for all rows whether they agree.
fn unknown(grid: &Grid) -> Vec<&'static str> {
    let names = COMPARABLE.into_iter().filter(|name| {
        let known = grid.values(name).map_or(0, |values| values.known());
        known < grid.height && says_something(grid, name)
    });
    names.collect()
}

/// What is said of them, if there are any.
pub(super) fn unknown_note(grid: &Grid) -> Option<String> {
    let columns = unknown(grid).join(", ");
    (!columns.is_empty()).then(|| format!("not known of every row, and not compared: {columns}"))
}

/// Whether a column tells more of a row than its test set does.
fn says_something(grid: &Grid, name: &str) -> bool {
    let test_sets = grid.values("test_set").map_or(0, |values| values.known());
    !SAID_BY_TEST_SET.contains(&name) || test_sets < grid.height
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Values;

    fn grid(test_sets: [Option<&str>; 3], splits: [&str; 3]) -> Grid {
        let mut grid = Grid {
            height: 3,
            columns: Vec::new(),
        };
        let words = |words: [Option<&str>; 3]| {
            Values::Text(words.map(|word| word.map(str::to_owned)).to_vec())
        };
        grid.put("row", words(["a", "b", "c"].map(Some)));
        grid.put("test_set", words(test_sets));
        grid.put("split", words(splits.map(Some)));
        grid
    }

    /// What is wrong with rows, the first of which is the baseline.
    fn checked(test_sets: [Option<&str>; 3], splits: [&str; 3]) -> Result<(), CompareError> {
        let grid = grid(test_sets, splits);
        check(&grid, &grid.row(0))
    }

    #[test]
    fn the_column_and_the_rows_are_named() {
        let same = [Some("x"); 3];
        checked(same, ["test"; 3]).unwrap();
        checked(same, ["test", "flickr", "test"]).unwrap();
        let error = checked([Some("x"), None, Some("y")], ["test"; 3]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a` and `c` do not compare: `test_set` is x of the first and y of the second"
        );
        let error = checked([None; 3], ["test", "flickr", "test"]).unwrap_err();
        assert!(error.to_string().contains("`split` is test"), "{error}");
    }

    #[test]
    fn a_baseline_that_is_not_listed_has_to_agree_too() {
        let baseline = grid([Some("y"), None, None], ["test"; 3]).row(0);
        let listed = grid([None, Some("x"), Some("x")], ["test"; 3]);
        let error = check(&listed, &baseline).unwrap_err();
        assert!(
            error.to_string().starts_with("`a` and `b` do not"),
            "{error}"
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert!(unknown(&grid([Some("x"); 3], ["test"; 3])).contains(&"beam"));
        let some = unknown(&grid([Some("x"), None, None], ["test"; 3]));
        assert!(
            some.contains(&"test_set") && !some.contains(&"split"),
            "{some:?}"
        );
    }
}
