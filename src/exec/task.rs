//! The making of one artifact, from the lock of its key to its place in the cache. Several may be at it at a time.

use super::finished::{Finished, go_on_with_log, stopped};
use super::identify::check_unchanged;
use super::journal::Journal;
use super::progress::Logged;
use super::runner::Account;
use super::{
    Done, ExecError, Inputs, Options, Runner, Slot, StageFailure, Status, Turn, Workplace, preview,
};
use crate::cache::{
    Artifact, Cache, CacheError, Claim, Digest, Draft, Fault, Identity, Key, KeyLock, LOG, Lookup,
    Machine, Partial, Position, Provenance, in_a_line,
};
use crate::plan::{Node, NodeId, Plan};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

/// What is to be made, and of what.
pub(super) struct Task<'a> {
    pub(super) node: &'a Node,
    pub(super) turn: Turn<'a>,
    pub(super) identity: Identity,
    /// The artifacts that are read, with the nodes that made them, by config key.
    pub(super) inputs: Vec<(&'static str, NodeId, Artifact)>,
    /// The files outside the cache that are read, and the digests of their bytes.
    pub(super) outside_files: Vec<PathBuf>,
    pub(super) digests: Vec<Digest>,
    /// Where it is made.
    pub(super) claim: Arc<Claim>,
    /// Whether it is made even if it is there.
    pub(super) forced: bool,
}

impl Task<'_> {
    /// That the run was stopped before it was begun.
    pub(super) fn stopped(&self, workshop: &Workshop<'_>) -> (String, Option<Position>) {
        let partial = workshop.cache.partial(self.identity.key);
        (self.node.label.clone(), partial.position())
    }
}

/// What came of a task that did not fail.
pub(super) enum Made {
    /// The artifact was made.
    New(Box<Done>),
    /// Another run has made it meanwhile.
    Cached(Box<Artifact>),
    /// This artifact of a node, which was to be read, is not what was found: it was replaced, or was damaged and set
    /// aside. If `force` says so, the node has to be made again even if something is found for it.
    Unsound {
        parent: NodeId,
        artifact: Box<Artifact>,
        force: bool,
    },
    /// The run was asked to stop; this far the stage has come.
    Stopped(Option<Position>),
}

/// All that tasks share.
pub(super) struct Workshop<'a> {
    pub(super) cache: &'a Cache,
    runner: &'a dyn Runner,
    journal: &'a Journal<'a>,
    plan: &'a Plan,
    options: &'a Options,
    machine: OnceLock<Machine>,
    /// Artifacts whose bytes were made or read in this run.
    sound: Mutex<BTreeSet<(Key, Digest)>>,
    /// How long it took to make those that were made in this run.
    ran: Mutex<BTreeMap<Key, f64>>,
}

impl<'a> Workshop<'a> {
    pub(super) fn new(
        cache: &'a Cache,
        runner: &'a dyn Runner,
        journal: &'a Journal<'a>,
        plan: &'a Plan,
        options: &'a Options,
    ) -> Self {
        Self {
            cache,
            runner,
            journal,
            plan,
            options,
            machine: OnceLock::new(),
            sound: Mutex::default(),
            ran: Mutex::default(),
        }
    }

    /// How long it took to make the artifact, if that was in this run.
    pub(super) fn ran(&self, key: Key) -> Option<f64> {
        locked(&self.ran).get(&key).copied()
    }

    /// For each node, whether its artifact is there already, as far as that can be known.
    pub(super) fn cached(&self) -> Vec<bool> {
        let statuses = preview(self.plan, self.cache, self.runner, self.options);
        let statuses = statuses.into_iter().flatten();
        let is_there = |status: Status| status.artifact().is_some();
        statuses.map(is_there).collect()
    }

