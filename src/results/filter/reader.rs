//! The tokens of a filter as SQL, one after another, each in the light of what stands beside it.

use super::quantity::Quantity;
use super::tokens::{
    KEYWORDS, PATTERNS, Token, is, is_arithmetic, is_comparison, is_equality, is_sign,
};
use super::{Kind, Named, Understood, Vocabulary};
use crate::results::QueryError;
use std::ops::Range;

/// Values of a column that a doubt lists at most.
const LISTED: usize = 8;

/// What of a filter is read.
pub(super) struct Reader<'a> {
    vocabulary: &'a Vocabulary<'a>,
    text: &'a str,
    tokens: &'a [Token],
    places: &'a [Range<usize>],
    doubts: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads the tokens of a text, which stand at these places of it.
    pub(super) fn of(
        vocabulary: &'a Vocabulary<'a>,
        text: &'a str,
        tokens: &'a [Token],
        places: &'a [Range<usize>],
    ) -> Self {
        Self {
            vocabulary,
            text,
            tokens,
            places,
            doubts: Vec::new(),
        }
    }

    /// All of it in SQL.
    ///
    /// # Errors
    /// If it names a column that is not there, or sets a column against what it cannot hold.
    pub(super) fn whole(mut self) -> Result<Understood, QueryError> {
        let parts = (0..self.tokens.len()).map(|place| self.sql(place));
        let parts: Vec<String> = parts.collect::<Result<_, _>>()?;
        Ok(Understood {
            sql: parts.join(" "),
            doubts: self.doubts,
        })
    }

    /// A token in SQL.
    fn sql(&mut self, place: usize) -> Result<String, QueryError> {
        match &self.tokens[place] {
            Token::Sign(sign) => Ok(sign.clone()),
            Token::Number(typed, quantity) => self.number(place, typed, quantity),
            Token::Bare(word) if is(word, &KEYWORDS) => Ok(word.clone()),
            Token::Bare(word) if self.is_function(place) || self.is_type(place) => Ok(word.clone()),
            Token::Bare(word) | Token::Double(word) => {
                if let Some(column) = self.vocabulary.column(word) {
                    return self.column(place, word, &column);
                }
                match self.beside(place) {
                    Some(Named {
                        kind: Kind::Words, ..
                    }) => self.value(place, word),
                    _ if self.vocabulary.is_a_value(word) => self.value(place, word),
                    _ => Err(self.unknown(place, word)),
                }
            }
            Token::Single(word) => self.value(place, word),
        }
    }

    /// A column as what it holds.
    ///
    /// # Errors
    /// If tables show something else under the name that is typed, and it is set against no value of its own.
    fn column(&self, place: usize, word: &str, column: &Named) -> Result<String, QueryError> {
        let name = &column.name;
        if column.in_percent && !self.is_set_against_a_value(place) {
            let said = format!(
                "`{word}` stands in percent, to be compared with a number: to compute with the share, name it `{name}`"
            );
            return Err(self.wrong(place, said));
        }
        Ok(format!("\"{}\"", name.replace('"', "\"\"")))
    }

    /// A number in what the column holds that it is set against.
    fn number(
        &mut self,
        place: usize,
        typed: &str,
        quantity: &Quantity,
    ) -> Result<String, QueryError> {
        let column = self.beside(place);
        let Some(Named {
            name,
            kind,
            in_percent,
        }) = &column
        else {
            let alone = quantity.sql(None, false);
            return alone.map_err(|said| self.wrong(place, said));
        };
        if *kind == Kind::Words {
            let said =
                format!("`{name}` holds words: write `{name} = '{typed}'` if that is one of them");
            return Err(self.wrong(place, said));
        }
        if *in_percent && self.is_computed_with(place) {
            let said =
                format!("write the percents as one number, or compute with the share, `{name}`");
            return Err(self.wrong(place, said));
        }
        let sql = quantity.sql(Some(name), *in_percent);
        let sql = sql.map_err(|said| self.wrong(place, said))?;
        let bare = matches!(quantity, Quantity::Bare(_));
        if *in_percent && bare {
            self.doubt_percent(name, typed);
        }
        if is_equality(&self.tokens[..place]) && *kind == Kind::Numbers {
            self.doubt_number(name, &sql);
        }
        Ok(sql)
    }

    /// Notes that a small number is one of percents.
    fn doubt_percent(&mut self, column: &str, typed: &str) {
        let is_a_share = |number: f64| number > 0.0 && number <= 1.0;
        if typed.parse().is_ok_and(is_a_share) {
            self.doubts.push(format!(
                "`{typed}` is taken for {typed} %, as the table shows them; the share is called `{column}`"
            ));
        }
    }

    /// Notes that no row has a number in a column that has others.
    fn doubt_number(&mut self, column: &str, sql: &str) {
        let (Some(values), Ok(wanted)) = (self.vocabulary.values(column), sql.parse::<f64>())
        else {
            return;
        };
        let known = (0..values.len()).filter_map(|row| Some((row, values.number(row)?)));
        let distance = |number: f64| (number - wanted).abs();
        let nearest = known.min_by(|(_, a), (_, b)| distance(*a).total_cmp(&distance(*b)));
        if let Some((row, number)) = nearest
            && number != wanted
        {
            let shown = values.shown(row).unwrap_or_default();
            self.doubts.push(format!(
                "no row has exactly {sql} in `{column}`: the nearest has {shown}; `<` and `>` ask for a range"
            ));
        }
    }

    /// A word as a value.
    fn value(&mut self, place: usize, word: &str) -> Result<String, QueryError> {
        match self.beside(place) {
            Some(Named {
                name,
                kind: Kind::Numbers,
                ..
            }) => match Quantity::read(word) {
                Ok(Some((quantity, length))) if length == word.len() => {
                    return self.number(place, word, &quantity);
                }
                _ => {
                    return Err(self.wrong(
                        place,
                        format!("`{name}` holds numbers, and `{word}` is none"),
                    ));
                }
            },
            Some(Named {
                name,
                kind: Kind::Words,
                ..
            }) if !self.is_pattern(place) => self.doubt(&name, word),
            _ => {}
        }
        Ok(format!("'{}'", word.replace('\'', "''")))
    }

    /// Notes that no row has a word in a column that has others.
    fn doubt(&mut self, column: &str, word: &str) {
        let values = self.vocabulary.words(column);
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

    /// Whether a sign that computes stands beside a value; the minus of a negative number is none.
    fn is_computed_with(&self, place: usize) -> bool {
        let before = place.checked_sub(1);
        let sign = before.is_some_and(|sign| match sign.checked_sub(1) {
            Some(left) if is_comparison(&self.tokens[left]) => false,
            _ => is_arithmetic(self.tokens.get(sign)),
        });
        sign || is_arithmetic(self.tokens.get(place + 1))
    }

    /// Whether a column is an operand of its own, beside a comparison with a number, a word or another column, or before
    /// a list or a test for null.
    fn is_set_against_a_value(&self, place: usize) -> bool {
        let token = |place: usize| self.tokens.get(place);
        let is_value = |at: usize| match token(at) {
            Some(Token::Bare(_) | Token::Double(_)) => !is_sign(token(at + 1), "("),
            Some(Token::Number(..) | Token::Single(_)) => true,
            _ => false,
        };
        let behind = match token(place + 1) {
            Some(Token::Sign(_)) if is_sign(token(place + 2), "-") => is_value(place + 3),
            Some(sign @ Token::Sign(_)) if is_comparison(sign) => is_value(place + 2),
            Some(Token::Bare(word)) => is(word, &["is", "in", "not", "between"]),
            _ => false,
        };
        let before =
            place >= 2 && token(place - 1).is_some_and(is_comparison) && is_value(place - 2);
        (behind || before) && !self.is_computed_with(place)
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
    fn beside(&self, place: usize) -> Option<Named> {
        let behind = || {
            let comparison = self.tokens.get(place + 1)?;
            let column = self.tokens.get(place + 2)?;
            let apart = is_comparison(comparison) && !self.is_function(place + 2);
            let column = self.vocabulary.operand(std::slice::from_ref(column));
            column.filter(|_| apart)
        };
        let before = self.vocabulary.subject(&self.tokens[..place]);
        before.or_else(behind)
    }

    fn wrong(&self, place: usize, said: String) -> QueryError {
        QueryError::filter(self.text, said, self.places[place].clone())
    }

    fn unknown(&self, place: usize, word: &str) -> QueryError {
        let columns = self.vocabulary.columns.iter();
        QueryError::Column {
            name: word.to_owned(),
            known: columns.map(|(name, _)| name.clone()).collect(),
            text: Some(self.text.to_owned()),
            place: Some(self.places[place].clone().into()),
        }
    }
}
