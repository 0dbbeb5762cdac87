//! Reads merged tables into their types: parameters are put in, everything missing is collected, and what is wrong
//! is told with the path that leads to it.
//!
//! serde stops at the first key that is missing. Here a key that a struct asks for and no layer gives is noted down
//! and answered with a stand-in, so that one reading finds all of them; what was read is then thrown away.

mod access;
mod error;

pub(crate) use error::{Error, What, quoted};

use super::document::{KeyPath, Part};
use super::params::{Cell, Scope};
use super::tree::{Node, Table, Tree};
use access::{Choice, Elements, Entries};
use serde::de::{self, DeserializeSeed, Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::cell::RefCell;

/// Why a table could not be read.
#[derive(Debug)]
pub(crate) enum Failure<'v> {
    /// The dotted keys that no layer gives.
    Missing(Vec<String>),
    /// The first value that is wrong.
    Wrong(Error<'v>),
}

/// Reads `table` with `read`, which is a type's `deserialize`.
///
/// # Errors
/// All keys that are missing, or else the first value that is wrong.
pub(crate) fn read<'v, T>(
    table: &'v Table,
    scope: Scope<'v>,
    read: impl FnOnce(At<'v, '_>) -> Result<T, Error<'v>>,
) -> Result<T, Failure<'v>> {
    let notes = Notes {
        scope,
        missing: RefCell::default(),
    };
    let path = Path {
        parent: None,
        key: "",
    };
    let result = read(At {
        slot: Slot::Table(table),
        notes: &notes,
        path,
    });
    let missing = notes.missing.into_inner();
    match result {
        Ok(value) if missing.is_empty() => Ok(value),
        Err(error) if !error.stand_in => Err(Failure::Wrong(error)),
        _ => Err(Failure::Missing(missing)),
    }
}

/// What all places of one reading share.
struct Notes<'v> {
    scope: Scope<'v>,
    missing: RefCell<Vec<String>>,
}

/// A place in the tables, and what stands there.
#[derive(Clone, Copy)]
pub(crate) struct At<'v, 'p> {
    slot: Slot<'v>,
    notes: &'p Notes<'v>,
    path: Path<'p>,
}

#[derive(Clone, Copy)]
enum Slot<'v> {
    Table(&'v Table),
    Given(&'v Tree, Option<&'v Cell>),
    /// Asked for, and not given.
    Absent,
    /// Part of something absent that has been noted down as a whole.
    StandIn,
}

#[derive(Clone, Copy)]
struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    key: &'p str,
}

impl Path<'_> {
    fn keys(&self) -> KeyPath {
        let mut keys = Vec::new();
        let mut here = *self;
        while let Some(parent) = here.parent {
            keys.push(here.key.to_owned());
            here = *parent;
        }
        keys.reverse();
        keys
    }
}

