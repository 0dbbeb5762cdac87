//! Rows side by side: what was asked for differently, what was measured, and how it differs from a baseline.

mod fill;
mod grid;
mod guard;
mod merge;
mod names;
mod questions;
mod roles;
mod significance;
mod speed;

pub use significance::Bootstrap;

use super::derived::Derived;
use super::query::Filter;
use super::{QueryError, ResultsError, Rows, Values};
use crate::cache::Cache;
use crate::plan::suggest::{advice, nearest};
use grid::Grid;
use questions::Questions;
use roles::{COMPARABLE, Change, MEASURES, is_asked};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// The parameter `seed`, if there is one.
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
    /// What a reader of the essentials has to know of their numbers, a line each.
    pub remarks: Vec<String>,
    /// Why nothing is said of significance, if nothing is.
    unsure: Option<String>,
}

impl Comparison {
    /// Why there is no column of that name, if it is one that comparisons can have.
    pub fn why_absent(&self, column: &str) -> Option<String> {
        questions::why_absent(column, self.unsure.as_deref())
    }
}

/// Rows that are not compared.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum CompareError {
    /// Scores depend on more than the model.
    #[error(
        "`{}` and `{}` do not compare: `{column}` is {} of the first and {} of the second",
        rows[0], rows[1], values[0], values[1]
    )]
    #[diagnostic(
        code(results::not_comparable),
        help("leave one of them out with `--where`, or compare them all the same with `--anyway`")
    )]
    Differ {
        /// The column that differs.
        column: String,
        /// The names of two rows.
        rows: [String; 2],
        /// What stands there.
        values: [String; 2],
    },

    /// There is nothing to compare.
    #[error("there is no row to compare")]
    #[diagnostic(
        code(results::no_rows),
        help("`srp run FILE.toml` makes the rows of an experiment")
    )]
    Nothing,

    /// The filter leaves nothing to compare.
    #[error("there is no row to compare: none of {rows} fits `{filter}`")]
    #[diagnostic(code(results::no_rows), help("{}", unfit(doubts)))]
    NoneFits {
        /// The rows that there are.
        rows: usize,
        /// What was asked for.
        filter: String,
        /// What is doubtful of it.
        doubts: Vec<String>,
    },

    /// The rows are no results.
    #[error("`{table}` has none of the columns that are compared")]
    #[diagnostic(
        code(results::no_measure),
        help(
            "a table of results, as `srp results` writes it, has the columns {}",
            measures()
        )
    )]
    NoMeasure {
        /// The source.
        table: String,
    },

    /// Rows cannot be averaged over that.
    #[error("there is no parameter `{name}` to average over")]
    #[diagnostic(
        code(results::no_such_parameter),
        help("{}", advice(name, "what rows can be averaged over", known.iter().map(String::as_str)))
    )]
    NoParameter {
        /// What was asked for.
        name: String,
        /// The columns that would do.
        known: Vec<String>,
    },

    /// A column that the comparison could have had.
    #[error("there is no column `{name}` here: {why}")]
    #[diagnostic(code(results::no_such_column))]
    Absent {
        /// What was asked for.
        name: String,
        /// Why this comparison does not have it.
        why: String,
    },

    /// The baseline is none of the rows.
    #[error("there is no row `{name}`")]
    #[diagnostic(code(results::no_such_row), help("{}", which(name, known)))]
    NoBaseline {
        /// What was asked for.
        name: String,
        /// The names of all rows.
        known: Vec<String>,
    },

    /// The filter is none.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Query(#[from] QueryError),

    /// A table cannot be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Table(#[from] ResultsError),
}

/// Names of rows that an error lists at most.
const LISTED: usize = 12;

fn which(name: &str, known: &[String]) -> String {
    let names = known.iter().map(String::as_str);
    let near = nearest(name, names.clone()).map(|near| format!("did you mean `{near}`? "));
    let listed: Vec<&str> = names.take(LISTED).collect();
    let more = if known.len() > LISTED { ", …" } else { "" };
    format!(
        "{}rows: {}{more}",
        near.unwrap_or_default(),
        listed.join(", ")
    )
}

fn unfit(doubts: &[String]) -> String {
    match doubts {
        [] => "`--where` leaves all of them out".to_owned(),
        some => some.join("; "),
    }
}

