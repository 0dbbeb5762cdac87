//! From merged tables to a plan: every point of the sweep resolved, references checked, equal stages merged.
//!
//! A stage is read once for each combination of the parameters that it refers to itself, not once for each point;
//! what its parents make of theirs is known by the numbers of their nodes.

use super::document::{KeyPath, Part};
use super::error::{PlanError, Problem, Spot};
use super::file::{Experiment, Stage, wrong};
use super::params::{Scope, as_text};
use super::read::{self, Failure};
use super::{Node, NodeId, Parent, Plan, Point};
use crate::config::{Contradiction, StageSpec};
use crate::graph::{Cycle, Graph};
use std::collections::{BTreeMap, HashMap};

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
    let labels = resolver.labels();
    let nodes = resolver
        .drafts
        .into_iter()
        .zip(labels)
        .map(|(draft, label)| Node {
            label,
            names: draft
                .names
                .iter()
                .map(|stage| experiment.stages[*stage].name.clone())
                .collect(),
            spec: resolver.readings[draft.reading].spec.clone(),
            parents: draft.parents,
        });
    Ok(Plan {
        name: experiment.name.clone(),
        title: experiment.title.clone(),
        source: experiment.source.clone(),
        nodes: nodes.collect(),
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

/// A node before it has a label.
struct Draft {
    reading: usize,
    parents: Vec<Parent>,
    /// Stages that are this node at some point; the first is the one that it was found by.
    names: Vec<usize>,
    /// The varied parameters that it depends on, itself or through its parents, with their cells.
    depends_on: BTreeMap<usize, usize>,
}

struct Resolver<'e> {
    experiment: &'e Experiment,
    positions: HashMap<&'e str, usize>,
    readings: Vec<Reading>,
    /// By stage, then by the cells of the parameters that it uses.
    read_already: Vec<HashMap<Vec<usize>, usize>>,
    configs: HashMap<String, usize>,
    drafts: Vec<Draft>,
    known: HashMap<(usize, Vec<NodeId>), NodeId>,
    /// The readings of the last point that was put in order, and that order.
    order: (Vec<usize>, Vec<usize>),
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
            drafts: Vec::new(),
            known: HashMap::new(),
            order: (Vec::new(), Vec::new()),
        }
    }

    /// The node of each stage at one point.
    fn point(&mut self, cells: &[usize]) -> Result<Vec<NodeId>, PlanError> {
        let readings = self.readings(cells)?;
        self.put_in_order(&readings)?;
        let mut nodes = vec![NodeId(0); readings.len()];
        for position in 0..readings.len() {
            let stage = self.order.1[position];
            nodes[stage] = self.node(stage, readings[stage], &nodes, cells);
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
        let scope = Scope {
            params: &self.experiment.params,
            cells,
        };
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
        let stages = &self.experiment.stages;
        let names = |fits: &dyn Fn(&Stage) -> bool| {
            let fitting = stages
                .iter()
                .filter(|other| other.name != stage.name && fits(other));
            fitting.map(|stage| stage.name.to_string()).collect()
        };
        let mut inputs = Vec::new();
        for input in spec.inputs() {
            let at = |problem| Err(PlanError::at(problem, self.spot(stage, input.key, scope)));
            let Some(position) = self.positions.get(input.stage.0.0.as_str()) else {
                return at(Problem::UnknownStage {
                    stage: stage.name.clone(),
                    input: input.stage.to_string(),
                    known: names(&|_| true),
                });
            };
            let makes = stages[*position].kind.produces;
            if makes != input.needs {
                return at(Problem::WrongInput {
                    owner: stage.owner(),
                    input: input.stage.0.clone(),
                    makes,
                    needs: input.needs,
                    fitting: names(&|other| other.kind.produces == input.needs),
                });
            }
            inputs.push((input.key, *position));
        }
        Ok(inputs)
    }

    fn put_in_order(&mut self, readings: &[usize]) -> Result<(), PlanError> {
        let inputs = |reading: &usize| &self.readings[*reading].inputs;
        let same_edges = |(a, b): (&usize, &usize)| a == b || inputs(a) == inputs(b);
        let (last, _) = &self.order;
        if last.len() == readings.len() && last.iter().zip(readings).all(same_edges) {
            return Ok(());
        }
        let arrows = readings.iter().enumerate().flat_map(|(child, reading)| {
            inputs(reading)
                .iter()
                .map(move |(_, parent)| (*parent, child))
        });
        let order = Graph::new(readings.len(), arrows)
            .order()
            .map_err(|cycle| self.cycle(&cycle, readings))?;
        self.order = (readings.to_vec(), order);
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

    /// The node of a stage whose parents' nodes are known.
    fn node(&mut self, stage: usize, reading: usize, nodes: &[NodeId], cells: &[usize]) -> NodeId {
        let Reading { inputs, config, .. } = &self.readings[reading];
        let parents: Vec<NodeId> = inputs.iter().map(|(_, parent)| nodes[*parent]).collect();
        let next = NodeId(self.drafts.len());
        let id = *self.known.entry((*config, parents)).or_insert(next);
        if id == next {
            let parents = inputs.iter().map(|(key, parent)| Parent {
                key,
                node: nodes[*parent],
            });
            let parents: Vec<Parent> = parents.collect();
            let depends_on = self.depends_on(stage, &parents, cells);
            self.drafts.push(Draft {
                reading,
                parents,
                names: vec![stage],
                depends_on,
            });
        } else if !self.drafts[id.0].names.contains(&stage) {
            self.drafts[id.0].names.push(stage);
        }
        id
    }

    fn depends_on(
        &self,
        stage: usize,
        parents: &[Parent],
        cells: &[usize],
    ) -> BTreeMap<usize, usize> {
        let varied = &self.experiment.sweep.varied;
        let own = self.experiment.stages[stage]
            .used
            .iter()
            .filter(|param| varied.contains(param));
        let mut depends_on: BTreeMap<usize, usize> =
            own.map(|param| (*param, cells[*param])).collect();
        for parent in parents {
            let inherited = self.drafts[parent.node.0].depends_on.keys();
            depends_on.extend(inherited.map(|param| (*param, cells[*param])));
        }
        depends_on
    }

    /// A label for each draft: the name that it was found by, and where several go by that name, its parameters.
    fn labels(&self) -> Vec<String> {
        let mut bearers: BTreeMap<usize, usize> = BTreeMap::new();
        for name in self.drafts.iter().flat_map(|draft| &draft.names) {
            *bearers.entry(*name).or_default() += 1;
        }
        let label = |draft: &Draft| {
            let first = draft.names[0];
            let name = self.experiment.stages[first].name.to_string();
            if bearers[&first] == 1 {
                return name;
            }
            let values: Vec<String> = draft
                .depends_on
                .iter()
                .map(|(param, cell)| self.assignment(*param, *cell))
                .collect();
            format!("{name}@{}", values.join(","))
        };
        self.drafts.iter().map(label).collect()
    }

    fn assignment(&self, param: usize, cell: usize) -> String {
        let param = &self.experiment.params.list[param];
        let value =
            as_text(&param.cells[cell].tree).unwrap_or_else(|| param.value(cell).to_string());
        format!("{}={value}", param.name)
    }

    fn contradiction(
        &self,
        stage: &Stage,
        contradiction: Contradiction,
        scope: Scope<'_>,
    ) -> PlanError {
        let problem = Problem::Contradiction {
            owner: stage.owner(),
            key: contradiction.key.to_owned(),
            expected: contradiction.expected,
        };
        PlanError::at(problem, self.spot(stage, contradiction.key, scope))
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

/// What a stage is told apart from the names of its inputs, in a form that is equal only for equals.
fn identity(spec: &StageSpec) -> String {
    let mut config = serde_json::json!(spec);
    for input in spec.inputs() {
        let pointer = format!("/{}/{}", spec.kind(), input.key.replace('.', "/"));
        if let Some(name) = config.pointer_mut(&pointer) {
            *name = serde_json::Value::Null;
        }
    }
    config.to_string()
}

/// All that the stages lack, with the header of each underlined.
fn missing_keys(missing: Vec<(&Stage, Vec<String>)>) -> PlanError {
    let spots = missing.iter().map(|(stage, keys)| {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        (
            stage.merged.spot(&[], Part::Key),
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
