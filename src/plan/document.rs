//! TOML text that remembers where each key and value stands.

use super::error::{PlanError, Spot};
use super::problem::Problem;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys that lead from a table to a value; array elements by their number.
pub(crate) type KeyPath = Vec<String>;

/// What of an entry is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Key,
    Value,
}

/// A piece of TOML, under the name that people know it by: a file, a variable, a flag.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) table: Fields,
}

/// The entries of a table, by key. Most tables are small, which this is too.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields(Vec<(String, Field)>);

impl Fields {
    /// The entry of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Field> {
        let place = self
            .0
            .binary_search_by(|(known, _)| known.as_str().cmp(key));
        Some(&self.0[place.ok()?].1)
    }

    /// Whether there is an entry of a key.
    pub(crate) fn contains_key(&self, key: impl AsRef<str>) -> bool {
        self.get(key.as_ref()).is_some()
    }

    /// The entries.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Field)> {
        self.0.iter().map(|(key, field)| (key, field))
    }

    /// The keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &String> {
        self.iter().map(|(key, _)| key)
    }
}

impl FromIterator<(String, Field)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Field)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self(entries)
    }
}

/// A value with its place. An element of an array has no key: there both places are the value's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    key: Range<usize>,
    span: Range<usize>,
    pub(crate) written: Written,
}

/// A value as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Written {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Array(Vec<Field>),
    Table(Fields),
}

impl Document {
    /// Parses a file's text.
    ///
    /// # Errors
    /// The first mistake in the syntax, underlined.
    pub(crate) fn parse(name: String, text: String) -> Result<Self, PlanError> {
        match DeTable::parse(&text).map(|table| fields(table.into_inner())) {
            Ok(table) => Ok(Self { name, text, table }),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                let message = error.message().to_owned();
                Err(PlanError::at(
                    Problem::Syntax { message },
                    Spot::new(&name, &text, span),
                ))
            }
        }
    }

    /// The text `KEY=VALUE`, whose key stands for `path` and whose value starts at `value_start`. A value that is no
    /// TOML is a text.
    pub(crate) fn assignment(name: &str, text: &str, path: &[String], value_start: usize) -> Self {
        let key = 0..value_start.saturating_sub(1);
        let value = value_at(text, value_start)
            .unwrap_or_else(|| Written::Text(text[value_start..].to_owned()));
        let around = |written| Field {
            key: key.clone(),
            span: value_start..text.len(),
            written,
        };
        let nested = path.iter().rev().fold(value, |inner, key| {
            Written::Table(Fields::from_iter([(key.clone(), around(inner))]))
        });
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            table: nested.into_table().unwrap_or_default(),
        }
    }

    /// The value at `path`.
    pub(crate) fn get(&self, path: &[impl AsRef<str>]) -> Option<&Written> {
        let (first, rest) = path.split_first()?;
        let first = self.table.get(first.as_ref())?;
        let field = rest
            .iter()
            .try_fold(first, |field, key| field.child(key.as_ref()))?;
        Some(&field.written)
    }

    /// The table at `path`; the whole document at the empty one.
    pub(crate) fn table(&self, path: &[impl AsRef<str>]) -> Option<&Fields> {
        if path.is_empty() {
            return Some(&self.table);
        }
        self.get(path)?.as_table()
    }

    /// Where the key or the value of the entry at `path` stands, or that of the deepest table above it.
    pub(crate) fn span(&self, path: &[impl AsRef<str>], part: Part) -> Range<usize> {
        let mut keys = path.iter().map(AsRef::as_ref);
        let mut here = keys.next().and_then(|key| self.table.get(key));
        let mut span = 0..0;
        while let Some(field) = here {
            span = match part {
                Part::Key => field.key.clone(),
                Part::Value => field.span.clone(),
            };
            here = keys.next().and_then(|key| field.child(key));
        }
        span
    }

    /// [`Document::span`] with the text around it.
    pub(crate) fn spot(&self, path: &[impl AsRef<str>], part: Part) -> Spot {
        Spot::new(&self.name, &self.text, self.span(path, part))
    }

    /// The line, counted from 1, on which the value at `path` stands.
    pub(crate) fn line(&self, path: &[impl AsRef<str>]) -> usize {
        let start = self.span(path, Part::Value).start;
        1 + self.text[..start].matches('\n').count()
    }

    /// The keys of the table at `path`, in the order of the text.
    pub(crate) fn keys_in_order(&self, path: &[impl AsRef<str>]) -> Vec<&str> {
        let mut fields: Vec<_> = self
            .table(path)
            .into_iter()
            .flat_map(Fields::iter)
            .collect();
        fields.sort_by_key(|(_, field)| field.key.start);
        fields.into_iter().map(|(key, _)| key.as_str()).collect()
    }
}

