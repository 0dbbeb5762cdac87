//! The run itself.

use super::identify::{Identified, Identifier};
use super::progress::Logged;
use super::{ExecError, Inputs, Progress, Runner, StageFailure, Stop, Turn, Workplace};
use crate::cache::{
    Artifact, Cache, CacheError, Draft, Fault, Hold, Index, Key, KeyLock, Lookup, Machine,
    Provenance, in_a_line, peak_memory_bytes,
};
use crate::plan::{Node, NodeId, Plan};
use jiff::Timestamp;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// What a user may ask of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Labels or names of stages to run even if they are cached.
    pub force: BTreeSet<String>,
    /// How long a stage may work without keeping what it has done.
    pub keep_every: Duration,
    /// Ends the run, once it is requested.
    pub stop: Stop,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            force: BTreeSet::new(),
            keep_every: Duration::from_secs(300),
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

/// Runs every stage of the plan whose artifact is not in the cache, parents first.
///
/// Stages are skipped by key, so one whose parents made the same as before is skipped even if they ran again.
/// Two runs may share a cache: the second one waits for an artifact that the first one is making. A damaged artifact
/// is set aside and made again, even if only a later stage finds that out.
///
/// # Errors
/// The first failure, after which no other stage is begun; what was finished before stays in the cache. A
/// stage that panics has failed.
pub fn execute(
    plan: &Plan,
    cache: &Cache,
    runner: &dyn Runner,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Outcome, ExecError> {
    let mut run = Run {
        plan,
        cache,
        runner,
        progress,
        options,
        forced: forced(plan, options)?,
        identifier: Identifier::new(cache, runner),
        index: cache.index(&plan.name),
        machine: OnceCell::new(),
        sound: BTreeSet::new(),
        ran: BTreeMap::new(),
        hold: None,
    };
    let mut nodes = Vec::with_capacity(plan.nodes.len());
    while nodes.len() < plan.nodes.len() {
        let visited = run.visit(NodeId(nodes.len()), &nodes);
        run.identifier.save();
        match visited? {
            Visited::Done(done) => nodes.push(*done),
            // Made again it may have other content, so what follows is looked up anew.
            Visited::Damaged(parent) => nodes.truncate(parent.0),
        }
    }
    Ok(Outcome { nodes })
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

struct Run<'a> {
    plan: &'a Plan,
    cache: &'a Cache,
    runner: &'a dyn Runner,
    progress: &'a dyn Progress,
    options: &'a Options,
    forced: BTreeSet<NodeId>,
    identifier: Identifier<'a>,
    index: Index,
    machine: OnceCell<Machine>,
    /// Artifacts whose bytes were made or read in this run.
    sound: BTreeSet<Key>,
    /// How long the stages took that ran in this run.
    ran: BTreeMap<NodeId, f64>,
    /// Keeps others from deleting what this run has found; begun when the first stage has to be made.
    hold: Option<Hold>,
}

/// What came of a visit to a node.
enum Visited {
    /// Its artifact is there.
    Done(Box<Done>),
    /// This node before it has a damaged artifact, which was set aside.
    Damaged(NodeId),
}

impl From<Done> for Visited {
    fn from(done: Done) -> Self {
        Self::Done(Box::new(done))
    }
}

impl Run<'_> {
    /// Sees to it that the artifact of a node is there, given those of all nodes before it.
    fn visit(&mut self, id: NodeId, before: &[Done]) -> Result<Visited, ExecError> {
        let plan = self.plan;
        let node = &plan.nodes[id.0];
        let turn = Turn {
            stage: &node.label,
            number: id.0 + 1,
            total: plan.nodes.len(),
        };
        let parents = node.parents.iter();
        let inputs = parents.map(|parent| (parent.key, &before[parent.node.0].artifact));
        let found = self.identifier.identify(node, inputs.collect())?;
        let key = found.identity.key;
        let forced = self.forced.contains(&id);

        if !forced && let Lookup::Whole(artifact) = self.cache.lookup(key) {
            return Ok(self.skip(id, &turn, *artifact).into());
        }
        self.hold(before.iter().map(|done| done.artifact.key()).chain([key]))
            .map_err(ExecError::no_place(&node.label))?;
        let lock = self.cache.lock(found.identity.clone(), || {
            let line = format!("another run is making `{}`; waiting for it", turn.stage);
            self.progress.note(&line);
        })?;
        match self.cache.lookup(key) {
            Lookup::Whole(artifact) if !forced => {
                return Ok(self.skip(id, &turn, *artifact).into());
            }
            Lookup::Damaged(fault) => {
                let kept = self.cache.quarantine(lock.guard())?;
                self.tell_damage(turn.stage, &fault, kept.as_deref());
            }
            Lookup::Whole(_) | Lookup::Absent => {}
        }
        for (parent, (_, artifact)) in node.parents.iter().zip(&found.inputs) {
            let faults = self.faults(artifact)?;
            if !faults.is_empty() {
                // Whoever repairs the parent may need what is locked here.
                drop(lock);
                self.set_aside(parent.node, artifact, &faults)?;
                return Ok(Visited::Damaged(parent.node));
            }
        }
        self.make(id, &turn, found, lock).map(Visited::from)
    }

    fn skip(&mut self, id: NodeId, turn: &Turn<'_>, artifact: Artifact) -> Done {
        self.progress.stage_cached(turn, artifact.key());
        self.remember(turn, &artifact);
        self.cache.mark_used(&artifact);
        Done {
            artifact,
            ran_seconds: self.ran.get(&id).copied(),
        }
    }

    /// Keeps others from deleting these artifacts until the run ends.
    fn hold(&mut self, keys: impl Iterator<Item = Key>) -> Result<(), CacheError> {
        let hold = match &mut self.hold {
            Some(hold) => hold,
            none => none.insert(self.cache.hold()?),
        };
        hold.add(keys)
    }

    /// What is wrong with an artifact that a stage is about to read, whose bytes are looked at once a run: nothing
    /// is made of a damaged artifact.
    fn faults(&mut self, artifact: &Artifact) -> Result<Vec<Fault>, CacheError> {
        if self.sound.contains(&artifact.key()) {
            return Ok(Vec::new());
        }
        let faults = artifact.faults()?;
        if faults.is_empty() {
            self.sound.insert(artifact.key());
        }
        Ok(faults)
    }

    /// Sees to it that the damaged artifact of a node is not found again.
    fn set_aside(
        &mut self,
        id: NodeId,
        artifact: &Artifact,
        faults: &[Fault],
    ) -> Result<(), CacheError> {
        let stage = &self.plan.nodes[id.0].label;
        let kept = if self.cache.owns(artifact) {
            let guard = self.cache.guard(artifact.key(), || {
                let line = format!("another run is making `{stage}`; waiting for it");
                self.progress.note(&line);
            })?;
            let quarantined = self.cache.quarantine_damaged(&guard)?;
            quarantined.map(|found| found.to)
        } else {
            // It cannot be moved from a cache that is only read; what is made here is found before it.
            self.forced.insert(id);
            None
        };
        self.tell_damage(stage, &in_a_line(faults), kept.as_deref());
        Ok(())
    }

    fn tell_damage(&self, stage: &str, fault: &str, kept: Option<&Path>) {
        let kept = kept.map(|folder| format!("kept in `{}` and ", folder.display()));
        let kept = kept.unwrap_or_default();
        let line = format!("the artifact of `{stage}` is damaged: {fault}; it is {kept}made again");
        self.progress.note(&line);
    }

    fn make(
        &mut self,
        id: NodeId,
        turn: &Turn<'_>,
        found: Identified<'_>,
        lock: KeyLock,
    ) -> Result<Done, ExecError> {
        let node = &self.plan.nodes[id.0];
        let partial = self.cache.partial(found.identity.key);
        if self.options.stop.requested() {
            return Err(ExecError::stopped(turn.stage, &partial));
        }
        self.progress.stage_started(turn);
        let mut draft = self.cache.begin()?;
        let log = Logged::new(self.progress, draft.log()?);
        let folders = found.inputs.iter();
        let inputs = Inputs::new(folders.map(|(key, made)| (*key, made.path().to_owned())));
        let machine = self.machine().clone();

        let (started, clock) = (Timestamp::now(), Instant::now());
        let place = Workplace {
            inputs: &inputs,
            out: draft.dir(),
            partial: &partial,
            keep_every: self.options.keep_every,
            stop: &self.options.stop,
            progress: &log,
        };
        let work = || self.runner.run(&node.spec, place);
        let result = catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|panic| Err(StageFailure::from_panic(&*panic)));
        let seconds = clock.elapsed().as_secs_f64();
        match result {
            Err(failure) if failure.is_stop() => {
                return Err(ExecError::stopped(turn.stage, &partial));
            }
            Err(failure) => return Err(self.give_up(turn, draft, failure)),
            Ok(()) => {}
        }

        let provenance = Provenance {
            experiment: self.plan.name.clone(),
            stage: node.label.clone(),
            request: self.plan.request.clone(),
            inputs: found
                .inputs
                .iter()
                .map(|(key, artifact)| ((*key).to_owned(), artifact.key()))
                .collect(),
            outside_files: found.outside_files,
            machine,
            started,
            finished: Timestamp::now(),
            seconds,
            peak_memory_bytes: peak_memory_bytes(),
        };
        let artifact = draft.commit(lock, provenance)?;
        partial.clear();
        self.progress.stage_finished(turn, seconds);
        self.sound.insert(artifact.key());
        self.ran.insert(id, seconds);
        self.forced.remove(&id);
        self.remember(turn, &artifact);
        Ok(Done {
            artifact,
            ran_seconds: Some(seconds),
        })
    }

    /// Keeps the log of the stage that failed. If even that fails, the stage's failure is what the user should
    /// hear of.
    fn give_up(&self, turn: &Turn<'_>, draft: Draft, failure: StageFailure) -> ExecError {
        self.progress.stage_failed(turn, &failure);
        let report = failure.messages().join("\n");
        let attempt = draft.keep_attempt(turn.stage, &report).ok();
        ExecError::stage(turn.stage, failure, attempt.as_deref())
    }

    /// This machine; looked at when the first stage runs, since a run that skips everything needs none of it.
    fn machine(&self) -> &Machine {
        self.machine
            .get_or_init(|| Machine::here(self.runner.device(), self.runner.threads()))
    }

    /// Notes what the stage has now, for explanations only; a cache that cannot be written does not matter.
    fn remember(&mut self, turn: &Turn<'_>, artifact: &Artifact) {
        self.index.remember(turn.stage, artifact).ok();
    }
}
