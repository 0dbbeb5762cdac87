//! Where a run stands: kept as it is told, passed on to who watches, and posted for other processes.

use super::bulletin::{Bulletin, Counts, DoneStage, FailedStage, Left, Working};
use super::failure::messages;
use super::forecast::{Ahead, Forecast};
use super::pace::Pace;
use super::tail::Tail;
use super::task::locked;
use super::{ExecError, Figures, StageFailure, Turn, Watcher};
use crate::cache::{Claim, Key, Position};
use crate::plan::Plan;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Between two looks at a run that works.
const LOOK: Duration = Duration::from_millis(150);
/// Between two posts.
const POST: Duration = Duration::from_secs(1);
/// How many of the stages that were made are told.
const LATELY: usize = 5;

/// The journal of a run. Until the run works on something, it writes nothing.
pub(super) struct Journal<'a> {
    watcher: &'a dyn Watcher,
    plan: &'a Plan,
    pages: Mutex<Pages<'a>>,
    /// Held while lines of logs are passed on, which keeps them in order.
    passing: Mutex<()>,
}

struct Pages<'a> {
    clock: Instant,
    began: Timestamp,
    /// By node.
    states: Vec<State>,
    lately: VecDeque<DoneStage>,
    failed: Vec<FailedStage>,
    /// What there is once the run works on something.
    open: Option<Open<'a>>,
}

struct Open<'a> {
    claim: Arc<Claim>,
    forecast: Forecast<'a>,
    looked: Option<Instant>,
    posted: Option<Instant>,
}

enum State {
    Waiting,
    Cached,
    Working(Box<Work>),
    Done,
    Failed,
    Stopped,
}

/// An attempt at a stage.
struct Work {
    key: Key,
    attempt: u32,
    clock: Instant,
    began: Timestamp,
    log: PathBuf,
    /// What of the log was not passed on yet, if anybody wants it.
    tail: Option<Tail>,
    phase: String,
    steps: Option<(u64, Option<u64>)>,
    detail: String,
    figures: Figures,
    pace: Pace,
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
            passing: Mutex::default(),
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
            true => Tail::of(log).ok(),
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
        drop(pages);
        self.watcher.started(turn);
    }

    /// A stage was made in so many seconds; with interrupted attempts before, in so many `in_all`.
    pub(super) fn finished(&self, turn: &Turn<'_>, seconds: f64, in_all: f64) {
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
        self.pages().states[turn.number - 1] = State::Cached;
        self.watcher.cached(turn, key);
    }

    /// An attempt failed, and there will be another.
    pub(super) fn tries_again(&self, turn: &Turn<'_>, failure: &StageFailure) {
        self.pass_on(turn, Tail::last_lines);
        self.watcher.failed(turn, failure);
    }

    pub(super) fn failed(&self, turn: &Turn<'_>, failure: &StageFailure) {
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
        self.end(turn, State::Failed, |pages| {
            pages.failed.push(FailedStage {
                stage: turn.stage.to_owned(),
                error,
            });
        });
    }

    pub(super) fn stopped(&self, turn: &Turn<'_>, kept: Option<Position>) {
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
        note(&mut pages);
    }

    /// Passes on what is new in the log of a stage.
    fn pass_on(&self, turn: &Turn<'_>, read: impl FnOnce(&mut Tail) -> Vec<String>) {
        let _in_order = locked(&self.passing);
        let mut lines = Vec::new();
        self.work(turn, |work| {
            lines = work.tail.as_mut().map(read).unwrap_or_default();
        });
        for line in lines {
            self.watcher.log_line(turn, &line);
        }
    }
}

impl Pages<'_> {
    fn bulletin(&self, plan: &Plan, now: Instant) -> Bulletin {
        let nodes = self.states.iter().zip(&plan.nodes).enumerate();
        let working = nodes.filter_map(|(position, (state, node))| match state {
            State::Working(work) => {
                Some(work.told(&node.label, position + 1, now, self.expected(position)))
            }
            _ => None,
        });
        Bulletin {
            process: std::process::id(),
            experiment: plan.name.clone(),
            request: plan.request.clone(),
            began: self.began,
            told: Timestamp::now(),
            seconds: now.duration_since(self.clock).as_secs_f64(),
            counts: self.counts(),
            working: working.collect(),
            lately: self.lately.iter().cloned().collect(),
            failed: self.failed.clone(),
            left: self.left(now),
        }
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts {
            stages: self.states.len(),
            ..Counts::default()
        };
        for state in &self.states {
            *match state {
                State::Waiting => &mut counts.waiting,
                State::Cached => &mut counts.cached,
                State::Working(_) => &mut counts.working,
                State::Done => &mut counts.done,
                State::Failed => &mut counts.failed,
                State::Stopped => &mut counts.stopped,
            } += 1;
        }
        counts
    }

    fn expected(&self, node: usize) -> Option<f64> {
        self.open.as_ref()?.forecast.expected(node)
    }

    fn left(&self, now: Instant) -> Left {
        let Some(open) = &self.open else {
            return Left::default();
        };
        let states = self.states.iter().enumerate();
        let ahead = states.map(|(node, state)| match state {
            State::Waiting => Ahead::Turn,
            State::Cached | State::Done => Ahead::Nothing,
            State::Working(work) => Ahead::Works(work.left(now, open.forecast.expected(node))),
            State::Failed | State::Stopped => Ahead::Never,
        });
        open.forecast.left(&ahead.collect::<Vec<_>>())
    }
}

impl Work {
    fn seconds(&self, now: Instant) -> f64 {
        now.saturating_duration_since(self.clock).as_secs_f64()
    }

    fn left(&self, now: Instant, expected: Option<f64>) -> Option<f64> {
        self.pace.left(now, self.seconds(now), expected)
    }

    /// What is told of it, as the stage of that label and number.
    fn told(&self, stage: &str, number: usize, now: Instant, expected: Option<f64>) -> Working {
        Working {
            stage: stage.to_owned(),
            number,
            key: self.key,
            attempt: self.attempt,
            began: self.began,
            seconds: self.seconds(now),
            phase: self.phase.clone(),
            done: self.steps.map(|(done, _)| done),
            total: self.steps.and_then(|(_, total)| total),
            detail: self.detail.clone(),
            rate: self.pace.rate(),
            figures: self.figures,
            seconds_left: self.left(now, expected),
            log: self.log.clone(),
        }
    }
}
