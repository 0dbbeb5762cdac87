//! What holds of the plan of any experiment.

use super::{GROUND, load, load_with, prune, set};
use crate::plan::{NodeId, Overrides, Plan, PlanError, Point, resolve};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The message as a user sees it: a place outside its text would show here.
fn rendered(error: &PlanError) -> String {
    let mut text = String::new();
    miette::GraphicalReportHandler::new()
        .render_report(&mut text, error)
        .unwrap();
    assert!(!text.contains("Failed to read contents"), "{text}");
    text
}

/// What a generated stage has for a value: one of a few numbers, or one of the parameters.
#[derive(Debug, Clone)]
enum Value {
    Literal(u8),
    Parameter(usize),
}

/// A generated experiment: by stage the one that it reads (an earlier one) and its number of epochs, and the values
/// that each parameter is swept over.
#[derive(Debug, Clone)]
struct Sketch {
    stages: Vec<(prop::sample::Index, Value)>,
    sweep: Vec<Vec<u8>>,
}

fn sketches() -> impl Strategy<Value = Sketch> {
    let value = prop_oneof![
        (1..3_u8).prop_map(Value::Literal),
        (0..3_usize).prop_map(Value::Parameter)
    ];
    let stages = prop::collection::vec((any::<prop::sample::Index>(), value), 1..6);
    let sweep = prop::collection::vec(prop::collection::vec(1..4_u8, 1..4), 3);
    (stages, sweep).prop_map(|(stages, sweep)| Sketch { stages, sweep })
}

impl Sketch {
    fn used(&self, param: usize) -> bool {
        self.stages
            .iter()
            .any(|(_, value)| matches!(value, Value::Parameter(used) if *used == param))
    }

    /// The experiment file, with its stages in the order that `order` sorts them into.
    fn text(&self, order: fn(usize) -> usize) -> String {
        let params: Vec<usize> = (0..self.sweep.len())
            .filter(|param| self.used(*param))
            .collect();
        let mut text = String::from("[params]\n");
        text.extend(params.iter().map(|param| format!("p{param} = 1\n")));
        text += "[sweep]\n";
        text.extend(
            params
                .iter()
                .map(|param| format!("p{param} = {:?}\n", self.sweep[*param])),
        );
        let mut stages: Vec<usize> = (0..self.stages.len()).collect();
        stages.sort_by_key(|stage| order(*stage));
        for stage in stages {
            let (model, value) = &self.stages[stage];
            let model = match model.index(stage + 1) {
                0 => "dense".to_owned(),
                earlier => format!("s{}", earlier - 1),
            };
            let epochs = match value {
                Value::Literal(number) => number.to_string(),
                Value::Parameter(param) => format!("'${{p{param}}}'"),
            };
            text += &format!(
                "[stages.s{stage}.finetune]\ncorpus = 'corpus'\nmodel = '{model}'\ntraining = {{ preset = 'train/demo-finetune', epochs = {epochs} }}\n"
            );
        }
        text + GROUND
    }
}

/// The whole story of a node: what it says, and that of its parents.
fn story(plan: &Plan, NodeId(node): NodeId) -> String {
    let node = &plan.nodes[node];
    let parents: Vec<String> = node
        .parents
        .iter()
        .map(|parent| story(plan, parent.node))
        .collect();
    format!("{}{parents:?}", resolve::identity(&node.spec))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_sweep_shares_all_that_is_equal_and_nothing_else(sketch in sketches()) {
        let plan = load(&sketch.text(|stage| stage));
        let stages = sketch.stages.len() + 2;
        let points: usize = (0..3).filter(|param| sketch.used(*param)).map(|param| sketch.sweep[param].len()).product();
        prop_assert_eq!(plan.points.len(), points);
        prop_assert!(plan.nodes.len() <= stages * points);
        let stories: BTreeSet<String> = (0..plan.nodes.len()).map(|node| story(&plan, NodeId(node))).collect();
        prop_assert_eq!(stories.len(), plan.nodes.len(), "two nodes are equal");
        let labels: BTreeSet<&String> = plan.nodes.iter().map(|node| &node.label).collect();
        prop_assert_eq!(labels.len(), plan.nodes.len(), "two labels are equal");
        for (position, node) in plan.nodes.iter().enumerate() {
            prop_assert!(node.parents.iter().all(|parent| parent.node.0 < position), "a child precedes its parent");
        }
        let mut equal_points: BTreeMap<String, &Point> = BTreeMap::new();
        for point in &plan.points {
            let first = equal_points.entry(format!("{:?}", point.params)).or_insert(point);
            prop_assert_eq!(&first.stages, &point.stages, "equal points differ");
        }
        for point in &plan.points {
            for (name, node) in &point.stages {
                prop_assert!(plan.nodes[node.0].names.contains(name));
            }
        }
    }

    #[test]
    fn a_damaged_experiment_is_told_not_tripped_over(from in 0..900_usize, len in 0..40_usize, with in "[ -~]{0,3}") {
        let mut text = format!(
            "params.rate = 0.5\nsweep.rate = [0.5, 0.2]\n{GROUND}{}compression-rate = '${{rate}}'\n",
            prune("half", "dense")
        );
        let from = from.min(text.len());
        let to = (from + len).min(text.len());
        text.replace_range(from..to, &with);
        if let Err(error) = load_with(&text, &Overrides::default()) {
            rendered(&error);
        }
    }

    #[test]
    fn no_flag_and_no_variable_is_tripped_over(flag in "(stages|params|rate|dense|pretrain|[.=${}'é 0-9]){0,9}", value in "[ -~é]{0,9}") {
        let text = format!("params.rate = 1\n{GROUND}training.epochs = '${{rate}}'\n");
        let mut overrides = set(&[&flag, &format!("stages.dense.pretrain.training.epochs={value}")]);
        overrides.env = vec![("SRP_PARAMS__RATE".into(), value)];
        if let Err(error) = load_with(&text, &overrides) {
            rendered(&error);
        }
    }

    #[test]
    fn the_order_of_the_file_changes_no_node(sketch in sketches()) {
        let stories = |plan: &Plan| -> BTreeSet<String> { (0..plan.nodes.len()).map(|node| story(plan, NodeId(node))).collect() };
        let forwards = load(&sketch.text(|stage| stage));
        let backwards = load(&sketch.text(|stage| usize::MAX - stage));
        prop_assert_eq!(stories(&forwards), stories(&backwards));
    }
}
