//! A finished picture.

use super::ink::paper_style;
use super::svg::{Anchor, Px, Svg, escape, wrapped};

/// A finished picture: elements on an area of a size.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    /// What it shows, in a line.
    pub(super) title: String,
    pub(super) body: Svg,
}

/// Height of the first line that the title stands in, of each further one, and how many there are at most.
const HEADING: f64 = 34.0;
const LINE: f64 = 21.0;
const LINES: usize = 6;
/// How wide the title is beside the text that [`wrapped`] knows: 16 pixels to 12.
const LARGER: f64 = 16.0 / 12.0;
/// What stays free to the left and to the right of it.
const SIDE: f64 = 16.0;
/// The most that a picture grows in a page.
const MOST: f64 = 1.2;

impl Drawing {
    /// The picture as an SVG file: its title on top, in colours for white paper.
    pub fn document(&self) -> String {
        let lines = wrapped(&self.title, (self.width - 2.0 * SIDE) / LARGER, LINES);
        let heading = HEADING + LINE * lines.len().saturating_sub(1) as f64;
        let (width, height) = (self.width, self.height + heading);
        let mut title = Svg::default();
        for (position, line) in lines.iter().enumerate() {
            let place = (SIDE, 25.0 + LINE * position as f64);
            title.text("heading", place, Anchor::Start, line);
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"figure\" width=\"{w}\" height=\"{h}\" \
             viewBox=\"0 0 {w} {h}\" role=\"img\" aria-label=\"{title}\">\n<style>\n{style}</style>\n\
             <rect class=\"paper\" width=\"{w}\" height=\"{h}\"/>\n{shown}\
             <g transform=\"translate(0 {heading})\">\n{body}</g>\n</svg>\n",
            w = Px(width),
            h = Px(height),
            title = escape(&self.title),
            style = paper_style(),
            shown = title.as_str(),
            body = self.body.as_str(),
        )
    }

    /// The picture as an element of a page that has [`style`](super::style) among its rules, without its title. It
    /// shrinks with the page, to `least` of its size at most.
    pub fn inline(&self, least: f64) -> String {
        let (width, height) = (self.width, self.height);
        format!(
            "<svg class=\"figure\" style=\"width:100%;max-width:{most}px;min-width:{least}px\" \
             viewBox=\"0 0 {w} {h}\" role=\"group\" aria-label=\"{title}\">\n{body}</svg>\n",
            most = Px(width * MOST),
            least = Px(width * least),
            w = Px(width),
            h = Px(height),
            title = escape(&self.title),
            body = self.body.as_str(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(title: &str) -> String {
        let drawing = Drawing {
            width: 300.0,
            height: 100.0,
            title: title.to_owned(),
            body: Svg::default(),
        };
        drawing.document()
    }

    #[test]
    fn a_long_title_takes_more_lines_and_pushes_the_picture_down() {
        let short = document("short");
        assert!(short.contains("height=\"134\"") && short.contains("translate(0 34)"));
        let long = document("what is left of the groups of a model with a name that is long");
        assert_eq!(long.matches("class=\"heading\"").count(), 2, "{long}");
        assert!(long.contains("height=\"155\"") && long.contains("translate(0 55)"));
        assert!(long.contains("long</text>"), "the end of it is there");
    }
}
