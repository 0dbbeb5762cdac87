//! Several rows as one: those of one artifact that several points of a sweep share, and those of several seeds.

use super::gaps::Gaps;
use super::grid::Grid;
use super::roles::{MEASURES, is_measured};
use super::{names, speed};
use crate::results::columns::{ROW_OF_AVERAGE, is_parameter};
use crate::results::derived::Derived;
use crate::results::{Column, Values};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::hash::Hash;

/// The rows of each artifact that a source has: points of a sweep that share a stage share its row.
pub(super) fn of_artifacts(grid: &Grid) -> Vec<Vec<usize>> {
    let [source, stage, artifact] = ["source", "stage", "artifact"].map(|name| grid.words(name));
    groups(grid.height, |row| match artifact.get(row) {
        Some(Some(artifact)) => Ok((source.get(row), stage.get(row), artifact)),
        // A row without an artifact is one of its own.
        _ => Err(row),
    })
}

/// The columns that tell settings apart, but for those that are averaged over: what was asked for, and what scores
/// depend on. What is the same everywhere tells nothing apart.
fn keys<'g>(grid: &'g Grid, over: &[String]) -> impl Iterator<Item = &'g Column> {
    let tells_apart = move |column: &&Column| {
        let name = column.name.as_str();
        !over.iter().any(|over| over == name)
            && !is_measured(name)
            && !speed::CONDITIONS.contains(&name)
            && !names::COLUMNS.contains(&name)
            && column.values.differ()
    };
    grid.columns.iter().filter(tells_apart)
}

/// The rows that differ in nothing but the columns `over` and what was measured.
pub(super) fn of_settings(grid: &Grid, over: &[String]) -> Vec<Vec<usize>> {
    let keys = keys(grid, over).map(|column| &column.values);
    // Rows that agree in all columns so far have one number.
    let mut numbers = vec![0_usize; grid.height];
    for values in keys {
        let mut known = FxHashMap::default();
        for (row, number) in numbers.iter_mut().enumerate() {
            let next = known.len();
            *number = *known.entry((*number, values.distinct(row))).or_insert(next);
        }
    }
    groups(grid.height, |row| numbers[row])
}

/// The columns in which rows differ along with `over`, so that no two of them are one setting: one that alone is in the
/// way, or else those of the conditions that are together.
pub(super) fn along(grid: &Grid, over: &[String]) -> Vec<String> {
    let names: Vec<String> = keys(grid, over).map(|column| column.name.clone()).collect();
    let (parameters, conditions): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| is_parameter(name));
    let in_the_way = |names: &[String]| {
        let groups = of_settings(grid, &[over, names].concat());
        let differ = |group: &&Vec<usize>| over.iter().any(|name| grid.varies(name, group));
        let groups: Vec<Vec<usize>> = groups.iter().filter(differ).cloned().collect();
        let along = |name: &&String| groups.iter().any(|group| grid.varies(name, group));
        names.iter().filter(along).cloned().collect::<Vec<_>>()
    };
    let mut alone = conditions.iter().chain(&parameters);
    let alone = alone.find_map(|name| {
        let along = in_the_way(std::slice::from_ref(name));
        (!along.is_empty()).then_some(along)
    });
    alone.unwrap_or_else(|| in_the_way(&conditions))
}

