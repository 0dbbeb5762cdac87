//! How German says it.

mod inflection;

use super::lexicon::{Auxiliary, GermanVerb, HABEN, Modal};
use super::spaced;
use super::syntax::{
    Case::{Accusative, Dative, Nominative},
    Clause, Complement, Degree, Front, Place, Polarity, Predicate, Pronoun, Sentence, Tense,
};
use inflection::{common, copula, noun_phrase, participle, present};

/// A sentence without its last mark, beginning with a small letter.
pub(super) fn sentence(sentence: &Sentence) -> String {
    match sentence {
        Sentence::Statement(clause) | Sentence::AskingWho(clause) => statement(clause),
        Sentence::Polar(clause) => verb_first(clause),
        Sentence::Asking(word, clause) => spaced([word.german, &verb_first(clause)]),
        Sentence::Subordinate {
            main,
            conjunction,
            subordinate,
        } => format!(
            "{}, {} {}",
            statement(main),
            conjunction.german,
            verb_last(subordinate)
        ),
        Sentence::SubordinateFirst {
            conjunction,
            subordinate,
            main,
        } => format!(
            "{} {}, {}",
            conjunction.german,
            verb_last(subordinate),
            verb_first(main)
        ),
        Sentence::Reported {
            speaker,
            verb,
            content,
        } => format!(
            "{} {}, dass {}",
            noun_phrase(speaker, Nominative),
            present(&verb.german, speaker.pronoun()),
            verb_last(content)
        ),
        Sentence::Coordinate {
            first,
            coordinator,
            second,
        } => format!(
            "{}{} {}",
            statement(first),
            coordinator.german,
            statement(second)
        ),
        Sentence::Existence { thing, place: at } => {
            spaced(["es gibt", &common(thing, Accusative), &place(at)])
        }
    }
}

/// The fields of a clause. The subject, the finite verb and the middle change places with the order; the right end
/// holds what the finite verb has left there.
struct Fields {
    subject: String,
    finite: String,
    middle: String,
    /// An infinitive or a participle.
    nonfinite: String,
    /// A separable prefix of the finite verb.
    prefix: &'static str,
}

fn statement(clause: &Clause) -> String {
    let front = match (clause.front, clause.adverb, &clause.place) {
        (Front::Adverb, Some(adverb), _) => adverb.german.to_owned(),
        (Front::Place, _, Some(at)) => place(at),
        _ => {
            let fields = fields(clause);
            return spaced([
                &fields.subject,
                &fields.finite,
                &fields.middle,
                &fields.nonfinite,
                fields.prefix,
            ]);
        }
    };
    spaced([&front, &verb_first(&clause.without_front())])
}

fn verb_first(clause: &Clause) -> String {
    let fields = fields(clause);
    spaced([
        &fields.finite,
        &fields.subject,
        &fields.middle,
        &fields.nonfinite,
        fields.prefix,
    ])
}

fn verb_last(clause: &Clause) -> String {
    let fields = fields(clause);
    spaced([
        &fields.subject,
        &fields.middle,
        &fields.nonfinite,
        &format!("{}{}", fields.prefix, fields.finite),
    ])
}

fn fields(clause: &Clause) -> Fields {
    let who = clause.subject.pronoun();
    let (finite, nonfinite, prefix) = match clause.predicate {
        Predicate::Act { verb, .. } => act(&verb.german, clause.modal, clause.tense, who),
        Predicate::Quality { .. } | Predicate::Location(_) => {
            (copula(clause.tense, who).to_owned(), String::new(), "")
        }
    };
    Fields {
        subject: noun_phrase(&clause.subject, Nominative),
        finite,
        middle: middle(clause),
        nonfinite,
        prefix,
    }
}

/// The finite verb, what goes to the right end, and the prefix that the finite verb has lost.
fn act(
    verb: &GermanVerb,
    modal: Option<&Modal>,
    tense: Tense,
    who: Pronoun,
) -> (String, String, &'static str) {
    let whole = |form: &str| format!("{}{form}", verb.prefix);
    match (modal, tense) {
        (Some(modal), _) => (
            present(&modal.german, who),
            whole(verb.present.infinitive),
            "",
        ),
        (None, Tense::Past) => {
            let auxiliary = match verb.auxiliary {
                Auxiliary::Haben => present(&HABEN, who),
                Auxiliary::Sein => copula(Tense::Present, who).to_owned(),
            };
            (auxiliary, whole(&participle(verb)), "")
        }
        (None, Tense::Present | Tense::Future) => {
            (present(&verb.present, who), String::new(), verb.prefix)
        }
    }
}

/// What stands between the finite verb and the right end: pronouns, the time, objects, `nicht`, the rest.
fn middle(clause: &Clause) -> String {
    let mut pronoun = String::new();
    let mut object = String::new();
    let mut rest = String::new();
    match &clause.predicate {
        Predicate::Act { complement, .. } => match complement {
            Complement::None => {}
            Complement::Object(case, phrase) if phrase.is_pronoun() => {
                pronoun = noun_phrase(phrase, *case);
            }
            Complement::Object(case, phrase) => object = noun_phrase(phrase, *case),
            Complement::Prepositional(preposition, case, phrase) => {
                rest = prepositional(preposition, &noun_phrase(phrase, *case));
            }
            Complement::Gift { recipient, thing } => {
                object = spaced([
                    &noun_phrase(recipient, Dative),
                    &noun_phrase(thing, Accusative),
                ]);
            }
            Complement::Goal(goal) => rest = prepositional("in", &common(goal, Accusative)),
        },
        Predicate::Quality { adjective, degree } => {
            let very = match degree {
                Degree::Plain => "",
                Degree::Very => "sehr",
            };
            rest = spaced([very, adjective.german]);
        }
        Predicate::Location(at) => rest = place(at),
    }
    let negation = match clause.polarity {
        Polarity::Positive => "",
        Polarity::Negative => "nicht",
    };
    let place = clause.place.as_ref().map(place).unwrap_or_default();
    let adverb = clause.adverb.map_or("", |adverb| adverb.german);
    spaced([&pronoun, adverb, &object, negation, &place, &rest])
}

fn place(place: &Place) -> String {
    prepositional(place.preposition.german, &common(&place.ground, Dative))
}

/// A preposition, an article behind it, and what they become together.
const CONTRACTIONS: [(&str, &str, &str); 3] = [
    ("in", "dem ", "im "),
    ("in", "das ", "ins "),
    ("von", "dem ", "vom "),
];

fn prepositional(preposition: &str, phrase: &str) -> String {
    for (before, article, together) in CONTRACTIONS {
        if before == preposition
            && let Some(rest) = phrase.strip_prefix(article)
        {
            return format!("{together}{rest}");
        }
    }
    spaced([preposition, phrase])
}
