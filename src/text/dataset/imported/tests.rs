//! Data-bins, taken over; and what is said of those that cannot be.

use super::*;
use crate::config::{self, Case, Corpus, Preprocess, Synthetic, Tokenizer};
use crate::text::dataset::{Dataset, TextPipeline, build};
use crate::text::indexed::TokenType;
use crate::text::vocabulary::UNK;
use std::fs;
use std::num::NonZeroUsize;
use tempfile::TempDir;

/// Symbols from 4 on.
const GERMAN: &str = "haus@@ 9\nboot 5\nhaus 3\n&apos; 2\n, 1\n. 1\n";
const ENGLISH: &str = "house 9\nboat 5\n&apos;s 3\n. 1\nmadeupword0000 0\n";

/// Two training pairs, a validation pair, and two test pairs in `test1`.
fn data_bin() -> (TempDir, DataBin) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("dict.de.txt"), GERMAN).unwrap();
    fs::write(file("dict.en.txt"), ENGLISH).unwrap();
    fs::write(file("codes"), "#version: 0.2\nh a\nha u\n").unwrap();
    let spec = DataBin {
        folder: folder.path().to_owned(),
        source_language: "de".to_owned().try_into().unwrap(),
        target_language: "en".to_owned().try_into().unwrap(),
        tests: vec!["test1".to_owned()],
        tokenizer: Tokenizer::Moses,
        case: Case::Lower,
        codes: file("codes"),
    };
    write(&spec, TRAIN, "de", &[&[4, 5, 2], &[6, 9, 2]]);
    write(&spec, TRAIN, "en", &[&[4, 5, 2], &[4, 7, 2]]);
    write(&spec, VALID, "de", &[&[6, 8, 4, 5, 9, 2]]);
    write(&spec, VALID, "en", &[&[5, 6, 4, 7, 2]]);
    write(&spec, "test1", "de", &[&[UNK, 4, 2], &[2]]);
    write(&spec, "test1", "en", &[&[UNK, 7, 2], &[2]]);
    (folder, spec)
}

/// Puts sentences in the place of those of one side, in a type that we would not choose.
fn write(spec: &DataBin, split: &str, language: &str, sentences: &[&[u32]]) {
    let prefix = sentences_path(&spec.folder, split, languages(spec), language);
    indexed::write(&prefix, TokenType::I32, sentences.iter().copied()).unwrap();
}

fn imported(spec: &DataBin) -> Result<(TempDir, Summary), ImportError> {
    let out = tempfile::tempdir().unwrap();
    let summary = import(spec, out.path(), &mut |_| ())?;
    Ok((out, summary))
}

