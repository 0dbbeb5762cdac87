//! What the columns of a table are to a comparison.

use super::speed;
use crate::results::columns::is_parameter;
pub(super) use crate::results::comparable::{COMPARABLE, SAID_BY_TEST_SET};
use crate::results::derived::Derived;

/// How a measure is set against that of the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// In points, as `NAME_delta`.
    Difference,
    /// As so many times the baseline's, as `NAME_times`.
    Times,
}

/// What is set against the baseline.
pub(super) const MEASURES: [(&str, Change); 9] = [
    ("bleu", Change::Difference),
    ("chrf", Change::Difference),
    ("tokenized_bleu", Change::Difference),
    ("parameters", Change::Times),
    ("flops", Change::Times),
    ("decode_sentences_per_second", Change::Times),
    ("decode_tokens_per_second", Change::Times),
    ("latency_ms", Change::Times),
    ("batch_ms", Change::Times),
];

/// What is measured, and not set against the baseline: some of it already is, against the unpruned model of its table.
const OF_TABLES: [&str; 8] = [
    "decode_other_load",
    "parameter_ratio",
    "flops_ratio",
    "speed_up",
    "batch_speed_up",
    "artifact",
    "n",
    "seconds",
];

/// Whether a column was measured, or computed from what was: no two runs need to agree on it.
pub(super) fn is_measured(column: &str) -> bool {
    MEASURES.iter().any(|(name, _)| *name == column)
        || OF_TABLES.contains(&column)
        || speed::is_speed(column)
        || Derived::of(column).is_some()
        || column.starts_with("seconds.")
}

/// Whether a column says what a row is: where it comes from, and what was asked for.
pub(super) fn is_asked(column: &str) -> bool {
    [
        "source",
        "experiment",
        "stage",
        "asked_ratio",
        "checkpoint",
        "precision",
    ]
    .contains(&column)
        || is_parameter(column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::columns;

    #[test]
    fn every_name_is_that_of_a_column() {
        let columns = columns(&[]);
        let measures = MEASURES.iter().map(|(name, _)| name);
        for name in measures.chain(&COMPARABLE) {
            assert!(columns.iter().any(|column| column.name == **name), "{name}");
        }
    }

    #[test]
    fn a_column_has_one_role() {
        for column in columns(&[]).iter().map(|column| column.name.as_str()) {
            let roles = [
                is_asked(column),
                is_measured(column),
                COMPARABLE.contains(&column),
                speed::CONDITIONS.contains(&column),
                // Models of several sizes are compared, and are not one model of several seeds.
                column == "original_parameters",
            ];
            let roles = roles.iter().filter(|&&has| has).count();
            assert_eq!(roles, 1, "{column}");
        }
        assert!(is_asked("rate") && is_measured("seconds.dense"));
    }

    #[test]
    fn a_parameter_with_the_name_of_half_a_measure_is_a_parameter() {
        for name in ["batch_size", "decode_beam", "latency_target", "dropout_p"] {
            assert!(is_asked(name) && !is_measured(name), "{name}");
        }
    }
}
