//! Filters as people type them, understood as SQL: with `==`, with words in any quotes or none, with the names that
//! stand above columns, and with numbers as tables show them.

mod quantity;
mod reader;
mod tokens;

use super::columns::ROW_OF_AVERAGE;
use super::headings::{heading, is_heading, meant};
use super::unit::Unit;
use super::{Column, QueryError, Values};
use quantity::Quantity;
use reader::Reader;
use rustc_hash::FxHashSet;
use std::ops::Range;
use tokens::{
    KEYWORDS, Token, before_list, is, is_comparison, is_inside, is_of_sign, is_of_word, quoted,
    sign, whole_word,
};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Words,
    Numbers,
    Truth,
}

/// The columns that a filter may name, and what is known of their values.
pub(super) struct Vocabulary<'a> {
    columns: Vec<(String, Kind)>,
    /// What stands above columns, where that is more than one word.
    phrases: Vec<String>,
    known: &'a [Column],
}

/// A column that a word means.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    kind: Kind,
    /// Whether it is meant by what stands above it, and shows percents.
    in_percent: bool,
}

/// A filter in SQL.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Understood {
    pub(super) sql: String,
    /// Words that no row has, each with advice.
    pub(super) doubts: Vec<String>,
}

impl<'a> Vocabulary<'a> {
    /// Some columns, and `more` that there are going to be.
    pub(super) fn of(known: &'a [Column], more: Vec<(String, Kind)>) -> Self {
        let kind = |values: &Values| match values {
            Values::Text(_) => Kind::Words,
            Values::Bool(_) => Kind::Truth,
            Values::Integer(_) | Values::Float(_) => Kind::Numbers,
        };
        let names = known.iter().filter(|column| column.name != ROW_OF_AVERAGE);
        let names = names.map(|column| (column.name.clone(), kind(&column.values)));
        let mut columns: Vec<(String, Kind)> = names.collect();
        let new = |name: &String| !columns.iter().any(|(known, _)| known == name);
        let more: Vec<_> = more.into_iter().filter(|(name, _)| new(name)).collect();
        columns.extend(more);
        let phrases = columns.iter().map(|(name, _)| heading(name));
        let phrases = phrases.filter(|heading| !heading.chars().all(is_of_word));
        Self {
            phrases: phrases.collect(),
            columns,
            known,
        }
    }

    /// The column that a word means.
    fn column(&self, word: &str) -> Option<Named> {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let name = meant(word, &names)?;
        let (name, kind) = self.columns.iter().find(|(known, _)| known == name)?;
        Some(Named {
            name: name.clone(),
            kind: *kind,
            in_percent: Unit::of(name) == Unit::Share && is_heading(word, name),
        })
    }

    /// The values of a column, as far as there are any yet.
    fn values(&self, column: &str) -> Option<&'a Values> {
        let column = self.known.iter().find(|known| known.name == column);
        column.map(|column| &column.values)
    }

    /// The words of a column, each once, in the order in which they are met.
    fn words(&self, column: &str) -> Vec<&'a str> {
        let Some(Values::Text(words)) = self.values(column) else {
            return Vec::new();
        };
        let mut seen = FxHashSet::default();
        let words = words.iter().flatten().map(String::as_str);
        words.filter(|word| seen.insert(*word)).collect()
    }

    fn is_a_value(&self, word: &str) -> bool {
        let has = |column: &Column| match &column.values {
            Values::Text(words) => words.iter().any(|known| known.as_deref() == Some(word)),
            _ => false,
        };
        self.known.iter().any(has)
    }

    /// Understands a filter.
    ///
    /// # Errors
    /// If it names a column that is not there, or sets words against numbers.
    pub(super) fn understand(&self, text: &str) -> Result<Understood, QueryError> {
        let (tokens, places) = self.tokens(text)?;
        Reader::of(self, text, &tokens, &places).whole()
    }

    /// The column that a value behind these tokens is set against: the one that stands directly before a comparison, or
    /// before the list that the value is in.
    fn subject(&self, before: &[Token]) -> Option<Named> {
        match before {
            [rest @ .., last, Token::Sign(minus)] if is_comparison(last) && minus == "-" => {
                self.operand(rest)
            }
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
    fn operand(&self, tokens: &[Token]) -> Option<Named> {
        match tokens {
            [before @ .., Token::Bare(not)] if is(not, &["not"]) => self.operand(before),
            [.., Token::Bare(word)] if is(word, &KEYWORDS) => None,
            [.., Token::Bare(word) | Token::Double(word)] => self.column(word),
            _ => None,
        }
    }

    fn wants_a_word(&self, before: &[Token]) -> bool {
        matches!(
            self.subject(before),
            Some(Named {
                kind: Kind::Words,
                ..
            })
        )
    }

    /// The tokens of a filter, and the place of each.
    fn tokens(&self, text: &str) -> Result<(Vec<Token>, Vec<Range<usize>>), QueryError> {
        let (mut tokens, mut places) = (Vec::new(), Vec::new());
        let mut start = text.len() - text.trim_start().len();
        while start < text.len() {
            let rest = &text[start..];
            let (token, length) = self.token(rest, &tokens).map_err(|said| {
                let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
                QueryError::filter(text, said, start..start + word)
            })?;
            let place = start..start + length;
            if let Some(said) = out_of_place(&token, &tokens) {
                return Err(QueryError::filter(text, said, place));
            }
            tokens.push(token);
            places.push(place);
            start += length;
            start += text[start..].len() - text[start..].trim_start().len();
        }
        Ok((tokens, places))
    }

    /// The token that `rest` begins with, behind others, and its length.
    ///
    /// # Errors
    /// Why it begins with none.
    fn token(&self, rest: &str, before: &[Token]) -> Result<(Token, usize), String> {
        let first = rest.chars().next().unwrap_or_default();
        if matches!(first, '\'' | '"' | '`') {
            return quoted(rest, first).ok_or_else(|| format!("the quote {first} is not closed"));
        }
        if self.wants_a_word(before) && !is_of_sign(first) {
            return Ok(whole_word(rest));
        }
        if let Some((quantity, length)) = Quantity::read(rest)? {
            return Ok((Token::Number(rest[..length].to_owned(), quantity), length));
        }
        if let Some(phrase) = self.phrase(rest) {
            return Ok((Token::Bare(phrase.to_owned()), phrase.len()));
        }
        Ok(match first {
            _ if is_of_word(first) => self.bare(rest),
            _ => sign(rest),
        })
    }

    /// The longest of the headings of more than one word that a text begins with.
    fn phrase(&self, rest: &str) -> Option<&str> {
        let begins = |phrase: &&String| {
            let behind = rest.strip_prefix(phrase.as_str());
            behind.is_some_and(|behind| !behind.starts_with(is_of_word))
        };
        let longest = self
            .phrases
            .iter()
            .filter(begins)
            .max_by_key(|phrase| phrase.len());
        longest.map(String::as_str)
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

/// Why a token cannot stand behind others.
fn out_of_place(token: &Token, before: &[Token]) -> Option<&'static str> {
    match (token, before.last()) {
        (Token::Number(..), Some(Token::Number(..))) => Some(
            "two numbers stand side by side; groups of three digits are one, as in `1 722 880`",
        ),
        (Token::Sign(sign), _) if sign == "," && !is_inside(before) => Some(
            "a comma stands between the values of a list; decimals stand behind a point, as in `49.9`",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
