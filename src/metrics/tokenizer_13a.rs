//! The 13a tokenizer: how BLEU sees a line (SPEC §16.2).

use crate::white_space::collapse;

/// What stands for a character in text that came through a markup language; decoded in this order.
const ENTITIES: [(&str, &str); 4] = [
    ("&quot;", "\""),
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
];

/// Splits punctuation from words; returns the tokens with one blank between them.
///
/// ASCII punctuation stands alone, except that an apostrophe stays in its word, a hyphen too unless it follows a
/// digit, and a full stop or comma stays between two digits.
pub fn tokenize(line: &str) -> String {
    let text = split_symbols(&plain(line));
    let text = split_pairs(&text, ["", " "], |before, mark| {
        !before.is_ascii_digit() && is_stop(mark)
    });
    let text = split_pairs(&text, [" ", ""], |mark, after| {
        is_stop(mark) && !after.is_ascii_digit()
    });
    let text = split_pairs(&text, ["", " "], |before, mark| {
        before.is_ascii_digit() && mark == '-'
    });
    collapse(&text)
}

/// `line` without markup, and with a blank at each end.
fn plain(line: &str) -> String {
    let mut text = format!(" {line} ")
        .replace("<skipped>", "")
        .replace("-\n", "")
        .replace('\n', " ");
    if text.contains('&') {
        for (entity, character) in ENTITIES {
            text = text.replace(entity, character);
        }
    }
    text
}

/// Puts blanks around every ASCII symbol that never belongs to a word.
fn split_symbols(text: &str) -> String {
    let mut split = String::with_capacity(2 * text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '\'' | ',' | '-' | '.') {
            split.extend([' ', c, ' ']);
        } else {
            split.push(c);
        }
    }
    split
}

/// Puts a blank between two neighbours that `apart` accepts, and `around` before and after them. Pairs do not
/// overlap: the search goes on behind an accepted one.
fn split_pairs(text: &str, around: [&str; 2], apart: impl Fn(char, char) -> bool) -> String {
    let mut split = String::with_capacity(2 * text.len());
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        if let Some(second) = chars.next_if(|second| apart(first, *second)) {
            split.push_str(around[0]);
            split.extend([first, ' ', second]);
            split.push_str(around[1]);
        } else {
            split.push(first);
        }
    }
    split
}

fn is_stop(c: char) -> bool {
    matches!(c, '.' | ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_marks_and_words_do_not() {
        assert_eq!(
            tokenize("Es kostet 1,000.50, oder? (ca. 3-4)"),
            "Es kostet 1,000.50 , oder ? ( ca . 3 - 4 )"
        );
    }

    #[test]
    fn a_mark_taken_by_one_pair_does_not_begin_the_next() {
        assert_eq!(tokenize("a,.5"), "a , .5");
    }

    #[test]
    fn entities_are_decoded_once_and_in_order() {
        assert_eq!(tokenize("&amp;lt; &quot;x&quot;"), "< \" x \"");
    }
}
