//! Applying merges: a word is cut into the pieces that the merges leave.

use super::{Bpe, END_OF_WORD, Merge, Symbol, WORD_SEPARATORS, words};
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
        let mut pieces = self.letters(word);
        while let Some(best) = self.merges_of(&pieces).flatten().min() {
            pieces = self.merge(&pieces, best);
        }
        let mut out = String::with_capacity(word.len() + JOINER.len() * pieces.len());
        let mut start = 0;
        for piece in pieces {
            if start > 0 {
                out.push_str(JOINER);
            }
            out.push_str(&word[start..piece.end]);
            start = piece.end;
        }
        out
    }

    /// A word in single characters, the last one marked.
    fn letters(&self, word: &str) -> Vec<Piece> {
        let letter = |(start, c): (usize, char)| {
            let end = start + c.len_utf8();
            let symbol = match end == word.len() {
                false => self.symbols.get(&word[start..end]),
                true => self.symbols.get(&format!("{c}{END_OF_WORD}")),
            };
            Piece {
                end,
                symbol: symbol.copied(),
            }
        };
        word.char_indices().map(letter).collect()
    }

    /// For every two neighbours the merge of them, if there is one.
    fn merges_of(&self, pieces: &[Piece]) -> impl Iterator<Item = Option<Merge>> {
        pieces.windows(2).map(|pair| {
            let pair = (pair[0].symbol?, pair[1].symbol?);
            self.pairs.get(&pair).copied()
        })
    }

    /// The pieces that are left when all pairs of one merge are merged, from left to right.
    fn merge(&self, pieces: &[Piece], best: Merge) -> Vec<Piece> {
        let mut left: Vec<Piece> = Vec::with_capacity(pieces.len());
        let mut just_merged = false;
        let merges = [None].into_iter().chain(self.merges_of(pieces));
        for (merge, &piece) in merges.zip(pieces) {
            just_merged = !just_merged && merge == Some(best);
            if just_merged {
                left.pop();
                left.push(Piece {
                    symbol: Some(best.merged),
                    ..piece
                });
            } else {
                left.push(piece);
            }
        }
        left
    }
}

/// A piece of a word that is being cut.
#[derive(Clone, Copy)]
struct Piece {
    /// Where it ends in the word, in bytes.
    end: usize,
    /// Nothing for what no merge names.
    symbol: Option<Symbol>,
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
