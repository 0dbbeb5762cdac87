//! Applying merges: a word is cut into the pieces that the merges leave.

use super::{Bpe, END_OF_WORD, WORD_SEPARATORS, words};
use rustc_hash::FxHashMap;

/// What ends every piece of a word but its last, with the blank that follows.
const JOINER: &str = "@@ ";

/// Segments lines, and remembers the words that it has seen.
#[derive(Debug)]
pub struct Segmenter<'a> {
    bpe: &'a Bpe,
    seen: FxHashMap<String, String>,
}

impl<'a> Segmenter<'a> {
    /// A segmenter that has seen no words.
    pub fn new(bpe: &'a Bpe) -> Self {
        Self {
            bpe,
            seen: FxHashMap::default(),
        }
    }

    /// The pieces of all words of a line. Blanks at its ends are kept, those between words become single.
    pub fn segment(&mut self, line: &str) -> String {
        let text = line.trim_matches(WORD_SEPARATORS);
        if text.is_empty() {
            return line.to_owned();
        }
        let indent = line.len() - line.trim_start_matches(WORD_SEPARATORS).len();
        let mut out = String::with_capacity(line.len() * 2);
        out.push_str(&line[..indent]);
        for (position, word) in words(text).enumerate() {
            if position > 0 {
                out.push(' ');
            }
            out.push_str(self.pieces_of(word));
        }
        out.push_str(&line[indent + text.len()..]);
        out
    }

    fn pieces_of(&mut self, word: &str) -> &str {
        if !self.seen.contains_key(word) {
            self.seen
                .insert(word.to_owned(), self.bpe.segment_word(word));
        }
        &self.seen[word]
    }
}

impl Bpe {
    /// The pieces of one word, as they stand in segmented text.
    pub(crate) fn segment_word(&self, word: &str) -> String {
        let marked = format!("{word}{END_OF_WORD}");
        let mut cuts: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
        cuts.push(marked.len());
        while let Some(best) = ranks(self, &marked, &cuts).flatten().min() {
            cuts = self.merge(&marked, &cuts, best);
        }
        let pieces = cuts
            .windows(2)
            .map(|cut| &word[cut[0]..cut[1].min(word.len())]);
        pieces.collect::<Vec<_>>().join(JOINER)
    }

    /// The cuts that are left when all pairs of one rank are merged, from left to right.
    fn merge(&self, marked: &str, cuts: &[usize], rank: usize) -> Vec<usize> {
        let mut left = vec![cuts[0]];
        let mut just_merged = false;
        for (pair, &cut) in ranks(self, marked, cuts).zip(&cuts[1..]) {
            just_merged = !just_merged && pair == Some(rank);
            if !just_merged {
                left.push(cut);
            }
        }
        left.extend(cuts.last());
        left
    }
}

/// For every cut inside the word the rank of merging its two sides, if they can be merged.
fn ranks(bpe: &Bpe, marked: &str, cuts: &[usize]) -> impl Iterator<Item = Option<usize>> {
    cuts.windows(3)
        .map(|cut| bpe.rank(&marked[cut[0]..cut[1]], &marked[cut[1]..cut[2]]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::bpe::count_words;
    use proptest::prelude::*;

    fn merges(of: &[(&str, &str)]) -> Bpe {
        Bpe::from_merges(
            of.iter()
                .map(|&(left, right)| (left.into(), right.into()))
                .collect(),
        )
    }

    #[test]
    fn the_merge_learned_first_is_applied_first() {
        let bpe = merges(&[("b", "c"), ("a", "b"), ("a", "bc"), ("c", "d</w>")]);
        assert_eq!(Segmenter::new(&bpe).segment("abcd abd"), "abc@@ d ab@@ d");
    }

    #[test]
    fn a_pair_that_overlaps_itself_is_merged_from_the_left() {
        let bpe = merges(&[("a", "a")]);
        assert_eq!(
            Segmenter::new(&bpe).segment("aaab aaaab"),
            "aa@@ a@@ b aa@@ aa@@ b"
        );
    }

    #[test]
    fn blanks_at_the_ends_stay_and_other_white_space_belongs_to_words() {
        let bpe = merges(&[]);
        let mut segmenter = Segmenter::new(&bpe);
        assert_eq!(segmenter.segment(" a  b\t "), " a b@@ \t ");
        assert_eq!(segmenter.segment("   "), "   ");
        assert_eq!(segmenter.segment(""), "");
    }

    proptest! {
        #[test]
        fn joining_the_pieces_gives_the_text_back(text in "[ab@ ]{0,40}", lines in "[ab@ ]{0,60}") {
            let bpe = Bpe::learn(count_words(&[lines], 1), 20);
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let segmented = Segmenter::new(&bpe).segment(&words(&text));
            // A word that ends in `@@` itself looks like an unfinished one: the format cannot tell them apart.
            prop_assume!(!text.split_whitespace().any(|word| word.ends_with("@@")));
            prop_assert_eq!(segmented.replace(JOINER, ""), words(&text));
        }
    }
}
