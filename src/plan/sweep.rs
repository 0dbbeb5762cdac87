//! Sweeps: the axes that `[sweep]` lays out, the points of their grid, and those that are added and taken away.

mod exclude;

use super::document::{KeyPath, Part};
use super::error::PlanError;
use super::layers::Merged;
use super::params::{Cell, Param, Params, path, refers};
use super::problem::Problem;
use super::tree::{Node, Table, Tree};
use crate::counted::counted;
use std::collections::HashSet;

/// Most points of one sweep.
const MOST_POINTS: usize = 100_000;

/// Key of the tables of lists that are varied together.
const ZIP: &str = "zip";

/// Key of the tables that each add a point.
const INCLUDE: &str = "include";

/// Key of the tables that each take points away.
const EXCLUDE: &str = "exclude";

/// A point of a sweep: for each parameter the number of its cell.
type Cells = Vec<usize>;

/// Parameters that are varied together: the cells that they take, row by row.
#[derive(Debug)]
struct Axis {
    params: Vec<usize>,
    rows: Vec<Vec<usize>>,
}

/// The points of a sweep.
#[derive(Debug)]
pub(crate) struct Sweep {
    /// The parameters that vary, in the order of the file.
    pub(crate) varied: Vec<usize>,
    /// For each point the cell of each parameter: those of the grid, the last axis varying fastest, then those added.
    pub(crate) points: Vec<Cells>,
}

/// Lays out `[sweep]` of `head`: every list is an axis, every table of `[[sweep.zip]]` is one, and the points are
/// their grid. A table of `[[sweep.include]]` adds a point, one of `[[sweep.exclude]]` takes points away. A parameter
/// that a variable or a flag sets is not varied.
///
/// # Errors
/// A list that is none, is empty or names a parameter that is not declared or varied already; zipped lists of
/// unequal lengths; a table that takes nothing away, or everything; more points than can be meant.
pub(crate) fn lay_out(
    head: &Merged,
    in_file_order: &[&str],
    params: &mut Params,
) -> Result<Sweep, PlanError> {
    let empty = Table::new();
    let table = match head.table.get("sweep").map(|tree| &tree.node) {
        Some(Node::Table(table)) => table,
        _ => &empty,
    };
    let mut names: Vec<&String> = table.keys().collect();
    let place = |name: &String| in_file_order.iter().position(|known| known == name);
    names.sort_by_key(|name| (place(name).unwrap_or(usize::MAX), *name));
    let mut layout = Layout {
        head,
        params,
        axes: Vec::new(),
        included: Vec::new(),
    };
    for name in names {
        match name.as_str() {
            ZIP => layout.add_zips(&table[name])?,
            INCLUDE => layout.include(&table[name])?,
            EXCLUDE => {}
            _ => layout.add(&[(name, &table[name], path(["sweep", name]))])?,
        }
    }
    let is_grid = |name: &String| name != INCLUDE && name != EXCLUDE;
    let points = layout.points(table.keys().any(is_grid))?;
    let points = match table.get(EXCLUDE) {
        Some(tables) => layout.exclude(tables, points)?,
        None => points,
    };
    Ok(Sweep {
        varied: layout.all_varied(),
        points,
    })
}

/// All combinations of the axes' rows; a parameter on no axis keeps its first cell.
fn grid(axes: &[Axis], params: usize) -> Vec<Cells> {
    axes.iter().fold(vec![vec![0; params]], |points, axis| {
        let with_row = |point: &Cells, row: &Cells| {
            let mut point = point.clone();
            for (param, cell) in axis.params.iter().zip(row) {
                point[*param] = *cell;
            }
            point
        };
        let extended = points
            .iter()
            .flat_map(|point| axis.rows.iter().map(|row| with_row(point, row)));
        extended.collect()
    })
}

struct Layout<'a> {
    head: &'a Merged,
    params: &'a mut Params,
    axes: Vec<Axis>,
    /// For each added point the cells of the parameters that it names, without those that are set from outside.
    included: Vec<Vec<(usize, usize)>>,
}

