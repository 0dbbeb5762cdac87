//! From merged tables to a plan: every point of the sweep resolved, references checked, equal stages merged.
//!
//! A stage is read once for each combination of the parameters that it refers to itself, not once for each point;
//! what its parents make of theirs is known by the numbers of their nodes.

use super::document::{KeyPath, Part};
use super::error::{PlanError, Spot};
use super::file::{Experiment, Stage, wrong};
use super::nodes::Nodes;
use super::params::Scope;
use super::problem::Problem;
use super::read::{self, Failure};
use super::{NodeId, Parent, Plan, Point};
use crate::config::{Contradiction, Import, Input, StageSpec};
use crate::graph::{Cycle, Graph};
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
                stages: experiment
                    .stages
                    .iter()
                    .map(|stage| stage.name.clone())
                    .zip(nodes)
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

    /// The node of each stage at one point.
    fn point(&mut self, cells: &[usize]) -> Result<Vec<NodeId>, PlanError> {
        let readings = self.readings(cells)?;
        self.check_inputs(&readings, cells)?;
        self.link(&readings)?;
        self.check_splits(&readings, cells)?;
        let mut nodes = vec![NodeId(0); readings.len()];
        for stage in &self.links.order {
            let Reading { inputs, config, .. } = &self.readings[readings[*stage]];
            let parents = inputs.iter().map(|(key, parent)| Parent {
                key,
                node: nodes[*parent],
            });
            let varied = &self.links.varied[*stage];
            let varied = || varied.iter().map(|param| (*param, cells[*param])).collect();
            let reading = (readings[*stage], *config);
            nodes[*stage] = self.nodes.add(*stage, reading, parents.collect(), varied);
        }
        Ok(nodes)
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
        let inputs = self.inputs(stage, &spec, scope)?;
        let identity = identity(&spec);
        let next = self.configs.len();
        let config = *self.configs.entry(identity).or_insert(next);
        Ok(Ok(Reading {
            spec,
            inputs,
            config,
        }))
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

    /// Whether every stage of a point reads stages that make what it needs.
    fn check_inputs(&self, readings: &[usize], cells: &[usize]) -> Result<(), PlanError> {
        let stages = &self.experiment.stages;
        let makes = |position: usize| self.readings[readings[position]].spec.produces();
        for (reader, stage) in stages.iter().enumerate() {
            let Reading { spec, inputs, .. } = &self.readings[readings[reader]];
            for (input, (_, position)) in spec.inputs().into_iter().zip(inputs) {
                if makes(*position) == input.needs {
                    continue;
                }
                let fitting = (0..stages.len())
                    .filter(|&other| other != reader && makes(other) == input.needs)
                    .map(|other| stages[other].name.to_string());
                let problem = Problem::WrongInput {
                    owner: stage.owner(),
                    input: input.stage.0.clone(),
                    makes: makes(*position),
                    needs: input.needs,
                    fitting: fitting.collect(),
                };
                let spot = self.spot(stage, input.key, self.scope(cells));
                return Err(PlanError::at(problem, spot));
            }
        }
        Ok(())
    }

    /// Whether every test stage names a set that its corpus has.
    fn check_splits(&self, readings: &[usize], cells: &[usize]) -> Result<(), PlanError> {
        for (stage, reading) in self.experiment.stages.iter().zip(readings) {
            let Reading {
                spec: StageSpec::Test(test),
                inputs,
                ..
            } = &self.readings[*reading]
            else {
                continue;
            };
            for (_, parent) in inputs {
                let known = match &self.readings[readings[*parent]].spec {
                    StageSpec::Preprocess(corpus) => corpus.corpus.judged_sets(),
                    StageSpec::Import(Import::DataBin(corpus)) => corpus.judged_sets(),
                    _ => continue,
                };
                if !known.contains(&test.split.as_str()) {
                    let problem = Problem::UnknownSplit {
                        stage: stage.name.clone(),
                        split: test.split.clone(),
                        corpus: self.experiment.stages[*parent].name.clone(),
                        known: known.into_iter().map(str::to_owned).collect(),
                    };
                    return Err(PlanError::at(
                        problem,
                        self.spot(stage, "split", self.scope(cells)),
                    ));
                }
            }
        }
        Ok(())
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
            let own = self.experiment.stages[*stage].used.iter();
            let mut depends_on: BTreeSet<usize> = own
                .filter(|param| self.experiment.sweep.varied.contains(param))
                .copied()
                .collect();
            for (_, parent) in inputs(&readings[*stage]) {
                depends_on.extend(&varied[*parent]);
            }
            varied[*stage] = depends_on;
        }
        self.links = Links {
            readings: readings.to_vec(),
            order,
            varied,
        };
        Ok(())
    }

    fn cycle(&self, Cycle(cycle): &Cycle, readings: &[usize]) -> PlanError {
        let stages = &self.experiment.stages;
        let problem = Problem::Cycle {
            names: cycle
                .iter()
                .map(|position| stages[*position].name.to_string())
                .collect(),
        };
        let [first, second, ..] = cycle.as_slice() else {
            return PlanError::nowhere(problem);
        };
        // The second stage reads the first: that key closes the loop.
        let key = self.readings[readings[*second]]
            .inputs
            .iter()
            .find(|(_, parent)| parent == first);
        let path = key.map(|(key, _)| dotted(key)).unwrap_or_default();
        PlanError::at(problem, stages[*second].merged.spot(&path, Part::Value))
    }

    /// Of values that contradict each other, the one of the highest layer is the one to look at.
    fn contradiction(
        &self,
        stage: &Stage,
        contradiction: Contradiction,
        scope: Scope<'_>,
    ) -> PlanError {
        let height = |key: &&&str| stage.merged.height(&dotted(key));
        let key = contradiction.keys.iter().rev().max_by_key(height);
        let problem = Problem::Contradiction {
            owner: stage.owner(),
            rule: contradiction.rule,
        };
        PlanError::at(problem, self.spot(stage, key.unwrap_or(&""), scope))
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
