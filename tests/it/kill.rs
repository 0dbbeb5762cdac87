//! Runs that are killed, and those that come after them.

use crate::tiny::{Place, STAGES, stages_in};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

const SIGKILL: i32 = 9;

/// Starts a run and kills it when its stderr has a line that ends in `moment`, which begins with a stage, or says
/// that the stage is over. Returns what the run said, and whether it was killed before it was done.
fn killed_at(place: &Place, moment: &str) -> (String, bool) {
    let mut run = place
        .command(&["run", "tiny.toml"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (stage, _) = moment.split_once(": ").unwrap();
    let over = ["done in", "cached"].map(|what| format!("] {stage}: {what}"));
    let mut lines = BufReader::new(run.stderr.take().unwrap()).lines();
    let mut said = String::new();
    for line in lines.by_ref() {
        let line = line.unwrap();
        said += &format!("{line}\n");
        if line.ends_with(moment) || over.iter().any(|over| line.contains(over)) {
            run.kill().unwrap();
            break;
        }
    }
    // What it said between the line and its end.
    for line in lines {
        said += &format!("{}\n", line.unwrap());
    }
    let status = run.wait().unwrap();
    (said, status.signal() == Some(SIGKILL))
}

/// Starts a run and kills it after a while, wherever it is.
fn killed_after(place: &Place, pause: Duration) {
    let mut run = place
        .command(&["run", "tiny.toml"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(pause);
    run.kill().unwrap();
    run.wait().unwrap();
}

/// The table without its columns of times and speeds.
fn measures(place: &Place) -> Vec<Vec<String>> {
    let text = fs::read_to_string(place.path("results/tiny.csv")).unwrap();
    let rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let rows: Vec<_> = rows.collect();
    let is_time = |name: &str| name.starts_with("seconds.") || name.ends_with("_per_second");
    let kept: Vec<usize> = (0..rows[0].len())
        .filter(|&column| !is_time(rows[0][column]))
        .collect();
    let measures = |row: &Vec<&str>| kept.iter().map(|&column| row[column].to_owned()).collect();
    rows.iter().map(measures).collect()
}

/// A place where nothing was interrupted.
fn whole() -> Place {
    let place = Place::new();
    assert_eq!(place.run(&[]).code, Some(0));
    place
}

#[test]
fn runs_killed_after_any_time_leave_nothing_that_disturbs() {
    let place = Place::new();
    for millis in [1, 5, 10, 20, 40, 80, 160, 320] {
        killed_after(&place, Duration::from_millis(millis));
    }
    let last = place.run(&[]);
    assert_eq!(last.code, Some(0), "{}", last.err);
    assert_eq!(measures(&place), measures(&whole()));
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    let place = Place::new();
    let moments = [
        "corpus: writing the data set",
        "dense: started",
        "dense: epoch 2",
        "dense: validation",
        "narrow@rate=0.5: started",
        "slim@rate=0.5: epoch 1",
        "final@rate=0.5: validation",
        "dense-test: translating test",
        "narrow@rate=0.3: epoch 2",
        "final@rate=0.3: started",
    ];
    let mut finished: Vec<String> = Vec::new();
    let mut kills = 0;
    for moment in moments {
        let (said, killed) = killed_at(&place, moment);
        kills += usize::from(killed);
        let again: Vec<_> = stages_in(&said, "started")
            .into_iter()
            .filter(|stage| finished.contains(stage))
            .collect();
        assert_eq!(again, [""; 0], "made before: {said}");
        finished.extend(stages_in(&said, "done in"));
    }
    assert!(kills > moments.len() / 2, "only {kills} runs were killed");

    let last = place.run(&[]);
    assert_eq!(last.code, Some(0), "{}", last.err);
    for stage in STAGES {
        let cached = last.stages("cached").iter().any(|cached| cached == stage);
        let made = finished.iter().any(|finished| finished == stage);
        assert!(cached || !made, "`{stage}` was made twice: {}", last.err);
    }
    assert_eq!(measures(&place), measures(&whole()));
    // A forced stage begins an artifact, which is when what killed runs have left is removed.
    assert_eq!(place.run(&["--force", "corpus"]).code, Some(0));
    let left: Vec<_> = fs::read_dir(place.path(".srp/tmp")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(place.artifacts().len(), STAGES.len());
}
