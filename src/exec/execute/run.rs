//! The walk over the stages: which comes next, who works on it, and what its end means for the others.

use super::agenda::{Agenda, State};
use super::ends::Ends;
use super::{Done, Options, Outcome};
use crate::cache::{Artifact, CacheError, Claim, Hold, Index, Key, Lookup};
use crate::exec::estimate::Past;
use crate::exec::forecast::Forecast;
use crate::exec::identify::Identifier;
use crate::exec::journal::Journal;
use crate::exec::task::{Made, Task, Workshop};
use crate::exec::{ExecError, Slot, StageFailure, Turn};
use crate::plan::{NodeId, Plan};
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

/// What a thread says when its stage has ended.
struct Report {
    node: NodeId,
    key: Key,
    slot: Slot,
    made: Result<Made, ExecError>,
}

/// A run under way.
pub(super) struct Run<'a> {
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
    /// Whether it was said that a stop was heard.
    told_stop: bool,
}

impl<'a> Run<'a> {
    /// A run that has done nothing yet.
    pub(super) fn new(
        plan: &'a Plan,
        workshop: &'a Workshop<'a>,
        journal: &'a Journal<'a>,
        options: &'a Options,
        forced: BTreeSet<NodeId>,
        identifier: Identifier<'a>,
    ) -> Self {
        Self {
            plan,
            workshop,
            journal,
            options,
            forced,
            identifier,
            index: workshop.cache.index(&plan.name),
            agenda: Agenda::of(plan),
            free: options.slots.iter().rev().copied().collect(),
            keys: HashMap::new(),
            hold: None,
            unheld: Vec::new(),
            ends: Ends::default(),
            told_stop: false,
        }
    }

    /// Begins stages and hears of their ends until there is none to begin.
    pub(super) fn walk<'scope>(
        mut self,
        scope: &'scope Scope<'scope, 'a>,
    ) -> Result<Outcome, ExecError> {
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
        let keep_going = self.options.keep_going;
        self.ends
            .sum_up(self.agenda, self.plan, keep_going, self.journal)
    }

    /// Begins stages until there is none to begin, or no slot.
    fn begin<'scope>(&mut self, scope: &'scope Scope<'scope, 'a>, sender: &Sender<Report>) {
        while self.ends.let_begin(self.options.keep_going)
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
        if self.options.stop.requested() && !self.told_stop {
            self.told_stop = true;
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
}
