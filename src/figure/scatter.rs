//! Points of two measures, and those of them that no other point beats.

use super::frame::{Field, SHAPES, bar, margin, mark};
use super::legend::{self, Entry, Sample};
use super::scale::{Scale, Spacing};
use super::svg::{Anchor, Svg, shortened, width};
use super::{Drawing, SERIES};
use std::collections::BTreeSet;

/// Points of two measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// What it shows, in a line.
    pub title: String,
    /// The measure from left to right.
    pub x: Axis,
    /// The measure from bottom to top.
    pub y: Axis,
    /// What colours stand for, in their order.
    pub colours: Vec<String>,
    /// What the points without a colour have in common, if there are any.
    pub colourless: Option<String>,
    /// What shapes stand for, in their order.
    pub shapes: Vec<String>,
    /// The points.
    pub points: Vec<Point>,
}

/// A measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Its name, with the unit.
    pub name: String,
    /// How its values are spaced.
    pub spacing: Spacing,
    /// Which values one would like to have.
    pub better: Better,
    /// What the ends of bars along it are.
    pub spread: String,
}

/// Which values of a measure one would like to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Small ones.
    Less,
    /// Large ones.
    More,
}

/// A point.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Where it stands.
    pub x: f64,
    /// Where it stands.
    pub y: f64,
    /// The ends of the bar from left to right, if it was measured more than once.
    pub x_spread: Option<(f64, f64)>,
    /// The same from bottom to top.
    pub y_spread: Option<(f64, f64)>,
    /// With which others it is on one front: those of the same number.
    pub race: usize,
    /// The position of its colour, if it has one.
    pub colour: Option<usize>,
    /// The position of its shape.
    pub shape: usize,
    /// A few words to stand beside it, where there is room.
    pub label: String,
    /// All that is to be said of it.
    pub tip: String,
    /// The id of what a page shows of it.
    pub link: Option<String>,
}

impl Better {
    /// Whether `a` is at least as good as `b`.
    fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a <= b,
            Self::More => a >= b,
        }
    }
}

/// The positions of the points, each a value of two measures, that no other beats: none is as good in both and better
/// in one. From left to right; of equal points the first.
pub fn front(points: &[(f64, f64)], x: Better, y: Better) -> Vec<usize> {
    let as_good = |a: (f64, f64), b: (f64, f64)| x.holds(a.0, b.0) && y.holds(a.1, b.1);
    let beaten = |position: usize| {
        let point = points[position];
        points.iter().enumerate().any(|(other, &rival)| {
            as_good(rival, point) && (!as_good(point, rival) || other < position)
        })
    };
    let known =
        |position: &usize| points[*position].0.is_finite() && points[*position].1.is_finite();
    let mut kept: Vec<usize> = (0..points.len())
        .filter(|position| known(position) && !beaten(*position))
        .collect();
    kept.sort_by(|a, b| points[*a].0.total_cmp(&points[*b].0));
    kept
}

/// The part of the field that a label is wide at most.
const LABEL: f64 = 0.3;
const RIGHT: f64 = 20.0;
const BELOW: f64 = 50.0;

impl Scatter {
    /// Draws it in a given size, and the legend above in what that needs.
    pub fn draw(&self, size: (f64, f64)) -> Drawing {
        let fronts = self.fronts();
        let entries = self.entries(fronts.iter().any(|front| front.len() > 1));
        let sides = (12.0, size.0 - 12.0);
        let top = legend::height(&entries, sides.0, sides.1) + 36.0;
        let bottom = top + size.1 - BELOW;
        let ys = self.points.iter().map(|point| (point.y, point.y_spread));
        let y = Scale::around(reach(ys), self.y.spacing, bottom, top);
        let field = Field {
            left: margin(&y),
            right: size.0 - RIGHT,
            top,
            bottom,
        };
        let xs = self.points.iter().map(|point| (point.x, point.x_spread));
        let x = Scale::around(reach(xs), self.x.spacing, field.left, field.right);
        let mut body = Svg::default();
        legend::draw(&mut body, &entries, sides, 4.0);
        field.vertical(&mut body, &y, &self.y.name);
        field.horizontal(&mut body, &x, Some(&self.x.name));
        let places: Vec<Option<(f64, f64)>> = self
            .points
            .iter()
            .map(|point| x.place(point.x).zip(y.place(point.y)))
            .collect();
        let lines: Vec<_> = fronts
            .iter()
            .map(|front| self.steps(front, &places))
            .collect();
        for steps in lines.iter().filter(|steps| steps.len() > 1) {
            body.path("front", steps);
        }
        let spreads = self.spreads(&places, (&x, &y));
        for (position, [from, to]) in &spreads {
            let class = format!("l{}", series(self.points[*position].colour));
            bar(&mut body, &class, *from, *to);
        }
        self.draw_points(&mut body, &places);
        let spreads = spreads.into_iter().map(|(_, ends)| ends.to_vec());
        let lines: Vec<_> = lines.into_iter().chain(spreads).collect();
        draw_labels(&mut body, &self.points, &places, &lines, &field);
        Drawing {
            width: size.0,
            height: field.bottom + BELOW,
            title: self.title.clone(),
            body,
        }
    }

