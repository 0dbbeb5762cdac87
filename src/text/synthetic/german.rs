//! How German says it.

use super::lexicon::{
    Auxiliary, Conjugation, Declension, GermanVerb, HABEN, Modal, Modifier, Noun, Singular,
};
use super::spaced;
use super::syntax::{
    Case::{self, Accusative, Dative, Nominative},
    Clause, Common, Complement, Degree, Determiner, Front,
    Gender::{self, Feminine, Masculine, Neuter},
    NounPhrase,
    Number::{self, Plural},
    Person::{First, Second, Third},
    Place, Polarity, Predicate, Pronoun, Sentence, Tense,
};

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

fn noun_phrase(phrase: &NounPhrase, case: Case) -> String {
    match phrase {
        NounPhrase::Common(phrase) => common(phrase, case),
        NounPhrase::Name(name) => name.name.to_owned(),
        NounPhrase::Pronoun(pronoun) => personal(*pronoun, case).to_owned(),
        NounPhrase::Who => match case {
            Nominative => "wer",
            Accusative => "wen",
            Dative => "wem",
        }
        .to_owned(),
    }
}

fn common(phrase: &Common, case: Case) -> String {
    let Common { noun, number, .. } = *phrase;
    let (determiner, shown) = determiner(phrase.determiner, noun.gender, number, case);
    let adjective = phrase.adjective.map(|adjective| {
        let ending = match shown {
            Shown::ByDeterminer => weak_ending(noun.gender, number, case),
            Shown::Not => strong_ending(noun.gender, number, case),
        };
        format!("{}{ending}", adjective.stem)
    });
    spaced([
        &determiner,
        &adjective.unwrap_or_default(),
        &noun_form(noun, phrase.modifier, number, case),
    ])
}

/// Whether a determiner shows gender, number and case; the adjective does it otherwise.
#[derive(Clone, Copy)]
enum Shown {
    ByDeterminer,
    Not,
}

fn determiner(
    determiner: Determiner,
    gender: Gender,
    number: Number,
    case: Case,
) -> (String, Shown) {
    let ending = strong_ending(gender, number, case);
    let like_der = |stem: &str| (format!("{stem}{ending}"), Shown::ByDeterminer);
    let like_ein = |stem: &str| match (number, gender, case) {
        (Number::Singular, Masculine, Nominative)
        | (Number::Singular, Neuter, Nominative | Accusative) => (stem.to_owned(), Shown::Not),
        _ => like_der(stem),
    };
    match determiner {
        Determiner::Definite => (definite_article(ending), Shown::ByDeterminer),
        Determiner::This => like_der("dies"),
        Determiner::Every => like_der("jed"),
        Determiner::Indefinite if number == Plural => (String::new(), Shown::Not),
        Determiner::Indefinite => like_ein("ein"),
        Determiner::No => like_ein("kein"),
        Determiner::My => like_ein("mein"),
        Determiner::Your => like_ein("dein"),
        Determiner::Our => like_ein("unser"),
        Determiner::Count(numeral) => (numeral.german.to_owned(), Shown::Not),
    }
}

fn definite_article(ending: &str) -> String {
    match ending {
        "e" => "die".to_owned(),
        "es" => "das".to_owned(),
        _ => format!("d{ending}"),
    }
}

/// The ending that shows gender, number and case.
fn strong_ending(gender: Gender, number: Number, case: Case) -> &'static str {
    match (number, gender, case) {
        (Number::Plural, _, Dative) => "en",
        (Number::Plural, _, _) => "e",
        (_, Masculine, Nominative) => "er",
        (_, Masculine, Accusative) => "en",
        (_, Feminine, Dative) => "er",
        (_, Feminine, _) => "e",
        (_, Neuter, Nominative | Accusative) => "es",
        (_, Masculine | Neuter, Dative) => "em",
    }
}

/// The ending of an adjective that need not show anything.
fn weak_ending(gender: Gender, number: Number, case: Case) -> &'static str {
    match (number, gender, case) {
        (Number::Singular, _, Nominative) | (Number::Singular, Feminine | Neuter, Accusative) => {
            "e"
        }
        _ => "en",
    }
}

