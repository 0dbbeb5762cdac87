//! Rows side by side: what was asked for differently, what was measured, and how it differs from a baseline.

mod changes;
mod error;
mod essentials;
mod fill;
mod gaps;
mod grid;
mod guard;
mod merge;
mod names;
mod questions;
mod ranked;
mod roles;
mod significance;
mod speed;

pub use error::CompareError;
pub use ranked::{Ranking, ranked};
pub use significance::Bootstrap;

use super::derived::Derived;
use super::headings::meant;
use super::query::Filter;
use super::{Column, QueryError, ResultsError, Rows, Values, columns};
use crate::cache::Cache;
use gaps::Gaps;
use grid::Grid;
use questions::{Questions, Reasons};
use roles::{MEASURES, is_asked};
use std::borrow::Cow;

/// How rows are to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Only rows where this holds.
    pub filter: Option<String>,
    /// The name of the row that others are set against; by default the first.
    pub baseline: Option<String>,
    /// What rows are averaged over, if they differ in nothing else.
    pub over: Over,
    /// Whether rows are compared although scores depend on more than the model.
    pub anyway: bool,
    /// How test sets are sampled; without, nothing is said of significance.
    pub bootstrap: Option<Bootstrap>,
}

/// What rows are averaged over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Over {
    /// The parameter `seed`, if there is one.
    #[default]
    Seeds,
    /// These columns, each of which says what was asked for.
    These(Vec<String>),
    /// Nothing: every row stands for itself.
    Nothing,
}

/// Rows side by side.
#[derive(Debug)]
pub struct Comparison {
    /// All that is known: the columns of the sources, the name of each row in `row`, and beside measures what they are
    /// to the baseline's.
    pub rows: Rows,
    /// The columns that a person wants to see.
    pub essentials: Vec<String>,
    /// The name of the row that others are set against.
    pub baseline: String,
    /// How test sets were sampled, if anything could be said of significance.
    pub bootstrap: Option<Bootstrap>,
    /// What is to be known about the comparison.
    pub notes: Vec<String>,
    /// Why columns are not there.
    reasons: Reasons,
}

impl Comparison {
    /// Why there is no column of that name, if it is one that comparisons can have.
    pub fn why_absent(&self, column: &str) -> Option<String> {
        questions::why_absent(column, &self.reasons)
    }

    /// What a reader of some columns has to know of their numbers, a line each.
    ///
    /// # Errors
    /// Whatever polars has against it.
    pub fn remarks(&self, shown: &[String]) -> Result<Vec<String>, ResultsError> {
        let grid = Grid::of(&self.rows)?;
        let mut lines = Vec::new();
        if grid.values("n").is_some() {
            lines.push("±: standard deviation over n rows".to_owned());
        }
        let fewer = |name: &String| grid.values(&Derived::Known.name(name)).is_some();
        if shown.iter().any(fewer) {
            lines.push("(k of n): only k of the n rows have a value".to_owned());
        }
        lines.extend(speed::remarks(&grid, shown));
        Ok(lines)
    }
}

/// The rows of some sources, each as it was named, side by side.
///
/// # Errors
/// If there are none, if they do not compare, or if what was wished for is not there.
pub fn compare(
    sources: Vec<(String, Rows)>,
    wish: &Wish,
    cache: &Cache,
) -> Result<Comparison, CompareError> {
    let mut all = stacked(sources, cache)?;
    // What a table says of another comparison is not true of this one.
    all.columns
        .retain(|column| Derived::of(&column.name).is_none());
    let over = over(&wish.over, &all)?;
    name_rows(&mut all, &over);
    let to_come = questions::of_comparisons(&all);
    let asked = Questions::of(wish.filter.as_deref(), &all, to_come);
    let questions = asked.map_err(absent)?;
    let mut notes = questions.doubts();
    let prepared = |rows| prepared(rows, &over, wish.anyway);
    let (compared, mut gaps) = prepared(questions.kept_before(&all)?);
    if compared.height == 0 {
        return Err(questions.nothing(all.height));
    }
    let baseline = match &wish.baseline {
        None => compared.row(0),
        Some(name) => match named(&compared, name) {
            Some(row) => compared.row(row),
            // It may be left out of the table, and still be what others are set against.
            None => {
                let (all, gaps_of_all) = prepared(all.clone());
                let baseline = row_of(&all, name)?;
                gaps = gaps.with(gaps_of_all.of_rows(&[&baseline]));
                baseline
            }
        },
    };
    let mut reasons = Reasons { unsure: None, gaps };
    let mut grid = questions.kept_of_means(compared, &reasons)?;
    if !wish.anyway {
        guard::check(&grid, &baseline)?;
    }
    notes.extend(unaveraged(&grid, &wish.over, &over));
    let shown = reasons.gaps.of_rows(&[&grid, &baseline]);
    notes.extend(shown.notes("`--anyway` averages speeds all the same"));
    let judged = judge(&mut grid, &baseline, wish, cache, &mut notes);
    notes.extend(changes::add(&mut grid, &baseline, wish.anyway));
    speed::add_noise(&mut grid, &baseline);
    reasons.unsure = judged.err();
    let grid = questions.kept_of_differences(grid, &reasons)?;
    if grid.height == 0 {
        return Err(questions.nothing(all.height));
    }
    Ok(Comparison {
        essentials: essentials::of(&grid, &all, &reasons.gaps),
        baseline: baseline.text("row", 0).unwrap_or_default().to_owned(),
        rows: grid.into_rows()?,
        bootstrap: wish.bootstrap.filter(|_| reasons.unsure.is_none()),
        notes,
        reasons,
    })
}

