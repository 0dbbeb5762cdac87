//! An attempt at a stage that is over, and what is kept of it if nothing came of it.

use super::StageFailure;
use super::failure::messages;
use super::runner::Account;
use super::task::Task;
use crate::cache::{Attempt, Cache, Draft, Key, LOG, Partial, Position};
use crate::plan::Plan;
use jiff::Timestamp;
use std::fs;

/// An attempt at a stage that is over.
pub(super) struct Finished {
    pub(super) draft: Draft,
    pub(super) account: Account,
    pub(super) started: Timestamp,
    pub(super) seconds: f64,
}

impl Finished {
    /// Keeps the log of an attempt that failed, and says where. If even that fails, say since the disk is full, the
    /// stage's failure is what the user should hear of first.
    pub(super) fn keep(self, plan: &Plan, task: &Task<'_>, failure: &StageFailure) -> String {
        self.keep_as(plan, task, failure.messages(), false)
    }

    /// The same for an attempt that was stopped, if it came as far as having a log.
    pub(super) fn keep_stopped(
        mut self,
        plan: &Plan,
        task: &Task<'_>,
        position: Option<Position>,
    ) -> Option<String> {
        let began = self.draft.dir().record(LOG).exists();
        began.then(|| self.keep_as(plan, task, vec![stopped(position)], true))
    }

    fn keep_as(
        self,
        plan: &Plan,
        task: &Task<'_>,
        error: Vec<String>,
        interrupted: bool,
    ) -> String {
        let attempt = Attempt {
            experiment: Some(plan.name.clone()),
            stage: task.turn.stage.to_owned(),
            key: task.identity.key,
            started: self.started,
            seconds: self.seconds,
            exit: self.account.exit,
            cpu_seconds: self.account.cpu_seconds,
            peak_memory_bytes: self.account.peak_memory_bytes,
            interrupted,
            error,
        };
        match self.draft.keep_attempt(&attempt) {
            Ok(folder) => format!("its log is kept in `{}`", folder.display()),
            Err(error) => format!("its log could not be kept: {}", messages(&error).join(": ")),
        }
    }
}

/// How far an attempt had come that was stopped.
pub(super) fn stopped(position: Option<Position>) -> String {
    match position {
        Some(position) => format!("stopped, with what was done {position}"),
        None => "stopped, before anything was kept".to_owned(),
    }
}

/// Lets the log of an attempt that goes on from a checkpoint begin with the log of the one that was stopped there;
/// returns what to say of that.
pub(super) fn go_on_with_log(
    cache: &Cache,
    key: Key,
    partial: &Partial,
    draft: &mut Draft,
) -> Option<String> {
    let position = partial.position()?;
    let mut earlier = cache.attempts().into_iter().rev();
    let (folder, attempt) = earlier.find(|(_, attempt)| attempt.key == key)?;
    if !attempt.interrupted {
        return None;
    }
    // Without the log of before, the stage works as well.
    fs::copy(folder.join(LOG), draft.dir().record(LOG)).ok()?;
    Some(format!(
        "what stands above is of the attempt of {}, which was stopped; going on {position}",
        attempt.started.strftime("%Y-%m-%d %H:%M")
    ))
}
