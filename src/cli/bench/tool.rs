//! The programs that are measured: the files that describe the same stages to each, and what each is asked to do.
//!
//! A stage of a peer is `(cat DEPENDENCY; echo NAME) | cksum > out/NAME`, where the first stage depends on a file; one
//! of ours is a noop stage. All of them read what they come after, and write a few bytes.

use super::BenchError;
use super::shape::{SHARED, SWEPT, Shape, Stage};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    /// This one.
    Srp,
    /// Another one.
    Peer(Peer),
}

/// Another program that runs stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Peer {
    /// <https://ninja-build.org>
    Ninja,
    /// <https://snakemake.github.io>
    Snakemake,
    /// <https://dvc.org>
    Dvc,
}

/// What a program is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// To say its version.
    Start,
    /// To run every stage.
    Cold,
    /// To run what is to be run, which is nothing.
    Noop,
    /// To say what would be run, which is nothing.
    Plan,
    /// To say what would be run and why, after the first stage of all has changed.
    Reasons,
}

/// The experiment, its peers' input, and what the stages of peers make.
const EXPERIMENT: &str = "bench.toml";
const SEED: &str = "seed.txt";
const OUT: &str = "out";

impl Tool {
    /// The program as a command in `folder`, away from whatever the user has set for it.
    pub(super) fn command(self, folder: &Path) -> Result<Command, BenchError> {
        let program = match self {
            Self::Srp => std::env::current_exe().map_err(BenchError::io("srp"))?,
            Self::Peer(peer) => PathBuf::from(peer.to_string()),
        };
        let mut command = Command::new(program);
        without_settings(&mut command);
        command
            .current_dir(folder)
            .env("NO_COLOR", "1")
            .env("DVC_NO_ANALYTICS", "1");
        Ok(command)
    }

    /// The command that does a task on the project in `folder`.
    pub(super) fn asked(self, task: Task, folder: &Path) -> Result<Command, BenchError> {
        let mut command = self.command(folder)?;
        command.args(match self {
            Self::Srp => srp(task),
            Self::Peer(peer) => peer.arguments(task),
        });
        Ok(command)
    }

    /// What has to be done once in a folder before the program works there.
    pub(super) fn preparation(self, folder: &Path) -> Result<Option<Command>, BenchError> {
        if self != Self::Peer(Peer::Dvc) {
            return Ok(None);
        }
        let mut command = self.command(folder)?;
        command.args(["init", "--quiet", "--no-scm"]);
        Ok(Some(command))
    }

    /// Describes a project in `folder`; with another `seed`, the first stage of all is another one.
    pub(super) fn describe(
        self,
        shape: Shape,
        stages: usize,
        seed: u32,
        folder: &Path,
    ) -> Result<(), BenchError> {
        let write = || {
            let (file, text) = match self {
                Self::Srp => (EXPERIMENT, experiment(shape, stages, seed)),
                Self::Peer(peer) => {
                    fs::create_dir_all(folder.join(OUT))?;
                    fs::write(folder.join(SEED), format!("{seed}\n"))?;
                    (peer.file(), peer.project(&shape.stages(stages)))
                }
            };
            fs::write(folder.join(file), text)
        };
        write().map_err(BenchError::io(folder.display()))
    }
}

/// Keeps from a command what the user has set for srp.
pub(super) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SRP_") {
            command.env_remove(name);
        }
    }
}

fn srp(task: Task) -> &'static [&'static str] {
    match task {
        Task::Start => &["--version"],
        Task::Cold | Task::Noop => &["run", EXPERIMENT],
        Task::Plan | Task::Reasons => &["plan", EXPERIMENT],
    }
}

/// The experiment file; a sweep is one.
pub(super) fn experiment(shape: Shape, stages: usize, seed: u32) -> String {
    let mut text = format!("[experiment]\ntitle = \"{shape}\"\nseed = 1\n");
    let mut add = |name: &str, after: Option<&str>, value: &dyn fmt::Display| {
        text += &format!("\n[stages.{name}.noop]\nvalue = {value}\n");
        if let Some(after) = after {
            text += &format!("after = \"{after}\"\n");
        }
    };
    if shape != Shape::Sweep {
        for (number, stage) in shape.stages(stages).iter().enumerate() {
            let value = if number == 0 { seed as usize } else { number };
            add(&stage.name, stage.after.as_deref(), &value);
        }
        return text;
    }
    let [first, second] = SHARED;
    add(first, None, &seed);
    add(second, Some(first), &1);
    let before = [second].into_iter().chain(SWEPT);
    for (name, after) in SWEPT.into_iter().zip(before) {
        add(name, Some(after), &"\"${point}\"");
    }
    let points: Vec<String> = (0..Shape::points(stages)).map(|p| p.to_string()).collect();
    let points = points.join(", ");
    text + &format!("\n[params]\npoint = 0\n\n[sweep]\npoint = [{points}]\n")
}

