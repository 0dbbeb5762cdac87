//! The parts of tables and arrays, as serde asks for them.

use super::error::Error;
use super::{At, Slot};
use crate::plan::document::Part;
use crate::plan::tree::{Table, Tree};
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, Visitor};
use std::collections::btree_map;

/// The entries of a table, and then the fields that it lacks.
pub(super) struct Entries<'c, 'v> {
    pub(super) of: &'c At<'v, 'c>,
    given: btree_map::Iter<'v, String, Tree>,
    table: &'v Table,
    fields: std::slice::Iter<'static, &'static str>,
    current: Option<(&'v str, Slot<'v>)>,
}

impl<'c, 'v> Entries<'c, 'v> {
    pub(super) fn new(
        of: &'c At<'v, 'c>,
        table: &'v Table,
        fields: &'static [&'static str],
    ) -> Self {
        Self {
            of,
            given: table.iter(),
            table,
            fields: fields.iter(),
            current: None,
        }
    }

    fn advance(&mut self) -> Option<(&'v str, Slot<'v>)> {
        if let Some((key, tree)) = self.given.next() {
            return Some((key, self.of.part(tree)));
        }
        let lacking = self
            .fields
            .find(|field| !self.table.contains_key(**field))?;
        let slot = match self.of.slot {
            Slot::StandIn => Slot::StandIn,
            _ => Slot::Absent,
        };
        Some((lacking, slot))
    }
}

impl<'v> de::MapAccess<'v> for Entries<'_, 'v> {
    type Error = Error<'v>;

    fn next_key_seed<S: DeserializeSeed<'v>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        self.current = self.advance();
        let Some((key, slot)) = self.current else {
            return Ok(None);
        };
        seed.deserialize(StrDeserializer::new(key))
            .map(Some)
            .map_err(|error| self.of.child(key, slot).locate(error, Part::Key))
    }

    fn next_value_seed<S: DeserializeSeed<'v>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        match self.current.take() {
            Some((key, slot)) => self.of.read_child(key, slot, seed),
            None => Err(de::Error::custom("a value was asked for before its key")),
        }
    }
}

/// The elements of an array, or `len` stand-ins for them.
pub(super) struct Elements<'c, 'v> {
    pub(super) of: &'c At<'v, 'c>,
    pub(super) trees: &'v [Tree],
    pub(super) next: usize,
    pub(super) len: usize,
}

impl<'v> de::SeqAccess<'v> for Elements<'_, 'v> {
    type Error = Error<'v>;

    fn next_element_seed<S: DeserializeSeed<'v>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        if self.next == self.len {
            return Ok(None);
        }
        let slot = match self.trees.get(self.next) {
            Some(tree) => self.of.part(tree),
            None => Slot::StandIn,
        };
        let key = self.next.to_string();
        self.next += 1;
        self.of.read_child(&key, slot, seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len - self.next)
    }
}

/// One word out of several: alone, or as the name of a table.
pub(super) struct Choice<'v, 'p> {
    pub(super) of: At<'v, 'p>,
    pub(super) word: &'v str,
    pub(super) content: Slot<'v>,
}

impl<'v, 'p> de::EnumAccess<'v> for Choice<'v, 'p> {
    type Error = Error<'v>;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'v>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), Self::Error> {
        let alone = self.of.table().is_none();
        let word = seed
            .deserialize(StrDeserializer::new(self.word))
            .map_err(|error| {
                if alone {
                    error
                } else {
                    self.of
                        .child(self.word, self.content)
                        .locate(error, Part::Key)
                }
            })?;
        Ok((word, self))
    }
}

impl<'v> Choice<'v, '_> {
    fn content<T>(
        self,
        read: impl FnOnce(At<'v, '_>) -> Result<T, Error<'v>>,
    ) -> Result<T, Error<'v>> {
        if self.of.table().is_none() && !self.of.is_absent() {
            return Err(de::Error::custom(format_args!(
                "expected a table `{}`, found the word",
                self.word
            )));
        }
        let child = self.of.child(self.word, self.content);
        read(child).map_err(|error| child.locate(error, Part::Value))
    }
}

impl<'v> de::VariantAccess<'v> for Choice<'v, '_> {
    type Error = Error<'v>;

    fn unit_variant(self) -> Result<(), Self::Error> {
        if self.of.table().is_some() {
            return Err(de::Error::custom(format_args!(
                "expected the word \"{}\", found a table",
                self.word
            )));
        }
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'v>>(
        self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        self.content(|at| seed.deserialize(at))
    }

    fn tuple_variant<V: Visitor<'v>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.content(|at| at.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'v>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.content(|at| at.deserialize_struct("", fields, visitor))
    }
}
