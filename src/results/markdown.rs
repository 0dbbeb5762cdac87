//! What a person wants to see of a table: few columns, rounded numbers, aligned, and good Markdown too.

use super::columns::shown;
use super::sheet::{Sheet, padded};
use super::unit::{duration, percent, scaled, times};
use super::{Record, SpeedUp};
use std::collections::BTreeSet;

/// The records as a Markdown table with aligned columns, no wider than `width` where there is one, and below it what a
/// reader has to know of it. Scores have two decimals; empty if there are no records. `otherwise` says how the columns
/// can be seen that are too many.
pub fn markdown(records: &[Record], width: Option<usize>, otherwise: &str) -> String {
    if records.is_empty() {
        return String::new();
    }
    let params: BTreeSet<&String> = records.iter().flat_map(|r| r.params.keys()).collect();
    let mut head: Vec<String> = params.iter().map(|param| (*param).clone()).collect();
    head.extend(MEASURES.map(str::to_owned));
    let body = records.iter().map(|record| {
        let value = |param| record.params.get(param).map(shown).unwrap_or_default();
        let mut row: Vec<String> = params.iter().map(|param| value(*param)).collect();
        row.extend(measures(record));
        row
    });
    // The stage's name is the only word for sure.
    let stage = params.len();
    let mut sheet = Sheet {
        words: (0..head.len()).map(|column| column == stage).collect(),
        rows: body.collect(),
        head,
    };
    // Each column has a bar and two blanks; behind the last one stands a bar.
    let fitted = width.map(|width| sheet.fit(width.saturating_sub(1), NARROWEST, 3));
    let fitted = fitted.unwrap_or_default();
    let above = fitted.above.iter().map(|line| format!("{line}\n\n"));
    let speeds = SPEEDS
        .iter()
        .any(|name| !fitted.hidden.iter().any(|head| head == name));
    let shown: Vec<&Record> = records.iter().collect();
    let below = fitted.below(otherwise).into_iter();
    let below = below.chain(remarks(&shown, speeds));
    let below = below.map(|line| format!("{line}\n"));
    above.chain([aligned(&sheet)]).chain(below).collect()
}

/// The columns that say how much faster a model is.
const SPEEDS: [&str; 2] = ["faster", "in batches"];

const MEASURES: [&str; 11] = [
    "stage",
    "BLEU",
    "chrF",
    "parameters",
    "asked",
    "left",
    "FLOPs",
    "fewer",
    SPEEDS[0],
    SPEEDS[1],
    "time",
];

/// What a reader has to know of a table of records, a line each: what scores are and, if `speeds` are shown, what those
/// are worth.
pub fn remarks(records: &[&Record], speeds: bool) -> Vec<String> {
    let shown = records.iter().filter(|_| speeds);
    let beside = || shown.clone().filter_map(|record| record.beside_baseline);
    let speed_ups = beside().flat_map(|found| [found.speed_up, found.batch_speed_up]);
    let noise = speed_ups.flatten().any(|found| found.noise);
    let unlike = beside().any(|found| found.unlike);
    let loads = shown.clone().map(|record| record.decode.other_load);
    let crowded = crowded(&loads.collect::<Vec<_>>());
    let mut lines = Vec::new();
    if noise {
        lines.push(format!("faster, in batches: {NOISE}"));
    }
    if unlike {
        let why = "empty where the unpruned model was measured on another device, number of threads or size of batch";
        lines.push(format!("faster, in batches: {why}"));
    }
    lines.extend(crowded);
    let signatures = signatures(records).into_iter();
    lines.extend(signatures.map(|(score, signature)| format!("{score}: {signature}")));
    lines
}

/// What a `~` says.
pub(super) const NOISE: &str = "~ is no more than noise: the runs of the two models overlap";

/// From how many processors on that others keep busy it is said: an idle machine has some work of its own.
const CROWD: f64 = 0.25;

/// What is to be known of speeds, if any was measured while other programs kept so many processors busy.
pub(super) fn crowded(loads: &[Option<f64>]) -> Option<String> {
    let beside = loads.iter().flatten().filter(|load| **load >= CROWD);
    let most = beside.clone().copied().reduce(f64::max)?;
    let (some, all) = (beside.count(), loads.len());
    Some(format!(
        "speeds of {some} of {all} rows were measured while other programs kept up to {most:.1} processors busy: \
         measure again with `srp run FILE --force STAGE` on an idle machine"
    ))
}

fn measures(record: &Record) -> [String; 11] {
    let (report, beside) = (&record.report, record.beside_baseline);
    [
        record.stage.clone(),
        format!("{:.2}", report.bleu),
        format!("{:.2}", report.chrf),
        scaled(report.parameters),
        record.asked_ratio.map(percent).unwrap_or_default(),
        percent(report.parameter_ratio),
        scaled(report.flops),
        beside.map_or(String::new(), |found| times(found.flops_ratio)),
        faster(beside.and_then(|found| found.speed_up)),
        faster(beside.and_then(|found| found.batch_speed_up)),
        duration(record.seconds.values().sum()),
    ]
}

/// A speed-up, with a `~` before it if it is noise.
fn faster(found: Option<SpeedUp>) -> String {
    let mark = |found: SpeedUp| if found.noise { "~" } else { "" };
    found.map_or(String::new(), |found| {
        mark(found).to_owned() + &times(found.ratio)
    })
}

/// The distinct signatures of each score.
fn signatures<'r>(records: &[&'r Record]) -> BTreeSet<(&'static str, &'r str)> {
    let reports = || records.iter().map(|record| &record.report);
    let bleu = reports().map(|report| ("BLEU", report.bleu_signature.as_str()));
    let chrf = reports().map(|report| ("chrF", report.chrf_signature.as_str()));
    bleu.chain(chrf).collect()
}

/// The narrowest column that the rule of a Markdown table can have.
const NARROWEST: usize = 3;

/// A Markdown table. Columns of words stand left, numbers right.
pub(super) fn aligned(sheet: &Sheet) -> String {
    let widths = sheet.widths(NARROWEST).into_iter();
    let columns: Vec<(usize, bool)> = widths.zip(sheet.words.iter().copied()).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&columns);
        let padded =
            cells.map(|(cell, &(width, words))| format!(" {} |", padded(cell, width, words)));
        format!("|{}\n", padded.collect::<String>())
    };
    let rule = columns.iter().map(|&(width, words)| match words {
        true => format!(" {} |", "-".repeat(width)),
        false => format!(" {}: |", "-".repeat(width - 1)),
    });
    let rule = format!("|{}\n", rule.collect::<String>());
    let rows = sheet.rows.iter().map(line);
    [line(&sheet.head), rule].into_iter().chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let line = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let sheet = Sheet {
            head: line(["x", "stage"]),
            words: vec![false, true],
            rows: vec![line(["0.25", "a"]), line(["1", "déjà vu"])],
        };
        assert_eq!(
            aligned(&sheet),
            "|    x | stage   |\n\
             | ---: | ------- |\n\
             | 0.25 | a       |\n\
             |    1 | déjà vu |\n"
        );
    }
}