fn measures() -> String {
    MEASURES.map(|(name, _)| format!("`{name}`")).join(", ")
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
    let (all, over) = stacked(sources, wish, cache)?;
    let questions = Questions::of(wish.filter.as_deref(), &all, &over)?;
    let mut notes = questions.doubts();
    let kept = questions.kept_before(&all)?;
    let prepared = |rows: &Rows| prepared(Grid::of(rows)?, &over, wish.anyway);
    let compared = prepared(&kept)?;
    if compared.height == 0 {
        return Err(questions.nothing(all.height()));
    }
    // It may be left out of the table, and still be what others are set against.
    let baseline = match &wish.baseline {
        None => compared.row(0),
        Some(name) => match named(&compared, name) {
            Some(row) => compared.row(row),
            None => row_of(&prepared(&all)?, name)?,
        },
    };
    let mut grid = questions.kept_of_means(compared)?;
    if !wish.anyway {
        guard::check(&grid, &baseline)?;
    }
    notes.extend(unaveraged(&grid, wish, &over));
    let judged = judge(&mut grid, &baseline, wish, cache, &mut notes);
    notes.extend(add_changes(&mut grid, &baseline, wish.anyway));
    speed::add_noise(&mut grid, &baseline);
    let unsure = judged.err();
    let grid = questions.kept_of_differences(grid, unsure.as_deref())?;
    if grid.height == 0 {
        return Err(questions.nothing(all.height()));
    }
    let essentials = essentials(&grid, &all);
    Ok(Comparison {
        remarks: remarks(&grid, &essentials),
        essentials,
        baseline: baseline.text("row", 0).unwrap_or_default().to_owned(),
        rows: grid.into_rows()?,
        bootstrap: wish.bootstrap.filter(|_| unsure.is_none()),
        notes,
        unsure,
    })
}

/// What is to be known of averages and of speeds.
fn remarks(grid: &Grid, essentials: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    if grid.values("n").is_some() {
        lines.push("±: standard deviation over n rows".to_owned());
    }
    let known = |name: &str| matches!(Derived::of(name), Some((_, Derived::Known)));
    if grid.columns.iter().any(|column| known(&column.name)) {
        lines.push("(k of n): only k of the n rows have a value".to_owned());
    }
    lines.extend(speed::remarks(grid, essentials));
    lines
}

/// That rows were to be averaged, and are not.
fn unaveraged(grid: &Grid, wish: &Wish, over: &[String]) -> Option<String> {
    let asked = matches!(wish.over, Over::These(_)) && grid.values("n").is_none();
    let over = over.join("` and `");
    asked.then(|| format!("nothing is averaged: no two rows differ in `{over}` alone"))
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
    let unknown = guard::unknown(grid);
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        notes.push(format!(
            "not known of every row, and not compared: {unknown}"
        ));
    }
    let how = wish.bootstrap.ok_or("`--samples none` asks for none")?;
    let judged = significance::add(grid, baseline, cache, how);
    judged.inspect_err(|why| {
        notes.push(format!("nothing is said of significance: {why}"));
    })
}

/// The rows of all sources, with what the cache knows of them, in `source` where they are from, and their names; and
/// the columns that they are averaged over.
fn stacked(
    sources: Vec<(String, Rows)>,
    wish: &Wish,
    cache: &Cache,
) -> Result<(Rows, Vec<String>), CompareError> {
    let several = sources.into_iter().map(|(name, rows)| {
        let mut grid = Grid::of(&rows)?;
        let measured = MEASURES.iter().any(|(name, _)| grid.values(name).is_some());
        if grid.height > 0 && !measured {
            return Err(CompareError::NoMeasure { table: name });
        }
        // What a table says of another comparison is not true of this one.
        grid.columns
            .retain(|column| Derived::of(&column.name).is_none());
        fill::fill(&mut grid, cache);
        let source = vec![Some(name); grid.height];
        grid.put_behind("", "source", Values::Text(source));
        Ok(grid.into_rows()?)
    });
    let several: Result<Vec<Rows>, CompareError> = several.collect();
    let rows = Rows::stack(several?)?;
    let over = over(wish, &rows)?;
    let mut grid = Grid::of(&rows)?;
    let artifacts = merge::of_artifacts(&grid);
    let averages = merge::of_settings(&merge::collapse(&grid, &artifacts), &over);
    names::add(&mut grid, &artifacts, &averages);
    Ok((grid.into_rows()?, over))
}

/// The columns that rows are averaged over.
fn over(wish: &Wish, rows: &Rows) -> Result<Vec<String>, CompareError> {
    let known = || rows.names().into_iter().filter(|name| is_asked(name));
    match &wish.over {
        Over::Nothing => Ok(Vec::new()),
        Over::Seeds => Ok(known()
            .filter(|name| *name == "seed")
            .map(str::to_owned)
            .collect()),
        Over::These(names) => {
            let wrong = names
                .iter()
                .find(|name| !known().any(|known| known == *name));
            match wrong {
                None => Ok(names.clone()),
                Some(name) => Err(CompareError::NoParameter {
                    name: name.clone(),
                    known: known().map(str::to_owned).collect(),
                }),
            }
        }
    }
}

