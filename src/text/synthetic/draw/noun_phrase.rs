//! Drawing noun phrases, and the pronouns that refer to them.

use super::Draw;
use crate::text::synthetic::lexicon::{
    ADJECTIVES, Adjective, COMPOUNDED, MODIFIERS, NAMES, NOUNS, NUMERALS, Noun, Possession,
    SUBJECTS,
};
use crate::text::synthetic::syntax::{
    Class, Common, Determiner, Gender, NounPhrase,
    Number::{self, Plural, Singular},
    Person, Pronoun, Sex,
};

/// Pronouns that refer to nothing said before.
const PRONOUNS: &[Pronoun] = &[
    pronoun(Person::First, Singular, Sex::Neither),
    pronoun(Person::Second, Singular, Sex::Neither),
    pronoun(Person::First, Plural, Sex::Neither),
    pronoun(Person::Second, Plural, Sex::Neither),
    pronoun(Person::Third, Singular, Sex::Male),
    pronoun(Person::Third, Singular, Sex::Female),
];

const fn pronoun(person: Person, number: Number, sex: Sex) -> Pronoun {
    Pronoun {
        person,
        number,
        gender: match sex {
            Sex::Male => Gender::Masculine,
            Sex::Female => Gender::Feminine,
            Sex::Neither => Gender::Neuter,
        },
        sex,
        class: Class::Person,
    }
}

const SINGULAR: &[(usize, Determiner)] = &[
    (40, Determiner::Definite),
    (26, Determiner::Indefinite),
    (8, Determiner::My),
    (5, Determiner::Your),
    (5, Determiner::Our),
    (8, Determiner::This),
    (4, Determiner::Every),
    (4, Determiner::No),
];

const PLURAL: &[(usize, Determiner)] = &[
    (40, Determiner::Definite),
    (14, Determiner::Indefinite),
    (6, Determiner::My),
    (5, Determiner::Your),
    (5, Determiner::Our),
    (8, Determiner::This),
    (4, Determiner::No),
];

impl Draw {
    /// The subject of a first clause.
    pub(super) fn subject(&mut self, classes: &[Class]) -> NounPhrase {
        if self.chance(0.22) {
            NounPhrase::Pronoun(*self.pick(PRONOUNS))
        } else {
            self.named(classes)
        }
    }

    /// The subject of a clause that follows one about `first`.
    pub(super) fn next_subject(&mut self, first: &NounPhrase) -> NounPhrase {
        match reference(first) {
            Some(pronoun) if self.chance(0.6) => NounPhrase::Pronoun(pronoun),
            _ => self.named(SUBJECTS),
        }
    }

    pub(super) fn object(&mut self, classes: &[Class], subject: &NounPhrase) -> NounPhrase {
        if classes.contains(&Class::Person) && self.chance(0.1) {
            let other = |pronoun: &Pronoun| {
                pronoun.person != Person::Third && can_stand_beside(*pronoun, subject)
            };
            NounPhrase::Pronoun(*self.pick_where(PRONOUNS, other))
        } else {
            self.named(classes)
        }
    }

    /// A noun with what belongs to it, or the name of a person.
    pub(super) fn named(&mut self, classes: &[Class]) -> NounPhrase {
        if classes.contains(&Class::Person) && self.chance(0.2) {
            let name = self.pick(NAMES);
            self.said.push(name.name);
            NounPhrase::Name(name)
        } else {
            NounPhrase::Common(self.common(classes))
        }
    }

    pub(super) fn common(&mut self, classes: &[Class]) -> Common {
        let class = classes[self.stream.below(classes.len())];
        let noun = self.pick_where(NOUNS, |noun| noun.class == class);
        self.said.push(noun.german);
        let number = *self.weighted(&[(3, Singular), (1, Plural)]);
        let determiner = self.determiner(noun, number);
        let adjective = self.chance(0.3).then(|| self.adjective(class));
        let compounds = COMPOUNDED.contains(&class) && self.chance(0.35);
        let modifier = compounds.then(|| self.pick(MODIFIERS));
        Common {
            determiner,
            adjective,
            modifier,
            noun,
            number,
        }
    }

    fn determiner(&mut self, noun: &Noun, number: Number) -> Determiner {
        let determiner = match number {
            Singular => *self.weighted(SINGULAR),
            Plural if self.chance(0.2) => Determiner::Count(self.pick(NUMERALS)),
            Plural => *self.weighted(PLURAL),
        };
        let possessive = matches!(
            determiner,
            Determiner::My | Determiner::Your | Determiner::Our
        );
        if possessive && noun.possession == Possession::Avoided {
            Determiner::Definite
        } else {
            determiner
        }
    }

    pub(super) fn adjective(&mut self, class: Class) -> &'static Adjective {
        let adjective = self.pick_where(ADJECTIVES, |adjective| adjective.of.contains(&class));
        self.said.push(adjective.german);
        adjective
    }
}

/// The pronoun that a later clause can use for `phrase`; none for "no dog" and "every dog".
pub(super) fn reference(phrase: &NounPhrase) -> Option<Pronoun> {
    match phrase {
        NounPhrase::Common(Common {
            determiner: Determiner::No | Determiner::Every,
            ..
        })
        | NounPhrase::Who => None,
        _ => Some(phrase.pronoun()),
    }
}

/// Whether an object can be `pronoun` without meaning the subject or sounding like it.
pub(super) fn can_stand_beside(pronoun: Pronoun, subject: &NounPhrase) -> bool {
    let other = subject.pronoun();
    match pronoun.person {
        Person::Third => {
            !subject.is_pronoun()
                || pronoun.number != other.number
                || pronoun.gender != other.gender
                || other.person != Person::Third
        }
        person => person != other.person,
    }
}
