//! `srp bench tables`

use super::measure::{Sample, measure, median};
use super::table::{Number, markdown};
use super::tool::Tool;
use super::{BenchError, Context, Failure};
use crate::cli::args::at_least_one;
use crate::counted::counted;
use crate::random::Stream;
use crate::results::{Column, Format, Rows, Values, duration};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many rows the tables have
    #[arg(long, value_name = "N", default_value = "100000", value_parser = at_least_one)]
    rows: NonZeroUsize,

    /// How often to measure
    #[arg(long, value_name = "N", default_value = "7", value_parser = at_least_one)]
    runs: NonZeroUsize,
}

/// What is asked of the tables, in words and as arguments.
const QUESTIONS: [(&str, &[&str]); 4] = [
    (
        "filter and sort a CSV",
        &["compare", "table.csv", "--where", FILTER, "--sort", "-bleu"],
    ),
    (
        "filter and sort a Parquet",
        &[
            "compare",
            "table.parquet",
            "--where",
            FILTER,
            "--sort",
            "-bleu",
        ],
    ),
    (
        "average over seeds",
        &["compare", "table.parquet", "--sort", "-bleu"],
    ),
    (
        "every row as CSV",
        &["compare", "table.parquet", "--each", "--format", "csv"],
    ),
];

const FILTER: &str = "compression_rate <= 0.3 and bleu > 30";

/// Rows that differ in nothing but the seed.
const SEEDS: usize = 5;

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(BenchError::io("a temporary folder"))?;
    let line = format!("writing two tables of {}", counted(args.rows.get(), "row"));
    context.watcher.note(&line);
    write_tables(args.rows.get(), folder.path())?;
    let (runs, mut rows) = (args.runs.get(), Vec::new());
    for (place, (question, words)) in QUESTIONS.into_iter().enumerate() {
        let of_all = format!("{} of {}: {question}", place + 1, QUESTIONS.len());
        let mut samples = Vec::new();
        // The first run, which does not count, fills the system's caches.
        for run in 0..=runs {
            let sample = ask(words, folder.path())?;
            let time = duration(sample.wall);
            let line = match run {
                0 => format!("{of_all}, before the {}: {time}", counted(runs, "run")),
                run => format!("{of_all}, run {run} of {runs}: {time}"),
            };
            context.watcher.note(&line);
            if run > 0 {
                samples.push(sample);
            }
        }
        let of = |get: fn(&Sample) -> f64| Number(median(samples.iter().map(get))).to_string();
        rows.push([
            args.rows.to_string(),
            question.to_owned(),
            of(|sample| sample.wall * 1e3),
            of(|sample| sample.cpu * 1e3),
            of(|sample| sample.peak / f64::from(1 << 20)),
        ]);
    }
    let head = ["rows", "question", "ms", "processor ms", "MiB at most"];
    Ok(write!(context.out, "{}", markdown(head, rows))?)
}

fn ask(words: &[&str], folder: &Path) -> Result<Sample, BenchError> {
    let mut command = Tool::Srp.command(folder)?;
    command.args(words);
    measure(command)
}

/// The same table as CSV and as Parquet, with invented numbers and as many columns as a table of results.
fn write_tables(height: usize, folder: &Path) -> Result<(), Failure> {
    let rows = Rows::of_columns(height, columns(height))?;
    for (name, format) in [
        ("table.csv", Format::Csv),
        ("table.parquet", Format::Parquet),
    ] {
        fs::write(folder.join(name), rows.written(format)?).map_err(BenchError::io(name))?;
    }
    Ok(())
}

fn columns(height: usize) -> Vec<Column> {
    let mut numbers = Stream::new(1, "tables");
    let mut columns = vec![
        column("experiment", words(height, |_| "invented".to_owned())),
        column(
            "compression_rate",
            floats(height, |row| (1 + row / SEEDS % 100) as f64 / 100.0),
        ),
        column(
            "learning_rate",
            floats(height, |row| (row / SEEDS / 100) as f64),
        ),
        column("seed", integers(height, |row| row % SEEDS)),
        column("stage", words(height, |_| "final-test".to_owned())),
        column("split", words(height, |_| "test".to_owned())),
        column("sentences", integers(height, |_| 1000)),
        column("bleu", floats(height, |_| 20.0 + 20.0 * numbers.next_f64())),
    ];
    for name in [
        "bleu_signature",
        "chrf_signature",
        "test_set",
        "checkpoint",
        "precision",
    ] {
        columns.push(column(
            name,
            words(height, |_| format!("one {name} for all")),
        ));
    }
    for name in ["chrf", "tokenized_bleu", "decode_sentences_per_second"] {
        columns.push(column(name, floats(height, |_| 100.0 * numbers.next_f64())));
    }
    for name in [
        "beam",
        "max_length_b",
        "min_length",
        "original_parameters",
        "flops_length",
    ] {
        columns.push(column(name, integers(height, |_| 5)));
    }
    for name in ["length_penalty", "max_length_a", "unknown_penalty"] {
        columns.push(column(name, floats(height, |_| 1.0)));
    }
    for name in ["parameters", "flops"] {
        columns.push(column(name, integers(height, |_| numbers.below(1 << 40))));
    }
    columns.push(column(
        "artifact",
        words(height, |row| format!("{row:064x}")),
    ));
    for stage in ["corpus", "dense", "narrow", "slim", "final"] {
        let name = format!("seconds.{stage}");
        columns.push(column(&name, floats(height, |_| 1e3 * numbers.next_f64())));
    }
    columns
}

fn column(name: &str, values: Values) -> Column {
    Column {
        name: name.to_owned(),
        values,
    }
}

fn words(height: usize, of: impl FnMut(usize) -> String) -> Values {
    Values::Text((0..height).map(of).map(Some).collect())
}

fn floats(height: usize, of: impl FnMut(usize) -> f64) -> Values {
    Values::Float((0..height).map(of).map(Some).collect())
}

fn integers(height: usize, of: impl FnMut(usize) -> usize) -> Values {
    let numbers = (0..height).map(of);
    Values::Integer(numbers.map(|number| i64::try_from(number).ok()).collect())
}
