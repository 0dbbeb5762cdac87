//! What is wrong with a value, in the words of someone who writes TOML.

use crate::plan::document::{KeyPath, Part};
use crate::plan::params::Cell;
use serde::de::{self, Expected, Unexpected};
use std::fmt;

/// A value that its key cannot take.
#[derive(Debug)]
pub(crate) struct Error<'v> {
    pub(crate) what: What,
    /// Where it is; empty until the reader of the table around it has said so.
    pub(crate) path: KeyPath,
    pub(crate) part: Part,
    /// The parameter's value that was put in there, if one was.
    pub(crate) cell: Option<&'v Cell>,
    /// Whether `path` and what follows it are known.
    pub(super) located: bool,
    /// Whether it was a stand-in that was wrong.
    pub(super) stand_in: bool,
}

/// In which way a value is wrong.
#[derive(Debug)]
pub(crate) enum What {
    UnknownKey(&'static [&'static str]),
    UnknownWord(String, &'static [&'static str]),
    Other(String),
}

impl Error<'_> {
    fn new(what: What) -> Self {
        Self {
            what,
            path: KeyPath::new(),
            part: Part::Value,
            cell: None,
            located: false,
            stand_in: false,
        }
    }
}

impl fmt::Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::UnknownKey(known) => write!(f, "expected one of the keys {}", quoted(known)),
            What::UnknownWord(word, known) => {
                write!(f, "expected one of {}, found \"{word}\"", quoted(known))
            }
            What::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error<'_> {}

impl de::Error for Error<'_> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(What::Other(message.to_string()))
    }

    fn unknown_field(_: &str, known: &'static [&'static str]) -> Self {
        Self::new(What::UnknownKey(known))
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::new(What::UnknownWord(word.to_owned(), known))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!(
            "expected {}, found {}",
            in_words(expected),
            found_in_words(found)
        ))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(found: usize, expected: &dyn Expected) -> Self {
        Self::custom(format_args!(
            "expected {}, found {found} values",
            in_words(expected)
        ))
    }
}

/// What a Rust type expects, in the words of someone who writes TOML.
fn in_words(expected: &dyn Expected) -> String {
    let expected = expected.to_string();
    match expected.as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of at least 0".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "path string" => "a path".into(),
        "a map" => "a table".into(),
        nonzero if nonzero.starts_with("a nonzero") => "a whole number above 0".into(),
        table if table.starts_with("struct ") => "a table".into(),
        tuple if tuple.starts_with("a tuple of size ") => {
            tuple.replace("a tuple of size", "an array of length")
        }
        other => other.to_owned(),
    }
}

fn found_in_words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => format!("{number:?}"),
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Str(text) => format!("the text \"{text}\""),
        Unexpected::Seq => "an array".into(),
        Unexpected::Map => "a table".into(),
        other => other.to_string(),
    }
}

/// Words in backticks, with commas.
pub(crate) fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
