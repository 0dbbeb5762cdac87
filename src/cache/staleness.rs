//! Why a stage must run, in terms that a user can act on.

use super::key::Ingredients;
use super::{Cache, Identity, Key, Lookup};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Why a stage must run.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// No artifact of this stage of this experiment is left to compare with.
    NeverMade,
    /// The artifact that the stage last had is the right one, but it is no longer in the cache.
    Gone,
    /// The artifact is in the cache, but not as it was made; says what is wrong.
    Damaged(String),
    /// It differs from what the stage last made in these ways.
    Changed(Vec<Change>),
    /// The user asked for it.
    Forced,
}

/// One difference between what a stage last made and what it would make now.
#[derive(Debug, Clone, PartialEq)]
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
        /// The config key that names it.
        key: String,
    },
    /// A file outside the cache has other content.
    File {
        /// The file, as the stage reads it now.
        path: PathBuf,
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

impl Reason {
    /// Why `cache` has no artifact of `identity`, which reads the outside files `paths`, for a stage whose
    /// artifact was last `newest`.
    pub fn of_absence(
        cache: &Cache,
        identity: &Identity,
        paths: &[PathBuf],
        newest: Option<Key>,
    ) -> Self {
        match newest {
            Some(key) if key == identity.key => Self::Gone,
            Some(key) => match cache.lookup(key) {
                Lookup::Whole(last) => {
                    Self::Changed(changes(&last.manifest().hashed, &identity.text, paths))
                }
                Lookup::Absent | Lookup::Damaged(_) => Self::NeverMade,
            },
            None => Self::NeverMade,
        }
    }
}

/// The differences between two hashed texts; `paths` are the outside files of the new one.
fn changes(old: &str, new: &str, paths: &[PathBuf]) -> Vec<Change> {
    let read = |text| serde_json::from_str::<Ingredients>(text).ok();
    let Some((old, new)) = read(old).zip(read(new)) else {
        return vec![Change::Format];
    };
    if old.format != new.format {
        return vec![Change::Format];
    }
    if old.kind != new.kind {
        return vec![Change::Kind {
            old: old.kind,
            new: new.kind,
        }];
    }
    let mut changes = config_changes(&old.config, &new.config);
    changes.extend(
        differing(&old.inputs, &new.inputs).map(|key| Change::Input {
            key: key.to_owned(),
        }),
    );
    if old.files.len() == new.files.len() {
        let files = old.files.iter().zip(&new.files).zip(paths);
        changes.extend(
            files
                .filter(|((old, new), _)| old != new)
                .map(|(_, path)| Change::File { path: path.clone() }),
        );
    } else {
        changes.push(Change::FileCount {
            old: old.files.len(),
            new: new.files.len(),
        });
    }
    if old.revision != new.revision {
        changes.push(Change::Revision {
            old: old.revision,
            new: new.revision,
        });
    }
    changes
}

fn config_changes(old: &Value, new: &Value) -> Vec<Change> {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    flatten("", old, &mut before);
    flatten("", new, &mut after);
    differing(&before, &after)
        .map(|key| Change::Config {
            key: key.to_owned(),
            old: before.get(key).map(|value| (*value).clone()),
            new: after.get(key).map(|value| (*value).clone()),
        })
        .collect()
}

/// The values inside nested objects, by dotted key.
fn flatten<'a>(prefix: &str, value: &'a Value, into: &mut BTreeMap<String, &'a Value>) {
    match value {
        Value::Object(entries) => {
            for (name, inner) in entries {
                let key = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                flatten(&key, inner, into);
            }
        }
        leaf => {
            into.insert(prefix.to_owned(), leaf);
        }
    }
}

/// The keys that only one map has, or that have another value in each; in order.
fn differing<'a, V: PartialEq>(
    old: &'a BTreeMap<String, V>,
    new: &'a BTreeMap<String, V>,
) -> impl Iterator<Item = &'a str> {
    let mut keys: Vec<&str> = old.keys().chain(new.keys()).map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .filter(|key| old.get(*key) != new.get(*key))
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverMade => f.write_str("never made"),
            Self::Gone => f.write_str("its artifact is no longer in the cache"),
            Self::Damaged(fault) => write!(f, "its artifact is damaged: {fault}"),
            Self::Changed(changes) => {
                for (i, change) in changes.iter().enumerate() {
                    let separator = if i == 0 { "" } else { "; " };
                    write!(f, "{separator}{change}")?;
                }
                Ok(())
            }
            Self::Forced => f.write_str("forced"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| {
            value
                .as_ref()
                .map_or_else(|| "(none)".to_owned(), Value::to_string)
        };
        match self {
            Self::Kind { old, new } => write!(f, "kind {old} -> {new}"),
            Self::Config { key, old, new } => write!(f, "{key} {} -> {}", shown(old), shown(new)),
            Self::Input { key } => write!(f, "input `{key}` changed"),
            Self::File { path } => write!(f, "file `{}` changed", path.display()),
            Self::FileCount { old, new } => write!(f, "reads {new} outside files, read {old}"),
            Self::Revision { old, new } => write!(f, "revision {old} -> {new}"),
            Self::Format => f.write_str("keys are computed in a new way"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Digest;
    use serde_json::json;

    fn ingredients() -> Ingredients {
        Ingredients {
            config: json!({"seed": 1, "training": {"epochs": 2}}),
            files: vec![Digest::of(b"f"), Digest::of(b"g")],
            format: 1,
            inputs: BTreeMap::from([("corpus".to_owned(), Digest::of(b"c"))]),
            kind: "pretrain".to_owned(),
            revision: 1,
        }
    }

    fn said(change: impl FnOnce(&mut Ingredients)) -> String {
        let (old, mut new) = (ingredients(), ingredients());
        change(&mut new);
        let text = |i: &Ingredients| serde_json::to_string(i).unwrap();
        let paths = ["data/f".into(), "data/g".into()];
        Reason::Changed(changes(&text(&old), &text(&new), &paths)).to_string()
    }

    #[test]
    fn every_ingredient_is_named_when_it_changes() {
        assert_eq!(said(|_| {}), "");
        assert_eq!(said(|i| i.config["seed"] = json!(2)), "seed 1 -> 2");
        assert_eq!(
            said(|i| i.config["training"] = json!({"max-steps": 9})),
            "training.epochs 2 -> (none); training.max-steps (none) -> 9"
        );
        assert_eq!(said(|i| i.inputs.clear()), "input `corpus` changed");
        assert_eq!(
            said(|i| i.files[1] = Digest::of(b"h")),
            "file `data/g` changed"
        );
        assert_eq!(
            said(|i| i.files.truncate(1)),
            "reads 1 outside files, read 2"
        );
        assert_eq!(said(|i| i.revision = 2), "revision 1 -> 2");
        assert_eq!(
            said(|i| i.kind = "prune".to_owned()),
            "kind pretrain -> prune"
        );
        assert_eq!(said(|i| i.format = 2), "keys are computed in a new way");
    }

    #[test]
    fn two_changes_are_both_named() {
        let both = said(|i| {
            i.config["seed"] = json!(2);
            i.revision = 4;
        });
        assert_eq!(both, "seed 1 -> 2; revision 1 -> 4");
    }
}
