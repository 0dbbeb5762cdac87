//! `srp bench train`: what it prints, alone and beside another program.

use crate::tiny::{Answer, Place};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A program in the place of Python that answers every line with the same numbers.
const PEER: &str =
    "#!/bin/sh\necho ready 9.9\nwhile read line; do echo 5.0 2.5 3.2 1048576; done\n";

/// Measures one step of the smallest model, with this program in the place of Python.
fn beside(place: &Place, program: &str) -> Answer {
    place.write("peer", program);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(place.path("peer"), executable).unwrap();
    bench(place, &["--against", "pytorch", "--python", "./peer"])
}

fn bench(place: &Place, more: &[&str]) -> Answer {
    let words = [
        "bench",
        "train",
        "--shape",
        "tiny",
        "--steps",
        "1",
        "--threads",
        "2",
    ];
    place.srp(&[&words, more].concat())
}

#[test]
fn a_step_is_measured_alone() {
    let answer = bench(&Place::new(), &[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let lines: Vec<&str> = answer.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", answer.out);
    assert_eq!(
        lines[0],
        "tiny in float32 on cpu, threads 2: one training step, 1440 target tokens, 1 step"
    );
    let cells: Vec<&str> = lines[2].split_whitespace().collect();
    let [name, median, _quartiles, processor, tokens, memory] = cells[..] else {
        panic!("{}", answer.out)
    };
    assert_eq!(name, "srp");
    for number in [median, processor, tokens, memory] {
        assert!(number.parse::<f64>().unwrap() > 0.0, "{}", answer.out);
    }
}

#[test]
fn a_peer_takes_turns_and_the_ratio_is_that_of_the_medians() {
    let answer = beside(&Place::new(), PEER);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let lines: Vec<&str> = answer.out.lines().collect();
    let cells: Vec<&str> = lines[3].split_whitespace().collect();
    assert_eq!(
        cells,
        [
            "pytorch",
            "9.9",
            "5000.0",
            "5000.0-5000.0",
            "2500.0",
            "288",
            "1"
        ]
    );
    let own: f64 = lines[2].split_whitespace().nth(1).unwrap().parse().unwrap();
    let ratio = format!("srp / pytorch: {:.3}", own / 5000.0);
    let (printed, expected): (f64, f64) = (number(lines[4]), number(&ratio));
    assert!((printed - expected).abs() < 0.002, "{}", answer.out);
}

#[test]
fn a_pruning_step_is_measured_beside_a_plain_one() {
    let answer = bench(&Place::new(), &["--step", "both"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let lines: Vec<&str> = answer.out.lines().collect();
    assert!(lines[2].starts_with("srp  "), "{}", answer.out);
    assert!(lines[3].starts_with("srp, pruning  "), "{}", answer.out);
    assert!(
        lines[4].starts_with("srp / srp, pruning: "),
        "{}",
        answer.out
    );
    assert!(number(lines[4]) > 0.0);
}

#[test]
fn a_peer_has_a_teacher_where_only_pruning_is_measured() {
    let place = Place::new();
    let telling = "#!/bin/sh\necho \"$@\" >told\necho ready 1\nread line\necho 1 1 1 1\nread line\necho 1 1 1 1\n";
    place.write("peer", telling);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(place.path("peer"), executable).unwrap();
    let told = |step| {
        let beside = ["--step", step, "--against", "pytorch", "--python", "./peer"];
        let answer = bench(&place, &beside);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        fs::read_to_string(place.path("told")).unwrap()
    };
    assert!(told("pruning").contains("--teacher=0.7 --temperature=10"));
    assert!(!told("both").contains("--teacher=0.7"));
}

/// The number behind the first colon.
fn number(line: &str) -> f64 {
    let words = line.split_once(": ").unwrap().1;
    words.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_peer_that_measures_nothing_is_quoted() {
    let place = Place::new();
    let answer = beside(&place, "#!/bin/sh\necho no torch here\n");
    assert_eq!(answer.code, Some(1));
    assert!(answer.err.contains("`no torch here`"), "{}", answer.err);
    assert!(answer.err.contains("--python"), "{}", answer.err);
    let answer = beside(&place, "#!/bin/sh\necho ready 1\nread line\necho 1.0 x\n");
    assert_eq!(answer.code, Some(1));
    assert!(answer.err.contains("`1.0 x`"), "{}", answer.err);
}

#[test]
fn a_peer_without_its_module_is_quoted_with_the_way_to_install_it() {
    let complaint = "echo Traceback >&2\necho \"ModuleNotFoundError: No module named 'torch'\" >&2";
    let answer = beside(&Place::new(), &format!("#!/bin/sh\n{complaint}\nexit 1\n"));
    assert_eq!(answer.code, Some(1));
    let said = "it ended with `ModuleNotFoundError: No module named 'torch'`";
    assert!(answer.err.contains(said), "{}", answer.err);
    let installs = "`./peer -m pip install torch` installs it";
    assert!(answer.err.contains(installs), "{}", answer.err);
}

#[test]
fn an_interpreter_that_is_not_there_is_named() {
    let answer = bench(
        &Place::new(),
        &["--against", "pytorch", "--python", "no-such-python"],
    );
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.err.contains("cannot start `no-such-python`"),
        "{}",
        answer.err
    );
}
