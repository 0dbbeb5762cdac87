//! What rows are called: as a part of an experiment is, `SOURCE:STAGE@PARAMETER=VALUE`, with as much of it as tells
//! the rows apart.

use super::grid::Grid;
use crate::results::Values;
use crate::results::columns::{ROW_OF_AVERAGE, is_parameter};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The column of the names that rows go by, and, until they are averaged, that of the names of their averages.
pub(super) const COLUMNS: [&str; 2] = ["row", ROW_OF_AVERAGE];

/// Names each row of `grid`, and the average that it is to go into: `averages` are groups of the rows of artifacts,
/// which are groups of rows. A row has its name whatever other rows are looked at.
pub(super) fn add(grid: &mut Grid, artifacts: &[Vec<usize>], averages: &[Vec<usize>]) {
    let naming = Naming::of(grid);
    let mut taken = Taken::default();
    let mut of_row = vec![None; grid.height];
    for rows in artifacts {
        let name = free(naming.name(grid, rows), &mut taken);
        rows.iter()
            .for_each(|row| of_row[*row] = Some(name.clone()));
    }
    let mut of_average = of_row.clone();
    for group in averages.iter().filter(|group| group.len() > 1) {
        let rows: Vec<usize> = group
            .iter()
            .flat_map(|place| artifacts[*place].clone())
            .collect();
        let name = free(naming.name(grid, &rows), &mut taken);
        rows.iter()
            .for_each(|row| of_average[*row] = Some(name.clone()));
    }
    for (column, names) in COLUMNS.into_iter().zip([of_row, of_average]) {
        grid.put_behind("", column, Values::Text(names));
    }
}

/// Lets averaged rows, which agree on no name of a row, go by that of their average.
pub(super) fn settle(grid: &mut Grid) {
    let [row, average] = COLUMNS.map(|name| grid.values(name).cloned());
    if let Some((row, average)) = row.zip(average) {
        grid.put(COLUMNS[0], row.or(average));
    }
    grid.columns.retain(|column| column.name != COLUMNS[1]);
}

/// The names that are taken, each with the number that the next row of that name is tried with.
type Taken = FxHashMap<String, usize>;

/// This name, or one with a number behind it if it is taken; it is taken from now on.
fn free(name: String, taken: &mut Taken) -> String {
    let Some(&next) = taken.get(&name) else {
        taken.insert(name.clone(), 2);
        return name;
    };
    let mut number = next;
    let mut free = format!("{name}#{number}");
    while taken.contains_key(&free) {
        number += 1;
        free = format!("{name}#{number}");
    }
    taken.insert(name, number + 1);
    taken.insert(free.clone(), 2);
    free
}

/// What tells the rows of each source apart.
struct Naming {
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
    fn of(grid: &Grid) -> Self {
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

    /// What some rows are called together: what they agree on of all that tells rows apart.
    fn name(&self, grid: &Grid, rows: &[usize]) -> String {
        let agreed = |column: &str| {
            let values = grid.values(column).filter(|_| !grid.varies(column, rows))?;
            values.shown(rows[0])
        };
        let source = agreed("source").unwrap_or_default();
        let stage = agreed("stage").unwrap_or_default();
        let Some(within) = self.sources.get(&source) else {
            return stage;
        };
        let values = within.varying.iter();
        let values = values.filter_map(|name| Some(format!("{name}={}", agreed(name)?)));
        let values: Vec<String> = values.collect();
        let at = match values.is_empty() || stage.is_empty() {
            true => "",
            false => "@",
        };
        let inside = format!("{stage}{at}{}", values.join(","));
        match (self.several, within.stages || !values.is_empty()) {
            (false, _) => inside,
            (true, true) => format!("{source}:{inside}"),
            (true, false) => source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// The names of rows, and of the averages of those in `averages`.
    fn named(mut grid: Grid, averages: &[Vec<usize>]) -> [Vec<String>; 2] {
        let apart: Vec<Vec<usize>> = (0..grid.height).map(|row| vec![row]).collect();
        add(&mut grid, &apart, averages);
        COLUMNS.map(|column| grid.words(column).iter().flatten().cloned().collect())
    }

    fn names(sources: [&str; 3], stages: [&str; 3], rates: [f64; 3]) -> Vec<String> {
        let [names, _] = named(grid(sources, stages, rates), &[]);
        names
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

    #[test]
    fn a_number_that_a_name_has_already_is_skipped() {
        let mut taken = Taken::default();
        let names = ["a#2", "a", "a", "a", "a#2"].map(|name| free(name.to_owned(), &mut taken));
        assert_eq!(names, ["a#2", "a", "a#3", "a#4", "a#2#2"]);
    }

    #[test]
    fn no_row_looks_through_the_names_of_all_rows_before_it() {
        let mut taken = Taken::default();
        let names = (0..100_000).map(|_| free("a".to_owned(), &mut taken));
        assert_eq!(names.last().as_deref(), Some("a#100000"));
    }

    #[test]
    fn an_average_is_called_by_what_its_rows_agree_on_and_like_no_row() {
        let rates = grid(["x"; 3], ["a", "a", "b"], [0.1, 0.5, 0.5]);
        let [_, averages] = named(rates, &[vec![0, 1], vec![2]]);
        assert_eq!(averages, ["a", "a", "b@rate=0.5"]);
        let stages = grid(["x"; 3], ["a", "a", "b"], [0.1, 0.5, 0.5]);
        let [_, averages] = named(stages, &[vec![0], vec![1, 2]]);
        assert_eq!(averages, ["a@rate=0.1", "rate=0.5", "rate=0.5"]);
        let alike = grid(["x"; 3], ["a"; 3], [0.1; 3]);
        let [_, averages] = named(alike, &[vec![0, 1, 2]]);
        assert_eq!(averages, ["a#4"; 3]);
    }
}
