//! SVG elements as text.

use std::fmt::{Display, Write};

/// Text that stands for itself in XML and HTML, as content and inside of quoted attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            // XML has no way to write these.
            control if control.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A length in pixels, with no more digits than an eye can tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Px(pub(super) f64);

impl Display for Px {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hundredths = (self.0 * 100.0).round();
        // Adding zero takes the sign of a zero away.
        let text = format!("{:.2}", hundredths / 100.0 + 0.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// SVG elements, one after another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Svg {
    text: String,
}

/// Names and values of attributes; the values are escaped when they are written.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a dyn Display)];

impl Svg {
    /// Begins an element, which `close` ends.
    pub(super) fn open(&mut self, tag: &str, attributes: Attributes<'_>) {
        self.begin(tag, attributes);
        self.text.push('>');
    }

    /// Ends the element that was begun last.
    pub(super) fn close(&mut self, tag: &str) {
        // Writing to a string cannot fail.
        writeln!(self.text, "</{tag}>").ok();
    }

    /// An element without content.
    pub(super) fn element(&mut self, tag: &str, attributes: Attributes<'_>) {
        self.begin(tag, attributes);
        self.text.push_str("/>\n");
    }

    /// An element that holds words.
    pub(super) fn words(&mut self, tag: &str, attributes: Attributes<'_>, words: &str) {
        self.open(tag, attributes);
        self.text.push_str(&escape(words));
        self.close(tag);
    }

    /// A text at a place.
    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.words(
            "text",
            &[
                ("class", &class),
                ("x", &Px(x)),
                ("y", &Px(y)),
                ("text-anchor", &anchor),
            ],
            words,
        );
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.element(
            "line",
            &[
                ("class", &class),
                ("x1", &Px(x1)),
                ("y1", &Px(y1)),
                ("x2", &Px(x2)),
                ("y2", &Px(y2)),
            ],
        );
    }

    /// A line through points.
    pub(super) fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        let mut data = String::new();
        for (position, (x, y)) in points.iter().enumerate() {
            let letter = if position == 0 { 'M' } else { 'L' };
            write!(data, "{letter}{} {}", Px(*x), Px(*y)).ok();
        }
        self.element("path", &[("class", &class), ("d", &data)]);
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    fn begin(&mut self, tag: &str, attributes: Attributes<'_>) {
        write!(self.text, "<{tag}").ok();
        for (name, value) in attributes {
            write!(self.text, " {name}=\"{}\"", escape(&value.to_string())).ok();
        }
    }
}

/// About how wide a text of 12 pixels is.
pub(super) fn width(text: &str) -> f64 {
    let of = |character: char| match character {
        'i' | 'j' | 'l' | 't' | 'f' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 3.6,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 10.4,
        'A'..='Z' => 8.2,
        wide if wide as u32 >= 0x1100 => 12.0,
        _ => 6.8,
    };
    text.chars().map(of).sum()
}

/// A text that is at most about `most` pixels wide: what is too long ends in an ellipsis.
pub(super) fn shortened(text: &str, most: f64) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        if width(&short) + width("…") + 7.0 > most {
            break;
        }
        short.push(character);
    }
    short.push('…');
    short
}

/// A text in lines that are at most about `most` pixels wide each: broken between words, and in a word that is wider
/// alone. Of more than `lines` lines, the last one ends in an ellipsis.
pub(super) fn wrapped(text: &str, most: f64, lines: usize) -> Vec<String> {
    let mut done: Vec<String> = vec![String::new()];
    for word in text.split_whitespace().flat_map(|word| pieces(word, most)) {
        let Some(line) = done.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if width(line) + width(" ") + width(word) <= most {
            line.push(' ');
            line.push_str(word);
        } else {
            done.push(word.to_owned());
        }
    }
    if done.len() > lines {
        let rest = done.split_off(lines - 1).join(" ");
        done.push(shortened(&rest, most));
    }
    done
}

/// A word in pieces that are at most about `most` pixels wide each.
fn pieces(word: &str, most: f64) -> Vec<&str> {
    let (mut found, mut begin, mut wide) = (Vec::new(), 0, 0.0);
    for (place, character) in word.char_indices() {
        let more = width(character.encode_utf8(&mut [0; 4]));
        if place > begin && wide + more > most {
            found.push(&word[begin..place]);
            (begin, wide) = (place, 0.0);
        }
        wide += more;
    }
    found.push(&word[begin..]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(
            escape("</script> & 'a' \"b\"\u{1}"),
            "&lt;/script&gt; &amp; &#39;a&#39; &quot;b&quot;\u{fffd}"
        );
    }

    #[test]
    fn lengths_have_no_digits_to_spare() {
        let texts = [0.0, -0.001, 12.0, 0.125, 100.5].map(|x| Px(x).to_string());
        assert_eq!(texts, ["0", "0", "12", "0.13", "100.5"]);
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        assert_eq!(shortened("short", 100.0), "short");
        let cut = shortened("a label that is far too long for its box", 100.0);
        assert!(cut.ends_with('…') && width(&cut) <= 100.0, "{cut}");
    }

    #[test]
    fn texts_that_are_too_long_for_a_line_go_on_in_the_next() {
        assert_eq!(wrapped("", 100.0, 3), [""]);
        assert_eq!(wrapped("short", 100.0, 3), ["short"]);
        let lines = wrapped("a title that is far too long for its line", 100.0, 9);
        assert_eq!(lines.join(" "), "a title that is far too long for its line");
        assert!(
            lines.len() > 1 && lines.iter().all(|line| width(line) <= 100.0),
            "{lines:?}"
        );
        let without_spaces = wrapped(&"翻訳".repeat(20), 100.0, 9);
        assert_eq!(without_spaces.concat(), "翻訳".repeat(20));
        assert!(without_spaces.iter().all(|line| width(line) <= 100.0));
        let cut = wrapped(&"word ".repeat(90), 100.0, 2);
        assert_eq!(cut.len(), 2);
        assert!(cut[1].ends_with('…'), "{cut:?}");
    }
}
