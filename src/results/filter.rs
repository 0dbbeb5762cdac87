//! Filters as people type them, understood as SQL: with `==`, with words in any quotes or none, and with the names that
//! stand above columns.

mod tokens;

use super::columns::ROW_OF_AVERAGE;
use super::headings::meant;
use super::{Column, QueryError, Values};
use rustc_hash::FxHashSet;
use tokens::{
    KEYWORDS, PATTERNS, Token, before_list, is, is_comparison, is_of_sign, is_of_word, is_sign,
    number, quoted, sign, starts_a_fraction, whole_word,
};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Words,
    Numbers,
    Truth,
}

/// The columns that a filter may name, and what is known of their words.
pub(super) struct Vocabulary<'a> {
    columns: Vec<(String, Kind)>,
    words: Vec<(&'a str, &'a [Option<String>])>,
}

/// A filter in SQL.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Understood {
    pub(super) sql: String,
    /// Words that no row has, each with advice.
    pub(super) doubts: Vec<String>,
}

/// Values of a column that a doubt lists at most.
const LISTED: usize = 8;

impl<'a> Vocabulary<'a> {
    /// Some columns, and `more` that there are going to be.
    pub(super) fn of(known: &'a [Column], more: Vec<(String, Kind)>) -> Self {
        let known = known.iter().filter(|column| column.name != ROW_OF_AVERAGE);
        let (mut columns, mut words) = (Vec::new(), Vec::new());
        for Column { name, values } in known {
            let kind = match values {
                Values::Text(values) => {
                    words.push((name.as_str(), values.as_slice()));
                    Kind::Words
                }
                Values::Bool(_) => Kind::Truth,
                Values::Integer(_) | Values::Float(_) => Kind::Numbers,
            };
            columns.push((name.clone(), kind));
        }
        let new = |name: &String| !columns.iter().any(|(known, _)| known == name);
        let more: Vec<_> = more.into_iter().filter(|(name, _)| new(name)).collect();
        columns.extend(more);
        Self { columns, words }
    }

    /// The column that a word means.
    fn column(&self, word: &str) -> Option<&(String, Kind)> {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let name = meant(word, &names)?;
        self.columns.iter().find(|(known, _)| known == name)
    }

    /// The words of a column, each once, in the order in which they are met.
    fn values(&self, column: &str) -> Vec<&'a str> {
        let column = self.words.iter().find(|(name, _)| *name == column);
        let words = column.map_or(&[][..], |(_, words)| words);
        let mut seen = FxHashSet::default();
        let words = words.iter().flatten().map(String::as_str);
        words.filter(|word| seen.insert(*word)).collect()
    }

    fn is_a_value(&self, word: &str) -> bool {
        let mut words = self.words.iter().flat_map(|(_, words)| *words);
        words.any(|known| known.as_deref() == Some(word))
    }

    /// Understands a filter.
    ///
    /// # Errors
    /// If it names a column that is not there, or sets words against numbers.
    pub(super) fn understand(&self, text: &str) -> Result<Understood, QueryError> {
        let tokens = self.tokens(text)?;
        let mut reader = Reader {
            vocabulary: self,
            text,
            tokens: &tokens,
            doubts: Vec::new(),
        };
        let parts: Result<Vec<String>, QueryError> =
            (0..tokens.len()).map(|place| reader.sql(place)).collect();
        Ok(Understood {
            sql: parts?.join(" "),
            doubts: reader.doubts,
        })
    }

    /// The column that a value behind these tokens is set against: the one that stands directly before a comparison, or
    /// before the list that the value is in.
    fn subject(&self, before: &[Token]) -> Option<&(String, Kind)> {
        match before {
            [rest @ .., last] if is_comparison(last) => self.operand(rest),
            [rest @ .., Token::Bare(between), _, Token::Bare(and)]
                if is(between, &["between"]) && is(and, &["and"]) =>
            {
                self.operand(rest)
            }
            [.., Token::Sign(sign)] if sign == "(" || sign == "," => {
                self.operand(before_list(before)?)
            }
            _ => None,
        }
    }

    /// The column that some tokens end with.
    fn operand(&self, tokens: &[Token]) -> Option<&(String, Kind)> {
        match tokens {
            [before @ .., Token::Bare(not)] if is(not, &["not"]) => self.operand(before),
            [.., Token::Bare(word)] if is(word, &KEYWORDS) => None,
            [.., Token::Bare(word) | Token::Double(word)] => self.column(word),
            _ => None,
        }
    }

    fn wants_a_word(&self, before: &[Token]) -> bool {
        matches!(self.subject(before), Some((_, Kind::Words)))
    }

    fn tokens(&self, text: &str) -> Result<Vec<Token>, QueryError> {
        let mut rest = text.trim_start();
        let mut tokens = Vec::new();
        while let Some(first) = rest.chars().next() {
            let (token, length) = match first {
                '\'' | '"' | '`' => quoted(rest, first).ok_or_else(|| QueryError::Filter {
                    text: text.to_owned(),
                    said: format!("the quote {first} is not closed"),
                })?,
                _ if self.wants_a_word(&tokens) && !is_of_sign(first) => whole_word(rest),
                _ if first.is_ascii_digit() || starts_a_fraction(rest) => number(rest),
                _ if is_of_word(first) => self.bare(rest),
                _ => sign(rest),
            };
            tokens.push(token);
            rest = rest[length..].trim_start();
        }
        Ok(tokens)
    }

    /// A word, with the dashes that belong to it: those of a column's name or of a value that is there.
    fn bare(&self, rest: &str) -> (Token, usize) {
        let end = |from: usize| {
            let inside = rest[from..].find(|char| !is_of_word(char));
            inside.map_or(rest.len(), |length| from + length)
        };
        let mut ends = vec![end(0)];
        while let Some(&last) = ends.last() {
            let behind = rest[last..].strip_prefix('-');
            if !behind.is_some_and(|behind| behind.starts_with(is_of_word)) {
                break;
            }
            ends.push(end(last + 1));
        }
        let known = |end: &&usize| {
            let word = &rest[..**end];
            self.column(word).is_some() || self.is_a_value(word)
        };
        let length = ends.iter().rev().find(known).unwrap_or(&ends[0]);
        (Token::Bare(rest[..*length].to_owned()), *length)
    }
}

