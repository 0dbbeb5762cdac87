//! From merged tables to a plan: every point of the sweep resolved, references checked, equal stages merged.
//!
//! A stage is read once for each combination of the parameters that it refers to itself, not once for each point;
//! what its parents make of theirs is known by the numbers of their nodes. What a stage implies becomes a node like any
//! other, so that equal ones are one.

mod check;

use super::document::{KeyPath, Part};
use super::error::{PlanError, Spot};
use super::file::{Experiment, Stage, wrong};
use super::nodes::{Bearer, Nodes};
use super::params::Scope;
use super::problem::Problem;
use super::read::{self, Failure};
use super::{NodeId, Parent, Plan, Point};
use crate::config::{Input, StageSpec};
use crate::graph::Graph;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Resolves every point of an experiment's sweep.
///
/// # Errors
/// The first thing that is wrong at the first point where something is; keys that are missing are told together.
pub(crate) fn resolve(experiment: &Experiment) -> Result<Plan, PlanError> {
    let mut resolver = Resolver::new(experiment);
    let mut points = Vec::with_capacity(experiment.sweep.points.len());
    for cells in &experiment.sweep.points {
        let stages = resolver.point(cells)?;
        points.push((cells, stages));
    }
    let readings = resolver.readings;
    let nodes = resolver
        .nodes
        .finish(experiment, |reading| readings[reading].spec.clone());
    Ok(Plan {
        name: experiment.name.clone(),
        title: experiment.title.clone(),
        source: experiment.source.clone(),
        request: None,
        resources: experiment.resources.clone(),
        nodes,
        points: points
            .into_iter()
            .map(|(cells, nodes)| Point {
                params: varied_values(experiment, cells),
                stages: nodes
                    .into_iter()
                    .map(|(bearer, node)| (bearer.name(experiment), node))
                    .collect(),
            })
            .collect(),
    })
}

fn varied_values(experiment: &Experiment, cells: &[usize]) -> BTreeMap<String, toml::Value> {
    let varied = experiment.sweep.varied.iter().map(|&number| {
        let param = &experiment.params.list[number];
        (param.name.clone(), param.value(cells[number]))
    });
    varied.collect()
}

/// What a stage is told, for one combination of the parameters that it refers to.
struct Reading {
    spec: StageSpec,
    /// The stages that it reads, with the key that names each.
    inputs: Vec<(&'static str, usize)>,
    /// Equal for readings that say the same apart from the names of their inputs.
    config: usize,
    implies: Option<Implies>,
}

/// What a reading implies.
struct Implies {
    /// The key under which it is read.
    key: &'static str,
    /// What it is told.
    reading: usize,
    /// The varied parameters that this refers to.
    varied: BTreeSet<usize>,
}

impl Reading {
    /// What it reads, when these are the nodes of the stages.
    fn parents(&self, nodes: &[NodeId]) -> Vec<Parent> {
        let parent = |(key, stage): &(&'static str, usize)| Parent {
            key,
            node: nodes[*stage],
        };
        self.inputs.iter().map(parent).collect()
    }
}

/// How the stages of a point hang together, which is the same for most points.
#[derive(Default)]
struct Links {
    /// The readings that say so.
    readings: Vec<usize>,
    /// The stages, parents before children.
    order: Vec<usize>,
    /// By stage, the varied parameters that it depends on, itself or through its parents.
    varied: Vec<BTreeSet<usize>>,
}

struct Resolver<'e> {
    experiment: &'e Experiment,
    positions: HashMap<&'e str, usize>,
    readings: Vec<Reading>,
    /// By stage, then by the cells of the parameters that it uses.
    read_already: Vec<HashMap<Vec<usize>, usize>>,
    configs: HashMap<String, usize>,
    nodes: Nodes,
    /// Those of the last point.
    links: Links,
}

impl<'e> Resolver<'e> {
    fn new(experiment: &'e Experiment) -> Self {
        let names = experiment.stages.iter().map(|stage| stage.name.0.as_str());
        Self {
            experiment,
            positions: names.zip(0..).collect(),
            readings: Vec::new(),
            read_already: vec![HashMap::new(); experiment.stages.len()],
            configs: HashMap::new(),
            nodes: Nodes::default(),
            links: Links::default(),
        }
    }

