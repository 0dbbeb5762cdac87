//! The words and signs of a filter.

use super::quantity::Quantity;

/// Words of SQL that are no names.
#[rustfmt::skip]
pub(super) const KEYWORDS: [&str; 20] = [
    "and", "or", "not", "in", "is", "null", "true", "false", "between", "like", "ilike", "rlike", "regexp", "case",
    "when", "then", "else", "end", "cast", "as",
];

/// Signs between two values.
const COMPARISONS: [&str; 7] = ["=", "<", ">", "<=", ">=", "<>", "!="];

/// Words between a value and its pattern.
pub(super) const PATTERNS: [&str; 4] = ["like", "ilike", "rlike", "regexp"];

/// A word or a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a word without quotes.
    Bare(String),
    /// In double quotes or backticks.
    Double(String),
    /// In single quotes.
    Single(String),
    /// With its unit: as it is typed, and what it is.
    Number(String, Quantity),
    Sign(String),
}

/// Whether a word is one of these, in any letters.
pub(super) fn is(word: &str, these: &[&str]) -> bool {
    these.iter().any(|one| one.eq_ignore_ascii_case(word))
}

pub(super) fn is_sign(token: Option<&Token>, sign: &str) -> bool {
    matches!(token, Some(Token::Sign(found)) if found == sign)
}

pub(super) fn is_comparison(token: &Token) -> bool {
    match token {
        Token::Sign(sign) => COMPARISONS.contains(&sign.as_str()),
        Token::Bare(word) => is(word, &PATTERNS) || is(word, &["between"]),
        _ => false,
    }
}

/// Whether some tokens end inside of parentheses.
pub(super) fn is_inside(tokens: &[Token]) -> bool {
    let count = |sign| {
        tokens
            .iter()
            .filter(|token| is_sign(Some(token), sign))
            .count()
    };
    count("(") > count(")")
}

/// Whether a token is a sign that computes.
pub(super) fn is_arithmetic(token: Option<&Token>) -> bool {
    const SIGNS: [&str; 5] = ["+", "-", "*", "/", "%"];
    matches!(token, Some(Token::Sign(sign)) if SIGNS.contains(&sign.as_str()))
}

/// Whether a comparison asks for the very value: is equal, is not, is one of a list.
pub(super) fn is_equality(tokens: &[Token]) -> bool {
    match tokens {
        [.., Token::Sign(sign)] if sign == "(" || sign == "," => before_list(tokens).is_some(),
        [.., Token::Sign(sign)] => matches!(sign.as_str(), "=" | "<>" | "!="),
        _ => false,
    }
}

/// What stands before the `in` of the list that these tokens end in; nothing if they end in no list, or in one of the
/// arguments of a function.
pub(super) fn before_list(tokens: &[Token]) -> Option<&[Token]> {
    let mut closed = 0;
    let opening = tokens.iter().rposition(|token| {
        match token {
            Token::Sign(sign) if sign == ")" => closed += 1,
            Token::Sign(sign) if sign == "(" && closed == 0 => return true,
            Token::Sign(sign) if sign == "(" => closed -= 1,
            _ => {}
        }
        false
    })?;
    match &tokens[..opening] {
        [before @ .., Token::Bare(word)] if is(word, &["in"]) => Some(before),
        _ => None,
    }
}

/// Whether a comparison or a parenthesis can begin so, and no word.
pub(super) fn is_of_sign(char: char) -> bool {
    matches!(char, '=' | '<' | '>' | '!' | '(' | ')' | ',' | '&' | '|')
}

/// All up to a blank, a comma or a parenthesis, where a column of words wants a word; a number if it is one, which is
/// going to be refused.
pub(super) fn whole_word(rest: &str) -> (Token, usize) {
    let ends = |char: char| char.is_whitespace() || matches!(char, ',' | '(' | ')');
    let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
    let joined = ["&&", "||"].iter().filter_map(|sign| word.find(sign));
    let word = joined.min().map_or(word, |end| &word[..end]);
    let numeric = word.starts_with(|char: char| char.is_ascii_digit() || "+-.".contains(char));
    let token = match numeric && word.parse::<f64>().is_ok() {
        true => Token::Number(word.to_owned(), Quantity::Bare(word.to_owned())),
        false => Token::Bare(word.to_owned()),
    };
    (token, word.len())
}

pub(super) fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || char == '.'
}

/// What stands between quotes; a doubled quote is one of the text. Nothing if the quote is not closed.
pub(super) fn quoted(rest: &str, quote: char) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((place, char)) = chars.next() {
        if char != quote {
            text.push(char);
        } else if chars.next_if(|(_, next)| *next == quote).is_some() {
            text.push(quote);
        } else {
            let token = match quote {
                '\'' => Token::Single(text),
                _ => Token::Double(text),
            };
            return Some((token, place + 1));
        }
    }
    None
}

/// A sign of one or two characters; those of other languages become those of SQL.
pub(super) fn sign(rest: &str) -> (Token, usize) {
    const PAIRS: [(&str, &str); 9] = [
        ("==", "="),
        ("<>", "<>"),
        ("!=", "!="),
        ("<=", "<="),
        (">=", ">="),
        ("&&", "and"),
        ("||", "or"),
        ("::", "::"),
        ("−", "-"),
    ];
    match PAIRS.iter().find(|(typed, _)| rest.starts_with(typed)) {
        Some((typed, sql)) => (Token::Sign((*sql).to_owned()), typed.len()),
        None => {
            let length = rest.chars().next().map_or(0, char::len_utf8);
            (Token::Sign(rest[..length].to_owned()), length)
        }
    }
}
