//! `srp plot`

use super::args::{CacheDir, Experiment};
use super::results::not_yet;
#[cfg(feature = "tables")]
use super::sources::{Averages, Sources};
use super::{Context, Failure};
use crate::cache::Artifact;
use crate::config::Checkpoint;
use crate::exec::{self, Options, Status};
#[cfg(feature = "tables")]
use crate::figure::Spacing;
use crate::figure::{Drawing, SERIES};
use crate::plan::{NodeId, Plan};
#[cfg(feature = "tables")]
use crate::report::Wish;
use crate::report::{self, ReportError};
use crate::results::sizes;
#[cfg(feature = "tables")]
use crate::results::{self, Ranking};
use miette::miette;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    /// BLEU against what a model costs, with the models that no other one beats
    #[cfg(feature = "tables")]
    Pareto(Pareto),
    /// Loss, BLEU, learning rate and connectivity over the updates of trainings
    Training(Stages),
    /// What is left of each kind of group in each layer of a model
    Groups(Stages),
}

/// Where a picture goes, and what stands above it.
#[derive(Debug, clap::Args)]
struct Picture {
    /// The file to write, whose ending says what: FILE.svg or FILE.png; without it, SVG goes to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// What stands above the picture
    #[arg(long, value_name = "WORDS")]
    title: Option<String>,
}

#[cfg(feature = "tables")]
#[derive(Debug, clap::Args)]
struct Pareto {
    #[command(flatten)]
    sources: Sources,

    /// From left to right: parameters, flops, speed, latency, or any column of numbers
    #[arg(long, value_name = "COLUMN", default_value = "parameters")]
    x: String,

    /// From bottom to top: any column of numbers
    #[arg(long, value_name = "COLUMN", default_value = "bleu")]
    y: String,

    /// What colours tell apart; without it, what the sweep varies
    #[arg(long, value_name = "COLUMN")]
    color: Option<String>,

    /// What shapes tell apart; without it, the stages
    #[arg(long, value_name = "COLUMN")]
    shape: Option<String>,

    /// What is written beside points; without it, what else the sweep varies
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,

    /// Space the values from left to right by their ratio
    #[arg(long)]
    log: bool,

    /// Only rows where this holds, such as `rate <= 0.3 and bleu > 30`: an SQL expression over the columns
    #[arg(long = "where", value_name = "EXPRESSION")]
    filter: Option<String>,

    #[command(flatten)]
    averages: Averages,

    /// Draw rows in one picture although their test sets, signatures or search settings differ, or the machines of
    /// measured speeds
    #[arg(long)]
    anyway: bool,

    #[command(flatten)]
    picture: Picture,
}

#[derive(Debug, clap::Args)]
struct Stages {
    #[command(flatten)]
    experiment: Experiment,

    /// The stages: NAME for all points of the sweep, NAME@PARAMETER=VALUE,… for some, or LABEL
    #[arg(value_name = "STAGE", required = true)]
    stages: Vec<String>,

    #[command(flatten)]
    cache: CacheDir,

    #[command(flatten)]
    picture: Picture,
}

/// Width and height of the field of a scatter plot, and of a panel of curves.
#[cfg(feature = "tables")]
const SCATTER: (f64, f64) = (720.0, 460.0);
const CURVES: (f64, f64) = (720.0, 170.0);

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    match &args.kind {
        #[cfg(feature = "tables")]
        Kind::Pareto(args) => pareto(args, context),
        Kind::Training(args) => training(args, context),
        Kind::Groups(args) => groups(args, context),
    }
}

#[cfg(feature = "tables")]
fn pareto(args: &Pareto, context: &mut Context<'_>) -> Result<(), Failure> {
    let wish = Wish {
        x: args.x.clone(),
        y: args.y.clone(),
        colour: args.color.clone(),
        shape: args.shape.clone(),
        label: args.label.clone(),
        spacing: match args.log {
            true => Spacing::Log,
            false => Spacing::Linear,
        },
    };
    let cache = args.sources.cache.open();
    let sources = args.sources.read(&cache, context)?;
    let columns: Vec<&str> = sources.iter().flat_map(|(_, rows)| rows.names()).collect();
    let ranking = Ranking {
        filter: args.filter.as_deref(),
        over: args.averages.over(),
        also: report::measured_on(&columns, &wish),
        anyway: args.anyway,
    };
    let (rows, notes) = results::ranked(sources, &ranking, &cache)?;
    notes.iter().for_each(|note| context.watcher.note(note));
    let (mut scatter, left_out) = report::pareto(&rows.columns()?, &wish)?;
    if left_out > 0 {
        let (all, x, y) = (rows.height(), &wish.x, &wish.y);
        context.watcher.note(&format!(
            "{left_out} of {all} rows are not drawn: they have no place on the axis of {x} or of {y}"
        ));
    }
    args.picture.name(&mut scatter.title);
    args.picture.put(&scatter.draw(SCATTER), context)
}

fn training(args: &Stages, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.experiment.load_with(&args.cache)?;
    let ids = args.trainings(&plan, context)?;
    let statuses = args.statuses(&plan, context)?;
    let artifacts: Vec<Option<&Artifact>> = statuses.iter().map(Status::artifact).collect();
    let mut course = report::training(&plan, &artifacts, &ids)?;
    for line in &course.missing {
        context.watcher.note(line);
    }
    if course.curves.colours.is_empty() {
        return Err(nothing_yet(&plan, &args.stages));
    }
    course.curves.title = format!("Training of {}", plan.name);
    args.picture.name(&mut course.curves.title);
    args.picture
        .put(&course.curves.draw(CURVES.0, CURVES.1), context)
}

