//! Real text through the whole way, against sums of what the original programs made of it.

use crate::golden::text_golden::{corpus, of_real_text, parse};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use srp::config;
use srp::text::bpe::{Bpe, Segmenter};
use srp::text::clean::clean;
use srp::text::corpus::{Languages, ParallelText, RawCorpus, Validation, open};
use srp::text::dataset::{Dataset, build};
use srp::text::lowercase::lowercase;
use srp::text::moses::Moses;
use srp::text::vocabulary::join_subwords;
use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

const DE_EN: Languages<'static> = Languages {
    source: "de",
    target: "en",
};

const SPLITS: [&str; 3] = ["train", "val", "test_2016_flickr"];

#[derive(Deserialize)]
struct Golden {
    files: BTreeMap<String, File>,
    clean_kept_lines: usize,
    clean_first_dropped_line_numbers_1based: Vec<usize>,
    bpe: Codes,
    dictionaries: BTreeMap<String, GoldenDictionary>,
}

#[derive(Deserialize)]
struct File {
    sha256: String,
    lines: usize,
}

#[derive(Deserialize)]
struct Codes {
    /// By the number of merges.
    codes: BTreeMap<usize, Sum>,
}

#[derive(Deserialize)]
struct Sum {
    sha256: String,
}

#[derive(Deserialize)]
struct GoldenDictionary {
    sha256: String,
    len_with_specials: usize,
    first_20_lines_of_split_as_ids: FirstLines,
}

#[derive(Deserialize)]
struct FirstLines {
    split: String,
    ids: Vec<Vec<u32>>,
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn limits() -> config::Clean {
    config::Clean {
        min_tokens: 1,
        max_tokens: 175,
        max_ratio: 1.5.try_into().unwrap(),
    }
}

fn spec(corpus: config::Corpus, merges: usize) -> config::Preprocess {
    config::Preprocess {
        source_language: "de".to_owned().try_into().unwrap(),
        target_language: "en".to_owned().try_into().unwrap(),
        corpus,
        tokenizer: config::Tokenizer::Moses,
        case: config::Case::Lower,
        clean: limits(),
        bpe: config::Bpe { merges },
        dictionaries: config::Dictionaries {
            multiple_of: NonZeroUsize::new(8).unwrap(),
        },
    }
}

fn files(folder: PathBuf) -> config::Corpus {
    config::Corpus::Files(config::Files {
        folder,
        train: "train".to_owned(),
        valid: "val".to_owned(),
        test: BTreeMap::from([("test_2016_flickr".to_owned(), "test_2016_flickr".to_owned())]),
    })
}

/// Golden sums and the corpus, if both are at hand and belong together.
fn golden_and_corpus() -> Option<(Golden, config::Corpus)> {
    let golden: Golden = parse(&of_real_text("13_text/pipeline.json")?);
    let corpus = files(corpus("multi30k")?);
    Some((golden, corpus))
}

/// Texts by the names that the golden sums have, such as `train.tok.de`.
#[derive(Default)]
struct Texts(BTreeMap<String, Vec<String>>);

impl Texts {
    fn insert(&mut self, split: &str, step: &str, text: &ParallelText) {
        self.0
            .insert(format!("{split}.{step}.de"), text.source.clone());
        self.0
            .insert(format!("{split}.{step}.en"), text.target.clone());
    }

    /// Compares every text of which `golden` has a sum.
    fn assert_sums(&self, golden: &BTreeMap<String, File>) {
        let of_a_split = golden
            .iter()
            .filter(|(name, _)| SPLITS.iter().any(|split| name.starts_with(split)));
        for (name, file) in of_a_split {
            assert_sum(name, &self.0[name], file);
        }
    }

