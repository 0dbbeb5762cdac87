//! The table of results on the page.

use super::column::called;
use crate::cache::Artifact;
use crate::figure::escape;
use crate::plan::NodeId;
use crate::results::{BesideBaseline, Column, Record, Values, columns, duration, remarks};
use std::fmt::Write;

/// Columns that are seen at first, in their order behind the parameters of the sweep, and what stands above them.
const SHORT: [(&str, &str); 11] = [
    ("stage", "stage"),
    ("bleu", "BLEU"),
    ("chrf", "chrF"),
    ("parameters", "parameters"),
    ("asked_ratio", "asked"),
    ("parameter_ratio", "left"),
    ("flops", "FLOPs"),
    ("flops_ratio", "fewer"),
    ("speed_up", "faster"),
    ("batch_speed_up", "in batches"),
    ("decode_sentences_per_second", "sentences/s"),
];

/// The table as a part of the page; the id of the row of record `i` is `row-i`. `nodes` are those of the records.
pub(super) fn table(records: &[Record], nodes: &[NodeId]) -> String {
    let columns = ordered(columns(records));
    let total: Vec<f64> = records
        .iter()
        .map(|record| record.seconds.values().sum())
        .collect();
    let mut html = String::from(
        "<div class=\"tools\"><label>Filter <input type=\"search\" id=\"filter\" placeholder=\"words that a row must \
         have\"></label><label><input type=\"checkbox\" id=\"all\"> all columns</label>\
         <output id=\"count\" class=\"muted\" aria-live=\"polite\"></output></div>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Results\"><table id=\"table\"><thead><tr>\n",
    );
    // Writing to a string cannot fail.
    for (column, seen) in &columns {
        head(
            &mut html,
            &heading(&column.name),
            column.values.is_number(),
            *seen,
        );
    }
    head(&mut html, "time", true, true);
    html += "</tr></thead><tbody>\n";
    for (row, (record, id)) in records.iter().zip(nodes).enumerate() {
        let key = record.artifact;
        write!(html, "<tr id=\"row-{row}\" data-artifact=\"{key}\">").ok();
        for (column, seen) in &columns {
            let content = escape(&cell(column, row));
            let content = match column.name.as_str() {
                "stage" => format!("<a href=\"#stage-{}\">{content}</a>", id.0),
                name if record
                    .beside_baseline
                    .is_some_and(|beside| is_noise(beside, name)) =>
                {
                    format!("~{content}")
                }
                _ => content,
            };
            let value = column.values.shown(row).unwrap_or_default();
            data(
                &mut html,
                &value,
                &content,
                column.values.is_number(),
                *seen,
            );
        }
        data(
            &mut html,
            &total[row].to_string(),
            &duration(total[row]),
            true,
            true,
        );
        html += "</tr>\n";
    }
    html += "</tbody></table></div>\n";
    let records: Vec<&Record> = records.iter().collect();
    for remark in remarks(&records, true) {
        writeln!(html, "<p class=\"muted mono\">{}</p>", escape(&remark)).ok();
    }
    html
}

/// The columns with those first that are seen at first; of the rest, whether it is one of these.
fn ordered(columns: Vec<Column>) -> Vec<(Column, bool)> {
    let place = |column: &Column, is_param: bool| {
        let short = SHORT.iter().position(|(name, _)| *name == column.name);
        match (is_param, short) {
            (true, _) => 0,
            (false, Some(place)) => 1 + place,
            (false, None) => usize::MAX,
        }
    };
    let stage = columns
        .iter()
        .position(|column| column.name == "stage")
        .unwrap_or(0);
    let mut placed: Vec<(usize, Column)> = columns
        .into_iter()
        .enumerate()
        .filter(|(_, column)| column.name != "experiment")
        .map(|(i, column)| (place(&column, i < stage), column))
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    let placed = placed.into_iter();
    placed
        .map(|(place, column)| (column, place < usize::MAX))
        .collect()
}

