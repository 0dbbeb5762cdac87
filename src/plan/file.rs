//! From an experiment file to merged tables: the head of the experiment, and each stage with all its layers.

use super::defaults::DEFAULTS;
use super::document::{Document, KeyPath, Part};
use super::error::PlanError;
use super::layers::{Layer, Medium, Merged};
use super::overrides::Overrides;
use super::params::{Params, Scope, path};
use super::presets::{Presets, read_document};
use super::problem::{Owner, Problem};
use super::read::{self, Failure, What};
use super::suggest::nearest;
use super::sweep::{Sweep, lay_out};
use super::tree::{Node, Table, leaves};
use crate::config::{Attempts, Kind, Resources, StageName, StageSpec};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// The tables of an experiment file, apart from its stages.
const HEAD: [&str; 4] = ["experiment", "params", "sweep", "resources"];

/// An experiment with all its layers merged, and nothing resolved yet.
#[derive(Debug)]
pub(crate) struct Experiment {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) source: Option<String>,
    pub(crate) resources: Resources,
    pub(crate) params: Params,
    pub(crate) sweep: Sweep,
    pub(crate) head: Merged,
    /// In the order of the file.
    pub(crate) stages: Vec<Stage>,
}

/// A stage with all its layers merged.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) name: StageName,
    pub(crate) kind: Kind,
    pub(crate) merged: Merged,
    pub(crate) attempts: Attempts,
    /// The numbers of the parameters that its values refer to, ascending.
    pub(crate) used: Vec<usize>,
}

impl Stage {
    pub(crate) fn owner(&self) -> Owner {
        Owner::Stage(self.name.clone(), self.kind.name)
    }

    /// The numbers of the parameters that the values of these dotted keys refer to, ascending.
    pub(crate) fn used_by(&self, keys: &[&str]) -> Vec<usize> {
        let keys: Vec<Vec<&str>> = keys.iter().map(|key| key.split('.').collect()).collect();
        used(&self.merged.table, &|path| {
            let path = || path.iter().map(String::as_str);
            // A parameter may stand for the whole table around a key.
            let meets = |key: &Vec<&str>| path().zip(key).all(|(here, there)| here == *there);
            keys.iter().any(meets)
        })
    }
}

/// `[experiment]`: what it is about.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct About {
    /// What it is about, in a line.
    title: String,
    /// What it reproduces: paper, table, row.
    source: Option<String>,
    /// The seed of every stage that has none of its own.
    // Stages take it as a parameter, which is where its type is checked.
    #[serde(rename = "seed")]
    #[schemars(with = "u64")]
    _seed: IgnoredAny,
}

/// Reads the experiment file at `file` and lays all layers over each other.
///
/// # Errors
/// Whatever is wrong before a stage's values are read.
pub(crate) fn open(file: &Path, overrides: &Overrides) -> Result<Experiment, PlanError> {
    assemble(file, read_document(file)?, overrides)
}

/// [`open`] for a file whose text is known.
pub(crate) fn assemble(
    file: &Path,
    document: Document,
    overrides: &Overrides,
) -> Result<Experiment, PlanError> {
    let document = Arc::new(document);
    check_top(&document)?;
    let over = overrides.layers(&document)?;
    let head = merge_head(&document, &over)?;
    let about: About = read_head(&head, "experiment")?;
    let resources: Resources = read_head(&head, "resources")?;
    let mut params = Params::declare(&head, &document.keys_in_order(&["params"]))?;
    let sweep = lay_out(&head, &document.keys_in_order(&["sweep"]), &mut params)?;
    let mut ground = Ground {
        defaults: Arc::new(Document::parse(
            "configs/defaults.toml".to_owned(),
            DEFAULTS.to_owned(),
        )?),
        presets: Presets::around(file),
        document: &document,
        over: &over,
        params: &params,
    };
    let names = document.keys_in_order(&["stages"]);
    let stages = names
        .into_iter()
        .map(|name| ground.stage(name))
        .collect::<Result<Vec<_>, _>>()?;
    if stages.is_empty() {
        return Err(PlanError::nowhere(Problem::NoStages {
            kinds: StageSpec::KINDS,
        }));
    }
    check_all_used(&params, &stages, &head)?;
    let stem = file.file_stem().unwrap_or_default();
    Ok(Experiment {
        name: stem.to_string_lossy().into_owned(),
        title: about.title,
        source: about.source,
        resources,
        params,
        sweep,
        head,
        stages,
    })
}