fn noun_form(noun: &Noun, modifier: Option<&Modifier>, number: Number, case: Case) -> String {
    let weak = noun.declension == Declension::Weak && case != Nominative;
    let mut form = if number == Plural || weak {
        noun.plural.to_owned()
    } else {
        noun.german.to_owned()
    };
    if number == Plural && case == Dative && !form.ends_with(['n', 's']) {
        form.push('n');
    }
    match modifier {
        Some(modifier) => format!("{}{}", modifier.german, form.to_lowercase()),
        None => form,
    }
}

fn personal(pronoun: Pronoun, case: Case) -> &'static str {
    let forms = match (pronoun.person, pronoun.number, pronoun.gender) {
        (First, Number::Singular, _) => ["ich", "mich", "mir"],
        (First, Plural, _) => ["wir", "uns", "uns"],
        (Second, Number::Singular, _) => ["du", "dich", "dir"],
        (Second, Plural, _) => ["ihr", "euch", "euch"],
        (Third, Number::Singular, Masculine) => ["er", "ihn", "ihm"],
        (Third, Number::Singular, Feminine) => ["sie", "sie", "ihr"],
        (Third, Number::Singular, Neuter) => ["es", "es", "ihm"],
        (Third, Plural, _) => ["sie", "sie", "ihnen"],
    };
    match case {
        Nominative => forms[0],
        Accusative => forms[1],
        Dative => forms[2],
    }
}

/// A finite form in the present.
fn present(verb: &Conjugation, who: Pronoun) -> String {
    let stem = stem(verb.infinitive);
    // Without it, the ending could not be heard.
    let link = if stem.ends_with(['t', 'd']) { "e" } else { "" };
    match (who.person, who.number, &verb.singular) {
        (First | Third, Plural, _) => verb.infinitive.to_owned(),
        (Second, Plural, _) => format!("{stem}{link}t"),
        (First | Third, Number::Singular, Singular::Modal(form)) => (*form).to_owned(),
        (Second, Number::Singular, Singular::Modal(form)) => second_person(form, ""),
        (First, Number::Singular, _) => format!("{stem}e"),
        (Second, Number::Singular, Singular::Changed(changed)) => second_person(changed, ""),
        (Second, Number::Singular, Singular::Regular) => second_person(stem, link),
        (Third, Number::Singular, Singular::Changed(changed)) => format!("{changed}t"),
        (Third, Number::Singular, Singular::Regular) => format!("{stem}{link}t"),
    }
}

fn second_person(stem: &str, link: &str) -> String {
    let ending = if stem.ends_with(['s', 'ß', 'z']) {
        "t"
    } else {
        "st"
    };
    format!("{stem}{link}{ending}")
}

/// Without the separable prefix.
fn participle(verb: &GermanVerb) -> String {
    if let Some(participle) = verb.participle {
        return participle.to_owned();
    }
    let infinitive = verb.present.infinitive;
    let stem = stem(infinitive);
    let link = if stem.ends_with(['t', 'd']) { "e" } else { "" };
    let unstressed = infinitive.ends_with("ieren")
        || ["be", "ver"].iter().any(|prefix| stem.starts_with(prefix));
    let mark = if unstressed { "" } else { "ge" };
    format!("{mark}{stem}{link}t")
}

fn stem(infinitive: &str) -> &str {
    infinitive.strip_suffix("en").unwrap_or(infinitive)
}

/// A finite form of sein.
fn copula(tense: Tense, who: Pronoun) -> &'static str {
    let [present, past] = match (who.person, who.number) {
        (First, Number::Singular) => ["bin", "war"],
        (Second, Number::Singular) => ["bist", "warst"],
        (Third, Number::Singular) => ["ist", "war"],
        (Second, Plural) => ["seid", "wart"],
        (First | Third, Plural) => ["sind", "waren"],
    };
    match tense {
        Tense::Present | Tense::Future => present,
        Tense::Past => past,
    }
}
