//! Arguments that several verbs have.

#[cfg(feature = "tables")]
use super::Context;
use super::Failure;
use crate::cache::Cache;
use crate::exec::Options;
use crate::plan::suggest::advice;
use crate::plan::{self, Overrides, Plan, Problem, Selection};
#[cfg(feature = "tables")]
use crate::results::view::{self, Style};
#[cfg(feature = "tables")]
use crate::results::{Query, Rows};
use miette::miette;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::num::NonZeroUsize;
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
        if let Some(failure) = of_another_kind(&self.file) {
            return Err(failure);
        }
        let overrides = Overrides::from_process(self.set.clone());
        plan::load(&self.file, &overrides).map_err(|error| match error.problem() {
            Problem::Unreadable { path, cause }
                if *path == self.file
                    && matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) =>
            {
                missing(path)
            }
            Problem::Unreadable { path, cause }
                if *path == self.file && cause.kind() == ErrorKind::InvalidData =>
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

    /// The plan, which knows the folders of the cache that it is asked about with.
    pub(super) fn load_with(&self, cache: &CacheDir) -> Result<Plan, Failure> {
        let mut plan = self.load()?;
        if let Some(request) = &mut plan.request {
            request.folders = cache.folders();
        }
        Ok(plan)
    }
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

/// A flag before each of its values.
fn flagged(flag: &'static str, values: &[String]) -> impl Iterator<Item = String> {
    let values = values.iter();
    values.flat_map(move |value| [flag.to_owned(), value.clone()])
}

/// Reads a number that is at least 1.
pub(super) fn at_least_one(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse()
        .map_err(|_| "expected a whole number, at least 1")
}

/// Which part of the experiment.
#[derive(Debug, clap::Args)]
pub(super) struct Part {
    /// Only these stages, with all that they need: `slim` at all points of the sweep, `slim@rate=0.5` at one; a `+`
    /// behind it adds everything below the stage
    #[arg(value_name = "STAGE")]
    stages: Vec<String>,

    /// Only the points of the sweep where this holds; several values of one parameter are alternatives, several
    /// parameters must all hold
    #[arg(long, value_name = "PARAMETER=VALUE")]
    only: Vec<String>,
}

impl Part {
    /// The part of `plan` that is meant.
    pub(super) fn of(&self, plan: &Plan) -> Result<Plan, Failure> {
        Ok(plan.select(&self.selection())?)
    }

    /// Whether nothing is left out.
    pub(super) fn is_everything(&self) -> bool {
        self.selection().is_everything()
    }

    /// The words that ask for it.
    pub(super) fn words(&self) -> Vec<String> {
        let stages = self.stages.iter().cloned();
        stages.chain(flagged("--only", &self.only)).collect()
    }

    fn selection(&self) -> Selection {
        Selection {
            stages: self.stages.clone(),
            only: self.only.clone(),
        }
    }
}

/// Which artifacts.
#[derive(Debug, clap::Args)]
pub(super) struct CacheDir {
    /// The folder that keeps artifacts
    #[arg(long, value_name = "DIR", env = "SRP_CACHE", default_value = ".srp")]
    cache: PathBuf,

    /// Another cache to look into for what that folder does not have; never written to, may be repeated
    #[arg(
        long,
        value_name = "DIR",
        env = "SRP_CACHE_UNDER",
        value_delimiter = ':',
        value_parser = cache_under
    )]
    cache_under: Vec<PathBuf>,
}

/// A folder that is a cache: one that is not would only look like an empty one.
fn cache_under(text: &str) -> Result<PathBuf, String> {
    let folder = PathBuf::from(text);
    if folder.join("artifacts").is_dir() {
        Ok(folder)
    } else if folder.is_dir() {
        Err("that folder is not a cache of srp: it has no folder `artifacts`".to_owned())
    } else {
        Err("there is no such folder".to_owned())
    }
}

impl CacheDir {
    /// The folders that are not the usual ones, each behind its flag.
    pub(super) fn folders(&self) -> Vec<(String, String)> {
        let own = (self.cache != Path::new(".srp")).then_some(("--cache", &self.cache));
        let under = self
            .cache_under
            .iter()
            .map(|folder| ("--cache-under", folder));
        let all = own.into_iter().chain(under);
        all.map(|(flag, folder)| (flag.to_owned(), folder.to_string_lossy().into_owned()))
            .collect()
    }

    pub(super) fn open(&self) -> Cache {
        Cache::at(&self.cache).over(self.cache_under.clone())
    }
}