    /// The node of each stage at one point, and of what each implies.
    fn point(&mut self, cells: &[usize]) -> Result<Vec<(Bearer, NodeId)>, PlanError> {
        let readings = self.readings(cells)?;
        self.check_inputs(&readings, cells)?;
        self.link(&readings)?;
        self.check_splits(&readings, cells)?;
        let with_cells = |params: &BTreeSet<usize>| -> Vec<(usize, usize)> {
            params.iter().map(|param| (*param, cells[*param])).collect()
        };
        let mut nodes = vec![NodeId(0); readings.len()];
        let mut all = Vec::with_capacity(readings.len());
        for &stage in &self.links.order {
            let reading = &self.readings[readings[stage]];
            let mut parents = reading.parents(&nodes);
            if let Some(implies) = &reading.implies {
                let implied = &self.readings[implies.reading];
                let varied = || {
                    let own = implies.varied.iter().copied();
                    with_cells(&depends_on(own, &implied.inputs, &self.links.varied))
                };
                let bearer = Bearer {
                    stage,
                    implied: Some(implies.key),
                };
                let told = (implies.reading, implied.config);
                let read = implied.parents(&nodes);
                let node = self.nodes.add(bearer, told, read, varied);
                let key = implies.key;
                parents.push(Parent { key, node });
                all.push((bearer, node));
            }
            let bearer = Bearer {
                stage,
                implied: None,
            };
            let varied = || with_cells(&self.links.varied[stage]);
            let told = (readings[stage], reading.config);
            nodes[stage] = self.nodes.add(bearer, told, parents, varied);
            all.push((bearer, nodes[stage]));
        }
        Ok(all)
    }

    /// The reading of each stage at one point.
    fn readings(&mut self, cells: &[usize]) -> Result<Vec<usize>, PlanError> {
        let mut readings = Vec::with_capacity(self.experiment.stages.len());
        let mut missing = Vec::new();
        for (position, stage) in self.experiment.stages.iter().enumerate() {
            let used: Vec<usize> = stage.used.iter().map(|param| cells[*param]).collect();
            if let Some(reading) = self.read_already[position].get(&used) {
                readings.push(*reading);
                continue;
            }
            match self.read(stage, cells)? {
                Ok(reading) => {
                    self.read_already[position].insert(used, self.readings.len());
                    readings.push(self.readings.len());
                    self.readings.push(reading);
                }
                Err(keys) => missing.push((stage, keys)),
            }
        }
        if missing.is_empty() {
            Ok(readings)
        } else {
            Err(missing_keys(missing))
        }
    }

    /// Reads one stage; the inner error holds the keys that it lacks.
    fn read(
        &mut self,
        stage: &Stage,
        cells: &[usize],
    ) -> Result<Result<Reading, Vec<String>>, PlanError> {
        let scope = self.scope(cells);
        let table = &stage.merged.table;
        let spec = match read::read(table, scope, |at| {
            StageSpec::deserialize_kind(stage.kind.name, at)
        }) {
            Ok(spec) => spec,
            Err(Failure::Missing(keys)) => return Ok(Err(keys)),
            Err(Failure::Wrong(error)) => {
                return Err(wrong(
                    error,
                    stage.owner(),
                    &stage.merged,
                    &self.experiment.head,
                    &[],
                ));
            }
        };
        spec.check()
            .map_err(|contradiction| self.contradiction(stage, contradiction, scope))?;
        let mut reading = self.reading(stage, spec, cells)?;
        if let Some(implied) = reading.spec.implied() {
            let varied = &self.experiment.sweep.varied;
            let used = stage.used_by(implied.told).into_iter();
            let told = self.reading(stage, implied.spec, cells)?;
            reading.implies = Some(Implies {
                key: implied.key,
                reading: self.readings.len(),
                varied: used.filter(|param| varied.contains(param)).collect(),
            });
            self.readings.push(told);
        }
        Ok(Ok(reading))
    }

    /// What a stage is told, or what it implies, with the stages that this reads.
    fn reading(
        &mut self,
        stage: &Stage,
        spec: StageSpec,
        cells: &[usize],
    ) -> Result<Reading, PlanError> {
        let inputs = self.inputs(stage, &spec, self.scope(cells))?;
        let next = self.configs.len();
        let config = *self.configs.entry(identity(&spec)).or_insert(next);
        Ok(Reading {
            spec,
            inputs,
            config,
            implies: None,
        })
    }