/// One row for each group: means, and standard deviations in `NAME_sd`; the number of rows stands in `n`, and in
/// `NAME_n` how many of them had a value, where that is fewer in some group. The same grid if every group is one row.
/// Unless `anyway` is set, speeds under different conditions have no mean; which are left out is returned too.
pub(super) fn averaged(grid: Grid, groups: &[Vec<usize>], anyway: bool) -> (Grid, Gaps) {
    let mut gaps = Gaps::default();
    if apart(groups) {
        return (grid, gaps);
    }
    let mut means = collapse(&grid, groups).into_owned();
    for Column { name, values } in &grid.columns {
        let Some(numbers) = values.numbers().filter(|_| is_measured(name)) else {
            continue;
        };
        let conditions = speed::conditions(name);
        let differing = |group: &[usize]| {
            let mut conditions = conditions.iter().filter(|_| !anyway);
            conditions.find(|name| grid.varies(name, group))
        };
        let unlike = |group: &[usize]| differing(group).is_some();
        if groups.iter().any(|group| unlike(group)) {
            let without = |group: &Vec<usize>| {
                if unlike(group) {
                    None
                } else {
                    mean(&numbers, group)
                }
            };
            means.put(name, Values::Float(groups.iter().map(without).collect()));
        }
        let known = |group: &[usize]| group.iter().filter(|row| numbers[**row].is_some()).count();
        if MEASURES.iter().any(|(measure, _)| measure == name) {
            for group in groups.iter().filter(|group| known(group) > 0) {
                if let Some(condition) = differing(group) {
                    let why = format!("its rows differ in `{condition}`");
                    let row = grid.text(ROW_OF_AVERAGE, group[0]).unwrap_or_default();
                    gaps.add(name, row, why);
                }
            }
            let deviation = |group: &Vec<usize>| match unlike(group) {
                true => None,
                false => deviation(&numbers, group),
            };
            let deviations: Vec<_> = groups.iter().map(deviation).collect();
            if deviations.iter().any(Option::is_some) {
                let name_of = Derived::Deviation.name(name);
                means.put_behind(name, &name_of, Values::Float(deviations));
            }
        }
        let fewer = |group: &Vec<usize>| (1..group.len()).contains(&known(group)) && !unlike(group);
        if groups.iter().any(fewer) {
            let counts = groups.iter().map(|group| {
                let count = i64::try_from(known(group)).ok();
                count.filter(|_| fewer(group))
            });
            let counts = Values::Integer(counts.collect());
            means.put_behind(name, &Derived::Known.name(name), counts);
        }
    }
    let counts = groups.iter().map(|group| i64::try_from(group.len()).ok());
    means.put_behind("stage", "n", Values::Integer(counts.collect()));
    (means, gaps)
}

/// Rows with the same key, in the order in which keys are met.
fn groups<K: Hash + Eq>(height: usize, key: impl Fn(usize) -> K) -> Vec<Vec<usize>> {
    let mut places: FxHashMap<K, usize> = FxHashMap::default();
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

/// A row for each group: what its rows agree on, and the mean of measures that they do not agree on; of the fastest of
/// several runs the fastest of all, of the slowest the slowest. What else they do not agree on is no property of the
/// row, and left empty.
pub(super) fn collapse<'a>(grid: &'a Grid, groups: &[Vec<usize>]) -> Cow<'a, Grid> {
    if apart(groups) {
        return Cow::Borrowed(grid);
    }
    let columns = grid.columns.iter().map(|Column { name, values }| {
        let agreed = |group: &Vec<usize>| {
            let all = group.iter().all(|row| values.same(group[0], *row));
            all.then_some(group[0])
        };
        let counts = matches!(values, Values::Integer(_));
        let numbers = values.numbers().filter(|_| is_measured(name));
        let values = match numbers {
            Some(numbers) if !counts || groups.iter().any(|group| agreed(group).is_none()) => {
                let one = |group: &Vec<usize>| match speed::extreme(name) {
                    Some(extreme) => {
                        let known = group.iter().filter_map(|row| numbers[*row]);
                        known.reduce(extreme)
                    }
                    None => mean(&numbers, group),
                };
                Values::Float(groups.iter().map(one).collect())
            }
            _ => values.pick(&groups.iter().map(agreed).collect::<Vec<_>>()),
        };
        Column {
            name: name.clone(),
            values,
        }
    });
    Cow::Owned(Grid {
        height: groups.len(),
        columns: columns.collect(),
    })
}

/// Whether every group is one row.
fn apart(groups: &[Vec<usize>]) -> bool {
    groups.iter().all(|group| group.len() == 1)
}

