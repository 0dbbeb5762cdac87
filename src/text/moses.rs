//! The Moses tokenizer: a line of text to tokens separated by blanks, special characters escaped (SPEC §19.1).
//!
//! The original is a sequence of substitutions over the whole line, and its oddities come from how these pass
//! over each other's results. It is therefore kept as a sequence here: most steps are a `Rule`, a pattern of a
//! few characters and the places that get a blank.

use super::nonbreaking::Prefixes;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The tokenizer of one language.
#[derive(Debug)]
pub struct Moses {
    apostrophes: &'static [Rule],
    prefixes: Prefixes,
}

impl Moses {
    /// The tokenizer for a two-letter language code.
    ///
    /// German and English have lists of abbreviations; elsewhere every word-final full stop is split off.
    pub fn new(language: &str) -> Self {
        Self {
            apostrophes: match language {
                "en" => ENGLISH_APOSTROPHES,
                _ => OTHER_APOSTROPHES,
            },
            prefixes: Prefixes::of(language),
        }
    }

    /// The tokens of a line, separated by one blank each; a line of white space only is returned as it is.
    pub fn tokenize(&self, line: &str) -> String {
        if line.chars().all(char::is_whitespace) {
            return line.to_owned();
        }
        let text = split_dot_runs(Rule::apply_all(SYMBOLS, normalized(line)));
        let text = split_final_comma(Rule::apply_all(COMMAS, text));
        let text: String = Rule::apply_all(self.apostrophes, text)
            .into_iter()
            .collect();
        escape(&split_final_quote(self.split_full_stops(&text)))
    }

    /// Step 6: splits the full stop off the words that do not keep it.
    fn split_full_stops(&self, text: &str) -> String {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut tokens = Vec::with_capacity(words.len() + 1);
        for (position, word) in words.iter().enumerate() {
            match word.strip_suffix('.') {
                Some(stem) if self.is_split(stem, words.get(position + 1).copied()) => {
                    tokens.extend([stem, "."]);
                }
                _ => tokens.push(word),
            }
        }
        tokens.join(" ")
    }

    fn is_split(&self, stem: &str, next: Option<&str>) -> bool {
        // What is left of a run of dots, which stays together, or of a full stop that stands alone.
        if stem.chars().all(|c| c == '.') {
            return false;
        }
        let Some(next) = next else { return true };
        let dotted_abbreviation = stem.contains('.') && stem.contains(char::is_alphabetic);
        let sentence_goes_on = next.starts_with(char::is_lowercase);
        let numbered =
            self.prefixes.before_numbers(stem) && next.starts_with(|c: char| c.is_ascii_digit());
        !(dotted_abbreviation || sentence_goes_on || numbered || self.prefixes.always(stem))
    }
}

type Class = fn(char) -> bool;

/// Puts blanks into every match of a pattern. Matches are found from left to right and do not overlap.
#[derive(Debug)]
struct Rule {
    /// A character without which nothing matches, if there is one.
    mark: Option<char>,
    /// One class per character of the pattern.
    pattern: &'static [Class],
    /// Indices of the pattern's characters that get a blank before them; its length stands for the end.
    blanks_before: &'static [usize],
}

/// Step 2: everything that is not part of a word or handled by a later step stands alone.
const SYMBOLS: &[Rule] = &[Rule {
    mark: None,
    pattern: &[is_symbol],
    blanks_before: &[0, 1],
}];

/// Step 4, but for a comma at the end of the line.
const COMMAS: &[Rule] = &[
    Rule {
        mark: Some(','),
        pattern: &[is_not_number, is_comma],
        blanks_before: &[1, 2],
    },
    Rule {
        mark: Some(','),
        pattern: &[is_comma, is_not_number],
        blanks_before: &[0, 1],
    },
];

/// Step 5 in English.
const ENGLISH_APOSTROPHES: &[Rule] = &[
    Rule {
        mark: Some('\''),
        pattern: &[is_not_letter, is_apostrophe, is_not_letter],
        blanks_before: &[1, 2],
    },
    Rule {
        mark: Some('\''),
        pattern: &[
            is_neither_letter_nor_number,
            is_apostrophe,
            char::is_alphabetic,
        ],
        blanks_before: &[1, 2],
    },
    Rule {
        mark: Some('\''),
        pattern: &[char::is_alphabetic, is_apostrophe, is_not_letter],
        blanks_before: &[1, 2],
    },
    Rule {
        mark: Some('\''),
        pattern: &[char::is_alphabetic, is_apostrophe, char::is_alphabetic],
        blanks_before: &[1],
    },
    Rule {
        mark: Some('\''),
        pattern: &[char::is_numeric, is_apostrophe, is_small_s],
        blanks_before: &[1],
    },
];

/// Step 5 in all other languages.
const OTHER_APOSTROPHES: &[Rule] = &[Rule {
    mark: Some('\''),
    pattern: &[is_apostrophe],
    blanks_before: &[0, 1],
}];

