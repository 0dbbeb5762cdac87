//! Stages in processes of their own: a crash, or the system's killing for want of memory, ends one stage and not the
//! run.
//!
//! The process is `PROGRAM worker JOB`, with the job in a file among the records of the artifact. It tells how it goes
//! in lines of JSON on its standard output; what else it says on standard error goes to the stage's log. A line on its
//! standard input asks it to stop, and the end of that input tells it that the run is no more.

use super::job::{Event, JOB, Job, STOP};
use super::slot::THREADS;
use super::usage::{Usage, try_wait};
use super::{Runner, StageFailure, Workplace};
use crate::cache::LOG;
use crate::config::StageSpec;
use signal_hook::low_level::signal_name;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The program that runs, where the system has that: the same one even if another takes its place on the disk meanwhile.
const ITSELF: &str = "/proc/self/exe";
/// What processes of stages are called in lists of processes.
const NAME: &str = "srp";
/// How often a process that says nothing is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long a process that took too long may take to keep what it has done.
const GRACE: Duration = Duration::from_secs(10);
/// Lines of a log that tell what a process died of.
const LAST_LINES: usize = 5;

/// Runs every stage in a process of its own.
pub struct Processes<'a> {
    /// Answers what is asked about stages in this process.
    runner: &'a dyn Runner,
    program: PathBuf,
}

impl<'a> Processes<'a> {
    /// Stages of `runner`, which this program has too: called with `worker` and the path of a job, it does what
    /// [`serve`](super::serve) does.
    ///
    /// # Errors
    /// If the system does not say where the program is.
    pub fn of_this_program(runner: &'a dyn Runner) -> io::Result<Self> {
        let itself = Path::new(ITSELF);
        let program = if itself.exists() {
            itself.to_owned()
        } else {
            std::env::current_exe()?
        };
        Ok(Self { runner, program })
    }

    fn spawn(&self, job: &Path, log: File, threads: usize) -> io::Result<Child> {
        Command::new(&self.program)
            .arg0(NAME)
            .arg("worker")
            .arg(job)
            .env(THREADS, threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
    }
}

impl Runner for Processes<'_> {
    fn revision(&self, spec: &StageSpec) -> u32 {
        self.runner.revision(spec)
    }

    fn outside_files(&self, spec: &StageSpec) -> Result<Vec<PathBuf>, StageFailure> {
        self.runner.outside_files(spec)
    }

    fn run(&self, spec: &StageSpec, place: Workplace<'_>) -> Result<(), StageFailure> {
        let job = Job {
            stage: place.stage.to_owned(),
            spec: spec.clone(),
            inputs: place.inputs.folders().clone(),
            out: place.out.root().to_owned(),
            partial: place.partial.folder().to_owned(),
            keep_every_seconds: place.keep_every.as_secs_f64(),
            slot: place.slot,
        };
        let (file, log) = (place.out.record(JOB), place.out.record(LOG));
        job.write(&file)?;
        let appended = File::options().append(true).create(true).open(&log)?;
        let began = self.spawn(&file, appended, place.slot.threads);
        let mut child = began.map_err(|error| {
            StageFailure::from(error).context(format!("starting `{}`", self.program.display()))
        })?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        thread::scope(|scope| {
            let (sender, events) = channel();
            if let Some(output) = output {
                scope.spawn(move || read(output, |event| sender.send(event).is_ok()));
            }
            let worker = Worker {
                child,
                input,
                began: Instant::now(),
                timeout: place.timeout,
                ending: None,
                last: None,
            };
            worker.attend(&events, place, &log)
        })
    }
}

/// Reads the events of a process until it ends, or nobody wants them. A line that is no event is a note: some library
/// may print.
fn read(output: ChildStdout, mut tell: impl FnMut(Event) -> bool) {
    for line in BufReader::new(output).lines() {
        let Ok(line) = line else { return };
        let event = serde_json::from_str(&line).unwrap_or(Event::Note(line));
        if !tell(event) {
            return;
        }
    }
}

/// Why a process was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Somebody wants the run to stop.
    Asked,
    /// It took too long, as was found then.
    Late(Instant),
}

