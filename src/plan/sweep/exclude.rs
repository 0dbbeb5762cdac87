//! `[[sweep.exclude]]`: the points that a sweep leaves out.

use super::{Cells, EXCLUDE, Layout, Meanings, elements, entries, meaning};
use crate::plan::document::{KeyPath, Part};
use crate::plan::error::PlanError;
use crate::plan::tree::{Node, Table, Tree};

/// One table: the points where all of its conditions hold are left out.
struct Exclusion {
    conditions: Vec<Condition>,
    at: KeyPath,
}

/// A parameter, and the values of which it must have one, as [`meaning`] puts them.
struct Condition {
    param: usize,
    values: Vec<String>,
}

impl Exclusion {
    fn holds(&self, point: &Cells, meanings: &Meanings) -> bool {
        let holds = |condition: &Condition| {
            let value = meanings.at(point, condition.param);
            condition.values.iter().any(|wanted| wanted == value)
        };
        self.conditions.iter().all(holds)
    }
}

impl Layout<'_> {
    /// Those of `points` that no table of `[[sweep.exclude]]` names. Whether a table names any is asked of all points,
    /// so tables may overlap; a parameter that is set from outside may be why it does not.
    pub(super) fn exclude(
        &self,
        tables: &Tree,
        points: Vec<Cells>,
    ) -> Result<Vec<Cells>, PlanError> {
        let meanings = Meanings::of(self.params);
        let mut left: Vec<&Cells> = points.iter().collect();
        for (table, at) in self.tables(EXCLUDE, tables)? {
            let exclusion = self.exclusion(table, at, &points, &meanings)?;
            let holds = |point: &Cells| exclusion.holds(point, &meanings);
            if !points.iter().any(holds) && !self.any_fixed(&exclusion) {
                let reason = "no point has all of these values";
                return Err(self.error(&exclusion.at, Part::Key, reason));
            }
            left.retain(|point| !holds(point));
            if left.is_empty() {
                let reason = "expected to leave a point of the sweep";
                return Err(self.error(&exclusion.at, Part::Key, reason));
            }
        }
        Ok(left.into_iter().cloned().collect())
    }

    fn any_fixed(&self, exclusion: &Exclusion) -> bool {
        let conditions = &exclusion.conditions;
        conditions
            .iter()
            .any(|condition| self.params.list[condition.param].fixed)
    }

    fn exclusion(
        &self,
        table: &Table,
        at: KeyPath,
        points: &[Cells],
        meanings: &Meanings,
    ) -> Result<Exclusion, PlanError> {
        let condition = |(name, tree, at): (&String, &Tree, KeyPath)| {
            let param = self.declared(name, &at)?;
            let taken = |value: &str| {
                let mut points = points.iter();
                points.any(|point| meanings.at(point, param) == value)
            };
            let value = |(tree, at): (&Tree, KeyPath)| {
                self.check_plain(tree, &at)?;
                let value = tree.to_toml(&|_| name.clone());
                let meaning = meaning(&value);
                if !self.params.list[param].fixed && !taken(&meaning) {
                    let reason = format!("`{name}` is {value} at no point");
                    return Err(self.error(&at, Part::Value, &reason));
                }
                Ok(meaning)
            };
            let values: Result<Vec<String>, PlanError> = match &tree.node {
                Node::Array(_) => {
                    let values = self.values(tree, &at)?.iter();
                    values.zip(elements(&at)).map(value).collect()
                }
                _ => value((tree, at)).map(|value| vec![value]),
            };
            Ok(Condition {
                param,
                values: values?,
            })
        };
        let conditions: Result<Vec<Condition>, PlanError> =
            entries(table, &at).map(condition).collect();
        Ok(Exclusion {
            conditions: conditions?,
            at,
        })
    }
}
