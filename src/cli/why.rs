//! `srp why`

use super::args::CacheDir;
use super::words::{settings, took};
use super::{Context, Failure};
use crate::cache::{Attempt, Cache, Ingredients, Key, Manifest, Place, Provenance, locate};
use crate::plan::quoted;
use crate::results::{self, Origin};
use jiff::Timestamp;
use miette::miette;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file or folder of an artifact, or a table of results
    path: PathBuf,

    /// Where the artifacts of a table are
    #[command(flatten)]
    cache: CacheDir,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let path = &args.path;
    let whole = fs::canonicalize(path).map_err(|error| {
        Failure::of_input(miette!("`{}` cannot be found: {error}", path.display()))
    })?;
    match locate(&whole) {
        Some(Place::Artifact { cache, key, inside }) => of_artifact(&cache, key, &inside, context),
        Some(Place::Attempt(folder)) => of_attempt(path, &folder, context),
        Some(Place::Housekeeping(cache)) => {
            let (path, root) = (path.display(), cache.root().display());
            let line = "belongs to the housekeeping of the cache";
            Ok(writeln!(
                context.out,
                "{path} {line} `{root}`: no stage made it"
            )?)
        }
        None => of_table(args, context),
    }
}

fn of_artifact(
    cache: &Cache,
    key: Key,
    inside: &Path,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let Some(manifest) = cache.manifest(key) else {
        return Err(Failure::of_work(miette!(
            help = "`srp plan` of its experiment says more",
            "the manifest of the artifact {key} cannot be read"
        )));
    };
    let made = &manifest.provenance;
    let maker = format!("stage `{}` of experiment `{}`", made.stage, made.experiment);
    let name = inside.to_string_lossy();
    let line = if name.is_empty() {
        format!("this is what {maker} made")
    } else if manifest.files.contains_key(&*name) {
        format!("`{name}` is part of what {maker} made")
    } else if manifest.records.contains_key(&*name) {
        format!("`{name}` tells how {maker} made this artifact")
    } else {
        format!("`{name}` lies in what {maker} made")
    };
    writeln!(context.out, "{line}")?;
    Ok(print_artifact(cache, &manifest, context)?)
}

fn print_artifact(cache: &Cache, manifest: &Manifest, context: &mut Context<'_>) -> io::Result<()> {
    let out = &mut *context.out;
    let made = &manifest.provenance;
    let ingredients = Ingredients::read(&manifest.hashed);
    writeln!(out, "key: {}", manifest.key)?;
    if let Some(hashed) = &ingredients {
        writeln!(out, "kind: {}, revision {}", hashed.kind, hashed.revision)?;
    }
    writeln!(out, "started: {}", made.started)?;
    writeln!(out, "finished: {}", made.finished)?;
    let took = took(made.seconds, made.cpu_seconds, made.peak_memory_bytes);
    writeln!(out, "took: {took}")?;
    let machine = &made.machine;
    writeln!(
        out,
        "machine: {}, {}, {} threads, srp {}",
        machine.host, machine.device, machine.threads, machine.srp
    )?;
    match &machine.git {
        Some(git) if git.dirty => writeln!(out, "commit: {}, with changes", git.commit)?,
        Some(git) => writeln!(out, "commit: {}", git.commit)?,
        None => writeln!(out, "commit: none, not under git")?,
    }
    if let Some(hashed) = &ingredients {
        writeln!(out, "config:")?;
        for line in settings(&hashed.config) {
            writeln!(out, "  {line}")?;
        }
    }
    if !made.outside_files.is_empty() {
        writeln!(out, "outside files:")?;
        for file in &made.outside_files {
            writeln!(out, "  {}", file.display())?;
        }
    }
    if !made.inputs.is_empty() {
        writeln!(out, "made of:")?;
        print_inputs(cache, made, 1, &mut BTreeSet::new(), out)?;
    }
    writeln!(out, "again: {}", again(cache, made))
}

/// A line for each input, and below it those that it was made of; each artifact is followed up once.
fn print_inputs(
    cache: &Cache,
    made: &Provenance,
    depth: usize,
    seen: &mut BTreeSet<Key>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    for (name, key) in &made.inputs {
        let (indent, short) = ("  ".repeat(depth), key.short());
        let Some(manifest) = cache.manifest(*key) else {
            writeln!(out, "{indent}{name}: {short}, no longer in the cache")?;
            continue;
        };
        let input = &manifest.provenance;
        let kind = Ingredients::read(&manifest.hashed).map_or_else(String::new, |i| i.kind + ", ");
        let (stage, finished) = (&input.stage, input.finished);
        let first = seen.insert(*key);
        let above = if first || input.inputs.is_empty() {
            ""
        } else {
            ", see above"
        };
        writeln!(
            out,
            "{indent}{name}: `{stage}` ({kind}{short}), {finished}{above}"
        )?;
        if first {
            print_inputs(cache, input, depth + 1, seen, out)?;
        }
    }
    Ok(())
}

