//! Tokenizer and cleaning against the Moses scripts.

use crate::golden::text_golden::read;
use serde::Deserialize;
use srp::config;
use srp::text::clean::clean;
use srp::text::lowercase::lowercase;
use srp::text::moses::Moses;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Tokenizer {
    cases: BTreeMap<String, Vec<Line>>,
}

#[derive(Deserialize)]
struct Line {
    input: String,
    tokenized: String,
    tokenized_lowercased: String,
}

#[test]
fn lines_are_tokenised_and_lowercased_as_by_moses() {
    let golden: Tokenizer = read("13_text/tokenizer_cases.json");
    for (language, lines) in golden.cases {
        let moses = Moses::new(&language);
        for line in lines {
            let tokenized = moses.tokenize(&line.input);
            assert_eq!(tokenized, line.tokenized, "{language}: {:?}", line.input);
            assert_eq!(
                lowercase(&tokenized),
                line.tokenized_lowercased,
                "{language}: {:?}",
                line.input
            );
        }
    }
}

#[derive(Deserialize)]
struct Cleaning {
    input: Vec<(String, String)>,
    kept_line_numbers_1based: Vec<usize>,
    output_de: Vec<String>,
    output_en: Vec<String>,
}

#[test]
fn the_pairs_that_moses_keeps_are_kept() {
    let golden: Cleaning = read("13_text/clean_cases.json");
    let (source, target): (Vec<_>, Vec<_>) = golden.input.into_iter().unzip();
    let limits = config::Clean {
        min_tokens: 1,
        max_tokens: 175,
        max_ratio: 1.5.try_into().unwrap(),
    };
    let kept = clean(&limits, &source, &target).unwrap();
    let numbers: Vec<usize> = kept.iter().map(|kept| kept.index + 1).collect();
    assert_eq!(numbers, golden.kept_line_numbers_1based);
    let (source, target): (Vec<_>, Vec<_>) = kept
        .into_iter()
        .map(|kept| (kept.source, kept.target))
        .unzip();
    assert_eq!(source, golden.output_de);
    assert_eq!(target, golden.output_en);
}
