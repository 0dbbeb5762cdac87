//! The run itself: which stage comes next, and what its end means for the others.

mod agenda;

use super::estimate::Past;
use super::forecast::Forecast;
use super::identify::Identifier;
use super::journal::Journal;
use super::task::{Made, Task, Workshop};
use super::{ExecError, Runner, Slot, StageFailure, Stop, Turn, Watcher};
use crate::cache::{Artifact, Cache, CacheError, Claim, Hold, Index, Key, Lookup, Position};
use crate::plan::{Node, NodeId, Plan};
use agenda::{Agenda, State};
use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, Scope};
use std::time::Duration;

/// Room for the stack of a stage that works in this process: as much as a main thread has.
const STACK: usize = 8 << 20;

/// How often a run that waits for its stages looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(200);

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
    let run = Run {
        plan,
        workshop: &workshop,
        options,
        journal: &journal,
        forced,
        identifier: Identifier::new(cache, runner),
        index: cache.index(&plan.name),
        agenda: Agenda::of(plan),
        free: options.slots.iter().rev().copied().collect(),
        keys: HashMap::new(),
        hold: None,
        unheld: Vec::new(),
        ends: Ends::default(),
    };
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

/// How stages ended that are not done.
#[derive(Default)]
struct Ends {
    failures: Vec<(NodeId, ExecError)>,
    stopped: Vec<(String, Option<Position>)>,
    told_stop: bool,
}

/// What a thread says when its stage has ended.
struct Report {
    node: NodeId,
    key: Key,
    slot: Slot,
    made: Result<Made, ExecError>,
}

struct Run<'a> {
    plan: &'a Plan,
    workshop: &'a Workshop<'a>,
    journal: &'a Journal<'a>,
    options: &'a Options,
    forced: BTreeSet<NodeId>,
    identifier: Identifier<'a>,
    index: Index,
    agenda: Agenda,
    free: Vec<Slot>,
    /// The keys that slots are at, with the nodes that wait for the same artifact.
    keys: HashMap<Key, Vec<NodeId>>,
    /// Keeps others from deleting what this run has found; begun when the first stage has to be made.
    hold: Option<Hold>,
    /// What was found and is not held yet.
    unheld: Vec<Key>,
    ends: Ends,
}

