//! Why a stage must run, in terms that a user can act on.

use super::key::Ingredients;
use super::{Digest, Identity, Key};
use crate::plan::Node;
use serde::Serialize;
use serde_json::{Map, Value};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Why a stage must run.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// This experiment never had an artifact of this stage.
    NeverMade,
    /// The stage had artifacts, but none is left in the cache to compare with.
    NothingLeft,
    /// The artifact that the stage had is the right one, but it is no longer in the cache.
    Gone,
    /// The artifact is in the cache, but not as it was made; says what is wrong.
    Damaged(String),
    /// It differs from what the stage had in these ways.
    Changed(Comparison),
    /// The user asked for it.
    Forced,
}

/// An earlier artifact of a stage, and all differences to what the stage would make now.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The earlier artifact.
    pub against: Against,
    /// The differences: those of the config by key, then those of inputs, files and code.
    pub changes: Vec<Change>,
}

/// An earlier artifact, and who had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Against {
    /// The experiment.
    pub experiment: String,
    /// The stage's label there.
    pub stage: String,
    /// The artifact.
    pub key: Key,
}

/// One difference between what a stage had and what it would make now. Keys are those of the experiment file, in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Change {
    /// It is of another kind.
    Kind {
        /// The kind that it was.
        old: String,
        /// The kind that it is.
        new: String,
    },
    /// A key of its config has another value, came, or went.
    Config {
        /// The dotted key.
        key: String,
        /// What it was, if it was there.
        old: Option<Value>,
        /// What it is, if it is there.
        new: Option<Value>,
    },
    /// An input has other content, came, or went.
    Input {
        /// The dotted key that names it.
        key: String,
        /// The digest of the content that it had.
        old: Option<Digest>,
        /// The digest of the content that it has.
        new: Option<Digest>,
    },
    /// A file outside the cache has other content.
    File {
        /// The file, as the stage reads it now.
        path: PathBuf,
        /// The digest that it had.
        old: Digest,
        /// The digest that it has.
        new: Digest,
    },
    /// The stage reads another number of files outside the cache.
    FileCount {
        /// How many it read.
        old: usize,
        /// How many it reads.
        new: usize,
    },
    /// The stage's code makes something else of the same config and inputs.
    Revision {
        /// The revision that made the artifact.
        old: u32,
        /// The revision now.
        new: u32,
    },
    /// Keys are computed in another way than they were.
    Format,
}

/// What a stage would make now, as far as it is known.
pub struct Subject<'a> {
    pub(super) node: &'a Node,
    pub(super) key: Option<Key>,
    told: Told<'a>,
    /// What it would be made of; known once it is compared with something.
    now: OnceCell<Option<Ingredients>>,
    paths: &'a [PathBuf],
}

/// What is known of what a stage would be made of.
enum Told<'a> {
    /// The hashed text.
    Hashed(&'a str),
    /// The revision of its code, beside its config.
    Revision(u32),
}

impl<'a> Subject<'a> {
    /// A stage whose inputs are known; `paths` are the files outside the cache that it reads.
    pub fn known(node: &'a Node, identity: &'a Identity, paths: &'a [PathBuf]) -> Self {
        Self {
            node,
            key: Some(identity.key),
            told: Told::Hashed(&identity.text),
            now: OnceCell::new(),
            paths,
        }
    }

    /// A stage of which only the config and the `revision` are known. Inputs and files are not compared.
    pub fn waiting(node: &'a Node, revision: u32) -> Self {
        Self {
            node,
            key: None,
            told: Told::Revision(revision),
            now: OnceCell::new(),
            paths: &[],
        }
    }

    fn now(&self) -> Option<&Ingredients> {
        let read = || match self.told {
            Told::Hashed(text) => Ingredients::read(text),
            Told::Revision(revision) => {
                Ingredients::new(&self.node.spec, revision, BTreeMap::new(), Vec::new()).ok()
            }
        };
        self.now.get_or_init(read).as_ref()
    }

    /// In what it differs from what was made of the `old` ingredients, or of some that cannot be read.
    pub(super) fn changes(&self, old: Option<&Ingredients>) -> Vec<Change> {
        let Some((old, new)) = old.zip(self.now()) else {
            return vec![Change::Format];
        };
        if old.format != new.format {
            return vec![Change::Format];
        }
        if old.kind != new.kind {
            return vec![Change::Kind {
                old: old.kind.clone(),
                new: new.kind.clone(),
            }];
        }
        let prefix = prefix(self.node);
        let mut changes = Vec::new();
        differ(&prefix, Some(&old.config), Some(&new.config), &mut changes);
        if self.key.is_some() {
            changes.extend(input_changes(&prefix, &old.inputs, &new.inputs));
            changes.extend(file_changes(&old.files, &new.files, self.paths));
        }
        if old.revision != new.revision {
            changes.push(Change::Revision {
                old: old.revision,
                new: new.revision,
            });
        }
        changes
    }
}

