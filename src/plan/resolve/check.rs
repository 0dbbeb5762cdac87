//! Whether the values of a stage and the stages of a point fit together.

use super::{Reading, Resolver, dotted};
use crate::config::{Contradiction, Import, StageSpec};
use crate::graph::Cycle;
use crate::plan::document::Part;
use crate::plan::error::PlanError;
use crate::plan::file::Stage;
use crate::plan::params::Scope;
use crate::plan::problem::Problem;

impl Resolver<'_> {
    /// Whether every stage of a point reads stages that make what it needs.
    pub(super) fn check_inputs(
        &self,
        readings: &[usize],
        cells: &[usize],
    ) -> Result<(), PlanError> {
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
    pub(super) fn check_splits(
        &self,
        readings: &[usize],
        cells: &[usize],
    ) -> Result<(), PlanError> {
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

    /// The stages that wait for each other, with the key that closes the loop.
    pub(super) fn cycle(&self, Cycle(cycle): &Cycle, readings: &[usize]) -> PlanError {
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
    pub(super) fn contradiction(
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
}
