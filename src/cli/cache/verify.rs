//! `srp cache verify`

use super::super::args::CacheDir;
use super::super::{Context, Failure};
use super::names;
use crate::cache::{Cache, CacheError, Entry, Quarantined};
use crate::counted::{counted, is_or_are};
use miette::miette;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Beginnings of keys; by default every artifact of the cache, but not of those under it
    keys: Vec<String>,

    #[command(flatten)]
    cache: CacheDir,
}

/// What verification says of an artifact.
enum Verdict {
    Sound,
    Damaged(Quarantined),
    /// Damaged, or half replaced: another process is at it.
    Busy,
    Unreadable(CacheError),
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let cache = args.cache.open();
    super::note_absence(&cache, context);
    let entries = chosen(&cache, &args.keys)?;
    let verdicts = verify(&cache, &entries);
    let (mut damaged, mut unreadable) = (0, Vec::new());
    for (entry, verdict) in entries.iter().zip(verdicts) {
        let [kind, stage, _] = names(entry);
        let name = format!("{}  {kind} {stage}", entry.key.short());
        let name = name.trim_end();
        match verdict {
            Verdict::Sound => {}
            Verdict::Damaged(found) => {
                damaged += 1;
                for fault in &found.faults {
                    writeln!(context.out, "{name}: {fault}")?;
                }
                writeln!(context.out, "{name}: moved to `{}`", found.to.display())?;
            }
            Verdict::Busy => {
                let line = format!("{name}: passed over, since a running srp is making it");
                context.watcher.note(&line);
            }
            Verdict::Unreadable(error) => unreadable.push(error),
        }
    }
    let all = counted(entries.len(), "artifact");
    writeln!(context.out, "{all} read, {damaged} damaged")?;
    match unreadable.into_iter().next() {
        Some(error) => Err(error.into()),
        None if damaged > 0 => Err(Failure::of_work(miette!(
            help = "`srp run` makes them again; `srp cache gc --quarantine --yes` deletes what is left of them",
            "{damaged} of {all} {} damaged",
            is_or_are(damaged)
        ))),
        None => Ok(()),
    }
}

/// The artifacts of the cache that the user means.
fn chosen(cache: &Cache, prefixes: &[String]) -> Result<Vec<Entry>, Failure> {
    let mut entries = cache.entries()?;
    entries.retain(|entry| entry.own);
    if prefixes.is_empty() {
        return Ok(entries);
    }
    let begins = |entry: &Entry, prefix: &str| entry.key.to_string().starts_with(prefix);
    for prefix in prefixes {
        if !entries.iter().any(|entry| begins(entry, prefix)) {
            return Err(Failure::of_input(miette!(
                help = "`srp cache ls` shows the keys",
                "`{prefix}` is not the beginning of a key in `{}`",
                cache.root().display()
            )));
        }
    }
    entries.retain(|entry| prefixes.iter().any(|prefix| begins(entry, prefix)));
    Ok(entries)
}

/// The verdict on each, found by as many threads as there are processors.
fn verify(cache: &Cache, entries: &[Entry]) -> Vec<Verdict> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            match entries.get(position) {
                Some(entry) => found.push((position, verdict(cache, entry))),
                None => return found,
            }
        }
    };
    let mut found: Vec<(usize, Verdict)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(entries.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| match worker.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        workers.into_iter().flat_map(join).collect()
    });
    found.sort_by_key(|(position, _)| *position);
    found.into_iter().map(|(_, verdict)| verdict).collect()
}

/// Most artifacts are sound, and need no lock for that to be seen.
fn verdict(cache: &Cache, entry: &Entry) -> Verdict {
    let look = || -> Result<Verdict, CacheError> {
        if cache.faults(entry.key)?.is_empty() {
            return Ok(Verdict::Sound);
        }
        let Some(guard) = cache.try_guard(entry.key)? else {
            return Ok(Verdict::Busy);
        };
        let found = cache.quarantine_damaged(&guard)?;
        Ok(found.map_or(Verdict::Sound, Verdict::Damaged))
    };
    look().unwrap_or_else(Verdict::Unreadable)
}
