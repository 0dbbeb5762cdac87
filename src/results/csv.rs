//! The lines of a table with values between commas, with what is wrong with them.

/// A line of a table; longer than a line of text if a value in quotes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// The first line of the text that it stands on, from 1.
    pub(super) number: usize,
    text: &'t str,
}

/// The lines of a text, without empty ones at its end.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut rest = text.trim_end_matches(['\r', '\n']);
    let mut number = 1;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = outside_quotes(rest, '\n').unwrap_or(rest.len());
        let (text, behind) = rest.split_at(end);
        let line = Line {
            number,
            text: text.strip_suffix('\r').unwrap_or(text),
        };
        number += 1 + text.bytes().filter(|byte| *byte == b'\n').count();
        rest = behind.strip_prefix('\n').unwrap_or(behind);
        Some(line)
    })
}

impl<'t> Line<'t> {
    /// Its values, without the quotes around them.
    pub(super) fn values(self) -> Vec<String> {
        self.parts().map(unquoted).collect()
    }

    fn parts(self) -> impl Iterator<Item = &'t str> {
        let mut rest = Some(self.text);
        std::iter::from_fn(move || {
            let text = rest?;
            let end = outside_quotes(text, ',');
            rest = end.map(|end| &text[end + 1..]);
            Some(&text[..end.unwrap_or(text.len())])
        })
    }
}

/// Where a sign is first met outside of quotes.
fn outside_quotes(text: &str, sign: char) -> Option<usize> {
    let first = text.find(sign);
    // Most values have no quotes, and large tables have many values.
    if !text[..first.unwrap_or(text.len())].contains('"') {
        return first;
    }
    let mut quoted = false;
    text.find(|char| {
        quoted ^= char == '"';
        char == sign && !quoted
    })
}

/// A value without the quotes around it; two quotes inside are one.
fn unquoted(text: &str) -> String {
    let inside = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    match inside {
        Some(inside) => inside.replace("\"\"", "\""),
        None => text.to_owned(),
    }
}

/// What is wrong with a table.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[cfg(feature = "tables")]
pub enum Flaw {
    /// There is nothing in it.
    #[error("it is empty: expected a line with the names of columns")]
    Empty,

    /// It is text of another encoding.
    #[error("line {line}: expected UTF-8, found the byte 0x{byte:02X}")]
    Encoding {
        /// The line, from 1.
        line: usize,
        /// The first byte that does not fit.
        byte: u8,
    },

    /// Two columns have one name.
    #[error("line 1: columns {} and {} are both called `{name}`", places[0], places[1])]
    Twice {
        /// The name.
        name: String,
        /// The places of the columns, from 1.
        places: [usize; 2],
    },

    /// A line has too many values, or too few.
    #[error("line {line}: expected {expected} values, as many as there are columns, found {found}")]
    Ragged {
        /// The line, from 1.
        line: usize,
        /// The columns.
        expected: usize,
        /// The values.
        found: usize,
    },

    /// A column of numbers holds something else.
    #[error("{place}, column `{column}`: expected a number, found `{found}`")]
    NoNumber {
        /// The line or the row, from 1.
        place: String,
        /// The column.
        column: String,
        /// What stands there.
        found: String,
    },
}

/// The text of a table.
///
/// # Errors
/// [`Flaw::Encoding`].
#[cfg(feature = "tables")]
pub(super) fn text(bytes: &[u8]) -> Result<&str, Flaw> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (before, behind) = bytes.split_at(error.valid_up_to());
        Flaw::Encoding {
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            byte: behind.first().copied().unwrap_or_default(),
        }
    })
}

/// Looks for lines that do not fit the first.
///
/// # Errors
/// The first flaw.
#[cfg(feature = "tables")]
pub(super) fn check(text: &str) -> Result<(), Flaw> {
    let mut lines = lines(text);
    let head = lines.next().ok_or(Flaw::Empty)?.values();
    for (place, name) in head.iter().enumerate() {
        if let Some(first) = head[..place].iter().position(|other| other == name) {
            return Err(Flaw::Twice {
                name: name.clone(),
                places: [first + 1, place + 1],
            });
        }
    }
    let ragged = lines.find(|line| line.parts().count() != head.len());
    ragged.map_or(Ok(()), |line| {
        Err(Flaw::Ragged {
            line: line.number,
            expected: head.len(),
            found: line.parts().count(),
        })
    })
}

/// The first value of a column that is there and no finite number.
#[cfg(feature = "tables")]
pub(super) fn no_number(text: &str, column: &str) -> Option<Flaw> {
    let mut lines = lines(text);
    let place = lines
        .next()?
        .values()
        .iter()
        .position(|name| name == column)?;
    lines.find_map(|line| {
        let found = line.values().into_iter().nth(place)?;
        let wrong = !found.is_empty() && !found.parse().is_ok_and(f64::is_finite);
        wrong.then(|| Flaw::NoNumber {
            place: format!("line {}", line.number),
            column: column.to_owned(),
            found,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_enclose_commas_line_ends_and_quotes() {
        let read: Vec<_> = lines("a,\"b,\"\"c\"\"\nd\"\r\n,e\n\n")
            .map(|line| (line.number, line.values()))
            .collect();
        let values = |values: [&str; 2]| values.map(str::to_owned).to_vec();
        assert_eq!(
            read,
            [(1, values(["a", "b,\"c\"\nd"])), (3, values(["", "e"]))]
        );
    }

    #[cfg(feature = "tables")]
    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let said = |text| check(text).unwrap_err().to_string();
        for (text, words) in [
            ("", "it is empty"),
            ("a,b,a\n", "line 1: columns 1 and 3 are both called `a`"),
            (
                "a,b\n1,2\n1\n",
                "line 3: expected 2 values, as many as there are columns, found 1",
            ),
            (
                "a,b\n\n1,2\n",
                "line 2: expected 2 values, as many as there are columns, found 1",
            ),
            (
                "a,b\n\"1\n\",2\n1,2,3\n",
                "line 4: expected 2 values, as many as there are columns, found 3",
            ),
        ] {
            assert!(said(text).starts_with(words), "{}", said(text));
        }
        assert_eq!(check("a,b\r\n1,\r\n\r\n"), Ok(()));
        let found = no_number("a,b\n1,2\n,3\nnan,4\n", "a").unwrap();
        assert_eq!(
            found.to_string(),
            "line 4, column `a`: expected a number, found `nan`"
        );
        assert_eq!(no_number("a,b\nx,2\n,3\n", "b"), None);
    }
}
