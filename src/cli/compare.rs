//! `srp compare`

use super::args::Table;
use super::sources::{Averages, Sources};
use super::{Context, Failure};
use crate::metrics::significance::{LEAST_SAMPLES, SAMPLES, SEED};
use crate::results::{self, Bootstrap, CompareError, Comparison, QueryError, Rows, Values, Wish};
use std::collections::BTreeSet;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    table: Table,

    /// Set the other rows against this one: the name of a row or of a source; without it, against the first row
    #[arg(long, value_name = "ROW")]
    baseline: Option<String>,

    #[command(flatten)]
    averages: Averages,

    /// Compare rows although their test sets, signatures or search settings differ, and speeds of other devices and
    /// numbers of threads
    #[arg(long)]
    anyway: bool,

    /// How many samples of the test set significance is judged by, 40 or more; or `none`
    #[arg(long, value_name = "N", default_value_t = Drawn(Some(SAMPLES)), value_parser = drawn)]
    samples: Drawn,

    /// The seed of the samples
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
}

/// How many samples are drawn, if any.
#[derive(Debug, Clone, Copy)]
struct Drawn(Option<usize>);

impl std::fmt::Display for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(samples) => samples.fmt(f),
            None => f.write_str("none"),
        }
    }
}

fn drawn(text: &str) -> Result<Drawn, String> {
    if text == "none" {
        return Ok(Drawn(None));
    }
    match text.parse() {
        Ok(samples) if samples >= LEAST_SAMPLES => Ok(Drawn(Some(samples))),
        Ok(_) => Err(format!(
            "{LEAST_SAMPLES} samples are the least of which something lies outside of a 95 % interval; `none` judges \
             nothing"
        )),
        Err(_) => Err("expected a number of samples, or `none`".to_owned()),
    }
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let cache = args.sources.cache.open();
    let sources = args.sources.read(&cache, context)?;
    let comparison = results::compare(sources, &args.wish(), &cache)?;
    for note in &comparison.notes {
        context.watcher.note(note);
    }
    let names = comparison.rows.names();
    let absent = args.table.named().find(|name| !names.contains(name));
    if let Some((name, why)) = absent.and_then(|name| Some((name, comparison.why_absent(name)?))) {
        let name = name.to_owned();
        return Err(CompareError::Absent { name, why }.into());
    }
    let notes = explanation(&comparison, &args.table, context)?;
    let Comparison {
        rows, essentials, ..
    } = comparison;
    args.table.print(&rows, &essentials, &notes, context)
}

impl Args {
    fn wish(&self) -> Wish {
        Wish {
            filter: self.table.filter.clone(),
            baseline: self.baseline.clone(),
            over: self.averages.over(),
            anyway: self.anyway,
            bootstrap: self.samples.0.map(|samples| Bootstrap {
                samples,
                seed: self.seed,
            }),
        }
    }
}

/// What a reader has to know of the numbers.
fn explanation(
    comparison: &Comparison,
    table: &Table,
    context: &Context<'_>,
) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    if comparison.rows.height() > 1 {
        lines.push(format!("Δ and ×: against {}", comparison.baseline));
    }
    let seen = table.seen(&comparison.rows, &comparison.essentials, context)?;
    lines.extend(comparison.remarks(&seen)?);
    if let Some(Bootstrap { samples, seed }) = comparison.bootstrap {
        lines.push(format!(
            "p and 95 %: paired bootstrap resampling, {samples} samples, seed {seed}"
        ));
    }
    lines.extend(signatures(&comparison.rows)?);
    Ok(lines)
}

/// The distinct signatures of each score.
fn signatures(rows: &Rows) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for column in rows.columns()? {
        let score = match column.name.as_str() {
            "bleu_signature" => "BLEU",
            "chrf_signature" => "chrF",
            _ => continue,
        };
        if let Values::Text(words) = &column.values {
            let distinct: BTreeSet<&String> = words.iter().flatten().collect();
            lines.extend(
                distinct
                    .iter()
                    .map(|signature| format!("{score}: {signature}")),
            );
        }
    }
    Ok(lines)
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::of_input(error.into())
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Table(error) => error.into(),
            other => Self::of_input(other.into()),
        }
    }
}