/// What importing says after `change` was made to the data-bin.
fn error_after(change: impl FnOnce(&mut DataBin)) -> String {
    let (folder, mut spec) = data_bin();
    change(&mut spec);
    let error = imported(&spec).unwrap_err().to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn sentences_dictionaries_and_codes_are_taken_as_they_are() {
    let (_folder, spec) = data_bin();
    let (out, summary) = imported(&spec).unwrap();
    let dataset = Dataset::open(out.path()).unwrap();
    assert_eq!(*dataset.summary(), summary);
    assert_eq!((summary.merges, summary.dropped_pairs), (2, 0));
    assert_eq!((summary.source_symbols, summary.target_symbols), (10, 9));
    assert_eq!(summary.pairs(), "test1 2, train 2, valid 1 pairs");
    let train = dataset.split(TRAIN).unwrap().pairs;
    assert_eq!(train[1].source, [6, 9, 2]);
    assert_eq!(train[1].target, [4, 7, 2]);
    let content = |name: &str| fs::read_to_string(out.path().join(name)).unwrap();
    assert_eq!(content("dict.de.txt"), GERMAN);
    assert_eq!(content("dict.en.txt"), ENGLISH);
    assert_eq!(content("codes.bpe"), "#version: 0.2\nh a\nha u\n");
}

#[test]
fn text_is_put_together_as_its_tokenizer_took_it_apart() {
    let (_folder, mut spec) = data_bin();
    let texts = |spec: &DataBin| {
        let (out, _) = imported(spec).unwrap();
        let dataset = Dataset::open(out.path()).unwrap();
        assert!(dataset.reference_text(TRAIN).is_err());
        let source = dataset.source_text(VALID).unwrap();
        [source, dataset.reference_text(VALID).unwrap()].concat()
    };
    assert_eq!(texts(&spec), ["haus, hausboot.", "boat's house."]);
    spec.tokenizer = Tokenizer::None;
    assert_eq!(texts(&spec), ["haus , hausboot .", "boat &apos;s house ."]);
}

#[test]
fn unknown_symbols_of_the_target_can_never_match_and_empty_lines_stay() {
    let (_folder, spec) = data_bin();
    let (out, _) = imported(&spec).unwrap();
    let dataset = Dataset::open(out.path()).unwrap();
    assert_eq!(dataset.source_text("test1").unwrap(), ["<unk> haus", ""]);
    assert_eq!(
        dataset.reference_text("test1").unwrap(),
        ["UNKNOWNTOKENINREF.", ""]
    );
}

#[test]
fn what_preprocess_made_stays_the_same() {
    let made = tempfile::tempdir().unwrap();
    let number = |n| NonZeroUsize::new(n).unwrap();
    let preprocess = Preprocess {
        source_language: "de".to_owned().try_into().unwrap(),
        target_language: "en".to_owned().try_into().unwrap(),
        corpus: Corpus::Synthetic(Synthetic {
            seed: 3,
            train: number(40),
            valid: number(5),
            test: number(5),
        }),
        tokenizer: Tokenizer::Moses,
        case: Case::Lower,
        clean: config::Clean {
            min_tokens: 1,
            max_tokens: 175,
            max_ratio: 1.5.try_into().unwrap(),
        },
        bpe: config::Bpe { merges: 60 },
        dictionaries: config::Dictionaries {
            multiple_of: number(8),
        },
    };
    build(&preprocess, made.path(), 2, &mut |_| ()).unwrap();
    let spec = DataBin {
        folder: made.path().to_owned(),
        source_language: preprocess.source_language.clone(),
        target_language: preprocess.target_language.clone(),
        tests: vec!["test".to_owned()],
        tokenizer: preprocess.tokenizer,
        case: preprocess.case,
        codes: codes_path(made.path()),
    };
    let (out, summary) = imported(&spec).unwrap();
    let [one, other] = [made.path(), out.path()].map(|folder| Dataset::open(folder).unwrap());
    for split in [TRAIN, VALID, "test"] {
        assert_eq!(one.split(split).unwrap(), other.split(split).unwrap());
    }
    for name in ["dict.de.txt", "dict.en.txt", "codes.bpe"] {
        let bytes = |folder: &TempDir| fs::read(folder.path().join(name)).unwrap();
        assert_eq!(bytes(&made), bytes(&out), "{name}");
    }
    let dropped_pairs = one.summary().dropped_pairs;
    assert_eq!(
        *one.summary(),
        Summary {
            dropped_pairs,
            ..summary
        }
    );
    let pipeline = TextPipeline::open(out.path()).unwrap();
    let line = &one.source_text("test").unwrap()[0];
    let first = &one.split("test").unwrap().pairs[0];
    assert_eq!(pipeline.encode_source(line), first.source);
}

#[test]
fn a_missing_file_is_named_with_the_key_that_leads_to_it() {
    let folder = "data-bin.folder";
    for (name, key) in [
        ("train.de-en.en.idx", folder),
        ("valid.de-en.de.bin", folder),
        ("test1.de-en.en.bin", folder),
        ("dict.en.txt", folder),
        ("codes", "data-bin.codes"),
    ] {
        let error = error_after(|spec| fs::remove_file(spec.folder.join(name)).unwrap());
        assert_eq!(error, format!("`{key}`: {name} does not exist"));
    }
    let error = error_after(|spec| spec.tests.push("test2".to_owned()));
    assert_eq!(
        error,
        "`data-bin.folder`: test2.de-en.de.idx does not exist"
    );
}

#[test]
fn every_file_that_is_read_is_listed() {
    let (_folder, spec) = data_bin();
    let listed = data_bin_files(&spec).unwrap();
    let mut names: Vec<_> = fs::read_dir(&spec.folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let mut sorted = listed.clone();
    sorted.sort();
    assert_eq!(sorted, names);
    assert_eq!(listed.len(), 3 * 2 * 2 + 2 + 1);
}

#[test]
fn a_folder_for_the_other_direction_says_so() {
    let error = error_after(|spec| {
        let languages = [&mut spec.source_language, &mut spec.target_language];
        let [source, target] = languages;
        std::mem::swap(source, target);
    });
    assert_eq!(
        error,
        "train.en-de.en.idx does not exist, but train.de-en.en.idx does: the folder is for translating from `de` to \
         `en`, and the stage says from `en` to `de`"
    );
}

#[test]
fn a_sentence_that_cannot_be_one_is_told_by_file_and_number() {
    let cases: [(&[u32], &str); 4] = [
        (&[4, 5], "sentence 1 does not end in 2, the end of sentence"),
        (
            &[4, 9, 2],
            "sentence 1 has the number 9, expected numbers below 9, the size of its dictionary",
        ),
        (&[4, 9], "sentence 1 has the number 9, expected"),
        (
            &[],
            "sentence 1 has no number, expected at least 2, the end of sentence",
        ),
    ];
    for (sentence, problem) in cases {
        let error = error_after(|spec| write(spec, TRAIN, "en", &[&[4, 2], sentence]));
        let expected = format!("train.de-en.en is not of this data set: {problem}");
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn a_training_sentence_without_words_is_refused() {
    let error = error_after(|spec| write(spec, TRAIN, "de", &[&[4, 2], &[2]]));
    assert_eq!(
        error,
        "train.de-en.de: sentence 1 has no words, expected training text without empty lines"
    );
}

#[test]
fn sides_of_unequal_length_are_counted() {
    let error = error_after(|spec| write(spec, "test1", "en", &[&[4, 2]]));
    assert_eq!(
        error,
        "test1.de-en.de has 2 sentences and test1.de-en.en has 1: sentence n of one must translate sentence n of \
         the other"
    );
}

#[test]
fn a_split_without_sentences_is_refused() {
    let error = error_after(|spec| write(spec, VALID, "de", &[]));
    assert_eq!(error, "valid.de-en.de has no sentences");
}

#[test]
fn an_index_that_disagrees_with_its_data_is_refused() {
    let error = error_after(|spec| {
        let data = spec.folder.join("train.de-en.de.bin");
        fs::write(data, [4, 0, 0, 0]).unwrap();
    });
    assert_eq!(
        error,
        "train.de-en.de.bin has 4 bytes, expected 24; it is cut off"
    );
}

#[test]
fn a_dictionary_or_codes_that_are_none_are_told_by_their_line() {
    for (name, text, expected) in [
        (
            "dict.de.txt",
            "haus 3\nboot 2\nhaus 1\n",
            "dict.de.txt, line 3: the symbol `haus` is already defined",
        ),
        (
            "dict.en.txt",
            "house 3\nhouse 1 #fairseq:overwrite\n",
            "dict.en.txt, line 2: `#fairseq:overwrite` is not supported",
        ),
        (
            "codes",
            "h a\n",
            "codes: expected the first line to be `#version: 0.2`, found `h a`",
        ),
    ] {
        let error = error_after(|spec| fs::write(spec.folder.join(name), text).unwrap());
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn files_of_the_data_set_cannot_collide() {
    let error = error_after(|spec| spec.tests = vec!["train".to_owned()]);
    assert!(
        error.starts_with("a test set cannot be called `train`"),
        "{error}"
    );
    let error = error_after(|spec| spec.target_language = spec.source_language.clone());
    assert!(
        error.starts_with("the source and the target language are both `de`"),
        "{error}"
    );
}
