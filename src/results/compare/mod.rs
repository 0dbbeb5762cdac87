//! Rows side by side: what was asked for differently, what was measured, and how it differs from a baseline.

mod fill;
mod grid;
mod guard;
mod merge;
mod names;
mod ranked;
mod roles;
mod significance;

pub use ranked::{Ranking, ranked};
pub use significance::Bootstrap;

use super::{Query, QueryError, ResultsError, Rows, Values};
use crate::cache::Cache;
use crate::plan::suggest::nearest;
use grid::Grid;
use names::Naming;
use roles::{COMPARABLE, Change, MEASURES, is_asked};

/// How rows are to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Only rows where this holds.
    pub filter: Option<String>,
    /// The name of the row that others are set against; by default the first.
    pub baseline: Option<String>,
    /// The parameter that rows are averaged over, if they differ in nothing else.
    pub over: Option<String>,
    /// Whether rows are compared although scores depend on more than the model.
    pub anyway: bool,
    /// How test sets are sampled; without, nothing is said of significance.
    pub bootstrap: Option<Bootstrap>,
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
        help(
            "`srp run FILE.toml` makes the rows of an experiment; `--where` may have left all of them out"
        )
    )]
    Nothing,

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

/// The rows of some sources, each as it was named, side by side.
///
/// # Errors
/// If there are none, if they do not compare, or if what was wished for is not there.
pub fn compare(
    sources: Vec<(String, Rows)>,
    wish: &Wish,
    cache: &Cache,
) -> Result<Comparison, CompareError> {
    let all = stacked(sources, cache)?;
    let whole = merge::shared(&Grid::of(&all)?);
    let naming = Naming::of(&whole);
    let rows = match &wish.filter {
        Some(filter) => merge::shared(&Grid::of(&kept(&all, Some(filter))?)?),
        None => whole.clone(),
    };
    let over = wish.over.as_deref();
    let mut grid = prepared(rows, over, &naming);
    if grid.height == 0 {
        return Err(CompareError::Nothing);
    }
    let baseline = match &wish.baseline {
        None => grid.row(0),
        // It may have been left out of the table, and still be what others are set against.
        Some(name) => match named(&grid, name) {
            Some(row) => grid.row(row),
            None => row_of(&prepared(whole, over, &naming), name)?,
        },
    };
    if !wish.anyway {
        guard::check(&grid, &baseline)?;
    }
    let (bootstrap, notes) = judge(&mut grid, &baseline, wish, cache);
    add_changes(&mut grid, &baseline);
    Ok(Comparison {
        essentials: essentials(&grid, &all),
        baseline: baseline.text("row", 0).unwrap_or_default().to_owned(),
        rows: grid.into_rows()?,
        bootstrap,
        notes,
    })
}

/// Adds how sure differences from the baseline are. Returns how that was found, if it was, and what cannot be said.
fn judge(
    grid: &mut Grid,
    baseline: &Grid,
    wish: &Wish,
    cache: &Cache,
) -> (Option<Bootstrap>, Vec<String>) {
    let mut notes = Vec::new();
    let names = grid.words("row").iter();
    if !names
        .into_iter()
        .any(|row| row.as_deref() != baseline.text("row", 0))
    {
        return (None, notes);
    }
    let unknown = guard::unknown(grid);
    if !unknown.is_empty() {
        notes.push(unknown_note(&unknown));
    }
    let how = wish.bootstrap;
    let found = how.filter(|how| significance::add(grid, baseline, cache, *how));
    if how.is_some() && found.is_none() {
        let why = "the cache has no translations of the baseline and another row";
        notes.push(format!("{why}: nothing is said of significance"));
    }
    (found, notes)
}

/// The rows of all sources, with what the cache knows of them, and in `source` where they are from.
fn stacked(sources: Vec<(String, Rows)>, cache: &Cache) -> Result<Rows, ResultsError> {
    let several = sources.into_iter().map(|(name, rows)| {
        let mut grid = Grid::of(&rows)?;
        fill::fill(&mut grid, cache);
        let source = vec![Some(name); grid.height];
        grid.put_behind("", "source", Values::Text(source));
        grid.into_rows()
    });
    Rows::stack(several.collect::<Result<_, _>>()?)
}

/// The rows where a filter holds; all if there is none.
fn kept(all: &Rows, filter: Option<&str>) -> Result<Rows, QueryError> {
    all.query(&Query {
        filter: filter.map(str::to_owned),
        ..Query::default()
    })
}

/// What is said of columns that guard cannot compare.
fn unknown_note(columns: &[&str]) -> String {
    let columns = columns.join(", ");
    format!("not known of every row, and not compared: {columns}")
}

/// Averaged and named.
fn prepared(grid: Grid, over: Option<&str>, naming: &Naming) -> Grid {
    let mut grid = match over {
        Some(over) => merge::averaged(grid, over),
        None => grid,
    };
    let names = naming.names(&grid).into_iter().map(Some).collect();
    grid.put_behind("", "row", Values::Text(names));
    grid
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

/// Puts beside each measure what it is to that of the baseline.
fn add_changes(grid: &mut Grid, baseline: &Grid) {
    for (name, change) in MEASURES {
        let Some(base) = baseline.values(name).and_then(|values| values.number(0)) else {
            continue;
        };
        let Some(values) = grid.values(name) else {
            continue;
        };
        let (suffix, of): (_, fn(f64, f64) -> f64) = match change {
            Change::Difference => ("delta", |value, base| value - base),
            Change::Times => ("times", |value, base| value / base),
        };
        let changes = (0..grid.height).map(|row| Some(of(values.number(row)?, base)));
        let changes = Values::Float(changes.collect());
        grid.put_behind(name, &format!("{name}_{suffix}"), changes);
    }
}

/// The columns that a person wants to see: what the rows of `all` were asked for differently, and what was measured.
fn essentials(grid: &Grid, all: &Rows) -> Vec<String> {
    let rows: Vec<usize> = (0..grid.height).collect();
    let varying = |name: &&str| grid.varies(name, &rows);
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
    let conditions = COMPARABLE.iter().filter(|name| varying(name));
    shown.extend(conditions.map(|name| (*name).to_owned()));
    shown.push("n".to_owned());
    for (measure, suffixes) in [
        ("bleu", ["", "_delta", "_p", "_ci"].as_slice()),
        ("chrf", &["", "_delta", "_p"]),
        ("parameters", &["", "_times"]),
        ("flops", &["", "_times"]),
        ("decode_sentences_per_second", &["", "_times"]),
    ] {
        shown.extend(suffixes.iter().map(|suffix| format!("{measure}{suffix}")));
    }
    shown.retain(|name| has(name));
    shown
}
