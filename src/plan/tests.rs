//! Experiments given as text, and the plans that they resolve to.

mod laws;

use super::document::Document;
use super::{
    Node, NodeId, Origin, Overrides, Plan, PlanError, Problem, file, render, resolve, settings,
};
use crate::config::{Exported, Import, LearningRate, StageSpec};
use std::collections::BTreeSet;
use std::path::Path;

/// A stage that makes a data set and one that trains a model on it.
pub(super) const GROUND: &str = "
[stages.corpus.preprocess]
preset = 'data/demo-de-en'

[stages.dense.pretrain]
corpus = 'corpus'
model.preset = 'model/demo'
training.preset = 'train/demo-pretrain'
";

/// A prune stage; what follows belongs to its table.
pub(super) fn prune(name: &str, model: &str) -> String {
    format!(
        "[stages.{name}.prune]
        preset = 'prune/srp-stage1'
        corpus = 'corpus'
        model = '{model}'
        epochs-per-iteration = 4
        training.preset = 'train/demo-prune'
        "
    )
}

fn load_with(text: &str, overrides: &Overrides) -> Result<Plan, PlanError> {
    let text = format!("experiment = {{ title = 'test', seed = 1 }}\n{text}");
    let document = Document::parse("test.toml".to_owned(), text)?;
    resolve::resolve(&file::assemble(
        Path::new("test.toml"),
        document,
        overrides,
    )?)
}

pub(super) fn load(text: &str) -> Plan {
    load_with(text, &Overrides::default()).unwrap()
}

fn set(assignments: &[&str]) -> Overrides {
    Overrides {
        set: assignments.iter().map(ToString::to_string).collect(),
        env: Vec::new(),
    }
}

fn env(variables: &[(&str, &str)]) -> Overrides {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Overrides {
        set: Vec::new(),
        env: variables.iter().map(owned).collect(),
    }
}

pub(super) fn labels(plan: &Plan) -> Vec<&str> {
    plan.nodes.iter().map(|node| node.label.as_str()).collect()
}

fn epochs(plan: &Plan, label: &str) -> usize {
    let node = plan.nodes.iter().find(|node| node.label == label).unwrap();
    match &node.spec {
        StageSpec::Pretrain(spec) => spec.training.epochs.get(),
        StageSpec::Prune(spec) => spec.training.epochs.get(),
        StageSpec::Finetune(spec) => spec.training.epochs.get(),
        other => panic!("{} trains nothing", other.kind()),
    }
}

#[test]
fn layers_overrule_each_other_in_their_order() {
    let preset = include_str!("../../configs/train/demo-pretrain.toml");
    let preset: toml::Table = preset.parse().unwrap();
    let expected = preset["epochs"].as_integer().unwrap() as usize;
    assert_eq!(epochs(&load(GROUND), "dense"), expected);
    let file = format!("{GROUND}training.epochs = 111\n");
    assert_eq!(epochs(&load(&file), "dense"), 111);
    let mut overrides = env(&[("SRP_STAGES__DENSE__PRETRAIN__TRAINING__EPOCHS", "12")]);
    assert_eq!(epochs(&load_with(&file, &overrides).unwrap(), "dense"), 12);
    overrides.set = vec!["stages.dense.pretrain.training.epochs=13".into()];
    assert_eq!(epochs(&load_with(&file, &overrides).unwrap(), "dense"), 13);
    overrides
        .set
        .push("stages.dense.pretrain.training.epochs=14".into());
    assert_eq!(epochs(&load_with(&file, &overrides).unwrap(), "dense"), 14);
}

#[test]
fn a_preset_can_be_chosen_by_a_flag() {
    let overrides = set(&["stages.dense.pretrain.training.preset='train/iwslt-pretrain'"]);
    let plan = load_with(GROUND, &overrides).unwrap();
    assert_ne!(epochs(&plan, "dense"), epochs(&load(GROUND), "dense"));
}

#[test]
fn a_choice_takes_the_place_of_the_one_beneath_it() {
    let plan = load(&format!(
        "{GROUND}training.learning-rate.fixed.rate = 1e-3\n"
    ));
    let StageSpec::Pretrain(spec) = &plan.nodes[1].spec else {
        panic!("the second node is the pretrain stage");
    };
    assert!(
        matches!(spec.training.learning_rate, LearningRate::Fixed { rate } if rate.get() == 1e-3)
    );
}

