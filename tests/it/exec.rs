//! What runs, what does not, and what is left when something fails.

use crate::fake::{Fake, Notes, digest_of, plan, plan_with, write};
use miette::Diagnostic;
use srp::cache::{Attempt, Cache, CacheError, Digest, Key, Lookup, Position, Reason};
use srp::config::StageSpec;
use srp::exec::{
    ExecError, Options, Outcome, Runner, Silent, StageFailure, Status, Workplace, execute, preview,
};
use srp::plan::Plan;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const ALL: [&str; 3] = ["preprocess", "pretrain", "test"];

fn new_cache() -> (TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("cache"));
    (folder, cache)
}

fn run(plan: &Plan, cache: &Cache, fake: &Fake) -> Outcome {
    execute(plan, cache, fake, &Options::default(), &Silent).unwrap()
}

fn force(stage: &str) -> Options {
    Options {
        force: [stage.to_owned()].into(),
        ..Options::default()
    }
}

/// One line a node: what a run would do.
fn foretold(plan: &Plan, cache: &Cache, fake: &Fake) -> Vec<String> {
    let statuses = preview(plan, cache, fake, &Options::default()).unwrap();
    let said = statuses.iter().map(|status| match status {
        Status::Cached(_) => "cached".to_owned(),
        Status::Resume(position) => format!("resume: {position}"),
        Status::Run(reason) => format!("run: {reason}"),
        Status::MayRun(waiting) => {
            let parents: Vec<_> = waiting
                .after
                .iter()
                .map(|id| &*plan.nodes[id.0].label)
                .collect();
            format!("may run: {}", parents.join(", "))
        }
        Status::Blocked(error) => format!("blocked: {error}"),
    });
    said.collect()
}

#[test]
fn rerunning_a_plan_runs_nothing() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    let first = run(&plan(), &cache, &fake);
    assert_eq!(fake.take_ran(), ALL);
    assert!(!first.ran_nothing());
    let second = run(&plan(), &cache, &fake);
    assert_eq!(fake.take_ran(), [""; 0]);
    assert!(second.ran_nothing());
    let keys = |outcome: &Outcome| -> Vec<_> {
        let nodes = outcome.nodes.iter();
        nodes.map(|done| done.artifact.key()).collect()
    };
    assert_eq!(keys(&first), keys(&second));
}

#[test]
fn a_changed_key_runs_its_stage_and_those_below() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    run(&plan(), &cache, &fake);
    fake.take_ran();
    run(&plan_with(&[("seed = 1", "seed = 2")]), &cache, &fake);
    assert_eq!(fake.take_ran(), ["pretrain", "test"]);
    run(&plan(), &cache, &fake);
    assert_eq!(
        fake.take_ran(),
        [""; 0],
        "the old artifacts are still there"
    );
}

