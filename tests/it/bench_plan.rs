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
