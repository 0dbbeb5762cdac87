//! A checkpoint and a data-bin of fairseq go in, a pruned model that needs nothing of srp comes out.

use crate::smoke::translated;
use crate::tiny::{Answer, Place, TRAINING};
use srp::text::indexed::{self, TokenType};
use srp::text::vocabulary::{Dictionary, EOS};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

/// Symbols of the fixtures' dictionaries, special ones included.
const SOURCE_SYMBOLS: usize = 20;
const TARGET_SYMBOLS: usize = 24;

const EXPERIMENT: &str = r#"
[experiment]
title = "From fairseq to a smaller model for anyone"
seed = 1

[stages.corpus.import.data-bin]
folder = "data-bin"
source-language = "de"
target-language = "en"
tests = ["test"]
tokenizer = "moses"
case = "lower"
codes = "codes"

[stages.base.import.fairseq]
corpus = "corpus"
checkpoint = "plain.pt"
dictionaries = "data-bin"
[stages.base.import.fairseq.model]
d-model = 16
d-ff = 32
heads = 2
encoder-layers = 2
decoder-layers = 1
max-positions = 32
output-projection = "separate"

[stages.slim.prune]
corpus = "corpus"
model = "base"
stage = 0
compression-rate = 0.5
budget = "integer"
shrink = "step-arithmetic"
epochs-per-iteration = 1
distillation = { weight = 0.7, temperature = 10.0 }
[stages.slim.prune.training]
epochs = 1
TRAINING

[stages.final.finetune]
corpus = "corpus"
model = "slim"
[stages.final.finetune.training]
epochs = 1
TRAINING

[stages.final-test.test]
corpus = "corpus"
model = "final"
split = "test"
search = { beam = 2, max-length-b = 20 }

[stages.out.export]
model = "final"
"#;

/// A dictionary of one-letter words.
pub(crate) fn dictionary(size: usize) -> Dictionary {
    let words: Vec<String> = ('a'..='z').take(size - 4).map(String::from).collect();
    Dictionary::build([words.join(" ").as_str()], NonZeroUsize::MIN)
}

/// A folder with the experiment, a checkpoint from the fixtures, and a data-bin as fairseq writes it.
fn place(checkpoint: &str) -> Place {
    let place = Place::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fairseq");
    fs::copy(fixtures.join(checkpoint), place.path("plain.pt")).unwrap();
    place.write("own.toml", EXPERIMENT.replace("TRAINING", TRAINING));
    place.write("codes", "#version: 0.2\n");
    fs::create_dir(place.path("data-bin")).unwrap();
    for (language, symbols) in [("de", SOURCE_SYMBOLS), ("en", TARGET_SYMBOLS)] {
        let file = place.path(format!("data-bin/dict.{language}.txt"));
        dictionary(symbols).write(&file).unwrap();
        for (split, sentences) in [("train", 40), ("valid", 6), ("test", 6)] {
            let sentence = |n: usize| -> Vec<u32> {
                let word = |i: usize| (4 + (n * 7 + i * 3) % (symbols - 4)) as u32;
                (0..3 + n % 4).map(word).chain([EOS]).collect()
            };
            let sentences: Vec<Vec<u32>> = (0..sentences).map(sentence).collect();
            indexed::write(
                &place.path(format!("data-bin/{split}.de-en.{language}")),
                TokenType::U16,
                sentences.iter().map(Vec::as_slice),
            )
            .unwrap();
        }
    }
    place
}

fn run(place: &Place) -> Answer {
    place.srp(&["run", "own.toml"])
}

#[test]
fn a_fairseq_checkpoint_and_its_data_become_a_pruned_model_for_anyone() {
    let place = place("plain.pt");
    let answer = run(&place);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(
        answer.err.contains("cut after epoch 1: logits of"),
        "{}",
        answer.err
    );
    assert!(
        answer
            .err
            .contains("the checkpoint does not say in plain values how its model was trained"),
        "{}",
        answer.err
    );
    let out = place.artifacts()["out"].folder.clone();
    for name in [
        "model.safetensors",
        "config.json",
        "README.md",
        "codes.bpe",
        "dict.de.txt",
        "dict.en.txt",
    ] {
        assert!(out.join(name).is_file(), "{name}");
    }
    let tensors = fs::read(out.join("model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&tensors).unwrap();
    let count: usize = tensors
        .tensors()
        .iter()
        .map(|(_, view)| view.shape().iter().product::<usize>())
        .sum();
    let config: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("config.json")).unwrap()).unwrap();
    assert_eq!(config["model"]["original"]["encoder"]["d-model"], 16);
    assert!(tensors.tensor("decoder.output_projection.weight").is_ok());
    let shape: srp::shape::Shape =
        serde_json::from_value(config["model"]["shape"].clone()).unwrap();
    assert_eq!(shape.parameters(), count as u64);
    let original = config["model"]["original"].clone();
    let original: srp::shape::Shape = serde_json::from_value(original).unwrap();
    assert!(2 * count as u64 <= original.parameters(), "{count}");
    assert!(answer.out.contains("final-test"), "{}", answer.out);
    assert_eq!(
        run(&place).stages("started"),
        [""; 0],
        "a second run has nothing to do"
    );
}

#[test]
fn an_imported_model_translates() {
    let place = place("plain.pt");
    assert_eq!(run(&place).code, Some(0));
    let base = place.artifacts()["base"].folder.clone();
    let lines = translated(&place, base.to_str().unwrap(), "a b c\n\nd\n");
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[1], "", "a line without a word stays one");
}

/// What a run says of a folder that was spoiled; the stage has left nothing.
fn complaint(spoil: impl Fn(&Place)) -> String {
    let place = place("plain.pt");
    spoil(&place);
    let answer = run(&place);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert!(!answer.err.contains("panicked"), "{}", answer.err);
    let made = place.artifacts();
    assert!(!made.contains_key("base"), "{:?}", made.keys());
    answer.complaint()
}

#[test]
fn a_checkpoint_of_other_dictionaries_is_refused() {
    let said = complaint(|place| {
        let other = dictionary(SOURCE_SYMBOLS - 1);
        fs::create_dir(place.path("other")).unwrap();
        other.write(&place.path("other/dict.de.txt")).unwrap();
        dictionary(TARGET_SYMBOLS)
            .write(&place.path("other/dict.en.txt"))
            .unwrap();
        let text = fs::read_to_string(place.path("own.toml")).unwrap();
        place.write(
            "own.toml",
            text.replace("dictionaries = \"data-bin\"", "dictionaries = \"other\""),
        );
    });
    assert!(
        said.contains("dict.de.txt is not of this data set: it has 19 symbols, expected 20"),
        "{said}"
    );
}

#[test]
fn a_checkpoint_with_tables_of_another_size_is_refused() {
    let said = complaint(|place| {
        let more = dictionary(TARGET_SYMBOLS + 1);
        more.write(&place.path("data-bin/dict.en.txt")).unwrap();
    });
    assert!(
        said.contains("the target dictionary has 25 symbols"),
        "{said}"
    );
    assert!(said.contains("24 rows"), "{said}");
}

#[test]
fn a_checkpoint_that_is_cut_off_is_refused() {
    let said = complaint(|place| {
        let path = place.path("plain.pt");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    });
    assert!(
        said.contains("cannot take a model from `plain.pt`"),
        "{said}"
    );
    assert!(
        said.contains("it is not a whole PyTorch checkpoint"),
        "{said}"
    );
}
