//! `srp bench text`

mod corpus;
mod peers;
mod steps;

use super::measure::{Sample, measure, median};
use super::table::{Number, markdown};
use super::tool::without_settings;
use super::{BenchError, Context, Failure};
use crate::cli::args::at_least_one;
use crate::exec::Slot;
use corpus::Size;
use peers::{Installed, Peer};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use steps::Step;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many pairs of lines; fewer if the files have fewer
    #[arg(long, value_name = "N", default_value = "160000", value_parser = at_least_one)]
    pairs: NonZeroUsize,

    /// How many merges to learn
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    merges: usize,

    /// On how many threads, the other programs too where they can; without it, one for each core
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    threads: Option<NonZeroUsize>,

    /// How often to measure
    #[arg(long, value_name = "N", default_value = "3", value_parser = at_least_one)]
    runs: NonZeroUsize,

    /// German text, one sentence a line; without it and `--target`, text of invented words
    #[arg(long, value_name = "FILE", requires = "target")]
    source: Option<PathBuf>,

    /// Its English translation
    #[arg(long, value_name = "FILE", requires = "source")]
    target: Option<PathBuf>,

    /// Other programs to measure in turns with this one, as far as they are installed
    #[arg(long, value_name = "PROGRAM,…", value_delimiter = ',')]
    against: Vec<Peer>,

    /// The Python that they are installed for
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,

    /// Do one step in the working directory, to be measured
    #[arg(long, hide = true)]
    step: Option<Step>,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    if let Some(step) = args.step {
        return Ok(step.run(Path::new(""), args.threads())?);
    }
    let folder = tempfile::tempdir().map_err(BenchError::io("a temporary folder"))?;
    let files = args.source.as_deref().zip(args.target.as_deref());
    let size = corpus::write(folder.path(), args.pairs.get(), files)?;
    steps::describe(folder.path(), args.merges)?;
    let mut bench = Bench {
        args,
        folder: folder.path(),
        size: &size,
        peers: args.installed(folder.path(), context)?,
        rows: Vec::new(),
    };
    for step in Step::ALL {
        context.watcher.note(&step.to_string());
        bench.in_turns(step)?;
    }
    write!(context.out, "{size}\n\n{}", bench.table())?;
    Ok(())
}

impl Args {
    fn threads(&self) -> usize {
        self.threads
            .map_or_else(Slot::all_threads, NonZeroUsize::get)
    }

    fn installed(
        &self,
        folder: &Path,
        context: &Context<'_>,
    ) -> Result<Vec<Installed>, BenchError> {
        let script = peers::write_script(folder)?;
        let mut installed = Vec::new();
        for &peer in &self.against {
            match Installed::find(peer, &self.python, &script) {
                Ok(peer) => installed.push(peer),
                Err(error) => {
                    let note = format!("{peer} is left out: {error}");
                    context.watcher.note(&note);
                }
            }
        }
        Ok(installed)
    }
}

struct Bench<'a> {
    args: &'a Args,
    folder: &'a Path,
    size: &'a Size,
    peers: Vec<Installed>,
    /// Of each step, that of srp first.
    rows: Vec<Row>,
}

/// What was measured of one program at one step.
struct Row {
    step: Step,
    program: String,
    samples: Vec<Sample>,
    /// Whether its files are those of srp, byte for byte; nothing for srp itself, and where there are none.
    same: Option<bool>,
}

impl Bench<'_> {
    /// Measures all programs that do a step in turns, so that what else the machine does meets all alike.
    fn in_turns(&mut self, step: Step) -> Result<(), BenchError> {
        // The first turn leaves what the next step reads, and fills the system's caches.
        measure(self.ours(step)?)?;
        let peers = self.peers.iter().filter(|peer| peer.does(step));
        let peers: Vec<&Installed> = peers.collect();
        for peer in &peers {
            if let Some(preparation) = peer.preparation(step) {
                measure(self.here(preparation))?;
            }
        }
        let mut ours = Row::new(step, "srp".to_owned());
        let mut theirs: Vec<Row> = peers
            .iter()
            .map(|peer| Row::new(step, peer.name.clone()))
            .collect();
        for _ in 0..self.args.runs.get() {
            ours.samples.push(measure(self.ours(step)?)?);
            for (peer, row) in peers.iter().zip(&mut theirs) {
                let command = peer.command(step, self.args.threads(), self.args.merges);
                row.samples.push(measure(self.here(command))?);
            }
        }
        for (peer, row) in peers.iter().zip(&mut theirs) {
            row.same = self.same(step, peer)?;
        }
        self.rows.extend([ours].into_iter().chain(theirs));
        Ok(())
    }

    fn ours(&self, step: Step) -> Result<Command, BenchError> {
        let program = std::env::current_exe().map_err(BenchError::io("srp"))?;
        Ok(self.here(step.command(&program, self.args.threads())))
    }

    fn here(&self, mut command: Command) -> Command {
        without_settings(&mut command);
        command.current_dir(self.folder);
        command
    }

    fn same(&self, step: Step, peer: &Installed) -> Result<Option<bool>, BenchError> {
        let mut same = None;
        for name in step.made() {
            let theirs = self.folder.join(format!("{}.{name}", peer.peer));
            if theirs.exists() {
                let content =
                    |path: PathBuf| fs::read(&path).map_err(BenchError::io(path.display()));
                let equal = content(theirs)? == content(self.folder.join(name))?;
                same = Some(same.unwrap_or(true) && equal);
            }
        }
        Ok(same)
    }

    fn table(&self) -> String {
        let head = [
            "step",
            "program",
            "wall s",
            "(least to most)",
            "CPU s",
            "pairs a s",
            "peak MiB",
            "same bytes",
            "srp ÷ it, wall",
            "srp ÷ it, CPU",
        ];
        markdown(head, self.rows.iter().map(|row| self.cells(row)))
    }

    fn cells(&self, row: &Row) -> [String; 10] {
        let ours = self.rows.iter().find(|other| other.step == row.step);
        let ours = ours.filter(|ours| !std::ptr::eq(*ours, row));
        let ratio = |of: fn(&Sample) -> f64| {
            let ratio = ours.map(|ours| Number(ours.median(of) / row.median(of)));
            ratio.map(|ratio| ratio.to_string()).unwrap_or_default()
        };
        let walls = row.samples.iter().map(|sample| sample.wall);
        let (least, most) = (
            walls.clone().fold(f64::INFINITY, f64::min),
            walls.fold(0.0, f64::max),
        );
        let wall = row.median(|sample| sample.wall);
        [
            row.step.to_string(),
            row.program.clone(),
            Number(wall).to_string(),
            format!("{} to {}", Number(least), Number(most)),
            Number(row.median(|sample| sample.cpu)).to_string(),
            Number(self.size.pairs as f64 / wall).to_string(),
            Number(row.median(|sample| sample.peak) / (1 << 20) as f64).to_string(),
            row.same
                .map(|same| if same { "yes" } else { "no" })
                .unwrap_or_default()
                .to_owned(),
            ratio(|sample| sample.wall),
            ratio(|sample| sample.cpu),
        ]
    }
}

impl Row {
    fn new(step: Step, program: String) -> Self {
        Self {
            step,
            program,
            samples: Vec::new(),
            same: None,
        }
    }

    fn median(&self, of: fn(&Sample) -> f64) -> f64 {
        median(self.samples.iter().map(of))
    }
}
