//! The course of trainings, one after another or side by side.

use super::ReportError;
use crate::cache::Artifact;
use crate::config::{Prune, Shrink, StageSpec};
use crate::figure::{Curves, Line, Panel, Stroke};
use crate::plan::{NodeId, Plan};
use crate::prune::{Progress, shrunk};
use crate::results::{Epoch, epochs};
use std::collections::BTreeMap;

/// Curves of trainings, and what there is nothing to draw of.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Loss, BLEU, learning rate and connectivity over updates.
    pub curves: Curves,
    /// What is missing, a line each.
    pub missing: Vec<String>,
}

/// A training with its place on the common axis.
struct Run<'p> {
    label: &'p str,
    spec: &'p StageSpec,
    /// Updates of the stages before it.
    offset: f64,
    epochs: Vec<Epoch>,
}

/// The course of the trainings `stages`. A stage whose model comes from another one of them begins where that ends.
///
/// # Errors
/// If a record cannot be understood.
pub fn training(
    plan: &Plan,
    artifacts: &[Option<&Artifact>],
    stages: &[NodeId],
) -> Result<Course, ReportError> {
    let mut missing = Vec::new();
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut ends: BTreeMap<NodeId, f64> = BTreeMap::new();
    // Parents stand before children in a plan.
    let mut stages = stages.to_vec();
    stages.sort_unstable();
    stages.dedup();
    for id in stages {
        let node = &plan.nodes[id.0];
        let Some(artifact) = artifacts.get(id.0).copied().flatten() else {
            missing.push(format!("`{}` has not run", node.label));
            continue;
        };
        let epochs = epochs(artifact)?;
        if epochs.is_empty() {
            missing.push(format!("`{}` has no record of epochs", node.label));
            continue;
        }
        let offset = ancestors(plan, id).find_map(|above| ends.get(&above).copied());
        let offset = offset.unwrap_or(0.0);
        let steps = epochs.last().map_or(0, |epoch| epoch.total_steps);
        ends.insert(id, offset + steps as f64);
        runs.push(Run {
            label: &node.label,
            spec: &node.spec,
            offset,
            epochs,
        });
    }
    for run in &runs {
        if run.epochs.iter().all(|epoch| epoch.validation.is_none()) {
            missing.push(format!("`{}` was never validated", run.label));
        }
    }
    Ok(Course {
        curves: curves(&runs),
        missing,
    })
}

/// The stage whose model a stage is about: for one that tests, scores or exports a model that which made it, else itself.
pub fn model_of(plan: &Plan, id: NodeId) -> NodeId {
    match plan.nodes[id.0].spec {
        StageSpec::Test(_) | StageSpec::Score(_) | StageSpec::Export(_) => {
            ancestors(plan, id).next().unwrap_or(id)
        }
        _ => id,
    }
}

/// The stages that trained the model of a stage, the nearest first.
pub(super) fn ancestors(plan: &Plan, id: NodeId) -> impl Iterator<Item = NodeId> {
    let model = |id: &NodeId| {
        let parents = &plan.nodes[id.0].parents;
        let model = parents.iter().find(|parent| parent.key == "model");
        model.map(|parent| parent.node)
    };
    std::iter::successors(model(&id), move |id| model(id))
}

/// Whether a stage trains a model.
pub fn is_training(plan: &Plan, id: NodeId) -> bool {
    matches!(
        plan.nodes[id.0].spec,
        StageSpec::Pretrain(_) | StageSpec::Prune(_) | StageSpec::Finetune(_)
    )
}

/// The nearest stage that trained the model that a stage reads, if one of this plan did.
pub fn trained_by(plan: &Plan, id: NodeId) -> Option<NodeId> {
    ancestors(plan, id).find(|id| is_training(plan, *id))
}

