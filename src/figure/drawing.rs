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
    /// shrinks with the page; `fixed` keeps its size.
    pub fn inline(&self, fixed: bool) -> String {
        let size = if fixed {
            format!(
                " width=\"{}\" height=\"{}\"",
                Px(self.width),
                Px(self.height)
            )
        } else {
            String::new()
        };
        format!(
            "<svg class=\"figure\"{size} viewBox=\"0 0 {} {}\" role=\"group\" aria-label=\"{}\">\n{}</svg>\n",
            Px(self.width),
            Px(self.height),
            escape(&self.title),
            self.body.as_str(),
        )
    }

    /// What it shows, in a line.
    pub fn title(&self) -> &str {
        &self.title
    }
}
