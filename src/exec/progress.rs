//! What a run says about itself while it goes on.

use super::StageFailure;
use crate::cache::Key;
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Hears of the work of one stage, from any of its threads.
pub trait Progress: Sync {
    /// The stage turns to something else, such as `epoch 3` or `beam search`; steps count anew.
    fn phase(&self, text: &str);

    /// The stage has done so many steps of the phase, of `total` if that is known; `detail` is what is worth
    /// watching, such as the loss. May be called for every step.
    fn step(&self, done: u64, total: Option<u64>, detail: &str);

    /// Something worth keeping: goes to the log of the stage too.
    fn note(&self, line: &str);
}

/// Hears of a run, in which several stages may work at the same time, from any thread.
pub trait Watcher: Sync {
    /// A stage begins to work.
    fn started(&self, turn: &Turn<'_>);

    /// A stage is done, after so many seconds.
    fn finished(&self, turn: &Turn<'_>, seconds: f64);

    /// A stage need not run: its artifact is there.
    fn cached(&self, turn: &Turn<'_>, key: Key);

    /// A stage could not finish.
    fn failed(&self, turn: &Turn<'_>, failure: &StageFailure);

    /// [`Progress::phase`] of a stage.
    fn phase(&self, turn: &Turn<'_>, text: &str);

    /// [`Progress::step`] of a stage.
    fn step(&self, turn: &Turn<'_>, done: u64, total: Option<u64>, detail: &str);

    /// [`Progress::note`] of a stage.
    fn stage_note(&self, turn: &Turn<'_>, line: &str);

    /// Something about the run that is worth keeping.
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
    fn phase(&self, _: &str) {}
    fn step(&self, _: u64, _: Option<u64>, _: &str) {}
    fn note(&self, _: &str) {}
}

impl Watcher for Silent {
    fn started(&self, _: &Turn<'_>) {}
    fn finished(&self, _: &Turn<'_>, _: f64) {}
    fn cached(&self, _: &Turn<'_>, _: Key) {}
    fn failed(&self, _: &Turn<'_>, _: &StageFailure) {}
    fn phase(&self, _: &Turn<'_>, _: &str) {}
    fn step(&self, _: &Turn<'_>, _: u64, _: Option<u64>, _: &str) {}
    fn stage_note(&self, _: &Turn<'_>, _: &str) {}
    fn note(&self, _: &str) {}
}

/// The progress of one stage: passed on to the watcher of the run, phases and notes also to a log, with the seconds
/// since it was opened.
pub(super) struct Logged<'a> {
    watcher: &'a dyn Watcher,
    turn: Turn<'a>,
    log: Mutex<File>,
    opened: Instant,
}

impl<'a> Logged<'a> {
    pub(super) fn new(watcher: &'a dyn Watcher, turn: Turn<'a>, log: File) -> Self {
        Self {
            watcher,
            turn,
            log: Mutex::new(log),
            opened: Instant::now(),
        }
    }

    fn write(&self, line: &str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{:9.1}s {line}\n", self.opened.elapsed().as_secs_f64());
        // A log that cannot be written is no reason to give up the work.
        log.write_all(line.as_bytes()).ok();
    }
}

impl Progress for Logged<'_> {
    fn phase(&self, text: &str) {
        self.write(text);
        self.watcher.phase(&self.turn, text);
    }

    fn step(&self, done: u64, total: Option<u64>, detail: &str) {
        self.watcher.step(&self.turn, done, total, detail);
    }

    fn note(&self, line: &str) {
        self.write(line);
        self.watcher.stage_note(&self.turn, line);
    }
}
