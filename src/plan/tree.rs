//! Merged configuration: every value knows the layer that gave it, and references to parameters are understood.

use super::document::{Fields, Written};
use figment::value::{Dict, Num, Tag, Value};
use std::collections::BTreeMap;

/// A value, and the number of the layer that gave it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tree {
    pub(crate) node: Node,
    pub(crate) layer: usize,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// The parameter of this number, as it is.
    Parameter(usize),
    /// A text with parameters in it.
    Template(Vec<Piece>),
    Array(Vec<Tree>),
    Table(Table),
}

/// A table.
pub(crate) type Table = BTreeMap<String, Tree>;

/// A piece of a text with parameters in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Parameter(usize),
}

impl Piece {
    /// The parameter that this piece is.
    pub(crate) fn parameter(&self) -> Option<usize> {
        match self {
            Self::Parameter(parameter) => Some(*parameter),
            Self::Text(_) => None,
        }
    }
}

impl Tree {
    /// This value in TOML's own form, with `name` for the names of parameters in references.
    pub(crate) fn to_toml(&self, name: &dyn Fn(usize) -> String) -> toml::Value {
        match &self.node {
            Node::Text(text) => toml::Value::String(text.clone()),
            Node::Integer(number) => toml::Value::Integer(*number),
            Node::Float(number) => toml::Value::Float(*number),
            Node::Boolean(value) => toml::Value::Boolean(*value),
            Node::Parameter(parameter) => toml::Value::String(reference(name(*parameter))),
            Node::Template(pieces) => {
                let pieces = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Parameter(parameter) => reference(name(*parameter)),
                });
                toml::Value::String(pieces.collect())
            }
            Node::Array(trees) => {
                toml::Value::Array(trees.iter().map(|tree| tree.to_toml(name)).collect())
            }
            Node::Table(table) => toml::Value::Table(
                table
                    .iter()
                    .map(|(key, tree)| (key.clone(), tree.to_toml(name)))
                    .collect(),
            ),
        }
    }

    /// The part of this value that `key` leads to.
    pub(crate) fn child(&self, key: &str) -> Option<&Tree> {
        match &self.node {
            Node::Table(table) => table.get(key),
            Node::Array(trees) => trees.get(key.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// Calls `visit` with every value that has no parts, and the path to it from here, which starts with `path`.
    pub(crate) fn leaves<'t>(
        &'t self,
        path: &mut Vec<String>,
        visit: &mut dyn FnMut(&[String], &'t Tree),
    ) {
        match &self.node {
            Node::Table(table) => leaves(table, path, visit),
            Node::Array(trees) => {
                for (index, tree) in trees.iter().enumerate() {
                    path.push(index.to_string());
                    tree.leaves(path, visit);
                    path.pop();
                }
            }
            _ => visit(path, self),
        }
    }
}

fn reference(name: String) -> String {
    format!("${{{name}}}")
}

/// [`Tree::leaves`] of all entries of a table.
pub(crate) fn leaves<'t>(
    table: &'t Table,
    path: &mut Vec<String>,
    visit: &mut dyn FnMut(&[String], &'t Tree),
) {
    for (key, tree) in table {
        path.push(key.clone());
        tree.leaves(path, visit);
        path.pop();
    }
}

/// The entries of a written table in figment's form, without those whose key is `skip`, at any depth.
pub(crate) fn to_dict(fields: &Fields, skip: &str) -> Dict {
    fields
        .iter()
        .filter(|(key, _)| *key != skip)
        .map(|(key, field)| (key.clone(), to_value(&field.written, skip)))
        .collect()
}

fn to_value(written: &Written, skip: &str) -> Value {
    match written {
        Written::Text(text) => Value::from(text.as_str()),
        Written::Integer(number) => Value::from(*number),
        Written::Float(number) => Value::from(*number),
        Written::Boolean(value) => Value::from(*value),
        Written::Array(fields) => {
            let values = fields.iter().map(|field| to_value(&field.written, skip));
            Value::from(values.collect::<Vec<_>>())
        }
        Written::Table(fields) => Value::from(to_dict(fields, skip)),
    }
}

/// What a string is, given its path and its layer's number.
pub(crate) type Understand<'a, E> = dyn Fn(&[String], usize, String) -> Result<Node, E> + 'a;

/// Turns figment's values into trees: `layer` tells a tag's layer, and `text` what a string at a path is.
pub(crate) struct Planting<'a, E> {
    pub(crate) layer: &'a dyn Fn(Tag) -> usize,
    pub(crate) text: &'a Understand<'a, E>,
}

impl<E> Planting<'_, E> {
    /// The tree of the table `dict`, which stands at `path`.
    ///
    /// # Errors
    /// The first of `text`.
    pub(crate) fn table(&self, dict: Dict, path: &mut Vec<String>) -> Result<Table, E> {
        dict.into_iter()
            .map(|(key, value)| Ok((key.clone(), self.part(key, value, path)?)))
            .collect()
    }

    fn part(&self, key: String, value: Value, path: &mut Vec<String>) -> Result<Tree, E> {
        path.push(key);
        let tree = self.tree(value, path);
        path.pop();
        tree
    }

    fn tree(&self, value: Value, path: &mut Vec<String>) -> Result<Tree, E> {
        let layer = (self.layer)(value.tag());
        let node = match value {
            Value::String(_, text) => (self.text)(path, layer, text)?,
            Value::Char(_, char) => Node::Text(char.to_string()),
            Value::Bool(_, value) => Node::Boolean(value),
            Value::Num(_, Num::I64(number)) => Node::Integer(number),
            Value::Num(_, number) => Node::Float(number.to_f64().unwrap_or(f64::NAN)),
            Value::Empty(..) => Node::Text(String::new()),
            Value::Dict(_, dict) => Node::Table(self.table(dict, path)?),
            Value::Array(_, values) => {
                let parts = values.into_iter().enumerate();
                let trees: Result<_, E> = parts
                    .map(|(index, value)| self.part(index.to_string(), value, path))
                    .collect();
                Node::Array(trees?)
            }
        };
        Ok(Tree { node, layer })
    }
}
