//! A part of a plan: some points of its sweep, some stages with what they need.
//!
//! A stage is named by its label, by its name, or by its name at some points: `NAME@PARAMETER=VALUE,…`. A `+`
//! behind it adds everything below. What a chosen stage reads always belongs to the part.

use super::suggest::advice;
use super::{Node, NodeId, Parent, Plan, Point};
use crate::config::StageName;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use toml::Value;

/// Which part of an experiment is meant; by default all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// `STAGE` or `STAGE+`; none means all stages.
    pub stages: Vec<String>,
    /// `PARAMETER=VALUE`: only points where that holds. Several values of one parameter are alternatives, several
    /// parameters must all hold.
    pub only: Vec<String>,
}

/// A selector that selects nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum SelectError {
    /// No stage is called so.
    #[error("this experiment has no stage `{name}`")]
    #[diagnostic(code(plan::no_such_stage), help("{}", advice(name, "stages", known.iter().map(String::as_str))))]
    Stage {
        /// What was asked for.
        name: String,
        /// The names and labels that there are.
        known: Vec<String>,
    },

    /// The sweep varies no parameter of that name.
    #[error("the sweep of this experiment varies no parameter `{name}`")]
    #[diagnostic(code(plan::not_swept), help("{}; `--set {name}=VALUE` sets a parameter that is not swept", advice(name, "parameters that it varies", known.iter().map(String::as_str))))]
    Parameter {
        /// What was asked for.
        name: String,
        /// The parameters that vary.
        known: Vec<String>,
    },

    /// The parameter never has that value.
    #[error("no point of the sweep has {name}={value}")]
    #[diagnostic(code(plan::no_such_point), help("values of `{name}`: {}", known.join(", ")))]
    Value {
        /// The parameter.
        name: String,
        /// What was asked for.
        value: String,
        /// The values that it takes.
        known: Vec<String>,
    },

    /// Every value is there, but not at one point.
    #[error("no point of the sweep has {} together with what else is asked for", wanted.join(" and "))]
    #[diagnostic(
        code(plan::no_such_point),
        help("`srp plan FILE --json` lists the points of the sweep")
    )]
    Together {
        /// What was asked for.
        wanted: Vec<String>,
    },

    /// It is not `PARAMETER=VALUE`.
    #[error("`{text}` does not say which value of which parameter")]
    #[diagnostic(
        code(plan::malformed_selector),
        help("write `--only PARAMETER=VALUE`, or `STAGE@PARAMETER=VALUE,…`")
    )]
    Malformed {
        /// What was given.
        text: String,
    },

    /// One stage is wanted, and several are called so.
    #[error("`{name}` stands for {} stages", labels.len())]
    #[diagnostic(code(plan::several_stages), help("name one of them: {}", labels.join(", ")))]
    Several {
        /// What was asked for.
        name: String,
        /// Their labels.
        labels: Vec<String>,
    },
}

/// A value that a parameter is to have.
struct Wanted {
    name: String,
    text: String,
    value: Value,
}

/// The experiment file that `text` names, and the part of it: `FILE.toml`, or `FILE.toml:STAGE` with a stage as
/// [`Selection`] names it.
pub(crate) fn file_and_part(text: &str) -> Option<(PathBuf, Option<String>)> {
    if text.ends_with(".toml") {
        return Some((text.into(), None));
    }
    let (file, part) = text.split_once(".toml:")?;
    Some((format!("{file}.toml").into(), Some(part.to_owned())))
}

impl Selection {
    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        self.stages.is_empty() && self.only.is_empty()
    }
}

impl Plan {
    /// The part that is meant, with everything that it reads. Labels stay what they are in the whole.
    ///
    /// # Errors
    /// A selector that selects nothing.
    pub fn select(&self, selection: &Selection) -> Result<Self, SelectError> {
        if selection.is_everything() {
            return Ok(self.clone());
        }
        let points = self.points_with(&self.points, &wanted(&selection.only)?)?;
        let present: BTreeSet<usize> = points
            .iter()
            .flat_map(|point| point.stages.values().map(|id| id.0))
            .collect();
        if selection.stages.is_empty() {
            return Ok(self.part(&points, &present));
        }
        let graph = self.graph();
        let mut chosen = BTreeSet::new();
        for text in &selection.stages {
            let stage = text.strip_suffix('+');
            let named = self.named(stage.unwrap_or(text), &points)?;
            if stage.is_some() {
                chosen.extend(graph.downstream(named).intersection(&present));
            } else {
                chosen.extend(named);
            }
        }
        Ok(self.part(&points, &graph.upstream(chosen)))
    }

    /// The one stage that is called so.
    ///
    /// # Errors
    /// If there is none, or several are.
    pub fn stage(&self, name: &str) -> Result<NodeId, SelectError> {
        let named = self.stages(name)?;
        match named.as_slice() {
            [only] => Ok(*only),
            several => Err(SelectError::Several {
                name: name.to_owned(),
                labels: several
                    .iter()
                    .map(|id| self.nodes[id.0].label.clone())
                    .collect(),
            }),
        }
    }

    /// The stages that are called so, in the order of the plan's nodes: one for a label, all points of the sweep for a
    /// name, and some of them for a name with values.
    ///
    /// # Errors
    /// If there is none.
    pub fn stages(&self, name: &str) -> Result<Vec<NodeId>, SelectError> {
        let points: Vec<&Point> = self.points.iter().collect();
        let named = self.named(name, &points)?;
        Ok(named.into_iter().map(NodeId).collect())
    }

