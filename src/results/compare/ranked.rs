//! Rows that may stand in one picture, where each is better or worse than others.

use super::grid::Grid;
use super::{CompareError, Filter, guard, merge, names, stacked};
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

/// The rows of some sources, each as it was named, below each other; and notes on what is in doubt: words of the filter
/// that no row has, and whether rows agree of which not all is known.
///
/// # Errors
/// If rows do not compare, or the filter is none, or leaves nothing.
pub fn ranked(
    sources: Vec<(String, Rows)>,
    ranking: &Ranking<'_>,
    cache: &Cache,
) -> Result<(Rows, Vec<String>), CompareError> {
    let mut all = stacked(sources, cache)?;
    let artifacts = merge::of_artifacts(&all);
    names::add(&mut all, &artifacts, &[]);
    names::settle(&mut all);
    let mut notes = Vec::new();
    let mut grid = match ranking.filter {
        None => all,
        Some(text) => {
            let filter = Filter::of(text, &all.columns, Vec::new())?;
            notes.extend(filter.doubts.iter().cloned());
            let rows = all.height;
            let kept = Grid::of(&filter.kept(&all.into_rows()?)?)?;
            if kept.height == 0 && rows > 0 {
                return Err(CompareError::NoneFits {
                    rows,
                    filter: text.to_owned(),
                    doubts: notes,
                });
            }
            kept
        }
    };
    if grid.height > 1 {
        if !ranking.anyway {
            let first = grid.row(0);
            guard::check(&grid, &first)?;
            guard::agree(&grid, &first, ranking.also.iter().copied())?;
        }
        notes.extend(guard::unknown_note(&grid));
    }
    // Whence a row comes and what it is called say nothing of the row.
    grid.columns
        .retain(|column| !["source", names::COLUMNS[0]].contains(&column.name.as_str()));
    Ok((grid.into_rows()?, notes))
}
