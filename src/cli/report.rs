//! `srp report`

use super::args::{CacheDir, Experiment};
use super::foretold::why;
use super::plot::write;
use super::words::{settings, took};
use super::{Context, Failure};
use crate::cache::{Artifact, Identity, Provenance};
use crate::exec::{self, Options, Status};
use crate::plan::{Node, Plan};
use crate::report::{Stage, Subject, page};
use std::fs;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    /// The file to write; without it, EXPERIMENT.html in the working directory
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    cache: CacheDir,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.experiment.load()?;
    let cache = args.cache.open();
    let statuses = exec::preview(&plan, &cache, context.runner, &Options::default())?;
    let stages = plan.nodes.iter().zip(&statuses);
    let stages = stages.map(|(node, status)| stage(&plan, node, status));
    let request = plan.request.as_ref();
    let html = page(&Subject {
        plan: &plan,
        stages: stages.collect::<Result<_, _>>()?,
        text: request.and_then(|request| fs::read_to_string(&request.file).ok()),
        command: request.map(|request| request.command("report", &[])),
    })?;
    let path = match &args.out {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}.html", plan.name)),
    };
    write(&path, html.as_bytes(), context)
}

fn stage<'a>(plan: &Plan, node: &Node, status: &'a Status) -> Result<Stage<'a>, Failure> {
    let artifact = status.artifact();
    Ok(Stage {
        artifact,
        state: state(status),
        // Of a stage that is done there is more to tell than its key.
        why: match artifact {
            Some(_) => String::new(),
            None => why(plan, node, status),
        },
        config: settings(&Identity::config(&node.spec)?),
        facts: artifact.map(facts).unwrap_or_default(),
    })
}

/// A state in words for those who have not run it.
fn state(status: &Status) -> &'static str {
    match status {
        Status::Cached(_) => "done",
        Status::Resume(_) => "interrupted",
        Status::Run(_) => "to run",
        Status::MayRun(_) => "waiting",
        Status::Blocked(_) => "blocked",
    }
}

/// What made an artifact. One whose manifest cannot be read has only its key.
fn facts(artifact: &Artifact) -> Vec<(&'static str, String)> {
    let mut facts = vec![("key", artifact.key().to_string())];
    if let Ok(manifest) = artifact.manifest() {
        facts.push(("content", manifest.content.to_string()));
        facts.extend(provenance(&manifest.provenance));
    }
    facts
}

fn provenance(made: &Provenance) -> Vec<(&'static str, String)> {
    let machine = &made.machine;
    let commit = machine.git.as_ref().map(|git| match git.dirty {
        true => format!("{}, with changes", git.commit),
        false => git.commit.clone(),
    });
    let files = made.outside_files.iter();
    let files: Vec<String> = files.map(|file| file.display().to_string()).collect();
    let mut facts = vec![
        (
            "made by",
            format!("stage `{}` of experiment `{}`", made.stage, made.experiment),
        ),
        ("started", made.started.to_string()),
        ("finished", made.finished.to_string()),
        (
            "took",
            took(made.seconds, made.cpu_seconds, made.peak_memory_bytes),
        ),
        (
            "machine",
            format!(
                "{}, {}, {} threads, srp {}",
                machine.host, machine.device, machine.threads, machine.srp
            ),
        ),
    ];
    facts.extend(commit.map(|commit| ("commit", commit)));
    if !files.is_empty() {
        facts.push(("outside files", files.join(", ")));
    }
    facts
}