    /// Compares the beginning of every text that a file in `folder` holds.
    fn assert_beginnings(&self, folder: &Path) {
        for (name, lines) in &self.0 {
            let Ok(expected) = fs::read_to_string(folder.join(format!("{name}.txt"))) else {
                continue;
            };
            let beginning = &lines[..expected.matches('\n').count()];
            assert!(joined(beginning) == expected, "the beginning of {name}");
        }
    }
}

fn assert_sum(name: &str, lines: &[String], file: &File) {
    assert_eq!(lines.len(), file.lines, "lines of {name}");
    assert_eq!(
        sha256(joined(lines).as_bytes()),
        file.sha256,
        "content of {name}"
    );
}

fn joined(lines: &[String]) -> String {
    lines
        .iter()
        .flat_map(|line| [line.as_str(), "\n"])
        .collect()
}

fn mapped(
    text: &ParallelText,
    source: impl Fn(&str) -> String,
    target: impl Fn(&str) -> String,
) -> ParallelText {
    text.pairs().map(|(s, t)| (source(s), target(t))).collect()
}

fn raw_splits(raw: RawCorpus) -> [ParallelText; 3] {
    let Validation::Given(valid) = raw.valid else {
        panic!("the validation split was given")
    };
    let test = raw.tests.into_values().next().unwrap();
    [raw.train, valid, test]
}

#[test]
fn every_step_on_multi30k_gives_the_text_of_the_original_programs() {
    let Some((golden, corpus)) = golden_and_corpus() else {
        return;
    };
    let (de, en) = (Moses::new("de"), Moses::new("en"));
    let mut texts = Texts::default();
    let mut lowercased = Vec::new();
    for (split, text) in SPLITS
        .into_iter()
        .zip(raw_splits(open(&corpus, DE_EN).unwrap()))
    {
        texts.insert(split, "raw", &text);
        let mut text = mapped(&text, |line| de.tokenize(line), |line| en.tokenize(line));
        texts.insert(split, "tok", &text);
        if split == "train" {
            let kept = clean(&limits(), &text.source, &text.target).unwrap();
            assert_eq!(kept.len(), golden.clean_kept_lines);
            let dropped = (0..text.len())
                .filter(|index| kept.binary_search_by_key(index, |k| k.index).is_err());
            let first = golden.clean_first_dropped_line_numbers_1based.len();
            let dropped: Vec<usize> = dropped.map(|index| index + 1).take(first).collect();
            assert_eq!(dropped, golden.clean_first_dropped_line_numbers_1based);
            text = kept
                .into_iter()
                .map(|kept| (kept.source, kept.target))
                .collect();
            texts.insert(split, "clean", &text);
        }
        let text = mapped(&text, lowercase, lowercase);
        texts.insert(split, "lc", &text);
        lowercased.push((split, text));
    }
    for (merges, sum) in &golden.bpe.codes {
        let Some(codes) = of_real_text(&format!("13_text/bpe/codes.{merges}.txt")) else {
            continue;
        };
        assert_eq!(sha256(&fs::read(&codes).unwrap()), sum.sha256);
        let bpe = Bpe::read(&codes).unwrap();
        let mut segmenter = Segmenter::new(&bpe);
        for (split, text) in &lowercased {
            let text = text
                .pairs()
                .map(|(s, t)| (segmenter.segment(s), segmenter.segment(t)));
            texts.insert(split, &format!("bpe{merges}"), &text.collect());
        }
    }
    texts.assert_sums(&golden.files);
    if let Some(beginnings) = of_real_text("13_text/head200") {
        texts.assert_beginnings(&beginnings);
    }
}

#[test]
fn the_data_set_of_multi30k_is_that_of_the_original_programs() {
    let Some((golden, corpus)) = golden_and_corpus() else {
        return;
    };
    for (&merges, sum) in &golden.bpe.codes {
        let folder = tempfile::tempdir().unwrap();
        let spec = spec(corpus.clone(), merges);
        let summary = build(&spec, folder.path(), 2, &mut |_| ()).unwrap();
        let codes = fs::read(folder.path().join("codes.bpe")).unwrap();
        assert_eq!(sha256(&codes), sum.sha256, "codes of {merges} merges");
        assert_eq!(summary.splits["train"], golden.clean_kept_lines);

        let dataset = Dataset::open(folder.path()).unwrap();
        for language in ["de", "en"] {
            let expected = &golden.dictionaries[&format!("bpe{merges}.{language}")];
            let file = fs::read(folder.path().join(format!("dict.{language}.txt"))).unwrap();
            assert_eq!(
                sha256(&file),
                expected.sha256,
                "{language} dictionary of {merges} merges"
            );
            let is_source = language == DE_EN.source;
            let size = if is_source {
                summary.source_symbols
            } else {
                summary.target_symbols
            };
            assert_eq!(size, expected.len_with_specials);

            let first = &expected.first_20_lines_of_split_as_ids;
            let split = if first.split == "val" {
                "valid"
            } else {
                &first.split
            };
            for (pair, expected) in dataset.split(split).unwrap().pairs.iter().zip(&first.ids) {
                let sentence = if is_source {
                    &pair.source
                } else {
                    &pair.target
                };
                assert_eq!(sentence, expected);
            }
        }
    }
}

/// Multi30k in the layout of the campaign, whose validation split is taken from the training text.
fn as_campaign(raw: &[ParallelText; 3], folder: &Path) -> config::Corpus {
    for (language, train) in [("de", &raw[0].source), ("en", &raw[0].target)] {
        fs::write(
            folder.join(format!("train.tags.de-en.{language}")),
            joined(train),
        )
        .unwrap();
        for part in [
            "TED.dev2010",
            "TEDX.dev2012",
            "TED.tst2010",
            "TED.tst2011",
            "TED.tst2012",
        ] {
            let path = folder.join(format!("IWSLT14.{part}.de-en.{language}.xml"));
            fs::write(path, "<seg id=\"1\"> x </seg>\n").unwrap();
        }
    }
    config::Corpus::Iwslt14(config::Iwslt14 {
        archive: folder.to_owned(),
        origin: None,
        sha256: None,
    })
}

#[test]
fn every_23rd_pair_is_taken_as_by_the_original_script() {
    let Some((golden, corpus)) = golden_and_corpus() else {
        return;
    };
    let campaign = tempfile::tempdir().unwrap();
    let corpus = as_campaign(&raw_splits(open(&corpus, DE_EN).unwrap()), campaign.path());
    let folder = tempfile::tempdir().unwrap();
    build(&spec(corpus, 50), folder.path(), 2, &mut |_| ()).unwrap();
    let dataset = Dataset::open(folder.path()).unwrap();
    // Every symbol of the training split is in the dictionaries, so that its numbers give the text back.
    let (mut source, mut target) = (Vec::new(), Vec::new());
    for pair in dataset.split("train").unwrap().pairs {
        source.push(join_subwords(
            &dataset.source_dictionary().decode(&pair.source, "<unk>"),
        ));
        target.push(join_subwords(
            &dataset.target_dictionary().decode(&pair.target, "<unk>"),
        ));
    }
    assert_sum(
        "every23.train.de",
        &source,
        &golden.files["every23.train.de"],
    );
    assert_sum(
        "every23.train.en",
        &target,
        &golden.files["every23.train.en"],
    );
    let valid = dataset.split("valid").unwrap().pairs;
    assert_eq!(valid.len(), golden.files["every23.valid.de"].lines);
}
