//! Preprocess: text in, data set out.

use crate::cache::ArtifactDir;
use crate::config::Preprocess;
use crate::exec::{Progress, StageFailure};
use crate::text::dataset;

pub(super) fn run(
    spec: &Preprocess,
    out: &mut ArtifactDir,
    progress: &dyn Progress,
) -> Result<(), StageFailure> {
    let summary = dataset::build(spec, &out.content(""), &mut |phase| progress.phase(phase))?;
    let splits: Vec<String> = summary
        .splits
        .iter()
        .map(|(name, sentences)| format!("{name} {sentences}"))
        .collect();
    progress.note(&format!(
        "{} pairs; {} dropped by cleaning; {} merges; {} source and {} target symbols",
        splits.join(", "),
        summary.dropped_pairs,
        summary.merges,
        summary.source_symbols,
        summary.target_symbols,
    ));
    Ok(())
}
