//! A finished picture.

use super::ink::paper_style;
use super::svg::{Anchor, Px, Svg, escape};

/// A finished picture: elements on an area of a size.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    /// What it shows, in a line.
    pub(super) title: String,
    pub(super) body: Svg,
}

/// Height of the line that the title stands in.
const HEADING: f64 = 34.0;
/// The most that a picture grows in a page.
const MOST: f64 = 1.2;

impl Drawing {
    /// The picture as an SVG file: its title on top, in colours for white paper.
    pub fn document(&self) -> String {
        let (width, height) = (self.width, self.height + HEADING);
        let mut heading = Svg::default();
        heading.text("heading", (16.0, 25.0), Anchor::Start, &self.title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"figure\" width=\"{w}\" height=\"{h}\" \
             viewBox=\"0 0 {w} {h}\" role=\"img\" aria-label=\"{title}\">\n<style>\n{style}</style>\n\
             <rect class=\"paper\" width=\"{w}\" height=\"{h}\"/>\n{heading}\
             <g transform=\"translate(0 {HEADING})\">\n{body}</g>\n</svg>\n",
            w = Px(width),
            h = Px(height),
            title = escape(&self.title),
            style = paper_style(),
            heading = heading.as_str(),
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