#[test]
fn an_import_is_overruled_inside_its_table_or_by_another_table() {
    let text = "
        [stages.dense.import.fairseq]
        corpus = 'corpus'
        checkpoint = 'best.pt'
        dictionaries = 'data-bin'
        model.preset = 'model/iwslt'
        [stages.corpus.preprocess]
        preset = 'data/demo-de-en'";
    let import = |assignments: &[&str]| {
        let plan = load_with(text, &set(assignments)).unwrap();
        match plan.nodes.iter().find(|node| node.label == "dense") {
            Some(Node {
                spec: StageSpec::Import(import),
                ..
            }) => import.clone(),
            other => panic!("`dense` is {other:?}"),
        }
    };
    let Import::Fairseq(fairseq) = import(&[
        "stages.dense.import.fairseq.model.heads=8",
        "stages.dense.import.fairseq.dictionaries=none",
    ]) else {
        panic!("`dense` is fairseq's");
    };
    assert_eq!((fairseq.model.heads.get(), fairseq.dictionaries), (8, None));
    let exported = import(&["stages.dense.import.exported.folder=elsewhere"]);
    let folder = "elsewhere".into();
    assert_eq!(exported, Import::Exported(Exported { folder }));
}

#[test]
fn where_an_import_lies_is_no_part_of_what_it_is() {
    let identity = |folder: &str, tests: &str| {
        let plan = load(&format!(
            "[stages.corpus.import.data-bin]
            folder = '{folder}'
            source-language = 'de'
            target-language = 'en'
            tests = {tests}
            tokenizer = 'moses'
            case = 'lower'
            codes = '{folder}/codes'"
        ));
        plan.nodes[0].spec.identity().unwrap()
    };
    assert_eq!(identity("one", "['test']"), identity("other", "['test']"));
    assert_ne!(identity("one", "['test']"), identity("one", "[]"));
}

#[test]
fn seeds_come_from_the_experiment_unless_a_stage_has_its_own() {
    let seed = |plan: &Plan| match &plan.nodes[1].spec {
        StageSpec::Pretrain(spec) => spec.seed,
        _ => panic!("the second node is the pretrain stage"),
    };
    assert_eq!(seed(&load(GROUND)), 1);
    assert_eq!(seed(&load(&format!("{GROUND}seed = 7\n"))), 7);
    let overrides = env(&[("SRP_EXPERIMENT__SEED", "5")]);
    assert_eq!(seed(&load_with(GROUND, &overrides).unwrap()), 5);
}

#[test]
fn equal_stages_of_different_names_are_one_node() {
    let twice = GROUND.to_owned()
        + &GROUND
            .replace("stages.corpus", "stages.text")
            .replace("stages.dense", "stages.again")
            .replace("'corpus'", "'text'");
    let plan = load(&twice);
    assert_eq!(labels(&plan), ["corpus", "dense"]);
    let names: Vec<String> = plan.nodes[1]
        .names
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["again", "dense"]);
    assert_eq!(plan.points[0].stages[&"again".into()], NodeId(1));
}

#[test]
fn a_tied_projection_makes_the_same_node_said_or_left_out() {
    let model = |name: &str, projection: &str| {
        GROUND[GROUND.find("[stages.dense").unwrap()..].replace("dense", name)
            + &format!("model.output-projection = '{projection}'\n")
    };
    let (said, other) = (model("said", "tied"), model("other", "separate"));
    let plan = load(&format!("{GROUND}{said}{other}"));
    assert_eq!(labels(&plan), ["corpus", "dense", "other"]);
    assert_eq!(plan.nodes[1].names.len(), 2);
}

#[test]
fn numbers_that_are_equal_make_equal_nodes() {
    let rates = format!(
        "params.rate = 0.5\nsweep.rate = [1, 1.0, 10e-1]\n{GROUND}{}compression-rate = '${{rate}}'\n",
        prune("half", "dense")
    );
    let plan = load(&rates);
    assert_eq!(plan.points.len(), 3);
    assert_eq!(labels(&plan), ["corpus", "dense", "half.scores", "half"]);
}

