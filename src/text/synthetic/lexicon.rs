//! The words, in both languages, with what their inflection needs to know.
//!
//! Every German word has one English translation, so a sentence has one as well.

mod conjugation;
mod nouns;
mod particles;
mod verbs;

pub(super) use conjugation::*;
pub(super) use nouns::*;
pub(super) use particles::*;
pub(super) use verbs::*;

use super::syntax::Class::{self, *};

pub(super) const BEINGS: &[Class] = &[Person, Animal];
pub(super) const PERSONS: &[Class] = &[Person];
pub(super) const THINGS: &[Class] = &[
    Food, Drink, Text, Tool, Furniture, Opening, Device, Vehicle, Room,
];
pub(super) const PORTABLE: &[Class] = &[Food, Drink, Text, Tool];
pub(super) const GOODS: &[Class] = &[Food, Drink, Text, Tool, Furniture, Device, Vehicle];
pub(super) const MADE: &[Class] = &[Text, Tool, Furniture, Opening, Device, Vehicle, Room];
pub(super) const VISIBLE: &[Class] = &[
    Person, Animal, Food, Text, Tool, Furniture, Opening, Device, Vehicle, Room,
];

/// What can be the subject of any sentence, mostly beings.
pub(super) const SUBJECTS: &[Class] = &[
    Person, Person, Person, Person, Person, Person, Animal, Animal, Animal, Food, Text, Tool,
    Furniture, Opening, Device, Vehicle, Room,
];
/// What there is somewhere.
pub(super) const EXISTING: &[Class] = &[Person, Animal, Tool, Furniture, Device, Vehicle];
/// What stands at a place, so that a sentence can say so.
pub(super) const LOCATED: &[Class] = &[
    Person, Animal, Food, Drink, Text, Tool, Furniture, Device, Vehicle,
];
/// What compounds are made of.
pub(super) const COMPOUNDED: &[Class] = &[Furniture, Opening, Device];
