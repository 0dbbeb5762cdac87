//! Several rows as one: those of one artifact that several points of a sweep share, and those of several seeds.

use super::grid::Grid;
use super::roles::{MEASURES, is_measured};
use crate::results::{Column, Values};
use std::collections::HashMap;

/// One row for each artifact that a source has: points of a sweep that share a stage share its row. What differs
/// between the points is not a property of it, and left empty.
pub(super) fn shared(grid: &Grid) -> Grid {
    let [source, stage, artifact] = ["source", "stage", "artifact"].map(|name| grid.words(name));
    let groups = groups(grid.height, |row| match artifact.get(row) {
        Some(Some(artifact)) => Ok((source.get(row), stage.get(row), artifact)),
        // A row without an artifact is one of its own.
        _ => Err(row),
    });
    collapse(grid, &groups)
}

/// One row for all rows that differ in nothing but the parameter `over` and what was measured: means, and standard
/// deviations in `NAME_sd`, where several differ so; their number stands in `n`. The same grid if no rows do.
pub(super) fn averaged(grid: Grid, over: &str) -> Grid {
    if grid.values(over).is_none() {
        return grid;
    }
    let names = grid
        .columns
        .iter()
        .filter(|column| column.name != over && !is_measured(&column.name) && column.name != "n");
    let key_columns: Vec<&Values> = names.map(|column| &column.values).collect();
    let groups = groups(grid.height, |row| {
        let values = key_columns.iter().map(|values| values.shown(row));
        values.collect::<Vec<_>>()
    });
    if groups.iter().all(|group| group.len() == 1) {
        return grid;
    }
    let mut means = collapse(&grid, &groups);
    for (name, _) in MEASURES {
        let numbers = match (grid.values(name), means.values(name)) {
            (Some(Values::Float(numbers)), _) => numbers.clone(),
            (Some(Values::Integer(counts)), Some(Values::Float(_))) => as_floats(counts),
            _ => continue,
        };
        let deviations = groups.iter().map(|group| deviation(&numbers, group));
        let deviations = Values::Float(deviations.collect());
        means.put_behind(name, &format!("{name}_sd"), deviations);
    }
    let counts = groups.iter().map(|group| i64::try_from(group.len()).ok());
    means.put_behind("stage", "n", Values::Integer(counts.collect()));
    means
}

/// Rows with the same key, in the order in which keys are met.
fn groups<K: std::hash::Hash + Eq>(height: usize, key: impl Fn(usize) -> K) -> Vec<Vec<usize>> {
    let mut places: HashMap<K, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for row in 0..height {
        let place = *places.entry(key(row)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// A row for each group: what its rows agree on, and the mean of measures that they do not agree on.
fn collapse(grid: &Grid, groups: &[Vec<usize>]) -> Grid {
    let columns = grid.columns.iter().map(|Column { name, values }| {
        let agreed = |group: &Vec<usize>| {
            let all = group.iter().all(|row| values.same(group[0], *row));
            all.then_some(group[0])
        };
        let values = match values {
            Values::Float(numbers) if is_measured(name) => {
                Values::Float(groups.iter().map(|group| mean(numbers, group)).collect())
            }
            Values::Integer(counts)
                if is_measured(name) && groups.iter().any(|group| agreed(group).is_none()) =>
            {
                let numbers = as_floats(counts);
                Values::Float(groups.iter().map(|group| mean(&numbers, group)).collect())
            }
            _ => values.pick(&groups.iter().map(agreed).collect::<Vec<_>>()),
        };
        Column {
            name: name.clone(),
            values,
        }
    });
    Grid {
        height: groups.len(),
        columns: columns.collect(),
    }
}

/// The mean over a group; the very number that its rows agree on, if they do.
fn mean(values: &[Option<f64>], group: &[usize]) -> Option<f64> {
    if group.iter().all(|row| values[*row] == values[group[0]]) {
        return values[group[0]];
    }
    let numbers: Vec<f64> = group.iter().filter_map(|row| values[*row]).collect();
    Some(numbers.iter().sum::<f64>() / numbers.len() as f64)
}

fn as_floats(counts: &[Option<i64>]) -> Vec<Option<f64>> {
    counts.iter().map(|count| Some((*count)? as f64)).collect()
}

/// The standard deviation of a sample; nothing of less than two values.
fn deviation(values: &[Option<f64>], group: &[usize]) -> Option<f64> {
    let numbers: Vec<f64> = group.iter().filter_map(|row| values[*row]).collect();
    if numbers.len() < 2 {
        return None;
    }
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    Some((squares / (numbers.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(columns: &[(&str, Values)]) -> Grid {
        let columns = columns.iter().map(|(name, values)| Column {
            name: (*name).to_owned(),
            values: values.clone(),
        });
        Grid {
            height: 4,
            columns: columns.collect(),
        }
    }

    fn words(words: [&str; 4]) -> Values {
        Values::Text(words.map(|word| Some(word.to_owned())).to_vec())
    }

    fn measured() -> Grid {
        grid(&[
            (
                "seed",
                Values::Integer(vec![Some(1), Some(2), Some(1), Some(3)]),
            ),
            (
                "rate",
                Values::Float([0.5, 0.5, 0.1, 0.5].map(Some).to_vec()),
            ),
            ("stage", words(["final"; 4])),
            (
                "bleu",
                Values::Float([30.0, 32.0, 20.0, 34.0].map(Some).to_vec()),
            ),
            (
                "parameters",
                Values::Integer([10, 11, 5, 11].map(Some).to_vec()),
            ),
            ("artifact", words(["a", "b", "c", "d"])),
        ])
    }

    #[test]
    fn seeds_become_mean_deviation_and_number() {
        let means = averaged(measured(), "seed");
        assert_eq!(means.height, 2);
        let float = |a: Option<f64>, b: Option<f64>| Some(Values::Float(vec![a, b]));
        let expected = [
            ("bleu", float(Some(32.0), Some(20.0))),
            ("bleu_sd", float(Some(2.0), None)),
            ("n", Some(Values::Integer(vec![Some(3), Some(1)]))),
            ("parameters", float(Some(32.0 / 3.0), Some(5.0))),
            ("seed", Some(Values::Integer(vec![None, Some(1)]))),
            (
                "artifact",
                Some(Values::Text(vec![None, Some("c".to_owned())])),
            ),
        ];
        for (name, values) in expected {
            assert_eq!(means.values(name), values.as_ref(), "{name}");
        }
    }

    #[test]
    fn rows_that_differ_in_more_stay_apart() {
        let over_rates = averaged(measured(), "rate");
        let counts = Values::Integer(vec![Some(2), Some(1), Some(1)]);
        assert_eq!(over_rates.values("n"), Some(&counts));
        let mut stages = measured();
        stages.put("stage", words(["a", "b", "c", "d"]));
        assert!(averaged(stages, "seed").values("n").is_none());
        assert!(averaged(measured(), "lr").values("n").is_none());
    }

    #[test]
    fn points_that_share_an_artifact_share_a_row() {
        let mut points = measured();
        points.put("artifact", words(["a", "b", "a", "d"]));
        let merged = shared(&points);
        assert_eq!(merged.height, 3);
        let rates = Values::Float(vec![None, Some(0.5), Some(0.5)]);
        assert_eq!(merged.values("rate"), Some(&rates));
        let seeds = Values::Integer(vec![Some(1), Some(2), Some(3)]);
        assert_eq!(merged.values("seed"), Some(&seeds));
    }
}
