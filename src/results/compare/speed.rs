//! Speeds: what they depend on beside the model, and how much of a difference is noise.

use super::grid::Grid;
use crate::results::Values;
use crate::results::comparable::{BATCHES_MEASURED_ON, measured_on};
use crate::results::derived::Derived;
use crate::results::headings::heading;
use crate::results::markdown::{NOISE, crowded};

/// What speeds depend on beside the model.
pub(super) const CONDITIONS: [&str; 3] = BATCHES_MEASURED_ON;

/// Times, with the columns of the fastest and the slowest run.
pub(super) const TIMES: [[&str; 3]; 2] = [
    ["latency_ms", "latency_least_ms", "latency_most_ms"],
    ["batch_ms", "batch_least_ms", "batch_most_ms"],
];

/// Speeds of which only one number is known.
const SINGLE: [&str; 2] = ["decode_sentences_per_second", "decode_tokens_per_second"];

/// Whether a column says how fast a model was.
pub(super) fn is_speed(column: &str) -> bool {
    SINGLE.contains(&column) || TIMES.iter().any(|of| of.contains(&column))
}

/// What a column depends on, if it is a speed.
pub(super) fn conditions(column: &str) -> &'static [&'static str] {
    match is_speed(column) {
        true => measured_on(column),
        false => &[],
    }
}

/// Whether a column is the fastest of several runs, or the slowest.
pub(super) fn extreme(column: &str) -> Option<fn(f64, f64) -> f64> {
    TIMES.into_iter().find_map(|[_, least, most]| match column {
        _ if column == least => Some(f64::min as fn(f64, f64) -> f64),
        _ if column == most => Some(f64::max),
        _ => None,
    })
}

/// Why the speed `column` of a row does not compare to that of the baseline; nothing if it does.
pub(super) fn unlike(column: &str, grid: &Grid, row: usize, baseline: &Grid) -> Option<String> {
    conditions(column).iter().find_map(|condition| {
        let value = |grid: &Grid, row| grid.values(condition)?.shown(row);
        match (value(grid, row), value(baseline, 0)) {
            (Some(own), Some(base)) if own == base => None,
            (Some(own), Some(base)) => Some(format!(
                "`{condition}` is {own}, and {base} of the baseline"
            )),
            _ => Some(format!("`{condition}` is not known of both")),
        }
    })
}

/// Adds to times whether their difference from the baseline is noise: whether the runs of both overlap. Nothing is said
/// of the baseline itself, in whatever table it stands, nor where no ratio is known.
pub(super) fn add_noise(grid: &mut Grid, baseline: &Grid) {
    for [time, least, most] in TIMES {
        let number = |grid: &Grid, column: &str, row| grid.values(column)?.number(row);
        let overlap = |row: usize| {
            number(grid, &Derived::Times.name(time), row)?;
            let own = [least, most].map(|column| number(grid, column, row));
            let base = [least, most].map(|column| number(baseline, column, 0));
            let ([own_least, own_most], [base_least, base_most]) = (all(own)?, all(base)?);
            let same = |column: &str| {
                let own = grid.text(column, row);
                own.is_some() && own == baseline.text(column, 0)
            };
            (!same("row") && !same("artifact"))
                .then_some(own_least <= base_most && base_least <= own_most)
        };
        let noise: Vec<Option<bool>> = (0..grid.height).map(overlap).collect();
        if noise.iter().any(Option::is_some) {
            let name = Derived::Noise.name(time);
            grid.put_behind(&Derived::Times.name(time), &name, Values::Bool(noise));
        }
    }
}

