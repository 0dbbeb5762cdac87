//! Parts of an experiment: which stages a selector means, and what it says when it means none.

use crate::cli::Place;
use miette::Diagnostic;
use srp::plan::{Overrides, Selection, load};
use std::fs;

fn swept() -> Place {
    let place = Place::new();
    place.sweep("[0.1, 0.2, 0.5]");
    place
}

/// The labels that a plan lists.
fn labels(place: &Place, more: &[&str]) -> Vec<String> {
    let plan = place.srp("plan", more).unwrap();
    let lines = plan
        .lines()
        .take_while(|line| !line.starts_with(|first: char| first.is_ascii_digit()));
    lines
        .map(|line| line[9..].split(' ').next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_value_of_a_parameter_selects_its_points() {
    let place = swept();
    let two = ["corpus", "dense@rate=0.2", "final@rate=0.2"];
    assert_eq!(labels(&place, &["--only", "rate=0.2"]), two);
    assert_eq!(
        labels(&place, &["--only", "rate = 2e-1"]),
        two,
        "values, not texts"
    );
    let several = labels(&place, &["--only", "rate=0.2", "--only", "rate=0.5"]);
    assert_eq!(several.len(), 5, "{several:?}");
}

#[test]
fn an_included_point_is_selected_by_its_value_and_has_its_row() {
    let place = Place::new();
    place.sweep("[0.1, 0.2]\n[[sweep.include]]\nrate = 0.5\n[[sweep.exclude]]\nrate = 0.2");
    let one = ["corpus", "dense@rate=0.5", "final@rate=0.5"];
    assert_eq!(labels(&place, &["--only", "rate=0.5"]), one);
    let table = place.srp("run", &[]).unwrap();
    let rows = table.lines().filter(|line| line.contains("| final "));
    let rates: Vec<&str> = rows
        .map(|row| row[1..].split('|').next().unwrap().trim())
        .collect();
    assert_eq!(rates, ["0.1", "0.5"]);
}

#[test]
fn a_stage_is_selected_with_what_it_needs_and_by_a_plus_with_what_is_below() {
    let place = swept();
    assert_eq!(labels(&place, &["corpus"]), ["corpus"]);
    assert_eq!(
        labels(&place, &["dense@rate=0.2"]),
        ["corpus", "dense@rate=0.2"]
    );
    assert_eq!(
        labels(&place, &["dense@rate=0.2+"]),
        ["corpus", "dense@rate=0.2", "final@rate=0.2"]
    );
    assert_eq!(labels(&place, &["dense"]).len(), 4);
    assert_eq!(labels(&place, &["corpus+"]).len(), 7);
    assert_eq!(labels(&place, &["corpus+", "--only", "rate=0.5"]).len(), 3);
    assert_eq!(
        labels(&place, &["dense@rate=0.1", "final@rate=0.5"]),
        [
            "corpus",
            "dense@rate=0.1",
            "dense@rate=0.5",
            "final@rate=0.5"
        ]
    );
}

#[test]
fn a_run_of_a_part_runs_that_part_and_keeps_the_other_rows() {
    let place = swept();
    let rows = |table: &str| {
        table
            .lines()
            .filter(|line| line.contains("| final "))
            .count()
    };
    let one = place.srp("run", &["--only", "rate=0.2"]).unwrap();
    assert_eq!(rows(&one), 1, "{one}");
    let plan = place.srp("plan", &[]).unwrap();
    assert!(
        plan.contains("7 stages: 3 cached, 2 run, 2 may run"),
        "{plan}"
    );
    let two = place.srp("run", &["final@rate=0.5"]).unwrap();
    assert_eq!(rows(&two), 2, "{two}");
    let notes = place.notes.take();
    assert!(
        (notes.iter()).any(|note| note.starts_with("2 of 3 results are there; `srp plan ")),
        "{notes:?}"
    );
}

#[test]
#[cfg(feature = "tables")]
fn a_table_does_not_lose_rows_because_the_cache_has_fewer() {
    let place = swept();
    place.srp("run", &[]).unwrap();
    let table = place.path("results/toy.csv");
    let whole = fs::read_to_string(&table).unwrap();
    fs::remove_dir_all(place.path("cache")).unwrap();
    place.notes.take();
    place.srp("run", &["final@rate=0.5"]).unwrap();
    assert_eq!(fs::read_to_string(&table).unwrap(), whole);
    let notes = place.notes.take();
    let kept = notes.iter().find(|note| note.contains("is left as it is"));
    assert!(
        kept.is_some_and(|note| note.contains("it has 3 rows, and 1 of 3")),
        "{notes:?}"
    );
    place.srp("run", &[]).unwrap();
    assert_eq!(fs::read_to_string(&table).unwrap().lines().count(), 4);
}

#[test]
fn a_run_above_a_test_leaves_no_table() {
    let place = swept();
    assert_eq!(place.srp("run", &["dense@rate=0.2"]).unwrap(), "");
    assert!(place.srp("plan", &["dense@rate=0.2", "--check"]).is_ok());
}

#[test]
fn selectors_that_mean_nothing_are_wrong_requests_with_advice() {
    let place = swept();
    let plan = load(&place.path("toy.toml"), &Overrides::default()).unwrap();
    let complaint = |stages: &[&str], only: &[&str]| {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let selection = Selection {
            stages: owned(stages),
            only: owned(only),
        };
        let error = plan.select(&selection).unwrap_err();
        format!("{error}\n{}", error.help().unwrap())
    };
    assert_eq!(
        complaint(&[], &["rat=0.2"]),
        "the sweep of this experiment varies no parameter `rat`\n\
         did you mean `rate`? parameters that it varies: rate; `--set rat=VALUE` sets a parameter that is not swept"
    );
    assert_eq!(
        complaint(&[], &["rate=0.25"]),
        "no point of the sweep has rate=0.25\nvalues of `rate`: 0.1, 0.2, 0.5"
    );
    assert_eq!(
        complaint(&["dense@rate=0.2"], &["rate=0.5"]),
        "no point of the sweep has rate=0.2 together with what else is asked for\n\
         `srp plan FILE --json` lists the points of the sweep"
    );
    assert!(complaint(&["dens+"], &[]).starts_with(
        "this experiment has no stage `dens`\ndid you mean `dense`? stages: corpus, dense, "
    ));
    assert!(complaint(&["dense@0.2"], &[]).starts_with("`0.2` does not say which value"));
    for more in [["--only", "rate=0.25"], ["dens+", "--dry-run"]] {
        let failure = place.srp("run", &more).unwrap_err();
        assert_eq!(failure.code(), 2, "{failure}");
    }
    assert!(
        fs::read_dir(place.path("cache")).is_err(),
        "nothing was begun"
    );
}

#[test]
fn words_and_truth_values_are_compared_as_such() {
    let place = Place::new();
    place.edit(
        "seed = 7\n",
        "seed = 7\n[params]\nwhich = \"best\"\n[sweep]\nwhich = [\"best\", \"last\"]\n",
    );
    place.edit("checkpoint = \"best\"", "checkpoint = \"${which}\"");
    let expected = ["corpus", "dense", "final@which=last"];
    assert_eq!(labels(&place, &["--only", "which=last"]), expected);
    assert_eq!(labels(&place, &["--only", "which=\"last\""]), expected);
    assert_eq!(labels(&place, &["final@which=last"]), expected);
}
