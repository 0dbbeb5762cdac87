//! The whole pipeline, from a file to a table, as a user runs it.

use crate::tiny::{Answer, Place, STAGES};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::Stdio;

/// The first cells of the rows of a Markdown table.
fn rows(table: &str) -> Vec<(String, String)> {
    let lines = table.lines().filter(|line| line.starts_with('|')).skip(2);
    lines
        .map(|line| {
            let mut cells = line.split('|').skip(1).map(|cell| cell.trim().to_owned());
            (cells.next().unwrap(), cells.next().unwrap())
        })
        .collect()
}

/// The cells of a Markdown table's column.
fn column(table: &str, name: &str) -> Vec<String> {
    let cells = |line: &str| -> Vec<String> {
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = table.lines().filter(|line| line.starts_with('|'));
    let head = cells(lines.next().unwrap());
    let place = head.iter().position(|cell| cell == name).unwrap();
    lines
        .skip(1)
        .map(|line| cells(line)[place].clone())
        .collect()
}

/// Runs the experiment, all of whose stages must work.
fn finished() -> (Place, Answer) {
    let place = Place::new();
    let answer = place.run(&[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    (place, answer)
}

/// The lines that `srp translate` makes of `text`.
pub(crate) fn translated(place: &Place, model: &str, text: &str) -> Vec<String> {
    let mut command = place.command(&["translate", model]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let answer = Answer::of(child.wait_with_output().unwrap());
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    answer.out.lines().map(str::to_owned).collect()
}

#[test]
fn a_run_ends_in_a_table_and_a_second_run_runs_nothing() {
    let (place, first) = finished();
    let expected = [
        ("0.5", "dense-test"),
        ("0.5", "final-test"),
        ("0.3", "dense-test"),
        ("0.3", "final-test"),
    ];
    assert_eq!(
        rows(&first.out),
        expected.map(|(rate, stage)| (rate.to_owned(), stage.to_owned()))
    );
    assert!(
        first.out.contains("BLEU: nrefs:1|case:lc|"),
        "{}",
        first.out
    );
    assert_eq!(column(&first.out, "asked"), ["", "50.0 %", "", "30.0 %"]);
    // The corpus, the dense model and its scores are what both points of the sweep share.
    assert_eq!(first.stages("started"), STAGES);
    assert_eq!(first.stages("done in"), STAGES);

    let second = place.run(&[]);
    assert_eq!(second.code, Some(0), "{}", second.err);
    assert_eq!(second.stages("cached"), STAGES);
    assert_eq!(second.stages("started"), [""; 0]);
    assert!(
        second.err.contains("nothing to run: 14 stages are cached"),
        "{}",
        second.err
    );
    assert_eq!(second.out, first.out);
}

#[cfg(feature = "tables")]
#[test]
fn tables_made_again_have_the_same_bytes() {
    let (place, first) = finished();
    let tables = ["results/tiny.csv", "results/tiny.parquet"];
    let before = tables.map(|name| fs::read(place.path(name)).unwrap());
    assert_eq!(before[0].iter().filter(|&&byte| byte == b'\n').count(), 5);
    fs::remove_dir_all(place.path("results")).unwrap();
    let again = place.srp(&["results", "tiny.toml"]);
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert_eq!(again.out, first.out);
    assert_eq!(
        tables.map(|name| fs::read(place.path(name)).unwrap()),
        before
    );
}

#[test]
fn two_runs_on_a_cpu_make_the_same_bytes() {
    let [one, other] = [finished().0, finished().0].map(|place| place.artifacts());
    let stages: BTreeSet<&str> = one.keys().map(String::as_str).collect();
    assert_eq!(stages, BTreeSet::from(STAGES));
    for (stage, made) in &one {
        let again = &other[stage];
        assert_eq!(made.manifest.files, again.manifest.files, "{stage}");
        assert_eq!(made.manifest.key, again.manifest.key, "{stage}");
    }
}

#[test]
fn scores_are_made_once_can_be_looked_at_and_made_alone() {
    let (place, first) = finished();
    let stages = first.stages("started");
    let count = |name: &str| {
        stages
            .iter()
            .filter(|stage| stage.starts_with(name))
            .count()
    };
    assert_eq!((count("narrow.scores"), count("narrow@")), (1, 2));

    let artifacts = place.artifacts();
    let scores = &artifacts["narrow.scores"];
    for prune in ["narrow@rate=0.5", "narrow@rate=0.3"] {
        let read = &artifacts[prune].manifest.provenance.inputs["scores"];
        assert_eq!(*read, scores.manifest.key, "{prune}");
    }
    let summary = fs::read(scores.folder.join("scores.json")).unwrap();
    let summary: Value = serde_json::from_slice(&summary).unwrap();
    let gradients = srp::model::state::read(&scores.folder.join("gradients.safetensors")).unwrap();
    assert_eq!(summary["losses"].as_array().unwrap().len(), 1);
    for (name, array) in &gradients {
        let group = &summary["groups"][name];
        assert_eq!(group["entries"].as_u64(), Some(array.data.len() as u64));
        let highest = array.data.iter().map(|x| -x).reduce(f32::max).unwrap();
        assert_eq!(group["highest"].as_f64().unwrap() as f32, highest, "{name}");
    }
    assert_eq!(
        gradients.len(),
        summary["groups"].as_object().unwrap().len()
    );

    let forced = place.run(&["narrow.scores", "--force", "narrow.scores"]);
    assert_eq!(
        forced.stages("started"),
        ["narrow.scores"],
        "{}",
        forced.err
    );
    assert_eq!(forced.stages("cached"), ["corpus", "dense"]);
    let explained = place.srp(&["explain", "tiny.toml", "narrow@rate=0.3"]);
    assert!(
        explained.out.contains("`narrow.scores`"),
        "{}",
        explained.out
    );
    let file = scores.folder.join("gradients.safetensors");
    let why = place.srp(&["why", file.to_str().unwrap()]);
    assert!(
        why.out.contains("what stage `narrow.scores`"),
        "{}",
        why.out
    );
    assert!(
        why.out.contains(" narrow.scores --force narrow.scores"),
        "{}",
        why.out
    );
}

#[test]
fn a_score_stage_of_the_file_serves_the_prune_stages_too() {
    let place = Place::new();
    let text = fs::read_to_string(place.path("tiny.toml")).unwrap();
    let look = "\n[stages.look.score]\ncorpus = \"corpus\"\nmodel = \"dense\"\nbatching.max-tokens = 400\n\
                distillation = { weight = 0.7, temperature = 10.0 }\n";
    place.write("tiny.toml", text + look);
    let answer = place.run(&["look", "narrow"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let expected = [
        "corpus",
        "dense",
        "look",
        "narrow@rate=0.5",
        "narrow@rate=0.3",
    ];
    assert_eq!(answer.stages("started"), expected);
}

#[test]
fn runs_on_one_thread_and_on_three_make_the_same_bytes() {
    let contents = |threads: &str| {
        let place = Place::new();
        let mut command = place.command(&["run", "tiny.toml"]);
        let answer = Answer::of(command.env("RAYON_NUM_THREADS", threads).output().unwrap());
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        let made = place.artifacts().into_iter();
        made.map(|(stage, made)| (stage, made.manifest.content))
            .collect::<Vec<_>>()
    };
    assert_eq!(contents("1"), contents("3"));
}

#[test]
fn a_prune_artifact_proves_that_cutting_changed_nothing() {
    let (place, _) = finished();
    let artifacts = place.artifacts();
    for rate in ["0.5", "0.3"] {
        let mut before = 1.0;
        for stage in ["narrow", "slim"] {
            let folder = &artifacts[&format!("{stage}@rate={rate}")].folder;
            let text = fs::read_to_string(folder.join("pruning.json")).unwrap();
            let removal: Value = serde_json::from_str(&text).unwrap();
            let number = |value: &Value| value.as_f64().unwrap();
            let [proof] = removal["slicings"].as_array().unwrap().as_slice() else {
                panic!("{stage} was cut once: {text}");
            };
            let (difference, largest) = (
                number(&proof["largest-difference"]),
                number(&proof["largest-logit"]),
            );
            assert_eq!(proof["sentences"], 8, "all validation sentences");
            assert!(largest > 0.1, "{largest}");
            assert!(difference <= 1e-5 * largest, "{difference} of {largest}");
            let ratio = number(&removal["parameter-ratio"]);
            assert!(ratio < before, "{stage} leaves {ratio} of {before}");
            before = ratio;
        }
        // Counts are rounded down; in so small a model that is a few hundredths.
        let rate: f64 = rate.parse().unwrap();
        assert!(
            before <= rate && before > rate - 0.05,
            "{before} for {rate}"
        );
    }
}

#[test]
fn lines_are_translated_by_the_model_in_a_folder_and_of_a_key() {
    let (place, _) = finished();
    let artifacts = place.artifacts();
    let model = &artifacts["final@rate=0.5"];
    let text = "Der Hund schläft .\nDie Katze sieht den Hund .\n\nJa\n";
    let by_folder = translated(&place, model.folder.to_str().unwrap(), text);
    assert_eq!(by_folder.len(), 4);
    assert!(by_folder.iter().any(|line| !line.is_empty()));
    assert_eq!(by_folder[2], "", "a line without a word stays one");
    let key = model.manifest.key.to_string();
    for prefix in [&key[..12], &key[..]] {
        assert_eq!(translated(&place, prefix, text), by_folder);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let (place, _) = finished();
    let model = place.artifacts()["dense"].folder.clone();
    let mut child = place
        .command(&["translate".as_ref(), model.as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    // The child may be gone before it has read all.
    child.stdin.take().unwrap().write_all(b"Ja\n").ok();
    let answer = Answer::of(child.wait_with_output().unwrap());
    assert_eq!((answer.code, answer.err.as_str()), (Some(0), ""));
}

#[test]
fn a_dry_run_touches_nothing() {
    let place = Place::new();
    let answer = place.run(&["--dry-run"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(
        answer.out.contains("\n14 stages: 1 run, 13 may run\n"),
        "{}",
        answer.out
    );
    let files = fs::read_dir(place.path("")).unwrap();
    let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["tiny.toml"]);
}

#[test]
fn a_stage_that_makes_the_same_again_leaves_its_children_cached() {
    let (place, first) = finished();
    let forced = place.run(&["--force", "dense"]);
    assert_eq!(forced.code, Some(0), "{}", forced.err);
    assert_eq!(forced.stages("started"), ["dense"]);
    assert_eq!(forced.stages("cached").len(), STAGES.len() - 1);
    assert_eq!(rows(&forced.out), rows(&first.out));
}

#[test]
fn a_prune_stage_says_beforehand_when_it_cuts_and_then_cuts() {
    let place = Place::new();
    let text = fs::read_to_string(place.path("tiny.toml")).unwrap();
    place.write("tiny.toml", text.replace("epoch-geometric", "one-shot"));
    let answer = place.run(&["slim@rate=0.5"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    for [stage, announced, cut] in [
        [
            "narrow@rate=0.5",
            "what is selected fades over 1 epoch and is cut at its end: after epoch 1 of 2",
            "cut after epoch 1: logits of 8 sentences differ",
        ],
        [
            "slim@rate=0.5",
            "what is selected is cut at once: before epoch 1 of 1",
            "cut before epoch 1: logits of 8 sentences differ",
        ],
    ] {
        let place_of = |words: &str| answer.err.find(&format!("{stage}: {words}"));
        let [announced, cut] = [announced, cut].map(place_of);
        assert!(
            announced.is_some() && announced < cut,
            "{stage}: {}",
            answer.err
        );
    }
}