impl Layout<'_> {
    fn add_zips(&mut self, zips: &Tree) -> Result<(), PlanError> {
        for (table, at) in self.tables(ZIP, zips)? {
            self.add(&entries(table, &at).collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn include(&mut self, tables: &Tree) -> Result<(), PlanError> {
        for (table, at) in self.tables(INCLUDE, tables)? {
            let mut cells = Vec::with_capacity(table.len());
            for (name, tree, at) in entries(table, &at) {
                let param = self.declared(name, &at)?;
                if !self.params.list[param].fixed {
                    cells.push((param, self.cell(param, tree, at)?));
                }
            }
            self.included.push(cells);
        }
        Ok(())
    }

    /// The tables of `[[sweep.KEY]]`, none of them empty, with their places.
    fn tables<'t>(
        &self,
        key: &str,
        tree: &'t Tree,
    ) -> Result<Vec<(&'t Table, KeyPath)>, PlanError> {
        let Node::Array(trees) = &tree.node else {
            let reason = format!("expected tables, `[[sweep.{key}]]`");
            return Err(self.error(&path(["sweep", key]), Part::Value, &reason));
        };
        let table = |(index, tree): (usize, &'t Tree)| {
            let at = path(["sweep", key, &index.to_string()]);
            match &tree.node {
                Node::Table(table) if !table.is_empty() => Ok((table, at)),
                _ => Err(self.error(&at, Part::Value, "expected a table that names parameters")),
            }
        };
        trees.iter().enumerate().map(table).collect()
    }

    /// The points of the grid, if there is one, then the added ones that are not there yet.
    fn points(&self, has_grid: bool) -> Result<Vec<Cells>, PlanError> {
        let of_grid = self
            .axes
            .iter()
            .try_fold(1_usize, |points, axis| points.checked_mul(axis.rows.len()));
        let all = of_grid.and_then(|points| points.checked_add(self.included.len()));
        if all.is_none_or(|points| points > MOST_POINTS) {
            let reason = format!("expected at most {MOST_POINTS} points");
            return Err(self.error(&path(["sweep"]), Part::Key, &reason));
        }
        let mut points = if has_grid || self.included.is_empty() {
            grid(&self.axes, self.params.list.len())
        } else {
            Vec::new()
        };
        let meanings = Meanings::of(self.params);
        let mut known: HashSet<Vec<&str>> = points
            .iter()
            .map(|point| meanings.of_point(point))
            .collect();
        for cells in &self.included {
            let mut point = vec![0; self.params.list.len()];
            for (param, cell) in cells {
                point[*param] = *cell;
            }
            if known.insert(meanings.of_point(&point)) {
                points.push(point);
            }
        }
        Ok(points)
    }

    /// The parameters of all axes and added points.
    fn all_varied(&self) -> Vec<usize> {
        let of_axes = self.axes.iter().flat_map(|axis| axis.params.iter());
        let of_points = self.included.iter().flatten().map(|(param, _)| param);
        let mut varied = Vec::new();
        for param in of_axes.chain(of_points) {
            if !varied.contains(param) {
                varied.push(*param);
            }
        }
        varied
    }

    /// Adds an axis of lists that are varied together.
    fn add(&mut self, lists: &[(&String, &Tree, KeyPath)]) -> Result<(), PlanError> {
        let mut axis = Axis {
            params: Vec::new(),
            rows: Vec::new(),
        };
        let mut len = None;
        for (name, tree, at) in lists {
            let values = self.values(tree, at)?;
            if *len.get_or_insert(values.len()) != values.len() {
                let reason = format!(
                    "expected {}, as many as the other lists, found {}",
                    counted(len.unwrap_or(0), "value"),
                    values.len()
                );
                return Err(self.error(at, Part::Value, &reason));
            }
            let param = self.varied(name, at)?;
            if self.params.list[param].fixed {
                continue;
            }
            let cells = self.cells(param, values, at)?;
            axis.params.push(param);
            axis.rows.resize_with(cells.len(), Vec::new);
            for (row, cell) in axis.rows.iter_mut().zip(cells) {
                row.push(cell);
            }
        }
        if !axis.params.is_empty() {
            self.axes.push(axis);
        }
        Ok(())
    }

    fn values<'t>(&self, tree: &'t Tree, at: &KeyPath) -> Result<&'t [Tree], PlanError> {
        match &tree.node {
            Node::Array(values) if values.is_empty() => {
                Err(self.error(at, Part::Value, "expected at least one value"))
            }
            Node::Array(values) => Ok(values),
            _ => Err(self.error(at, Part::Value, "expected a list of values")),
        }
    }

    /// The parameter called `name`.
    fn declared(&self, name: &str, at: &KeyPath) -> Result<usize, PlanError> {
        let declared = self.params.declared().position(|param| param.name == name);
        declared.ok_or_else(|| {
            let problem = Problem::UnknownParameter {
                name: name.to_owned(),
                known: self.params.names(),
            };
            PlanError::at(problem, self.head.spot(at, Part::Key))
        })
    }

    /// The parameter called `name`, which no other axis varies.
    fn varied(&self, name: &str, at: &KeyPath) -> Result<usize, PlanError> {
        let param = self.declared(name, at)?;
        if self.axes.iter().any(|axis| axis.params.contains(&param)) {
            return Err(self.error(at, Part::Key, &format!("`{name}` is varied above already")));
        }
        Ok(param)
    }

    /// Adds the values to those that the parameter can take, and tells their numbers.
    fn cells(
        &mut self,
        param: usize,
        values: &[Tree],
        at: &KeyPath,
    ) -> Result<Vec<usize>, PlanError> {
        let places = elements(at);
        let cells = values.iter().zip(places);
        cells
            .map(|(tree, path)| self.cell(param, tree, path))
            .collect()
    }

    /// Adds a value to those that the parameter can take, and tells its number.
    fn cell(&mut self, param: usize, tree: &Tree, path: KeyPath) -> Result<usize, PlanError> {
        self.check_plain(tree, &path)?;
        let cells = &mut self.params.list[param].cells;
        cells.push(Cell {
            tree: tree.clone(),
            path,
        });
        Ok(cells.len() - 1)
    }

    fn check_plain(&self, tree: &Tree, at: &KeyPath) -> Result<(), PlanError> {
        if refers(tree) {
            let reason = "a swept value cannot refer to a parameter";
            return Err(self.error(at, Part::Value, reason));
        }
        Ok(())
    }

    fn error(&self, at: &KeyPath, part: Part, reason: &str) -> PlanError {
        let reason = reason.to_owned();
        PlanError::at(Problem::Sweep { reason }, self.head.spot(at, part))
    }
}

