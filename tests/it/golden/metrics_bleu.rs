//! Scores of translations against those of sacreBLEU and fairseq.

use crate::golden::data::{assert_close, read};
use serde::Deserialize;
use srp::metrics::bleu::{BleuStatistics, Orders};
use srp::metrics::chrf::ChrfStatistics;
use srp::metrics::signature::{self, TextCase};
use srp::metrics::tokenized_bleu::TokenizedBleuStatistics;
use srp::metrics::tokenizer_13a;

#[derive(Deserialize)]
struct Cases<T> {
    cases: Vec<T>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    hypotheses: Vec<String>,
    references: Vec<String>,
    bleu_default: Expected,
    bleu_lowercase: Expected,
    bleu_tokenize_none: Expected,
    bleu_effective_order: Expected,
    chrf: ExpectedChrf,
    chrf_pp: ExpectedChrf,
    chrf_lowercase: ExpectedChrf,
    sentence_bleu_scores: Option<Vec<f64>>,
    sentence_chrf_scores: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct Expected {
    score: f64,
    precisions: [f64; 4],
    bp: f64,
    sys_len: u64,
    ref_len: u64,
    counts: [u64; 4],
    totals: [u64; 4],
    signature: String,
    formatted: String,
}

#[derive(Deserialize)]
struct ExpectedChrf {
    score: f64,
    signature: String,
    formatted: String,
}

impl Case {
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        assert_eq!(
            self.hypotheses.len(),
            self.references.len(),
            "{}",
            self.name
        );
        let references = self.references.iter().map(String::as_str);
        self.hypotheses.iter().map(String::as_str).zip(references)
    }

    fn bleu(&self, text: impl Fn(&str) -> String) -> BleuStatistics {
        let mut statistics = BleuStatistics::default();
        for (hypothesis, reference) in self.pairs() {
            statistics.add(&text(hypothesis), &text(reference));
        }
        statistics
    }

    fn chrf<const WORD_ORDERS: usize>(
        &self,
        text: impl Fn(&str) -> String,
    ) -> ChrfStatistics<WORD_ORDERS> {
        let mut statistics = ChrfStatistics::default();
        for (hypothesis, reference) in self.pairs() {
            statistics.add(&text(hypothesis), &text(reference));
        }
        statistics
    }
}

fn assert_bleu(statistics: &BleuStatistics, orders: Orders, expected: &Expected, what: &str) {
    assert_eq!(statistics.matches, expected.counts, "{what}");
    assert_eq!(statistics.totals, expected.totals, "{what}");
    assert_eq!(statistics.sys_len, expected.sys_len, "{what}");
    assert_eq!(statistics.ref_len, expected.ref_len, "{what}");
    let bleu = statistics.score(orders);
    assert_close(bleu.score, expected.score, what);
    assert_close(bleu.brevity_penalty, expected.bp, what);
    for (got, expected) in bleu.precisions.into_iter().zip(expected.precisions) {
        assert_close(got, expected, what);
    }
    assert_eq!(bleu.to_string(), expected.formatted, "{what}");
}

fn assert_chrf<const WORD_ORDERS: usize>(
    statistics: ChrfStatistics<WORD_ORDERS>,
    expected: &ExpectedChrf,
    what: &str,
) {
    let chrf = statistics.score();
    assert_close(chrf.score, expected.score, what);
    assert_eq!(chrf.to_string(), expected.formatted, "{what}");
}

/// A signature up to its version, which names the program that computed the score.
fn settings(signature: &str) -> Option<&str> {
    signature
        .split_once("version:")
        .map(|(settings, _)| settings)
}

fn cases() -> Vec<Case> {
    let Cases { cases } = read("13_text/bleu_cases.json");
    assert!(!cases.is_empty());
    cases
}

#[test]
fn corpus_bleu_is_sacrebleus() {
    for case in cases() {
        let statistics = case.bleu(str::to_owned);
        assert_bleu(&statistics, Orders::All, &case.bleu_default, &case.name);
        let effective = &case.bleu_effective_order;
        assert_bleu(&statistics, Orders::Effective, effective, &case.name);
    }
}

#[test]
fn lowercased_bleu_is_sacrebleus() {
    for case in cases() {
        let statistics = case.bleu(str::to_lowercase);
        assert_bleu(&statistics, Orders::All, &case.bleu_lowercase, &case.name);
    }
}