/// What is to be known of the speeds that are shown: which are noise, or that nobody knows.
pub(super) fn remarks(grid: &Grid, shown: &[String]) -> Vec<String> {
    let compared = |measure: &&str| shown.contains(&Derived::Times.name(measure));
    let noise = |time: &&str| match grid.values(&Derived::Noise.name(time)) {
        Some(Values::Bool(noise)) => noise.contains(&Some(true)),
        _ => false,
    };
    let times = TIMES.map(|[time, ..]| time).into_iter().filter(compared);
    let noisy = times.filter(noise).map(|time| (time, NOISE));
    // Averages have a spread.
    let alone = grid.height > 1 && grid.values("n").is_none();
    let single = SINGLE.into_iter().filter(|name| alone && compared(name));
    let speeds = shown.iter().any(|column| is_speed(column));
    let loads = grid
        .values("decode_other_load")
        .filter(|_| speeds)
        .map(|loads| (0..grid.height).map(|row| loads.number(row)).collect());
    let crowded = loads.and_then(|loads: Vec<_>| crowded(&loads));
    let unknown = "measured once, so nobody knows how much of a difference is noise";
    noisy
        .chain(single.map(|name| (name, unknown)))
        .map(|(name, words)| format!("{}: {words}", heading(name)))
        .chain(crowded)
        .collect()
}

fn all([one, other]: [Option<f64>; 2]) -> Option<[f64; 2]> {
    Some([one?, other?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(threads: [i64; 3], least: [f64; 3], most: [f64; 3]) -> Grid {
        let mut grid = Grid {
            height: 3,
            columns: Vec::new(),
        };
        let words = |words: [&str; 3]| Values::Text(words.map(|w| Some(w.to_owned())).to_vec());
        let floats = |values: [f64; 3]| Values::Float(values.map(Some).to_vec());
        grid.put("row", words(["a", "b", "c"]));
        grid.put("decode_device", words(["cpu"; 3]));
        grid.put(
            "decode_threads",
            Values::Integer(threads.map(Some).to_vec()),
        );
        grid.put("latency_ms", floats([2.0, 1.9, 1.0]));
        grid.put("latency_least_ms", floats(least));
        grid.put("latency_most_ms", floats(most));
        grid.put("latency_ms_times", floats([1.0, 0.95, 0.5]));
        grid
    }

    #[test]
    fn runs_that_overlap_are_noise() {
        let mut grid = grid([1; 3], [1.9, 1.8, 0.9], [2.1, 2.0, 1.1]);
        let baseline = grid.row(0);
        add_noise(&mut grid, &baseline);
        assert_eq!(
            grid.values("latency_ms_noise"),
            Some(&Values::Bool(vec![None, Some(true), Some(false)]))
        );
    }

    #[test]
    fn what_was_measured_once_is_no_noise_beside_itself() {
        let mut grid = grid([1; 3], [1.9, 1.8, 0.9], [2.1, 2.0, 2.1]);
        let artifacts = [Some("x".to_owned()), Some("x".to_owned()), None];
        grid.put("artifact", Values::Text(artifacts.to_vec()));
        let baseline = grid.row(0);
        add_noise(&mut grid, &baseline);
        assert_eq!(
            grid.values("latency_ms_noise"),
            Some(&Values::Bool(vec![None, None, Some(true)]))
        );
    }

    #[test]
    fn speeds_that_were_measured_beside_other_programs_say_so_wherever_they_are_shown() {
        let mut grid = grid([1; 3], [1.0; 3], [1.0; 3]);
        grid.put(
            "decode_other_load",
            Values::Float(vec![Some(0.1), Some(1.24), None]),
        );
        let said = |shown: &str| remarks(&grid, &[shown.to_owned()]);
        assert_eq!(said("bleu"), [""; 0]);
        let [said] = &said("latency_ms")[..] else {
            panic!("one line was expected")
        };
        assert!(
            said.starts_with("speeds of 1 of 3 rows") && said.contains("up to 1.2 processors"),
            "{said}"
        );
    }

    #[test]
    fn speeds_on_other_threads_do_not_compare_and_the_reason_is_given() {
        let grid = grid([1, 2, 1], [1.0; 3], [1.0; 3]);
        let why = |column, row| unlike(column, &grid, row, &grid.row(0));
        assert_eq!(
            why("latency_ms", 1).as_deref(),
            Some("`decode_threads` is 2, and 1 of the baseline")
        );
        assert_eq!(why("latency_ms", 2), None);
        assert_eq!(why("bleu", 1), None);
        // Nothing says how many sentences a batch held.
        assert!(why("batch_ms", 2).is_some());
    }
}
