//! Rows that may stand in one picture, where each is better or worse than others.

use super::questions::{self, Questions, Reasons};
use super::{
    CompareError, Over, guard, merge, name_rows, names, over, prepared, stacked, unaveraged,
};
use crate::cache::Cache;
use crate::results::Rows;
use crate::results::derived::Derived;

/// Which rows are to be ranked, and by what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranking<'a> {
    /// Only rows where this holds.
    pub filter: Option<&'a str>,
    /// What rows are averaged over, if they differ in nothing else.
    pub over: Over,
    /// Columns that have to agree beside those that scores depend on.
    pub also: &'a [&'a str],
    /// Whether rows are ranked although they do not agree.
    pub anyway: bool,
}

/// The rows of some sources, each as it was named, below each other, averaged as they are compared; and notes on what is
/// in doubt: words of the filter that no row has, what is not averaged, and whether rows agree of which not all is known.
///
/// # Errors
/// If rows do not compare, or the filter is none, or leaves nothing, or there is nothing to average over.
pub fn ranked(
    sources: Vec<(String, Rows)>,
    ranking: &Ranking<'_>,
    cache: &Cache,
) -> Result<(Rows, Vec<String>), CompareError> {
    let mut all = stacked(sources, cache)?;
    let over = over(&ranking.over, &all)?;
    name_rows(&mut all, &over);
    let questions = Questions::of(ranking.filter, &all, questions::of_means(&all))?;
    let mut notes = questions.doubts();
    let mut asked = questions.kept_before(&all)?;
    if merge::of_settings(&asked, &over).len() < asked.height {
        // What a table says of its own means is not true of means of them.
        asked
            .columns
            .retain(|column| Derived::of(&column.name).is_none());
    }
    let (grid, gaps) = prepared(asked, &over, ranking.anyway);
    let reasons = Reasons { unsure: None, gaps };
    let grid = questions.kept_of_means(grid, &reasons)?;
    let mut grid = questions.kept_of_differences(grid, &reasons)?;
    if grid.height == 0 {
        return Err(questions.nothing(all.height));
    }
    notes.extend(unaveraged(&grid, &ranking.over, &over));
    if !ranking.also.is_empty() {
        let shown = reasons.gaps.of_rows(&[&grid]);
        notes.extend(shown.notes("`--anyway` averages speeds all the same"));
    }
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
