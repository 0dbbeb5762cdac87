//! Lines over a common axis, in panels below each other.

use super::frame::{Field, margin};
use super::legend::{self, Entry, Sample};
use super::scale::{Scale, Spacing};
use super::svg::{Anchor, Px, Svg};
use super::{Drawing, SERIES};

/// Lines over a common axis, in panels below each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// What it shows, in a line.
    pub title: String,
    /// The name of the common axis.
    pub x: String,
    /// What colours stand for, in their order.
    pub colours: Vec<String>,
    /// From top to bottom.
    pub panels: Vec<Panel>,
}

/// A measure over the common axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Its name, with the unit.
    pub name: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The position of its colour.
    pub colour: usize,
    /// How it is drawn.
    pub stroke: Stroke,
    /// What it is, for those who ask.
    pub tip: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// With a dot on each point.
    Dotted,
    /// With a dot on each point, of a measure that stays as it is until the next one.
    Stepped,
    /// In dashes.
    Dashed,
    /// Without more.
    Plain,
}

const RIGHT: f64 = 16.0;
/// What a dashed line of one point goes to the left and to the right.
const DASHES: f64 = 8.0;
/// What a panel needs above its field.
const ABOVE: f64 = 30.0;
const BELOW: f64 = 46.0;

impl Curves {
    /// Draws it in a given width, each panel in a given height.
    pub fn draw(&self, width: f64, panel: f64) -> Drawing {
        self.draw_some(&self.panels, true, (width, panel))
    }

    /// Draws one panel alone, as wide and as high as that, without its name.
    pub fn draw_panel(&self, panel: &Panel, width: f64, height: f64) -> Drawing {
        let mut drawing = self.draw_some(std::slice::from_ref(panel), false, (width, height));
        drawing.title.clone_from(&panel.name);
        drawing
    }

    fn draw_some(&self, panels: &[Panel], named: bool, (width, height): (f64, f64)) -> Drawing {
        let entries = self.entries();
        let sides = (12.0, width - 12.0);
        let mut body = Svg::default();
        legend::draw(&mut body, &entries, sides, 4.0);
        let mut top = legend::height(&entries, sides.0, sides.1) + 8.0;
        let above = if named { ABOVE } else { 6.0 };
        let margins = panels.iter().map(|panel| margin(&panel.scale(height, 0.0)));
        let left = margins.fold(0.0, f64::max);
        let x = self.scale(left, width - RIGHT);
        for (position, drawn) in panels.iter().enumerate() {
            let field = Field {
                left,
                right: width - RIGHT,
                top: top + above,
                bottom: top + height,
            };
            let last = position + 1 == panels.len();
            let name = if named { drawn.name.as_str() } else { "" };
            drawn.draw(
                &mut body,
                &field,
                &x,
                (last.then_some(self.x.as_str()), name),
            );
            top = field.bottom;
        }
        Drawing {
            width,
            height: top + BELOW,
            title: self.title.clone(),
            body,
        }
    }

    fn entries(&self) -> Vec<Entry> {
        let names = self.colours.iter().enumerate();
        names
            .map(|(i, name)| (Sample::Curve(i % SERIES), name.clone()))
            .collect()
    }

    fn scale(&self, left: f64, right: f64) -> Scale {
        let lines = self.panels.iter().flat_map(|panel| &panel.lines);
        let values = lines.flat_map(|line| line.points.iter().map(|point| point.0));
        let last = values.filter(|x| x.is_finite()).fold(0.0, f64::max);
        Scale::linear(0.0, last, left, right)
    }
}

impl Panel {
    /// The scale of its measure between two heights.
    fn scale(&self, bottom: f64, top: f64) -> Scale {
        let points = self.lines.iter().flat_map(|line| &line.points);
        Scale::around(points.map(|point| point.1), Spacing::Linear, bottom, top)
    }

    fn draw(&self, body: &mut Svg, field: &Field, x: &Scale, (x_name, name): (Option<&str>, &str)) {
        let y = self.scale(field.bottom, field.top);
        field.vertical(body, &y, name);
        field.horizontal(body, x, x_name);
        if self.lines.iter().all(|line| line.points.is_empty()) {
            let middle = (field.top + field.bottom) / 2.0;
            let place = ((field.left + field.right) / 2.0, middle);
            body.text("muted", place, Anchor::Middle, "not recorded");
        }
        for line in &self.lines {
            line.draw(body, x, &y);
        }
    }
}

