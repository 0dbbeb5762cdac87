//! The sizes of a model, read off its tensors.

use super::checkpoint::{Raw, Tensors};
use super::error::Problem;
use crate::groups::{GroupName, Side};
use crate::model::LoadError;
use crate::model::parameters::{Axis, AxisSizes, Parameter, parameters_of};
use crate::shape::Shape;

/// The shape of the model that these tensors are of, which is `original` or was cut out of it. Each group has the size
/// of the first parameter of the table that it is an axis of; a tensor without entries counts as absent.
///
/// # Errors
/// If layers, dictionaries or widths are not those of `original`, or such a parameter is missing.
pub(super) fn shape(tensors: &Tensors, original: &Shape) -> Result<Shape, Problem> {
    let table = Table::new(original);
    for side in [Side::Encoder, Side::Decoder] {
        layers(tensors, side, original)?;
        vocabulary(tensors, side, &table)?;
    }
    let mut problem = None;
    let sizes = original.groups().map(|group, _| {
        table.size(tensors, group).unwrap_or_else(|error| {
            problem.get_or_insert(error);
            0
        })
    });
    match problem {
        Some(problem) => Err(problem),
        None => Ok(original.with_groups(&sizes)),
    }
}

/// Says where the sizes come from that a tensor should have.
pub(super) fn decided_by(shape: &Shape, tensor: &str) -> String {
    let table = Table::new(shape);
    let axes = table.parameters.iter().find(|p| p.name == tensor);
    let words = axes.iter().flat_map(|p| &p.axes).map(|&axis| {
        let size = table.sizes.size(axis);
        match axis {
            Axis::Vocabulary(side) => {
                format!("the {} dictionary has {size} symbols", language(side))
            }
            Axis::Group(group) => {
                let (parameter, index) = table.decider(group);
                let lines = LINES[index];
                format!("`{}` has {size} {lines}", parameter.name)
            }
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What stands along the axes of a matrix.
const LINES: [&str; 2] = ["rows", "columns"];

fn language(side: Side) -> &'static str {
    match side {
        Side::Encoder => "source",
        Side::Decoder => "target",
    }
}

/// The parameters of a shape.
struct Table<'a> {
    shape: &'a Shape,
    parameters: Vec<Parameter>,
    sizes: AxisSizes,
}

impl<'a> Table<'a> {
    fn new(shape: &'a Shape) -> Self {
        Self {
            shape,
            parameters: parameters_of(shape),
            sizes: AxisSizes::new(shape),
        }
    }

    /// Parameters with this axis, each with the place of the axis.
    fn along(&self, axis: Axis) -> impl Iterator<Item = (&Parameter, usize)> {
        self.parameters.iter().filter_map(move |parameter| {
            let index = parameter.axes.iter().position(|&a| a == axis)?;
            Some((parameter, index))
        })
    }

    /// The parameter that says how large a group is, and along which axis.
    fn decider(&self, group: GroupName) -> (&Parameter, usize) {
        match self.along(Axis::Group(group)).next() {
            Some(decider) => decider,
            None => unreachable!("every group is an axis of some parameter"),
        }
    }

    /// Whether everything of a group was pruned: it has no entries, and the checkpoint shows that they are not just
    /// missing, by an empty tensor of the group or by what only SRP writes.
    fn is_pruned(&self, tensors: &Tensors, group: GroupName) -> bool {
        let found = || {
            let along = self.along(Axis::Group(group));
            along.filter_map(|(parameter, index)| Some((tensors.get(&parameter.name)?, index)))
        };
        let empty = |(raw, index): (&Raw, usize)| raw.shape.get(index) == Some(&0);
        !matches!(group, GroupName::Embedding(_))
            && found().all(|(raw, _)| raw.is_empty())
            && (found().any(empty) || self.is_of_srp(tensors))
    }

    /// Whether SRP made the checkpoint: it alone writes kept position columns and connectivity vectors.
    fn is_of_srp(&self, tensors: &Tensors) -> bool {
        let is_there = |(group, _): (GroupName, &usize)| tensors.contains_key(&group.to_string());
        tensors.keys().any(|name| name.ends_with(".pos_emb_mask"))
            || self.shape.groups().iter().any(is_there)
    }

    /// A parameter of the checkpoint that says a size, if it has entries and as many axes as it should.
    fn matrix<'t>(
        &self,
        tensors: &'t Tensors,
        parameter: &Parameter,
    ) -> Result<Option<&'t Raw>, Problem> {
        match tensors.get(&parameter.name).filter(|raw| !raw.is_empty()) {
            Some(raw) if raw.shape.len() != parameter.axes.len() => Err(Problem::Shape {
                tensor: parameter.name.clone(),
                found: raw.shape.clone(),
                expected: self.sizes.shape(parameter),
                decided_by: "that of the unpruned model, or less".to_owned(),
            }),
            raw => Ok(raw),
        }
    }

    fn missing(&self, parameter: &Parameter) -> Problem {
        let name = parameter.name.clone();
        let expected = self.sizes.shape(parameter);
        LoadError::Missing { name, expected }.into()
    }

    /// The size of a group; 0 where all of it was pruned.
    fn size(&self, tensors: &Tensors, group: GroupName) -> Result<usize, Problem> {
        let (parameter, index) = self.decider(group);
        let Some(raw) = self.matrix(tensors, parameter)? else {
            return if self.is_pruned(tensors, group) {
                Ok(0)
            } else {
                Err(self.missing(parameter))
            };
        };
        let found = raw.shape[index];
        let tensor = parameter.name.clone();
        let original = self.sizes.size(Axis::Group(group));
        if found > original {
            return Err(Problem::Wider {
                tensor,
                found,
                lines: LINES[index],
                key: match group {
                    GroupName::FeedForward(..) => "d-ff",
                    _ => "d-model",
                },
                original,
            });
        }
        let heads = self.shape.heads;
        let in_heads = matches!(group, GroupName::Qk(..) | GroupName::Vo(..));
        if in_heads && !found.is_multiple_of(heads) {
            return Err(Problem::Heads {
                tensor,
                rows: found,
                heads,
            });
        }
        Ok(found)
    }
}

fn layers(tensors: &Tensors, side: Side, original: &Shape) -> Result<(), Problem> {
    let expected = match side {
        Side::Encoder => original.encoder.layers.len(),
        Side::Decoder => original.decoder.layers.len(),
    };
    let prefix = format!("{side}.layers.");
    let index = |name: &String| {
        let (index, _) = name.strip_prefix(&prefix)?.split_once('.')?;
        index.parse::<usize>().ok()
    };
    let found = tensors
        .keys()
        .filter_map(index)
        .max()
        .map_or(0, |last| last.saturating_add(1));
    if found == expected {
        Ok(())
    } else {
        Err(Problem::Layers {
            side,
            found,
            expected,
        })
    }
}

fn vocabulary(tensors: &Tensors, side: Side, table: &Table<'_>) -> Result<(), Problem> {
    let symbols = table.sizes.size(Axis::Vocabulary(side));
    let Some((parameter, index)) = table.along(Axis::Vocabulary(side)).next() else {
        unreachable!("every dictionary is an axis of an embedding table");
    };
    match table.matrix(tensors, parameter)? {
        None => Err(table.missing(parameter)),
        Some(raw) if raw.shape[index] != symbols => Err(Problem::Vocabulary {
            language: language(side),
            symbols,
            tensor: parameter.name.clone(),
            rows: raw.shape[index],
        }),
        Some(_) => Ok(()),
    }
}
