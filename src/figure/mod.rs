//! Pictures of numbers: scatter plots with a Pareto front, curves, heat maps and graphs, as SVG and PNG.
//!
//! A kind of picture is a struct of plain values and a method `draw`, which gives a [`Drawing`]. `scale` maps values to
//! places, `frame` draws axes, `legend` says what marks mean, `ink` has the colours, `svg` writes elements. Nothing here
//! knows what is drawn, and the same values give the same bytes.

mod curves;
mod drawing;
mod frame;
mod heat_map;
mod ink;
mod legend;
mod network;
#[cfg(feature = "png")]
mod png;
mod scale;
mod scatter;
mod svg;

pub use curves::{Curves, Line, Panel, Stroke};
pub use drawing::Drawing;
pub use heat_map::{Cell, HeatMap};
pub use ink::{SERIES, style};
pub use network::{Network, Vertex};
#[cfg(feature = "png")]
pub use png::{Png, PngError, png};
pub use scale::Spacing;
pub use scatter::{Axis, Better, Point, Scatter, front};
pub use svg::escape;
