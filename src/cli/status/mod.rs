//! `srp status`

mod fold;

use super::args::CacheDir;
use super::progress::{Board, Paint, Screen, cut, in_a_line, size};
use super::units::span;
use super::{Context, Failure};
use crate::cache::{Cache, seconds_since};
use crate::exec::{self, Bulletin, Seen, Working};
use fold::{Line, Worth, fold};
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, IsTerminal};
use std::thread;
use std::time::Duration;

/// The meaning of the JSON; raised when what is there changes its meaning or goes.
const FORMAT: u32 = 1;

/// Between two looks, where they follow each other.
const LOOK: Duration = Duration::from_secs(1);

/// Seconds after which a run that says nothing is worth a word; it usually says something every second.
const SILENCE: u64 = 10;

/// Columns of lines that no terminal limits.
const UNLIMITED: usize = 200;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print one object of JSON
    #[arg(long)]
    json: bool,

    /// Look again every second, until nothing runs any more
    #[arg(long, short, conflicts_with = "json")]
    watch: bool,

    #[command(flatten)]
    cache: CacheDir,
}

/// All of it for programs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    format: u32,
    runs: Vec<Run>,
}

/// One run for programs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Run {
    state: &'static str,
    #[serde(flatten)]
    bulletin: Bulletin,
}

impl Run {
    fn of(seen: Seen) -> Self {
        let working = seen.bulletin.working.iter();
        let working = working.map(|stage| Working {
            log: seen.log(stage),
            ..stage.clone()
        });
        Self {
            state: if seen.alive { "running" } else { "killed" },
            bulletin: Bulletin {
                working: working.collect(),
                ..seen.bulletin
            },
        }
    }
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let cache = args.cache.open();
    super::cache::note_absence(&cache, context);
    if args.json {
        let runs = exec::runs(&cache).into_iter().map(Run::of).collect();
        return context.print_json(&Report {
            format: FORMAT,
            runs,
        });
    }
    let terminal = io::stdout().is_terminal();
    // On a terminal, each look takes the place of the one before.
    let mut screen = (terminal && args.watch).then(|| Screen::new(io::stdout()));
    loop {
        let seen = exec::runs(&cache);
        let (width, height) = match terminal {
            true => size(),
            false => (UNLIMITED, usize::MAX),
        };
        let mut lines = lines(&cache, &seen, width);
        match &mut screen {
            Some(screen) => {
                for line in lines.iter_mut().filter(|line| line.width >= width) {
                    *line = plain(line.worth, cut(&line.text, width.saturating_sub(1)));
                }
                // The cursor stands in the last row.
                screen.draw(&[], &fold(lines, height.saturating_sub(1)), width);
            }
            None => {
                for line in lines {
                    writeln!(context.out, "{}", line.text)?;
                }
            }
        }
        if !args.watch || !seen.iter().any(|run| run.alive) {
            return Ok(());
        }
        thread::sleep(LOOK);
    }
}

/// What there is to say of all runs.
fn lines(cache: &Cache, seen: &[Seen], width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for run in seen {
        if run.alive {
            lines.extend(of_running(run, width));
        } else {
            lines.push(plain(Worth::Killed, of_killed(run)));
        }
    }
    if !seen.iter().any(|run| run.alive) {
        let nothing = format!("nothing runs in `{}`", cache.root().display());
        lines.push(plain(Worth::Run, nothing));
    }
    lines
}

fn plain(worth: Worth, text: impl AsRef<str>) -> Line {
    let text = in_a_line(text.as_ref());
    let width = text.chars().count();
    Line { text, width, worth }
}

fn of_running(run: &Seen, width: usize) -> Vec<Line> {
    let bulletin = &run.bulletin;
    let silent = seconds_since(bulletin.told, Timestamp::now());
    let silent = match silent >= SILENCE {
        true => format!("; last heard of {} ago", span(silent)),
        false => String::new(),
    };
    let command = command(bulletin);
    let head = format!("process {}: {command}{silent}", bulletin.process);
    let board = Board {
        width: width.saturating_sub(1),
        height: usize::MAX,
        paint: Paint::of_stdout(),
    };
    let mut lines = vec![plain(Worth::Process, head)];
    let drawn = board.lines(bulletin).into_iter().enumerate();
    lines.extend(drawn.map(|(position, (text, width))| {
        let worth = match position {
            0 => Worth::Run,
            stage if stage <= bulletin.working.len() => Worth::Stage,
            _ => Worth::Done,
        };
        Line { text, width, worth }
    }));
    let failed = bulletin.failed.iter();
    lines.extend(failed.map(|stage| {
        let error = stage.error.join(": ");
        plain(Worth::Failed, format!("  {} failed: {error}", stage.stage))
    }));
    lines
}

fn of_killed(run: &Seen) -> String {
    let bulletin = &run.bulletin;
    let since = span(seconds_since(bulletin.told, Timestamp::now()));
    let (process, command) = (bulletin.process, command(bulletin));
    let stages: Vec<&str> = bulletin.working.iter().map(|stage| &*stage.stage).collect();
    let work = match stages.as_slice() {
        [] => String::new(),
        stages => format!(" while at work on {}", stages.join(", ")),
    };
    format!("process {process} was killed{work}, last heard of {since} ago; `{command}` goes on")
}

/// The command that the run was started with, but for how it is shown.
fn command(bulletin: &Bulletin) -> String {
    match &bulletin.request {
        Some(request) => request.run(),
        None => format!("a run of `{}`", bulletin.experiment),
    }
}