fn curves(runs: &[Run<'_>]) -> Curves {
    let panel = |name: &str, lines: Vec<Line>| Panel {
        name: name.to_owned(),
        lines,
    };
    let all = |lines: &dyn Fn(usize, &Run<'_>) -> Vec<Line>| -> Vec<Line> {
        let runs = runs.iter().enumerate();
        runs.flat_map(|(colour, run)| lines(colour, run)).collect()
    };
    let losses = all(&|colour, run| {
        vec![
            run.line(colour, "loss", Stroke::Dotted, |epoch| epoch.loss),
            run.line(colour, "negative log-likelihood", Stroke::Dashed, |epoch| {
                epoch.nll
            }),
        ]
    });
    let scores = all(&|colour, run| {
        vec![run.line(colour, "BLEU", Stroke::Dotted, |epoch| epoch.validation)]
    });
    let rates = all(&|colour, run| {
        vec![run.line(colour, "learning rate", Stroke::Dotted, |epoch| {
            epoch.learning_rate
        })]
    });
    let fading = all(&|colour, run| match run.spec {
        StageSpec::Prune(prune) => run.fading(colour, prune),
        _ => Vec::new(),
    });
    let parameters = all(&|colour, run| {
        vec![run.line(colour, "parameters", Stroke::Stepped, |epoch| {
            Some(epoch.parameters as f64)
        })]
    });
    let mut panels = vec![
        panel("loss, bits a token (dashed: NLL)", losses),
        panel("BLEU of the validation set", scores),
        panel("learning rate", rates),
    ];
    if !fading.is_empty() {
        panels.push(panel("c of the selected groups", fading));
    }
    panels.push(panel("parameters", parameters));
    Curves {
        title: "Training".to_owned(),
        x: "updates".to_owned(),
        colours: runs.iter().map(|run| run.label.to_owned()).collect(),
        panels,
    }
}

impl Run<'_> {
    /// What the epochs say of a measure.
    fn line(
        &self,
        colour: usize,
        measure: &str,
        stroke: Stroke,
        value: impl Fn(&Epoch) -> Option<f64>,
    ) -> Line {
        let place = |epoch: &Epoch| self.offset + epoch.total_steps as f64;
        let points = self.epochs.iter();
        Line {
            colour,
            stroke,
            tip: format!("{}: {measure}", self.label),
            points: points
                .filter_map(|epoch| Some((place(epoch), value(epoch)?)))
                .collect(),
        }
    }

    /// The connectivity parameters of the selected groups, a line for each round. They are a function of the schedule
    /// and the number of updates, so no record of them is needed.
    fn fading(&self, colour: usize, prune: &Prune) -> Vec<Line> {
        let period = prune.epochs_per_iteration.get();
        let epochs = self.epochs.get(prune.warmup_epochs..).unwrap_or_default();
        if prune.shrink == Shrink::OneShot {
            return Vec::new();
        }
        let rounds = epochs.chunks(period).take(prune.iterations.get());
        let mut begin = match prune.warmup_epochs.checked_sub(1) {
            Some(last) => self.epochs.get(last).map_or(0, |epoch| epoch.total_steps),
            None => 0,
        };
        let mut lines = Vec::new();
        for round in rounds {
            let points = round_points(prune.shrink, period as u64, begin, round);
            let points = points.into_iter().map(|(x, c)| (self.offset + x, c));
            lines.push(Line {
                colour,
                stroke: Stroke::Plain,
                tip: format!("{}: c of the selected groups", self.label),
                points: points.collect(),
            });
            begin = round.last().map_or(begin, |epoch| epoch.total_steps);
        }
        lines
    }
}

/// Points of each epoch that are enough for the eye.
const SAMPLES: u64 = 24;

/// How c fades in the epochs of one round, which began after `begin` updates.
fn round_points(shrink: Shrink, period: u64, begin: u64, round: &[Epoch]) -> Vec<(f64, f64)> {
    let first = round.first().map_or(begin, |epoch| epoch.total_steps);
    let steps = period * first.saturating_sub(begin);
    let mut points = vec![(begin as f64, 1.0)];
    let mut before = begin;
    for (position, epoch) in round.iter().enumerate() {
        // The first update of an epoch is one of them: some schedules change with the epoch.
        let Some(last) = epoch.total_steps.saturating_sub(before).checked_sub(1) else {
            continue;
        };
        let between = SAMPLES.min(last).max(1);
        for sample in 0..=between {
            let at = before + 1 + last * sample / between;
            let progress = Progress {
                step: at - begin,
                steps,
                epoch: position as u64 + 1,
                epochs: period,
            };
            points.push((at as f64, shrunk(shrink, progress)));
        }
        before = epoch.total_steps;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(total_steps: u64) -> Epoch {
        Epoch {
            epoch: total_steps / 10,
            phase: "pruning".to_owned(),
            total_steps,
            loss: Some(2.0),
            nll: None,
            learning_rate: Some(1e-3),
            validation: None,
            parameters: 100,
        }
    }

    #[test]
    fn c_fades_from_one_to_nothing_over_a_round() {
        let round = [epoch(110), epoch(120)];
        let points = round_points(Shrink::StepArithmetic, 2, 100, &round);
        assert_eq!(points.first(), Some(&(100.0, 1.0)));
        assert_eq!(points.last(), Some(&(120.0, 0.0)));
        assert!(
            points.windows(2).all(|pair| pair[0].1 >= pair[1].1),
            "{points:?}"
        );
    }

    #[test]
    fn c_stands_still_within_an_epoch_where_the_schedule_says_so() {
        let round = [epoch(10), epoch(20)];
        let points = round_points(Shrink::EpochArithmetic, 2, 0, &round);
        let at = |x: f64| {
            points
                .iter()
                .rfind(|point| point.0 <= x)
                .map(|point| point.1)
        };
        assert_eq!(
            [at(1.0), at(10.0), at(11.0)],
            [Some(0.5), Some(0.5), Some(0.0)]
        );
    }

    #[test]
    fn an_epoch_that_ended_before_it_began_breaks_nothing() {
        let points = round_points(Shrink::StepGeometric, 3, 10, &[epoch(10), epoch(10)]);
        assert!(points.iter().all(|point| point.1.is_finite()), "{points:?}");
    }
}
