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

/// What must agree as well for the measured speeds of two rows to compare.
pub const MEASURED_ON: [&str; 2] = ["decode_device", "decode_threads"];
