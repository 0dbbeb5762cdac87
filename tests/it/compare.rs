//! What `srp compare` says of rows, and which it refuses to put side by side.

use crate::cli::Place;
use serde_json::Value;
use srp::cli::Failure;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Two rates, both made.
fn rates() -> Place {
    let place = Place::new();
    place.sweep("[0.1, 0.3]");
    place.srp("run", &[]).unwrap();
    place
}

fn compare(place: &Place, sources: &[&str], more: &[&str]) -> Result<String, Failure> {
    let sources: Vec<String> = sources
        .iter()
        .map(|source| place.path(source).to_str().unwrap().to_owned())
        .collect();
    let sources = sources.iter().map(String::as_str);
    place.compare(&sources.chain(more.iter().copied()).collect::<Vec<_>>())
}

/// The rows as objects.
fn rows(place: &Place, sources: &[&str], more: &[&str]) -> Vec<Value> {
    let more = [more, &["--format", "json"]].concat();
    let text = compare(place, sources, &more).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What is wrong, with the advice.
fn refused(place: &Place, sources: &[&str], more: &[&str]) -> String {
    let failure = compare(place, sources, more).unwrap_err();
    assert_eq!(failure.code(), 2, "{failure}");
    // The one is drawn, with lines broken; the other is the message in one line.
    format!("{failure}\n{failure:?}")
}

#[test]
fn points_are_set_against_the_first_with_p_values_and_intervals() {
    let place = rates();
    let rows = rows(&place, &["toy.toml"], &[]);
    let [base, other] = &rows[..] else {
        panic!("{rows:?}");
    };
    assert_eq!(
        (&base["row"], &base["rate"]),
        (&"final@rate=0.1".into(), &0.1.into())
    );
    assert_eq!(base["bleu_delta"], 0.0);
    assert!(
        base["bleu_p"].is_null() && base["bleu_ci"].is_number(),
        "{base}"
    );
    let [delta, bleu, of_base] =
        [&other["bleu_delta"], &other["bleu"], &base["bleu"]].map(|n| n.as_f64().unwrap());
    assert_eq!(delta, bleu - of_base);
    assert_eq!(other["parameters_times"], 1.0);
    let p = other["chrf_p"].as_f64().unwrap();
    assert!((1.0 / 1001.0..=1.0).contains(&p), "{p}");
    let again = self::rows(&place, &["toy.toml"], &["--seed", "1", "--samples", "50"]);
    assert_ne!(again[1]["bleu_mean"], other["bleu_mean"]);
    let without = self::rows(&place, &["toy.toml"], &["--samples", "none"]);
    assert!(without[1].get("bleu_p").is_none());
}

#[test]
fn where_there_is_no_row_the_plan_of_that_cache_says_why() {
    let place = rates();
    let table = fs::read_to_string(place.path("results/toy.csv")).unwrap();
    let place = Place::new();
    fs::write(place.path("some.csv"), table).unwrap();
    compare(&place, &["toy.toml", "some.csv"], &[]).unwrap();
    let notes = place.notes.take().join("\n");
    let cache = place.path("cache");
    let command = format!("toy.toml --cache {}` says why", cache.display());
    assert!(notes.contains(&command), "{notes}");
}

#[test]
fn comparisons_and_results_know_the_time_of_a_row_by_the_same_names() {
    let place = rates();
    let of_results = place
        .srp("results", &["--columns", "rate,time", "--format", "csv"])
        .unwrap();
    for source in ["toy.toml", "results/toy.csv", "results/toy.parquet"] {
        for name in ["seconds", "time"] {
            let more = ["--columns", &format!("rate,{name}"), "--format", "csv"];
            assert_eq!(
                compare(&place, &[source], &more).unwrap(),
                of_results,
                "{source}"
            );
        }
    }
    assert!(of_results.starts_with("rate,seconds\n"), "{of_results}");
    let fitting = ["--where", "time < 1 h", "--sort", "-time"];
    assert_eq!(rows(&place, &["toy.toml"], &fitting).len(), 2);
}

#[test]
fn a_person_sees_what_differs_and_what_the_numbers_mean() {
    let place = rates();
    let text = compare(&place, &["toy.toml"], &[]).unwrap();
    let head: Vec<&str> = text.lines().next().unwrap().split("  ").collect();
    let head: Vec<&str> = head
        .iter()
        .map(|word| word.trim())
        .filter(|w| !w.is_empty())
        .collect();
    assert_eq!(head[..4], ["rate", "BLEU", "ΔBLEU", "p of BLEU"], "{text}");
    for line in [
        "Δ and ×: against final@rate=0.1",
        "p and 95 %: paired bootstrap resampling, 1000 samples, seed 12345",
        "BLEU: case:lc|tok:13a",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "no {line} in\n{text}"
        );
    }
}

