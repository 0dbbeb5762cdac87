//! An experiment file, resolved: every value known, every reference checked, equal stages merged.

mod builtin;
mod defaults;
mod document;
mod error;
mod file;
mod layers;
mod nodes;
mod overrides;
mod params;
mod presets;
mod problem;
mod read;
pub mod render;
mod request;
mod resolve;
pub mod schema;
mod select;
mod settings;
pub(crate) mod suggest;
mod sweep;
mod tree;

pub use defaults::{default_cleaning, default_search};
pub use error::PlanError;
pub use layers::Origin;
pub use overrides::Overrides;
pub use problem::{Owner, Problem};
pub use request::Request;
pub(crate) use request::quoted;
pub(crate) use select::file_and_part;
pub use select::{SelectError, Selection};
pub use settings::{Setting, settings};

use crate::config::{Attempts, Resources, StageName, StageSpec};
use crate::graph::Graph;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A resolved experiment. Nothing in it is "maybe set", and nothing in it knows what a disk holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The experiment's name: the stem of its file.
    pub name: String,
    /// What it is about, in the author's words.
    pub title: String,
    /// What it reproduces: the paper, table and row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What was asked for, if the plan comes from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// What a run may use, if the experiment says so.
    #[serde(skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// All distinct stages of all sweep points, parents before children.
    pub nodes: Vec<Node>,
    /// The sweep points, in the order of the file; one without parameters when there is no sweep.
    pub points: Vec<Point>,
}

/// Reads and resolves the experiment file at `file`.
///
/// # Errors
/// Whatever is wrong with the experiment, with the text that causes it.
pub fn load(file: &Path, overrides: &Overrides) -> Result<Plan, PlanError> {
    let mut plan = resolve::resolve(&file::open(file, overrides)?)?;
    plan.request = Some(Request::new(file, overrides));
    Ok(plan)
}

impl Plan {
    /// The names and labels of all stages, sorted.
    pub fn stage_names(&self) -> Vec<String> {
        let labels = self.nodes.iter().map(|node| &node.label);
        let names = self.nodes.iter().flat_map(|node| &node.names);
        let all: BTreeSet<&String> = labels.chain(names.map(|name| &name.0)).collect();
        all.into_iter().cloned().collect()
    }

    /// The arrows from nodes that are read to those that read them; positions are those of [`Plan::nodes`].
    pub fn graph(&self) -> Graph {
        let arrows = self.nodes.iter().enumerate();
        Graph::new(
            self.nodes.len(),
            arrows.flat_map(|(child, node)| {
                node.parents
                    .iter()
                    .map(move |parent| (parent.node.0, child))
            }),
        )
    }
}

/// The position of a node in [`Plan::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct NodeId(pub usize);

/// A stage that is to be run once, however many sweep points and names lead to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    /// How people refer to it: its name, and `@parameter=value,…` for the sweep parameters that it depends on
    /// where that name alone is not unique.
    pub label: String,
    /// The names that the experiment file gives it; more than one if two stages are the same. What a stage implies goes
    /// by the stage's name and, behind a dot, the key under which the stage reads it.
    pub names: BTreeSet<StageName>,
    /// What it is told.
    pub spec: StageSpec,
    /// How often and how long it is tried.
    #[serde(skip_serializing_if = "Attempts::is_default")]
    pub attempts: Attempts,
    /// The nodes it reads, in the order of [`StageSpec::inputs`]; then the one that [`StageSpec::implied`] makes.
    pub parents: Vec<Parent>,
}

/// An edge to a node that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parent {
    /// The key of the reading stage's config that names it, or that of [`StageSpec::implied`].
    pub key: &'static str,
    /// The node that is read.
    pub node: NodeId,
}

/// One combination of the sweep's values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// The values of the parameters that the sweep varies.
    pub params: BTreeMap<String, toml::Value>,
    /// The node of each stage at this point, and of what each implies.
    pub stages: BTreeMap<StageName, NodeId>,
}

#[cfg(test)]
mod tests;
