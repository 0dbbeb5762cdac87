//! Parameters: what an experiment declares, the values that they take over a sweep, and the references to them.

use super::document::{KeyPath, Part};
use super::error::PlanError;
use super::layers::{Layer, Medium, Merged};
use super::problem::Problem;
use super::tree::{Node, Piece, Table, Tree};

/// The name by which stages refer to `[experiment] seed`.
pub(crate) const SEED: &str = "experiment.seed";

/// Names that `[sweep]` keeps for itself.
const RESERVED: [&str; 3] = ["zip", "include", "exclude"];

/// A value that a parameter can take, and where the experiment says so.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) tree: Tree,
    /// Its place in the experiment's head.
    pub(crate) path: KeyPath,
}

/// A declared parameter.
#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) name: String,
    /// All values that it can take, the one under `[params]` first.
    pub(crate) cells: Vec<Cell>,
    /// Whether a variable or a flag sets it, which takes the place of a sweep over it.
    pub(crate) fixed: bool,
}

impl Param {
    /// The value of a cell in TOML's own form. Cells hold no references.
    pub(crate) fn value(&self, cell: usize) -> toml::Value {
        self.cells[cell].tree.to_toml(&|_| self.name.clone())
    }
}

/// All parameters of an experiment, known by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pub(crate) list: Vec<Param>,
    /// The parameter that stands for the experiment's seed.
    seed: Option<usize>,
}

/// The value of each parameter at one point of the sweep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'v> {
    pub(crate) params: &'v Params,
    /// For each parameter the number of its cell.
    pub(crate) cells: &'v [usize],
}

impl<'v> Scope<'v> {
    /// The value of a parameter.
    pub(crate) fn cell(&self, parameter: usize) -> &'v Cell {
        &self.params.list[parameter].cells[self.cells[parameter]]
    }

    /// A text with the parameters put in.
    pub(crate) fn fill(&self, pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Parameter(parameter) => {
                    as_text(&self.cell(*parameter).tree).unwrap_or_default()
                }
            })
            .collect()
    }
}

/// A value as part of a text, or nothing for an array or a table.
pub(crate) fn as_text(tree: &Tree) -> Option<String> {
    match &tree.node {
        Node::Text(text) => Some(text.clone()),
        Node::Integer(number) => Some(number.to_string()),
        Node::Float(number) => Some(format!("{number:?}")),
        Node::Boolean(value) => Some(value.to_string()),
        Node::Parameter(_) | Node::Template(_) | Node::Array(_) | Node::Table(_) => None,
    }
}

impl Params {
    /// The parameters that `[params]` of `head` declares, in the order of the file, with the values given there.
    ///
    /// # Errors
    /// A name that is reserved or not declared in the file, and a value that refers to another parameter.
    pub(crate) fn declare(head: &Merged, in_file_order: &[&str]) -> Result<Self, PlanError> {
        let empty = Table::new();
        let declared = match head.table.get("params").map(|tree| &tree.node) {
            Some(Node::Table(table)) => table,
            _ => &empty,
        };
        if let Some(name) = declared
            .keys()
            .find(|name| !in_file_order.contains(&name.as_str()))
        {
            let problem = Problem::UnknownParameter {
                name: name.clone(),
                known: in_file_order.iter().map(ToString::to_string).collect(),
            };
            return Err(PlanError::at(
                problem,
                head.spot(&path(["params", name]), Part::Key),
            ));
        }
        let mut params = Self {
            list: Vec::new(),
            seed: None,
        };
        for name in in_file_order {
            if let Some(tree) = declared.get(*name) {
                params.list.push(declare_one(head, name, tree)?);
            }
        }
        params.declare_seed(head)?;
        Ok(params)
    }