    /// The stages that `spec` reads.
    fn inputs(
        &self,
        stage: &Stage,
        spec: &StageSpec,
        scope: Scope<'_>,
    ) -> Result<Vec<(&'static str, usize)>, PlanError> {
        let position = |input: Input<'_>| {
            let known = self.positions.get(input.stage.0.0.as_str());
            let position = known.ok_or_else(|| {
                let others = self.experiment.stages.iter();
                let others = others.filter(|other| other.name != stage.name);
                let problem = Problem::UnknownStage {
                    stage: stage.name.clone(),
                    input: input.stage.to_string(),
                    known: others.map(|other| other.name.to_string()).collect(),
                };
                PlanError::at(problem, self.spot(stage, input.key, scope))
            })?;
            Ok((input.key, *position))
        };
        spec.inputs().into_iter().map(position).collect()
    }

    /// Finds out how the stages of a point hang together, if not as those of the last one.
    fn link(&mut self, readings: &[usize]) -> Result<(), PlanError> {
        let inputs = |reading: &usize| &self.readings[*reading].inputs;
        let same = |(a, b): (&usize, &usize)| a == b || inputs(a) == inputs(b);
        let last = &self.links.readings;
        if last.len() == readings.len() && last.iter().zip(readings).all(same) {
            return Ok(());
        }
        let arrows = readings.iter().enumerate().flat_map(|(child, reading)| {
            let parents = inputs(reading).iter();
            parents.map(move |(_, parent)| (*parent, child))
        });
        let order = Graph::new(readings.len(), arrows)
            .order()
            .map_err(|cycle| self.cycle(&cycle, readings))?;
        let mut varied = vec![BTreeSet::new(); readings.len()];
        for stage in &order {
            let used = self.experiment.stages[*stage].used.iter().copied();
            let own = used.filter(|param| self.experiment.sweep.varied.contains(param));
            varied[*stage] = depends_on(own, inputs(&readings[*stage]), &varied);
        }
        self.links = Links {
            readings: readings.to_vec(),
            order,
            varied,
        };
        Ok(())
    }

    /// What parameters are at a point.
    fn scope<'s>(&'s self, cells: &'s [usize]) -> Scope<'s> {
        Scope {
            params: &self.experiment.params,
            cells,
        }
    }

    /// Where the value of a stage's key comes from, if need be from a parameter.
    fn spot(&self, stage: &Stage, key: &str, scope: Scope<'_>) -> Spot {
        let path = dotted(key);
        match stage.merged.parameter(&path) {
            Some(parameter) => self
                .experiment
                .head
                .spot(&scope.cell(parameter).path, Part::Value),
            None => stage.merged.spot(&path, Part::Value),
        }
    }
}

/// The parameters that something depends on which refers to its `own` and reads `inputs`, given those of all stages.
fn depends_on(
    own: impl Iterator<Item = usize>,
    inputs: &[(&'static str, usize)],
    of_stages: &[BTreeSet<usize>],
) -> BTreeSet<usize> {
    let upstream = inputs.iter().flat_map(|(_, stage)| &of_stages[*stage]);
    own.chain(upstream.copied()).collect()
}

fn dotted(key: &str) -> KeyPath {
    key.split('.').map(str::to_owned).collect()
}

/// What a stage is told apart from the names of its inputs, in a form that is equal only for equals: Rust's own, which
/// shows every field, and every number with all its digits.
pub(crate) fn identity(spec: &StageSpec) -> String {
    let inputs = spec.inputs();
    inputs.iter().fold(format!("{spec:?}"), |text, input| {
        text.replace(&format!("{:?}", input.stage), "")
    })
}

/// All that the stages lack, with the header of each underlined.
fn missing_keys(missing: Vec<(&Stage, Vec<String>)>) -> PlanError {
    let spots = missing.iter().map(|(stage, keys)| {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        (
            stage.merged.header(),
            format!("lacks {}", read::quoted(&keys)),
        )
    });
    let spots = spots.collect();
    let keys = missing
        .into_iter()
        .flat_map(|(stage, keys)| keys.into_iter().map(|key| (key, stage.owner())));
    PlanError::at_all(
        Problem::Missing {
            keys: keys.collect(),
        },
        spots,
    )
}

#[cfg(test)]
mod tests;
