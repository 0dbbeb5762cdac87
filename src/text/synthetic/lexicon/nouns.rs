//! Nouns, and the words that stand with them.

use super::{BEINGS, GOODS, MADE, PERSONS, VISIBLE};
use crate::text::synthetic::syntax::{
    Class::{self, *},
    Gender::{self, Feminine, Masculine, Neuter},
    Sex::{self, Female, Male, Neither},
};

#[derive(Debug)]
pub(crate) struct Noun {
    pub(crate) german: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) gender: Gender,
    pub(crate) declension: Declension,
    pub(crate) english: &'static str,
    pub(crate) sex: Sex,
    pub(crate) class: Class,
    pub(crate) possession: Possession,
}

/// Whether "my" can stand before a noun without giving it another meaning: meine Frau is my wife.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Possession {
    Allowed,
    Avoided,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declension {
    Strong,
    /// Every form but the nominative singular is the plural's: der Junge, den Jungen.
    Weak,
}

const fn noun(
    class: Class,
    gender: Gender,
    german: &'static str,
    plural: &'static str,
    english: &'static str,
) -> Noun {
    Noun {
        german,
        plural,
        gender,
        declension: Declension::Strong,
        english,
        sex: Neither,
        class,
        possession: Possession::Allowed,
    }
}

impl Noun {
    const fn nobodys(self) -> Self {
        Self {
            possession: Possession::Avoided,
            ..self
        }
    }

    const fn weak(self) -> Self {
        Self {
            declension: Declension::Weak,
            ..self
        }
    }

    const fn of(self, sex: Sex) -> Self {
        Self { sex, ..self }
    }
}

pub(crate) const NOUNS: &[Noun] = &[
    noun(Person, Masculine, "Mann", "Männer", "man")
        .of(Male)
        .nobodys(),
    noun(Person, Feminine, "Frau", "Frauen", "woman")
        .of(Female)
        .nobodys(),
    noun(Person, Neuter, "Kind", "Kinder", "child"),
    noun(Person, Masculine, "Junge", "Jungen", "boy")
        .of(Male)
        .weak(),
    noun(Person, Neuter, "Mädchen", "Mädchen", "girl").of(Female),
    noun(Person, Masculine, "Vater", "Väter", "father").of(Male),
    noun(Person, Feminine, "Mutter", "Mütter", "mother").of(Female),
    noun(Person, Masculine, "Bruder", "Brüder", "brother").of(Male),
    noun(Person, Feminine, "Schwester", "Schwestern", "sister").of(Female),
    noun(Person, Masculine, "Lehrer", "Lehrer", "teacher").of(Male),
    noun(Person, Masculine, "Arzt", "Ärzte", "doctor").of(Male),
    noun(Person, Masculine, "Nachbar", "Nachbarn", "neighbour")
        .of(Male)
        .weak(),
    noun(Person, Feminine, "Freundin", "Freundinnen", "friend").of(Female),
    noun(Animal, Masculine, "Hund", "Hunde", "dog"),
    noun(Animal, Feminine, "Katze", "Katzen", "cat"),
    noun(Animal, Neuter, "Pferd", "Pferde", "horse"),
    noun(Animal, Masculine, "Vogel", "Vögel", "bird"),
    noun(Animal, Feminine, "Maus", "Mäuse", "mouse"),
    noun(Animal, Masculine, "Hase", "Hasen", "rabbit").weak(),
    noun(Food, Masculine, "Apfel", "Äpfel", "apple"),
    noun(Food, Masculine, "Kuchen", "Kuchen", "cake"),
    noun(Food, Neuter, "Ei", "Eier", "egg"),
    noun(Food, Feminine, "Suppe", "Suppen", "soup"),
    noun(Food, Feminine, "Tomate", "Tomaten", "tomato"),
    noun(Drink, Masculine, "Kaffee", "Kaffees", "coffee"),
    noun(Drink, Masculine, "Saft", "Säfte", "juice"),
    noun(Text, Neuter, "Buch", "Bücher", "book"),
    noun(Text, Masculine, "Brief", "Briefe", "letter"),
    noun(Text, Feminine, "Zeitung", "Zeitungen", "newspaper"),
    noun(Furniture, Masculine, "Tisch", "Tische", "table"),
    noun(Furniture, Masculine, "Stuhl", "Stühle", "chair"),
    noun(Furniture, Feminine, "Bank", "Bänke", "bench"),
    noun(Furniture, Neuter, "Bett", "Betten", "bed"),
    noun(Opening, Feminine, "Tür", "Türen", "door"),
    noun(Opening, Neuter, "Tor", "Tore", "gate"),
    noun(Opening, Neuter, "Fenster", "Fenster", "window"),
    noun(Opening, Masculine, "Schrank", "Schränke", "cupboard"),
    noun(Device, Feminine, "Lampe", "Lampen", "lamp"),
    noun(Device, Neuter, "Radio", "Radios", "radio"),
    noun(Device, Masculine, "Computer", "Computer", "computer"),
    noun(Tool, Masculine, "Schlüssel", "Schlüssel", "key"),
    noun(Tool, Masculine, "Ball", "Bälle", "ball"),
    noun(Tool, Masculine, "Koffer", "Koffer", "suitcase"),
    noun(Tool, Feminine, "Uhr", "Uhren", "clock"),
    noun(Vehicle, Neuter, "Auto", "Autos", "car"),
    noun(Vehicle, Neuter, "Fahrrad", "Fahrräder", "bicycle"),
    noun(Vehicle, Masculine, "Bus", "Busse", "bus"),
    noun(Room, Masculine, "Garten", "Gärten", "garden"),
    noun(Room, Neuter, "Haus", "Häuser", "house"),
    noun(Room, Feminine, "Küche", "Küchen", "kitchen"),
    noun(Room, Neuter, "Zimmer", "Zimmer", "room"),
    noun(Room, Feminine, "Schule", "Schulen", "school"),
    noun(Room, Masculine, "Park", "Parks", "park"),
    noun(Room, Masculine, "Wald", "Wälder", "forest"),
    noun(Room, Neuter, "Hotel", "Hotels", "hotel"),
];

