//! What `srp plan` and `srp explain` say before anything is done.

use crate::cli::Place;
use crate::fake::{Fake, reporting};
use serde_json::{Value, json};
use srp::cache::Digest;
use std::fs;

/// What stands behind the cost of the stage with this label.
fn why(plan: &str, label: &str) -> String {
    let mut lines = plan.lines();
    let line = lines.find(|line| line.split("  ").any(|word| word.trim() == label));
    let line = line.unwrap_or_else(|| panic!("no {label} in {plan}"));
    line.rsplit("  ").next().unwrap().to_owned()
}

fn json_of(place: &Place, verb: &str, more: &[&str]) -> Value {
    let text = place.srp(verb, &[more, &["--json"]].concat()).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The keys, old and new values of all changes of a stage.
fn changes(stage: &Value) -> Vec<Value> {
    let changes = stage["changes"].as_array().unwrap().iter();
    changes
        .map(|change| json!([change["key"], change["old"], change["new"]]))
        .collect()
}

#[test]
fn a_plan_of_an_edited_experiment_names_the_changed_values_and_nothing_else() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    place.edit("peak = 5e-4", "peak = 3e-4");
    place.edit("epochs = 2\n", "epochs = 3\n");
    place.edit("flops-length = 50", "flops-length = 60");

    let plan = place.srp("plan", &[]).unwrap();
    assert_eq!(
        why(&plan, "dense"),
        "stages.dense.pretrain.training.epochs: 2 -> 3 and 1 more"
    );
    assert_eq!(
        why(&plan, "final"),
        "after dense; stages.final.test.flops-length: 50 -> 60"
    );
    assert!(
        plan.contains("3 stages: 1 cached, 1 run, 1 may run\n"),
        "{plan}"
    );

    let report = json_of(&place, "plan", &[]);
    let [corpus, dense, test] = report["stages"].as_array().unwrap().as_slice() else {
        panic!("{report}");
    };
    assert!(changes(corpus).is_empty());
    assert_eq!(
        changes(dense),
        [
            json!(["stages.dense.pretrain.training.epochs", 2, 3]),
            json!([
                "stages.dense.pretrain.training.learning-rate.inverse-sqrt.peak",
                5e-4,
                3e-4
            ]),
        ]
    );
    assert_eq!(
        changes(test),
        [json!(["stages.final.test.flops-length", 50, 60])]
    );
}

#[test]
fn small_values_are_shown_by_their_power_of_ten() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    place.edit("peak = 5e-4", "peak = 3e-4");
    let plan = place.srp("plan", &[]).unwrap();
    assert_eq!(
        why(&plan, "dense"),
        "stages.dense.pretrain.training.learning-rate.inverse-sqrt.peak: 5e-4 -> 3e-4"
    );
    assert_eq!(why(&plan, "final"), "after dense");
}

#[test]
fn a_renamed_experiment_is_explained_by_what_it_was_called() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    fs::rename(place.path("cache/index/toy"), place.path("cache/index/old")).unwrap();
    place.edit("dropout = 0.3", "dropout = 0.4");
    let plan = place.srp("plan", &[]).unwrap();
    assert_eq!(
        why(&plan, "dense"),
        "stages.dense.pretrain.training.dropout: 0.3 -> 0.4 (since `dense` of `old`)"
    );
}

#[test]
fn a_new_point_of_a_sweep_is_explained_by_its_neighbour() {
    let place = Place::new();
    place.sweep("[0.1, 0.2]");
    place.srp("run", &[]).unwrap();
    place.edit("[0.1, 0.2]", "[0.1, 0.25]");
    let plan = place.srp("plan", &[]).unwrap();
    assert!(plan.contains("cached   dense@rate=0.1 "), "{plan}");
    assert_eq!(
        why(&plan, "dense@rate=0.25"),
        "stages.dense.pretrain.training.dropout: 0.2 -> 0.25 (since `dense@rate=0.2`)"
    );
}

#[test]
fn labels_that_changed_with_the_sweep_hide_no_reason() {
    let place = Place::new();
    place.sweep("[0.1, 0.2]");
    place.srp("run", &[]).unwrap();
    // Every label gets a second parameter, and one value is edited.
    place.edit("rate = 0.3\n", "rate = 0.3\nsteps = 10\n");
    place.edit("rate = [0.1, 0.2]", "rate = [0.1, 0.2]\nsteps = [10, 20]");
    place.edit("warmup-steps = 10", "warmup-steps = \"${steps}\"");
    place.edit("label-smoothing = 0.1", "label-smoothing = 0.2");
    let plan = place.srp("plan", &[]).unwrap();
    let smoothing = "stages.dense.pretrain.training.label-smoothing: 0.1 -> 0.2";
    assert_eq!(
        why(&plan, "dense@rate=0.1,steps=10"),
        format!("{smoothing} (since `dense@rate=0.1`)")
    );
    assert_eq!(
        why(&plan, "dense@rate=0.2,steps=10"),
        format!("{smoothing} (since `dense@rate=0.2`)")
    );
}

