//! `srp compare`

use super::args::Table;
use super::sources::Sources;
use super::{Context, Failure};
use crate::metrics::significance::{SAMPLES, SEED};
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

    /// Average over this parameter where rows differ in nothing else
    #[arg(long, value_name = "PARAMETER", default_value = "seed")]
    over: String,

    /// Average over nothing
    #[arg(long, conflicts_with = "over")]
    each: bool,

    /// Compare rows although their test sets, signatures or search settings differ
    #[arg(long)]
    anyway: bool,

    /// How many samples of the test set significance is judged by; 0 for none
    #[arg(long, value_name = "N", default_value_t = SAMPLES)]
    samples: usize,

    /// The seed of the samples
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let cache = args.sources.cache.open();
    let sources = args.sources.read(&cache, context)?;
    let comparison = results::compare(sources, &args.wish(), &cache)?;
    for note in &comparison.notes {
        context.watcher.note(note);
    }
    let notes = explanation(&comparison)?;
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
            over: (!self.each).then(|| self.over.clone()),
            anyway: self.anyway,
            bootstrap: (self.samples > 0).then_some(Bootstrap {
                samples: self.samples,
                seed: self.seed,
            }),
        }
    }
}

/// What a reader has to know of the numbers.
fn explanation(comparison: &Comparison) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    if comparison.rows.height() > 1 {
        lines.push(format!("Δ and ×: against {}", comparison.baseline));
    }
    if comparison.rows.names().contains(&"n") {
        lines.push("±: standard deviation over n rows".to_owned());
    }
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
