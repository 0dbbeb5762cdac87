//! What colours, shapes and strokes stand for.

use super::frame::mark;
use super::svg::{Anchor, Svg, width};

/// What an entry shows before its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sample {
    /// A mark of a series in a shape.
    Mark(usize, usize),
    /// A shape without a colour of its own.
    Shape(usize),
    /// A curve of a series.
    Curve(usize),
    /// The dotted line of a front.
    Front,
}

/// One entry.
pub(super) type Entry = (Sample, String);

const ROW: f64 = 20.0;
const SAMPLE: f64 = 22.0;
const GAP: f64 = 18.0;

/// The rows that the entries take between two places: for each its row and its place in it.
fn laid_out(entries: &[Entry], left: f64, right: f64) -> Vec<(usize, f64)> {
    let (mut row, mut x) = (0, left);
    let place = |(_, name): &Entry| {
        let wide = SAMPLE + width(name);
        if x > left && x + wide > right {
            (row, x) = (row + 1, left);
        }
        let here = (row, x);
        x += wide + GAP;
        here
    };
    entries.iter().map(place).collect()
}

/// The height of the entries.
pub(super) fn height(entries: &[Entry], left: f64, right: f64) -> f64 {
    let rows = laid_out(entries, left, right)
        .last()
        .map_or(0, |(row, _)| row + 1);
    rows as f64 * ROW
}

/// Draws the entries from `top` on.
pub(super) fn draw(svg: &mut Svg, entries: &[Entry], (left, right): (f64, f64), top: f64) {
    for ((row, x), (sample, name)) in laid_out(entries, left, right).into_iter().zip(entries) {
        let y = top + row as f64 * ROW + ROW / 2.0;
        let (from, to) = ((x, y), (x + 16.0, y));
        match *sample {
            Sample::Mark(series, shape) => mark(svg, series, shape, (x + 8.0, y)),
            Sample::Shape(shape) => mark(svg, super::SERIES - 1, shape, (x + 8.0, y)),
            Sample::Curve(series) => svg.path(&format!("curve l{series}"), &[from, to]),
            Sample::Front => svg.path("front", &[from, to]),
        }
        svg.text("", (x + SAMPLE, y + 4.0), Anchor::Start, name);
    }
}
