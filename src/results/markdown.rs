//! What a person wants to see of a table: few columns, rounded numbers, aligned, and good Markdown too.

use super::Record;
use super::columns::shown;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The records as a Markdown table with aligned columns, and below it the signatures that scores travel with.
/// Scores have two decimals; empty if there are no records.
pub fn markdown(records: &[Record]) -> String {
    if records.is_empty() {
        return String::new();
    }
    let params: BTreeSet<&String> = records.iter().flat_map(|r| r.params.keys()).collect();
    let mut head: Vec<String> = params.iter().map(|param| (*param).clone()).collect();
    head.extend(
        [
            "stage",
            "BLEU",
            "chrF",
            "parameters",
            "asked",
            "left",
            "FLOPs",
            "sentences/s",
            "time",
        ]
        .map(str::to_owned),
    );
    let body = records.iter().map(|record| {
        let value = |param| record.params.get(param).map(shown).unwrap_or_default();
        let mut row: Vec<String> = params.iter().map(|param| value(*param)).collect();
        row.extend(measures(record));
        row
    });
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
    // The stage's name is the only word for sure.
    let stage = params.len();
    let words: Vec<bool> = (0..rows[0].len()).map(|column| column == stage).collect();
    let mut table = aligned(&rows, &words);
    for (score, signature) in signatures(records) {
        // Writing to a string cannot fail.
        writeln!(table, "{score}: {signature}").ok();
    }
    table
}

fn measures(record: &Record) -> [String; 9] {
    let report = &record.report;
    [
        record.stage.clone(),
        format!("{:.2}", report.bleu),
        format!("{:.2}", report.chrf),
        scaled(report.parameters),
        record.asked_ratio.map(percent).unwrap_or_default(),
        percent(report.parameter_ratio),
        scaled(report.flops),
        format!("{:.1}", record.decode.sentences_per_second),
        duration(record.seconds.values().sum()),
    ]
}

/// A share with one decimal: `49.8 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The distinct signatures of each score.
fn signatures(records: &[Record]) -> BTreeSet<(&str, &str)> {
    let reports = || records.iter().map(|record| &record.report);
    let bleu = reports().map(|report| ("BLEU", report.bleu_signature.as_str()));
    let chrf = reports().map(|report| ("chrF", report.chrf_signature.as_str()));
    bleu.chain(chrf).collect()
}

/// Rows, the first of which is the head, as a Markdown table. Columns of `words` stand left, numbers right.
pub(super) fn aligned(rows: &[Vec<String>], words: &[bool]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths = (0..words.len()).map(|column| width(column).unwrap_or(0).max(3));
    let columns: Vec<(usize, bool)> = widths.zip(words.iter().copied()).collect();
    let line = |cells: &[String]| {
        let padded = cells
            .iter()
            .zip(&columns)
            .map(|(cell, &(width, words))| match words {
                true => format!(" {cell:<width$} |"),
                false => format!(" {cell:>width$} |"),
            });
        format!("|{}\n", padded.collect::<String>())
    };
    let rule = columns.iter().map(|&(width, words)| match words {
        true => format!(" {} |", "-".repeat(width)),
        false => format!(" {}: |", "-".repeat(width - 1)),
    });
    let rule = format!("|{}\n", rule.collect::<String>());
    let mut lines: Vec<String> = rows.iter().map(|row| line(row)).collect();
    lines.insert(1, rule);
    lines.concat()
}

/// A count with four digits at most and the prefix of its thousands: `39.47 M`.
pub(super) fn scaled(count: u64) -> String {
    let mut rest = count as f64;
    let mut prefixes = ["", " k", " M", " G", " T", " P"].into_iter();
    let mut prefix = prefixes.next().unwrap_or_default();
    for next in prefixes {
        if rest < 999.95 {
            break;
        }
        rest /= 1000.0;
        prefix = next;
    }
    if prefix.is_empty() {
        count.to_string()
    } else if rest < 99.995 {
        format!("{rest:.2}{prefix}")
    } else {
        format!("{rest:.1}{prefix}")
    }
}

/// A time in its two largest units: `2 h 05 min`, `3 min 20 s`, `4.2 s`, `12 ms`.
pub fn duration(seconds: f64) -> String {
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours} h {minutes:02} min")
    } else {
        format!("{minutes} min {seconds:02} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_scaled_to_a_readable_size() {
        let expected = [
            (0, "0"),
            (999, "999"),
            (1000, "1.00 k"),
            (39_469_056, "39.47 M"),
            (99_518_469_500, "99.52 G"),
            (199_518_469_500, "199.5 G"),
            (999_999_999, "1.00 G"),
        ];
        for (count, text) in expected {
            assert_eq!(scaled(count), text);
        }
    }

    #[test]
    fn durations_use_two_units() {
        let expected = [
            (0.0123, "12 ms"),
            (4.24, "4.2 s"),
            (59.97, "1 min 00 s"),
            (200.0, "3 min 20 s"),
            (3599.6, "1 h 00 min"),
            (7500.0, "2 h 05 min"),
        ];
        for (seconds, text) in expected {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["x", "stage"], ["0.25", "a"], ["1", "déjà vu"]];
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
            .collect();
        assert_eq!(
            aligned(&rows, &[false, true]),
            "|    x | stage   |\n\
             | ---: | ------- |\n\
             | 0.25 | a       |\n\
             |    1 | déjà vu |\n"
        );
    }
}
