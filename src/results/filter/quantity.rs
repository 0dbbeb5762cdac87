//! Numbers as people type them and as tables show them: thousands apart, in percent, with `k` and `M`, with `x`, and in
//! units of time.

use super::tokens::{KEYWORDS, is, is_of_word};
use crate::results::unit::Unit;

/// A number with what stands behind it; digits are as they were typed, without what stands between thousands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Quantity {
    /// A number alone.
    Bare(String),
    /// So many hundredths.
    Percent(String),
    /// With a power of ten for the prefix.
    Scaled(String, i32),
    /// So many times.
    Times(String),
    /// Parts of a time, each with its unit.
    Time(Vec<(String, TimeUnit)>),
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeUnit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
}

/// Prefixes of thousands, with their powers of ten.
const PREFIXES: [(&str, i32); 6] = [("k", 3), ("K", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15)];

const TIMES: [(&str, TimeUnit); 4] = [
    ("ms", TimeUnit::Milliseconds),
    ("s", TimeUnit::Seconds),
    ("min", TimeUnit::Minutes),
    ("h", TimeUnit::Hours),
];

/// Signs between thousands beside a blank: those that srp and others write, and that of programs.
const APART: [char; 4] = ['\u{a0}', '\u{2009}', '\u{202f}', '_'];

/// What can stand behind a number.
const UNITS: &str = "`%`, `k`, `M`, `G`, `T`, `P`, `x`, `ms`, `s`, `min` or `h`";

impl Quantity {
    /// The quantity that a text begins with, and its length; nothing if that is no number. What may be behind it is
    /// looked at only as far as it is its unit.
    ///
    /// # Errors
    /// What is wrong with what touches the number.
    pub(super) fn read(text: &str) -> Result<Option<(Self, usize)>, String> {
        let Some((number, length)) = digits(text) else {
            return Ok(None);
        };
        let rest = &text[length..];
        let blanks = rest.len() - rest.trim_start().len();
        let word = word(&rest[blanks..]);
        if let Some((_, unit)) = TIMES.into_iter().find(|(name, _)| *name == word) {
            return Ok(Some(time(
                text,
                (number, unit),
                length + blanks + word.len(),
            )));
        }
        let whole = |quantity, unit: &str| Ok(Some((quantity, length + blanks + unit.len())));
        if let Some((_, power)) = PREFIXES.into_iter().find(|(name, _)| *name == word) {
            return whole(Self::Scaled(number, power), word);
        }
        match word {
            "x" | "X" | "×" => whole(Self::Times(number), word),
            "%" if !begins_a_value(&rest[blanks + 1..]) => whole(Self::Percent(number), word),
            "" | "%" => Ok(Some((Self::Bare(number), length))),
            _ if blanks > 0 || is(word, &KEYWORDS) => Ok(Some((Self::Bare(number), length))),
            _ => Err(format!(
                "`{word}` cannot stand behind a number: expected a blank, {UNITS}"
            )),
        }
    }

    /// The number in SQL, in what the column holds that it is set against; `in_percent` says whether that is typed by a
    /// name under which a table shows percents.
    ///
    /// # Errors
    /// Why it cannot be set against that column.
    pub(super) fn sql(&self, column: Option<&str>, in_percent: bool) -> Result<String, String> {
        let unit = column.map_or(Unit::Plain, Unit::of);
        let fits = match self {
            Self::Bare(_) => true,
            Self::Percent(_) => matches!(
                unit,
                Unit::Share | Unit::Ratio | Unit::Times | Unit::Probability | Unit::Plain
            ),
            Self::Scaled(..) => matches!(unit, Unit::Count | Unit::PerSecond | Unit::Plain),
            Self::Times(_) => matches!(unit, Unit::Times | Unit::Ratio | Unit::Plain),
            Self::Time(_) => matches!(unit, Unit::Milliseconds | Unit::Seconds),
        };
        if !fits {
            return Err(unfit(column, unit));
        }
        Ok(match self {
            Self::Bare(number) if in_percent => shifted(number, -2),
            // SQL has no exponents here.
            Self::Bare(number) if number.contains(['e', 'E']) => shifted(number, 0),
            Self::Bare(number) | Self::Times(number) => number.clone(),
            Self::Percent(number) => shifted(number, -2),
            Self::Scaled(number, power) => shifted(number, *power),
            Self::Time(parts) => in_time(parts, unit == Unit::Milliseconds),
        })
    }
}

