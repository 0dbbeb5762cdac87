//! What a run would do, as lines for people and as JSON for programs.

use super::words::chain;
use super::{Context, Failure, room};
use crate::cache::{Against, Cache, Change, Comparison, History, Key, Position, first_of};
use crate::counted::counted;
use crate::exec::{self, Basis, Estimate, Options, Status};
use crate::plan::{Node, NodeId, Plan};
use crate::results::duration;
use serde::Serialize;
use std::collections::BTreeMap;

/// The meaning of the JSON; raised when what is there changes its meaning or goes.
pub(super) const FORMAT: u32 = 1;

/// What a run would do with a plan.
pub(super) struct Foretold<'p> {
    plan: &'p Plan,
    statuses: Vec<Status>,
    estimates: Vec<Option<Estimate>>,
}

/// All of it for programs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report<'a> {
    format: u32,
    experiment: &'a str,
    stages: Vec<Stage<'a>>,
    points: Vec<Point<'a>>,
    /// Stages by status.
    counts: BTreeMap<&'static str, usize>,
    expected: Total,
}

/// One stage for programs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Stage<'a> {
    label: &'a str,
    names: Vec<&'a str>,
    kind: &'static str,
    status: &'static str,
    /// The artifact that is there.
    artifact: Option<Key>,
    /// Why it runs, in a word.
    reason: Option<&'static str>,
    /// What is wrong with its artifact, or keeps it from beginning.
    fault: Option<String>,
    against: Option<&'a Against>,
    changes: &'a [Change],
    /// The stages that it waits for.
    after: Vec<&'a str>,
    /// How far it has come, if it goes on.
    from: Option<Position>,
    expected: Option<Estimate>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Point<'a> {
    params: &'a BTreeMap<String, toml::Value>,
    /// Labels by name.
    stages: BTreeMap<&'a str, &'a str>,
}

/// What all that would or may run is expected to take.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Total {
    /// Wall time of the stages with an estimate.
    seconds: f64,
    stages_with_estimate: usize,
    stages_without_estimate: usize,
}

impl<'p> Foretold<'p> {
    pub(super) fn of(
        plan: &'p Plan,
        cache: &Cache,
        options: &Options,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        let mut history = History::of(cache, &plan.name);
        let statuses = exec::preview_with(plan, cache, context.runner, options, &mut history)?;
        let estimates = exec::estimates(plan, &statuses, &history);
        Ok(Self {
            plan,
            statuses,
            estimates,
        })
    }

    /// Whether a run would find every stage in the cache.
    pub(super) fn all_cached(&self) -> bool {
        let mut statuses = self.statuses.iter();
        statuses.all(|status| status.artifact().is_some())
    }

    /// Prints a line for each stage, and sums.
    pub(super) fn print(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        let costs: Vec<String> = (0..self.statuses.len()).map(|i| self.cost(i)).collect();
        let width = |texts: &mut dyn Iterator<Item = &str>| {
            texts.map(|text| text.chars().count()).max().unwrap_or(0)
        };
        let labels = width(&mut self.plan.nodes.iter().map(|node| &*node.label));
        let costly = width(&mut costs.iter().map(String::as_str));
        let gap = if costly == 0 { "" } else { "  " };
        let nodes = self.plan.nodes.iter().zip(&self.statuses).zip(&costs);
        // Stdout would be written to at each line.
        let mut text = String::new();
        for ((node, status), cost) in nodes {
            let (word, label) = (status.word(), &node.label);
            let why = why(self.plan, node, status);
            let line = format!("{word:<7}  {label:<labels$}  {cost:<costly$}{gap}{why}");
            text += line.trim_end();
            text += "\n";
        }
        text += &self.summary();
        text += "\n";
        if let Some(line) = self.total().line() {
            text += &line;
            text += "\n";
        }
        context.out.write_all(text.as_bytes())?;
        for warning in room::warnings(self.plan, &self.statuses) {
            context.watcher.note(&warning);
        }
        Ok(())
    }

    /// Prints one object of JSON.
    pub(super) fn print_json(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        let stages = self.plan.nodes.iter().zip(&self.statuses);
        let stages = stages
            .zip(&self.estimates)
            .map(|((node, status), expected)| {
                Stage::of(self.plan, node, status, status.comparison(), *expected)
            });
        let label = |id: &NodeId| self.plan.nodes[id.0].label.as_str();
        let points = self.plan.points.iter().map(|point| Point {
            params: &point.params,
            stages: point
                .stages
                .iter()
                .map(|(name, id)| (name.0.as_str(), label(id)))
                .collect(),
        });
        let report = Report {
            format: FORMAT,
            experiment: &self.plan.name,
            stages: stages.collect(),
            points: points.collect(),
            counts: self.counts().into_iter().collect(),
            expected: self.total(),
        };
        context.print_json(&report)
    }

