//! `srp bench plan`, as a command; what it measures is not judged here.

use crate::tiny::Place;

#[test]
fn planning_is_measured_on_every_shape_and_task() {
    let place = Place::empty();
    let answer = place.srp(&["bench", "plan", "--stages", "10", "--runs", "1"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let begins = |beginning: &str| {
        answer
            .out
            .lines()
            .filter(|l| l.starts_with(beginning))
            .count()
    };
    assert_eq!(begins("| shape | stages |"), 1);
    assert_eq!(begins("|  |  | start | srp |"), 1);
    for shape in ["chain", "fan", "sweep"] {
        for task in ["cold run", "run of nothing", "plan", "plan with reasons"] {
            let row = format!("| {shape} | 10 | {task} | srp |");
            assert_eq!(begins(&row), 1, "{row}\n{}", answer.out);
        }
    }
}

#[test]
fn a_program_that_is_not_installed_is_left_out_with_a_word() {
    let place = Place::empty();
    let mut command = place.command(&["bench", "plan", "--stages=2", "--shape=chain", "--runs=1"]);
    command
        .arg("--against=ninja")
        .env("PATH", place.path("nowhere"));
    let answer = crate::tiny::Answer::of(command.output().unwrap());
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(answer.err.contains("ninja is left out: "), "{}", answer.err);
    assert!(!answer.out.contains("ninja"), "{}", answer.out);
}

#[test]
fn every_step_of_text_is_measured() {
    let place = Place::empty();
    let mut command = place.command(&["bench", "text", "--pairs=300", "--merges=50", "--runs=2"]);
    command.args(["--threads=2", "--against=moses", "--python=nowhere/python"]);
    let answer = crate::tiny::Answer::of(command.output().unwrap());
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(answer.err.contains("moses is left out: "), "{}", answer.err);
    assert!(answer.out.starts_with("300 pairs; "), "{}", answer.out);
    let rows: Vec<&str> = answer
        .out
        .lines()
        .filter(|line| line.contains("| srp |"))
        .collect();
    let steps = ["tokenise", "clean", "learn", "apply", "index", "whole"];
    assert_eq!(rows.len(), steps.len(), "{}", answer.out);
    for (row, step) in rows.iter().zip(steps) {
        assert!(row.starts_with(&format!("| {step} | srp | ")), "{row}");
    }
}

#[test]
fn text_of_files_is_measured_as_far_as_it_goes() {
    let place = Place::empty();
    let line = |word: &str| format!("{word}, {word} and {word}.\n").repeat(7);
    std::fs::write(place.path("s"), line("Haus")).unwrap();
    std::fs::write(place.path("t"), line("house")).unwrap();
    let answer = place.srp(&["bench", "text", "--runs=1", "--source=s", "--target=t"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let size = "7 pairs; 28 and 28 words between blanks, 4 and 4 different ones\n";
    assert!(answer.out.starts_with(size), "{}", answer.out);
    let alone = place.srp(&["bench", "text", "--source=s"]);
    assert_eq!(alone.code, Some(2), "{}", alone.err);
}
