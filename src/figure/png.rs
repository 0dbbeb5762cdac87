//! Pictures as PNG, the same on every machine: the font comes with srp.

use super::Drawing;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Options, Tree};

/// A picture that cannot be turned into PNG.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The picture is not understood.
    #[error("cannot read the picture")]
    Svg(#[from] usvg::Error),
    /// The picture is too large, or has no area.
    #[error("a picture of {width} by {height} pixels cannot be drawn")]
    Size {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// The bytes cannot be made.
    #[error("cannot write the picture as PNG: {0}")]
    Encoding(String),
}

/// The bytes of a PNG file of a drawing with its title, `scale` dots for each of its pixels.
///
/// # Errors
/// If the picture is too large.
pub fn png(drawing: &Drawing, scale: f32) -> Result<Vec<u8>, PngError> {
    let mut options = Options {
        font_family: FONT.to_owned(),
        ..Options::default()
    };
    let fonts = options.fontdb_mut();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    fonts.set_sans_serif_family(FONT);
    let tree = Tree::from_str(&drawing.document(), &options)?;
    let size = tree.size();
    let [width, height] = [size.width(), size.height()].map(|side| (side * scale).ceil() as u32);
    let mut pixels = Pixmap::new(width, height).ok_or(PngError::Size { width, height })?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixels.as_mut(),
    );
    pixels
        .encode_png()
        .map_err(|error| PngError::Encoding(error.to_string()))
}

/// The family of the font that comes with srp.
const FONT: &str = "Ubuntu";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::svg::Svg;

    fn drawing(title: &str) -> Drawing {
        Drawing {
            width: 60.0,
            height: 10.0,
            title: title.to_owned(),
            body: Svg::default(),
        }
    }

    #[test]
    fn text_is_drawn_where_no_font_is_installed() {
        let [none, some, other] =
            ["", "some", "other"].map(|title| png(&drawing(title), 1.0).unwrap());
        assert!(none != some && some != other);
    }

    #[test]
    fn a_picture_without_area_is_no_picture() {
        assert!(png(&drawing("none"), 0.0).is_err());
    }
}
