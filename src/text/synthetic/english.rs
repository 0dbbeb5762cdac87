//! How English says it.

use super::lexicon::{DO, EnglishModal, EnglishVerb, Slot};
use super::spaced;
use super::syntax::{
    Clause, Common, Complement, Degree, Determiner, Front, NounPhrase,
    Number::{self, Plural, Singular},
    Person::{First, Second, Third},
    Place, Polarity, Predicate, Pronoun, Sentence, Sex, Tense,
};

/// A sentence without its last mark, beginning with a small letter but for names and `I`.
pub(super) fn sentence(sentence: &Sentence) -> String {
    match sentence {
        Sentence::Statement(clause) | Sentence::AskingWho(clause) => statement(clause),
        Sentence::Polar(clause) => question(clause),
        Sentence::Asking(word, clause) => spaced([word.english, &question(clause)]),
        Sentence::Subordinate {
            main,
            conjunction,
            subordinate,
        } => spaced([
            &statement(main),
            conjunction.english,
            &statement(subordinate),
        ]),
        Sentence::SubordinateFirst {
            conjunction,
            subordinate,
            main,
        } => format!(
            "{} {}, {}",
            conjunction.english,
            statement(subordinate),
            statement(main)
        ),
        Sentence::Reported {
            speaker,
            verb,
            content,
        } => spaced([
            &noun_phrase(speaker, Role::Subject),
            &finite(&verb.english, Tense::Present, speaker.pronoun()),
            "that",
            &statement(content),
        ]),
        Sentence::Coordinate {
            first,
            coordinator,
            second,
        } => format!(
            "{}{} {}",
            statement(first),
            coordinator.english,
            statement(second)
        ),
        Sentence::Existence { thing, place: at } => spaced([
            match thing.number {
                Singular => "there is",
                Plural => "there are",
            },
            &common(thing),
            &place(at),
        ]),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Statement,
    Question,
}

#[derive(Clone, Copy)]
enum Role {
    Subject,
    Object,
}

fn statement(clause: &Clause) -> String {
    let front = match (clause.front, clause.adverb, &clause.place) {
        (Front::Adverb, Some(adverb), _) => adverb.english.to_owned(),
        (Front::Place, _, Some(at)) => place(at),
        _ => String::new(),
    };
    let clause = &clause.without_front();
    let verbs = verbs(clause, Mood::Statement);
    spaced([
        &front,
        &noun_phrase(&clause.subject, Role::Subject),
        &verbs.auxiliary,
        adverb(clause, Slot::Frequency),
        &verbs.rest,
        &predicate(clause),
        &after(clause),
    ])
}

fn question(clause: &Clause) -> String {
    let verbs = verbs(clause, Mood::Question);
    spaced([
        &verbs.auxiliary,
        &noun_phrase(&clause.subject, Role::Subject),
        adverb(clause, Slot::Frequency),
        &verbs.rest,
        &predicate(clause),
        &after(clause),
    ])
}

/// What stands behind the predicate: where, and when.
fn after(clause: &Clause) -> String {
    let place = clause.place.as_ref().map(place).unwrap_or_default();
    spaced([&place, adverb(clause, Slot::Time)])
}

fn adverb(clause: &Clause, slot: Slot) -> &'static str {
    match clause.adverb {
        Some(adverb) if adverb.slot == slot => adverb.english,
        _ => "",
    }
}

/// The auxiliary, with `not` behind it, and the verbs that follow adverbs.
struct Verbs {
    auxiliary: String,
    rest: String,
}

