//! All that the key of one stage is made of, and what differs from what the stage had before.

use super::identify::Identifier;
use super::preview::{inputs, preview_with};
use super::{ExecError, Options, Runner, Status};
use crate::cache::{Cache, Comparison, Digest, History, Identity, Key, Subject};
use crate::plan::{NodeId, Plan};
use serde::Serialize;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// All that is known of what a stage would make.
#[derive(Debug)]
pub struct Explanation {
    /// What a run would do with it.
    pub status: Status,
    /// The key; nothing while a parent has yet to run, or a file cannot be read.
    pub key: Option<Key>,
    /// The revision of the code of its kind.
    pub revision: u32,
    /// The config as it is hashed: without names of stages and places.
    pub config: Value,
    /// What it reads of other stages.
    pub inputs: Vec<ReadStage>,
    /// What it reads outside the cache; nothing if that cannot be read.
    pub files: Option<Vec<ReadFile>>,
    /// The newest other artifact that the stage had, and all that differs from it.
    pub comparison: Option<Comparison>,
}

/// A stage that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReadStage {
    /// The config key that names it.
    pub key: &'static str,
    /// Its label.
    pub stage: String,
    /// Its artifact, if that is there.
    pub artifact: Option<Key>,
    /// The digest of the artifact's content: this is what is hashed.
    pub content: Option<Digest>,
}

/// A file outside the cache that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReadFile {
    /// Where it lies.
    pub path: PathBuf,
    /// The digest of its bytes: this is what is hashed.
    pub digest: Digest,
    /// Their number.
    pub bytes: u64,
}

impl ReadFile {
    fn of((path, digest): (PathBuf, Digest)) -> Self {
        Self {
            bytes: fs::metadata(&path).map_or(0, |file| file.len()),
            path,
            digest,
        }
    }
}

/// All that is known of what the node `id` of the plan would make. Writes nothing.
///
/// # Errors
/// If the config cannot be written as JSON. A stage that cannot begin is no error here: its status says so.
pub fn explain(
    plan: &Plan,
    cache: &Cache,
    runner: &dyn Runner,
    id: NodeId,
) -> Result<Explanation, ExecError> {
    let mut history = History::of(cache, &plan.name);
    let mut statuses = preview_with(plan, cache, runner, &Options::default(), &mut history)?;
    let node = &plan.nodes[id.0];
    let revision = runner.revision(&node.spec);
    let mut identifier = Identifier::new(cache, runner);
    let files = identifier.files(node).ok();
    let found = inputs(node, &statuses).ok();
    let found = found.and_then(|inputs| identifier.identify(node, inputs).ok());
    let (key, subject) = match &found {
        Some(found) => (
            Some(found.identity.key),
            Subject::known(node, &found.identity, &found.outside_files),
        ),
        None => (None, Subject::waiting(node, revision)),
    };
    let comparison = history.compare(&subject);
    let read = node.parents.iter().map(|parent| {
        let artifact = statuses[parent.node.0].artifact();
        ReadStage {
            key: parent.key,
            stage: plan.nodes[parent.node.0].label.clone(),
            artifact: artifact.map(|made| made.key()),
            content: artifact.map(|made| made.content()),
        }
    });
    Ok(Explanation {
        key,
        revision,
        config: Identity::config(&node.spec)?,
        inputs: read.collect(),
        files: files.map(|files| files.into_iter().map(ReadFile::of).collect()),
        comparison,
        status: statuses.swap_remove(id.0),
    })
}
