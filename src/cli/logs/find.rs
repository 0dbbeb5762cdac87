//! Which log of a stage is most likely meant.

use crate::cache::{Artifact, Attempt, Cache, Key, LOG, Lookup, seconds_since};
use crate::cli::units::span;
use crate::cli::{Context, Failure};
use crate::exec::{self, Options, Seen, Status, Working};
use crate::plan::{NodeId, Plan};
use jiff::Timestamp;
use std::path::PathBuf;

/// A log of a stage.
#[derive(Debug, PartialEq)]
pub(super) struct Log {
    pub(super) path: PathBuf,
    /// Whose log it is.
    pub(super) of: String,
    /// Whether more is to come.
    pub(super) grows: bool,
}

/// All that there are logs of.
pub(super) struct Logs<'a> {
    plan: &'a Plan,
    cache: &'a Cache,
    statuses: Vec<Status>,
    runs: Vec<Seen>,
    attempts: Vec<(PathBuf, Attempt)>,
}

impl<'a> Logs<'a> {
    pub(super) fn of(
        plan: &'a Plan,
        cache: &'a Cache,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        // What a run tells of itself may be a second old: what has ended since is found after it.
        let runs = exec::runs(cache);
        Ok(Self {
            statuses: exec::preview(plan, cache, context.runner, &Options::default())?,
            attempts: cache.attempts(),
            plan,
            cache,
            runs,
        })
    }

    /// The log of the attempt that goes on, of the one that was killed last, of the artifact, of the last attempt that
    /// failed or was stopped, or of the artifact that the stage had before it was changed: the first of them that there
    /// is.
    pub(super) fn most_likely(&self, id: NodeId) -> Option<Log> {
        let label = &self.plan.nodes[id.0].label;
        let running = running_among(&self.runs, self.plan, id);
        let current = || {
            let artifact = self.statuses[id.0].artifact()?;
            Some(of_artifact(artifact, "the artifact"))
        };
        running
            .filter(|log| log.path.exists())
            .or_else(|| self.killed(id))
            .or_else(current)
            .or_else(|| self.given_up(id, |_| true))
            .or_else(|| self.earlier(id, label))
    }

    /// The log of the last attempt that failed.
    pub(super) fn failed(&self, id: NodeId) -> Option<Log> {
        self.given_up(id, |attempt| !attempt.interrupted)
    }

    /// The log of the last attempt of some sort that came to nothing.
    fn given_up(&self, id: NodeId, which: impl Fn(&Attempt) -> bool) -> Option<Log> {
        let label = &self.plan.nodes[id.0].label;
        let mut ours = self.attempts.iter().rev().filter(|(_, attempt)| {
            let experiment = attempt.experiment.as_ref();
            let of_stage = attempt.stage == *label;
            let of_plan = experiment.is_none_or(|name| *name == self.plan.name);
            of_stage && of_plan && which(attempt)
        });
        let (folder, attempt) = ours.next()?;
        let ago = span(seconds_since(attempt.started, Timestamp::now()));
        let end = match (attempt.interrupted, attempt.error.join(": ")) {
            (true, end) => format!("was {end}"),
            (false, error) => format!("failed: {error}"),
        };
        Some(Log {
            of: format!(
                "log of the attempt of {ago} ago that {end} (`{}`)",
                folder.display()
            ),
            path: folder.join(LOG),
            grows: false,
        })
    }

    /// Why there is no log of a stage.
    pub(super) fn why_none(&self, id: NodeId) -> String {
        match &self.statuses[id.0] {
            Status::Resume(position) => {
                format!("it was interrupted {position}, and the log of that is gone")
            }
            _ => "it has not run yet".to_owned(),
        }
    }

    /// The log of an attempt that was killed with its run, unless the artifact is one of other values than that.
    fn killed(&self, id: NodeId) -> Option<Log> {
        let there: Option<Key> = self.statuses[id.0].artifact().map(Artifact::key);
        let dead = self.runs.iter().rev().filter(|run| !run.alive);
        let mut at_work = dead.filter_map(|run| Some((run, working(run, self.plan, id)?)));
        let (run, stage) = at_work.next()?;
        let ago = span(seconds_since(stage.began, Timestamp::now()));
        let log = Log {
            path: run.log(stage),
            of: format!(
                "log of the attempt of {ago} ago, which was killed with its run (process {})",
                run.bulletin.process
            ),
            grows: false,
        };
        let meant = there.is_none_or(|key| key == stage.key);
        (meant && log.path.exists()).then_some(log)
    }

    /// The log of what the stage last had, if it would make something else now.
    fn earlier(&self, id: NodeId, label: &str) -> Option<Log> {
        let key = self.cache.index(&self.plan.name).newest(label)?;
        let Lookup::Whole(artifact) = self.cache.lookup(key) else {
            return None;
        };
        let log = of_artifact(&artifact, "an earlier artifact");
        let of = format!("{}; as it is now, {}", log.of, self.why_none(id));
        Some(Log { of, ..log })
    }
}

/// The log of the attempt that goes on in some run of the experiment.
pub(super) fn running(plan: &Plan, cache: &Cache, id: NodeId) -> Option<Log> {
    running_among(&exec::runs(cache), plan, id)
}

fn running_among(runs: &[Seen], plan: &Plan, id: NodeId) -> Option<Log> {
    let mut alive = runs.iter().filter(|run| run.alive);
    alive.find_map(|run| {
        let stage = working(run, plan, id)?;
        let again = match stage.attempt {
            1 => String::new(),
            attempt => format!("try {attempt}, "),
        };
        let (process, time) = (run.bulletin.process, span(stage.seconds as u64));
        Some(Log {
            path: run.log(stage),
            of: format!("log of what runs now: {again}process {process}, for {time}"),
            grows: true,
        })
    })
}

/// What a run of the experiment tells of a stage that it is at.
fn working<'r>(run: &'r Seen, plan: &Plan, id: NodeId) -> Option<&'r Working> {
    let mut ours = run.bulletin.working.iter();
    let ours = ours.find(|stage| stage.stage == plan.nodes[id.0].label);
    ours.filter(|_| run.bulletin.experiment == plan.name)
}

fn of_artifact(artifact: &Artifact, which: &str) -> Log {
    Log {
        path: artifact.record(LOG),
        of: format!("log of {which} {}", artifact.key().short()),
        grows: false,
    }
}
