//! Which artifacts may be deleted.
//!
//! Age and reachability say which artifacts are not wanted; a limit of size says how many of those must go, the
//! least recently used first. An artifact stays as long as one that stays was made of it: without its inputs an
//! artifact could be neither explained nor found, since the keys of readers are made from what they read. One whose
//! manifest is damaged is left to verification.

use super::catalogue::seconds_since;
use super::{Entry, Key};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What a user no longer wants. Without any wish nothing goes.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Only what was not used for so many seconds.
    pub unused_for: Option<u64>,
    /// Only what is not among these.
    pub not_among: Option<BTreeSet<Key>>,
    /// No more than is needed to leave so many bytes.
    pub keep_bytes: Option<u64>,
}

/// What becomes of the artifacts of a cache.
#[derive(Debug, Default)]
pub struct Selection<'a> {
    /// These go, readers before what they read.
    pub go: Vec<&'a Entry>,
    /// These would go, but a running process holds them.
    pub held: Vec<&'a Entry>,
    /// These would go, but an artifact that stays was made of them.
    pub read: Vec<&'a Entry>,
}

impl Wish {
    fn is_none(&self) -> bool {
        self.unused_for.is_none() && self.not_among.is_none() && self.keep_bytes.is_none()
    }

    fn concerns(&self, entry: &Entry, now: Timestamp) -> bool {
        let old = |limit| seconds_since(entry.used, now) > limit;
        entry.own
            && entry.manifest.is_ok()
            && self.unused_for.is_none_or(old)
            && self
                .not_among
                .as_ref()
                .is_none_or(|kept| !kept.contains(&entry.key))
    }

    /// Chooses among all artifacts of a cache; those in `held` stay.
    pub fn select<'a>(
        &self,
        entries: &'a [Entry],
        held: &BTreeSet<Key>,
        now: Timestamp,
    ) -> Selection<'a> {
        let mut selection = Selection::default();
        if self.is_none() {
            return selection;
        }
        let concerned = entries.iter().filter(|entry| self.concerns(entry, now));
        let (kept, mut free): (Vec<&Entry>, Vec<&Entry>) =
            concerned.partition(|entry| held.contains(&entry.key));
        selection.held = kept;
        // Of those used in the same hour, the largest goes first.
        free.sort_by_key(|entry| (entry.used, std::cmp::Reverse(entry.bytes), entry.key));

        let mut readers = readers(entries);
        let own = entries.iter().filter(|entry| entry.own);
        let mut left: u64 = own.map(|entry| entry.bytes).sum();
        let unread = |entry: &&Entry, readers: &BTreeMap<Key, usize>| {
            readers.get(&entry.key).copied().unwrap_or(0) == 0
        };
        while self.keep_bytes.is_none_or(|limit| left > limit) {
            let Some(next) = free.iter().position(|entry| unread(entry, &readers)) else {
                selection.read = free;
                break;
            };
            let entry = free.remove(next);
            left = left.saturating_sub(entry.bytes);
            for input in entry.inputs() {
                readers.entry(input).and_modify(|count| *count -= 1);
            }
            selection.go.push(entry);
        }
        selection
    }
}

/// How many artifacts were made of each.
fn readers(entries: &[Entry]) -> BTreeMap<Key, usize> {
    let mut readers = BTreeMap::new();
    for input in entries.iter().flat_map(Entry::inputs) {
        *readers.entry(input).or_default() += 1;
    }
    readers
}
