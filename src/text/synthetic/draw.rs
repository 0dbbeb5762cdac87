//! Drawing sentences at random, so that what they say could be said.

mod chance;
mod noun_phrase;

use super::lexicon::{
    ADVERBS, Asks, Auxiliary, BEINGS, CONJUNCTIONS, COORDINATORS, EXISTING, Frame, LOCATED, MODALS,
    NUMERALS, PERSONS, PREPOSITIONS, QUESTION_WORDS, REPORT_VERBS, SUBJECTS, Slot, VERBS, Verb,
};
use super::syntax::{
    Case, Class, Clause, Common, Complement, Degree, Determiner, Front, NounPhrase,
    Number::{Plural, Singular},
    Place, Polarity, Predicate, Pronoun, Sentence,
    Tense::{self, Future, Past, Present},
};
use crate::random::Stream;
use noun_phrase::{can_stand_beside, reference};

/// Draws a sentence; none if a noun, name or adjective came up twice.
pub(super) fn sentence(stream: Stream) -> Option<Sentence> {
    let mut draw = Draw {
        stream,
        said: Vec::new(),
    };
    let kind = *draw.weighted(KINDS);
    let sentence = kind(&mut draw);
    let repeats = (1..draw.said.len()).any(|i| draw.said[..i].contains(&draw.said[i]));
    (!repeats).then_some(sentence)
}

type Kind = fn(&mut Draw) -> Sentence;

/// The kinds of sentences, and how often they come.
const KINDS: &[(usize, Kind)] = &[
    (36, Draw::statement),
    (7, Draw::polar),
    (12, Draw::asking),
    (5, Draw::asking_who),
    (12, Draw::subordinate),
    (6, Draw::subordinate_first),
    (8, Draw::reported),
    (8, Draw::coordinate),
    (6, Draw::existence),
];

struct Draw {
    stream: Stream,
    /// The German nouns, names and adjectives so far.
    said: Vec<&'static str>,
}

/// Whole sentences.
impl Draw {
    fn statement(&mut self) -> Sentence {
        let tense = *self.weighted(&[(6, Present), (4, Past), (1, Future)]);
        let subject = self.subject(SUBJECTS);
        let mut clause = self.clause(subject, tense, None);
        if tense == Future || self.chance(0.4) {
            self.add_adverb(&mut clause);
        }
        if self.chance(0.25) {
            self.add_place(&mut clause);
        }
        let says_when = clause
            .adverb
            .is_some_and(|adverb| adverb.slot == Slot::Time);
        if says_when && self.chance(0.4) {
            clause.front = Front::Adverb;
        } else if clause.place.is_some() && self.chance(0.4) {
            clause.front = Front::Place;
        }
        Sentence::Statement(clause)
    }

    fn polar(&mut self) -> Sentence {
        let subject = self.subject(SUBJECTS);
        Sentence::Polar(self.question(subject))
    }

    fn asking_who(&mut self) -> Sentence {
        Sentence::AskingWho(self.question(NounPhrase::Who))
    }

    fn question(&mut self, subject: NounPhrase) -> Clause {
        let tense = self.tense(&[Present, Past]);
        let mut clause = self.clause(subject, tense, None);
        clause.polarity = Polarity::Positive;
        if self.chance(0.25) {
            self.add_adverb(&mut clause);
        }
        clause
    }

    fn asking(&mut self) -> Sentence {
        let subject = self.subject(BEINGS);
        let tense = self.tense(&[Present, Past]);
        let word = self.pick(QUESTION_WORDS);
        let (verb, complement) = match word.asks {
            Asks::Circumstance => {
                let verb = self.verb(&subject, |verb| !matches!(verb.frame, Frame::Entering));
                (verb, self.complement(verb, &subject, None))
            }
            Asks::Object(classes) => {
                let asked = |verb: &Verb| match verb.frame {
                    Frame::Object(Case::Accusative, of) => of.iter().any(|c| classes.contains(c)),
                    _ => false,
                };
                (self.verb(&subject, asked), Complement::None)
            }
        };
        let clause = self.acting(subject, verb, complement, tense);
        Sentence::Asking(word, clause)
    }