    /// What marks and lines mean; `front` says whether there is one to be seen.
    fn entries(&self, front: bool) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let one_shape = self.shapes.len() < 2;
        if self.colours.len() > 1 || !one_shape {
            entries.extend(self.colours.iter().enumerate().map(|(i, name)| {
                let shape = if one_shape { i } else { 0 };
                (Sample::Mark(series(Some(i)), shape % SHAPES), name.clone())
            }));
            let colourless = self.colourless.iter();
            entries.extend(colourless.map(|name| (Sample::Mark(series(None), 0), name.clone())));
        }
        if !one_shape {
            let shapes = self.shapes.iter().enumerate();
            entries.extend(shapes.map(|(i, name)| (Sample::Shape(i), name.clone())));
        }
        let level = self.points.iter().any(|point| point.x_spread.is_some());
        let upright = self.points.iter().any(|point| point.y_spread.is_some());
        if level {
            entries.push((Sample::Level, self.x.spread.clone()));
        }
        if upright {
            entries.push((Sample::Upright, self.y.spread.clone()));
        }
        if front {
            entries.push((Sample::Front, "Pareto front".to_owned()));
        }
        entries
    }

    /// The positions of the points on the front of each race.
    fn fronts(&self) -> Vec<Vec<usize>> {
        let races: BTreeSet<usize> = self.points.iter().map(|point| point.race).collect();
        let of_race = |race: &usize| {
            let value = |point: &Point| match point.race == *race {
                true => (point.x, point.y),
                false => (f64::NAN, f64::NAN),
            };
            let values: Vec<(f64, f64)> = self.points.iter().map(value).collect();
            front(&values, self.x.better, self.y.better)
        };
        races.iter().map(of_race).collect()
    }

    /// The border between what some point of a race beats and what none does.
    fn steps(&self, front: &[usize], places: &[Option<(f64, f64)>]) -> Vec<(f64, f64)> {
        let corners: Vec<(f64, f64)> = front.iter().filter_map(|i| places[*i]).collect();
        let mut steps = Vec::new();
        for (position, corner) in corners.iter().enumerate() {
            if let Some(before) = position.checked_sub(1).map(|i| corners[i]) {
                steps.push(match self.x.better {
                    Better::Less => (corner.0, before.1),
                    Better::More => (before.0, corner.1),
                });
            }
            steps.push(*corner);
        }
        steps
    }

    /// The ends of the bars over all that was measured of each point, with its position.
    fn spreads(
        &self,
        places: &[Option<(f64, f64)>],
        (x, y): (&Scale, &Scale),
    ) -> Vec<(usize, [(f64, f64); 2])> {
        let ends = |scale: &Scale, spread: Option<(f64, f64)>| {
            let (least, most) = spread?;
            scale.place(least).zip(scale.place(most))
        };
        let bars = |(position, place): (usize, &Option<(f64, f64)>)| {
            let (point, place) = (&self.points[position], (*place)?);
            let level = ends(x, point.x_spread).map(|(a, b)| [(a, place.1), (b, place.1)]);
            let upright = ends(y, point.y_spread).map(|(a, b)| [(place.0, a), (place.0, b)]);
            Some([level, upright].map(|bar| bar.map(|bar| (position, bar))))
        };
        let bars = places.iter().enumerate().filter_map(bars);
        bars.flatten().flatten().collect()
    }

    fn draw_points(&self, body: &mut Svg, places: &[Option<(f64, f64)>]) {
        let one_shape = self.shapes.len() < 2;
        // The first lie on top.
        for (point, place) in self.points.iter().zip(places).rev() {
            let Some(place) = *place else {
                continue;
            };
            let link = point.link.as_deref().unwrap_or_default();
            body.open(
                "g",
                &[
                    ("class", &"point"),
                    ("data-link", &link),
                    ("role", &"img"),
                    ("aria-label", &point.tip),
                ],
            );
            body.words("title", &[], &point.tip);
            let shape = match one_shape {
                true => point.colour.unwrap_or(0),
                false => point.shape,
            };
            mark(body, series(point.colour), shape, place);
            body.close("g");
        }
    }
}