#[test]
fn renaming_a_stage_runs_nothing() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    run(&plan(), &cache, &fake);
    fake.take_ran();
    let renamed = plan_with(&[("[dense.", "[done."), (r#""dense""#, r#""done""#)]);
    run(&renamed, &cache, &fake);
    assert_eq!(fake.take_ran(), [""; 0]);
}

#[test]
fn a_parent_that_makes_the_same_bytes_again_stops_the_wave() {
    let (_folder, cache) = new_cache();
    let fake = Fake::working(|spec, inputs, out| match spec {
        StageSpec::Pretrain(_) => write("always the same", out),
        _ => write(&digest_of(spec, inputs)?, out),
    });
    run(&plan(), &cache, &fake);
    fake.take_ran();
    run(&plan_with(&[("seed = 1", "seed = 2")]), &cache, &fake);
    assert_eq!(fake.take_ran(), ["pretrain"]);
}

#[test]
fn a_parent_that_makes_other_bytes_leaves_no_stale_child() {
    let (_folder, cache) = new_cache();
    let times = AtomicUsize::new(0);
    let fake = Fake::working(move |spec, inputs, out| match spec {
        StageSpec::Pretrain(_) => {
            let text = format!("time {}", times.fetch_add(1, Ordering::SeqCst));
            write(&text, out)
        }
        _ => write(&digest_of(spec, inputs)?, out),
    });
    run(&plan(), &cache, &fake);
    fake.take_ran();
    execute(&plan(), &cache, &fake, &force("dense"), &Silent).unwrap();
    assert_eq!(fake.take_ran(), ["pretrain", "test"]);
}

#[test]
fn force_runs_a_stage_and_replaces_its_artifact() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    let first = run(&plan(), &cache, &fake);
    fake.take_ran();
    let second = execute(&plan(), &cache, &fake, &force("corpus"), &Silent).unwrap();
    assert_eq!(fake.take_ran(), ["preprocess"], "the same bytes came out");
    let (old, new) = (&first.nodes[0].artifact, &second.nodes[0].artifact);
    assert_eq!(old.path(), new.path());
    assert_ne!(
        old.manifest().unwrap().provenance.started,
        new.manifest().unwrap().provenance.started
    );
    assert_eq!(
        cache.lookup(new.key()),
        Lookup::Whole(Box::new(new.clone()))
    );
}

#[test]
fn forcing_an_unknown_stage_suggests_a_known_one() {
    let (_folder, cache) = new_cache();
    let result = execute(&plan(), &cache, &Fake::default(), &force("dens"), &Silent);
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "this experiment has no stage `dens`");
    let help = error.help().unwrap().to_string();
    assert_eq!(help, "did you mean `dense`? stages: corpus, dense, final");
    assert!(!cache.root().exists(), "nothing was begun");
}

#[test]
fn a_failure_stops_the_run_and_keeps_what_is_finished_and_its_log() {
    let (_folder, cache) = new_cache();
    let failing = Fake::working(|spec, inputs, out| match spec {
        StageSpec::Pretrain(_) => {
            fs::write(out.record("loss.txt"), "7.5")?;
            Err(StageFailure::new("loss is not a number").with_help("lower the rate"))
        }
        _ => write(&digest_of(spec, inputs)?, out),
    });
    let error = execute(&plan(), &cache, &failing, &Options::default(), &Silent).unwrap_err();
    assert_eq!(failing.take_ran(), ["preprocess", "pretrain"]);
    assert_eq!(error.to_string(), "stage `dense` failed");
    let help = error.help().unwrap().to_string();
    assert!(
        help.starts_with("lower the rate\nits log is kept in"),
        "{help}"
    );

    let attempts = fs::read_dir(cache.root().join("attempts")).unwrap();
    let attempts: Vec<_> = attempts.map(|entry| entry.unwrap().path()).collect();
    let [attempt] = &attempts[..] else {
        panic!("{attempts:?}");
    };
    assert!(help.contains(attempt.to_str().unwrap()), "{help}");
    let read = |name: &str| fs::read_to_string(attempt.join(name)).unwrap();
    let known = Attempt::read(attempt).unwrap();
    assert_eq!(known.stage, "dense");
    assert_eq!(known.error, ["loss is not a number"]);
    assert_eq!(read("loss.txt"), "7.5");
    assert!(read("log.txt").contains("working"));

    let fake = Fake::default();
    run(&plan(), &cache, &fake);
    assert_eq!(fake.take_ran(), ["pretrain", "test"]);
}

#[test]
fn a_panic_is_the_failure_of_its_stage() {
    let (_folder, cache) = new_cache();
    let fake = Fake::working(|_, _, _| panic!("shapes differ"));
    let result = execute(&plan(), &cache, &fake, &Options::default(), &Silent);
    let Err(ExecError::Stage { stage, source, .. }) = result else {
        panic!("{result:?}");
    };
    assert_eq!(stage, "corpus");
    assert_eq!(source.to_string(), "the stage panicked: shapes differ");
}

#[test]
fn a_killed_run_is_taken_up_again_where_it_was() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    run(&plan(), &cache, &fake);
    fake.take_ran();
    let left = cache.root().join("tmp/left");
    fs::create_dir_all(left.join("artifact/records")).unwrap();
    fs::write(left.join("lock"), "").unwrap();
    fs::write(left.join("artifact/made.txt"), "ha").unwrap();
    run(&plan_with(&[("beam = 5", "beam = 4")]), &cache, &fake);
    assert_eq!(fake.take_ran(), ["pretrain", "test"]);
    assert!(!left.exists());
}