#[test]
fn a_stage_with_nothing_left_to_compare_with_says_so() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    place.edit("dropout = 0.3", "dropout = 0.4");
    let report = json_of(&place, "plan", &[]);
    let earlier = report["stages"][1]["against"]["key"].as_str().unwrap();
    let folder = place
        .path("cache/artifacts")
        .join(&earlier[..2])
        .join(earlier);
    fs::remove_dir_all(folder).unwrap();
    let plan = place.srp("plan", &[]).unwrap();
    assert_eq!(
        why(&plan, "dense"),
        "nothing that it had is left in the cache"
    );
}

#[test]
fn costs_come_from_earlier_runs_and_training_is_scaled_by_epochs() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    let index = place.path("cache/index/toy");
    let lines: String = fs::read_to_string(&index)
        .unwrap()
        .lines()
        .map(|line| {
            let mut entry: Value = serde_json::from_str(line).unwrap();
            entry["seconds"] = json!(100.0);
            format!("{entry}\n")
        })
        .collect();
    fs::write(&index, lines).unwrap();
    place.edit("epochs = 2\n", "epochs = 3\n");
    let plan = place.srp("plan", &[]).unwrap();
    assert!(
        plan.contains("run      dense   ~2 min 30 s (1 run)  stages."),
        "{plan}"
    );
    assert!(
        plan.contains("may run  final   ~1 min 40 s (1 run)  after dense"),
        "{plan}"
    );
    assert!(
        plan.contains("expected: at most about 4 min 10 s\n"),
        "{plan}"
    );

    // A stage of another name goes by its kind.
    place.edit("[stages.dense.", "[stages.thick.");
    place.edit("model = \"dense\"", "model = \"thick\"");
    let plan = place.srp("plan", &[]).unwrap();
    assert!(
        plan.contains("thick   ~2 min 30 s (1 pretrain run)  never made"),
        "{plan}"
    );

    let report = json_of(&place, "plan", &[]);
    assert_eq!(
        report["stages"][1]["expected"],
        json!({"seconds": 150.0, "runs": 1, "of": "kind"})
    );
    assert_eq!(report["expected"]["seconds"], json!(250.0));
    assert_eq!(report["expected"]["stages-without-estimate"], json!(0));
}

#[test]
fn the_json_of_a_plan_is_one_object_with_a_documented_form() {
    let place = Place::new();
    place.sweep("[0.1, 0.2]");
    let report = json_of(&place, "plan", &[]);
    assert_eq!(report["format"], json!(1));
    assert_eq!(report["experiment"], json!("toy"));
    assert_eq!(
        report["counts"],
        json!({"blocked": 0, "cached": 0, "resume": 0, "may run": 4, "run": 1})
    );
    assert_eq!(
        report["points"][1],
        json!({
            "params": {"rate": 0.2},
            "stages": {"corpus": "corpus", "dense": "dense@rate=0.2", "final": "final@rate=0.2"},
        })
    );
    assert_eq!(
        report["stages"][0],
        json!({
            "label": "corpus", "names": ["corpus"], "kind": "preprocess", "status": "run",
            "artifact": null, "reason": "never-made", "fault": null, "against": null,
            "changes": [], "after": [], "from": null, "expected": null,
        })
    );
    let dense = &report["stages"][1];
    assert_eq!(
        (&dense["status"], &dense["after"]),
        (&json!("may run"), &json!(["corpus"]))
    );
}

#[test]
fn a_check_answers_by_its_exit_code_and_still_prints() {
    let place = Place::new();
    let failure = place.srp("plan", &["--check"]).unwrap_err();
    assert_eq!(
        (failure.code(), failure.to_string().as_str()),
        (3, "something would run")
    );
    place.srp("run", &[]).unwrap();
    let plan = place.srp("plan", &["--check"]).unwrap();
    assert!(plan.ends_with("3 stages: 3 cached\n"), "{plan}");
    assert_eq!(
        place
            .srp("plan", &["--check", "--force", "final"])
            .unwrap_err()
            .code(),
        3
    );
}

