//! Import: what another program made, taken over. Here is what needs no back end.

use crate::cache::ArtifactDir;
use crate::config::{DataBin, Exported, Fairseq, Import};
use crate::counted::counted;
use crate::exec::{Progress, StageFailure};
use crate::text::dataset::{self, MissingFile};
use std::path::{Path, PathBuf};

/// What an exported model has beside its text pipeline: what it is, and its tensors.
pub(super) const CONFIG: &str = "config.json";
pub(super) const TENSORS: &str = "model.safetensors";

/// The files that the stage will read, all of which exist.
///
/// # Errors
/// The first that does not, with the key that leads to it.
pub(super) fn outside_files(spec: &Import) -> Result<Vec<PathBuf>, StageFailure> {
    match spec {
        Import::DataBin(spec) => Ok(dataset::data_bin_files(spec)?),
        Import::Fairseq(spec) => fairseq_files(spec),
        Import::Exported(spec) => exported_files(spec),
    }
}

fn fairseq_files(spec: &Fairseq) -> Result<Vec<PathBuf>, StageFailure> {
    let mut files = vec![dataset::require(
        "fairseq.checkpoint",
        spec.checkpoint.clone(),
    )?];
    if let Some(folder) = &spec.dictionaries {
        files.extend(dictionaries(folder)?);
    }
    Ok(files)
}

/// Every `dict.LANGUAGE.txt` of a folder, by name: only the data set knows the languages.
fn dictionaries(folder: &Path) -> Result<Vec<PathBuf>, StageFailure> {
    let is_dictionary = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("dict.") && name.ends_with(".txt")
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(is_dictionary)
        .collect();
    files.sort();
    if files.is_empty() {
        let path = folder.join("dict.LANGUAGE.txt");
        return Err(MissingFile {
            key: "fairseq.dictionaries",
            path,
        }
        .into());
    }
    Ok(files)
}

fn exported_files(spec: &Exported) -> Result<Vec<PathBuf>, StageFailure> {
    const FOLDER: &str = "exported.folder";
    let text = dataset::pipeline_files(&spec.folder).map_err(|error| {
        StageFailure::from(error).context(format!("`{FOLDER}` names no exported model"))
    })?;
    let own = [CONFIG, TENSORS]
        .map(|name| spec.folder.join(name))
        .into_iter();
    let files = own.chain(text).map(|file| dataset::require(FOLDER, file));
    Ok(files.collect::<Result<_, _>>()?)
}

/// Makes a data set of fairseq's data-bin.
pub(super) fn run(
    spec: &DataBin,
    out: &mut ArtifactDir,
    progress: &dyn Progress,
) -> Result<(), StageFailure> {
    let summary = dataset::import(spec, &out.content(""), &mut |phase| progress.phase(phase))?;
    progress.note(&format!(
        "{}; {}; {} source and {} target symbols",
        summary.pairs(),
        counted(summary.merges, "merge"),
        summary.source_symbols,
        summary.target_symbols,
    ));
    Ok(())
}