/// A column that is not there, with the reason if comparisons can have it.
fn absent(error: QueryError) -> CompareError {
    let why = match &error {
        QueryError::Column { name, .. } => questions::why_absent(name, &Reasons::default()),
        _ => None,
    };
    match (error, why) {
        (QueryError::Column { name, .. }, Some(why)) => CompareError::Absent { name, why },
        (other, _) => other.into(),
    }
}

/// That rows were to be averaged, and are not, with what is in the way; of seeds only if something is.
fn unaveraged(grid: &Grid, wish: &Over, over: &[String]) -> Option<String> {
    if over.is_empty() || grid.values("n").is_some() {
        return None;
    }
    let along = merge::along(grid, over);
    let named = matches!(wish, Over::These(_));
    let words = |names: &[String]| format!("`{}`", names.join("` and `"));
    match along.as_slice() {
        [] => named.then(|| {
            format!(
                "nothing is averaged: no two rows differ in {} alone",
                words(over)
            )
        }),
        along => Some(format!(
            "nothing is averaged: rows that differ in {} differ in {} as well; `--over {}` averages over all of it",
            words(over),
            words(along),
            [over, along].concat().join(",")
        )),
    }
}

/// Adds how sure differences from the baseline are, and to `notes` what cannot be said.
///
/// # Errors
/// Why nothing is said of it.
fn judge(
    grid: &mut Grid,
    baseline: &Grid,
    wish: &Wish,
    cache: &Cache,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    let mut names = grid.words("row").iter();
    if !names.any(|row| row.as_deref() != baseline.text("row", 0)) {
        return Err("there is no row beside the baseline".to_owned());
    }
    notes.extend(guard::unknown_note(grid));
    let how = wish.bootstrap.ok_or("`--samples none` asks for none")?;
    let judged = significance::add(grid, baseline, cache, how);
    judged.inspect_err(|why| {
        notes.push(format!("nothing is said of significance: {why}"));
    })
}

/// The rows of all sources, with what the cache knows of them, in `seconds` the time of all stages that led to each, and
/// in `source` where they are from.
fn stacked(sources: Vec<(String, Rows)>, cache: &Cache) -> Result<Grid, CompareError> {
    let several = sources.into_iter().map(|(name, rows)| {
        let mut grid = Grid::of(&rows)?;
        let measured = MEASURES.iter().any(|(name, _)| grid.values(name).is_some());
        if !measured {
            return Err(CompareError::NoMeasure { table: name });
        }
        fill::fill(&mut grid, cache);
        if let Some(Column { name, values }) = columns::seconds(&grid.columns, grid.height) {
            grid.put(&name, values);
        }
        let source = vec![Some(name); grid.height];
        grid.put_behind("", "source", Values::Text(source));
        Ok(grid.into_rows()?)
    });
    let several: Result<Vec<Rows>, CompareError> = several.collect();
    Ok(Grid::of(&Rows::stack(several?)?)?)
}

/// Names each row, and the average that it is to go into.
fn name_rows(all: &mut Grid, over: &[String]) {
    let artifacts = merge::of_artifacts(all);
    let averages = merge::of_settings(&merge::collapse(all, &artifacts), over);
    names::add(all, &artifacts, &averages);
}

/// The columns that rows are averaged over.
fn over(wish: &Over, grid: &Grid) -> Result<Vec<String>, CompareError> {
    let known = || grid.names().filter(|name| is_asked(name));
    match wish {
        Over::Nothing => Ok(Vec::new()),
        Over::Seeds => Ok(known()
            .filter(|name| *name == "seed")
            .map(str::to_owned)
            .collect()),
        Over::These(names) => {
            let known: Vec<&str> = known().collect();
            let one = |name: &String| match meant(name, &known) {
                Some(name) => Ok(name.to_owned()),
                None => Err(CompareError::NoParameter {
                    name: name.clone(),
                    known: known.iter().copied().map(str::to_owned).collect(),
                }),
            };
            names.iter().map(one).collect()
        }
    }
}

/// A row for each artifact, or for each average, under its name; and the means that are left out.
fn prepared(grid: Grid, over: &[String], anyway: bool) -> (Grid, Gaps) {
    let merged = match merge::collapse(&grid, &merge::of_artifacts(&grid)) {
        Cow::Owned(merged) => Some(merged),
        Cow::Borrowed(_) => None,
    };
    let grid = merged.unwrap_or(grid);
    let (mut grid, gaps) = match over {
        [] => (grid, Gaps::default()),
        over => {
            let groups = merge::of_settings(&grid, over);
            merge::averaged(grid, &groups, anyway)
        }
    };
    names::settle(&mut grid);
    (grid, gaps)
}

/// The row of that name; also the first row of a source of that name.
fn named(grid: &Grid, name: &str) -> Option<usize> {
    let of = |column: &str| {
        let mut words = grid.words(column).iter();
        words.position(|word| word.as_deref() == Some(name))
    };
    of("row").or_else(|| of("source"))
}

fn row_of(grid: &Grid, name: &str) -> Result<Grid, CompareError> {
    let row = named(grid, name).ok_or_else(|| CompareError::NoBaseline {
        name: name.to_owned(),
        known: grid.words("row").iter().flatten().cloned().collect(),
    })?;
    Ok(grid.row(row))
}
