//! The IWSLT'14 files against the command lines of the reference's preparation script.

use crate::golden::text_golden::read;
use serde::Deserialize;
use srp::config::{self, Corpus, Iwslt14};
use srp::text::clean::{Kept, clean};
use srp::text::corpus::{self, Languages, ParallelText};
use srp::text::lowercase::lowercase;
use srp::text::moses::Moses;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const DE_EN: Languages<'static> = Languages {
    source: "de",
    target: "en",
};

const TEST_PARTS: [&str; 5] = [
    "TED.dev2010",
    "TEDX.dev2012",
    "TED.tst2010",
    "TED.tst2011",
    "TED.tst2012",
];

#[derive(Deserialize)]
struct Golden {
    cases: BTreeMap<String, Side>,
}

#[derive(Deserialize)]
struct Side {
    train_tags_input: String,
    train_tokenized: String,
    train_cleaned: String,
    train_cleaned_lowercased: String,
    xml_input: String,
    xml_final: String,
}

fn write_corpus(folder: &Path, golden: &Golden) {
    for (language, side) in &golden.cases {
        let train = folder.join(format!("train.tags.de-en.{language}"));
        fs::write(train, &side.train_tags_input).unwrap();
        for part in TEST_PARTS {
            let test = folder.join(format!("IWSLT14.{part}.de-en.{language}.xml"));
            fs::write(test, &side.xml_input).unwrap();
        }
    }
}

/// The lines with a newline after each.
fn joined<S: AsRef<str>>(lines: &[S]) -> String {
    lines
        .iter()
        .flat_map(|line| [line.as_ref(), "\n"])
        .collect()
}

fn tokenized(text: &ParallelText) -> [Vec<String>; 2] {
    let tokenize = |language, lines: &[String]| {
        let moses = Moses::new(language);
        lines.iter().map(|line| moses.tokenize(line)).collect()
    };
    [
        tokenize(DE_EN.source, &text.source),
        tokenize(DE_EN.target, &text.target),
    ]
}

#[test]
fn iwslt14_files_become_the_text_of_the_reference() {
    let golden: Golden = read("13_text/iwslt_format_cases.json");
    let folder = tempfile::tempdir().unwrap();
    write_corpus(folder.path(), &golden);
    let spec = Iwslt14 {
        archive: folder.path().to_owned(),
        origin: None,
        sha256: None,
    };
    let raw = corpus::open(&Corpus::Iwslt14(spec), DE_EN).unwrap();

    let train = tokenized(&raw.train);
    let limits = config::Clean {
        min_tokens: 1,
        max_tokens: 175,
        max_ratio: 1.5.try_into().unwrap(),
    };
    let kept = clean(&limits, &train[0], &train[1]).unwrap();
    let cleaned: [fn(&Kept) -> &str; 2] = [|kept| &kept.source, |kept| &kept.target];
    let test = tokenized(&raw.tests["test"]);
    for (index, language) in [DE_EN.source, DE_EN.target].into_iter().enumerate() {
        let expected = &golden.cases[language];
        assert_eq!(joined(&train[index]), expected.train_tokenized);
        let cleaned: Vec<&str> = kept.iter().map(cleaned[index]).collect();
        assert_eq!(joined(&cleaned), expected.train_cleaned);
        assert_eq!(
            lowercase(&joined(&cleaned)),
            expected.train_cleaned_lowercased
        );
        assert_eq!(
            lowercase(&joined(&test[index])),
            expected.xml_final.repeat(TEST_PARTS.len())
        );
    }
}
