//! What other programs made, taken over by the program.

use crate::tiny::{Answer, Place};
use srp::text::dataset::{Dataset, Transfer, VALID, copy_pipeline};
use srp::text::indexed::{self, TokenType};
use std::fs;
use std::path::PathBuf;

const EXPERIMENT: &str = r#"
[experiment]
title = "A data-bin"
seed = 1

[stages.corpus.import.data-bin]
folder = "data-bin"
source-language = "de"
target-language = "en"
tests = ["test"]
tokenizer = "moses"
case = "lower"
codes = "codes"
"#;

/// A folder with the experiment `import.toml` and the data-bin that it takes over.
fn place() -> Place {
    let place = Place::new();
    place.write("import.toml", EXPERIMENT);
    place.write("codes", "#version: 0.2\nh a\n");
    place.write("data-bin/dict.de.txt", "haus@@ 2\nboot 1\n. 1\n");
    place.write("data-bin/dict.en.txt", "house@@ 2\nboat 1\n. 1\n");
    for split in ["train", "valid", "test"] {
        for language in ["de", "en"] {
            let prefix = place.path(format!("data-bin/{split}.de-en.{language}"));
            let sentences: [&[u32]; 2] = [&[4, 5, 6, 2], &[5, 2]];
            indexed::write(&prefix, TokenType::U16, sentences).unwrap();
        }
    }
    place
}

fn run(place: &Place) -> Answer {
    place.srp(&["run", "import.toml"])
}

/// The folders of all artifacts.
fn artifacts(place: &Place) -> Vec<PathBuf> {
    let entries = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries(place.path(".srp/artifacts"))
        .flat_map(entries)
        .collect()
}

#[track_caller]
fn assert_fails_with(answer: &Answer, message: &str) {
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    let expected = format!("exec::stage_failed\n\n  × stage `corpus` failed\n  ╰─▶ {message}");
    let complaint = answer.complaint();
    assert!(complaint.starts_with(&expected), "{complaint}");
}

#[test]
fn a_data_bin_becomes_a_data_set_and_stays_one_while_its_contents_do() {
    let place = place();
    let answer = run(&place);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let said = "test 2, train 2, valid 2 pairs; 1 merge; 7 source and 7 target symbols";
    assert!(answer.err.contains(said), "{}", answer.err);
    let made = artifacts(&place);
    let dataset = Dataset::open(&made[0]).unwrap();
    assert_eq!(
        dataset.reference_text(VALID).unwrap(),
        ["houseboat.", "boat"]
    );

    // The same files elsewhere are the same data set.
    fs::rename(place.path("data-bin"), place.path("moved")).unwrap();
    let text = EXPERIMENT.replace("folder = \"data-bin\"", "folder = \"moved\"");
    place.write("import.toml", text);
    assert_eq!(run(&place).code, Some(0));
    assert_eq!(artifacts(&place), made);

    place.write("codes", "#version: 0.2\nh a\nb o\n");
    assert_eq!(run(&place).code, Some(0));
    assert_eq!(artifacts(&place).len(), 2);
}

#[test]
fn a_data_bin_whose_index_disagrees_with_its_data_is_refused() {
    let place = place();
    place.write("data-bin/train.de-en.en.bin", [4, 0, 2, 0]);
    assert_fails_with(
        &run(&place),
        "data-bin/train.de-en.en.bin has 4 bytes, expected 12; it is cut off\n  help: its log is kept in",
    );
}

#[test]
fn a_data_bin_that_lacks_a_file_is_refused_before_anything_runs() {
    let place = place();
    fs::remove_file(place.path("data-bin/dict.en.txt")).unwrap();
    let message = "`data-bin.folder`: data-bin/dict.en.txt does not exist";
    assert_fails_with(&run(&place), message);
    let answer = place.srp(&["plan", "import.toml"]);
    assert!(answer.out.contains(message), "{}", answer.out);
    assert!(!place.path(".srp/artifacts").exists());
}

#[test]
fn a_model_that_is_not_there_is_named_with_the_key_that_leads_to_it() {
    let place = place();
    let complaint = |table: &str| {
        place.write(
            "import.toml",
            format!("{EXPERIMENT}\n[stages.dense.{table}\n"),
        );
        let answer = run(&place);
        assert_eq!(answer.code, Some(1), "{}", answer.err);
        answer.complaint()
    };
    let assert_says = |table: &str, message: &str| {
        let complaint = complaint(table);
        let expected = format!("  × stage `dense` failed\n  {message}");
        assert!(complaint.contains(&expected), "{complaint}");
    };
    let fairseq = "import.fairseq]
        corpus = 'corpus'
        checkpoint = 'best.pt'
        dictionaries = 'dictionaries'
        model = { d-model = 8, d-ff = 8, heads = 2, encoder-layers = 1, decoder-layers = 1 }";
    assert_says(fairseq, "╰─▶ `fairseq.checkpoint`: best.pt does not exist");
    place.write("best.pt", "");
    assert_says(
        fairseq,
        "╰─▶ `fairseq.dictionaries`: dictionaries/dict.LANGUAGE.txt does not exist",
    );

    let exported = "import.exported]\nfolder = 'exported'";
    assert_says(
        exported,
        "├─▶ `exported.folder` names no exported model\n  ├─▶ cannot access exported/dataset.json",
    );
    fs::create_dir(place.path("exported")).unwrap();
    let corpus = &artifacts(&place)[0];
    copy_pipeline(corpus, &place.path("exported"), Transfer::Copy).unwrap();
    assert_says(
        exported,
        "╰─▶ `exported.folder`: exported/config.json does not exist",
    );
}
