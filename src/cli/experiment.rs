//! The experiment file that a verb is about.

use super::Failure;
use crate::plan::suggest::advice;
use crate::plan::{self, Overrides, Plan, Problem};
use miette::miette;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Which experiment.
#[derive(Debug, clap::Args)]
pub(super) struct Experiment {
    /// The experiment's TOML file
    file: PathBuf,

    /// Set a value of the experiment on top of its file, such as `params.rate=0.5`; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Experiment {
    pub(super) fn load(&self) -> Result<Plan, Failure> {
        load(&self.file, &Overrides::from_process(self.set.clone()))
    }
}

/// Reads an experiment file; if it is not there, says which ones are.
pub(super) fn load(file: &Path, overrides: &Overrides) -> Result<Plan, Failure> {
    plan::load(file, overrides).map_err(|error| match error.problem() {
        Problem::Unreadable { path, cause }
            if path == file
                && matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) =>
        {
            missing(path)
        }
        _ => error.into(),
    })
}

/// That there is no experiment file of that name, with those that there are.
fn missing(path: &Path) -> Failure {
    let (near, fault) = match path.is_dir() {
        true => (path, "is a folder, and no experiment"),
        false => (path.parent().unwrap_or(path), "is not there"),
    };
    let folders: BTreeSet<&Path> = [near, Path::new(EXPERIMENTS)].into();
    let known: BTreeSet<String> = folders
        .into_iter()
        .flat_map(toml_files)
        .map(|file| file.display().to_string())
        .collect();
    let typed = path.to_string_lossy();
    // `first` is not near `experiments/first.toml`, and still what was meant.
    let same = known
        .iter()
        .find(|file| Path::new(file).file_stem() == path.file_stem());
    let typed = same.map_or(&*typed, String::as_str);
    let help = match known.is_empty() {
        true => "`srp init` writes a first one".to_owned(),
        false => advice(typed, "experiments here", known.iter().map(String::as_str)),
    };
    Failure::of_input(miette!(
        code = "plan::unreadable",
        help = help,
        "{} {fault}",
        path.display()
    ))
}

/// The folder that experiments are kept in.
pub(super) const EXPERIMENTS: &str = "experiments";

/// The files of a folder that may be experiments, in their order.
pub(super) fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let folder = match folder == Path::new("") {
        true => Path::new("."),
        false => folder,
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let paths = paths.map(|path| path.strip_prefix(".").map(Path::to_owned).unwrap_or(path));
    let mut files: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    files
}
