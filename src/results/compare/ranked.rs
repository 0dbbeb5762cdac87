//! Rows that may stand in one picture, where each is better or worse than others.

use super::grid::Grid;
use super::names::Naming;
use super::{CompareError, guard, kept, merge, prepared, stacked, unknown_note};
use crate::cache::Cache;
use crate::results::Rows;

/// Which rows are to be ranked, and by what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranking<'a> {
    /// Only rows where this holds.
    pub filter: Option<&'a str>,
    /// Columns that have to agree beside those that scores depend on.
    pub also: &'a [&'a str],
    /// Whether rows are ranked although they do not agree.
    pub anyway: bool,
}

/// The rows of some sources, each as it was named, below each other; and a note if it is not known
/// of all of them whether they agree.
///
/// # Errors
/// If rows do not compare, or the filter is none.
pub fn ranked(
    sources: Vec<(String, Rows)>,
    ranking: &Ranking<'_>,
    cache: &Cache,
) -> Result<(Rows, Option<String>), CompareError> {
    let all = stacked(sources, cache)?;
    let naming = Naming::of(&merge::shared(&Grid::of(&all)?));
    let mut grid = prepared(Grid::of(&kept(&all, ranking.filter)?)?, None, &naming);
    let mut note = None;
    if grid.height > 1 {
        if !ranking.anyway {
            let first = grid.row(0);
            guard::check(&grid, &first)?;
            guard::agree(&grid, &first, ranking.also.iter().copied())?;
        }
        let unknown = guard::unknown(&grid);
        note = (!unknown.is_empty()).then(|| unknown_note(&unknown));
    }
    // Whence a row comes and what it is called say nothing of the row.
    grid.columns
        .retain(|column| !["source", "row"].contains(&column.name.as_str()));
    Ok((grid.into_rows()?, note))
}
