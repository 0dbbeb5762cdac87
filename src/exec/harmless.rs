//! Text of others, as a terminal may see it.

use std::borrow::Cow;

/// The text with what would steer a terminal made visible, as `cat -v` does: an escape is `^[`. Line feeds and tabs stay.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            c if !steers(c) => shown.push(c),
            '\x7f' => shown += "^?",
            // The controls beyond ASCII.
            '\u{80}'.. => shown.extend(c.escape_unicode()),
            c => shown.extend(['^', char::from(c as u8 + b'@')]),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_seen_and_nothing_else_is_touched() {
        let plain = "Käse\t\u{1f9c0}\n";
        assert!(matches!(harmless(plain), Cow::Borrowed(text) if text == plain));
        for (text, shown) in [
            ("\x1b[2Jgone", "^[[2Jgone"),
            ("1%\r2%\r\nend", "1%^M2%\nend"),
            ("\0\x07\x7f", "^@^G^?"),
            ("\u{9b}2J", "\\u{9b}2J"),
        ] {
            assert_eq!(harmless(text), shown);
        }
    }
}
