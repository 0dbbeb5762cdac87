//! What must agree for two rows to be ranked, by their scores and by their speeds.

/// What must agree for the scores of two rows to compare.
pub const COMPARABLE: [&str; 12] = [
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
pub const SAID_BY_TEST_SET: [&str; 2] = ["split", "sentences"];

/// What every measured speed depends on beside the model.
const MEASURED_ON: [&str; 2] = ["decode_device", "decode_threads"];

/// What a speed of batches depends on, which is all that any speed does.
pub(super) const BATCHES_MEASURED_ON: [&str; 3] =
    [MEASURED_ON[0], MEASURED_ON[1], "batch_sentences"];

/// Speeds of one sentence after another, or of a whole test set.
const SPEEDS: [&str; 6] = [
    "decode_sentences_per_second",
    "decode_tokens_per_second",
    "latency_ms",
    "latency_least_ms",
    "latency_most_ms",
    "speed_up",
];

/// Speeds of batches of one size.
const BATCH_SPEEDS: [&str; 4] = [
    "batch_ms",
    "batch_least_ms",
    "batch_most_ms",
    "batch_speed_up",
];

/// The columns that must agree as well for the values of a column to compare: none unless it is a speed.
pub fn measured_on(column: &str) -> &'static [&'static str] {
    if BATCH_SPEEDS.contains(&column) {
        &BATCHES_MEASURED_ON
    } else if SPEEDS.contains(&column) {
        &MEASURED_ON
    } else {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::columns;

    #[test]
    fn every_speed_is_a_column_and_no_parameter_is_a_speed() {
        let columns = columns(&[]);
        for name in SPEEDS.iter().chain(&BATCH_SPEEDS).chain(&COMPARABLE) {
            assert!(columns.iter().any(|column| column.name == **name), "{name}");
        }
        for name in ["batch_size", "latency_target", "decode_beam", "bleu"] {
            assert!(measured_on(name).is_empty(), "{name}");
        }
    }
}
