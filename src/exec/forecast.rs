//! How long a run will still take: its stages laid out over its slots, each with what it is expected to take.

use super::bulletin::Left;
use super::estimate::{Past, epochs_of};
use crate::plan::Plan;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::time::Duration;

/// What is ahead of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ahead {
    /// Nothing: what it makes is there.
    Nothing,
    /// It works, for so many more seconds if that is known.
    Works(Option<f64>),
    /// Its turn.
    Turn,
    /// Nothing any more: it has failed or was stopped.
    Never,
}

/// What is known of the stages of a run before they run.
#[derive(Debug)]
pub(super) struct Forecast<'p> {
    plan: &'p Plan,
    past: Past,
    /// The epochs that each node trains.
    epochs: Vec<Option<u64>>,
    children: Vec<Vec<usize>>,
    /// Whether what a node makes was there when the run began to work.
    cached: Vec<bool>,
    slots: usize,
    /// Whether a failure leaves other stages to run.
    keep_going: bool,
}

impl<'p> Forecast<'p> {
    pub(super) fn new(
        plan: &'p Plan,
        past: Past,
        cached: Vec<bool>,
        slots: usize,
        keep_going: bool,
    ) -> Self {
        let mut children = vec![Vec::new(); plan.nodes.len()];
        for child in 0..plan.nodes.len() {
            for parent in parents(plan, child) {
                children[parent].push(child);
            }
        }
        Self {
            plan,
            past,
            epochs: plan.nodes.iter().map(epochs_of).collect(),
            children,
            cached,
            slots,
            keep_going,
        }
    }

    /// How long a node is expected to take.
    pub(super) fn expected(&self, node: usize) -> Option<f64> {
        let epochs = || self.epochs[node];
        let estimate = self.past.estimate(&self.plan.nodes[node], epochs)?;
        Some(estimate.seconds)
    }

    /// Learns how long a node took.
    pub(super) fn measured(&mut self, node: usize, seconds: f64) {
        let epochs = self.epochs[node];
        let node = &self.plan.nodes[node];
        if let Some(name) = node.names.first() {
            self.past.add(&name.0, node.spec.kind(), seconds, epochs);
        }
    }

    /// How long the run will take from now, where each node stands.
    pub(super) fn left(&self, ahead: &[Ahead]) -> Left {
        let is_there = |node: usize| match ahead[node] {
            Ahead::Nothing => true,
            Ahead::Turn => self.cached.get(node) == Some(&true),
            Ahead::Works(_) | Ahead::Never => false,
        };
        let unmet = |node| {
            parents(self.plan, node)
                .filter(|parent| !is_there(*parent))
                .count()
        };
        let mut layout = Layout {
            free: self.slots,
            now: Duration::ZERO,
            working: BinaryHeap::new(),
            ready: BTreeSet::new(),
            unmet: (0..ahead.len()).map(unmet).collect(),
            without: 0,
        };
        let begins = self.keep_going || !ahead.contains(&Ahead::Never);
        let waits = |node: usize| begins && ahead[node] == Ahead::Turn && !is_there(node);
        for (node, state) in ahead.iter().enumerate() {
            if let Ahead::Works(seconds) = *state {
                layout.work(node, seconds);
            } else if waits(node) && layout.unmet[node] == 0 {
                layout.ready.insert(node);
            }
        }
        loop {
            while layout.free > 0
                && let Some(node) = layout.ready.pop_first()
            {
                layout.work(node, self.expected(node));
            }
            let Some(Reverse((when, done))) = layout.working.pop() else {
                break;
            };
            layout.now = when;
            layout.free += 1;
            for &child in &self.children[done] {
                layout.unmet[child] -= 1;
                if layout.unmet[child] == 0 && waits(child) {
                    layout.ready.insert(child);
                }
            }
        }
        Left {
            seconds: layout.now.as_secs_f64(),
            stages_without_estimate: layout.without,
        }
    }
}

fn parents(plan: &Plan, node: usize) -> impl Iterator<Item = usize> {
    let parents = plan.nodes[node].parents.iter();
    parents.map(|parent| parent.node.0)
}

/// Who works until when.
struct Layout {
    free: usize,
    now: Duration,
    working: BinaryHeap<Reverse<(Duration, usize)>>,
    ready: BTreeSet<usize>,
    /// Parents that have yet to finish, of each node.
    unmet: Vec<usize>,
    /// Nodes of which nobody knows how long they take.
    without: usize,
}

