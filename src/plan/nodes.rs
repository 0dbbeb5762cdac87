//! The nodes of a plan while points are added to it: equal stages are one, and each gets a label.

use super::file::Experiment;
use super::params::as_text;
use super::{Node, NodeId, Parent};
use crate::config::{Attempts, StageName, StageSpec};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Whose node a node is: that of a stage, or of what a stage implies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bearer {
    /// The stage's position.
    pub(crate) stage: usize,
    /// The key under which the stage reads what it implies, if that is meant.
    pub(crate) implied: Option<&'static str>,
}

impl Bearer {
    /// What the node goes by. No stage of a file has a dot in its name.
    pub(crate) fn name(self, experiment: &Experiment) -> StageName {
        let stage = &experiment.stages[self.stage].name;
        match self.implied {
            None => stage.clone(),
            Some(key) => StageName(format!("{stage}.{key}")),
        }
    }
}

/// The nodes found so far.
#[derive(Default)]
pub(crate) struct Nodes {
    drafts: Vec<Draft>,
    /// By config and parents.
    known: HashMap<(usize, Vec<NodeId>), NodeId>,
}

/// A node before it has a label.
struct Draft {
    reading: usize,
    parents: Vec<Parent>,
    /// The bearer that it is labelled by: the first one, but a stage before what a stage implies.
    first: Bearer,
    /// All whose node it is at some point.
    bearers: BTreeSet<Bearer>,
    /// The varied parameters that the first bearer depends on, with their cells where it was found.
    varied: Vec<(usize, usize)>,
}

impl Nodes {
    /// The node of `bearer` when it reads `parents`. `config` is a number that two readings share if they say the
    /// same; `varied` are the parameters with their cells that a label would name.
    pub(crate) fn add(
        &mut self,
        bearer: Bearer,
        (reading, config): (usize, usize),
        parents: Vec<Parent>,
        varied: impl FnOnce() -> Vec<(usize, usize)>,
    ) -> NodeId {
        let next = NodeId(self.drafts.len());
        let read = parents.iter().map(|parent| parent.node).collect();
        let id = *self.known.entry((config, read)).or_insert(next);
        if id == next {
            self.drafts.push(Draft {
                reading,
                parents,
                first: bearer,
                bearers: BTreeSet::new(),
                varied: varied(),
            });
        } else if self.drafts[id.0].first.implied.is_some() && bearer.implied.is_none() {
            self.drafts[id.0].first = bearer;
            self.drafts[id.0].varied = varied();
        }
        self.drafts[id.0].bearers.insert(bearer);
        id
    }

    /// The nodes with their labels: the name of the first bearer, and where several nodes go by that name, the
    /// parameters that tell them apart. `spec` tells what a reading says.
    pub(crate) fn finish(
        self,
        experiment: &Experiment,
        spec: impl Fn(usize) -> StageSpec,
    ) -> Vec<Node> {
        let mut nodes_of: BTreeMap<Bearer, usize> = BTreeMap::new();
        for bearer in self.drafts.iter().flat_map(|draft| &draft.bearers) {
            *nodes_of.entry(*bearer).or_default() += 1;
        }
        let node = |draft: Draft| Node {
            label: match (nodes_of[&draft.first], draft.first.name(experiment)) {
                (1, name) => name.to_string(),
                (_, name) => format!("{name}@{}", assignments(experiment, &draft.varied)),
            },
            attempts: draft
                .bearers
                .iter()
                .map(|bearer| experiment.stages[bearer.stage].attempts)
                .reduce(Attempts::or)
                .unwrap_or_default(),
            names: draft
                .bearers
                .iter()
                .map(|bearer| bearer.name(experiment))
                .collect(),
            spec: spec(draft.reading),
            parents: draft.parents,
        };
        self.drafts.into_iter().map(node).collect()
    }
}

/// `parameter=value` for each cell, with commas.
fn assignments(experiment: &Experiment, cells: &[(usize, usize)]) -> String {
    let assignment = |(param, cell): &(usize, usize)| {
        let param = &experiment.params.list[*param];
        let text = as_text(&param.cells[*cell].tree);
        let value = text.unwrap_or_else(|| param.value(*cell).to_string());
        format!("{}={value}", param.name)
    };
    let assignments: Vec<String> = cells.iter().map(assignment).collect();
    assignments.join(",")
}
