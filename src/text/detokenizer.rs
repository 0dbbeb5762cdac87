//! Moses tokens back to plain text, as sacreMoses does it (SPEC §16.1).

use crate::white_space::{collapse, words};
use std::collections::HashSet;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The rules that text is put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// Apostrophes belong to the word before them: `it 's`, `dogs ' bones`.
    English,
    /// Apostrophes are quotation marks.
    Other,
}

impl Rules {
    /// The rules for a language, given by its two-letter code.
    pub fn of_language(code: &str) -> Self {
        match code {
            "en" => Self::English,
            _ => Self::Other,
        }
    }
}

/// How the Moses tokenizer escapes characters; decoded in this order.
const ENTITIES: [(&str, &str); 11] = [
    ("&bar;", "|"),
    ("&#124;", "|"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&bra;", "["),
    ("&ket;", "]"),
    ("&quot;", "\""),
    ("&apos;", "'"),
    ("&#91;", "["),
    ("&#93;", "]"),
    ("&amp;", "&"),
];

/// First and last characters of the blocks whose characters are written without blanks between them.
const CJK: [(char, char); 11] = [
    ('\u{1100}', '\u{11ff}'),
    ('\u{2e80}', '\u{a4cf}'),
    ('\u{a840}', '\u{a87f}'),
    ('\u{ac00}', '\u{d7af}'),
    ('\u{f900}', '\u{faff}'),
    ('\u{fe30}', '\u{fe4f}'),
    ('\u{ff65}', '\u{ffdc}'),
    ('\u{17000}', '\u{18aff}'),
    ('\u{1b000}', '\u{1b12f}'),
    ('\u{1b170}', '\u{1b2ff}'),
    ('\u{20000}', '\u{2ffff}'),
];

/// Puts the tokens of `line` together: unescaped, with punctuation and quotation marks where they belong.
pub fn detokenize(line: &str, rules: Rules) -> String {
    let mut text = collapse(line).replace(" @-@ ", "-");
    for (entity, character) in ENTITIES {
        text = text.replace(entity, character);
    }
    let mut output = Output {
        text: String::with_capacity(text.len()),
        blank: true,
    };
    let mut quotes = Quotes::default();
    let mut previous = None;
    for token in words(&text) {
        let place = place(token, previous, rules, &mut quotes);
        output.put(token, place);
        previous = Some(token);
    }
    collapse(&output.text)
}

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between blanks.
    Apart,
    /// At the token before.
    Left,
    /// At the token after.
    Right,
}

/// The text so far, and whether a blank belongs behind it.
struct Output {
    text: String,
    blank: bool,
}

impl Output {
    fn put(&mut self, token: &str, place: Place) {
        if self.blank && place != Place::Left {
            self.text.push(' ');
        }
        self.text.push_str(token);
        self.blank = place != Place::Right;
    }
}

/// Where `token` stands behind `previous`.
fn place<'a>(
    token: &'a str,
    previous: Option<&str>,
    rules: Rules,
    quotes: &mut Quotes<'a>,
) -> Place {
    let english = rules == Rules::English;
    let previous_ends = |is: fn(char) -> bool| previous.is_some_and(|token| token.ends_with(is));
    if token.starts_with(is_cjk) {
        if previous_ends(is_cjk) {
            Place::Left
        } else {
            Place::Apart
        }
    } else if token.chars().all(opens) {
        Place::Right
    } else if token.chars().all(closes) || (english && previous.is_some() && is_clitic(token)) {
        Place::Left
    } else if token.chars().all(quotes_something) {
        let possessive = english && token == "'" && previous_ends(|c| c == 's');
        quotes.place(token, possessive)
    } else {
        Place::Apart
    }
}

/// The kinds of quotation marks that are open.
#[derive(Default)]
struct Quotes<'a> {
    open: HashSet<&'a str>,
}

impl<'a> Quotes<'a> {
    /// Opens or closes a quotation; a mark that could be `possessive` only does so where it closes one.
    fn place(&mut self, token: &'a str, possessive: bool) -> Place {
        let typographic = token.chars().all(|c| matches!(c, '„' | '“'));
        let kind = if typographic { "\"" } else { token };
        if self.open.remove(kind) || possessive {
            Place::Left
        } else {
            self.open.insert(kind);
            Place::Right
        }
    }
}

fn is_cjk(c: char) -> bool {
    CJK.iter()
        .any(|(first, last)| (*first..=*last).contains(&c))
}

fn opens(c: char) -> bool {
    matches!(c, '(' | '[' | '{' | '¿' | '¡')
        || c.general_category() == GeneralCategory::CurrencySymbol
}

fn closes(c: char) -> bool {
    ",.?!:;\\%}])".contains(c)
}

fn quotes_something(c: char) -> bool {
    matches!(c, '\'' | '"' | '„' | '“' | '`')
}

/// Whether `token` is an apostrophe and letters, as in `'s`.
fn is_clitic(token: &str) -> bool {
    token
        .strip_prefix('\'')
        .is_some_and(|rest| rest.starts_with(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_english_knows_possessives_and_clitics() {
        let line = "the dogs &apos; bones and it &apos;s";
        assert_eq!(detokenize(line, Rules::English), "the dogs' bones and it's");
        assert_eq!(
            detokenize(line, Rules::of_language("de")),
            "the dogs 'bones and it 's"
        );
    }

    #[test]
    fn split_hyphens_are_joined() {
        assert_eq!(detokenize("well @-@ known", Rules::English), "well-known");
    }

    #[test]
    fn a_straight_mark_closes_what_a_typographic_one_opened() {
        assert_eq!(detokenize("„ ja &quot; , so", Rules::Other), "„ja\", so");
    }

    #[test]
    fn quotations_of_different_kinds_nest() {
        assert_eq!(
            detokenize(
                "&quot; er sagt &apos; ja &apos; . &quot; ( so )",
                Rules::Other
            ),
            "\"er sagt 'ja'.\" (so)"
        );
    }
}