fn heading(column: &str) -> String {
    let short = SHORT.iter().find(|(name, _)| *name == column);
    short.map_or_else(|| called(column), |(_, words)| (*words).to_owned())
}

fn head(html: &mut String, words: &str, number: bool, seen: bool) {
    let class = classes(number, seen);
    let words = escape(words);
    writeln!(
        html,
        "<th scope=\"col\" aria-sort=\"none\"{class}><button type=\"button\">{words}</button></th>"
    )
    .ok();
}

fn data(html: &mut String, value: &str, content: &str, number: bool, seen: bool) {
    let class = classes(number, seen);
    write!(
        html,
        "<td{class} data-v=\"{}\">{content}</td>",
        escape(value)
    )
    .ok();
}

fn classes(number: bool, seen: bool) -> &'static str {
    match (number, seen) {
        (true, true) => " class=\"n\"",
        (true, false) => " class=\"n more\"",
        (false, true) => "",
        (false, false) => " class=\"more\"",
    }
}

/// What stands in a cell.
fn cell(column: &Column, row: usize) -> String {
    let value = match &column.values {
        Values::Integer(values) => values[row].map(grouped),
        Values::Float(values) => values[row].map(|value| measure(&column.name, value)),
        Values::Bool(_) | Values::Text(_) => column.values.shown(row),
    };
    value.unwrap_or_default()
}

/// Whether a column holds a speed-up that is no more than noise.
fn is_noise(beside: BesideBaseline, column: &str) -> bool {
    let found = match column {
        "speed_up" => beside.speed_up,
        "batch_speed_up" => beside.batch_speed_up,
        _ => None,
    };
    found.is_some_and(|found| found.noise)
}

fn measure(name: &str, value: f64) -> String {
    if name == "flops_ratio" || name.ends_with("speed_up") {
        format!("{value:.2} ×")
    } else if name.ends_with("_ms") {
        format!("{value:.1} ms")
    } else if name.ends_with("_ratio") {
        format!("{:.1} %", 100.0 * value)
    } else if name.contains("bleu") || name.contains("chrf") {
        format!("{value:.2}")
    } else if name.starts_with("seconds.") {
        duration(value)
    } else if name.contains("per_second") {
        format!("{value:.1}")
    } else {
        value.to_string()
    }
}

/// A count with a narrow space between thousands.
pub(super) fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::from(if count < 0 { "−" } else { "" });
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// The nodes that the records are of, by their artifacts.
pub(super) fn nodes(records: &[Record], artifacts: &[Option<&Artifact>]) -> Vec<NodeId> {
    let of = |record: &Record| {
        let key = |artifact: &Option<&Artifact>| artifact.map(Artifact::key);
        artifacts
            .iter()
            .position(|artifact| key(artifact) == Some(record.artifact))
    };
    records.iter().filter_map(of).map(NodeId).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::SpeedUp;

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_722_880), "1\u{202f}722\u{202f}880");
    }

    #[test]
    fn only_the_speed_up_that_is_noise_is_marked() {
        let speed_up = |noise| Some(SpeedUp { ratio: 1.0, noise });
        let beside = BesideBaseline {
            flops_ratio: 2.0,
            speed_up: speed_up(true),
            batch_speed_up: speed_up(false),
            unlike: false,
        };
        let columns = ["flops_ratio", "speed_up", "batch_speed_up"];
        let marked = columns.map(|column| is_noise(beside, column));
        assert_eq!(marked, [false, true, false]);
    }

    #[test]
    fn measures_have_the_digits_of_their_kind() {
        assert_eq!(measure("bleu", 41.196), "41.20");
        assert_eq!(measure("parameter_ratio", 0.4923), "49.2 %");
        assert_eq!(measure("seconds.dense", 200.0), "3 min 20 s");
        assert_eq!(measure("speed_up", 1.966), "1.97 ×");
        assert_eq!(measure("learning-rate", 0.001), "0.001");
    }
}
