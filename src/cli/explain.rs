//! `srp explain`

use super::args::{CacheDir, Experiment};
use super::foretold::{FORMAT, Stage, why};
use super::words::settings;
use super::{Context, Failure};
use crate::cache::Key;
use crate::counted::counted;
use crate::exec::{self, Explanation, ReadFile, ReadStage};
use crate::plan::{NodeId, Plan};
use serde::Serialize;
use serde_json::Value;
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    /// The stage, such as `dense`, or `slim@rate=0.5` of a sweep
    stage: String,

    /// Print one object of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    cache: CacheDir,
}

/// All of it for programs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report<'a> {
    format: u32,
    experiment: &'a str,
    stage: Stage<'a>,
    hashed: Hashed<'a>,
}

/// What the key is made of.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Hashed<'a> {
    key: Option<Key>,
    kind: &'a str,
    revision: u32,
    config: &'a Value,
    inputs: &'a [ReadStage],
    files: Option<&'a [ReadFile]>,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.experiment.load()?;
    let id = plan.stage(&args.stage)?;
    let explanation = exec::explain(&plan, &args.cache.open(), context.runner, id)?;
    if args.json {
        return context.print_json(&report(&plan, id, &explanation));
    }
    Ok(print(&plan, id, &explanation, context)?)
}

fn report<'a>(plan: &'a Plan, id: NodeId, explained: &'a Explanation) -> Report<'a> {
    let node = &plan.nodes[id.0];
    let comparison = explained.comparison.as_ref();
    Report {
        format: FORMAT,
        experiment: &plan.name,
        stage: Stage::of(plan, node, &explained.status, comparison, None),
        hashed: Hashed {
            key: explained.key,
            kind: node.spec.kind(),
            revision: explained.revision,
            config: &explained.config,
            inputs: &explained.inputs,
            files: explained.files.as_deref(),
        },
    }
}

fn print(
    plan: &Plan,
    id: NodeId,
    explained: &Explanation,
    context: &mut Context<'_>,
) -> io::Result<()> {
    let node = &plan.nodes[id.0];
    let out = &mut *context.out;
    let (word, why) = (explained.status.word(), why(plan, node, &explained.status));
    writeln!(out, "{}: {word}, {why}", node.label)?;
    match explained.key {
        Some(key) => writeln!(out, "key: {key}")?,
        None => writeln!(out, "key: not known yet")?,
    }
    writeln!(out, "kind: {}", node.spec.kind())?;
    writeln!(out, "revision: {}", explained.revision)?;
    writeln!(out, "config:")?;
    for line in settings(&explained.config) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "inputs:{}", none_if(explained.inputs.is_empty()))?;
    for input in &explained.inputs {
        let (key, stage) = (input.key, &input.stage);
        match input.content.zip(input.artifact) {
            Some((content, artifact)) => {
                let artifact = artifact.short();
                writeln!(out, "  {key}: content {content} of `{stage}` ({artifact})")?;
            }
            None => writeln!(out, "  {key}: what `{stage}` has yet to make")?,
        }
    }
    let files = explained.files.as_deref();
    let none = files.map_or(" cannot be read", |files| none_if(files.is_empty()));
    writeln!(out, "outside files:{none}")?;
    for file in files.unwrap_or_default() {
        let (path, digest, bytes) = (file.path.display(), file.digest, file.bytes);
        writeln!(out, "  {path}: {digest}, {bytes} bytes")?;
    }
    let Some(comparison) = &explained.comparison else {
        return writeln!(out, "nothing earlier to compare with");
    };
    let against = &comparison.against;
    writeln!(
        out,
        "{} since `{}` of `{}` ({}){}",
        counted(comparison.changes.len(), "change"),
        against.stage,
        against.experiment,
        against.key.short(),
        if comparison.changes.is_empty() {
            ""
        } else {
            ":"
        }
    )?;
    for change in &comparison.changes {
        writeln!(out, "  {change}")?;
    }
    Ok(())
}

/// What stands behind the heading of an empty list.
fn none_if(empty: bool) -> &'static str {
    if empty { " none" } else { "" }
}