#[test]
fn a_label_names_the_parameters_that_tell_nodes_apart() {
    // `equal` is `varied` at one point, and `after` depends on the rate only through it.
    let plan = load(&format!(
        "params.rate = 0.5\nparams.smoothing = 0.1\nsweep.smoothing = [0.0, 0.1]\nsweep.rate = [0.5, 0.2]\n{GROUND}{}compression-rate = 0.5\n{}compression-rate = '${{rate}}'\n{}compression-rate = 0.9\ntraining.label-smoothing = '${{smoothing}}'\n",
        prune("equal", "dense"),
        prune("varied", "dense"),
        prune("after", "varied"),
    ));
    let (implied, written): (Vec<&str>, Vec<&str>) = labels(&plan)
        .into_iter()
        .partition(|label| label.contains(".scores"));
    assert_eq!(
        written,
        [
            "corpus",
            "dense",
            "equal",
            "after@rate=0.5,smoothing=0.0",
            "varied@rate=0.2",
            "after@rate=0.2,smoothing=0.0",
            "after@rate=0.5,smoothing=0.1",
            "after@rate=0.2,smoothing=0.1",
        ]
    );
    assert_eq!(
        implied,
        [
            "equal.scores",
            "after.scores@rate=0.5,smoothing=0.0",
            "after.scores@rate=0.2,smoothing=0.0",
            "after.scores@rate=0.5,smoothing=0.1",
            "after.scores@rate=0.2,smoothing=0.1",
        ]
    );
}

#[test]
fn a_flag_takes_the_place_of_a_sweep() {
    let text = format!(
        "params.rate = 0.5\nsweep.rate = [0.5, 0.2]\n{GROUND}{}compression-rate = '${{rate}}'\n",
        prune("half", "dense")
    );
    assert_eq!(load(&text).points.len(), 2);
    for overrides in [
        set(&["rate=0.3"]),
        set(&["params.rate=0.3"]),
        env(&[("SRP_PARAMS__RATE", "0.3")]),
    ] {
        let plan = load_with(&text, &overrides).unwrap();
        assert_eq!(labels(&plan), ["corpus", "dense", "half.scores", "half"]);
        assert!(plan.points[0].params.is_empty());
        let StageSpec::Prune(spec) = &plan.nodes[3].spec else {
            panic!("the last node is the prune stage");
        };
        assert_eq!(spec.compression_rate.get(), 0.3);
    }
}

#[test]
fn zipped_lists_vary_together_and_the_rest_is_a_grid() {
    let plan = load(&format!(
        "params = {{ rate = 0.5, period = 4, smoothing = 0.1 }}
        sweep = {{ smoothing = [0.0, 0.1], zip = [{{ rate = [0.5, 0.2], period = [4, 2] }}] }}
        {GROUND}{}compression-rate = '${{rate}}'\ntraining.label-smoothing = '${{smoothing}}'\n",
        prune("half", "dense").replace("= 4", "= '${period}'")
    ));
    let points: Vec<String> = plan
        .points
        .iter()
        .map(|point| {
            format!(
                "{:?}",
                point
                    .params
                    .values()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
            )
        })
        .collect();
    let expected = ["4, 0.5, 0.0", "2, 0.2, 0.0", "4, 0.5, 0.1", "2, 0.2, 0.1"];
    let expected = expected.map(|row| format!("{:?}", row.split(", ").collect::<Vec<_>>()));
    assert_eq!(points, expected);
}

#[test]
fn parameters_fill_texts_and_a_doubled_dollar_stands_for_itself() {
    let plan = load(
        "params = { set = 'test2014', number = 3 }
        [stages.corpus.preprocess]
        preset = 'data/multi30k-de-en'
        corpus.files = { folder = 'a/${set}-${ number }/b', train = '$${set}', valid = '$5', test.x = '${set}' }",
    );
    let StageSpec::Preprocess(spec) = &plan.nodes[0].spec else {
        panic!("the only node is the preprocess stage");
    };
    let crate::config::Corpus::Files(files) = &spec.corpus else {
        panic!("the text is in files");
    };
    assert_eq!(files.folder, Path::new("a/test2014-3/b"));
    assert_eq!(
        (files.train.as_str(), files.valid.as_str()),
        ("${set}", "$5")
    );
    assert_eq!(files.test["x"], "test2014");
}

