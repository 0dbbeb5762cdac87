//! From lines to numbers, by words: a text has far fewer different words than words, so each of them is cut into
//! subwords and numbered once.

use crate::text::bpe::{Bpe, WordCounts, words};
use crate::text::parallel;
use crate::text::vocabulary::{Dictionary, EOS};
use rustc_hash::FxHashMap;
use std::num::NonZeroUsize;

/// The different words of one side of the training text, cut into subwords.
pub(super) struct CutWords<'a> {
    /// With how often each occurs.
    words: Vec<(&'a str, u64)>,
    /// Their subwords between blanks, in the same order.
    cut: Vec<String>,
}

impl<'a> CutWords<'a> {
    /// Cuts words on so many threads.
    pub(super) fn new(bpe: &Bpe, counts: &WordCounts<'a>, threads: usize) -> Self {
        let words: Vec<(&str, u64)> = counts.iter().map(|(&word, &count)| (word, count)).collect();
        let cut = |(): &mut (), &(word, _): &(&str, u64)| bpe.segment_word(word);
        Self {
            cut: parallel::map(threads, &words, || (), cut),
            words,
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&'a str, u64, &str)> {
        let words = self.words.iter().zip(&self.cut);
        words.map(|(&(word, count), cut)| (word, count, cut.as_str()))
    }

    /// Their subwords by frequency.
    pub(super) fn dictionary(&self, multiple_of: NonZeroUsize) -> Dictionary {
        let subwords = self.iter().flat_map(|(_, count, cut)| {
            cut.split_whitespace().map(move |subword| (subword, count))
        });
        Dictionary::of_counts(subwords, multiple_of)
    }

    /// What numbers lines by a dictionary.
    pub(super) fn numbering<'b>(&self, bpe: &'b Bpe, dictionary: &'b Dictionary) -> Numbering<'b>
    where
        'a: 'b,
    {
        let numbered = self
            .iter()
            .map(|(word, _, cut)| (word, dictionary.numbers(cut).collect()));
        Numbering {
            bpe,
            dictionary,
            known: numbered.collect(),
        }
    }
}

/// Numbers the lines of one side.
pub(super) struct Numbering<'a> {
    bpe: &'a Bpe,
    pub(super) dictionary: &'a Dictionary,
    /// The numbers of the words of the training text.
    known: FxHashMap<&'a str, Vec<u32>>,
}

impl Numbering<'_> {
    /// The numbers of the subwords of each line, and [`EOS`]; on so many threads.
    pub(super) fn encode(&self, lines: &[String], threads: usize) -> Vec<Vec<u32>> {
        parallel::map(threads, lines, || (), |(), line| self.encode_line(line))
    }

    fn encode_line(&self, line: &str) -> Vec<u32> {
        let mut sentence = Vec::with_capacity(line.len() / 4);
        for word in words(line) {
            match self.known.get(word) {
                Some(numbers) => sentence.extend(numbers),
                None => sentence.extend(self.dictionary.numbers(&self.bpe.segment_word(word))),
            }
        }
        sentence.push(EOS);
        sentence.shrink_to_fit();
        sentence
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::bpe::{Segmenter, count_words};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_give_the_numbers_that_segmented_lines_give(
            train in prop::collection::vec("[ab<> \\t\u{a0}]{0,20}", 1..6),
            line in "[abc<> \\t\u{a0}]{0,20}",
            threads in 1..4usize,
        ) {
            let counts = count_words(&train, 1);
            let bpe = Bpe::learn(counts.clone(), 8);
            let mut segmenter = Segmenter::new(&bpe);
            let segmented: Vec<String> = train.iter().map(|line| segmenter.segment(line)).collect();
            let one = NonZeroUsize::MIN;
            let plainly = Dictionary::build(segmented.iter().map(String::as_str), one);
            let cut = CutWords::new(&bpe, &counts, threads);
            let dictionary = cut.dictionary(one);
            prop_assert_eq!(&dictionary, &plainly);
            let encoded = cut.numbering(&bpe, &dictionary).encode(std::slice::from_ref(&line), threads);
            prop_assert_eq!(&encoded, &[plainly.encode(&segmenter.segment(&line))]);
        }
    }
}
