//! `srp bench plan`

use super::measure::{Sample, measure, measure_within};
use super::shape::Shape;
use super::table::{Row, table};
use super::tool::{Peer, Task, Tool};
use super::{BenchError, Context, Failure};
use crate::cli::args::at_least_one;
use crate::counted::counted;
use crate::exec::Watcher;
use std::num::NonZeroUsize;
use std::path::Path;
use tempfile::TempDir;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many stages; may be several numbers
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "10,100,1000"
    )]
    stages: Vec<usize>,

    /// How the stages hang together
    #[arg(long, value_delimiter = ',', default_value = "chain,fan,sweep")]
    shape: Vec<Shape>,

    /// How often to measure everything but cold runs, which are measured once
    #[arg(long, value_name = "N", default_value = "7", value_parser = at_least_one)]
    runs: NonZeroUsize,

    /// Other programs to measure in turns with this one, as far as they are installed
    #[arg(long, value_name = "PROGRAM,…", value_delimiter = ',')]
    against: Vec<Peer>,

    /// Give up a program's cold run after so long
    #[arg(long, value_name = "SECONDS", default_value_t = 120.0)]
    cold_limit: f64,
}

/// The first stage before and after a change.
const SEEDS: [u32; 2] = [0, 1];

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut bench = Bench {
        args,
        watcher: context.watcher,
        rows: Vec::new(),
    };
    let tools = bench.start()?;
    for &shape in &args.shape {
        for &stages in &args.stages {
            let stages = shape.stages(stages).len();
            context
                .watcher
                .note(&format!("{shape} of {}", counted(stages, "stage")));
            bench.project(shape, stages, &tools)?;
        }
    }
    write!(context.out, "{}", table(&bench.rows))?;
    Ok(())
}

struct Bench<'a> {
    args: &'a Args,
    watcher: &'a dyn Watcher,
    rows: Vec<Row>,
}

/// A program at work on a project of its own.
struct Worker {
    tool: Tool,
    folder: TempDir,
}

impl Bench<'_> {
    /// Measures the start of all programs; returns those that there are.
    fn start(&mut self) -> Result<Vec<Tool>, BenchError> {
        let mut workers = vec![Worker::new(Tool::Srp)?];
        for &peer in &self.args.against {
            let worker = Worker::new(Tool::Peer(peer))?;
            match worker.measure(Task::Start) {
                Ok(_) => workers.push(worker),
                Err(error) => {
                    let why = std::error::Error::source(&error).map(ToString::to_string);
                    let why = why.unwrap_or_else(|| error.to_string());
                    self.watcher.note(&format!("{peer} is left out: {why}"));
                }
            }
        }
        self.in_turns(None, Task::Start, &mut workers)?;
        Ok(workers.into_iter().map(|worker| worker.tool).collect())
    }

    /// Measures all programs on one project.
    fn project(&mut self, shape: Shape, stages: usize, tools: &[Tool]) -> Result<(), BenchError> {
        let project = Some((shape, stages));
        let mut workers = Vec::new();
        for &tool in tools {
            let worker = Worker::new(tool)?;
            tool.describe(shape, stages, SEEDS[0], worker.folder.path())?;
            let sample = worker.cold(self.args.cold_limit);
            if self.add(project, Task::Cold, tool, sample.map(|sample| vec![sample]))? {
                workers.push(worker);
            }
        }
        self.in_turns(project, Task::Noop, &mut workers)?;
        self.in_turns(project, Task::Plan, &mut workers)?;
        for Worker { tool, folder } in &workers {
            tool.describe(shape, stages, SEEDS[1], folder.path())?;
        }
        self.in_turns(project, Task::Reasons, &mut workers)
    }

    /// Measures a task of all programs in turns, so that what else the machine does meets all alike. Who fails has no
    /// further turn.
    fn in_turns(
        &mut self,
        project: Option<(Shape, usize)>,
        task: Task,
        workers: &mut Vec<Worker>,
    ) -> Result<(), BenchError> {
        let mut samples: Vec<Result<Vec<Sample>, BenchError>> = Vec::new();
        // The first turn fills the system's caches.
        samples.extend(
            workers
                .iter()
                .map(|worker| worker.measure(task).map(|_| Vec::new())),
        );
        for _ in 0..self.args.runs.get() {
            for (worker, samples) in workers.iter().zip(&mut samples) {
                if let Ok(so_far) = samples {
                    match worker.measure(task) {
                        Ok(sample) => so_far.push(sample),
                        Err(error) => *samples = Err(error),
                    }
                }
            }
        }
        let mut kept = Vec::new();
        for (worker, samples) in workers.drain(..).zip(samples) {
            if self.add(project, task, worker.tool, samples)? {
                kept.push(worker);
            }
        }
        *workers = kept;
        Ok(())
    }

    /// Keeps what was measured; says whether there is something. That srp itself fails is an error.
    fn add(
        &mut self,
        project: Option<(Shape, usize)>,
        task: Task,
        tool: Tool,
        samples: Result<Vec<Sample>, BenchError>,
    ) -> Result<bool, BenchError> {
        let samples = match samples {
            Err(error) if tool == Tool::Srp => return Err(error),
            Err(BenchError::TooSlow { seconds, .. }) => Err(format!("over {seconds} s")),
            Err(error) => {
                self.watcher.note(&error.to_string());
                Err("failed".to_owned())
            }
            Ok(samples) => Ok(samples),
        };
        let measured = samples.is_ok();
        self.rows.push(Row {
            project,
            task,
            tool,
            samples,
        });
        Ok(measured)
    }
}

impl Worker {
    fn new(tool: Tool) -> Result<Self, BenchError> {
        let folder = tempfile::tempdir().map_err(BenchError::io("a temporary folder"))?;
        Ok(Self { tool, folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn measure(&self, task: Task) -> Result<Sample, BenchError> {
        measure(self.tool.asked(task, self.path())?)
    }

    fn cold(&self, limit: f64) -> Result<Sample, BenchError> {
        if let Some(command) = self.tool.preparation(self.path())? {
            measure(command)?;
        }
        measure_within(self.tool.asked(Task::Cold, self.path())?, limit)
    }
}
