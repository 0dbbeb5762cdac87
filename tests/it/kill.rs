//! Runs that are killed, and those that come after them.

use crate::tiny::{Place, STAGES, stages_in};
use srp::random::Stream;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
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
    let is_time = |name: &str| {
        let ends = ["_per_second", "_ms", "speed_up", "_load"];
        name.starts_with("seconds.") || ends.iter().any(|end| name.ends_with(end))
    };
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

/// Starts a run that keeps what it has done after every update, sends it a signal after a while, and returns its exit
/// code, if it lived to have one, and what it said.
fn interrupted(place: &Place, signal: Signal, pause: Duration) -> (Option<i32>, String) {
    let run = place
        .command(&["run", "tiny.toml", "--keep-every", "0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(pause);
    let id = run.id().to_string();
    Command::new("kill")
        .args([signal.flag(), &id])
        .status()
        .unwrap();
    let output = run.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

#[derive(Clone, Copy)]
enum Signal {
    Kill,
    Interrupt,
    Terminate,
}

impl Signal {
    fn flag(self) -> &'static str {
        match self {
            Self::Kill => "-KILL",
            Self::Interrupt => "-INT",
            Self::Terminate => "-TERM",
        }
    }
}

/// The bytes of every artifact's content, by stage.
fn contents(place: &Place) -> BTreeMap<String, String> {
    let artifacts = place.artifacts().into_iter();
    artifacts
        .map(|(stage, made)| (stage, made.manifest.content.to_string()))
        .collect()
}

#[test]
fn a_training_that_is_killed_at_any_instant_makes_the_same_bits() {
    let whole = whole();
    let place = Place::new();
    let mut stream = Stream::new(1, "instants");
    let (mut resumed, mut kills) = (0, 0);
    while kills < 25 {
        let pause = Duration::from_micros(20_000 + stream.below(400_000) as u64);
        let (code, said) = interrupted(&place, Signal::Kill, pause);
        resumed += said.matches("going on after update").count();
        if code == Some(0) {
            // All is done; what was made goes, and the next run begins from the start.
            assert_eq!(contents(&place), contents(&whole));
            fs::remove_dir_all(place.path(".srp/artifacts")).unwrap();
        } else {
            kills += 1;
        }
    }
    let last = place.run(&[]);
    assert_eq!(last.code, Some(0), "{}", last.err);
    assert!(resumed > 0, "no training went on");
    assert_eq!(contents(&place), contents(&whole));
    assert_eq!(measures(&place), measures(&whole));
    let left = fs::read_dir(place.path(".srp/partial")).unwrap();
    let kept: usize = left
        .map(|shelf| fs::read_dir(shelf.unwrap().path()).unwrap().count())
        .sum();
    assert_eq!(kept, 0, "what is finished keeps no checkpoints");
}

#[test]
fn a_run_that_is_asked_to_stop_says_how_to_go_on_and_does() {
    let place = Place::new();
    assert_eq!(place.run(&["--force", "corpus"]).code, Some(0));
    fs::remove_dir_all(place.path(".srp/artifacts")).unwrap();
    let mut stops = 0;
    for signal in [Signal::Interrupt, Signal::Terminate]
        .into_iter()
        .cycle()
        .take(12)
    {
        let (code, said) = interrupted(&place, signal, Duration::from_millis(120));
        match code {
            Some(0) => break,
            // The signal came before the program listened to signals.
            None => continue,
            Some(code) => assert_eq!(code, 4, "{said}"),
        }
        assert!(
            said.contains("exec::stopped") && said.contains("the same command goes on"),
            "{said}"
        );
        stops += 1;
    }
    assert!(stops > 0);
    let last = place.run(&[]);
    assert_eq!(last.code, Some(0), "{}", last.err);
    assert_eq!(contents(&place), contents(&whole()));
}

#[test]
fn a_checkpoint_of_another_config_is_never_gone_on_from() {
    let place = Place::new();
    let mut kept = false;
    for millis in (40..400).step_by(20) {
        let (code, _) = interrupted(&place, Signal::Kill, Duration::from_millis(millis));
        kept |= code.is_none() && place.path(".srp/partial").is_dir();
    }
    assert!(kept, "no run was killed while it trained");
    // What was finished goes too, so that the name `dense` stands for one artifact.
    fs::remove_dir_all(place.path(".srp/artifacts")).unwrap();
    let seed = &["--set", "experiment.seed=6"];
    let other = place.run(seed);
    assert_eq!(other.code, Some(0), "{}", other.err);
    assert!(
        !other.err.contains("going on after update"),
        "{}",
        other.err
    );
    let clean = Place::new();
    assert_eq!(clean.run(seed).code, Some(0));
    let of_seed = |place: &Place| contents(place)["dense"].clone();
    assert_eq!(of_seed(&place), of_seed(&clean));
}

/// The process that works on `stage` of a place.
#[cfg(target_os = "linux")]
fn worker(place: &Place, stage: &str) -> Option<u32> {
    let folder = place.path(".srp").to_string_lossy().into_owned();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.into_iter().find_map(|process| {
        let id = process.file_name().to_str()?.parse().ok()?;
        let command = fs::read(process.path().join("cmdline")).ok()?;
        let command = String::from_utf8(command).ok()?;
        let job = command.split('\0').find(|word| word.starts_with(&folder))?;
        let job: serde_json::Value = serde_json::from_slice(&fs::read(job).ok()?).ok()?;
        (job["stage"] == stage).then_some(id)
    })
}

#[test]
#[cfg(target_os = "linux")]
fn a_training_whose_process_is_killed_goes_on_in_the_next_try() {
    let long = "stages.dense.pretrain.training.epochs=40";
    let place = Place::new();
    let mut run = place
        .command(&["run", "tiny.toml", "dense", "--set", long])
        .args(["--set", "stages.dense.retry=3"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut kills = 0;
    let mut said = String::new();
    for line in BufReader::new(run.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        let moment = ["3", "9", "15"].map(|epoch| format!("dense: epoch {epoch}"));
        if kills < 3
            && moment.iter().any(|moment| line.ends_with(moment))
            && let Some(id) = worker(&place, "dense")
        {
            let id = id.to_string();
            let killed = Command::new("kill").args(["-KILL", &id]).status();
            kills += usize::from(killed.unwrap().success());
        }
        said += &format!("{line}\n");
    }
    assert!(run.wait().unwrap().success(), "{said}");
    assert!(kills > 0, "{said}");
    let tries = said.matches("trying `dense` again").count();
    assert_eq!(tries, kills, "{said}");
    assert!(said.contains("going on after update"), "{said}");
    let whole = Place::new();
    let arguments = ["run", "tiny.toml", "dense", "--set", long];
    assert_eq!(whole.srp(&arguments).code, Some(0));
    assert_eq!(contents(&place), contents(&whole));
}
