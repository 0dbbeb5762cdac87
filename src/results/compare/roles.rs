//! What the columns of a table are to a comparison.

use crate::results::columns::is_parameter;

/// How a measure is set against that of the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// In points, as `NAME_delta`.
    Difference,
    /// As so many times the baseline's, as `NAME_times`.
    Times,
}

/// What is set against the baseline.
pub(super) const MEASURES: [(&str, Change); 7] = [
    ("bleu", Change::Difference),
    ("chrf", Change::Difference),
    ("tokenized_bleu", Change::Difference),
    ("parameters", Change::Times),
    ("flops", Change::Times),
    ("decode_sentences_per_second", Change::Times),
    ("decode_tokens_per_second", Change::Times),
];

/// What must agree for two rows to compare.
pub(super) const COMPARABLE: [&str; 12] = [
    "test_set",
    "split",
    "sentences",
    "bleu_signature",
    "chrf_signature",
    "beam",
    "length_penalty",
    "max_length_a",
    "max_length_b",
    "min_length",
    "unknown_penalty",
    "flops_length",
];

/// What a digest of the test set says better.
pub(super) const SAID_BY_TEST_SET: [&str; 2] = ["split", "sentences"];

/// Whether a column was measured: no two runs need to agree on it.
pub(super) fn is_measured(column: &str) -> bool {
    MEASURES.iter().any(|(name, _)| *name == column)
        || [
            "parameter_ratio",
            "flops_ratio",
            "speed_up",
            "artifact",
            "row",
        ]
        .contains(&column)
        || ["decode_", "latency_", "batch_"]
            .iter()
            .any(|prefix| column.starts_with(prefix))
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
                // Models of several sizes are compared, and are not one model of several seeds.
                column == "original_parameters",
            ];
            let roles = roles.iter().filter(|&&has| has).count();
            assert_eq!(roles, 1, "{column}");
        }
        assert!(is_asked("rate") && is_measured("seconds.dense"));
    }
}
