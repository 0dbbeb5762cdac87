//! Rows laid out as a tidy table: every column has a name and one type.

use super::derived::Derived;
#[cfg(feature = "tables")]
use super::{BesideBaseline, SpeedUp};
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

/// What every table says of a record, whatever the experiment.
enum Field {
    Integer(fn(&Record) -> u64),
    Float(fn(&Record) -> f64),
    Optional(fn(&Record) -> Option<f64>),
    OptionalInteger(fn(&Record) -> Option<u64>),
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
const COSTS: [(&str, Field); 22] = [
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
    ("decode_other_load", Field::Optional(|r| r.decode.other_load)),
    ("flops_ratio", Field::Optional(|r| Some(r.beside_baseline?.flops_ratio))),
    ("latency_ms", Field::Optional(|r| Some(r.decode.fixed_batch(false)?.median_ms))),
    ("latency_least_ms", Field::Optional(|r| Some(r.decode.fixed_batch(false)?.least_ms))),
    ("latency_most_ms", Field::Optional(|r| Some(r.decode.fixed_batch(false)?.most_ms))),
    ("speed_up", Field::Optional(|r| Some(r.beside_baseline?.speed_up?.ratio))),
    ("batch_sentences", Field::OptionalInteger(|r| Some(r.decode.fixed_batch(true)?.held() as u64))),
    ("batch_ms", Field::Optional(|r| Some(r.decode.fixed_batch(true)?.median_ms))),
    ("batch_least_ms", Field::Optional(|r| Some(r.decode.fixed_batch(true)?.least_ms))),
    ("batch_most_ms", Field::Optional(|r| Some(r.decode.fixed_batch(true)?.most_ms))),
    ("batch_speed_up", Field::Optional(|r| Some(r.beside_baseline?.batch_speed_up?.ratio))),
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
            name: format!("{SECONDS_OF}{stage}"),
            values: Values::Float(seconds.collect()),
        }
    }));
    columns
}

/// The tidy table, and behind it what is only asked for, and written to no file: `NAME_noise`, whether a speed-up is
/// noise, and in `seconds` the time of all stages that led to a row.
#[cfg(feature = "tables")]
pub(super) fn to_ask(records: &[Record]) -> Vec<Column> {
    let noise = |measure, of: fn(&BesideBaseline) -> Option<SpeedUp>| {
        let one = |record: &Record| Some(of(&record.beside_baseline?)?.noise);
        Column {
            name: Derived::Noise.name(measure),
            values: Values::Bool(records.iter().map(one).collect()),
        }
    };
    let mut columns = columns(records);
    let seconds = seconds(&columns, records.len());
    columns.push(noise("speed_up", |found| found.speed_up));
    columns.push(noise("batch_speed_up", |found| found.batch_speed_up));
    columns.extend(seconds);
    columns
}

/// The time of all stages that led to each row of a table, in a column `seconds`; nothing if it has no time of any.
#[cfg(feature = "tables")]
pub(super) fn seconds(columns: &[Column], height: usize) -> Option<Column> {
    let stages = columns.iter();
    let stages = stages.filter(|column| column.name.starts_with(SECONDS_OF));
    let stages: Vec<&Values> = stages.map(|column| &column.values).collect();
    let total = |row: usize| {
        let known = stages.iter().filter_map(|values| values.number(row));
        known.reduce(|sum, seconds| sum + seconds)
    };
    (!stages.is_empty()).then(|| Column {
        name: "seconds".to_owned(),
        values: Values::Float((0..height).map(total).collect()),
    })
}

/// What the names of columns begin with that hold the time of one stage.
const SECONDS_OF: &str = "seconds.";

impl Field {
    fn of(&self, records: &[Record]) -> Values {
        let records = records.iter();
        match self {
            Self::Integer(get) => Values::Integer(records.map(|r| signed(get(r))).collect()),
            Self::Float(get) => Values::Float(records.map(|r| Some(get(r))).collect()),
            Self::Text(get) => Values::Text(records.map(|r| Some(get(r))).collect()),
            Self::Optional(get) => Values::Float(records.map(get).collect()),
            Self::OptionalInteger(get) => {
                Values::Integer(records.map(|r| get(r).and_then(signed)).collect())
            }
        }
    }
}

/// A count as tables hold it: no model has so many of anything that the sign bit is needed.
fn signed(count: u64) -> Option<i64> {
    i64::try_from(count).ok()
}

/// Columns that tables have beside those of each source, when they are compared or asked.
const BESIDE: [&str; 5] = ["source", "row", ROW_OF_AVERAGE, "n", "seconds"];

/// The name of the average that a row is to go into, while rows are compared.
pub(super) const ROW_OF_AVERAGE: &str = "row_of_average";

/// Whether every table of results has a column of that name, or could have one after one of its stages.
pub(super) fn is_own(column: &str) -> bool {
    let mut ours = SCORES.iter().chain(&COSTS).chain([&EXPERIMENT]);
    ours.any(|(name, _)| *name == column)
        || conditions::NAMES.contains(&column)
        || column.starts_with(SECONDS_OF)
}

/// Whether a column holds the values of a parameter of the sweep.
pub fn is_parameter(column: &str) -> bool {
    !is_own(column) && !BESIDE.contains(&column) && Derived::of(column).is_none()
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
        assert_eq!(param_column("bleu_delta"), "param.bleu_delta");
        assert_eq!(param_column("dropout_p"), "dropout_p");
        assert_eq!(param_column("seconds.dense"), "param.seconds.dense");
    }
}