fn groups(args: &Stages, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.experiment.load_with(&args.cache)?;
    let [stage] = &args.stages[..] else {
        return Err(Failure::of_input(miette!(
            "a heat map shows one model, and {} stages are named",
            args.stages.len()
        )));
    };
    let id = plan.stage(stage)?;
    let statuses = args.statuses(&plan, context)?;
    let model = report::model_of(&plan, id);
    let artifact = statuses[model.0].artifact();
    let artifact = artifact.ok_or_else(|| nothing_yet(&plan, &args.stages))?;
    let label = &plan.nodes[model.0].label;
    let sizes = sizes(artifact, Checkpoint::Last)?.ok_or_else(|| {
        Failure::of_input(miette!(
            help = "name a stage that makes or tests a model",
            "`{label}` has no model"
        ))
    })?;
    let mut map = report::groups(&format!("What is left of {label}"), &sizes);
    args.picture.name(&mut map.title);
    args.picture.put(&map.draw(), context)
}

fn nothing_yet(plan: &Plan, stages: &[String]) -> Failure {
    let stages = stages.join(", ");
    not_yet(plan, &format!("there is nothing to draw of {stages} yet"))
}

/// That a stage trains nothing, with the one that trained the model that it is about.
fn no_training(plan: &Plan, id: NodeId) -> Failure {
    let node = &plan.nodes[id.0];
    let trained = report::trained_by(plan, id).map(|id| &plan.nodes[id.0].label);
    let help = trained.map_or_else(
        || "name a stage that trains: of the kind `pretrain`, `prune` or `finetune`".to_owned(),
        |label| format!("its model comes from `{label}`: name that"),
    );
    Failure::of_input(miette!(
        help = help,
        "`{}` is a stage of the kind `{}`, which trains nothing",
        node.label,
        node.spec.kind()
    ))
}

impl Stages {
    /// The trainings that are meant; of too many to be told apart, the first.
    fn trainings(&self, plan: &Plan, context: &Context<'_>) -> Result<Vec<NodeId>, Failure> {
        let ids = self.stages.iter().map(|stage| plan.stages(stage));
        let ids: Vec<Vec<NodeId>> = ids.collect::<Result<_, _>>()?;
        let ids: BTreeSet<NodeId> = ids.into_iter().flatten().collect();
        let other = ids.iter().find(|id| !report::is_training(plan, **id));
        if let Some(other) = other {
            return Err(no_training(plan, *other));
        }
        if ids.len() > SERIES {
            context.watcher.note(&format!(
                "{} trainings are named, more than there are colours: the first {SERIES} are drawn; STAGE@PARAMETER=VALUE \
                 names fewer",
                ids.len()
            ));
        }
        Ok(ids.into_iter().take(SERIES).collect())
    }

    fn statuses(&self, plan: &Plan, context: &Context<'_>) -> Result<Vec<Status>, Failure> {
        let cache = self.cache.open();
        Ok(exec::preview(
            plan,
            &cache,
            context.runner,
            &Options::default(),
        )?)
    }
}

impl Picture {
    /// Puts the title that was asked for in the place of another.
    fn name(&self, title: &mut String) {
        if let Some(wanted) = &self.title {
            wanted.clone_into(title);
        }
    }

    fn put(&self, drawing: &Drawing, context: &mut Context<'_>) -> Result<(), Failure> {
        let Some(path) = &self.out else {
            return Ok(context.out.write_all(drawing.document().as_bytes())?);
        };
        let bytes = match path.extension().and_then(|ending| ending.to_str()) {
            Some("svg") => drawing.document().into_bytes(),
            Some("png") => png(drawing, context)?,
            _ => {
                return Err(Failure::of_input(miette!(
                    "`{}` says no format: expected FILE.svg or FILE.png",
                    path.display()
                )));
            }
        };
        write(path, &bytes, context)
    }
}

/// Dots of a PNG for each pixel of a picture: enough for print in a column.
#[cfg(feature = "png")]
const SCALE: f32 = 2.0;
/// Characters without a font that are told at most.
#[cfg(feature = "png")]
const SAID: usize = 20;

#[cfg(feature = "png")]
fn png(drawing: &Drawing, context: &Context<'_>) -> Result<Vec<u8>, Failure> {
    let png = crate::figure::png(drawing, SCALE);
    let png = png.map_err(|error| Failure::of_work(miette::Report::msg(error)))?;
    if !png.missing.is_empty() {
        context.watcher.note(&format!(
            "no font on this machine has `{}`: `?` stands for such characters in the picture; in FILE.svg, the fonts of the \
             machine that shows it write them",
            png.missing.chars().take(SAID).collect::<String>()
        ));
    }
    Ok(png.bytes)
}

#[cfg(not(feature = "png"))]
fn png(_: &Drawing, _: &Context<'_>) -> Result<Vec<u8>, Failure> {
    Err(Failure::of_input(miette!(
        help = "build it with the default features, or ask for FILE.svg",
        "this srp was built without PNG"
    )))
}

/// Writes a file that somebody asked for, and says so.
pub(super) fn write(path: &Path, bytes: &[u8], context: &Context<'_>) -> Result<(), Failure> {
    fs::write(path, bytes)
        .map_err(|error| Failure::of_work(miette!("cannot write `{}`: {error}", path.display())))?;
    context.watcher.note(&format!("wrote {}", path.display()));
    Ok(())
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::UnknownColumn { .. }
            | ReportError::NoNumbers { .. }
            | ReportError::NoPoints { .. } => Self::of_input(error.into()),
            _ => Self::of_work(error),
        }
    }
}
