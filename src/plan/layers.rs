//! Layers of configuration, merged by figment: which text gave each value, and where it stands there.

use super::document::{Document, KeyPath, Part};
use super::error::{PlanError, Spot};
use super::tree::{Node, Planting, Table, Tree, to_dict};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use std::path::PathBuf;
use std::sync::Arc;

/// The key that names presets; it is no part of what a stage is told.
pub(crate) const PRESET: &str = "preset";

/// Whose word a value is. Later kinds overrule earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// srp's own defaults, `configs/defaults.toml`, at a line.
    Default {
        /// The line, from 1.
        line: usize,
    },
    /// A preset that the experiment names.
    Preset {
        /// The preset's file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The experiment file.
    Experiment {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// `--set`.
    Flag {
        /// What follows `--set`.
        assignment: String,
    },
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default { line } => write!(f, "built in, defaults.toml:{line}"),
            Self::Preset { file, line } | Self::Experiment { file, line } => {
                write!(f, "{}:{line}", file.display())
            }
            Self::Environment { variable } => f.write_str(variable),
            Self::Flag { assignment } => write!(f, "--set {assignment}"),
        }
    }
}

/// Which kind of text a layer's document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    Defaults,
    Preset,
    Experiment,
    Environment,
    Flag,
}

/// A table of a document, as the layer of a configuration.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) medium: Medium,
    pub(crate) document: Arc<Document>,
    /// The table inside the document.
    pub(crate) root: KeyPath,
    /// Where that table belongs inside the configuration.
    pub(crate) mount: KeyPath,
}

impl Layer {
    /// The underlined key or value that stands at `path` of the configuration.
    pub(crate) fn spot(&self, path: &[String], part: Part) -> Spot {
        self.document.spot(&self.path_inside(path), part)
    }

    fn origin(&self, path: &[String]) -> Origin {
        let line = self.document.line(&self.path_inside(path));
        let name = || self.document.name.clone();
        match self.medium {
            Medium::Defaults => Origin::Default { line },
            Medium::Preset => Origin::Preset {
                file: name().into(),
                line,
            },
            Medium::Experiment => Origin::Experiment {
                file: name().into(),
                line,
            },
            Medium::Environment => Origin::Environment {
                variable: self
                    .document
                    .text
                    .split('=')
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            },
            Medium::Flag => Origin::Flag {
                assignment: self.document.text.clone(),
            },
        }
    }

    fn path_inside(&self, path: &[String]) -> KeyPath {
        let below = path.get(self.mount.len()..).unwrap_or_default();
        [&self.root, below].concat()
    }

    fn dict(&self) -> Dict {
        let dict = self
            .document
            .table(&self.root)
            .map(|table| to_dict(table, PRESET));
        self.mount
            .iter()
            .rev()
            .fold(dict.unwrap_or_default(), |inner, key| {
                Dict::from([(key.clone(), Value::from(inner))])
            })
    }
}

/// One layer for figment, known to it by its number.
struct Numbered {
    number: usize,
    dict: Dict,
}

impl Provider for Numbered {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.number.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.dict.clone())]))
    }
}

/// What a string is, given its path and its layer.
pub(crate) type Understand<'a> = dyn Fn(&[String], &Layer, String) -> Result<Node, PlanError> + 'a;

/// A configuration merged from layers, the lowest first.
#[derive(Debug)]
pub(crate) struct Merged {
    pub(crate) layers: Vec<Layer>,
    pub(crate) table: Table,
}

impl Merged {
    /// Merges `layers`. At the dotted paths `choices`, a layer that names other tables than those beneath it puts
    /// its own in their place; defaults are only of use to a table that another layer names. `text` tells what a string is, given its path and its layer.
    ///
    /// # Errors
    /// The first of `text`.
    pub(crate) fn new(
        layers: Vec<Layer>,
        choices: &[&str],
        text: &Understand<'_>,
    ) -> Result<Self, PlanError> {
        let mut dicts: Vec<Dict> = layers.iter().map(Layer::dict).collect();
        for choice in choices {
            settle(&layers, &mut dicts, choice);
        }
        let figment = dicts
            .into_iter()
            .enumerate()
            .fold(Figment::new(), |merged, (number, dict)| {
                merged.merge(Numbered { number, dict })
            });
        let layer_of = |tag| {
            let metadata = figment.get_metadata(tag);
            metadata
                .and_then(|metadata| metadata.name.parse().ok())
                .unwrap_or(0)
        };
        let planting = Planting {
            layer: &layer_of,
            text: &|path, layer, string| text(path, &layers[layer], string),
        };
        // Our providers cannot fail, so neither can their sum.
        let dict = figment
            .data()
            .unwrap_or_default()
            .remove(&Profile::Default)
            .unwrap_or_default();
        let table = planting.table(dict, &mut KeyPath::new())?;
        Ok(Self { layers, table })
    }

    /// The value at `path`, or the nearest one above it.
    fn deepest(&self, path: &[String]) -> Option<&Tree> {
        let (first, rest) = path.split_first()?;
        let mut tree = self.table.get(first)?;
        for key in rest {
            match tree.child(key) {
                Some(child) => tree = child,
                None => break,
            }
        }
        Some(tree)
    }

    /// The parameter that is the value at `path`, or that of the nearest one above it.
    pub(crate) fn parameter(&self, path: &[String]) -> Option<usize> {
        match self.deepest(path)?.node {
            Node::Parameter(parameter) => Some(parameter),
            _ => None,
        }
    }

    /// The number of the layer that gave the value at `path`, or the nearest one above it; a later layer is higher.
    pub(crate) fn height(&self, path: &[String]) -> usize {
        self.deepest(path).map_or(0, |tree| tree.layer)
    }

    /// The layer that gave the value at `path`, or the nearest one above it.
    pub(crate) fn layer(&self, path: &[String]) -> &Layer {
        &self.layers[self.height(path)]
    }

    /// The key of the table that all this belongs to, where the experiment file has it.
    pub(crate) fn header(&self) -> Spot {
        let file = self
            .layers
            .iter()
            .find(|layer| layer.medium == Medium::Experiment);
        file.unwrap_or(&self.layers[0]).spot(&[], Part::Key)
    }

    /// The underlined key or value that gave what stands at `path`.
    pub(crate) fn spot(&self, path: &[String], part: Part) -> Spot {
        self.layer(path).spot(path, part)
    }

    /// Whose word the value at `path` is.
    pub(crate) fn origin(&self, path: &[String]) -> Origin {
        self.layer(path).origin(path)
    }
}

/// Leaves at `choice` only the tables that the highest layer which has any there names. Defaults name none.
fn settle(layers: &[Layer], dicts: &mut [Dict], choice: &str) {
    let mut chosen: Vec<String> = Vec::new();
    for (layer, dict) in layers.iter().zip(dicts).rev() {
        let Some(tables) = table_mut(dict, choice) else {
            continue;
        };
        if chosen.is_empty() && layer.medium != Medium::Defaults {
            chosen = tables.keys().cloned().collect();
        } else {
            tables.retain(|name, _| chosen.contains(name));
        }
    }
}

fn table_mut<'d>(dict: &'d mut Dict, path: &str) -> Option<&'d mut Dict> {
    let mut keys = path.split('.').filter(|key| !key.is_empty());
    keys.try_fold(dict, |dict, key| match dict.get_mut(key)? {
        Value::Dict(_, inner) => Some(inner),
        _ => None,
    })
}