    fn subordinate(&mut self) -> Sentence {
        let conjunction = self.pick(CONJUNCTIONS);
        let (main, subordinate) = self.two_clauses(conjunction.tenses);
        Sentence::Subordinate {
            main,
            conjunction,
            subordinate,
        }
    }

    fn subordinate_first(&mut self) -> Sentence {
        let conjunction = self.pick(CONJUNCTIONS);
        let (subordinate, main) = self.two_clauses(conjunction.tenses);
        Sentence::SubordinateFirst {
            conjunction,
            subordinate,
            main,
        }
    }

    fn coordinate(&mut self) -> Sentence {
        let coordinator = self.pick(COORDINATORS);
        let (first, second) = self.two_clauses(&[Present, Past]);
        Sentence::Coordinate {
            first,
            coordinator,
            second,
        }
    }

    fn reported(&mut self) -> Sentence {
        let speaker = self.subject(PERSONS);
        let verb = self.pick(REPORT_VERBS);
        let subject = self.next_subject(&speaker);
        let tense = self.tense(&[Present, Past]);
        let mut content = self.clause(subject, tense, None);
        if self.chance(0.25) {
            self.add_adverb(&mut content);
        }
        Sentence::Reported {
            speaker,
            verb,
            content,
        }
    }

    fn existence(&mut self) -> Sentence {
        let mut thing = self.common(EXISTING);
        thing.determiner = match thing.number {
            Singular => *self.weighted(&[(3, Determiner::Indefinite), (1, Determiner::No)]),
            Plural => Determiner::Count(self.pick(NUMERALS)),
        };
        let place = self.place();
        Sentence::Existence { thing, place }
    }

    /// Two clauses in one of `tenses`; pronouns of the second refer to the first.
    fn two_clauses(&mut self, tenses: &[Tense]) -> (Clause, Clause) {
        let tense = self.tense(tenses);
        let subject = self.subject(SUBJECTS);
        let mut first = self.clause(subject, tense, None);
        let next = self.next_subject(&subject);
        let second = self.clause(next, tense, object(&first));
        if self.chance(0.2) {
            self.add_adverb(&mut first);
        }
        (first, second)
    }
}

/// Clauses and what they are made of.
impl Draw {
    /// What can be said of `subject`. `antecedent` is what an object may refer to.
    fn clause(&mut self, subject: NounPhrase, tense: Tense, antecedent: Option<Pronoun>) -> Clause {
        let acts = BEINGS.contains(&subject.pronoun().class) && self.chance(0.8);
        let mut clause = if acts {
            let verb = self.verb(&subject, |_| true);
            let complement = self.complement(verb, &subject, antecedent);
            self.acting(subject, verb, complement, tense)
        } else {
            let predicate = self.state(subject.pronoun().class);
            plain(subject, predicate, tense)
        };
        if can_be_negated(&clause) && self.chance(0.18) {
            clause.polarity = Polarity::Negative;
        }
        clause
    }

    fn acting(
        &mut self,
        subject: NounPhrase,
        verb: &'static Verb,
        complement: Complement,
        tense: Tense,
    ) -> Clause {
        let mut clause = plain(subject, Predicate::Act { verb, complement }, tense);
        if tense == Present && self.chance(0.22) {
            clause.modal = Some(self.pick(MODALS));
        }
        clause
    }

    /// What something is like, or where it is.
    fn state(&mut self, class: Class) -> Predicate {
        if LOCATED.contains(&class) && self.chance(0.35) {
            return Predicate::Location(self.place());
        }
        Predicate::Quality {
            adjective: self.adjective(class),
            degree: *self.weighted(&[(2, Degree::Plain), (1, Degree::Very)]),
        }
    }

