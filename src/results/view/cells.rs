//! Values as people read them: rounded, with the unit that the column's name tells.

use crate::results::markdown::{duration, percent, scaled};
use crate::results::{Column, Values};

/// A table of words.
pub(super) struct View {
    pub(super) head: Vec<String>,
    /// Of each column, whether it holds words, which stand left.
    pub(super) words: Vec<bool>,
    pub(super) rows: Vec<Vec<String>>,
}

impl View {
    /// Some columns of `all`.
    pub(super) fn of(shown: &[&Column], all: &[Column], height: usize) -> Self {
        let row = |row| shown.iter().map(|column| cell(column, all, row)).collect();
        Self {
            head: shown.iter().map(|column| head(&column.name)).collect(),
            words: shown
                .iter()
                .map(|column| matches!(column.values, Values::Text(_)))
                .collect(),
            rows: (0..height).map(row).collect(),
        }
    }
}

/// What a column is called.
fn head(name: &str) -> String {
    for (suffix, before, after) in [
        ("_delta", "Δ", ""),
        ("_times", "", " ×"),
        ("_p", "p of ", ""),
        ("_ci", "", " 95 %"),
    ] {
        if let Some(measure) = name.strip_suffix(suffix) {
            return format!("{before}{}{after}", head(measure));
        }
    }
    match name {
        "bleu" => "BLEU",
        "chrf" => "chrF",
        "asked_ratio" => "asked",
        "parameter_ratio" => "left",
        "flops" => "FLOPs",
        "decode_sentences_per_second" => "sentences/s",
        "decode_tokens_per_second" => "tokens/s",
        other => other,
    }
    .to_owned()
}

fn cell(column: &Column, all: &[Column], row: usize) -> String {
    let of = |suffix: &str| {
        let name = format!("{}{suffix}", column.name);
        let other = all.iter().find(|other| other.name == name)?;
        other.values.number(row)
    };
    let name = column.name.as_str();
    let Some(number) = column.values.number(row) else {
        return words(name, column.values.shown(row).unwrap_or_default());
    };
    if let Some(measure) = name.strip_suffix("_ci") {
        let mean = all
            .iter()
            .find(|other| other.name == format!("{measure}_mean"));
        let mean = mean.and_then(|mean| mean.values.number(row));
        return match mean {
            Some(mean) => format!("{mean:.2} ± {number:.2}"),
            None => format!("± {number:.2}"),
        };
    }
    match (rounded(name, number), of("_sd")) {
        (Some(mean), Some(deviation)) => {
            let deviation = rounded(name, deviation).unwrap_or_default();
            format!("{mean} ± {deviation}")
        }
        (Some(text), None) => text,
        (None, _) => column.values.shown(row).unwrap_or_default(),
    }
}

/// Words are whole, but for digests, whose beginnings are enough to tell them apart.
fn words(name: &str, words: String) -> String {
    match name {
        "artifact" | "test_set" => words.chars().take(12).collect(),
        _ => words,
    }
}

/// The number as a column of this name shows it; nothing where it stands as it is.
fn rounded(name: &str, number: f64) -> Option<String> {
    let text = match name {
        "bleu" | "chrf" | "tokenized_bleu" => format!("{number:.2}"),
        "parameters" | "original_parameters" | "flops" => scaled(number as u64),
        "asked_ratio" | "parameter_ratio" => percent(number),
        _ if name.ends_with("_delta") => format!("{number:+.2}"),
        _ if name.ends_with("_times") => format!("{number:.3}"),
        _ if name.ends_with("_p") => format!("{number:.4}"),
        _ if name.ends_with("_per_second") => format!("{number:.1}"),
        _ if name.starts_with("seconds.") => duration(number),
        _ => return None,
    };
    Some(text)
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
        ];
        let shown: Vec<&Column> = columns.iter().collect();
        let view = View::of(&shown, &columns, 1);
        let cells: Vec<_> = view.head.iter().zip(&view.rows[0]).collect();
        let cells: Vec<_> = cells
            .iter()
            .map(|(head, cell)| format!("{head}: {cell}"))
            .collect();
        assert_eq!(
            cells,
            [
                "BLEU: 27.46 ± 0.13",
                "bleu_sd: 0.126",
                "ΔBLEU: +0.50",
                "p of BLEU: 0.0010",
                "bleu_mean: 27.5",
                "BLEU 95 %: 27.50 ± 1.25",
                "FLOPs ×: 0.493",
                "FLOPs: 65.95 M",
                "asked: 30.0 %",
                "rate: 0.3",
            ]
        );
    }

    #[test]
    fn digests_are_cut_short_and_what_is_not_known_stays_empty() {
        let digests = Values::Text(vec![Some("0123456789abcdef".to_owned()), None]);
        let column = Column {
            name: "test_set".to_owned(),
            values: digests,
        };
        let view = View::of(&[&column], &[], 2);
        assert_eq!(view.rows, [["0123456789ab"], [""]]);
        assert_eq!(view.words, [true]);
    }
}