    /// Makes what the task asks for, unless another run does so first.
    pub(super) fn make(&self, task: Task<'_>, slot: Slot) -> Result<Made, ExecError> {
        let (stage, key) = (task.turn.stage, task.identity.key);
        let partial = self.cache.partial(key);
        let waiting = || {
            let line = format!("another run is making `{stage}`; waiting for it");
            self.journal.note(&line);
        };
        let stopped = || self.options.stop.requested();
        let Some(lock) = self.cache.lock(task.identity.clone(), waiting, stopped)? else {
            return Ok(Made::Stopped(partial.position()));
        };
        match self.cache.lookup(key) {
            Lookup::Whole(artifact) if !task.forced => return Ok(Made::Cached(artifact)),
            Lookup::Damaged(fault) => {
                let kept = self.cache.quarantine(lock.guard())?;
                self.tell_damage(stage, &fault, kept.as_deref());
            }
            Lookup::Whole(_) | Lookup::Absent => {}
        }
        for (_, parent, artifact) in &task.inputs {
            let faults = self.faults(artifact)?;
            if !faults.is_empty() {
                // Whoever repairs the parent may need what is locked here.
                drop(lock);
                let Some(force) = self.set_aside(*parent, artifact, &faults)? else {
                    return Ok(Made::Stopped(partial.position()));
                };
                return Ok(Made::Unsound {
                    parent: *parent,
                    artifact: Box::new(artifact.clone()),
                    force,
                });
            }
        }
        match self.try_often(&task, slot, &partial)? {
            Some(finished) => self.publish(task, slot, lock, finished, &partial),
            None => Ok(Made::Stopped(partial.position())),
        }
    }

    /// What is wrong with an artifact that a stage is about to read, whose bytes are looked at once a run: nothing
    /// is made of a damaged artifact.
    fn faults(&self, artifact: &Artifact) -> Result<Vec<Fault>, CacheError> {
        let bytes = (artifact.key(), artifact.content());
        if locked(&self.sound).contains(&bytes) {
            return Ok(Vec::new());
        }
        let faults = artifact.faults()?;
        if faults.is_empty() {
            locked(&self.sound).insert(bytes);
        }
        Ok(faults)
    }

    /// Sees to it that the damaged artifact of a node is not found again; returns whether it still is, because it
    /// lies in a cache that is only read. What is made here is found before that. Nothing if the run is to stop.
    fn set_aside(
        &self,
        id: NodeId,
        artifact: &Artifact,
        faults: &[Fault],
    ) -> Result<Option<bool>, CacheError> {
        let stage = &self.plan.nodes[id.0].label;
        if !self.cache.owns(artifact) {
            self.tell_damage(stage, &in_a_line(faults), None);
            return Ok(Some(true));
        }
        let waiting = || {
            let line = format!("another run is making `{stage}`; waiting for it");
            self.journal.note(&line);
        };
        let stopped = || self.options.stop.requested();
        let Some(guard) = self.cache.guard(artifact.key(), waiting, stopped)? else {
            return Ok(None);
        };
        if let Some(found) = self.cache.quarantine_damaged(&guard)? {
            self.tell_damage(stage, &in_a_line(&found.faults), Some(&found.to));
        }
        Ok(Some(false))
    }

    fn tell_damage(&self, stage: &str, fault: &str, kept: Option<&Path>) {
        let kept = kept.map(|folder| format!("kept in `{}` and ", folder.display()));
        let kept = kept.unwrap_or_default();
        let line = format!("the artifact of `{stage}` is damaged: {fault}; it is {kept}made again");
        self.journal.note(&line);
    }

    /// Tries as often as the stage allows; nothing if the run was stopped.
    fn try_often(
        &self,
        task: &Task<'_>,
        slot: Slot,
        partial: &Partial,
    ) -> Result<Option<Finished>, ExecError> {
        let retry = task.node.attempts.retry.unwrap_or(0);
        let mut tries = 0;
        loop {
            let mut draft = self.cache.begin(&task.claim)?;
            let mut account = Account::default();
            let (started, clock) = (Timestamp::now(), Instant::now());
            let attempt = tries + 1;
            let result = self.attempt(task, attempt, slot, partial, &mut draft, &mut account);
            let finished = Finished {
                draft,
                account,
                started,
                seconds: clock.elapsed().as_secs_f64(),
            };
            match result {
                Ok(()) => return self.check(task, finished).map(Some),
                Err(failure) if failure.is_stop() => {
                    finished.keep_stopped(self.plan, task, partial.position());
                    return Ok(None);
                }
                Err(failure) if tries < retry && !self.options.stop.requested() => {
                    tries += 1;
                    self.journal.tries_again(&task.turn, &failure);
                    let kept = finished.keep(self.plan, task, &failure);
                    let line = format!(
                        "trying `{}` again ({tries} of {retry}); {kept}",
                        task.turn.stage
                    );
                    self.journal.note(&line);
                }
                Err(failure) => return Err(self.give_up(task, finished, failure)),
            }
        }
    }

