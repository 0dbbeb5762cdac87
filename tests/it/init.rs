//! `srp init`: what it writes is an experiment that can be run.

use crate::plans::toml_files;
use srp::config::StageSpec;
use srp::plan::{self, Overrides, Plan};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs srp in a folder.
fn srp(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_srp"));
    command.current_dir(folder).args(words).output().unwrap()
}

fn stdout(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Two files of so many lines.
fn write_text(folder: &Path, lines: usize) {
    for (name, word) in [("text.de", "Satz"), ("text.en", "sentence")] {
        let text: String = (0..lines)
            .map(|line| format!("{word} {line} .\n"))
            .collect();
        fs::write(folder.join(name), text).unwrap();
    }
}

fn load(file: &Path) -> Plan {
    plan::load(file, &Overrides::default()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn in_an_empty_folder_it_writes_an_experiment_that_can_be_planned() {
    let folder = tempfile::tempdir().unwrap();
    let said = stdout(&srp(folder.path(), &["init"]));
    assert!(
        said.starts_with("wrote experiments/first.toml: German to English"),
        "{said}"
    );
    let planned = stdout(&srp(folder.path(), &["plan", "experiments/first.toml"]));
    assert!(planned.contains("run      corpus"), "{planned}");
    assert!(planned.contains("9 stages: 1 run, 8 may run"), "{planned}");
    assert_eq!(toml_files(folder.path().to_str().unwrap()).len(), 1);
}

#[test]
fn two_files_become_a_data_set_whose_sentences_srp_sets_aside() {
    let folder = tempfile::tempdir().unwrap();
    write_text(folder.path(), 2_000);
    let words = ["init", "--source", "text.de", "--target", "text.en"];
    let said = stdout(&srp(folder.path(), &words));
    assert!(said.contains("de to en, of text.de and text.en"), "{said}");
    assert!(
        said.contains("for 2000 pairs: model/demo, trained for 30 epochs"),
        "{said}"
    );
    let plan = load(&folder.path().join("experiments/first.toml"));
    let StageSpec::Preprocess(spec) = &plan.nodes[0].spec else {
        panic!("the first stage is no preprocess");
    };
    assert_eq!(spec.corpus.judged_sets(), ["test", "valid"]);
    let planned = stdout(&srp(folder.path(), &["plan", "experiments/first.toml"]));
    assert!(planned.starts_with("run      corpus"), "{planned}");
}

#[test]
fn every_size_of_text_gets_an_experiment_that_can_be_planned() {
    for lines in [100, 9_999, 10_000, 120_000] {
        let folder = tempfile::tempdir().unwrap();
        write_text(folder.path(), lines);
        let words = ["init", "--source", "text.de", "--target", "text.en"];
        stdout(&srp(folder.path(), &words));
        assert_eq!(
            load(&folder.path().join("experiments/first.toml"))
                .nodes
                .len(),
            9
        );
    }
}

#[test]
fn another_folder_gets_paths_that_are_right_from_there() {
    let folder = tempfile::tempdir().unwrap();
    write_text(folder.path(), 200);
    let words = ["init", "new", "--source", "text.de", "--target", "text.en"];
    let said = stdout(&srp(folder.path(), &words));
    assert!(said.contains("\n  cd new\n"), "{said}");
    let new = folder.path().join("new");
    let planned = stdout(&srp(&new, &["plan", "experiments/first.toml"]));
    assert!(planned.starts_with("run      corpus"), "{planned}");
}

#[test]
fn what_is_there_is_overwritten_only_if_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("experiments/first.toml");
    fs::create_dir(folder.path().join("experiments")).unwrap();
    fs::write(&file, "mine").unwrap();
    let said = stderr(&srp(folder.path(), &["init"]));
    assert!(
        said.contains("experiments/first.toml is there already"),
        "{said}"
    );
    assert!(said.contains("--force"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert!(!folder.path().join("experiments/schema.json").exists());
    stdout(&srp(folder.path(), &["init", "--force"]));
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .starts_with("#:schema schema.json\n")
    );
}

#[test]
fn text_that_cannot_be_used_is_told_why_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("short.en"), "one\n").unwrap();
    for (lines, target, expected) in [
        (99, "text.en", "has 99 lines"),
        (99, "short.en", "99 lines and short.en has 1"),
        (99, "none.en", "none.en does not exist"),
        (100, "other.de", "both files are in the language `de`"),
        (100, "text.txt", "`--target-language CODE`"),
        (
            100,
            "text.de",
            "text.de is named as the source and as the target",
        ),
    ] {
        write_text(folder.path(), lines);
        fs::copy(at("text.de"), at("other.de")).unwrap();
        fs::copy(at("text.de"), at("text.txt")).unwrap();
        let words = ["init", "--source", "text.de", "--target", target];
        let said = stderr(&srp(folder.path(), &words));
        assert!(said.contains(expected), "{said}");
    }
    assert!(!folder.path().join("experiments").exists());
}

#[test]
fn a_language_that_is_none_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    write_text(folder.path(), 100);
    let words = ["init", "--source", "text.de", "--target", "text.en"];
    let said = stderr(&srp(
        folder.path(),
        &[&words[..], &["--source-language", "German"]].concat(),
    ));
    assert!(said.contains("'German' for '--source-language"), "{said}");
    assert!(said.contains("two lowercase letters"), "{said}");
    assert!(!said.contains("the name of"), "{said}");
}