#[test]
fn two_runs_at_once_make_each_artifact_once() {
    let (_folder, cache) = new_cache();
    let fake = Fake::working(|spec, inputs, out| {
        thread::sleep(Duration::from_millis(30));
        write(&digest_of(spec, inputs)?, out)
    });
    let outcomes = thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(|| run(&plan(), &cache, &fake)));
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(fake.take_ran(), ALL);
    for (one, other) in outcomes[0].nodes.iter().zip(&outcomes[1].nodes) {
        assert_eq!(one.artifact, other.artifact);
        assert_ne!(one.ran_seconds.is_some(), other.ran_seconds.is_some());
    }
}

#[test]
fn a_stage_sees_its_declared_inputs_only() {
    let (_folder, cache) = new_cache();
    let fake = Fake::working(|spec, inputs, out| {
        let model = inputs.path("model");
        assert_eq!(model.is_ok(), spec.kind() == "test", "{model:?}");
        assert!(inputs.get("distillation.teacher").is_none());
        write("", out)
    });
    run(&plan(), &cache, &fake);
}

/// Damages the artifact of one stage in this way, and runs a plan of which only the test is new. Returns the notes of
/// the run.
fn run_after(cache: &Cache, fake: &Fake, stage: usize, damage: impl Fn(&Path)) -> Vec<String> {
    let outcome = run(&plan(), cache, fake);
    fake.take_ran();
    damage(outcome.nodes[stage].artifact.path());
    let other_test = plan_with(&[("flops-length = 50", "flops-length = 51")]);
    let notes = Notes::default();
    execute(&other_test, cache, fake, &Options::default(), &notes).unwrap();
    notes.take()
}

fn flip_a_byte(folder: &Path) {
    let made = folder.join("made.txt");
    let mut bytes = fs::read(&made).unwrap();
    bytes[0] ^= 1;
    fs::write(&made, bytes).unwrap();
}

#[test]
fn a_flipped_byte_in_what_a_later_stage_reads_is_repaired_within_the_run() {
    for (stage, kind, label) in [(0, "preprocess", "corpus"), (1, "pretrain", "dense")] {
        let (_folder, cache) = new_cache();
        let fake = Fake::default();
        let notes = run_after(&cache, &fake, stage, flip_a_byte);
        assert_eq!(fake.take_ran(), [kind, "test"]);
        let [note] = &notes[..] else {
            panic!("{notes:?}");
        };
        let start = format!(
            "the artifact of `{label}` is damaged: `made.txt` has other bytes than it was made with; it is kept in `"
        );
        assert!(note.starts_with(&start), "{note}");
        assert!(note.ends_with("` and made again"), "{note}");
        let kept = note[start.len()..].split('`').next().unwrap();
        assert!(Path::new(kept).join("made.txt").is_file(), "{kept}");
        assert!(run(&plan(), &cache, &fake).ran_nothing(), "all is there");
    }
}

#[test]
fn every_damage_to_an_input_is_repaired() {
    let damages: [fn(&Path); 5] = [
        |folder| fs::remove_file(folder.join("made.txt")).unwrap(),
        |folder| fs::remove_dir_all(folder).unwrap(),
        |folder| fs::write(folder.join("more.txt"), "").unwrap(),
        |folder| fs::write(folder.join("made.txt"), "short").unwrap(),
        |folder| {
            let manifest = folder.join("manifest.json");
            let text = fs::read(&manifest).unwrap();
            fs::write(&manifest, &text[..text.len() / 2]).unwrap();
        },
    ];
    for (i, damage) in damages.into_iter().enumerate() {
        let (_folder, cache) = new_cache();
        let fake = Fake::default();
        let notes = run_after(&cache, &fake, 0, damage);
        assert_eq!(fake.take_ran(), ["preprocess", "test"], "damage {i}");
        let gone = usize::from(i != 1);
        assert_eq!(notes.len(), gone, "damage {i}: {notes:?}");
        let quarantine = fs::read_dir(cache.root().join("quarantine"));
        assert_eq!(quarantine.map_or(0, Iterator::count), gone, "damage {i}");
    }
}

