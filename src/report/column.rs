//! Columns of a table as people call them, and as axes.

use super::ReportError;
use crate::figure::Better;
use crate::results::{self, Column};

/// Short words for columns.
const WORDS: [(&str, &str); 2] = [
    ("speed", "decode_sentences_per_second"),
    ("latency", "latency_ms"),
];

/// What people call a column.
const NAMES: [(&str, &str); 14] = [
    ("bleu", "BLEU"),
    ("chrf", "chrF"),
    ("tokenized_bleu", "BLEU of tokens"),
    ("flops", "FLOPs of one translation"),
    ("parameter_ratio", "share of parameters left"),
    ("asked_ratio", "share of parameters asked for"),
    ("decode_sentences_per_second", "sentences a second"),
    ("decode_tokens_per_second", "tokens a second"),
    ("latency_ms", "milliseconds for one sentence"),
    ("batch_ms", "milliseconds a sentence in batches"),
    ("speed_up", "times faster than the baseline"),
    ("decode_device", "device"),
    ("decode_threads", "threads"),
    ("flops_ratio", "times fewer FLOPs"),
];

/// Parts of the names of measures that one would like to be large; of all others, small.
const WANTED: [&str; 5] = ["bleu", "chrf", "per_second", "speed_up", "flops_ratio"];

/// The column of a name.
pub(super) fn find<'t>(table: &'t [Column], name: &str) -> Result<&'t Column, ReportError> {
    let found = table.iter().find(|column| column.name == name);
    found.ok_or_else(|| ReportError::UnknownColumn {
        name: name.to_owned(),
        known: table.iter().map(|column| column.name.clone()).collect(),
    })
}

/// The name of the column that is meant by a word, its name, or what stands above it.
pub(super) fn meant<'n>(name: &'n str, columns: &[&'n str]) -> &'n str {
    let word = WORDS.iter().find(|(word, _)| *word == name);
    let column = word.map(|(_, column)| *column);
    let known = column.or_else(|| results::meant(name, columns));
    known.unwrap_or(name)
}

/// The column that is meant by a word.
pub(super) fn named<'t>(table: &'t [Column], name: &'t str) -> Result<&'t Column, ReportError> {
    find(table, meant(name, &names(table)))
}

/// The names of all columns.
pub(super) fn names(table: &[Column]) -> Vec<&str> {
    table.iter().map(|column| column.name.as_str()).collect()
}

/// The values of a column that can be an axis.
pub(super) fn numbers(table: &[Column], column: &Column) -> Result<Vec<Option<f64>>, ReportError> {
    column
        .values
        .numbers()
        .ok_or_else(|| ReportError::NoNumbers {
            name: column.name.clone(),
            known: table
                .iter()
                .filter(|column| column.values.is_number())
                .map(|column| column.name.clone())
                .collect(),
        })
}

/// Whether some row has a value in a column that a word or a name means.
pub(super) fn is_measured(table: &[Column], name: &str) -> bool {
    let values = named(table, name)
        .ok()
        .and_then(|column| column.values.numbers());
    values.is_some_and(|values| values.iter().any(Option::is_some))
}

/// What people call a column.
pub(super) fn called(column: &str) -> String {
    let known = NAMES.iter().find(|(name, _)| *name == column);
    known.map_or_else(
        || column.replace('_', " "),
        |(_, words)| (*words).to_owned(),
    )
}

/// Which values of a column one would like to have.
pub(super) fn better(column: &str) -> Better {
    match WANTED.iter().any(|part| column.contains(part)) {
        true => Better::More,
        false => Better::Less,
    }
}
