//! The experiment file that a verb is about.

use super::Failure;
use super::args::CacheDir;
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

    /// The plan, which knows the folders of the cache that it is asked about with.
    pub(super) fn load_with(&self, cache: &CacheDir) -> Result<Plan, Failure> {
        let mut plan = self.load()?;
        if let Some(request) = &mut plan.request {
            request.folders = cache.folders();
        }
        Ok(plan)
    }
}

/// Reads an experiment file; if it is not there, says which ones are.
pub(super) fn load(file: &Path, overrides: &Overrides) -> Result<Plan, Failure> {
    if let Some(failure) = of_another_kind(file) {
        return Err(failure);
    }
    plan::load(file, overrides).map_err(|error| match error.problem() {
        Problem::Unreadable { path, cause }
            if path == file
                && matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) =>
        {
            missing(path)
        }
        Problem::Unreadable { path, cause }
            if path == file && cause.kind() == ErrorKind::InvalidData =>
        {
            Failure::of_input(miette!(
                code = "plan::unreadable",
                help = "an experiment is a text in TOML",
                "`{}` is no text, and no experiment",
                path.display()
            ))
        }
        _ => error.into(),
    })
}

/// That a file is no experiment, if its name says so.
fn of_another_kind(path: &Path) -> Option<Failure> {
    let ending = path.extension()?.to_str()?;
    let file = path.display();
    let experiment = Path::new(EXPERIMENTS).join(path.with_extension("toml").file_name()?);
    let wanted = match experiment.is_file() {
        true => format!(
            "here an experiment is expected, such as `{}`",
            experiment.display()
        ),
        false => "here an experiment is expected, FILE.toml".to_owned(),
    };
    let (is, help) = match ending {
        "csv" | "parquet" => (
            "a table of results",
            format!(
                "`srp compare {file}`, `srp plot pareto {file}` and `srp why {file}` take tables; {wanted}"
            ),
        ),
        "svg" | "png" => ("a picture", wanted),
        "html" => ("a page", wanted),
        _ => return None,
    };
    Some(Failure::of_input(miette!(
        code = "plan::no_experiment",
        help = help,
        "`{file}` is {is}, and no experiment"
    )))
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