/// The entries of a table that stands at `at`, with their places.
fn entries<'t>(
    table: &'t Table,
    at: &[String],
) -> impl Iterator<Item = (&'t String, &'t Tree, KeyPath)> {
    table
        .iter()
        .map(move |(name, tree)| (name, tree, [at, std::slice::from_ref(name)].concat()))
}

/// The places of the elements of a list that stands at `at`.
fn elements(at: &[String]) -> impl Iterator<Item = KeyPath> {
    (0..).map(move |index: usize| [at, &[index.to_string()]].concat())
}

/// By parameter and cell, a text that is equal only for equal values.
struct Meanings(Vec<Vec<String>>);

impl Meanings {
    fn of(params: &Params) -> Self {
        let of_param = |param: &Param| {
            let cells = 0..param.cells.len();
            cells.map(|cell| meaning(&param.value(cell))).collect()
        };
        Self(params.list.iter().map(of_param).collect())
    }

    fn at(&self, point: &Cells, param: usize) -> &str {
        &self.0[param][point[param]]
    }

    fn of_point(&self, point: &Cells) -> Vec<&str> {
        let params = 0..self.0.len();
        params.map(|param| self.at(point, param)).collect()
    }
}

/// A text that is equal only for equal values; a whole number is the same with and without a point.
fn meaning(value: &toml::Value) -> String {
    match value {
        toml::Value::Float(float) if (*float as i64) as f64 == *float => {
            (*float as i64).to_string()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
