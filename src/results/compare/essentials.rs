//! The columns of a comparison that people want to see.

use super::gaps::Gaps;
use super::grid::Grid;
use super::roles::{COMPARABLE, is_asked};
use crate::results::derived::Derived;

/// What the rows of `all` were asked for differently, and what was measured; `gaps` are the means that are left out.
pub(super) fn of(grid: &Grid, all: &Grid, gaps: &Gaps) -> Vec<String> {
    let mut shown = asked(grid, all);
    // Where a condition is not known it is not compared, which is said elsewhere.
    let conditions = COMPARABLE.into_iter();
    let conditions = conditions.filter(|name| grid.differs_where_known(name));
    shown.extend(conditions.map(str::to_owned));
    shown.push("n".to_owned());
    shown.extend(measured(grid, gaps));
    let has = |name: &str| grid.values(name).is_some_and(|values| values.known() > 0);
    shown.retain(|name| has(name));
    shown
}

/// What tells the rows apart that was asked for; the stage, if nothing does.
fn asked(grid: &Grid, all: &Grid) -> Vec<String> {
    let rows: Vec<usize> = (0..grid.height).collect();
    let apart = |name: &&str| match *name {
        // Tables of an earlier srp do not say it.
        "checkpoint" | "precision" => grid.differs_where_known(name),
        _ => grid.varies(name, &rows),
    };
    let names = all.names().filter(|name| is_asked(name));
    let mut names: Vec<String> = names.filter(apart).map(str::to_owned).collect();
    // A source says which experiment it is.
    if names.iter().any(|name| name == "source") {
        names.retain(|name| name != "experiment");
    }
    if names.is_empty() {
        names.push("stage".to_owned());
    }
    names
}

const TIME: &str = "latency_ms";

fn measured(grid: &Grid, gaps: &Gaps) -> Vec<String> {
    let (delta, times) = (Derived::Delta, Derived::Times);
    let measured = |row: usize| {
        let time = grid.values(TIME).and_then(|times| times.number(row));
        time.is_some() || gaps.has(TIME, grid.text("row", row).unwrap_or_default())
    };
    let timed = (0..grid.height).all(measured);
    // Of times it is known how much of them is noise.
    let speeds = match timed {
        true => [TIME, "batch_ms"].as_slice(),
        false => &["decode_sentences_per_second"],
    };
    let mut names = Vec::new();
    let mut add = |measure: &str, derived: &[Derived]| {
        names.push(measure.to_owned());
        names.extend(derived.iter().map(|derived| derived.name(measure)));
    };
    add("bleu", &[delta, Derived::P, Derived::Interval]);
    add("chrf", &[delta, Derived::P]);
    for measure in ["parameters", "flops"].iter().chain(speeds) {
        add(measure, &[times]);
    }
    names
}