impl Peer {
    fn arguments(self, task: Task) -> &'static [&'static str] {
        match (self, task) {
            (_, Task::Start) => &["--version"],
            (Self::Ninja, Task::Cold) => &["--quiet"],
            (Self::Ninja, Task::Noop) => &[],
            (Self::Ninja, Task::Plan) => &["-n"],
            (Self::Ninja, Task::Reasons) => &["-n", "-d", "explain"],
            (Self::Snakemake, Task::Cold | Task::Noop) => &["--cores", "all"],
            (Self::Snakemake, Task::Plan | Task::Reasons) => &["--dry-run"],
            (Self::Dvc, Task::Cold | Task::Noop) => &["repro"],
            (Self::Dvc, Task::Plan) => &["repro", "--dry"],
            (Self::Dvc, Task::Reasons) => &["status"],
        }
    }

    /// The file that describes a project.
    fn file(self) -> &'static str {
        match self {
            Self::Ninja => "build.ninja",
            Self::Snakemake => "Snakefile",
            Self::Dvc => "dvc.yaml",
        }
    }

    /// What stands in it.
    fn project(self, stages: &[Stage]) -> String {
        let head = match self {
            Self::Ninja => {
                "rule stage\n  command = (cat $in; echo $name) | cksum > $out\n".to_owned()
            }
            Self::Snakemake => {
                let last: Vec<String> = leaves(stages).map(|stage| made(&stage.name)).collect();
                format!("rule all:\n    input: {}\n", quoted(&last))
            }
            Self::Dvc => "stages:\n".to_owned(),
        };
        stages
            .iter()
            .fold(head, |text, stage| text + &self.stage(stage))
    }

    fn stage(self, Stage { name, after }: &Stage) -> String {
        let (from, to) = (after.as_deref().map_or(SEED.to_owned(), made), made(name));
        let command = format!("(cat {from}; echo {name}) | cksum > {to}");
        match self {
            Self::Ninja => format!("build {to}: stage {from}\n  name = {name}\n"),
            Self::Snakemake => format!(
                "rule {name}:\n    input: '{from}'\n    output: '{to}'\n    shell: '{command}'\n"
            ),
            Self::Dvc => {
                format!("  {name}:\n    cmd: {command}\n    deps: [{from}]\n    outs: [{to}]\n")
            }
        }
    }
}

fn made(stage: &str) -> String {
    format!("{OUT}/{stage}")
}

fn quoted(files: &[String]) -> String {
    let files: Vec<String> = files.iter().map(|file| format!("'{file}'")).collect();
    files.join(", ")
}

/// The stages that no other comes after.
fn leaves(stages: &[Stage]) -> impl Iterator<Item = &Stage> {
    let parents: std::collections::HashSet<&str> = stages
        .iter()
        .filter_map(|stage| stage.after.as_deref())
        .collect();
    stages
        .iter()
        .filter(move |stage| !parents.contains(stage.name.as_str()))
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Srp => f.write_str("srp"),
            Self::Peer(peer) => peer.fmt(f),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ninja => "ninja",
            Self::Snakemake => "snakemake",
            Self::Dvc => "dvc",
        })
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::Cold => "cold run",
            Self::Noop => "run of nothing",
            Self::Plan => "plan",
            Self::Reasons => "plan with reasons",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{self, Overrides};

    #[test]
    fn our_experiment_has_as_many_stages_as_its_peers() {
        let folder = tempfile::tempdir().unwrap();
        let nobody = Overrides::default();
        for shape in [Shape::Chain, Shape::Fan, Shape::Sweep] {
            for asked in [6, 10, 103] {
                Tool::Srp.describe(shape, asked, 0, folder.path()).unwrap();
                let plan = plan::load(&folder.path().join(EXPERIMENT), &nobody).unwrap();
                assert_eq!(plan.nodes.len(), shape.stages(asked).len(), "{shape}");
            }
        }
    }

    #[test]
    fn another_seed_is_another_first_stage_and_no_other() {
        let first = experiment(Shape::Sweep, 10, 0);
        let second = experiment(Shape::Sweep, 10, 1);
        let differing = first.lines().zip(second.lines());
        let differing: Vec<_> = differing.filter(|(one, other)| one != other).collect();
        assert_eq!(differing, [("value = 0", "value = 1")]);
    }

    #[test]
    fn a_peer_is_told_every_stage_once_and_what_it_reads() {
        let stages = Shape::Fan.stages(3);
        assert_eq!(
            Peer::Ninja.project(&stages),
            "rule stage\n  command = (cat $in; echo $name) | cksum > $out\n\
             build out/s0: stage seed.txt\n  name = s0\n\
             build out/s1: stage out/s0\n  name = s1\n\
             build out/s2: stage out/s0\n  name = s2\n"
        );
        let snakefile = Peer::Snakemake.project(&stages);
        let all = "rule all:\n    input: 'out/s1', 'out/s2'\nrule s0:\n    input: 'seed.txt'\n";
        assert!(snakefile.starts_with(all), "{snakefile}");
        let dvc = Peer::Dvc.project(&stages);
        let last = "  s2:\n    cmd: (cat out/s0; echo s2) | cksum > out/s2\n    deps: [out/s0]\n    outs: [out/s2]\n";
        assert!(dvc.ends_with(last), "{dvc}");
    }
}
