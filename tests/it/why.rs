//! What `srp why` says of a path.

use crate::cli::Place;
use crate::fake::Fake;
use srp::exec::StageFailure;
use std::fs;
use std::path::PathBuf;

/// The folder of the artifact of a stage.
fn artifact(place: &Place, stage: &str) -> PathBuf {
    let plan = place.srp("plan", &["--json"]).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let stages = plan["stages"].as_array().unwrap();
    let found = stages.iter().find(|found| found["label"] == stage).unwrap();
    let key = found["artifact"].as_str().unwrap();
    place.path("cache/artifacts").join(&key[..2]).join(key)
}

#[test]
fn a_file_of_an_artifact_is_traced_to_its_stage_inputs_and_command() {
    let place = Place::new();
    place
        .srp("run", &["--set", "stages.dense.pretrain.seed=3"])
        .unwrap();
    place.edit("seed = 1", "seed = 3");
    let folder = artifact(&place, "final");
    let text = place.why(&folder.join("report.json")).unwrap();
    for start in [
        "`report.json` is part of what stage `final` of experiment `toy` made",
        "key: ",
        "kind: test, revision 1",
        "started: 20",
        "finished: 20",
        "machine: ",
        "commit: ",
        "  checkpoint = \"best\"",
        "made of:",
        "  corpus: `corpus` (preprocess, ",
        "  model: `dense` (pretrain, ",
        "    corpus: `corpus` (preprocess, ",
        "again: srp run ",
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(start)),
            "no {start} in {text}"
        );
    }
    let again = text.lines().last().unwrap();
    assert!(
        again.contains("toy.toml --set stages.dense.pretrain.seed=3 final --force final --cache "),
        "{again}"
    );
    assert!(
        again.contains(" --results "),
        "the table stays where it is: {again}"
    );
    let whole = place.why(&folder).unwrap();
    assert!(
        whole.starts_with("this is what stage `final` of experiment `toy` made\n"),
        "{whole}"
    );
    let log = place.why(&folder.join("records/log.txt")).unwrap();
    assert!(
        log.starts_with("`records/log.txt` tells how stage `final`"),
        "{log}"
    );
}

#[test]
fn an_input_that_is_gone_is_said_to_be() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    let (model, test) = (artifact(&place, "dense"), artifact(&place, "final"));
    fs::remove_dir_all(model).unwrap();
    let text = place.why(&test).unwrap();
    assert!(text.contains("no longer in the cache\n"), "{text}");
}

#[test]
fn a_table_is_traced_to_the_artifacts_of_its_rows() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    let folder = artifact(&place, "final");
    let key = folder.file_name().unwrap().to_str().unwrap();
    fs::create_dir_all(place.path("results")).unwrap();
    let table = place.path("results/toy.csv");
    let gone = "0".repeat(64);
    fs::write(
        &table,
        format!("experiment,stage,bleu,artifact\ntoy,final,20.5,{key}\ntoy,other,1.0,{gone}\n"),
    )
    .unwrap();
    fs::write(place.path("results/toy.parquet"), "PAR1").unwrap();
    for name in ["results/toy.csv", "results/toy.parquet"] {
        let text = place.why(&place.path(name)).unwrap();
        assert!(
            text.contains("` is the table of experiment `toy`\nwritten: 20"),
            "{text}"
        );
        assert!(
            text.contains(&format!("\n  final: `final` ({}), 20", &key[..12])),
            "{text}"
        );
        assert!(
            text.contains("\n  other: 000000000000, not in this cache\n"),
            "{text}"
        );
        let again = text.lines().last().unwrap();
        assert!(again.starts_with("again: srp results "), "{again}");
    }
}

#[test]
fn what_srp_did_not_make_gets_a_clear_answer() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    fs::write(place.path("mine.csv"), "name,value\nx,1\n").unwrap();
    for name in ["toy.toml", "mine.csv"] {
        let path = place.path(name);
        let failure = place.why(&path).unwrap_err();
        assert_eq!(failure.code(), 2);
        assert_eq!(
            failure.to_string(),
            format!("srp did not make `{}`", path.display())
        );
    }
    let failure = place.why(&place.path("nowhere")).unwrap_err();
    assert_eq!(failure.code(), 2);
    assert!(failure.to_string().contains("cannot be found"), "{failure}");
    let text = place.why(&place.path("cache/index/toy")).unwrap();
    assert!(
        text.contains("belongs to the housekeeping of the cache"),
        "{text}"
    );
}

#[test]
fn what_a_failed_stage_left_is_told_with_its_error() {
    let place = Place::new();
    let failing = || Fake::working(|_, _, _| Err(StageFailure::new("loss is not a number")));
    place.srp_with(failing, "run", &[]).unwrap_err();
    let attempts = fs::read_dir(place.path("cache/attempts")).unwrap();
    let folder = attempts.map(|entry| entry.unwrap().path()).next().unwrap();
    let text = place.why(&folder.join("log.txt")).unwrap();
    assert!(
        text.contains("was left by a stage that failed: corpus-2"),
        "{text}"
    );
    assert!(text.contains("\nstage: corpus ("), "{text}");
    assert!(text.ends_with("\nerror: loss is not a number\n"), "{text}");
}