#[test]
fn an_input_that_comes_out_otherwise_takes_along_what_was_made_of_it() {
    let (_folder, cache) = new_cache();
    let times = AtomicUsize::new(0);
    let fake = Fake::working(move |spec, inputs, out| match spec {
        StageSpec::Preprocess(_) => {
            let text = format!("time {}", times.fetch_add(1, Ordering::SeqCst));
            write(&text, out)
        }
        _ => write(&digest_of(spec, inputs)?, out),
    });
    run_after(&cache, &fake, 0, flip_a_byte);
    assert_eq!(fake.take_ran(), ["preprocess", "pretrain", "test"]);
    run(&plan(), &cache, &fake);
    assert_eq!(
        fake.take_ran(),
        ["test"],
        "the old test was of another corpus"
    );
}

#[test]
fn a_forced_stage_runs_once_even_if_an_input_is_repaired_meanwhile() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    let outcome = run(&plan(), &cache, &fake);
    fake.take_ran();
    flip_a_byte(outcome.nodes[1].artifact.path());
    let forced = Options {
        force: ["corpus", "final"].map(str::to_owned).into(),
        ..Options::default()
    };
    let outcome = execute(&plan(), &cache, &fake, &forced, &Silent).unwrap();
    assert_eq!(fake.take_ran(), ["preprocess", "pretrain", "test"]);
    let ran = outcome.nodes.iter().map(|done| done.ran_seconds.is_some());
    assert!(ran.eq([true; 3]), "{outcome:?}");
}

#[test]
fn damage_in_a_cache_that_is_only_read_is_repaired_above_it() {
    let (_folder, cache) = new_cache();
    let (_other, own) = new_cache();
    let own = own.over(vec![cache.root().to_owned()]);
    let fake = Fake::default();
    let outcome = run(&plan(), &cache, &fake);
    fake.take_ran();
    assert!(run(&plan(), &own, &fake).ran_nothing(), "all is below");
    assert!(!own.root().join("artifacts").exists());

    let below = outcome.nodes[1].artifact.path();
    flip_a_byte(below);
    let bytes = fs::read(below.join("made.txt")).unwrap();
    let other_test = plan_with(&[("flops-length = 50", "flops-length = 51")]);
    let notes = Notes::default();
    let outcome = execute(&other_test, &own, &fake, &Options::default(), &notes).unwrap();
    assert_eq!(fake.take_ran(), ["pretrain", "test"]);
    let notes = notes.take();
    assert!(notes[0].ends_with("it is made again"), "{notes:?}");
    assert!(!own.owns(&outcome.nodes[0].artifact));
    assert!(own.owns(&outcome.nodes[1].artifact));
    assert_eq!(fs::read(below.join("made.txt")).unwrap(), bytes);
    run(
        &plan_with(&[("flops-length = 50", "flops-length = 52")]),
        &own,
        &fake,
    );
    assert_eq!(
        fake.take_ran(),
        ["test"],
        "what was made above is found first"
    );
}

#[test]
fn a_run_holds_what_it_has_found_until_it_ends() {
    let (_folder, cache) = new_cache();
    let outcome = run(&plan(), &cache, &Fake::default());
    let keys = outcome.nodes.iter().map(|done| done.artifact.key());
    let found: BTreeSet<Key> = keys.take(2).collect();
    let other = cache.clone();
    let fake = Fake::working(move |spec, inputs, out| {
        let held = other.held();
        assert!(held.is_superset(&found), "{held:?}");
        assert_eq!(held.len(), 3, "and what it makes");
        write(&digest_of(spec, inputs)?, out)
    });
    run(
        &plan_with(&[("flops-length = 50", "flops-length = 51")]),
        &cache,
        &fake,
    );
    assert_eq!(fake.take_ran(), ["test"]);
    assert!(cache.held().is_empty());
    assert!(
        fs::read_dir(cache.root().join("tmp"))
            .unwrap()
            .next()
            .is_none()
    );
}

