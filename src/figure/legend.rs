//! What colours, shapes and strokes stand for.

use super::frame::{bar, mark};
use super::svg::{Anchor, Svg, shortened, width};

/// What an entry shows before its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sample {
    /// A mark of a series in a shape.
    Mark(usize, usize),
    /// A shape without a colour of its own.
    Shape(usize),
    /// A curve of a series.
    Curve(usize),
    /// A bar over several measurements, from left to right.
    Level,
    /// A bar over several measurements, from bottom to top.
    Upright,
    /// The dotted line of a front.
    Front,
}

/// One entry.
pub(super) type Entry = (Sample, String);

const ROW: f64 = 20.0;
const SAMPLE: f64 = 22.0;
const GAP: f64 = 18.0;

/// An entry at its place: its row, where in it, and as much of its name as there is room for.
struct Placed {
    row: usize,
    x: f64,
    sample: Sample,
    name: String,
}

/// The entries between two places.
fn laid_out(entries: &[Entry], left: f64, right: f64) -> Vec<Placed> {
    let (mut row, mut x) = (0, left);
    let place = |(sample, name): &Entry| {
        let name = shortened(name, right - left - SAMPLE);
        let wide = SAMPLE + width(&name);
        if x > left && x + wide > right {
            (row, x) = (row + 1, left);
        }
        let placed = Placed {
            row,
            x,
            sample: *sample,
            name,
        };
        x += wide + GAP;
        placed
    };
    entries.iter().map(place).collect()
}

/// The height of the entries.
pub(super) fn height(entries: &[Entry], left: f64, right: f64) -> f64 {
    let rows = laid_out(entries, left, right)
        .last()
        .map_or(0, |last| last.row + 1);
    rows as f64 * ROW
}

/// Draws the entries from `top` on.
pub(super) fn draw(svg: &mut Svg, entries: &[Entry], (left, right): (f64, f64), top: f64) {
    for entry in laid_out(entries, left, right) {
        let Placed {
            row,
            x,
            sample,
            name,
        } = entry;
        let y = top + row as f64 * ROW + ROW / 2.0;
        let (from, to) = ((x, y), (x + 16.0, y));
        let spread = format!("l{}", super::SERIES - 1);
        match sample {
            Sample::Mark(series, shape) => mark(svg, series, shape, (x + 8.0, y)),
            Sample::Shape(shape) => mark(svg, super::SERIES - 1, shape, (x + 8.0, y)),
            Sample::Curve(series) => svg.path(&format!("curve l{series}"), &[from, to]),
            Sample::Level => bar(svg, &spread, from, to),
            Sample::Upright => bar(svg, &spread, (x + 8.0, y + 8.0), (x + 8.0, y - 8.0)),
            Sample::Front => svg.path("front", &[from, to]),
        }
        svg.text("", (x + SAMPLE, y + 4.0), Anchor::Start, &name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_wider_than_the_picture_is_cut_and_the_next_has_a_row_of_its_own() {
        let entries = ["short", &"very ".repeat(40), "short"];
        let entries = entries.map(|name| (Sample::Front, name.to_owned()));
        let placed = laid_out(&entries, 12.0, 300.0);
        let rows: Vec<usize> = placed.iter().map(|entry| entry.row).collect();
        assert_eq!(rows, [0, 1, 2]);
        assert!(placed[1].name.ends_with('…'), "{}", placed[1].name);
        assert!(placed[1].x + SAMPLE + width(&placed[1].name) <= 300.0);
        assert_eq!(height(&entries, 12.0, 300.0), 3.0 * ROW);
    }
}
