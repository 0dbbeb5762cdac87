//! Rows laid out as a tidy table: every column has a name and one type.

use super::{Record, conditions};
use std::collections::BTreeSet;
use toml::Value;

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name, which no other column has.
    pub name: String,
    /// What stands in it.
    pub values: Values,
}

/// The values of a column, one for each row; nothing where the row has no such thing.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Truth values.
    Bool(Vec<Option<bool>>),
    /// Counts.
    Integer(Vec<Option<i64>>),
    /// Measures.
    Float(Vec<Option<f64>>),
    /// Words.
    Text(Vec<Option<String>>),
}

impl Values {
    /// The value of a row as a number; nothing where there is none, or it is something else.
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Integer(values) => values[row].map(|value| value as f64),
            Self::Float(values) => values[row],
            Self::Bool(_) | Self::Text(_) => None,
        }
    }

    /// The value of a row in words.
    pub fn shown(&self, row: usize) -> Option<String> {
        match self {
            Self::Bool(values) => values[row].map(|value| value.to_string()),
            Self::Integer(values) => values[row].map(|value| value.to_string()),
            Self::Float(values) => values[row].map(|value| value.to_string()),
            Self::Text(values) => values[row].clone(),
        }
    }

    /// Whether two rows have the same value, or none both.
    pub(super) fn same(&self, one: usize, other: usize) -> bool {
        match self {
            Self::Bool(values) => values[one] == values[other],
            Self::Integer(values) => values[one] == values[other],
            Self::Float(values) => values[one] == values[other],
            Self::Text(values) => values[one] == values[other],
        }
    }

    /// Whether a row has a value.
    pub(super) fn is_known(&self, row: usize) -> bool {
        match self {
            Self::Bool(values) => values[row].is_some(),
            Self::Integer(values) => values[row].is_some(),
            Self::Float(values) => values[row].is_some(),
            Self::Text(values) => values[row].is_some(),
        }
    }

    /// How many rows have a value.
    pub(super) fn known(&self) -> usize {
        (0..self.len()).filter(|row| self.is_known(*row)).count()
    }

    fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// These values, and where there is none, the other's; all of the other's if these are none or of another type.
    pub(super) fn or(&self, other: Self) -> Self {
        fn of<T: Clone>(values: &[Option<T>], other: Vec<Option<T>>) -> Vec<Option<T>> {
            let pairs = values.iter().zip(other);
            pairs
                .map(|(value, other)| value.clone().or(other))
                .collect()
        }
        match (self, other) {
            (Self::Bool(values), Self::Bool(other)) => Self::Bool(of(values, other)),
            (Self::Integer(values), Self::Integer(other)) => Self::Integer(of(values, other)),
            (Self::Float(values), Self::Float(other)) => Self::Float(of(values, other)),
            (Self::Text(values), Self::Text(other)) => Self::Text(of(values, other)),
            (_, other) => other,
        }
    }

    /// The values of some rows, in this order; nothing for each row that is nothing.
    pub(super) fn pick(&self, rows: &[Option<usize>]) -> Self {
        fn of<T: Clone>(values: &[Option<T>], rows: &[Option<usize>]) -> Vec<Option<T>> {
            rows.iter().map(|row| values[(*row)?].clone()).collect()
        }
        match self {
            Self::Bool(values) => Self::Bool(of(values, rows)),
            Self::Integer(values) => Self::Integer(of(values, rows)),
            Self::Float(values) => Self::Float(of(values, rows)),
            Self::Text(values) => Self::Text(of(values, rows)),
        }
    }
}

/// What every table says of a record, whatever the experiment.
enum Field {
    Integer(fn(&Record) -> u64),
    Float(fn(&Record) -> f64),
    Optional(fn(&Record) -> Option<f64>),
    Text(fn(&Record) -> String),
}

const EXPERIMENT: (&str, Field) = ("experiment", Field::Text(|r| r.experiment.clone()));

#[rustfmt::skip]
const SCORES: [(&str, Field); 8] = [
    ("stage", Field::Text(|r| r.stage.clone())),
    ("split", Field::Text(|r| r.report.split.clone())),
    ("sentences", Field::Integer(|r| r.report.sentences as u64)),
    ("bleu", Field::Float(|r| r.report.bleu)),
    ("bleu_signature", Field::Text(|r| r.report.bleu_signature.clone())),
    ("chrf", Field::Float(|r| r.report.chrf)),
    ("chrf_signature", Field::Text(|r| r.report.chrf_signature.clone())),
    ("tokenized_bleu", Field::Float(|r| r.report.tokenized_bleu)),
];

#[rustfmt::skip]
const COSTS: [(&str, Field); 11] = [
    ("parameters", Field::Integer(|r| r.report.parameters)),
    ("original_parameters", Field::Integer(|r| r.report.original_parameters)),
    ("asked_ratio", Field::Optional(|r| r.asked_ratio)),
    ("parameter_ratio", Field::Float(|r| r.report.parameter_ratio)),
    ("flops", Field::Integer(|r| r.report.flops)),
    ("flops_length", Field::Integer(|r| r.report.flops_length as u64)),
    ("decode_sentences_per_second", Field::Float(|r| r.decode.sentences_per_second)),
    ("decode_tokens_per_second", Field::Float(|r| r.decode.tokens_per_second)),
    ("decode_threads", Field::Integer(|r| r.decode.threads as u64)),
    ("decode_device", Field::Text(|r| r.decode.device.clone())),
    ("artifact", Field::Text(|r| r.artifact.to_string())),
];