    /// The nodes at `points` that are called so: by their label, by a name, or by a name with values.
    fn named(&self, text: &str, points: &[&Point]) -> Result<BTreeSet<usize>, SelectError> {
        let stages = || points.iter().flat_map(|point| &point.stages);
        let labelled: BTreeSet<usize> = stages()
            .map(|(_, id)| id.0)
            .filter(|id| self.nodes[*id].label == text)
            .collect();
        if !labelled.is_empty() {
            return Ok(labelled);
        }
        let (name, values) = text.split_once('@').unwrap_or((text, ""));
        let name = StageName(name.to_owned());
        if !stages().any(|(stage, _)| *stage == name) {
            return Err(SelectError::Stage {
                name: text.to_owned(),
                known: self.stage_names(),
            });
        }
        let values: Vec<String> = values
            .split(',')
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect();
        let fitting = self.points_with(points.iter().copied(), &wanted(&values)?)?;
        let nodes = fitting.iter().filter_map(|point| point.stages.get(&name));
        Ok(nodes.map(|id| id.0).collect())
    }

    /// Those of `points` where every parameter that is named has one of the values wanted of it.
    fn points_with<'p>(
        &self,
        points: impl IntoIterator<Item = &'p Point>,
        wanted: &[Wanted],
    ) -> Result<Vec<&'p Point>, SelectError> {
        let points: Vec<&Point> = points.into_iter().collect();
        for one in wanted {
            self.check(one)?;
        }
        let fits = |point: &&Point| {
            let holds = |one: &Wanted| point.params.get(&one.name).is_some_and(|v| one.is(v));
            wanted.iter().all(|one| {
                let mut alternatives = wanted.iter().filter(|other| other.name == one.name);
                alternatives.any(holds)
            })
        };
        let fitting: Vec<&Point> = points.into_iter().filter(fits).collect();
        if fitting.is_empty() {
            return Err(SelectError::Together {
                wanted: wanted.iter().map(Wanted::shown).collect(),
            });
        }
        Ok(fitting)
    }

    /// Whether the sweep has the value at all.
    fn check(&self, wanted: &Wanted) -> Result<(), SelectError> {
        let params = self.points.iter().flat_map(|point| &point.params);
        let mut values: Vec<&Value> = Vec::new();
        let mut names = BTreeSet::new();
        for (name, value) in params {
            names.insert(name);
            if *name == wanted.name && !values.contains(&value) {
                values.push(value);
            }
        }
        if values.is_empty() {
            return Err(SelectError::Parameter {
                name: wanted.name.clone(),
                known: names.into_iter().cloned().collect(),
            });
        }
        if values.iter().any(|value| wanted.is(value)) {
            return Ok(());
        }
        Err(SelectError::Value {
            name: wanted.name.clone(),
            value: wanted.text.clone(),
            known: values.iter().map(ToString::to_string).collect(),
        })
    }

    /// The plan of the nodes at positions `kept`, which hold with every node all that it reads.
    fn part(&self, points: &[&Point], kept: &BTreeSet<usize>) -> Self {
        let moved: BTreeMap<usize, NodeId> = kept.iter().copied().zip((0..).map(NodeId)).collect();
        let node = |position: &usize| {
            let node = &self.nodes[*position];
            let parents = node.parents.iter().filter_map(|parent| {
                Some(Parent {
                    key: parent.key,
                    node: *moved.get(&parent.node.0)?,
                })
            });
            Node {
                parents: parents.collect(),
                ..node.clone()
            }
        };
        let point = |point: &&Point| {
            let stages = point.stages.iter();
            Point {
                params: point.params.clone(),
                stages: stages
                    .filter_map(|(name, id)| Some((name.clone(), *moved.get(&id.0)?)))
                    .collect(),
            }
        };
        let points = points.iter().map(point);
        Self {
            name: self.name.clone(),
            title: self.title.clone(),
            source: self.source.clone(),
            request: self.request.clone(),
            resources: self.resources.clone(),
            nodes: kept.iter().map(node).collect(),
            points: points.filter(|point| !point.stages.is_empty()).collect(),
        }
    }
}

impl Wanted {
    fn read(text: &str) -> Result<Self, SelectError> {
        let (name, value) = text
            .split_once('=')
            .map(|(name, value)| (name.trim(), value.trim()))
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .ok_or_else(|| SelectError::Malformed {
                text: text.to_owned(),
            })?;
        let toml = toml::from_str::<toml::Table>(&format!("value = {value}"));
        let parsed = toml.ok().and_then(|mut table| table.remove("value"));
        Ok(Self {
            name: name.to_owned(),
            text: value.to_owned(),
            value: parsed.unwrap_or_else(|| Value::String(value.to_owned())),
        })
    }

    /// Whether `value` is the one: as TOML, whole numbers being numbers like others, or as a text without quotes.
    fn is(&self, value: &Value) -> bool {
        match (number(&self.value), number(value)) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => self.value == *value || value.as_str() == Some(&self.text),
        }
    }

    fn shown(&self) -> String {
        format!("{}={}", self.name, self.text)
    }
}

fn wanted(texts: &[String]) -> Result<Vec<Wanted>, SelectError> {
    texts.iter().map(|text| Wanted::read(text)).collect()
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or(value.as_integer().map(|n| n as f64))
}
