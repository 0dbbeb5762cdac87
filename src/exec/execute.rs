//! The run itself.

use super::identify::{Identified, Identifier};
use super::progress::Logged;
use super::{ExecError, Inputs, Progress, Runner, StageFailure, Stop, Turn, Workplace};
use crate::cache::{
    Artifact, Cache, CacheError, Draft, Index, Key, KeyLock, Lookup, Machine, Provenance,
    peak_memory_bytes,
};
use crate::plan::{Node, NodeId, Plan};
use jiff::Timestamp;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
/// Two runs may share a cache: the second one waits for an artifact that the first one is making.
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
    };
    let mut nodes = Vec::with_capacity(plan.nodes.len());
    for position in 0..plan.nodes.len() {
        let done = run.visit(NodeId(position), &nodes);
        run.identifier.save();
        nodes.push(done?);
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
}

impl Run<'_> {
    /// Sees to it that the artifact of a node is there, given those of all nodes before it.
    fn visit(&mut self, id: NodeId, before: &[Done]) -> Result<Done, ExecError> {
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
            return Ok(self.skip(&turn, *artifact));
        }
        let lock = self.cache.lock(found.identity.clone(), || {
            let line = format!("another run is making `{}`; waiting for it", turn.stage);
            self.progress.note(&line);
        })?;
        match self.cache.lookup(key) {
            Lookup::Whole(artifact) if !forced => return Ok(self.skip(&turn, *artifact)),
            Lookup::Damaged(fault) => {
                let line = format!("the artifact of `{}` is damaged: {fault}", turn.stage);
                self.progress.note(&line);
            }
            Lookup::Whole(_) | Lookup::Absent => {}
        }
        self.verify(&found.inputs)?;
        self.make(node, &turn, found, lock)
    }

    fn skip(&mut self, turn: &Turn<'_>, artifact: Artifact) -> Done {
        self.progress.stage_cached(turn, artifact.key());
        self.remember(turn, &artifact);
        Done {
            artifact,
            ran_seconds: None,
        }
    }

    /// Reads the bytes of what a stage is about to read, once a run: nothing is made of a damaged artifact.
    fn verify(&mut self, inputs: &[(&'static str, &Artifact)]) -> Result<(), CacheError> {
        for (_, artifact) in inputs {
            if self.sound.insert(artifact.key()) {
                artifact.verify()?;
            }
        }
        Ok(())
    }

    fn make(
        &mut self,
        node: &Node,
        turn: &Turn<'_>,
        found: Identified<'_>,
        lock: KeyLock,
    ) -> Result<Done, ExecError> {
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