impl<'a> Run<'a> {
    fn walk<'scope>(mut self, scope: &'scope Scope<'scope, 'a>) -> Result<Outcome, ExecError> {
        let (sender, reports) = channel();
        loop {
            self.begin(scope, &sender);
            self.identifier.save();
            if self.free.len() == self.options.slots.len() {
                break;
            }
            // There is always one to come: a slot is at work, and `sender` is here.
            match reports.recv_timeout(LOOK) {
                Ok(report) => self.hear(report),
                Err(_) => self.hear_stop(),
            }
            self.journal.look();
        }
        self.finish()
    }

    /// Begins stages until there is none to begin, or no slot.
    fn begin<'scope>(&mut self, scope: &'scope Scope<'scope, 'a>, sender: &Sender<Report>) {
        while self.goes_on()
            && let Some(slot) = self.free.pop()
        {
            let Some(node) = self.agenda.ready.pop_first() else {
                self.free.push(slot);
                return;
            };
            match self.visit(node) {
                Ok(None) => {}
                Ok(Some(task)) if self.options.stop.requested() => {
                    self.ends.stopped.push(task.stopped(self.workshop));
                }
                Ok(Some(task)) => match self.give(task, node, slot, scope, sender) {
                    Ok(()) => continue,
                    Err(error) => self.fail(node, error),
                },
                Err(error) => self.fail(node, error),
            }
            self.free.push(slot);
        }
    }

    /// Gives a slot a task.
    fn give<'scope>(
        &mut self,
        task: Task<'a>,
        node: NodeId,
        slot: Slot,
        scope: &'scope Scope<'scope, 'a>,
        sender: &Sender<Report>,
    ) -> Result<(), ExecError> {
        let (sender, workshop) = (sender.clone(), self.workshop);
        let (key, label) = (task.identity.key, task.turn.stage);
        let work = move || {
            let work = AssertUnwindSafe(|| workshop.make(task, slot));
            let made = catch_unwind(work).unwrap_or_else(|panic| {
                Err(ExecError::stage(
                    label,
                    StageFailure::from_panic(&*panic),
                    None,
                ))
            });
            let report = Report {
                node,
                key,
                slot,
                made,
            };
            // The run waits for every report.
            sender.send(report).ok();
        };
        let builder = thread::Builder::new().stack_size(STACK);
        let begun = builder.spawn_scoped(scope, work);
        begun.map_err(ExecError::NoThread)?;
        self.agenda.states[node.0] = State::Working { stale: false };
        self.keys.insert(key, Vec::new());
        Ok(())
    }

    /// Whether another stage may begin.
    fn goes_on(&self) -> bool {
        self.ends.stopped.is_empty() && (self.options.keep_going || self.ends.failures.is_empty())
    }

    /// Looks whether the artifact of a ready node is there; if not, says what is to be made.
    fn visit(&mut self, id: NodeId) -> Result<Option<Task<'a>>, ExecError> {
        let node = &self.plan.nodes[id.0];
        let parents = node.parents.iter().filter_map(|parent| {
            let done = self.agenda.done(parent.node)?;
            Some((parent.key, &done.artifact))
        });
        let found = self.identifier.identify(node, parents.collect())?;
        let forced = self.forced.contains(&id);
        let key = found.identity.key;
        if !forced && let Lookup::Whole(artifact) = self.workshop.cache.lookup(key) {
            self.skip(id, *artifact);
            return Ok(None);
        }
        if let Some(waiting) = self.keys.get_mut(&key) {
            waiting.push(id);
            return Ok(None);
        }
        let inputs = found.inputs.into_iter().zip(&node.parents);
        let inputs = inputs
            .map(|((key, artifact), parent)| (key, parent.node, artifact.clone()))
            .collect();
        let (identity, outside_files, digests) =
            (found.identity, found.outside_files, found.digests);
        let claim = self.hold(key).map_err(ExecError::no_place(&node.label))?;
        Ok(Some(Task {
            node,
            turn: self.turn(id),
            identity,
            inputs,
            outside_files,
            digests,
            claim,
            forced,
        }))
    }

    fn turn(&self, id: NodeId) -> Turn<'a> {
        Turn {
            stage: &self.plan.nodes[id.0].label,
            number: id.0 + 1,
            total: self.plan.nodes.len(),
        }
    }

    fn skip(&mut self, id: NodeId, artifact: Artifact) {
        self.journal.cached(&self.turn(id), artifact.key());
        self.workshop.cache.mark_used(&artifact);
        let done = Done {
            ran_seconds: self.workshop.ran(artifact.key()),
            artifact,
        };
        self.settle(id, done);
    }

    /// The artifact of a node is there. Returns whether that still holds.
    fn settle(&mut self, id: NodeId, done: Done) -> bool {
        self.unheld.push(done.artifact.key());
        let artifact = done.artifact.clone();
        let settled = self.agenda.settle(id, done);
        if settled {
            // For explanations only; a cache that cannot be written does not matter.
            let label = &self.plan.nodes[id.0].label;
            self.index.remember(label, &artifact).ok();
        }
        settled
    }

    fn fail(&mut self, id: NodeId, error: ExecError) {
        self.journal.gave_up(&self.turn(id), &error);
        self.agenda.states[id.0] = State::Failed;
        self.ends.failures.push((id, error));
    }

    /// Keeps others from deleting what was found so far, and what is to be made, until the run ends; tells where it is
    /// to be made.
    fn hold(&mut self, key: Key) -> Result<Arc<Claim>, CacheError> {
        let hold = match &mut self.hold {
            Some(hold) => hold,
            none => none.insert(self.workshop.cache.hold()?),
        };
        self.unheld.push(key);
        hold.add(self.unheld.drain(..))?;
        let claim = hold.claim();
        self.workshop.cache.make_room(key)?;
        if !self.journal.is_open() {
            self.journal.open(claim.clone(), self.forecast());
        }
        Ok(claim)
    }

    /// What is expected of the run, as it begins to work.
    fn forecast(&self) -> Forecast<'a> {
        Forecast::new(
            self.plan,
            Past::of(&self.index),
            self.workshop.cached(),
            self.options.slots.len(),
            self.options.keep_going,
        )
    }

    /// What follows from the end of a stage.
    fn hear(&mut self, report: Report) {
        let Report {
            node,
            key,
            slot,
            made,
        } = report;
        self.free.push(slot);
        match made {
            Ok(Made::New(done)) => {
                if self.settle(node, *done) {
                    self.forced.remove(&node);
                }
            }
            Ok(Made::Cached(artifact)) => self.skip(node, *artifact),
            Ok(Made::Unsound {
                parent,
                artifact,
                force,
            }) => {
                self.agenda.wait_again(node);
                // Another child may have found it first.
                let found = self.agenda.done(parent);
                if found.is_some_and(|done| done.artifact == *artifact) {
                    if force {
                        self.forced.insert(parent);
                    }
                    self.agenda.reopen(parent);
                }
            }
            Ok(Made::Stopped(position)) => {
                self.agenda.states[node.0] = State::Waiting;
                self.journal.stopped(&self.turn(node), position);
                let label = self.plan.nodes[node.0].label.clone();
                self.ends.stopped.push((label, position));
            }
            Err(error) => {
                self.fail(node, error);
                self.tell_who_works();
            }
        }
        for waiting in self.keys.remove(&key).unwrap_or_default() {
            self.agenda.consider(waiting);
        }
    }

    /// Says once that a stop was heard, and whom it waits for.
    fn hear_stop(&mut self) {
        if self.options.stop.requested() && !self.ends.told_stop {
            self.ends.told_stop = true;
            let working = |state: &State| matches!(state, State::Working { .. });
            let labels = self.agenda.labels(self.plan, working).join(", ");
            let line = format!("stopping: waiting for {labels}; once more ends it at once");
            self.journal.note(&line);
        }
    }

    /// Says whom a run that has failed waits for.
    fn tell_who_works(&self) {
        let working = |state: &State| matches!(state, State::Working { .. });
        let labels = self.agenda.labels(self.plan, working);
        if !self.options.keep_going && !labels.is_empty() {
            let line = format!("waiting for what is at work: {}", labels.join(", "));
            self.journal.note(&line);
        }
    }

    fn finish(self) -> Result<Outcome, ExecError> {
        let Ends {
            failures, stopped, ..
        } = self.ends;
        let stop = (!stopped.is_empty()).then_some(ExecError::Stopped { places: stopped });
        if failures.is_empty() {
            let nodes = self
                .agenda
                .states
                .into_iter()
                .filter_map(|state| match state {
                    State::Done(done) => Some(*done),
                    State::Waiting | State::Working { .. } | State::Failed => None,
                });
            return stop.map_or_else(
                || {
                    Ok(Outcome {
                        nodes: nodes.collect(),
                    })
                },
                Err,
            );
        }
        if self.options.keep_going {
            let failed = failures.iter().map(|(node, _)| node.0);
            let below = self.agenda.graph.downstream(failed);
            let left = below
                .into_iter()
                .filter(|node| matches!(self.agenda.states[*node], State::Waiting));
            let left: Vec<&str> = left
                .map(|node| self.plan.nodes[node].label.as_str())
                .collect();
            if !left.is_empty() {
                let line = format!("not run for want of what failed: {}", left.join(", "));
                self.journal.note(&line);
            }
        }
        // A failure is what the run ends with, even if it was stopped too.
        if let Some(stop) = stop {
            self.journal.note(&stop.to_string());
        }
        Err(ExecError::of(
            failures.into_iter().map(|(_, error)| error).collect(),
        ))
    }
}
