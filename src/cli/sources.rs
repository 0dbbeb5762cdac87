//! Rows of whatever the command line names: experiments and parts of them, tables, tables as they were.

use super::args::CacheDir;
use super::experiment;
use super::results::{no_rows, records, say_missing};
use super::{Context, Failure};
use crate::cache::Cache;
use crate::plan::{Overrides, Plan, Selection};
use crate::results::{Over, Rows, Source, SourceError};
use miette::miette;
use std::path::Path;

/// Where rows come from.
#[derive(Debug, clap::Args)]
pub(super) struct Sources {
    /// Where rows come from: an experiment (FILE.toml), a part of one (FILE.toml:STAGE or
    /// FILE.toml:STAGE@PARAMETER=VALUE), a table (FILE.csv, FILE.parquet), or a table as it was in a revision that git
    /// knows (REVISION:FILE.csv)
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<String>,

    /// Set a value of the experiments on top of their files, such as `params.rate=0.5`; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,

    #[command(flatten)]
    pub(super) cache: CacheDir,
}

/// What rows are averaged over.
#[derive(Debug, clap::Args)]
pub(super) struct Averages {
    /// Average over these where rows differ in nothing else: parameters, or `stage`, `experiment`, `source`, `checkpoint`,
    /// `precision` or `asked_ratio`; may be repeated. Without it, over `seed`, if there is one
    #[arg(long, value_name = "PARAMETER,…", value_delimiter = ',')]
    over: Vec<String>,

    /// Average over nothing
    #[arg(long, conflicts_with = "over")]
    each: bool,
}

impl Averages {
    pub(super) fn over(&self) -> Over {
        match (self.each, self.over.as_slice()) {
            (true, _) => Over::Nothing,
            (false, []) => Over::Seeds,
            (false, some) => Over::These(some.to_vec()),
        }
    }
}

impl Sources {
    /// Each source, as it was named, with its rows. Rows of an experiment are read from the cache alone. That an experiment
    /// has none is an error if nothing else has.
    pub(super) fn read(
        &self,
        cache: &Cache,
        context: &Context<'_>,
    ) -> Result<Vec<(String, Rows)>, Failure> {
        let experiment =
            |text: &String| matches!(Source::parse(text), Ok(Source::Experiment { .. }));
        if !self.set.is_empty() && !self.sources.iter().any(experiment) {
            return Err(Failure::of_input(miette!(
                "`--set` changes values of experiments, and none is named"
            )));
        }
        let mut read = Vec::new();
        let mut empty = Vec::new();
        for text in &self.sources {
            let rows = match Source::parse(text)? {
                Source::Experiment { file, part } => {
                    let plan = self.plan(&file, part.as_deref())?;
                    let records = records(&plan, cache, context)?;
                    if records.is_empty() {
                        empty.push((text, plan));
                    }
                    Rows::of(&records)?
                }
                Source::Table(table) => table.rows()?,
            };
            read.push((text.clone(), rows));
        }
        let nothing = read.iter().all(|(_, rows)| rows.height() == 0);
        if let Some((_, plan)) = empty.first().filter(|_| nothing) {
            return Err(no_rows(plan));
        }
        for (text, plan) in &empty {
            context.watcher.note(&format!("{text}:"));
            say_missing(plan, 0, context);
        }
        Ok(read)
    }

    fn plan(&self, file: &Path, part: Option<&str>) -> Result<Plan, Failure> {
        let mut plan = experiment::load(file, &Overrides::from_process(self.set.clone()))?;
        if let Some(request) = &mut plan.request {
            request.folders = self.cache.folders();
        }
        Ok(plan.select(&Selection {
            stages: part.map(str::to_owned).into_iter().collect(),
            only: Vec::new(),
        })?)
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::of_input(error.into())
    }
}