#[test]
fn a_run_without_work_writes_nothing_but_the_time_of_use_and_that_once_an_hour() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    let outcome = run(&plan(), &cache, &fake);
    let manifest = outcome.nodes[0].artifact.path().join("manifest.json");
    let modified = || fs::metadata(&manifest).unwrap().modified().unwrap();
    let made = modified();
    run(&plan(), &cache, &fake);
    assert_eq!(modified(), made);
    let days = Duration::from_secs(40 * 86_400);
    let file = fs::File::open(&manifest).unwrap();
    file.set_modified(made - days).unwrap();
    preview(&plan(), &cache, &fake, &Options::default()).unwrap();
    assert_eq!(modified(), made - days, "a preview writes nothing");
    run(&plan(), &cache, &fake);
    assert!(modified() >= made);
}

#[test]
fn an_artifact_with_a_broken_manifest_is_reported_and_made_again() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    let outcome = run(&plan(), &cache, &fake);
    fake.take_ran();
    fs::write(outcome.nodes[1].artifact.path().join("manifest.json"), "{").unwrap();
    let told = foretold(&plan(), &cache, &fake);
    assert!(
        told[1].starts_with("run: its artifact is damaged"),
        "{told:?}"
    );
    let notes = Notes::default();
    execute(&plan(), &cache, &fake, &Options::default(), &notes).unwrap();
    assert_eq!(fake.take_ran(), ["pretrain"]);
    let notes = notes.take();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(
        notes[0].starts_with("the artifact of `dense` is damaged"),
        "{notes:?}"
    );
}

#[test]
fn a_preview_says_what_will_run_and_why() {
    let (folder, cache) = new_cache();
    let file = folder.path().join("train.de");
    fs::write(&file, "ein satz").unwrap();
    let mut fake = Fake::default();
    fake.outside_files = vec![file.clone()];

    let told = foretold(&plan(), &cache, &fake);
    assert_eq!(
        told,
        [
            "run: never made",
            "may run: corpus",
            "may run: corpus, dense"
        ]
    );
    assert!(!cache.root().exists(), "a preview writes nothing");
    run(&plan(), &cache, &fake);
    assert_eq!(foretold(&plan(), &cache, &fake), ["cached"; 3]);

    let other = plan_with(&[("epsilon = 1e-8", "epsilon = 1e-9")]);
    assert_eq!(
        foretold(&other, &cache, &fake),
        [
            "cached",
            "run: stages.dense.pretrain.training.optimizer.epsilon: 1e-8 -> 1e-9",
            "may run: dense"
        ]
    );

    fs::write(&file, "zwei satz").unwrap();
    let told = foretold(&plan(), &cache, &fake);
    let (old, new) = (Digest::of(b"ein satz"), Digest::of(b"zwei satz"));
    let (old, new) = (old.short(), new.short());
    let expected = format!("run: file `{}`: {old} -> {new}", file.display());
    assert_eq!(told[0], expected);
    fs::write(&file, "ein satz").unwrap();

    fs::remove_file(&file).unwrap();
    let told = foretold(&plan(), &cache, &fake);
    assert!(
        told[0].starts_with("blocked: stage `corpus` reads"),
        "{told:?}"
    );
    fs::write(&file, "ein satz").unwrap();

    fake.revision = 3;
    assert_eq!(foretold(&plan(), &cache, &fake)[0], "run: revision: 1 -> 3");
}

#[test]
fn a_preview_names_changed_inputs_and_lost_artifacts() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    let outcome = run(&plan(), &cache, &fake);
    fs::remove_dir_all(outcome.nodes[2].artifact.path()).unwrap();
    let told = foretold(&plan(), &cache, &fake);
    assert_eq!(
        told,
        [
            "cached",
            "cached",
            "run: its artifact is no longer in the cache"
        ]
    );

    let inputs = plan_with(&[("merges = 100", "merges = 50")]);
    let only_corpus = Fake::working(|spec, inputs, out| match spec {
        StageSpec::Preprocess(_) => write(&digest_of(spec, inputs)?, out),
        _ => Err(StageFailure::new("stop here")),
    });
    execute(&inputs, &cache, &only_corpus, &Options::default(), &Silent).unwrap_err();
    let told = foretold(&inputs, &cache, &fake);
    assert_eq!((&*told[0], &*told[2]), ("cached", "may run: dense"));
    assert!(
        told[1].starts_with("run: stages.dense.pretrain.corpus: content "),
        "{told:?}"
    );
}

