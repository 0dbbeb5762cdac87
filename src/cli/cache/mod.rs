//! `srp cache`

mod gc;
mod ls;
mod reach;
mod verify;

use super::{Context, Failure};
use crate::cache::{Cache, CacheError, Entry};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List every artifact: what it is, how large, when it was last used and which experiments use it
    Ls(ls::Args),
    /// Read every byte of every artifact, and set aside what is damaged
    Verify(verify::Args),
    /// Say what could be deleted, or delete it
    #[command(after_help = super::examples::GC)]
    Gc(gc::Args),
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    match &args.verb {
        Verb::Ls(args) => ls::run(args, context),
        Verb::Verify(args) => verify::run(args, context),
        Verb::Gc(args) => gc::run(args, context),
    }
}

impl From<CacheError> for Failure {
    fn from(error: CacheError) -> Self {
        Self::of_work(error)
    }
}

/// Says so where there is no cache: a mistyped folder looks like an empty one.
pub(super) fn note_absence(cache: &Cache, context: &Context<'_>) {
    if !cache.root().is_dir() {
        let line = format!("there is no cache at `{}`", cache.root().display());
        context.watcher.note(&line);
    }
}

/// What a table calls an artifact: its kind, its stage and that stage's experiment.
pub(super) fn names(entry: &Entry) -> [String; 3] {
    match &entry.manifest {
        Ok(manifest) => [
            entry.kind().unwrap_or_default(),
            manifest.provenance.stage.clone(),
            manifest.provenance.experiment.clone(),
        ],
        Err(_) => ["damaged".to_owned(), String::new(), String::new()],
    }
}

/// Lines of cells, each column as wide as its widest cell; numbers end their columns, everything else begins them.
fn table<const N: usize>(rows: &[[String; N]], numbers: [bool; N]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).zip(numbers);
        let cells = cells.map(|((cell, width), number)| match number {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}
