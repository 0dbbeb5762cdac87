//! Where a run stands: kept as it is told, passed on to who watches, and posted for other processes.

mod pages;

use super::bulletin::{DoneStage, FailedStage, Working};
use super::failure::messages;
use super::forecast::Forecast;
use super::pace::Pace;
use super::tail::Tail;
use super::task::locked;
use super::{ExecError, Figures, StageFailure, Turn, Watcher};
use crate::cache::{Claim, Key, Position};
use crate::plan::Plan;
use jiff::Timestamp;
use pages::{Open, Pages, State, Work};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Between two looks at a run that works.
const LOOK: Duration = Duration::from_millis(150);
/// Between two posts, unless a stage began or ended.
const POST: Duration = Duration::from_secs(1);
/// How many of the stages that were made are told.
const LATELY: usize = 5;

/// The journal of a run. Until the run works on something, it writes nothing.
pub(super) struct Journal<'a> {
    watcher: &'a dyn Watcher,
    plan: &'a Plan,
    pages: Mutex<Pages<'a>>,
    /// Held while something is noted and told: nobody hears of a step of a stage that has been said to be done, or of
    /// lines of a log in another order.
    telling: Mutex<()>,
}

impl<'a> Journal<'a> {
    pub(super) fn new(plan: &'a Plan, watcher: &'a dyn Watcher) -> Self {
        let pages = Pages {
            clock: Instant::now(),
            began: Timestamp::now(),
            states: plan.nodes.iter().map(|_| State::Waiting).collect(),
            lately: VecDeque::new(),
            failed: Vec::new(),
            open: None,
        };
        Self {
            watcher,
            plan,
            pages: Mutex::new(pages),
            telling: Mutex::default(),
        }
    }

    /// The run begins to work, and has claimed a folder.
    pub(super) fn open(&self, claim: Arc<Claim>, forecast: Forecast<'a>) {
        self.pages().open = Some(Open {
            claim,
            forecast,
            looked: None,
            posted: None,
        });
    }

    /// Whether the run works on something.
    pub(super) fn is_open(&self) -> bool {
        self.pages().open.is_some()
    }

    /// An attempt at a stage begins, whose log is that file.
    pub(super) fn started(&self, turn: &Turn<'_>, key: Key, attempt: u32, log: &Path) {
        let tail = match self.watcher.wants_logs() {
            // Without its log, a stage works as well.
            true => Tail::after(log).ok(),
            false => None,
        };
        let mut pages = self.pages();
        let claimed = pages.open.as_ref().map(|open| open.claim.clone());
        let log = claimed.map_or(log, |claim| claim.inside(log));
        pages.states[turn.number - 1] = State::Working(Box::new(Work {
            key,
            attempt,
            clock: Instant::now(),
            began: Timestamp::now(),
            log: log.to_owned(),
            tail,
            phase: String::new(),
            steps: None,
            detail: String::new(),
            figures: Figures::default(),
            pace: Pace::default(),
        }));
        pages.turned();
        drop(pages);
        self.watcher.started(turn);
    }

    /// A stage was made in so many seconds; with interrupted attempts before, in so many `in_all`.
    pub(super) fn finished(&self, turn: &Turn<'_>, seconds: f64, in_all: f64) {
        let _in_order = locked(&self.telling);
        let node = turn.number - 1;
        self.end(turn, State::Done, |pages| {
            pages.lately.truncate(LATELY - 1);
            pages.lately.push_front(DoneStage {
                stage: turn.stage.to_owned(),
                seconds,
            });
            if let Some(open) = &mut pages.open {
                open.forecast.measured(node, in_all);
            }
        });
        self.watcher.finished(turn, seconds);
    }

    pub(super) fn cached(&self, turn: &Turn<'_>, key: Key) {
        let _in_order = locked(&self.telling);
        self.pages().states[turn.number - 1] = State::Cached;
        self.watcher.cached(turn, key);
    }

    /// An attempt failed, and there will be another.
    pub(super) fn tries_again(&self, turn: &Turn<'_>, failure: &StageFailure) {
        let _in_order = locked(&self.telling);
        self.pass_on(turn, Tail::last_lines);
        self.work(turn, |work| work.steps = None);
        self.watcher.failed(turn, failure);
    }

    pub(super) fn failed(&self, turn: &Turn<'_>, failure: &StageFailure) {
        let _in_order = locked(&self.telling);
        self.end(turn, State::Failed, |pages| {
            pages.failed.push(FailedStage {
                stage: turn.stage.to_owned(),
                error: failure.messages(),
            });
        });
        self.watcher.failed(turn, failure);
    }

