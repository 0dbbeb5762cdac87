//! Which experiments use which artifacts.

use super::super::experiment::{self, EXPERIMENTS, toml_files};
use super::super::{Context, Failure};
use crate::cache::{Cache, Key, Reason};
use crate::exec::{self, Options, Status};
use crate::plan::{Overrides, Plan, Selection, file_and_part};
use miette::miette;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The artifacts that experiments use, each with the names of those experiments.
#[derive(Debug, Default)]
pub(super) struct Reach(BTreeMap<Key, BTreeSet<String>>);

/// An experiment file, or what is wrong with it.
type Loaded = (PathBuf, Result<Plan, Failure>);

impl Reach {
    /// What the experiments of the folder `experiments` use; what is wrong with any is told, and the experiment is
    /// passed over.
    pub(super) fn as_known(cache: &Cache, context: &Context<'_>) -> Result<Self, Failure> {
        let mut reach = Self::default();
        for (file, plan) in load(&[]) {
            match plan {
                Ok(plan) => reach.add(&plan, cache, context)?,
                Err(failure) => {
                    let line = format!("`{}` is passed over: {failure}", file.display());
                    context.watcher.note(&line);
                }
            }
        }
        Ok(reach)
    }

    /// What experiments use, or parts of them: `FILE.toml`, `FILE.toml:STAGE`.
    ///
    /// # Errors
    /// If one of them cannot be understood.
    pub(super) fn as_named(
        names: &[String],
        cache: &Cache,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        let mut reach = Self::default();
        for name in names {
            let (file, part) = file_and_part(name).unwrap_or_else(|| (name.into(), None));
            let part = Selection {
                stages: part.into_iter().collect(),
                only: Vec::new(),
            };
            let plan = experiment::load(&file, &Overrides::default())?;
            reach.add(&plan.select(&part)?, cache, context)?;
        }
        Ok(reach)
    }

    /// What these experiments use, or those of the folder `experiments` if none is named, where a gap would be taken
    /// for leave to delete.
    ///
    /// # Errors
    /// If there is no experiment, or one of them cannot be understood.
    pub(super) fn as_sure(
        files: &[PathBuf],
        cache: &Cache,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        let loaded = load(files);
        if loaded.is_empty() {
            return Err(Failure::of_input(miette!(
                help = "name the experiment files that are still wanted after `--unreachable`",
                "there are no experiments in `{EXPERIMENTS}`, so nothing says what is wanted"
            )));
        }
        let mut reach = Self::default();
        for (_, plan) in loaded {
            reach.add(&plan?, cache, context)?;
        }
        Ok(reach)
    }

    fn add(&mut self, plan: &Plan, cache: &Cache, context: &Context<'_>) -> Result<(), Failure> {
        let statuses = exec::preview(plan, cache, context.runner, &Options::default())?;
        let index = cache.index(&plan.name);
        for (node, status) in plan.nodes.iter().zip(&statuses) {
            // Where the way is blocked, say since a corpus is not at hand, what the stage last had is still its own.
            let key = status
                .artifact()
                .map(crate::cache::Artifact::key)
                .or_else(|| unknown(status).then(|| index.newest(&node.label)).flatten());
            if let Some(key) = key {
                self.0.entry(key).or_default().insert(plan.name.clone());
            }
        }
        Ok(())
    }

    /// The experiments that use an artifact.
    pub(super) fn users(&self, key: Key) -> Vec<&str> {
        let users = self.0.get(&key).into_iter().flatten();
        users.map(String::as_str).collect()
    }

    /// Whether any experiment uses an artifact.
    pub(super) fn has(&self, key: Key) -> bool {
        self.0.contains_key(&key)
    }

    pub(super) fn into_keys(self) -> BTreeSet<Key> {
        self.0.into_keys().collect()
    }
}

/// Whether it cannot be said which artifact a stage would have, or the one that it has is damaged.
fn unknown(status: &Status) -> bool {
    matches!(
        status,
        Status::MayRun(_) | Status::Blocked(_) | Status::Run(Reason::Damaged(_))
    )
}

/// Reads the experiment files as they stand: variables that belong to one would be wrong in the others.
fn load(files: &[PathBuf]) -> Vec<Loaded> {
    let files = if files.is_empty() {
        toml_files(Path::new(EXPERIMENTS))
    } else {
        files.to_vec()
    };
    let loaded = files.into_iter().map(|file| {
        let plan = experiment::load(&file, &Overrides::default());
        (file, plan)
    });
    loaded.collect()
}