impl<'v> At<'v, '_> {
    fn child<'c>(&'c self, key: &'c str, slot: Slot<'v>) -> At<'v, 'c> {
        let slot = match slot {
            Slot::Given(
                Tree {
                    node: Node::Parameter(parameter),
                    ..
                },
                _,
            ) => {
                let cell = self.notes.scope.cell(*parameter);
                Slot::Given(&cell.tree, Some(cell))
            }
            other => other,
        };
        At {
            slot,
            notes: self.notes,
            path: Path {
                parent: Some(&self.path),
                key,
            },
        }
    }

    /// Reads a part, and adds to its error where it is.
    fn read_child<S: DeserializeSeed<'v>>(
        &self,
        key: &str,
        slot: Slot<'v>,
        seed: S,
    ) -> Result<S::Value, Error<'v>> {
        let child = self.child(key, slot);
        seed.deserialize(child)
            .map_err(|error| child.locate(error, Part::Value))
    }

    fn locate(&self, mut error: Error<'v>, part: Part) -> Error<'v> {
        if !error.located {
            error.located = true;
            error.path = self.path.keys();
            error.part = part;
            error.stand_in = self.is_absent();
            if let Slot::Given(_, cell) = self.slot {
                error.cell = cell;
            }
        }
        error
    }

    fn is_absent(&self) -> bool {
        matches!(self.slot, Slot::Absent | Slot::StandIn)
    }

    fn note_missing(&self) {
        if matches!(self.slot, Slot::Absent) {
            self.notes
                .missing
                .borrow_mut()
                .push(self.path.keys().join("."));
        }
    }

    fn table(&self) -> Option<&'v Table> {
        match self.slot {
            Slot::Table(table) => Some(table),
            Slot::Given(tree, _) => match &tree.node {
                Node::Table(table) => Some(table),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the entry of a table becomes: the parts of a parameter's value belong to the parameter.
    fn part(&self, tree: &'v Tree) -> Slot<'v> {
        match self.slot {
            Slot::Given(_, cell) => Slot::Given(tree, cell),
            _ => Slot::Given(tree, None),
        }
    }

    fn stand_ins<'c>(&'c self, len: usize) -> Elements<'c, 'v> {
        self.note_missing();
        Elements {
            of: self,
            trees: &[],
            next: 0,
            len,
        }
    }
}

/// Answers a place where nothing is with a value that most types of this form take.
macro_rules! scalars {
    ($($method:ident => $visit:ident($stand_in:expr);)+) => {
        $(fn $method<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            if self.is_absent() {
                self.note_missing();
                visitor.$visit($stand_in)
            } else {
                self.deserialize_any(visitor)
            }
        })+
    };
}

impl<'v> Deserializer<'v> for At<'v, '_> {
    type Error = Error<'v>;

    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let tree = match self.slot {
            Slot::Table(table) => return visitor.visit_map(Entries::new(&self, table, &[])),
            Slot::Given(tree, _) => tree,
            Slot::Absent | Slot::StandIn => {
                self.note_missing();
                return visitor.visit_unit();
            }
        };
        match &tree.node {
            Node::Text(text) => visitor.visit_borrowed_str(text),
            Node::Integer(number) => visitor.visit_i64(*number),
            Node::Float(number) => visitor.visit_f64(*number),
            Node::Boolean(value) => visitor.visit_bool(*value),
            Node::Template(pieces) => visitor.visit_string(self.notes.scope.fill(pieces)),
            Node::Table(table) => visitor.visit_map(Entries::new(&self, table, &[])),
            Node::Array(trees) => visitor.visit_seq(Elements {
                of: &self,
                trees,
                next: 0,
                len: trees.len(),
            }),
            Node::Parameter(parameter) => {
                let cell = self.notes.scope.cell(*parameter);
                At {
                    slot: Slot::Given(&cell.tree, Some(cell)),
                    ..self
                }
                .deserialize_any(visitor)
            }
        }
    }

    scalars! {
        deserialize_bool => visit_bool(false);
        deserialize_i8 => visit_i64(1);
        deserialize_i16 => visit_i64(1);
        deserialize_i32 => visit_i64(1);
        deserialize_i64 => visit_i64(1);
        deserialize_u8 => visit_u64(1);
        deserialize_u16 => visit_u64(1);
        deserialize_u32 => visit_u64(1);
        deserialize_u64 => visit_u64(1);
        deserialize_f32 => visit_f64(0.5);
        deserialize_f64 => visit_f64(0.5);
        deserialize_char => visit_char('x');
        deserialize_str => visit_borrowed_str("xx");
        deserialize_string => visit_borrowed_str("xx");
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.slot {
            Slot::Absent | Slot::StandIn => visitor.visit_none(),
            Slot::Given(
                Tree {
                    node: Node::Text(word),
                    ..
                },
                _,
            ) if word == "none" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'v>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'v>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        static NOTHING: Table = Table::new();
        match self.table() {
            Some(table) => visitor.visit_map(Entries::new(&self, table, fields)),
            None if self.is_absent() => visitor.visit_map(Entries::new(&self, &NOTHING, fields)),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_seq<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_tuple(0, visitor)
    }

    fn deserialize_tuple<V: Visitor<'v>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if self.is_absent() {
            visitor.visit_seq(self.stand_ins(len))
        } else {
            self.deserialize_any(visitor)
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'v>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_enum<V: Visitor<'v>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if let Some(table) = self.table() {
            let mut entries = table.iter();
            return match (entries.next(), entries.next()) {
                (Some((word, tree)), None) => visitor.visit_enum(Choice {
                    of: self,
                    word,
                    content: self.part(tree),
                }),
                _ => Err(de::Error::custom(format_args!(
                    "expected exactly one of the tables {}",
                    quoted(words)
                ))),
            };
        }
        match self.slot {
            Slot::Given(
                Tree {
                    node: Node::Text(word),
                    ..
                },
                _,
            ) => visitor.visit_enum(Choice {
                of: self,
                word,
                content: Slot::StandIn,
            }),
            Slot::Given(..) | Slot::Table(_) => Err(de::Error::custom(format_args!(
                "expected one of {}",
                quoted(words)
            ))),
            Slot::Absent | Slot::StandIn => {
                self.note_missing();
                visitor.visit_enum(Choice {
                    of: self,
                    word: words.first().copied().unwrap_or_default(),
                    content: Slot::StandIn,
                })
            }
        }
    }

    forward_to_deserialize_any! {
        <W: Visitor<'v>>
        bytes byte_buf unit unit_struct identifier ignored_any
    }
}
