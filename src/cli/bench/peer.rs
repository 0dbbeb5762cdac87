//! Another program that does the same step, one for each line that it is sent.

use super::samples::Sample;
use crate::cli::Failure;
use crate::exec::harmless;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The running program.
pub(super) struct Peer {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    program: String,
    /// Gives the last line that it has said on its standard error, once it has ended.
    last_words: Option<JoinHandle<String>>,
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
    #[error("`{program}` does not measure: {}", quoted(answer, last_words))]
    #[diagnostic(help("{}", advice(program, last_words)))]
    Answer {
        program: String,
        /// What it said in the place of an answer; nothing if it ended.
        answer: String,
        /// The last line on its standard error.
        last_words: String,
    },
    /// Nobody reads or writes any more.
    #[error("cannot talk to the program")]
    Talk(#[from] std::io::Error),
}

/// What it said, where it said anything.
fn quoted(answer: &str, last_words: &str) -> String {
    match (answer, last_words) {
        ("", "") => "it ended without a word".to_owned(),
        ("", words) => format!("it ended with `{words}`"),
        (answer, "") => format!("it said `{answer}`"),
        (answer, words) => format!("it said `{answer}`, and last of all `{words}`"),
    }
}

/// What may help: the module that is missing, if that is why.
fn advice(program: &str, last_words: &str) -> String {
    let missing = last_words.split_once("No module named '");
    let missing = missing.and_then(|(_, rest)| rest.split(['\'', '.']).next());
    let other = "`--python PROGRAM` names an interpreter that has the modules it needs";
    match missing {
        Some(module) => format!("`{program} -m pip install {module}` installs it; {other}"),
        None => other.to_owned(),
    }
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
            .stderr(Stdio::piped())
            .spawn()
            .map_err(start)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(requests), Some(answers), Some(words)) = pipes else {
            return Err(start(std::io::ErrorKind::BrokenPipe.into()));
        };
        let mut peer = Self {
            child,
            requests,
            answers: BufReader::new(answers),
            program: python.to_owned(),
            last_words: Some(thread::spawn(|| last_line(words))),
            version: String::new(),
            memory: 0,
        };
        let answer = peer.answer()?;
        match answer.strip_prefix("ready ") {
            Some(version) => peer.version = version.to_owned(),
            None => return Err(peer.does_not_measure(answer)),
        }
        Ok(peer)
    }

    /// Lets it do one step.
    pub(super) fn step(&mut self) -> Result<Sample, PeerError> {
        if self.requests.write_all(b"step\n").is_err() {
            return Err(self.does_not_measure(String::new()));
        }
        let answer = self.answer()?;
        let numbers: Vec<f64> = answer.split(' ').flat_map(str::parse).collect();
        let [wall, cpu, _loss, memory] = numbers[..] else {
            return Err(self.does_not_measure(answer));
        };
        self.memory = memory as u64;
        let durations = [wall, cpu].map(Duration::try_from_secs_f64);
        let [Ok(wall), Ok(cpu)] = durations else {
            return Err(self.does_not_measure(answer));
        };
        Ok(Sample { wall, cpu })
    }

    /// What it means that the program has said this in the place of an answer; if it said nothing, it has ended.
    fn does_not_measure(&mut self, answer: String) -> PeerError {
        if !answer.is_empty() {
            self.child.kill().ok();
        }
        self.child.wait().ok();
        let words = self.last_words.take().map(JoinHandle::join);
        PeerError::Answer {
            program: self.program.clone(),
            answer: harmless(&answer).into_owned(),
            last_words: words.and_then(Result::ok).unwrap_or_default(),
        }
    }

    fn answer(&mut self) -> Result<String, PeerError> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

/// Reads to the end; gives the last line that is not blank.
fn last_line(words: impl Read) -> String {
    let mut last = String::new();
    for line in BufReader::new(words).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if !line.trim().is_empty() {
            last = harmless(line.trim()).into_owned();
        }
    }
    last
}

/// It is of no use to anybody else.
impl Drop for Peer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
