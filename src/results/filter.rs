//! Filters as people type them, understood as SQL: with `==`, with words in any quotes or none, and with the names that
//! stand above columns.

use super::columns::ROW_OF_AVERAGE;
use super::headings::meant;
use super::{Column, QueryError, Values};
use rustc_hash::FxHashSet;

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

/// Words of SQL that are no names.
#[rustfmt::skip]
const KEYWORDS: [&str; 20] = [
    "and", "or", "not", "in", "is", "null", "true", "false", "between", "like", "ilike", "rlike", "regexp", "case",
    "when", "then", "else", "end", "cast", "as",
];

/// Signs between two values.
const COMPARISONS: [&str; 7] = ["=", "<", ">", "<=", ">=", "<>", "!="];

/// Values of a column that a doubt lists at most.
const LISTED: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A name or a word without quotes.
    Bare(String),
    /// In double quotes or backticks.
    Double(String),
    /// In single quotes.
    Single(String),
    Number(String),
    Sign(String),
}

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
            subject: None,
            doubts: Vec::new(),
        };
        let parts: Result<Vec<String>, QueryError> =
            (0..tokens.len()).map(|place| reader.sql(place)).collect();
        Ok(Understood {
            sql: parts?.join(" "),
            doubts: reader.doubts,
        })
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
    /// The column that was named last, since the last `and` or `or`.
    subject: Option<(String, Kind)>,
    doubts: Vec<String>,
}

impl Reader<'_> {
    /// A token in SQL.
    fn sql(&mut self, place: usize) -> Result<String, QueryError> {
        match &self.tokens[place] {
            Token::Sign(sign) => {
                if ["and", "or"].contains(&sign.as_str()) {
                    self.subject = None;
                }
                Ok(sign.clone())
            }
            Token::Number(number) => {
                if let Some((name, Kind::Words)) = self.beside(place) {
                    return Err(self.wrong(format!(
                        "`{name}` holds words: write `{name} = '{number}'` if that is one of them"
                    )));
                }
                Ok(number.clone())
            }
            Token::Bare(word) if KEYWORDS.contains(&word.to_lowercase().as_str()) => {
                if ["and", "or"].contains(&word.to_lowercase().as_str()) {
                    self.subject = None;
                }
                Ok(word.clone())
            }
            Token::Bare(word) if self.tokens.get(place + 1) == Some(&Token::Sign("(".into())) => {
                Ok(word.clone())
            }
            Token::Bare(word) | Token::Double(word) => {
                if let Some(column) = self.vocabulary.column(word) {
                    self.subject = Some(column.clone());
                    return Ok(format!("\"{}\"", column.0.replace('"', "\"\"")));
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
            Some((_, Kind::Numbers)) if word.parse::<f64>().is_ok() => return Ok(word.to_owned()),
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
        matches!(before, Some(Token::Bare(word))
            if ["like", "ilike", "rlike", "regexp"].contains(&word.to_lowercase().as_str()))
    }

    /// The column that a value is set against: the one before it, or the one behind the next comparison.
    fn beside(&self, place: usize) -> Option<(String, Kind)> {
        let behind = || match (self.tokens.get(place + 1)?, self.tokens.get(place + 2)?) {
            (Token::Sign(sign), Token::Bare(word) | Token::Double(word))
                if COMPARISONS.contains(&sign.as_str()) =>
            {
                self.vocabulary.column(word).cloned()
            }
            _ => None,
        };
        self.subject.clone().or_else(behind)
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

fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || char == '.'
}

fn starts_a_fraction(rest: &str) -> bool {
    let behind = rest.strip_prefix('.');
    behind.is_some_and(|behind| behind.starts_with(|char: char| char.is_ascii_digit()))
}

/// What stands between quotes; a doubled quote is one of the text. Nothing if the quote is not closed.
fn quoted(rest: &str, quote: char) -> Option<(Token, usize)> {
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

/// A number, with its exponent.
fn number(rest: &str) -> (Token, usize) {
    let mut before = ' ';
    let end = rest.find(|char: char| {
        let signed = matches!(char, '+' | '-') && matches!(before, 'e' | 'E');
        before = char;
        !(char.is_ascii_digit() || matches!(char, '.' | 'e' | 'E') || signed)
    });
    let length = end.unwrap_or(rest.len());
    (Token::Number(rest[..length].to_owned()), length)
}

/// A sign of one or two characters; those of other languages become those of SQL.
fn sign(rest: &str) -> (Token, usize) {
    const PAIRS: [(&str, &str); 8] = [
        ("==", "="),
        ("<>", "<>"),
        ("!=", "!="),
        ("<=", "<="),
        (">=", ">="),
        ("&&", "and"),
        ("||", "or"),
        ("::", "::"),
    ];
    match PAIRS.iter().find(|(typed, _)| rest.starts_with(typed)) {
        Some((typed, sql)) => (Token::Sign((*sql).to_owned()), typed.len()),
        None => {
            let length = rest.chars().next().map_or(0, char::len_utf8);
            (Token::Sign(rest[..length].to_owned()), length)
        }
    }
}

#[cfg(test)]
mod tests;
