//! Values as people read them: rounded, with the unit that the column's name tells.

use crate::results::derived::Derived;
use crate::results::headings::heading;
use crate::results::sheet::Sheet;
use crate::results::unit::Unit;
use crate::results::{Column, Values};

/// Some columns of `all` as a table of words.
pub(super) fn sheet(shown: &[&Column], all: &[Column], height: usize) -> Sheet {
    let row = |row| shown.iter().map(|column| cell(column, all, row)).collect();
    Sheet {
        head: shown.iter().map(|column| heading(&column.name)).collect(),
        words: shown
            .iter()
            .map(|column| matches!(column.values, Values::Text(_)))
            .collect(),
        rows: (0..height).map(row).collect(),
    }
}

/// A value as people read it. Beside a mean stand its deviation and, where some rows have no value, how many have; in
/// front of what is no more than noise, a `~`.
fn cell(column: &Column, all: &[Column], row: usize) -> String {
    let name = column.name.as_str();
    let Some(number) = column.values.number(row) else {
        return words(name, column.values.shown(row).unwrap_or_default());
    };
    let beside = |name: &str, derived: Derived| {
        let name = derived.name(name);
        Derived::of(&name)?;
        let found = all.iter().find(|other| other.name == name)?;
        Some(&found.values)
    };
    let of = |derived| beside(name, derived)?.number(row);
    let (measure, derived) = Derived::of(name).map_or((name, None), |(of, d)| (of, Some(d)));
    if derived == Some(Derived::Interval) {
        let mean = beside(measure, Derived::Mean).and_then(|mean| mean.number(row));
        return match mean {
            Some(mean) => format!("{mean:.2} ± {number:.2}"),
            None => format!("± {number:.2}"),
        };
    }
    let unit = Unit::of(name);
    let text = match of(Derived::Deviation) {
        Some(deviation) => unit.with_deviation(number, deviation),
        None => unit.shown(number),
    };
    let mut text = text.unwrap_or_else(|| column.values.shown(row).unwrap_or_default());
    if let (Some(known), Some(n)) = (of(Derived::Known), number_in(all, "n", row)) {
        text += &format!(" ({known} of {n})");
    }
    let noise = match derived {
        Some(Derived::Times) => beside(measure, Derived::Noise),
        // What is set against the baseline is no ratio itself; a speed-up is one.
        _ if beside(name, Derived::Times).is_some() => None,
        _ => beside(name, Derived::Noise),
    };
    match noise.and_then(|noise| noise.shown(row)).as_deref() {
        Some("true") => format!("~{text}"),
        _ => text,
    }
}

fn number_in(all: &[Column], name: &str, row: usize) -> Option<f64> {
    let column = all.iter().find(|column| column.name == name)?;
    column.values.number(row)
}

/// Words are whole, but for digests, whose beginnings are enough to tell them apart.
fn words(name: &str, words: String) -> String {
    match name {
        "artifact" | "test_set" => words.chars().take(12).collect(),
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_rounded_as_its_name_asks_for() {
        let column = |name: &str, value| Column {
            name: name.to_owned(),
            values: Values::Float(vec![Some(value)]),
        };
        let columns = [
            column("bleu", 27.4567),
            column("bleu_sd", 0.126),
            column("bleu_delta", 0.5),
            column("bleu_p", 0.000_999),
            column("bleu_mean", 27.5),
            column("bleu_ci", 1.25),
            column("flops_times", 0.4926),
            column("flops", 65_950_800.0),
            column("asked_ratio", 0.3),
            column("rate", 0.3),
            column("dropout_p", 0.25),
            column("warmup_times", 2.0),
            column("dropout_p_sd", 0.5),
        ];
        let shown: Vec<&Column> = columns.iter().collect();
        let view = sheet(&shown, &columns, 1);
        let cells: Vec<_> = view.head.iter().zip(&view.rows[0]).collect();
        let cells: Vec<_> = cells
            .iter()
            .map(|(head, cell)| format!("{head}: {cell}"))
            .collect();
        assert_eq!(
            cells,
            [
                "BLEU: 27.46 ± 0.13",
                "bleu_sd: 0.13",
                "ΔBLEU: +0.50",
                "p of BLEU: 0.0010",
                "bleu_mean: 27.50",
                "BLEU 95 %: 27.50 ± 1.25",
                "FLOPs ×: 0.493",
                "FLOPs: 65.95 M",
                "asked: 30.0 %",
                "rate: 0.3",
                "dropout_p: 0.25",
                "warmup_times: 2",
                "dropout_p_sd: 0.5",
            ]
        );
    }

    #[test]
    fn a_mean_of_fewer_rows_says_so_and_noise_is_marked() {
        let floats = |name: &str, value: f64| Column {
            name: name.to_owned(),
            values: Values::Float(vec![Some(value)]),
        };
        let counts = |name: &str, value: i64| Column {
            name: name.to_owned(),
            values: Values::Integer(vec![Some(value)]),
        };
        let noise = |name: &str| Column {
            name: name.to_owned(),
            values: Values::Bool(vec![Some(true)]),
        };
        let columns = [
            floats("bleu", 30.0),
            floats("bleu_sd", 1.0),
            counts("bleu_n", 2),
            counts("n", 3),
            floats("latency_ms", 1.95),
            floats("latency_ms_times", 0.98),
            noise("latency_ms_noise"),
            floats("speed_up", 1.02),
            noise("speed_up_noise"),
        ];
        let shown: Vec<&Column> = [0, 4, 5, 7].map(|place| &columns[place]).to_vec();
        let view = sheet(&shown, &columns, 1);
        assert_eq!(
            view.rows,
            [["30.00 ± 1.00 (2 of 3)", "1.95 ms", "~0.980", "~1.02 x"]]
        );
    }

    #[test]
    fn digests_are_cut_short_and_what_is_not_known_stays_empty() {
        let digests = Values::Text(vec![Some("0123456789abcdef".to_owned()), None]);
        let column = Column {
            name: "test_set".to_owned(),
            values: digests,
        };
        let view = sheet(&[&column], &[], 2);
        assert_eq!(view.rows, [["0123456789ab"], [""]]);
        assert_eq!(view.words, [true]);
    }
}