#[test]
fn parts_tables_and_experiments_stand_side_by_side() {
    let place = rates();
    let part = "toy.toml:final@rate=0.3";
    let all = rows(
        &place,
        &[part, "results/toy.csv", "results/toy.parquet"],
        &[],
    );
    assert_eq!(all.len(), 5);
    let path = |name: &str| place.path(name).to_str().unwrap().to_owned();
    assert_eq!(all[0]["row"], path(part));
    assert_eq!(all[2]["row"], path("results/toy.csv") + ":final@rate=0.3");
    for name in ["bleu", "test_set", "beam", "rate", "artifact"] {
        assert_eq!(all[0][name], all[2][name], "{name}");
        assert_eq!(all[0][name], all[4][name], "{name}");
    }
    // The same translations: no difference whose probability could be asked for.
    assert!(all[2]["bleu_p"].is_null() && all[1]["bleu_p"].is_number());
}

#[test]
fn what_an_old_table_does_not_say_comes_from_the_cache() {
    let place = rates();
    let lacking: Vec<String> = fs::read_to_string(place.path("results/toy.csv"))
        .unwrap()
        .lines()
        .map(|line| {
            // `test_set` to `unknown_penalty` are nine columns in a row.
            let cells: Vec<&str> = line.split(',').collect();
            [&cells[..10], &cells[19..]].concat().join(",")
        })
        .collect();
    assert!(
        !lacking[0].contains("beam") && lacking[0].contains("bleu"),
        "{lacking:?}"
    );
    fs::write(place.path("old.csv"), lacking.join("\n") + "\n").unwrap();
    let [known, filled] = ["results/toy.csv", "old.csv"].map(|table| rows(&place, &[table], &[]));
    for name in [
        "test_set",
        "checkpoint",
        "precision",
        "beam",
        "length_penalty",
        "unknown_penalty",
    ] {
        assert!(!known[0][name].is_null(), "{name}");
        assert_eq!(known[0][name], filled[0][name], "{name}");
    }
    fs::rename(place.path("cache"), place.path("elsewhere")).unwrap();
    place.notes.take();
    assert!(rows(&place, &["old.csv"], &[])[0]["beam"].is_null());
    let notes = place.notes.take().join("\n");
    assert!(notes.contains("not compared: test_set, beam, "), "{notes}");
    assert!(notes.contains("nothing is said of significance"), "{notes}");
}

#[test]
fn rows_of_other_searches_and_test_sets_are_not_ranked_unless_told_to() {
    let place = rates();
    fs::rename(place.path("results/toy.csv"), place.path("before.csv")).unwrap();
    let search = "[stages.final.test.search]\n    beam = ";
    place.edit(&format!("{search}5"), &format!("{search}4"));
    place.srp("run", &[]).unwrap();
    let sources = ["before.csv", "toy.toml"];
    let said = refused(&place, &sources, &[]);
    for words in [
        "before.csv:final@rate=0.1` and `",
        "toy.toml:final@rate=0.1` do not compare: `beam` is 5 of the first and 4 of the second",
        "--anyway",
    ] {
        assert!(said.contains(words), "no {words} in {said}");
    }
    assert_eq!(rows(&place, &sources, &["--anyway"]).len(), 4);
    let fitting = ["--where", "beam = 4"];
    assert_eq!(rows(&place, &sources, &fitting).len(), 2);
    let before = place.path("before.csv");
    let baseline = [
        "--where",
        "beam = 4",
        "--baseline",
        before.to_str().unwrap(),
    ];
    refused(&place, &sources, &baseline);
}

