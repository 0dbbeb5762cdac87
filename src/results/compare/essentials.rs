//! The columns of a comparison that people want to see.

use super::grid::Grid;
use super::roles::{COMPARABLE, is_asked};
use crate::results::derived::Derived;

/// What the rows of `all` were asked for differently, and what was measured.
pub(super) fn of(grid: &Grid, all: &Grid) -> Vec<String> {
    let mut shown = asked(grid, all);
    // Where a condition is not known it is not compared, which is said elsewhere.
    let conditions = COMPARABLE.into_iter();
    let conditions = conditions.filter(|name| grid.differs_where_known(name));
    shown.extend(conditions.map(str::to_owned));
    shown.push("n".to_owned());
    shown.extend(measured(grid));
    let has = |name: &str| grid.values(name).is_some_and(|values| values.known() > 0);
    shown.retain(|name| has(name));
    shown
}

/// What tells the rows apart that was asked for; the stage, if nothing does.
fn asked(grid: &Grid, all: &Grid) -> Vec<String> {
    let rows: Vec<usize> = (0..grid.height).collect();
    let apart = |name: &&str| match *name {
        "checkpoint" => grid.differs_where_known(name),
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

fn measured(grid: &Grid) -> Vec<String> {
    let (delta, times) = (Derived::Delta, Derived::Times);
    let timed = grid.values("latency_ms");
    let timed = timed.is_some_and(|times| times.known() == grid.height);
    // Of times it is known how much of them is noise.
    let speeds = match timed {
        true => ["latency_ms", "batch_ms"].as_slice(),
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
