//! What has become of the stages of a run, and which of them may come next.

use super::Done;
use crate::graph::Graph;
use crate::plan::{NodeId, Plan};
use std::collections::BTreeSet;

/// What has become of the nodes, and which may come next.
pub(super) struct Agenda {
    pub(super) graph: Graph,
    pub(super) states: Vec<State>,
    /// Waiting nodes whose parents are all done; the first one is next.
    pub(super) ready: BTreeSet<NodeId>,
}

/// What has become of a node.
#[derive(Debug)]
pub(super) enum State {
    /// For its parents, or for its turn.
    Waiting,
    /// A slot is at it; what comes of it is stale if a parent has to be made again meanwhile.
    Working {
        stale: bool,
    },
    Done(Box<Done>),
    Failed,
}

impl Agenda {
    /// That of a plan of which nothing is done.
    pub(super) fn of(plan: &Plan) -> Self {
        let mut agenda = Self {
            graph: plan.graph(),
            states: plan.nodes.iter().map(|_| State::Waiting).collect(),
            ready: BTreeSet::new(),
        };
        for node in 0..plan.nodes.len() {
            agenda.consider(NodeId(node));
        }
        agenda
    }

    /// Puts the node among those that are ready, if it is.
    pub(super) fn consider(&mut self, node: NodeId) {
        let is_done = |parent: usize| matches!(self.states[parent], State::Done(_));
        let waits = matches!(self.states[node.0], State::Waiting);
        if waits && self.graph.parents(node.0).all(is_done) {
            self.ready.insert(node);
        }
    }

    /// What came of a node, if it is done.
    pub(super) fn done(&self, node: NodeId) -> Option<&Done> {
        match &self.states[node.0] {
            State::Done(done) => Some(done),
            State::Waiting | State::Working { .. } | State::Failed => None,
        }
    }

    /// The node is done, and its children may be next; unless what it was made of had to be made again meanwhile:
    /// then it is looked at again, and false is returned.
    pub(super) fn settle(&mut self, node: NodeId, done: Done) -> bool {
        let stale = matches!(self.states[node.0], State::Working { stale: true });
        if stale {
            self.wait_again(node);
        } else {
            self.states[node.0] = State::Done(Box::new(done));
            let children: Vec<usize> = self.graph.children(node.0).collect();
            for child in children {
                self.consider(NodeId(child));
            }
        }
        !stale
    }

    /// A slot has left the node without a result.
    pub(super) fn wait_again(&mut self, node: NodeId) {
        self.states[node.0] = State::Waiting;
        self.consider(node);
    }

    /// The artifact of a node that is done is no more what it was: the node has to be looked at again, and so have all
    /// that depend on it, since made again it may have other content.
    pub(super) fn reopen(&mut self, node: NodeId) {
        for position in self.graph.downstream([node.0]) {
            self.ready.remove(&NodeId(position));
            match &mut self.states[position] {
                State::Working { stale } => *stale = true,
                State::Failed => {}
                state => *state = State::Waiting,
            }
        }
        self.consider(node);
    }

    /// What the nodes have that are done.
    pub(super) fn into_done(self) -> impl Iterator<Item = Done> {
        self.states.into_iter().filter_map(|state| match state {
            State::Done(done) => Some(*done),
            State::Waiting | State::Working { .. } | State::Failed => None,
        })
    }

    /// The labels of the nodes that are in some state.
    pub(super) fn labels<'p>(
        &self,
        plan: &'p Plan,
        which: impl Fn(&State) -> bool,
    ) -> Vec<&'p str> {
        let nodes = plan.nodes.iter().zip(&self.states);
        nodes
            .filter(|(_, state)| which(state))
            .map(|(node, _)| node.label.as_str())
            .collect()
    }
}