/// What the keys of a stage begin with in the experiment file: `stages.NAME.KIND`.
fn prefix(node: &Node) -> String {
    let name = node.label.split('@').next().unwrap_or_default();
    format!("stages.{name}.{}", node.spec.kind())
}

/// Adds the values that differ, by the key `path` and what follows inside of objects.
fn differ(path: &str, old: Option<&Value>, new: Option<&Value>, into: &mut Vec<Change>) {
    if old == new {
        return;
    }
    match (entries(old), entries(new)) {
        (Some(before), Some(after)) if !(before.is_empty() && after.is_empty()) => {
            for name in names(before.keys(), after.keys()) {
                let path = format!("{path}.{name}");
                differ(&path, before.get(name), after.get(name), into);
            }
        }
        _ => into.push(Change::Config {
            key: path.to_owned(),
            old: old.cloned(),
            new: new.cloned(),
        }),
    }
}

/// What is inside an object; nothing is inside of what is not there.
fn entries(value: Option<&Value>) -> Option<&Map<String, Value>> {
    static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    value.map_or(Some(&NOTHING), Value::as_object)
}

/// The names on either side, in order.
fn names<'a>(
    old: impl Iterator<Item = &'a String>,
    new: impl Iterator<Item = &'a String>,
) -> BTreeSet<&'a String> {
    old.chain(new).collect()
}

fn input_changes(
    prefix: &str,
    old: &BTreeMap<String, Digest>,
    new: &BTreeMap<String, Digest>,
) -> Vec<Change> {
    names(old.keys(), new.keys())
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| Change::Input {
            key: format!("{prefix}.{name}"),
            old: old.get(name).copied(),
            new: new.get(name).copied(),
        })
        .collect()
}

fn file_changes(old: &[Digest], new: &[Digest], paths: &[PathBuf]) -> Vec<Change> {
    if old.len() != new.len() {
        return vec![Change::FileCount {
            old: old.len(),
            new: new.len(),
        }];
    }
    let files = old.iter().zip(new).zip(paths);
    files
        .filter(|((old, new), _)| old != new)
        .map(|((old, new), path)| Change::File {
            path: path.clone(),
            old: *old,
            new: *new,
        })
        .collect()
}

impl Reason {
    /// The reason in a word, as programs read it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NeverMade => "never-made",
            Self::NothingLeft => "nothing-left",
            Self::Gone => "gone",
            Self::Damaged(_) => "damaged",
            Self::Changed(_) => "changed",
            Self::Forced => "forced",
        }
    }

    /// What is wrong with the artifact that is there.
    pub fn fault(&self) -> Option<&str> {
        match self {
            Self::Damaged(fault) => Some(fault),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverMade => f.write_str("never made"),
            Self::NothingLeft => f.write_str("nothing that it had is left in the cache"),
            Self::Gone => f.write_str("its artifact is no longer in the cache"),
            Self::Damaged(fault) => write!(f, "its artifact is damaged: {fault}"),
            Self::Changed(comparison) => f.write_str(&first_of(&comparison.changes)),
            Self::Forced => f.write_str("forced"),
        }
    }
}

/// The first of some changes in words, and how many more there are.
pub fn first_of(changes: &[Change]) -> String {
    match changes {
        [] => "nothing that is known of".to_owned(),
        [only] => only.to_string(),
        [first, more @ ..] => format!("{first} and {} more", more.len()),
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind { old, new } => write!(f, "kind: {old} -> {new}"),
            Self::Config { key, old, new } => {
                let shown = |value: &Option<Value>| value.as_ref().map_or(NONE.into(), shown);
                write!(f, "{key}: {} -> {}", shown(old), shown(new))
            }
            Self::Input { key, old, new } => {
                let shown = |digest: &Option<Digest>| digest.map_or(NONE.into(), |d| d.short());
                write!(f, "{key}: content {} -> {}", shown(old), shown(new))
            }
            Self::File { path, old, new } => {
                let path = path.display();
                write!(f, "file `{path}`: {} -> {}", old.short(), new.short())
            }
            Self::FileCount { old, new } => write!(f, "outside files: {old} -> {new}"),
            Self::Revision { old, new } => write!(f, "revision: {old} -> {new}"),
            Self::Format => f.write_str("keys are computed in a new way"),
        }
    }
}

/// What stands for a value that is not there.
const NONE: &str = "(none)";

/// A value as people write it: small fractions by their power of ten.
pub fn shown(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if value.is_f64() && number != 0.0 && number.abs() < 0.01 => {
            format!("{number:e}")
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests;
