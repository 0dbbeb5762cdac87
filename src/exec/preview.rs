//! What a run would do, as far as that can be known without running anything.

use super::execute::{Options, forced};
use super::identify::{Identified, Identifier};
use super::{ExecError, Runner};
use crate::cache::{Artifact, Cache, Comparison, History, Lookup, Position, Reason, Subject};
use crate::plan::{Node, NodeId, Plan};

/// What a run would do with a stage.
#[derive(Debug)]
pub enum Status {
    /// Nothing: this artifact is there.
    Cached(Box<Artifact>),
    /// Run it.
    Run(Reason),
    /// Run what is left of it: it was interrupted, and has kept this.
    Resume(Position),
    /// Run it, unless its parents, some of which have yet to run, make what there is an artifact for.
    MayRun(Waiting),
    /// Fail: the stage cannot begin.
    Blocked(ExecError),
}

/// What is known of a stage that waits for others.
#[derive(Debug)]
pub struct Waiting {
    /// The parents that have yet to run.
    pub after: Vec<NodeId>,
    /// In what its own config and code differ from what it had, if they do.
    pub own: Option<Comparison>,
}

impl Status {
    /// All words for a status, in the order that they are counted in.
    pub const WORDS: [&str; 5] = ["cached", "resume", "run", "may run", "blocked"];

    /// The status in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Cached(_) => "cached",
            Self::Resume(_) => "resume",
            Self::Run(_) => "run",
            Self::MayRun(_) => "may run",
            Self::Blocked(_) => "blocked",
        }
    }

    /// The artifact that is there.
    pub fn artifact(&self) -> Option<&Artifact> {
        match self {
            Self::Cached(artifact) => Some(artifact),
            Self::Resume(_) | Self::Run(_) | Self::MayRun(_) | Self::Blocked(_) => None,
        }
    }

    /// An earlier artifact of the stage and what is known to differ from it.
    pub fn comparison(&self) -> Option<&Comparison> {
        match self {
            Self::Run(Reason::Changed(comparison)) => Some(comparison),
            Self::MayRun(waiting) => waiting.own.as_ref(),
            Self::Cached(_) | Self::Resume(_) | Self::Run(_) | Self::Blocked(_) => None,
        }
    }

    /// Whether a run would do the work of the stage, as far as that is known.
    pub fn works(&self) -> bool {
        matches!(self, Self::Resume(_) | Self::Run(_) | Self::MayRun(_))
    }
}

/// What a run would do with each node of the plan, in the plan's order. Writes nothing.
///
/// # Errors
/// If `options` name a stage that is not in the plan.
pub fn preview(
    plan: &Plan,
    cache: &Cache,
    runner: &dyn Runner,
    options: &Options,
) -> Result<Vec<Status>, ExecError> {
    let mut history = History::of(cache, &plan.name);
    preview_with(plan, cache, runner, options, &mut history)
}

/// [`preview`], with what the stages had before.
///
/// # Errors
/// Those of [`preview`].
pub fn preview_with(
    plan: &Plan,
    cache: &Cache,
    runner: &dyn Runner,
    options: &Options,
    history: &mut History<'_>,
) -> Result<Vec<Status>, ExecError> {
    let forced = forced(plan, options)?;
    let mut identifier = Identifier::new(cache, runner);
    let mut statuses: Vec<Status> = Vec::with_capacity(plan.nodes.len());
    for (position, node) in plan.nodes.iter().enumerate() {
        let status = if forced.contains(&NodeId(position)) {
            Status::Run(Reason::Forced)
        } else {
            match inputs(node, &statuses) {
                Err(after) => {
                    let own = Subject::waiting(node, runner.revision(&node.spec));
                    let own = history.compare(&own).filter(|own| !own.changes.is_empty());
                    Status::MayRun(Waiting { after, own })
                }
                Ok(inputs) => match identifier.identify(node, inputs) {
                    Err(error) => Status::Blocked(error),
                    Ok(found) => known(cache, node, &found, history),
                },
            }
        };
        statuses.push(status);
    }
    Ok(statuses)
}

/// The artifacts of all parents, or those parents that have yet to make theirs.
pub(super) fn inputs<'a>(
    node: &Node,
    before: &'a [Status],
) -> Result<Vec<(&'static str, &'a Artifact)>, Vec<NodeId>> {
    let artifact = |id: NodeId| before.get(id.0).and_then(Status::artifact);
    let parents = node.parents.iter();
    let silent: Vec<NodeId> = parents
        .clone()
        .map(|parent| parent.node)
        .filter(|id| artifact(*id).is_none())
        .collect();
    if silent.is_empty() {
        Ok(parents
            .filter_map(|parent| Some((parent.key, artifact(parent.node)?)))
            .collect())
    } else {
        Err(silent)
    }
}

/// The status of a stage whose parents are all there.
fn known(cache: &Cache, node: &Node, found: &Identified<'_>, history: &mut History<'_>) -> Status {
    match cache.lookup(found.identity.key) {
        Lookup::Whole(artifact) => Status::Cached(artifact),
        Lookup::Damaged(fault) => Status::Run(Reason::Damaged(fault)),
        Lookup::Absent => match cache.partial(found.identity.key).position() {
            Some(position) => Status::Resume(position),
            None => {
                let subject = Subject::known(node, &found.identity, &found.outside_files);
                Status::Run(history.reason(&subject))
            }
        },
    }
}
