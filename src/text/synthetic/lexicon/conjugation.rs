//! What the inflection of a verb needs to know.

/// A German verb in the present tense.
#[derive(Debug)]
pub(crate) struct Conjugation {
    pub(crate) infinitive: &'static str,
    pub(crate) singular: Singular,
}

#[derive(Debug)]
pub(crate) enum Singular {
    /// The stem of the infinitive throughout.
    Regular,
    /// Another stem for du and er: du siehst, er sieht.
    Changed(&'static str),
    /// One form for ich and er, and the stem of du: ich kann, er kann.
    Modal(&'static str),
}

#[derive(Debug)]
pub(crate) struct GermanVerb {
    pub(crate) present: Conjugation,
    /// What the verb leaves at the end of a main clause, or nothing: an in anrufen.
    pub(crate) prefix: &'static str,
    /// Without the separable prefix; none if it is regular.
    pub(crate) participle: Option<&'static str>,
    pub(crate) auxiliary: Auxiliary,
}

/// What the perfect is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auxiliary {
    Haben,
    Sein,
}

pub(super) const fn conjugation(infinitive: &'static str, singular: Singular) -> Conjugation {
    Conjugation {
        infinitive,
        singular,
    }
}

/// A regular verb.
pub(super) const fn weak(infinitive: &'static str) -> GermanVerb {
    GermanVerb {
        present: conjugation(infinitive, Singular::Regular),
        prefix: "",
        participle: None,
        auxiliary: Auxiliary::Haben,
    }
}

/// A verb with a participle of its own.
pub(super) const fn strong(infinitive: &'static str, participle: &'static str) -> GermanVerb {
    GermanVerb {
        participle: Some(participle),
        ..weak(infinitive)
    }
}

impl GermanVerb {
    /// Another stem for du and er.
    pub(super) const fn du(self, stem: &'static str) -> Self {
        Self {
            present: conjugation(self.present.infinitive, Singular::Changed(stem)),
            ..self
        }
    }

    pub(super) const fn with(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }

    pub(super) const fn with_sein(self) -> Self {
        Self {
            auxiliary: Auxiliary::Sein,
            ..self
        }
    }
}

pub(crate) const HABEN: Conjugation = conjugation("haben", Singular::Changed("ha"));

#[derive(Debug)]
pub(crate) struct EnglishVerb {
    pub(crate) base: &'static str,
    /// None if it is regular.
    pub(crate) past: Option<&'static str>,
    /// What stands behind the verb, or behind an object that is a pronoun: on in turn on.
    pub(crate) particle: &'static str,
    /// What stands before the object, or nothing.
    pub(crate) preposition: &'static str,
}

pub(super) const fn regular(base: &'static str) -> EnglishVerb {
    EnglishVerb {
        base,
        past: None,
        particle: "",
        preposition: "",
    }
}

pub(super) const fn irregular(base: &'static str, past: &'static str) -> EnglishVerb {
    EnglishVerb {
        past: Some(past),
        ..regular(base)
    }
}

impl EnglishVerb {
    pub(super) const fn particle(self, particle: &'static str) -> Self {
        Self { particle, ..self }
    }

    pub(super) const fn to(self, preposition: &'static str) -> Self {
        Self {
            preposition,
            ..self
        }
    }
}

pub(crate) const DO: EnglishVerb = irregular("do", "did");