#[test]
fn bleu_of_tokens_is_sacrebleus_without_tokenizer() {
    for case in cases() {
        let mut statistics = BleuStatistics::default();
        for (hypothesis, reference) in case.pairs() {
            let [hypothesis, reference] =
                [hypothesis, reference].map(|line| line.split_whitespace().collect::<Vec<_>>());
            statistics.add_tokens(&hypothesis, &reference);
        }
        assert_bleu(
            &statistics,
            Orders::All,
            &case.bleu_tokenize_none,
            &case.name,
        );
    }
}

#[test]
fn sentence_scores_are_sacrebleus() {
    for case in cases() {
        for (expected, (hypothesis, reference)) in
            case.sentence_bleu_scores.iter().flatten().zip(case.pairs())
        {
            let mut statistics = BleuStatistics::default();
            statistics.add(hypothesis, reference);
            assert_close(
                statistics.score(Orders::Effective).score,
                *expected,
                hypothesis,
            );
        }
        for (expected, (hypothesis, reference)) in
            case.sentence_chrf_scores.iter().flatten().zip(case.pairs())
        {
            let mut statistics = ChrfStatistics::<0>::default();
            statistics.add(hypothesis, reference);
            assert_close(statistics.score().score, *expected, hypothesis);
        }
    }
}

#[test]
fn chrf_is_sacrebleus() {
    for case in cases() {
        assert_chrf(case.chrf::<0>(str::to_owned), &case.chrf, &case.name);
        assert_chrf(case.chrf::<2>(str::to_owned), &case.chrf_pp, &case.name);
        let lowercased = case.chrf::<0>(str::to_lowercase);
        assert_chrf(lowercased, &case.chrf_lowercase, &case.name);
    }
}

#[test]
fn signatures_say_what_sacrebleus_say_but_for_the_version() {
    for case in cases() {
        for (ours, theirs) in [
            (
                signature::bleu(TextCase::Mixed, Orders::All),
                &case.bleu_default.signature,
            ),
            (
                signature::bleu(TextCase::Lowercase, Orders::All),
                &case.bleu_lowercase.signature,
            ),
            (
                signature::bleu(TextCase::Mixed, Orders::Effective),
                &case.bleu_effective_order.signature,
            ),
            (signature::chrf(TextCase::Mixed, 0), &case.chrf.signature),
            (signature::chrf(TextCase::Mixed, 2), &case.chrf_pp.signature),
            (
                signature::chrf(TextCase::Lowercase, 0),
                &case.chrf_lowercase.signature,
            ),
        ] {
            assert_eq!(settings(&ours), settings(theirs));
            let version = concat!("|version:srp-", env!("CARGO_PKG_VERSION"));
            assert!(ours.ends_with(version), "{ours}");
        }
    }
}

#[derive(Deserialize)]
struct Line {
    input: String,
    output: String,
}

#[test]
fn tokens_are_those_of_13a() {
    let Cases { cases } = read::<Cases<Line>>("13_text/tokenizer_13a_cases.json");
    assert!(!cases.is_empty());
    for Line { input, output } in cases {
        assert_eq!(tokenizer_13a::tokenize(&input), output, "{input:?}");
    }
}

#[derive(Deserialize)]
struct Tokenized {
    name: String,
    hypotheses: Vec<String>,
    references: Vec<String>,
    score: f64,
    precisions: [f64; 4],
    brevity: f64,
    sys_len: u64,
    ref_len: u64,
    result_string: String,
    matches: [u64; 4],
    totals: [u64; 4],
}

#[test]
fn tokenized_bleu_is_fairseqs() {
    let Cases { cases } = read::<Cases<Tokenized>>("13_text/fairseq_tokenized_bleu_cases.json");
    assert!(!cases.is_empty());
    for case in cases {
        let mut statistics = TokenizedBleuStatistics::default();
        for (hypothesis, reference) in case.hypotheses.iter().zip(&case.references) {
            statistics.add(hypothesis, reference);
        }
        assert_eq!(
            statistics.counts(),
            (case.matches, case.totals),
            "{}",
            case.name
        );
        let bleu = statistics.score();
        assert_close(bleu.score, case.score, &case.name);
        assert_close(bleu.brevity_penalty, case.brevity, &case.name);
        for (got, expected) in bleu.precisions.into_iter().zip(case.precisions) {
            assert_close(got, expected, &case.name);
        }
        assert_eq!(
            (bleu.sys_len, bleu.ref_len),
            (case.sys_len, case.ref_len),
            "{}",
            case.name
        );
        assert_eq!(bleu.to_string(), case.result_string, "{}", case.name);
    }
}
