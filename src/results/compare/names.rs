//! What rows are called: as a part of an experiment is, `SOURCE:STAGE@PARAMETER=VALUE`, with as much of it as tells
//! the rows apart.

use super::grid::Grid;
use crate::results::columns::is_parameter;
use std::collections::{BTreeMap, HashSet};

/// What tells the rows of each source apart.
pub(super) struct Naming {
    several: bool,
    sources: BTreeMap<String, Within>,
}

#[derive(Default)]
struct Within {
    rows: Vec<usize>,
    stages: bool,
    varying: Vec<String>,
}

impl Naming {
    /// How to call the rows of `grid`, or some of them.
    pub(super) fn of(grid: &Grid) -> Self {
        let mut sources: BTreeMap<String, Within> = BTreeMap::new();
        for (row, source) in grid.words("source").iter().enumerate() {
            let source = source.as_deref().unwrap_or_default();
            match sources.get_mut(source) {
                Some(within) => within.rows.push(row),
                None => sources.entry(source.to_owned()).or_default().rows.push(row),
            }
        }
        for within in sources.values_mut() {
            within.stages = grid.varies("stage", &within.rows);
            let names = grid.columns.iter().map(|column| &column.name);
            let parameters = names.filter(|name| is_parameter(name));
            within.varying = parameters
                .filter(|name| grid.varies(name, &within.rows))
                .cloned()
                .collect();
        }
        Self {
            several: sources.len() > 1,
            sources,
        }
    }

    /// The names of all rows of `grid`, no two of which are the same.
    pub(super) fn names(&self, grid: &Grid) -> Vec<String> {
        let mut taken = HashSet::new();
        let names = (0..grid.height).map(|row| {
            let name = self.name(grid, row);
            let again = (2..).map(|n| format!("{name}#{n}"));
            let mut free = std::iter::once(name.clone()).chain(again);
            let name = free.find(|name| !taken.contains(name)).unwrap_or(name);
            taken.insert(name.clone());
            name
        });
        names.collect()
    }

    fn name(&self, grid: &Grid, row: usize) -> String {
        let source = grid.text("source", row).unwrap_or_default();
        let stage = grid.text("stage", row).unwrap_or_default();
        let Some(within) = self.sources.get(source) else {
            return stage.to_owned();
        };
        let values = within.varying.iter().filter_map(|name| {
            let value = grid.values(name)?.shown(row)?;
            Some(format!("{name}={value}"))
        });
        let values: Vec<String> = values.collect();
        let at = if values.is_empty() { "" } else { "@" };
        let inside = format!("{stage}{at}{}", values.join(","));
        match (self.several, within.stages || !values.is_empty()) {
            (false, _) => inside,
            (true, true) => format!("{source}:{inside}"),
            (true, false) => source.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Values;

    fn grid(sources: [&str; 3], stages: [&str; 3], rates: [f64; 3]) -> Grid {
        let mut grid = Grid {
            height: 3,
            columns: Vec::new(),
        };
        let words =
            |words: [&str; 3]| Values::Text(words.map(|word| Some(word.to_owned())).to_vec());
        grid.put("source", words(sources));
        grid.put("stage", words(stages));
        grid.put("rate", Values::Float(rates.map(Some).to_vec()));
        grid
    }

    fn names(sources: [&str; 3], stages: [&str; 3], rates: [f64; 3]) -> Vec<String> {
        let grid = grid(sources, stages, rates);
        Naming::of(&grid).names(&grid)
    }

    #[test]
    fn a_row_is_called_by_what_tells_it_from_the_others_of_its_source() {
        let one = ["x"; 3];
        assert_eq!(
            names(one, ["a", "a", "b"], [0.1, 0.5, 0.5]),
            ["a@rate=0.1", "a@rate=0.5", "b@rate=0.5"]
        );
        assert_eq!(names(one, ["a", "b", "c"], [0.1; 3]), ["a", "b", "c"]);
        assert_eq!(
            names(["x", "x", "y"], ["a", "b", "a"], [0.1, 0.1, 0.5]),
            ["x:a", "x:b", "y"]
        );
    }

    #[test]
    fn rows_that_nothing_tells_apart_are_numbered() {
        assert_eq!(names(["x"; 3], ["a"; 3], [0.1; 3]), ["a", "a#2", "a#3"]);
    }
}