#[test]
fn seeds_become_a_mean_and_a_deviation() {
    let place = Place::new();
    place.edit(
        "seed = 7\n",
        "seed = 7\n[params]\nseed = 1\n[sweep]\nseed = [1, 2, 3]\n",
    );
    place.edit(
        "corpus = \"corpus\"\n    seed = 1",
        "corpus = \"corpus\"\n    seed = \"${seed}\"",
    );
    place.srp("run", &[]).unwrap();
    let each = rows(&place, &["toy.toml"], &["--each"]);
    let scores: Vec<f64> = each
        .iter()
        .map(|row| row["bleu"].as_f64().unwrap())
        .collect();
    let mean = scores.iter().sum::<f64>() / 3.0;
    let variance = scores
        .iter()
        .map(|score| (score - mean).powi(2))
        .sum::<f64>()
        / 2.0;
    let averaged = rows(&place, &["toy.toml"], &[]);
    let [row] = &averaged[..] else {
        panic!("{averaged:?}");
    };
    assert_eq!((&row["n"], &row["seed"]), (&3.into(), &Value::Null));
    for (name, value) in [("bleu", mean), ("bleu_sd", variance.sqrt())] {
        let found = row[name].as_f64().unwrap();
        assert!((found - value).abs() < 1e-9, "{name}: {found}, {value}");
    }
    let text = compare(&place, &["toy.toml"], &["--format", "markdown"]).unwrap();
    assert!(
        text.contains(&format!("{mean:.2} ± {:.2}", variance.sqrt())),
        "{text}"
    );
    assert_eq!(rows(&place, &["toy.toml"], &["--over", "stage"]).len(), 3);
}

#[test]
fn rows_are_filtered_sorted_and_cut_to_columns() {
    let place = rates();
    let more = [
        "--where",
        "rate <= 0.2 and bleu > 1",
        "--columns",
        "stage,rate",
        "--format",
        "csv",
    ];
    let text = compare(&place, &["toy.toml"], &more).unwrap();
    assert_eq!(text, "stage,rate\nfinal,0.1\n");
    let more = [
        "--sort",
        "-rate",
        "--columns",
        "rate,bleu_delta",
        "--format",
        "latex",
    ];
    let text = compare(&place, &["toy.toml"], &more).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "\\begin{tabular}{rr}",
            "\\toprule",
            "rate & $\\Delta$BLEU \\\\"
        ]
    );
    assert!(
        lines[4].starts_with("0.3 & ") && lines[5] == "0.1 & +0.00 \\\\",
        "{text}"
    );
    // A baseline that is left out of the table is still what others are set against.
    let more = ["--where", "rate > 0.2", "--baseline", "final@rate=0.1"];
    let rest = rows(&place, &["toy.toml"], &more);
    let all = rows(&place, &["toy.toml"], &[]);
    assert_eq!(rest.len(), 1);
    for name in ["bleu_delta", "bleu_p"] {
        assert_eq!(rest[0][name], all[1][name], "{name}");
    }
}

#[test]
fn results_can_be_asked_too_and_the_tables_stay_whole() {
    let place = rates();
    let whole = fs::read(place.path("results/toy.csv")).unwrap();
    let more = [
        "--where",
        "rate > 0.2",
        "--columns",
        "rate,beam",
        "--format",
        "csv",
    ];
    assert_eq!(place.srp("results", &more).unwrap(), "rate,beam\n0.3,5\n");
    assert_eq!(fs::read(place.path("results/toy.csv")).unwrap(), whole);
    let text = place.srp("results", &["--sort", "-rate"]).unwrap();
    let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let rates: Vec<_> = text.lines().take(3).filter_map(first).collect();
    assert_eq!(rates, ["rate", "0.3", "0.1"], "{text}");
}

