//! What a run would do, as far as that can be known without running anything.

use super::execute::{Options, forced};
use super::identify::{Identified, Identifier};
use super::{ExecError, Runner};
use crate::cache::{Artifact, Cache, Key, Lookup, Reason};
use crate::plan::{Node, NodeId, Plan};

/// What a run would do with a stage.
#[derive(Debug)]
pub enum Status {
    /// Nothing: this artifact is there.
    Cached(Box<Artifact>),
    /// Run it.
    Run(Reason),
    /// Run it, unless these parents, which have yet to run, make what there is an artifact for.
    MayRun(Vec<NodeId>),
    /// Fail: the stage cannot begin.
    Blocked(ExecError),
}

impl Status {
    /// The artifact that is there.
    pub fn artifact(&self) -> Option<&Artifact> {
        match self {
            Self::Cached(artifact) => Some(artifact),
            Self::Run(_) | Self::MayRun(_) | Self::Blocked(_) => None,
        }
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
    let forced = forced(plan, options)?;
    let index = cache.index(&plan.name);
    let mut identifier = Identifier::new(cache, runner);
    let mut statuses: Vec<Status> = Vec::with_capacity(plan.nodes.len());
    for (position, node) in plan.nodes.iter().enumerate() {
        let status = if forced.contains(&NodeId(position)) {
            Status::Run(Reason::Forced)
        } else {
            match inputs(node, &statuses) {
                Err(silent) => Status::MayRun(silent),
                Ok(inputs) => match identifier.identify(node, inputs) {
                    Err(error) => Status::Blocked(error),
                    Ok(found) => known(cache, &found, index.newest(&node.label)),
                },
            }
        };
        statuses.push(status);
    }
    Ok(statuses)
}

/// The artifacts of all parents, or those parents that have yet to make theirs.
fn inputs<'a>(
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

/// The status of a stage whose parents are all there, and whose artifact was last `newest`.
fn known(cache: &Cache, found: &Identified<'_>, newest: Option<Key>) -> Status {
    match cache.lookup(found.identity.key) {
        Lookup::Whole(artifact) => Status::Cached(artifact),
        Lookup::Damaged(fault) => Status::Run(Reason::Damaged(fault)),
        Lookup::Absent => Status::Run(Reason::of_absence(
            cache,
            &found.identity,
            &found.outside_files,
            newest,
        )),
    }
}