#[test]
fn a_checked_plan_is_printed_even_if_something_would_run() {
    let place = Place::new();
    let program = std::process::Command::new(env!("CARGO_BIN_EXE_srp"))
        .args(["plan", "experiments/demo.toml", "--check", "--cache"])
        .arg(place.path("cache"))
        .output()
        .unwrap();
    let plan = String::from_utf8(program.stdout).unwrap();
    assert_eq!(program.status.code(), Some(3), "{plan}");
    assert!(plan.contains("never made"), "{plan}");
    assert!(program.stderr.is_empty());
}

#[test]
fn an_explanation_lists_every_ingredient_of_the_key() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    place.edit("flops-length = 50", "flops-length = 60");
    place.edit("checkpoint = \"best\"", "checkpoint = \"last\"");
    let text = place.srp("explain", &["final"]).unwrap();
    for line in [
        "final: run, stages.final.test.checkpoint: \"best\" -> \"last\" and 1 more",
        "kind: test",
        "revision: 1",
        "  checkpoint = \"last\"",
        "  search.beam = 5",
        "outside files: none",
        "  stages.final.test.flops-length: 50 -> 60",
        "  stages.final.test.checkpoint: \"best\" -> \"last\"",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "no {line} in {text}"
        );
    }
    assert!(text.contains("  model: content "), "{text}");
    assert!(text.contains(" of `dense` ("), "{text}");
    assert!(
        text.contains("2 changes since `final` of `toy` ("),
        "{text}"
    );

    let report = json_of(&place, "explain", &["final"]);
    let hashed = &report["hashed"];
    assert_eq!(hashed["key"].as_str().unwrap().len(), 64);
    assert_eq!(hashed["config"]["flops-length"], json!(60));
    assert_eq!(hashed["inputs"][1]["stage"], json!("dense"));
    assert_eq!(changes(&report["stage"]).len(), 2);
}

/// A runner whose preprocess stages read this file.
fn reading(file: &str) -> Fake {
    let mut fake = reporting();
    fake.outside_files = vec![file.into()];
    fake
}

#[test]
fn an_explanation_tells_files_by_digest_and_size() {
    let place = Place::new();
    let text = place
        .srp_with(|| reading("Cargo.toml"), "explain", &["corpus"])
        .unwrap();
    let bytes = fs::read("Cargo.toml").unwrap();
    let line = format!(
        "  Cargo.toml: {}, {} bytes",
        Digest::of(&bytes),
        bytes.len()
    );
    assert!(
        text.lines().any(|found| found == line),
        "no {line} in {text}"
    );

    let text = place
        .srp_with(|| reading("no/such/file"), "explain", &["corpus"])
        .unwrap();
    assert!(
        text.starts_with("corpus: blocked, stage `corpus` reads `no/such/file`"),
        "{text}"
    );
    assert!(text.contains("outside files: cannot be read\n"), "{text}");
}

#[test]
fn an_explanation_of_a_cached_stage_looks_further_back() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    assert!(
        place
            .srp("explain", &["dense"])
            .unwrap()
            .ends_with("nothing earlier to compare with\n")
    );
    place.edit("dropout = 0.3", "dropout = 0.4");
    place.srp("run", &[]).unwrap();
    let text = place.srp("explain", &["dense"]).unwrap();
    assert!(text.starts_with("dense: cached, "), "{text}");
    assert!(
        text.ends_with("  stages.dense.pretrain.training.dropout: 0.3 -> 0.4\n"),
        "{text}"
    );
}

#[test]
fn an_explanation_of_a_waiting_stage_says_what_is_not_known() {
    let place = Place::new();
    let text = place.srp("explain", &["final"]).unwrap();
    assert!(
        text.starts_with("final: may run, after corpus, dense\nkey: not known yet\n"),
        "{text}"
    );
    assert!(
        text.contains("  model: what `dense` has yet to make\n"),
        "{text}"
    );
}

#[test]
fn a_name_of_several_stages_is_not_explained() {
    let place = Place::new();
    place.sweep("[0.1, 0.2]");
    let failure = place.srp("explain", &["dense"]).unwrap_err();
    assert_eq!(failure.code(), 2);
    assert_eq!(failure.to_string(), "`dense` stands for 2 stages");
    let text = place.srp("explain", &["dense@rate=0.20"]).unwrap();
    assert!(text.starts_with("dense@rate=0.2: may run"), "{text}");
    let failure = place.srp("explain", &["dens"]).unwrap_err();
    assert_eq!(
        (failure.code(), &*failure.to_string()),
        (2, "this experiment has no stage `dens`")
    );
}
