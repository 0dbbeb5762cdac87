//! Learning merges: the most frequent pair of neighbouring symbols becomes one symbol, again and again.
//!
//! Counts are kept exact while words change, and a queue gives the best pair, so that a merge costs only what
//! the words that hold it cost.

use super::{END_OF_WORD, WORD_SEPARATORS};
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;

/// A pair that occurs less often is not worth a merge.
const MIN_COUNT: i64 = 2;

/// Learns at most `limit` merges. Of pairs that are equally frequent the greatest by code points comes first.
pub(super) fn learn<'a>(
    lines: impl IntoIterator<Item = &'a str>,
    limit: usize,
) -> Vec<(String, String)> {
    let mut learner = Learner::new(lines);
    let mut merges = Vec::new();
    while merges.len() < limit
        && let Some(best) = learner.next_candidate()
    {
        learner.merge(&best);
        merges.push((best.left.to_string(), best.right.to_string()));
    }
    merges
}

type Symbol = usize;
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

    /// Replaces `pair` by `merged`, from left to right.
    fn merge(&mut self, pair: Pair, merged: Symbol) {
        let mut symbols = Vec::with_capacity(self.symbols.len());
        let mut rest = &self.symbols[..];
        while let [first, tail @ ..] = rest {
            if tail.first().is_some_and(|second| (*first, *second) == pair) {
                symbols.push(merged);
                rest = &tail[1..];
            } else {
                symbols.push(*first);
                rest = tail;
            }
        }
        self.symbols = symbols;
    }
}

#[derive(Default)]
struct Occurrences {
    count: i64,
    /// Positions of all words that hold the pair; may also name words that did once, and a word twice.
    words: Vec<usize>,
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
    ids: HashMap<Rc<str>, Symbol>,
    texts: Vec<Rc<str>>,
}

impl Symbols {
    fn id(&mut self, text: &str) -> Symbol {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let text: Rc<str> = text.into();
        self.texts.push(Rc::clone(&text));
        self.ids.insert(text, self.texts.len() - 1);
        self.texts.len() - 1
    }
}

struct Learner {
    symbols: Symbols,
    words: Vec<Word>,
    pairs: HashMap<Pair, Occurrences>,
    /// At least one candidate with the present count for every pair; those with another count are outdated.
    queue: BinaryHeap<Candidate>,
}

impl Learner {
    fn new<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut symbols = Symbols::default();
        let words: Vec<Word> = count_words(lines)
            .into_iter()
            .map(|(word, count)| Word {
                symbols: spell(word, &mut symbols),
                count,
            })
            .collect();
        let mut pairs: HashMap<Pair, Occurrences> = HashMap::new();
        for (position, word) in words.iter().enumerate() {
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
            left: Rc::clone(&self.symbols.texts[pair.0]),
            right: Rc::clone(&self.symbols.texts[pair.1]),
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
        let mut positions = match self.pairs.get_mut(&best.pair) {
            Some(occurrences) => std::mem::take(&mut occurrences.words),
            None => return,
        };
        positions.sort_unstable();
        positions.dedup();
        let mut changes: HashMap<Pair, i64> = HashMap::new();
        for position in positions {
            let word = &mut self.words[position];
            for pair in word.pairs() {
                *changes.entry(pair).or_default() -= word.count;
            }
            word.merge(best.pair, merged);
            for pair in word.pairs() {
                *changes.entry(pair).or_default() += word.count;
                if pair.0 == merged || pair.1 == merged {
                    self.pairs.entry(pair).or_default().words.push(position);
                }
            }
        }
        self.apply(changes);
    }

    fn apply(&mut self, changes: HashMap<Pair, i64>) {
        for (pair, change) in changes.into_iter().filter(|&(_, change)| change != 0) {
            let occurrences = self.pairs.entry(pair).or_default();
            occurrences.count += change;
            let count = occurrences.count;
            if count == 0 {
                self.pairs.remove(&pair);
            } else {
                self.queue.push(self.candidate(pair, count));
            }
        }
    }
}

fn count_words<'a>(lines: impl IntoIterator<Item = &'a str>) -> HashMap<&'a str, i64> {
    let mut counts = HashMap::new();
    for line in lines {
        for word in line.split(WORD_SEPARATORS).filter(|word| !word.is_empty()) {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts
}

/// The characters of a word, the last one marked.
fn spell(word: &str, symbols: &mut Symbols) -> Vec<Symbol> {
    let mut spelled = Vec::with_capacity(word.len());
    let mut rest = word.chars();
    while let Some(c) = rest.next() {
        let mark = if rest.as_str().is_empty() {
            END_OF_WORD
        } else {
            ""
        };
        spelled.push(symbols.id(&format!("{c}{mark}")));
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn learned(lines: &[&str], limit: usize) -> Vec<String> {
        let merges = learn(lines.iter().copied(), limit);
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
            prop_assert_eq!(learn([text.as_str()], 30), learn_plainly(&text, 30));
        }
    }
}