/// That a unit says nothing of a column.
fn unfit(column: Option<&str>, unit: Unit) -> String {
    let holds = match unit {
        Unit::Score => "points from 0 to 100",
        Unit::Difference => "points more or less",
        Unit::Ratio => "ratios, as in `0.5` or `50%`",
        Unit::Probability => "probabilities, as in `0.05` or `5%`",
        Unit::Share => "shares, as in `50%`",
        Unit::Count => "counts, as in `900k` or `60M`",
        Unit::PerSecond => "so many a second, as in `1.5k`",
        Unit::Times => "how many times, as in `2x`",
        Unit::Milliseconds => "milliseconds, as in `1.5 ms`",
        Unit::Seconds => "seconds, as in `18 min 03 s`",
        Unit::Plain => "numbers without a unit of time",
    };
    match column {
        Some(column) => format!("`{column}` holds {holds}"),
        None => "a time is set against a column of times".to_owned(),
    }
}

/// The decimal number times a power of ten, rounded once.
fn shifted(number: &str, power: i32) -> String {
    let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let power = exponent.parse::<i32>().map(|own| own.saturating_add(power));
    let value = power
        .ok()
        .and_then(|power| format!("{digits}e{power}").parse::<f64>().ok());
    value.map_or_else(|| number.to_owned(), |value| value.to_string())
}

/// A time in milliseconds, or else in seconds.
fn in_time(parts: &[(String, TimeUnit)], milliseconds: bool) -> String {
    let shift = if milliseconds { 3 } else { 0 };
    let part = |(number, unit): &(String, TimeUnit)| {
        let (power, times) = match unit {
            TimeUnit::Milliseconds => (-3, 1.0),
            TimeUnit::Seconds => (0, 1.0),
            TimeUnit::Minutes => (0, 60.0),
            TimeUnit::Hours => (0, 3600.0),
        };
        shifted(number, power + shift)
            .parse()
            .map_or(f64::NAN, |value: f64| times * value)
    };
    parts.iter().map(part).sum::<f64>().to_string()
}

/// A time that begins with this part, which ends at `end` of the text: smaller units may follow.
fn time(text: &str, first: (String, TimeUnit), mut end: usize) -> (Quantity, usize) {
    let mut parts = vec![first];
    loop {
        let blanks = text[end..].len() - text[end..].trim_start().len();
        let next = &text[end + blanks..];
        let Some((number, length)) = digits(next) else {
            break;
        };
        let between = next[length..].len() - next[length..].trim_start().len();
        let word = word(&next[length + between..]);
        let larger = parts.last().map(|(_, unit)| *unit);
        let unit = TIMES.into_iter().find(|(name, _)| *name == word);
        match unit.filter(|(_, unit)| larger.is_some_and(|larger| (*unit as u8) < larger as u8)) {
            Some((_, unit)) => parts.push((number, unit)),
            None => break,
        }
        end += blanks + length + between + word.len();
    }
    (Quantity::Time(parts), end)
}

/// The word that a text begins with, or the sign of a unit.
fn word(text: &str) -> &str {
    match text.chars().next() {
        Some(sign @ ('%' | '×')) => &text[..sign.len_utf8()],
        _ => &text[..text.find(|char| !is_of_word(char)).unwrap_or(text.len())],
    }
}

/// Whether what stands behind a `%` makes it the sign of a remainder.
fn begins_a_value(behind: &str) -> bool {
    let behind = behind.trim_start();
    let name = word(behind);
    match behind.chars().next() {
        Some('(' | '\'' | '"' | '`') => true,
        _ => !name.is_empty() && !matches!(name, "%" | "×") && !is(name, &KEYWORDS),
    }
}