/// All values that an axis has to show.
fn reach(values: impl Iterator<Item = (f64, Option<(f64, f64)>)>) -> impl Iterator<Item = f64> {
    values.flat_map(|(value, spread)| {
        let (least, most) = spread.unwrap_or((value, value));
        [value, least, most]
    })
}

/// The series whose colour a position has; the last one is for what has none.
fn series(colour: Option<usize>) -> usize {
    colour.map_or(SERIES - 1, |position| position % (SERIES - 1))
}

/// How close two points with the same label are if only one of them shows it.
const NEAR: f64 = 30.0;

/// An area: left, top, right, bottom.
type Area = [f64; 4];

fn overlap(a: &Area, b: &Area) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Writes the labels that find room beside their points and off the lines.
fn draw_labels(
    body: &mut Svg,
    points: &[Point],
    places: &[Option<(f64, f64)>],
    lines: &[Vec<(f64, f64)>],
    field: &Field,
) {
    let around = |&(x, y): &(f64, f64)| [x - 6.0, y - 6.0, x + 6.0, y + 6.0];
    let between = |ends: &[(f64, f64)]| {
        let [(x1, y1), (x2, y2)] = [ends[0], ends[1]];
        [
            x1.min(x2) - 1.0,
            y1.min(y2) - 1.0,
            x1.max(x2) + 1.0,
            y1.max(y2) + 1.0,
        ]
    };
    let mut taken: Vec<Area> = places.iter().flatten().map(around).collect();
    let straight = lines.iter().flat_map(|line| line.windows(2));
    taken.extend(straight.map(between));
    let mut told: Vec<(&str, (f64, f64))> = Vec::new();
    for (point, place) in points.iter().zip(places) {
        let Some((x, y)) = *place else {
            continue;
        };
        // Neighbours that would say the same need it once.
        let near = |(label, (other_x, other_y)): &(&str, (f64, f64))| {
            *label == point.label && (x - other_x).abs() < NEAR && (y - other_y).abs() < NEAR
        };
        if point.label.is_empty() || told.iter().any(near) {
            continue;
        }
        let label = shortened(&point.label, LABEL * (field.right - field.left));
        let wide = width(&label);
        let sides = [
            (x + 10.0, y + 4.0, Anchor::Start, x + 9.0),
            (x - 10.0, y + 4.0, Anchor::End, x - 9.0 - wide),
            (x, y - 10.0, Anchor::Middle, x - wide / 2.0),
            (x, y + 19.0, Anchor::Middle, x - wide / 2.0),
            // Between bars that go to all sides.
            (x + 10.0, y - 9.0, Anchor::Start, x + 9.0),
            (x - 10.0, y - 9.0, Anchor::End, x - 9.0 - wide),
            (x + 10.0, y + 17.0, Anchor::Start, x + 9.0),
            (x - 10.0, y + 17.0, Anchor::End, x - 9.0 - wide),
        ];
        for (text_x, text_y, anchor, left) in sides {
            let area = [left, text_y - 10.0, left + wide, text_y + 3.0];
            let inside = area[0] >= field.left && area[2] <= field.right + RIGHT;
            let inside = inside && area[1] >= field.top - 4.0 && area[3] <= field.bottom;
            if inside && !taken.iter().any(|other| overlap(&area, other)) {
                body.text("muted", (text_x, text_y), anchor, &label);
                taken.push(area);
                told.push((&point.label, (x, y)));
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests;