    fn attempt(
        &self,
        task: &Task<'_>,
        attempt: u32,
        slot: Slot,
        partial: &Partial,
        draft: &mut Draft,
        account: &mut Account,
    ) -> Result<(), StageFailure> {
        if self.options.stop.requested() {
            return Err(StageFailure::stopped());
        }
        let key = task.identity.key;
        let before = go_on_with_log(self.cache, key, partial, draft);
        let log = Logged::new(self.journal, task.turn, draft.log()?);
        if let Some(line) = before {
            log.write(&line);
        }
        let path = draft.dir().record(LOG);
        self.journal.started(&task.turn, key, attempt, &path);
        let folders = task.inputs.iter();
        let inputs = folders.map(|(key, _, made)| (*key, made.path().to_owned()));
        let inputs = Inputs::new(inputs);
        let place = Workplace {
            stage: task.turn.stage,
            inputs: &inputs,
            out: draft.dir(),
            partial,
            keep_every: self.options.keep_every,
            slot,
            timeout: task.node.attempts.timeout.map(|limit| limit.get()),
            stop: &self.options.stop,
            progress: &log,
            account,
        };
        let work = || self.runner.run(&task.node.spec, place);
        let result = catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|panic| Err(StageFailure::from_panic(&*panic)));
        if result.as_ref().is_err_and(StageFailure::is_stop) {
            log.write(&stopped(partial.position()));
        }
        result
    }

    /// Whether what was read is still what the key says. Another try would find it as it is now too.
    fn check(&self, task: &Task<'_>, finished: Finished) -> Result<Finished, ExecError> {
        match check_unchanged(self.cache, &task.outside_files, &task.digests) {
            Ok(()) => Ok(finished),
            Err(failure) => Err(self.give_up(task, finished, failure)),
        }
    }

    fn give_up(&self, task: &Task<'_>, finished: Finished, failure: StageFailure) -> ExecError {
        self.journal.failed(&task.turn, &failure);
        let kept = finished.keep(self.plan, task, &failure);
        ExecError::stage(task.turn.stage, failure, Some(kept))
    }

    /// Gives what was made its place in the cache.
    fn publish(
        &self,
        task: Task<'_>,
        slot: Slot,
        lock: KeyLock,
        finished: Finished,
        partial: &Partial,
    ) -> Result<Made, ExecError> {
        let Finished {
            draft,
            account,
            started,
            seconds,
        } = finished;
        let in_all = account.seconds_before + seconds;
        let provenance = Provenance {
            experiment: self.plan.name.clone(),
            stage: task.node.label.clone(),
            request: self.plan.request.clone(),
            inputs: task
                .inputs
                .iter()
                .map(|(key, _, artifact)| ((*key).to_owned(), artifact.key()))
                .collect(),
            outside_files: task.outside_files,
            machine: self.machine(slot, account.device),
            started,
            finished: Timestamp::now(),
            seconds: in_all,
            cpu_seconds: account.cpu_seconds,
            peak_memory_bytes: account.peak_memory_bytes,
        };
        let committed = draft.commit(&lock, provenance);
        let artifact = committed.map_err(ExecError::not_kept(&task.node.label))?;
        // Under the lock, or they may be those of the next run already. What stays costs space, no more.
        partial.clear().ok();
        drop(lock);
        self.journal.finished(&task.turn, seconds, in_all);
        locked(&self.sound).insert((artifact.key(), artifact.content()));
        locked(&self.ran).insert(artifact.key(), seconds);
        Ok(Made::New(Box::new(Done {
            artifact,
            ran_seconds: Some(seconds),
        })))
    }

    /// This machine; looked at when the first stage is done, since a run that skips everything needs none of it.
    fn machine(&self, slot: Slot, device: Option<String>) -> Machine {
        let here = || Machine::here(String::new(), 0);
        Machine {
            device: device.unwrap_or_else(|| slot.device.to_string()),
            threads: slot.threads,
            ..self.machine.get_or_init(here).clone()
        }
    }
}

pub(super) fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
