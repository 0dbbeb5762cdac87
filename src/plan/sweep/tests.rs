//! Sweeps given as text, and the points that they come to.

use crate::plan::document::Document;
use crate::plan::{Overrides, Plan, PlanError, file, resolve};
use std::path::Path;

/// A sweep over `rate` and `smoothing`, whose declared values are 0.9 and 0.3.
fn load(sweep: &str, set: &[&str]) -> Result<Plan, PlanError> {
    let text = format!(
        "experiment = {{ title = 'test', seed = 1 }}
        params = {{ rate = 0.9, smoothing = 0.3 }}
        sweep = {{ {sweep} }}
        [stages.corpus.preprocess]
        preset = 'data/demo-de-en'
        [stages.dense.pretrain]
        corpus = 'corpus'
        model.preset = 'model/demo'
        training.preset = 'train/demo-pretrain'
        training.label-smoothing = '${{smoothing}}'
        training.learning-rate.fixed.rate = '${{rate}}'
        "
    );
    let document = Document::parse("test.toml".to_owned(), text)?;
    let overrides = Overrides {
        set: set.iter().map(ToString::to_string).collect(),
        env: Vec::new(),
    };
    resolve::resolve(&file::assemble(
        Path::new("test.toml"),
        document,
        &overrides,
    )?)
}

/// The points of a sweep, each as the values of its parameters by name.
fn points(sweep: &str, set: &[&str]) -> Vec<String> {
    let plan = load(sweep, set).unwrap_or_else(|error| panic!("{error:?}"));
    let shown = |(name, value): (&String, &toml::Value)| format!("{}={value}", &name[..1]);
    let point = |point: &crate::plan::Point| {
        let values: Vec<String> = point.params.iter().map(shown).collect();
        values.join(" ")
    };
    plan.points.iter().map(point).collect()
}

#[test]
fn a_sweep_can_be_a_plain_list_of_points() {
    let list = "include = [{ rate = 0.5 }, { smoothing = 0.0, rate = 0.1 }]";
    assert_eq!(points(list, &[]), ["r=0.5 s=0.3", "r=0.1 s=0.0"]);
}

#[test]
fn included_points_come_after_the_grid() {
    let sweep = "rate = [0.5, 0.1], include = [{ smoothing = 0.0 }]";
    let expected = ["r=0.5 s=0.3", "r=0.1 s=0.3", "r=0.9 s=0.0"];
    assert_eq!(points(sweep, &[]), expected);
}

#[test]
fn a_point_that_is_there_is_not_added_again() {
    let sweep = "rate = [0.5, 1], include = [{ rate = 1.0, smoothing = 0.3 }, { smoothing = 0 }, { smoothing = 0.0 }]";
    let expected = ["r=0.5 s=0.3", "r=1 s=0.3", "r=0.9 s=0"];
    assert_eq!(points(sweep, &[]), expected);
}

#[test]
fn parameters_that_are_only_included_tell_stages_apart() {
    let plan = load("include = [{ rate = 0.5 }, { smoothing = 0.0 }]", &[]).unwrap();
    let labels: Vec<&str> = plan.nodes.iter().map(|node| node.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "corpus",
            "dense@rate=0.5,smoothing=0.3",
            "dense@rate=0.9,smoothing=0.0"
        ]
    );
}

#[test]
fn excluded_are_the_points_where_all_values_hold() {
    let grid = "rate = [0.5, 0.1], smoothing = [0.0, 0.2]";
    let one = format!("{grid}, exclude = [{{ rate = 0.5, smoothing = 0 }}]");
    let expected = ["r=0.5 s=0.2", "r=0.1 s=0.0", "r=0.1 s=0.2"];
    assert_eq!(points(&one, &[]), expected);
    let alternatives = format!("{grid}, exclude = [{{ rate = [0.5, 0.1], smoothing = [0.2] }}]");
    assert_eq!(points(&alternatives, &[]), ["r=0.5 s=0.0", "r=0.1 s=0.0"]);
}

#[test]
fn included_points_can_be_excluded() {
    let sweep = "rate = [0.5, 0.1], include = [{ smoothing = 0.0 }, { smoothing = 0.2 }], exclude = [{ rate = 0.9, smoothing = 0.0 }]";
    assert_eq!(
        points(sweep, &[]),
        ["r=0.5 s=0.3", "r=0.1 s=0.3", "r=0.9 s=0.2"]
    );
}

#[test]
fn excluded_tables_may_overlap() {
    let sweep = "rate = [0.5, 0.1], exclude = [{ rate = 0.5 }, { rate = 0.5, smoothing = 0.3 }]";
    assert_eq!(points(sweep, &[]), ["r=0.1"]);
}

#[test]
fn a_flag_takes_the_place_of_included_values() {
    let sweep = "include = [{ rate = 0.5 }, { rate = 0.1, smoothing = 0.0 }, { rate = 0.2 }]";
    assert_eq!(points(sweep, &["rate=0.7"]), ["s=0.3", "s=0.0"]);
    assert_eq!(points(sweep, &["rate=0.7", "smoothing=0.1"]), [""]);
}

#[test]
fn a_flag_may_leave_a_table_nothing_to_exclude() {
    let sweep =
        "rate = [0.5, 0.1], smoothing = [0.0, 0.2], exclude = [{ rate = 0.5, smoothing = 0.2 }]";
    assert_eq!(points(sweep, &["rate=0.7"]), ["s=0.0", "s=0.2"]);
    assert_eq!(points(sweep, &["rate=0.5"]), ["s=0.0"]);
}

#[test]
fn a_flag_leaves_points_that_do_not_depend_on_it_excluded() {
    let sweep = "rate = [0.5, 0.1], smoothing = [0.0, 0.2], exclude = [{ smoothing = 0.2 }]";
    assert_eq!(points(sweep, &["rate=0.7"]), ["s=0.0"]);
}
