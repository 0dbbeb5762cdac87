//! Other programs that do a step of the work, by a script in Python.

use super::BenchError;
use super::steps::Step;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SCRIPT: &str = include_str!("../../../../benches/peers/text.py");

/// Another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Peer {
    /// The tokenizer of Moses, or `sacremoses` in its place.
    Moses,
    /// <https://github.com/rsennrich/subword-nmt>
    SubwordNmt,
    /// <https://github.com/huggingface/tokenizers>
    Tokenizers,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Moses => "moses",
            Self::SubwordNmt => "subword-nmt",
            Self::Tokenizers => "tokenizers",
        })
    }
}

/// Writes the script into a folder.
pub(super) fn write_script(folder: &Path) -> Result<PathBuf, BenchError> {
    let path = folder.join("peers.py");
    fs::write(&path, SCRIPT).map_err(BenchError::io(path.display()))?;
    Ok(path)
}

/// A program that is there.
pub(super) struct Installed {
    pub(super) peer: Peer,
    /// What it calls itself, with its version.
    pub(super) name: String,
    python: PathBuf,
    script: PathBuf,
}

impl Installed {
    /// Asks a program for its name.
    ///
    /// # Errors
    /// In words, if it is not there.
    pub(super) fn find(peer: Peer, python: &Path, script: &Path) -> Result<Self, String> {
        // The steps are done in another folder, where a relative path would lead elsewhere; a mere name is looked up.
        let python = match python.components().count() {
            1 => Ok(python.to_owned()),
            _ => std::path::absolute(python),
        };
        let python = python.map_err(|error| error.to_string())?;
        let mut installed = Self {
            peer,
            name: String::new(),
            python,
            script: script.to_owned(),
        };
        let asked = installed.asked("version").output();
        let said = asked.map_err(|error| format!("{}: {error}", installed.python.display()))?;
        if !said.status.success() {
            let why = String::from_utf8_lossy(&said.stderr);
            return Err(why.trim().lines().last().unwrap_or("it failed").to_owned());
        }
        installed.name = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        Ok(installed)
    }

    fn asked(&self, step: &str) -> Command {
        let mut command = Command::new(&self.python);
        command
            .arg(&self.script)
            .args([&self.peer.to_string(), step]);
        command
    }

    /// Whether it does a step.
    pub(super) fn does(&self, step: Step) -> bool {
        match self.peer {
            Peer::Moses => step == Step::Tokenize,
            Peer::SubwordNmt | Peer::Tokenizers => matches!(step, Step::Learn | Step::Apply),
        }
    }

    /// What it needs for a step that is no part of the step.
    pub(super) fn preparation(&self, step: Step) -> Option<Command> {
        let needed = self.peer == Peer::Tokenizers && step == Step::Learn;
        needed.then(|| self.command_of("prepare", 1, 0))
    }

    /// The command that does a step in its working directory.
    pub(super) fn command(&self, step: Step, threads: usize, merges: usize) -> Command {
        self.command_of(&step.argument(), threads, merges)
    }

    fn command_of(&self, step: &str, threads: usize, merges: usize) -> Command {
        let mut command = self.asked(step);
        command.args([threads, merges].map(|number| number.to_string()));
        command
    }
}
