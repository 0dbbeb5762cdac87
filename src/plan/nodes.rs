//! The nodes of a plan while points are added to it: equal stages are one, and each gets a label.

use super::file::Experiment;
use super::params::as_text;
use super::{Node, NodeId, Parent};
use crate::config::{Attempts, StageSpec};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    /// The stage that it was found by.
    first: usize,
    /// All stages that are this node at some point.
    stages: BTreeSet<usize>,
    /// The varied parameters that its first stage depends on, with their cells where it was found.
    varied: Vec<(usize, usize)>,
}

impl Nodes {
    /// The node that `stage` is when it reads `parents`. `config` is a number that two readings share if they say the
    /// same; `varied` are the parameters with their cells that a label would name.
    pub(crate) fn add(
        &mut self,
        stage: usize,
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
                first: stage,
                stages: BTreeSet::new(),
                varied: varied(),
            });
        }
        self.drafts[id.0].stages.insert(stage);
        id
    }

    /// The nodes with their labels: the name of the first stage, and where several nodes go by that name, the
    /// parameters that tell them apart. `spec` tells what a reading says.
    pub(crate) fn finish(
        self,
        experiment: &Experiment,
        spec: impl Fn(usize) -> StageSpec,
    ) -> Vec<Node> {
        let mut bearers: BTreeMap<usize, usize> = BTreeMap::new();
        for stage in self.drafts.iter().flat_map(|draft| &draft.stages) {
            *bearers.entry(*stage).or_default() += 1;
        }
        let name = |stage: usize| &experiment.stages[stage].name;
        let node = |draft: Draft| Node {
            label: match bearers[&draft.first] {
                1 => name(draft.first).to_string(),
                _ => format!(
                    "{}@{}",
                    name(draft.first),
                    assignments(experiment, &draft.varied)
                ),
            },
            attempts: draft
                .stages
                .iter()
                .map(|stage| experiment.stages[*stage].attempts)
                .reduce(Attempts::or)
                .unwrap_or_default(),
            names: draft
                .stages
                .iter()
                .map(|stage| name(*stage).clone())
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