/// What of a filter is read.
struct Reader<'a> {
    vocabulary: &'a Vocabulary<'a>,
    text: &'a str,
    tokens: &'a [Token],
    doubts: Vec<String>,
}

impl Reader<'_> {
    /// A token in SQL.
    fn sql(&mut self, place: usize) -> Result<String, QueryError> {
        match &self.tokens[place] {
            Token::Sign(sign) => Ok(sign.clone()),
            Token::Number(number) => {
                if let Some((name, Kind::Words)) = self.beside(place) {
                    return Err(self.wrong(format!(
                        "`{name}` holds words: write `{name} = '{number}'` if that is one of them"
                    )));
                }
                // SQL has no exponents here.
                let value = number.parse().ok().filter(|_| number.contains(['e', 'E']));
                Ok(value.map_or_else(|| number.clone(), |value: f64| value.to_string()))
            }
            Token::Bare(word) if is(word, &KEYWORDS) => Ok(word.clone()),
            Token::Bare(word) if self.is_function(place) || self.is_type(place) => Ok(word.clone()),
            Token::Bare(word) | Token::Double(word) => {
                if let Some((name, _)) = self.vocabulary.column(word) {
                    return Ok(format!("\"{}\"", name.replace('"', "\"\"")));
                }
                match self.beside(place) {
                    Some((_, Kind::Words)) => self.value(place, word),
                    _ if self.vocabulary.is_a_value(word) => self.value(place, word),
                    _ => Err(self.unknown(word)),
                }
            }
            Token::Single(word) => self.value(place, word),
        }
    }

    /// A word as a value.
    fn value(&mut self, place: usize, word: &str) -> Result<String, QueryError> {
        match self.beside(place) {
            Some((_, Kind::Numbers)) if word.parse().is_ok_and(f64::is_finite) => {
                return Ok(word.to_owned());
            }
            Some((name, Kind::Numbers)) => {
                return Err(self.wrong(format!("`{name}` holds numbers, and `{word}` is none")));
            }
            Some((name, Kind::Words)) if !self.is_pattern(place) => self.doubt(&name, word),
            _ => {}
        }
        Ok(format!("'{}'", word.replace('\'', "''")))
    }

    /// Notes that no row has a word in a column that has others.
    fn doubt(&mut self, column: &str, word: &str) {
        let values = self.vocabulary.values(column);
        if values.is_empty() || values.contains(&word) {
            return;
        }
        let near = crate::plan::suggest::nearest(word, values.iter().copied());
        let near = near.map(|near| format!("did you mean `{near}`? "));
        let more = if values.len() > LISTED { ", …" } else { "" };
        let listed = values[..values.len().min(LISTED)].join(", ");
        self.doubts.push(format!(
            "no row has `{word}` in `{column}`: {}it holds {listed}{more}",
            near.unwrap_or_default()
        ));
    }

    fn is_pattern(&self, place: usize) -> bool {
        let before = place.checked_sub(1).map(|before| &self.tokens[before]);
        matches!(before, Some(Token::Bare(word)) if is(word, &PATTERNS))
    }

    fn is_function(&self, place: usize) -> bool {
        is_sign(self.tokens.get(place + 1), "(")
    }

    /// Whether a word is that of a type: it stands behind `as` or `::`, or behind another one of the same type.
    fn is_type(&self, place: usize) -> bool {
        let Some(before) = place.checked_sub(1) else {
            return false;
        };
        match &self.tokens[before] {
            Token::Sign(sign) => sign == "::",
            Token::Bare(word) if is(word, &KEYWORDS) => is(word, &["as"]),
            Token::Bare(_) => self.is_type(before),
            _ => false,
        }
    }

    /// The column that a value is set against: the one that a comparison stands between, before it or behind it.
    fn beside(&self, place: usize) -> Option<(String, Kind)> {
        let behind = || {
            let comparison = self.tokens.get(place + 1)?;
            let column = self.tokens.get(place + 2)?;
            let apart = is_comparison(comparison) && !self.is_function(place + 2);
            let column = self.vocabulary.operand(std::slice::from_ref(column));
            column.filter(|_| apart)
        };
        let before = self.vocabulary.subject(&self.tokens[..place]);
        before.or_else(behind).cloned()
    }

    fn wrong(&self, said: String) -> QueryError {
        QueryError::Filter {
            text: self.text.to_owned(),
            said,
        }
    }

    fn unknown(&self, word: &str) -> QueryError {
        let columns = self.vocabulary.columns.iter();
        QueryError::Column {
            name: word.to_owned(),
            known: columns.map(|(name, _)| name.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
