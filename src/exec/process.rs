//! Stages in processes of their own: a crash, or the system's killing for want of memory, ends one stage and not the
//! run.
//!
//! The process is `PROGRAM worker JOB`, with the job in a file among the records of the artifact. It tells how it goes
//! in lines of JSON on what it finds as its standard output; what else is printed in it goes to the stage's log. A line on its
//! standard input asks it to stop, and the end of that input tells it that the run is no more.

use super::death::{died, end_of};
use super::job::{Event, JOB, Job, STOP};
use super::runner::Account;
use super::slot::THREADS;
use super::usage::{Usage, try_wait};
use super::{Progress, Runner, StageFailure, Stop, Workplace};
use crate::cache::LOG;
use crate::config::StageSpec;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fs::File;
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
/// How long a process that took too long may take to keep what it has done, and one that is through to end; at most as
/// long as its time limit.
const GRACE: Duration = Duration::from_secs(10);
/// By how much a process may hear of a signal before its run does.
const MOMENT: Duration = Duration::from_millis(200);

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
        let appended = File::options().append(true).create(true).open(&log);
        let appended = appended.map_err(|error| {
            StageFailure::from(error).context(format!("opening its log `{}`", log.display()))
        })?;
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
                stop: place.stop,
                told: None,
                late: false,
                end: None,
            };
            worker.attend(&events, place.progress, place.account, &log)
        })
    }
}

/// Reads the events of a process until it ends, or nobody wants them. A line that is no event is a note.
fn read(output: ChildStdout, mut tell: impl FnMut(Event) -> bool) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output
        .read_until(b'\n', &mut line)
        .is_ok_and(|bytes| bytes > 0)
    {
        let event = serde_json::from_slice(&line)
            .unwrap_or_else(|_| Event::Note(String::from_utf8_lossy(&line).trim_end().to_owned()));
        if !tell(event) {
            return;
        }
        line.clear();
    }
}

/// Why a process was told to stop, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Somebody wants the run to stop.
    Asked(Instant),
    /// It took too long.
    Late(Instant),
    /// Its work is over.
    Over(Instant),
}

/// A process that works on a stage.
struct Worker<'a> {
    child: Child,
    /// Its standard input; it ends when nobody holds this any more.
    input: Option<ChildStdin>,
    began: Instant,
    timeout: Option<Duration>,
    stop: &'a Stop,
    told: Option<Told>,
    /// Whether it was told that its time is over, whatever became of it then.
    late: bool,
    /// How the work ended.
    end: Option<Event>,
}

impl Worker<'_> {
    /// Listens to the process until it has ended.
    fn attend(
        mut self,
        events: &Receiver<Event>,
        progress: &dyn Progress,
        account: &mut Account,
        log: &Path,
    ) -> Result<(), StageFailure> {
        loop {
            match events.recv_timeout(LOOK) {
                Ok(Event::Account(device, seconds_before)) => {
                    account.device = device;
                    account.seconds_before = seconds_before;
                }
                Ok(Event::Phase(text)) => progress.phase(&text),
                Ok(Event::Step(done, total, detail)) => progress.step(done, total, &detail),
                Ok(Event::Figures(figures)) => progress.figures(figures),
                Ok(Event::Note(line)) => progress.note(&line),
                Ok(end) => {
                    self.end = Some(end);
                    self.told = Some(Told::Over(Instant::now()));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.look();
        }
        let (status, used) = loop {
            match try_wait(&mut self.child)? {
                Some(ended) => break ended,
                None => thread::sleep(Duration::from_millis(1)),
            }
            self.look();
        };
        account.cpu_seconds = Some(used.cpu_seconds);
        account.peak_memory_bytes = Some(used.peak_memory_bytes);
        account.exit = Some(end_of(status));
        match self.end {
            Some(Event::Done) if status.success() => Ok(()),
            Some(Event::Done) => {
                let end = end_of(status);
                progress.note(&format!(
                    "the work is done, though its process ended with {end}"
                ));
                Ok(())
            }
            Some(Event::Failed(told)) => Err(StageFailure::told(told.messages, told.help)),
            Some(_) | None => Err(self.without_result(status, used, log)),
        }
    }

    /// Sees to it that the process stops when it should.
    fn look(&mut self) {
        let now = Instant::now();
        let timeout = self.timeout.unwrap_or(Duration::MAX);
        let late = now.duration_since(self.began) > timeout;
        let patience = GRACE.min(timeout);
        match self.told {
            None if self.stop.requested() => self.tell(Told::Asked(now)),
            None if late => {
                self.late = true;
                self.tell(Told::Late(now));
            }
            None => {}
            // A stop that was asked for may take its time, unless the stage has a limit.
            Some(Told::Asked(_)) if !late => {}
            Some(Told::Asked(since) | Told::Late(since) | Told::Over(since))
                if now.duration_since(since) > patience =>
            {
                // If it has ended by itself meanwhile, so much the better.
                self.child.kill().ok();
            }
            Some(_) => {}
        }
    }

    fn tell(&mut self, why: Told) {
        self.told = Some(why);
        if let Some(input) = &mut self.input {
            // A process that does not listen has ended, or will be ended.
            input.write_all(STOP.as_bytes()).ok();
        }
    }

    /// What it means that a process ended without having done its work or failed at it.
    fn without_result(&self, status: ExitStatus, used: Usage, log: &Path) -> StageFailure {
        let stopped = self.end == Some(Event::Stopped);
        let by_signal = [SIGINT, SIGTERM, SIGHUP]
            .map(Some)
            .contains(&status.signal());
        match self.told {
            _ if self.late => too_late(self.timeout.unwrap_or_default()),
            Some(Told::Asked(_)) => StageFailure::stopped(),
            // A terminal tells the run and the process at the same time, and the process may be the first to hear.
            _ if (stopped || by_signal) && self.is_asked_soon() => StageFailure::stopped(),
            _ if stopped => StageFailure::new("its process was asked to stop, the run was not")
                .with_help("send SIGTERM or SIGINT to the run, not to the process of a stage"),
            _ => died(status, used, log),
        }
    }

    /// Whether the run is asked to stop now or in a moment.
    fn is_asked_soon(&self) -> bool {
        let since = Instant::now();
        while !self.stop.requested() && since.elapsed() < MOMENT {
            thread::sleep(Duration::from_millis(1));
        }
        self.stop.requested()
    }
}

fn too_late(timeout: Duration) -> StageFailure {
    StageFailure::new(format!(
        "it was not done after {} seconds, which is its `timeout`",
        timeout.as_secs_f64()
    ))
    .with_help("what it has kept is not lost: the next try goes on from there")
}