impl Line {
    fn draw(&self, body: &mut Svg, x: &Scale, y: &Scale) {
        let places: Vec<(f64, f64)> = self
            .points
            .iter()
            .filter_map(|point| x.place(point.0).zip(y.place(point.1)))
            .collect();
        if places.is_empty() {
            return;
        }
        let series = self.colour % SERIES;
        let dashes = match self.stroke {
            Stroke::Dashed => " dashed",
            Stroke::Dotted | Stroke::Stepped | Stroke::Plain => "",
        };
        let path = match (self.stroke, places.as_slice()) {
            (Stroke::Stepped, _) => stepped(&places),
            // As long as it takes to be told from a dot.
            (Stroke::Dashed, &[(x, y)]) => vec![(x - DASHES, y), (x + DASHES, y)],
            _ => places.clone(),
        };
        body.open("g", &[("class", &"line")]);
        body.words("title", &[], &self.tip);
        body.path(&format!("curve l{series}{dashes}"), &path);
        let dots = matches!(self.stroke, Stroke::Dotted | Stroke::Stepped);
        // A line of one point has no length to be seen.
        if dots || path.len() == 1 {
            for (x, y) in &places {
                let class = format!("f{series}");
                body.element(
                    "circle",
                    &[
                        ("class", &class),
                        ("cx", &Px(*x)),
                        ("cy", &Px(*y)),
                        ("r", &"3"),
                    ],
                );
            }
        }
        body.close("g");
    }
}

/// The path that goes to each place on the height of the one before.
fn stepped(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let first = places.first().copied();
    let corners = |pair: &[(f64, f64)]| [(pair[1].0, pair[0].1), pair[1]];
    let rest = places.windows(2).flat_map(corners);
    first.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves(points: Vec<(f64, f64)>) -> Curves {
        Curves {
            title: "Training".to_owned(),
            x: "updates".to_owned(),
            colours: vec!["dense".to_owned()],
            panels: vec![Panel {
                name: "loss".to_owned(),
                lines: vec![Line {
                    colour: 0,
                    stroke: Stroke::Dotted,
                    tip: "dense".to_owned(),
                    points,
                }],
            }],
        }
    }

    #[test]
    fn a_dot_stands_for_each_point() {
        let drawn = curves(vec![(10.0, 3.0), (20.0, 2.0), (30.0, f64::NAN)]).draw(460.0, 140.0);
        assert_eq!(drawn.body.as_str().matches("<circle").count(), 2);
    }

    #[test]
    fn one_epoch_has_one_dot_for_the_loss_and_dashes_for_the_other_measure() {
        let mut both = curves(vec![(10.0, 3.0)]);
        let mut dashed = both.panels[0].lines[0].clone();
        dashed.stroke = Stroke::Dashed;
        both.panels[0].lines.push(dashed);
        let drawn = both.draw(460.0, 140.0);
        let text = drawn.body.as_str();
        assert_eq!(text.matches("<circle").count(), 1, "{text}");
        let (_, dashes) = text.split_once("class=\"curve l0 dashed\" d=\"").unwrap();
        assert!(dashes.split_once('"').unwrap().0.contains('L'), "{text}");
    }

    #[test]
    fn a_measure_that_nobody_took_says_so() {
        let drawn = curves(Vec::new()).draw(460.0, 140.0);
        assert!(drawn.body.as_str().contains("not recorded"));
    }

    #[test]
    fn what_changes_at_once_is_no_slope() {
        assert_eq!(
            stepped(&[(1.0, 9.0), (2.0, 9.0), (3.0, 5.0)]),
            [(1.0, 9.0), (2.0, 9.0), (2.0, 9.0), (3.0, 9.0), (3.0, 5.0)]
        );
        assert_eq!(stepped(&[]), []);
        let mut steps = curves(vec![(10.0, 3.0), (20.0, 2.0)]);
        steps.panels[0].lines[0].stroke = Stroke::Stepped;
        let drawn = steps.draw(460.0, 140.0);
        assert_eq!(drawn.body.as_str().matches("<circle").count(), 2);
    }
}
