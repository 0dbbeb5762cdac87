//! `srp cache ls`

use super::super::args::CacheDir;
use super::super::{Context, Failure};
use super::reach::Reach;
use super::{names, table};
use crate::cache::{Entry, seconds_since};
use crate::cli::units::{size, span};
use crate::counted::counted;
use jiff::Timestamp;
use serde::Serialize;
use std::cmp::Reverse;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only what these experiments (FILE.toml) or parts of them (FILE.toml:STAGE, FILE.toml:STAGE@PARAMETER=VALUE) use;
    /// by default all that there is, with those in `experiments` that use it
    #[arg(value_name = "EXPERIMENT")]
    experiments: Vec<String>,

    /// What comes first
    #[arg(long, value_enum, default_value_t)]
    sort: Order,

    /// Print JSON, with whole keys, bytes and times
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    cache: CacheDir,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Order {
    /// The largest
    #[default]
    Size,
    /// The oldest
    Age,
    /// What was not used for longest
    Used,
    /// Stages by their names
    Stage,
}

/// What JSON says of an artifact.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row<'a> {
    key: String,
    kind: Option<String>,
    stage: Option<&'a str>,
    experiment: Option<&'a str>,
    bytes: u64,
    made: Option<Timestamp>,
    used: Timestamp,
    /// How long it took to make.
    seconds: Option<f64>,
    used_by: Vec<&'a str>,
    folder: &'a Path,
    /// Whether it lies in a cache under this one.
    under: bool,
    damage: Option<&'a str>,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let cache = args.cache.open();
    super::note_absence(&cache, context);
    let mut entries = cache.entries()?;
    let reach = match args.experiments.as_slice() {
        [] => Reach::as_known(&cache, context)?,
        named => {
            let reach = Reach::as_named(named, &cache, context)?;
            entries.retain(|entry| reach.has(entry.key));
            reach
        }
    };
    sort(&mut entries, args.sort);
    if args.json {
        let rows: Vec<Row<'_>> = entries.iter().map(|entry| row(entry, &reach)).collect();
        let text = serde_json::to_string_pretty(&rows).map_err(std::io::Error::from)?;
        writeln!(context.out, "{text}")?;
        return Ok(());
    }
    let now = Timestamp::now();
    let heads = [
        "key",
        "kind",
        "stage",
        "experiment",
        "size",
        "age",
        "used",
        "by",
    ];
    let mut lines = vec![heads.map(str::to_owned)];
    lines.extend(entries.iter().map(|entry| line(entry, &reach, now)));
    if !entries.is_empty() {
        let numbers = [false, false, false, false, true, true, true, false];
        write!(context.out, "{}", table(&lines, numbers))?;
    }
    writeln!(context.out, "{}", total(&entries, &reach))?;
    Ok(())
}

fn made(entry: &Entry) -> Option<Timestamp> {
    Some(entry.manifest.as_ref().ok()?.provenance.finished)
}

fn sort(entries: &mut [Entry], order: Order) {
    match order {
        Order::Size => entries.sort_by_key(|entry| Reverse(entry.bytes)),
        Order::Age => entries.sort_by_key(made),
        Order::Used => entries.sort_by_key(|entry| entry.used),
        Order::Stage => entries.sort_by_cached_key(|entry| {
            let [_, stage, experiment] = names(entry);
            (experiment, stage)
        }),
    }
}

fn line(entry: &Entry, reach: &Reach, now: Timestamp) -> [String; 8] {
    let [kind, stage, experiment] = names(entry);
    let ago = |time| span(seconds_since(time, now));
    let mut by = reach.users(entry.key).join(", ");
    if !entry.own {
        by += &format!(" (in {})", root(&entry.folder).display());
    }
    [
        entry.key.short(),
        kind,
        stage,
        experiment,
        size(entry.bytes),
        made(entry).map(ago).unwrap_or_default(),
        ago(entry.used),
        by.trim_start().to_owned(),
    ]
}

/// The cache that an artifact's folder lies in.
fn root(folder: &Path) -> &Path {
    folder.ancestors().nth(3).unwrap_or(folder)
}

fn row<'a>(entry: &'a Entry, reach: &'a Reach) -> Row<'a> {
    let provenance = entry.manifest.as_ref().ok().map(|made| &made.provenance);
    Row {
        key: entry.key.to_string(),
        kind: entry.kind(),
        stage: provenance.map(|made| made.stage.as_str()),
        experiment: provenance.map(|made| made.experiment.as_str()),
        bytes: entry.bytes,
        made: made(entry),
        used: entry.used,
        seconds: provenance.map(|made| made.seconds),
        used_by: reach.users(entry.key),
        folder: &entry.folder,
        under: !entry.own,
        damage: entry.manifest.as_ref().err().map(String::as_str),
    }
}

fn total(entries: &[Entry], reach: &Reach) -> String {
    let sum = |entries: &[&Entry]| size(entries.iter().map(|entry| entry.bytes).sum());
    let all: Vec<&Entry> = entries.iter().collect();
    let unused = |entry: &&Entry| reach.users(entry.key).is_empty();
    let under = |entry: &&Entry| !entry.own;
    let mut line = format!("{}, {}", counted(all.len(), "artifact"), sum(&all));
    for (some, what) in [
        (
            all.iter().copied().filter(unused).collect::<Vec<_>>(),
            "used by no experiment here",
        ),
        (
            all.iter().copied().filter(under).collect(),
            "in caches under this one",
        ),
    ] {
        if !some.is_empty() {
            line += &format!("; {} {what}, {}", some.len(), sum(&some));
        }
    }
    line
}
