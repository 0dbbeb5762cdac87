//! Scatter plots: the front, the bars, and what is written beside points.

use super::*;

#[test]
fn the_front_is_what_nobody_beats() {
    let points = [
        (1.0, 10.0),
        (2.0, 9.0),
        (3.0, 30.0),
        (2.0, 20.0),
        (3.0, 25.0),
    ];
    assert_eq!(front(&points, Better::Less, Better::More), [0, 3, 2]);
    assert_eq!(front(&points, Better::More, Better::More), [2]);
}

#[test]
fn equal_points_are_on_the_front_once_and_unknown_ones_never() {
    let points = [(f64::NAN, 99.0), (1.0, 2.0), (1.0, 2.0), (1.0, 1.0)];
    assert_eq!(front(&points, Better::Less, Better::More), [1]);
    assert_eq!(front(&[], Better::Less, Better::More), Vec::<usize>::new());
}

fn scatter(points: Vec<Point>) -> Scatter {
    let axis = |name: &str, better| Axis {
        name: name.to_owned(),
        spacing: Spacing::Linear,
        better,
        spread: "least to most".to_owned(),
    };
    Scatter {
        title: "BLEU <against> parameters".to_owned(),
        x: axis("parameters", Better::Less),
        y: axis("BLEU", Better::More),
        colours: vec!["srp".to_owned(), "random".to_owned()],
        colourless: None,
        shapes: Vec::new(),
        points,
    }
}

fn point(x: f64, y: f64, label: &str) -> Point {
    Point {
        x,
        y,
        x_spread: None,
        y_spread: None,
        race: 0,
        colour: Some(0),
        shape: 0,
        label: label.to_owned(),
        tip: format!("{label} </title>"),
        link: None,
    }
}

#[test]
fn every_point_is_drawn_and_nothing_of_its_text_is_markup() {
    let drawn = scatter(vec![point(1.0, 2.0, "a"), point(3.0, 4.0, "b<")]);
    let svg = drawn.draw((460.0, 300.0)).document();
    assert_eq!(svg.matches("class=\"point\"").count(), 2);
    assert!(svg.contains("b&lt; &lt;/title&gt;") && svg.contains("BLEU &lt;against&gt;"));
    assert!(!svg.contains("b<"), "{svg}");
}

#[test]
fn labels_that_would_cover_others_are_left_out() {
    let crowd = (0..30).map(|i| point(f64::from(i) * 1e-3, 5.0, "a label of some length"));
    let apart = point(10.0, 5.0, "alone");
    let svg = scatter(crowd.chain([apart]).collect()).draw((460.0, 300.0));
    let text = svg.body.as_str();
    assert!(text.matches(">a label of some length</text>").count() < 5);
    assert!(text.contains(">alone</text>"));
}

fn fronts(points: Vec<Point>) -> usize {
    let drawn = scatter(points).draw((460.0, 300.0));
    let text = drawn.body.as_str();
    let lines = text.matches("class=\"front\"").count();
    assert_eq!(text.contains("Pareto front"), lines > 0, "{text}");
    // The legend has one too.
    lines.saturating_sub(1)
}

#[test]
fn the_legend_has_a_front_only_where_there_is_a_line() {
    assert_eq!(fronts(Vec::new()), 0);
    assert_eq!(fronts(vec![point(1.0, 2.0, "alone")]), 0);
    assert_eq!(fronts(vec![point(1.0, 2.0, "a"), point(1.0, 2.0, "b")]), 0);
    assert_eq!(fronts(vec![point(1.0, 2.0, "a"), point(3.0, 4.0, "b")]), 1);
}

#[test]
fn points_of_several_races_are_on_no_common_front() {
    let mut points: Vec<Point> = [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]
        .map(|(x, y)| point(x, y, ""))
        .to_vec();
    assert_eq!(scatter(points.clone()).fronts(), [vec![0, 1, 2]]);
    points[1].race = 1;
    assert_eq!(scatter(points.clone()).fronts(), [vec![0, 2], vec![1]]);
    assert_eq!(fronts(points), 1);
}

#[test]
fn what_was_measured_several_times_has_a_bar_that_fits_in() {
    let mut wide = point(50.0, 5.0, "noisy");
    wide.x_spread = Some((0.0, 100.0));
    let drawn = scatter(vec![wide, point(60.0, 6.0, "exact")]).draw((460.0, 300.0));
    let text = drawn.body.as_str();
    assert_eq!(text.matches("class=\"spread").count(), 1 + 1, "{text}");
    assert!(text.contains(">least to most</text>"));
    assert!(text.contains(">100</text>"), "the axis reaches as far");
    let (x, _) = text.split_once(">noisy</text>").unwrap();
    assert!(
        x.ends_with("text-anchor=\"middle\""),
        "not on its bar: {text}"
    );
    let exact = scatter(vec![point(1.0, 2.0, "a")]).draw((460.0, 300.0));
    assert!(!exact.body.as_str().contains("spread"));
}

#[test]
fn bars_of_two_kinds_are_two_entries_of_the_legend() {
    let mut both = point(50.0, 5.0, "noisy");
    both.x_spread = Some((40.0, 60.0));
    both.y_spread = Some((4.0, 6.0));
    let mut drawn = scatter(vec![both]);
    drawn.y.spread = "deviation".to_owned();
    let drawn = drawn.draw((460.0, 300.0));
    let text = drawn.body.as_str();
    assert!(text.contains(">least to most</text>") && text.contains(">deviation</text>"));
}

#[test]
fn a_point_with_bars_to_all_sides_keeps_its_label() {
    let mut both = point(50.0, 5.0, "noisy");
    both.x_spread = Some((0.0, 100.0));
    both.y_spread = Some((0.0, 10.0));
    let text = scatter(vec![both]).draw((460.0, 300.0)).body;
    assert!(text.as_str().contains(">noisy</text>"));
}

#[test]
fn a_label_that_is_long_alone_is_cut_and_not_left_out() {
    let svg = scatter(vec![point(1.0, 2.0, &"long ".repeat(60))]).draw((460.0, 300.0));
    assert!(svg.body.as_str().contains("…</text>"));
}

#[test]
fn ticks_with_many_digits_have_room_on_the_left() {
    let close = [point(1.0, 1_722_880.0, "a"), point(2.0, 1_722_930.0, "b")];
    let text = scatter(close.to_vec()).draw((460.0, 300.0)).body;
    let tick = text.as_str().split_once(" M</text>").unwrap().0;
    let (before, digits) = tick.rsplit_once('>').unwrap();
    let (_, x) = before.rsplit_once(" x=\"").unwrap();
    let x: f64 = x.split('"').next().unwrap().parse().unwrap();
    assert!(x >= width(digits) + width(" M"), "{digits} ends at {x}");
}