impl Rule {
    fn apply_all(rules: &[Self], text: Vec<char>) -> Vec<char> {
        rules.iter().fold(text, |text, rule| match rule.mark {
            Some(mark) if !text.contains(&mark) => text,
            _ => rule.apply(&text),
        })
    }

    fn apply(&self, text: &[char]) -> Vec<char> {
        let mut out = Vec::with_capacity(text.len() + text.len() / 4);
        let mut rest = text;
        while let Some((&first, tail)) = rest.split_first() {
            if self.matches(rest) {
                let (matched, after) = rest.split_at(self.pattern.len());
                self.write(matched, &mut out);
                rest = after;
            } else {
                out.push(first);
                rest = tail;
            }
        }
        out
    }

    fn matches(&self, text: &[char]) -> bool {
        text.len() >= self.pattern.len()
            && self.pattern.iter().zip(text).all(|(class, &c)| class(c))
    }

    fn write(&self, matched: &[char], out: &mut Vec<char>) {
        for (index, &c) in matched.iter().enumerate() {
            if self.blanks_before.contains(&index) {
                out.push(' ');
            }
            out.push(c);
        }
        if self.blanks_before.contains(&matched.len()) {
            out.push(' ');
        }
    }
}

fn is_symbol(c: char) -> bool {
    !(is_alphanumeric(c) || c.is_whitespace() || matches!(c, '.' | '\'' | '`' | ',' | '-'))
}

/// Unlike `char::is_alphanumeric`, only decimal digits: `²` and `½` are symbols.
fn is_alphanumeric(c: char) -> bool {
    c.is_alphabetic()
        || c.is_ascii_digit()
        || (!c.is_ascii() && c.general_category() == GeneralCategory::DecimalNumber)
}

fn is_not_number(c: char) -> bool {
    !c.is_numeric()
}

fn is_not_letter(c: char) -> bool {
    !c.is_alphabetic()
}

fn is_neither_letter_nor_number(c: char) -> bool {
    is_not_letter(c) && is_not_number(c)
}

fn is_comma(c: char) -> bool {
    c == ','
}

fn is_apostrophe(c: char) -> bool {
    c == '\''
}

fn is_small_s(c: char) -> bool {
    c == 's'
}

/// Step 1: single blanks, no control characters, nothing at the ends.
fn normalized(line: &str) -> Vec<char> {
    let mut text = Vec::with_capacity(line.len());
    let mut after_blank = false;
    for c in line.chars() {
        if c.is_whitespace() {
            after_blank = true;
        } else if c >= ' ' {
            if after_blank && !text.is_empty() {
                text.push(' ');
            }
            after_blank = false;
            text.push(c);
        }
    }
    text
}

/// Step 3: a run of dots is one token.
fn split_dot_runs(text: Vec<char>) -> Vec<char> {
    if !text.windows(2).any(|pair| pair == ['.', '.']) {
        return text;
    }
    let mut out = Vec::with_capacity(text.len() + 2);
    for run in text.chunk_by(|&a, &b| a == '.' && b == '.') {
        let is_dots = run.len() > 1;
        out.extend(is_dots.then_some(' '));
        out.extend_from_slice(run);
        out.extend(is_dots.then_some(' '));
    }
    out
}

/// Step 4: a comma after a number at the end of the line.
fn split_final_comma(mut text: Vec<char>) -> Vec<char> {
    if let [.., before, ','] = text[..]
        && before.is_numeric()
    {
        text.insert(text.len() - 1, ' ');
    }
    text
}

/// Step 7: a full stop in a quotation that ends the line. The blank at the end is the original's.
fn split_final_quote(mut text: String) -> String {
    if text.ends_with(".'") {
        text.truncate(text.len() - 2);
        text.push_str(" . ' ");
    }
    text
}

/// Step 8: the characters that have a meaning to the Moses decoder.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '|' => out.push_str("&#124;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&apos;"),
            '"' => out.push_str("&quot;"),
            '[' => out.push_str("&#91;"),
            ']' => out.push_str("&#93;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_of_a_rule_do_not_overlap() {
        // The second of three commas is consumed by the first match, so the third stays at its number.
        assert_eq!(Moses::new("en").tokenize("5,,,6"), "5 , , ,6");
        assert_eq!(Moses::new("en").tokenize("x'y'z"), "x &apos;y&apos;z");
    }

    #[test]
    fn an_abbreviation_keeps_its_full_stop_before_a_number_only() {
        let english = Moses::new("en");
        assert_eq!(english.tokenize("No. 5 is alive"), "No. 5 is alive");
        assert_eq!(english.tokenize("No. It is not."), "No . It is not .");
    }

    #[test]
    fn a_language_without_rules_of_its_own_splits_every_apostrophe_and_full_stop() {
        assert_eq!(Moses::new("nl").tokenize("Dr. Jan's"), "Dr . Jan &apos; s");
    }

    #[test]
    fn a_superscript_is_a_symbol_and_a_foreign_digit_is_not() {
        assert_eq!(Moses::new("de").tokenize("x² ١٢"), "x ² ١٢");
    }
}
