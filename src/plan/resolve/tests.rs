//! What stages imply: nodes that the experiment need not write down.

use crate::config::StageSpec;
use crate::plan::tests::{GROUND, labels, load, prune};
use crate::plan::{Plan, Selection};
use std::collections::BTreeMap;

const RATES: &str =
    "params.rate = 1\nsweep.rate = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]\n";

/// A prune stage at the rate that is swept.
fn swept(name: &str) -> String {
    prune(name, "dense") + "compression-rate = '${rate}'\n"
}

fn kinds(plan: &Plan) -> BTreeMap<&'static str, usize> {
    let mut kinds = BTreeMap::new();
    for node in &plan.nodes {
        *kinds.entry(node.spec.kind()).or_default() += 1;
    }
    kinds
}

#[test]
fn ten_rates_cost_one_pretrain_one_scoring_pass_and_ten_prunes() {
    let plan = load(&format!("{RATES}{GROUND}{}", swept("small")));
    let expected = [
        ("preprocess", 1),
        ("pretrain", 1),
        ("score", 1),
        ("prune", 10),
    ];
    assert_eq!(kinds(&plan), expected.into());
    assert_eq!(
        labels(&plan)[..4],
        ["corpus", "dense", "small.scores", "small@rate=1"]
    );
    for node in plan.nodes.iter().filter(|node| node.spec.kind() == "prune") {
        let read: Vec<_> = node
            .parents
            .iter()
            .map(|parent| (parent.key, parent.node.0))
            .collect();
        assert_eq!(read, [("corpus", 0), ("model", 1), ("scores", 2)]);
    }
}

#[test]
fn stages_criteria_and_rounds_share_the_scores_of_a_model() {
    let others = swept("other").replace("srp-stage1", "srp-at-once")
        + "criterion = 'taylor'\niterations = 2\nshrink = 'one-shot'\ntraining.epochs = 9\n";
    let plan = load(&format!("{RATES}{GROUND}{}{others}", swept("small")));
    assert_eq!((kinds(&plan)["score"], kinds(&plan)["prune"]), (1, 20));
    let names: Vec<&str> = plan.nodes[2]
        .names
        .iter()
        .map(|name| name.0.as_str())
        .collect();
    assert_eq!(names, ["other.scores", "small.scores"]);
}

#[test]
fn what_decides_the_scores_keeps_them_apart_and_is_all_that_labels_name() {
    let text = format!(
        "params.rate = 0.5\nparams.smoothing = 0.1\nsweep.rate = [0.5, 0.2]\nsweep.smoothing = [0.0, 0.1]\n\
         {GROUND}{}training.label-smoothing = '${{smoothing}}'\n",
        swept("small")
    );
    let plan = load(&text);
    let scores = plan.nodes.iter().filter(|node| node.spec.kind() == "score");
    let labels: Vec<&str> = scores.map(|node| node.label.as_str()).collect();
    assert_eq!(
        labels,
        ["small.scores@smoothing=0.0", "small.scores@smoothing=0.1"]
    );
    for apart in [
        "seed = 2",
        "checkpoint = 'best'",
        "scoring.batches = 2",
        "training.batching.max-tokens = 99",
        "training.label-smoothing = 0.3",
        "distillation.weight = 0.1",
        "distillation.teacher = 'dense'",
    ] {
        let plan = load(&format!(
            "{RATES}{GROUND}{}{}{apart}\n",
            swept("a"),
            swept("b")
        ));
        assert_eq!(kinds(&plan)["score"], 2, "{apart}");
    }
}

#[test]
fn a_stage_that_trains_before_it_scores_or_needs_no_gradients_implies_nothing() {
    for without in [
        "warmup-epochs = 1\ntraining.epochs = 9",
        "criterion = 'magnitude'",
        "criterion = 'random'",
    ] {
        let plan = load(&format!("{RATES}{GROUND}{}{without}\n", swept("small")));
        assert!(!kinds(&plan).contains_key("score"), "{without}");
        assert_eq!(plan.nodes[2].parents.len(), 2);
    }
}

#[test]
fn a_score_stage_of_the_file_gives_its_name_to_what_others_imply() {
    let written = "
        [stages.look.score]
        corpus = 'corpus'
        model = 'dense'
        batching.max-tokens = 2048
        distillation = { weight = 0.7, temperature = 10.0 }
        ";
    for text in [
        format!("{RATES}{GROUND}{}{written}", swept("small")),
        format!("{RATES}{written}{GROUND}{}", swept("small")),
    ] {
        let plan = load(&text);
        assert_eq!(kinds(&plan)["score"], 1);
        let node = plan.nodes.iter().find(|node| node.label == "look").unwrap();
        assert!(
            node.names.contains(&"small.scores".into()),
            "{:?}",
            node.names
        );
        let StageSpec::Score(spec) = &node.spec else {
            panic!("it scores");
        };
        assert_eq!(spec.batches.get(), 1);
    }
}

#[test]
fn what_is_implied_is_selected_by_its_name() {
    let plan = load(&format!("{RATES}{GROUND}{}", swept("small")));
    let part = |stage: &str| {
        let selection = Selection {
            stages: vec![stage.to_owned()],
            only: Vec::new(),
        };
        plan.select(&selection).unwrap()
    };
    assert_eq!(
        labels(&part("small.scores")),
        ["corpus", "dense", "small.scores"]
    );
    assert_eq!(part("small.scores+").nodes.len(), plan.nodes.len());
    assert_eq!(part("small.scores@rate=0.3").nodes.len(), 3);
    assert_eq!(
        labels(&part("small@rate=0.3")),
        ["corpus", "dense", "small.scores", "small@rate=0.3"]
    );
    assert_eq!(plan.stage("small.scores").unwrap().0, 2);
}
