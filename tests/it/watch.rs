//! Runs seen from outside: what they say in which form, `srp status` and `srp logs`.

use crate::tiny::{Answer, Place};
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// `root`, and `left` and `right` after it.
const EXPERIMENT: &str = r#"
    [experiment]
    title = "nothing"
    seed = 1

    [stages.root.noop]
    value = 1

    [stages.left.noop]
    after = "root"
    value = 2

    [stages.right.noop]
    after = "root"
    value = 3
"#;

/// Keeps `root` at work until the run is stopped.
const HELD: &[&str] = &["--set", "stages.root.noop.seconds=600"];

fn place() -> Place {
    let place = Place::empty();
    place.write("nothing.toml", EXPERIMENT);
    place
}

fn run(place: &Place, more: &[&str]) -> Answer {
    place.srp(&[&["run", "nothing.toml"], more].concat())
}

/// A run that goes on; killed when dropped.
struct Running(Child);

impl Running {
    /// Starts a run, and waits until others can see that it works on `stage`.
    fn at(place: &Place, stage: &str, more: &[&str]) -> Self {
        let words = [&["run", "nothing.toml"], more].concat();
        let mut command = place.command(&words);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let run = Self(command.spawn().unwrap());
        until("the stage works", || working(place, stage).is_some());
        run
    }

    fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        Command::new("kill").args([name, &id]).status().unwrap();
    }

    fn end(mut self) -> Answer {
        let stderr = self.0.stderr.take().unwrap();
        let err = std::io::read_to_string(stderr).unwrap();
        let code = self.0.wait().unwrap().code();
        Answer {
            code,
            out: String::new(),
            err,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < patience, "it never came true that {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The runs that `srp status --json` sees.
fn seen(place: &Place) -> Vec<Value> {
    let answer = place.srp(&["status", "--json"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let report: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(report["format"], 1);
    report["runs"].as_array().unwrap().clone()
}

/// What is seen of a stage that works.
fn working(place: &Place, stage: &str) -> Option<Value> {
    let runs = seen(place).into_iter();
    let stages = runs.flat_map(|run| run["working"].as_array().unwrap().clone());
    stages.into_iter().find(|working| working["stage"] == stage)
}

/// Writes to the log of a stage that works, as its process would.
fn print(place: &Place, stage: &str, text: &str) {
    let log = working(place, stage).unwrap()["log"].clone();
    let path: PathBuf = place.path(log.as_str().unwrap());
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn logs(place: &Place, words: &[&str]) -> Answer {
    place.srp(&[&["logs", "nothing.toml"], words].concat())
}

#[test]
fn where_nothing_runs_status_says_so_and_writes_nothing() {
    let place = place();
    let answer = place.srp(&["status"]);
    assert_eq!(answer.code, Some(0));
    assert_eq!(answer.out, "nothing runs in `.srp`\n");
    assert_eq!(seen(&place), [Value::Null; 0]);
    assert!(!place.path(".srp").exists());
}

#[test]
fn status_shows_what_a_run_is_at_and_nothing_once_it_has_ended() {
    let place = place();
    let run = Running::at(&place, "root", HELD);
    let [told] = &seen(&place)[..] else {
        panic!("one run");
    };
    assert_eq!(told["state"], "running");
    assert_eq!(told["process"], run.0.id());
    assert_eq!(told["experiment"], "nothing");
    assert_eq!(told["request"]["file"], "nothing.toml");
    assert_eq!(told["counts"]["working"], 1);
    assert_eq!(told["counts"]["waiting"], 2);
    until("steps are told", || {
        working(&place, "root").unwrap()["total"] == 600_000
    });

    let answer = place.srp(&["status"]);
    assert_eq!(answer.code, Some(0));
    let lines: Vec<&str> = answer.out.lines().collect();
    assert!(
        lines[0].ends_with(": srp run nothing.toml --set stages.root.noop.seconds=600"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("nothing  0/3 done  1 at work  2 waiting  "),
        "{lines:?}"
    );
    assert!(lines[2].starts_with("  root  "), "{lines:?}");
    assert_eq!(lines.len(), 3, "{lines:?}");

    run.signal("-TERM");
    assert_eq!(run.end().code, Some(4));
    assert_eq!(place.srp(&["status"]).out, "nothing runs in `.srp`\n");
}

#[test]
fn status_tells_what_was_made_and_what_failed_while_the_run_goes_on() {
    let place = place();
    let held = [
        "--set",
        "stages.left.noop.ending=fail",
        "--set",
        "stages.right.noop.seconds=600",
        "-k",
    ];
    let run = Running::at(&place, "right", &held);
    let [told] = &seen(&place)[..] else {
        panic!("one run");
    };
    assert_eq!(told["lately"][0]["stage"], "root");
    assert_eq!(
        told["failed"],
        json!([{"stage": "left", "error": ["the stage was told to fail"]}])
    );
    let answer = place.srp(&["status"]).out;
    assert!(answer.contains("1/3 done  1 at work  1 failed"), "{answer}");
    assert!(answer.contains("\n  done: root ("), "{answer}");
    let line = "\n  left failed: the stage was told to fail\n";
    assert!(answer.contains(line), "{answer}");
    drop(run);
}

#[test]
fn a_run_that_was_killed_is_not_taken_for_one_that_goes_on() {
    let place = place();
    let mut run = Running::at(&place, "root", HELD);
    run.0.kill().unwrap();
    run.0.wait().unwrap();
    let [told] = &seen(&place)[..] else {
        panic!("one run");
    };
    assert_eq!(told["state"], "killed");
    let answer = place.srp(&["status"]);
    assert_eq!(answer.code, Some(0));
    let said = "was killed while at work on root";
    assert!(answer.out.contains(said), "{}", answer.out);
    assert!(answer.out.ends_with("nothing runs in `.srp`\n"));
    assert_eq!(self::run(&place, &[]).code, Some(0));
    assert_eq!(seen(&place), [Value::Null; 0], "the next run cleared up");
}

#[test]
fn a_killed_run_is_told_with_all_that_was_said_of_it() {
    let place = place();
    let said =
        "root --only v=1 --force root --jobs 2 --keep-going --cache 'my cache' --results tables";
    let swept = EXPERIMENT.replace("value = 2", "value = \"${v}\"");
    place.write(
        "nothing.toml",
        swept + "[params]\nv = 1\n[sweep]\nv = [1, 2]\n",
    );
    let mut words = vec![
        "run",
        "nothing.toml",
        "root",
        "--only",
        "v=1",
        "--force",
        "root",
    ];
    words.extend([
        "--jobs",
        "2",
        "-k",
        "--cache",
        "my cache",
        "--results",
        "tables",
    ]);
    words.extend(HELD);
    let mut command = place.command(&words);
    let mut run = Running(
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let status = || place.srp(&["status", "--cache", "my cache"]).out;
    until("the run is seen", || status().starts_with("process "));
    let command = format!(": srp run nothing.toml --set stages.root.noop.seconds=600 {said}\n");
    assert!(status().contains(&command), "{}", status());
    run.0.kill().unwrap();
    run.0.wait().unwrap();
    assert!(
        status().contains(&format!("{said}` goes on\n")),
        "{}",
        status()
    );
}

#[test]
fn a_run_of_nothing_tells_nobody() {
    let place = place();
    run(&place, &[]);
    fs::remove_dir_all(place.path(".srp/tmp")).unwrap();
    let again = run(&place, &[]);
    assert!(again.err.contains("nothing to run"), "{}", again.err);
    assert!(!again.err.contains(" made"), "{}", again.err);
    assert!(!place.path(".srp/tmp").exists());
}

#[test]
fn what_is_told_of_a_stage_is_no_part_of_its_artifact() {
    let place = place();
    run(&place, &["--set", "stages.root.noop.seconds=1.5"]);
    let made = &place.artifacts()["root"];
    let files: Vec<&str> = made.manifest.files.keys().map(String::as_str).collect();
    let records: Vec<&str> = made.manifest.records.keys().map(String::as_str).collect();
    assert_eq!(files, ["noop"]);
    assert_eq!(records, ["records/job.json", "records/log.txt"]);
}

#[test]
fn a_log_is_followed_until_its_stage_ends() {
    let place = place();
    let slow = EXPERIMENT.replace("value = 1\n", "value = 1\n seconds = 2.5\n");
    place.write("nothing.toml", slow);
    let run = Running::at(&place, "root", &[]);
    let words = ["logs", "nothing.toml", "root", "--follow"];
    let mut command = place.command(&words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let follower = command.spawn().unwrap();
    print(&place, "root", "one\ntwo\n");
    let now = logs(&place, &["root"]);
    assert_eq!(now.out, "one\ntwo\n", "without being followed");
    assert!(
        now.err.starts_with("log of what runs now: process "),
        "{}",
        now.err
    );
    let followed = Answer::of(follower.wait_with_output().unwrap());
    assert_eq!(followed.code, Some(0), "{}", followed.err);
    assert_eq!(followed.out, "one\ntwo\n");
    let said = "the stage has ended: log of the artifact ";
    assert!(followed.err.contains(said), "{}", followed.err);

    assert_eq!(run.end().code, Some(0));
    let after = logs(&place, &["root", "-f"]);
    assert_eq!(after.out, "one\ntwo\n", "there is nothing to follow");
    let key = place.artifacts()["root"].manifest.key.short();
    assert_eq!(after.err, format!("log of the artifact {key}\n"));
}

#[test]
fn a_log_is_followed_from_one_try_to_the_next() {
    let place = place();
    let failing = [
        "--set",
        "stages.root.noop.seconds=2",
        "--set",
        "stages.root.noop.ending=fail",
        "--set",
        "stages.root.retry=1",
    ];
    let run = Running::at(&place, "root", &failing);
    print(&place, "root", "first\n");
    let mut words = vec!["logs", "nothing.toml", "root", "-f"];
    words.extend(&failing[..4]);
    let mut command = place.command(&words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let follower = command.spawn().unwrap();
    until("it is tried again", || {
        working(&place, "root").is_some_and(|stage| stage["attempt"] == 2)
    });
    print(&place, "root", "second\n");
    let followed = Answer::of(follower.wait_with_output().unwrap());
    assert_eq!(followed.out, "first\nsecond\n");
    assert!(
        followed.err.contains("now: try 2, process"),
        "{}",
        followed.err
    );
    let said = "the stage has ended: log of the attempt of ";
    assert!(followed.err.contains(said), "{}", followed.err);
    assert_eq!(run.end().code, Some(1));
}

#[test]
fn the_log_of_a_failure_is_found_and_one_that_is_over_can_be_asked_for() {
    let place = place();
    let failing = ["--set", "stages.left.noop.ending=fail"];
    run(&place, &failing);
    let log = logs(&place, &[&["left"][..], &failing].concat());
    assert_eq!(log.code, Some(0), "{}", log.err);
    let said = "that failed: the stage was told to fail (`.srp/attempts/left-";
    assert!(log.err.contains(said), "{}", log.err);

    assert_eq!(run(&place, &[]).code, Some(0));
    let log = logs(&place, &["left"]);
    assert!(log.err.starts_with("log of the artifact "), "{}", log.err);
    let log = logs(&place, &["left", "--last-failed"]);
    assert!(log.err.contains(said), "{}", log.err);
    let log = logs(&place, &["right", "--last-failed"]);
    assert_eq!(log.code, Some(1));

    let changed = ["left", "--set", "stages.left.noop.value=7"];
    fs::remove_dir_all(place.path(".srp/attempts")).unwrap();
    let log = logs(&place, &changed);
    let said = "log of an earlier artifact ";
    assert!(log.err.starts_with(said), "{}", log.err);
}

#[test]
fn the_log_of_what_was_interrupted_is_found_and_says_so() {
    let place = place();
    let run = Running::at(&place, "root", HELD);
    print(&place, "root", "as far as it came\n");
    run.signal("-INT");
    assert_eq!(run.end().code, Some(4));
    let log = logs(&place, &[&["root"][..], HELD].concat());
    assert_eq!(log.code, Some(0), "{}", log.err);
    let said = "that was stopped, before anything was kept (`.srp/attempts/root-";
    assert!(log.err.contains(said), "{}", log.err);
    let lines: Vec<&str> = log.out.lines().collect();
    assert!(lines.contains(&"as far as it came"), "{}", log.out);
    let end = lines.last().unwrap();
    assert!(end.ends_with("stopped, before anything was kept"), "{end}");
    let failed = logs(&place, &["root", "--last-failed"]);
    assert_eq!(failed.code, Some(1), "a stop is no failure");
}

#[test]
fn the_log_of_what_was_killed_comes_before_that_of_an_earlier_artifact() {
    let place = place();
    assert_eq!(run(&place, &[]).code, Some(0));
    let mut killed = Running::at(&place, "root", HELD);
    print(&place, "root", "half of it\n");
    killed.0.kill().unwrap();
    killed.0.wait().unwrap();
    let changed = ["root", "--set", "stages.root.noop.value=7"];
    for words in [&[&["root"], HELD].concat()[..], &changed] {
        let log = logs(&place, words);
        assert_eq!(
            (log.code, &*log.out),
            (Some(0), "half of it\n"),
            "{}",
            log.err
        );
        let said = format!(
            "which was killed with its run (process {})\n",
            killed.0.id()
        );
        assert!(log.err.ends_with(&said), "{}", log.err);
    }
}

#[test]
fn without_a_stage_it_is_said_which_stages_have_a_log() {
    let place = place();
    run(&place, &["root"]);
    let key = place.artifacts()["root"].manifest.key.short();
    let some = logs(&place, &[]);
    assert_eq!(some.code, Some(0), "{}", some.err);
    assert_eq!(
        some.out,
        format!(
            "root   log of the artifact {key}\n\
             left   no log: it has not run yet\n\
             right  no log: it has not run yet\n"
        )
    );
    assert!(
        some.err.contains("`srp logs nothing.toml STAGE`"),
        "{}",
        some.err
    );
    assert_eq!(logs(&place, &["--follow"]).code, Some(2));
}

#[test]
fn a_stage_without_a_log_and_one_that_is_not_there_are_told_apart() {
    let place = place();
    let none = logs(&place, &["left"]);
    assert_eq!(none.code, Some(1));
    let said = "there is no log of stage `left`: it has not run yet";
    assert!(none.err.contains(said), "{}", none.err);
    let wrong = logs(&place, &["lefft"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("did you mean `left`?"), "{}", wrong.err);
}

#[test]
fn lines_of_json_tell_everything_that_happens() {
    let place = place();
    let failing = ["--set", "stages.left.noop.ending=fail", "-k"];
    let answer = run(&place, &[&failing[..], &["--log-format", "json"]].concat());
    assert_eq!(answer.code, Some(1));
    let lines: Vec<Value> = answer
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in &lines {
        let keys: Vec<_> = line.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["event", "fields", "stage", "time"]);
    }
    let told = lines.iter().map(|line| {
        let stage = line["stage"].as_str().unwrap_or("-");
        format!("{stage} {}", line["event"].as_str().unwrap())
    });
    let told: Vec<String> = told.collect();
    assert_eq!(
        told,
        [
            "root started",
            "root done",
            "left started",
            "left failed",
            "right started",
            "right done",
            "- ended",
            "- error",
        ]
    );
    let counts = &lines[6]["fields"]["counts"];
    assert_eq!((&counts["done"], &counts["failed"]), (&json!(2), &json!(1)));
    let error = &lines[7]["fields"];
    assert_eq!(error["exit-code"], 1);
    assert_eq!(error["messages"][0], "stage `left` failed");

    let wrong = run(&place, &["--log-format", "json", "--force", "lefft"]);
    assert_eq!(wrong.code, Some(2));
    let line: Value = serde_json::from_str(&wrong.err).unwrap();
    assert_eq!(
        (&line["event"], &line["fields"]["exit-code"]),
        (&json!("error"), &json!(2))
    );
}

#[test]
fn the_end_of_a_run_is_the_last_line_of_its_json() {
    let place = Place::new();
    // There is a note about rows that are not there.
    let answer = place.run(&["corpus", "--log-format", "json"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let events = answer.err.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["event"].as_str().unwrap().to_owned()
    });
    let events: Vec<String> = events.collect();
    let [.., note, ended] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(
        (note.as_str(), ended.as_str()),
        ("note", "ended"),
        "{events:?}"
    );
}

#[test]
fn an_error_in_json_says_where_the_mistake_stands() {
    let place = place();
    place.write("nothing.toml", EXPERIMENT.replace("value = 2", "valeu = 2"));
    let wrong = run(&place, &["--log-format", "json"]);
    assert_eq!(wrong.code, Some(2));
    let line: Value = serde_json::from_str(&wrong.err).unwrap();
    let fields = &line["fields"];
    assert_eq!(fields["code"], "plan::unknown_key");
    assert_eq!(
        fields["messages"][0],
        "stage `left` (noop) has no key `valeu`"
    );
    assert!(fields["help"].as_str().unwrap().contains("`value`"));
    let [label] = &fields["labels"].as_array().unwrap()[..] else {
        panic!("one label: {fields}");
    };
    assert_eq!(
        (&label["file"], &label["line"], &label["column"]),
        (&json!("nothing.toml"), &json!(11), &json!(5))
    );
    assert!(label["text"].is_string(), "{label}");
}

#[test]
fn the_errors_of_several_stages_are_all_in_the_json() {
    let place = place();
    let failing = ["left", "right"].map(|stage| format!("stages.{stage}.noop.ending=fail"));
    let words = [
        "--set",
        &failing[0],
        "--set",
        &failing[1],
        "-k",
        "--log-format",
        "json",
    ];
    let answer = run(&place, &words);
    let line: Value = serde_json::from_str(answer.err.lines().last().unwrap()).unwrap();
    let related = line["fields"]["related"].as_array().unwrap();
    let messages: Vec<&Value> = related.iter().map(|error| &error["messages"]).collect();
    let told = |stage| {
        json!([
            format!("stage `{stage}` failed"),
            "the stage was told to fail"
        ])
    };
    assert_eq!(messages, [&told("left"), &told("right")]);
}

#[test]
fn a_quiet_run_says_nothing_but_what_went_wrong() {
    let place = place();
    let answer = run(&place, &["--quiet"]);
    assert_eq!((answer.code, &*answer.err), (Some(0), ""));
    let failing = ["--set", "stages.left.noop.ending=fail", "-q"];
    let answer = run(&place, &failing);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.err.starts_with("exec::stage_failed"),
        "{}",
        answer.err
    );
    assert_eq!(run(&place, &["-q", "-v"]).code, Some(2));
}

#[test]
fn a_verbose_run_passes_on_the_logs_of_its_stages() {
    let place = Place::new();
    let plain = place.run(&["corpus"]);
    assert_eq!(plain.code, Some(0), "{}", plain.err);
    let log = place.srp(&["logs", "tiny.toml", "corpus"]).out;
    assert!(log.lines().count() > 2, "{log}");
    let place = Place::new();
    let verbose = place.run(&["corpus", "--verbose"]);
    let log = place.srp(&["logs", "tiny.toml", "corpus"]).out;
    let passed: Vec<&str> = verbose.err.lines().collect();
    let mut expected = vec!["[1/1] corpus: started".to_owned()];
    expected.extend(
        log.lines()
            .map(|line| format!("[1/1] corpus: {}", line.trim_start())),
    );
    assert_eq!(passed[..expected.len()], expected);
    assert!(passed[expected.len()].starts_with("[1/1] corpus: done in "));
}

#[test]
fn colours_are_used_where_they_are_asked_for() {
    let place = place();
    let plain = run(&place, &[]);
    assert!(!plain.err.contains('\x1b'), "{}", plain.err);
    let mut command = place.command(&["run", "nothing.toml", "--force", "root"]);
    command.env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1");
    let painted = Answer::of(command.output().unwrap());
    assert!(
        painted.err.contains("root: \x1b[32mdone in "),
        "{}",
        painted.err
    );
}