fn verbs(clause: &Clause, mood: Mood) -> Verbs {
    let who = clause.subject.pronoun();
    let needs_auxiliary = mood == Mood::Question || clause.polarity == Polarity::Negative;
    let lexical = |verb: &EnglishVerb, tense: Tense| {
        if needs_auxiliary {
            (finite(&DO, tense, who), verb.base.to_owned())
        } else {
            (String::new(), finite(verb, tense, who))
        }
    };
    let (auxiliary, rest) = match clause.predicate {
        Predicate::Act { verb, .. } => {
            let base = verb.english.base;
            match (clause.modal.map(|modal| &modal.english), clause.tense) {
                (Some(EnglishModal::Auxiliary(modal)), _) => ((*modal).to_owned(), base.to_owned()),
                (Some(EnglishModal::Verb(modal)), _) => {
                    let (auxiliary, modal) = lexical(modal, Tense::Present);
                    (auxiliary, spaced([&modal, "to", base]))
                }
                (None, Tense::Future) => ("will".to_owned(), base.to_owned()),
                (None, tense) => lexical(&verb.english, tense),
            }
        }
        Predicate::Quality { .. } | Predicate::Location(_) => match clause.tense {
            Tense::Future => ("will".to_owned(), "be".to_owned()),
            tense => (copula(tense, who).to_owned(), String::new()),
        },
    };
    Verbs {
        auxiliary: match clause.polarity {
            Polarity::Positive => auxiliary,
            Polarity::Negative if auxiliary == "can" => "cannot".to_owned(),
            Polarity::Negative => spaced([&auxiliary, "not"]),
        },
        rest,
    }
}

/// What the verb takes, or what is said of the subject.
fn predicate(clause: &Clause) -> String {
    match &clause.predicate {
        Predicate::Act { verb, complement } => {
            let EnglishVerb {
                particle,
                preposition,
                ..
            } = verb.english;
            match complement {
                Complement::None => spaced([particle, preposition]),
                Complement::Object(_, object) | Complement::Prepositional(_, _, object) => {
                    let phrase = noun_phrase(object, Role::Object);
                    if object.is_pronoun() {
                        spaced([preposition, &phrase, particle])
                    } else {
                        spaced([particle, preposition, &phrase])
                    }
                }
                Complement::Gift { recipient, thing } => spaced([
                    &noun_phrase(thing, Role::Object),
                    "to",
                    &noun_phrase(recipient, Role::Object),
                ]),
                Complement::Goal(goal) => spaced(["into", &common(goal)]),
            }
        }
        Predicate::Quality { adjective, degree } => {
            let very = match degree {
                Degree::Plain => "",
                Degree::Very => "very",
            };
            spaced([very, adjective.english])
        }
        Predicate::Location(at) => place(at),
    }
}

fn place(place: &Place) -> String {
    spaced([place.preposition.english, &common(&place.ground)])
}

fn noun_phrase(phrase: &NounPhrase, role: Role) -> String {
    match phrase {
        NounPhrase::Common(phrase) => common(phrase),
        NounPhrase::Name(name) => name.name.to_owned(),
        NounPhrase::Pronoun(pronoun) => personal(*pronoun, role).to_owned(),
        NounPhrase::Who => "who".to_owned(),
    }
}

fn common(phrase: &Common) -> String {
    let noun = match phrase.number {
        Singular => phrase.noun.english.to_owned(),
        Plural => plural(phrase.noun.english),
    };
    let named = spaced([
        phrase.adjective.map_or("", |adjective| adjective.english),
        phrase.modifier.map_or("", |modifier| modifier.english),
        &noun,
    ]);
    spaced([determiner(phrase, &named), &named])
}

fn determiner(phrase: &Common, named: &str) -> &'static str {
    match (phrase.determiner, phrase.number) {
        (Determiner::Definite, _) => "the",
        (Determiner::This, Singular) => "this",
        (Determiner::This, Plural) => "these",
        (Determiner::Every, _) => "every",
        (Determiner::Indefinite, Singular) if named.starts_with(is_vowel) => "an",
        (Determiner::Indefinite, Singular) => "a",
        (Determiner::Indefinite, Plural) => "",
        (Determiner::No, _) => "no",
        (Determiner::My, _) => "my",
        (Determiner::Your, _) => "your",
        (Determiner::Our, _) => "our",
        (Determiner::Count(numeral), _) => numeral.english,
    }
}