/// The tidy table of some records: one row each, in their order. Parameters of the sweep stand in columns of
/// their own name (`param.NAME` where that name is taken), wall times in `seconds.STAGE`.
pub fn columns(records: &[Record]) -> Vec<Column> {
    let measure = |(name, field): &(&str, Field)| Column {
        name: (*name).to_owned(),
        values: field.of(records),
    };
    let mut columns = vec![measure(&EXPERIMENT)];
    let params: BTreeSet<&String> = records.iter().flat_map(|r| r.params.keys()).collect();
    columns.extend(params.into_iter().map(|param| Column {
        name: param_column(param),
        values: unify(records.iter().map(|r| r.params.get(param)).collect()),
    }));
    columns.extend(SCORES.iter().map(measure));
    let known: Vec<_> = records.iter().map(|r| r.conditions.as_ref()).collect();
    columns.extend(conditions::columns(&known));
    columns.extend(COSTS.iter().map(measure));
    let stages: BTreeSet<&String> = records.iter().flat_map(|r| r.seconds.keys()).collect();
    columns.extend(stages.into_iter().map(|stage| {
        let seconds = records.iter().map(|r| r.seconds.get(stage).copied());
        Column {
            name: format!("seconds.{stage}"),
            values: Values::Float(seconds.collect()),
        }
    }));
    columns
}

impl Field {
    fn of(&self, records: &[Record]) -> Values {
        let records = records.iter();
        match self {
            Self::Integer(get) => Values::Integer(records.map(|r| signed(get(r))).collect()),
            Self::Float(get) => Values::Float(records.map(|r| Some(get(r))).collect()),
            Self::Text(get) => Values::Text(records.map(|r| Some(get(r))).collect()),
            Self::Optional(get) => Values::Float(records.map(get).collect()),
        }
    }
}

/// A count as tables hold it: no model has so many of anything that the sign bit is needed.
fn signed(count: u64) -> Option<i64> {
    i64::try_from(count).ok()
}

/// Columns that tables of several sources have beside those of each.
const OF_SEVERAL: [&str; 3] = ["source", "row", "n"];

/// Whether a column holds the values of a parameter of the sweep.
pub(super) fn is_parameter(column: &str) -> bool {
    let mut ours = SCORES.iter().chain(&COSTS).chain([&EXPERIMENT]);
    !ours.any(|(name, _)| *name == column)
        && !conditions::NAMES.contains(&column)
        && !column.starts_with("seconds.")
        && !OF_SEVERAL.contains(&column)
}

fn param_column(param: &str) -> String {
    if !is_parameter(param) {
        format!("param.{param}")
    } else {
        param.to_owned()
    }
}

/// The values of one parameter as values of one type: whole numbers among others become floats, and values of
/// several types become text.
fn unify(values: Vec<Option<&Value>>) -> Values {
    let all = |holds: fn(&Value) -> bool| values.iter().flatten().all(|value| holds(value));
    let values = values.iter().copied();
    if all(Value::is_bool) {
        Values::Bool(values.map(|value| value?.as_bool()).collect())
    } else if all(Value::is_integer) {
        Values::Integer(values.map(|value| value?.as_integer()).collect())
    } else if all(|value| number(value).is_some()) {
        Values::Float(values.map(|value| number(value?)).collect())
    } else {
        Values::Text(values.map(|value| value.map(shown)).collect())
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or(value.as_integer().map(|n| n as f64))
}

/// A parameter's value as people write it: text without quotes.
pub(super) fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unified(toml: &str) -> Values {
        let table: toml::Table = toml::from_str(&format!("values = {toml}")).unwrap();
        let values = table["values"].as_array().unwrap();
        unify(values.iter().map(Some).chain([None]).collect())
    }

    #[test]
    fn a_parameter_has_one_type_in_all_rows() {
        let text = |s: &str| Some(s.to_owned());
        let expected = [
            ("[1, 2]", Values::Integer(vec![Some(1), Some(2), None])),
            ("[1, 0.5]", Values::Float(vec![Some(1.0), Some(0.5), None])),
            ("[true]", Values::Bool(vec![Some(true), None])),
            ("['a', 1]", Values::Text(vec![text("a"), text("1"), None])),
        ];
        for (toml, values) in expected {
            assert_eq!(unified(toml), values);
        }
    }

    #[test]
    fn a_parameter_cannot_hide_a_measure() {
        assert_eq!(param_column("rate"), "rate");
        assert_eq!(param_column("bleu"), "param.bleu");
        assert_eq!(param_column("experiment"), "param.experiment");
        assert_eq!(param_column("seconds.dense"), "param.seconds.dense");
    }
}
