//! Learning merges: the most frequent pair of neighbouring symbols becomes one symbol, again and again.
//!
//! Counts are kept exact while words change, and a queue gives the best pair, so that a merge costs only what
//! the words that hold it cost, and of these only the neighbours of the pair.

use super::END_OF_WORD;
use rustc_hash::FxHashMap;
use std::collections::BinaryHeap;
use std::rc::Rc;

/// A pair that occurs less often is not worth a merge.
const MIN_COUNT: i64 = 2;

/// Learns at most `limit` merges from words and how often each occurs. Of pairs that are equally frequent the greatest
/// by code points comes first.
pub(super) fn learn<'a>(
    words: impl IntoIterator<Item = (&'a str, u64)>,
    limit: usize,
) -> Vec<(String, String)> {
    let mut learner = Learner::new(words);
    let mut merges = Vec::new();
    while merges.len() < limit
        && let Some(best) = learner.next_candidate()
    {
        learner.merge(&best);
        merges.push((best.left.to_string(), best.right.to_string()));
    }
    merges
}

type Symbol = u32;
type Pair = (Symbol, Symbol);

struct Word {
    symbols: Vec<Symbol>,
    /// How often the text has the word.
    count: i64,
}

impl Word {
    fn pairs(&self) -> impl Iterator<Item = Pair> {
        self.symbols.windows(2).map(|pair| (pair[0], pair[1]))
    }

    /// Replaces `pair` by `merged`, from left to right; says of the pairs that come and go by how much they change.
    fn merge(&mut self, pair: Pair, merged: Symbol, mut change: impl FnMut(Pair, i64)) {
        let (mut read, mut written) = (0, 0_usize);
        while let Some(&first) = self.symbols.get(read) {
            let is_pair = self
                .symbols
                .get(read + 1)
                .is_some_and(|&second| (first, second) == pair);
            if is_pair {
                change(pair, -self.count);
                if let Some(&before) = written.checked_sub(1).and_then(|at| self.symbols.get(at)) {
                    change((before, pair.0), -self.count);
                    change((before, merged), self.count);
                }
                if let Some(&after) = self.symbols.get(read + 2) {
                    change((pair.1, after), -self.count);
                    change((merged, after), self.count);
                }
            }
            self.symbols[written] = if is_pair { merged } else { first };
            read += if is_pair { 2 } else { 1 };
            written += 1;
        }
        self.symbols.truncate(written);
    }
}

#[derive(Default)]
struct Occurrences {
    count: i64,
    /// Positions of all words that hold the pair; may also name words that did once, and a word twice.
    words: Vec<u32>,
}

/// A pair as it stood when it was queued. The order of the fields is the order of the queue.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    count: i64,
    left: Rc<str>,
    right: Rc<str>,
    pair: Pair,
}

#[derive(Default)]
struct Symbols {
    ids: FxHashMap<Rc<str>, Symbol>,
    texts: Vec<Rc<str>>,
    /// Of single characters and whether they end a word.
    letters: FxHashMap<(char, bool), Symbol>,
}

impl Symbols {
    fn id(&mut self, text: &str) -> Symbol {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let text: Rc<str> = text.into();
        let id = self.texts.len() as Symbol;
        self.texts.push(Rc::clone(&text));
        self.ids.insert(text, id);
        id
    }

    fn letter(&mut self, letter: char, ends_word: bool) -> Symbol {
        if let Some(&id) = self.letters.get(&(letter, ends_word)) {
            return id;
        }
        let mark = if ends_word { END_OF_WORD } else { "" };
        let id = self.id(&format!("{letter}{mark}"));
        self.letters.insert((letter, ends_word), id);
        id
    }

    fn text(&self, symbol: Symbol) -> Rc<str> {
        Rc::clone(&self.texts[symbol as usize])
    }
}

struct Learner {
    symbols: Symbols,
    words: Vec<Word>,
    pairs: FxHashMap<Pair, Occurrences>,
    /// At least one candidate with the present count for every pair; those with another count are outdated.
    queue: BinaryHeap<Candidate>,
}