/// The digits of the number that a text begins with, without what stands between thousands, and its length.
fn digits(text: &str) -> Option<(String, usize)> {
    let run = |from: usize| {
        let rest = &text[from..];
        rest.find(|char: char| !char.is_ascii_digit())
            .unwrap_or(rest.len())
    };
    let mut end = run(0);
    let mut number = text[..end].to_owned();
    if (1..=3).contains(&end) {
        while let Some(sign) = text[end..].chars().next() {
            let from = end + sign.len_utf8();
            let apart = sign == ' ' || APART.contains(&sign);
            if !apart || run(from) != 3 {
                break;
            }
            number += &text[from..from + 3];
            end = from + 3;
        }
    }
    if text[end..].starts_with('.') {
        let decimals = run(end + 1);
        if number.is_empty() && decimals == 0 {
            return None;
        }
        number += &text[end..end + 1 + decimals];
        end += 1 + decimals;
    }
    if number.is_empty() {
        return None;
    }
    if text[end..].starts_with(['e', 'E']) {
        let signed = text[end + 1..].starts_with(['+', '-']);
        let from = end + 1 + usize::from(signed);
        let length = run(from);
        if length > 0 {
            number += &text[end..from + length];
            end = from + length;
        }
    }
    Some((number, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Quantity, &str) {
        let (quantity, length) = Quantity::read(text).unwrap().unwrap();
        (quantity, &text[length..])
    }

    /// What a text is against a column.
    fn sql(text: &str, column: &str) -> Result<String, String> {
        read(text).0.sql(Some(column), false)
    }

    #[test]
    fn numbers_are_understood_as_tables_show_them() {
        for (text, column, value) in [
            ("49.99 %", "parameter_ratio", "0.4999"),
            ("14.3%", "parameter_ratio", "0.143"),
            ("60M", "flops", "60000000"),
            ("65.95 M", "flops", "65950000"),
            ("900k", "parameters", "900000"),
            ("1.72 M", "parameters", "1720000"),
            ("1 722 880", "parameters", "1722880"),
            ("1\u{202f}722\u{202f}880", "parameters", "1722880"),
            ("1_722_880", "parameters", "1722880"),
            ("1 722 880.5", "parameters", "1722880.5"),
            ("2x", "flops_ratio", "2"),
            ("1.97 ×", "speed_up", "1.97"),
            ("1.13 ms", "latency_ms", "1.13"),
            ("0.5 s", "latency_ms", "500"),
            ("18 min 03 s", "seconds", "1083"),
            ("2 h 05 min", "seconds.dense", "7500"),
            ("12 ms", "seconds", "0.012"),
            ("50%", "rate", "0.5"),
            ("1e3k", "updates", "1000000"),
            ("6e7", "flops", "60000000"),
            (".5", "rate", ".5"),
        ] {
            assert_eq!(sql(text, column).as_deref(), Ok(value), "{text}");
            assert_eq!(read(text).1, "", "{text}");
        }
    }

    #[test]
    fn what_follows_a_number_is_its_unit_or_left_alone() {
        for (text, rest) in [
            ("50 % and rate", " and rate"),
            ("50% )", " )"),
            ("10 % 3 = 1", " % 3 = 1"),
            ("10 % (seed)", " % (seed)"),
            ("10 % seed", " % seed"),
            ("5 and x", " and x"),
            ("5and", "and"),
            ("1 22", " 22"),
            ("1234 567", " 567"),
            ("1 2345", " 2345"),
            ("3 s 4 min", " 4 min"),
            ("5 stage", " stage"),
            ("5 * 2", " * 2"),
        ] {
            assert_eq!(read(text).1, rest, "{text}");
        }
        assert_eq!(Quantity::read("x5"), Ok(None));
        assert_eq!(Quantity::read(".x"), Ok(None));
        let said = Quantity::read("60m").unwrap_err();
        assert!(said.contains("`m` cannot stand behind a number"), "{said}");
    }

    #[test]
    fn a_unit_that_says_nothing_of_a_column_is_refused_with_what_it_holds() {
        for (text, column, said) in [
            ("50%", "bleu", "`bleu` holds points from 0 to 100"),
            (
                "2x",
                "parameter_ratio",
                "`parameter_ratio` holds shares, as in `50%`",
            ),
            ("5k", "latency_ms", "`latency_ms` holds milliseconds"),
            ("5 ms", "parameters", "`parameters` holds counts"),
            ("50%", "parameters", "`parameters` holds counts"),
        ] {
            let found = sql(text, column).unwrap_err();
            assert!(found.starts_with(said), "{text}: {found}");
        }
    }
}
