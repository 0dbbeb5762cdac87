//! Rows as points: what tells them apart, what is left out, and who races whom.

use super::*;
use crate::figure::Better;
use crate::results::Values;

fn text(name: &str, values: &[&str]) -> Column {
    let values = values.iter().map(|value| Some((*value).to_owned()));
    Column {
        name: name.to_owned(),
        values: Values::Text(values.collect()),
    }
}

fn floats(name: &str, values: &[f64]) -> Column {
    Column {
        name: name.to_owned(),
        values: Values::Float(values.iter().copied().map(Some).collect()),
    }
}

fn table() -> Vec<Column> {
    vec![
        text("experiment", &["e", "e", "e", "e"]),
        text("criterion", &["srp", "srp", "random", "random"]),
        floats("rate", &[0.5, 0.5, 0.5, 0.3]),
        text("stage", &["dense", "slim", "dense", "slim"]),
        floats("bleu", &[40.0, 35.0, 40.0, 30.5]),
        floats("parameters", &[100.0, 50.0, 100.0, 30.0]),
        text("artifact", &["a", "b", "a", "c"]),
    ]
}

fn wish() -> Wish {
    Wish {
        x: "parameters".to_owned(),
        y: "bleu".to_owned(),
        ..Wish::default()
    }
}

fn plotted(table: &[Column], wish: &Wish) -> Scatter {
    pareto(table, wish).unwrap().0
}

#[test]
fn what_varies_is_told_apart_and_one_artifact_is_one_point() {
    let drawn = plotted(&table(), &wish());
    assert_eq!(drawn.colours, ["criterion=srp", "criterion=random"]);
    assert_eq!(drawn.colourless.as_deref(), Some("every criterion"));
    assert_eq!(drawn.shapes, ["dense", "slim"]);
    let labels: Vec<_> = drawn.points.iter().map(|point| &*point.label).collect();
    assert_eq!(
        labels,
        ["rate=0.5", "rate=0.5", "rate=0.3"],
        "the baseline has only one here"
    );
    let last = &drawn.points[2];
    assert_eq!(
        last.tip,
        "slim, criterion=random, rate=0.3: BLEU 30.50, parameters 30"
    );
    assert_eq!(
        (last.link.as_deref(), last.colour, last.shape),
        (Some("row-3"), Some(1), 1)
    );
}

#[test]
fn axes_know_what_is_wanted() {
    let drawn = plotted(&table(), &wish());
    assert_eq!(
        (drawn.x.better, drawn.y.better),
        (Better::Less, Better::More)
    );
    assert_eq!(better("decode_sentences_per_second"), Better::More);
    assert_eq!(better("latency_ms"), Better::Less);
}

#[test]
fn columns_that_cannot_be_an_axis_are_named() {
    let unknown = Wish {
        x: "size".to_owned(),
        ..wish()
    };
    let error = pareto(&table(), &unknown).unwrap_err();
    assert_eq!(error.to_string(), "the table has no column `size`");
    let words = Wish {
        y: "stage".to_owned(),
        ..wish()
    };
    let error = pareto(&table(), &words).unwrap_err();
    assert!(error.to_string().contains("`stage` holds words"), "{error}");
}

#[test]
fn rows_without_a_value_are_left_out() {
    let mut table = table();
    table[5].values = Values::Float(vec![None, Some(50.0), None, Some(30.0)]);
    let (scatter, left_out) = pareto(&table, &wish()).unwrap();
    assert_eq!((scatter.points.len(), left_out), (2, 2));
    table[5].values = Values::Float(vec![Some(f64::NAN), None, Some(f64::INFINITY), None]);
    let error = pareto(&table, &wish()).unwrap_err();
    assert!(
        error.to_string().contains("in `parameters` or in `bleu`"),
        "{error}"
    );
}

#[test]
fn what_is_not_above_zero_has_no_place_among_ratios() {
    let mut table = table();
    table[5].values = Values::Float([0.0, -1.0, 5.0, 6.0].map(Some).to_vec());
    let log = Wish {
        spacing: Spacing::Log,
        ..wish()
    };
    assert_eq!(pareto(&table, &wish()).unwrap().1, 0);
    assert_eq!(pareto(&table, &log).unwrap().1, 2);
}

