//! `srp bench decode`: what it prints, alone, pruned, and beside another program.

use crate::tiny::{Answer, Place};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A program in the place of Python that answers every line with the same numbers.
const PEER: &str = "#!/bin/sh\necho ready 9.9\nwhile read line; do echo 5.0 2.5 48 1048576; done\n";

/// Measures some sentences and the smallest model.
fn bench(place: &Place, more: &[&str]) -> Answer {
    let words = [
        "bench",
        "decode",
        "--shape=tiny",
        "--runs=1",
        "--sentences=40",
        "--batch=8",
        "--beam=2",
        "--threads=2",
        "--device=cpu",
    ];
    place.srp(&[&words, more].concat())
}

/// The same, with this program in the place of Python.
fn beside(program: &str, more: &[&str]) -> Answer {
    let place = Place::new();
    place.write("peer", program);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(place.path("peer"), executable).unwrap();
    let peer = ["--against=ctranslate2", "--python=./peer"];
    bench(&place, &[&peer, more].concat())
}

/// The number in this column of a line of the table, counted from its end.
fn column(line: &str, from_the_end: usize) -> f64 {
    let cells: Vec<&str> = line.split_whitespace().collect();
    cells[cells.len() - from_the_end].parse().unwrap()
}

/// The number behind the first colon.
fn number(line: &str) -> f64 {
    let words = line.split_once(": ").unwrap().1;
    words.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn decoding_is_measured_alone() {
    let answer = bench(&Place::new(), &[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let lines: Vec<&str> = answer.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", answer.out);
    assert!(
        lines[0].starts_with("tiny in float32 on cpu, threads 2: 40 sentences of ")
            && lines[0].ends_with(" tokens, translations of 16, beam 2, batch 8, 1 run"),
        "{}",
        answer.out
    );
    assert!(lines[2].starts_with("srp "), "{}", answer.out);
    let (median, sentences) = (column(lines[2], 6), column(lines[2], 3));
    assert!(
        (sentences * median / 40_000.0 - 1.0).abs() < 0.01,
        "{}",
        answer.out
    );
    assert!(
        (column(lines[2], 2) / sentences / 16.0 - 1.0).abs() < 0.02,
        "{}",
        answer.out
    );
    assert!(column(lines[2], 1) > 0.0, "{}", answer.out);
}

#[test]
fn a_pruned_model_stands_beside_the_whole_one_and_the_peer() {
    let answer = beside(PEER, &["--rate=0.5"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let lines: Vec<&str> = answer.out.lines().collect();
    assert_eq!(lines.len(), 7, "{}", answer.out);
    let cells: Vec<&str> = lines[3].split_whitespace().collect();
    assert_eq!(
        cells,
        [
            "ctranslate2",
            "9.9",
            "5000.0",
            "5000.0-5000.0",
            "2500.0",
            "8.0",
            "128",
            "1"
        ]
    );
    assert!(lines[4].starts_with("srp at rate 0.5 "), "{}", answer.out);
    let (whole, pruned) = (column(lines[2], 6), column(lines[4], 6));
    assert!(lines[5].starts_with("srp / ctranslate2: "));
    assert!((number(lines[5]) - whole / 5000.0).abs() < 0.002);
    assert!(lines[6].starts_with("whole / rate 0.5: "), "{}", answer.out);
    assert!((number(lines[6]) * pruned / whole - 1.0).abs() < 0.02);
    let flops = lines[6].strip_suffix(" of FLOPs").unwrap();
    let flops: f64 = flops.rsplit(' ').next().unwrap().parse().unwrap();
    assert!((1.5..3.0).contains(&flops), "{}", answer.out);
}

#[test]
fn a_rate_that_is_none_is_refused() {
    for rate in ["0", "1.5", "half"] {
        let answer = bench(&Place::new(), &["--rate", rate]);
        assert_eq!(answer.code, Some(2), "{}", answer.err);
        assert!(answer.err.contains("--rate"), "{}", answer.err);
        assert!(answer.err.contains("expected a"), "{}", answer.err);
    }
}

#[test]
fn a_peer_that_measures_nothing_is_quoted() {
    let answer = beside("#!/bin/sh\necho no such module\n", &[]);
    assert_eq!(answer.code, Some(1));
    assert!(answer.err.contains("`no such module`"), "{}", answer.err);
}
