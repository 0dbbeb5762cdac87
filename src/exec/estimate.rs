//! What a run is expected to cost, from how long stages took before.

use super::Status;
use crate::cache::{History, Index, Key, epochs};
use crate::plan::{Node, Plan};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// How long a stage is expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Estimate {
    /// Wall time.
    pub seconds: f64,
    /// The earlier runs that it is the mean of; of stages that train, the mean of an epoch's share.
    pub runs: usize,
    /// Whose runs they were.
    pub of: Basis,
}

/// Whose earlier runs an estimate comes from, always of the same experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The stage's, at any point of the sweep.
    Stage,
    /// Other stages', of the same kind.
    Kind,
}

/// How long each node of the plan that a run would work on is expected to take; nothing for the others, nor where
/// nothing of its kind has run in this experiment.
pub fn estimates(plan: &Plan, statuses: &[Status], history: &History<'_>) -> Vec<Option<Estimate>> {
    if !statuses.iter().any(Status::works) {
        return vec![None; statuses.len()];
    }
    let past = Past::of(history.index());
    let nodes = plan.nodes.iter().zip(statuses);
    nodes
        .map(|(node, status)| {
            let estimate = || past.estimate(node, || epochs_of(node));
            status.works().then(estimate).flatten()
        })
        .collect()
}

/// What some runs took together.
#[derive(Debug, Default)]
struct Sum {
    runs: usize,
    seconds: f64,
    epochs: u64,
}

/// What earlier runs of a kind of stage took, together and by name.
#[derive(Debug, Default)]
struct OfKind {
    all: Sum,
    stages: HashMap<String, Sum>,
}

/// What earlier runs took, by kind.
#[derive(Debug, Default)]
pub(super) struct Past {
    kinds: HashMap<String, OfKind>,
}

impl Past {
    /// What an index notes; an artifact that it notes several times was made once.
    pub(super) fn of(index: &Index) -> Self {
        let mut past = Self::default();
        let mut counted: HashSet<Key> = HashSet::new();
        for entry in index.entries().iter().rev() {
            if counted.insert(entry.key) {
                past.add(entry.name(), &entry.kind, entry.seconds, entry.epochs);
            }
        }
        past
    }

    /// Takes another run into account.
    pub(super) fn add(&mut self, name: &str, kind: &str, seconds: f64, epochs: Option<u64>) {
        let of_kind = self.kinds.entry(kind.to_owned()).or_default();
        of_kind.all.add(seconds, epochs);
        let named = of_kind.stages.entry(name.to_owned()).or_default();
        named.add(seconds, epochs);
    }

    /// What is expected of a node that trains so many epochs, if any.
    pub(super) fn estimate(
        &self,
        node: &Node,
        epochs: impl FnOnce() -> Option<u64>,
    ) -> Option<Estimate> {
        let of_kind = self.kinds.get(node.spec.kind())?;
        let mut names = node.names.iter();
        let (sum, of) = match names.find_map(|name| of_kind.stages.get(&name.0)) {
            Some(sum) => (sum, Basis::Stage),
            None => (&of_kind.all, Basis::Kind),
        };
        Some(Estimate {
            seconds: sum.seconds_of(epochs),
            runs: sum.runs,
            of,
        })
    }
}

/// The epochs that a stage is asked to train, if it trains.
pub(super) fn epochs_of(node: &Node) -> Option<u64> {
    epochs(&node.spec.identity().ok()?)
}

impl Sum {
    fn add(&mut self, seconds: f64, epochs: Option<u64>) {
        self.runs += 1;
        self.seconds += seconds;
        self.epochs += epochs.unwrap_or(0);
    }

    /// The mean of a run, or that of as many epochs.
    fn seconds_of(&self, epochs: impl FnOnce() -> Option<u64>) -> f64 {
        match (self.epochs > 0).then(epochs).flatten() {
            Some(epochs) => self.seconds / self.epochs as f64 * epochs as f64,
            None => self.seconds / self.runs as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(runs: &[(f64, Option<u64>)]) -> Sum {
        let mut sum = Sum::default();
        for (seconds, epochs) in runs {
            sum.add(*seconds, *epochs);
        }
        sum
    }

    #[test]
    fn training_is_scaled_by_its_epochs_and_other_work_is_not() {
        let trained = sum(&[(10.0, Some(2)), (50.0, Some(10))]);
        assert_eq!(trained.seconds_of(|| Some(6)), 30.0);
        let tested = sum(&[(10.0, None), (30.0, None)]);
        assert_eq!(tested.seconds_of(|| Some(6)), 20.0);
    }
}
