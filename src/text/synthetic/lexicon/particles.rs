//! Words that are never inflected, and what they ask of a clause.

use super::{BEINGS, THINGS};
use crate::text::synthetic::syntax::{
    Class::{self, *},
    Tense::{self, Future, Past, Present},
};

#[derive(Debug)]
pub(crate) struct Adverb {
    pub(crate) german: &'static str,
    pub(crate) english: &'static str,
    pub(crate) slot: Slot,
    pub(crate) tenses: &'static [Tense],
}

/// Where English puts an adverb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// At the end, or first if German does; says when.
    Time,
    /// Before the verb; says how often, and never stands first.
    Frequency,
}

const fn when(german: &'static str, english: &'static str, tenses: &'static [Tense]) -> Adverb {
    Adverb {
        german,
        english,
        slot: Slot::Time,
        tenses,
    }
}

const fn how_often(german: &'static str, english: &'static str) -> Adverb {
    Adverb {
        german,
        english,
        slot: Slot::Frequency,
        tenses: &[Present, Past],
    }
}

pub(crate) const ADVERBS: &[Adverb] = &[
    when("heute", "today", &[Present, Past]),
    when("am Abend", "in the evening", &[Present, Past]),
    when("am Montag", "on Monday", &[Present, Past]),
    when("im Sommer", "in summer", &[Present, Past]),
    when("diese Woche", "this week", &[Present, Past]),
    when("gestern", "yesterday", &[Past]),
    when("letzte Woche", "last week", &[Past]),
    when("morgen", "tomorrow", &[Future]),
    when("nächste Woche", "next week", &[Future]),
    how_often("oft", "often"),
    how_often("immer", "always"),
    how_often("manchmal", "sometimes"),
];

/// A preposition of place; with the dative.
#[derive(Debug)]
pub(crate) struct Preposition {
    pub(crate) german: &'static str,
    pub(crate) english: &'static str,
    /// What it can stand before.
    pub(crate) grounds: &'static [Class],
}

const fn preposition(
    german: &'static str,
    english: &'static str,
    grounds: &'static [Class],
) -> Preposition {
    Preposition {
        german,
        english,
        grounds,
    }
}

const LANDMARKS: &[Class] = &[Room, Furniture, Vehicle, Opening];

pub(crate) const PREPOSITIONS: &[Preposition] = &[
    preposition("in", "in", &[Room]),
    preposition("auf", "on", &[Furniture]),
    preposition("unter", "under", &[Furniture]),
    preposition("neben", "next to", LANDMARKS),
    preposition("hinter", "behind", LANDMARKS),
    preposition("vor", "in front of", LANDMARKS),
];

/// What begins a subordinate clause.
#[derive(Debug)]
pub(crate) struct Conjunction {
    pub(crate) german: &'static str,
    pub(crate) english: &'static str,
    /// The tenses that both clauses may have.
    pub(crate) tenses: &'static [Tense],
}

const fn conjunction(
    german: &'static str,
    english: &'static str,
    tenses: &'static [Tense],
) -> Conjunction {
    Conjunction {
        german,
        english,
        tenses,
    }
}

pub(crate) const CONJUNCTIONS: &[Conjunction] = &[
    conjunction("weil", "because", &[Present, Past]),
    conjunction("obwohl", "although", &[Present, Past]),
    conjunction("während", "while", &[Present, Past]),
    conjunction("bevor", "before", &[Present, Past]),
    conjunction("wenn", "when", &[Present]),
    conjunction("als", "when", &[Past]),
];

/// What stands between two main clauses, from the last letter of the first on.
#[derive(Debug)]
pub(crate) struct Coordinator {
    pub(crate) german: &'static str,
    pub(crate) english: &'static str,
}

const fn coordinator(german: &'static str, english: &'static str) -> Coordinator {
    Coordinator { german, english }
}

pub(crate) const COORDINATORS: &[Coordinator] = &[
    coordinator(" und", " and"),
    coordinator(", aber", ", but"),
    coordinator(", denn", " because"),
];

#[derive(Debug)]
pub(crate) struct QuestionWord {
    pub(crate) german: &'static str,
    pub(crate) english: &'static str,
    pub(crate) asks: Asks,
}

/// What a question word stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asks {
    /// An object in the accusative that is of one of these classes.
    Object(&'static [Class]),
    /// Nothing that the verb needs.
    Circumstance,
}

const fn question(german: &'static str, english: &'static str, asks: Asks) -> QuestionWord {
    QuestionWord {
        german,
        english,
        asks,
    }
}

pub(crate) const QUESTION_WORDS: &[QuestionWord] = &[
    question("was", "what", Asks::Object(THINGS)),
    question("wen", "who", Asks::Object(BEINGS)),
    question("wo", "where", Asks::Circumstance),
    question("wann", "when", Asks::Circumstance),
    question("warum", "why", Asks::Circumstance),
];
