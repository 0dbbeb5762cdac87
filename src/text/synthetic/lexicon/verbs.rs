//! Verbs, with what they take.

use super::conjugation::{
    Conjugation, EnglishVerb, GermanVerb, Singular, conjugation, irregular, regular, strong, weak,
};
use super::{BEINGS, GOODS, PERSONS, PORTABLE, VISIBLE};
use crate::text::synthetic::syntax::{
    Case,
    Class::{self, *},
};

/// What a verb takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Frame {
    Alone,
    /// An object in a case.
    Object(Case, &'static [Class]),
    /// An object behind a preposition that asks for a case.
    Prepositional(&'static str, Case, &'static [Class]),
    /// Somebody, and something of these classes.
    Giving(&'static [Class]),
    /// Something that is entered.
    Entering,
}

#[derive(Debug)]
pub(crate) struct Verb {
    pub(crate) german: GermanVerb,
    pub(crate) english: EnglishVerb,
    pub(crate) frame: Frame,
    pub(crate) subjects: &'static [Class],
}

const fn verb(
    subjects: &'static [Class],
    german: GermanVerb,
    english: EnglishVerb,
    frame: Frame,
) -> Verb {
    Verb {
        german,
        english,
        frame,
        subjects,
    }
}

const fn accusative(classes: &'static [Class]) -> Frame {
    Frame::Object(Case::Accusative, classes)
}

const fn dative(classes: &'static [Class]) -> Frame {
    Frame::Object(Case::Dative, classes)
}

pub(crate) const VERBS: &[Verb] = &[
    // Without an object.
    verb(
        BEINGS,
        strong("schlafen", "geschlafen").du("schläf"),
        irregular("sleep", "slept"),
        Frame::Alone,
    ),
    verb(PERSONS, weak("arbeiten"), regular("work"), Frame::Alone),
    verb(PERSONS, weak("lachen"), regular("laugh"), Frame::Alone),
    verb(PERSONS, weak("tanzen"), regular("dance"), Frame::Alone),
    verb(BEINGS, weak("spielen"), regular("play"), Frame::Alone),
    verb(
        BEINGS,
        strong("singen", "gesungen"),
        irregular("sing", "sang"),
        Frame::Alone,
    ),
    verb(
        BEINGS,
        strong("schwimmen", "geschwommen").with_sein(),
        irregular("swim", "swam"),
        Frame::Alone,
    ),
    verb(
        BEINGS,
        strong("laufen", "gelaufen")
            .du("läuf")
            .with("weg")
            .with_sein(),
        irregular("run", "ran").particle("away"),
        Frame::Alone,
    ),
    verb(
        BEINGS,
        strong("schlafen", "geschlafen")
            .du("schläf")
            .with("ein")
            .with_sein(),
        irregular("fall", "fell").particle("asleep"),
        Frame::Alone,
    ),
    verb(
        BEINGS,
        strong("stehen", "gestanden").with("auf").with_sein(),
        irregular("get", "got").particle("up"),
        Frame::Alone,
    ),
    verb(
        BEINGS,
        strong("kommen", "gekommen").with("an").with_sein(),
        regular("arrive"),
        Frame::Alone,
    ),
    verb(
        BEINGS,
        strong("kommen", "gekommen").with("zurück").with_sein(),
        irregular("come", "came").particle("back"),
        Frame::Alone,
    ),
    // With an object in the accusative.
    verb(
        BEINGS,
        strong("sehen", "gesehen").du("sieh"),
        irregular("see", "saw"),
        accusative(VISIBLE),
    ),
    verb(
        BEINGS,
        weak("suchen"),
        regular("look").to("for"),
        accusative(VISIBLE),
    ),
    verb(
        BEINGS,
        strong("finden", "gefunden"),
        irregular("find", "found"),
        accusative(VISIBLE),
    ),
    verb(BEINGS, weak("lieben"), regular("love"), accusative(BEINGS)),
    verb(
        PERSONS,
        weak("brauchen"),
        regular("need"),
        accusative(GOODS),
    ),
    verb(
        PERSONS,
        weak("kaufen"),
        irregular("buy", "bought"),
        accusative(GOODS),
    ),
    verb(
        PERSONS,
        weak("verkaufen"),
        irregular("sell", "sold"),
        accusative(GOODS),
    ),
    verb(
        PERSONS,
        weak("reparieren"),
        regular("repair"),
        accusative(&[Furniture, Opening, Device, Vehicle]),
    ),
    verb(
        PERSONS,
        weak("malen"),
        regular("paint"),
        accusative(VISIBLE),
    ),
    verb(
        PERSONS,
        weak("besuchen"),
        regular("visit"),
        accusative(PERSONS),
    ),
    verb(
        PERSONS,
        strong("lesen", "gelesen").du("lies"),
        irregular("read", "read"),
        accusative(&[Text]),
    ),
    verb(
        PERSONS,
        strong("schreiben", "geschrieben"),
        irregular("write", "wrote"),
        accusative(&[Text]),
    ),
    verb(
        BEINGS,
        strong("essen", "gegessen").du("iss"),
        irregular("eat", "ate"),
        accusative(&[Food]),
    ),
    verb(
        BEINGS,
        strong("trinken", "getrunken"),
        irregular("drink", "drank"),
        accusative(&[Drink]),
    ),
    verb(
        PERSONS,
        strong("tragen", "getragen").du("träg"),
        regular("carry"),
        accusative(&[Animal, Tool, Furniture, Text]),
    ),
    verb(
        PERSONS,
        strong("haben", "gehabt").du("ha"),
        irregular("have", "had"),
        accusative(&[Animal, Text, Tool, Device, Vehicle]),
    ),
    // The same with a separable prefix.
    verb(
        PERSONS,
        strong("rufen", "gerufen").with("an"),
        regular("call"),
        accusative(PERSONS),
    ),
    verb(
        PERSONS,
        strong("laden", "geladen").du("läd").with("ein"),
        regular("invite"),
        accusative(PERSONS),
    ),
    verb(
        BEINGS,
        strong("sehen", "gesehen").du("sieh").with("an"),
        regular("look").to("at"),
        accusative(VISIBLE),
    ),
    verb(
        PERSONS,
        weak("holen").with("ab"),
        regular("pick").particle("up"),
        accusative(PERSONS),
    ),
    verb(
        PERSONS,
        weak("machen").with("auf"),
        regular("open"),
        accusative(&[Opening]),
    ),
    verb(
        PERSONS,
        weak("machen").with("zu"),
        regular("close"),
        accusative(&[Opening]),
    ),
    verb(
        PERSONS,
        weak("machen").with("an"),
        regular("turn").particle("on"),
        accusative(&[Device]),
    ),
    verb(
        PERSONS,
        weak("machen").with("aus"),
        regular("turn").particle("off"),
        accusative(&[Device]),
    ),
    verb(
        PERSONS,
        strong("nehmen", "genommen").du("nimm").with("mit"),
        irregular("take", "took").particle("along"),
        accusative(PORTABLE),
    ),
    // With an object in the dative, or behind a preposition.
    verb(
        BEINGS,
        strong("helfen", "geholfen").du("hilf"),
        regular("help"),
        dative(BEINGS),
    ),
    verb(
        BEINGS,
        weak("folgen").with_sein(),
        regular("follow"),
        dative(&[Person, Animal, Vehicle]),
    ),
    verb(PERSONS, weak("danken"), regular("thank"), dative(PERSONS)),
    verb(
        BEINGS,
        weak("warten"),
        regular("wait").to("for"),
        Frame::Prepositional("auf", Case::Accusative, &[Person, Animal, Vehicle]),
    ),
    verb(
        PERSONS,
        strong("sprechen", "gesprochen").du("sprich"),
        irregular("speak", "spoke").to("to"),
        Frame::Prepositional("mit", Case::Dative, BEINGS),
    ),
    verb(
        PERSONS,
        weak("träumen"),
        regular("dream").to("of"),
        Frame::Prepositional("von", Case::Dative, VISIBLE),
    ),
    // With two objects.
    verb(
        PERSONS,
        strong("geben", "gegeben").du("gib"),
        irregular("give", "gave"),
        Frame::Giving(PORTABLE),
    ),
    verb(
        PERSONS,
        weak("zeigen"),
        irregular("show", "showed"),
        Frame::Giving(VISIBLE),
    ),
    verb(
        PERSONS,
        strong("bringen", "gebracht"),
        irregular("bring", "brought"),
        Frame::Giving(PORTABLE),
    ),
    // Into somewhere.
    verb(
        BEINGS,
        strong("gehen", "gegangen").with_sein(),
        irregular("go", "went"),
        Frame::Entering,
    ),
    verb(
        BEINGS,
        strong("laufen", "gelaufen").du("läuf").with_sein(),
        irregular("run", "ran"),
        Frame::Entering,
    ),
    verb(
        BEINGS,
        strong("kommen", "gekommen").with_sein(),
        irregular("come", "came"),
        Frame::Entering,
    ),
];

/// A verb whose infinitive the clause's verb follows or precedes.
#[derive(Debug)]
pub(crate) struct Modal {
    pub(crate) german: Conjugation,
    pub(crate) english: EnglishModal,
}

#[derive(Debug)]
pub(crate) enum EnglishModal {
    /// The same in all persons, and negated without do.
    Auxiliary(&'static str),
    /// A verb that takes an infinitive with to.
    Verb(EnglishVerb),
}

const fn modal(infinitive: &'static str, singular: &'static str, english: EnglishModal) -> Modal {
    Modal {
        german: conjugation(infinitive, Singular::Modal(singular)),
        english,
    }
}

pub(crate) const MODALS: &[Modal] = &[
    modal("können", "kann", EnglishModal::Auxiliary("can")),
    modal("sollen", "soll", EnglishModal::Auxiliary("should")),
    modal("dürfen", "darf", EnglishModal::Auxiliary("may")),
    modal("wollen", "will", EnglishModal::Verb(regular("want"))),
    modal(
        "müssen",
        "muss",
        EnglishModal::Verb(irregular("have", "had")),
    ),
];

/// A verb that somebody's thought follows, in the present.
#[derive(Debug)]
pub(crate) struct ReportVerb {
    pub(crate) german: Conjugation,
    pub(crate) english: EnglishVerb,
}

const fn report(infinitive: &'static str, singular: Singular, english: &'static str) -> ReportVerb {
    ReportVerb {
        german: conjugation(infinitive, singular),
        english: regular(english),
    }
}

pub(crate) const REPORT_VERBS: &[ReportVerb] = &[
    report("glauben", Singular::Regular, "believe"),
    report("hoffen", Singular::Regular, "hope"),
    report("denken", Singular::Regular, "think"),
    report("sagen", Singular::Regular, "say"),
    report("wissen", Singular::Modal("weiß"), "know"),
];