#[test]
fn parameters_that_only_one_of_two_tables_has_are_labels() {
    let mut table = table();
    // As two tables below each other are: what the first one lacks stands last.
    let rate = table.remove(2);
    table.push(rate);
    table[0] = text("experiment", &["e", "e", "f", "f"]);
    let by_experiment = Wish {
        colour: Some("experiment".to_owned()),
        ..wish()
    };
    let drawn = plotted(&table, &by_experiment);
    assert_eq!(drawn.colours, ["e", "f"]);
    assert_eq!(drawn.points[2].label, "criterion=random, rate=0.3");
}

#[test]
fn what_a_comparison_tells_of_measures_is_no_label() {
    let mut table = table();
    table.push(floats("bleu_delta", &[0.0, -5.0, 0.0, -9.5]));
    let labels = plotted(&table, &wish()).points.into_iter();
    let labels: Vec<String> = labels.map(|point| point.label).collect();
    assert_eq!(labels, ["rate=0.5", "rate=0.5", "rate=0.3"]);
}

fn timed() -> Vec<Column> {
    let mut table = table();
    table.push(floats("latency_ms", &[2.0, 1.0, 2.0, 0.5]));
    table.push(floats("latency_least_ms", &[1.5, 0.9, 1.5, 0.4]));
    table.push(floats("latency_most_ms", &[3.0, 1.6, 3.0, 0.6]));
    table.push(text("decode_device", &["cpu", "cpu", "cpu", "cuda"]));
    table
}

#[test]
fn latencies_have_their_spread_and_sizes_none() {
    let latency = Wish {
        x: "latency".to_owned(),
        ..wish()
    };
    let drawn = plotted(&timed(), &latency);
    assert_eq!(drawn.points[1].x_spread, Some((0.9, 1.6)));
    assert_eq!(drawn.points[1].y_spread, None);
    let tip = &drawn.points[1].tip;
    assert!(tip.ends_with("sentence 1 (0.9000 to 1.60)"), "{tip}");
    let drawn = plotted(&timed(), &wish());
    assert!(drawn.points.iter().all(|point| point.x_spread.is_none()));
}

#[test]
fn means_have_a_bar_of_their_deviation_and_say_of_how_many_they_are() {
    let mut table = table();
    table.push(Column {
        name: "bleu_sd".to_owned(),
        values: Values::Float(vec![Some(0.0), Some(1.5), Some(0.0), None]),
    });
    table.push(Column {
        name: "n".to_owned(),
        values: Values::Integer(vec![Some(2), Some(2), Some(2), Some(1)]),
    });
    let drawn = plotted(&table, &wish());
    let bars: Vec<_> = drawn.points.iter().map(|point| point.y_spread).collect();
    assert_eq!(bars, [None, Some((33.5, 36.5)), None]);
    assert_eq!(drawn.y.spread, "standard deviation");
    assert_eq!(
        drawn.points[1].tip,
        "slim, criterion=srp, rate=0.5, mean of 2: BLEU 35 ± 1.50, parameters 50"
    );
    assert!(!drawn.points[2].tip.contains("mean of"));
}

#[test]
fn columns_are_named_by_their_headings_too() {
    let by = Wish {
        colour: Some("Criterion".to_owned()),
        label: Some("BLEU".to_owned()),
        ..wish()
    };
    let drawn = plotted(&table(), &by);
    assert_eq!(drawn.colours, ["criterion=srp", "criterion=random"]);
    assert_eq!(drawn.points[1].label, "bleu=35");
}

#[test]
fn speeds_on_other_devices_are_another_race() {
    let latency = Wish {
        x: "latency".to_owned(),
        ..wish()
    };
    let table = timed();
    let races = |wish: &Wish| {
        let drawn = plotted(&table, wish);
        let points = drawn.points.into_iter();
        points
            .map(|point| (point.race, point.tip.contains("device cuda")))
            .collect::<Vec<_>>()
    };
    assert_eq!(races(&latency), [(0, false), (0, false), (1, true)]);
    assert_eq!(races(&wish()), [(0, false), (0, false), (0, false)]);
    let columns = names(&table);
    let on = |x: &str| {
        let x = x.to_owned();
        measured_on(&columns, &Wish { x, ..wish() })
    };
    assert_eq!(on("latency"), ["decode_device", "decode_threads"]);
    assert_eq!(on("Latency"), on("latency"), "what stands above a column");
    assert_eq!(on("batch_ms").last(), Some(&"batch_sentences"));
    assert!(on("parameters").is_empty() && on("batch_size").is_empty());
}
