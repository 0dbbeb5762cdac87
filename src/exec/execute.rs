//! A run: what may be asked of it, and what it did. `run` walks.

mod agenda;
mod ends;
mod run;

use super::identify::Identifier;
use super::journal::Journal;
use super::task::Workshop;
use super::{ExecError, Runner, Slot, Stop, Watcher};
use crate::cache::{Artifact, Cache};
use crate::plan::{Node, NodeId, Plan};
use run::Run;
use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

/// What a user may ask of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Labels or names of stages to run even if they are cached.
    pub force: BTreeSet<String>,
    /// How long a stage may work without keeping what it has done.
    pub keep_every: Duration,
    /// What stages that work at the same time may use; each has one of these, so there must be one.
    pub slots: Vec<Slot>,
    /// Whether a failure leaves the stages that do not depend on it to run.
    pub keep_going: bool,
    /// Ends the run, once it is requested.
    pub stop: Stop,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            force: BTreeSet::new(),
            keep_every: Duration::from_secs(300),
            slots: vec![Slot::default()],
            keep_going: false,
            stop: Stop::default(),
        }
    }
}

/// What a run did.
#[derive(Debug)]
pub struct Outcome {
    /// For each node of the plan, in its order.
    pub nodes: Vec<Done>,
}

/// What a run did with a stage.
#[derive(Debug)]
pub struct Done {
    /// What the stage has made, now or before.
    pub artifact: Artifact,
    /// How long it ran; nothing if it was cached.
    pub ran_seconds: Option<f64>,
}

impl Outcome {
    /// Whether every stage was cached.
    pub fn ran_nothing(&self) -> bool {
        self.nodes.iter().all(|done| done.ran_seconds.is_none())
    }
}

/// Runs every stage of the plan whose artifact is not in the cache, each after those that it reads, and as many at a
/// time as there are slots.
///
/// Stages are skipped by key, so one whose parents made the same as before is skipped even if they ran again.
/// Two runs may share a cache: the second one waits for an artifact that the first one is making. A damaged artifact
/// is set aside and made again, even if only a later stage finds that out.
///
/// # Errors
/// What failed. After a failure no other stage is begun, unless the run is to keep going; those that are at work
/// finish, and what is finished stays in the cache. A stage that panics has failed.
pub fn execute(
    plan: &Plan,
    cache: &Cache,
    runner: &dyn Runner,
    options: &Options,
    watcher: &dyn Watcher,
) -> Result<Outcome, ExecError> {
    let forced = forced(plan, options)?;
    let journal = Journal::new(plan, watcher);
    let workshop = Workshop::new(cache, runner, &journal, plan, options);
    let identifier = Identifier::new(cache, runner);
    let run = Run::new(plan, &workshop, &journal, options, forced, identifier);
    let outcome = thread::scope(|scope| run.walk(scope));
    journal.close();
    outcome
}

/// The nodes that `options` force.
pub(super) fn forced(plan: &Plan, options: &Options) -> Result<BTreeSet<NodeId>, ExecError> {
    let mut forced = BTreeSet::new();
    for name in &options.force {
        let is_meant =
            |node: &Node| node.label == *name || node.names.iter().any(|stage| stage.0 == *name);
        let nodes = plan.nodes.iter().enumerate();
        let meant: Vec<NodeId> = nodes
            .filter(|(_, node)| is_meant(node))
            .map(|(position, _)| NodeId(position))
            .collect();
        if meant.is_empty() {
            return Err(ExecError::UnknownStage {
                name: name.clone(),
                known: plan.stage_names(),
            });
        }
        forced.extend(meant);
    }
    Ok(forced)
}
