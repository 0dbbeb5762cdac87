//! The field that marks stand in: grid, ticks and the names of the axes.

use super::scale::Scale;
use super::svg::{Anchor, Px, Svg};

/// The field that marks stand in, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Field {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
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
        svg.text("", (self.left - 44.0, self.top - 10.0), Anchor::Start, name);
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
            svg.text("", (middle, self.bottom + 38.0), Anchor::Middle, name);
        }
        svg.line("axis", (self.left, self.bottom), (self.right, self.bottom));
    }
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
