//! What a run is expected to cost, from how long stages took before.

use super::Status;
use crate::cache::{History, Index, Key, Noted, epochs};
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
        .map(|(node, status)| status.works().then(|| past.estimate(node)).flatten())
        .collect()
}

/// What some runs took together.
#[derive(Debug, Default)]
struct Sum {
    runs: usize,
    seconds: f64,
    epochs: u64,
}

/// What earlier runs took, by name and kind, and by kind alone.
#[derive(Default)]
struct Past<'i> {
    stages: HashMap<(&'i str, &'i str), Sum>,
    kinds: HashMap<&'i str, Sum>,
}

impl<'i> Past<'i> {
    /// What an index notes; an artifact that it notes several times was made once.
    fn of(index: &'i Index) -> Self {
        let mut past = Self::default();
        let mut counted: HashSet<Key> = HashSet::new();
        for entry in index.entries().iter().rev() {
            if counted.insert(entry.key) {
                let stage = (entry.name(), entry.kind.as_str());
                past.stages.entry(stage).or_default().add(entry);
                past.kinds.entry(&entry.kind).or_default().add(entry);
            }
        }
        past
    }

    fn estimate(&self, node: &Node) -> Option<Estimate> {
        let kind = node.spec.kind();
        let mut names = node.names.iter();
        let (sum, of) = names
            .find_map(|name| self.stages.get(&(name.0.as_str(), kind)))
            .map(|sum| (sum, Basis::Stage))
            .or_else(|| Some((self.kinds.get(kind)?, Basis::Kind)))?;
        Some(Estimate {
            seconds: sum.seconds_of(|| epochs(&node.spec.identity().ok()?)),
            runs: sum.runs,
            of,
        })
    }
}

impl Sum {
    fn add(&mut self, entry: &Noted) {
        self.runs += 1;
        self.seconds += entry.seconds;
        self.epochs += entry.epochs.unwrap_or(0);
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
            sum.runs += 1;
            sum.seconds += seconds;
            sum.epochs += epochs.unwrap_or(0);
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
