//! Another program that does the same step, one for each line that it is sent.

use super::samples::Sample;
use crate::cli::Failure;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The running program.
pub(super) struct Peer {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Its version, as it says.
    pub(super) version: String,
    /// The most memory that it has had, in bytes.
    pub(super) memory: u64,
}

/// A program that cannot be measured beside.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub(super) enum PeerError {
    /// It does not run.
    #[error("cannot start `{program}`")]
    Start {
        program: String,
        #[source]
        source: std::io::Error,
    },
    /// It ended, or said something else.
    #[error("`{program}` does not measure: it said `{answer}`")]
    #[diagnostic(help(
        "its own words stand above; `--python` names an interpreter that has the modules it needs"
    ))]
    Answer { program: String, answer: String },
    /// Nobody reads or writes any more.
    #[error("cannot talk to the program")]
    Talk(#[from] std::io::Error),
}

impl From<PeerError> for Failure {
    fn from(error: PeerError) -> Self {
        Self::of_work(error)
    }
}

impl Peer {
    /// Starts a Python script and waits until it is ready.
    pub(super) fn start(
        python: &str,
        script: &str,
        arguments: &[String],
    ) -> Result<Self, PeerError> {
        let start = |source| PeerError::Start {
            program: python.to_owned(),
            source,
        };
        let mut child = Command::new(python)
            .args(["-c", script])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(start)?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(start(std::io::ErrorKind::BrokenPipe.into()));
        };
        let mut peer = Self {
            child,
            requests,
            answers: BufReader::new(answers),
            version: String::new(),
            memory: 0,
        };
        let answer = peer.answer()?;
        match answer.strip_prefix("ready ") {
            Some(version) => peer.version = version.to_owned(),
            None => return Err(not_a(python, &answer)),
        }
        Ok(peer)
    }

    /// Lets it do one step.
    pub(super) fn step(&mut self) -> Result<Sample, PeerError> {
        self.requests.write_all(b"step\n")?;
        let answer = self.answer()?;
        let numbers: Vec<f64> = answer.split(' ').flat_map(str::parse).collect();
        let [wall, cpu, _loss, memory] = numbers[..] else {
            return Err(not_a("the program", &answer));
        };
        self.memory = memory as u64;
        let duration =
            |seconds| Duration::try_from_secs_f64(seconds).map_err(|_| not_a("it", &answer));
        Ok(Sample {
            wall: duration(wall)?,
            cpu: duration(cpu)?,
        })
    }

    fn answer(&mut self) -> Result<String, PeerError> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

fn not_a(program: &str, answer: &str) -> PeerError {
    PeerError::Answer {
        program: program.to_owned(),
        answer: answer.to_owned(),
    }
}

/// It is of no use to anybody else.
impl Drop for Peer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