#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) name: &'static str,
    pub(crate) sex: Sex,
}

const fn name(sex: Sex, name: &'static str) -> Name {
    Name { name, sex }
}

pub(crate) const NAMES: &[Name] = &[
    name(Female, "Anna"),
    name(Female, "Maria"),
    name(Female, "Lena"),
    name(Male, "Paul"),
    name(Male, "Peter"),
    name(Male, "Max"),
];

/// The first part of a compound: Garten in Gartentor.
#[derive(Debug)]
pub(crate) struct Modifier {
    pub(crate) german: &'static str,
    pub(crate) english: &'static str,
}

const fn modifier(german: &'static str, english: &'static str) -> Modifier {
    Modifier { german, english }
}

pub(crate) const MODIFIERS: &[Modifier] = &[
    modifier("Garten", "garden"),
    modifier("Haus", "house"),
    modifier("Küchen", "kitchen"),
    modifier("Hotel", "hotel"),
    modifier("Schul", "school"),
    modifier("Keller", "basement"),
    modifier("Büro", "office"),
];

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Numeral {
    pub(crate) german: &'static str,
    pub(crate) english: &'static str,
}

const fn numeral(german: &'static str, english: &'static str) -> Numeral {
    Numeral { german, english }
}

pub(crate) const NUMERALS: &[Numeral] = &[
    numeral("zwei", "two"),
    numeral("drei", "three"),
    numeral("vier", "four"),
    numeral("fünf", "five"),
    numeral("sechs", "six"),
    numeral("zehn", "ten"),
];

#[derive(Debug)]
pub(crate) struct Adjective {
    pub(crate) german: &'static str,
    /// What endings are put to.
    pub(crate) stem: &'static str,
    pub(crate) english: &'static str,
    /// What it can be said of.
    pub(crate) of: &'static [Class],
}

const fn adjective(german: &'static str, english: &'static str, of: &'static [Class]) -> Adjective {
    Adjective {
        german,
        stem: german,
        english,
        of,
    }
}

impl Adjective {
    const fn stem(self, stem: &'static str) -> Self {
        Self { stem, ..self }
    }
}

pub(crate) const ADJECTIVES: &[Adjective] = &[
    adjective("groß", "big", VISIBLE),
    adjective("klein", "small", VISIBLE),
    adjective("alt", "old", VISIBLE),
    adjective("schön", "beautiful", VISIBLE),
    adjective("neu", "new", MADE),
    adjective("teuer", "expensive", GOODS).stem("teur"),
    adjective("rot", "red", &[Tool, Furniture, Device, Vehicle, Opening]),
    adjective(
        "schwarz",
        "black",
        &[Animal, Tool, Furniture, Device, Vehicle],
    ),
    adjective(
        "weiß",
        "white",
        &[Animal, Tool, Furniture, Opening, Vehicle],
    ),
    adjective("kaputt", "broken", &[Furniture, Opening, Device, Vehicle]),
    adjective("schwer", "heavy", &[Text, Tool, Furniture, Device]),
    adjective("kalt", "cold", &[Food, Drink, Room]),
    adjective("warm", "warm", &[Food, Drink, Room]),
    adjective("ruhig", "quiet", &[Person, Animal, Room]),
    adjective("jung", "young", BEINGS),
    adjective("müde", "tired", BEINGS).stem("müd"),
    adjective("hungrig", "hungry", BEINGS),
    adjective("krank", "ill", BEINGS),
    adjective("glücklich", "happy", BEINGS),
    adjective("stark", "strong", BEINGS),
    adjective("klug", "clever", BEINGS),
    adjective("freundlich", "friendly", PERSONS),
];