impl Field {
    fn child(&self, key: &str) -> Option<&Field> {
        match &self.written {
            Written::Table(table) => table.get(key),
            Written::Array(array) => array.get(key.parse::<usize>().ok()?),
            _ => None,
        }
    }
}

impl Written {
    /// The table that this is.
    pub(crate) fn as_table(&self) -> Option<&Fields> {
        match self {
            Self::Table(table) => Some(table),
            _ => None,
        }
    }

    fn into_table(self) -> Option<Fields> {
        match self {
            Self::Table(table) => Some(table),
            _ => None,
        }
    }
}

/// The value that starts at `start` of `text`, if it is TOML. Blanks before it let the parser count places from the
/// start of the whole text.
fn value_at(text: &str, start: usize) -> Option<Written> {
    let padded = format!("{:>start$}{}", "v=", &text[start..]);
    let Fields(mut values) = fields(DeTable::parse(&padded).ok()?.into_inner());
    let (_, first) = values.pop()?;
    values.is_empty().then_some(first.written)
}

/// Takes the parser's tables apart, so that their memory is free for ours.
fn fields(table: DeTable<'_>) -> Fields {
    table
        .into_iter()
        .map(|(key, value)| {
            let place = key.span();
            (key.into_inner().into_owned(), field(place, value))
        })
        .collect()
}

fn field(key: Range<usize>, value: Spanned<DeValue<'_>>) -> Field {
    Field {
        key,
        span: value.span(),
        written: written(value.into_inner()),
    }
}

fn written(value: DeValue<'_>) -> Written {
    match value {
        DeValue::String(text) => Written::Text(text.into_owned()),
        // An integer that 64 bits cannot hold becomes a fraction, which no key for integers takes.
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or_else(
                |_| Written::Float(integer.as_str().parse().unwrap_or(f64::INFINITY)),
                Written::Integer,
            ),
        // The parser has checked the form, and Rust reads every float that TOML can write.
        DeValue::Float(float) => Written::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Written::Boolean(value),
        DeValue::Datetime(value) => Written::Text(value.to_string()),
        DeValue::Array(values) => Written::Array(
            values
                .into_iter()
                .map(|value| field(value.span(), value))
                .collect(),
        ),
        DeValue::Table(table) => Written::Table(fields(table)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_lead_to_keys_values_and_array_elements() {
        let text = "[a.b]\nkey = [1, 22]\n".to_owned();
        let document = Document::parse("x.toml".into(), text).unwrap();
        let at = |path: &[&str], part| &document.text[document.span(path, part)];
        assert_eq!(at(&["a", "b", "key"], Part::Key), "key");
        assert_eq!(at(&["a", "b", "key"], Part::Value), "[1, 22]");
        assert_eq!(at(&["a", "b", "key", "1"], Part::Value), "22");
        assert_eq!(at(&["a", "b", "absent"], Part::Key), "b");
        assert_eq!(document.line(&["a", "b", "key"]), 2);
    }

    #[test]
    fn keys_come_in_the_order_of_the_text() {
        let document = Document::parse("x.toml".into(), "[s.z]\n[s.a]\n".into()).unwrap();
        assert_eq!(document.keys_in_order(&["s"]), ["z", "a"]);
    }

    #[test]
    fn an_assignment_is_toml_where_it_can_be_and_text_where_it_cannot() {
        let path = ["a".to_owned(), "b".to_owned()];
        let read = |text: &str| {
            let document = Document::assignment("--set", text, &path, 4);
            assert_eq!(
                &document.text[document.span(&path, Part::Value)],
                &text[4..]
            );
            document.get(&path).unwrap().clone()
        };
        assert_eq!(read("a.b=0.5"), Written::Float(0.5));
        assert_eq!(read("a.b=0xff"), Written::Integer(255));
        assert_eq!(read("a.b=last"), Written::Text("last".into()));
        assert_eq!(read("a.b="), Written::Text(String::new()));
        let document = Document::assignment("--set", "a.b=[1, 22]", &path, 4);
        assert_eq!(
            &document.text[document.span(&["a", "b", "1"], Part::Value)],
            "22"
        );
    }
}