    /// What a stage is expected to cost, if a run would work on it.
    fn cost(&self, position: usize) -> String {
        if !self.statuses[position].works() {
            return String::new();
        }
        match &self.estimates[position] {
            None => "no estimate".to_owned(),
            Some(estimate) => {
                let thing = match estimate.of {
                    Basis::Stage => "run".to_owned(),
                    Basis::Kind => format!("{} run", self.plan.nodes[position].spec.kind()),
                };
                let runs = counted(estimate.runs, &thing);
                format!("~{} ({runs})", duration(estimate.seconds))
            }
        }
    }

    /// How many stages have each status.
    fn counts(&self) -> [(&'static str, usize); Status::WORDS.len()] {
        Status::WORDS.map(|word| {
            let statuses = self.statuses.iter();
            (
                word,
                statuses.filter(|status| status.word() == word).count(),
            )
        })
    }

    /// How many stages have each status, those that none has left out.
    fn summary(&self) -> String {
        let counts = self.counts().into_iter();
        let counts: Vec<String> = counts
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        let stages = counted(self.statuses.len(), "stage");
        format!("{stages}: {}", counts.join(", "))
    }

    fn total(&self) -> Total {
        let estimates = self.estimates.iter().flatten();
        let with = estimates.clone().count();
        let working = self.statuses.iter().filter(|status| status.works());
        Total {
            // The sum of nothing is a negative zero.
            seconds: estimates
                .map(|estimate| estimate.seconds)
                .sum::<f64>()
                .abs(),
            stages_with_estimate: with,
            stages_without_estimate: working.count() - with,
        }
    }
}

impl Total {
    /// The line for people; nothing if nothing would run.
    fn line(&self) -> Option<String> {
        let time = duration(self.seconds);
        let (with, without) = (self.stages_with_estimate, self.stages_without_estimate);
        match (with, without) {
            (0, 0) => None,
            (0, _) => Some("expected: no estimate; nothing like it has run".to_owned()),
            (_, 0) => Some(format!("expected: at most about {time}")),
            (_, _) => Some(format!(
                "expected: at most about {time}, and {} without an estimate",
                counted(without, "stage")
            )),
        }
    }
}

impl<'a> Stage<'a> {
    /// A stage that is compared with what it had, if with anything.
    pub(super) fn of(
        plan: &'a Plan,
        node: &'a Node,
        status: &'a Status,
        comparison: Option<&'a Comparison>,
        expected: Option<Estimate>,
    ) -> Self {
        let (mut reason, mut fault, mut after) = (None, None, Vec::new());
        let mut from = None;
        match status {
            Status::Cached(_) => {}
            Status::Resume(position) => from = Some(*position),
            Status::Run(why) => {
                reason = Some(why.word());
                fault = why.fault().map(str::to_owned);
            }
            Status::MayRun(waiting) => after = labels(plan, &waiting.after),
            Status::Blocked(error) => fault = Some(chain(error)),
        }
        Self {
            label: &node.label,
            names: node.names.iter().map(|name| name.0.as_str()).collect(),
            kind: node.spec.kind(),
            status: status.word(),
            artifact: status.artifact().map(|artifact| artifact.key()),
            reason,
            fault,
            against: comparison.map(|comparison| &comparison.against),
            changes: comparison.map_or(&[], |comparison| &comparison.changes),
            after,
            from,
            expected,
        }
    }
}

/// Why the stage has its status.
pub(super) fn why(plan: &Plan, node: &Node, status: &Status) -> String {
    let compared = status.comparison().map(|comparison| {
        let place = place(plan, node, &comparison.against);
        first_of(&comparison.changes) + &place
    });
    match status {
        Status::Cached(artifact) => artifact.key().short(),
        Status::Resume(position) => position.to_string(),
        Status::Run(reason) => compared.unwrap_or_else(|| reason.to_string()),
        Status::MayRun(waiting) => {
            let after = format!("after {}", labels(plan, &waiting.after).join(", "));
            [Some(after), compared]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("; ")
        }
        Status::Blocked(error) => chain(error),
    }
}

/// What a stage was compared with, where that is not what it says itself.
fn place(plan: &Plan, node: &Node, against: &Against) -> String {
    if against.experiment != plan.name {
        format!(" (since `{}` of `{}`)", against.stage, against.experiment)
    } else if against.stage != node.label {
        format!(" (since `{}`)", against.stage)
    } else {
        String::new()
    }
}

fn labels<'p>(plan: &'p Plan, ids: &[NodeId]) -> Vec<&'p str> {
    let labels = ids.iter().map(|id| plan.nodes[id.0].label.as_str());
    labels.collect()
}