#[test]
fn what_is_not_there_is_named_with_what_is_near() {
    let place = rates();
    let toy = &["toy.toml"];
    for (more, words) in [
        (["--where", "belu > 3"], "did you mean `bleu`?"),
        (["--sort", "-raet"], "did you mean `rate`?"),
        (["--columns", "chfr"], "did you mean `chrf`?"),
        (["--where", "bleu >"], "cannot be understood as a filter"),
        (["--where", "rate > 5"], "there is no row to compare"),
        (
            ["--baseline", "final@rate=0.33"],
            "did you mean `final@rate=0.3`?",
        ),
    ] {
        let said = refused(&place, toy, &more);
        assert!(said.contains(words), "{more:?}: {said}");
    }
    for (source, words) in [
        ("toy.txt", "names nothing that rows can be read from"),
        ("toy.csv", "cannot read the table"),
        ("toy.toml:finla", "did you mean `final`?"),
        ("toy.toml:final@rate=5", "values of `rate`: 0.1, 0.3"),
    ] {
        let said = refused(&place, &[source], &[]);
        assert!(said.contains(words), "{source}: {said}");
    }
    fs::write(place.path("bytes.parquet"), "no table").unwrap();
    assert!(refused(&place, &["bytes.parquet"], &[]).contains("is no table"));
}

/// `srp compare …` as a program in the folder of `place`.
fn program(place: &Place, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_srp"));
    command
        .current_dir(place.path(""))
        .arg("compare")
        .args(words);
    command
}

/// Runs git in a folder, as nobody.
pub(crate) fn git(folder: &Path, words: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(folder).args(words);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "nobody");
        command.env(format!("GIT_{role}_EMAIL"), "nobody@localhost");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_table_is_read_as_it_was_in_a_revision() {
    let place = rates();
    git(&place.path(""), &["init", "--quiet"]);
    git(&place.path(""), &["add", "results"]);
    git(&place.path(""), &["commit", "--quiet", "-m", "tables"]);
    let csv = place.path("results/toy.csv");
    let text = fs::read_to_string(&csv).unwrap();
    fs::write(&csv, text.replace(",test,12,", ",test,12,1")).unwrap();
    let words = [
        "HEAD:results/toy.csv",
        "results/toy.csv",
        "--cache",
        "cache",
        "--format",
        "csv",
    ];
    let words = [
        &words[..],
        &[
            "--columns",
            "source,rate,bleu_delta",
            "--where",
            "rate > 0.2",
        ],
    ];
    let output = program(&place, &words.concat()).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        text,
        "source,rate,bleu_delta\nHEAD:results/toy.csv,0.3,0.0\nresults/toy.csv,0.3,100.0\n"
    );
    let output = program(&place, &["HEAD~7:results/toy.csv"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let missing = said(&output);
    assert!(
        missing.contains("git has no `results/toy.csv` in `HEAD~7`"),
        "{missing}"
    );
    let mut command = program(&place, &["HEAD:results/toy.csv"]);
    let output = command.env("PATH", place.path("nowhere")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("`git` cannot be started"),
        "{}",
        said(&output)
    );
}

#[test]
fn questions_to_large_tables_are_measured() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_srp"));
    let output = command
        .args(["bench", "tables", "--rows=60", "--runs=1"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let rows: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("| 60 | "))
        .collect();
    assert_eq!(rows.len(), 4, "{text}");
    let told = said(&output);
    for line in [
        "writing two tables of 60 rows",
        "4 of 4: every row as CSV, run 1 of 1: ",
    ] {
        assert!(told.contains(line), "{told}");
    }
}
