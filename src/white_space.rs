//! White space as the original text programs understand it.
//!
//! They are written in Python, whose `str.split()` also splits at the four ASCII separators U+001C to U+001F,
//! which Unicode's White_Space property leaves out.

/// Whether `c` separates words.
pub(crate) fn is_white_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The words of `line`: its longest runs without white space.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(is_white_space).filter(|word| !word.is_empty())
}

/// `line` with one blank between its words, and none at its ends.
pub(crate) fn collapse(line: &str) -> String {
    let mut collapsed = String::with_capacity(line.len());
    for word in words(line) {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_unicode_blanks_split_words() {
        let line = " a\u{1f}b\u{a0}c\u{85}d\u{2028}e\t ";
        assert_eq!(words(line).collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
        assert_eq!(collapse(line), "a b c d e");
        assert_eq!(collapse(" \t "), "");
    }

    #[test]
    fn other_control_characters_and_zero_width_spaces_belong_to_words() {
        assert_eq!(words("a\u{1}b c\u{200b}d").count(), 2);
    }
}