/// The mean over a group; the very number that its rows agree on, if they do.
fn mean(values: &[Option<f64>], group: &[usize]) -> Option<f64> {
    if group.iter().all(|row| values[*row] == values[group[0]]) {
        return values[group[0]];
    }
    let numbers: Vec<f64> = group.iter().filter_map(|row| values[*row]).collect();
    Some(numbers.iter().sum::<f64>() / numbers.len() as f64)
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

    fn over(grid: Grid, names: &[&str]) -> Grid {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let groups = of_settings(&grid, &names);
        averaged(grid, &groups, false).0
    }

    #[test]
    fn seeds_become_mean_deviation_and_number() {
        let means = over(measured(), &["seed"]);
        assert_eq!(means.height, 2);
        let float = |a: Option<f64>, b: Option<f64>| Some(Values::Float(vec![a, b]));
        let expected = [
            ("bleu", float(Some(32.0), Some(20.0))),
            ("bleu_sd", float(Some(2.0), None)),
            ("bleu_n", None),
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
    fn a_mean_says_of_how_many_rows_it_is_where_some_have_no_value() {
        let mut lacking = measured();
        let scores = vec![Some(30.0), None, Some(20.0), Some(34.0)];
        lacking.put("bleu", Values::Float(scores));
        let means = over(lacking, &["seed"]);
        assert_eq!(
            means.values("bleu"),
            Some(&Values::Float(vec![Some(32.0), Some(20.0)]))
        );
        assert_eq!(
            means.values("bleu_n"),
            Some(&Values::Integer(vec![Some(2), None]))
        );
    }

    #[test]
    fn speeds_of_several_machines_have_no_mean() {
        let mut timed = measured();
        let floats = |values: [f64; 4]| Values::Float(values.map(Some).to_vec());
        timed.put("latency_ms", floats([1.0, 3.0, 5.0, 5.0]));
        timed.put("latency_least_ms", floats([0.5, 2.0, 4.0, 4.5]));
        timed.put("latency_most_ms", floats([2.0, 9.0, 6.0, 5.5]));
        let same = over(timed.clone(), &["seed"]);
        let float = |a: Option<f64>, b: f64| Some(Values::Float(vec![a, Some(b)]));
        for (name, values) in [
            ("latency_ms", float(Some(3.0), 5.0)),
            ("latency_least_ms", float(Some(0.5), 4.0)),
            ("latency_most_ms", float(Some(9.0), 6.0)),
        ] {
            assert_eq!(same.values(name), values.as_ref(), "{name}");
        }
        let threads = Values::Integer([1, 2, 1, 1].map(Some).to_vec());
        timed.put("decode_threads", threads);
        let unlike = over(timed.clone(), &["seed"]);
        assert_eq!(unlike.height, 2, "other machines are no other models");
        assert_eq!(unlike.values("latency_ms"), float(None, 5.0).as_ref());
        assert_eq!(
            unlike.values("decode_threads"),
            Some(&Values::Integer(vec![None, Some(1)]))
        );
        let groups = of_settings(&timed, &["seed".to_owned()]);
        let (_, gaps) = averaged(timed.clone(), &groups, false);
        assert_eq!(
            gaps.why("latency_ms").as_deref(),
            Some("nothing in `latency_ms` for ``: its rows differ in `decode_threads`")
        );
        let (anyway, gaps) = averaged(timed, &groups, true);
        assert_eq!(gaps.why("latency_ms"), None);
        assert_eq!(anyway.values("latency_ms"), float(Some(3.0), 5.0).as_ref());
    }

    #[test]
    fn rows_that_differ_in_more_stay_apart() {
        let over_rates = over(measured(), &["rate"]);
        let counts = Values::Integer(vec![Some(2), Some(1), Some(1)]);
        assert_eq!(over_rates.values("n"), Some(&counts));
        let mut stages = measured();
        stages.put("stage", words(["a", "b", "c", "d"]));
        assert!(over(stages.clone(), &["seed"]).values("n").is_none());
        assert!(over(measured(), &[]).values("n").is_none());
        let both = over(stages, &["seed", "stage"]);
        let counts = Values::Integer(vec![Some(3), Some(1)]);
        assert_eq!(both.values("n"), Some(&counts));
    }

    #[test]
    fn what_differs_along_with_a_parameter_is_found() {
        let apart = |columns: &[(&str, Values)]| {
            let mut grid = measured();
            grid.put("seed", Values::Integer(vec![Some(1); 4]));
            grid.put(
                "rate",
                Values::Float([0.5, 0.5, 0.1, 0.1].map(Some).to_vec()),
            );
            grid.put("prec", words(["f", "i", "f", "i"]));
            columns
                .iter()
                .for_each(|(name, values)| grid.put(name, values.clone()));
            along(&grid, &["prec".to_owned()])
        };
        let precision = ("precision", words(["float32", "int8", "float32", "int8"]));
        let checkpoint = ("checkpoint", words(["best", "last", "best", "last"]));
        let data = ("data", words(["a", "b", "c", "d"]));
        assert_eq!(apart(std::slice::from_ref(&precision)), ["precision"]);
        assert_eq!(apart(&[precision, checkpoint]), ["precision", "checkpoint"]);
        assert_eq!(apart(&[data]), ["data"]);
    }

    #[test]
    fn points_that_share_an_artifact_share_a_row() {
        let mut points = measured();
        points.put("artifact", words(["a", "b", "a", "d"]));
        let merged = collapse(&points, &of_artifacts(&points));
        assert_eq!(merged.height, 3);
        let rates = Values::Float(vec![None, Some(0.5), Some(0.5)]);
        assert_eq!(merged.values("rate"), Some(&rates));
        let seeds = Values::Integer(vec![Some(1), Some(2), Some(3)]);
        assert_eq!(merged.values("seed"), Some(&seeds));
    }
}
