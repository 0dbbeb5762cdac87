//! What a stage had before, found by its label, by its name, and under the experiment's former name.

use super::index::Noted;
use super::key::Ingredients;
use super::staleness::Subject;
use super::{Against, Cache, Comparison, Index, Key, Reason};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

/// What the stages of an experiment had. Indexes and manifests are read when they are asked for, and once.
pub struct History<'c> {
    cache: &'c Cache,
    experiment: String,
    own: OnceCell<Index>,
    /// Those of other experiments, if this one was never run under its name.
    others: OnceCell<Vec<Index>>,
    read: HashMap<Key, Option<Made>>,
}

/// What an artifact in the cache was made of; nothing if it is told in a way that this srp does not know.
#[derive(Clone)]
struct Made(Option<Rc<Ingredients>>);

impl<'c> History<'c> {
    /// That of `experiment`.
    pub fn of(cache: &'c Cache, experiment: &str) -> Self {
        Self {
            cache,
            experiment: experiment.to_owned(),
            own: OnceCell::new(),
            others: OnceCell::new(),
            read: HashMap::new(),
        }
    }

    /// What is noted of the experiment.
    pub fn index(&self) -> &Index {
        self.own.get_or_init(|| self.cache.index(&self.experiment))
    }

    fn others(&self) -> &[Index] {
        self.others.get_or_init(|| match self.index().entries() {
            [] => self.cache.other_indexes(self.index()),
            _ => Vec::new(),
        })
    }

    /// Why there is no artifact of a stage whose key is known.
    pub fn reason(&mut self, subject: &Subject<'_>) -> Reason {
        if subject.key.is_some_and(|key| self.index().holds(key)) {
            return Reason::Gone;
        }
        match self.compare(subject) {
            Some(comparison) => Reason::Changed(comparison),
            None if self.index().alike(subject.node).is_empty() => Reason::NeverMade,
            None => Reason::NothingLeft,
        }
    }

    /// All differences to the newest artifact that the stage had apart from the one that it would make: to that of
    /// its label, or else, of those that other labels of its name last had, to the one that it resembles most.
    pub fn compare(&mut self, subject: &Subject<'_>) -> Option<Comparison> {
        for against in self.labelled(subject) {
            if let Some(comparison) = self.compare_with(subject, against) {
                return Some(comparison);
            }
        }
        let alike = self.alike(subject).into_iter();
        let compared = alike.filter_map(|against| self.compare_with(subject, against));
        // Of equals the first one is taken, which is the newest.
        compared.min_by_key(|comparison| comparison.changes.len())
    }

    fn compare_with(&mut self, subject: &Subject<'_>, against: Against) -> Option<Comparison> {
        let Made(ingredients) = self.made(against.key)?;
        Some(Comparison {
            changes: subject.changes(ingredients.as_deref()),
            against,
        })
    }

    /// What its label had, newest first.
    fn labelled(&self, subject: &Subject<'_>) -> Vec<Against> {
        let label = &subject.node.label;
        self.found(subject, |index| index.labelled(label).collect())
    }

    fn alike(&self, subject: &Subject<'_>) -> Vec<Against> {
        self.found(subject, |index| index.alike(subject.node))
    }

    fn found(&self, subject: &Subject<'_>, find: impl Fn(&Index) -> Vec<&Noted>) -> Vec<Against> {
        let indexes = std::iter::once(self.index()).chain(self.others());
        let found = indexes.flat_map(|index| find(index).into_iter().map(move |e| (index, e)));
        found
            .filter(|(_, entry)| Some(entry.key) != subject.key)
            .map(|(index, entry)| Against {
                experiment: index.experiment(),
                stage: entry.stage.clone(),
                key: entry.key,
            })
            .collect()
    }

    fn made(&mut self, key: Key) -> Option<Made> {
        let cache = self.cache;
        let read = || {
            let hashed = cache.hashed(key)?;
            Some(Made(Ingredients::read(&hashed).map(Rc::new)))
        };
        self.read.entry(key).or_insert_with(read).clone()
    }
}
