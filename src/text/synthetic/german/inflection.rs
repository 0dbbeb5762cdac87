//! German words in the forms that a sentence needs.

use crate::text::synthetic::lexicon::{
    Conjugation, Declension, GermanVerb, Modifier, Noun, Singular,
};
use crate::text::synthetic::spaced;
use crate::text::synthetic::syntax::{
    Case::{self, Accusative, Dative, Nominative},
    Common, Determiner,
    Gender::{self, Feminine, Masculine, Neuter},
    NounPhrase,
    Number::{self, Plural},
    Person::{First, Second, Third},
    Pronoun, Tense,
};

pub(super) fn noun_phrase(phrase: &NounPhrase, case: Case) -> String {
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

pub(super) fn common(phrase: &Common, case: Case) -> String {
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
pub(super) fn present(verb: &Conjugation, who: Pronoun) -> String {
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
pub(super) fn participle(verb: &GermanVerb) -> String {
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
pub(super) fn copula(tense: Tense, who: Pronoun) -> &'static str {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::synthetic::lexicon::{
        ADJECTIVES, MODALS, MODIFIERS, NOUNS, NUMERALS, REPORT_VERBS, VERBS,
    };
    use crate::text::synthetic::syntax::{Class, Person, Sex};
    use Number::Singular as Single;

    const CASES: [Case; 3] = [Nominative, Accusative, Dative];

    fn declined(
        determiner: Determiner,
        adjective: &str,
        noun: &str,
        number: Number,
    ) -> [String; 3] {
        let phrase = Common {
            determiner,
            adjective: ADJECTIVES.iter().find(|a| a.german == adjective),
            modifier: None,
            noun: NOUNS.iter().find(|n| n.german == noun).unwrap(),
            number,
        };
        CASES.map(|case| common(&phrase, case))
    }

    #[test]
    fn adjectives_are_weak_behind_an_ending_and_strong_without_one() {
        use Determiner::{Count, Definite, Indefinite, My, No, This};
        assert_eq!(
            declined(Definite, "groß", "Hund", Single),
            ["der große Hund", "den großen Hund", "dem großen Hund"]
        );
        assert_eq!(
            declined(Indefinite, "groß", "Hund", Single),
            ["ein großer Hund", "einen großen Hund", "einem großen Hund"]
        );
        assert_eq!(
            declined(My, "alt", "Katze", Single),
            ["meine alte Katze", "meine alte Katze", "meiner alten Katze"]
        );
        assert_eq!(
            declined(No, "neu", "Buch", Single),
            ["kein neues Buch", "kein neues Buch", "keinem neuen Buch"]
        );
        assert_eq!(
            declined(This, "teuer", "Auto", Single),
            [
                "dieses teure Auto",
                "dieses teure Auto",
                "diesem teuren Auto"
            ]
        );
        assert_eq!(
            declined(Definite, "müde", "Kind", Number::Plural),
            ["die müden Kinder", "die müden Kinder", "den müden Kindern"]
        );
        assert_eq!(
            declined(Count(&NUMERALS[0]), "jung", "Frau", Number::Plural),
            [
                "zwei junge Frauen",
                "zwei junge Frauen",
                "zwei jungen Frauen"
            ]
        );
        assert_eq!(
            declined(Indefinite, "alt", "Radio", Number::Plural),
            ["alte Radios", "alte Radios", "alten Radios"]
        );
    }

    #[test]
    fn weak_nouns_change_in_the_singular() {
        assert_eq!(
            declined(Determiner::Definite, "", "Junge", Single),
            ["der Junge", "den Jungen", "dem Jungen"]
        );
    }

    #[test]
    fn compounds_inflect_like_their_last_part() {
        let gate = NOUNS.iter().find(|n| n.german == "Tor").unwrap();
        let form = |case| noun_form(gate, Some(&MODIFIERS[0]), Number::Plural, case);
        assert_eq!(CASES.map(form), ["Gartentore", "Gartentore", "Gartentoren"]);
    }

    /// ich, du, er, wir, ihr, sie.
    fn conjugated(verb: &Conjugation) -> [String; 6] {
        [
            (First, Single),
            (Second, Single),
            (Third, Single),
            (First, Number::Plural),
            (Second, Number::Plural),
            (Third, Number::Plural),
        ]
        .map(|(person, number)| present(verb, who(person, number)))
    }

    fn who(person: Person, number: Number) -> Pronoun {
        Pronoun {
            person,
            number,
            gender: Masculine,
            sex: Sex::Male,
            class: Class::Person,
        }
    }

    #[test]
    fn verbs_agree_with_their_subjects() {
        let verb = |infinitive: &str| {
            let mut verbs = VERBS.iter().map(|verb| &verb.german.present);
            conjugated(verbs.find(|verb| verb.infinitive == infinitive).unwrap())
        };
        assert_eq!(
            verb("sehen"),
            ["sehe", "siehst", "sieht", "sehen", "seht", "sehen"]
        );
        assert_eq!(
            verb("lesen"),
            ["lese", "liest", "liest", "lesen", "lest", "lesen"]
        );
        assert_eq!(
            verb("laden"),
            ["lade", "lädst", "lädt", "laden", "ladet", "laden"]
        );
        assert_eq!(
            verb("warten"),
            ["warte", "wartest", "wartet", "warten", "wartet", "warten"]
        );
        assert_eq!(
            verb("tanzen"),
            ["tanze", "tanzt", "tanzt", "tanzen", "tanzt", "tanzen"]
        );
        assert_eq!(
            verb("haben"),
            ["habe", "hast", "hat", "haben", "habt", "haben"]
        );
        let must = MODALS
            .iter()
            .find(|m| m.german.infinitive == "müssen")
            .unwrap();
        assert_eq!(
            conjugated(&must.german),
            ["muss", "musst", "muss", "müssen", "müsst", "müssen"]
        );
        let know = REPORT_VERBS
            .iter()
            .find(|v| v.german.infinitive == "wissen")
            .unwrap();
        assert_eq!(
            conjugated(&know.german),
            ["weiß", "weißt", "weiß", "wissen", "wisst", "wissen"]
        );
    }

    #[test]
    fn participles_have_ge_unless_it_would_be_unstressed() {
        let participle = |infinitive: &str| {
            let mut verbs = VERBS.iter().map(|verb| &verb.german);
            participle(
                verbs
                    .find(|verb| verb.present.infinitive == infinitive)
                    .unwrap(),
            )
        };
        assert_eq!(participle("suchen"), "gesucht");
        assert_eq!(participle("arbeiten"), "gearbeitet");
        assert_eq!(participle("besuchen"), "besucht");
        assert_eq!(participle("verkaufen"), "verkauft");
        assert_eq!(participle("reparieren"), "repariert");
        assert_eq!(participle("geben"), "gegeben");
    }
}
