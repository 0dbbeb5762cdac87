//! A directed graph of things known by their position: an order that respects the arrows, the loop that forbids one,
//! and what lies downstream.

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Dfs;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// Arrows from parents to children among the positions `0..len`.
#[derive(Debug, Clone)]
pub struct Graph {
    arrows: DiGraph<(), (), usize>,
}

/// A loop of arrows, as positions: each is the parent of the next one, and the last one is the first again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<usize>);

impl Graph {
    /// A graph of `len` positions from its arrows, each `(parent, child)`. Positions beyond `len` are added.
    pub fn new(len: usize, arrows: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut graph = DiGraph::with_capacity(len, 0);
        for _ in 0..len {
            graph.add_node(());
        }
        graph.extend_with_edges(arrows);
        Self { arrows: graph }
    }

    /// All positions, parents before children; among those that could come next, the smallest position does.
    ///
    /// # Errors
    /// A [`Cycle`], if there is one.
    pub fn order(&self) -> Result<Vec<usize>, Cycle> {
        let mut unmet: Vec<usize> = (0..self.arrows.node_count())
            .map(|node| self.parents(node).count())
            .collect();
        let mut ready: BinaryHeap<Reverse<usize>> = (0..unmet.len())
            .filter(|&node| unmet[node] == 0)
            .map(Reverse)
            .collect();
        let mut order = Vec::with_capacity(unmet.len());
        while let Some(Reverse(node)) = ready.pop() {
            order.push(node);
            for child in self.children(node) {
                unmet[child] -= 1;
                if unmet[child] == 0 {
                    ready.push(Reverse(child));
                }
            }
        }
        match unmet.iter().position(|&parents| parents > 0) {
            None => Ok(order),
            Some(stuck) => Err(self.cycle_above(stuck, &unmet)),
        }
    }

    /// Everything that can be reached from `roots` along the arrows, `roots` included.
    pub fn downstream(&self, roots: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        self.reach(&self.arrows, roots)
    }

    /// Everything from which `leaves` can be reached along the arrows, `leaves` included.
    pub fn upstream(&self, leaves: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        self.reach(petgraph::visit::Reversed(&self.arrows), leaves)
    }

    fn reach<G>(&self, arrows: G, from: impl IntoIterator<Item = usize>) -> BTreeSet<usize>
    where
        G: petgraph::visit::IntoNeighbors<NodeId = NodeIndex<usize>>
            + petgraph::visit::Visitable<NodeId = NodeIndex<usize>>
            + Copy,
        G::Map: petgraph::visit::VisitMap<NodeIndex<usize>>,
    {
        let mut walk = Dfs::empty(arrows);
        walk.stack = from.into_iter().map(NodeIndex::new).collect();
        let mut reached = BTreeSet::new();
        while let Some(node) = walk.next(arrows) {
            reached.insert(node.index());
        }
        reached
    }

    /// Walks from parent to parent, among the positions that have `unmet` ones, until one comes again.
    fn cycle_above(&self, stuck: usize, unmet: &[usize]) -> Cycle {
        let mut seen_at = vec![None; unmet.len()];
        let mut path = Vec::new();
        let mut node = stuck;
        while seen_at[node].is_none() {
            seen_at[node] = Some(path.len());
            path.push(node);
            node = self
                .parents(node)
                .filter(|&parent| unmet[parent] > 0)
                .min()
                .unwrap_or(node);
        }
        let mut cycle = path.split_off(seen_at[node].unwrap_or(0));
        cycle.push(node);
        cycle.reverse();
        Cycle(cycle)
    }

    /// The positions from which an arrow leads to this one.
    pub fn parents(&self, position: usize) -> impl Iterator<Item = usize> {
        self.next_to(position, Direction::Incoming)
    }

    /// The positions to which an arrow leads from this one.
    pub fn children(&self, position: usize) -> impl Iterator<Item = usize> {
        self.next_to(position, Direction::Outgoing)
    }

    fn next_to(&self, position: usize, way: Direction) -> impl Iterator<Item = usize> {
        let node = NodeIndex::new(position);
        self.arrows
            .neighbors_directed(node, way)
            .map(NodeIndex::index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_keeps_the_given_one_where_arrows_allow() {
        let graph = Graph::new(5, [(4, 0), (0, 1), (4, 3)]);
        assert_eq!(graph.order().unwrap(), [2, 4, 0, 1, 3]);
        assert_eq!(Graph::new(3, []).order().unwrap(), [0, 1, 2]);
    }

    #[test]
    fn two_arrows_between_the_same_positions_count_as_one_dependency() {
        assert_eq!(Graph::new(2, [(1, 0), (1, 0)]).order().unwrap(), [1, 0]);
    }

    #[test]
    fn a_cycle_is_told_as_the_loop_it_is() {
        let graph = Graph::new(5, [(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)]);
        assert_eq!(graph.order(), Err(Cycle(vec![1, 2, 3, 1])));
        assert_eq!(Graph::new(1, [(0, 0)]).order(), Err(Cycle(vec![0, 0])));
    }

    #[test]
    fn downstream_and_upstream_follow_the_arrows_both_ways() {
        let graph = Graph::new(5, [(0, 1), (1, 2), (0, 3)]);
        assert_eq!(graph.downstream([1]), BTreeSet::from([1, 2]));
        assert_eq!(graph.downstream([0, 4]), BTreeSet::from([0, 1, 2, 3, 4]));
        assert_eq!(graph.upstream([2, 3]), BTreeSet::from([0, 1, 2, 3]));
    }

    #[test]
    fn long_chains_need_no_deep_stack() {
        let len = 100_000;
        let graph = Graph::new(len, (1..len).map(|child| (child - 1, child)));
        assert_eq!(graph.order().unwrap().len(), len);
        let ring = Graph::new(len, (0..len).map(|node| (node, (node + 1) % len)));
        assert_eq!(ring.order().unwrap_err().0.len(), len + 1);
    }
}
