//! Stages in processes of their own: how they end badly, side by side, and when two runs meet.

use crate::tiny::{Answer, Place, stages_in};
use srp::cache::{Attempt, Provenance};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// `root`, then `left` and `right` side by side, and `under` below `left`.
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

    [stages.under.noop]
    after = "left"
    value = 4
"#;

fn place() -> Place {
    let place = Place::empty();
    place.write("nothing.toml", EXPERIMENT);
    place
}

/// Runs the experiment, with values set for its stages.
fn run(place: &Place, set: &[&str], more: &[&str]) -> Answer {
    let set = set.iter().map(|set| format!("stages.{set}"));
    let set: Vec<String> = set.flat_map(|set| ["--set".to_owned(), set]).collect();
    let mut words = vec!["run", "nothing.toml"];
    words.extend(set.iter().map(String::as_str));
    words.extend(more);
    place.srp(&words)
}

/// Starts the experiment.
fn start(place: &Place, more: &[&str]) -> Child {
    let words = [&["run", "nothing.toml"], more].concat();
    let mut command = place.command(&words);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Reads what a run says until a line has this in it.
fn wait_for(run: &mut Child, what: &str) {
    let mut lines = BufReader::new(run.stderr.as_mut().unwrap()).lines();
    assert!(
        lines.any(|line| line.unwrap().contains(what)),
        "the run never said `{what}`"
    );
}

fn made(place: &Place) -> Vec<String> {
    place.artifacts().into_keys().collect()
}

fn provenance(place: &Place, stage: &str) -> Provenance {
    place.artifacts()[stage].manifest.provenance.clone()
}

/// The folders of the attempts that failed, in the order of time.
fn attempts(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.path(".srp/attempts"));
    let entries = entries.into_iter().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn every_stage_leaves_its_job_and_what_its_process_took() {
    let place = place();
    let answer = run(&place, &[], &[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    for (stage, made) in place.artifacts() {
        let job = fs::read_to_string(made.folder.join("records/job.json")).unwrap();
        assert!(job.contains(&format!("\"stage\": \"{stage}\"")), "{job}");
        let took = made.manifest.provenance;
        assert!(took.cpu_seconds.is_some_and(|seconds| seconds > 0.0));
        assert!(took.peak_memory_bytes.is_some_and(|bytes| bytes > 1 << 20));
    }
    let file = place.artifacts()["left"].folder.join("noop");
    let why = place.srp(&["why", file.to_str().unwrap()]);
    assert!(why.out.contains(" of processor time, "), "{}", why.out);
}

#[test]
fn a_process_that_is_killed_ends_its_stage_and_not_the_run() {
    let place = place();
    let answer = run(&place, &["left.noop.ending=kill"], &["--keep-going"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert_eq!(made(&place), ["right", "root"]);
    let said = "its process ended early: signal 9 (SIGKILL)";
    assert!(answer.err.contains(said), "{}", answer.err);
    let complaint = answer.complaint();
    assert!(
        complaint
            .contains("MiB of memory in use at most; the system ends processes so when memory"),
        "{complaint}"
    );
    assert!(
        answer
            .err
            .contains("not run for want of what failed: under"),
        "{}",
        answer.err
    );
    let [attempt] = &attempts(&place)[..] else {
        panic!("one attempt");
    };
    let known = Attempt::read(attempt).unwrap();
    assert_eq!(known.exit.as_deref(), Some("signal 9 (SIGKILL)"));
    assert!(known.cpu_seconds.is_some() && known.peak_memory_bytes.is_some());
    assert!(attempt.join("log.txt").is_file() && attempt.join("job.json").is_file());
}

#[test]
fn a_process_that_aborts_is_told_with_the_end_of_its_log() {
    let place = place();
    let answer = run(&place, &["left.noop.ending=abort"], &[]);
    assert_eq!(answer.code, Some(1));
    assert!(answer.err.contains("signal 6 (SIGABRT)"), "{}", answer.err);
    assert!(answer.err.contains("its log is empty"), "{}", answer.err);
    assert_eq!(made(&place), ["root"], "nothing was begun after it");
}

#[test]
fn without_keep_going_nothing_is_begun_after_a_failure() {
    let place = place();
    let answer = run(&place, &["left.noop.ending=fail"], &[]);
    assert_eq!(answer.code, Some(1));
    assert_eq!(made(&place), ["root"]);
    let answer = run(&place, &["left.noop.ending=fail"], &["-k"]);
    assert_eq!(answer.code, Some(1));
    assert_eq!(made(&place), ["right", "root"]);
}

#[test]
fn several_failures_are_all_told() {
    let place = place();
    let both = ["left.noop.ending=fail", "right.noop.ending=fail"];
    let answer = run(&place, &both, &["-k"]);
    assert_eq!(answer.code, Some(1));
    let complaint = answer.complaint();
    for said in [
        "2 stages failed",
        "stage `left` failed",
        "stage `right` failed",
    ] {
        assert!(complaint.contains(said), "{complaint}");
    }
}

#[test]
fn a_process_that_hangs_is_ended_after_its_time_and_tried_as_often_as_asked() {
    let place = place();
    let patience = ["left.noop.ending=hang", "left.timeout=0.3", "left.retry=2"];
    let answer = run(&place, &patience, &["-k"]);
    assert_eq!(answer.code, Some(1));
    let said = "it was not done after 0.3 seconds, which is its `timeout`";
    assert!(answer.err.contains(said), "{}", answer.err);
    for said in [
        "trying `left` again (1 of 2); its log is kept in",
        "(2 of 2)",
    ] {
        assert!(answer.err.contains(said), "{}", answer.err);
    }
    assert_eq!(attempts(&place).len(), 3);
    assert_eq!(
        answer.stages("started"),
        ["root", "left", "left", "left", "right"]
    );
    assert_eq!(made(&place), ["right", "root"]);
}

#[test]
fn a_process_that_ends_itself_when_its_time_is_over_was_too_late() {
    let place = place();
    let answer = run(
        &place,
        &["left.noop.seconds=60", "left.timeout=0.3"],
        &["-k"],
    );
    assert_eq!(answer.code, Some(1));
    let said = "it was not done after 0.3 seconds, which is its `timeout`";
    assert!(answer.err.contains(said), "{}", answer.err);
}

#[test]
fn a_stage_that_is_done_in_time_never_hears_of_its_limit() {
    let place = place();
    let answer = run(&place, &["left.timeout=\"1 h\"", "left.retry=1"], &[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let again = run(&place, &["left.timeout=5", "under.retry=7"], &[]);
    assert!(again.stages("started").is_empty(), "no key holds either");
}

#[test]
fn stages_that_do_not_need_each_other_run_side_by_side() {
    let place = place();
    let slow = ["left.noop.seconds=0.6", "right.noop.seconds=0.6"];
    let answer = run(&place, &slow, &["--jobs", "2"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let (left, right) = (provenance(&place, "left"), provenance(&place, "right"));
    assert!(left.started < right.finished && right.started < left.finished);
    let alone = provenance(&place, "root").machine.threads;
    let all = std::thread::available_parallelism().unwrap().get();
    assert_eq!(alone, (all / 2).max(1), "the threads are divided");
}

#[test]
fn an_experiment_names_the_devices_that_its_stages_run_on() {
    let place = place();
    let text = format!("{EXPERIMENT}\n[resources]\ndevices = [\"cpu\", \"cpu\"]\n");
    place.write("nothing.toml", text);
    let slow = ["left.noop.seconds=0.6", "right.noop.seconds=0.6"];
    let answer = run(&place, &slow, &[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let (left, right) = (provenance(&place, "left"), provenance(&place, "right"));
    assert!(left.started < right.finished && right.started < left.finished);
    assert_eq!(left.machine.device, "cpu");
    let answer = run(&place, &[], &["--device", "gpu"]);
    assert_eq!(answer.code, Some(2));
}

#[test]
#[cfg(not(feature = "cuda"))]
fn a_device_that_this_program_cannot_use_is_refused_before_anything_runs() {
    let place = place();
    let answer = run(&place, &[], &["--device", "cuda:1"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("built without CUDA"), "{}", answer.err);
    assert!(!place.path(".srp").exists());
}

#[test]
fn of_two_runs_at_the_same_time_one_waits_for_what_the_other_makes() {
    let place = place();
    let slow = ["--set", "stages.root.noop.seconds=1.5"];
    let mut first = start(&place, &slow);
    wait_for(&mut first, "root: started");
    let second = run(&place, &["root.noop.seconds=1.5"], &[]);
    assert_eq!(second.code, Some(0), "{}", second.err);
    let said = "another run is making `root`; waiting for it";
    assert!(second.err.contains(said), "{}", second.err);
    assert!(second.stages("cached").contains(&"root".to_owned()));
    let first = Answer::of(first.wait_with_output().unwrap());
    assert_eq!(first.code, Some(0));
    for stage in ["left", "right", "under"] {
        let done = |log: &str| {
            stages_in(log, "done in")
                .iter()
                .filter(|s| *s == stage)
                .count()
        };
        assert_eq!(done(&first.err) + done(&second.err), 1, "{stage} ran once");
    }
}

#[test]
fn a_signal_to_all_processes_as_a_terminal_sends_it_is_a_stop_whenever_it_comes() {
    for millis in [0, 1, 2, 4, 8, 16, 32] {
        let place = place();
        let words = [
            "run",
            "nothing.toml",
            "--set",
            "stages.root.noop.seconds=60",
        ];
        let mut command = place.command(&words);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut run = command.spawn().unwrap();
        wait_for(&mut run, "root: started");
        thread::sleep(Duration::from_millis(millis));
        let group = format!("-{}", run.id());
        Command::new("kill")
            .args(["-INT", "--", &group])
            .status()
            .unwrap();
        let run = Answer::of(run.wait_with_output().unwrap());
        assert_eq!(run.code, Some(4), "after {millis} ms: {}", run.err);
        for attempt in attempts(&place) {
            let known = Attempt::read(&attempt).unwrap();
            assert!(known.interrupted, "a stop is no failure");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_to_one_worker_fails_its_stage_and_does_not_stop_the_run() {
    let place = place();
    let patient = ["--set", "stages.left.noop.seconds=60", "-k"];
    let mut run = start(&place, &patient);
    wait_for(&mut run, "left: started");
    let worker = loop {
        match workers(&place).first() {
            Some(worker) => break worker.to_string(),
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    // Long enough for it to listen to signals; a process that does not yet is ended by them.
    thread::sleep(Duration::from_millis(300));
    Command::new("kill")
        .args(["-TERM", &worker])
        .status()
        .unwrap();
    let run = Answer::of(run.wait_with_output().unwrap());
    assert_eq!(run.code, Some(1), "{}", run.err);
    let said = "its process was asked to stop, the run was not";
    assert!(run.err.contains(said), "{}", run.err);
    assert_eq!(made(&place), ["right", "root"]);
}

#[test]
fn a_run_that_fails_and_is_stopped_says_both() {
    let place = place();
    let mut run = start(
        &place,
        &[
            "-k",
            "--jobs",
            "2",
            "--set",
            "stages.left.noop.ending=fail",
            "--set",
            "stages.right.noop.seconds=60",
        ],
    );
    wait_for(&mut run, "left: failed");
    Command::new("kill")
        .args(["-TERM", &run.id().to_string()])
        .status()
        .unwrap();
    let run = Answer::of(run.wait_with_output().unwrap());
    assert_eq!(run.code, Some(1), "{}", run.err);
    for said in [
        "not run for want of what failed: under\n",
        "stopped before stage `right`",
    ] {
        assert!(run.err.contains(said), "{said}: {}", run.err);
    }
}

#[test]
fn a_stop_of_a_stage_that_hangs_is_a_stop_though_its_time_runs_out() {
    let place = place();
    let hang = ["--set", "stages.left.noop.ending=hang"];
    let limits = [
        "--set",
        "stages.left.timeout=1",
        "--set",
        "stages.left.retry=5",
    ];
    let mut run = start(
        &place,
        &[hang, [limits[0], limits[1]], [limits[2], limits[3]]].concat(),
    );
    wait_for(&mut run, "left: started");
    Command::new("kill")
        .args(["-TERM", &run.id().to_string()])
        .status()
        .unwrap();
    let run = Answer::of(run.wait_with_output().unwrap());
    assert_eq!(run.code, Some(4), "{}", run.err);
    let said = "stopping: waiting for left; once more ends it at once";
    assert!(run.err.contains(said), "{}", run.err);
}

/// The processes that work on stages of a place.
#[cfg(target_os = "linux")]
fn workers(place: &Place) -> Vec<u32> {
    let folder = place.path(".srp").to_string_lossy().into_owned();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let works = |id: &u32| {
        let command = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).into_owned();
        command.contains("worker") && command.contains(&folder)
    };
    let ids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    ids.filter(works).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_that_is_killed_takes_its_workers_with_it() {
    let place = place();
    let mut run = start(&place, &["--set", "stages.root.noop.ending=hang"]);
    wait_for(&mut run, "root: started");
    let patience = Instant::now() + Duration::from_secs(20);
    while workers(&place).is_empty() {
        assert!(Instant::now() < patience, "the worker never came");
        thread::sleep(Duration::from_millis(5));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    while !workers(&place).is_empty() {
        assert!(Instant::now() < patience, "the worker is still there");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_run_goes_by_the_experiment_that_it_began_with() {
    let place = place();
    let mut first = start(&place, &["--set", "stages.root.noop.seconds=0.5"]);
    wait_for(&mut first, "root: started");
    place.write(
        "nothing.toml",
        EXPERIMENT.replace("value = 3", "value = 33"),
    );
    let first = Answer::of(first.wait_with_output().unwrap());
    assert_eq!(first.code, Some(0), "{}", first.err);
    let hashed = place.artifacts()["right"].manifest.hashed.clone();
    assert!(hashed.contains("\"value\":3}"), "{hashed}");
    let second = run(&place, &["root.noop.seconds=0.5"], &[]);
    assert_eq!(second.stages("started"), ["right"]);
    assert_eq!(second.stages("cached"), ["root", "left", "under"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_stays_with_its_program_when_that_is_built_anew_meanwhile() {
    let place = place();
    let program = place.path("program");
    fs::copy(env!("CARGO_BIN_EXE_srp"), &program).unwrap();
    let mut run = Command::new(&program)
        .args([
            "run",
            "nothing.toml",
            "--set",
            "stages.root.noop.seconds=0.5",
        ])
        .current_dir(place.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(&mut run, "root: started");
    fs::remove_file(&program).unwrap();
    fs::write(&program, "another program").unwrap();
    let run = Answer::of(run.wait_with_output().unwrap());
    assert_eq!(run.code, Some(0), "{}", run.err);
}

#[test]
fn a_worker_says_which_job_it_cannot_use() {
    let place = place();
    place.write("job.json", "{}");
    let answer = place.srp(&["worker", "job.json"]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.err.contains("cannot use the job file `job.json`"),
        "{}",
        answer.err
    );
}

#[test]
fn a_failed_stage_of_any_name_leaves_its_log() {
    let place = place();
    let name = "n".repeat(240);
    let stage = format!("\n[stages.{name}.noop]\nvalue = 1\nending = \"fail\"\n");
    place.write("nothing.toml", EXPERIMENT.to_owned() + &stage);
    let answer = run(&place, &[], &[]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    let [attempt] = &attempts(&place)[..] else {
        panic!("one attempt: {}", answer.err);
    };
    assert_eq!(Attempt::read(attempt).unwrap().stage, name);
}

#[test]
fn a_cache_without_room_for_an_artifact_is_told_before_the_stage_begins() {
    let place = place();
    assert_eq!(run(&place, &[], &["root"]).code, Some(0));
    let shelves = place.path(".srp/artifacts");
    for entry in fs::read_dir(&shelves).unwrap() {
        fs::remove_dir_all(entry.unwrap().path()).unwrap();
    }
    fs::remove_dir(&shelves).unwrap();
    fs::write(&shelves, "no folder").unwrap();
    let answer = run(&place, &[], &[]);
    assert_eq!(answer.code, Some(1));
    assert!(answer.stages("started").is_empty(), "{}", answer.err);
    let said = "stage `root` is not cached, and cannot be made";
    assert!(answer.err.contains(said), "{}", answer.err);
}
