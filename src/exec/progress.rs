//! What a run says about itself while it goes on.

use super::journal::Journal;
use super::{Bulletin, StageFailure};
use crate::cache::{Key, Position};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Hears of the work of one stage, from any of its threads.
pub trait Progress: Sync {
    /// The stage turns to something else, such as `epoch 3` or `beam search`; steps count anew.
    fn phase(&self, text: &str);

    /// The stage has done so many steps of the phase, of `total` if that is known; `detail` is what else is worth
    /// watching, in words. May be called for every step.
    fn step(&self, done: u64, total: Option<u64>, detail: &str);

    /// What a training is at and has come to. May be called for every step.
    fn figures(&self, _figures: Figures) {}

    /// Something worth keeping: goes to the log of the stage too.
    fn note(&self, line: &str);
}

/// What a training says of itself, as far as it knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Figures {
    /// The epoch, from 1.
    pub epoch: Option<u64>,
    /// The epochs that there will be at most.
    pub epochs: Option<u64>,
    /// The loss of the newest update.
    pub loss: Option<f64>,
    /// The newest validation score, from 0 to 100.
    pub bleu: Option<f64>,
    /// The share of all updates that are done, from 0 to 1.
    pub share: Option<f64>,
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

    /// A stage was asked to stop, and did; this far it has come with what it has kept.
    fn stopped(&self, _turn: &Turn<'_>, _kept: Option<Position>) {}

    /// [`Progress::phase`] of a stage.
    fn phase(&self, turn: &Turn<'_>, text: &str);

    /// [`Progress::note`] of a stage.
    fn stage_note(&self, turn: &Turn<'_>, line: &str);

    /// Whether [`Watcher::log_line`] is to be called.
    fn wants_logs(&self) -> bool {
        false
    }

    /// A line has come to the end of a stage's log: a phase, a note, or something that its process printed.
    fn log_line(&self, _turn: &Turn<'_>, _line: &str) {}

    /// Where the run stands: several times a second, as long as something works.
    fn standing(&self, _bulletin: &Bulletin) {}

    /// Where the run stood at its end, if it worked on something.
    fn ended(&self, _bulletin: &Bulletin) {}

    /// Nothing more will be told.
    fn over(&self) {}

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
    fn stage_note(&self, _: &Turn<'_>, _: &str) {}
    fn note(&self, _: &str) {}
}

/// The progress of one stage: passed on to the journal of the run, phases and notes also to a log, with the seconds
/// since it was opened.
pub(super) struct Logged<'a, 'p> {
    journal: &'a Journal<'p>,
    turn: Turn<'a>,
    log: Mutex<File>,
    opened: Instant,
}

impl<'a, 'p> Logged<'a, 'p> {
    pub(super) fn new(journal: &'a Journal<'p>, turn: Turn<'a>, log: File) -> Self {
        Self {
            journal,
            turn,
            log: Mutex::new(log),
            opened: Instant::now(),
        }
    }

    /// Writes to the log alone.
    pub(super) fn write(&self, line: &str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{:9.1}s {line}\n", self.opened.elapsed().as_secs_f64());
        // A log that cannot be written is no reason to give up the work.
        log.write_all(line.as_bytes()).ok();
    }
}

impl Progress for Logged<'_, '_> {
    fn phase(&self, text: &str) {
        self.write(text);
        self.journal.phase(&self.turn, text);
    }

    fn step(&self, done: u64, total: Option<u64>, detail: &str) {
        self.journal.step(&self.turn, done, total, detail);
    }

    fn figures(&self, figures: Figures) {
        self.journal.figures(&self.turn, figures);
    }

    fn note(&self, line: &str) {
        self.write(line);
        self.journal.stage_note(&self.turn, line);
    }
}
