//! What a sentence says and how it is built, before either language puts it into words.

use super::lexicon::{
    Adjective, Adverb, Conjunction, Coordinator, Modal, Modifier, Name, Noun, Numeral, Preposition,
    QuestionWord, ReportVerb, Verb,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gender {
    Masculine,
    Feminine,
    Neuter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Singular,
    Plural,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Person {
    First,
    Second,
    Third,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Nominative,
    Accusative,
    Dative,
}

/// Which English pronoun stands for a singular noun: he, she, it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sex {
    Male,
    Female,
    Neither,
}

/// What sort of thing a noun means; decides what can be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Person,
    Animal,
    Food,
    Drink,
    Text,
    Furniture,
    Opening,
    Device,
    Tool,
    Vehicle,
    Room,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    Present,
    /// The perfect in German, the simple past in English.
    Past,
    /// The present in German, where an adverb says when; `will` in English.
    Future,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Polarity {
    Positive,
    Negative,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Determiner {
    Definite,
    This,
    Every,
    /// No word at all in the plural.
    Indefinite,
    No,
    My,
    Your,
    Our,
    Count(&'static Numeral),
}

/// A noun with what belongs to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common {
    pub(super) determiner: Determiner,
    pub(super) adjective: Option<&'static Adjective>,
    /// The first part of a compound.
    pub(super) modifier: Option<&'static Modifier>,
    pub(super) noun: &'static Noun,
    pub(super) number: Number,
}

/// A personal pronoun, with what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pronoun {
    pub(super) person: Person,
    pub(super) number: Number,
    /// Of the German noun.
    pub(super) gender: Gender,
    pub(super) sex: Sex,
    pub(super) class: Class,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum NounPhrase {
    Common(Common),
    Name(&'static Name),
    Pronoun(Pronoun),
    /// The subject of a question.
    Who,
}

impl NounPhrase {
    /// The pronoun that refers to it, which also is what verbs agree with.
    pub(super) fn pronoun(&self) -> Pronoun {
        let third = |number, gender, sex, class| Pronoun {
            person: Person::Third,
            number,
            gender,
            sex,
            class,
        };
        match *self {
            Self::Common(Common { noun, number, .. }) => {
                third(number, noun.gender, noun.sex, noun.class)
            }
            Self::Name(Name { sex, .. }) => {
                third(Number::Singular, sex.gender(), *sex, Class::Person)
            }
            Self::Pronoun(pronoun) => pronoun,
            Self::Who => third(
                Number::Singular,
                Gender::Masculine,
                Sex::Male,
                Class::Person,
            ),
        }
    }

    pub(super) fn is_pronoun(&self) -> bool {
        matches!(self, Self::Pronoun(_))
    }
}

impl Sex {
    fn gender(self) -> Gender {
        match self {
            Self::Male => Gender::Masculine,
            Self::Female => Gender::Feminine,
            Self::Neither => Gender::Neuter,
        }
    }
}

/// Where something is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) preposition: &'static Preposition,
    pub(super) ground: Common,
}

/// What a verb takes, as its frame asks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Complement {
    None,
    Object(Case, NounPhrase),
    /// An object behind a German preposition.
    Prepositional(&'static str, Case, NounPhrase),
    Gift {
        recipient: NounPhrase,
        thing: NounPhrase,
    },
    /// What is entered.
    Goal(Common),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Predicate {
    Act {
        verb: &'static Verb,
        complement: Complement,
    },
    Quality {
        adjective: &'static Adjective,
        degree: Degree,
    },
    Location(Place),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Degree {
    Plain,
    Very,
}

/// What stands first in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    Subject,
    Adverb,
    Place,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Clause {
    pub(super) subject: NounPhrase,
    pub(super) predicate: Predicate,
    pub(super) tense: Tense,
    /// Only with an act in the present.
    pub(super) modal: Option<&'static Modal>,
    pub(super) polarity: Polarity,
    pub(super) adverb: Option<&'static Adverb>,
    pub(super) place: Option<Place>,
    /// Heeded in statements only.
    pub(super) front: Front,
}

impl Clause {
    /// The rest of the clause, when what stands in front was said.
    pub(super) fn without_front(&self) -> Self {
        let mut rest = *self;
        match self.front {
            Front::Subject => {}
            Front::Adverb => rest.adverb = None,
            Front::Place => rest.place = None,
        }
        rest
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Sentence {
    Statement(Clause),
    /// A question that begins with its verb.
    Polar(Clause),
    /// A question for what the clause leaves out.
    Asking(&'static QuestionWord, Clause),
    /// A question whose subject is [`NounPhrase::Who`].
    AskingWho(Clause),
    /// A main clause and a subordinate one.
    Subordinate {
        main: Clause,
        conjunction: &'static Conjunction,
        subordinate: Clause,
    },
    /// The same, the other way round.
    SubordinateFirst {
        conjunction: &'static Conjunction,
        subordinate: Clause,
        main: Clause,
    },
    /// What somebody thinks.
    Reported {
        speaker: NounPhrase,
        verb: &'static ReportVerb,
        content: Clause,
    },
    /// Two main clauses.
    Coordinate {
        first: Clause,
        coordinator: &'static Coordinator,
        second: Clause,
    },
    /// There is something somewhere.
    Existence {
        thing: Common,
        place: Place,
    },
}
