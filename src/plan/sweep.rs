//! Sweeps: the axes that `[sweep]` lays out, and the points of their grid.

use super::document::{KeyPath, Part};
use super::error::PlanError;
use super::layers::Merged;
use super::params::{Cell, Params, path, refers};
use super::problem::Problem;
use super::tree::{Node, Table, Tree};

/// Most points of one sweep.
const MOST_POINTS: usize = 100_000;

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
    /// For each point the cell of each parameter, the last axis varying fastest.
    pub(crate) points: Vec<Vec<usize>>,
}

/// Lays out `[sweep]` of `head`: every list is an axis, every table of `[[sweep.zip]]` is one, and the points are
/// their grid. A parameter that a variable or a flag sets is not varied.
///
/// # Errors
/// A list that is none, is empty or names a parameter that is not declared or varied already; zipped lists of
/// unequal lengths; a grid too large to be meant.
pub(crate) fn lay_out(
    head: &Merged,
    in_file_order: &[&str],
    params: &mut Params,
) -> Result<Sweep, PlanError> {
    let mut layout = Layout {
        head,
        params,
        axes: Vec::new(),
    };
    let empty = Table::new();
    let table = match head.table.get("sweep").map(|tree| &tree.node) {
        Some(Node::Table(table)) => table,
        _ => &empty,
    };
    let mut names: Vec<&String> = table.keys().collect();
    let place = |name: &String| in_file_order.iter().position(|known| known == name);
    names.sort_by_key(|name| (place(name).unwrap_or(usize::MAX), *name));
    for name in names {
        if name == "zip" {
            layout.add_zips(&table[name])?;
        } else {
            layout.add(&[(name, &table[name], path(["sweep", name]))])?;
        }
    }
    let axes = layout.axes;
    let points = axes
        .iter()
        .try_fold(1_usize, |points, axis| points.checked_mul(axis.rows.len()));
    if points.is_none_or(|points| points > MOST_POINTS) {
        let reason = format!("expected at most {MOST_POINTS} points");
        return Err(sweep_error(head, &path(["sweep"]), Part::Key, reason));
    }
    let varied = axes
        .iter()
        .flat_map(|axis| axis.params.iter().copied())
        .collect();
    Ok(Sweep {
        varied,
        points: grid(&axes, params.list.len()),
    })
}

/// All combinations of the axes' rows; a parameter on no axis keeps its first cell.
fn grid(axes: &[Axis], params: usize) -> Vec<Vec<usize>> {
    axes.iter().fold(vec![vec![0; params]], |points, axis| {
        let with_row = |point: &Vec<usize>, row: &Vec<usize>| {
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
}

impl Layout<'_> {
    fn add_zips(&mut self, zips: &Tree) -> Result<(), PlanError> {
        let Node::Array(tables) = &zips.node else {
            return Err(self.error(
                &path(["sweep", "zip"]),
                Part::Value,
                "expected tables, `[[sweep.zip]]`",
            ));
        };
        for (index, tree) in tables.iter().enumerate() {
            let at = path(["sweep", "zip", &index.to_string()]);
            let Node::Table(table) = &tree.node else {
                return Err(self.error(&at, Part::Value, "expected a table of lists"));
            };
            let lists: Vec<_> = table
                .iter()
                .map(|(name, tree)| (name, tree, [&at[..], std::slice::from_ref(name)].concat()))
                .collect();
            self.add(&lists)?;
        }
        Ok(())
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
                    "expected {} values, as many as the other lists, found {}",
                    len.unwrap_or(0),
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

    /// The parameter called `name`, which no other axis varies.
    fn varied(&self, name: &str, at: &KeyPath) -> Result<usize, PlanError> {
        let declared = self.params.declared().position(|param| param.name == name);
        let Some(param) = declared else {
            let problem = Problem::UnknownParameter {
                name: name.to_owned(),
                known: self.params.names(),
            };
            return Err(PlanError::at(problem, self.head.spot(at, Part::Key)));
        };
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
        let mut numbers = Vec::with_capacity(values.len());
        for (index, tree) in values.iter().enumerate() {
            let path = [&at[..], &[index.to_string()]].concat();
            if refers(tree) {
                return Err(self.error(
                    &path,
                    Part::Value,
                    "a swept value cannot refer to a parameter",
                ));
            }
            let cells = &mut self.params.list[param].cells;
            numbers.push(cells.len());
            cells.push(Cell {
                tree: tree.clone(),
                path,
            });
        }
        Ok(numbers)
    }

    fn error(&self, at: &KeyPath, part: Part, reason: &str) -> PlanError {
        sweep_error(self.head, at, part, reason.to_owned())
    }
}

fn sweep_error(head: &Merged, at: &KeyPath, part: Part, reason: String) -> PlanError {
    PlanError::at(Problem::Sweep { reason }, head.spot(at, part))
}