/// A process that works on a stage.
struct Worker {
    child: Child,
    /// Its standard input; it ends when nobody holds this any more.
    input: Option<ChildStdin>,
    began: Instant,
    timeout: Option<Duration>,
    ending: Option<Ending>,
    /// How the work ended.
    last: Option<Event>,
}

impl Worker {
    /// Listens to the process until it has ended.
    fn attend(
        mut self,
        events: &Receiver<Event>,
        place: Workplace<'_>,
        log: &Path,
    ) -> Result<(), StageFailure> {
        loop {
            match events.recv_timeout(LOOK) {
                Ok(Event::Device(device)) => place.account.device = Some(device),
                Ok(Event::Phase(text)) => place.progress.phase(&text),
                Ok(Event::Step(done, total, detail)) => place.progress.step(done, total, &detail),
                Ok(Event::Note(line)) => place.progress.note(&line),
                Ok(end) => self.last = Some(end),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.look(place.stop.requested());
        }
        let (status, used) = loop {
            match try_wait(&mut self.child)? {
                Some(ended) => break ended,
                None => thread::sleep(Duration::from_millis(1)),
            }
            self.look(place.stop.requested());
        };
        let (late, timeout) = (matches!(self.ending, Some(Ending::Late(_))), self.timeout);
        place.account.cpu_seconds = Some(used.cpu_seconds);
        place.account.peak_memory_bytes = Some(used.peak_memory_bytes);
        place.account.exit = Some(end_of(status));
        match (self.last, timeout) {
            (Some(Event::Done), _) if status.success() => Ok(()),
            (Some(Event::Failed(told)), _) => Err(StageFailure::told(told.messages, told.help)),
            (_, Some(timeout)) if late => Err(too_late(timeout)),
            (Some(Event::Stopped), _) => Err(StageFailure::stopped()),
            _ => Err(died(status, used, log)),
        }
    }

    /// Sees to it that the process stops when it should.
    fn look(&mut self, asked: bool) {
        let now = Instant::now();
        let timeout = self.timeout.unwrap_or(Duration::MAX);
        let late = now.duration_since(self.began) > timeout;
        match self.ending {
            Some(Ending::Late(since)) if now.duration_since(since) > GRACE.min(timeout) => {
                // If it has ended by itself meanwhile, so much the better.
                self.child.kill().ok();
            }
            Some(Ending::Late(_)) => {}
            None | Some(Ending::Asked) if late => self.end(Ending::Late(now)),
            None if asked => self.end(Ending::Asked),
            None | Some(Ending::Asked) => {}
        }
    }

    fn end(&mut self, ending: Ending) {
        self.ending = Some(ending);
        if let Some(input) = &mut self.input {
            // A process that does not listen has ended, or will be ended.
            input.write_all(STOP.as_bytes()).ok();
        }
    }
}

fn too_late(timeout: Duration) -> StageFailure {
    StageFailure::new(format!(
        "it was not done after {} seconds, which is its `timeout`",
        timeout.as_secs_f64()
    ))
    .with_help("what it has kept is not lost: the next try goes on from there")
}

/// What is known of a process that ended without a word.
fn died(status: ExitStatus, used: Usage, log: &Path) -> StageFailure {
    let failure = StageFailure::new(format!("its process ended early: {}", end_of(status)));
    let mib = used.peak_memory_bytes >> 20;
    let lines = match last_lines(log) {
        lines if lines.is_empty() => "its log is empty".to_owned(),
        lines => format!("its log ends with\n{lines}"),
    };
    let memory = format!("it had {mib} MiB of memory in use at most");
    failure.with_help(match status.signal() {
        Some(signal_hook::consts::SIGKILL) => {
            format!("{memory}; the system ends processes so when memory runs out\n{lines}")
        }
        _ => format!("{memory}\n{lines}"),
    })
}

/// How a process ended, in words.
fn end_of(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => match signal_name(signal) {
            Some(name) => format!("signal {signal} ({name})"),
            None => format!("signal {signal}"),
        },
        (None, None) => status.to_string(),
    }
}

fn last_lines(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(LAST_LINES);
    lines[first..].join("\n")
}