/// Why reading the values of `owner` from `merged` failed, apart from missing keys.
pub(crate) fn wrong(
    error: read::Error<'_>,
    owner: Owner,
    merged: &Merged,
    head: &Merged,
    above: &[&str],
) -> PlanError {
    let path: KeyPath = above
        .iter()
        .map(ToString::to_string)
        .chain(error.path.iter().cloned())
        .collect();
    let spot = match error.cell {
        Some(cell) => head.spot(&cell.path, Part::Value),
        None if path.is_empty() => merged.header(),
        None => merged.spot(&path, error.part),
    };
    let key = error.path.join(".");
    let detail = error.to_string();
    let problem = match error.what {
        What::UnknownKey(known) => Problem::UnknownKey {
            owner,
            key,
            known: known.iter().map(ToString::to_string).collect(),
        },
        What::UnknownWord(word, known) => Problem::WrongValue {
            owner,
            key,
            detail,
            hint: nearest(&word, known.iter().copied())
                .map(|near| format!("did you mean \"{near}\"?")),
        },
        What::Other(_) => Problem::WrongValue {
            owner,
            key,
            detail,
            hint: None,
        },
    };
    PlanError::at(problem, spot)
}

fn check_top(document: &Document) -> Result<(), PlanError> {
    let known = || HEAD.into_iter().chain(["stages"]);
    for key in document.keys_in_order(&[] as &[&str]) {
        let problem = if !known().any(|name| name == key) {
            Problem::UnknownKey {
                owner: Owner::File,
                key: key.to_owned(),
                known: known().map(str::to_owned).collect(),
            }
        } else if document.table(&[key]).is_none() {
            Problem::WrongValue {
                owner: Owner::File,
                key: key.to_owned(),
                detail: "expected a table".to_owned(),
                hint: None,
            }
        } else {
            continue;
        };
        return Err(PlanError::at(problem, document.spot(&[key], Part::Key)));
    }
    Ok(())
}

fn merge_head(document: &Arc<Document>, over: &[Layer]) -> Result<Merged, PlanError> {
    let file = Layer {
        medium: Medium::Experiment,
        document: document.clone(),
        root: KeyPath::new(),
        mount: KeyPath::new(),
    };
    let layers = std::iter::once(&file).chain(over).flat_map(|layer| {
        HEAD.into_iter().filter_map(|section| {
            layer.document.table(&[section])?;
            Some(Layer {
                root: path([section]),
                mount: path([section]),
                ..layer.clone()
            })
        })
    });
    let layers: Vec<Layer> = layers.collect();
    // References are understood where they are used; the head only holds them.
    Merged::new(
        if layers.is_empty() {
            vec![file]
        } else {
            layers
        },
        &[],
        &|_, _, text| Ok(Node::Text(text)),
    )
}

/// Reads a table of the head.
fn read_head<T: DeserializeOwned>(head: &Merged, name: &'static str) -> Result<T, PlanError> {
    let empty = Table::new();
    let table = match head.table.get(name).map(|tree| &tree.node) {
        Some(Node::Table(table)) => table,
        _ => &empty,
    };
    read_plain(table, Owner::Head(name), head, &[name])
}

/// Reads a table that refers to no parameters, and stands at `above` in `merged`.
fn read_plain<T: DeserializeOwned>(
    table: &Table,
    owner: Owner,
    merged: &Merged,
    above: &[&str],
) -> Result<T, PlanError> {
    let params = Params::default();
    let scope = Scope {
        params: &params,
        cells: &[],
    };
    read::read(table, scope, |at| T::deserialize(at)).map_err(|failure| match failure {
        Failure::Wrong(error) => wrong(error, owner, merged, merged, above),
        Failure::Missing(keys) => PlanError::nowhere(Problem::Missing {
            keys: keys.into_iter().map(|key| (key, owner.clone())).collect(),
        }),
    })
}

fn check_all_used(params: &Params, stages: &[Stage], head: &Merged) -> Result<(), PlanError> {
    let used: BTreeSet<usize> = stages
        .iter()
        .flat_map(|stage| stage.used.iter().copied())
        .collect();
    match params
        .declared()
        .enumerate()
        .find(|(number, _)| !used.contains(number))
    {
        None => Ok(()),
        Some((_, param)) => {
            let problem = Problem::UnusedParameter {
                name: param.name.clone(),
            };
            Err(PlanError::at(
                problem,
                head.spot(&path(["params", &param.name]), Part::Key),
            ))
        }
    }
}

/// What all stages of an experiment are made from.
struct Ground<'a> {
    defaults: Arc<Document>,
    presets: Presets,
    document: &'a Arc<Document>,
    over: &'a [Layer],
    params: &'a Params,
}

