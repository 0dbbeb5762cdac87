//! Shares in the cells of a table, as shades.

use super::Drawing;
use super::ink::shade;
use super::svg::{Anchor, Px, Svg, width};

/// Shares in the cells of a table, as shades.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// What it shows, in a line.
    pub title: String,
    /// What the shades stand for.
    pub scale: String,
    /// The names of the columns; a line break is one.
    pub columns: Vec<String>,
    /// The names of the rows.
    pub rows: Vec<String>,
    /// The cells that there are.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The position of its row, and of the one behind its last.
    pub rows: (usize, usize),
    /// The position of its column.
    pub column: usize,
    /// What its shade shows, from 0 to 1.
    pub share: f64,
    /// What it says: a number, and smaller below what that is to be seen beside.
    pub text: (String, String),
    /// All that is to be said of it.
    pub tip: String,
}

const CELL: (f64, f64) = (70.0, 40.0);
const GAP: f64 = 3.0;
const ABOVE: f64 = 42.0;
const BELOW: f64 = 52.0;

impl HeatMap {
    /// Draws it in the size that it needs.
    pub fn draw(&self) -> Drawing {
        let left = self.rows.iter().map(|name| width(name)).fold(0.0, f64::max) + 26.0;
        let right = left + self.columns.len() as f64 * CELL.0;
        let bottom = ABOVE + self.rows.len() as f64 * CELL.1;
        let mut body = Svg::default();
        for (i, name) in self.columns.iter().enumerate() {
            let middle = left + (i as f64 + 0.5) * CELL.0;
            let lines: Vec<&str> = name.lines().collect();
            for (line, words) in lines.iter().enumerate() {
                let above = (lines.len() - line) as f64 * 14.0 - 4.0;
                body.text("muted", (middle, ABOVE - above), Anchor::Middle, words);
            }
        }
        for (i, name) in self.rows.iter().enumerate() {
            let middle = ABOVE + (i as f64 + 0.5) * CELL.1;
            body.text("", (left - 10.0, middle + 4.0), Anchor::End, name);
        }
        for cell in &self.cells {
            cell.draw(&mut body, left);
        }
        self.draw_scale(&mut body, (left, right), bottom + 18.0);
        Drawing {
            width: right + 16.0,
            height: bottom + BELOW,
            title: self.title.clone(),
            body,
        }
    }

    /// The shades from none to all.
    fn draw_scale(&self, body: &mut Svg, (left, right): (f64, f64), top: f64) {
        const STEPS: usize = 20;
        let wide = ((right - left) / 2.0).min(200.0);
        for step in 0..STEPS {
            let (colour, _) = shade((step as f64 + 0.5) / STEPS as f64);
            let x = left + wide * step as f64 / STEPS as f64;
            body.element(
                "rect",
                &[
                    ("fill", &colour),
                    ("x", &Px(x)),
                    ("y", &Px(top)),
                    // A little over, so that no seam shows.
                    ("width", &Px(wide / STEPS as f64 + 0.3)),
                    ("height", &"10"),
                ],
            );
        }
        body.text("muted", (left, top + 25.0), Anchor::Start, "0 %");
        body.text("muted", (left + wide, top + 25.0), Anchor::End, "100 %");
        body.text(
            "",
            (left + wide + 12.0, top + 9.0),
            Anchor::Start,
            &self.scale,
        );
    }
}

impl Cell {
    fn draw(&self, body: &mut Svg, left: f64) {
        let (x, y) = (
            left + self.column as f64 * CELL.0,
            ABOVE + self.rows.0 as f64 * CELL.1,
        );
        let height = (self.rows.1 - self.rows.0) as f64 * CELL.1;
        let (colour, ink) = shade(self.share);
        body.open(
            "g",
            &[
                ("class", &"cell"),
                ("role", &"img"),
                ("aria-label", &self.tip),
            ],
        );
        body.words("title", &[], &self.tip);
        body.element(
            "rect",
            &[
                ("fill", &colour),
                ("x", &Px(x + GAP / 2.0)),
                ("y", &Px(y + GAP / 2.0)),
                ("width", &Px(CELL.0 - GAP)),
                ("height", &Px(height - GAP)),
                ("rx", &"3"),
            ],
        );
        let (middle, centre) = (x + CELL.0 / 2.0, y + height / 2.0);
        body.text(ink, (middle, centre - 1.0), Anchor::Middle, &self.text.0);
        body.text(ink, (middle, centre + 13.0), Anchor::Middle, &self.text.1);
        body.close("g");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_may_span_rows() {
        let map = HeatMap {
            title: "Kept".to_owned(),
            scale: "share kept".to_owned(),
            columns: vec!["embedding".to_owned()],
            rows: vec!["encoder 1".to_owned(), "encoder 2".to_owned()],
            cells: vec![Cell {
                rows: (0, 2),
                column: 0,
                share: 0.5,
                text: ("8".to_owned(), "of 16".to_owned()),
                tip: "8 of 16".to_owned(),
            }],
        };
        let drawn = map.draw();
        assert!(
            drawn.body.as_str().contains("height=\"77\" rx"),
            "{drawn:?}"
        );
        assert!(drawn.height > 2.0 * CELL.1);
    }
}
