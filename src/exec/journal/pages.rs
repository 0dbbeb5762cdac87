//! What a journal knows of a run: the state of each stage, and what a bulletin tells of them.

use super::super::Figures;
use super::super::bulletin::{Bulletin, Counts, DoneStage, FailedStage, Left, Working};
use super::super::forecast::{Ahead, Forecast};
use super::super::pace::Pace;
use super::super::tail::Tail;
use crate::cache::{Claim, Key};
use crate::plan::Plan;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// All that is known of a run.
pub(super) struct Pages<'a> {
    pub(super) clock: Instant,
    pub(super) began: Timestamp,
    /// By node.
    pub(super) states: Vec<State>,
    pub(super) lately: VecDeque<DoneStage>,
    pub(super) failed: Vec<FailedStage>,
    /// What there is once the run works on something.
    pub(super) open: Option<Open<'a>>,
}

/// What a run has that works on something.
pub(super) struct Open<'a> {
    pub(super) claim: Arc<Claim>,
    pub(super) forecast: Forecast<'a>,
    pub(super) looked: Option<Instant>,
    pub(super) posted: Option<Instant>,
}

/// Where a stage stands.
pub(super) enum State {
    Waiting,
    Cached,
    Working(Box<Work>),
    Done,
    Failed,
    Stopped,
}

/// An attempt at a stage.
pub(super) struct Work {
    pub(super) key: Key,
    pub(super) attempt: u32,
    pub(super) clock: Instant,
    pub(super) began: Timestamp,
    pub(super) log: PathBuf,
    /// What of the log was not passed on yet, if anybody wants it.
    pub(super) tail: Option<Tail>,
    pub(super) phase: String,
    pub(super) steps: Option<(u64, Option<u64>)>,
    pub(super) detail: String,
    pub(super) figures: Figures,
    pub(super) pace: Pace,
}

impl Pages<'_> {
    /// Something began or ended: what was posted is out of date, and where the process is killed nothing better follows.
    pub(super) fn turned(&mut self) {
        if let Some(open) = &mut self.open {
            open.posted = None;
        }
    }

    pub(super) fn bulletin(&self, plan: &Plan, now: Instant) -> Bulletin {
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