#[test]
fn variables_find_keys_whatever_their_case_and_dashes() {
    let text = GROUND.replace("stages.dense", "stages.Dense_One");
    for name in [
        "SRP_STAGES__DENSE_ONE__PRETRAIN__TRAINING__MAX_STEPS",
        "SRP_Stages__dense_one__Pretrain__training__max_steps",
    ] {
        let plan = load_with(
            &text,
            &env(&[(name, "17"), ("SRP_CACHE", "x"), ("SRP_GOLDEN__X", "y")]),
        )
        .unwrap();
        let StageSpec::Pretrain(spec) = &plan.nodes[1].spec else {
            panic!("the second node is the pretrain stage");
        };
        assert_eq!(
            spec.training.max_steps.map(std::num::NonZero::get),
            Some(17)
        );
    }
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let text = "[stages.corpus.preprocess]\nsource-language = 'de'\n[stages.dense.pretrain]\ncorpus = 'corpus'\nmodel.heads = 4\n";
    let error = load_with(text, &set(&["stages.dense.pretrain.training.epochs=3"])).unwrap_err();
    let Problem::Missing { keys } = error.problem() else {
        panic!("{error}");
    };
    let keys: BTreeSet<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
    let expected = [
        "target-language",
        "corpus",
        "bpe.merges",
        "model.d-model",
        "model.d-ff",
        "model.encoder-layers",
        "model.decoder-layers",
        "training.dropout",
        "training.batching.max-tokens",
        "training.learning-rate",
    ];
    assert_eq!(keys, BTreeSet::from(expected));
}

#[test]
fn every_setting_knows_whose_word_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.toml");
    let text = format!("[experiment]\ntitle = 'x'\nseed = 1\n{GROUND}seed = 4\n");
    std::fs::write(&file, text).unwrap();
    let mut overrides = set(&["stages.dense.pretrain.model.heads=8"]);
    overrides.env = vec![(
        "SRP_STAGES__DENSE__PRETRAIN__MODEL__D_FF".into(),
        "64".into(),
    )];
    let settings = settings(&file, &overrides).unwrap();
    let origin = |key: &str| &settings[&format!("stages.dense.pretrain.{key}")].origin;
    assert!(matches!(origin("training.label-smoothing"), Origin::Default { line } if *line > 1));
    assert!(
        matches!(origin("model.d-model"), Origin::Preset { file, .. } if file.ends_with("configs/model/demo.toml"))
    );
    assert!(matches!(
        origin("seed"),
        Origin::Experiment { line: 12, .. }
    ));
    assert_eq!(
        origin("model.d-ff").to_string(),
        "SRP_STAGES__DENSE__PRETRAIN__MODEL__D_FF"
    );
    assert_eq!(
        origin("model.heads").to_string(),
        "--set stages.dense.pretrain.model.heads=8"
    );
    assert_eq!(
        settings["stages.dense.pretrain.model.heads"].value,
        toml::Value::Integer(8)
    );
    assert_eq!(
        settings["experiment.title"].value,
        toml::Value::String("x".into())
    );
    assert!(!settings.keys().any(|key| key.contains("preset")));
}

#[test]
fn a_long_chain_resolves() {
    let mut text = GROUND.to_owned();
    for link in 0..2_000 {
        let model = if link == 0 {
            "dense".to_owned()
        } else {
            format!("m{}", link - 1)
        };
        text += &format!(
            "[stages.m{link}.finetune]\ncorpus = 'corpus'\nmodel = '{model}'\ntraining.preset = 'train/demo-finetune'\n"
        );
    }
    assert_eq!(load(&text).nodes.len(), 2_002);
}

#[test]
fn graphs_are_drawn_with_labels_keys_and_states() {
    let plan = load(GROUND);
    let state = |id: NodeId| (id.0 == 0).then(|| "cached".to_owned());
    insta::assert_snapshot!(render::dag_text(&plan, &state), @r"
    corpus  preprocess  [cached]
    dense   pretrain    <- corpus
    ");
    insta::assert_snapshot!(render::dag_dot(&plan, &render::stateless), @r#"
    digraph "test" {
      rankdir=LR;
      node [shape=box];
      n0 [label="corpus\npreprocess"];
      n1 [label="dense\npretrain"];
      n0 -> n1 [label="corpus"];
    }
    "#);
    insta::assert_snapshot!(render::dag_mermaid(&plan, &state), @r#"
    flowchart LR
      n0["corpus<br/>preprocess<br/>cached"]
      n1["dense<br/>pretrain"]
      n0 -->|corpus| n1
    "#);
}
