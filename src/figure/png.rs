//! Pictures as PNG, the same on every machine: the font comes with srp. Only characters that it does not have are
//! written in a font of the system.

use super::Drawing;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, FaceInfo, Style, Weight};
use resvg::usvg::{self, FontResolver, Options, Tree};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Once, PoisonError};

/// A picture as PNG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Png {
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// Characters that neither the font of srp nor one of the system has: a `?` stands in their places.
    pub missing: String,
}

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

/// A drawing with its title as PNG, `scale` dots for each of its pixels.
///
/// # Errors
/// If the picture is too large.
pub fn png(drawing: &Drawing, scale: f32) -> Result<Png, PngError> {
    rendered(drawing, scale, &Database::load_system_fonts)
}

/// The same with other fonts than those that `load` finds.
fn rendered(
    drawing: &Drawing,
    scale: f32,
    load: &(dyn Fn(&mut Database) + Sync),
) -> Result<Png, PngError> {
    let mut missing = BTreeSet::new();
    // Nobody looks after the rest of a text once a character is missing.
    let tree = loop {
        let known = |character| match missing.contains(&character) {
            true => '?',
            false => character,
        };
        let document: String = drawing.document().chars().map(known).collect();
        let found = Mutex::new(BTreeSet::new());
        let tree = tree(&document, load, &found)?;
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        if found.is_subset(&missing) {
            break tree;
        }
        missing.extend(found);
    };
    let size = tree.size();
    let [width, height] = [size.width(), size.height()].map(|side| (side * scale).ceil() as u32);
    let mut pixels = Pixmap::new(width, height).ok_or(PngError::Size { width, height })?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixels.as_mut(),
    );
    let bytes = pixels.encode_png();
    Ok(Png {
        bytes: bytes.map_err(|error| PngError::Encoding(error.to_string()))?,
        missing: missing.into_iter().collect(),
    })
}

/// The picture with every text laid out; the first character of a text that no font has goes to `missing`.
fn tree(
    document: &str,
    load: &(dyn Fn(&mut Database) + Sync),
    missing: &Mutex<BTreeSet<char>>,
) -> Result<Tree, PngError> {
    let (loaded, by_character) = (Once::new(), FontResolver::default_fallback_selector());
    let fallback = move |character, used: &[_], fonts: &mut Arc<Database>| {
        loaded.call_once(|| {
            let fonts = Arc::make_mut(fonts);
            for face in plainest_first(load) {
                fonts.push_face_info(face);
            }
        });
        let found = by_character(character, used, fonts);
        if found.is_none() {
            let mut missing = missing.lock().unwrap_or_else(PoisonError::into_inner);
            missing.insert(character);
        }
        found
    };
    let mut options = Options {
        font_family: FONT.to_owned(),
        font_resolver: FontResolver {
            select_fallback: Box::new(fallback),
            ..FontResolver::default()
        },
        ..Options::default()
    };
    let fonts = options.fontdb_mut();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    fonts.set_sans_serif_family(FONT);
    Ok(Tree::from_str(document, &options)?)
}

/// The fonts that `load` finds, upright ones of normal weight first: the first that has a character writes it.
fn plainest_first(load: &(dyn Fn(&mut Database) + Sync)) -> Vec<FaceInfo> {
    let mut found = Database::new();
    load(&mut found);
    let mut faces: Vec<FaceInfo> = found.faces().cloned().collect();
    faces.sort_by_cached_key(|face| {
        let weight = face.weight.0.abs_diff(Weight::NORMAL.0);
        (
            face.style != Style::Normal,
            weight,
            face.post_script_name.clone(),
        )
    });
    faces
}

/// The family of the font that comes with srp.
const FONT: &str = "Ubuntu";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::svg::Svg;

    fn drawing(title: &str) -> Drawing {
        Drawing {
            width: 600.0,
            height: 10.0,
            title: title.to_owned(),
            body: Svg::default(),
        }
    }

    #[test]
    fn text_is_drawn_where_no_font_is_installed() {
        let drawn = |title| rendered(&drawing(title), 1.0, &|_| {}).unwrap();
        let [none, some, other] = ["", "some", "other"].map(drawn);
        assert!(none.bytes != some.bytes && some.bytes != other.bytes);
        assert_eq!(other.missing, "");
    }

    #[test]
    fn characters_that_no_font_has_are_told() {
        let drawn = rendered(&drawing("翻訳"), 1.0, &|_| {}).unwrap();
        assert_eq!(drawn.missing, "翻訳");
    }

    #[test]
    fn a_character_that_no_font_has_leaves_the_others_alone() {
        let load = |fonts: &mut Database| {
            fonts.load_font_data(epaint_default_fonts::HACK_REGULAR.to_vec());
        };
        let drawn = |title| rendered(&drawing(title), 1.0, &load).unwrap();
        assert_eq!(drawn("翻⇒訳 ok").missing, "翻訳");
    }

    #[test]
    fn fonts_of_the_system_are_looked_at_only_where_that_of_srp_is_not_enough() {
        let looked = Mutex::new(0);
        let load = |fonts: &mut Database| {
            *looked.lock().unwrap() += 1;
            fonts.load_font_data(epaint_default_fonts::HACK_REGULAR.to_vec());
        };
        let plain = rendered(&drawing("plain"), 1.0, &load).unwrap();
        assert_eq!((*looked.lock().unwrap(), plain.missing.as_str()), (0, ""));
        let other = rendered(&drawing("■ and ⇒"), 1.0, &load).unwrap();
        assert_eq!((*looked.lock().unwrap(), other.missing.as_str()), (1, ""));
    }

    #[test]
    fn a_picture_without_area_is_no_picture() {
        assert!(png(&drawing("none"), 0.0).is_err());
    }
}