    /// The number of the parameter called `name`.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        if name == SEED {
            return self.seed;
        }
        self.declared().position(|param| param.name == name)
    }

    /// What the file declares under `[params]`, in order.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &Param> {
        self.list.iter().filter(|param| param.name != SEED)
    }

    /// The names under `[params]`.
    pub(crate) fn names(&self) -> Vec<String> {
        self.declared().map(|param| param.name.clone()).collect()
    }

    /// Makes the experiment's seed a parameter, or another name of the one that it refers to.
    fn declare_seed(&mut self, head: &Merged) -> Result<(), PlanError> {
        let path = path(["experiment", "seed"]);
        let Some(tree) = head
            .table
            .get("experiment")
            .and_then(|experiment| experiment.child("seed"))
        else {
            return Ok(());
        };
        let node = match &tree.node {
            Node::Text(text) => self.understand(text.clone(), head.layer(&path), &path)?,
            other => other.clone(),
        };
        if let Node::Parameter(parameter) = node {
            self.seed = Some(parameter);
            return Ok(());
        }
        self.seed = Some(self.list.len());
        let tree = Tree {
            node,
            layer: tree.layer,
        };
        self.list.push(Param {
            name: SEED.to_owned(),
            cells: vec![Cell { tree, path }],
            fixed: false,
        });
        Ok(())
    }

    /// What a string of a stage's table is: text, a reference to a parameter, or text with references in it.
    ///
    /// # Errors
    /// A reference that is malformed or to something not declared, underlined at `path` of `layer`.
    pub(crate) fn understand(
        &self,
        text: String,
        layer: &Layer,
        path: &[String],
    ) -> Result<Node, PlanError> {
        if !text.contains("${") {
            return Ok(Node::Text(text));
        }
        let at = |problem| PlanError::at(problem, layer.spot(path, Part::Value));
        let pieces = self.pieces(&text).map_err(at)?;
        match pieces.as_slice() {
            [Piece::Text(text)] => return Ok(Node::Text(text.clone())),
            [Piece::Parameter(parameter)] => return Ok(Node::Parameter(*parameter)),
            _ => {}
        }
        for piece in &pieces {
            if let Piece::Parameter(parameter) = piece {
                let param = &self.list[*parameter];
                if param.cells.iter().any(|cell| as_text(&cell.tree).is_none()) {
                    return Err(at(Problem::NotText {
                        name: param.name.clone(),
                    }));
                }
            }
        }
        Ok(Node::Template(pieces))
    }

    fn pieces(&self, text: &str) -> Result<Vec<Piece>, Problem> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            if let Some(before) = rest[..start].strip_suffix('$') {
                plain.push_str(before);
                plain.push_str("${");
                rest = &rest[start + 2..];
                continue;
            }
            plain.push_str(&rest[..start]);
            let (name, after) = rest[start + 2..]
                .split_once('}')
                .ok_or(Problem::MalformedReference)?;
            let name = name.trim();
            if name.is_empty() || name.contains(['$', '{', ' ']) {
                return Err(Problem::MalformedReference);
            }
            let parameter = self.find(name).ok_or_else(|| self.unknown(name))?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Parameter(parameter));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(pieces)
    }

    fn unknown(&self, name: &str) -> Problem {
        Problem::UnknownParameter {
            name: name.to_owned(),
            known: self.names(),
        }
    }
}

fn declare_one(head: &Merged, name: &str, tree: &Tree) -> Result<Param, PlanError> {
    let path = path(["params", name]);
    let bad = |reason: &str, part| {
        let problem = Problem::BadParameter {
            name: name.to_owned(),
            reason: reason.to_owned(),
        };
        PlanError::at(problem, head.spot(&path, part))
    };
    if RESERVED.contains(&name) {
        return Err(bad("`[sweep]` has its own use for this name", Part::Key));
    }
    if refers(tree) {
        return Err(bad(
            "a parameter's value cannot refer to another parameter",
            Part::Value,
        ));
    }
    Ok(Param {
        name: name.to_owned(),
        fixed: matches!(head.layer(&path).medium, Medium::Environment | Medium::Flag),
        cells: vec![Cell {
            tree: tree.clone(),
            path,
        }],
    })
}

/// Whether a parameter's value, itself or a part of it, has the form of a reference.
pub(crate) fn refers(tree: &Tree) -> bool {
    let mut refers = false;
    tree.leaves(&mut KeyPath::new(), &mut |_, leaf| {
        refers |= matches!(&leaf.node, Node::Text(text) if text.contains("${"));
    });
    refers
}

/// A path from its keys.
pub(crate) fn path<const N: usize>(keys: [&str; N]) -> KeyPath {
    keys.iter().map(ToString::to_string).collect()
}
