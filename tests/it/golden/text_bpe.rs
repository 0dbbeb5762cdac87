//! Merges against subword-nmt.

use crate::golden::text_golden::{of_real_text, read};
use serde::Deserialize;
use srp::text::bpe::{Bpe, Segmenter};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Cases {
    input: Vec<String>,
    /// By the number of merges.
    output: BTreeMap<usize, Vec<String>>,
}

#[test]
fn words_are_cut_as_by_subword_nmt() {
    let golden: Cases = read("13_text/bpe_cases.json");
    for (merges, expected) in golden.output {
        let Some(codes) = of_real_text(&format!("13_text/bpe/codes.{merges}.txt")) else {
            continue;
        };
        let bpe = Bpe::read(&codes).unwrap();
        assert_eq!(bpe.merges().len(), merges);
        let mut segmenter = Segmenter::new(&bpe);
        let segmented: Vec<String> = golden
            .input
            .iter()
            .map(|line| segmenter.segment(line))
            .collect();
        assert_eq!(segmented, expected, "{merges} merges");
    }
}