fn plural(noun: &str) -> String {
    match noun {
        "man" => "men".to_owned(),
        "woman" => "women".to_owned(),
        "child" => "children".to_owned(),
        "mouse" => "mice".to_owned(),
        regular => with_s(regular),
    }
}

fn personal(pronoun: Pronoun, role: Role) -> &'static str {
    let [subject, object] = match (pronoun.person, pronoun.number, pronoun.sex) {
        (First, Singular, _) => ["I", "me"],
        (First, Plural, _) => ["we", "us"],
        (Second, _, _) => ["you", "you"],
        (Third, Singular, Sex::Male) => ["he", "him"],
        (Third, Singular, Sex::Female) => ["she", "her"],
        (Third, Singular, Sex::Neither) => ["it", "it"],
        (Third, Plural, _) => ["they", "them"],
    };
    match role {
        Role::Subject => subject,
        Role::Object => object,
    }
}

/// A form that agrees with its subject; the future has none.
fn finite(verb: &EnglishVerb, tense: Tense, who: Pronoun) -> String {
    match (tense, who.person, who.number) {
        (Tense::Past, _, _) => past(verb),
        (_, Third, Number::Singular) if verb.base == "have" => "has".to_owned(),
        (_, Third, Number::Singular) => with_s(verb.base),
        _ => verb.base.to_owned(),
    }
}

fn past(verb: &EnglishVerb) -> String {
    match verb.past {
        Some(past) => past.to_owned(),
        None if verb.base.ends_with('e') => format!("{}d", verb.base),
        None => match consonant_y(verb.base) {
            Some(stem) => format!("{stem}ied"),
            None => format!("{}ed", verb.base),
        },
    }
}

/// The ending of plurals and of the third person.
fn with_s(word: &str) -> String {
    if let Some(stem) = consonant_y(word) {
        return format!("{stem}ies");
    }
    let hissing = ["s", "x", "ch", "sh"].iter().any(|end| word.ends_with(end));
    let consonant_o = word
        .strip_suffix('o')
        .is_some_and(|stem| !stem.ends_with(is_vowel));
    if hissing || consonant_o {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

/// What stands before a final y that follows a consonant.
fn consonant_y(word: &str) -> Option<&str> {
    word.strip_suffix('y')
        .filter(|stem| !stem.ends_with(is_vowel))
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u')
}

fn copula(tense: Tense, who: Pronoun) -> &'static str {
    match (tense, who.person, who.number) {
        (Tense::Past, First | Third, Singular) => "was",
        (Tense::Past, _, _) => "were",
        (_, First, Singular) => "am",
        (_, Third, Singular) => "is",
        _ => "are",
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::{ADJECTIVES, NOUNS, VERBS};
    use super::*;

    #[test]
    fn plurals_and_third_persons_follow_the_spelling() {
        for (word, expected) in [
            ("dog", "dogs"),
            ("bus", "buses"),
            ("bench", "benches"),
            ("tomato", "tomatoes"),
            ("radio", "radios"),
            ("key", "keys"),
            ("carry", "carries"),
            ("mouse", "mice"),
        ] {
            assert_eq!(plural(word), expected);
        }
    }

    #[test]
    fn pasts_follow_the_spelling_unless_they_are_irregular() {
        let past = |base: &str| {
            past(
                &VERBS
                    .iter()
                    .find(|v| v.english.base == base)
                    .unwrap()
                    .english,
            )
        };
        assert_eq!(past("love"), "loved");
        assert_eq!(past("carry"), "carried");
        assert_eq!(past("play"), "played");
        assert_eq!(past("buy"), "bought");
    }

    #[test]
    fn an_stands_before_a_vowel_whatever_word_has_it() {
        let mut phrase = Common {
            determiner: Determiner::Indefinite,
            adjective: None,
            modifier: None,
            noun: NOUNS.iter().find(|noun| noun.english == "egg").unwrap(),
            number: Singular,
        };
        assert_eq!(common(&phrase), "an egg");
        phrase.adjective = ADJECTIVES
            .iter()
            .find(|adjective| adjective.english == "big");
        assert_eq!(common(&phrase), "a big egg");
    }
}