    /// A stage could not be begun, or what it made was not taken; a failure of its work was told before.
    pub(super) fn gave_up(&self, turn: &Turn<'_>, error: &ExecError) {
        if matches!(self.pages().states[turn.number - 1], State::Failed) {
            return;
        }
        let error = messages(error);
        let _in_order = locked(&self.telling);
        self.end(turn, State::Failed, |pages| {
            pages.failed.push(FailedStage {
                stage: turn.stage.to_owned(),
                error,
            });
        });
    }

    pub(super) fn stopped(&self, turn: &Turn<'_>, kept: Option<Position>) {
        let _in_order = locked(&self.telling);
        self.end(turn, State::Stopped, |_| {});
        self.watcher.stopped(turn, kept);
    }

    pub(super) fn phase(&self, turn: &Turn<'_>, text: &str) {
        self.work(turn, |work| {
            text.clone_into(&mut work.phase);
            work.steps = None;
            work.detail.clear();
            work.pace.turn();
        });
        self.watcher.phase(turn, text);
    }

    pub(super) fn step(&self, turn: &Turn<'_>, done: u64, total: Option<u64>, detail: &str) {
        self.work(turn, |work| {
            work.steps = Some((done, total));
            detail.clone_into(&mut work.detail);
            work.pace.step(Instant::now(), done, total);
        });
    }

    pub(super) fn figures(&self, turn: &Turn<'_>, figures: Figures) {
        self.work(turn, |work| {
            work.figures = figures;
            if let Some(share) = figures.share {
                work.pace.share(Instant::now(), share);
            }
        });
    }

    pub(super) fn stage_note(&self, turn: &Turn<'_>, line: &str) {
        self.watcher.stage_note(turn, line);
    }

    pub(super) fn note(&self, line: &str) {
        self.watcher.note(line);
    }

    /// Lets others see where the run stands, unless they have just seen it.
    pub(super) fn look(&self) {
        let _in_order = locked(&self.telling);
        let now = Instant::now();
        let since = |then: Option<Instant>| then.map(|then| now.duration_since(then));
        let mut pages = self.pages();
        let Some(open) = &mut pages.open else { return };
        if since(open.looked).is_some_and(|since| since < LOOK) {
            return;
        }
        open.looked = Some(now);
        let posts = since(open.posted).is_none_or(|since| since >= POST);
        if posts {
            open.posted = Some(now);
        }
        let claim = open.claim.clone();
        let bulletin = pages.bulletin(self.plan, now);
        drop(pages);
        for working in &bulletin.working {
            self.pass_on(&self.turn(working), Tail::lines);
        }
        self.watcher.standing(&bulletin);
        if posts && let Ok(text) = serde_json::to_vec(&bulletin) {
            // Who cannot be told, need not know.
            claim.post(&text).ok();
        }
    }

    /// The run is over.
    pub(super) fn close(&self) {
        let pages = self.pages();
        if pages.open.is_some() {
            let bulletin = pages.bulletin(self.plan, Instant::now());
            drop(pages);
            self.watcher.ended(&bulletin);
        }
    }

    fn turn<'t>(&self, working: &'t Working) -> Turn<'t> {
        Turn {
            stage: &working.stage,
            number: working.number,
            total: self.plan.nodes.len(),
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages<'a>> {
        locked(&self.pages)
    }

    /// Notes something about a stage that works.
    fn work(&self, turn: &Turn<'_>, note: impl FnOnce(&mut Work)) {
        if let State::Working(work) = &mut self.pages().states[turn.number - 1] {
            note(work);
        }
    }

    /// Notes that a stage works no longer, once all of its log is passed on.
    fn end(&self, turn: &Turn<'_>, state: State, note: impl FnOnce(&mut Pages<'a>)) {
        self.pass_on(turn, Tail::last_lines);
        let mut pages = self.pages();
        pages.states[turn.number - 1] = state;
        pages.turned();
        note(&mut pages);
    }

    /// Passes on what is new in the log of a stage.
    fn pass_on(&self, turn: &Turn<'_>, read: impl FnOnce(&mut Tail) -> Vec<String>) {
        let mut lines = Vec::new();
        self.work(turn, |work| {
            lines = work.tail.as_mut().map(read).unwrap_or_default();
        });
        for line in lines {
            self.watcher.log_line(turn, &line);
        }
    }
}

#[cfg(test)]
mod tests;
