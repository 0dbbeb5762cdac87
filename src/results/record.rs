//! One row: what a test stage measured at one sweep point, and what it took to get there.

use super::{Conditions, ResultsError};
use crate::cache::{Artifact, Key};
use crate::config::StageSpec;
use crate::metrics::report::{DecodeSpeed, TestReport};
use crate::plan::{NodeId, Plan, Point};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What a test stage measured at one sweep point.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The experiment's name.
    pub experiment: String,
    /// The values of the parameters that the sweep varies.
    pub params: BTreeMap<String, toml::Value>,
    /// The name of the test stage.
    pub stage: String,
    /// The share of parameters that was asked for: the compression rate of the last prune stage that the model went
    /// through, if there was one.
    pub asked_ratio: Option<f64>,
    /// What its scores depend on beside the model, if it is known.
    pub conditions: Option<Conditions>,
    /// What it measured.
    pub report: TestReport,
    /// How fast it translated.
    pub decode: DecodeSpeed,
    /// Wall time of each stage that led to this, itself included, by name; cached or not, it is the time that
    /// making the artifact took.
    pub seconds: BTreeMap<String, f64>,
    /// The artifact of the test stage.
    pub artifact: Key,
}

/// The rows of a plan, whose nodes have made `artifacts` (in the plan's order): one for each test stage at each
/// sweep point whose artifact and those that led to it are there. Points keep their order, stages go by name.
///
/// # Errors
/// If a test stage's artifact does not hold what a test stage leaves.
pub fn records(plan: &Plan, artifacts: &[Option<&Artifact>]) -> Result<Vec<Record>, ResultsError> {
    let mut records = Vec::new();
    for point in &plan.points {
        for (stage, id) in &point.stages {
            if !matches!(plan.nodes[id.0].spec, StageSpec::Test(_)) {
                continue;
            }
            let artifact = artifacts.get(id.0).copied().flatten();
            let seconds = seconds(plan, point, *id, artifacts);
            if let Some((artifact, seconds)) = artifact.zip(seconds) {
                records.push(Record {
                    experiment: plan.name.clone(),
                    params: point.params.clone(),
                    stage: stage.0.clone(),
                    asked_ratio: asked_ratio(plan, *id),
                    conditions: conditions(plan, *id, artifact, artifacts),
                    report: read(&artifact.path().join("report.json"))?,
                    decode: read(&artifact.path().join("records/decode.json"))?,
                    seconds,
                    artifact: artifact.key(),
                });
            }
        }
    }
    Ok(records)
}

/// What the nearest prune stage asks for, on the way back from the model that a node reads.
fn asked_ratio(plan: &Plan, mut id: NodeId) -> Option<f64> {
    loop {
        let node = &plan.nodes[id.0];
        if let StageSpec::Prune(prune) = &node.spec {
            return Some(prune.compression_rate.get());
        }
        id = node
            .parents
            .iter()
            .find(|parent| parent.key == "model")?
            .node;
    }
}

/// What the scores of test stage `id` depend on beside the model, read from its manifest and from that of its data set.
fn conditions(
    plan: &Plan,
    id: NodeId,
    artifact: &Artifact,
    artifacts: &[Option<&Artifact>],
) -> Option<Conditions> {
    let mut parents = plan.nodes[id.0].parents.iter();
    let corpus = parents.find(|parent| parent.key == "corpus");
    let corpus = corpus.and_then(|parent| artifacts.get(parent.node.0).copied().flatten());
    Conditions::of(
        artifact.manifest().ok()?,
        corpus.and_then(|corpus| corpus.manifest().ok()),
    )
}

/// Wall time of each stage that leads to node `last`, by its first name at this point; nothing if one of them
/// has no artifact.
fn seconds(
    plan: &Plan,
    point: &Point,
    last: NodeId,
    artifacts: &[Option<&Artifact>],
) -> Option<BTreeMap<String, f64>> {
    let mut path = path_to(plan, last);
    let mut seconds = BTreeMap::new();
    for (name, id) in &point.stages {
        if path.remove(id) {
            let artifact = artifacts.get(id.0).copied().flatten()?;
            seconds.insert(name.0.clone(), artifact.seconds());
        }
    }
    Some(seconds)
}

/// A node and all that it depends on.
fn path_to(plan: &Plan, last: NodeId) -> BTreeSet<NodeId> {
    let mut path = BTreeSet::new();
    let mut open = vec![last];
    while let Some(id) = open.pop() {
        if path.insert(id) {
            open.extend(plan.nodes[id.0].parents.iter().map(|parent| parent.node));
        }
    }
    path
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ResultsError> {
    let text = fs::read(path).map_err(ResultsError::unreadable(path))?;
    serde_json::from_slice(&text).map_err(ResultsError::unreadable(path))
}