#[test]
fn a_forced_stage_is_foretold_as_such() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    run(&plan(), &cache, &fake);
    let statuses = preview(&plan(), &cache, &fake, &force("dense")).unwrap();
    assert!(matches!(statuses[1], Status::Run(Reason::Forced)));
    assert!(matches!(&statuses[2], Status::MayRun(waiting) if waiting.after.len() == 1));
}

#[test]
fn a_run_that_is_asked_to_stop_begins_no_stage() {
    let (_folder, cache) = new_cache();
    let fake = Fake::default();
    let options = Options::default();
    options.stop.request();
    let error = execute(&plan(), &cache, &fake, &options, &Silent).unwrap_err();
    assert_eq!(error.to_string(), "stopped before stage `corpus`");
    assert_eq!(fake.take_ran(), [""; 0]);
}

/// Stops half-way the first time that it makes a model, having kept that half.
struct Halting {
    fake: Fake,
    halts: AtomicBool,
}

impl Runner for Halting {
    fn revision(&self, spec: &StageSpec) -> u32 {
        self.fake.revision(spec)
    }

    fn outside_files(&self, spec: &StageSpec) -> Result<Vec<PathBuf>, StageFailure> {
        self.fake.outside_files(spec)
    }

    fn run(&self, spec: &StageSpec, place: Workplace<'_>) -> Result<(), StageFailure> {
        let is_model = matches!(spec, StageSpec::Pretrain(_));
        if !is_model || !self.halts.swap(false, Ordering::Relaxed) {
            return self.fake.run(spec, place);
        }
        place.progress.note("the first half");
        let half = Position { step: 1, of: 2 };
        place
            .partial
            .save(half, 1.0, |_| Ok::<(), CacheError>(()))?;
        Err(StageFailure::stopped())
    }
}

#[test]
fn the_log_of_a_stage_that_went_on_has_what_came_before_it_was_stopped() {
    let (_folder, cache) = new_cache();
    let halting = Halting {
        fake: Fake::default(),
        halts: true.into(),
    };
    let options = Options::default();
    let error = execute(&plan(), &cache, &halting, &options, &Silent).unwrap_err();
    assert!(matches!(error, ExecError::Stopped { .. }), "{error}");
    let outcome = execute(&plan(), &cache, &halting, &options, &Silent).unwrap();
    let log = fs::read_to_string(outcome.nodes[1].artifact.record("log.txt")).unwrap();
    let told: Vec<&str> = log
        .lines()
        .map(|line| line.split_once("s ").unwrap().1)
        .collect();
    let [first, stopped, goes_on, second] = told[..] else {
        panic!("{log}");
    };
    assert_eq!(first, "the first half");
    assert_eq!(stopped, "stopped, with what was done after step 1 of 2");
    assert!(
        goes_on.ends_with("which was stopped; going on after step 1 of 2"),
        "{goes_on}"
    );
    assert_eq!(second, "working");
}

#[test]
fn a_file_that_changes_while_a_stage_reads_it_fails_the_stage() {
    let (folder, cache) = new_cache();
    let file = folder.path().join("train.de");
    fs::write(&file, "ein satz").unwrap();
    let changing = file.clone();
    let mut fake = Fake::working(move |spec, inputs, out| {
        fs::write(&changing, "zwei satz")?;
        write(&digest_of(spec, inputs)?, out)
    });
    fake.outside_files = vec![file.clone()];
    let error = execute(&plan(), &cache, &fake, &Options::default(), &Silent).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    let said = format!("`{}` was changed while the stage read it", file.display());
    assert_eq!(cause, said);
    assert_eq!(foretold(&plan(), &cache, &fake)[0], "run: never made");
    assert!(cache.with_prefix("").is_empty(), "nothing was kept");
}