impl Layout {
    /// Gives a node a slot, for so many seconds if that is known.
    fn work(&mut self, node: usize, seconds: Option<f64>) {
        self.without += usize::from(seconds.is_none());
        let takes = Duration::try_from_secs_f64(seconds.unwrap_or(0.0));
        let until = self.now.saturating_add(takes.unwrap_or(Duration::MAX));
        self.working.push(Reverse((until, node)));
        self.free = self.free.saturating_sub(1);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::{Attempts, Ending, Noop, NotNegative, Resources, StageName, StageSpec};
    use crate::plan::{Node, NodeId, Parent};

    /// A plan of noop stages, each after those that are listed for it.
    pub(in crate::exec) fn plan(stages: &[(&str, &[usize])]) -> Plan {
        let node = |(name, parents): &(&str, &[usize])| Node {
            label: (*name).to_owned(),
            names: [StageName((*name).to_owned())].into(),
            spec: StageSpec::Noop(Noop {
                after: None,
                value: 0,
                seconds: NotNegative::try_from(0.0).unwrap(),
                ending: Ending::Done,
            }),
            parents: parents
                .iter()
                .map(|parent| Parent {
                    key: "after",
                    node: NodeId(*parent),
                })
                .collect(),
            attempts: Attempts::default(),
        };
        Plan {
            name: "plan".to_owned(),
            title: String::new(),
            source: None,
            request: None,
            resources: Resources::default(),
            nodes: stages.iter().map(node).collect(),
            points: Vec::new(),
        }
    }

    /// `a`, which `b` and `c` come after, and `d` after both; they take 10, 20, 30 and 40 seconds.
    fn forecast(plan: &Plan, slots: usize, keep_going: bool) -> Forecast<'_> {
        let mut past = Past::default();
        for (name, seconds) in [("a", 10.0), ("b", 20.0), ("c", 30.0), ("d", 40.0)] {
            past.add(name, "noop", seconds, None);
        }
        Forecast::new(plan, past, Vec::new(), slots, keep_going)
    }

    fn diamond() -> Plan {
        plan(&[("a", &[]), ("b", &[0]), ("c", &[0]), ("d", &[1, 2])])
    }

    fn left(forecast: &Forecast<'_>, ahead: [Ahead; 4]) -> f64 {
        let left = forecast.left(&ahead);
        assert_eq!(left.stages_without_estimate, 0);
        left.seconds
    }

    #[test]
    fn stages_that_do_not_need_each_other_take_turns_or_go_side_by_side() {
        use Ahead::{Nothing, Turn, Works};
        let plan = diamond();
        let (one, two) = (forecast(&plan, 1, false), forecast(&plan, 2, false));
        assert_eq!(left(&one, [Turn; 4]), 100.0);
        assert_eq!(left(&two, [Turn; 4]), 80.0);
        let half = [Nothing, Works(Some(5.0)), Turn, Turn];
        assert_eq!(left(&one, half), 75.0);
        assert_eq!(left(&two, half), 70.0);
        assert_eq!(left(&two, [Nothing; 4]), 0.0);
    }

    #[test]
    fn what_is_below_a_failure_takes_no_time_and_without_keep_going_nothing_else_does() {
        use Ahead::{Never, Nothing, Turn, Works};
        let plan = diamond();
        let failed = [Nothing, Never, Turn, Turn];
        assert_eq!(left(&forecast(&plan, 1, true), failed), 30.0);
        assert_eq!(left(&forecast(&plan, 1, false), failed), 0.0);
        let working = [Nothing, Never, Works(Some(3.0)), Turn];
        assert_eq!(left(&forecast(&plan, 2, false), working), 3.0);
    }

    #[test]
    fn what_is_there_already_takes_no_time() {
        let plan = diamond();
        let mut forecast = forecast(&plan, 1, false);
        forecast.cached = vec![true, true, false, false];
        assert_eq!(left(&forecast, [Ahead::Turn; 4]), 70.0);
    }

    #[test]
    fn stages_nobody_knows_of_are_counted_until_one_of_their_kind_was_measured() {
        let plan = plan(&[("x", &[]), ("y", &[])]);
        let mut forecast = Forecast::new(&plan, Past::default(), Vec::new(), 1, false);
        let unknown = forecast.left(&[Ahead::Works(None), Ahead::Turn]);
        assert_eq!((unknown.seconds, unknown.stages_without_estimate), (0.0, 2));
        forecast.measured(0, 7.0);
        let known = forecast.left(&[Ahead::Nothing, Ahead::Turn]);
        assert_eq!((known.seconds, known.stages_without_estimate), (7.0, 0));
    }
}