impl Ground<'_> {
    fn stage(&mut self, name: &str) -> Result<Stage, PlanError> {
        let kind = self.kind(name)?;
        let root = path(["stages", name, kind.name]);
        let file = Layer {
            medium: Medium::Experiment,
            document: self.document.clone(),
            root: root.clone(),
            mount: KeyPath::new(),
        };
        let over = self
            .over
            .iter()
            .filter(|layer| layer.document.table(&root).is_some());
        let over = over.map(|layer| Layer {
            root: root.clone(),
            ..layer.clone()
        });
        let own: Vec<Layer> = std::iter::once(file).chain(over).collect();
        let defaults = Layer {
            medium: Medium::Defaults,
            document: self.defaults.clone(),
            root: path([kind.name]),
            mount: KeyPath::new(),
        };
        let mut layers = vec![defaults];
        layers.extend(self.presets.layers(&own)?);
        layers.extend(own);
        let params = self.params;
        let merged = Merged::new(layers, kind.choices, &|path, layer, text| {
            params.understand(text, layer, path)
        })?;
        Ok(Stage {
            name: name.into(),
            kind,
            attempts: self.attempts(name)?,
            used: used(&merged.table, &|_| true),
            merged,
        })
    }

    /// What stands beside the kind of a stage.
    fn attempts(&self, name: &str) -> Result<Attempts, PlanError> {
        let root = path(["stages", name]);
        let says = |document: &Document| {
            let table = document.table(&root);
            table.is_some_and(|table| Attempts::KEYS.iter().any(|key| table.contains_key(*key)))
        };
        let file = (Medium::Experiment, self.document);
        let over = self
            .over
            .iter()
            .map(|layer| (layer.medium, &layer.document));
        let layers = std::iter::once(file).chain(over);
        let layers = layers.filter(|(_, document)| says(document));
        let layers: Vec<Layer> = layers
            .map(|(medium, document)| Layer {
                medium,
                document: document.clone(),
                root: root.clone(),
                mount: KeyPath::new(),
            })
            .collect();
        if layers.is_empty() {
            return Ok(Attempts::default());
        }
        let merged = Merged::new(layers, &[], &|_, _, text| Ok(Node::Text(text)))?;
        let keys = |name: &String| Attempts::KEYS.contains(&name.as_str());
        let table = merged.table.iter().filter(|(name, _)| keys(name));
        let table = table
            .map(|(name, tree)| (name.clone(), tree.clone()))
            .collect();
        read_plain(&table, Owner::Attempts(name.into()), &merged, &[])
    }

    /// The one kind of a stage.
    fn kind(&self, name: &str) -> Result<Kind, PlanError> {
        let at = path(["stages", name]);
        if !is_stage_name(name) {
            let problem = Problem::StageName {
                name: name.to_owned(),
            };
            return Err(PlanError::at(problem, self.document.spot(&at, Part::Key)));
        }
        let mut kinds = self.document.keys_in_order(&at);
        kinds.retain(|key| !Attempts::KEYS.contains(key));
        let (known, strange): (Vec<&str>, Vec<&str>) = kinds
            .iter()
            .partition(|key| StageSpec::kind_named(key).is_some());
        if let ([kind], [strange, ..]) = (known.as_slice(), strange.as_slice()) {
            let problem = Problem::UnknownKey {
                owner: Owner::Attempts(name.into()),
                key: (*strange).to_owned(),
                known: Attempts::KEYS
                    .iter()
                    .chain([kind])
                    .map(ToString::to_string)
                    .collect(),
            };
            let at = path(["stages", name, strange]);
            return Err(PlanError::at(problem, self.document.spot(&at, Part::Key)));
        }
        let one_kind = |found: String, spot| {
            let problem = Problem::OneKind {
                stage: name.into(),
                found,
                known: StageSpec::KINDS,
            };
            PlanError::at(problem, spot)
        };
        let found = match kinds.as_slice() {
            [kind] => *kind,
            [] => {
                return Err(one_kind(
                    "expected a table named by its kind".into(),
                    self.document.spot(&at, Part::Key),
                ));
            }
            [first, second, ..] => {
                let spot = self
                    .document
                    .spot(&path(["stages", name, second]), Part::Key);
                return Err(one_kind(format!("it is of kind `{first}` above"), spot));
            }
        };
        let at = path(["stages", name, found]);
        let kind = StageSpec::kind_named(found).ok_or_else(|| {
            let problem = Problem::UnknownKind {
                stage: name.into(),
                kind: found.to_owned(),
                known: StageSpec::KINDS,
            };
            PlanError::at(problem, self.document.spot(&at, Part::Key))
        })?;
        if self.document.table(&at).is_none() {
            return Err(one_kind(
                "expected a table".into(),
                self.document.spot(&at, Part::Value),
            ));
        }
        Ok(kind)
    }
}

/// The parameters that a table's values refer to where `counts` holds of their path, ascending.
fn used(table: &Table, counts: &dyn Fn(&[String]) -> bool) -> Vec<usize> {
    let mut used = BTreeSet::new();
    leaves(
        table,
        &mut KeyPath::new(),
        &mut |path, leaf| match &leaf.node {
            _ if !counts(path) => {}
            Node::Parameter(parameter) => {
                used.insert(*parameter);
            }
            Node::Template(pieces) => {
                used.extend(pieces.iter().filter_map(|piece| piece.parameter()))
            }
            _ => {}
        },
    );
    used.into_iter().collect()
}

fn is_stage_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || char == '-' || char == '_')
}
