//! What a run says about itself while it goes on.

use super::StageFailure;
use crate::cache::Key;
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Hears of a run as it goes on. Stages call `phase`, `step` and `note`, from any thread; the executor calls
/// the others.
pub trait Progress: Sync {
    /// A stage begins to work.
    fn stage_started(&self, turn: &Turn<'_>);

    /// A stage is done, after so many seconds.
    fn stage_finished(&self, turn: &Turn<'_>, seconds: f64);

    /// A stage need not run: its artifact is there.
    fn stage_cached(&self, turn: &Turn<'_>, key: Key);

    /// A stage could not finish.
    fn stage_failed(&self, turn: &Turn<'_>, failure: &StageFailure);

    /// The running stage turns to something else, such as `epoch 3` or `beam search`; steps count anew.
    fn phase(&self, text: &str);

    /// The running stage has done so many steps of the phase, of `total` if that is known; `detail` is what is
    /// worth watching, such as the loss. May be called for every step.
    fn step(&self, done: u64, total: Option<u64>, detail: &str);

    /// Something worth keeping: goes to the log of the stage too.
    fn note(&self, line: &str);
}

/// A stage's place in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn<'a> {
    /// The stage's label.
    pub stage: &'a str,
    /// Which stage it is, from 1.
    pub number: usize,
    /// How many there are.
    pub total: usize,
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage_started(&self, _: &Turn<'_>) {}
    fn stage_finished(&self, _: &Turn<'_>, _: f64) {}
    fn stage_cached(&self, _: &Turn<'_>, _: Key) {}
    fn stage_failed(&self, _: &Turn<'_>, _: &StageFailure) {}
    fn phase(&self, _: &str) {}
    fn step(&self, _: u64, _: Option<u64>, _: &str) {}
    fn note(&self, _: &str) {}
}

/// Passes everything on, and writes phases and notes to a log with the seconds since it was opened.
pub(super) struct Logged<'a> {
    inner: &'a dyn Progress,
    log: Mutex<File>,
    opened: Instant,
}

impl<'a> Logged<'a> {
    pub(super) fn new(inner: &'a dyn Progress, log: File) -> Self {
        Self {
            inner,
            log: Mutex::new(log),
            opened: Instant::now(),
        }
    }

    fn write(&self, line: &str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written is no reason to give up the work.
        writeln!(log, "{:9.1}s {line}", self.opened.elapsed().as_secs_f64()).ok();
    }
}

impl Progress for Logged<'_> {
    fn stage_started(&self, turn: &Turn<'_>) {
        self.inner.stage_started(turn);
    }

    fn stage_finished(&self, turn: &Turn<'_>, seconds: f64) {
        self.inner.stage_finished(turn, seconds);
    }

    fn stage_cached(&self, turn: &Turn<'_>, key: Key) {
        self.inner.stage_cached(turn, key);
    }

    fn stage_failed(&self, turn: &Turn<'_>, failure: &StageFailure) {
        self.inner.stage_failed(turn, failure);
    }

    fn phase(&self, text: &str) {
        self.write(text);
        self.inner.phase(text);
    }

    fn step(&self, done: u64, total: Option<u64>, detail: &str) {
        self.inner.step(done, total, detail);
    }

    fn note(&self, line: &str) {
        self.write(line);
        self.inner.note(line);
    }
}
