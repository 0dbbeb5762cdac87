//! Sizes and ages, as people write and read them.

use crate::results::duration;

const SIZES: [(&str, u64); 5] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];
const DECIMAL_SIZES: [(&str, u64); 4] = [
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];
const DAY: u64 = 86_400;
const TIMES: [(&str, u64); 5] = [
    ("s", 1),
    ("min", 60),
    ("h", 3_600),
    ("d", DAY),
    ("w", 7 * DAY),
];

/// A number of bytes with three digits.
pub(super) fn size(bytes: u64) -> String {
    let (unit, one) = SIZES
        .into_iter()
        .rfind(|(_, one)| bytes >= *one)
        .unwrap_or(SIZES[0]);
    let number = bytes as f64 / one as f64;
    let decimals = match number {
        _ if one == 1 => 0,
        _ if number < 9.995 => 2,
        _ if number < 99.95 => 1,
        _ => 0,
    };
    format!("{number:.decimals$} {unit}")
}

/// How long ago something was, or how long it takes.
pub(super) fn span(seconds: u64) -> String {
    if seconds >= 2 * DAY {
        format!("{} d", seconds / DAY)
    } else if seconds < 60 {
        format!("{seconds} s")
    } else {
        duration(seconds as f64)
    }
}

/// Reads `20GiB`, `500 MB` or `0`.
pub(super) fn parse_size(text: &str) -> Result<u64, String> {
    let units = SIZES.into_iter().chain(DECIMAL_SIZES);
    parse(text, units, true).ok_or_else(|| {
        "expected a number and B, KiB, MiB, GiB, TiB, KB, MB, GB or TB, such as 20GiB".to_owned()
    })
}

/// Reads `30d` or `12 h`, in seconds.
pub(super) fn parse_span(text: &str) -> Result<u64, String> {
    parse(text, TIMES, false)
        .ok_or_else(|| "expected a number and s, min, h, d or w, such as 30d".to_owned())
}

/// Reads a number that is at least 0 and its unit; `bare` is whether 0 needs none.
fn parse(
    text: &str,
    units: impl IntoIterator<Item = (&'static str, u64)>,
    bare: bool,
) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim();
    if bare && number == 0.0 && unit.is_empty() {
        return Some(0);
    }
    let mut units = units.into_iter();
    let (_, one) = units.find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    Some((number * one as f64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_and_a_unit() {
        let expected = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (15 << 19, "7.50 MiB"),
            (20 << 30, "20.0 GiB"),
            (400 << 40, "400 TiB"),
        ];
        for (bytes, text) in expected {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn spans_are_told_in_the_unit_that_matters() {
        let expected = [
            (0, "0 s"),
            (61, "1 min 01 s"),
            (7_500, "2 h 05 min"),
            (40 * 3_600, "40 h 00 min"),
            (30 * DAY + 5, "30 d"),
        ];
        for (seconds, text) in expected {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn what_people_write_is_read_and_nothing_else() {
        assert_eq!(parse_size("20GiB"), Ok(20 << 30));
        assert_eq!(parse_size("1.5 mb"), Ok(1_500_000));
        assert_eq!(parse_size("0"), Ok(0));
        assert_eq!(parse_span("30d"), Ok(30 * DAY));
        assert_eq!(parse_span("2 W"), Ok(14 * DAY));
        for text in ["", "GiB", "20", "-1GiB", "20 apples", "1.2.3GiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        for text in ["30", "d", "-1d", "3 months", "0"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }
}