/// The command that makes it again.
fn again(cache: &Cache, made: &Provenance) -> String {
    let mut more = vec![made.stage.as_str(), "--force", &made.stage];
    let root = unless_usual("--cache", cache.root(), ".srp");
    more.extend(root.iter().map(String::as_str));
    match &made.request {
        Some(request) => {
            // The cache may have been moved; the run also writes the table.
            more.extend(request.folders_of(&["--cache-under", "--results"]));
            request.command("run", &more)
        }
        None => {
            let words: Vec<String> = more.into_iter().map(quoted).collect();
            let (words, experiment) = (words.join(" "), &made.experiment);
            format!("srp run FILE {words}, where FILE is the experiment `{experiment}`")
        }
    }
}

/// The flag that names a folder, where that is not the usual one below the working directory.
fn unless_usual(flag: &str, folder: &Path, usual: &str) -> Vec<String> {
    let here = std::env::current_dir().unwrap_or_default();
    let near = folder.strip_prefix(here).unwrap_or(folder);
    if near == Path::new(usual) {
        return Vec::new();
    }
    vec![flag.to_owned(), near.to_string_lossy().into_owned()]
}

fn of_attempt(path: &Path, folder: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let out = &mut *context.out;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let path = path.display();
    let known = Attempt::read(folder);
    let end = match &known {
        Some(attempt) if attempt.interrupted => "was stopped",
        _ => "failed",
    };
    writeln!(out, "{path} was left by a stage that {end}: {name}")?;
    let Some(attempt) = known else {
        return Ok(writeln!(out, "what is known of it cannot be read")?);
    };
    writeln!(out, "stage: {} ({})", attempt.stage, attempt.key.short())?;
    writeln!(out, "began: {}", attempt.started)?;
    writeln!(
        out,
        "took: {}",
        took(
            attempt.seconds,
            attempt.cpu_seconds,
            attempt.peak_memory_bytes
        )
    )?;
    if let Some(exit) = &attempt.exit {
        writeln!(out, "its process ended with {exit}")?;
    }
    let told = if attempt.interrupted { "end" } else { "error" };
    Ok(writeln!(out, "{told}: {}", attempt.error.join(": "))?)
}

fn of_table(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let stranger = || {
        Failure::of_input(miette!(
            help = "srp knows the files of artifacts, in the cache, and the tables of results",
            "srp did not make `{}`",
            args.path.display()
        ))
    };
    let csv = args.path.with_extension("csv");
    let is_table = ["csv", "parquet"].map(|e| args.path.extension() == Some(e.as_ref()));
    if !args.path.is_file() || !is_table.contains(&true) || !csv.is_file() {
        return Err(stranger());
    }
    let origins = results::origins(&csv)?.ok_or_else(stranger)?;
    Ok(print_table(args, &origins, context)?)
}

fn print_table(args: &Args, origins: &[Origin], context: &mut Context<'_>) -> io::Result<()> {
    let out = &mut *context.out;
    let cache = args.cache.open();
    let experiments: BTreeSet<&str> = origins.iter().map(|o| o.experiment.as_str()).collect();
    let experiments: Vec<&str> = experiments.into_iter().collect();
    writeln!(
        out,
        "`{}` is the table of experiment `{}`",
        args.path.display(),
        experiments.join("`, `")
    )?;
    let modified = fs::metadata(&args.path).and_then(|file| file.modified());
    if let Some(time) = modified
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok())
    {
        writeln!(out, "written: {time}")?;
    }
    writeln!(out, "rows:")?;
    let mut request = None;
    for origin in origins {
        let short = origin.artifact.short();
        match cache.manifest(origin.artifact) {
            Some(Manifest { provenance, .. }) => {
                let (stage, finished) = (&provenance.stage, provenance.finished);
                writeln!(out, "  {}: `{stage}` ({short}), {finished}", origin.stage)?;
                request = request.or(provenance.request);
            }
            None => writeln!(out, "  {}: {short}, not in this cache", origin.stage)?,
        }
    }
    let Some(request) = request else {
        return Ok(());
    };
    let folder = args.path.parent().unwrap_or(Path::new("."));
    let mut more = unless_usual("--cache", cache.root(), ".srp");
    more.extend(unless_usual("--results", folder, "results"));
    let mut more: Vec<&str> = more.iter().map(String::as_str).collect();
    more.extend(request.folders_of(&["--cache-under"]));
    writeln!(out, "again: {}", request.command("results", &more))
}