impl Learner {
    fn new<'a>(words: impl IntoIterator<Item = (&'a str, u64)>) -> Self {
        let mut symbols = Symbols::default();
        let words: Vec<Word> = words
            .into_iter()
            .map(|(word, count)| Word {
                symbols: spell(word, &mut symbols),
                count: count as i64,
            })
            .collect();
        let mut pairs: FxHashMap<Pair, Occurrences> = FxHashMap::default();
        for (position, word) in (0..).zip(&words) {
            for pair in word.pairs() {
                let occurrences = pairs.entry(pair).or_default();
                occurrences.count += word.count;
                occurrences.words.push(position);
            }
        }
        let mut learner = Self {
            symbols,
            words,
            pairs,
            queue: BinaryHeap::new(),
        };
        learner.queue = learner
            .pairs
            .iter()
            .map(|(&pair, occurrences)| learner.candidate(pair, occurrences.count))
            .collect();
        learner
    }

    fn candidate(&self, pair: Pair, count: i64) -> Candidate {
        Candidate {
            count,
            left: self.symbols.text(pair.0),
            right: self.symbols.text(pair.1),
            pair,
        }
    }

    /// The best pair, if one is frequent enough.
    fn next_candidate(&mut self) -> Option<Candidate> {
        loop {
            let best = self.queue.pop()?;
            if best.count < MIN_COUNT {
                return None;
            }
            let now = self.pairs.get(&best.pair).map_or(0, |o| o.count);
            if best.count == now {
                return Some(best);
            }
        }
    }

    fn merge(&mut self, best: &Candidate) {
        let merged = self.symbols.id(&format!("{}{}", best.left, best.right));
        let positions = match self.pairs.get_mut(&best.pair) {
            Some(occurrences) => std::mem::take(&mut occurrences.words),
            None => return,
        };
        let mut changes: FxHashMap<Pair, Occurrences> = FxHashMap::default();
        // A word that is named twice, or no longer has the pair, changes nothing.
        for position in positions {
            self.words[position as usize].merge(best.pair, merged, |pair, change| {
                let changed = changes.entry(pair).or_default();
                changed.count += change;
                if change > 0 && changed.words.last() != Some(&position) {
                    changed.words.push(position);
                }
            });
        }
        self.apply(changes);
    }

    fn apply(&mut self, changes: FxHashMap<Pair, Occurrences>) {
        for (pair, change) in changes {
            let occurrences = self.pairs.entry(pair).or_default();
            occurrences.count += change.count;
            occurrences.words.extend(change.words);
            let count = occurrences.count;
            if count == 0 {
                self.pairs.remove(&pair);
            } else if change.count != 0 {
                self.queue.push(self.candidate(pair, count));
            }
        }
    }
}

/// The characters of a word, the last one marked.
fn spell(word: &str, symbols: &mut Symbols) -> Vec<Symbol> {
    let mut spelled = Vec::with_capacity(word.len());
    let mut rest = word.chars();
    while let Some(letter) = rest.next() {
        spelled.push(symbols.letter(letter, rest.as_str().is_empty()));
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::bpe::count_words;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn learned(lines: &[&str], limit: usize) -> Vec<String> {
        let merges = learn(count_words(lines, 1), limit);
        merges
            .iter()
            .map(|(left, right)| format!("{left} {right}"))
            .collect()
    }

    #[test]
    fn the_most_frequent_pair_comes_first_and_single_pairs_never() {
        assert_eq!(learned(&["ab ab ab cd cd ef"], 9), ["a b</w>", "c d</w>"]);
    }

    #[test]
    fn of_equally_frequent_pairs_the_greatest_comes_first() {
        assert_eq!(
            learned(&["ab ab zc zc zb zb"], 9),
            ["z c</w>", "z b</w>", "a b</w>"]
        );
    }

    #[test]
    fn a_pair_that_overlaps_itself_is_merged_from_the_left() {
        assert_eq!(learned(&["aaab aaab"], 2), ["a a", "aa a"]);
    }

    #[test]
    fn no_text_gives_no_merges() {
        assert!(learned(&["", "  "], 9).is_empty());
    }

    /// The definition, word for word: count all pairs anew for every merge.
    fn learn_plainly(text: &str, limit: usize) -> Vec<(String, String)> {
        let mut words: Vec<Vec<String>> = text
            .split_whitespace()
            .map(|w| {
                let mut symbols: Vec<String> = w.chars().map(String::from).collect();
                symbols.last_mut().unwrap().push_str(END_OF_WORD);
                symbols
            })
            .collect();
        let mut merges = Vec::new();
        while merges.len() < limit {
            let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
            for pair in words.iter().flat_map(|word| word.windows(2)) {
                *counts
                    .entry((pair[0].clone(), pair[1].clone()))
                    .or_default() += 1;
            }
            let Some((pair, _)) = counts
                .into_iter()
                .filter(|&(_, n)| n >= 2)
                .max_by_key(|(pair, n)| (*n, pair.clone()))
            else {
                break;
            };
            for word in &mut words {
                let mut at = 0;
                while at + 1 < word.len() {
                    if (&word[at], &word[at + 1]) == (&pair.0, &pair.1) {
                        let right = word.remove(at + 1);
                        word[at].push_str(&right);
                    }
                    at += 1;
                }
            }
            merges.push(pair);
        }
        merges
    }

    proptest! {
        #[test]
        fn incremental_counts_give_the_merges_of_the_definition(text in "[ab</w> ]{0,80}") {
            prop_assert_eq!(learn(count_words(&[&text], 1), 30), learn_plainly(&text, 30));
        }
    }
}
