//! The field that marks stand in: grid, ticks and the names of the axes.

use super::scale::Scale;
use super::svg::{Anchor, Px, Svg, shortened, width};

/// The field that marks stand in, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Field {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// How far left of the field the name of its axis begins, and the least that stands there beside it.
const NAME: f64 = 44.0;
const LEFT: f64 = 56.0;

/// What the names of ticks need on the left of a field.
pub(super) fn margin(scale: &Scale) -> f64 {
    let ticks = scale.ticks(GAP_Y);
    let names = ticks.iter().map(|(_, name)| width(name));
    names.fold(LEFT - 16.0, f64::max) + 16.0
}

/// Pixels between ticks.
const GAP_X: f64 = 74.0;
const GAP_Y: f64 = 32.0;

impl Field {
    /// Grid lines and names of the ticks on the left, and the name of the axis above them.
    pub(super) fn vertical(&self, svg: &mut Svg, scale: &Scale, name: &str) {
        for (y, tick) in scale.ticks(GAP_Y) {
            svg.line("grid", (self.left, y), (self.right, y));
            svg.text("muted", (self.left - 8.0, y + 4.0), Anchor::End, &tick);
        }
        let left = self.left - NAME;
        let name = shortened(name, self.right - left);
        svg.text("", (left, self.top - 10.0), Anchor::Start, &name);
    }

    /// Grid lines, and names of the ticks below if `named`, with the name of the axis.
    pub(super) fn horizontal(&self, svg: &mut Svg, scale: &Scale, name: Option<&str>) {
        for (x, tick) in scale.ticks(GAP_X) {
            svg.line("grid", (x, self.top), (x, self.bottom));
            if name.is_some() {
                svg.text("muted", (x, self.bottom + 18.0), Anchor::Middle, &tick);
            }
        }
        if let Some(name) = name {
            let middle = (self.left + self.right) / 2.0;
            let name = shortened(name, self.right - self.left);
            svg.text("", (middle, self.bottom + 38.0), Anchor::Middle, &name);
        }
        svg.line("axis", (self.left, self.bottom), (self.right, self.bottom));
    }
}

/// A bar between two places on one level, with a stroke at each end.
pub(super) fn bar(svg: &mut Svg, colour: &str, from: (f64, f64), to: (f64, f64)) {
    const END: f64 = 4.0;
    let (x, y) = if from.1 == to.1 {
        (0.0, END)
    } else {
        (END, 0.0)
    };
    let stroke = |at: (f64, f64)| [at, (at.0 - x, at.1 - y), (at.0 + x, at.1 + y), at];
    let points = [stroke(from), stroke(to)].concat();
    svg.path(&format!("spread {colour}"), &points);
}

/// A mark of series `series` around a place; shapes differ for those who cannot tell the colours.
pub(super) fn mark(svg: &mut Svg, series: usize, shape: usize, (x, y): (f64, f64)) {
    let class = format!("mark f{series} l{series}");
    let polygon = |svg: &mut Svg, corners: &[(f64, f64)]| {
        let corners: Vec<String> = corners
            .iter()
            .map(|(dx, dy)| format!("{},{}", Px(x + dx), Px(y + dy)))
            .collect();
        svg.element(
            "polygon",
            &[("class", &class), ("points", &corners.join(" "))],
        );
    };
    match shape % SHAPES {
        0 => svg.element(
            "circle",
            &[
                ("class", &class),
                ("cx", &Px(x)),
                ("cy", &Px(y)),
                ("r", &"5.5"),
            ],
        ),
        1 => polygon(svg, &[(-5.0, -5.0), (5.0, -5.0), (5.0, 5.0), (-5.0, 5.0)]),
        2 => polygon(svg, &[(0.0, -6.5), (6.2, 4.8), (-6.2, 4.8)]),
        3 => polygon(svg, &[(0.0, -6.8), (6.8, 0.0), (0.0, 6.8), (-6.8, 0.0)]),
        4 => polygon(svg, &[(0.0, 6.5), (6.2, -4.8), (-6.2, -4.8)]),
        _ => polygon(
            svg,
            &[
                (-2.0, -6.0),
                (2.0, -6.0),
                (2.0, -2.0),
                (6.0, -2.0),
                (6.0, 2.0),
                (2.0, 2.0),
                (2.0, 6.0),
                (-2.0, 6.0),
                (-2.0, 2.0),
                (-6.0, 2.0),
                (-6.0, -2.0),
                (-2.0, -2.0),
            ],
        ),
    }
}

/// Shapes of marks; more begin again with the first.
pub(super) const SHAPES: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_level_between_its_ends() {
        let mut svg = Svg::default();
        bar(&mut svg, "l0", (10.0, 50.0), (90.0, 50.0));
        let path = "M10 50L10 46L10 54L10 50L90 50L90 46L90 54L90 50";
        assert!(svg.as_str().contains(path), "{}", svg.as_str());
    }
}