/// Which stages are run in any case.
#[derive(Debug, clap::Args)]
pub(super) struct Force {
    /// Run this stage even if it is cached; a name or a label, may be repeated
    #[arg(long, value_name = "STAGE")]
    force: Vec<String>,
}

impl Force {
    /// The words that ask for it.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        flagged("--force", &self.force)
    }

    pub(super) fn options(&self) -> Options {
        Options {
            force: self.force.iter().cloned().collect(),
            ..Options::default()
        }
    }
}

/// Which part of a table, and how it is printed.
#[cfg(feature = "tables")]
#[derive(Debug, clap::Args)]
pub(super) struct Table {
    /// Only rows where this holds, such as `rate <= 0.3 and stage = final`: an SQL expression over the columns
    #[arg(long = "where", value_name = "EXPRESSION")]
    pub(super) filter: Option<String>,

    /// Sort by these columns; a `-` before a name turns the order around
    #[arg(
        long,
        value_name = "[-]COLUMN,…",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    sort: Vec<String>,

    /// Print these columns
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    columns: Vec<String>,

    /// How to print: `table`, `markdown` and `latex` round numbers and show what matters, `csv` and `json` say all
    #[arg(long, value_enum)]
    format: Option<TableFormat>,
}

/// How a table is printed.
#[cfg(feature = "tables")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TableFormat {
    Table,
    Markdown,
    Latex,
    Csv,
    Json,
}

#[cfg(feature = "tables")]
impl Table {
    /// Whether anything else than the usual table is asked for.
    pub(super) fn is_asked_for(&self) -> bool {
        self.filter.is_some()
            || self.format.is_some()
            || !(self.sort.is_empty() && self.columns.is_empty())
    }

    /// Prints rows, all of which fit the filter, in the order, the columns and the format asked for. Where no columns
    /// are, people see the `essentials`, as many as a terminal has room for, and programs all. `notes` are for people.
    pub(super) fn print(
        &self,
        rows: &Rows,
        essentials: &[String],
        notes: &[String],
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let style = self.style();
        let sorted = rows.query(&Query {
            sort: self.sort.clone(),
            ..Query::default()
        })?;
        let all = sorted.names().into_iter().map(str::to_owned);
        let shown = match style.is_for_people() {
            true => self.shown(&sorted, essentials)?,
            false => self.shown(&sorted, &all.collect::<Vec<_>>())?,
        };
        let text = view::write(&sorted, &shown, style, notes, self.width(context))?;
        Ok(write!(context.out, "{text}")?)
    }

    fn style(&self) -> Style {
        match self.format.unwrap_or(TableFormat::Table) {
            TableFormat::Table => Style::Table,
            TableFormat::Markdown => Style::Markdown,
            TableFormat::Latex => Style::Latex,
            TableFormat::Csv => Style::Csv,
            TableFormat::Json => Style::Json,
        }
    }

    /// How wide a table may be, if that matters: whoever names columns wants to see them.
    fn width(&self, context: &Context<'_>) -> Option<usize> {
        context.width.filter(|_| self.columns.is_empty())
    }

    /// The columns that a person is going to see: those that are asked for, or else as many of `usual` as a terminal has
    /// room for.
    pub(super) fn seen(
        &self,
        rows: &Rows,
        usual: &[String],
        context: &Context<'_>,
    ) -> Result<Vec<String>, Failure> {
        let shown = self.shown(rows, usual)?;
        Ok(match self.width(context) {
            Some(width) if self.style() == Style::Table => view::with_room(rows, &shown, width)?,
            _ => shown,
        })
    }

    /// The columns that are asked for, each once, or else `usual`.
    fn shown(&self, rows: &Rows, usual: &[String]) -> Result<Vec<String>, Failure> {
        if self.columns.is_empty() {
            return Ok(usual.to_vec());
        }
        let mut shown: Vec<String> = Vec::new();
        for name in rows.resolved(&self.columns)? {
            if !shown.contains(&name) {
                shown.push(name);
            }
        }
        Ok(shown)
    }

    /// The columns that are named to sort by and to print.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        let sorted = self.sort.iter();
        let sorted = sorted.map(|name| name.strip_prefix('-').unwrap_or(name));
        sorted.chain(self.columns.iter().map(String::as_str))
    }
}

/// Where tables go.
#[derive(Debug, clap::Args)]
pub(super) struct ResultsDir {
    /// The folder that the tables are written to
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(super) results: PathBuf,
}

impl ResultsDir {
    /// The folder, behind its flag, if it is not the usual one.
    pub(super) fn folder(&self) -> Option<(String, String)> {
        let folder = self.results.to_string_lossy().into_owned();
        (self.results != Path::new("results")).then_some(("--results".to_owned(), folder))
    }
}
