//! `srp cache gc`

use super::super::args::CacheDir;
use super::super::{Context, Failure};
use super::reach::Reach;
use super::{names, table};
use crate::cache::{Cache, Entry, Leftover, LeftoverKind, Selection, Wish, seconds_since};
use crate::cli::units::{parse_size, parse_span, size, span};
use crate::cli::words::chain;
use crate::counted::counted;
use crate::results::duration;
use jiff::Timestamp;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only what was not used for so long, such as `30d`
    #[arg(long, value_name = "AGE", value_parser = parse_span)]
    older_than: Option<u64>,

    /// No more than is needed to bring the cache down to this size, such as `20GiB`; what was not used for longest
    /// goes first
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    keep_size: Option<u64>,

    /// Only what none of these experiments uses; by default those in `experiments`
    #[arg(long, value_name = "FILE", num_args = 0..)]
    unreachable: Option<Vec<PathBuf>>,

    /// Damaged artifacts that were set aside too
    #[arg(long)]
    quarantine: bool,

    /// Delete it
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    cache: CacheDir,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let cache = args.cache.open();
    super::note_absence(&cache, context);
    let now = Timestamp::now();
    let not_among = match &args.unreachable {
        Some(files) => Some(Reach::as_sure(files, &cache, context)?.into_keys()),
        None => None,
    };
    let wish = Wish {
        unused_for: args.older_than,
        not_among,
        keep_bytes: args.keep_size,
    };
    let entries = cache.entries()?;
    let selection = wish.select(&entries, &cache.held(), now);
    let mut leftovers = cache.leftovers();
    leftovers.retain(|leftover| is_unwanted(leftover, args, now));
    preview(&entries, &selection, &leftovers, now, context)?;
    if args.yes {
        delete(&cache, &selection, &leftovers, context)?;
    } else if !(selection.go.is_empty() && leftovers.is_empty()) {
        writeln!(context.out, "nothing was deleted; add `--yes` to do it")?;
    }
    Ok(())
}

fn is_unwanted(leftover: &Leftover, args: &Args, now: Timestamp) -> bool {
    let old = |limit| seconds_since(leftover.changed, now) > limit;
    match leftover.kind {
        LeftoverKind::Draft | LeftoverKind::Finished(_) => true,
        LeftoverKind::Attempt | LeftoverKind::Unfinished(_) => args.older_than.is_some_and(old),
        LeftoverKind::Quarantined => args.quarantine,
    }
}

/// Prints what goes, how much that frees and what it would take to make it again, and says why something stays.
fn preview(
    entries: &[Entry],
    selection: &Selection<'_>,
    leftovers: &[Leftover],
    now: Timestamp,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let artifacts: Vec<[String; 6]> = selection.go.iter().map(|entry| line(entry, now)).collect();
    let numbers = [false, false, false, true, false, false];
    write!(context.out, "{}", table(&artifacts, numbers))?;
    for leftover in leftovers {
        let path = leftover.path.display();
        let (what, size) = (leftover.kind.words(), size(leftover.bytes));
        writeln!(context.out, "{path}  {what}  {size}")?;
    }
    for (some, why) in [
        (&selection.held, "a running srp holds it"),
        (&selection.read, "an artifact that stays was made of it"),
    ] {
        for entry in some {
            let [_, stage, _] = names(entry);
            let line = format!("{}  {stage}: stays, since {why}", entry.key.short());
            context.watcher.note(&line);
        }
    }
    let own: u64 = entries
        .iter()
        .filter(|entry| entry.own)
        .map(|entry| entry.bytes)
        .sum();
    let gone: u64 = selection.go.iter().map(|entry| entry.bytes).sum();
    let rest: u64 = leftovers.iter().map(|leftover| leftover.bytes).sum();
    // The sum of no numbers would be -0.
    let cost = selection
        .go
        .iter()
        .fold(0.0, |sum, entry| sum + cost(entry));
    let own_count = entries.iter().filter(|entry| entry.own).count();
    writeln!(
        context.out,
        "{} and {}: {} freed, {} to make again; {}, {}, left",
        counted(artifacts.len(), "artifact"),
        counted(leftovers.len(), "leftover"),
        size(gone + rest),
        duration(cost),
        counted(own_count - artifacts.len(), "artifact"),
        size(own - gone),
    )?;
    Ok(())
}

fn line(entry: &Entry, now: Timestamp) -> [String; 6] {
    let [kind, stage, experiment] = names(entry);
    [
        entry.key.short(),
        kind,
        format!("{stage} ({experiment})"),
        size(entry.bytes),
        format!("used {} ago", span(seconds_since(entry.used, now))),
        format!("{} to make again", duration(cost(entry))),
    ]
}

/// The seconds that it took to make.
fn cost(entry: &Entry) -> f64 {
    let made = entry.manifest.as_ref();
    made.map_or(0.0, |manifest| manifest.provenance.seconds)
}

fn delete(
    cache: &Cache,
    selection: &Selection<'_>,
    leftovers: &[Leftover],
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let mut artifacts = 0;
    for entry in &selection.go {
        // A run may have begun to rely on it since it was chosen.
        let guard = cache.try_guard(entry.key)?;
        match guard.filter(|_| !cache.held().contains(&entry.key)) {
            Some(guard) => {
                cache.discard(&guard)?;
                artifacts += 1;
            }
            None => {
                let line = format!("{}: stays, since a running srp holds it", entry.key.short());
                context.watcher.note(&line);
            }
        }
    }
    let mut others = 0;
    for leftover in leftovers {
        others += usize::from(cache.discard_leftover(leftover)?);
    }
    writeln!(
        context.out,
        "deleted {} and {}",
        counted(artifacts, "artifact"),
        counted(others, "leftover")
    )?;
    let stuck = cache.remove_idle_locks();
    if let Some(first) = stuck.first() {
        let locks = counted(stuck.len(), "lock");
        let line = format!("{locks} could not be deleted: {}", chain(first));
        context.watcher.note(&line);
    }
    Ok(())
}