#[test]
fn lines_that_repeat_a_sentence_or_have_no_translation_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    write_text(folder.path(), 100);
    for (name, last) in [
        ("text.de", "Satz 0 .\nSatz 100 .\n"),
        ("text.en", "again\n\n"),
    ] {
        let path = folder.path().join(name);
        let text = fs::read_to_string(&path)
            .unwrap()
            .replacen(" 1 .", " 0 .", 1);
        fs::write(path, text + last).unwrap();
    }
    let words = ["init", "--source", "text.de", "--target", "text.en"];
    let said = stderr(&srp(folder.path(), &words));
    assert!(
        said.contains("text.de has 102 lines and 99 different sentences with a translation"),
        "{said}"
    );
}

#[test]
fn sizes_suit_what_cleaning_leaves_and_it_is_said_how_much_that_is() {
    let folder = tempfile::tempdir().unwrap();
    write_text(folder.path(), 10_000);
    let path = folder.path().join("text.en");
    let text: String = (0..10_000)
        .map(|line| match line % 5 {
            0 => format!("sentence {line} .\n"),
            _ => format!("sentence {line} is much too long for its source .\n"),
        })
        .collect();
    fs::write(path, text).unwrap();
    let words = ["init", "--source", "text.de", "--target", "text.en"];
    let said = stdout(&srp(folder.path(), &words));
    let found = "in the files: 10000 lines, of which cleaning keeps 2000: 1 to 175 tokens a side";
    assert!(said.contains(found), "{said}");
    assert!(said.contains("for 2000 pairs: model/demo, "), "{said}");
    let text = fs::read_to_string(folder.path().join("experiments/first.toml")).unwrap();
    assert!(text.contains("\nvalid = 100 "), "{text}");
}

#[test]
fn text_of_which_cleaning_leaves_too_little_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_text(folder.path(), 400);
    let path = folder.path().join("text.en");
    let long = "sentence that is much too long for its source .\n".repeat(301);
    let text = fs::read_to_string(&path).unwrap();
    let short: String = text.split_inclusive('\n').take(99).collect();
    fs::write(path, short + &long).unwrap();
    let words = ["init", "--source", "text.de", "--target", "text.en"];
    let said = stderr(&srp(folder.path(), &words));
    assert!(said.contains("of which cleaning keeps 99"), "{said}");
    assert!(!folder.path().join("experiments").exists());
}

#[test]
fn a_name_with_its_ending_is_not_given_another() {
    let folder = tempfile::tempdir().unwrap();
    let said = stdout(&srp(folder.path(), &["init", "--name", "x.toml"]));
    assert!(said.contains("wrote experiments/x.toml: "), "{said}");
}

#[test]
fn a_second_experiment_stands_beside_the_first() {
    let folder = tempfile::tempdir().unwrap();
    stdout(&srp(folder.path(), &["init"]));
    let said = stderr(&srp(folder.path(), &["init"]));
    assert!(said.contains("`--name NAME`"), "{said}");
    let said = stdout(&srp(folder.path(), &["init", "--name", "second"]));
    assert!(said.contains("srp plan experiments/second.toml"), "{said}");
    for name in ["first", "second"] {
        load(&folder.path().join(format!("experiments/{name}.toml")));
    }
    fs::write(folder.path().join("experiments/schema.json"), "{}").unwrap();
    let said = stderr(&srp(folder.path(), &["init", "--name", "third"]));
    assert!(said.contains("schema.json is there already"), "{said}");
    assert!(said.contains("no schema of experiments"), "{said}");
    assert!(!said.contains("--name"), "no name would help: {said}");
}

#[test]
fn the_way_into_a_folder_with_a_space_survives_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let said = stdout(&srp(folder.path(), &["init", "my trials"]));
    assert!(said.contains("\n  cd 'my trials'\n"), "{said}");
    let said = stdout(&srp(folder.path(), &["init", "--", "-dash"]));
    assert!(said.contains("\n  cd ./-dash\n"), "{said}");
}

#[test]
fn a_folder_is_not_said_to_be_missing_where_a_text_should_be() {
    let folder = tempfile::tempdir().unwrap();
    write_text(folder.path(), 100);
    fs::create_dir(folder.path().join("folder.de")).unwrap();
    let words = ["init", "--source", "folder.de", "--target", "text.en"];
    let said = stderr(&srp(folder.path(), &words));
    assert!(said.contains("folder.de is not a file"), "{said}");
}

#[test]
fn an_experiment_that_is_not_there_is_told_with_those_that_are() {
    let folder = tempfile::tempdir().unwrap();
    let said = stderr(&srp(folder.path(), &["plan", "first.toml"]));
    assert!(said.contains("first.toml is not there"), "{said}");
    assert!(said.contains("`srp init` writes a first one"), "{said}");
    stdout(&srp(folder.path(), &["init"]));
    let said = stderr(&srp(folder.path(), &["plan", "experiments"]));
    assert!(said.contains("experiments is a folder"), "{said}");
    assert!(
        said.contains("experiments here: experiments/first.toml"),
        "{said}"
    );
    for typed in ["experiments/frist.toml", "first"] {
        let said = stderr(&srp(folder.path(), &["plan", typed]));
        assert!(
            said.contains("did you mean `experiments/first.toml`?"),
            "{said}"
        );
    }
}