    fn verb(&mut self, subject: &NounPhrase, fits: impl Fn(&Verb) -> bool) -> &'static Verb {
        let class = subject.pronoun().class;
        self.pick_where(VERBS, |verb| verb.subjects.contains(&class) && fits(verb))
    }

    fn complement(
        &mut self,
        verb: &Verb,
        subject: &NounPhrase,
        antecedent: Option<Pronoun>,
    ) -> Complement {
        match verb.frame {
            Frame::Alone => Complement::None,
            Frame::Object(case, classes) => {
                let object = match antecedent {
                    Some(object)
                        if classes.contains(&object.class)
                            && can_stand_beside(object, subject)
                            && self.chance(0.6) =>
                    {
                        NounPhrase::Pronoun(object)
                    }
                    _ => self.object(classes, subject),
                };
                Complement::Object(case, object)
            }
            Frame::Prepositional(preposition, case, classes) => {
                Complement::Prepositional(preposition, case, self.named(classes))
            }
            Frame::Giving(classes) => Complement::Gift {
                recipient: self.named(PERSONS),
                thing: NounPhrase::Common(self.common(classes)),
            },
            Frame::Entering => Complement::Goal(self.ground(&[Class::Room])),
        }
    }

    fn add_adverb(&mut self, clause: &mut Clause) {
        let negative = clause.polarity == Polarity::Negative;
        clause.adverb = Some(self.pick_where(ADVERBS, |adverb| {
            adverb.tenses.contains(&clause.tense) && !(negative && adverb.slot == Slot::Frequency)
        }));
    }

    /// Says where, unless the verb itself is about a change of place.
    fn add_place(&mut self, clause: &mut Clause) {
        if let Predicate::Act { verb, .. } = clause.predicate
            && verb.german.auxiliary == Auxiliary::Haben
        {
            clause.place = Some(self.place());
        }
    }

    fn place(&mut self) -> Place {
        let preposition = self.pick(PREPOSITIONS);
        Place {
            preposition,
            ground: self.ground(preposition.grounds),
        }
    }

    /// Something single that is known, as places are.
    fn ground(&mut self, classes: &[Class]) -> Common {
        let mut ground = self.common(classes);
        ground.number = Singular;
        ground.determiner = *self.weighted(&[
            (6, Determiner::Definite),
            (1, Determiner::Indefinite),
            (1, Determiner::My),
            (1, Determiner::Our),
        ]);
        ground
    }

    fn tense(&mut self, tenses: &[Tense]) -> Tense {
        tenses[self.stream.below(tenses.len())]
    }
}

fn plain(subject: NounPhrase, predicate: Predicate, tense: Tense) -> Clause {
    Clause {
        subject,
        predicate,
        tense,
        modal: None,
        polarity: Polarity::Positive,
        adverb: None,
        place: None,
        front: Front::Subject,
    }
}

/// What a pronoun can refer to in the object of `clause`.
fn object(clause: &Clause) -> Option<Pronoun> {
    let Predicate::Act { complement, .. } = &clause.predicate else {
        return None;
    };
    match complement {
        Complement::Object(_, object) | Complement::Prepositional(_, _, object)
            if !object.is_pronoun() =>
        {
            reference(object)
        }
        _ => None,
    }
}

/// Whether `nicht` has one meaning and one place in `clause`: nothing in it is indefinite.
fn can_be_negated(clause: &Clause) -> bool {
    let definite = |phrase: &NounPhrase| match phrase {
        NounPhrase::Common(Common { determiner, .. }) => matches!(
            determiner,
            Determiner::Definite
                | Determiner::This
                | Determiner::My
                | Determiner::Your
                | Determiner::Our
        ),
        NounPhrase::Name(_) | NounPhrase::Pronoun(_) => true,
        NounPhrase::Who => false,
    };
    let complement = match &clause.predicate {
        Predicate::Act { complement, .. } => *complement,
        Predicate::Quality { .. } | Predicate::Location(_) => Complement::None,
    };
    definite(&clause.subject)
        && match &complement {
            Complement::None | Complement::Goal(_) => true,
            Complement::Object(_, object) | Complement::Prepositional(_, _, object) => {
                definite(object)
            }
            Complement::Gift { recipient, thing } => definite(recipient) && definite(thing),
        }
}
