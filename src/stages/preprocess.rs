//! Preprocess: text in, data set out.

use crate::cache::ArtifactDir;
use crate::config::Preprocess;
use crate::counted::counted;
use crate::exec::{Progress, StageFailure};
use crate::text::dataset;

pub(super) fn run(
    spec: &Preprocess,
    out: &mut ArtifactDir,
    threads: usize,
    progress: &dyn Progress,
) -> Result<(), StageFailure> {
    let summary = dataset::build(spec, &out.content(""), threads, &mut |phase| {
        progress.phase(phase);
    })?;
    progress.note(&format!(
        "{}; {} dropped by cleaning; {}; {} source and {} target symbols",
        summary.pairs(),
        summary.dropped_pairs,
        counted(summary.merges, "merge"),
        summary.source_symbols,
        summary.target_symbols,
    ));
    Ok(())
}