/// A row for each artifact, or for each average, under its name.
fn prepared(grid: Grid, over: &[String], anyway: bool) -> Result<Grid, CompareError> {
    let grid = merge::collapse(&grid, &merge::of_artifacts(&grid));
    let mut grid = match over {
        [] => grid,
        over => {
            let groups = merge::of_settings(&grid, over);
            merge::averaged(grid, &groups, anyway)
        }
    };
    names::settle(&mut grid);
    Ok(grid)
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

/// Puts beside each measure what it is to that of the baseline. Returns of which speeds that cannot be said, and why;
/// `anyway`, it is.
fn add_changes(grid: &mut Grid, baseline: &Grid, anyway: bool) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, change) in MEASURES {
        let Some(base) = baseline.values(name).and_then(|values| values.number(0)) else {
            continue;
        };
        let Some(values) = grid.values(name).cloned() else {
            continue;
        };
        let (derived, of): (_, fn(f64, f64) -> f64) = match change {
            Change::Difference => (Derived::Delta, |value, base| value - base),
            Change::Times => (Derived::Times, |value, base| value / base),
        };
        let mut unlike = Vec::new();
        let changes = (0..grid.height).map(|row| {
            let value = values.number(row)?;
            let why = speed::unlike(name, grid, row, baseline).filter(|_| !anyway);
            match why {
                Some(why) => {
                    unlike.push((row, why));
                    None
                }
                None => Some(of(value, base)),
            }
        });
        let changes = Values::Float(changes.collect());
        notes.extend(undivided(grid, name, &unlike));
        grid.put_behind(name, &derived.name(name), changes);
    }
    notes
}

/// That the speed `name` of some rows is not divided by that of the baseline, and why that is so of the first.
fn undivided(grid: &Grid, name: &str, unlike: &[(usize, String)]) -> Option<String> {
    let (row, why) = unlike.first()?;
    let row = grid.text("row", *row).unwrap_or_default();
    let more = match unlike.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    Some(format!(
        "`{}` is left empty for `{row}`{more}: {why}; `--anyway` divides speeds all the same",
        Derived::Times.name(name)
    ))
}

/// The columns that a person wants to see: what the rows of `all` were asked for differently, and what was measured.
fn essentials(grid: &Grid, all: &Rows) -> Vec<String> {
    let rows: Vec<usize> = (0..grid.height).collect();
    let varying = |name: &&str| grid.varies(name, &rows);
    let known = |name: &str, row| grid.values(name).is_some_and(|values| values.is_known(row));
    let has = |name: &str| grid.values(name).is_some_and(|values| values.known() > 0);
    let asked = all.names().into_iter().filter(|name| is_asked(name));
    let asked = asked.filter(varying);
    let mut shown: Vec<String> = asked.map(str::to_owned).collect();
    // A source says which experiment it is.
    if shown.iter().any(|name| name == "source") {
        shown.retain(|name| name != "experiment");
    }
    if shown.is_empty() {
        shown.push("stage".to_owned());
    }
    // Where one is not known it is not compared, which is said elsewhere.
    let apart = |name: &&&str| {
        let known: Vec<usize> = rows
            .iter()
            .copied()
            .filter(|row| known(name, *row))
            .collect();
        !known.is_empty() && grid.varies(name, &known)
    };
    let conditions = COMPARABLE.iter().filter(apart);
    shown.extend(conditions.map(|name| (*name).to_owned()));
    shown.push("n".to_owned());
    let names = |measure: &str, derived: &[Derived]| {
        let derived = derived.iter().map(|derived| derived.name(measure));
        std::iter::once(measure.to_owned())
            .chain(derived)
            .collect::<Vec<_>>()
    };
    let (delta, times) = (Derived::Delta, Derived::Times);
    shown.extend(names("bleu", &[delta, Derived::P, Derived::Interval]));
    shown.extend(names("chrf", &[delta, Derived::P]));
    shown.extend(names("parameters", &[times]));
    shown.extend(names("flops", &[times]));
    // Of times it is known how much of them is noise.
    let timed = grid.values("latency_ms");
    match timed.is_some_and(|times| times.known() == grid.height) {
        true => {
            shown.extend(names("latency_ms", &[times]));
            shown.extend(names("batch_ms", &[times]));
        }
        false => shown.extend(names("decode_sentences_per_second", &[times])),
    }
    shown.retain(|name| has(name));
    shown
}
